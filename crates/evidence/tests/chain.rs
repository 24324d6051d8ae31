//! Whatever is done to the trail, its check finds it and says where.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use domain::{AuditEntry, ChainedEntry, SignedHead, Timestamp};
use evidence::chain::{self, Broken, ChainCheck, Counted, START, Whole};
use evidence::{AuditExtract, ExtractEntry, SiteKey, head};
use proptest::prelude::*;

const SITE: &str = "hoan-kiem";

fn key() -> SiteKey {
    SiteKey::from_secret(&[3; 32])
}

fn entry(seq: u64) -> AuditEntry {
    let number = i64::try_from(seq).unwrap();
    AuditEntry {
        seq,
        time: Timestamp::from_micros(1_772_323_200_000_000 + number),
        actor: "lan".to_owned(),
        action: "searched".to_owned(),
        object: format!("camera {seq}"),
        case: (!seq.is_multiple_of(3)).then(|| format!("case {}", seq % 2)),
        purpose: seq.is_multiple_of(2).then_some(seq),
        detail: "{}".to_owned(),
    }
}

fn chained(entries: impl IntoIterator<Item = AuditEntry>) -> Vec<ChainedEntry> {
    let mut hash = START;
    let chain = |entry: AuditEntry| {
        hash = chain::link(&hash, &entry);
        ChainedEntry { entry, hash }
    };
    entries.into_iter().map(chain).collect()
}

/// Signs the trail after each of `seqs`.
fn heads(trail: &[ChainedEntry], seqs: &[u64]) -> Vec<SignedHead> {
    let head = |(number, seq): (u64, &u64)| {
        let at = usize::try_from(*seq).unwrap() - 1;
        let time = Timestamp::from_micros(1_772_323_300_000_000);
        head::sign(SITE, &key(), number, (*seq, trail[at].hash), time)
    };
    (1..).zip(seqs).map(head).collect()
}

fn check(trail: &[ChainedEntry], heads: &[SignedHead], counted: u64) -> Result<Whole, Broken> {
    let mut check = ChainCheck::new(SITE, &key().public(), heads.to_vec())?;
    trail.iter().try_for_each(|entry| check.take(entry))?;
    check.finish(Counted(counted))
}

#[test]
fn an_untouched_trail_is_whole() {
    let trail = chained((1..=9).map(entry));
    let whole = check(&trail, &heads(&trail, &[3, 7]), 9).unwrap();
    assert_eq!(whole, Whole { entries: 9, heads: 2, unsigned: 2 });
    assert_eq!(check(&[], &[], 0).unwrap(), Whole { entries: 0, heads: 0, unsigned: 0 });
}

#[test]
fn the_encoding_of_an_entry_is_the_documented_one() {
    // Whoever changes it makes every trail there is unreadable: a new version needs a new tag.
    let first = &chained([entry(1)])[0];
    let mut bytes = b"watchpost-audit-1\0".to_vec();
    bytes.extend(1_u64.to_be_bytes());
    bytes.extend(1_772_323_200_000_001_i64.to_be_bytes());
    for text in ["lan", "searched", "camera 1"] {
        bytes.extend(u32::try_from(text.len()).unwrap().to_be_bytes());
        bytes.extend(text.as_bytes());
    }
    bytes.extend(b"\x01\0\0\0\x06case 1\0\0\0\0\x02{}");
    let digest = evidence::Digest::of(&bytes);
    assert_eq!(chain::digest(&first.entry), digest);
    let hash = evidence::Digest::of(&[[0; 32], digest.0].concat());
    assert_eq!(first.hash, hash.0);
}

#[test]
fn a_trail_that_was_rewritten_as_a_whole_is_found_by_the_head() {
    let trail = chained((1..=9).map(entry));
    let heads = heads(&trail, &[3, 7]);
    let mut entries: Vec<AuditEntry> = trail.iter().map(|chained| chained.entry.clone()).collect();
    entries[4].object = "nothing".to_owned();
    let forged = chained(entries.clone());
    assert!(matches!(check(&forged, &heads, 9), Err(Broken::Rewritten { seq: 7, .. })));
    entries.truncate(6);
    let shorter = chained(entries);
    assert!(matches!(
        check(&shorter, &heads, 6),
        Err(Broken::CutOff { last: 6, signed_seq: 7, .. })
    ));
}

#[test]
fn heads_that_are_forged_or_missing_are_found() {
    let trail = chained((1..=9).map(entry));
    let good = heads(&trail, &[3, 7, 9]);
    let mut forged = good.clone();
    forged[1].seq = 6;
    assert!(matches!(check(&trail, &forged, 9), Err(Broken::Forged { number: 2, .. })));
    let missing = [good[0].clone(), good[2].clone()];
    assert_eq!(check(&trail, &missing, 9), Err(Broken::HeadMissing { number: 2 }));
    let other = head::sign(SITE, &key(), 2, (6, trail[5].hash), Timestamp::from_micros(0));
    let mut twice = good.clone();
    twice.push(other);
    assert_eq!(check(&trail, &twice, 9), Err(Broken::HeadsDisagree { number: 2 }));
    let elsewhere = ChainCheck::new("ba-dinh", &key().public(), good);
    assert!(matches!(elsewhere, Err(Broken::Forged { number: 1, .. })), "another site's head");
}

#[test]
fn a_head_survives_its_line() {
    let trail = chained((1..=3).map(entry));
    for head in heads(&trail, &[1, 3]) {
        assert_eq!(head::from_line(head::to_line(&head).trim()).unwrap(), head);
    }
    assert_eq!(head::from_line("{}"), None);
}

#[test]
fn an_extract_tells_of_its_case_alone_and_leads_to_the_head() {
    let trail = chained((1..=9).map(entry));
    let head = &heads(&trail, &[9])[0];
    let part = (trail[3].hash, &trail[4..]);
    let extract = AuditExtract::new(SITE, "case 1", part, head, true);
    extract.check(&key().public()).unwrap();
    let text = serde_json::to_string(&extract).unwrap();
    assert!(text.contains("case 1") && !text.contains("case 0"), "{text}");
    for at in 0..extract.entries.len() {
        let mut changed = extract.clone();
        match &mut changed.entries[at] {
            ExtractEntry::Entry(entry) => entry.detail.push('x'),
            ExtractEntry::Digest(digest) => digest.0[0] ^= 1,
        }
        assert!(changed.check(&key().public()).is_err(), "entry {at}");
        changed = extract.clone();
        changed.entries.remove(at);
        assert!(changed.check(&key().public()).is_err(), "without entry {at}");
    }
    assert!(extract.check(&SiteKey::from_secret(&[4; 32]).public()).is_err(), "another key");
}

/// One thing done to a trail by somebody who does not compute hashes.
#[derive(Debug, Clone)]
enum Tampering {
    Remove(usize),
    Swap(usize, usize),
    Edit(usize, u8),
    Repeat(usize),
}

fn tampering(length: usize) -> impl Strategy<Value = Tampering> {
    prop_oneof![
        (0..length).prop_map(Tampering::Remove),
        (0..length, 0..length)
            .prop_filter("two places", |(a, b)| a != b)
            .prop_map(|(a, b)| Tampering::Swap(a, b)),
        (0..length, 0..8_u8).prop_map(|(at, field)| Tampering::Edit(at, field)),
        (0..length).prop_map(Tampering::Repeat),
    ]
}

proptest! {
    #[test]
    fn one_thing_done_anywhere_is_found(tampering in tampering(12)) {
        let mut trail = chained((1..=12).map(entry));
        let heads = heads(&trail, &[5, 10]);
        match tampering {
            Tampering::Remove(at) => drop(trail.remove(at)),
            Tampering::Swap(a, b) => trail.swap(a, b),
            Tampering::Repeat(at) => trail.insert(at, trail[at].clone()),
            Tampering::Edit(at, field) => {
                let chained = &mut trail[at];
                let entry = &mut chained.entry;
                match field {
                    0 => entry.seq += 1,
                    1 => entry.time = Timestamp::from_micros(entry.time.as_micros() + 1),
                    2 => entry.actor.push('x'),
                    3 => entry.action.push('x'),
                    4 => entry.object.clear(),
                    5 => entry.case = Some(String::new()),
                    6 => entry.purpose = Some(99),
                    _ => chained.hash[31] ^= 1,
                }
            }
        }
        prop_assert!(check(&trail, &heads, 12).is_err());
    }

    #[test]
    fn texts_that_run_into_each_other_are_told_apart(cut in 0..9_usize) {
        let whole = "searched9";
        let mut one = entry(1);
        one.actor = whole[..cut].to_owned();
        one.action = whole[cut..].to_owned();
        let mut other = entry(1);
        other.actor = whole.to_owned();
        other.action = String::new();
        prop_assert_ne!(chain::digest(&one), chain::digest(&other));
    }
}
