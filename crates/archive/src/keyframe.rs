//! The keyframe before a moment, alone: for pictures that are small and many.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use bytes::Bytes;
use domain::{Codec, Segment, Timestamp};

use crate::ClipError;
use crate::boxes::{read, sample_entry};
use crate::gop::clip_error;

/// A keyframe as it lies on disk.
#[derive(Debug, Clone)]
pub struct Keyframe {
    /// How it is coded.
    pub codec: Codec,
    /// The decoder configuration record: the payload of `avcC` or `hvcC`.
    pub codec_data: Bytes,
    /// When it was taken.
    pub time: Timestamp,
    /// Its NAL units, each behind its length in 4 bytes.
    pub data: Bytes,
}

/// Reads the last keyframe at or before `time`, and nothing beside it. Blocks.
///
/// # Errors
/// Fails if the segment starts after `time`, or if its file at `path` cannot be read or is damaged
/// there.
pub fn read(path: &Path, segment: &Segment, time: Timestamp) -> Result<Keyframe, ClipError> {
    let file =
        File::open(path).map_err(|source| ClipError::Open { path: path.to_owned(), source })?;
    let after = segment.fragments.partition_point(|fragment| fragment.start <= time);
    let codec_data = sample_entry::codec_data(&segment.sample_entry);
    let codec_data =
        codec_data.ok_or_else(|| damaged(path, 0, "its sample entry cannot be read"))?;
    for fragment in segment.fragments[..after].iter().rev() {
        let limit = fragment.offset.saturating_add(fragment.bytes.into());
        let boxes = read::fragment(&file, fragment.offset, limit)
            .map_err(|error| clip_error(path, error))?;
        let Some(first) = boxes.samples.first().filter(|_| boxes.starts_with_keyframe) else {
            continue;
        };
        let reading =
            |source| ClipError::Read { path: path.to_owned(), offset: boxes.payload, source };
        let end = boxes.payload.saturating_add(first.size.into());
        // Before a buffer is made: the file may be shorter than its headers say.
        if end > file.metadata().map_err(reading)?.len() {
            return Err(damaged(path, boxes.offset, "the file is cut short"));
        }
        let mut data = vec![0; usize::try_from(first.size).unwrap_or(0)];
        file.read_exact_at(&mut data, boxes.payload).map_err(reading)?;
        return Ok(Keyframe {
            codec: segment.codec,
            codec_data,
            time: boxes.start,
            data: Bytes::from(data),
        });
    }
    Err(ClipError::Empty { start: time, end: segment.range.start })
}

fn damaged(path: &Path, offset: u64, what: &str) -> ClipError {
    ClipError::Damaged { path: path.to_owned(), offset, what: what.to_owned() }
}
