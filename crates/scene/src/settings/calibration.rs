//! Where points of the picture are on the ground.

use domain::{Location, Point};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Points of the picture whose place on the ground was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// Four or more points, no three of four on a line; six or more show how exact they are.
    pub points: Vec<CalibrationPoint>,
    /// Where the second axis of `metres` points, in degrees clockwise from north: 0 if it points
    /// north. Left out, no heading is told. Points given by `location` need none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 360.0))]
    pub bearing: Option<f64>,
}

/// One point of the picture and its place on the ground, in `metres` or as a `location`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CalibrationPoint {
    /// `[x, y]`, 0..1 from left to right and from top to bottom.
    pub picture: Point,
    /// `[x, y]` in metres from any fixed point, x to the right of y as on a map: `[east, north]`,
    /// or across and along a street.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metres: Option<[f64; 2]>,
    /// In degrees of WGS 84.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
}
