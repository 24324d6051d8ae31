//! Places in the site's logs, as callers are told them.
//!
//! A log's numbers count everything that happens at the site. Who sees all of it is told them as they
//! are. Who sees a part of it gets a seal around the number instead (ChaCha20-Poly1305, RFC 8439, a new
//! nonce each time): two seals do not say what lies between them, nor whether anything does, and a number
//! that was guessed is not taken from them.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Scope;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use crate::problem::ApiError;

const NUMBER: usize = size_of::<u64>();
const TAG: usize = 16;
/// Nonce, number, tag.
const SEALED: usize = NONCE_LEN + NUMBER + TAG;

/// A log that can be followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Log {
    /// Events as they were stored.
    Events,
    /// Changes of alerts.
    Alerts,
    /// Alerts in an order, of which a page is asked for.
    AlertPages,
    /// Events in order of time, of which a page is asked for.
    EventPages,
}

impl Log {
    /// Returns what ties a seal to its log: it opens in no other.
    fn name(self) -> &'static [u8] {
        match self {
            Self::Events => b"watchpost events",
            Self::Alerts => b"watchpost alerts",
            Self::AlertPages => b"watchpost pages of alerts",
            Self::EventPages => b"watchpost pages of events",
        }
    }
}

/// Where in a log a client says that it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cursor {
    /// After the entry of that number; 0 for before the first.
    Number(u64),
    /// As it was sealed by us, or by another.
    Sealed(Box<[u8; SEALED]>),
}

/// A text that is no place in any log.
#[derive(Debug, thiserror::Error)]
#[error("is no place in this log: give an `id`, `as_of` or `next` as it was told")]
pub(crate) struct NoCursor;

impl FromStr for Cursor {
    type Err = NoCursor;

    fn from_str(text: &str) -> Result<Self, NoCursor> {
        if let Ok(number) = text.parse() {
            return Ok(Self::Number(number));
        }
        let mut sealed = Box::new([0; SEALED]);
        let length = URL_SAFE_NO_PAD.decode_slice(text, sealed.as_mut_slice());
        if length.is_ok_and(|length| length == SEALED) {
            Ok(Self::Sealed(sealed))
        } else {
            Err(NoCursor)
        }
    }
}

/// Tells places in logs, and reads them back.
pub(crate) struct Cursors(LessSafeKey);

impl fmt::Debug for Cursors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cursors")
    }
}

impl Cursors {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        let key = UnboundKey::new(&CHACHA20_POLY1305, key).expect("a key has 32 bytes");
        Self(LessSafeKey::new(key))
    }

    /// Returns a place in `log` as somebody with the cameras of `scope` is told it.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub(crate) fn tell(&self, log: Log, number: u64, scope: &Scope) -> Result<String, ApiError> {
        if scope.is_site() {
            return Ok(number.to_string());
        }
        self.seal(log, &number.to_be_bytes())
    }

    /// Does the same with a place that is a text.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub(crate) fn tell_text(
        &self,
        log: Log,
        text: String,
        scope: &Scope,
    ) -> Result<String, ApiError> {
        if scope.is_site() { Ok(text) } else { self.seal(log, text.as_bytes()) }
    }

    /// Returns where in `log` somebody with the cameras of `scope` stands; `None` where that is not
    /// theirs to say: the seal is another site's, or they give a number and do not see all that it
    /// counts.
    pub(crate) fn read(&self, log: Log, cursor: &Cursor, scope: &Scope) -> Option<u64> {
        let sealed = match cursor {
            Cursor::Number(0) => return Some(0),
            Cursor::Number(number) => return scope.is_site().then_some(*number),
            Cursor::Sealed(sealed) => sealed,
        };
        let opened = self.open(log, sealed.as_slice())?;
        <[u8; NUMBER]>::try_from(opened).ok().map(u64::from_be_bytes)
    }

    /// Does the same with a place that is a text.
    pub(crate) fn read_text(&self, log: Log, text: String, scope: &Scope) -> Option<String> {
        if scope.is_site() {
            return Some(text);
        }
        String::from_utf8(self.open(log, &URL_SAFE_NO_PAD.decode(text).ok()?)?).ok()
    }

    fn seal(&self, log: Log, place: &[u8]) -> Result<String, ApiError> {
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce)
            .map_err(|error| ApiError::Randomness(std::io::Error::other(error)))?;
        let (about, mut hidden) = (Aad::from(log.name()), place.to_vec());
        let sealing = Nonce::assume_unique_for_key(nonce);
        let tag = self.0.seal_in_place_separate_tag(sealing, about, &mut hidden);
        let tag = tag.map_err(|_| ApiError::Panicked)?;
        Ok(URL_SAFE_NO_PAD.encode([&nonce[..], &hidden, tag.as_ref()].concat()))
    }

    fn open(&self, log: Log, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, hidden) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let mut hidden = hidden.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = self.0.open_in_place(nonce, Aad::from(log.name()), &mut hidden).ok()?;
        Some(opened.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn part() -> Scope {
        Scope::Cameras(BTreeSet::from(["gate".parse().unwrap()]))
    }

    #[test]
    fn who_sees_a_part_is_told_no_number() {
        let cursors = Cursors::new(&[7; 32]);
        let tell = |number| cursors.tell(Log::Events, number, &part()).unwrap();
        let [one, again, far] = [tell(1), tell(1), tell(u64::MAX)];
        assert!(one != again && one.len() == again.len() && one.len() == far.len());
        for (text, number) in [(one, 1), (again, 1), (far, u64::MAX)] {
            let cursor = text.parse().unwrap();
            assert_eq!(cursors.read(Log::Events, &cursor, &part()), Some(number));
            assert_eq!(cursors.read(Log::Alerts, &cursor, &part()), None, "of another log");
            assert_eq!(Cursors::new(&[8; 32]).read(Log::Events, &cursor, &part()), None);
        }
        assert_eq!(cursors.tell(Log::Alerts, 12, &Scope::Site).unwrap(), "12");
        let page = || "a0123".to_owned();
        let sealed = cursors.tell_text(Log::AlertPages, page(), &part()).unwrap();
        assert_eq!(cursors.read_text(Log::AlertPages, sealed, &part()), Some(page()));
        assert_eq!(cursors.read_text(Log::AlertPages, page(), &part()), None, "not as it was told");
        assert_eq!(cursors.tell_text(Log::AlertPages, page(), &Scope::Site).unwrap(), page());
    }

    #[test]
    fn a_number_is_taken_from_who_sees_what_it_counts() {
        let cursors = Cursors::new(&[7; 32]);
        let read =
            |text: &str, scope: &Scope| cursors.read(Log::Events, &text.parse().unwrap(), scope);
        assert_eq!(read("12", &Scope::Site), Some(12));
        assert_eq!(read("12", &part()), None);
        assert_eq!(read("0", &part()), Some(0));
        for hostile in ["", "yesterday", "-1", &"A".repeat(47), &"A".repeat(49), &"9".repeat(5000)]
        {
            assert!(hostile.parse::<Cursor>().is_err(), "{hostile}");
        }
        let mut sealed = cursors.tell(Log::Events, 3, &part()).unwrap();
        let other = if &sealed[20..21] == "A" { "B" } else { "A" };
        sealed.replace_range(20..21, other);
        assert_eq!(read(&sealed, &part()), None);
        assert_eq!(read(&"A".repeat(48), &part()), None);
    }
}
