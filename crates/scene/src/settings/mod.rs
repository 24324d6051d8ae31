//! What a person draws and states for a camera: zones, tripwires and rules over them.

mod lines;
mod rule;
mod table;
mod zones;

use domain::{Line, Polygon};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use lines::{Count, Direction, LineCrossing};
pub use rule::{Condition, Rule};
pub use zones::{Intrusion, Loitering};

/// Everything that one camera's pictures are judged by.
///
/// Deserialising refuses unknown keys; [`CameraScene::check`] finds the other mistakes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CameraScene {
    /// Areas of the view that rules speak of.
    pub zones: Vec<Zone>,
    /// Directed lines on the view that rules speak of.
    pub tripwires: Vec<Tripwire>,
    /// What becomes an event.
    pub rules: Vec<Rule>,
}

impl CameraScene {
    /// Returns the polygon of the zone called `name`.
    pub fn zone(&self, name: &str) -> Option<&Polygon> {
        self.zones.iter().find(|zone| zone.name == name).map(|zone| &zone.polygon)
    }

    /// Returns the line of the tripwire called `name`.
    pub fn tripwire(&self, name: &str) -> Option<Line> {
        self.tripwires.iter().find(|wire| wire.name == name).map(|wire| wire.line)
    }
}

/// A named area of the view.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Zone {
    /// What rules call it; unique among the camera's zones.
    pub name: String,
    /// Its corners in order, `[x, y]` each, 0..1 from left to right and from top to bottom.
    pub polygon: Polygon,
}

/// A named, directed line on the view.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tripwire {
    /// What rules call it; unique among the camera's tripwires.
    pub name: String,
    /// Start and end, `[x, y]` each, 0..1 from left to right and from top to bottom. Left and
    /// right of it are as seen by someone who walks on the picture from start to end: of a line
    /// drawn upwards the picture's left is left, of one drawn downwards it is right.
    pub line: Line,
}
