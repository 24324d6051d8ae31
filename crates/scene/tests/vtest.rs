//! People on a path and a lawn: real detections of a real clip, counted by eye.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::collections::BTreeMap;
use std::io::BufReader;

use domain::{Bbox, Class, Crossing, Detection, EventDraft, RuleKind};
use scene::mot::MotReader;
use scene::{CameraScene, Outcome, Replay, Scene, TrackerSettings};

use common::{START, observation};

const WIDTH: f32 = 768.0;
const HEIGHT: f32 = 576.0;
const PICTURES: u32 = 795;
const PICTURES_PER_SECOND: f64 = 10.0;

/// The line is drawn upwards, so that its left is the picture's left.
const SCENE: &str = r#"{
    "zones": [{"name": "lawn", "polygon": [
        [0.0, 0.5729], [0.2995, 0.5729], [0.5469, 0.7292], [0.8073, 0.8681], [0.9115, 0.9983],
        [0.0, 0.9983]
    ]}],
    "tripwires": [{"name": "path", "line": [[0.7292, 0.7292], [0.7292, 0.2604]]}],
    "rules": [
        {"kind": "line_crossing", "id": "path", "tripwire": "path", "classes": ["person"]},
        {"kind": "intrusion", "id": "lawn", "severity": 2, "zone": "lawn", "for_s": 1},
        {"kind": "loitering", "id": "linger", "severity": 3, "zone": "lawn", "for_s": 15},
        {"kind": "count", "id": "flow", "tripwire": "path", "interval_s": 30}
    ]
}"#;

/// Returns the detections of each picture, from 0.
fn detections() -> BTreeMap<u32, Vec<Detection>> {
    let text = include_bytes!("fixtures/vtest-nanodet-g-int8.txt");
    let mut reader = MotReader::new(BufReader::new(text.as_slice()));
    let mut pictures: BTreeMap<u32, Vec<Detection>> = BTreeMap::new();
    while let Some(row) = reader.read().unwrap() {
        let [left, top, width, height] = row.bbox_px;
        pictures.entry(row.frame - 1).or_default().push(Detection {
            bbox: Bbox {
                left: left / WIDTH,
                top: top / HEIGHT,
                width: width / WIDTH,
                height: height / HEIGHT,
            },
            class: Class::Person,
            confidence: row.confidence,
            colour: None,
        });
    }
    pictures
}

/// Returns what the rules find when every `step`th picture is looked at, from `first` on.
fn events(first: u32, step: usize) -> Vec<EventDraft> {
    seen(first, step).events
}

/// Returns what the rules find, and all tracks.
fn seen(first: u32, step: usize) -> Outcome {
    let config: CameraScene = serde_json::from_str(SCENE).unwrap();
    let camera = "cau-giay-01".parse().unwrap();
    let mut scene = Scene::new(camera, 1, config, TrackerSettings::default()).unwrap();
    let mut pictures = detections();
    let mut seen = Outcome::default();
    for picture in (first..PICTURES).step_by(step) {
        let found = pictures.remove(&picture).unwrap_or_default();
        let seconds = f64::from(picture) / PICTURES_PER_SECOND;
        let outcome = scene.observe(&observation(seconds, WIDTH / HEIGHT, found));
        seen.events.extend(outcome.events);
        seen.ended.extend(outcome.ended);
    }
    let outcome = scene.finish();
    seen.events.extend(outcome.events);
    seen.ended.extend(outcome.ended);
    seen
}

fn crossings(events: &[EventDraft], kind: RuleKind, way: Crossing) -> u32 {
    let matching = events.iter().filter(|event| event.kind == kind && event.crossing == Some(way));
    matching.map(|event| event.count).sum()
}

fn how_many(events: &[EventDraft], kind: RuleKind) -> usize {
    events.iter().filter(|event| event.kind == kind).count()
}

/// Whether `counted` is within one of the `truth`: at lower rates one may slip by.
fn about(counted: u32, truth: u32) -> bool {
    counted.abs_diff(truth) <= 1
}

#[test]
fn at_ten_pictures_a_second_everyone_is_counted() {
    let events = events(0, 1);
    assert_eq!(crossings(&events, RuleKind::LineCrossing, Crossing::RightToLeft), 18);
    assert_eq!(crossings(&events, RuleKind::LineCrossing, Crossing::LeftToRight), 15);
    assert_eq!(crossings(&events, RuleKind::Count, Crossing::RightToLeft), 18);
    assert_eq!(crossings(&events, RuleKind::Count, Crossing::LeftToRight), 15);
    assert_eq!(how_many(&events, RuleKind::Intrusion), 2);
    assert_eq!(how_many(&events, RuleKind::Loitering), 1);
}

#[test]
fn at_five_pictures_a_second_everyone_is_counted() {
    for first in [0, 1] {
        let events = events(first, 2);
        assert_eq!(crossings(&events, RuleKind::LineCrossing, Crossing::RightToLeft), 18);
        assert_eq!(crossings(&events, RuleKind::LineCrossing, Crossing::LeftToRight), 15);
        assert_eq!(how_many(&events, RuleKind::Intrusion), 2);
        assert_eq!(how_many(&events, RuleKind::Loitering), 1);
    }
}

#[test]
fn at_three_pictures_a_second_hardly_anyone_slips_by() {
    for first in [0, 1, 2] {
        let events = events(first, 3);
        let to_left = crossings(&events, RuleKind::LineCrossing, Crossing::RightToLeft);
        let to_right = crossings(&events, RuleKind::LineCrossing, Crossing::LeftToRight);
        assert!(about(to_left, 18) && about(to_right, 15), "{to_left}, {to_right}");
        assert_eq!(how_many(&events, RuleKind::Loitering), 1);
    }
}

#[test]
fn the_events_stay_what_they_are() {
    let lines: Vec<String> = events(0, 2)
        .iter()
        .map(|event| {
            let seconds = event.time.seconds_since(START);
            let way = event.crossing.map_or("", Crossing::as_str);
            let bbox = event.bbox.map_or(String::new(), |bbox| {
                let ground = bbox.ground_point();
                format!("at {:.0},{:.0}", ground.x * WIDTH, ground.y * HEIGHT)
            });
            let (kind, count, held) = (event.kind, event.count, event.duration_ms);
            format!("{seconds:6.2} s {kind} {way} x{count} {bbox} held {held} ms")
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn replayed_tracks_tell_the_same_as_live_ones() {
    let Outcome { events: live, ended: mut tracks } = seen(0, 2);
    tracks.sort_by_key(|track| (track.range().start, track.id));
    let scene: CameraScene = serde_json::from_str(SCENE).unwrap();
    let mut replay = Replay::new("cau-giay-01".parse().unwrap(), &scene, WIDTH / HEIGHT).unwrap();
    let mut replayed = Vec::new();
    tracks.into_iter().for_each(|track| replay.take(track, &mut replayed));
    replay.finish(&mut replayed);

    for way in [Crossing::RightToLeft, Crossing::LeftToRight] {
        let of = |events: &[EventDraft]| crossings(events, RuleKind::LineCrossing, way);
        assert_eq!(of(&replayed), of(&live), "{way:?}");
        let of = |events: &[EventDraft]| crossings(events, RuleKind::Count, way);
        assert_eq!(of(&replayed), of(&live), "{way:?}");
    }
    for kind in [RuleKind::Intrusion, RuleKind::Loitering] {
        assert_eq!(how_many(&replayed, kind), how_many(&live, kind), "{kind}");
    }
    for event in &replayed {
        let is_same = |other: &&EventDraft| other.rule == event.rule && other.track == event.track;
        let nearest =
            live.iter().filter(is_same).map(|other| other.time.seconds_since(event.time).abs());
        assert!(nearest.fold(f64::INFINITY, f64::min) < 0.5, "{event:?}");
    }
}
