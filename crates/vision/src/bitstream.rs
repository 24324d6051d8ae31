//! Length-prefixed NAL units to a byte stream with its parameter sets (ISO/IEC 14496-15 to Annex B).
//!
//! In this form one decoder takes the keyframes of many cameras in turn without being opened anew:
//! each brings its parameter sets along.

use bytes::Bytes;
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

/// Returns an access unit as a byte stream behind `head`, each NAL unit as `rewrite` gives it, or as it
/// is where that gives nothing; `None` when a length points past its end, or when it is empty or too
/// long to be a picture.
pub(crate) fn byte_stream(
    head: &[u8],
    access_unit: &[u8],
    mut rewrite: impl FnMut(&[u8]) -> Option<Vec<u8>>,
) -> Option<Vec<u8>> {
    if access_unit.is_empty() || access_unit.len() > MAX_ACCESS_UNIT {
        return None;
    }
    let mut stream = Vec::with_capacity(head.len() + access_unit.len() + 16);
    let mut append = |nal: &[u8]| match rewrite(nal) {
        Some(rewritten) => append_nal(&mut stream, &rewritten),
        None => append_nal(&mut stream, nal),
    };
    nal_units(head).for_each(&mut append);
    let mut reader = Reader(access_unit);
    while !reader.0.is_empty() {
        let length = reader.u32()?;
        append(reader.take(length)?);
    }
    Some(stream)
}

/// What an access unit of a byte stream is made of.
#[derive(Debug, Default)]
pub(crate) struct SplitUnit {
    /// Its first sequence parameter set.
    pub(crate) sequence: Vec<u8>,
    /// Its first picture parameter set.
    pub(crate) picture: Vec<u8>,
    /// The other NAL units, each behind its length in 4 bytes.
    pub(crate) data: Vec<u8>,
}

/// Splits an access unit of H.264 as a byte stream (ISO/IEC 14496-10 annex B).
pub(crate) fn split(stream: &[u8]) -> SplitUnit {
    let mut unit = SplitUnit::default();
    for nal in nal_units(stream) {
        let Some(first) = nal.first() else { continue };
        match first & 0x1f {
            7 if unit.sequence.is_empty() => unit.sequence.extend_from_slice(nal),
            8 if unit.picture.is_empty() => unit.picture.extend_from_slice(nal),
            7..=9 => {}
            _ => {
                let length = u32::try_from(nal.len()).unwrap_or(u32::MAX);
                unit.data.extend_from_slice(&length.to_be_bytes());
                unit.data.extend_from_slice(nal);
            }
        }
    }
    unit
}

/// Returns the NAL units of a byte stream.
pub(crate) fn nal_units(stream: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut starts = Vec::new();
    let mut at = 0;
    while let Some(window) = stream.get(at..at + 3) {
        if window == [0, 0, 1] {
            starts.push(at + 3);
            at += 3;
        } else {
            at += 1;
        }
    }
    let ends: Vec<usize> =
        starts.iter().skip(1).map(|next| next - 3).chain([stream.len()]).collect();
    starts.into_iter().zip(ends).map(|(start, end)| {
        // The zero before a long start code, and padding.
        let padding = stream[start..end].iter().rev().take_while(|byte| **byte == 0).count();
        &stream[start..end - padding]
    })
}

/// Returns the `AVCDecoderConfigurationRecord` (ISO/IEC 14496-15 §5.3.3.1.2) of a stream that is not
/// of a high profile; `None` when a parameter set is missing.
pub(crate) fn avc_record(sequence: &[u8], picture: &[u8]) -> Option<Bytes> {
    let &[_, profile, constraints, level, ..] = sequence else { return None };
    let counted = |set: &[u8]| u16::try_from(set.len()).ok().map(u16::to_be_bytes);
    let mut record = vec![1, profile, constraints, level, 0xff, 0xe1];
    record.extend_from_slice(&counted(sequence)?);
    record.extend_from_slice(sequence);
    record.push(1);
    record.extend_from_slice(&counted(picture).filter(|_| !picture.is_empty())?);
    record.extend_from_slice(picture);
    Some(Bytes::from(record))
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
    fn an_access_unit_of_a_byte_stream_comes_apart() {
        let stream = [
            0, 0, 0, 1, 9, 16, 0, 0, 0, 1, 0x67, 66, 192, 30, 5, 0, 0, 1, 0x68, 6, 0, 0, 0, 1,
            0x65, 8, 0, 0, 3, 1,
        ];
        let unit = split(&stream);
        assert_eq!(
            (&unit.sequence[..], &unit.picture[..]),
            (&[0x67, 66, 192, 30, 5][..], &[0x68, 6][..])
        );
        assert_eq!(unit.data, [0, 0, 0, 6, 0x65, 8, 0, 0, 3, 1]);
        let record = avc_record(&unit.sequence, &unit.picture).unwrap();
        let sets = parameter_sets(Codec::H264, &record).unwrap();
        assert_eq!(sets, [0, 0, 0, 1, 0x67, 66, 192, 30, 5, 0, 0, 0, 1, 0x68, 6]);
        assert_eq!(avc_record(&unit.sequence, &[]), None);
        assert_eq!(avc_record(&[0x67], &unit.picture), None);
    }

    #[test]
    fn a_length_past_the_end_is_no_access_unit() {
        let byte_stream = |unit: &[u8]| byte_stream(&[0, 0, 1, 9], unit, |_| None);
        assert_eq!(byte_stream(&[0, 0, 0, 1, 0x65]).unwrap(), [0, 0, 0, 1, 9, 0, 0, 0, 1, 0x65]);
        assert_eq!(byte_stream(&[0xff, 0xff, 0xff, 0xff, 1]), None);
        assert_eq!(byte_stream(&[0, 0, 0]), None);
        assert_eq!(byte_stream(&[]), None);
    }

    #[test]
    fn a_nal_unit_stands_as_it_was_rewritten() {
        let rewrite = |nal: &[u8]| (nal == [0x65]).then(|| vec![0x66, 7]);
        let unit = [0, 0, 0, 1, 0x65, 0, 0, 0, 1, 0x61];
        assert_eq!(
            byte_stream(&[], &unit, rewrite).unwrap(),
            [0, 0, 0, 1, 0x66, 7, 0, 0, 0, 1, 0x61]
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..300)
        ) {
            let _ = parameter_sets(Codec::H264, &bytes);
            let _ = parameter_sets(Codec::H265, &bytes);
            let _ = byte_stream(&bytes, &bytes, |_| None);
            let _ = split(&bytes);
        }
    }
}
