//! Finds every mistake in a camera's zones, tripwires and rules that its types let through.

use std::collections::BTreeSet;
use std::fmt;

use domain::RuleId;

use crate::settings::{CameraScene, Condition, Rule};

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
        problems.few_enough("rules", self.rules.len());
        problems.names("zones", self.zones.iter().map(|zone| zone.name.as_str()));
        problems.names("tripwires", self.tripwires.iter().map(|tripwire| tripwire.name.as_str()));
        self.check_lines(&mut problems);
        self.check_rules(&mut problems);
        problems.0
    }

    fn check_lines(&self, problems: &mut Problems) {
        for (index, tripwire) in self.tripwires.iter().enumerate() {
            let path = format!("tripwires[{index}].line");
            let (from, to) = (tripwire.line.from, tripwire.line.to);
            if !from.is_on_view() || !to.is_on_view() {
                problems.add(path, "it leaves the view: both coordinates are 0 to 1");
            } else if (to.x - from.x).hypot(to.y - from.y) < SHORTEST_TRIPWIRE {
                problems.add(path, "it has no length: start and end are the same point");
            }
        }
    }

    fn check_rules(&self, problems: &mut Problems) {
        let mut ids: BTreeSet<&RuleId> = BTreeSet::new();
        for (index, rule) in self.rules.iter().enumerate() {
            let path = |key: &str| format!("rules[{index}].{key}");
            if !ids.insert(&rule.id) {
                problems.add(path("id"), format!("rule \"{}\" stands here twice", rule.id));
            }
            let classes: BTreeSet<_> = rule.classes.iter().collect();
            if classes.len() < rule.classes.len() {
                problems.add(path("classes"), "a class stands here twice");
            }
            problems.seconds(path("cool_down_s"), rule.cool_down_s, 0.0);
            self.check_condition(rule, &path, problems);
        }
    }

    fn check_condition(&self, rule: &Rule, path: &dyn Fn(&str) -> String, problems: &mut Problems) {
        match &rule.condition {
            Condition::LineCrossing(rule) => {
                self.check_tripwire(&rule.tripwire, path("tripwire"), problems);
            }
            Condition::Count(rule) => {
                self.check_tripwire(&rule.tripwire, path("tripwire"), problems);
                problems.seconds(path("interval_s"), rule.interval_s, 1.0);
            }
            Condition::Intrusion(rule) => {
                self.check_zone(&rule.zone, path("zone"), problems);
                problems.seconds(path("for_s"), rule.for_s, 0.0);
            }
            Condition::Loitering(rule) => {
                self.check_zone(&rule.zone, path("zone"), problems);
                problems.seconds(path("for_s"), rule.for_s, 1.0);
            }
        }
    }

    fn check_zone(&self, name: &str, path: String, problems: &mut Problems) {
        let names = self.zones.iter().map(|zone| zone.name.as_str());
        problems.known("zone", name, names.collect(), path);
    }

    fn check_tripwire(&self, name: &str, path: String, problems: &mut Problems) {
        let names = self.tripwires.iter().map(|wire| wire.name.as_str());
        problems.known("tripwire", name, names.collect(), path);
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
