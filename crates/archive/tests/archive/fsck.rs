//! Every kind of damage is found, and nothing else.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use archive::fsck::{Problem, check};
use domain::{Segment, SegmentId};

use crate::support::{Camera, Site, close, folder};

/// Records a few minutes and returns what stands.
fn recorded(folder: &Path) -> Site {
    let site = Site::new(&[folder]);
    let archive = site.open();
    let mut camera = Camera::new("cam");
    camera.gop = 25;
    let mut recorder = archive.recorder(camera.stream.clone());
    camera.takes(25 * 200).into_iter().for_each(|unit| recorder.write(unit));
    drop(recorder);
    close(archive);
    site
}

fn problems(site: &Site, rows: &[Segment], deep: bool) -> Vec<(Problem, Option<SegmentId>)> {
    let report = check(&site.config.volumes, rows, deep, &mut |_, _| {});
    let found = report.findings.iter();
    found.map(|finding| (finding.problem, finding.segment)).collect()
}

#[test]
fn whole_footage_has_no_findings_and_progress_is_told() {
    let folder = folder();
    let site = recorded(folder.path());
    let rows = site.ledger.closed();
    let mut told = Vec::new();
    let report = check(&site.config.volumes, &rows, true, &mut |done, of| told.push((done, of)));
    assert!(report.is_clean(), "{report:?}");
    assert_eq!(report.files, report.segments);
    assert_eq!(report.hashed_bytes, report.bytes);
    let count = u64::try_from(rows.len()).unwrap();
    assert_eq!(told.last(), Some(&(count, count)));
}

#[test]
fn one_flipped_byte_anywhere_is_found_when_looked_for_deeply() {
    let folder = folder();
    let site = recorded(folder.path());
    let rows = site.ledger.closed();
    let mut options = OpenOptions::new();
    let file = options.read(true).write(true).open(site.file(&rows[0])).unwrap();
    for offset in (0..rows[0].bytes).step_by(997).chain([rows[0].bytes - 1]) {
        let mut byte = [0];
        file.read_exact_at(&mut byte, offset).unwrap();
        file.write_all_at(&[byte[0] ^ 0x10], offset).unwrap();
        let found = problems(&site, &rows, true);
        assert!(found.contains(&(Problem::WrongHash, Some(rows[0].id))), "byte {offset}");
        file.write_all_at(&byte, offset).unwrap();
    }
    assert_eq!(problems(&site, &rows, true), []);
}

#[test]
fn what_is_missing_cut_or_strange_is_found() {
    let folder = folder();
    let site = recorded(folder.path());
    let mut rows = site.ledger.closed();
    let bytes = fs::read(site.file(&rows[0])).unwrap();
    let id = Some(rows[0].id);

    fs::remove_file(site.file(&rows[0])).unwrap();
    assert_eq!(problems(&site, &rows, false), [(Problem::RowWithoutFile, id)]);

    fs::write(site.file(&rows[0]), &bytes[..bytes.len() - 3]).unwrap();
    let found = problems(&site, &rows, false);
    assert_eq!(found, [(Problem::WrongSize, id), (Problem::Damaged, id)]);
    let report = check(&site.config.volumes, &rows, false, &mut |_, _| {});
    let said = &report.findings[1].detail;
    assert!(said.starts_with("after ") && said.contains(" fragments: byte "), "{said}");

    let mut zeros = bytes.clone();
    let moof = usize::try_from(rows[0].fragments[1].offset).unwrap();
    zeros[moof..moof + 100].fill(0);
    fs::write(site.file(&rows[0]), &zeros).unwrap();
    assert_eq!(problems(&site, &rows, false), [(Problem::Damaged, id)]);
    fs::write(site.file(&rows[0]), &bytes).unwrap();

    rows[0].sha256 = None;
    assert_eq!(problems(&site, &rows, false), [(Problem::NoHash, id)]);
    rows[0].volume = "elsewhere".parse().unwrap();
    let found = problems(&site, &rows, false);
    assert_eq!(found, [(Problem::FileWithoutRow, None), (Problem::UnknownVolume, id)]);

    fs::write(folder.path().join("notes.txt"), "hello").unwrap();
    assert_eq!(problems(&site, &site.ledger.closed(), false), [(Problem::StrangeFile, None)]);

    let mut gone = site.config.volumes.clone();
    gone[0].path = folder.path().join("gone");
    let report = check(&gone, &site.ledger.closed(), false, &mut |_, _| {});
    assert_eq!(report.findings[0].problem, Problem::VolumeUnreadable);
}
