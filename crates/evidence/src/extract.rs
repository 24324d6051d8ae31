//! The part of the audit trail that belongs to a case, tied to a signed head.
//!
//! From the first entry of the case on every entry stands in it: those of the case in words, the
//! others by their digest, so that the chain can be followed to the head and nothing else is told.

use domain::{AuditEntry, ChainedEntry, SignedHead, Timestamp};
use serde::{Deserialize, Serialize};

use crate::chain::{self, Broken};
use crate::digest::{from_hex, to_hex};
use crate::{Digest, PublicKey, head};

/// A part of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditExtract {
    /// The site's name, as its heads are signed.
    pub site: String,
    /// Whether all entries of the case are in it; older ones were too many steps away.
    pub complete: bool,
    /// The hash of the entry before the first one here.
    pub before: Digest,
    /// Entry after entry up to the head.
    pub entries: Vec<ExtractEntry>,
    /// The head that covers the last of them.
    pub head: HeadCard,
}

/// An entry of an extract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExtractEntry {
    /// One that is told.
    Entry(AuditEntry),
    /// The digest of one that is not.
    Digest(Digest),
}

/// A signed head as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeadCard {
    /// Counts the heads, from 1.
    pub number: u64,
    /// The last entry it covers.
    pub seq: u64,
    /// The hash of that entry.
    pub hash: Digest,
    /// When it was signed.
    pub time: Timestamp,
    /// The signature, in hexadecimal.
    pub signature: String,
}

impl From<&SignedHead> for HeadCard {
    fn from(head: &SignedHead) -> Self {
        Self {
            number: head.number,
            seq: head.seq,
            hash: Digest(head.hash),
            time: head.time,
            signature: to_hex(&head.signature),
        }
    }
}

impl HeadCard {
    /// Returns the head; `None` if the signature is no text of one.
    pub fn head(&self) -> Option<SignedHead> {
        Some(SignedHead {
            number: self.number,
            seq: self.seq,
            hash: self.hash.0,
            time: self.time,
            signature: from_hex(&self.signature)?,
        })
    }
}

impl AuditExtract {
    /// Takes the entries of `case` out of `chained`: entry after entry up to `head`, after `before`.
    pub fn new(
        site: &str,
        case: &str,
        (before, chained): ([u8; 32], &[ChainedEntry]),
        head: &SignedHead,
        complete: bool,
    ) -> Self {
        let told = |entry: &AuditEntry| entry.case.as_deref() == Some(case);
        let entry = |chained: &ChainedEntry| match told(&chained.entry) {
            true => ExtractEntry::Entry(chained.entry.clone()),
            false => ExtractEntry::Digest(chain::digest(&chained.entry)),
        };
        Self {
            site: site.to_owned(),
            complete,
            before: Digest(before),
            entries: chained.iter().map(entry).collect(),
            head: HeadCard::from(head),
        }
    }

    /// Takes entry after entry up to `head`, after `before`; tells the first of them alone.
    pub fn of_first(
        site: &str,
        (before, chained): ([u8; 32], &[ChainedEntry]),
        head: &SignedHead,
    ) -> Self {
        let entry = |(position, chained): (usize, &ChainedEntry)| match position {
            0 => ExtractEntry::Entry(chained.entry.clone()),
            _ => ExtractEntry::Digest(chain::digest(&chained.entry)),
        };
        Self {
            site: site.to_owned(),
            complete: false,
            before: Digest(before),
            entries: chained.iter().enumerate().map(entry).collect(),
            head: HeadCard::from(head),
        }
    }

    /// Follows the chain to the head.
    ///
    /// # Errors
    /// Says where it breaks.
    pub fn check(&self, key: &PublicKey) -> Result<(), Broken> {
        let (number, last) = (self.head.number, self.head.seq);
        let head = self.head.head().ok_or(Broken::Forged { number, seq: last })?;
        if !head::holds(&self.site, key, &head) {
            return Err(Broken::Forged { number, seq: last });
        }
        let count = u64::try_from(self.entries.len()).unwrap_or(u64::MAX);
        let first = last.checked_add(1).and_then(|end| end.checked_sub(count));
        let Some(first) = first.filter(|first| *first > 0) else {
            return Err(Broken::OutOfPlace { expected: last, found: count });
        };
        let mut hash = self.before.0;
        for (expected, entry) in (first..).zip(&self.entries) {
            let digest = match entry {
                ExtractEntry::Digest(digest) => *digest,
                ExtractEntry::Entry(entry) if entry.seq != expected => {
                    return Err(Broken::OutOfPlace { expected, found: entry.seq });
                }
                ExtractEntry::Entry(entry) => chain::digest(entry),
            };
            hash = chain::follow(&hash, &digest);
        }
        if hash != head.hash {
            return Err(Broken::Rewritten { seq: last, signed: head.time });
        }
        Ok(())
    }
}
