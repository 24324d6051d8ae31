//! Which alerts stand in one row of the queue. Nothing is dropped: each stays an alert of its own.

use std::collections::HashMap;
use std::time::Duration;

use domain::{Alert, CameraId, EventId, EventKind, RuleId, Timestamp};

/// Groups alerts of the same rule at the same camera that follow each other closely.
#[derive(Debug)]
pub struct Grouping {
    /// How long after the latest of a group another joins it.
    within: Duration,
    groups: HashMap<(CameraId, RuleId, EventKind), Group>,
}

#[derive(Debug)]
struct Group {
    head: EventId,
    latest: Timestamp,
}

impl Grouping {
    /// Goes on with `known`: alerts raised lately, in their order, each with the head of its group.
    pub fn new(within: Duration, known: impl IntoIterator<Item = (Alert, EventId)>) -> Self {
        let mut grouping = Self { within, groups: HashMap::new() };
        for (alert, head) in known {
            let latest = raised(&alert);
            grouping.groups.insert(key(&alert), Group { head, latest });
        }
        grouping
    }

    /// Takes over another span for the alerts to come.
    pub fn set_within(&mut self, within: Duration) {
        self.within = within;
    }

    /// Takes an alert that was just raised; returns the first alert of its group, itself if it
    /// begins one.
    pub fn group(&mut self, alert: &Alert) -> EventId {
        let (now, within) = (raised(alert), self.within);
        self.groups.retain(|_, group| now.since(group.latest) <= within);
        let group = self.groups.entry(key(alert)).or_insert(Group { head: alert.id, latest: now });
        group.latest = group.latest.max(now);
        group.head
    }
}

fn key(alert: &Alert) -> (CameraId, RuleId, EventKind) {
    let camera = alert.cameras.first().cloned();
    let camera = camera.expect("an alert was seen by at least one camera");
    (camera, alert.rule.clone(), alert.kind)
}

/// By our own clock, as far as it is known.
fn raised(alert: &Alert) -> Timestamp {
    alert.id.given().unwrap_or(alert.first)
}
