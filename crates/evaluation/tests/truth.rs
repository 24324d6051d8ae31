//! Truth files: what is refused, and where.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::time::Duration;

use domain::{Class, Crossing};
use evaluation::{Boxes, Clip, Truth};
use proptest::prelude::*;

const VTEST: &str = include_str!("fixtures/vtest.truth.json");

const SMALL: &str = r#"{
    "truth_format": 1,
    "clip": {"file": "a.mp4", "sha256": "HASH", "frames": 100, "fps": 25},
    "camera": "cau-giay-01",
    "made_by": "by eye",
    "scene": {"rules": [
        {"id": "line", "kind": "line_crossing", "tripwire": "t", "classes": ["car", "truck"]},
        {"id": "flow", "kind": "count", "tripwire": "t"}
    ]},
    "rules": [
        {"rule": "line", "tolerance_s": 0.5, "events": [
            {"at_s": 1.5, "class": "car", "direction": "left_to_right"},
            {"span_s": [2, 2.5]},
            {"frame": 99, "tolerance_s": 2},
            {"frames": [50, 75], "note": "the red one"}
        ], "unsure": [{"frames": [0, 9], "why": "dazzled"}]},
        {"rule": "flow", "counts": [{"count": 4, "class": "car", "plus_minus": 1}]}
    ],
    "boxes": [{"class": "car", "file": "a.car.txt"}],
    "not_covered": ["night"]
}"#;

fn small() -> String {
    SMALL.replace("HASH", &"ab".repeat(32))
}

fn refusal(text: &str) -> String {
    Truth::parse(text).unwrap_err().to_string()
}

#[test]
fn times_are_told_in_seconds_or_frames() {
    let truth = Truth::parse(&small()).unwrap();
    let events = truth.rules[0].events.as_ref().unwrap();
    let spans: Vec<_> = events
        .iter()
        .map(|event| (event.span.start.as_millis(), event.span.end.as_millis()))
        .collect();
    assert_eq!(spans, [(1500, 1500), (2000, 2500), (3960, 3960), (2000, 3000)]);
    assert_eq!(events[0].direction, Some(Crossing::LeftToRight));
    assert_eq!((events[0].class, events[1].class), (Some(Class::Car), None));
    assert_eq!(events[2].tolerance, Duration::from_secs(2));
    assert_eq!(truth.rules[1].events, None);
    assert_eq!(truth.rules[1].counts[0].plus_minus, 1);
    assert_eq!(truth.rules[0].unsure[0].span.end, Duration::from_millis(360));
}

#[test]
fn a_real_clip_is_told_whole() {
    let truth = Truth::parse(VTEST).unwrap();
    let events = truth.rules[0].events.as_ref().unwrap();
    let to_left = events.iter().filter(|event| event.direction == Some(Crossing::RightToLeft));
    assert_eq!((events.len(), to_left.count()), (33, 18));
    assert_eq!(truth.rules.len(), truth.scene_rules.len());
}

#[test]
fn the_example_of_the_documentation_is_one() {
    let page = include_str!("../../../docs/evaluation.md");
    let (_, example) = page.split_once("```json").unwrap();
    let (example, _) = example.split_once("```").unwrap();
    let example = example.replace("9f86…", &"9f86".repeat(16));
    assert_eq!(Truth::parse(&example).unwrap().rules.len(), 2);
    let error = refusal(&example.replace("[700, 712]", "[700, 4600]"));
    assert_eq!(error, "rules[0].events[1].frames: frame 4600 is beyond the clip's last, 4499");
}

#[test]
fn a_truth_that_contradicts_itself_is_refused_with_its_place() {
    for (from, to, complaint) in [
        ("\"truth_format\": 1", "\"truth_format\": 2", "truth_format: 2 is not known"),
        ("\"a.mp4\"", "\"../a.mp4\"", "clip.file: \"../a.mp4\" is not a file name"),
        ("abab", "xyxy", "clip.sha256: it is not 64"),
        ("\"frames\": 100", "\"frames\": 0", "clip.frames: a clip has at least 1"),
        ("\"fps\": 25", "\"fps\": 0", "clip.fps: 0 cannot be"),
        ("\"fps\": 25", "\"fps\": -1e300", "clip.fps: -1"),
        ("\"a.car.txt\"", "\"\"", "boxes[0].file: \"\" is not a file name"),
        (
            "{\"rule\": \"line\"",
            "{\"rule\": \"lane\"",
            "rules[0].rule: the scene has no rule \"lane\"",
        ),
        ("{\"rule\": \"flow\"", "{\"rule\": \"line\"", "rules[1].rule: \"line\" again"),
        ("\"id\": \"flow\"", "\"id\": \"line\"", "scene.rules[1].id: \"line\" again"),
        ("\"kind\": \"count\"", "\"kind\": \"magic\"", "scene.rules[1]: unknown variant `magic`"),
        ("{\"rules\": [", "{\"rulez\": [", "scene.rules: there is no such list"),
        ("\"at_s\": 1.5", "\"at_s\": 4.1", "rules[0].events[0].at_s: 4.1 s is not on the clip"),
        ("\"at_s\": 1.5", "\"at_s\": -1", "rules[0].events[0].at_s: -1 s is not on the clip"),
        (
            "\"at_s\": 1.5",
            "\"at_s\": 1.5, \"frame\": 3",
            "rules[0].events[0]: it says when in more",
        ),
        ("\"at_s\": 1.5, ", "", "rules[0].events[0]: it does not say when"),
        ("[2, 2.5]", "[2.5, 2]", "rules[0].events[1].span_s: 2.5 to 2 runs backwards"),
        ("\"frame\": 99", "\"frame\": 100", "rules[0].events[2].frame: frame 100 is beyond"),
        ("[50, 75]", "[50, 175]", "rules[0].events[3].frames: frame 175 is beyond"),
        ("\"tolerance_s\": 2", "\"tolerance_s\": 61", "rules[0].events[2].tolerance_s: 61 cannot"),
        (" \"tolerance_s\": 0.5,", "", "rules[0].events[0]: no `tolerance_s`"),
        ("\"class\": \"car\", \"dir", "\"class\": \"bus\", \"dir", "does not judge bus"),
        ("\"class\": \"car\", \"dir", "\"class\": \"van\", \"dir", "unknown variant `van`"),
        ("\"class\": \"car\", \"dir", "\"class\": \"van\", \"dir", "at line 12 column"),
        ("\"plus_minus\"", "\"plusminus\"", "unknown field `plusminus`"),
        ("\"counts\": [", "\"counts\": [], \"unsure\": [", "at line 17 column"),
        ("\"fps\": 25", "\"fps\": 1e999", "number out of range at line 3"),
    ] {
        let text = small().replacen(from, to, 1);
        assert_ne!(text, small(), "{from}");
        let error = refusal(&text);
        assert!(error.contains(complaint), "{complaint}: {error}");
    }
    let nothing = small().replace("[{\"count\": 4, \"class\": \"car\", \"plus_minus\": 1}]", "[]");
    assert!(refusal(&nothing).starts_with("rules[1]: neither `events`"));
    let deep = small().replace("\"scene\": ", &format!("\"scene\": {}", "[".repeat(100_000)));
    assert!(refusal(&deep).contains("recursion limit"));
    let many = "{\"at_s\":1},".repeat(10_001);
    let crowd = small().replace("{\"at_s\": 1.5", &format!("{many}{{\"at_s\": 1.5"));
    assert!(refusal(&crowd).starts_with("rules[0].events: 10005 are more"));
    assert!(refusal(&" ".repeat((16 << 20) + 1)).contains("too many"));
}

#[test]
fn a_truth_is_never_held_against_another_clip() {
    let truth = Truth::parse(&small()).unwrap();
    let clip = truth.clip.clone();
    truth.check_clip(&Clip { file: "renamed.mp4".into(), ..clip.clone() }).unwrap();
    truth.check_clip(&Clip { fps: 25.01, ..clip.clone() }).unwrap();
    let refused = |clip: Clip| truth.check_clip(&clip).unwrap_err().to_string();
    let other_hash = refused(Clip { sha256: "cd".repeat(32), ..clip.clone() });
    assert!(other_hash.starts_with("clip.sha256: the truth is of abab"), "{other_hash}");
    let shorter = refused(Clip { frames: 99, ..clip.clone() });
    assert_eq!(shorter, "clip.frames: the truth is of 100, the clip has 99");
    assert_eq!(
        refused(Clip { fps: 30.0, ..clip.clone() }),
        "clip.fps: the truth is of 25, the clip has 30"
    );
    assert!(truth.check_clip(&Clip { fps: f64::NAN, ..clip }).is_err());
    let boxes = Boxes::parse_truth("101,1,0,0,9,9,1").unwrap();
    let beyond = truth.check_boxes(&truth.boxes[0], &boxes).unwrap_err().to_string();
    assert_eq!(beyond, "a.car.txt: frame 101 is beyond the clip's last, 100");
}

proptest! {
    #[test]
    fn whatever_stands_there_it_never_panics(
        place in 0_usize..VTEST.len(),
        length in 0_usize..40,
        instead in prop_oneof![
            "\\PC{0,12}",
            Just("1e308".to_owned()), Just("-0".to_owned()), Just("4294967295".to_owned()),
            Just("null".to_owned()), Just("[]".to_owned()), Just("\"\\u0000\"".to_owned()),
        ],
    ) {
        let end = (place + length).min(VTEST.len());
        if VTEST.is_char_boundary(place) && VTEST.is_char_boundary(end) {
            let text = format!("{}{instead}{}", &VTEST[..place], &VTEST[end..]);
            if let Ok(truth) = Truth::parse(&text) {
                let _ = truth.check_clip(&truth.clip);
                let _ = evaluation::judge(&truth, &[]).rules.len();
            }
        }
        let _ = Truth::parse(&instead);
    }

    #[test]
    fn a_number_anywhere_is_taken_or_refused(number in any::<f64>(), whole in any::<i64>()) {
        for key in ["\"at_s\": 1.5", "\"tolerance_s\": 0.5", "\"fps\": 25", "\"frame\": 99", "\"frames\": 100"] {
            let name = key.split(':').next().unwrap();
            for value in [number.to_string(), whole.to_string()] {
                let _ = Truth::parse(&small().replacen(key, &format!("{name}: {value}"), 1));
            }
        }
    }
}
