//! Length-prefixed NAL units to a byte stream with its parameter sets (ISO/IEC 14496-15 to Annex B).
//!
//! In this form one decoder takes the keyframes of many cameras in turn without being opened anew:
//! each brings its parameter sets along.

use domain::Codec;

/// Longest access unit that is decoded, in bytes: a camera's keyframe is far below it.
const MAX_ACCESS_UNIT: usize = 16 << 20;
const START_CODE: [u8; 4] = [0, 0, 0, 1];

/// Returns the parameter sets of a decoder configuration record as a byte stream; `None` when the
/// record is cut off or holds none.
pub(crate) fn parameter_sets(codec: Codec, record: &[u8]) -> Option<Vec<u8>> {
    let mut reader = Reader(record);
    let mut stream = Vec::with_capacity(record.len() + 16);
    match codec {
        // AVCDecoderConfigurationRecord, ISO/IEC 14496-15 §5.3.3.1.2.
        Codec::H264 => {
            reader.take(5)?;
            for mask in [0x1f, 0xff] {
                let count = reader.u8()? & mask;
                for _ in 0..count {
                    append_nal(&mut stream, reader.counted()?);
                }
            }
        }
        // HEVCDecoderConfigurationRecord, ISO/IEC 14496-15 §8.3.3.1.2.
        Codec::H265 => {
            reader.take(22)?;
            let arrays = reader.u8()?;
            for _ in 0..arrays {
                reader.u8()?;
                let count = reader.u16()?;
                for _ in 0..count {
                    append_nal(&mut stream, reader.counted()?);
                }
            }
        }
    }
    (!stream.is_empty()).then_some(stream)
}

/// Returns an access unit as a byte stream behind `head`; `None` when a length points past its end,
/// or when it is empty or too long to be a picture.
pub(crate) fn byte_stream(head: &[u8], access_unit: &[u8]) -> Option<Vec<u8>> {
    if access_unit.is_empty() || access_unit.len() > MAX_ACCESS_UNIT {
        return None;
    }
    let mut stream = Vec::with_capacity(head.len() + access_unit.len());
    stream.extend_from_slice(head);
    let mut reader = Reader(access_unit);
    while !reader.0.is_empty() {
        let length = reader.u32()?;
        append_nal(&mut stream, reader.take(length)?);
    }
    Some(stream)
}

fn append_nal(stream: &mut Vec<u8>, nal: &[u8]) {
    stream.extend_from_slice(&START_CODE);
    stream.extend_from_slice(nal);
}

/// Takes bytes from the front; `None` at the end.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn u8(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    fn u16(&mut self) -> Option<usize> {
        self.take(2).map(|bytes| usize::from(bytes[0]) << 8 | usize::from(bytes[1]))
    }

    fn u32(&mut self) -> Option<usize> {
        let (high, low) = (self.u16()?, self.u16()?);
        Some(high << 16 | low)
    }

    fn counted(&mut self) -> Option<&'a [u8]> {
        let count = self.u16()?;
        self.take(count)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parameter_sets_come_out_behind_start_codes() {
        let avc = [1, 66, 0, 30, 0xff, 0xe1, 0, 2, 0x67, 7, 1, 0, 1, 0x68];
        assert_eq!(
            parameter_sets(Codec::H264, &avc).unwrap(),
            [0, 0, 0, 1, 0x67, 7, 0, 0, 0, 1, 0x68]
        );
        assert_eq!(parameter_sets(Codec::H264, &avc[..12]), None);
        let mut hevc = vec![0; 22];
        hevc.extend([1, 0xa0, 0, 1, 0, 1, 0x40]);
        assert_eq!(parameter_sets(Codec::H265, &hevc).unwrap(), [0, 0, 0, 1, 0x40]);
    }

    #[test]
    fn a_length_past_the_end_is_no_access_unit() {
        assert_eq!(byte_stream(&[9], &[0, 0, 0, 1, 0x65]).unwrap(), [9, 0, 0, 0, 1, 0x65]);
        assert_eq!(byte_stream(&[], &[0xff, 0xff, 0xff, 0xff, 1]), None);
        assert_eq!(byte_stream(&[], &[0, 0, 0]), None);
        assert_eq!(byte_stream(&[], &[]), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..300)
        ) {
            let _ = parameter_sets(Codec::H264, &bytes);
            let _ = parameter_sets(Codec::H265, &bytes);
            let _ = byte_stream(&bytes, &bytes);
        }
    }
}
