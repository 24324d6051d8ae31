//! Traffic lights of a view: what they are called and where their state comes from.

use domain::{Polygon, SignalState};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A named traffic light.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Signal {
    /// What rules call it; unique among the camera's signals.
    pub name: String,
    /// Where its state comes from.
    pub source: SignalSource,
    /// How long a state holds that is not told again, in seconds; 5 if left out. Then it is
    /// unknown, and no rule fires. A fixed plan needs no telling.
    #[serde(default = "default_valid_for_s")]
    #[schemars(range(min = 0.5, max = 600.0))]
    pub valid_for_s: f64,
}

fn default_valid_for_s() -> f64 {
    5.0
}

/// Where the state of a traffic light comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SignalSource {
    /// The lamps are in the picture.
    Lamps(Lamps),
    /// A fixed plan, reckoned by the camera's clock.
    Plan(Plan),
    /// Somebody outside tells it.
    Feed,
}

/// Where the lamps are in the picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lamps {
    /// Around the red lamp, `[x, y]` each, 0..1 from left to right and from top to bottom.
    pub red: Polygon,
    /// Around the amber lamp, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amber: Option<Polygon>,
    /// Around the green lamp.
    pub green: Polygon,
}

/// A fixed plan: the same phases again and again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Length of one round, in seconds.
    #[schemars(range(min = 5.0, max = 3600.0))]
    pub cycle_s: f64,
    /// When a round starts: so many seconds after 1970-01-01T00:00:00Z, or after any whole number
    /// of rounds since. Where rounds divide a day, so many seconds after midnight in UTC.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 86400.0))]
    pub offset_s: f64,
    /// For how long before and after a change the state is unknown, in seconds, as no two clocks
    /// agree; 1 if left out.
    #[serde(default = "default_unsure_s")]
    #[schemars(range(min = 0.0, max = 60.0))]
    pub unsure_s: f64,
    /// What is shown, in order; together they last one round.
    pub phases: Vec<Phase>,
}

fn default_unsure_s() -> f64 {
    1.0
}

/// One phase of a fixed plan.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Phase {
    /// What is shown.
    pub state: SignalState,
    /// For how long, in seconds.
    pub for_s: f64,
}
