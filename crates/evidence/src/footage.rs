//! The chains of recorded files, and the proof that a file is the one that was recorded.
//!
//! **Chain** (version 1). Every stream has a chain for each day (UTC). When a file is closed, the
//! chain becomes the SHA-256 of the chain before it (32 zeros for the first of the day) and the
//! SHA-256 of the file. Hourly, on stop and before every export all chains that grew are sealed: an
//! entry `footage_chained` of the audit trail holds the SHA-256 of their leaves one after the other.
//! A leaf is the SHA-256 of the 19 bytes `watchpost-footage-1` and a zero; the camera and `main` or
//! `sub`, each as its length in bytes (32 bits) and its UTF-8; the day, counted from 1970-01-01, and
//! the number of links as 64 bits each; the 32 bytes of the chain. Numbers are big-endian.
//!
//! **Proof.** From the chain before the first file of a clip, over the SHA-256 of each file up to
//! the link that was sealed, to a leaf; from the leaves to the entry of the trail; from there to a
//! signed head. Whoever would exchange a file later has to make the trail anew as well, and is found
//! by heads in a second place and by packages that were handed out.

use std::collections::BTreeSet;

use domain::{CameraId, StreamRole, Timestamp};
use serde::{Deserialize, Serialize};

use crate::digest::Hasher;
use crate::{AuditExtract, Digest, ExtractEntry, Manifest, PublicKey};

/// Begins what is hashed of a leaf.
const LEAF_TAG: &[u8] = b"watchpost-footage-1\0";
/// What the entry that tells of a seal says was done.
const CHAINED: &str = "footage_chained";

/// Returns the chain with a further file: a [`domain::FootageLink`].
pub fn link(before: &[u8; 32], sha256: &[u8; 32]) -> [u8; 32] {
    let mut hasher = Hasher::default();
    hasher.update(before);
    hasher.update(sha256);
    hasher.finish().0
}

/// Returns the leaf of a chain of `links` links.
pub fn leaf(
    (camera, role): (&CameraId, StreamRole),
    day: i64,
    links: u64,
    chain: &[u8; 32],
) -> Digest {
    let mut hasher = Hasher::default();
    hasher.update(LEAF_TAG);
    for text in [camera.as_str(), role.as_str()] {
        hasher.update(&u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
        hasher.update(text.as_bytes());
    }
    hasher.update(&day.to_be_bytes());
    hasher.update(&links.to_be_bytes());
    hasher.update(chain);
    hasher.finish()
}

/// Returns one hash over leaves, in their order.
pub fn root(leaves: &[Digest]) -> Digest {
    let mut hasher = Hasher::default();
    leaves.iter().for_each(|leaf| hasher.update(&leaf.0));
    hasher.finish()
}

/// What an entry `footage_chained` says in its detail, of which this much is checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealDetail {
    /// How many chains grew.
    pub chains: u64,
    /// [`root`] of their leaves.
    pub sha256: Digest,
}

/// Where the files of a package stand in the chains of what was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FootageProof {
    /// The seals that are needed.
    pub seals: Vec<SealCard>,
    /// The parts of chains that are needed.
    pub chains: Vec<ChainCard>,
}

/// The chains that grew up to a moment, as leaves, tied to the audit trail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealCard {
    /// When they were sealed, by the site's clock.
    pub time: Timestamp,
    /// Their leaves. Those of other cameras tell nothing of them.
    pub leaves: Vec<Digest>,
    /// From the entry that tells of the seal to a signed head.
    pub trail: AuditExtract,
}

/// A part of a chain, up to a link that was sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChainCard {
    /// The camera.
    pub camera: CameraId,
    /// Which of its streams.
    pub stream: StreamRole,
    /// The day in UTC, counted from 1970-01-01.
    pub day: i64,
    /// The number of the first link here, from 1.
    pub first: u64,
    /// The chain before it; 32 zeros before the first of the day.
    pub before: Digest,
    /// The SHA-256 of file after file.
    pub files: Vec<Digest>,
    /// Which of the seals covers the last of them, from 0.
    pub seal: usize,
}

/// What a proof shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Proven {
    /// Recorded files that the clips come from.
    pub files: usize,
    /// Those of them that stand in a sealed chain.
    pub chained: usize,
    /// When the last of the seals was made.
    pub sealed: Option<Timestamp>,
}

impl FootageProof {
    /// Follows every chain to its seal and every seal to a head signed by `key`, and says which of
    /// the files in `manifest` stand in them.
    ///
    /// # Errors
    /// Says what does not fit.
    pub fn check(&self, manifest: &Manifest, key: &PublicKey) -> Result<Proven, String> {
        for seal in &self.seals {
            seal.check(&manifest.site.id, key)?;
        }
        let mut known = BTreeSet::new();
        for chain in &self.chains {
            let seal = self.seals.get(chain.seal);
            let seal = seal.ok_or_else(|| format!("a chain of {} has no seal", chain.camera))?;
            let values = chain.check(seal)?;
            for (file, value) in chain.files.iter().zip(values) {
                known.insert((&chain.camera, chain.stream, *file, value));
            }
        }
        let mut proven = Proven::default();
        for clip in &manifest.clips {
            for segment in &clip.segments {
                proven.files += 1;
                let Some((sha256, value)) = segment.sha256.zip(segment.chain) else { continue };
                if segment.is_altered() {
                    continue;
                }
                let link = (&clip.camera, clip.stream, sha256, value);
                if known.contains(&link) {
                    proven.chained += 1;
                }
            }
        }
        proven.sealed = self.seals.iter().map(|seal| seal.time).max();
        Ok(proven)
    }
}

impl SealCard {
    fn check(&self, site: &str, key: &PublicKey) -> Result<(), String> {
        if self.trail.site != site {
            return Err(format!("a seal is that of another site, {}", self.trail.site));
        }
        self.trail.check(key).map_err(|broken| format!("a seal is not in the trail: {broken}"))?;
        let Some(ExtractEntry::Entry(entry)) = self.trail.entries.first() else {
            return Err("the entry of a seal is not told".to_owned());
        };
        let detail: Option<SealDetail> = serde_json::from_str(&entry.detail).ok();
        let is_it = entry.action == CHAINED
            && entry.time == self.time
            && detail.is_some_and(|detail| detail.sha256 == root(&self.leaves));
        is_it.then_some(()).ok_or_else(|| {
            format!("entry {} of the trail does not tell of the seal of {}", entry.seq, self.time)
        })
    }
}

impl ChainCard {
    /// Returns the chain with each of the files, if it ends in a leaf of `seal`.
    fn check(&self, seal: &SealCard) -> Result<Vec<Digest>, String> {
        let mut chain = self.before.0;
        let values: Vec<Digest> = self
            .files
            .iter()
            .map(|file| {
                chain = link(&chain, &file.0);
                Digest(chain)
            })
            .collect();
        let count = u64::try_from(self.files.len()).unwrap_or(u64::MAX);
        let links = self.first.checked_add(count).and_then(|end| end.checked_sub(1));
        let is_sealed = links.filter(|_| count > 0 && self.first > 0).is_some_and(|links| {
            let leaf = leaf((&self.camera, self.stream), self.day, links, &chain);
            seal.leaves.contains(&leaf)
        });
        // The chain of a day begins with zeros and with nothing else.
        let begins = (self.first == 1) == (self.before == Digest([0; 32]));
        (is_sealed && begins).then_some(values).ok_or_else(|| {
            format!(
                "the files of {}/{} are not those that were sealed at {}",
                self.camera,
                self.stream.as_str(),
                seal.time
            )
        })
    }
}
