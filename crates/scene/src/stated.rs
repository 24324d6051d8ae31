//! What a rule is judged by, written out, so that what an event was found by can be read years later.

use domain::{Class, Point, RuleId, RuleKind, Severity};
use serde::Serialize;

use crate::settings::{Calibration, CameraScene, Condition, Rule, Signal, Window};
use crate::version::{LeansOn, version};
use crate::watch::{Watched, watched};

/// A rule as it is in force: its events bear its name and version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatedRule {
    /// Its name.
    pub rule: RuleId,
    /// Its version, as it stands in its events.
    pub version: u32,
    /// All that it is judged by, as one line of JSON: the same settings always give the same line.
    /// What is done with its events (how they fold into alerts) is no part of it.
    pub settings: String,
}

impl CameraScene {
    /// Returns the rules that are judged on this camera; one over nothing there is left out.
    pub fn stated_rules(&self) -> Vec<StatedRule> {
        self.rules.iter().filter_map(|rule| stated(rule, self)).collect()
    }
}

/// In the order in which it is written. A setting that is new is left out where it is not given.
#[derive(Serialize)]
struct Settings<'a> {
    id: &'a RuleId,
    kind: RuleKind,
    severity: Severity,
    classes: &'a [Class],
    condition: &'a Condition,
    #[serde(skip_serializing_if = "Option::is_none")]
    schedule: Option<&'a [Window]>,
    geometry: &'a [Point],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    further_geometry: &'a [Vec<Point>],
    #[serde(skip_serializing_if = "Option::is_none")]
    signal: Option<&'a Signal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    calibration: Option<&'a Calibration>,
}

fn stated(rule: &Rule, scene: &CameraScene) -> Option<StatedRule> {
    let watched = watched(rule, scene)?;
    let Watched { geometry, further_geometry, .. } = &watched;
    let (signal, calibration) = match LeansOn::of(&rule.condition, scene) {
        LeansOn::Signal(signal) => (signal, None),
        LeansOn::Calibration(calibration) => (None, calibration),
        LeansOn::Nothing => (None, None),
    };
    let settings = Settings {
        id: &rule.id,
        kind: rule.kind(),
        severity: rule.severity,
        classes: rule.judged_classes(),
        condition: &rule.condition,
        schedule: rule.schedule.as_deref(),
        geometry,
        further_geometry,
        signal,
        calibration,
    };
    let version = version(rule, scene, &watched);
    // Texts and finite numbers always become JSON.
    let settings = serde_json::to_string(&settings).unwrap_or_default();
    Some(StatedRule { rule: rule.id.clone(), version, settings })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scene(rules: &str) -> CameraScene {
        let zone = r#"{"name": "z", "polygon": [[0,0],[1,0],[1,1]]}"#;
        let signal = r#"{"name": "north", "source": "feed"}"#;
        serde_json::from_str(&format!(
            r#"{{"zones": [{zone}], "signals": [{signal}], "rules": [{rules}]}}"#
        ))
        .unwrap()
    }

    #[test]
    fn the_settings_say_all_that_a_rule_is_judged_by() {
        let rules = r#"{"kind": "intrusion", "id": "lawn", "zone": "z", "for_s": 2, "classes": ["person"]},
            {"kind": "stop_line", "id": "line", "zone": "z", "signal": "north"},
            {"kind": "intrusion", "id": "nowhere", "zone": "elsewhere"}"#;
        let stated = scene(rules).stated_rules();
        let [lawn, line] = &stated[..] else { panic!("{stated:?}") };
        assert_eq!(
            lawn.settings,
            r#"{"id":"lawn","kind":"intrusion","severity":4,"classes":["person"],"condition":{"zone":"z","for_s":2.0},"geometry":[[0.0,0.0],[1.0,0.0],[1.0,1.0]]}"#
        );
        let line: serde_json::Value = serde_json::from_str(&line.settings).unwrap();
        assert_eq!(line["signal"]["name"], "north");
        assert!(line["classes"].as_array().unwrap().len() > 1, "those of its kind: {line}");
    }

    #[test]
    fn settings_differ_where_versions_do_and_are_alike_where_they_are() {
        let of = |rule: &str| scene(rule).stated_rules().remove(0);
        let lawn = of(r#"{"kind": "intrusion", "id": "lawn", "zone": "z", "for_s": 2}"#);
        let patient = of(r#"{"kind": "intrusion", "id": "lawn", "zone": "z", "for_s": 3}"#);
        assert_ne!((lawn.version, &lawn.settings), (patient.version, &patient.settings));
        let folding =
            of(r#"{"kind": "intrusion", "id": "lawn", "zone": "z", "for_s": 2, "cool_down_s": 9}"#);
        assert_eq!(lawn, folding, "how events fold is no part of how they are judged");
    }
}
