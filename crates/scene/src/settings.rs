//! What a person draws and states for a camera: zones, tripwires, signals and rules
//! over them.

mod calibration;
mod crowds;
mod lights;
mod lines;
mod rule;
mod schedule;
mod signals;
mod stops;
mod table;
mod ways;
mod zones;

use domain::{Line, Polygon};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use calibration::{Calibration, CalibrationPoint};
pub use crowds::{Congestion, Crowd};
pub use lights::{RedLight, StopLine};
pub use lines::{Count, Direction, IllegalTurn, LineCrossing};
pub use rule::{Condition, Rule};
pub use schedule::{Day, TimeOfDay, Window};
pub use signals::{Lamps, Phase, Plan, Signal, SignalSource};
pub use stops::{BoxBlocking, IllegalStop};
pub use ways::{Speeding, WrongWay};
pub use zones::{ForbiddenClass, Intrusion, Loitering};

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
    /// Traffic lights that rules speak of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub signals: Vec<Signal>,
    /// Where points of the picture are on the ground; without it there are no metres.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Calibration>,
    /// What becomes an event.
    pub rules: Vec<Rule>,
}

impl CameraScene {
    /// Returns the polygon of the zone called `name`.
    pub fn zone(&self, name: &str) -> Option<&Polygon> {
        self.zones.iter().find(|zone| zone.name == name).map(|zone| &zone.polygon)
    }

    /// Returns the signal called `name`.
    pub fn signal(&self, name: &str) -> Option<&Signal> {
        self.signals.iter().find(|signal| signal.name == name)
    }

    /// Returns the rules that stored tracks cannot be judged by, each with its signal: only of a fixed
    /// plan is it known what state it had.
    pub fn unknown_in_replay(&self) -> impl Iterator<Item = (&Rule, &Signal)> {
        self.rules.iter().filter_map(|rule| {
            let signal = self.signal(rule.condition.signal()?)?;
            (!matches!(signal.source, SignalSource::Plan(_))).then_some((rule, signal))
        })
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
