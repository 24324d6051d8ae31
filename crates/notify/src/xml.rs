//! A writer of small XML documents: what it writes is always well formed.

/// Writes elements one inside the other; every text is escaped.
#[derive(Debug)]
pub(crate) struct Xml(String);

impl Xml {
    /// Begins a document.
    pub(crate) fn new() -> Self {
        Self("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned())
    }

    /// Writes an element with what `inside` writes between its tags. Its name and namespace are
    /// written as they are.
    pub(crate) fn nest(
        &mut self,
        name: &str,
        namespace: Option<&str>,
        inside: impl FnOnce(&mut Self),
    ) {
        let namespace = namespace.map(|urn| format!(" xmlns=\"{urn}\"")).unwrap_or_default();
        self.0.push_str(&format!("<{name}{namespace}>\n"));
        inside(self);
        self.0.push_str(&format!("</{name}>\n"));
    }

    /// Writes an element that holds text.
    pub(crate) fn text(&mut self, name: &str, text: &str) {
        self.0.push_str(&format!("<{name}>"));
        for character in text.chars() {
            match character {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&apos;"),
                _ if is_allowed(character) => self.0.push(character),
                _ => self.0.push('\u{fffd}'),
            }
        }
        self.0.push_str(&format!("</{name}>\n"));
    }

    /// Returns the document.
    pub(crate) fn finish(self) -> String {
        self.0
    }
}

/// Returns whether XML 1.0 §2.2 allows `character` at all, escaped or not.
fn is_allowed(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}')
        || character >= '\u{10000}'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_can_leave_its_element() {
        let mut xml = Xml::new();
        xml.nest("a", Some("urn:b"), |xml| xml.text("c", "</c>&\"'\u{0}\u{1b}\u{ffff}Cầu"));
        let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a xmlns=\"urn:b\">\n\
                        <c>&lt;/c&gt;&amp;&quot;&apos;\u{fffd}\u{fffd}\u{fffd}Cầu</c>\n</a>\n";
        assert_eq!(xml.finish(), expected);
    }
}
