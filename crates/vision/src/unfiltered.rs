//! H.264 to decode without its loop filter: slices that say so, and nothing else of them changed.
//!
//! A fifth of what a decoder does is to smooth the edges of blocks (ITU-T H.264 §8.7), and the decoder's
//! element has no switch for it. But each slice may say by itself that it wants none:
//! `disable_deblocking_filter_idc`. So that is what a slice is made to say before it is decoded. Where
//! picture sets give slices no such field, the set that the decoder gets does, and its slices win the
//! field. Only what the decoder is given is changed.
//!
//! What it is not sure of (slice groups, data partitions, sets it has not seen, broken bits) is
//! decoded as it came.

mod payload;
mod slice_header;

use std::collections::HashMap;

use self::payload::{Bits, escaped, unescaped};
use self::slice_header::{PictureSet, SequenceSet};

/// `disable_deblocking_filter_idc` 1: no filter, and no offsets behind it; `ue(v)` of it.
const NO_FILTER: (u8, usize) = (0b010, 3);
/// Types of NAL units (§7.4.1).
const SLICE: u8 = 1;
const KEYFRAME_SLICE: u8 = 5;
const SEQUENCE_SET: u8 = 7;
const PICTURE_SET: u8 = 8;

/// What is known of a stream that is decoded without loop filter.
#[derive(Debug, Default)]
pub(crate) struct Unfiltered {
    sequences: HashMap<u8, SequenceSet>,
    pictures: HashMap<u8, PictureSet>,
    slices: u64,
}

impl Unfiltered {
    /// Returns a NAL unit of the stream as it is to be decoded, or `None` to decode it as it is.
    pub(crate) fn rewrite(&mut self, nal: &[u8]) -> Option<Vec<u8>> {
        match nal.first()? & 0x1f {
            SEQUENCE_SET => {
                self.learn_sequence(nal);
                None
            }
            PICTURE_SET => self.learn_picture(nal),
            SLICE | KEYFRAME_SLICE => {
                let slice = self.slice(nal)?;
                self.slices += 1;
                Some(slice)
            }
            _ => None,
        }
    }

    /// Returns how many slices were made to say that they want no filter.
    pub(crate) fn slices(&self) -> u64 {
        self.slices
    }

    fn learn_sequence(&mut self, nal: &[u8]) {
        match SequenceSet::read(nal) {
            Some((id, set)) => {
                self.sequences.insert(id, set);
            }
            // It may stand in the place of any.
            None => self.sequences.clear(),
        }
    }

    fn learn_picture(&mut self, nal: &[u8]) -> Option<Vec<u8>> {
        let (id, set) = PictureSet::read(nal);
        let id = id?;
        self.pictures.remove(&id);
        let set = set.filter(|set| self.sequences.contains_key(&set.sequence))?;
        let mut rewritten = None;
        if !set.tells_filter {
            let mut raw = unescaped(nal);
            *raw.get_mut(set.filter_flag_at / 8)? |= 0x80 >> (set.filter_flag_at % 8);
            rewritten = Some(escaped(nal[0], &raw));
        }
        self.pictures.insert(id, set);
        rewritten
    }

    fn slice(&self, nal: &[u8]) -> Option<Vec<u8>> {
        let field = self.field(nal)?;
        if field.is_off {
            return None;
        }
        let raw = unescaped(nal);
        let end = raw.len() * 8;
        // Coded data of CABAC are whole bytes, behind ones (`cabac_alignment_one_bit`).
        let data = if field.is_cabac { field.to.next_multiple_of(8) } else { field.to };
        let is_one = |at: usize| raw[at / 8] & 0x80 >> (at % 8) != 0;
        if data >= end || !(field.to..data).all(is_one) {
            return None;
        }
        let mut written = Bits::with_capacity(raw.len() + 2);
        written.copy(&raw, 0, field.from);
        written.push(NO_FILTER.0, NO_FILTER.1);
        if field.is_cabac {
            written.align_with_ones();
        }
        written.copy(&raw, data, end);
        Some(escaped(nal[0], written.bytes()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::bitstream::nal_units;

    /// A stream of two keyframes, as a byte stream: its NAL units.
    fn stream(options: &[&str]) -> Vec<Vec<u8>> {
        let source = ["-f", "lavfi", "-i", "testsrc2=size=160x128:rate=25", "-frames:v", "12"];
        let form = ["-pix_fmt", "yuv420p", "-c:v", "libx264", "-g", "6"];
        let path = fixtures::clip("h264", &[&source[..], &form, options].concat());
        let bytes = std::fs::read(path).unwrap();
        nal_units(&bytes).map(<[u8]>::to_vec).collect()
    }

    fn both() -> [Vec<Vec<u8>>; 2] {
        [stream(&["-bf", "2", "-slices", "2"]), stream(&["-profile:v", "baseline"])]
    }

    /// Returns the NAL units as they are decoded.
    fn rewritten(nals: &[Vec<u8>]) -> Vec<Vec<u8>> {
        let mut unfiltered = Unfiltered::default();
        nals.iter().map(|nal| unfiltered.rewrite(nal).unwrap_or_else(|| nal.clone())).collect()
    }

    fn kind(nal: &[u8]) -> u8 {
        nal[0] & 0x1f
    }

    /// Returns a stream whose picture sets give slices no field of the loop filter.
    fn without_field(nals: &[Vec<u8>]) -> Vec<Vec<u8>> {
        let mut unfiltered = Unfiltered::default();
        let mut changed = Vec::new();
        for nal in nals {
            unfiltered.rewrite(nal);
            let raw = unescaped(nal);
            let mut written = Bits::with_capacity(raw.len());
            match kind(nal) {
                PICTURE_SET => {
                    let at = PictureSet::read(nal).1.unwrap().filter_flag_at;
                    written.copy(&raw, 0, at);
                    written.push(0, 1);
                    written.copy(&raw, at + 1, raw.len() * 8);
                }
                SLICE | KEYFRAME_SLICE => {
                    let field = unfiltered.field(nal).unwrap();
                    assert!(field.to > field.from, "there was one");
                    written.copy(&raw, 0, field.from);
                    if field.is_cabac {
                        written.align_with_ones();
                        written.copy(&raw, field.to.next_multiple_of(8), raw.len() * 8);
                    } else {
                        written.copy(&raw, field.to, raw.len() * 8);
                    }
                }
                _ => {
                    changed.push(nal.clone());
                    continue;
                }
            }
            changed.push(escaped(nal[0], written.bytes()));
        }
        changed
    }

    #[test]
    fn every_slice_says_that_it_wants_no_filter_and_the_rest_is_as_it_was() {
        for nals in both() {
            let after = rewritten(&nals);
            let slices = |nal: &&Vec<u8>| matches!(kind(nal), SLICE | KEYFRAME_SLICE);
            assert!(nals.iter().filter(slices).count() >= 12);
            for (nal, after) in nals.iter().zip(&after) {
                assert_eq!(slices(&nal), nal != after, "{:?}", &nal[..4]);
            }
            let again = rewritten(&after);
            assert!(again == after, "and says it once");
        }
    }

    #[test]
    fn a_set_that_gives_slices_no_such_field_is_decoded_as_one_that_does() {
        for nals in both() {
            let bare = without_field(&nals);
            assert!(bare != nals);
            assert!(rewritten(&bare) == rewritten(&nals));
        }
    }

    #[test]
    fn what_is_not_understood_is_decoded_as_it_came() {
        let [nals, _] = both();
        let of = |wanted: u8| nals.iter().find(|nal| kind(nal) == wanted).unwrap().clone();
        let (sequence, picture, slice) = (of(SEQUENCE_SET), of(PICTURE_SET), of(SLICE));
        let known = || {
            let mut unfiltered = Unfiltered::default();
            assert_eq!(unfiltered.rewrite(&sequence), None);
            assert_eq!(unfiltered.rewrite(&picture), None);
            unfiltered
        };
        assert!(known().rewrite(&slice).is_some());
        assert_eq!(Unfiltered::default().rewrite(&slice), None, "no sets");
        // Data partition A, a slice of another view.
        for other in [2, 20] {
            let mut other_kind = slice.clone();
            other_kind[0] = slice[0] & 0xe0 | other;
            assert_eq!(known().rewrite(&other_kind), None);
        }
        // Slice groups: ids 0 and 0, flags 1 and 0, two groups.
        let mut unfiltered = known();
        assert_eq!(unfiltered.rewrite(&[0x68, 0b1110_0100, 0xff, 0xff, 0xff]), None);
        assert_eq!(unfiltered.rewrite(&slice), None);
        let mut unfiltered = known();
        assert_eq!(unfiltered.rewrite(&sequence[..2]), None);
        assert_eq!(unfiltered.rewrite(&slice), None, "a set that is cut off");
        for cut in [&slice[..0], &slice[..1], &slice[..3]] {
            assert_eq!(known().rewrite(cut), None);
        }
    }

    #[test]
    fn bits_stand_where_they_are_written() {
        let raw = [0b1010_0101, 0b0011_1100, 0xff];
        for from in 0..16 {
            for before in 0..9 {
                let mut bits = Bits::with_capacity(4);
                (0..before).for_each(|_| bits.push(1, 1));
                bits.copy(&raw, from, 24);
                let at = |bytes: &[u8], at: usize| bytes[at / 8] >> (7 - at % 8) & 1;
                for offset in 0..24 - from {
                    assert_eq!(at(bits.bytes(), before + offset), at(&raw, from + offset));
                }
            }
        }
        assert_eq!(
            escaped(0x65, &unescaped(&[0x65, 0, 0, 3, 1, 0, 0, 3, 0, 0, 3])),
            [0x65, 0, 0, 3, 1]
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Bent streams and such of no sense at all: what was rewritten says what it was to say.
        #[test]
        fn any_bytes_are_borne(
            bend in prop::collection::vec((0..14_usize, 0..40_usize, any::<u8>()), 0..6),
            noise in prop::collection::vec(prop_oneof![0..4_u8, any::<u8>()], 0..80),
        ) {
            for nals in both() {
                let mut bytes = Vec::new();
                for (number, nal) in nals.iter().enumerate() {
                    let mut nal = nal.clone();
                    for (_, at, with) in bend.iter().filter(|(which, ..)| *which == number) {
                        let length = nal.len();
                        nal[at % length] = *with;
                    }
                    bytes.extend_from_slice(&u16::try_from(nal.len()).unwrap().to_be_bytes());
                    bytes.extend_from_slice(&nal);
                }
                crate::fuzzing::unfiltered(&bytes);
            }
            crate::fuzzing::unfiltered(&noise);
        }
    }
}
