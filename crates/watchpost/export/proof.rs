//! The proof that what leaves is what was recorded: from the clips' files along their chains to seals
//! of the audit trail.

use std::collections::BTreeMap;

use anyhow::Context as _;
use domain::{TimeRange, Timestamp};
use evidence::{AuditExtract, ChainCard, Digest, FootageProof, SealCard, SiteKey, chain};
use index::{Custody, FootageDay, FootageHead, ReadOnlyIndex, StoredFootageSeal};

use super::clips::Chained;
use crate::audit;

const DAY_US: i64 = 86_400_000_000;

/// Seals the chains as they are now, and follows those of `days` to the first seal that covers all
/// of a clip's files. A chain of which no seal is left is not in the proof.
pub(super) fn of(
    days: &BTreeMap<FootageDay, Chained>,
    index: &ReadOnlyIndex,
    custody: &mut Custody,
    (site, key): (&str, &SiteKey),
    now: Timestamp,
) -> anyhow::Result<FootageProof> {
    audit::chain_footage(custody, |after| index.grown_chains(after), now)?;
    audit::seal(custody, site, key, now)?;
    let mut proof = FootageProof::default();
    let mut known: BTreeMap<u64, usize> = BTreeMap::new();
    for (day, Chained { links, used }) in days {
        let (Some(&first), Some(&last)) = (used.iter().min(), used.iter().max()) else { continue };
        let candidates: Vec<_> = links.iter().filter(|link| link.number >= last).collect();
        let leaves: Vec<[u8; 32]> = candidates
            .iter()
            .map(|link| {
                let head = FootageHead { day: day.clone(), links: link.number, chain: link.chain };
                audit::leaf(&head).0
            })
            .collect();
        let start = Timestamp::from_micros(day.day.saturating_mul(DAY_US));
        let since = TimeRange { start, end: Timestamp::MAX };
        let Some((stored, place)) = custody.footage_seal_of(&leaves, since)? else { continue };
        let sealed = candidates.get(place).map_or(last, |link| link.number);
        let seal = match known.get(&stored.seq) {
            Some(seal) => *seal,
            None => {
                proof.seals.push(card(&stored, custody, site)?);
                known.insert(stored.seq, proof.seals.len() - 1);
                proof.seals.len() - 1
            }
        };
        let before = links.iter().find(|link| link.number + 1 == first).map(|link| link.chain);
        let part = links.iter().filter(|link| (first..=sealed).contains(&link.number));
        proof.chains.push(ChainCard {
            camera: day.stream.camera.clone(),
            stream: day.stream.role,
            day: day.day,
            first,
            before: Digest(before.unwrap_or_default()),
            files: part.map(|link| Digest(link.sha256)).collect(),
            seal,
        });
    }
    Ok(proof)
}

/// Ties a seal to the first head that was signed over it.
fn card(stored: &StoredFootageSeal, custody: &Custody, site: &str) -> anyhow::Result<SealCard> {
    let unsigned = "a seal of recorded files has no signed head";
    let number = custody.head_over(stored.seq)?.context(unsigned)?;
    let head = custody.audit_heads_after(number - 1)?.into_iter().next().context(unsigned)?;
    // One more, whose hash the first one follows.
    let from = stored.seq.saturating_sub(2);
    let steps = usize::try_from(head.seq - from).unwrap_or(usize::MAX);
    let mut entries = custody.audit_after(from, steps)?;
    let before = if stored.seq == 1 { chain::START } else { entries.remove(0).hash };
    Ok(SealCard {
        time: stored.seal.time,
        leaves: stored.seal.leaves.iter().copied().map(Digest).collect(),
        trail: AuditExtract::of_first(site, (before, &entries), &head),
    })
}
