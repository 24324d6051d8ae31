//! Footage to record: a clip made by ffmpeg, taken apart into access units.

use std::sync::Arc;
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use domain::{AccessUnit, ClockSource, Codec, RunId, StreamId, Timestamp, VideoFormat};

/// Pictures per second of the clip.
pub(crate) const RATE: u32 = 10;
/// Pictures in a GOP of the clip.
pub(crate) const GOP: u32 = 10;
pub(crate) const WIDTH: u32 = 320;
pub(crate) const HEIGHT: u32 = 240;

/// Returns `seconds` of moving test pictures as H.264 access units that begin at `start`.
pub(crate) fn access_units(stream: &StreamId, start: Timestamp, seconds: u32) -> Vec<AccessUnit> {
    let source = format!("testsrc2=size={WIDTH}x{HEIGHT}:rate={RATE}");
    let (seconds, gop) = (seconds.to_string(), GOP.to_string());
    let picture = ["-threads", "1", "-f", "lavfi", "-i", &source, "-t", &seconds];
    let codec =
        ["-c:v", "libx264", "-threads", "1", "-preset", "ultrafast", "-bf", "0", "-g", &gop];
    let form = ["-x264-params", "slices=1:repeat-headers=1:scenecut=0", "-pix_fmt", "yuv420p"];
    let file = fixtures::clip("h264", &[&picture[..], &codec, &form].concat());
    let bytes = std::fs::read(file).unwrap();
    pictures(&bytes, stream, start)
}

fn pictures(bytes: &[u8], stream: &StreamId, start: Timestamp) -> Vec<AccessUnit> {
    let nals = nal_units(bytes);
    let find = |kind| nals.iter().find(|nal| nal[0] & 31 == kind).unwrap();
    let format = Arc::new(video_format(find(7), find(8)));
    let mut units = Vec::new();
    let mut data = BytesMut::new();
    for nal in nals {
        data.put_u32(u32::try_from(nal.len()).unwrap());
        data.put_slice(nal);
        let kind = nal[0] & 31;
        if kind != 1 && kind != 5 {
            continue;
        }
        // One slice makes one picture, and parameter sets go before their picture.
        let sequence = units.len() as u64;
        let since_start = Duration::from_secs(sequence) / RATE;
        units.push(AccessUnit {
            stream: stream.clone(),
            run: RunId(1),
            sequence,
            time: start.plus(since_start),
            clock_source: ClockSource::SenderReport,
            clock_error_us: 0,
            timestamp_90k: i64::try_from(sequence).unwrap() * 90_000 / i64::from(RATE),
            is_keyframe: kind == 5,
            lost_packets: 0,
            format: Arc::clone(&format),
            data: data.split().freeze(),
        });
    }
    units
}

/// Splits a byte stream at its start codes (ITU-T H.264, annex B).
fn nal_units(bytes: &[u8]) -> Vec<&[u8]> {
    let mut starts = Vec::new();
    for at in 0..bytes.len().saturating_sub(3) {
        if bytes[at..at + 3] == [0, 0, 1] {
            starts.push(at);
        }
    }
    let end_of = |index: usize| starts.get(index + 1).copied().unwrap_or(bytes.len());
    let unit = |(index, start): (usize, &usize)| {
        let nal = &bytes[start + 3..end_of(index)];
        let zeros = nal.iter().rev().take_while(|byte| **byte == 0).count();
        &nal[..nal.len() - zeros]
    };
    starts.iter().enumerate().map(unit).collect()
}

/// Writes the sample entry by hand (ISO/IEC 14496-12 §12.1.3, 14496-15 §5.3.3).
fn video_format(sps: &[u8], pps: &[u8]) -> VideoFormat {
    let mut record = BytesMut::new();
    record.put_slice(&[1, sps[1], sps[2], sps[3], 0xff, 0xe1]);
    record.put_u16(u16::try_from(sps.len()).unwrap());
    record.put_slice(sps);
    record.put_u8(1);
    record.put_u16(u16::try_from(pps.len()).unwrap());
    record.put_slice(pps);
    let record = record.freeze();

    let mut entry = BytesMut::new();
    entry.put_slice(&[0; 6]);
    entry.put_u16(1);
    entry.put_slice(&[0; 16]);
    entry.put_u16(u16::try_from(WIDTH).unwrap());
    entry.put_u16(u16::try_from(HEIGHT).unwrap());
    entry.put_u32(0x0048_0000);
    entry.put_u32(0x0048_0000);
    entry.put_u32(0);
    entry.put_u16(1);
    entry.put_slice(&[0; 32]);
    entry.put_u16(24);
    entry.put_i16(-1);
    entry.put_slice(&mp4_box(*b"avcC", &record));
    VideoFormat {
        codec: Codec::H264,
        width: WIDTH,
        height: HEIGHT,
        sample_entry: mp4_box(*b"avc1", &entry),
        codec_data: record,
        rfc6381: format!("avc1.{:02x}{:02x}{:02x}", sps[1], sps[2], sps[3]),
    }
}

fn mp4_box(kind: [u8; 4], payload: &[u8]) -> Bytes {
    let mut bytes = BytesMut::new();
    bytes.put_u32(u32::try_from(payload.len() + 8).unwrap());
    bytes.put_slice(&kind);
    bytes.put_slice(payload);
    bytes.freeze()
}
