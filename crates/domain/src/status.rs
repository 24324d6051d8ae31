//! How every stream is doing now: one board, written by the feeds, read by everyone.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::{CameraId, Codec, CoverageNow, HealthFinding, StreamId, Timestamp};

/// How a stream is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamState {
    /// Waiting for its turn to connect, or connecting.
    Connecting,
    /// Pictures arrive and advance.
    Up,
    /// The connection stands, but no advancing pictures arrive.
    NoPicture,
    /// Cannot be reached, or the connection broke; tried again by itself.
    Down,
    /// The camera refuses the password or has no such stream; tried again rarely.
    Misconfigured,
    /// Not wanted by the configuration any more.
    Stopped,
}

impl StreamState {
    /// Returns the word used in API, metrics and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Up => "up",
            Self::NoPicture => "no_picture",
            Self::Down => "down",
            Self::Misconfigured => "misconfigured",
            Self::Stopped => "stopped",
        }
    }
}

/// How one stream is doing, with the figures an operator asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StreamStatus {
    /// How it is doing.
    pub state: StreamState,
    /// Since when.
    pub since: Timestamp,
    /// Why, for a person; never holds a credential.
    pub detail: Option<String>,
    /// When the camera took the last picture.
    pub last_picture: Option<Timestamp>,
    /// How its pictures are coded.
    pub codec: Option<Codec>,
    /// Width and height of its pictures, in pixels.
    pub size: Option<(u32, u32)>,
    /// Pictures per second over the last seconds.
    pub pictures_per_second: f32,
    /// Kilobits per second over the last seconds.
    pub kbit_per_second: f32,
    /// The camera's clock minus ours, in milliseconds.
    pub clock_error_ms: Option<i32>,
    /// Access units received since start.
    pub pictures: u64,
    /// RTP packets lost since start.
    pub lost_packets: u64,
    /// How often the connection was lost since start.
    pub reconnects: u64,
    /// Whether the same picture comes again and again.
    pub frozen: bool,
}

impl StreamStatus {
    /// Returns a stream that waits to connect.
    pub fn connecting(since: Timestamp) -> Self {
        Self {
            state: StreamState::Connecting,
            since,
            detail: None,
            last_picture: None,
            codec: None,
            size: None,
            pictures_per_second: 0.0,
            kbit_per_second: 0.0,
            clock_error_ms: None,
            pictures: 0,
            lost_packets: 0,
            reconnects: 0,
            frozen: false,
        }
    }
}

/// Every stream's status, what is wrong with each camera, and how many do what. Shared; a lock is
/// held for one copy only.
#[derive(Debug, Default)]
pub struct StatusBoard {
    streams: Mutex<BTreeMap<StreamId, StreamStatus>>,
    troubles: Mutex<BTreeMap<CameraId, Vec<HealthFinding>>>,
    coverage: Mutex<Option<CoverageNow>>,
}

impl StatusBoard {
    /// Applies `change` to the status of `stream`, made anew as connecting at `now` if absent.
    pub fn update(
        &self,
        stream: &StreamId,
        now: Timestamp,
        change: impl FnOnce(&mut StreamStatus),
    ) {
        let mut streams = self.lock();
        if let Some(status) = streams.get_mut(stream) {
            change(status);
            return;
        }
        let mut status = StreamStatus::connecting(now);
        change(&mut status);
        streams.insert(stream.clone(), status);
    }

    /// Forgets a stream that is no longer configured.
    pub fn remove(&self, stream: &StreamId) {
        self.lock().remove(stream);
    }

    /// Returns the status of one stream.
    pub fn get(&self, stream: &StreamId) -> Option<StreamStatus> {
        self.lock().get(stream).cloned()
    }

    /// Returns a copy of the whole board.
    pub fn snapshot(&self) -> BTreeMap<StreamId, StreamStatus> {
        self.lock().clone()
    }

    /// Shows what is wrong with a camera now, in place of what was shown before.
    pub fn set_troubles(&self, camera: &CameraId, troubles: Vec<HealthFinding>) {
        let mut all = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
        if troubles.is_empty() {
            all.remove(camera);
        } else {
            all.insert(camera.clone(), troubles);
        }
    }

    /// Returns what is wrong with a camera now.
    pub fn troubles(&self, camera: &CameraId) -> Vec<HealthFinding> {
        let all = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(camera).cloned().unwrap_or_default()
    }

    /// Shows how many cameras do what, in place of what was shown before.
    pub fn set_coverage(&self, now: CoverageNow) {
        *self.coverage.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
    }

    /// Returns how many cameras did what when they were last counted; `None` before that.
    pub fn coverage(&self) -> Option<CoverageNow> {
        *self.coverage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<StreamId, StreamStatus>> {
        // A panic while the lock was held leaves a status that is at worst half updated.
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
