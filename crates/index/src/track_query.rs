//! What can be asked of the tracks.

use std::fmt;
use std::str::FromStr;

use domain::{CameraId, Class, Gate, TimeRange, Timestamp, Track, TrackId, TrackSource};

use crate::query::{AtLeast, DailyHours};
use crate::{IndexError, Looks};

/// A question about tracks.
#[derive(Debug, Clone, PartialEq)]
pub struct TrackQuery {
    /// Only these cameras; `None` for all.
    pub cameras: Option<Vec<CameraId>>,
    /// When the object was seen: the track shares a moment with it.
    pub range: TimeRange,
    /// Only what was seen in these hours of a day.
    pub daily: Option<DailyHours>,
    /// Only these classes; empty for all.
    pub classes: Vec<Class>,
    /// Only those followed by our own analysis, or by the cameras themselves; `None` for both.
    pub source: Option<TrackSource>,
    /// Only objects that look so.
    pub looks: Looks,
    /// Only those that reach it.
    pub at_least: AtLeast,
    /// Only those that went over a line drawn on their camera's view. Meant for one camera, as a
    /// view is one's own.
    pub gate: Option<Gate>,
    /// Where the page before ended.
    pub cursor: Option<TrackCursor>,
    /// How many tracks to answer at most; held to 1..=10,000.
    pub limit: usize,
}

impl TrackQuery {
    /// Asks for the first 100 tracks of `range`.
    pub fn new(range: TimeRange) -> Self {
        Self {
            cameras: None,
            range,
            daily: None,
            classes: Vec::new(),
            source: None,
            looks: Looks::default(),
            at_least: AtLeast::default(),
            gate: None,
            cursor: None,
            limit: 100,
        }
    }
}

/// Some of the tracks that a query asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct TrackPage {
    /// The tracks in order of their start. Paths are simplified: a straight stretch keeps its ends.
    /// They may be fewer than asked for, and none, though there is more: what is looked at for one
    /// page is bounded.
    pub tracks: Vec<Track>,
    /// Where to continue; `None` at the end.
    pub next: Option<TrackCursor>,
}

/// Where a page of tracks ended. Opaque: written and read back only by this crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrackCursor {
    pub(crate) start: Timestamp,
    pub(crate) track: TrackId,
}

impl fmt::Display for TrackCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "t{:016x}{:016x}", self.start.as_micros(), self.track.0)
    }
}

impl FromStr for TrackCursor {
    type Err = IndexError;

    fn from_str(text: &str) -> Result<Self, IndexError> {
        let part = |from: usize| {
            let digits = text.get(from..from + 16)?;
            u64::from_str_radix(digits, 16).ok()
        };
        let whole = text.starts_with('t') && text.len() == 33;
        match (whole, part(1), part(17)) {
            (true, Some(start), Some(track)) => Ok(Self {
                start: Timestamp::from_micros(start.cast_signed()),
                track: TrackId(track),
            }),
            _ => Err(IndexError::Query(format!("\"{text}\" is not a cursor"))),
        }
    }
}
