//! The event feed as a client reads it.

use serde_json::Value;

/// Takes the text of an event feed apart, however the network cut it.
#[derive(Debug, Default)]
pub(crate) struct Feed(String);

impl Feed {
    /// Returns the events that are whole once `chunk` has arrived.
    pub(crate) fn events(&mut self, chunk: &[u8]) -> Vec<Value> {
        self.0.push_str(&String::from_utf8_lossy(chunk));
        let mut events = Vec::new();
        while let Some(end) = self.0.find('\n') {
            let line: String = self.0.drain(..=end).collect();
            if let Some(data) = line.strip_prefix("data:") {
                events.push(serde_json::from_str(data.trim()).unwrap());
            }
        }
        events
    }
}
