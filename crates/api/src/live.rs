//! The scenes that are being judged while the service answers.

use std::fmt;

use domain::{CameraId, TrackId, TrackPoint};

/// The scenes being judged now; the program joins them behind it.
pub trait LiveScenes: Send + Sync + fmt::Debug {
    /// Returns where a track went so far that is still followed; one that has ended is in the
    /// index. Blocks for a moment.
    fn path(&self, camera: &CameraId, track: TrackId) -> Option<Vec<TrackPoint>>;
}
