//! What a decoder must know, as MP4 keeps it: parameter sets in a decoder configuration record.

use crate::Codec;

/// Returns the NAL units in a decoder configuration record (`avcC`, `hvcC`: ISO/IEC 14496-15
/// §5.3.3.1.2 and §8.3.3.1.2), in its order, up to the first that is not whole: parameter sets, and
/// SEI where a record holds some.
pub fn units_of_record(codec: Codec, record: &[u8]) -> Vec<&[u8]> {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// `avcC` with the NAL units `67 4d 40 1f` and `68 ee`.
    const AVC: [u8; 17] =
        [1, 0x4d, 0x40, 0x1f, 0xff, 0xe1, 0, 4, 0x67, 0x4d, 0x40, 0x1f, 1, 0, 2, 0x68, 0xee];

    #[test]
    fn both_lists_of_a_record_are_read() {
        let found = units_of_record(Codec::H264, &AVC);
        assert_eq!(found, [&[0x67, 0x4d, 0x40, 0x1f][..], &[0x68, 0xee]]);
        let mut hevc = vec![1; 22];
        hevc.push(2);
        hevc.extend([32, 0, 1, 0, 2, 0x40, 1, 33, 0, 1, 0, 3, 0x42, 1, 7]);
        assert_eq!(units_of_record(Codec::H265, &hevc), [&[0x40, 1][..], &[0x42, 1, 7]]);
    }

    #[test]
    fn a_record_that_is_cut_off_gives_what_is_whole() {
        for length in 0..AVC.len() {
            let found = units_of_record(Codec::H264, &AVC[..length]);
            assert_eq!(found.len(), usize::from(length >= 12), "{length}");
        }
    }
}
