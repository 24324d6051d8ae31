//! What a mount tells beside its pictures: documents of ONVIF metadata, in step with the loop.

use std::path::Path;

use crate::SimulatorError;
use crate::clock::{TICKS_PER_SECOND, utc};
use crate::footage::Footage;

/// Stands in a document for the moment at which it is sent, as `xs:dateTime`.
const TIME: &str = "{time}";

/// Documents and when in the loop each is due. Written as a text: a line `@2.5` says that what
/// follows, up to the next such line, is due 2.5 s into the loop.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Script {
    /// In ticks from the start of the loop, in order.
    documents: Vec<(i64, String)>,
}

impl Script {
    pub(crate) fn load(file: &Path) -> Result<Self, SimulatorError> {
        let text = std::fs::read_to_string(file)
            .map_err(|source| SimulatorError::ReadScript { file: file.to_owned(), source })?;
        Self::read(&text).map_err(|line| SimulatorError::Script { file: file.to_owned(), line })
    }

    /// Reads a script; fails with the number of the line that is wrong.
    pub(crate) fn read(text: &str) -> Result<Self, usize> {
        let mut documents: Vec<(i64, String)> = Vec::new();
        for (number, line) in text.lines().enumerate() {
            if let Some(time) = line.strip_prefix('@') {
                let seconds = time.trim().parse::<f64>().ok().filter(|s| (0.0..1e6).contains(s));
                documents.push((to_ticks(seconds.ok_or(number + 1)?), String::new()));
            } else if let Some((_, document)) = documents.last_mut() {
                document.push_str(line);
                document.push('\n');
            } else if !line.trim().is_empty() {
                return Err(number + 1);
            }
        }
        documents.sort_by_key(|(time, _)| *time);
        Ok(Self { documents })
    }

    /// Returns the documents that go with the picture `index` of the loop, sent at `unix_us`: those
    /// that became due since the picture before.
    pub(crate) fn due_with<'a>(
        &'a self,
        footage: &'a Footage,
        index: usize,
        unix_us: i64,
    ) -> impl Iterator<Item = String> + 'a {
        let time = |index: usize| footage.pictures.get(index).map(|picture| picture.time);
        let after = index.checked_sub(1).and_then(time).unwrap_or(i64::MIN);
        // The last picture takes along what is due before the loop begins anew.
        let is_last = time(index + 1).is_none();
        let until = if is_last { i64::MAX } else { time(index).unwrap_or(i64::MAX) };
        let due = move |at: i64| at > after && at <= until;
        let documents = self.documents.iter().filter(move |(at, _)| due(*at));
        documents.map(move |(_, document)| document.replace(TIME, &utc(unix_us)))
    }
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "checked: less than a million seconds"
)]
fn to_ticks(seconds: f64) -> i64 {
    (seconds * TICKS_PER_SECOND as f64).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_read_in_the_order_of_its_times() {
        let script = Script::read("\n@2.5\n<b>\n</b>\n@0\n<a/>\n").unwrap();
        let expected = [(0, "<a/>\n".to_owned()), (225_000, "<b>\n</b>\n".to_owned())];
        assert_eq!(script.documents, expected);
        assert_eq!(Script::read("<a/>"), Err(1));
        assert_eq!(Script::read("@0\n<a/>\n@soon"), Err(3));
        assert_eq!(Script::read("@-1"), Err(1));
    }
}
