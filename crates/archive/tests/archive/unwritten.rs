//! Pictures are there to be seen before they are on disk.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use archive::Archive;
use archive::gop::Gop;
use domain::{AccessUnit, StreamId, Timestamp};

use crate::support::{Camera, Site, close, folder, until};

fn unwritten(archive: &Archive, unit: &AccessUnit) -> Option<Gop> {
    archive.unwritten_gop(&unit.stream, unit.time).unwrap()
}

/// Whether `gop` holds `units` and nothing else, up to the last of them at least.
fn begins_with(gop: &Gop, units: &[AccessUnit]) -> bool {
    gop.pictures.len() >= units.len()
        && gop.pictures.iter().zip(units).all(|(found, sent)| found.1 == sent.data)
}

fn is_on_disk(site: &Site, archive: &Archive, stream: &StreamId, time: Timestamp) -> bool {
    // Open ones first: a segment that is closed in between is then found among the rows.
    let open = archive.open_segments(stream);
    open.iter().chain(&site.ledger.closed()).any(|segment| segment.range.contains(time))
}

#[test]
fn a_gop_that_goes_on_can_be_seen_up_to_its_newest_picture() {
    let folder = folder();
    let site = Site::new(&[folder.path()]);
    let archive = site.open();
    let mut camera = Camera::new("cam");
    let mut recorder = archive.recorder(camera.stream.clone());
    let units = camera.takes(3);
    assert!(unwritten(&archive, &units[0]).is_none());
    for unit in &units {
        recorder.write(unit.clone());
    }
    let gop = unwritten(&archive, &units[2]).unwrap();
    assert!(begins_with(&gop, &units));
    assert_eq!((gop.width, gop.height), (640, 480));
    assert_eq!(gop.codec_data, units[0].format.codec_data);
    let at = |time| archive.unwritten_gop(&camera.stream, time).unwrap();
    assert!(at(units[1].time.plus(Duration::from_millis(20))).is_some());
    // What comes next may be another picture; what was before is not here.
    assert!(at(units[2].time.plus(Duration::from_millis(1))).is_none());
    assert!(at(units[0].time.minus(Duration::from_millis(1))).is_none());
    let other = Camera::new("other");
    assert!(archive.unwritten_gop(&other.stream, units[1].time).unwrap().is_none());
    drop(recorder);
    close(archive);
}

#[test]
fn what_waits_for_a_slow_disk_can_be_seen() {
    let folder = folder();
    let site = Site::new(&[folder.path()]);
    let archive = site.open();
    let mut camera = Camera::new("cam");
    site.ledger.change(|rows| rows.is_hanging = true);
    let mut recorder = archive.recorder(camera.stream.clone());
    let units = camera.takes(13);
    for unit in &units {
        recorder.write(unit.clone());
    }
    for (number, unit) in units.iter().enumerate() {
        let gop = unwritten(&archive, unit).unwrap();
        assert!(begins_with(&gop, &units[number / 5 * 5..=number]), "{number}");
    }
    site.ledger.change(|rows| rows.is_hanging = false);
    until("two GOPs are on disk", || is_on_disk(&site, &archive, &camera.stream, units[9].time));
    until("they no longer wait", || unwritten(&archive, &units[9]).is_none());
    assert!(unwritten(&archive, &units[12]).is_some());
    drop(recorder);
    close(archive);
}

#[test]
fn the_end_of_a_long_gop_is_seen_with_its_beginning_from_disk() {
    let folder = folder();
    let site = Site::new(&[folder.path()]);
    let archive = site.open();
    let mut camera = Camera { gop: 1_000_000, ..Camera::new("cam") };
    let mut recorder = archive.recorder(camera.stream.clone());
    let units = camera.takes(25 * 25);
    for unit in &units {
        recorder.write(unit.clone());
    }
    until("two parts are on disk", || is_on_disk(&site, &archive, &camera.stream, units[499].time));
    let gop = unwritten(&archive, &units[624]).unwrap();
    assert_eq!(gop.pictures.len(), units.len());
    assert!(begins_with(&gop, &units));
    drop(recorder);
    close(archive);
}

#[test]
fn a_picture_that_was_recorded_is_at_no_moment_nowhere() {
    let folder = folder();
    let site = Site::new(&[folder.path()]);
    let archive = site.open();
    let mut camera = Camera { gop: 2, ..Camera::new("cam") };
    let stream = camera.stream.clone();
    let mut recorder = archive.recorder(stream.clone());
    let units = camera.takes(1000);
    let recorded = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for unit in &units {
                recorder.write(unit.clone());
                recorded.fetch_add(1, Ordering::Release);
                std::thread::yield_now();
            }
        });
        loop {
            let count = recorded.load(Ordering::Acquire);
            let Some(newest) = count.checked_sub(1).map(|last| &units[last]) else { continue };
            let is_waiting = unwritten(&archive, newest).is_some();
            let is_somewhere = is_waiting || is_on_disk(&site, &archive, &stream, newest.time);
            assert!(is_somewhere, "picture {count} at {} is nowhere", newest.time);
            if count == units.len() {
                break;
            }
        }
    });
    drop(recorder);
    close(archive);
}

#[test]
fn the_gop_that_goes_on_is_had_from_its_keyframe() {
    let folder = folder();
    let site = Site::new(&[folder.path()]);
    let archive = site.open();
    let mut camera = Camera::new("cam");
    let stream = camera.stream.clone();
    let open = || archive.open_gop(&stream).unwrap();
    let mut recorder = archive.recorder(stream.clone());
    assert!(open().is_none() && archive.newest_picture(&stream).is_none());
    // A GOP is five pictures: the second goes on.
    let units = camera.takes(8);
    for unit in &units {
        recorder.write(unit.clone());
    }
    let gop = open().unwrap();
    let expected: Vec<_> = units[5..].iter().map(|unit| (unit.time, unit.data.clone())).collect();
    assert_eq!(gop.pictures, expected);
    assert_eq!((gop.run, &gop.format), (units[5].run, &units[5].format));
    assert_eq!(archive.newest_picture(&stream), Some(units[7].time));
    // Nothing goes on while the camera is away; then it begins with its next keyframe.
    recorder.interrupted(units[7].time, domain::GapCause::Disconnected);
    assert!(open().is_none() && archive.newest_picture(&stream).is_none());
    camera.reconnect(Duration::from_secs(3));
    let again = camera.takes(2);
    for unit in &again {
        recorder.write(unit.clone());
    }
    let gop = open().unwrap();
    assert_eq!((gop.run, gop.pictures.len()), (again[0].run, 2));
    drop(recorder);
    close(archive);
}

#[test]
fn a_long_gop_that_goes_on_is_had_from_its_keyframe_too() {
    let folder = folder();
    let site = Site::new(&[folder.path()]);
    let archive = site.open();
    let mut camera = Camera::new("cam");
    // Longer than what is written at once: its beginning is on disk.
    camera.gop = 1000;
    let stream = camera.stream.clone();
    let mut recorder = archive.recorder(stream.clone());
    let units = camera.takes(600);
    for unit in &units {
        recorder.write(unit.clone());
    }
    until("the beginning is on disk", || is_on_disk(&site, &archive, &stream, units[0].time));
    let gop = archive.open_gop(&stream).unwrap().unwrap();
    let data = |pictures: &[(Timestamp, bytes::Bytes)]| -> Vec<_> {
        pictures.iter().map(|(_, data)| data.clone()).collect()
    };
    let sent: Vec<_> = units.iter().map(|unit| unit.data.clone()).collect();
    assert_eq!(data(&gop.pictures), sent);
    drop(recorder);
    close(archive);
}
