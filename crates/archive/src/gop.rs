//! The pictures around one moment, for stills.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use domain::{Codec, Segment, Timestamp, VideoFormat};

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
    let facts = sample_entry::facts(&segment.sample_entry);
    let facts = facts.ok_or_else(|| ClipError::Damaged {
        path: path.to_owned(),
        offset: 0,
        what: "its sample entry cannot be read".to_owned(),
    })?;
    Ok(Gop {
        codec: segment.codec,
        codec_data: facts.codec_data,
        sample_entry: segment.sample_entry.clone(),
        width: segment.width,
        height: segment.height,
        pictures,
    })
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
