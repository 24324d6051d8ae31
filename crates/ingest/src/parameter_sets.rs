//! Parameter sets as they come, and the format they make.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use domain::{Codec, VideoFormat};
use retina::codec::Depacketizer as Parser;

use crate::format::video_format;

/// Which of its parameter sets a stream sent last; streams of several of a kind are rare, and
/// then the last counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ParameterSets {
    video: Option<Bytes>,
    sequence: Option<Bytes>,
    picture: Option<Bytes>,
}

/// The kinds of parameter sets. H.264 has no video parameter set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slot {
    Video,
    Sequence,
    Picture,
}

/// Parameter sets that are whole, but make no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unreadable;

impl ParameterSets {
    /// Returns the sets a format was made of, as far as they can be read from it.
    pub(crate) fn of(format: &VideoFormat) -> Self {
        let mut sets = Self::default();
        let codec = match format.codec {
            Codec::H264 => rtsp::Codec::H264,
            Codec::H265 => rtsp::Codec::H265,
        };
        for unit in rtsp::units_of_record(codec, &format.codec_data) {
            if let Some(crate::nal::Unit::ParameterSet(slot)) = crate::nal::kind(format.codec, unit)
            {
                sets.put(slot, unit);
            }
        }
        sets
    }

    pub(crate) fn has(&self, slot: Slot, unit: &[u8]) -> bool {
        let known = match slot {
            Slot::Video => &self.video,
            Slot::Sequence => &self.sequence,
            Slot::Picture => &self.picture,
        };
        known.as_deref() == Some(unit)
    }

    pub(crate) fn put(&mut self, slot: Slot, unit: &[u8]) {
        let known = match slot {
            Slot::Video => &mut self.video,
            Slot::Sequence => &mut self.sequence,
            Slot::Picture => &mut self.picture,
        };
        *known = Some(Bytes::copy_from_slice(unit));
    }

    /// Returns the format they make; `None` as long as one is missing.
    ///
    /// retina reads them, by the way it reads a session's description (RFC 6184 §8.1, RFC 7798
    /// §7.1).
    pub(crate) fn format(&self, codec: Codec) -> Result<Option<VideoFormat>, Unreadable> {
        let encoded = |set: &Option<Bytes>| set.as_ref().map(|set| STANDARD.encode(set));
        let sets = (encoded(&self.video), encoded(&self.sequence), encoded(&self.picture));
        let (name, description) = match (codec, sets) {
            (Codec::H264, (_, Some(sequence), Some(picture))) => {
                ("h264", format!("sprop-parameter-sets={sequence},{picture}"))
            }
            (Codec::H265, (Some(video), Some(sequence), Some(picture))) => {
                ("h265", format!("sprop-vps={video};sprop-sps={sequence};sprop-pps={picture}"))
            }
            _ => return Ok(None),
        };
        let parser = Parser::new("video", name, 90_000, None, Some(&description));
        let parser = parser.map_err(|_| Unreadable)?;
        video_format(codec, parser.parameters()).map(Some).ok_or(Unreadable)
    }
}
