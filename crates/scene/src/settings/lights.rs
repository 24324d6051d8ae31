//! Rules at traffic lights: what they are told.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A vehicle crosses the stop line and then the junction line while its signal is red.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RedLight {
    /// Name of the signal.
    pub signal: String,
    /// Name of the tripwire at the stop line.
    pub stop_line: String,
    /// Name of the tripwire where the junction begins, beyond the stop line. It tells who drove on
    /// from who stopped a little late.
    pub junction_line: String,
    /// How long it must have been red when the stop line is crossed, in seconds; 1 if left out.
    #[serde(default = "default_grace_s")]
    #[schemars(range(min = 0.0, max = 60.0))]
    pub grace_s: f64,
    /// How soon the junction line follows the stop line, in seconds; 15 if left out.
    #[serde(default = "default_red_light_within_s")]
    #[schemars(range(min = 1.0, max = 600.0))]
    pub within_s: f64,
}

fn default_grace_s() -> f64 {
    1.0
}

fn default_red_light_within_s() -> f64 {
    15.0
}

/// A vehicle came beyond the stop line when its signal was no longer green, and stands there while
/// it is red.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StopLine {
    /// Name of the signal.
    pub signal: String,
    /// Name of the zone beyond the stop line, up to the junction.
    pub zone: String,
    /// How long it must stand there while it is red, in seconds; 3 if left out.
    #[serde(default = "default_stop_line_s")]
    #[schemars(range(min = 1.0, max = 86400.0))]
    pub for_s: f64,
    /// How long it must have been red, in seconds, before standing counts; 1 if left out.
    #[serde(default = "default_grace_s")]
    #[schemars(range(min = 0.0, max = 60.0))]
    pub grace_s: f64,
}

fn default_stop_line_s() -> f64 {
    3.0
}
