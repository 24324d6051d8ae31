//! What is too old is deleted, the oldest first, and what is held never.

use std::time::Duration;

use archive::VolumeState;
use domain::{Clock as _, SegmentState};

use crate::mount::Mount;
use crate::support::{Camera, Site, close, folder, stream, until};

/// Records five minutes of two streams and closes.
fn recorded(site: &Site) {
    let archive = site.open();
    for name in ["a", "b"] {
        let mut camera = Camera::new(name);
        camera.gop = 25;
        let mut recorder = archive.recorder(camera.stream.clone());
        camera.takes(25 * 300).into_iter().for_each(|unit| recorder.write(unit));
    }
    close(archive);
}

#[test]
fn segments_older_than_their_streams_retention_go() {
    let folder = folder();
    let site = Site::new(&[folder.path()]);
    recorded(&site);
    let before = site.footage();
    site.clock.advance(Duration::from_secs(400));
    let now = site.clock.now();
    let held = before.iter().find(|(_, s)| s.stream == stream("a")).unwrap().1.id;
    site.ledger.change(|rows| rows.held.extend([held]));

    let archive = site.open();
    let keep = Duration::from_secs(200);
    let expired = archive.expire(&[(stream("a"), keep)]).unwrap();
    close(archive);

    let after = site.ledger.closed();
    let gone: Vec<_> = before.iter().filter(|(_, s)| !after.contains(s)).collect();
    assert!(!gone.is_empty() && u64::try_from(gone.len()).unwrap() == expired.by_age);
    assert_eq!(expired.bytes, gone.iter().map(|(_, s)| s.bytes).sum::<u64>());
    for (file, segment) in &before {
        let is_old = segment.range.end < now.minus(keep);
        let goes = segment.stream == stream("a") && is_old && segment.id != held;
        assert_eq!(file.exists(), !goes);
        assert_eq!(after.contains(segment), !goes);
    }
    let report = archive::fsck::check(&site.config.volumes, &after, true, &mut |_, _| {});
    assert!(report.is_clean(), "{report:?}");
}

#[test]
fn the_oldest_segments_go_where_room_is_short() {
    let folder = folder();
    let Some(mount) = Mount::new(folder.path().join("m"), "size=16m") else { return };
    // Somebody else's: more than half is taken.
    std::fs::write(mount.0.join("other"), vec![1; 9 << 20]).unwrap();
    let mut site = Site::new(&[&mount.0]);
    recorded(&site);
    let before = site.footage();
    let archive = site.open();
    assert_eq!(archive.expire(&[]).unwrap(), archive::Expired::default());
    let free = archive.volumes()[0].free_bytes;
    close(archive);

    // More than there is room for, by less than one segment: one has to go, or two.
    site.config.volumes[0].keep_free_bytes = free + before[0].1.bytes / 2;
    let archive = site.open();
    let expired = archive.expire(&[]).unwrap();
    close(archive);
    assert!(expired.by_space >= 1, "{expired:?}");
    let after = site.ledger.closed();
    let gone = before.len() - after.len();
    assert_eq!(u64::try_from(gone).unwrap(), expired.by_space);
    // The oldest are gone, and no other.
    for (number, (file, segment)) in before.iter().enumerate() {
        assert_eq!(file.exists(), number >= gone);
        assert_eq!(after.contains(segment), number >= gone);
    }
}

#[test]
fn never_more_than_half_of_a_file_system_is_kept_free() {
    let folder = folder();
    let Some(mount) = Mount::new(folder.path().join("m"), "size=16m") else { return };
    let mut site = Site::new(&[&mount.0]);
    recorded(&site);
    let before = site.ledger.closed();
    // A slip: as many bytes as no file system has.
    site.config.volumes[0].keep_free_bytes = u64::MAX;
    let archive = site.open();
    assert_eq!(archive.expire(&[]).unwrap(), archive::Expired::default());
    assert_eq!(site.ledger.closed(), before);
    let status = archive.volumes().remove(0);
    assert_eq!(status.state, VolumeState::Ok);
    assert!(status.detail.unwrap().contains("only half of it, 8388608, is"));
    close(archive);

    // Somebody else takes so much that deleting everything is not enough.
    site.config.volumes[0].keep_free_bytes = 8 << 20;
    let archive = site.open();
    assert_eq!(archive.volumes()[0].detail, None);
    let other = mount.0.join("other");
    std::fs::write(&other, vec![1; 12 << 20]).unwrap();
    let expired = archive.expire(&[]).unwrap();
    assert_eq!(usize::try_from(expired.by_space).unwrap(), before.len());
    let detail = archive.volumes().remove(0).detail.unwrap();
    assert!(detail.contains("nothing is left to delete"), "{detail}");
    std::fs::remove_file(other).unwrap();
    archive.expire(&[]).unwrap();
    assert_eq!(archive.volumes()[0].detail, None);
    close(archive);
}

#[test]
fn footage_on_a_volume_where_nothing_can_be_deleted_is_not_hidden() {
    let folder = folder();
    let Some(mount) = Mount::new(folder.path().join("m"), "size=64m") else { return };
    let sound = folder.path().join("sound");
    let mut site = Site::new(&[&mount.0, &sound]);
    // Of each stream more segments than are deleted at once.
    site.config.segment_duration = Duration::from_secs(3);
    recorded(&site);
    mount.remount("ro");
    site.config.volumes[0].keep_free_bytes = u64::MAX;
    site.clock.advance(Duration::from_secs(400));
    let archive = site.open();
    assert_eq!(archive.volumes()[0].state, VolumeState::ReadOnly);
    let retention = ["a", "b"].map(|name| (stream(name), Duration::ZERO));
    let here: Vec<_> =
        site.ledger.closed().into_iter().filter(|s| s.volume.as_str() == "v0").collect();
    assert!(here.len() > 64);
    let expired = archive.expire(&retention).unwrap();
    assert_eq!(usize::try_from(expired.postponed).unwrap(), here.len());
    assert!(expired.by_age > 64, "the other volume's stream goes");
    assert_eq!(site.ledger.closed(), here);
    assert_eq!(site.ledger.rows().segments.len(), here.len());

    mount.remount("rw");
    site.clock.advance(Duration::from_secs(6));
    until("it takes recordings", || archive.volumes()[0].state == VolumeState::Ok);
    assert_eq!(archive.expire(&retention).unwrap().postponed, 0);
    assert!(site.ledger.rows().segments.is_empty());
    close(archive);
}

#[test]
fn a_file_that_cannot_be_deleted_now_is_deleted_later() {
    let folder = folder();
    let site = Site::new(&[folder.path()]);
    recorded(&site);
    site.clock.advance(Duration::from_secs(400));
    let footage = site.footage();
    let (file, segment) = &footage[0];
    // A folder in its place cannot be unlinked.
    let aside = folder.path().join("aside");
    std::fs::rename(file, &aside).unwrap();
    std::fs::create_dir_all(file.join("x")).unwrap();
    let archive = site.open();
    let retention = [(segment.stream.clone(), Duration::ZERO)];
    assert_eq!(archive.expire(&retention).unwrap().postponed, 1);
    let rows = site.ledger.rows();
    assert_eq!(rows.segments[&segment.id].state, SegmentState::Deleting);

    std::fs::remove_dir_all(file).unwrap();
    std::fs::rename(&aside, file).unwrap();
    assert_eq!(archive.expire(&retention).unwrap().by_age, 1);
    assert!(!file.exists());
    assert!(!site.ledger.rows().segments.contains_key(&segment.id));
    close(archive);
}
