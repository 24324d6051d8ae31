//! The same object over many sampled frames.

use serde::{Deserialize, Serialize};

use crate::{Attributes, Bbox, CameraId, Class, TimeRange, Timestamp, TrackId};

/// Where a tracked object was at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TrackPoint {
    /// When.
    pub time: Timestamp,
    /// Where on the view.
    pub bbox: Bbox,
}

/// The same object over many sampled frames.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Track {
    /// Names it within the site.
    pub id: TrackId,
    /// The camera that saw it.
    pub camera: CameraId,
    /// The class voted over its life.
    pub class: Class,
    /// Mean confidence of its detections, 0..=1.
    pub confidence: f32,
    /// What it looks like and where it was going.
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub attributes: Attributes,
    /// Where it was, in order of time; never empty.
    pub path: Vec<TrackPoint>,
}

impl Track {
    /// Returns from when to when it was seen.
    pub fn range(&self) -> TimeRange {
        let start = self.path.first().map_or(Timestamp::MIN, |point| point.time);
        let end = self.path.last().map_or(start, |point| point.time);
        TimeRange { start, end }
    }
}
