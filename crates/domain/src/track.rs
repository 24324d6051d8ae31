//! The same object over many sampled frames.

use std::str::FromStr;

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

/// Who followed an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrackSource {
    /// Our own analysis.
    #[default]
    Analysis,
    /// The camera's own analysis, told in its ONVIF metadata.
    Camera,
}

impl TrackSource {
    /// Returns whether our own analysis followed it.
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
    pub fn is_ours(&self) -> bool {
        *self == Self::Analysis
    }

    /// Returns the word used in API and search.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Analysis => "analysis",
            Self::Camera => "camera",
        }
    }
}

impl FromStr for TrackSource {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "analysis" => Ok(Self::Analysis),
            "camera" => Ok(Self::Camera),
            _ => Err(format!("\"{text}\" follows no objects: use analysis or camera")),
        }
    }
}

/// The same object over many sampled frames.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Track {
    /// Names it within the site.
    pub id: TrackId,
    /// The camera that saw it.
    pub camera: CameraId,
    /// Who followed it.
    #[serde(default, skip_serializing_if = "TrackSource::is_ours")]
    pub source: TrackSource,
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
