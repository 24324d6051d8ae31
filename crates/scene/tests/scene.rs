//! What an officer expects of one camera: standing, hidden and unlooked-at objects, riders, clocks.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "seconds and steps of a test are small"
)]

mod common;

use std::time::Duration;

use domain::{Bbox, Class, Detection, Looked, Observation, SizeClass, Timestamp};
use proptest::prelude::*;
use scene::{CameraScene, Outcome, Scene, SceneError, TrackerSettings};

use common::{START, observation};

const ASPECT: f32 = 16.0 / 9.0;

/// Returns a sure detection of a box by its ground point.
fn standing_at(class: Class, x: f32, y: f32, width: f32, height: f32) -> Detection {
    Detection {
        bbox: Bbox { left: x - width / 2.0, top: y - height, width, height },
        class,
        confidence: 0.8,
        colour: None,
    }
}

fn scene(rules: &str) -> Scene {
    let config = format!(
        r#"{{
            "zones": [{{"name": "yard", "polygon": [[0.5, 0.0], [1.0, 0.0], [1.0, 1.0], [0.5, 1.0]]}}],
            "tripwires": [
                {{"name": "gate", "line": [[0.5, 1.0], [0.5, 0.0]]}},
                {{"name": "beyond", "line": [[0.7, 1.0], [0.7, 0.0]]}}
            ],
            "signals": [{{"name": "north", "source": {{"plan": {{"cycle_s": 30, "phases": [
                {{"state": "green", "for_s": 10}}, {{"state": "red", "for_s": 20}}]}}}}}}],
            "calibration": {{"points": [
                {{"picture": [0.1, 0.9], "metres": [-4, 10]}}, {{"picture": [0.9, 0.9], "metres": [4, 10]}},
                {{"picture": [0.3, 0.0], "metres": [-5, 50]}}, {{"picture": [0.7, 0.0], "metres": [5, 50]}}
            ]}},
            "rules": [{rules}]
        }}"#
    );
    let config: CameraScene = serde_json::from_str(&config).unwrap();
    let camera = "cau-giay-01".parse().unwrap();
    Scene::new(camera, 3, config, TrackerSettings::default()).unwrap()
}

const GATE: &str = r#"{"kind": "line_crossing", "id": "gate", "tripwire": "gate"}"#;
const LINGER: &str = r#"{"kind": "loitering", "id": "linger", "zone": "yard", "for_s": 8}"#;

/// Shows the scene a picture five times a second for as long as `seen` says what is in it.
fn play(scene: &mut Scene, seconds: f64, seen: impl Fn(f32) -> Vec<Detection>) -> Outcome {
    let mut all = Outcome::default();
    let mut time = 0.0;
    while time < seconds {
        let outcome = scene.observe(&observation(time, ASPECT, seen(time as f32)));
        all.events.extend(outcome.events);
        all.ended.extend(outcome.ended);
        time += 0.2;
    }
    let outcome = scene.finish();
    all.events.extend(outcome.events);
    all.ended.extend(outcome.ended);
    all
}

fn walker(x: f32) -> Detection {
    standing_at(Class::Person, x, 0.6, 0.04, 0.18)
}

#[test]
fn a_track_is_kept_with_its_path_and_its_event_names_it() {
    let outcome = play(&mut scene(GATE), 6.0, |time| vec![walker(0.2 + 0.1 * time)]);
    assert_eq!(outcome.ended.len(), 1);
    assert_eq!(outcome.events.len(), 1);
    let (track, event) = (&outcome.ended[0], &outcome.events[0]);
    assert_eq!(event.track, Some(track.id));
    assert_eq!(track.range().start, START);
    assert!(track.range().end.seconds_since(START) > 5.7);
    assert!((event.time.seconds_since(START) - 3.0).abs() < 0.1);
    assert_eq!(event.bbox.map(|bbox| bbox.ground_point().x > 0.49), Some(true));
    assert_eq!((event.clock_error_ms, event.count), (12, 1));
    assert_eq!(track.id.0 >> 21, 1_772_323_200_000 - 1_577_836_800_000);
    assert_eq!(track.id.0 >> 5 & 0xffff, 3);
}

#[test]
fn what_a_vehicle_looks_like_is_voted_and_kept_with_its_track_and_event() {
    use domain::{ColourVote, VehicleColour};
    let mut scene = scene(GATE);
    // 8 m are 0.8 of the picture at its foot: a car of 1.8 × 1.5 m.
    let car = |x: f32, colour| Detection {
        colour: Some(ColourVote { colour, lead: 40 }),
        ..standing_at(Class::Car, x, 0.9, 0.18, 0.15 * ASPECT)
    };
    let outcome = play(&mut scene, 6.0, |time| {
        let in_shadow = (1.0..1.5).contains(&time);
        let colour = if in_shadow { VehicleColour::Black } else { VehicleColour::Red };
        vec![car(0.15 + 0.12 * time, colour)]
    });
    assert_eq!((outcome.ended.len(), outcome.events.len()), (1, 1));
    let (of_track, of_event) = (outcome.ended[0].attributes, outcome.events[0].attributes);
    for attributes in [of_track, of_event] {
        let colour = attributes.colour.unwrap();
        assert_eq!(colour.colour, VehicleColour::Red);
        assert!((0.7..1.0).contains(&colour.confidence), "{colour:?}");
        assert_eq!(attributes.size, Some(SizeClass::Medium));
        // Nobody said where north is.
        assert_eq!(attributes.heading_deg, None);
    }
}

#[test]
fn a_short_occlusion_breaks_neither_track_nor_stay() {
    let outcome = play(&mut scene(LINGER), 12.0, |time| {
        let is_hidden = (4.0..5.5).contains(&time);
        if is_hidden { vec![] } else { vec![walker(0.55 + 0.03 * time)] }
    });
    assert_eq!(outcome.ended.len(), 1);
    assert_eq!(outcome.events.len(), 1);
    assert!(outcome.events[0].duration_ms >= 8000);
}

#[test]
fn one_picture_alone_is_no_track_and_no_event() {
    let outcome = play(&mut scene(GATE), 4.0, |time| {
        if (1.0..1.1).contains(&time) {
            vec![walker(0.49)]
        } else if (1.3..1.5).contains(&time) {
            vec![walker(0.80)]
        } else {
            vec![]
        }
    });
    assert_eq!(outcome, Outcome::default());
}

#[test]
fn a_parked_car_that_flickers_stays_one() {
    let outcome = play(&mut scene(GATE), 120.0, |time| {
        let is_seen = time < 10.0 || (time / 7.0).fract() < 0.3;
        let parked = standing_at(Class::Car, 0.3, 0.5, 0.1, 0.1);
        if is_seen { vec![parked] } else { vec![] }
    });
    assert_eq!(outcome.ended.len(), 1);
    assert!(outcome.ended[0].path.len() < 100);
}

#[test]
fn who_is_not_looked_at_is_not_missed() {
    let mut scene = scene(LINGER);
    let mut events = Vec::new();
    for step in 0..200 {
        let seconds = f64::from(step) * 0.2;
        let mut picture = observation(seconds, ASPECT, vec![walker(0.7)]);
        if step > 20 {
            // Something moves on the left; nobody looks at the right half any more.
            picture.detections = vec![walker(0.1)];
            picture.looked =
                Looked::Regions(vec![Bbox { left: 0.0, top: 0.0, width: 0.3, height: 1.0 }]);
        }
        events.extend(scene.observe(&picture).events);
    }
    assert_eq!(events.len(), 1, "who stands and is not looked at still stands there");
    let outcome = scene.finish();
    assert_eq!(outcome.ended.len(), 2);
    assert_eq!(outcome.ended[0].id, events[0].track.unwrap());
}

#[test]
fn a_rider_is_a_motorcycle_even_where_the_machine_is_often_missed() {
    let rules = r#"{"kind": "line_crossing", "id": "moto", "tripwire": "gate",
        "classes": ["motorcycle"]}, {"kind": "line_crossing", "id": "foot", "tripwire": "gate",
        "classes": ["person"]}"#;
    let outcome = play(&mut scene(rules), 4.0, |time| {
        let x = 0.1 + 0.25 * time;
        let rider = standing_at(Class::Person, x, 0.58, 0.04, 0.15);
        let machine = standing_at(Class::Motorcycle, x, 0.6, 0.06, 0.11);
        let machine_is_seen = (time * 5.0).round() as i32 % 3 == 0;
        if machine_is_seen { vec![rider, machine] } else { vec![rider] }
    });
    let rules: Vec<_> = outcome.events.iter().map(|event| event.rule.as_str()).collect();
    assert_eq!(rules, ["moto"]);
    assert_eq!(outcome.ended.len(), 1);
    assert_eq!(outcome.ended[0].class, Class::Motorcycle);
}

#[test]
fn small_fast_motorcycles_that_never_overlap_are_followed() {
    // 0.6 of a picture width per second at 5 pictures per second: three lengths per picture.
    let outcome = play(&mut scene(GATE), 1.6, |time| {
        vec![standing_at(Class::Motorcycle, 0.05 + 0.6 * time, 0.5, 0.04, 0.07)]
    });
    assert_eq!(outcome.events.len(), 1);
    assert_eq!(outcome.ended.len(), 1);
}

/// A box that the detector is hardly sure of.
fn hardly(detection: Detection) -> Detection {
    Detection { confidence: 0.32, ..detection }
}

#[test]
fn a_small_car_of_which_no_picture_is_sure_is_counted_once_it_has_gone_its_length() {
    let outcome = play(&mut scene(GATE), 6.0, |time| {
        vec![hardly(standing_at(Class::Car, 0.3 + 0.06 * time, 0.6, 0.05, 0.06))]
    });
    assert_eq!(outcome.events.len(), 1);
    assert_eq!(outcome.ended.len(), 1);
    let still = play(&mut scene(GATE), 30.0, |time| {
        let trembling = 0.3 + 0.004 * (time * 7.0).sin();
        vec![hardly(standing_at(Class::Car, trembling, 0.6, 0.05, 0.06))]
    });
    assert_eq!(still, Outcome::default(), "something that looks like a car");
    let person = play(&mut scene(GATE), 6.0, |time| vec![hardly(walker(0.3 + 0.06 * time))]);
    assert_eq!(person, Outcome::default(), "weak boxes of people are halves and pairs");
}

#[test]
fn two_people_in_one_box_for_a_while_are_two_again() {
    let outcome = play(&mut scene(GATE), 8.0, |time| {
        let behind = standing_at(Class::Person, 0.2 + 0.03 * time, 0.60, 0.06, 0.2);
        let before = standing_at(Class::Person, 0.44 - 0.03 * time, 0.72, 0.07, 0.24);
        let both = standing_at(Class::Person, 0.32, 0.72, 0.08, 0.32);
        if (3.6..4.4).contains(&time) { vec![both] } else { vec![behind, before] }
    });
    assert_eq!(outcome.ended.len(), 2);
    let way = |index: usize| {
        let path = &outcome.ended[index].path;
        path.last().unwrap().bbox.left - path[0].bbox.left
    };
    assert!(way(0) * way(1) < 0.0, "each went on: {} and {}", way(0), way(1));
}

#[test]
fn a_doubtful_look_is_somebody_new_only_where_nobody_is_followed() {
    let doubtful = |x: f32| Detection { confidence: 0.42, ..walker(x) };
    let alone = play(&mut scene(GATE), 6.0, |time| vec![doubtful(0.2 + 0.1 * time)]);
    assert_eq!((alone.ended.len(), alone.events.len()), (1, 1));
    let beside = play(&mut scene(GATE), 6.0, |time| {
        let x = 0.2 + 0.1 * time;
        vec![walker(x), doubtful(x + 0.05)]
    });
    assert_eq!((beside.ended.len(), beside.events.len()), (1, 1));
}

#[test]
fn a_doubtful_train_that_fills_the_picture_hides_no_car_in_it() {
    let train = Detection { confidence: 0.25, ..standing_at(Class::Train, 0.5, 0.99, 0.98, 0.98) };
    let outcome = play(&mut scene(GATE), 6.0, |time| {
        let car = standing_at(Class::Car, 0.2 + 0.1 * time, 0.6, 0.08, 0.1);
        if time < 1.0 { vec![train] } else { vec![train, Detection { confidence: 0.5, ..car }] }
    });
    assert_eq!(outcome.events.len(), 1);
}

#[test]
fn keyframes_two_seconds_apart_are_enough_for_who_walks() {
    let mut scene = scene(GATE);
    let mut outcome = Outcome::default();
    for step in 0..10 {
        let seconds = f64::from(step) * 2.0;
        let found = vec![walker(0.2 + 0.03 * seconds as f32)];
        let found = scene.observe(&observation(seconds, ASPECT, found));
        outcome.events.extend(found.events);
    }
    outcome.ended = scene.finish().ended;
    assert_eq!((outcome.events.len(), outcome.ended.len()), (1, 1));
}

#[test]
fn a_clock_set_back_ends_tracks_and_starts_anew() {
    let mut scene = scene(GATE);
    for step in 0..20 {
        scene.observe(&observation(100.0 + f64::from(step) * 0.2, ASPECT, vec![walker(0.3)]));
    }
    let stray = scene.observe(&observation(103.0, ASPECT, vec![]));
    assert_eq!(stray, Outcome::default());
    let outcome = scene.observe(&observation(10.0, ASPECT, vec![walker(0.3)]));
    assert_eq!(outcome.ended.len(), 1);
    for step in 1..20 {
        scene.observe(&observation(10.0 + f64::from(step) * 0.2, ASPECT, vec![walker(0.3)]));
    }
    let again = scene.finish();
    assert_eq!(again.ended.len(), 1);
    assert!(again.ended[0].id > outcome.ended[0].id);
}

#[test]
fn silence_ends_tracks_and_tells_counts() {
    let count = r#"{"kind": "count", "id": "flow", "tripwire": "gate", "interval_s": 10}"#;
    let mut scene = scene(count);
    for step in 0..20 {
        let seconds = f64::from(step) * 0.2;
        let found = vec![walker(0.3 + 0.1 * seconds as f32)];
        assert!(scene.observe(&observation(seconds, ASPECT, found)).events.is_empty());
    }
    let at = |seconds: u64| START.plus(Duration::from_secs(seconds));
    assert_eq!(scene.predicted(at(4)).len(), 1);
    assert_eq!(scene.expire(at(5)), Outcome::default());
    let outcome = scene.expire(at(20));
    assert_eq!(outcome.ended.len(), 1);
    assert_eq!(outcome.events.len(), 1);
    let told = &outcome.events[0];
    assert_eq!((told.count, told.duration_ms, told.time), (1, 10_000, START));
    assert!(scene.predicted(at(20)).is_empty());
}

#[test]
fn settings_with_mistakes_are_refused_with_all_of_them() {
    let config: CameraScene = serde_json::from_str(
        r#"{"rules": [{"kind": "loitering", "id": "a", "zone": "yard", "for_s": 0}]}"#,
    )
    .unwrap();
    let camera = "cau-giay-01".parse().unwrap();
    let error = Scene::new(camera, 1, config, TrackerSettings::default()).unwrap_err();
    let SceneError::Settings { problems, .. } = &error;
    assert_eq!(problems.len(), 2);
    assert!(error.to_string().contains("rules[0].zone"), "{error}");
}

fn any_number() -> impl Strategy<Value = f32> {
    prop_oneof![
        8 => -0.5_f32..1.5,
        1 => any::<f32>(),
        1 => prop::sample::select(vec![f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.0, -0.0, f32::MAX]),
    ]
}

fn any_detection() -> impl Strategy<Value = Detection> {
    let class = prop::sample::select(Class::ALL.to_vec());
    let bbox = (any_number(), any_number(), any_number(), any_number());
    (class, bbox, any_number()).prop_map(|(class, (left, top, width, height), confidence)| {
        Detection { bbox: Bbox { left, top, width, height }, class, confidence, colour: None }
    })
}

fn any_observation() -> impl Strategy<Value = Observation> {
    let step_ms = prop_oneof![8 => 0_i64..2000, 1 => -100_000_i64..100_000, 1 => any::<i64>()];
    let found = proptest::collection::vec(any_detection(), 0..12);
    let looked = proptest::option::of(proptest::collection::vec(any_detection(), 0..3));
    (step_ms, any_number(), found, looked).prop_map(|(step_ms, aspect, detections, looked)| {
        let mut picture = observation(0.0, aspect + 1.0, detections);
        picture.time = Timestamp::from_millis(step_ms);
        if let Some(regions) = looked {
            picture.looked = Looked::Regions(regions.iter().map(|region| region.bbox).collect());
        }
        picture
    })
}

const ALL_RULES: &str = r#"
    {"kind": "line_crossing", "id": "gate", "tripwire": "gate"},
    {"kind": "count", "id": "flow", "tripwire": "gate", "interval_s": 1},
    {"kind": "intrusion", "id": "yard", "zone": "yard", "for_s": 0},
    {"kind": "loitering", "id": "linger", "zone": "yard", "for_s": 1},
    {"kind": "wrong_way", "id": "way", "zone": "yard", "way": [[0.6, 0.5], [0.9, 0.5]]},
    {"kind": "red_light", "id": "red", "signal": "north", "stop_line": "gate",
     "junction_line": "beyond"},
    {"kind": "stop_line", "id": "beyond", "signal": "north", "zone": "yard", "for_s": 1},
    {"kind": "illegal_stop", "id": "stop", "zone": "yard", "for_s": 1},
    {"kind": "forbidden_class", "id": "foot", "zone": "yard", "classes": ["person"], "for_s": 0},
    {"kind": "illegal_turn", "id": "turn", "first": "gate", "then": "beyond"},
    {"kind": "box_blocking", "id": "box", "zone": "yard", "for_s": 1},
    {"kind": "speeding", "id": "fast", "zone": "yard", "limit_kmh": 5},
    {"kind": "crowd", "id": "crowd", "zone": "yard", "at_least": 2, "for_s": 1,
     "schedule": [{"from": "22:00", "to": "20:00"}]},
    {"kind": "congestion", "id": "jam", "zone": "yard", "at_least": 2, "slower_than_kmh": 30,
     "occupancy": 0.01, "for_s": 5}"#;

/// Shows the scene all pictures, each the given step after the one before.
fn replay(pictures: &[Observation]) -> Vec<Outcome> {
    let mut scene = scene(ALL_RULES);
    let mut now = START;
    let mut outcomes = Vec::new();
    for picture in pictures {
        let step = picture.time.as_micros();
        now = Timestamp::from_micros(now.as_micros().saturating_add(step));
        let picture = Observation { time: now, ..picture.clone() };
        outcomes.push(scene.observe(&picture));
        scene.predicted(Timestamp::MAX);
        scene.predicted(Timestamp::MIN);
    }
    outcomes.push(scene.expire(Timestamp::MAX));
    outcomes.push(scene.finish());
    outcomes
}

proptest! {
    #[test]
    fn whatever_is_seen_it_never_panics_and_is_judged_the_same_twice(
        pictures in proptest::collection::vec(any_observation(), 0..40),
    ) {
        let outcomes = replay(&pictures);
        for track in outcomes.iter().flat_map(|outcome| &outcome.ended) {
            prop_assert!(!track.path.is_empty());
            prop_assert!(track.path.windows(2).all(|pair| pair[0].time < pair[1].time));
            let bboxes = track.path.iter().map(|point| point.bbox);
            prop_assert!(bboxes.into_iter().all(|bbox| bbox.area().is_finite()));
        }
        let again = replay(&pictures);
        prop_assert_eq!(format!("{outcomes:?}"), format!("{again:?}"));
    }

    #[test]
    fn the_order_of_detections_does_not_matter(seed in 0_usize..1000) {
        let people = |time: f32| (0..6_u8)
            .map(|person| walker(0.1 + 0.12 * f32::from(person) + 0.05 * time))
            .collect::<Vec<_>>();
        let straight = play(&mut scene(ALL_RULES), 5.0, people);
        let turned = play(&mut scene(ALL_RULES), 5.0, |time| {
            let mut found = people(time);
            let shift = (seed + (time * 7.0) as usize) % found.len();
            found.rotate_left(shift);
            found
        });
        prop_assert_eq!(straight, turned);
    }
}

#[test]
fn a_flood_of_detections_is_survived() {
    let mut scene = scene(ALL_RULES);
    for step in 0..5 {
        let flood = (0..5000_u16)
            .map(|index| {
                let (x, y) = (f32::from(index % 71) / 71.0, f32::from(index % 67) / 67.0);
                standing_at(Class::Car, x, y, 0.05, 0.05)
            })
            .collect();
        scene.observe(&observation(f64::from(step) * 0.2, ASPECT, flood));
    }
    assert!(scene.predicted(START).len() <= 1500);
}
