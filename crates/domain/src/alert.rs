//! An event put before the duty officer, with all that repeats it.

use serde::{Deserialize, Serialize};

use crate::{CameraId, Class, Event, EventId, EventKind, Location, RuleId, Severity, Timestamp};

/// Whether what an alert tells of still lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// An act: over when it was told.
    Momentary,
    /// A camera is in trouble.
    Active,
    /// The trouble has ended, at this time.
    Cleared(Timestamp),
}

impl Condition {
    /// Returns the word used in API and search.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Momentary => "momentary",
            Self::Active => "active",
            Self::Cleared(_) => "cleared",
        }
    }
}

/// One happening, however many events tell of it. Its first event stays first; what is folded into
/// it is counted, and stays an event of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// The event that raised it names it.
    pub id: EventId,
    /// What kind of event it is.
    pub kind: EventKind,
    /// The rule that raised it.
    pub rule: RuleId,
    /// How grave the gravest of its events is.
    pub severity: Severity,
    /// What kind of object, if one.
    pub class: Option<Class>,
    /// The cameras that saw it, in the order in which they told; of a call, those that stand near its
    /// place, the best placed first. Empty only for a call near which there is none: that is for who
    /// sees the whole site.
    pub cameras: Vec<CameraId>,
    /// Where the first of them stood, if known; of a call, where it is.
    pub location: Option<Location>,
    /// When the earliest of its events was.
    pub first: Timestamp,
    /// When the latest of its events was.
    pub last: Timestamp,
    /// The event that was folded in last.
    pub last_event: EventId,
    /// How many events tell of it.
    pub count: u32,
    /// Whether it still lasts.
    pub condition: Condition,
    /// Grows with every change, from 1.
    pub version: u32,
}

impl Alert {
    /// Returns the alert that `event` raises: of itself alone.
    pub fn raised(event: &Event) -> Self {
        let draft = &event.draft;
        let lasts = matches!(draft.kind, EventKind::Health(_));
        Self {
            id: event.id,
            kind: draft.kind,
            rule: draft.rule.clone(),
            severity: draft.severity,
            class: draft.class,
            cameras: vec![draft.camera.clone()],
            location: event.location,
            first: draft.time,
            last: draft.time,
            last_event: event.id,
            count: 1,
            condition: if lasts { Condition::Active } else { Condition::Momentary },
            version: 1,
        }
    }
}
