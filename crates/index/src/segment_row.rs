//! A segment as a row, with its table of fragments in a blob.

use bytes::Bytes;
use domain::{
    Codec, Fragment, Segment, SegmentId, SegmentState, StreamId, StreamRole, TimeRange, Timestamp,
};
use rusqlite::Row;

use crate::coding::{Decoder, Encoder};

/// Columns of a segment in the order in which [`read`] takes them.
pub(crate) const SELECT: &str =
    "SELECT s.id, st.camera, st.role, v.name, s.state, s.start_us, s.end_us, f.codec, f.width,
       f.height, f.rfc6381, f.sample_entry, s.path, s.bytes, s.header_bytes, s.sha256, s.fragments
  FROM segment s
  JOIN stream st ON st.id = s.stream
  JOIN volume v ON v.id = s.volume
  JOIN format f ON f.id = s.format ";

/// Returns the number stored for a state. 1 stands for closed in the partial indexes.
pub(crate) fn state_number(state: SegmentState) -> u8 {
    match state {
        SegmentState::Open => 0,
        SegmentState::Closed => 1,
        SegmentState::Deleting => 2,
    }
}

fn state_of(number: i64) -> Option<SegmentState> {
    match number {
        0 => Some(SegmentState::Open),
        1 => Some(SegmentState::Closed),
        2 => Some(SegmentState::Deleting),
        _ => None,
    }
}

/// Reads the name of a stream.
pub(crate) fn stream_of(camera: &str, role: &str) -> Option<StreamId> {
    let camera = camera.parse().ok()?;
    match role {
        "main" => Some(StreamId::main(camera)),
        "sub" => Some(StreamId { camera, role: StreamRole::Sub }),
        _ => None,
    }
}

/// Reads a row of [`SELECT`]; `None` when it holds what was never written.
pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Option<Segment>> {
    let camera: String = row.get(1)?;
    let role: String = row.get(2)?;
    let volume: String = row.get(3)?;
    let state: i64 = row.get(4)?;
    let codec: String = row.get(7)?;
    let sample_entry: Vec<u8> = row.get(11)?;
    let bytes: i64 = row.get(13)?;
    let sha256: Option<Vec<u8>> = row.get(15)?;
    let fragments: Vec<u8> = row.get(16)?;
    let start = Timestamp::from_micros(row.get(5)?);
    let end = Timestamp::from_micros(row.get(6)?);
    let (id, width, height) = (SegmentId(row.get(0)?), row.get(8)?, row.get(9)?);
    let (rfc6381, path, header_bytes) = (row.get(10)?, row.get(12)?, row.get(14)?);
    let segment = || {
        Some(Segment {
            id,
            stream: stream_of(&camera, &role)?,
            volume: volume.parse().ok()?,
            path,
            range: TimeRange::new(start, end)?,
            codec: match codec.as_str() {
                "h264" => Codec::H264,
                "h265" => Codec::H265,
                _ => return None,
            },
            width,
            height,
            rfc6381,
            sample_entry: Bytes::from(sample_entry),
            bytes: u64::try_from(bytes).ok()?,
            header_bytes,
            fragments: decode_fragments(&fragments, start)?,
            sha256: match sha256 {
                None => None,
                Some(hash) => Some(hash.try_into().ok()?),
            },
            state: state_of(state)?,
        })
    };
    Ok(segment())
}

/// Returns the table of fragments, about 7 bytes each: every value as its difference to what the
/// fragment before lets expect. A fragment begins where the one before ended, on disk and in time.
pub(crate) fn encode_fragments(fragments: &[Fragment], start: Timestamp) -> Vec<u8> {
    let mut encoder = Encoder::default();
    encoder.unsigned(u64::try_from(fragments.len()).unwrap_or(0));
    let mut expected = Expected::at(start);
    for fragment in fragments {
        let duration = i64::from(fragment.duration_us);
        encoder.signed(fragment.start.as_micros().wrapping_sub(expected.start_us));
        encoder.signed(duration - expected.duration_us);
        encoder.signed(fragment.offset.wrapping_sub(expected.offset).cast_signed());
        encoder.unsigned(u64::from(fragment.bytes));
        encoder.signed(i64::from(fragment.pictures) - expected.pictures);
        expected = Expected::after(fragment);
    }
    encoder.finish()
}

/// Reads the table back; `None` when the blob holds what was never written.
pub(crate) fn decode_fragments(blob: &[u8], start: Timestamp) -> Option<Vec<Fragment>> {
    let mut decoder = Decoder::new(blob);
    let count = decoder.count(5)?;
    let mut fragments = Vec::with_capacity(count);
    let mut expected = Expected::at(start);
    for _ in 0..count {
        let start_us = expected.start_us.wrapping_add(decoder.signed()?);
        let duration = expected.duration_us.checked_add(decoder.signed()?)?;
        let offset = decoder.signed()?.cast_unsigned().wrapping_add(expected.offset);
        let bytes = decoder.unsigned()?;
        let pictures = expected.pictures.checked_add(decoder.signed()?)?;
        let fragment = Fragment {
            start: Timestamp::from_micros(start_us),
            duration_us: u32::try_from(duration).ok()?,
            offset,
            bytes: u32::try_from(bytes).ok()?,
            pictures: u32::try_from(pictures).ok()?,
        };
        expected = Expected::after(&fragment);
        fragments.push(fragment);
    }
    decoder.is_at_end().then_some(fragments)
}

/// What the next fragment is likely to be.
struct Expected {
    start_us: i64,
    duration_us: i64,
    offset: u64,
    pictures: i64,
}

impl Expected {
    fn at(start: Timestamp) -> Self {
        Self { start_us: start.as_micros(), duration_us: 0, offset: 0, pictures: 0 }
    }

    fn after(fragment: &Fragment) -> Self {
        let duration_us = i64::from(fragment.duration_us);
        Self {
            start_us: fragment.start.as_micros().wrapping_add(duration_us),
            duration_us,
            offset: fragment.offset.wrapping_add(u64::from(fragment.bytes)),
            pictures: i64::from(fragment.pictures),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_table_comes_back(
            start: i64,
            table in prop::collection::vec(any::<(i64, u32, u64, u32, u32)>(), 0..40)
        ) {
            let fragments: Vec<_> = table
                .into_iter()
                .map(|(start, duration_us, offset, bytes, pictures)| Fragment {
                    start: Timestamp::from_micros(start),
                    duration_us,
                    offset,
                    bytes,
                    pictures,
                })
                .collect();
            let start = Timestamp::from_micros(start);
            let blob = encode_fragments(&fragments, start);
            prop_assert_eq!(decode_fragments(&blob, start), Some(fragments));
        }

        #[test]
        fn any_bytes_are_read_without_panic(blob: Vec<u8>, start: i64) {
            let _ = decode_fragments(&blob, Timestamp::from_micros(start));
        }
    }

    #[test]
    fn a_minute_of_two_second_fragments_takes_little() {
        let start: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
        let fragments: Vec<_> = (0..30)
            .map(|number| Fragment {
                start: Timestamp::from_micros(start.as_micros() + 2_000_000 * number),
                duration_us: 2_000_000,
                offset: 1000 + 1_000_000 * number.cast_unsigned(),
                bytes: 1_000_000,
                pictures: 50,
            })
            .collect();
        assert!(encode_fragments(&fragments, start).len() < 250);
    }
}
