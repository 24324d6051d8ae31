//! What the duty desk is told besides what is stored: policy, procedures, the rules as they are.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError};

use ::alerts::Escalations;
use domain::{CameraId, EventKind, Polygon, RuleId};
use scene::{CameraScene, Rule};

use crate::state::ApiState;

/// What is to be done about alerts of some kinds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Procedure {
    /// For which kinds.
    pub kinds: Vec<EventKind>,
    /// What is to be done, in order.
    pub steps: Vec<String>,
}

/// What the duty desk is told besides what is stored.
#[derive(Clone, Default)]
pub struct Desk {
    /// Who is told when nobody acknowledges an alert in time.
    pub escalations: Escalations,
    /// What is to be done.
    pub procedures: Vec<Procedure>,
    /// What each camera's pictures are judged by now.
    pub scenes: HashMap<CameraId, CameraScene>,
    /// What each camera's pictures are painted over with.
    pub masks: HashMap<CameraId, Vec<Polygon>>,
    /// How many desks share the alerts.
    pub desks: u32,
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk").field("escalations", &self.escalations).finish_non_exhaustive()
    }
}

impl Desk {
    /// Returns the steps for alerts of `kind`; none if it has no procedure.
    pub(crate) fn steps(&self, kind: EventKind) -> &[String] {
        let found = self.procedures.iter().find(|procedure| procedure.kinds.contains(&kind));
        found.map_or(&[], |procedure| &procedure.steps)
    }

    /// Returns a rule of a camera as it is now.
    pub(crate) fn rule(&self, camera: &CameraId, rule: &RuleId) -> Option<&Rule> {
        self.scenes.get(camera)?.rules.iter().find(|known| known.id == *rule)
    }
}

impl ApiState {
    /// Replaces what the duty desk is told, after a start or a reload of the configuration.
    pub fn set_desk(&self, desk: Desk) {
        *self.desk_slot().lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(desk);
    }

    /// Returns what the duty desk is told.
    pub(crate) fn desk(&self) -> Arc<Desk> {
        Arc::clone(&self.desk_slot().lock().unwrap_or_else(PoisonError::into_inner))
    }
}
