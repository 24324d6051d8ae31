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
        for unit in units(format.codec, &format.codec_data) {
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

/// Returns the NAL units in a decoder configuration record (ISO/IEC 14496-15 §5.3.3.1.2 and
/// §8.3.3.1.2), up to the first that is not whole.
fn units(codec: Codec, record: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    // Lists of NAL units: where the first begins, and the bytes before each list's own count.
    let (start, arrays, count_bytes) = match codec {
        Codec::H264 => (5, 2, 1),
        Codec::H265 => (23, record.get(22).map_or(0, |&count| usize::from(count)), 3),
    };
    let mut rest = record.get(start..).unwrap_or_default();
    for _ in 0..arrays {
        let Some((head, after)) = rest.split_at_checked(count_bytes) else {
            return found;
        };
        let count = match *head {
            [count] => usize::from(count & 0x1f),
            [_, high, low] => usize::from(u16::from_be_bytes([high, low])),
            _ => 0,
        };
        rest = after;
        for _ in 0..count {
            let Some((length, after)) = rest.split_first_chunk() else {
                return found;
            };
            let length = usize::from(u16::from_be_bytes(*length));
            let Some((unit, after)) = after.split_at_checked(length) else {
                return found;
            };
            found.push(unit);
            rest = after;
        }
    }
    found
}
