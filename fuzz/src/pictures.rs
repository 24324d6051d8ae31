//! What a camera sends as pictures.

use domain::Codec;

pub(crate) fn h264(bytes: &[u8]) {
    ingest::fuzzing::pictures(Codec::H264, bytes);
}

pub(crate) fn h265(bytes: &[u8]) {
    ingest::fuzzing::pictures(Codec::H265, bytes);
}

/// NAL units behind lengths of two bytes.
pub(crate) fn unfiltered(bytes: &[u8]) {
    vision::fuzzing::unfiltered(bytes);
}

/// The first byte says how the pictures are coded.
pub(crate) fn parameter_sets(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let codec = if first & 1 == 0 { Codec::H264 } else { Codec::H265 };
    ingest::fuzzing::parameter_sets(codec, rest);
}
