//! What a report looks like, and that nothing foreign gets out of its place.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::time::Duration;

use domain::{Class, Crossing, Timestamp};
use evaluation::{
    Boxes, BoxesFile, ClassTracking, Cost, FoundEvent, Made, ModelUsed, Report, RuleReport, Truth,
    detection_scores, judge, tracking_scores,
};
use proptest::prelude::*;

const TRUTH: &str = include_str!("fixtures/vtest.truth.json");

fn found(rule: &str, seconds: f64, direction: Option<Crossing>) -> FoundEvent {
    FoundEvent {
        rule: rule.parse().unwrap(),
        time: Duration::from_secs_f64(seconds),
        direction,
        class: Some(Class::Person),
        count: 1,
    }
}

/// Returns a report on two clips: one with hits, misses and false alarms, one with nothing found.
fn report() -> Report {
    let mut truth = Truth::parse(TRUTH).unwrap();
    let mut quiet = judge(&truth, &[]);
    quiet.rules.retain(|rule| rule.rule.as_str() != "crossing");
    quiet.camera = Some("cau-giay-01".parse().unwrap());
    truth.boxes.push(BoxesFile { class: Class::Person, file: "vtest.person.txt".into() });
    let mut events = vec![
        found("lawn", 51.5, None),
        found("lawn", 60.0, None),
        found("loitering", 53.0, None),
        found("crossing", 33.3, Some(Crossing::LeftToRight)),
    ];
    for event in truth.rules[0].events.as_ref().unwrap().iter().skip(2) {
        events.push(found("crossing", event.span.end.as_secs_f64() + 0.1, event.direction));
        events.push(found("flow", event.span.end.as_secs_f64(), event.direction));
    }
    let mut clip = judge(&truth, &events);
    let boxes = |text: &str| Boxes::parse_tracks(text).unwrap();
    let true_boxes = boxes(include_str!("fixtures/street.truth.txt"));
    let found_boxes = boxes(include_str!("fixtures/street.tracks.txt"));
    clip.detection.push(detection_scores(Class::Person, &true_boxes, &found_boxes));
    let scores = tracking_scores(&true_boxes, &found_boxes);
    clip.tracking.push(ClassTracking { class: Class::Person, scores });
    clip.cost = Some(Cost { cpu_s: 4.7, footage_s: 79.5 });
    clip.rules[0].false_alarms[0].picture_jpeg = Some(vec![0xff, 0xd8, 0xff]);
    Report {
        title: "Street cameras, first trial".into(),
        made: Made {
            version: "watchpost 0.1.0".into(),
            command: "watchpost evaluate footage/".into(),
            time: Timestamp::from_millis(1_772_323_200_000),
            machine: "8 cores, Debian 12".into(),
            models: vec![ModelUsed { name: "nanodet-g-416-int8".into(), sha256: "5d".repeat(32) }],
        },
        clips: vec![clip, quiet],
    }
}

#[test]
fn the_terminal_shows_all_figures() {
    insta::assert_snapshot!(report().to_text());
}

#[test]
fn json_holds_everything_but_the_pictures() {
    let report = report();
    let again: Report = serde_json::from_str(&report.to_json()).unwrap();
    let (clip, clip_again) = (&report.clips[0], &again.clips[0]);
    assert_eq!((&again.made, &clip_again.not_covered), (&report.made, &clip.not_covered));
    let scores = |rule: &RuleReport| rule.scores.map(|scores| (scores.precision, scores.recall));
    for (rule, rule_again) in clip.rules.iter().zip(&clip_again.rules) {
        assert_eq!(scores(rule), scores(rule_again));
        assert_eq!((rule.hits.len(), &rule.counts), (rule_again.hits.len(), &rule_again.counts));
        assert_eq!(rule.misses.len(), rule_again.misses.len());
    }
    assert!(clip_again.rules[0].false_alarms[0].picture_jpeg.is_none());
    let json: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
    let precision = &json["clips"][0]["rules"][0]["scores"]["precision"];
    assert_eq!((&precision["part"], &precision["whole"]), (&31.into(), &32.into()));
    assert!(precision["value"].as_f64().is_some_and(|value| (value - 0.96875).abs() < 1e-12));
}

#[test]
fn the_page_stands_alone_and_shows_each_picture() {
    let page = report().to_html();
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
    for part in [
        "Summary",
        "Events by camera and rule",
        "Counts",
        "Misses and false alarms",
        "Detection",
        "Tracking",
        "Cost",
        "What was not covered",
        "How it was made",
        "Decision",
    ] {
        assert_eq!(page.matches(&format!("<h2>{part}</h2>")).count(), 1, "{part}");
    }
    assert!(
        page.contains("<img alt=\"false alarm at 0:33.3\" src=\"data:image/jpeg;base64,/9j/\">")
    );
    assert!(page.contains(&"5d".repeat(32)));
    for outside in ["<script", "http://", "https://", "<link", "url(", "@import"] {
        assert!(!page.contains(outside), "{outside}");
    }
    let empty = Report { clips: Vec::new(), ..report() };
    assert_eq!(empty.to_html().matches("Not measured.").count(), 6);
    assert!(empty.to_text().starts_with("Street cameras, first trial\n\nMade by"));
}

/// Returns the report with `foreign` text wherever text comes from outside.
fn with_foreign(foreign: &str) -> Report {
    let mut report = report();
    report.title = foreign.into();
    let made = &mut report.made;
    made.version = foreign.into();
    made.command = foreign.into();
    made.machine = foreign.into();
    made.models[0].name = foreign.into();
    made.models[0].sha256 = foreign.into();
    let clip = &mut report.clips[0];
    clip.camera = None;
    clip.clip.file = foreign.into();
    clip.clip.sha256 = foreign.into();
    clip.truth_made_by = foreign.into();
    clip.not_covered = vec![foreign.into()];
    clip.rules[0].misses[0].note = foreign.into();
    report
}

/// Returns a page's tags, without what stands between them.
fn tags(page: &str) -> Vec<&str> {
    let (_, body) = page.split_once("<body>").unwrap();
    body.split('<').skip(1).map(|rest| rest.split_once('>').unwrap().0).collect()
}

proptest! {
    #[test]
    fn foreign_text_is_never_markup(
        foreign in "[<>&\"'/=a-z!\\x1b\\x00\\-\\n ]{0,24}"
    ) {
        let report = with_foreign(&foreign);
        let page = report.to_html();
        let harmless = with_foreign(if foreign.is_empty() { "" } else { "x" }).to_html();
        prop_assert_eq!(tags(&page), tags(&harmless));
        prop_assert!(!page.contains(['\x1b', '\0']));
        let text = report.to_text();
        prop_assert!(!text.contains(['\x1b', '\0']));
        let again: Report = serde_json::from_str(&report.to_json()).unwrap();
        prop_assert_eq!(again.title, foreign);
    }
}
