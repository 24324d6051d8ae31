//! Tells one version of a rule from another: a hash of all that it is judged by.

use crate::settings::{Calibration, CameraScene, Condition, RedLight, Rule, Signal, StopLine};
use crate::watch::Watched;

/// Returns a hash of the rule's settings, its shapes, and the signal or calibration that it leans
/// on; the same on every machine and in every later version, as it is stored with events (FNV-1a,
/// 32 bits). A setting that is new in a kind counts only where it is given.
pub(crate) fn version(rule: &Rule, scene: &CameraScene, watched: &Watched) -> u32 {
    let mut hash = Fnv(0x811c_9dc5);
    hash.text(rule.id.as_str());
    hash.bytes(&[rule.kind().number(), rule.severity.number()]);
    for class in &rule.classes {
        hash.bytes(&[class.number()]);
    }
    // Stands where a cool-down stood when that was part of judging.
    hash.bytes(&0.0_f64.to_le_bytes());
    hash_condition(&rule.condition, scene, &mut hash);
    for corner in watched.geometry.iter().chain(watched.further_geometry.iter().flatten()) {
        hash.bytes(&corner.x.to_le_bytes());
        hash.bytes(&corner.y.to_le_bytes());
    }
    for window in rule.schedule.iter().flatten() {
        hash.json(window);
    }
    hash.0
}

fn hash_condition(condition: &Condition, scene: &CameraScene, hash: &mut Fnv) {
    match condition {
        Condition::LineCrossing(rule) => {
            hash.text(&rule.tripwire);
            hash.bytes(&[rule.direction as u8]);
        }
        Condition::Intrusion(rule) => {
            hash.text(&rule.zone);
            hash.bytes(&rule.for_s.to_le_bytes());
        }
        Condition::Loitering(rule) => {
            hash.text(&rule.zone);
            hash.bytes(&rule.for_s.to_le_bytes());
        }
        Condition::Count(rule) => {
            hash.text(&rule.tripwire);
            hash.bytes(&rule.interval_s.to_le_bytes());
        }
        other => hash.json(other),
    }
    match LeansOn::of(condition, scene) {
        LeansOn::Signal(signal) => hash.json(&signal),
        LeansOn::Calibration(calibration) => hash.json(&calibration),
        LeansOn::Nothing => {}
    }
}

/// What a rule is judged by besides its own settings and shapes.
pub(crate) enum LeansOn<'a> {
    /// A signal, if there is one of that name.
    Signal(Option<&'a Signal>),
    /// The calibration, if there is one.
    Calibration(Option<&'a Calibration>),
    Nothing,
}

impl<'a> LeansOn<'a> {
    pub(crate) fn of(condition: &Condition, scene: &'a CameraScene) -> Self {
        match condition {
            Condition::RedLight(RedLight { signal, .. })
            | Condition::StopLine(StopLine { signal, .. }) => Self::Signal(scene.signal(signal)),
            Condition::Speeding(_) => Self::Calibration(scene.calibration.as_ref()),
            Condition::Congestion(rule) if rule.slower_than_kmh.is_some() => {
                Self::Calibration(scene.calibration.as_ref())
            }
            _ => Self::Nothing,
        }
    }
}

struct Fnv(u32);

impl Fnv {
    fn bytes(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        }
    }

    /// Takes settings as JSON, in the order of their type.
    fn json(&mut self, settings: &impl serde::Serialize) {
        self.text(&serde_json::to_string(settings).unwrap_or_default());
    }

    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
        self.bytes(&[0]);
    }
}

#[cfg(test)]
mod tests {
    use domain::Point;

    use super::*;

    /// Of the rules below, as the first release stored them.
    const VERSIONS: [u32; 4] = [0x4904_b2cf, 0xc86f_3ef2, 0xfdbd_8340, 0x7122_c11a];

    const HERE: [Point; 2] = [Point::new(0.25, 0.5), Point::new(0.75, 0.5)];

    fn version_at(rule: &Rule, scene: &CameraScene, geometry: &[Point]) -> u32 {
        let zone = scene.zones[0].polygon.clone();
        let watch = Box::new(crate::dwell::Dwell::new(zone, 1.0, crate::dwell::Counts::All));
        let (geometry, further_geometry) = (geometry.to_vec(), Vec::new());
        version(rule, scene, &Watched { watch, geometry, further_geometry })
    }

    fn scene(signal: &str) -> CameraScene {
        let zone = r#"{"name": "z", "polygon": [[0,0],[1,0],[1,1]]}"#;
        let signal = format!(r#"{{"name": "north", "source": {signal}}}"#);
        serde_json::from_str(&format!(r#"{{"zones": [{zone}], "signals": [{signal}]}}"#)).unwrap()
    }

    fn rule(json: &str) -> Rule {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn the_versions_of_stored_events_stay_what_they_are() {
        let stored = |json: &str| version_at(&rule(json), &scene(r#""feed""#), &HERE);
        let versions = [
            stored(r#"{"kind": "line_crossing", "id": "a", "tripwire": "w"}"#),
            stored(r#"{"kind": "intrusion", "id": "a", "zone": "z", "classes": ["car"]}"#),
            stored(r#"{"kind": "loitering", "id": "a", "zone": "z", "for_s": 9}"#),
            stored(r#"{"kind": "count", "id": "a", "tripwire": "w"}"#),
        ];
        assert_eq!(versions, VERSIONS);
    }

    #[test]
    fn what_changes_a_judgement_changes_the_version() {
        let at_feed = |json: &str| version_at(&rule(json), &scene(r#""feed""#), &HERE);
        let lawn = r#"{"kind": "intrusion", "id": "lawn", "zone": "z", "for_s": 2}"#;
        let patient = r#"{"kind": "intrusion", "id": "lawn", "zone": "z", "for_s": 3}"#;
        let nightly = r#"{"kind": "intrusion", "id": "lawn", "zone": "z", "for_s": 2,
            "schedule": [{"from": "22:00", "to": "05:00"}]}"#;
        assert_eq!(at_feed(lawn), at_feed(lawn));
        assert_ne!(at_feed(lawn), at_feed(patient));
        assert_ne!(at_feed(lawn), at_feed(nightly));
        let elsewhere = [Point::new(0.1, 0.3)];
        assert_ne!(at_feed(lawn), version_at(&rule(lawn), &scene(r#""feed""#), &elsewhere));
        let beyond = r#"{"kind": "stop_line", "id": "a", "signal": "north", "zone": "z"}"#;
        let plan = scene(r#"{"plan": {"cycle_s": 60, "phases": [{"state": "red", "for_s": 60}]}}"#);
        assert_ne!(at_feed(beyond), version_at(&rule(beyond), &plan, &HERE));
        assert_eq!(at_feed(lawn), version_at(&rule(lawn), &plan, &HERE));
    }
}
