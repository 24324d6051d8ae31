//! Rules about being inside a zone: what they are told.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An object is inside a zone for some time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Intrusion {
    /// Name of the zone.
    pub zone: String,
    /// How long it must be inside, in seconds; 1 if left out.
    #[serde(default = "default_intrusion_s")]
    #[schemars(range(min = 0.0, max = 86400.0))]
    pub for_s: f64,
}

fn default_intrusion_s() -> f64 {
    1.0
}

/// The same object stays inside a zone for long.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Loitering {
    /// Name of the zone.
    pub zone: String,
    /// How long it must stay inside, in seconds.
    #[schemars(range(min = 0.0, max = 86400.0))]
    pub for_s: f64,
}

/// An object of a class is in a zone where that class may not be: a motorcycle on the pavement or
/// the motorway, a pedestrian on the carriageway, a car in the bus lane. It needs `classes`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ForbiddenClass {
    /// Name of the zone.
    pub zone: String,
    /// How long it must be inside, in seconds; 2 if left out.
    #[serde(default = "default_forbidden_s")]
    #[schemars(range(min = 0.0, max = 86400.0))]
    pub for_s: f64,
}

fn default_forbidden_s() -> f64 {
    2.0
}
