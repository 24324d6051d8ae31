//! What a sender must know of NAL units: their type, and nothing inside them.

use serde::Serialize;

/// How the pictures are coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Codec {
    /// ITU-T H.264.
    H264,
    /// ITU-T H.265.
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

    /// Returns the length of a NAL unit's header, in bytes.
    pub fn header_len(self) -> usize {
        match self {
            Self::H264 => 1,
            Self::H265 => 2,
        }
    }

    /// Returns the type of a NAL unit, 0 for an empty one (H.264 §7.3.1, H.265 §7.3.1.2).
    pub fn nal_type(self, nal: &[u8]) -> u8 {
        let first = nal.first().copied().unwrap_or(0);
        match self {
            Self::H264 => first & 0x1f,
            Self::H265 => (first >> 1) & 0x3f,
        }
    }

    /// Returns whether it is a sequence or picture parameter set (H.264 types 7 and 8) or a
    /// video, sequence or picture parameter set (H.265 types 32 to 34).
    pub fn is_parameter_set(self, nal: &[u8]) -> bool {
        match self {
            Self::H264 => matches!(self.nal_type(nal), 7 | 8),
            Self::H265 => matches!(self.nal_type(nal), 32..=34),
        }
    }

    /// Returns whether it is a sequence parameter set.
    pub fn is_sequence_parameter_set(self, nal: &[u8]) -> bool {
        match self {
            Self::H264 => self.nal_type(nal) == 7,
            Self::H265 => self.nal_type(nal) == 33,
        }
    }

    /// Returns whether it is an access unit delimiter, which nothing may precede.
    pub fn is_delimiter(self, nal: &[u8]) -> bool {
        match self {
            Self::H264 => self.nal_type(nal) == 9,
            Self::H265 => self.nal_type(nal) == 35,
        }
    }

    /// Returns whether decoding can start at the picture it is a slice of: H.264 IDR, H.265 IRAP.
    pub fn is_keyframe_slice(self, nal: &[u8]) -> bool {
        match self {
            Self::H264 => self.nal_type(nal) == 5,
            Self::H265 => matches!(self.nal_type(nal), 16..=23),
        }
    }
}
