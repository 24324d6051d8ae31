//! Somebody changes what leaves, or what lies on the disk: every box of a clip, every file of a
//! package, a recorded file exchanged for another. The check finds it and says where.

use std::io::Cursor;
use std::path::PathBuf;
use std::process::Output;
use std::time::Duration;

use domain::Timestamp;
use simulator::{Mount, Simulator, SimulatorConfig};

use crate::harness::{Site, eventually, footage, recorded_camera};

/// Boxes that hold boxes, and how many bytes stand before those (ISO/IEC 14496-12; `meta` and `stsd` by
/// their versions, `avc1` by its fields).
const CONTAINERS: [(&[u8; 4], usize); 10] = [
    (b"moov", 0),
    (b"trak", 0),
    (b"edts", 0),
    (b"mdia", 0),
    (b"minf", 0),
    (b"dinf", 0),
    (b"stbl", 0),
    (b"meta", 4),
    (b"stsd", 8),
    (b"avc1", 78),
];
/// Boxes that a clip of a package has at the least.
const EXPECTED: [&str; 10] =
    ["ftyp", "moov", "mvhd", "tkhd", "stsd", "avcC", "stsz", "suep", "cstb", "mdat"];

/// Appends where each box of `bytes[from..to]` lies: its kind, its first byte and its end.
fn walk(bytes: &[u8], from: usize, to: usize, found: &mut Vec<(String, usize, usize)>) {
    let mut at = from;
    while at + 8 <= to {
        let number = |at: usize, count: usize| {
            bytes[at..at + count].iter().fold(0_usize, |all, byte| all << 8 | usize::from(*byte))
        };
        let (head, size) = match number(at, 4) {
            1 => (16, number(at + 8, 8)),
            size => (8, size),
        };
        let kind: [u8; 4] = bytes[at + 4..at + 8].try_into().unwrap();
        found.push((String::from_utf8_lossy(&kind).into_owned(), at, at + size));
        if let Some((_, before)) = CONTAINERS.iter().find(|(known, _)| **known == kind) {
            walk(bytes, at + head + before, at + size, found);
        }
        at += size;
    }
}

fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes)).concat()
}

fn run(site: &Site, arguments: &[&str]) -> Output {
    site.command(arguments).output().unwrap()
}

/// Records two cameras for some seconds and stops, so that all of it is closed.
async fn recorded() -> (Site, Simulator, String, String) {
    // Elsewhere in the same clip: begun at the same picture, the two would record the same file.
    let mount = |path| Mount::new(path, footage("vtest-h264.mp4"));
    let mounts = vec![mount("/gate/main"), mount("/yard/main").offset(Duration::from_secs(17))];
    let simulator = Simulator::start(SimulatorConfig::new(mounts)).unwrap();
    let camera = |id: &str| recorded_camera(id, &simulator.url(&format!("/{id}/main")));
    let mut site = Site::new(false, &[camera("gate"), camera("yard")].concat());
    let from = Timestamp::from_micros(simulator.now_us());
    site.start();
    for name in ["gate", "yard"] {
        site.wait_for_state(name, "up", Duration::from_secs(60)).await;
    }
    let until = from.plus(Duration::from_secs(8)).as_micros();
    let over = || async { (simulator.now_us() >= until).then_some(()) };
    eventually("enough is recorded", Duration::from_secs(60), over).await;
    let (status, log) = site.stop();
    assert!(status.success(), "{log:#?}");
    (site, simulator, from.to_string(), from.plus(Duration::from_secs(3600)).to_string())
}

/// Returns the one recorded file of a camera, in the order of their names if there are more.
fn recorded_file(site: &Site, camera: &str) -> PathBuf {
    let mut folder = site.folder().join("footage").join(camera).join("main");
    while folder.is_dir() {
        let mut inside: Vec<_> =
            std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        inside.sort();
        folder = inside.swap_remove(0);
    }
    folder
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_changed_in_a_package_or_on_the_disk_is_found() {
    let (site, _simulator, from, to) = recorded().await;
    let export = |out: &str| {
        let what = ["export", "--config", "watchpost.toml", "--camera", "gate", "--out", out];
        let span = ["--from", &from, "--to", &to];
        let who = ["--case", "01/2026", "--reason", "accident", "--operator", "lan"];
        run(&site, &[&what[..], &span, &who].concat())
    };
    let made = export("case.zip");
    assert!(made.status.success(), "{}", said(&made));
    every_box_of_the_clip_is_watched(&site);

    // A recorded file changes places with another camera's.
    let fsck = || run(&site, &["fsck", "--deep", "--config", "watchpost.toml"]);
    assert!(fsck().status.success(), "{}", said(&fsck()));
    let (gate, yard) = (recorded_file(&site, "gate"), recorded_file(&site, "yard"));
    let [own, other] = [&gate, &yard].map(|file| std::fs::read(file).unwrap());
    for (what, bytes) in
        [("another camera's file", other), ("as many other bytes", vec![7; own.len()])]
    {
        std::fs::write(&gate, bytes).unwrap();
        let found = fsck();
        assert_eq!(found.status.code(), Some(1), "{what}");
        let lines = said(&found);
        assert!(lines.contains("gate/main/") && !lines.contains("yard/main/"), "{what}: {lines}");
        assert!(lines.contains("wrong_hash"), "{what}: {lines}");
        // It leaves with a warning at the most, in a package that does not hold.
        let package = format!("{}.zip", what.replace([' ', '\''], "-"));
        let exported = export(&package);
        let is_told = said(&exported).contains("is not as it was when it was closed");
        assert!(is_told || !exported.status.success(), "{what}: {}", said(&exported));
        if exported.status.success() {
            let verdict = run(&site, &["verify", &package]);
            assert_eq!(verdict.status.code(), Some(1), "{what}: {}", said(&verdict));
            let line = said(&verdict);
            assert!(line.contains("was altered between recording and export"), "{what}: {line}");
        }
    }
    std::fs::write(&gate, own).unwrap();
    assert!(fsck().status.success(), "{}", said(&fsck()));
}

fn every_box_of_the_clip_is_watched(site: &Site) {
    let opened = std::process::Command::new("unzip")
        .args(["-q", "case.zip", "-d", "opened"])
        .current_dir(site.folder())
        .output()
        .unwrap();
    assert!(opened.status.success(), "{}", said(&opened));
    let clips = std::fs::read_dir(site.folder().join("opened/clips")).unwrap();
    let clip = clips.map(|entry| entry.unwrap().path()).next().expect("a clip");
    let name = format!("clips/{}", clip.file_name().unwrap().to_str().unwrap());
    let content = std::fs::read(&clip).unwrap();
    let package = std::fs::read(site.folder().join("case.zip")).unwrap();
    let mut windows = package.windows(content.len());
    let start = windows.position(|window| window == content.as_slice()).unwrap();
    let mut boxes = Vec::new();
    walk(&content, 0, content.len(), &mut boxes);
    for kind in EXPECTED {
        assert!(boxes.iter().any(|(found, ..)| found == kind), "no {kind} among {boxes:?}");
    }
    for (kind, from, to) in boxes {
        for (which, at) in [("size", from), ("kind", from + 4), ("end", to - 1)] {
            let mut changed = package.clone();
            changed[start + at] ^= 1;
            let verdict =
                evidence::verify(&mut Cursor::new(&changed), None, &mut |_, _| {}).unwrap();
            let line = verdict.to_string();
            let says = format!("DOES NOT HOLD: {name} was changed");
            assert!(line.starts_with(&says), "{which} of {kind}: {line}");
        }
    }
}
