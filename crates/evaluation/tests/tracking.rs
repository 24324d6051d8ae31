//! Our scores beside those of the public tools, on the sequences of `fixtures/`.

#![allow(
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    reason = "a test that cannot go on fails, and its counts are small"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use evaluation::{Boxes, TrackingScores, tracking_scores};
use serde_json::Value;

/// Agreement to three decimals.
const CLOSE: f64 = 0.000_5;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn scores(name: &str) -> TrackingScores {
    let read = |kind: &str| fs::read_to_string(fixture(&format!("{name}.{kind}.txt"))).unwrap();
    let truth = Boxes::parse_truth(&read("truth")).unwrap();
    tracking_scores(&truth, &Boxes::parse_tracks(&read("tracks")).unwrap())
}

/// Returns what both tools say of each sequence.
fn reference() -> BTreeMap<String, Value> {
    serde_json::from_str(&fs::read_to_string(fixture("reference.json")).unwrap()).unwrap()
}

#[test]
fn every_score_is_that_of_trackeval() {
    let reference = reference();
    assert!(reference.len() >= 11, "{} sequences", reference.len());
    for (name, tools) in &reference {
        let TrackingScores { clear, identity, hota } = scores(name);
        let ours = [
            ("MOTA", clear.mota),
            ("MOTP", clear.motp),
            ("IDF1", identity.idf1),
            ("IDP", identity.idp),
            ("IDR", identity.idr),
            ("HOTA", hota.hota),
            ("DetA", hota.det_a),
            ("DetRe", hota.det_re),
            ("DetPr", hota.det_pr),
            ("AssA", hota.ass_a),
            ("AssRe", hota.ass_re),
            ("AssPr", hota.ass_pr),
            ("LocA", hota.loc_a),
        ];
        for (score, ours) in ours {
            let theirs = tools["trackeval"][score].as_f64().unwrap();
            assert!((ours - theirs).abs() < CLOSE, "{name}: {score} {ours}, TrackEval {theirs}");
        }
        let counts = [
            ("CLR_TP", clear.true_positives),
            ("CLR_FP", clear.false_positives),
            ("CLR_FN", clear.misses),
            ("IDSW", clear.identity_switches),
            ("IDTP", identity.true_positives),
            ("IDFP", identity.false_positives),
            ("IDFN", identity.misses),
        ];
        for (count, ours) in counts {
            let theirs = tools["trackeval"][count].as_u64().unwrap();
            assert_eq!(ours, theirs, "{name}: {count}");
        }
    }
}

/// motmetrics keeps an object's track over frames in which the object was not matched, TrackEval
/// only from one frame to the next. On this sequence that makes two switches of difference.
const TOOLS_DIFFER: &str = "vtest";

#[test]
fn scores_are_those_of_motmetrics_where_both_tools_agree() {
    for (name, tools) in &reference() {
        let TrackingScores { clear, identity, .. } = scores(name);
        let mut ours = vec![
            ("motp", 1.0 - clear.motp),
            ("idf1", identity.idf1),
            ("idp", identity.idp),
            ("idr", identity.idr),
        ];
        if name == TOOLS_DIFFER {
            assert_ne!(tools["trackeval"]["IDSW"], 13);
            assert_eq!(tools["motmetrics"]["num_switches"], 13.0);
        } else {
            ours.push(("mota", clear.mota));
        }
        for (score, ours) in ours {
            // It has no figure where there is nothing to divide by; ours is then TrackEval's.
            let Some(theirs) = tools["motmetrics"][score].as_f64() else { continue };
            assert!((ours - theirs).abs() < CLOSE, "{name}: {score} {ours}, motmetrics {theirs}");
        }
        assert_eq!(tools["motmetrics"]["num_misses"].as_f64(), Some(clear.misses as f64));
    }
}
