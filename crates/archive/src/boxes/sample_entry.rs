//! What a sample entry box says about the pictures (ISO/IEC 14496-15).

use std::fmt::Write as _;

use bytes::Bytes;
use domain::Codec;

use super::read::child;

/// Bytes of a `VisualSampleEntry` before its child boxes, ISO/IEC 14496-12 §12.1.3.
const BEFORE_CHILDREN: usize = 86;

/// What a sample entry box says about the pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EntryFacts {
    /// How they are coded.
    pub(crate) codec: Codec,
    /// Width, in pixels.
    pub(crate) width: u32,
    /// Height, in pixels.
    pub(crate) height: u32,
    /// The payload of `avcC` or `hvcC`.
    pub(crate) codec_data: Bytes,
    /// The `codecs` parameter of RFC 6381.
    pub(crate) rfc6381: String,
}

/// Reads a whole sample entry box; `None` if it is not one of ours.
pub(crate) fn facts(entry: &[u8]) -> Option<EntryFacts> {
    let kind: [u8; 4] = entry.get(4..8)?.try_into().ok()?;
    let (codec, record) = match &kind {
        b"avc1" | b"avc3" => (Codec::H264, *b"avcC"),
        b"hvc1" | b"hev1" => (Codec::H265, *b"hvcC"),
        _ => return None,
    };
    let side = |at: usize| {
        let bytes: [u8; 2] = entry.get(at..at + 2)?.try_into().ok()?;
        Some(u32::from(u16::from_be_bytes(bytes)))
    };
    let codec_data = child(entry.get(BEFORE_CHILDREN..)?, record)?;
    let name = std::str::from_utf8(&kind).ok()?;
    let rfc6381 = match codec {
        Codec::H264 => avc_parameter(name, codec_data)?,
        Codec::H265 => hevc_parameter(name, codec_data)?,
    };
    Some(EntryFacts {
        codec,
        width: side(32)?,
        height: side(34)?,
        codec_data: Bytes::copy_from_slice(codec_data),
        rfc6381,
    })
}

/// RFC 6381 §3.3: profile, constraints and level, in hex.
fn avc_parameter(name: &str, record: &[u8]) -> Option<String> {
    let [profile, constraints, level] = record.get(1..4)?.try_into().ok()?;
    Some(format!("{name}.{profile:02x}{constraints:02x}{level:02x}"))
}

/// ISO/IEC 14496-15 annex E.3: profile, compatibility, tier and level, constraints.
fn hevc_parameter(name: &str, record: &[u8]) -> Option<String> {
    let record: &[u8; 13] = record.get(..13)?.try_into().ok()?;
    let space = ["", "A", "B", "C"][usize::from(record[1] >> 6)];
    let tier = if record[1] & 0x20 == 0 { 'L' } else { 'H' };
    let profile = record[1] & 0x1f;
    let compatibility = u32::from_be_bytes([record[2], record[3], record[4], record[5]]);
    let compatibility = compatibility.reverse_bits();
    let level = record[12];
    let mut text = format!("{name}.{space}{profile}.{compatibility:X}.{tier}{level}");
    let constraints = &record[6..12];
    let used = constraints.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    for byte in &constraints[..used] {
        write!(text, ".{byte:X}").ok()?;
    }
    Some(text)
}
