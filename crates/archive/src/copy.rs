//! The file of a viewing copy: pictures that were encoded anew, as a fragmented MP4 with the
//! wall-clock times of the recording. Nothing of it is ever taken for footage: it says in its title
//! what it is, and lies in no volume.

use bytes::Bytes;
use domain::{Codec, Timestamp, VideoFormat};

use crate::boxes::write::{
    FragmentHeader, Movie, TRACK, boxed, fragment_header, ftyp, full_box, media_time, moov, put16,
    put32, put64,
};

/// Language `und`, three letters of 5 bits.
const UNDETERMINED: u16 = 0x55c4;

/// How the pictures of a copy are coded: H.264.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyFormat {
    /// Width, in pixels.
    pub width: u32,
    /// Height, in pixels.
    pub height: u32,
    /// The decoder configuration record: the payload of `avcC`.
    pub codec_data: Bytes,
}

impl CopyFormat {
    /// Returns it as the format of a stream: what a copy that is watched as it is made is told by.
    pub fn video(&self) -> VideoFormat {
        // Profile, constraints and level: the bytes behind the version (14496-15 §5.3.3.1).
        let parameters: String =
            self.codec_data.iter().skip(1).take(3).map(|byte| format!("{byte:02x}")).collect();
        VideoFormat {
            codec: Codec::H264,
            width: self.width,
            height: self.height,
            sample_entry: avc1(self).into(),
            codec_data: self.codec_data.clone(),
            rfc6381: format!("avc1.{parameters}"),
        }
    }
}

/// Writes a viewing copy into memory, piece by piece.
#[derive(Debug)]
pub struct CopyWriter {
    start: Timestamp,
    sequence: u32,
}

impl CopyWriter {
    /// Begins one whose media time zero is `start` on the wall clock.
    pub fn new(start: Timestamp) -> Self {
        Self { start, sequence: 0 }
    }

    /// Returns what stands before the first fragment; `title` says what the file is.
    pub fn head(&self, format: &CopyFormat, title: &str) -> Vec<u8> {
        let entry = avc1(format);
        let movie = Movie {
            start: self.start,
            width: format.width,
            height: format.height,
            plays: 0,
            lasts: 0,
            starts_at: 0,
            entries: &[&entry],
        };
        let no_tables = |out: &mut Vec<u8>| {
            for kind in [*b"stts", *b"stsc", *b"stco"] {
                full_box(out, kind, 0, 0, |out| put32(out, 0));
            }
            full_box(out, *b"stsz", 0, 0, |out| put64(out, 0));
        };
        let mut out = Vec::with_capacity(1024);
        ftyp(&mut out, &[*b"iso6", *b"iso5", *b"mp41"]);
        moov(&mut out, &movie, no_tables, |out| {
            boxed(out, *b"mvex", |out| {
                full_box(out, *b"trex", 0, 0, |out| {
                    put32(out, TRACK);
                    put32(out, 1); // the one sample entry
                    out.extend_from_slice(&[0; 12]);
                });
            });
            // The title as QuickTime writes it ("User Data Atoms"), which players show.
            boxed(out, *b"udta", |out| {
                boxed(out, *b"\xa9nam", |out| {
                    put16(out, u16::try_from(title.len()).unwrap_or(0));
                    put16(out, UNDETERMINED);
                    out.extend_from_slice(title.as_bytes());
                });
            });
        });
        out
    }

    /// Returns a fragment of `pictures`, of which the first is a keyframe, each with its moment and
    /// its NAL units behind 4-byte lengths; the last one lasts until `end`. Pictures before the
    /// start of the copy are shown from the start on.
    pub fn fragment(&mut self, pictures: &[(Timestamp, Bytes)], end: Timestamp) -> Vec<u8> {
        let Some((first, _)) = pictures.first() else { return Vec::new() };
        self.sequence += 1;
        let next = pictures.iter().skip(1).map(|(time, _)| *time).chain([end]);
        let samples: Vec<(u32, u32)> = pictures
            .iter()
            .zip(next)
            .map(|((time, data), next)| {
                let lasts = media_time(self.start, next)
                    - media_time(self.start, *time).min(media_time(self.start, next));
                (
                    u32::try_from(lasts).unwrap_or(u32::MAX),
                    u32::try_from(data.len()).unwrap_or(u32::MAX),
                )
            })
            .collect();
        let payload: u64 = samples.iter().map(|(_, bytes)| u64::from(*bytes)).sum();
        let mut out = fragment_header(&FragmentHeader {
            sequence: self.sequence,
            start: (*first).max(self.start),
            decode_time: media_time(self.start, *first),
            starts_with_keyframe: true,
            samples: &samples,
            payload_bytes: u32::try_from(payload).unwrap_or(u32::MAX - 8),
        });
        pictures.iter().for_each(|(_, data)| out.extend_from_slice(data));
        out
    }
}

/// Returns the sample entry, ISO/IEC 14496-12 §12.1.3 and 14496-15 §5.4.2.1.
fn avc1(format: &CopyFormat) -> Vec<u8> {
    let side = |pixels: u32| u16::try_from(pixels).unwrap_or(u16::MAX);
    let mut out = Vec::with_capacity(128);
    boxed(&mut out, *b"avc1", |out| {
        out.extend_from_slice(&[0; 6]);
        put16(out, 1); // the one data reference
        out.extend_from_slice(&[0; 16]);
        put16(out, side(format.width));
        put16(out, side(format.height));
        put32(out, 72 << 16); // 72 dpi either way
        put32(out, 72 << 16);
        put32(out, 0);
        put16(out, 1); // one picture a sample
        out.extend_from_slice(&[0; 32]); // no name of the compressor
        put16(out, 24); // colour, no alpha
        put16(out, u16::MAX);
        boxed(out, *b"avcC", |out| out.extend_from_slice(&format.codec_data));
    });
    out
}
