//! Reads the coded pictures of an MP4 file's video track (ISO/IEC 14496-12, -15).
//!
//! Understands what encoders write for a plain, progressive file: `moov` with one sample table
//! per track. Every number in the file is taken as a claim: sizes and counts are checked against
//! the bytes that are there before anything is allocated for them.

mod boxes;
mod sample_table;

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use boxes::{Reader, child, children};
use rtsp::Codec;
pub use sample_table::Sample;

/// The largest `moov` that is read, in bytes: hours of pictures.
const MOOV_LIMIT: u64 = 64 << 20;

/// Why a file cannot be footage.
#[derive(Debug, thiserror::Error)]
pub enum Mp4Error {
    /// The file cannot be opened or read.
    #[error("cannot read it")]
    Read(#[from] io::Error),
    /// A box ends before what it should hold.
    #[error("box {0} is truncated")]
    Truncated(&'static str),
    /// A box that must be there is not.
    #[error("no box {0}: not a plain MP4 file, or cut off before its end")]
    Missing(&'static str),
    /// A box says something that cannot be.
    #[error("box {which} is broken: {what}")]
    Broken {
        /// The box.
        which: &'static str,
        /// What cannot be.
        what: &'static str,
    },
    /// No H.264 or H.265 track.
    #[error("no H.264 or H.265 video track")]
    NoVideo,
    /// A sample that is not a sequence of NAL units.
    #[error("picture {index} is broken: {what}")]
    BrokenPicture {
        /// Counts pictures from 0.
        index: usize,
        /// What cannot be.
        what: &'static str,
    },
    /// Pictures are not shown in the order they are coded in.
    #[error("it has B-frames, which cameras do not send: encode it again with ffmpeg's -bf 0")]
    Reordered,
    /// No picture to start with.
    #[error("no keyframe to start with")]
    NoKeyframe,
}

/// A video track: what a decoder must know, and where the pictures are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Track {
    /// How the pictures are coded.
    pub codec: Codec,
    /// Width of the picture, in pixels.
    pub width: u16,
    /// Height of the picture, in pixels.
    pub height: u16,
    /// Parameter sets of the sample entry, in the order a decoder wants them.
    pub parameter_sets: Vec<Vec<u8>>,
    /// Bytes of the length before each NAL unit, 1 to 4.
    pub nal_length_size: usize,
    /// Units of time per second.
    pub timescale: u32,
    /// The pictures, in coding order, which is also the order they are shown in.
    pub samples: Vec<Sample>,
}

/// Reads where the pictures are. The pictures themselves are read with [`read_sample`].
///
/// # Errors
/// Refuses what is not a plain MP4 file with an H.264 or H.265 track.
pub fn open(path: &Path) -> Result<(File, Track), Mp4Error> {
    let mut file = File::open(path)?;
    let file_len = file.metadata()?.len();
    let moov = read_moov(&mut file, file_len)?;
    let track = parse_moov(&moov, file_len)?;
    Ok((file, track))
}

/// Reads one picture's bytes.
///
/// # Errors
/// Fails when the file has become shorter, or cannot be read.
pub fn read_sample(file: &mut File, sample: &Sample) -> Result<Vec<u8>, Mp4Error> {
    file.seek(SeekFrom::Start(sample.offset))?;
    let mut bytes = vec![0; sample.size as usize];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Returns the payload of the file's `moov` box.
fn read_moov(file: &mut File, file_len: u64) -> Result<Vec<u8>, Mp4Error> {
    let mut position = 0;
    while file_len.saturating_sub(position) >= 8 {
        file.seek(SeekFrom::Start(position))?;
        let mut header = [0; 16];
        file.read_exact(&mut header[..8])?;
        let short = u32::from_be_bytes([header[0], header[1], header[2], header[3]]);
        let mut header_len = 8;
        let size = match short {
            0 => file_len - position,
            1 => {
                file.read_exact(&mut header[8..])?;
                header_len = 16;
                let mut long = [0; 8];
                long.copy_from_slice(&header[8..]);
                u64::from_be_bytes(long)
            }
            _ => u64::from(short),
        };
        let rest = file_len - position;
        if size < header_len || size > rest {
            return Err(Mp4Error::Truncated("at the top level"));
        }
        if &header[4..8] == b"moov" {
            let payload_len = size - header_len;
            if payload_len > MOOV_LIMIT {
                return Err(Mp4Error::Broken { which: "moov", what: "larger than 64 MiB" });
            }
            let mut payload = Vec::new();
            file.take(payload_len).read_to_end(&mut payload)?;
            return Ok(payload);
        }
        position += size;
    }
    Err(Mp4Error::Missing("moov"))
}

/// Returns the first H.264 or H.265 track of a `moov` payload, for a file of `file_len` bytes.
///
/// # Errors
/// Refuses broken boxes, and tracks that reach beyond the file.
pub fn parse_moov(moov: &[u8], file_len: u64) -> Result<Track, Mp4Error> {
    for trak in children(moov) {
        let (kind, trak) = trak?;
        if kind != *b"trak" {
            continue;
        }
        let mdia = child(trak, b"mdia", "mdia")?;
        let stbl = child(child(mdia, b"minf", "minf")?, b"stbl", "stbl")?;
        let Some(entry) = video_sample_entry(child(stbl, b"stsd", "stsd")?)? else {
            continue;
        };
        let timescale = timescale(child(mdia, b"mdhd", "mdhd")?)?;
        let samples = sample_table::read(stbl, file_len)?;
        return Ok(Track {
            codec: entry.codec,
            width: entry.width,
            height: entry.height,
            parameter_sets: entry.parameter_sets,
            nal_length_size: entry.nal_length_size,
            timescale,
            samples,
        });
    }
    Err(Mp4Error::NoVideo)
}

/// Returns the units of time per second of an `mdhd` box.
fn timescale(mdhd: &[u8]) -> Result<u32, Mp4Error> {
    let mut reader = Reader::new(mdhd, "mdhd");
    let version = reader.version()?;
    reader.skip(if version == 1 { 16 } else { 8 })?;
    match reader.u32()? {
        0 => Err(Mp4Error::Broken { which: "mdhd", what: "a timescale of 0" }),
        timescale => Ok(timescale),
    }
}

/// What a `VisualSampleEntry` says.
struct SampleEntry {
    codec: Codec,
    width: u16,
    height: u16,
    parameter_sets: Vec<Vec<u8>>,
    nal_length_size: usize,
}

/// Returns the first sample entry of an `stsd` box if it is H.264 or H.265.
fn video_sample_entry(stsd: &[u8]) -> Result<Option<SampleEntry>, Mp4Error> {
    let mut reader = Reader::new(stsd, "stsd");
    reader.version()?;
    reader.u32()?;
    let Some(entry) = children(reader.rest()).next() else {
        return Ok(None);
    };
    let (kind, entry) = entry?;
    let codec = match &kind {
        b"avc1" | b"avc3" => Codec::H264,
        b"hvc1" | b"hev1" => Codec::H265,
        _ => return Ok(None),
    };
    let mut reader = Reader::new(entry, "stsd");
    // Reserved, data reference, pre-defined and reserved (14496-12 §8.5.2, §12.1.3).
    reader.skip(24)?;
    let width = reader.u16()?;
    let height = reader.u16()?;
    // Resolutions, reserved, frame count, compressor name, depth, pre-defined.
    reader.skip(50)?;
    let (parameter_sets, nal_length_size) = match codec {
        Codec::H264 => avc_configuration(child(reader.rest(), b"avcC", "avcC")?)?,
        Codec::H265 => hevc_configuration(child(reader.rest(), b"hvcC", "hvcC")?)?,
    };
    Ok(Some(SampleEntry { codec, width, height, parameter_sets, nal_length_size }))
}

/// Returns the parameter sets and NAL length size of an `avcC` (14496-15 §5.3.3.1.2).
fn avc_configuration(record: &[u8]) -> Result<(Vec<Vec<u8>>, usize), Mp4Error> {
    let mut reader = Reader::new(record, "avcC");
    reader.skip(4)?;
    let nal_length_size = usize::from(reader.u8()? & 3) + 1;
    let mut parameter_sets = Vec::new();
    for mask in [0x1f, 0xff] {
        for _ in 0..reader.u8()? & mask {
            let len = reader.u16()?;
            parameter_sets.push(reader.take(usize::from(len))?.to_vec());
        }
    }
    Ok((parameter_sets, nal_length_size))
}

/// Returns the video, sequence and picture parameter sets and the NAL length size of an `hvcC`
/// (14496-15 §8.3.3.1.2).
fn hevc_configuration(record: &[u8]) -> Result<(Vec<Vec<u8>>, usize), Mp4Error> {
    let mut reader = Reader::new(record, "hvcC");
    reader.skip(21)?;
    let nal_length_size = usize::from(reader.u8()? & 3) + 1;
    let mut parameter_sets = Vec::new();
    for _ in 0..reader.u8()? {
        let nal_type = reader.u8()? & 0x3f;
        for _ in 0..reader.u16()? {
            let len = reader.u16()?;
            let nal = reader.take(usize::from(len))?;
            // SEI may lie here too; it is not needed to decode.
            if (32..=34).contains(&nal_type) {
                parameter_sets.push(nal.to_vec());
            }
        }
    }
    parameter_sets.sort_by_key(|nal: &Vec<u8>| Codec::H265.nal_type(nal));
    Ok((parameter_sets, nal_length_size))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Returns a box around its payload.
    pub(crate) fn boxed(kind: &[u8; 4], payload: &[u8]) -> Vec<u8> {
        let mut bytes = u32::try_from(payload.len() + 8).unwrap().to_be_bytes().to_vec();
        bytes.extend_from_slice(kind);
        bytes.extend_from_slice(payload);
        bytes
    }

    fn words(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    /// Returns a `moov` payload: two pictures of 10 and 20 bytes.
    fn small_moov() -> Vec<u8> {
        let mut avc = vec![1, 0x4d, 0x40, 0x1f, 0xff, 0xe1, 0, 4, 0x67, 0x4d, 0x40, 0x1f];
        avc.extend_from_slice(&[1, 0, 2, 0x68, 0xee]);
        let mut entry = vec![0; 78];
        entry[24..28].copy_from_slice(&[3, 0, 2, 0x40]);
        entry.extend_from_slice(&boxed(b"avcC", &avc));
        let mut stsd = words(&[0, 1]);
        stsd.extend_from_slice(&boxed(b"avc1", &entry));
        let stbl = [
            boxed(b"stsd", &stsd),
            boxed(b"stts", &words(&[0, 1, 2, 512])),
            boxed(b"stsc", &words(&[0, 1, 1, 2, 1])),
            boxed(b"stsz", &words(&[0, 0, 2, 10, 20])),
            boxed(b"stco", &words(&[0, 1, 48])),
        ]
        .concat();
        let mdhd = words(&[0, 0, 0, 12_800, 0, 0]);
        let mdia = [boxed(b"mdhd", &mdhd), boxed(b"minf", &boxed(b"stbl", &stbl))].concat();
        boxed(b"trak", &boxed(b"mdia", &mdia))
    }

    #[test]
    fn a_sample_table_says_where_the_pictures_are() {
        let track = parse_moov(&small_moov(), 1000).unwrap();
        assert_eq!(track.codec, Codec::H264);
        assert_eq!((track.width, track.height), (768, 576));
        assert_eq!(track.timescale, 12_800);
        let where_: Vec<_> =
            track.samples.iter().map(|sample| (sample.offset, sample.size, sample.time)).collect();
        assert_eq!(where_, [(48, 10, 0), (58, 20, 512)]);
        assert_eq!(track.parameter_sets.len(), 2);
    }

    #[test]
    fn a_picture_beyond_the_end_of_the_file_is_refused() {
        let error = parse_moov(&small_moov(), 60).unwrap_err();
        assert!(error.to_string().contains("beyond the end"), "{error}");
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(
            at in 0_usize..400, with: [u8; 4], cut in 0_usize..500, noise: Vec<u8>,
        ) {
            let mut moov = small_moov();
            let end = moov.len();
            for (offset, byte) in with.into_iter().enumerate() {
                moov[(at + offset) % end] = byte;
            }
            drop(parse_moov(&moov, 1000));
            drop(parse_moov(&moov[..cut.min(end)], 1000));
            drop(parse_moov(&noise, 1000));
        }
    }
}
