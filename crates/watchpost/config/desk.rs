//! The duty desk: who is told when nobody answers for an alert, and what is to be done about one.

use std::time::Duration;

use domain::{AccountName, EventKind, RuleKind, Severity};
use schemars::JsonSchema;
use serde::Deserialize;

use super::Config;

/// Longest wait for an acknowledgement, in seconds: a shift.
const LONGEST_WAIT_S: f64 = 8.0 * 3600.0;
/// Characters that a step of a procedure may have.
const STEP_CHARACTERS: usize = 500;
/// Minutes over which alerts may be grouped at most.
const LONGEST_GROUP_MIN: f64 = 120.0;

/// A rung of the escalation: an alert that nobody acknowledged for so long goes to somebody higher.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Escalation {
    /// Alerts of which severity: 1 is the gravest.
    pub(crate) severity: Severity,
    /// How long after the alert was raised, or came back from the shelf, in seconds.
    pub(crate) after_s: f64,
    /// The account it goes to.
    pub(crate) to: AccountName,
}

/// What is to be done about alerts of some kinds, shown with each of them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Procedure {
    /// For which kinds of alert; each has one procedure at most.
    pub(crate) kinds: Vec<EventKind>,
    /// What is to be done, in this order, in the words of the duty officers.
    pub(crate) steps: Vec<String>,
}

/// Returns the rungs of a configuration that was checked.
pub(crate) fn escalations(config: &Config) -> alerts::Escalations {
    let rung = |escalation: &Escalation| alerts::Escalation {
        severity: escalation.severity,
        after: Duration::from_secs_f64(escalation.after_s),
        to: escalation.to.clone(),
    };
    alerts::Escalations::new(config.escalations.iter().map(rung).collect())
}

/// Returns what the query service tells of alerts besides what is stored.
pub(crate) fn desk(config: &Config) -> api::Desk {
    let procedure = |procedure: &Procedure| api::Procedure {
        kinds: procedure.kinds.clone(),
        steps: procedure.steps.clone(),
    };
    let scene = |camera: &super::Camera| (camera.id.clone(), camera.scene.clone());
    let masks = |camera: &super::Camera| (camera.id.clone(), camera.masks.clone());
    api::Desk {
        escalations: escalations(config),
        procedures: config.procedures.iter().map(procedure).collect(),
        scenes: config.cameras.iter().map(scene).collect(),
        masks: config.cameras.iter().map(masks).collect(),
        desks: config.alerts.desks,
    }
}

/// Returns every mistake, with the path of the setting.
pub(super) fn check(config: &Config) -> Vec<(String, String)> {
    let mut found = Vec::new();
    if !(0.0..=LONGEST_GROUP_MIN).contains(&config.alerts.group_min) {
        let message = format!("it is 0 to {LONGEST_GROUP_MIN} minutes");
        found.push(("alerts.group_min".to_owned(), message));
    }
    if !(1..=1000).contains(&config.alerts.desks) {
        found.push(("alerts.desks".to_owned(), "desks are 1 to 1000".to_owned()));
    }
    for (position, escalation) in config.escalations.iter().enumerate() {
        let path = format!("escalation[{position}].after_s");
        let same = |earlier: &Escalation| {
            earlier.severity == escalation.severity
                && earlier.after_s.total_cmp(&escalation.after_s).is_eq()
        };
        if !(1.0..=LONGEST_WAIT_S).contains(&escalation.after_s) {
            found.push((path, format!("it is 1 to {LONGEST_WAIT_S} seconds")));
        } else if config.escalations[..position].iter().any(same) {
            let severity = escalation.severity.number();
            let message = format!("another rung of severity {severity} is due at the same moment");
            found.push((path, message));
        }
    }
    let mut known: Vec<EventKind> = Vec::new();
    for (position, procedure) in config.procedures.iter().enumerate() {
        let mut wrong = |path: &str, message: String| {
            found.push((format!("procedure[{position}].{path}"), message));
        };
        if procedure.kinds.is_empty() {
            wrong("kinds", "at least one kind is needed".to_owned());
        }
        for (number, kind) in procedure.kinds.iter().enumerate() {
            let path = format!("kinds[{number}]");
            if matches!(kind, EventKind::Over(_) | EventKind::Rule(RuleKind::Count)) {
                wrong(&path, format!("{kind} raises no alert"));
            } else if known.contains(kind) {
                wrong(&path, format!("{kind} has a procedure already"));
            }
            known.push(*kind);
        }
        let most = usize::from(alerts::STEP_LIMIT);
        if !(1..=most).contains(&procedure.steps.len()) {
            wrong("steps", format!("a procedure has 1 to {most} steps"));
        }
        for (number, step) in procedure.steps.iter().enumerate() {
            let count = step.chars().count();
            if step.trim().is_empty() || count > STEP_CHARACTERS {
                let message = format!("a step has 1 to {STEP_CHARACTERS} characters");
                wrong(&format!("steps[{number}]"), message);
            }
        }
    }
    found
}
