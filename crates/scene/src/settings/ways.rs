//! Rules about how vehicles move: what they are told.

use domain::Line;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A vehicle goes against the direction of a lane.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WrongWay {
    /// Name of the zone: the lane.
    pub zone: String,
    /// The direction of the lane, as an arrow on the picture: start and end, `[x, y]` each.
    pub way: Line,
    /// How far from straight against it a movement may point, in degrees; 45 if left out.
    #[serde(default = "default_angle_deg")]
    #[schemars(range(min = 5.0, max = 85.0))]
    pub angle_deg: f64,
    /// How far it must go against it, in sizes of its own box; 2 if left out.
    #[serde(default = "default_distance_sizes")]
    #[schemars(range(min = 1.0, max = 50.0))]
    pub distance_sizes: f64,
}

fn default_angle_deg() -> f64 {
    45.0
}

fn default_distance_sizes() -> f64 {
    2.0
}

/// A vehicle seems faster than the limit, by more than the uncertainty of its speed. It needs the
/// camera's calibration, and is an indication, not a measurement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Speeding {
    /// Name of the zone in which speeds are judged; best within the calibration's points.
    pub zone: String,
    /// The limit, in km/h.
    #[schemars(range(min = 5.0, max = 200.0))]
    pub limit_kmh: f64,
}
