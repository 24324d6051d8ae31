//! Reads boxes back, from files that may be cut short, damaged, or made to harm.
//!
//! Only what [`write`](super::write) writes is understood; anything else is damage. Nothing is
//! allocated that the bytes at hand do not pay for.

use std::fmt;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use bytes::Bytes;
use domain::{Fragment, Timestamp};

use super::{from_ntp, micros};

/// The most a `moov` or `moof` may take; ours take some kilobytes.
const MAX_BOX_BYTES: u64 = 4 << 20;
/// What is read first of a fragment: holds the headers of a GOP of 400 pictures, and what fills up the
/// last block of a fragment before them.
const FIRST_READ_BYTES: u64 = 8192;

/// Why bytes cannot be read as what they should be.
#[derive(Debug)]
pub(crate) enum BoxError {
    /// They cannot be had.
    Io(u64, io::Error),
    /// They are not what they should be.
    Damaged(u64, &'static str),
}

impl fmt::Display for BoxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(offset, error) => write!(f, "byte {offset}: cannot read it: {error}"),
            Self::Damaged(offset, what) => write!(f, "byte {offset}: {what}"),
        }
    }
}

/// Reads big-endian numbers from a slice, and never beyond it.
#[derive(Debug)]
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn u32(&mut self) -> Option<u32> {
        let bytes = self.take(4)?;
        Some(u32::from_be_bytes(bytes.try_into().ok()?))
    }

    fn u64(&mut self) -> Option<u64> {
        let bytes = self.take(8)?;
        Some(u64::from_be_bytes(bytes.try_into().ok()?))
    }

    /// Reads version and flags.
    fn version(&mut self) -> Option<(u8, u32)> {
        let word = self.u32()?;
        Some(((word >> 24).to_be_bytes()[3], word & 0x00ff_ffff))
    }

    /// Reads the next box: its kind and payload. `None` at the end and on any nonsense.
    fn next_box(&mut self) -> Option<([u8; 4], &'a [u8])> {
        let head = BoxHead::parse(self.0)?;
        let whole = self.take(usize::try_from(head.size).ok()?)?;
        Some((head.kind, whole.get(head.head_bytes..)?))
    }

    /// Reads boxes up to the first of `kind`.
    fn find(&mut self, kind: [u8; 4]) -> Option<&'a [u8]> {
        loop {
            let (found, payload) = self.next_box()?;
            if found == kind {
                return Some(payload);
            }
        }
    }
}

/// Returns the payload of the first box of `kind` among the boxes in `bytes`.
pub(crate) fn child(bytes: &[u8], kind: [u8; 4]) -> Option<&[u8]> {
    Cursor(bytes).find(kind)
}

/// Size and kind of a box.
#[derive(Debug, Clone, Copy)]
struct BoxHead {
    kind: [u8; 4],
    /// Bytes before the payload.
    head_bytes: usize,
    /// Bytes of the whole box.
    size: u64,
}

impl BoxHead {
    /// Reads it from the first bytes of a box; `None` if they are too few or nonsense.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let mut cursor = Cursor(bytes);
        let short_size = cursor.u32()?;
        let kind = cursor.take(4)?.try_into().ok()?;
        let (head_bytes, size) = match short_size {
            // "To the end of the file" is never written by us: the end is what may be missing.
            0 => return None,
            1 => (16, cursor.u64()?),
            size => (8, u64::from(size)),
        };
        let fits = size >= u64::try_from(head_bytes).unwrap_or(u64::MAX);
        fits.then_some(Self { kind, head_bytes, size })
    }
}

/// Reads bytes at `offset`, all of them or an error.
fn read_at(file: &File, offset: u64, count: u64) -> Result<Vec<u8>, BoxError> {
    let count = usize::try_from(count).map_err(|_| BoxError::Damaged(offset, "a box too big"))?;
    let mut bytes = vec![0; count];
    file.read_exact_at(&mut bytes, offset).map_err(|error| BoxError::Io(offset, error))?;
    Ok(bytes)
}

/// What stands before the first fragment.
#[derive(Debug)]
pub(crate) struct SegmentHead {
    /// The whole sample entry box.
    pub(crate) sample_entry: Bytes,
    /// Bytes of `ftyp` and `moov`.
    pub(crate) bytes: u32,
}

/// Reads `ftyp` and `moov` at the start of a file of `size` bytes.
pub(crate) fn segment_head(file: &File, size: u64) -> Result<SegmentHead, BoxError> {
    let head = read_at(file, 0, size.min(FIRST_READ_BYTES))?;
    let ftyp = BoxHead::parse(&head).filter(|head| head.kind == *b"ftyp");
    let ftyp = ftyp.ok_or(BoxError::Damaged(0, "no ftyp at the start"))?;
    let moov_at = ftyp.size;
    let moov_head = usize::try_from(moov_at).ok().and_then(|at| head.get(at..));
    let moov = moov_head
        .and_then(BoxHead::parse)
        .filter(|head| head.kind == *b"moov")
        .ok_or(BoxError::Damaged(moov_at, "no moov after ftyp"))?;
    let end = moov_at.checked_add(moov.size).filter(|&end| end <= size);
    let end = end
        .filter(|&end| end <= MAX_BOX_BYTES)
        .ok_or(BoxError::Damaged(moov_at, "moov is cut short"))?;
    let whole = if end <= FIRST_READ_BYTES { head } else { read_at(file, 0, end)? };
    let entry = (|| {
        let moov_at = usize::try_from(moov_at).ok()?;
        let end = usize::try_from(end).ok()?;
        let moov = child(whole.get(moov_at..end)?, *b"moov")?;
        let mdia = child(child(moov, *b"trak")?, *b"mdia")?;
        let stbl = child(child(mdia, *b"minf")?, *b"stbl")?;
        let entries = child(stbl, *b"stsd")?.get(8..)?;
        let size = usize::try_from(BoxHead::parse(entries)?.size).ok()?;
        entries.get(..size)
    })();
    let sample_entry = entry.ok_or(BoxError::Damaged(moov_at, "no sample entry in moov"))?;
    Ok(SegmentHead {
        sample_entry: Bytes::copy_from_slice(sample_entry),
        bytes: u32::try_from(end).unwrap_or(u32::MAX),
    })
}

/// One picture, as `trun` tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sample {
    /// How long it is shown, in ticks.
    pub(crate) duration: u32,
    /// Its size, in bytes.
    pub(crate) size: u32,
}

/// What the headers of one fragment say, checked against each other and the file's size.
#[derive(Debug)]
pub(crate) struct FragmentBoxes {
    /// Wall-clock time of its first picture.
    pub(crate) start: Timestamp,
    /// Whether decoding can start at its first picture.
    pub(crate) starts_with_keyframe: bool,
    /// Its pictures; they follow each other from `payload`.
    pub(crate) samples: Vec<Sample>,
    /// Offset of the first picture in the file.
    pub(crate) payload: u64,
    /// Bytes of all pictures.
    pub(crate) payload_bytes: u64,
    /// Offset of its first box in the file: `prft`, or the `free` before it.
    pub(crate) offset: u64,
    /// Offset after `mdat` in the file.
    pub(crate) end: u64,
}

impl FragmentBoxes {
    /// Returns how long its pictures last, in ticks.
    pub(crate) fn ticks(&self) -> u64 {
        self.samples.iter().map(|sample| u64::from(sample.duration)).sum()
    }

    /// Returns the row of the fragment table, its duration rounded to ticks.
    pub(crate) fn fragment(&self) -> Fragment {
        Fragment {
            start: self.start,
            duration_us: u32::try_from(micros(self.ticks())).unwrap_or(u32::MAX),
            offset: self.offset,
            bytes: u32::try_from(self.end - self.offset).unwrap_or(u32::MAX),
            pictures: u32::try_from(self.samples.len()).unwrap_or(u32::MAX),
        }
    }
}

/// Reads the headers of the fragment at `offset`; all of it must lie before `limit`.
pub(crate) fn fragment(file: &File, offset: u64, limit: u64) -> Result<FragmentBoxes, BoxError> {
    let damaged = |what| BoxError::Damaged(offset, what);
    let room = limit.checked_sub(offset).ok_or(damaged("it starts after its file ends"))?;
    let mut bytes = read_at(file, offset, room.min(FIRST_READ_BYTES))?;
    let prft_at = head_at(&bytes, 0, *b"free").map_or(0, |free| free.size);
    let prft = head_at(&bytes, prft_at, *b"prft").ok_or(damaged("no prft"))?;
    let moof_at = prft_at.saturating_add(prft.size);
    let moof = head_at(&bytes, moof_at, *b"moof").ok_or(damaged("no moof after prft"))?;
    let mdat_at = moof_at
        .checked_add(moof.size)
        .filter(|&at| at <= MAX_BOX_BYTES)
        .ok_or(damaged("moof is too big"))?;
    let headers = mdat_at.saturating_add(8).min(room);
    if headers > FIRST_READ_BYTES {
        bytes = read_at(file, offset, headers)?;
    }
    let mdat = head_at(&bytes, mdat_at, *b"mdat").ok_or(damaged("no mdat after moof"))?;
    let end = mdat_at
        .checked_add(mdat.size)
        .filter(|&end| end <= room && end <= u64::from(u32::MAX))
        .ok_or(damaged("mdat is cut short"))?;
    let payload = mdat_at + u64::try_from(mdat.head_bytes).unwrap_or(0);

    let mut boxes = Cursor(&bytes);
    let prft = boxes.find(*b"prft").ok_or(damaged("prft is cut short"))?;
    let start = parse_prft(prft).ok_or(damaged("prft cannot be read"))?;
    let moof = boxes.find(*b"moof").ok_or(damaged("moof is cut short"))?;
    let run = parse_moof(moof).ok_or(damaged("moof cannot be read"))?;
    if moof_at.checked_add(u64::from(run.data_offset)) != Some(payload) {
        return Err(damaged("moof does not point at its mdat"));
    }
    let payload_bytes = run.samples.iter().map(|sample| u64::from(sample.size)).sum();
    if payload.checked_add(payload_bytes) != Some(end) {
        return Err(damaged("the pictures do not fill mdat"));
    }
    Ok(FragmentBoxes {
        start,
        starts_with_keyframe: run.starts_with_keyframe,
        samples: run.samples,
        payload: offset + payload,
        payload_bytes,
        offset,
        end: offset + end,
    })
}

/// Reads the head of a box that must be of `kind`.
fn head_at(bytes: &[u8], at: u64, kind: [u8; 4]) -> Option<BoxHead> {
    let bytes = bytes.get(usize::try_from(at).ok()?..)?;
    BoxHead::parse(bytes).filter(|head| head.kind == kind)
}

fn parse_prft(payload: &[u8]) -> Option<Timestamp> {
    let mut cursor = Cursor(payload);
    cursor.version()?;
    let _track = cursor.u32()?;
    Some(from_ntp(cursor.u64()?))
}

/// What `moof` says.
#[derive(Debug)]
struct Run {
    data_offset: u32,
    starts_with_keyframe: bool,
    samples: Vec<Sample>,
}

fn parse_moof(payload: &[u8]) -> Option<Run> {
    let traf = child(payload, *b"traf")?;
    child(traf, *b"tfdt").filter(|payload| payload.len() == 12)?;
    let mut trun = Cursor(child(traf, *b"trun")?);
    let (_, flags) = trun.version()?;
    let starts_with_keyframe = match flags {
        0x305 => true,
        0x301 => false,
        _ => return None,
    };
    let count = usize::try_from(trun.u32()?).ok()?;
    let data_offset = trun.u32()?;
    if starts_with_keyframe {
        trun.u32()?;
    }
    // Each sample takes 8 bytes of the box: a lying count allocates nothing.
    let table = trun.take(count.checked_mul(8)?)?;
    if count == 0 || !trun.0.is_empty() {
        return None;
    }
    let mut table = Cursor(table);
    let mut samples = Vec::with_capacity(count);
    while let (Some(duration), Some(size)) = (table.u32(), table.u32()) {
        samples.push(Sample { duration, size });
    }
    Some(Run { data_offset, starts_with_keyframe, samples })
}
