//! The audit chain: every entry holds a hash that covers it and all before it.
//!
//! **Encoding** (version 1). An entry's digest is the SHA-256 of, one after the other: the 18 bytes
//! `watchpost-audit-1` and a zero; `seq` as 64 bits and `time` as 64 bits (microseconds since 1970,
//! two's complement), both big-endian; `actor`, `action` and `object` as texts; `case` as an
//! optional text; `purpose` as one byte 0, or one byte 1 and 64 bits big-endian; `detail` as a
//! text. A text is its length in bytes as 32 bits big-endian and its UTF-8; an optional one is one
//! byte 0, or one byte 1 and the text. An entry's hash is the SHA-256 of the hash of the entry
//! before (32 zeros for the first) and the digest: an extract can show the digests of entries that
//! are none of the reader's business, and the chain can still be followed.
//!
//! **What is found.** Any edit, removal, insertion or reorder breaks a hash or the count. Whoever
//! computes all later hashes anew is found by the first [`head`] signed afterwards;
//! whoever cuts the end off, by the heads that cover more than there is. What came after the last
//! head can be cut off only together with the count that the database keeps ([`Counted`]). Whoever
//! holds the key as well is found by heads in a second place alone.

use std::fmt;

use domain::{AuditEntry, ChainedEntry, SignedHead, Timestamp};

use crate::digest::Hasher;
use crate::{Digest, PublicKey, head};

/// Begins what is hashed of an entry.
const ENTRY_TAG: &[u8] = b"watchpost-audit-1\0";

/// What the first entry holds as the hash of the one before.
pub const START: [u8; 32] = [0; 32];

/// Returns the digest of an entry alone.
pub fn digest(entry: &AuditEntry) -> Digest {
    let mut hasher = Hasher::default();
    hasher.update(ENTRY_TAG);
    hasher.update(&entry.seq.to_be_bytes());
    hasher.update(&entry.time.as_micros().to_be_bytes());
    for text in [&entry.actor, &entry.action, &entry.object] {
        put_text(&mut hasher, text);
    }
    hasher.update(&[u8::from(entry.case.is_some())]);
    if let Some(case) = &entry.case {
        put_text(&mut hasher, case);
    }
    hasher.update(&[u8::from(entry.purpose.is_some())]);
    if let Some(purpose) = entry.purpose {
        hasher.update(&purpose.to_be_bytes());
    }
    put_text(&mut hasher, &entry.detail);
    hasher.finish()
}

fn put_text(hasher: &mut Hasher, text: &str) {
    // No text of 4 GiB is ever stored; were one read, its hash would only be no hash of ours.
    hasher.update(&u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
    hasher.update(text.as_bytes());
}

/// Returns the hash that follows `before` when an entry of this digest is added.
pub fn follow(before: &[u8; 32], digest: &Digest) -> [u8; 32] {
    let mut hasher = Hasher::default();
    hasher.update(before);
    hasher.update(&digest.0);
    hasher.finish().0
}

/// Returns the hash of an entry that follows `before`: a [`domain::ChainLink`].
pub fn link(before: &[u8; 32], entry: &AuditEntry) -> [u8; 32] {
    follow(before, &digest(entry))
}

/// Where the trail is not what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Broken {
    /// An entry is not there, or not where it belongs.
    OutOfPlace {
        /// The entry that should have come.
        expected: u64,
        /// The entry that came.
        found: u64,
    },
    /// An entry, or one before it, is not the one that was written.
    Altered {
        /// The first entry whose hash does not fit.
        seq: u64,
        /// When it says it was written.
        time: Timestamp,
    },
    /// The entries fit each other, but not what was signed: all hashes were computed anew.
    Rewritten {
        /// The entry that the head covers.
        seq: u64,
        /// When the head was signed.
        signed: Timestamp,
    },
    /// Fewer entries than were signed.
    CutOff {
        /// The last entry there is; 0 for none.
        last: u64,
        /// The last entry that was signed.
        signed_seq: u64,
        /// When.
        signed: Timestamp,
    },
    /// Fewer entries than the database counted, after the last head.
    Fewer {
        /// The last entry there is; 0 for none.
        last: u64,
        /// How many were ever added.
        counted: u64,
    },
    /// A head that the site's key has not signed.
    Forged {
        /// Its number.
        number: u64,
        /// The entry that it claims to cover.
        seq: u64,
    },
    /// A head is not there.
    HeadMissing {
        /// Its number.
        number: u64,
    },
    /// Two heads of one number that say different things.
    HeadsDisagree {
        /// Their number.
        number: u64,
    },
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfPlace { expected, found } if found > expected => {
                write!(f, "entry {expected} is missing: {found} comes where it should be")
            }
            Self::OutOfPlace { expected, found } => {
                write!(f, "entry {found} comes where {expected} should be")
            }
            Self::Altered { seq, time } => {
                write!(f, "entry {seq} (of {time}) is not as it was written: its hash does not fit")
            }
            Self::Rewritten { seq, signed } => write!(
                f,
                "entry {seq} is not the one that was signed at {signed}: it or one before it was \
                 changed and all hashes were computed anew"
            ),
            Self::CutOff { last, signed_seq, signed } => write!(
                f,
                "the trail ends at entry {last}, but entry {signed_seq} was signed at {signed}"
            ),
            Self::Fewer { last, counted } => {
                write!(f, "the trail ends at entry {last}, but {counted} were written")
            }
            Self::Forged { number, seq } => {
                write!(f, "head {number} (of entry {seq}) was not signed by this site's key")
            }
            Self::HeadMissing { number } => write!(f, "head {number} is missing"),
            Self::HeadsDisagree { number } => {
                write!(f, "head {number} says one thing here and another in the second place")
            }
        }
    }
}

impl std::error::Error for Broken {}

/// How many entries were ever added, as the database counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted(pub u64);

/// A trail in which everything fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whole {
    /// How many entries.
    pub entries: u64,
    /// How many signed heads.
    pub heads: u64,
    /// How many of the entries came after the last head: nobody has signed them yet.
    pub unsigned: u64,
}

/// Follows a trail from its first entry on; constant memory but for the heads.
#[derive(Debug)]
pub struct ChainCheck {
    /// By the entry they cover.
    heads: Vec<SignedHead>,
    /// How many of them have been passed.
    passed: usize,
    last: u64,
    hash: [u8; 32],
}

impl ChainCheck {
    /// Begins with the heads of the trail of `site`, in any order, those of a second place among
    /// them.
    ///
    /// # Errors
    /// A head is forged, missing, or there twice and not the same.
    pub fn new(site: &str, key: &PublicKey, mut heads: Vec<SignedHead>) -> Result<Self, Broken> {
        heads.sort_by_key(|head| (head.number, head.seq, head.hash));
        heads.dedup();
        for (position, head) in heads.iter().enumerate() {
            if !head::holds(site, key, head) {
                return Err(Broken::Forged { number: head.number, seq: head.seq });
            }
            let due = u64::try_from(position).unwrap_or(u64::MAX).saturating_add(1);
            if head.number < due {
                return Err(Broken::HeadsDisagree { number: head.number });
            }
            if head.number > due {
                return Err(Broken::HeadMissing { number: due });
            }
        }
        heads.sort_by_key(|head| (head.seq, head.number));
        Ok(Self { heads, passed: 0, last: 0, hash: START })
    }

    /// Takes the next entry.
    ///
    /// # Errors
    /// It is not the next one, or not as it was written or signed.
    pub fn take(&mut self, chained: &ChainedEntry) -> Result<(), Broken> {
        let entry = &chained.entry;
        let expected = self.last.saturating_add(1);
        if entry.seq != expected {
            return Err(Broken::OutOfPlace { expected, found: entry.seq });
        }
        let hash = link(&self.hash, entry);
        if hash != chained.hash {
            return Err(Broken::Altered { seq: entry.seq, time: entry.time });
        }
        while let Some(head) = self.heads.get(self.passed).filter(|head| head.seq <= entry.seq) {
            if head.seq == entry.seq && head.hash != hash {
                return Err(Broken::Rewritten { seq: entry.seq, signed: head.time });
            }
            self.passed += 1;
        }
        (self.last, self.hash) = (entry.seq, hash);
        Ok(())
    }

    /// Ends with how many entries were ever added.
    ///
    /// # Errors
    /// The trail should go on.
    pub fn finish(self, counted: Counted) -> Result<Whole, Broken> {
        if let Some(head) = self.heads[self.passed..].last() {
            let (signed_seq, signed) = (head.seq, head.time);
            return Err(Broken::CutOff { last: self.last, signed_seq, signed });
        }
        if self.last < counted.0 {
            return Err(Broken::Fewer { last: self.last, counted: counted.0 });
        }
        let signed = self.heads.last().map_or(0, |head| head.seq);
        Ok(Whole {
            entries: self.last,
            heads: u64::try_from(self.heads.len()).unwrap_or(u64::MAX),
            unsigned: self.last - signed,
        })
    }
}
