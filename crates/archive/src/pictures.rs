//! The pictures of a range, fragment by fragment: for who decodes them one after the other.

use std::fs::File;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use domain::{Codec, Segment, TimeRange, Timestamp};

use crate::ClipError;
use crate::boxes::read;
use crate::boxes::sample_entry;
use crate::gop::{clip_error, read_pictures};
use crate::recovery::fragment_end;

/// The pictures of one fragment, as they lie on disk.
#[derive(Debug, Clone)]
pub struct FragmentPictures {
    /// How they are coded.
    pub codec: Codec,
    /// The decoder configuration record: the payload of `avcC` or `hvcC`.
    pub codec_data: Bytes,
    /// Whether decoding can start at the first of them; otherwise they go on with the GOP of the
    /// fragment before.
    pub starts_with_keyframe: bool,
    /// When each was taken, to 25 µs, and its NAL units, each behind its length in 4 bytes.
    pub pictures: Vec<(Timestamp, Bytes)>,
    /// When the last of them ends.
    pub end: Timestamp,
}

/// Reads the fragments with pictures of a range, in order of time, and those before that the first
/// ones depend on. Blocks. Nothing is held but the fragment at hand.
#[derive(Debug)]
pub struct Pictures {
    segments: Vec<(PathBuf, Segment)>,
    range: TimeRange,
    /// The segment at hand, the fragments of it that are still to be read, and its file.
    open: Option<(usize, std::ops::Range<usize>, File)>,
    next: usize,
}

impl Pictures {
    /// Reads `range` of these segments, each with its file; those of other times are passed over.
    pub fn new(mut segments: Vec<(PathBuf, Segment)>, range: TimeRange) -> Self {
        segments.sort_by_key(|(_, segment)| {
            (segment.range.start, segment.id, std::cmp::Reverse(segment.fragments.len()))
        });
        segments.dedup_by_key(|(_, segment)| segment.id);
        Self { segments, range, open: None, next: 0 }
    }

    /// Opens the next segment with pictures of the range; `false` when there is none.
    fn open_next(&mut self) -> Result<bool, ClipError> {
        while let Some((path, segment)) = self.segments.get(self.next) {
            let number = self.next;
            self.next += 1;
            let Some(wanted) = wanted(segment, self.range) else { continue };
            let file = File::open(path)
                .map_err(|source| ClipError::Open { path: path.clone(), source })?;
            let from = keyframe_before(path, &file, segment, wanted.start)?;
            self.open = Some((number, from..wanted.end, file));
            return Ok(true);
        }
        Ok(false)
    }

    fn read(&mut self) -> Result<Option<FragmentPictures>, ClipError> {
        loop {
            if let Some((number, left, file)) = &mut self.open
                && let Some(at) = left.next()
            {
                let (path, segment) = &self.segments[*number];
                return read_fragment(path, file, segment, at).map(Some);
            }
            if !self.open_next()? {
                return Ok(None);
            }
        }
    }
}

impl Iterator for Pictures {
    type Item = Result<FragmentPictures, ClipError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

/// Returns which fragments of a segment have pictures in the range.
fn wanted(segment: &Segment, range: TimeRange) -> Option<std::ops::Range<usize>> {
    let is_wanted = |fragment: &domain::Fragment| {
        fragment.start < range.end && range.start < fragment_end(fragment)
    };
    let first = segment.fragments.iter().position(is_wanted)?;
    let last = segment.fragments.iter().rposition(is_wanted)?;
    Some(first..last + 1)
}

/// Returns the fragment at or before `first` that decoding can start with.
fn keyframe_before(
    path: &Path,
    file: &File,
    segment: &Segment,
    first: usize,
) -> Result<usize, ClipError> {
    for at in (0..=first).rev() {
        let fragment = &segment.fragments[at];
        let limit = fragment.offset.saturating_add(fragment.bytes.into());
        let boxes = read::fragment(file, fragment.offset, limit)
            .map_err(|error| clip_error(path, error))?;
        if boxes.starts_with_keyframe {
            return Ok(at);
        }
    }
    Ok(0)
}

fn read_fragment(
    path: &Path,
    file: &File,
    segment: &Segment,
    at: usize,
) -> Result<FragmentPictures, ClipError> {
    let fragment = &segment.fragments[at];
    let limit = fragment.offset.saturating_add(fragment.bytes.into());
    let boxes =
        read::fragment(file, fragment.offset, limit).map_err(|error| clip_error(path, error))?;
    let mut pictures = Vec::with_capacity(boxes.samples.len());
    read_pictures(path, file, &boxes, &mut pictures)?;
    let codec_data = sample_entry::codec_data(&segment.sample_entry);
    let codec_data = codec_data.ok_or_else(|| ClipError::Damaged {
        path: path.to_owned(),
        offset: 0,
        what: "its sample entry cannot be read".to_owned(),
    })?;
    Ok(FragmentPictures {
        codec: segment.codec,
        codec_data,
        starts_with_keyframe: boxes.starts_with_keyframe,
        pictures,
        end: fragment_end(fragment),
    })
}
