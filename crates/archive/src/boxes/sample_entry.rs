//! What a decoder must know, as a sample entry box holds it (ISO/IEC 14496-15).

use bytes::Bytes;

use super::read::child;

/// Bytes of a `VisualSampleEntry` before its child boxes, ISO/IEC 14496-12 §12.1.3.
const BEFORE_CHILDREN: usize = 86;

/// Returns the payload of `avcC` or `hvcC` in a whole sample entry box; `None` if it is not one of ours.
pub(crate) fn codec_data(entry: &[u8]) -> Option<Bytes> {
    let record = match entry.get(4..8)? {
        b"avc1" | b"avc3" => *b"avcC",
        b"hvc1" | b"hev1" => *b"hvcC",
        _ => return None,
    };
    child(entry.get(BEFORE_CHILDREN..)?, record).map(Bytes::copy_from_slice)
}
