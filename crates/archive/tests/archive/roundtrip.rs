//! Any access units, written and read again, are the same access units.

use std::time::Duration;

use domain::{AccessUnit, Timestamp};
use proptest::prelude::*;

use crate::support::{Camera, Site, assert_tiled, close, folder, format, pictures};

/// What comes next in a stream.
#[derive(Debug, Clone)]
enum Step {
    Picture { bytes: usize, after_us: u32, lost: bool },
    Keyframe { bytes: usize, after_us: u32 },
    Reconnect { after_us: u32 },
    NewFormat { width: u16 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => (0..2000_usize, 12..3_000_000_u32, prop::bool::weighted(0.1))
            .prop_map(|(bytes, after_us, lost)| Step::Picture { bytes, after_us, lost }),
        3 => (0..9000_usize, 12..3_000_000_u32)
            .prop_map(|(bytes, after_us)| Step::Keyframe { bytes, after_us }),
        1 => (0..100_000_000_u32).prop_map(|after_us| Step::Reconnect { after_us }),
        1 => (1..4_u16).prop_map(|width| Step::NewFormat { width: width * 16 }),
    ];
    prop::collection::vec(step, 1..80)
}

/// How much larger pictures are: large ones are written past the page cache.
fn scale() -> impl Strategy<Value = usize> {
    prop_oneof![7 => Just(1), 1 => Just(40)]
}

/// Returns what a camera sends, and of that what can be decoded and so must be recorded.
fn play(steps: &[Step], scale: usize) -> (Vec<AccessUnit>, Vec<AccessUnit>) {
    let mut camera = Camera::new("cam");
    camera.gop = u64::MAX;
    let (mut sent, mut decodable) = (Vec::new(), Vec::new());
    let mut seen_keyframe = false;
    for step in steps {
        let (bytes, after_us, lost, is_keyframe) = match *step {
            Step::Picture { bytes, after_us, lost } => (bytes, after_us, lost, false),
            Step::Keyframe { bytes, after_us } => (bytes, after_us, false, true),
            Step::Reconnect { after_us } => {
                camera.reconnect(Duration::from_micros(after_us.into()));
                seen_keyframe = false;
                continue;
            }
            Step::NewFormat { width } => {
                camera.format = format(width);
                continue;
            }
        };
        camera.bytes = bytes * scale;
        let mut unit = camera.take();
        unit.is_keyframe = is_keyframe;
        unit.lost_packets = u32::from(lost);
        unit.time = unit.time.plus(Duration::from_micros(after_us.into()));
        camera.time = unit.time;
        let before = sent.last().map(|before: &AccessUnit| before.format.width);
        let is_same_format = before == Some(unit.format.width);
        seen_keyframe = is_keyframe || (seen_keyframe && is_same_format);
        if seen_keyframe {
            decodable.push(unit.clone());
        }
        sent.push(unit);
    }
    (sent, decodable)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn any_access_units_come_back_as_they_were(steps in steps(), scale in scale()) {
        let folder = folder();
        let site = Site::new(&[folder.path()]);
        let archive = site.open();
        let (sent, decodable) = play(&steps, scale);
        let mut recorder = archive.recorder(crate::support::stream("cam"));
        for unit in sent {
            recorder.write(unit);
        }
        drop(recorder);
        close(archive);

        let footage = site.footage();
        let found = pictures(&footage);
        prop_assert_eq!(found.len(), decodable.len());
        for (found, sent) in found.iter().zip(&decodable) {
            prop_assert!(found.1 == sent.data);
            let off: i64 = found.0.micros_since(sent.time);
            prop_assert!(off.abs() <= 25, "{} µs off", off);
        }
        assert_tiled(&site.ledger.closed(), &site.ledger.gaps());
        let report = archive::fsck::check(&site.config.volumes, &site.ledger.closed(), true, &mut |_, _| {});
        prop_assert!(report.is_clean(), "{:?}", report);
    }
}

#[test]
fn large_fragments_fill_whole_blocks_of_the_disk() {
    // Where the file system takes no direct writes, nothing is filled up.
    let folder = tempfile::tempdir().unwrap();
    for direct_io in [true, false] {
        let mut site = Site::new(&[&folder.path().join(direct_io.to_string())]);
        site.config.volumes[0].direct_io = direct_io;
        let archive = site.open();
        let (mut large, mut small) = (Camera::new("large"), Camera::new("small"));
        large.bytes = 400_001;
        let mut sent = Vec::new();
        for camera in [&mut large, &mut small] {
            let mut recorder = archive.recorder(camera.stream.clone());
            sent.push(camera.takes(15));
            sent.last().unwrap().iter().for_each(|unit| recorder.write(unit.clone()));
        }
        close(archive);
        for (units, (path, segment)) in sent.iter().zip(site.footage()) {
            assert_eq!(segment.bytes, std::fs::metadata(&path).unwrap().len());
            let fills = |end: u64| end.is_multiple_of(4096);
            let ends = segment.fragments.iter().map(|one| one.offset + u64::from(one.bytes));
            let is_filled = ends.clone().all(fills);
            let is_large = segment.stream == large.stream;
            assert_eq!(is_filled, is_large && direct_io, "{} {direct_io}", segment.stream);
            let found = pictures(&[(path, segment)]);
            assert!(found.iter().zip(units).all(|(found, sent)| found.1 == sent.data));
            assert_eq!(found.len(), units.len());
        }
        let report =
            archive::fsck::check(&site.config.volumes, &site.ledger.closed(), true, &mut |_, _| {});
        assert!(report.is_clean(), "{report:?}");
    }
}

#[test]
fn a_new_file_begins_about_every_minute_at_a_keyframe() {
    let folder = folder();
    let site = Site::new(&[folder.path()]);
    let archive = site.open();
    let mut recorders = Vec::new();
    for name in ["a", "b", "c", "d"] {
        let mut camera = Camera::new(name);
        camera.gop = 50;
        let mut recorder = archive.recorder(camera.stream.clone());
        for unit in camera.takes(25 * 200) {
            recorder.write(unit);
        }
        recorders.push(recorder);
    }
    drop(recorders);
    close(archive);
    let closed = site.ledger.closed();
    let mut starts: Vec<Timestamp> = Vec::new();
    for name in ["a", "b", "c", "d"] {
        let of_stream = closed.iter().filter(|s| s.stream == crate::support::stream(name));
        let of_stream: Vec<_> = of_stream.cloned().collect();
        assert!((4..=5).contains(&of_stream.len()), "{}", of_stream.len());
        for segment in &of_stream {
            assert!(segment.range.duration() <= Duration::from_secs(62));
            assert!(segment.fragments.iter().all(|fragment| fragment.pictures == 50));
        }
        assert_tiled(&of_stream, &[]);
        starts.push(of_stream[1].range.start);
    }
    starts.sort();
    starts.dedup();
    assert_eq!(starts.len(), 4, "all streams begin new files at the same moment");
}

#[test]
fn an_endless_gop_is_written_in_parts_and_read_whole() {
    let folder = folder();
    let site = Site::new(&[folder.path()]);
    let archive = site.open();
    let mut camera = Camera::new("cam");
    camera.gop = u64::MAX;
    let mut recorder = archive.recorder(camera.stream.clone());
    let units = camera.takes(25 * 35);
    for unit in &units {
        recorder.write(unit.clone());
    }
    drop(recorder);
    close(archive);
    let footage = site.footage();
    let [(path, segment)] = &footage[..] else {
        panic!("{} files", footage.len());
    };
    assert_eq!(segment.fragments.len(), 4);
    let gop = archive::gop::read(path, segment, units[800].time).unwrap();
    assert_eq!(gop.pictures.len(), units.len());
    assert!(gop.pictures.iter().zip(&units).all(|(found, sent)| found.1 == sent.data));
}

#[test]
fn the_live_end_can_be_read_before_the_file_is_closed() {
    let folder = folder();
    let site = Site::new(&[folder.path()]);
    let archive = site.open();
    let mut camera = Camera::new("cam");
    let mut recorder = archive.recorder(camera.stream.clone());
    let units = camera.takes(16);
    for unit in &units {
        recorder.write(unit.clone());
    }
    let mut open = Vec::new();
    crate::support::until("three GOPs are on disk", || {
        open = archive.open_segments(&camera.stream);
        open.first().is_some_and(|segment| segment.fragments.len() == 3)
    });
    let footage = vec![(site.file(&open[0]), open[0].clone())];
    assert_eq!(pictures(&footage).len(), 15);
    let clip = archive::clip::Clip::new(footage, domain::TimeRange::ALL).unwrap();
    assert_eq!(clip.range().start, units[0].time);
    assert_eq!(clip.range().end, units[15].time);
    drop(recorder);
    close(archive);
}
