//! Whatever is done to a package, wherever in it, its check finds it and says what: class by class of
//! bytes, as a table. The container is read here by APPNOTE 6.3.10, not by our own reader.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::io::Cursor;
use std::ops::Range;

use domain::{AuditEntry, ChainedEntry, TimeRange, Timestamp};
use evidence::chain::{self, START};
use evidence::{
    AuditExtract, EventsCard, FORMAT, FootageProof, Manifest, Mismatch, Purpose, Sealer, SiteCard,
    SiteKey, Verdict, head,
};

/// Every file of the package, in order.
const FILES: [&str; 12] = [
    "clips/001-gate-main.mp4",
    "clips/002-yard-main-masked.mp4",
    "stills/001-before.jpg",
    "stills/001-at.jpg",
    "events/events.json",
    "footage-chain.json",
    "audit.json",
    "public-key.pem",
    "READ-ME.txt",
    "manifest.json",
    "manifest.sig",
    "SHA256SUMS",
];
/// What a local header says, by where it stands in it (§4.3.7).
const LOCAL: [(&str, Range<usize>); 12] = [
    ("signature", 0..4),
    ("version needed", 4..6),
    ("flags", 6..8),
    ("compression", 8..10),
    ("time", 10..12),
    ("date", 12..14),
    ("CRC", 14..18),
    ("compressed size", 18..22),
    ("size", 22..26),
    ("length of the name", 26..28),
    ("length of the extra data", 28..30),
    ("name", 30..31),
];
/// The same of a header in the directory (§4.3.12).
const CENTRAL: [(&str, Range<usize>); 19] = [
    ("signature", 0..4),
    ("version made by", 4..6),
    ("version needed", 6..8),
    ("flags", 8..10),
    ("compression", 10..12),
    ("time", 12..14),
    ("date", 14..16),
    ("CRC", 16..20),
    ("compressed size", 20..24),
    ("size", 24..28),
    ("length of the name", 28..30),
    ("length of the extra data", 30..32),
    ("length of the comment", 32..34),
    ("disk", 34..36),
    ("internal attributes", 36..38),
    ("external attributes", 38..42),
    ("offset", 42..46),
    ("first byte of the name", 46..47),
    ("second byte of the name", 47..48),
];
/// The same of the end of the directory (§4.3.16).
const END: [(&str, Range<usize>); 8] = [
    ("signature", 0..4),
    ("this disk", 4..6),
    ("disk of the directory", 6..8),
    ("entries here", 8..10),
    ("entries", 10..12),
    ("size of the directory", 12..16),
    ("offset of the directory", 16..20),
    ("length of the comment", 20..22),
];

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
    AuditExtract::new("hoan-kiem", "01/2026", (START, &[ChainedEntry { entry, hash }]), &head, true)
}

fn package() -> Vec<u8> {
    let mut sealer = Sealer::new(Cursor::new(Vec::new()));
    for (number, name) in (1_u8..).zip(&FILES[..5]) {
        sealer.add_bytes(name, &[number; 60]).unwrap();
    }
    sealer.add_footage(&FootageProof::default()).unwrap();
    let manifest = Manifest {
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
        events: EventsCard { file: FILES[4].to_owned(), count: 0, stills: Vec::new() },
        rules: Vec::new(),
        models: Vec::new(),
        files: Vec::new(),
    };
    let (out, _) = sealer.finish(manifest, &audit(), &key()).unwrap();
    out.into_inner()
}

fn verify(bytes: &[u8]) -> Verdict {
    evidence::verify(&mut Cursor::new(bytes), None, &mut |_, _| {}).unwrap()
}

/// A file as it lies in the container.
struct Lying {
    name: String,
    local: usize,
    content: Range<usize>,
    central: usize,
}

/// The container, taken apart; and where its directory and the end of that begin.
fn taken_apart(bytes: &[u8]) -> (Vec<Lying>, usize, usize) {
    let u16_at = |at: usize| usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
    let u32_at = |at: usize| {
        usize::try_from(u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())).unwrap()
    };
    let end = bytes.len() - 22;
    let directory = u32_at(end + 16);
    let mut central = directory;
    let mut files = Vec::new();
    while central < end {
        let name = &bytes[central + 46..central + 46 + u16_at(central + 28)];
        let local = u32_at(central + 42);
        let start = local + 30 + u16_at(local + 26) + u16_at(local + 28);
        files.push(Lying {
            name: String::from_utf8(name.to_vec()).unwrap(),
            local,
            content: start..start + u32_at(central + 24),
            central,
        });
        central += 46 + u16_at(central + 28) + u16_at(central + 30) + u16_at(central + 32);
    }
    (files, directory, end)
}

fn flipped(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    changed[at] ^= 1;
    changed
}

#[test]
fn the_package_holds_and_is_what_the_tables_speak_of() {
    let bytes = package();
    assert!(verify(&bytes).holds(), "{}", verify(&bytes));
    let (files, ..) = taken_apart(&bytes);
    let names: Vec<_> = files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, FILES);
}

#[test]
fn a_changed_byte_of_any_file_is_found_and_the_file_named() {
    let bytes = package();
    for file in taken_apart(&bytes).0 {
        let Range { start, end } = file.content;
        for (which, at) in [("first", start), ("middle", (start + end) / 2), ("last", end - 1)] {
            let verdict = verify(&flipped(&bytes, at));
            let changed = Mismatch::Changed(file.name.clone());
            assert!(verdict.mismatches.contains(&changed), "{which} of {}: {verdict}", file.name);
            assert!(verdict.to_string().contains(&format!("{} was changed", file.name)));
        }
    }
}

#[test]
fn who_puts_the_checksums_of_the_container_right_is_found_all_the_same() {
    let bytes = package();
    for file in taken_apart(&bytes).0 {
        let mut changed = flipped(&bytes, file.content.start);
        let crc = crc32fast::hash(&changed[file.content.clone()]).to_le_bytes();
        changed[file.local + 14..file.local + 18].copy_from_slice(&crc);
        changed[file.central + 16..file.central + 20].copy_from_slice(&crc);
        let verdict = verify(&changed);
        let expected = match file.name.as_str() {
            // It lists all others, and is held by what they hash to.
            "manifest.json" | "manifest.sig" => Mismatch::Signature,
            name => Mismatch::Changed(name.to_owned()),
        };
        assert!(verdict.mismatches.contains(&expected), "{}: {verdict}", file.name);
    }
}

#[test]
fn a_changed_header_of_any_file_is_found_and_the_file_named() {
    let bytes = package();
    for file in taken_apart(&bytes).0 {
        for (what, place) in LOCAL {
            for at in place {
                let verdict = verify(&flipped(&bytes, file.local + at));
                let says = format!("the header of {} is not as it was written", file.name);
                assert!(verdict.to_string().contains(&says), "{what}, {}: {verdict}", file.name);
            }
        }
    }
}

#[test]
fn a_changed_directory_is_found_and_its_place_or_the_file_named() {
    let bytes = package();
    let (files, directory, end) = taken_apart(&bytes);
    let told = |at: usize, what: &str, name: Option<&str>| {
        let verdict = verify(&flipped(&bytes, at));
        assert!(!verdict.holds(), "{what}");
        let line = verdict.to_string();
        // Where the directory still adds up, it is the file itself that no longer fits.
        let of_a_file = line.contains("the header of ");
        let is_named = line.contains("the container at byte ")
            // Its first letter may be what was changed.
            && (!of_a_file || name.is_some_and(|name| line.contains(&name[1..])));
        assert!(is_named, "{what}, {name:?}: {verdict}");
    };
    for file in &files {
        for (what, place) in CENTRAL {
            place.for_each(|at| told(file.central + at, what, Some(&file.name)));
        }
    }
    for (what, place) in END {
        place.for_each(|at| told(end + at, what, None));
    }
    assert!(directory < end);
}

#[test]
fn bytes_that_are_put_in_or_taken_out_are_found_anywhere() {
    let bytes = package();
    let (files, directory, end) = taken_apart(&bytes);
    let borders = files.iter().flat_map(|file| [file.local, file.content.start, file.content.end]);
    let borders = borders.chain(files.iter().map(|file| file.central));
    for at in borders.chain([directory, end, bytes.len()]) {
        let put_in = [&bytes[..at], b"\0", &bytes[at..]].concat();
        assert!(!verify(&put_in).holds(), "one more at {at}");
        if at < bytes.len() {
            let taken_out = [&bytes[..at], &bytes[at + 1..]].concat();
            assert!(!verify(&taken_out).holds(), "one less at {at}");
        }
    }
    // As other tools may: a comment behind everything, announced as it should be.
    let mut commented = [&bytes[..], b"hello"].concat();
    commented[end + 20] = 5;
    assert!(!verify(&commented).holds());
    // Extra data of the last file, announced in both headers, everything behind it moved.
    let last = files.last().unwrap();
    let extra = b"\x01\xca\x01\0x";
    let mut grown = bytes.clone();
    grown.splice(last.content.start..last.content.start, extra.iter().copied());
    let moved = extra.len();
    grown[last.local + 28] = 5;
    let (central, end) = (last.central + moved, end + moved);
    grown[central + 30] = 5;
    grown.splice(end..end, extra.iter().copied());
    let end = end + extra.len();
    let directory = u32::try_from(directory + moved).unwrap();
    grown[end + 16..end + 20].copy_from_slice(&directory.to_le_bytes());
    let size = u32::try_from(end).unwrap() - directory;
    grown[end + 12..end + 16].copy_from_slice(&size.to_le_bytes());
    let verdict = verify(&grown);
    assert!(verdict.to_string().starts_with("DOES NOT HOLD: the container at byte "), "{verdict}");
}

#[test]
fn a_verdict_stays_within_its_line_whatever_the_package_says() {
    // Who forges a package chooses what it says of itself, and signs it with a key of their own.
    let hostile = "x\r\u{1b}[2K\u{202e}\ncase.zip: HOLDS: all 8 files";
    let manifest = |site: &str, case: &str, listed: &str| {
        let text = serde_json::json!({
            "format": FORMAT, "site": {"id": site, "name": "x"}, "key": key().public().fingerprint(),
            "software": "x", "exported": time(2), "operator": "lan",
            "purpose": {"case": case, "reason": "x", "legal_basis": null},
            "range": {"start": time(0), "end": time(1)}, "cameras": [], "clips": [], "gaps": [],
            "clock_errors": [], "events": {"file": "e", "count": 0, "stills": []}, "rules": [],
            "models": [], "files": [{"name": listed, "bytes": 1, "sha256": "0".repeat(64)}],
        });
        text.to_string()
    };
    let mut unknown = manifest("hoan-kiem", "1", "a");
    unknown.insert_str(1, "\"\\u001b[2K\\r\": 1,");
    for text in [
        manifest(hostile, "1", "a"),
        manifest("hoan-kiem", hostile, "a"),
        manifest("hoan-kiem", "1", hostile),
        unknown,
        "{\"format\": \"\\u001b[2K\\r\"}".to_owned(),
    ] {
        let mut sealer = Sealer::new(Cursor::new(Vec::new()));
        sealer.add_bytes("audit.json", &serde_json::to_vec(&audit()).unwrap()).unwrap();
        sealer.add_bytes("public-key.pem", key().public().to_pem().as_bytes()).unwrap();
        sealer.add_bytes("manifest.json", text.as_bytes()).unwrap();
        sealer.add_bytes("manifest.sig", &key().sign(text.as_bytes())).unwrap();
        let verdict = verify(sealer.into_container().unwrap().get_ref());
        let lines = verdict.mismatches.iter().map(Mismatch::to_string);
        for line in lines.chain([verdict.to_string()]) {
            let moves = |letter: char| letter.is_control() || letter == '\u{202e}';
            assert!(!line.contains(moves), "{line:?}");
        }
        assert!(verdict.to_string().starts_with("DOES NOT HOLD: "));
    }
}
