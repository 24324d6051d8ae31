//! The pictures around one moment, for stills.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use domain::{Codec, Fragment, Segment, Timestamp, VideoFormat};

use crate::ClipError;
use crate::boxes::read::{self, BoxError, FragmentBoxes};
use crate::boxes::{micros, sample_entry};

/// The pictures from the keyframe before a moment to the end of its fragment.
#[derive(Debug, Clone)]
pub struct Gop {
    /// How they are coded.
    pub codec: Codec,
    /// The decoder configuration record: the payload of `avcC` or `hvcC`.
    pub codec_data: Bytes,
    /// The whole sample entry box.
    pub sample_entry: Bytes,
    /// Width, in pixels.
    pub width: u32,
    /// Height, in pixels.
    pub height: u32,
    /// When each was taken, to 25 µs, and its NAL units, each behind its length in 4 bytes; the
    /// first is a keyframe.
    pub pictures: Vec<(Timestamp, Bytes)>,
}

impl Gop {
    /// Begins one whose pictures are still to be added.
    pub(crate) fn empty(format: &VideoFormat) -> Self {
        Self {
            codec: format.codec,
            codec_data: format.codec_data.clone(),
            sample_entry: format.sample_entry.clone(),
            width: format.width,
            height: format.height,
            pictures: Vec::new(),
        }
    }
}

/// Reads the GOP that shows how it was at `time`: the last that starts at or before it. Blocks.
///
/// # Errors
/// Fails if the segment starts after `time`, or if its file at `path` cannot be read or is
/// damaged there.
pub fn read(path: &Path, segment: &Segment, time: Timestamp) -> Result<Gop, ClipError> {
    let file =
        File::open(path).map_err(|source| ClipError::Open { path: path.to_owned(), source })?;
    let after = segment.fragments.partition_point(|fragment| fragment.start <= time);
    let mut fragments = Vec::new();
    for fragment in segment.fragments[..after].iter().rev() {
        let limit = fragment.offset.saturating_add(fragment.bytes.into());
        let boxes = read::fragment(&file, fragment.offset, limit)
            .map_err(|error| clip_error(path, error))?;
        let is_start = boxes.starts_with_keyframe;
        fragments.push(boxes);
        if is_start {
            break;
        }
    }
    if fragments.is_empty() {
        return Err(ClipError::Empty { start: time, end: segment.range.start });
    }
    let mut pictures = Vec::new();
    for boxes in fragments.iter().rev() {
        read_pictures(path, &file, boxes, &mut pictures)?;
    }
    Ok(Gop { pictures, ..Gop::empty(&format(path, segment)?) })
}

/// Returns how the pictures of a segment, whose file lies at `path`, are coded.
///
/// # Errors
/// Fails when its sample entry cannot be read.
pub fn format(path: &Path, segment: &Segment) -> Result<VideoFormat, ClipError> {
    let codec_data = sample_entry::codec_data(&segment.sample_entry);
    let codec_data = codec_data.ok_or_else(|| ClipError::Damaged {
        path: path.to_owned(),
        offset: 0,
        what: "its sample entry cannot be read".to_owned(),
    })?;
    Ok(VideoFormat {
        codec: segment.codec,
        width: segment.width,
        height: segment.height,
        sample_entry: segment.sample_entry.clone(),
        codec_data,
        rfc6381: segment.rfc6381.clone(),
    })
}

/// Reads the keyframe that a fragment of the file at `path` begins with, and nothing after it: its NAL
/// units, each behind its length in 4 bytes. `None` where it begins with none. Blocks.
///
/// # Errors
/// Fails if the file cannot be read or is damaged there.
pub fn keyframe(path: &Path, fragment: &Fragment) -> Result<Option<Bytes>, ClipError> {
    let file =
        File::open(path).map_err(|source| ClipError::Open { path: path.to_owned(), source })?;
    let limit = fragment.offset.saturating_add(fragment.bytes.into());
    let boxes =
        read::fragment(&file, fragment.offset, limit).map_err(|error| clip_error(path, error))?;
    let Some(first) = boxes.samples.first().filter(|_| boxes.starts_with_keyframe) else {
        return Ok(None);
    };
    // Never more than the fragment says it holds, whatever its first sample says.
    let size = u64::from(first.size).min(boxes.payload_bytes);
    let mut keyframe = vec![0; usize::try_from(size).unwrap_or(0)];
    file.read_exact_at(&mut keyframe, boxes.payload).map_err(|source| ClipError::Read {
        path: path.to_owned(),
        offset: boxes.payload,
        source,
    })?;
    Ok(Some(keyframe.into()))
}

/// Appends the pictures of a fragment, read with one call.
pub(crate) fn read_pictures(
    path: &Path,
    file: &File,
    boxes: &FragmentBoxes,
    pictures: &mut Vec<(Timestamp, Bytes)>,
) -> Result<(), ClipError> {
    let size = file.metadata().map_err(|source| ClipError::Read {
        path: path.to_owned(),
        offset: 0,
        source,
    })?;
    // Before a buffer is made: the file may be shorter than its headers say.
    if boxes.end > size.len() {
        return Err(ClipError::Damaged {
            path: path.to_owned(),
            offset: boxes.offset,
            what: "the file is cut short".to_owned(),
        });
    }
    let mut payload = vec![0; usize::try_from(boxes.payload_bytes).unwrap_or(0)];
    let read = file.read_exact_at(&mut payload, boxes.payload);
    read.map_err(|source| ClipError::Read {
        path: path.to_owned(),
        offset: boxes.payload,
        source,
    })?;
    let mut payload = Bytes::from(payload);
    let mut after_start: u64 = 0;
    for sample in &boxes.samples {
        let time = boxes.start.plus(Duration::from_micros(micros(after_start)));
        let size = usize::try_from(sample.size).unwrap_or(usize::MAX);
        pictures.push((time, payload.split_to(size.min(payload.len()))));
        after_start += u64::from(sample.duration);
    }
    Ok(())
}

pub(crate) fn clip_error(path: &Path, error: BoxError) -> ClipError {
    let path = path.to_owned();
    match error {
        BoxError::Io(offset, source) => ClipError::Read { path, offset, source },
        BoxError::Damaged(offset, what) => {
            ClipError::Damaged { path, offset, what: what.to_owned() }
        }
    }
}
