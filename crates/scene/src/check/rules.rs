//! Mistakes in rules: names that are not there, numbers that cannot be meant.

use std::collections::BTreeSet;

use domain::RuleId;

use super::{LONGEST_S, Problems, check_line};
use crate::ground::Ground;
use crate::schedule;
use crate::settings::{CameraScene, Condition, Congestion, Direction, IllegalTurn, Rule, Window};

impl CameraScene {
    pub(super) fn check_rules(&self, problems: &mut Problems) {
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
            check_schedule(rule.schedule.as_deref(), &path("schedule"), problems);
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
            Condition::ForbiddenClass(condition) => {
                self.check_zone(&condition.zone, path("zone"), problems);
                problems.seconds(path("for_s"), condition.for_s, 0.0);
                if rule.classes.is_empty() {
                    problems.add(path("classes"), "it forbids no class: name at least one");
                }
            }
            Condition::IllegalStop(rule) => {
                self.check_zone(&rule.zone, path("zone"), problems);
                problems.seconds(path("for_s"), rule.for_s, 1.0);
            }
            Condition::BoxBlocking(rule) => {
                self.check_zone(&rule.zone, path("zone"), problems);
                problems.seconds(path("for_s"), rule.for_s, 1.0);
            }
            Condition::IllegalTurn(rule) => self.check_turn(rule, path, problems),
            Condition::RedLight(rule) => {
                self.check_signal(&rule.signal, path("signal"), problems);
                self.check_tripwire(&rule.stop_line, path("stop_line"), problems);
                self.check_tripwire(&rule.junction_line, path("junction_line"), problems);
                if rule.stop_line == rule.junction_line {
                    let message = "it is the stop line: the junction begins beyond it";
                    problems.add(path("junction_line"), message);
                }
                problems.range(path("grace_s"), rule.grace_s, 0.0..=60.0, "seconds");
                problems.range(path("within_s"), rule.within_s, 1.0..=600.0, "seconds");
            }
            Condition::StopLine(rule) => {
                self.check_signal(&rule.signal, path("signal"), problems);
                self.check_zone(&rule.zone, path("zone"), problems);
                problems.seconds(path("for_s"), rule.for_s, 1.0);
                problems.range(path("grace_s"), rule.grace_s, 0.0..=60.0, "seconds");
            }
            Condition::WrongWay(rule) => {
                self.check_zone(&rule.zone, path("zone"), problems);
                check_line(rule.way, path("way"), problems);
                problems.range(path("angle_deg"), rule.angle_deg, 5.0..=85.0, "degrees");
                let sizes = rule.distance_sizes;
                problems.range(path("distance_sizes"), sizes, 1.0..=50.0, "sizes");
            }
            Condition::Speeding(rule) => {
                self.check_zone(&rule.zone, path("zone"), problems);
                self.check_ground(&rule.zone, path("zone"), problems);
                problems.range(path("limit_kmh"), rule.limit_kmh, 5.0..=200.0, "km/h");
            }
            Condition::Crowd(rule) => {
                self.check_zone(&rule.zone, path("zone"), problems);
                let number = f64::from(rule.at_least);
                problems.range(path("at_least"), number, 2.0..=1000.0, "persons");
                problems.seconds(path("for_s"), rule.for_s, 1.0);
            }
            Condition::Congestion(rule) => self.check_congestion(rule, path, problems),
        }
    }

    fn check_turn(
        &self,
        rule: &IllegalTurn,
        path: &dyn Fn(&str) -> String,
        problems: &mut Problems,
    ) {
        self.check_tripwire(&rule.first, path("first"), problems);
        self.check_tripwire(&rule.then, path("then"), problems);
        problems.range(path("within_s"), rule.within_s, 1.0..=600.0, "seconds");
        let (first, then) = (rule.first_direction, rule.then_direction);
        let is_back = first != Direction::Both && then != Direction::Both && first != then;
        if rule.first == rule.then && !is_back {
            let message = "it is the first tripwire: a turn back over it needs `first_direction` \
                           and `then_direction`, one each way";
            problems.add(path("then"), message);
        }
    }

    fn check_congestion(
        &self,
        rule: &Congestion,
        path: &dyn Fn(&str) -> String,
        problems: &mut Problems,
    ) {
        self.check_zone(&rule.zone, path("zone"), problems);
        problems.range(path("at_least"), f64::from(rule.at_least), 2.0..=1000.0, "vehicles");
        problems.range(path("for_s"), rule.for_s, 5.0..=LONGEST_S, "seconds");
        if let Some(part) = rule.occupancy {
            problems.range(path("occupancy"), part, 0.0..=1.0, "of the zone");
        }
        match (rule.slower_than_kmh, rule.slower_than_sizes) {
            (Some(kmh), None) => {
                self.check_ground(&rule.zone, path("slower_than_kmh"), problems);
                problems.range(path("slower_than_kmh"), kmh, 1.0..=200.0, "km/h");
            }
            (None, Some(sizes)) => {
                let unit = "sizes per second";
                problems.range(path("slower_than_sizes"), sizes, 0.05..=20.0, unit);
            }
            _ => {
                let message = "it needs one of `slower_than_kmh` and `slower_than_sizes`";
                problems.add(path("slower_than_kmh"), message);
            }
        }
    }

    /// Speeds in metres need a ground, and one that the whole zone lies on.
    fn check_ground(&self, zone: &str, path: String, problems: &mut Problems) {
        let Some(calibration) = &self.calibration else {
            problems.add(path, "speeds in km/h need the camera's calibration, and it has none");
            return;
        };
        // A calibration with mistakes is listed by itself, a missing zone too.
        let (Ok(ground), Some(zone)) = (Ground::new(calibration), self.zone(zone)) else {
            return;
        };
        if zone.corners().iter().any(|corner| ground.place(*corner).is_none()) {
            problems.add(path, "the zone reaches above the horizon of the calibration");
        }
    }

    fn check_signal(&self, name: &str, path: String, problems: &mut Problems) {
        let names = self.signals.iter().map(|signal| signal.name.as_str());
        problems.known("signal", name, names.collect(), path);
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

fn check_schedule(schedule: Option<&[Window]>, path: &str, problems: &mut Problems) {
    let Some(windows) = schedule else {
        return;
    };
    if windows.is_empty() {
        problems.add(path.to_owned(), "it never opens: leave it out to judge always");
    }
    for (index, window) in windows.iter().enumerate() {
        if let Some((key, message)) = schedule::mistake(window) {
            problems.add(format!("{path}[{index}].{key}"), message);
        }
        let days: BTreeSet<_> = window.days.iter().collect();
        if days.len() < window.days.len() {
            problems.add(format!("{path}[{index}].days"), "a day stands here twice");
        }
    }
}
