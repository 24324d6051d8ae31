//! What a client shows of itself: a user name and a password, in the clear (RFC 7617), or that it knows
//! one (RFC 7616).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rtsp::digest::DigestShown;

/// No name with a password of ours is longer.
const LONGEST: usize = 512;

/// A user name, and what stands behind it.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The account's name; of a token that is shown in the clear it is not looked at.
    pub name: String,
    /// What it proves itself with.
    pub proof: Proof,
}

/// What somebody proves themselves with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// An API token, or the account's password.
    Password(String),
    /// That it knows one: the answer to our challenge.
    Digest(DigestShown),
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Credentials {
    /// Reads the value of an `Authorization` header by Basic; `None` if it is of another scheme, or
    /// cannot be read.
    pub(crate) fn read_basic(header: &str) -> Option<Self> {
        let (scheme, value) = header.split_once(' ')?;
        let value = value.trim();
        if !scheme.eq_ignore_ascii_case("Basic") || value.len() > LONGEST * 4 / 3 {
            return None;
        }
        let text = String::from_utf8(STANDARD.decode(value).ok()?).ok()?;
        let (name, password) = text.split_once(':')?;
        Some(Self { name: name.to_owned(), proof: Proof::Password(password.to_owned()) })
    }

    /// Does the same by Digest, of a request by `method` that answers the challenge `nonce` of `realm`.
    pub(crate) fn read_digest(
        header: &str,
        method: &str,
        (realm, nonce): (&str, &str),
    ) -> Option<Self> {
        let shown = DigestShown::read(header, method)?;
        let is_ours = (shown.realm(), shown.nonce()) == (realm, nonce);
        is_ours.then(|| Self { name: shown.user().to_owned(), proof: Proof::Digest(shown) })
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
            assert_eq!(Credentials::read_basic(header), None, "{header}");
        }
    }

    proptest! {
        #[test]
        fn a_password_may_hold_anything(name in "[^:]{0,20}", password in ".{0,60}") {
            let header = format!("basic {}", STANDARD.encode(format!("{name}:{password}")));
            let read = Credentials::read_basic(&header).unwrap();
            prop_assert_eq!(format!("{read:?}"), "***");
            prop_assert_eq!(read, Credentials { name, proof: Proof::Password(password) });
        }

        #[test]
        fn hostile_headers_never_panic(header: String) {
            let _ = Credentials::read_basic(&header);
        }
    }
}
