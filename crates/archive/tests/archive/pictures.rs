//! Pictures of a range one after the other, and keyframes alone: what views are made of.

use archive::keyframe;
use archive::pictures::Pictures;
use domain::{AccessUnit, TimeRange, Timestamp};

use crate::clips::recorded;
use crate::support::{Site, at_ms, folder};

#[test]
fn every_picture_of_a_range_comes_once_from_the_keyframe_before_on() {
    let folder = folder();
    let mut site = Site::new(&[folder.path()]);
    let units = recorded(&mut site);
    let read = |range| -> Vec<(Timestamp, bytes::Bytes)> {
        let fragments = Pictures::new(site.footage(), range).map(Result::unwrap);
        fragments.flat_map(|fragment| fragment.pictures).collect()
    };
    let all = read(TimeRange::new(Timestamp::MIN, Timestamp::MAX).unwrap());
    assert_eq!(all.len(), units.len());
    for ((time, data), unit) in all.iter().zip(&units) {
        assert!(time.micros_since(unit.time).abs() <= 25, "{time} {}", unit.time);
        assert_eq!(*data, unit.data);
    }
    let range = TimeRange::new(at_ms(1_700), at_ms(2_100)).unwrap();
    let some = read(range);
    let first = units.iter().rposition(|unit| unit.is_keyframe && unit.time <= range.start);
    assert_eq!(some[0].1, units[first.unwrap()].data);
    let last = units.iter().rfind(|unit| unit.time < range.end).unwrap();
    assert!(some.iter().any(|(_, data)| *data == last.data));
    assert!(read(TimeRange::new(at_ms(9_000_000), at_ms(9_000_001)).unwrap()).is_empty());
    for (path, segment) in site.footage() {
        let at = segment.range.start.plus(std::time::Duration::from_millis(300));
        let found = keyframe::read(&path, &segment, at).unwrap();
        let is_it = |unit: &&AccessUnit| unit.is_keyframe && unit.time <= at;
        assert_eq!(found.data, units.iter().rfind(is_it).unwrap().data);
        let before = segment.range.start.minus(std::time::Duration::from_secs(1));
        keyframe::read(&path, &segment, before).unwrap_err();
    }
}

#[test]
fn a_file_that_is_cut_short_gives_what_is_whole_and_then_says_so() {
    let folder = folder();
    let mut site = Site::new(&[folder.path()]);
    recorded(&mut site);
    let (path, segment) = site.footage().remove(0);
    let last = segment.fragments.last().unwrap();
    let file = std::fs::File::options().write(true).open(&path).unwrap();
    file.set_len(last.offset + u64::from(last.bytes) - 1).unwrap();
    let wanted = segment.range;
    let read: Vec<_> = Pictures::new(vec![(path.clone(), segment.clone())], wanted).collect();
    assert_eq!(read.len(), segment.fragments.len());
    assert!(read[..read.len() - 1].iter().all(Result::is_ok));
    assert!(read.last().unwrap().is_err());
}
