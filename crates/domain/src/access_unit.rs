//! One coded picture, as it came from the camera: the atom that flows through everything.

use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::{RunId, StreamId, Timestamp};

/// How the pictures are coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Codec {
    /// ITU-T H.264 | ISO/IEC 14496-10.
    H264,
    /// ITU-T H.265 | ISO/IEC 23008-2.
    H265,
}

impl Codec {
    /// Returns `h264` or `h265`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::H264 => "h264",
            Self::H265 => "h265",
        }
    }
}

/// What a decoder and a player must know before the first picture.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct VideoFormat {
    /// How the pictures are coded.
    pub codec: Codec,
    /// Width of the picture, in pixels.
    pub width: u32,
    /// Height of the picture, in pixels.
    pub height: u32,
    /// The whole `avc1` or `hvc1` sample entry box, size and type included (ISO/IEC 14496-15).
    pub sample_entry: Bytes,
    /// The decoder configuration record alone: the payload of `avcC` or `hvcC`.
    pub codec_data: Bytes,
    /// The `codecs` parameter of RFC 6381, such as `avc1.4d401f`.
    pub rfc6381: String,
}

/// Where an access unit's wall-clock time comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockSource {
    /// The camera's RTCP sender reports (RFC 3550 §6.4.1).
    SenderReport,
    /// The moment it arrived here, smoothed over the run: the camera has told no time, or one
    /// that cannot be believed.
    Arrival,
}

/// One coded picture. Cloning shares the bytes.
#[derive(Debug, Clone)]
pub struct AccessUnit {
    /// The stream it came on.
    pub stream: StreamId,
    /// The run it belongs to; times and parameter sets are continuous within one.
    pub run: RunId,
    /// Counts the access units of the run, from 0.
    pub sequence: u64,
    /// When the camera took the picture; strictly increasing within a run.
    pub time: Timestamp,
    /// Where `time` comes from.
    pub clock_source: ClockSource,
    /// `time` minus our own clock on arrival, smoothed, in microseconds: the camera's clock error.
    pub clock_error_us: i64,
    /// RTP timestamp since the start of the run, in 1/90000 s; strictly increasing.
    pub timestamp_90k: i64,
    /// Whether decoding can start here (H.264 IDR; H.265 IRAP).
    pub is_keyframe: bool,
    /// RTP packets lost between the access unit before and this one.
    pub lost_packets: u32,
    /// What a decoder must know; the same `Arc` as long as nothing changes.
    pub format: Arc<VideoFormat>,
    /// NAL units, each behind its length in 4 bytes big-endian, SEI and all, as the camera sent.
    pub data: Bytes,
}
