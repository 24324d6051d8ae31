//! What the NAL units of an access unit say about it, without decoding.

use domain::Codec;

use crate::parameter_sets::Slot;

/// What a NAL unit is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Part of a picture; of one where decoding can start, or not.
    Slice {
        is_keyframe: bool,
    },
    ParameterSet(Slot),
    Other,
}

/// Looks at the header of a NAL unit (H.264 §7.3.1 and H.265 §7.3.1.2); `None`: it is empty.
pub(crate) fn kind(codec: Codec, unit: &[u8]) -> Option<Unit> {
    let header = *unit.first()?;
    Some(match codec {
        Codec::H264 => match header & 0x1f {
            unit_type @ 1..=5 => Unit::Slice { is_keyframe: unit_type == 5 },
            7 => Unit::ParameterSet(Slot::Sequence),
            8 => Unit::ParameterSet(Slot::Picture),
            _ => Unit::Other,
        },
        Codec::H265 => match header >> 1 & 0x3f {
            unit_type @ 0..=31 => Unit::Slice { is_keyframe: matches!(unit_type, 16..=23) },
            32 => Unit::ParameterSet(Slot::Video),
            33 => Unit::ParameterSet(Slot::Sequence),
            34 => Unit::ParameterSet(Slot::Picture),
            _ => Unit::Other,
        },
    })
}

/// What matters of one coded picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Coded {
    /// Whether decoding can start here: H.264 IDR, H.265 IRAP.
    pub(crate) is_keyframe: bool,
    /// Stands for the bytes of its slices; not cryptographic. `None`: it has no slice.
    pub(crate) slices: Option<u64>,
}

/// Looks through the NAL units of `data`, each behind its length in 4 bytes.
///
/// Bytes that do not add up end the walk; they are the decoder's to complain about.
pub(crate) fn look(codec: Codec, data: &[u8]) -> Coded {
    let mut coded = Coded { is_keyframe: false, slices: None };
    let mut rest = data;
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let length = u32::from_be_bytes(*length) as usize;
        let Some((nal, next)) = after.split_at_checked(length) else {
            break;
        };
        rest = next;
        if let Some(Unit::Slice { is_keyframe }) = kind(codec, nal) {
            coded.is_keyframe |= is_keyframe;
            coded.slices = Some(fold(coded.slices.unwrap_or(0), nal));
        }
    }
    coded
}

/// How much of either end of a slice stands for the whole.
const SLICE_END_BYTES: usize = 128;

/// Folds the length and both ends of a slice into `hash`.
///
/// Entropy coding carries a change on to the end of a slice or into its length. Hashing
/// every byte of every camera was 6 % of all CPU time (256 streams), the ends byte after byte 1 %.
fn fold(hash: u64, slice: &[u8]) -> u64 {
    const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut hash = (hash ^ slice.len() as u64).wrapping_mul(MULTIPLIER);
    let head = slice.len().min(SLICE_END_BYTES);
    let tail = slice.len().saturating_sub(SLICE_END_BYTES).max(head);
    for end in [&slice[..head], &slice[tail..]] {
        let (words, bytes) = end.as_chunks();
        let words = words.iter().map(|&word| u64::from_le_bytes(word));
        for word in words.chain(bytes.iter().map(|&byte| u64::from(byte))) {
            hash = (hash.rotate_left(29) ^ word).wrapping_mul(MULTIPLIER);
        }
    }
    hash
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn access_unit(nals: &[&[u8]]) -> Vec<u8> {
        let mut data = Vec::new();
        for nal in nals {
            data.extend_from_slice(&u32::try_from(nal.len()).unwrap().to_be_bytes());
            data.extend_from_slice(nal);
        }
        data
    }

    #[test]
    fn keyframes_are_told_from_others() {
        let idr = access_unit(&[&[6, 1], &[0x65, 1, 2, 3]]);
        let predicted = access_unit(&[&[0x41, 1, 2, 3]]);
        assert!(look(Codec::H264, &idr).is_keyframe);
        assert!(!look(Codec::H264, &predicted).is_keyframe);
        let cra = access_unit(&[&[21 << 1, 1, 9]]);
        let trail = access_unit(&[&[1 << 1, 1, 9]]);
        assert!(look(Codec::H265, &cra).is_keyframe);
        assert!(!look(Codec::H265, &trail).is_keyframe);
        assert_eq!(look(Codec::H264, &access_unit(&[&[6, 1]])).slices, None);
    }

    #[test]
    fn sei_alone_makes_no_other_picture() {
        let one = access_unit(&[&[6, 1], &[0x65, 1, 2, 3]]);
        let two = access_unit(&[&[6, 2], &[0x65, 1, 2, 3]]);
        let three = access_unit(&[&[6, 2], &[0x65, 1, 2, 4]]);
        assert_eq!(look(Codec::H264, &one), look(Codec::H264, &two));
        assert_ne!(look(Codec::H264, &two), look(Codec::H264, &three));
    }

    proptest! {
        #[test]
        fn another_byte_at_either_end_is_another_picture(
            slice in prop::collection::vec(any::<u8>(), 2..600),
            at in 1..SLICE_END_BYTES,
            is_tail: bool,
        ) {
            let slice = [&[0x41], &slice[..]].concat();
            let at = at.min(slice.len() - 1);
            let at = if is_tail { slice.len() - at } else { at };
            let mut other = slice.clone();
            other[at] ^= 0x10;
            let look = |slice: &[u8]| look(Codec::H264, &access_unit(&[slice]));
            prop_assert_ne!(look(&slice), look(&other));
        }

        #[test]
        fn any_bytes_can_be_looked_at(data in prop::collection::vec(any::<u8>(), 0..200)) {
            look(Codec::H264, &data);
            look(Codec::H265, &data);
        }
    }
}
