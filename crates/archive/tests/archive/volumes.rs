//! A volume that is full, read-only, missing or broken: its streams go elsewhere, and come back.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use archive::{Archive, VolumeState};
use domain::{GapCause, Segment};

use crate::mount::Mount;
use crate::support::{Camera, Site, assert_tiled, close, folder, pictures, until};

/// One file system, full after about a megabyte.
fn small(path: PathBuf) -> Option<Mount> {
    Mount::new(path, "size=1m")
}

fn big_camera() -> Camera {
    let mut camera = Camera::new("cam");
    camera.bytes = 10_000;
    camera
}

/// Returns whether all is on disk but the GOP that is being gathered.
fn is_written(site: &Site, archive: &Archive, camera: &Camera) -> bool {
    let gop = Duration::from_millis(40 * camera.gop);
    let open = archive.open_segments(&camera.stream);
    let closed = site.ledger.closed().into_iter().filter(|one| one.stream == camera.stream);
    open.into_iter().chain(closed).any(|segment| segment.range.end >= camera.time.minus(gop))
        || camera.sequence <= camera.gop
}

fn volumes_of(segments: &[Segment]) -> Vec<&str> {
    let mut volumes: Vec<_> = segments.iter().map(|segment| segment.volume.as_str()).collect();
    volumes.dedup();
    volumes
}

#[test]
fn when_a_volume_is_full_its_streams_go_to_the_next_and_nothing_is_lost() {
    let folder = folder();
    let Some(mount) = small(folder.path().join("small")) else { return };
    let other = folder.path().join("other");
    let mut site = Site::new(&[&mount.0, &other]);
    site.config.segment_duration = Duration::from_secs(3600);
    let archive = site.open();
    let mut camera = big_camera();
    let mut recorder = archive.recorder(camera.stream.clone());
    // Less room than the other one: put there only because it is not yet full.
    let mut sent = 0;
    let mut other_camera = Camera::new("other");
    let mut other_recorder = archive.recorder(other_camera.stream.clone());
    for _ in 0..60 {
        camera.takes(5).into_iter().for_each(|unit| recorder.write(unit));
        other_camera.takes(5).into_iter().for_each(|unit| other_recorder.write(unit));
        sent += 5;
        for camera in [&camera, &other_camera] {
            until("it is written", || is_written(&site, &archive, camera));
        }
    }
    drop((recorder, other_recorder));
    let states: Vec<_> = archive.volumes().into_iter().map(|volume| volume.state).collect();
    close(archive);
    let footage = site.footage();
    let of_stream = |name: &str| -> Vec<(PathBuf, Segment)> {
        let of_stream = footage.iter().filter(|(_, s)| s.stream.camera.as_str() == name);
        of_stream.cloned().collect()
    };
    for name in ["cam", "other"] {
        assert_eq!(pictures(&of_stream(name)).len(), sent, "{name}");
    }
    assert!(site.ledger.gaps().iter().all(|gap| gap.cause == GapCause::Stopped));
    let report =
        archive::fsck::check(&site.config.volumes, &site.ledger.closed(), true, &mut |_, _| {});
    assert!(report.is_clean(), "{report:?}");
    if volumes_of(&site.ledger.closed()).len() > 1 {
        assert!(states.contains(&VolumeState::Full) || states == [VolumeState::Ok; 2]);
    }
}

#[test]
fn the_only_volume_is_full_a_gap_says_so_and_recording_goes_on_when_there_is_room() {
    let folder = folder();
    let Some(mount) = small(folder.path().join("small")) else { return };
    let mut site = Site::new(&[&mount.0]);
    site.config.segment_duration = Duration::from_secs(3600);
    let archive = site.open();
    let mut camera = big_camera();
    let mut recorder = archive.recorder(camera.stream.clone());
    camera.takes(150).into_iter().for_each(|unit| recorder.write(unit));
    until("the volume is full", || archive.volumes()[0].state == VolumeState::Full);
    assert!(archive.volumes()[0].detail.is_some());
    until("the gap is noted", || !site.ledger.gaps().is_empty());
    // What is on disk was closed, and is whole.
    until("the file is closed", || !site.ledger.closed().is_empty());

    mount.remount("size=8m");
    site.clock.advance(Duration::from_secs(6));
    until("it takes recordings again", || archive.volumes()[0].state == VolumeState::Ok);
    camera.takes(50).into_iter().for_each(|unit| recorder.write(unit));
    drop(recorder);
    close(archive);
    let gaps = site.ledger.gaps();
    let causes: Vec<_> = gaps.iter().map(|gap| gap.cause).collect();
    assert_eq!(causes, [GapCause::DiskFull, GapCause::Stopped]);
    assert_tiled(&site.ledger.closed(), &gaps);
    let report =
        archive::fsck::check(&site.config.volumes, &site.ledger.closed(), true, &mut |_, _| {});
    assert!(report.is_clean(), "{report:?}");
}

#[test]
fn a_full_volume_makes_room_by_deleting_the_oldest() {
    let folder = folder();
    let Some(mount) = small(folder.path().join("small")) else { return };
    let mut site = Site::new(&[&mount.0]);
    site.config.segment_duration = Duration::from_secs(1);
    let archive = site.open();
    let mut camera = big_camera();
    let mut recorder = archive.recorder(camera.stream.clone());
    for _ in 0..100 {
        camera.takes(5).into_iter().for_each(|unit| recorder.write(unit));
        until("it is written", || is_written(&site, &archive, &camera));
        // A segment that is not closed yet cannot make room for the next.
        until("old files are closed", || archive.open_segments(&camera.stream).len() <= 1);
    }
    drop(recorder);
    close(archive);
    let closed = site.ledger.closed();
    assert!(closed[0].range.start > crate::support::START, "nothing was deleted");
    assert_eq!(closed.last().unwrap().range.end, camera.time);
    for pair in closed.windows(2) {
        assert_eq!(pair[0].range.end, pair[1].range.start);
    }
    let causes: Vec<_> = site.ledger.gaps().iter().map(|gap| gap.cause).collect();
    assert_eq!(causes, [GapCause::Stopped]);
}

#[test]
fn a_read_only_volume_is_shown_and_used_when_it_can_be_written() {
    let folder = folder();
    let Some(mount) = Mount::new(folder.path().join("m"), "size=8m") else { return };
    mount.remount("ro");
    let site = Site::new(&[&mount.0]);
    let archive = site.open();
    assert_eq!(archive.volumes()[0].state, VolumeState::ReadOnly);
    let mut camera = Camera::new("cam");
    let mut recorder = archive.recorder(camera.stream.clone());
    camera.takes(11).into_iter().for_each(|unit| recorder.write(unit));
    until("the gap is noted", || !site.ledger.gaps().is_empty());
    mount.remount("rw");
    site.clock.advance(Duration::from_secs(6));
    until("it takes recordings", || archive.volumes()[0].state == VolumeState::Ok);
    camera.takes(20).into_iter().for_each(|unit| recorder.write(unit));
    drop(recorder);
    close(archive);
    let gaps = site.ledger.gaps();
    assert_eq!(gaps[0].cause, GapCause::DiskFailed);
    assert_tiled(&site.ledger.closed(), &gaps);
}

#[test]
fn a_volume_that_cannot_be_written_hands_its_streams_over() {
    let folder = folder();
    let (broken, sound) = (folder.path().join("broken"), folder.path().join("sound"));
    fs::create_dir_all(&broken).unwrap();
    // A file where the camera's folder should be: making the folder fails.
    fs::write(broken.join("a"), "in the way").unwrap();
    fs::write(broken.join("b"), "in the way").unwrap();
    let site = Site::new(&[&broken, &sound]);
    let archive = site.open();
    let mut recorders = Vec::new();
    for name in ["a", "b"] {
        let mut camera = Camera::new(name);
        let mut recorder = archive.recorder(camera.stream.clone());
        camera.takes(20).into_iter().for_each(|unit| recorder.write(unit));
        recorders.push(recorder);
    }
    drop(recorders);
    until("a volume has failed", || archive.volumes()[0].state == VolumeState::Failed);
    close(archive);
    for name in ["a", "b"] {
        let mut footage = site.footage();
        footage.retain(|(_, segment)| segment.stream.camera.as_str() == name);
        assert_eq!(pictures(&footage).len(), 20, "{name}");
    }
    assert_eq!(volumes_of(&site.ledger.closed()), ["v1"]);
    assert!(site.ledger.gaps().iter().all(|gap| gap.cause == GapCause::Stopped));
}

#[test]
fn streams_are_spread_over_the_volumes() {
    let folder = folder();
    let paths: Vec<_> = ["x", "y", "z"].map(|name| folder.path().join(name)).into();
    let site = Site::new(&paths.iter().map(PathBuf::as_path).collect::<Vec<_>>());
    let archive = site.open();
    let recorders: Vec<_> = (0..9)
        .map(|number| archive.recorder(crate::support::stream(&format!("cam{number}"))))
        .collect();
    let streams: Vec<_> = archive.volumes().iter().map(|volume| volume.streams).collect();
    assert_eq!(streams, [3, 3, 3]);
    drop(recorders);
    close(archive);
}

#[test]
fn the_empty_folder_below_a_mount_point_is_not_taken_for_the_volume() {
    let folder = folder();
    let disk = folder.path().join("disk");
    let site = Site::new(&[&disk]);
    let record = |camera: &mut Camera| {
        let archive = site.open();
        let state = archive.volumes()[0].clone();
        let mut recorder = archive.recorder(camera.stream.clone());
        camera.takes(10).into_iter().for_each(|unit| recorder.write(unit));
        drop(recorder);
        close(archive);
        state
    };
    let mut camera = Camera::new("cam");
    assert_eq!(record(&mut camera).state, VolumeState::Ok);

    let aside = folder.path().join("aside");
    fs::rename(&disk, &aside).unwrap();
    fs::create_dir(&disk).unwrap();
    let status = record(&mut camera);
    assert_eq!(status.state, VolumeState::Failed);
    assert!(status.detail.unwrap().contains("is the volume mounted?"));
    assert_eq!(fs::read_dir(&disk).unwrap().count(), 0);

    // Another volume in its place is not taken for it either.
    fs::write(disk.join(".watchpost-volume"), "other\n").unwrap();
    assert!(record(&mut camera).detail.unwrap().contains("\"other\""));

    fs::remove_dir_all(&disk).unwrap();
    fs::rename(&aside, &disk).unwrap();
    camera.reconnect(Duration::from_secs(1));
    assert_eq!(record(&mut camera).state, VolumeState::Ok);
    assert_eq!(site.ledger.closed().len(), 2);
    assert_tiled(&site.ledger.closed(), &site.ledger.gaps());
}

#[test]
fn two_archives_never_write_on_one_volume() {
    let folder = folder();
    let site = Site::new(&[folder.path()]);
    let first = site.open();
    let mut camera = Camera::new("cam");
    let mut recorder = first.recorder(camera.stream.clone());
    camera.takes(11).into_iter().for_each(|unit| recorder.write(unit));
    until("two GOPs are on disk", || {
        let open = first.open_segments(&camera.stream);
        open.first().is_some_and(|segment| segment.fragments.len() == 2)
    });
    let second = site.open();
    let status = second.volumes().remove(0);
    assert_eq!(status.state, VolumeState::Failed);
    assert!(status.detail.unwrap().contains("locked by another process"));
    close(second);
    drop(recorder);
    close(first);
    assert_eq!(pictures(&site.footage()).len(), 11);
}

#[test]
fn a_configuration_that_cannot_work_is_refused_by_name() {
    let open = |site: &Site| {
        let clock = std::sync::Arc::clone(&site.clock) as _;
        let ledger = std::sync::Arc::clone(&site.ledger) as _;
        archive::Archive::open(site.config.clone(), ledger, clock).unwrap_err().to_string()
    };
    assert_eq!(open(&Site::new(&[])), "no volume is configured");
    let mut site = Site::new(&[Path::new("/x"), Path::new("/y")]);
    site.config.volumes[1].id = site.config.volumes[0].id.clone();
    assert_eq!(open(&site), "volume v0 is configured twice");
    let mut site = Site::new(&[Path::new("/x")]);
    site.config.stream_budget_bytes = 1;
    assert!(open(&site).contains("stream_budget_bytes is 1"));
}

#[test]
fn a_volume_that_does_not_answer_is_shown_and_leaves_room_to_the_streams_of_others() {
    let folder = folder();
    let paths = ["x", "y"].map(|name| folder.path().join(name));
    let mut site = Site::new(&[&paths[0], &paths[1]]);
    site.config.total_budget_bytes = 200_000;
    let archive = site.open();
    let (mut first, mut second) = (Camera::new("a"), Camera::new("b"));
    let mut recorder = archive.recorder(first.stream.clone());
    // Which of two alike volumes it is put on depends on the last few bytes that are free.
    let hung = archive.volumes().iter().position(|volume| volume.streams == 1).unwrap();
    let sound = 1 - hung;
    let mut other_recorder = archive.recorder(second.stream.clone());
    let stream = second.stream.clone();
    let fragments_of_second = || {
        let open = archive.open_segments(&stream);
        open.first().map_or(0, |segment| segment.fragments.len())
    };
    second.takes(51).into_iter().for_each(|unit| other_recorder.write(unit));
    until("the other stream is recorded", || fragments_of_second() == 10);

    site.ledger.change(|rows| rows.hanging = Some(archive.volumes()[hung].id.clone()));
    first.bytes = 1000;
    first.takes(400).into_iter().for_each(|unit| recorder.write(unit));
    assert!(archive.held_bytes() <= 100_000, "more than its share: {}", archive.held_bytes());

    let status = || archive.volumes().remove(hung);
    until("it is shown", || {
        site.clock.advance(Duration::from_secs(1));
        status().state == VolumeState::Failed
    });
    assert!(status().detail.unwrap().starts_with("no answer for "));
    assert!(status().total_bytes > 0);
    until("the other one is not", || archive.volumes()[sound].state == VolumeState::Ok);
    second.takes(50).into_iter().for_each(|unit| other_recorder.write(unit));
    until("the other stream goes on", || fragments_of_second() == 20);
    // Whoever comes now is put on the volume that answers.
    let third = archive.recorder(crate::support::stream("c"));
    let streams: Vec<_> = archive.volumes().iter().map(|volume| volume.streams).collect();
    assert_eq!((streams[hung], streams[sound]), (1, 2));

    site.ledger.change(|rows| rows.hanging = None);
    until("it answers again", || status().state == VolumeState::Ok);
    assert_eq!(status().detail, None);
    drop((recorder, other_recorder, third));
    close(archive);
    let closed = site.ledger.closed();
    let of_first: Vec<_> =
        closed.into_iter().filter(|segment| segment.stream == first.stream).collect();
    let gaps: Vec<_> =
        site.ledger.gaps().into_iter().filter(|gap| gap.stream == first.stream).collect();
    assert_eq!(gaps[0].cause, GapCause::DiskSlow);
    assert_tiled(&of_first, &gaps);
}
