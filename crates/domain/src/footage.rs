//! What was recorded and what was not.

use std::fmt;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::{Codec, SegmentId, StreamId, TimeRange, Timestamp, VolumeId};

/// One `moof`+`mdat` pair of a segment: one GOP. Offsets count from the start of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fragment {
    /// Wall-clock time of its first picture.
    pub start: Timestamp,
    /// How long its pictures last, in microseconds.
    pub duration_us: u32,
    /// Byte offset of its first box (`prft`, or a `free` before it).
    pub offset: u64,
    /// Bytes from there to the end of its `mdat`.
    pub bytes: u32,
    /// How many pictures it holds.
    pub pictures: u32,
}

/// How far a segment is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SegmentState {
    /// Being written; no hash yet.
    Open,
    /// Closed, synced to disk, hashed.
    Closed,
    /// Marked for deletion; the file may be gone already.
    Deleting,
}

/// How a camera signs its video, in the video itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CameraSigning {
    /// ONVIF Media Signing.
    Onvif,
    /// Axis's signed video, which came before it.
    Axis,
}

impl fmt::Display for CameraSigning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Onvif => "ONVIF Media Signing",
            Self::Axis => "Axis Signed Video",
        })
    }
}

/// One recorded file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Its row in the index.
    pub id: SegmentId,
    /// The stream it holds.
    pub stream: StreamId,
    /// The volume it lies on.
    pub volume: VolumeId,
    /// Where it lies, below the volume's folder: `camera/stream/2026-03-01/07-30-00.123.mp4`.
    pub path: String,
    /// Wall-clock span of its pictures.
    pub range: TimeRange,
    /// How its pictures are coded.
    pub codec: Codec,
    /// Width of its pictures, in pixels.
    pub width: u32,
    /// Height of its pictures, in pixels.
    pub height: u32,
    /// The `codecs` parameter of RFC 6381.
    pub rfc6381: String,
    /// Its sample entry box, whole.
    pub sample_entry: Bytes,
    /// Size of the file so far, in bytes.
    pub bytes: u64,
    /// Bytes before the first fragment (`ftyp` and `moov`).
    pub header_bytes: u32,
    /// Its fragments in order.
    pub fragments: Vec<Fragment>,
    /// SHA-256 of the whole file, once closed.
    pub sha256: Option<[u8; 32]>,
    /// How far it is in its life.
    pub state: SegmentState,
}

/// Why nothing was recorded. The numbers are stored and never change meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum GapCause {
    /// The camera could not be reached, or the connection broke.
    Disconnected = 1,
    /// The camera refuses our password, or has no such stream.
    Misconfigured = 2,
    /// Connected, but no advancing pictures.
    NoPicture = 3,
    /// RTP packets were lost on the way; a picture is missing or damaged.
    PacketLoss = 4,
    /// The camera sent what cannot be read.
    Garbage = 5,
    /// The disk was slower than the cameras.
    DiskSlow = 6,
    /// No volume had room.
    DiskFull = 7,
    /// A volume failed.
    DiskFailed = 8,
    /// Watchpost was stopped in good order.
    Stopped = 9,
    /// Watchpost or the machine ended without warning.
    Crashed = 10,
    /// The camera's clock jumped.
    ClockJump = 11,
}

impl GapCause {
    /// Every cause, in the order of its number.
    pub const ALL: [Self; 11] = [
        Self::Disconnected,
        Self::Misconfigured,
        Self::NoPicture,
        Self::PacketLoss,
        Self::Garbage,
        Self::DiskSlow,
        Self::DiskFull,
        Self::DiskFailed,
        Self::Stopped,
        Self::Crashed,
        Self::ClockJump,
    ];

    /// Returns the word used in API and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Disconnected => "disconnected",
            Self::Misconfigured => "misconfigured",
            Self::NoPicture => "no_picture",
            Self::PacketLoss => "packet_loss",
            Self::Garbage => "garbage",
            Self::DiskSlow => "disk_slow",
            Self::DiskFull => "disk_full",
            Self::DiskFailed => "disk_failed",
            Self::Stopped => "stopped",
            Self::Crashed => "crashed",
            Self::ClockJump => "clock_jump",
        }
    }

    /// Returns the number stored for this cause.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// Returns the cause stored as `number`.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.number() == number)
    }
}

impl fmt::Display for GapCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A span without recording, with its cause.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Gap {
    /// The stream that was not recorded.
    pub stream: StreamId,
    /// From when.
    pub start: Timestamp,
    /// Until when; `None` while it lasts.
    pub end: Option<Timestamp>,
    /// Why.
    pub cause: GapCause,
}
