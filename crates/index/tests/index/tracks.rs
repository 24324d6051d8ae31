//! Tracks: found by camera and time, page by page, over months.

use std::ops::ControlFlow;
use std::time::Duration;

use domain::{
    Attributes, Bbox, Class, CompassPoint, LikelyColour, SizeClass, TimeRange, Timestamp, Track,
    TrackId, TrackPoint, TrackSource, VehicleColour,
};
use index::{Looks, TrackQuery};

use crate::made::{camera, open, time};

pub(crate) fn track(id: u64, camera_number: usize, start: Timestamp, seconds: u64) -> Track {
    let point = |after: u64| TrackPoint {
        time: start.plus(Duration::from_secs(after)),
        bbox: Bbox { left: 0.25 + after as f32 / 1024.0, top: 0.5, width: 0.125, height: 0.25 },
    };
    Track {
        id: TrackId(id),
        camera: camera(camera_number),
        source: TrackSource::Analysis,
        class: Class::Motorcycle,
        confidence: 0.5,
        attributes: Attributes::default(),
        path: (0..=seconds).map(point).collect(),
    }
}

#[test]
fn tracks_are_found_by_camera_and_time_page_by_page() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let first = time("2026-01-31T23:55:00Z");
    let tracks: Vec<Track> = (0..60_u64)
        .map(|number| {
            let start = first.plus(Duration::from_secs(20 * (number / 2)));
            track(number + 1, number as usize % 3, start, 5 + number % 90)
        })
        .collect();
    index.append_tracks(tracks.clone()).unwrap();
    index.append_tracks(tracks[..3].to_vec()).unwrap();
    index.flush().unwrap();
    let ranges = [
        TimeRange::ALL,
        TimeRange {
            start: first.plus(Duration::from_secs(95)),
            end: first.plus(Duration::from_secs(130)),
        },
        // From the second month, but with tracks that began in the first.
        TimeRange { start: time("2026-02-01T00:00:00Z"), end: time("2026-02-02T00:00:00Z") },
    ];
    for range in ranges {
        for cameras in [None, Some(vec![camera(1), camera(2), camera(9)]), Some(vec![])] {
            let mut query =
                TrackQuery { cameras: cameras.clone(), limit: 7, ..TrackQuery::new(range) };
            let mut found = Vec::new();
            loop {
                let page = index.tracks(&query).unwrap();
                found.extend(page.tracks.iter().map(|track| track.id));
                let Some(next) = page.next else { break };
                query.cursor = Some(next.to_string().parse().unwrap());
            }
            let expected: Vec<TrackId> = tracks
                .iter()
                .filter(|track| cameras.as_ref().is_none_or(|ids| ids.contains(&track.camera)))
                .filter(|track| track.range().start < range.end && track.range().end >= range.start)
                .map(|track| track.id)
                .collect();
            assert_eq!(found, expected, "{range:?} {cameras:?}");
        }
    }
    // Straight and even: its two ends are all that is kept, exactly here.
    let stored = index.track(TrackId(50)).unwrap().unwrap();
    let path = &tracks[49].path;
    assert_eq!(stored.path, [path[0], path[path.len() - 1]]);
    assert_eq!(stored.class, Class::Motorcycle);
    assert_eq!(index.track(TrackId(9999)).unwrap(), None);

    assert_eq!(index.expire_tracks(time("2026-02-01T00:00:00Z")).unwrap(), 1);
    assert_eq!(index.track(TrackId(1)).unwrap(), None);
    assert!(index.track(TrackId(60)).unwrap().is_some());
}

#[test]
fn tracks_are_told_apart_by_who_followed_the_object() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let first = time("2026-03-01T00:00:00Z");
    let red = LikelyColour { colour: VehicleColour::Red, confidence: 1.0 };
    let tracks: Vec<Track> = (0..6_u64)
        .map(|number| Track {
            source: if number % 2 == 0 { TrackSource::Camera } else { TrackSource::Analysis },
            attributes: Attributes {
                colour: (number < 3).then_some(red),
                heading_deg: Some(359.0),
                ..Attributes::default()
            },
            ..track(number + 1, 1, first.plus(Duration::from_secs(number)), 3)
        })
        .collect();
    index.append_tracks(tracks.clone()).unwrap();
    index.flush().unwrap();
    let range = TimeRange { start: first, end: first.plus(Duration::from_secs(60)) };
    for source in [TrackSource::Analysis, TrackSource::Camera] {
        let query = TrackQuery { source: Some(source), ..TrackQuery::new(range) };
        let found = index.tracks(&query).unwrap().tracks;
        assert_eq!(found.len(), 3);
        let mut scanned = Vec::new();
        let mut take = |track: Track| {
            scanned.push(track);
            ControlFlow::Continue(())
        };
        index.scan_tracks(&camera(1), source, range, &mut take).unwrap();
        for track in found.iter().chain(&scanned) {
            let stored = tracks.iter().find(|stored| stored.id == track.id).unwrap();
            assert_eq!((track.source, track.attributes), (source, stored.attributes));
        }
        assert_eq!(scanned.len(), 3);
    }
}

#[test]
fn tracks_are_found_by_class_and_by_what_they_look_like() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let first = time("2026-01-31T23:59:00Z");
    let red = LikelyColour { colour: VehicleColour::Red, confidence: 0.75 };
    let tracks: Vec<Track> = (0..48_u64)
        .map(|number| Track {
            class: if number % 2 == 0 { Class::Car } else { Class::Truck },
            attributes: Attributes {
                colour: (number % 3 == 0).then_some(red),
                size: (number % 4 < 2).then_some(SizeClass::Large),
                heading_deg: Some((number * 7) as f32),
            },
            ..track(number + 1, number as usize % 3, first.plus(Duration::from_secs(number)), 9)
        })
        .collect();
    index.append_tracks(tracks.clone()).unwrap();
    index.flush().unwrap();
    let query = TrackQuery {
        classes: vec![Class::Truck],
        looks: Looks {
            colours: vec![VehicleColour::Blue, VehicleColour::Red],
            sizes: vec![SizeClass::Large],
            headings: vec![CompassPoint::North, CompassPoint::Northeast],
        },
        limit: 1,
        ..TrackQuery::new(TimeRange::ALL)
    };
    let (mut found, mut query) = (Vec::new(), query);
    loop {
        let page = index.tracks(&query).unwrap();
        found.extend(page.tracks.iter().map(|track| (track.id.0, track.attributes)));
        let Some(next) = page.next else { break };
        query.cursor = Some(next);
    }
    // Odd, divisible by three, 1 beyond a multiple of four, and going north to east.
    let expected = [9].map(|number: usize| (number as u64 + 1, tracks[number].attributes));
    assert_eq!(found, expected);
}

#[test]
fn the_tracks_of_a_camera_are_handed_over_in_order_until_enough() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let first = time("2026-01-31T23:55:00Z");
    let started = |number: u64| first.plus(Duration::from_secs(20 * number));
    let tracks = (0..60_u64)
        .map(|number| track(number + 1, number as usize % 2, started(number), 5 + number % 7));
    index.append_tracks(tracks.collect()).unwrap();
    index.flush().unwrap();
    let scan = |range: TimeRange, most: usize| {
        let mut ids = Vec::new();
        let mut take = |track: Track| {
            ids.push(track.id.0);
            if ids.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        index.scan_tracks(&camera(1), TrackSource::Analysis, range, &mut take).unwrap();
        ids
    };
    // Of both months, and only those that start in the span.
    assert_eq!(scan(TimeRange::ALL, 99), (1..60).step_by(2).map(|n| n + 1).collect::<Vec<_>>());
    let span = TimeRange { start: started(3), end: started(7) };
    assert_eq!(scan(span, 99), [4, 6]);
    assert_eq!(scan(TimeRange::ALL, 3), [2, 4, 6]);
}
