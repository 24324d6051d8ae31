//! The program or the machine ends at any moment: nothing whole is lost.

use std::fs;
use std::path::Path;

use archive::clip::Clip;
use domain::{Gap, GapCause, SegmentState, TimeRange};

use crate::support::{Camera, MemoryLedger, Rows, Site, close, folder, pictures, until};

/// Records three GOPs and returns the rows and the file as they are before anything is closed.
fn unclosed() -> (Rows, String, Vec<u8>, Vec<domain::AccessUnit>) {
    let folder = folder();
    let site = Site::new(&[folder.path()]);
    let archive = site.open();
    let mut camera = Camera::new("cam");
    camera.gop = 3;
    camera.bytes = 30;
    let mut recorder = archive.recorder(camera.stream.clone());
    let units = camera.takes(10);
    for unit in &units {
        recorder.write(unit.clone());
    }
    let mut open = Vec::new();
    until("three GOPs are on disk", || {
        open = archive.open_segments(&camera.stream);
        open.first().is_some_and(|segment| segment.fragments.len() == 3)
    });
    let rows = site.ledger.rows();
    let bytes = fs::read(site.file(&open[0])).unwrap();
    (rows, open[0].path.clone(), bytes, units)
}

/// Opens an archive in `volume` as a crash left it.
fn reopen(volume: &Path, rows: Rows) -> Site {
    let mut site = Site::new(&[volume]);
    fs::create_dir_all(volume).unwrap();
    fs::write(volume.join(".watchpost-volume"), "v0\n").unwrap();
    site.ledger = MemoryLedger::of(rows);
    close(site.open());
    site
}

#[test]
fn cut_at_any_byte_every_whole_gop_is_kept() {
    let (rows, path, bytes, units) = unclosed();
    let folder = folder();
    let mut ends = Vec::new();
    for cut in 0..=bytes.len() {
        let volume = folder.path().join(cut.to_string());
        let file = volume.join(&path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, &bytes[..cut]).unwrap();
        let site = reopen(&volume, rows.clone());

        let footage = site.footage();
        let whole = footage.first().map_or(0, |(_, segment)| segment.fragments.len());
        assert!(whole >= ends.len(), "cut at {cut}");
        if whole > ends.len() {
            ends.push(cut);
        }
        let gaps = site.ledger.gaps();
        if whole == 0 {
            assert!(!file.exists() && site.ledger.rows().segments.is_empty());
            assert!(gaps.is_empty());
        } else {
            let segment = &footage[0].1;
            assert_eq!(fs::metadata(&file).unwrap().len(), segment.bytes);
            assert_eq!(segment.range.start, units[0].time);
            let crashed = Gap {
                stream: segment.stream.clone(),
                start: segment.range.end,
                end: None,
                cause: GapCause::Crashed,
            };
            assert_eq!(gaps, [crashed]);
            let found = pictures(&footage);
            assert!(found.iter().zip(&units).all(|(found, sent)| found.1 == sent.data));
            assert_eq!(found.len(), whole * 3);
        }
        fs::remove_dir_all(&volume).unwrap();
    }
    // Three GOPs, each whole from its own last byte on.
    assert_eq!(ends.len(), 3);
    assert_eq!(ends[2], bytes.len());
}

#[test]
fn what_a_power_cut_left_as_zeros_is_cut_off() {
    let (rows, path, mut bytes, _) = unclosed();
    let folder = folder();
    bytes.extend_from_slice(&[0; 5000]);
    let whole = bytes.len() - 5000;
    let file = folder.path().join(&path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, &bytes).unwrap();
    let site = reopen(folder.path(), rows);
    let closed = site.ledger.closed();
    assert_eq!(closed[0].fragments.len(), 3);
    assert_eq!(usize::try_from(closed[0].bytes).unwrap(), whole);
    let report = archive::fsck::check(&site.config.volumes, &closed, true, &mut |_, _| {});
    assert!(report.is_clean(), "{report:?}");
}

#[test]
fn a_row_whose_file_never_came_to_be_is_forgotten() {
    let (rows, _, _, _) = unclosed();
    let folder = folder();
    let site = reopen(folder.path(), rows);
    assert!(site.ledger.rows().segments.is_empty());
}

#[test]
fn a_deletion_is_finished_at_the_next_start() {
    let (mut rows, path, bytes, _) = unclosed();
    let folder = folder();
    let file = folder.path().join(&path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, &bytes).unwrap();
    for segment in rows.segments.values_mut() {
        segment.state = SegmentState::Deleting;
    }
    let site = reopen(folder.path(), rows);
    assert!(site.ledger.rows().segments.is_empty());
    assert!(!file.exists());
}

#[test]
fn after_a_crash_the_gap_ends_with_the_next_picture() {
    let (rows, path, bytes, units) = unclosed();
    let folder = folder();
    let file = folder.path().join(&path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, &bytes[..bytes.len() - 1]).unwrap();
    let site = reopen(folder.path(), rows);
    let archive = site.open();
    let mut camera = Camera::new("cam");
    camera.gop = 3;
    camera.time = units[9].time.plus(std::time::Duration::from_secs(7));
    let resumed = camera.time;
    let mut recorder = archive.recorder(camera.stream.clone());
    for unit in camera.takes(6) {
        recorder.write(unit);
    }
    drop(recorder);
    close(archive);
    let gaps = site.ledger.gaps();
    assert_eq!((gaps[0].start, gaps[0].end), (units[6].time, Some(resumed)));
    assert_eq!(gaps[0].cause, GapCause::Crashed);
    assert_eq!(gaps[1].cause, GapCause::Stopped);
    let clip = Clip::new(site.footage(), TimeRange::ALL).unwrap();
    assert_eq!(clip.range().start, units[0].time);
}
