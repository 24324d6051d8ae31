//! Where in the file a setting stands.

use std::fmt;
use std::ops::Range;

use serde_spanned::Spanned;
use toml::de::{DeTable, DeValue};

/// One mistake in the configuration, with its place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub(crate) struct Problem {
    /// Line in the file, from 1; 0 if the mistake is of the file as a whole.
    pub(crate) line: usize,
    /// Column in the line, from 1.
    pub(crate) column: usize,
    /// The setting: `camera[2].main.url`; empty if the text itself is broken.
    pub(crate) path: String,
    /// What is wrong and what to do.
    pub(crate) message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "{}:{}: ", self.line, self.column)?;
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

/// Returns line and column, from 1, of a byte offset.
pub(super) fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// Returns where the setting `path` stands, or the nearest thing around it that does exist.
pub(super) fn locate(document: &Spanned<DeTable<'_>>, path: &str) -> Range<usize> {
    let mut span = document.span();
    let mut table = Some(document.get_ref());
    let mut array: Option<&[Spanned<DeValue<'_>>]> = None;
    for step in path.split(['.', '[']).filter(|step| !step.is_empty()) {
        let next = match step.strip_suffix(']') {
            Some(index) => array
                .and_then(|items| items.get(index.parse::<usize>().ok()?))
                .map(|v| (v.span(), v)),
            None => table
                .and_then(|table| table.get_key_value(step))
                .map(|(key, value)| (key.span(), value)),
        };
        let Some((found, value)) = next else { break };
        span = found;
        table = value.get_ref().as_table();
        array = value.get_ref().as_array().map(|items| &**items);
    }
    span
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_found_by_its_path() {
        let text = "[site]\nid = \"a\"\n[[camera]]\nid = \"b\"\n[[camera]]\nmain = { url = 3 }\n";
        let document = DeTable::parse(text).unwrap();
        let place = |path| line_and_column(text, locate(&document, path).start);
        assert_eq!(place("site.id"), (2, 1));
        assert_eq!(place("camera[1].main.url"), (6, 10));
        assert_eq!(place("camera[0].nothing"), place("camera[0]"));
    }
}
