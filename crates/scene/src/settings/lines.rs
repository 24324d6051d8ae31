//! Rules over tripwires: what they are told.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which ways over a tripwire matter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Only from its left to its right.
    LeftToRight,
    /// Only from its right to its left.
    RightToLeft,
    /// Either way.
    #[default]
    Both,
}

impl Direction {
    /// Returns whether `crossing` goes this way.
    pub fn admits(self, crossing: domain::Crossing) -> bool {
        match self {
            Self::Both => true,
            Self::LeftToRight => crossing == domain::Crossing::LeftToRight,
            Self::RightToLeft => crossing == domain::Crossing::RightToLeft,
        }
    }
}

/// An object's ground point crosses a tripwire.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LineCrossing {
    /// Name of the tripwire.
    pub tripwire: String,
    /// Which ways over the tripwire matter; both if left out.
    #[serde(default)]
    pub direction: Direction,
}

/// How many crossed a tripwire, per interval, class and direction; raises no alert.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Count {
    /// Name of the tripwire.
    pub tripwire: String,
    /// Length of an interval, in seconds; 60 if left out. Intervals start at whole multiples of it
    /// in UTC.
    #[serde(default = "default_interval_s")]
    #[schemars(range(min = 1.0, max = 86400.0))]
    pub interval_s: f64,
}

/// The same object crosses one tripwire and then another, soon after: a turn that is forbidden
/// here, or a turn back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct IllegalTurn {
    /// Name of the tripwire that is crossed first.
    pub first: String,
    /// Which ways over the first tripwire matter; both if left out.
    #[serde(default)]
    pub first_direction: Direction,
    /// Name of the tripwire that is crossed then; for a turn back it may be the same, the other way.
    pub then: String,
    /// Which ways over the second tripwire matter; both if left out.
    #[serde(default)]
    pub then_direction: Direction,
    /// How soon the second follows the first, in seconds; 20 if left out.
    #[serde(default = "default_turn_within_s")]
    #[schemars(range(min = 1.0, max = 600.0))]
    pub within_s: f64,
}

fn default_turn_within_s() -> f64 {
    20.0
}

fn default_interval_s() -> f64 {
    60.0
}
