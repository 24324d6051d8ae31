//! Which parameter set of its kind a NAL unit is, and which one it builds on: told by its first bits.

use domain::{Codec, NalBits};

use crate::parameter_sets::Slot;

/// The number of a parameter set, and of the set it builds on: a picture's on a sequence's, that of
/// H.265 on a video's; 0 where it builds on none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) id: u8,
    pub(crate) builds_on: u8,
}

/// Reads the numbers in a parameter set (H.264 §7.3.2.1.1 and §7.3.2.2, H.265 §7.3.2.1 to §7.3.2.3);
/// `None`: it is cut off, or a number is larger than there are.
pub(crate) fn identity(codec: Codec, slot: Slot, unit: &[u8]) -> Option<Identity> {
    let mut bits = NalBits::behind_header(codec, unit);
    let (id, builds_on) = match (codec, slot) {
        (Codec::H264, Slot::Video) => return None,
        (Codec::H264, Slot::Sequence) => {
            // Profile, constraints and level.
            bits.skip(24)?;
            (bits.number(31)?, 0)
        }
        (Codec::H264, Slot::Picture) => (bits.number(255)?, bits.number(31)?),
        (Codec::H265, Slot::Video) => (u8::try_from(bits.take(4)?).ok()?, 0),
        (Codec::H265, Slot::Sequence) => {
            let video = u8::try_from(bits.take(4)?).ok()?;
            let sub_layers = bits.take(3)?;
            bits.skip(1)?;
            skip_profile_and_level(&mut bits, sub_layers)?;
            (bits.number(15)?, video)
        }
        (Codec::H265, Slot::Picture) => (bits.number(63)?, bits.number(15)?),
    };
    Some(Identity { id, builds_on })
}

/// Returns the number of the picture parameter set that a slice is coded by (H.264 §7.3.3, H.265
/// §7.3.6.1), if it says so.
pub(crate) fn picture_set_of(codec: Codec, slice: &[u8]) -> Option<u8> {
    let header = *slice.first()?;
    let mut bits = NalBits::behind_header(codec, slice);
    match codec {
        Codec::H264 => {
            // Data partitions B and C say less.
            if !matches!(header & 0x1f, 1 | 2 | 5) {
                return None;
            }
            bits.exp_golomb()?;
            bits.exp_golomb()?;
            bits.number(255)
        }
        Codec::H265 => {
            let is_irap = matches!(header >> 1 & 0x3f, 16..=23);
            bits.skip(if is_irap { 2 } else { 1 })?;
            bits.number(63)
        }
    }
}

/// Leaves out `profile_tier_level` (H.265 §7.3.3) of a stream with so many sub-layers below its
/// highest.
fn skip_profile_and_level(bits: &mut NalBits<'_>, sub_layers: u32) -> Option<()> {
    const PROFILE: u32 = 88;
    const LEVEL: u32 = 8;
    bits.skip(PROFILE + LEVEL)?;
    let mut told = 0;
    for _ in 0..sub_layers {
        told += bits.take(1)? * PROFILE;
        told += bits.take(1)? * LEVEL;
    }
    if sub_layers > 0 {
        bits.skip(2 * (8 - sub_layers))?;
    }
    bits.skip(told)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(codec: Codec, slot: Slot, unit: &[u8]) -> Option<(u8, u8)> {
        identity(codec, slot, unit).map(|found| (found.id, found.builds_on))
    }

    #[test]
    fn sets_tell_their_numbers() {
        for (slot, unit, expected) in [
            (Slot::Sequence, &[0x67, 0x64, 0, 0x1f, 0xac][..], Some((0, 0))),
            // ue(v) 010: 1, 00101: 4.
            (Slot::Sequence, &[0x67, 0x64, 0, 0x1f, 0b0100_0000], Some((1, 0))),
            (Slot::Picture, &[0x68, 0xeb], Some((0, 0))),
            (Slot::Picture, &[0x68, 0b0010_1010], Some((4, 1))),
            (Slot::Picture, &[0x68, 0, 0], None),
            (Slot::Sequence, &[0x67, 0xff], None),
        ] {
            assert_eq!(told(Codec::H264, slot, unit), expected, "{unit:?}");
        }
        let sequence = |layers: u8, rest: &[u8]| {
            // No byte of the profile looks like one that keeps start codes out.
            [&[0x42, 1, 0b0010_0001 | layers << 1][..], &[0xff; 12], rest].concat()
        };
        for (unit, expected) in [
            (sequence(0, &[0b0110_0000]), Some((2, 2))),
            // One sub-layer with profile and level, and 14 bits to fill 2 bytes.
            (
                sequence(1, &[&[0b1100_0000, 0][..], &[0xff; 12], &[0b0100_0000]].concat()),
                Some((1, 2)),
            ),
            (sequence(1, &[0b1100_0000, 0, 0xff]), None),
        ] {
            assert_eq!(told(Codec::H265, Slot::Sequence, &unit), expected, "{unit:?}");
        }
        assert_eq!(told(Codec::H265, Slot::Video, &[0x40, 1, 0x3c]), Some((3, 0)));
        assert_eq!(told(Codec::H265, Slot::Picture, &[0x44, 1, 0b0111_0000]), Some((2, 0)));
    }

    #[test]
    fn bytes_that_keep_start_codes_out_are_no_part_of_a_set() {
        let unit = [0x67, 0, 0, 3, 0x1f, 0b0110_0000];
        assert_eq!(told(Codec::H264, Slot::Sequence, &unit), Some((2, 0)));
    }

    #[test]
    fn a_slice_tells_its_picture_set() {
        // first_mb 0, slice_type 7 (0001000), picture set 1 (010).
        assert_eq!(picture_set_of(Codec::H264, &[0x65, 0b1000_1000, 0b0100_0000]), Some(1));
        assert_eq!(picture_set_of(Codec::H264, &[0x63, 0b1000_1000, 0b0100_0000]), None);
        assert_eq!(picture_set_of(Codec::H265, &[19 << 1, 1, 0b1001_0000]), Some(1));
        assert_eq!(picture_set_of(Codec::H265, &[1 << 1, 1, 0b1010_0000]), Some(1));
        assert_eq!(picture_set_of(Codec::H264, &[]), None);
    }

    proptest! {
        #[test]
        fn any_bytes_can_be_looked_at(unit in prop::collection::vec(prop_oneof![0..4u8, any::<u8>()], 0..60)) {
            for codec in [Codec::H264, Codec::H265] {
                for slot in [Slot::Video, Slot::Sequence, Slot::Picture] {
                    identity(codec, slot, &unit);
                }
                picture_set_of(codec, &unit);
            }
        }
    }
}
