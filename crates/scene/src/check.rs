//! Finds every mistake in a camera's zones, tripwires and rules that its types let through.

mod rules;
mod signals;

use std::collections::BTreeSet;
use std::fmt;
use std::ops::RangeInclusive;

use domain::Line;

use crate::ground::Ground;
use crate::settings::CameraScene;

/// Longest time that a rule may speak of: a day.
const LONGEST_S: f64 = 86_400.0;

/// Most zones, tripwires or rules of one camera: each costs time on every picture.
const MOST: usize = 64;

/// Shortest tripwire, in picture sizes.
const SHORTEST_TRIPWIRE: f32 = 0.005;

/// One mistake and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SceneProblem {
    /// Where, from the camera's table on, such as `rules[2].zone`.
    pub path: String,
    /// What is wrong, for a person.
    pub message: String,
}

impl fmt::Display for SceneProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

impl CameraScene {
    /// Returns every mistake, in the order in which they are written; empty if it can be used.
    pub fn check(&self) -> Vec<SceneProblem> {
        let mut problems = Problems::default();
        problems.few_enough("zones", self.zones.len());
        problems.few_enough("tripwires", self.tripwires.len());
        problems.few_enough("signals", self.signals.len());
        problems.few_enough("rules", self.rules.len());
        problems.names("zones", self.zones.iter().map(|zone| zone.name.as_str()));
        problems.names("tripwires", self.tripwires.iter().map(|tripwire| tripwire.name.as_str()));
        problems.names("signals", self.signals.iter().map(|signal| signal.name.as_str()));
        self.check_lines(&mut problems);
        self.check_signals(&mut problems);
        if let Some(Err(error)) = self.calibration.as_ref().map(Ground::new) {
            problems.add(format!("calibration.{}", error.path), error.message);
        }
        self.check_rules(&mut problems);
        problems.0
    }

    fn check_lines(&self, problems: &mut Problems) {
        for (index, tripwire) in self.tripwires.iter().enumerate() {
            check_line(tripwire.line, format!("tripwires[{index}].line"), problems);
        }
    }
}

fn check_line(line: Line, path: String, problems: &mut Problems) {
    let (from, to) = (line.from, line.to);
    if !from.is_on_view() || !to.is_on_view() {
        problems.add(path, "it leaves the view: both coordinates are 0 to 1");
    } else if (to.x - from.x).hypot(to.y - from.y) < SHORTEST_TRIPWIRE {
        problems.add(path, "it has no length: start and end are the same point");
    }
}

#[derive(Default)]
struct Problems(Vec<SceneProblem>);

impl Problems {
    fn add(&mut self, path: String, message: impl Into<String>) {
        self.0.push(SceneProblem { path, message: message.into() });
    }

    fn few_enough(&mut self, list: &str, count: usize) {
        if count > MOST {
            self.add(list.to_owned(), format!("{count} are too many: at most {MOST}"));
        }
    }

    fn names<'a>(&mut self, list: &str, names: impl Iterator<Item = &'a str>) {
        let mut seen = BTreeSet::new();
        for (index, name) in names.enumerate() {
            let path = format!("{list}[{index}].name");
            if name.trim().is_empty() {
                self.add(path, "it has no name");
            } else if !seen.insert(name) {
                self.add(path, format!("the name \"{name}\" stands here twice"));
            }
        }
    }

    fn seconds(&mut self, path: String, seconds: f64, least: f64) {
        if !(least..=LONGEST_S).contains(&seconds) {
            self.add(path, format!("{seconds} seconds cannot be used: {least} to {LONGEST_S}"));
        }
    }

    fn range(&mut self, path: String, number: f64, range: RangeInclusive<f64>, unit: &str) {
        if !range.contains(&number) {
            let (least, most) = (range.start(), range.end());
            self.add(path, format!("{number} {unit} cannot be used: {least} to {most}"));
        }
    }

    fn known(&mut self, what: &str, name: &str, known: Vec<&str>, path: String) {
        if known.contains(&name) {
            return;
        }
        let message = if known.is_empty() {
            format!("there is no {what} \"{name}\": this camera has none")
        } else {
            format!("there is no {what} \"{name}\": this camera has {}", known.join(", "))
        };
        self.add(path, message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_schedules_and_calibration_are_checked_too() {
        let scene: CameraScene = serde_json::from_str(
            r#"{
                "zones": [{"name": "lawn", "polygon": [[0,0],[1,0],[1,1]]}],
                "signals": [
                    {"name": "north", "source": "feed", "valid_for_s": 0},
                    {"name": "north", "source": {"plan": {"cycle_s": 60, "phases": [
                        {"state": "red", "for_s": 20}, {"state": "green", "for_s": 20}]}}},
                    {"name": "east", "source": {"plan": {"cycle_s": 60, "phases": [
                        {"state": "red", "for_s": 2}, {"state": "green", "for_s": 58}]}}},
                    {"name": "west", "source": {"plan": {"cycle_s": 1e9, "phases": []}}}
                ],
                "calibration": {"points": [
                    {"picture": [0.1, 0.9], "metres": [0, 0]},
                    {"picture": [0.5, 0.9], "metres": [5, 0]},
                    {"picture": [0.9, 0.9], "metres": [10, 0]},
                    {"picture": [0.5, 0.4], "metres": [5, 40]}
                ]},
                "rules": [
                    {"kind": "intrusion", "id": "a", "zone": "lawn", "schedule": []},
                    {"kind": "intrusion", "id": "b", "zone": "lawn", "schedule": [
                        {}, {"days": []}, {"from": "08:00", "to": "08:00"},
                        {"time_zone": "Asia/Hue"}, {"days": ["mon", "mon"]}]}
                ]
            }"#,
        )
        .unwrap();
        let listed: Vec<String> = scene.check().iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(listed.join("\n"));
    }

    #[test]
    fn rules_of_every_kind_are_checked() {
        let scene: CameraScene = serde_json::from_str(
            r#"{
                "zones": [{"name": "lane", "polygon": [[0,0],[1,0],[1,1]]}],
                "tripwires": [{"name": "gate", "line": [[0.1,0.5],[0.9,0.5]]}],
                "signals": [{"name": "north", "source": {"lamps": {
                    "red": [[0.1,0.1],[0.2,0.1],[0.2,0.2]],
                    "green": [[0.1,0.1],[0.2,0.1],[0.2,0.2]]}}}],
                "rules": [
                    {"kind": "wrong_way", "id": "a", "zone": "road", "way": [[0.5,0.5],[0.5,0.5]],
                     "angle_deg": 120, "distance_sizes": 0},
                    {"kind": "red_light", "id": "b", "signal": "south", "stop_line": "gate",
                     "junction_line": "gate", "grace_s": -1, "within_s": 0},
                    {"kind": "stop_line", "id": "c", "signal": "south", "zone": "lane", "for_s": 0},
                    {"kind": "illegal_stop", "id": "d", "zone": "lane", "for_s": 0},
                    {"kind": "forbidden_class", "id": "e", "zone": "lane"},
                    {"kind": "illegal_turn", "id": "f", "first": "gate", "then": "gate"},
                    {"kind": "illegal_turn", "id": "g", "first": "gate", "then": "door",
                     "within_s": 0},
                    {"kind": "box_blocking", "id": "h", "zone": "road"},
                    {"kind": "speeding", "id": "i", "zone": "lane", "limit_kmh": 500},
                    {"kind": "crowd", "id": "j", "zone": "lane", "at_least": 1},
                    {"kind": "congestion", "id": "k", "zone": "lane", "at_least": 5},
                    {"kind": "congestion", "id": "l", "zone": "lane", "at_least": 5,
                     "slower_than_kmh": 10, "occupancy": 2},
                    {"kind": "congestion", "id": "m", "zone": "lane", "at_least": 5,
                     "slower_than_sizes": 0, "for_s": 1}
                ]
            }"#,
        )
        .unwrap();
        let listed: Vec<String> = scene.check().iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(listed.join("\n"));
    }

    #[test]
    fn every_mistake_is_listed_with_its_place() {
        let scene: CameraScene = serde_json::from_str(
            r#"{
                "zones": [
                    {"name": "lawn", "polygon": [[0,0],[1,0],[1,1]]},
                    {"name": "lawn", "polygon": [[0,0],[1,0],[1,1]]}
                ],
                "tripwires": [
                    {"name": " ", "line": [[0.5,0.5],[0.5,0.5]]},
                    {"name": "gate", "line": [[0.5,0.5],[0.5,1.5]]}
                ],
                "rules": [
                    {"kind": "loitering", "id": "a", "zone": "yard", "for_s": -3},
                    {"kind": "count", "id": "a", "tripwire": "gate", "interval_s": 0},
                    {"kind": "line_crossing", "id": "b", "tripwire": "door", "cool_down_s": 1e9}
                ]
            }"#,
        )
        .unwrap();
        let listed: Vec<String> = scene.check().iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(listed.join("\n"));
    }
}
