//! Any time range over any number of segments as one progressive MP4 file, read by byte range.
//!
//! Only the headers of the fragments are read to lay it out; the pictures are served from the
//! segment files as they lie, whole GOPs, not a bit changed. The file's timeline is the wall
//! clock: the last picture before a gap is shown until the gap ends. An edit list makes players
//! start and stop at the moments asked for, between the keyframes.

mod pieces;
mod tables;

use std::cmp::Reverse;
use std::path::PathBuf;

use domain::{Segment, TimeRange, Timestamp};
use sha2::{Digest as _, Sha256};

use crate::boxes::onvif;
use crate::boxes::read::FragmentBoxes;
use crate::boxes::ticks;
use crate::boxes::write::{Movie, ftyp, moov};
use crate::recovery::fragment_end;
use crate::{ClipError, ExportLabel};
use pieces::Pieces;
use tables::Tables;

/// The most pictures of one clip: three days at 25 a second; their tables take 60 MB.
const MOST_PICTURES: usize = 6_500_000;

/// One MP4 file that lies nowhere: its head is in memory, its pictures in the segment files.
///
/// Reading blocks. It may be shared; files are opened when they are read, and few are kept open.
#[derive(Debug)]
pub struct Clip {
    /// `ftyp`, `moov` and the head of `mdat`.
    head: Vec<u8>,
    pieces: Pieces,
    etag: String,
    range: TimeRange,
    shown: TimeRange,
}

impl Clip {
    /// Lays out the pictures of `range` in these segments, each with its file.
    ///
    /// Segments that are still being written may be among them: only their fragments so far are
    /// looked at. Segments that overlap, because a camera's clock was set back, are played one
    /// after the other. A gap is shown as a still picture, for 6 h at most.
    ///
    /// # Errors
    /// Fails if nothing lies in the range, or too much, or if a file cannot be read or is
    /// damaged where it is needed.
    pub fn new(segments: Vec<(PathBuf, Segment)>, range: TimeRange) -> Result<Self, ClipError> {
        Self::laid_out(segments, range, None)
    }

    /// The same for a package that leaves the site: the file says who exported it, when it begins
    /// and where it was taken, as the ONVIF Export File Format wants it.
    ///
    /// # Errors
    /// As [`Clip::new`].
    pub fn labelled(
        segments: Vec<(PathBuf, Segment)>,
        range: TimeRange,
        label: &ExportLabel,
    ) -> Result<Self, ClipError> {
        Self::laid_out(segments, range, Some(label))
    }

    fn laid_out(
        mut segments: Vec<(PathBuf, Segment)>,
        range: TimeRange,
        label: Option<&ExportLabel>,
    ) -> Result<Self, ClipError> {
        // A segment that is just being closed may come twice: the longer one is the newer.
        segments.sort_by_key(|(_, segment)| {
            (segment.range.start, segment.id, Reverse(segment.fragments.len()))
        });
        segments.dedup_by_key(|(_, segment)| segment.id);
        let empty = ClipError::Empty { start: range.start, end: range.end };
        let mut pieces = Pieces::default();
        let mut tables = Tables::default();
        let mut identity = Sha256::new();
        let mut delivered: Option<TimeRange> = None;
        let mut first: Option<(u32, u32)> = None;
        for (path, segment) in &segments {
            let Some(wanted) = wanted_fragments(segment, range) else {
                continue;
            };
            let file = pieces.add_file(path.clone());
            let boxes = read_fragments(&pieces, file, segment, wanted)?;
            let entry = tables.entry(&segment.sample_entry);
            first.get_or_insert((segment.width, segment.height));
            identity.update(segment.id.0.to_be_bytes());
            identity.update(segment.path.as_bytes());
            identity.update(segment.sha256.unwrap_or_default());
            for (boxes, end) in boxes {
                let start = delivered.map_or(boxes.start, |range| range.start);
                let end = delivered.map_or(end, |range| range.end.max(end));
                delivered = Some(TimeRange { start, end });
                let after_start = u64::try_from(boxes.start.micros_since(start)).unwrap_or(0);
                tables.add(&boxes, ticks(after_start), entry);
                pieces.add(file, boxes.payload, boxes.payload_bytes);
                identity.update(boxes.payload.to_be_bytes());
                if tables.pictures() > MOST_PICTURES {
                    return Err(ClipError::TooLong { limit: MOST_PICTURES });
                }
            }
        }
        let (Some(delivered), Some((width, height))) = (delivered, first) else {
            return Err(empty);
        };
        let shown = delivered.intersection(range).ok_or(empty)?;
        let ranges = (delivered, shown);
        let head = lay_out(&tables, &mut pieces, ranges, (width, height), label);
        identity.update(&head);
        let etag = identity.finalize()[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { head, pieces, etag, range: delivered, shown })
    }

    /// Returns the size of the file, in bytes.
    #[allow(clippy::len_without_is_empty, reason = "a clip always holds a picture")]
    pub fn len(&self) -> u64 {
        self.pieces.end()
    }

    /// Returns a tag that changes whenever a byte of the file may, without quotes.
    pub fn etag(&self) -> String {
        self.etag.clone()
    }

    /// Returns the span of all its pictures: whole GOPs.
    pub fn range(&self) -> TimeRange {
        self.range
    }

    /// Returns the span that players show: what was asked for, as far as it was recorded.
    pub fn shown(&self) -> TimeRange {
        self.shown
    }

    /// Reads bytes from `offset` on into `buf`; returns how many, fewer than its length only at
    /// the end of the file. Blocks.
    ///
    /// # Errors
    /// Fails if a segment file cannot be read; it may have been deleted meanwhile.
    pub fn read(&self, offset: u64, buf: &mut [u8]) -> Result<usize, ClipError> {
        let in_head = usize::try_from(offset).ok();
        let head = in_head.and_then(|at| self.head.get(at..)).unwrap_or(&[]);
        let from_head = head.len().min(buf.len());
        buf[..from_head].copy_from_slice(&head[..from_head]);
        let Some(rest) = buf.get_mut(from_head..).filter(|rest| !rest.is_empty()) else {
            return Ok(from_head);
        };
        let offset = offset.saturating_add(u64::try_from(from_head).unwrap_or(0));
        Ok(from_head + self.pieces.read(offset, rest)?)
    }
}

/// Returns which fragments of a segment have pictures in the range.
fn wanted_fragments(segment: &Segment, range: TimeRange) -> Option<std::ops::Range<usize>> {
    let wanted = |fragment: &domain::Fragment| {
        fragment.start < range.end && range.start < fragment_end(fragment)
    };
    let first = segment.fragments.iter().position(wanted)?;
    let last = segment.fragments.iter().rposition(wanted)?;
    Some(first..last + 1)
}

/// Reads the headers of the wanted fragments, and of those before that their first pictures
/// depend on; each with the time its last picture ends.
fn read_fragments(
    pieces: &Pieces,
    file: usize,
    segment: &Segment,
    wanted: std::ops::Range<usize>,
) -> Result<Vec<(FragmentBoxes, Timestamp)>, ClipError> {
    let mut boxes = Vec::with_capacity(wanted.len());
    let read = |at: usize| {
        let fragment = &segment.fragments[at];
        let boxes = pieces.fragment(file, fragment)?;
        Ok::<_, ClipError>((boxes, fragment_end(fragment)))
    };
    let mut before = wanted.start;
    for at in wanted {
        boxes.push(read(at)?);
    }
    // A very long GOP lies in several fragments, and decoding starts with the first of them.
    let mut starts_with_keyframe = boxes.first().is_none_or(|first| first.0.starts_with_keyframe);
    let mut earlier = Vec::new();
    while !starts_with_keyframe && before > 0 {
        before -= 1;
        let found = read(before)?;
        starts_with_keyframe = found.0.starts_with_keyframe;
        earlier.push(found);
    }
    earlier.reverse();
    earlier.append(&mut boxes);
    Ok(earlier)
}

/// Returns `ftyp`, `moov` and the head of `mdat`, and moves the pieces behind them.
fn lay_out(
    tables: &Tables,
    pieces: &mut Pieces,
    (delivered, shown): (TimeRange, TimeRange),
    (width, height): (u32, u32),
    label: Option<&ExportLabel>,
) -> Vec<u8> {
    let since_start =
        |time: Timestamp| ticks(u64::try_from(time.micros_since(delivered.start)).unwrap_or(0));
    let starts_at = since_start(shown.start);
    // Where segments overlap the timeline is longer than the wall clock: all of it plays.
    let is_longer = tables.lasts() > since_start(delivered.end).saturating_add(1);
    let ends_at = if shown.end == delivered.end || is_longer {
        tables.lasts()
    } else {
        since_start(shown.end).min(tables.lasts())
    };
    let plays = ends_at.saturating_sub(starts_at);
    let movie = Movie {
        start: shown.start,
        width,
        height,
        plays: plays.max(1),
        lasts: tables.lasts(),
        starts_at,
        entries: &tables.entries(),
    };
    let (payload, count) = (pieces.payload_bytes(), pieces.count());
    let build = |chunks: Option<&[u64]>| {
        let mut head = Vec::new();
        ftyp(&mut head, &[*b"isom", *b"iso2", *b"mp41"]);
        let tables = |out: &mut Vec<u8>| tables.write(out, chunks, count);
        moov(&mut head, &movie, tables, |out| {
            if let Some(label) = label {
                onvif::location(out, label);
            }
        });
        if let Some(label) = label {
            onvif::meta(&mut head, label, delivered.start);
        }
        head.extend_from_slice(&1_u32.to_be_bytes());
        head.extend_from_slice(b"mdat");
        head.extend_from_slice(&payload.saturating_add(16).to_be_bytes());
        head
    };
    // Chunk offsets take 8 bytes each, whatever they are: the size is known before they are.
    let head_bytes = u64::try_from(build(None).len()).unwrap_or(0);
    let chunks = pieces.move_behind(head_bytes);
    build(Some(&chunks))
}
