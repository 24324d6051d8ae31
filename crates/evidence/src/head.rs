//! Signed heads: the state of the audit trail at one moment, by the site's key.
//!
//! **What is signed** (version 1): the 16 bytes `watchpost-head-1` and a zero; the site's name as
//! its length in bytes (32 bits) and its UTF-8; `number`, `seq` and `time` as 64 bits each; the 32
//! bytes of the hash. Numbers are big-endian, the time is microseconds since 1970.
//!
//! **As a line** of a second place: a JSON object of these, hash and signature in hexadecimal.

use domain::{SignedHead, Timestamp};

use crate::{HeadCard, PublicKey, SiteKey};

/// Begins what is signed of a head.
const HEAD_TAG: &[u8] = b"watchpost-head-1\0";

/// Signs the state of the trail of `site` after entry `seq`; `number` counts the heads, from 1.
pub fn sign(
    site: &str,
    key: &SiteKey,
    number: u64,
    (seq, hash): (u64, [u8; 32]),
    time: Timestamp,
) -> SignedHead {
    let mut head = SignedHead { number, seq, hash, time, signature: [0; 64] };
    head.signature = key.sign(&message(site, &head));
    head
}

/// Returns whether `key` has signed this head for `site`.
pub fn holds(site: &str, key: &PublicKey, head: &SignedHead) -> bool {
    key.verify(&message(site, head), &head.signature)
}

/// Returns the head as a line, its end included.
pub fn to_line(head: &SignedHead) -> String {
    // A card holds numbers and texts: nothing in it can fail to become JSON.
    let card = serde_json::to_string(&HeadCard::from(head)).unwrap_or_default();
    format!("{card}\n")
}

/// Reads a head back from a line; `None` if it is none.
pub fn from_line(line: &str) -> Option<SignedHead> {
    serde_json::from_str::<HeadCard>(line).ok()?.head()
}

fn message(site: &str, head: &SignedHead) -> Vec<u8> {
    let mut message = HEAD_TAG.to_vec();
    message.extend(u32::try_from(site.len()).unwrap_or(u32::MAX).to_be_bytes());
    message.extend(site.as_bytes());
    message.extend(head.number.to_be_bytes());
    message.extend(head.seq.to_be_bytes());
    message.extend(head.time.as_micros().to_be_bytes());
    message.extend(head.hash);
    message
}
