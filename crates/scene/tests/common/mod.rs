//! What the scene tests share: observations from boxes.

use std::sync::Arc;

use domain::{Detection, Looked, Observation, Timestamp};

/// 2026-03-01T00:00:00Z.
pub(crate) const START: Timestamp = Timestamp::from_millis(1_772_323_200_000);

/// Returns an observation of a whole view, `seconds` after [`START`].
pub(crate) fn observation(seconds: f64, aspect: f32, detections: Vec<Detection>) -> Observation {
    Observation {
        camera: "cau-giay-01".parse().unwrap(),
        time: START.plus(std::time::Duration::from_secs_f64(seconds)),
        clock_error_ms: 12,
        aspect,
        looked: Looked::Whole,
        detections,
        model: Arc::from("5d0e4f8c"),
    }
}
