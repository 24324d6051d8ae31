//! The scenes that are being judged while the service answers.

use std::fmt;

use domain::{CameraId, SignalState, Timestamp, TrackId, TrackPoint};

/// The scenes being judged now; the program joins them behind it.
pub trait LiveScenes: Send + Sync + fmt::Debug {
    /// Returns where a track went so far that is still followed; one that has ended is in the
    /// index. Blocks for a moment.
    fn path(&self, camera: &CameraId, track: TrackId) -> Option<Vec<TrackPoint>>;

    /// Hands over that a signal of a camera showed `state` at `time`, by our clock. Never waits;
    /// returns whether there was room.
    fn tell_signal(
        &self,
        camera: &CameraId,
        signal: &str,
        state: SignalState,
        time: Timestamp,
    ) -> bool;
}
