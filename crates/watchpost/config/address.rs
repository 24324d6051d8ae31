//! Addresses in the configuration, read without ever repeating what stands there: somebody may have
//! written a password into one.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use url::Url;

/// Reads an address.
pub(super) fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Url, D::Error> {
    let text = String::deserialize(deserializer)?;
    // `url`'s own reading by serde ends its message with the text.
    Url::parse(&text).map_err(|error| {
        let how = "write it as scheme://host:port/path, user name and password elsewhere";
        D::Error::custom(format!("not an address ({error}): {how}"))
    })
}

/// Reads an address that may be left out.
pub(super) fn read_some<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Url>, D::Error> {
    read(deserializer).map(Some)
}

/// Returns a message of serde's without the text that stands where something else belongs, such as an
/// address in place of a stream's table.
pub(super) fn without_text(message: &str) -> String {
    for what in ["invalid type: string", "invalid value: string"] {
        let Some(at) = message.find(&format!("{what} \"")) else { continue };
        let (before, after) = message.split_at(at + what.len());
        // The last, as the text may hold these words itself.
        let expected = after.rfind("\", expected ").map_or("", |end| &after[end + 1..]);
        return format!("{before}{expected}");
    }
    message.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_goes_and_what_is_expected_stays() {
        let message = "invalid type: string \"a\", expected b\", expected struct Stream";
        assert_eq!(without_text(message), "invalid type: string, expected struct Stream");
        let message = "`at_least`: invalid value: string \"five\", expected u32";
        assert_eq!(without_text(message), "`at_least`: invalid value: string, expected u32");
        let message = "unknown field `colour`, expected one of `id`";
        assert_eq!(without_text(message), message);
    }
}
