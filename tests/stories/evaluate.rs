//! A command centre judges the software by footage with truth before it uses it.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::harness::{footage, hex, root};

fn evaluate(arguments: &[&str]) -> (bool, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_watchpost"))
        .current_dir(root())
        .arg("evaluate")
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (output.status.success(), text(output.stdout), text(output.stderr))
}

const VTEST: &str = "crates/evaluation/tests/fixtures/vtest.truth.json";

#[test]
fn the_demo_clip_is_judged_by_its_truth() {
    let page = tempfile::NamedTempFile::with_suffix(".html").unwrap();
    let html = page.path().to_str().unwrap();
    let (is_good, report, errors) =
        evaluate(&[VTEST, "--footage", "var/demo/footage", "--json", "--html", html]);
    assert!(is_good, "{errors}");
    let report: Value = serde_json::from_str(&report).unwrap();
    let rule = |id: &str| {
        let rules = report["clips"][0]["rules"].as_array().unwrap();
        rules.iter().find(|rule| rule["rule"] == id).unwrap().clone()
    };
    let crossing = rule("crossing");
    let count = |list: &str| crossing[list].as_array().unwrap().len();
    // 33 cross; one may slip by or be doubled on a machine that computes otherwise.
    assert!(count("hits") >= 32 && count("false_alarms") <= 1, "{crossing:#}");
    assert_eq!(rule("loitering")["hits"].as_array().unwrap().len(), 1);
    assert!(report["clips"][0]["cost"]["cpu_s"].as_f64().unwrap() > 0.0);
    let page = std::fs::read_to_string(html).unwrap();
    assert!(page.contains("vtest.avi") && !page.contains("<script"));
}

/// Three people whom the first picture of the demo clip shows: frame, number, left, top, width, height.
const PEOPLE: &str = "1,1,253,219,30,88,1,1,1\n1,2,639,240,46,81,1,1,1\n1,3,499,157,31,76,1,1,1\n";

#[test]
fn boxes_are_judged_and_what_was_missed_or_made_up_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (clip, page) = (path("street.mp4"), path("report.html"));
    let demo = footage("vtest-h264.mp4");
    let cut = ["-v", "error", "-i", demo.to_str().unwrap(), "-t", "10", "-c", "copy", &clip];
    assert!(Command::new("ffmpeg").args(cut).status().unwrap().success());
    let hash: [u8; 32] = Sha256::digest(std::fs::read(&clip).unwrap()).into();
    std::fs::write(path("people.txt"), PEOPLE).unwrap();
    // Whoever walks there is none of the truth; the bus of the truth never came.
    let truth = json!({
        "truth_format": 1,
        "clip": {"file": "street.mp4", "sha256": hex(&hash), "frames": 100, "fps": 10},
        "made_by": "by eye",
        "boxes": [{"class": "person", "file": "people.txt"}],
        "scene": {
            "zones": [{"name": "street", "polygon": [[0, 0], [1, 0], [1, 1], [0, 1]]}],
            "rules": [{
                "id": "anyone", "kind": "intrusion", "zone": "street", "for_s": 1,
                "classes": ["person", "bus"],
            }],
        },
        "rules": [{
            "rule": "anyone", "tolerance_s": 0.5, "events": [{"frames": [95, 97], "class": "bus"}],
        }],
    });
    std::fs::write(path("street.truth.json"), truth.to_string()).unwrap();
    let arguments =
        [&path("street.truth.json"), "--cache", &path("cache"), "--json", "--html", &page];
    let (is_good, report, errors) = evaluate(&arguments);
    assert!(is_good, "{errors}");
    let report: Value = serde_json::from_str(&report).unwrap();
    let clip = &report["clips"][0];
    let rule = &clip["rules"][0];
    let (misses, false_alarms) = (&rule["misses"], rule["false_alarms"].as_array().unwrap());
    assert_eq!((misses[0]["class"].as_str(), misses[1].is_null()), (Some("bus"), true), "{rule:#}");
    assert!(false_alarms.len() >= 3, "three are there from the beginning: {rule:#}");

    // All else that was detected is beyond the truth, and every picture that was looked at counts.
    let detection = &clip["detection"][0];
    assert_eq!((&detection["class"], &detection["recall"]["whole"]), (&json!("person"), &json!(3)));
    assert_eq!(detection["recall"]["part"], 3, "{detection:#}");
    assert!(detection["mean_iou"].as_f64().unwrap() > 0.7, "{detection:#}");
    assert!(detection["precision"]["whole"].as_u64().unwrap() > 100, "{detection:#}");
    let clear = &clip["tracking"][0]["scores"]["clear"];
    assert_eq!((&clear["true_positives"], &clear["misses"]), (&json!(3), &json!(0)), "{clear:#}");

    let page = std::fs::read_to_string(page).unwrap();
    let pictures = page.matches("data:image/jpeg").count();
    assert_eq!(pictures, 1 + false_alarms.len(), "one to each miss and each false alarm");
}

#[test]
fn a_truth_that_is_not_of_its_clip_is_refused_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(root().join(VTEST)).unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let of_another = write("other.truth.json", &text.replace("45cddc94", "00000000"));
    let (is_good, _, errors) = evaluate(&[&of_another, "--footage", "var/demo/footage"]);
    assert!(!is_good && errors.contains("clip.sha256"), "{errors}");
    let (is_good, _, errors) = evaluate(&[VTEST, "--footage", folder.path().to_str().unwrap()]);
    assert!(!is_good && errors.contains("vtest.avi"), "{errors}");
    let broken = write("broken.truth.json", "{\"truth_format\": 1");
    let (is_good, _, errors) = evaluate(&[&broken]);
    assert!(!is_good && errors.contains("line 1"), "{errors}");
    let empty = tempfile::tempdir().unwrap();
    let (is_good, _, errors) = evaluate(&[empty.path().to_str().unwrap()]);
    assert!(!is_good && errors.contains(".truth.json"), "{errors}");
}

/// Truths of short clips that lie beside the checkout: the kinds of rules that the demo clip has none of.
const BESIDE: [&str; 6] = [
    "brightness_change",
    "jamcam_jcd_2",
    "jamcam_jcd_4",
    "junction_truck",
    "motorway_540p",
    "motorway_cyclist",
];

#[test]
fn violations_of_real_traffic_are_found_and_what_is_none_is_not() {
    let footage = root().join("../shared/data/footage");
    if !footage.is_dir() {
        println!("{} is absent: this part is left out", footage.display());
        return;
    }
    let truths = BESIDE.map(|name| format!("tests/truth/{name}.truth.json"));
    let arguments = ["--footage", footage.to_str().unwrap(), "--json"];
    let arguments: Vec<&str> = truths.iter().map(String::as_str).chain(arguments).collect();
    let (is_good, report, errors) = evaluate(&arguments);
    assert!(is_good, "{errors}");
    let report: Value = serde_json::from_str(&report).unwrap();
    let clips = report["clips"].as_array().unwrap();
    assert_eq!(clips.len(), BESIDE.len());
    let rules = clips.iter().flat_map(|clip| clip["rules"].as_array().unwrap());
    let count = |rule: &Value, list: &str| rule[list].as_array().map_or(0, Vec::len);
    let (mut hits, mut misses, mut false_alarms) = (BTreeMap::new(), 0, 0);
    for rule in rules {
        *hits.entry(rule["kind"].as_str().unwrap()).or_insert(0) += count(rule, "hits");
        misses += count(rule, "misses");
        false_alarms += count(rule, "false_alarms");
    }
    for kind in [
        "box_blocking",
        "congestion",
        "forbidden_class",
        "illegal_stop",
        "illegal_turn",
        "stop_line",
    ] {
        assert_eq!(hits.get(kind), Some(&1), "{kind}: {hits:?}");
    }
    // Eleven cars each; one may slip by on a machine that computes otherwise.
    for kind in ["line_crossing", "wrong_way"] {
        assert!(hits.get(kind) >= Some(&10), "{kind}: {hits:?}");
    }
    assert!(misses <= 2 && false_alarms == 0, "{misses} missed, {false_alarms} false alarms");
}
