//! Rules about standing still: what they are told.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A vehicle stands still in a zone for long.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct IllegalStop {
    /// Name of the zone.
    pub zone: String,
    /// How long it must stand, in seconds.
    #[schemars(range(min = 1.0, max = 86400.0))]
    pub for_s: f64,
}

/// A vehicle stands still in the box of a junction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BoxBlocking {
    /// Name of the zone: the box of the junction.
    pub zone: String,
    /// How long it must stand, in seconds; 5 if left out.
    #[serde(default = "default_box_blocking_s")]
    #[schemars(range(min = 1.0, max = 86400.0))]
    pub for_s: f64,
}

fn default_box_blocking_s() -> f64 {
    5.0
}
