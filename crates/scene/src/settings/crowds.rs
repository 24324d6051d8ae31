//! Rules about many objects at once: what they are told.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Many persons are in a zone at once, for some time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Crowd {
    /// Name of the zone.
    pub zone: String,
    /// From how many on.
    #[schemars(range(min = 2, max = 1000))]
    pub at_least: u32,
    /// For how long, in seconds; 10 if left out.
    #[serde(default = "default_crowd_s")]
    #[schemars(range(min = 1.0, max = 86400.0))]
    pub for_s: f64,
}

fn default_crowd_s() -> f64 {
    10.0
}

/// Many vehicles are in a lane zone and slow, for some time. It needs one of `slower_than_kmh`,
/// with the camera's calibration, and `slower_than_sizes`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Congestion {
    /// Name of the zone: one or more lanes of one direction, without parking.
    pub zone: String,
    /// From how many vehicles on.
    #[schemars(range(min = 2, max = 1000))]
    pub at_least: u32,
    /// From which part of the zone on that vehicles' boxes cover, 0 to 1; any if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub occupancy: Option<f64>,
    /// Below which mean speed, in km/h.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1.0, max = 200.0))]
    pub slower_than_kmh: Option<f64>,
    /// Below which mean speed, in sizes of a vehicle's own box per second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.05, max = 20.0))]
    pub slower_than_sizes: Option<f64>,
    /// For how long, in seconds; 60 if left out.
    #[serde(default = "default_congestion_s")]
    #[schemars(range(min = 5.0, max = 86400.0))]
    pub for_s: f64,
}

fn default_congestion_s() -> f64 {
    60.0
}
