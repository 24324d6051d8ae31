//! Found events beside true ones.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::time::Duration;

use domain::{Bbox, CameraId, Class, Crossing, Detection, Looked, MotRow, Observation, Timestamp};
use evaluation::{FoundEvent, RuleReport, Share, Truth, judge};
use proptest::prelude::*;
use scene::{Scene, TrackerSettings};

fn truth(rules: &str) -> Truth {
    let sha256 = "ab".repeat(32);
    let text = format!(
        r#"{{"truth_format": 1, "made_by": "by eye",
        "clip": {{"file": "a.mp4", "sha256": "{sha256}", "frames": 1000, "fps": 10}},
        "scene": {{"rules": [{{"id": "line", "kind": "line_crossing"}},
            {{"id": "flow", "kind": "count"}}]}},
        "rules": [{rules}]}}"#
    );
    Truth::parse(&text).unwrap()
}

fn found(rule: &str, seconds: f64) -> FoundEvent {
    FoundEvent {
        rule: rule.parse().unwrap(),
        time: Duration::from_secs_f64(seconds),
        direction: Some(Crossing::LeftToRight),
        class: Some(Class::Car),
        count: 1,
    }
}

fn judged(rules: &str, events: &[FoundEvent]) -> RuleReport {
    judge(&truth(rules), events).rules.remove(0)
}

#[test]
fn as_many_as_can_be_are_matched_and_then_as_near_as_can_be() {
    let rules = r#"{"rule": "line", "tolerance_s": 1, "events":
        [{"at_s": 10}, {"at_s": 10.8}, {"at_s": 30}, {"at_s": 50}, {"at_s": 50.5}]}"#;
    // The nearest truth of 10.2 is 10, which is all that 9.2 can have. 50.4 and 50.1 come crossed.
    let events = [10.2, 9.2, 20.0, 50.4, 50.1].map(|seconds| found("line", seconds));
    let report = judged(rules, &events);
    let scores = report.scores.unwrap();
    assert_eq!((scores.hits(), scores.false_alarms(), scores.misses()), (4, 1, 1));
    assert_eq!(scores.precision, Share { part: 4, whole: 5 });
    let errors: Vec<_> =
        report.hits.iter().map(|hit| (hit.time_error_s * 10.0).round() / 10.0).collect();
    assert_eq!(errors, [0.8, 0.6, 0.1, 0.1]);
    assert!((scores.mean_time_error_s.unwrap() - 0.4).abs() < 1e-9);
    assert!((scores.max_time_error_s.unwrap() - 0.8).abs() < 1e-9);
    assert!((report.misses[0].at_s - 30.0).abs() < 1e-9);
    assert!((report.false_alarms[0].at_s - 20.0).abs() < 1e-9);
}

#[test]
fn what_is_found_twice_is_once_a_false_alarm() {
    let rules = r#"{"rule": "line", "tolerance_s": 1, "events": [{"span_s": [9, 11]}]}"#;
    let scores = judged(rules, &[found("line", 9.5), found("line", 10.5)]).scores.unwrap();
    assert_eq!((scores.hits(), scores.false_alarms()), (1, 1));
    assert_eq!(scores.mean_time_error_s, Some(0.0));
}

#[test]
fn another_way_class_or_rule_is_no_match() {
    for (key, is_hit) in [
        (r#""class": "car""#, true),
        (r#""class": "truck""#, false),
        (r#""direction": "left_to_right""#, true),
        (r#""direction": "right_to_left""#, false),
    ] {
        let rules =
            format!(r#"{{"rule": "line", "tolerance_s": 1, "events": [{{"at_s": 10, {key}}}]}}"#);
        let scores = judged(&rules, &[found("line", 10.0)]).scores.unwrap();
        assert_eq!(scores.hits() == 1, is_hit, "{key}");
    }
    let rules = r#"{"rule": "line", "tolerance_s": 1, "events": [{"at_s": 10}]}"#;
    let report = judge(&truth(rules), &[found("flow", 10.0), found("line", 12.0), found("x", 1.0)]);
    assert_eq!(report.rules[0].scores.unwrap().hits(), 0);
    assert_eq!(
        report.not_covered,
        [
            "rule flow: there is no truth for it; 1 found",
            "1 found by rules that the truth's scene does not have",
            "there are no true boxes: detection and tracking are not judged"
        ]
    );
}

#[test]
fn a_quiet_clip_has_only_false_alarms_and_unsure_spans_none() {
    let rules = r#"{"rule": "line", "events": [],
        "unsure": [{"span_s": [40, 50], "why": "dazzled"}]}"#;
    let report = judge(&truth(rules), &[found("line", 10.0), found("line", 45.0)]);
    let rule = &report.rules[0];
    let scores = rule.scores.unwrap();
    assert_eq!((scores.false_alarms(), rule.left_out), (1, 1));
    assert_eq!(scores.recall.value(), None);
    assert_eq!(report.not_covered[0], "rule line, 40.0 to 50.0 s: dazzled");
}

#[test]
fn where_truth_has_only_counts_they_are_compared() {
    let rules = r#"{"rule": "flow", "counts": [{"count": 6, "class": "car"},
        {"count": 3, "direction": "right_to_left"}, {"count": 8, "plus_minus": 1}]}"#;
    let mut bus = found("flow", 60.0);
    (bus.class, bus.count) = (Some(Class::Bus), 2);
    let mut cars = found("flow", 30.0);
    cars.count = 5;
    let report = judged(rules, &[cars, bus]);
    let errors: Vec<_> =
        report.counts.iter().map(|count| (count.error(), count.is_right())).collect();
    assert_eq!(errors, [(-1, false), (-3, false), (-1, true)]);
    assert!(report.scores.is_none());
}

/// Returns what the scene finds in the detections of a real clip at 5 pictures per second.
fn found_in_vtest(truth: &Truth) -> Vec<FoundEvent> {
    let text = include_str!("../../scene/tests/fixtures/vtest-nanodet-g-int8.txt");
    let rows: Vec<MotRow> = text.lines().map(|line| line.parse().unwrap()).collect();
    let camera: CameraId = "path".parse().unwrap();
    let config = serde_json::from_value(truth.scene.clone()).unwrap();
    let mut scene = Scene::new(camera.clone(), 1, config, TrackerSettings::default()).unwrap();
    let start = Timestamp::from_millis(0);
    let mut drafts = Vec::new();
    for frame in (0..truth.clip.frames).step_by(2) {
        let detections = rows.iter().filter(|row| row.frame == frame + 1).map(|row| {
            let [left, top, width, height] = row.bbox_px;
            let bbox = Bbox {
                left: left / 768.0,
                top: top / 576.0,
                width: width / 768.0,
                height: height / 576.0,
            };
            Detection { bbox, class: Class::Person, confidence: row.confidence, colour: None }
        });
        let observation = Observation {
            camera: camera.clone(),
            time: start.plus(truth.clip.time_of(frame)),
            clock_error_ms: 0,
            aspect: 768.0 / 576.0,
            looked: Looked::Whole,
            detections: detections.collect(),
            model: "".into(),
        };
        drafts.extend(scene.observe(&observation).events);
    }
    drafts.extend(scene.finish().events);
    drafts.iter().map(|draft| FoundEvent::new(draft, start)).collect()
}

#[test]
fn the_scene_finds_what_a_person_saw_in_a_real_clip() {
    let truth = Truth::parse(include_str!("fixtures/vtest.truth.json")).unwrap();
    let report = judge(&truth, &found_in_vtest(&truth));
    for rule in &report.rules {
        if let Some(scores) = rule.scores {
            assert_eq!((scores.misses(), scores.false_alarms()), (0, 0), "{rule:#?}");
            assert!(scores.max_time_error_s.unwrap() < 2.0);
        }
        assert!(rule.counts.iter().all(|count| count.is_right()), "{:?}", rule.counts);
    }
    assert_eq!(report.rules[0].scores.unwrap().hits(), 33);
}

proptest! {
    #[test]
    fn every_event_is_accounted_for_once(
        true_seconds in proptest::collection::vec(0.0_f64..100.0, 0..40),
        found_seconds in proptest::collection::vec(0.0_f64..100.0, 0..40),
    ) {
        let events: Vec<_> =
            true_seconds.iter().map(|at| format!(r#"{{"at_s": {at}}}"#)).collect();
        let rules = format!(
            r#"{{"rule": "line", "tolerance_s": 3, "events": [{}],
            "unsure": [{{"span_s": [20, 30], "why": ""}}]}}"#,
            events.join(",")
        );
        let found: Vec<_> = found_seconds.iter().map(|at| found("line", *at)).collect();
        let report = judged(&rules, &found);
        prop_assert_eq!(report.hits.len() + report.misses.len(), true_seconds.len());
        let judged = report.hits.len() + report.false_alarms.len();
        prop_assert_eq!(judged + usize::try_from(report.left_out).unwrap(), found_seconds.len());
        prop_assert!(report.hits.iter().all(|hit| hit.time_error_s <= 3.0));
        // A miss and a false alarm that could have been one hit are never left beside each other.
        for miss in &report.misses {
            let is_near = |alarm: f64| (alarm - miss.at_s).abs() <= 3.0;
            prop_assert!(!report.false_alarms.iter().any(|alarm| is_near(alarm.at_s)));
        }
    }
}
