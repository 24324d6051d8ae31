//! A package holds as it was sealed and in no other way.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::io::{Cursor, Read as _, Write as _};
use std::process::Command;

use domain::{AuditEntry, ChainedEntry, TimeRange, Timestamp};
use evidence::chain::{self, START};
use evidence::{
    AuditExtract, EventsCard, EvidenceError, FORMAT, Manifest, Mismatch, Purpose, Sealer, SiteCard,
    SiteKey, Verdict, head,
};
use proptest::prelude::*;

const CLIP: &str = "clips/001-hang-bai-main.mp4";
const EVENTS: &str = "events/events.json";

fn key() -> SiteKey {
    SiteKey::from_secret(&[3; 32])
}

fn time(micros: i64) -> Timestamp {
    Timestamp::from_micros(1_772_323_200_000_000 + micros)
}

fn audit() -> AuditExtract {
    let entry = AuditEntry {
        seq: 1,
        time: time(0),
        actor: "lan".to_owned(),
        action: "exported".to_owned(),
        object: "package.zip".to_owned(),
        case: Some("01/2026".to_owned()),
        purpose: None,
        detail: String::new(),
    };
    let hash = chain::link(&START, &entry);
    let head = head::sign("hoan-kiem", &key(), 1, (1, hash), time(1));
    let entries = [ChainedEntry { entry, hash }];
    AuditExtract::new("hoan-kiem", "01/2026", (START, &entries), &head, true)
}

fn manifest() -> Manifest {
    Manifest {
        format: FORMAT.to_owned(),
        site: SiteCard { id: "hoan-kiem".to_owned(), name: "Hoàn Kiếm".to_owned() },
        key: key().public().fingerprint(),
        software: "watchpost 0.1.0".to_owned(),
        exported: time(2),
        operator: "lan".parse().unwrap(),
        approved: None,
        purpose: Purpose {
            case: "01/2026".to_owned(),
            reason: "va chạm giao thông".to_owned(),
            legal_basis: None,
        },
        range: TimeRange { start: time(0), end: time(60_000_000) },
        cameras: Vec::new(),
        clips: Vec::new(),
        gaps: Vec::new(),
        clock_errors: Vec::new(),
        events: EventsCard { file: EVENTS.to_owned(), count: 0, stills: Vec::new() },
        rules: Vec::new(),
        models: Vec::new(),
        files: Vec::new(),
    }
}

fn sealer() -> Sealer<Cursor<Vec<u8>>> {
    let mut sealer = Sealer::new(Cursor::new(Vec::new()));
    sealer.add_bytes(CLIP, &[0x5a; 300]).unwrap();
    sealer.add_bytes(EVENTS, b"[]\n").unwrap();
    sealer
}

fn package() -> Vec<u8> {
    let (out, _) = sealer().finish(manifest(), &audit(), &key()).unwrap();
    out.into_inner()
}

fn verify(bytes: &[u8]) -> Verdict {
    evidence::verify(&mut Cursor::new(bytes), None, &mut |_, _| {}).unwrap()
}

#[test]
fn a_package_holds_as_it_was_sealed() {
    let bytes = package();
    let verdict = verify(&bytes);
    assert!(verdict.holds(), "{verdict}");
    assert_eq!((verdict.files, verdict.whole), (8, 8));
    assert!(verdict.to_string().starts_with("HOLDS: all 8 files"), "{verdict}");
    let fingerprint = key().public().fingerprint();
    let pinned = |key| evidence::verify(&mut Cursor::new(&bytes), Some(key), &mut |_, _| {});
    let verdict = pinned(&fingerprint).unwrap();
    assert!(verdict.to_string().ends_with("is the one expected"), "{verdict}");
    let other = SiteKey::from_secret(&[4; 32]).public().fingerprint();
    let verdict = pinned(&other).unwrap();
    assert_eq!(verdict.mismatches, [Mismatch::OtherKey { found: fingerprint }]);
}

#[test]
fn strangers_read_and_check_it_with_their_own_tools() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("package.zip"), package()).unwrap();
    let run = |line: &str| {
        let output =
            Command::new("sh").args(["-c", line]).current_dir(folder.path()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success(),
            "{line}: {said}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        said
    };
    run("unzip -tq package.zip && unzip -q package.zip -d out");
    run("cd out && LC_ALL=C sha256sum --strict -c SHA256SUMS");
    let said = run(
        "cd out && openssl pkeyutl -verify -pubin -inkey public-key.pem -rawin -in manifest.json \
         -sigfile manifest.sig",
    );
    assert!(said.contains("Verified Successfully"), "{said}");
    let said = run("cd out && openssl pkey -pubin -in public-key.pem -outform DER | sha256sum");
    assert!(said.starts_with(&key().public().fingerprint().to_string()), "{said}");
    let note = std::fs::read_to_string(folder.path().join("out/READ-ME.txt")).unwrap();
    assert!(note.contains("GÓI CHỨNG CỨ") && note.contains("openssl pkeyutl"), "{note}");
}

#[test]
fn one_flipped_bit_is_found_at_every_byte() {
    let bytes = package();
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1 << (at % 8);
        let verdict = verify(&changed);
        assert!(!verdict.holds(), "byte {at} of {}", bytes.len());
        assert!(verdict.to_string().starts_with("DOES NOT HOLD: "), "{verdict}");
    }
}

#[test]
fn a_package_that_is_cut_off_or_continued_does_not_hold() {
    let bytes = package();
    for end in 0..bytes.len() {
        assert!(!verify(&bytes[..end]).holds(), "cut at {end}");
    }
    for more in [&b"\0"[..], b"PK\x05\x06", &bytes] {
        assert!(!verify(&[&bytes, more].concat()).holds());
        assert!(!verify(&[more, &bytes].concat()).holds());
    }
}

#[test]
fn what_changed_is_named() {
    let bytes = package();
    let at = bytes.windows(8).position(|bytes| bytes == [0x5a; 8]).unwrap();
    let mut changed = bytes;
    changed[at] = 0;
    let verdict = verify(&changed);
    assert_eq!(verdict.mismatches, [Mismatch::Changed(CLIP.to_owned())]);
    let line = verdict.to_string();
    assert!(line.contains("was changed (7 of 8 files hold, its signature holds)"), "{line}");
    assert!(!line.contains('\n'));
}

/// Seals a package whose manifest is then replaced by what `change` makes of it, signed by `key`.
fn resealed(change: impl Fn(&mut Vec<(String, Vec<u8>)>), key: &SiteKey) -> Vec<u8> {
    let (_, sealed) = sealer().finish(manifest(), &audit(), key).unwrap();
    let mut zip = Vec::new();
    let (mut out, _) = sealer().finish(manifest(), &audit(), key).unwrap();
    out.set_position(0);
    out.read_to_end(&mut zip).unwrap();
    let mut files = Vec::new();
    let mut offset = 0;
    for name in sealed.files.iter().map(|file| file.name.as_str()).chain([
        "manifest.json",
        "manifest.sig",
        "SHA256SUMS",
    ]) {
        let bytes = u32::from_le_bytes(zip[offset + 18..offset + 22].try_into().unwrap());
        let start = offset + 30 + name.len();
        let end = start + usize::try_from(bytes).unwrap();
        files.push((name.to_owned(), zip[start..end].to_vec()));
        offset = end;
    }
    change(&mut files);
    let mut again = Sealer::new(Cursor::new(Vec::new()));
    for (name, bytes) in &files {
        again.add_bytes(name, bytes).unwrap();
    }
    again.into_container().unwrap().into_inner()
}

#[test]
fn files_that_are_added_removed_or_exchanged_are_named() {
    assert!(verify(&resealed(|_| {}, &key())).holds(), "the helper changes nothing by itself");
    let added = resealed(|files| files.push(("clips/new.mp4".to_owned(), vec![1])), &key());
    assert_eq!(verify(&added).mismatches, [Mismatch::Added("clips/new.mp4".to_owned())]);
    let removed = resealed(|files| drop(files.remove(0)), &key());
    assert_eq!(verify(&removed).mismatches, [Mismatch::Missing(CLIP.to_owned())]);
    let exchanged = resealed(|files| files.swap(0, 1), &key());
    assert!(!verify(&exchanged).holds());
    let emptied = resealed(Vec::clear, &key());
    assert!(!verify(&emptied).holds());
}

#[test]
fn a_package_signed_by_another_key_holds_only_for_that_key() {
    // Everything in it fits: only who knows the site's fingerprint sees that it is a forgery.
    let forger = SiteKey::from_secret(&[9; 32]);
    let forged = resealed(|_| {}, &forger);
    let expected = key().public().fingerprint();
    let verdict =
        evidence::verify(&mut Cursor::new(&forged), Some(&expected), &mut |_, _| {}).unwrap();
    let other = Mismatch::OtherKey { found: forger.public().fingerprint() };
    assert!(verdict.mismatches.contains(&other), "{verdict}");
    // The site's audit head cannot be forged with it.
    assert!(verdict.mismatches.iter().any(|mismatch| matches!(mismatch, Mismatch::Audit(_))));

    let replaced = resealed(
        |files| {
            for (name, bytes) in files.iter_mut().filter(|(name, _)| name == "public-key.pem") {
                assert_eq!(name, "public-key.pem");
                *bytes = forger.public().to_pem().into_bytes();
            }
        },
        &key(),
    );
    let verdict = verify(&replaced);
    assert!(verdict.mismatches.contains(&Mismatch::Signature), "{verdict}");
}

#[test]
fn paths_that_lead_out_are_never_sealed_and_never_accepted() {
    let mut sealer = Sealer::new(Cursor::new(Vec::new()));
    for name in ["../x", "/x", "a\\b", "a/../b", ""] {
        assert!(matches!(sealer.add_bytes(name, b""), Err(EvidenceError::Name(_))), "{name}");
    }
    sealer.add_bytes("a", b"").unwrap();
    assert!(matches!(sealer.add_bytes("A", b""), Err(EvidenceError::Duplicate(_))));
    // The same bytes with a name of the same length that leads out, in both places it stands in.
    let bytes = package();
    let hostile = b"../../001-hang-bai-main.mp4";
    let mut changed = bytes.clone();
    for at in 0..bytes.len() - CLIP.len() {
        if &bytes[at..at + CLIP.len()] == CLIP.as_bytes() {
            changed[at..at + CLIP.len()].copy_from_slice(hostile);
        }
    }
    let verdict = verify(&changed);
    assert!(verdict.to_string().contains("may not be the name of a file"), "{verdict}");
}

#[test]
fn a_source_of_another_length_is_refused() {
    let mut sealer = Sealer::new(Cursor::new(Vec::new()));
    let refused = sealer.add("a", 2, &mut &b"abc"[..]).unwrap_err();
    assert!(matches!(refused, EvidenceError::Length { said: 2, .. }), "{refused}");
    let mut sealer = Sealer::new(Cursor::new(Vec::new()));
    assert!(sealer.add("a", 4, &mut &b"abc"[..]).is_err());
}

#[test]
fn bombs_are_refused_before_they_are_read() {
    // A directory that claims 4 billion files, terabytes, or itself.
    let mut bytes = package();
    let end = bytes.len() - 22;
    for (at, value) in [(10, 0xff), (12, 0xff), (16, 0xff), (19, 0xff)] {
        let mut changed = bytes.clone();
        changed[end + at] = value;
        assert!(!verify(&changed).holds());
    }
    bytes[end + 10..end + 20].fill(0xff);
    assert!(!verify(&bytes).holds());
    // A deflated file: nothing of ours is.
    let mut compressed = package();
    let directory = compressed.windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap();
    compressed[directory + 10] = 8;
    compressed[8] = 8;
    assert!(!verify(&compressed).holds());
}

proptest! {
    #[test]
    fn any_other_byte_anywhere_is_found(at in any::<prop::sample::Index>(), value in 1..=255_u8) {
        let mut bytes = package();
        let at = at.index(bytes.len());
        bytes[at] ^= value;
        prop_assert!(!verify(&bytes).holds());
    }

    #[test]
    fn garbage_is_refused_in_good_order(mut garbage: Vec<u8>, with_end: bool) {
        if with_end {
            garbage.write_all(b"PK\x05\x06").unwrap();
            garbage.extend([0xff; 18]);
        }
        prop_assert!(!verify(&garbage).holds());
    }
}
