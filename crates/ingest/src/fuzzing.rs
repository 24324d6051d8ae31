//! What a camera sends, put through the readers of this crate: for `fuzz/` alone, which finds what
//! they cannot bear, and for the test that runs its seeds. Nothing of it is part of the interface.
//!
//! Each function takes any bytes and panics where what came out is not what it must be.

use bytes::Bytes;
use domain::{Codec, VideoFormat};

use crate::depacketizer::{CodedPicture, Depacketizer, Packet};
use crate::nal::{self, Unit};
use crate::parameter_sets::ParameterSets;

/// RTP time between two pictures.
const STEP_90K: i64 = 3600;

/// Takes `bytes` for RTP packets, one after the other, and puts pictures together from them.
///
/// Before each payload stand two bytes: its length, and what is said of it (bit 0: it bears the
/// marker; bit 1: it is of the next picture; bits 2 and 3: so many packets before it are missing).
pub fn pictures(codec: Codec, bytes: &[u8]) {
    let mut depacketizer = Depacketizer::new(codec, None);
    let mut rest = bytes;
    let mut rtp = 0;
    while let Some((&[length, said], after)) = rest.split_first_chunk() {
        let (payload, after) = after.split_at(usize::from(length).min(after.len()));
        rest = after;
        if said & 2 != 0 {
            rtp += STEP_90K;
        }
        let lost = u16::from(said >> 2 & 3);
        // A packet that makes no sense costs its picture; the next may follow.
        let _ = depacketizer.push(Packet { payload, rtp, is_last: said & 1 != 0, lost });
        while let Some(picture) = depacketizer.pop() {
            check(codec, &picture);
        }
    }
}

/// Holds a picture to what the recorder and every player take for granted.
fn check(codec: Codec, picture: &CodedPicture) {
    let mut rest = &picture.data[..];
    let mut has_slice = false;
    while !rest.is_empty() {
        let (length, after) = rest.split_first_chunk().expect("a length before each NAL unit");
        let length = usize::try_from(u32::from_be_bytes(*length)).expect("32 bits");
        let (unit, after) = after.split_at_checked(length).expect("whole NAL units");
        let kind = nal::kind(codec, unit).expect("no empty NAL unit");
        assert!(!matches!(kind, Unit::ParameterSet(_)), "parameter sets are in the format");
        has_slice |= matches!(kind, Unit::Slice { .. });
        rest = after;
    }
    assert!(has_slice, "a picture shows something");
    assert!(nal::look(codec, &picture.data).slices.is_some());
    if let Some(format) = &picture.format {
        assert_eq!(format.codec, codec);
        assert!(!format.sample_entry.is_empty());
    }
}

/// Takes `bytes` for parameter sets, each behind its length in one byte, and then for the decoder
/// configuration record that a session's description may tell.
pub fn parameter_sets(codec: Codec, bytes: &[u8]) {
    let mut sets = ParameterSets::new(codec);
    let mut rest = bytes;
    while let Some((&length, after)) = rest.split_first() {
        let (unit, after) = after.split_at(usize::from(length).min(after.len()));
        rest = after;
        if let Some(Unit::ParameterSet(slot)) = nal::kind(codec, unit) {
            sets.put(slot, unit);
        }
    }
    sets.settle();
    let sequence = sets.sequence_of(None);
    if let Ok(Some(format)) = sets.format(sequence) {
        // What a decoder is told is understood again by who reads it.
        let again = ParameterSets::of(&format);
        let _ = again.format(again.sequence_of(None));
    }
    let record = VideoFormat {
        codec,
        width: 0,
        height: 0,
        sample_entry: Bytes::new(),
        codec_data: Bytes::copy_from_slice(bytes),
        rfc6381: String::new(),
    };
    let sets = ParameterSets::of(&record);
    let _ = sets.format(sets.sequence_of(None));
    let description = [&b"a=fmtp:96 sprop-parameter-sets="[..], bytes].concat();
    let _ = ParameterSets::described(codec, &description, 96);
}
