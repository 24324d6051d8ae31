//! A file is proven to be the one that was recorded, and an exchanged one is found.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use domain::{AuditEntry, ChainedEntry, StreamRole, Timestamp};
use evidence::chain::{self, START};
use evidence::footage::{SealDetail, leaf, link, root};
use evidence::{AuditExtract, ChainCard, Digest, FootageProof, Manifest, SealCard, SiteKey, head};

const DAY: i64 = 20_513;

fn key() -> SiteKey {
    SiteKey::from_secret(&[3; 32])
}

fn file(number: u8) -> Digest {
    Digest([number; 32])
}

/// Returns the chain after so many files.
fn chain_of(count: u8) -> [u8; 32] {
    (1..=count).fold([0; 32], |chain, number| link(&chain, &file(number).0))
}

fn proof() -> FootageProof {
    let camera = "gate".parse().unwrap();
    let own = leaf((&camera, StreamRole::Main), DAY, 5, &chain_of(5));
    let leaves = vec![Digest([9; 32]), own];
    let time = Timestamp::from_micros(1_772_325_000_000_000);
    let detail = SealDetail { chains: 2, sha256: root(&leaves) };
    let entry = |seq, detail: String| AuditEntry {
        seq,
        time,
        actor: "watchpost".to_owned(),
        action: "footage_chained".to_owned(),
        object: "footage".to_owned(),
        case: None,
        purpose: None,
        detail,
    };
    let sealed = entry(1, serde_json::to_string(&detail).unwrap());
    let hash = chain::link(&START, &sealed);
    let further = entry(2, "somebody else's business".to_owned());
    let last = chain::link(&hash, &further);
    let head = head::sign("hoan-kiem", &key(), 1, (2, last), time);
    let entries =
        [ChainedEntry { entry: sealed, hash }, ChainedEntry { entry: further, hash: last }];
    FootageProof {
        seals: vec![SealCard {
            time,
            leaves,
            trail: AuditExtract::of_first("hoan-kiem", (START, &entries), &head),
        }],
        chains: vec![ChainCard {
            camera,
            stream: StreamRole::Main,
            day: DAY,
            first: 3,
            before: Digest(chain_of(2)),
            files: (3..=5).map(file).collect(),
            seal: 0,
        }],
    }
}

fn manifest() -> Manifest {
    let range = serde_json::json!({"start": "2026-03-01T00:00:00Z", "end": "2026-03-01T00:01:00Z"});
    let segment = |number: u8| {
        serde_json::json!({
            "path": "gate.mp4", "range": range, "bytes": 1, "sha256": file(number),
            "rehashed": true, "chain": Digest(chain_of(number)),
        })
    };
    let clip = serde_json::json!({
        "file": "clips/1.mp4", "camera": "gate", "stream": "main", "pictures": range,
        "shown": range, "segments": [segment(3), segment(4)],
    });
    serde_json::from_value(serde_json::json!({
        "format": evidence::FORMAT, "site": {"id": "hoan-kiem", "name": "Hoàn Kiếm"},
        "key": key().public().fingerprint(), "software": "watchpost 0.1.0",
        "exported": "2026-03-01T01:00:00Z", "operator": "lan",
        "purpose": {"case": "1", "reason": "x", "legal_basis": null}, "range": range,
        "cameras": [], "clips": [clip], "gaps": [], "clock_errors": [],
        "events": {"file": "events/events.json", "count": 0, "stills": []}, "rules": [],
        "models": [], "files": [],
    }))
    .unwrap()
}

#[test]
fn a_file_stands_in_the_chain_of_its_day_up_to_a_signed_seal() {
    let proven = proof().check(&manifest(), &key().public()).unwrap();
    assert_eq!((proven.files, proven.chained), (2, 2));
    assert!(proven.sealed.is_some());
    let mut exchanged = manifest();
    exchanged.clips[0].segments[1].sha256 = Some(file(7));
    let proven = proof().check(&exchanged, &key().public()).unwrap();
    assert_eq!((proven.files, proven.chained), (2, 1), "one of them is another");
    let mut altered = manifest();
    altered.clips[0].segments[0].rehashed = false;
    let proven = proof().check(&altered, &key().public()).unwrap();
    assert_eq!((proven.files, proven.chained), (2, 1), "one of them had changed by the export");
    assert_eq!(altered.altered().into_iter().collect::<Vec<_>>(), ["gate.mp4"]);
    altered.clips[0].segments[0].sha256 = None;
    assert!(altered.altered().is_empty(), "it was still being written");
}

/// Changes a proof in one place.
type Bend = fn(&mut FootageProof);

#[test]
fn whatever_is_bent_on_the_way_to_the_seal_is_found() {
    let bend: [(&str, Bend); 9] = [
        ("a file", |proof| proof.chains[0].files[1] = Digest([7; 32])),
        ("a file more", |proof| proof.chains[0].files.push(Digest([7; 32]))),
        ("the chain before", |proof| proof.chains[0].before = Digest([7; 32])),
        ("the day", |proof| proof.chains[0].day += 1),
        ("the count", |proof| proof.chains[0].first = 2),
        ("the camera", |proof| proof.chains[0].camera = "yard".parse().unwrap()),
        ("a leaf", |proof| proof.seals[0].leaves[0] = Digest([8; 32])),
        ("no seal", |proof| proof.chains[0].seal = 3),
        ("a step of the trail", |proof| {
            proof.seals[0].trail.entries.pop();
        }),
    ];
    for (what, bend) in bend {
        let mut bent = proof();
        bend(&mut bent);
        assert!(bent.check(&manifest(), &key().public()).is_err(), "{what}");
    }
    let other = SiteKey::from_secret(&[4; 32]).public();
    assert!(proof().check(&manifest(), &other).is_err(), "signed by another key");
}
