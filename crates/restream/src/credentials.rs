//! What a client shows of itself: a user name and a password, in the clear (RFC 7617).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// No name with a password of ours is longer.
const LONGEST: usize = 512;

/// A user name with a password behind it.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The account's name; of a token it is not looked at.
    pub name: String,
    /// An API token, or the account's password.
    pub password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Credentials {
    /// Reads the value of an `Authorization` header; `None` if it is of another scheme, or cannot be
    /// read.
    pub(crate) fn read(header: &str) -> Option<Self> {
        let (scheme, value) = header.split_once(' ')?;
        let value = value.trim();
        if !scheme.eq_ignore_ascii_case("Basic") || value.len() > LONGEST * 4 / 3 {
            return None;
        }
        let text = String::from_utf8(STANDARD.decode(value).ok()?).ok()?;
        let (name, password) = text.split_once(':')?;
        Some(Self { name: name.to_owned(), password: password.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn other_schemes_and_broken_ones_are_nobody() {
        let long = format!("Basic {}", STANDARD.encode(format!("a:{}", "x".repeat(1000))));
        for header in ["", "Basic", "Basic !!", "Basic YQ==", "Digest username=\"a\"", &long] {
            assert_eq!(Credentials::read(header), None, "{header}");
        }
    }

    proptest! {
        #[test]
        fn a_password_may_hold_anything(name in "[^:]{0,20}", password in ".{0,60}") {
            let header = format!("basic {}", STANDARD.encode(format!("{name}:{password}")));
            let read = Credentials::read(&header).unwrap();
            prop_assert_eq!(format!("{read:?}"), "***");
            prop_assert_eq!(read, Credentials { name, password });
        }

        #[test]
        fn hostile_headers_never_panic(header: String) {
            let _ = Credentials::read(&header);
        }
    }
}
