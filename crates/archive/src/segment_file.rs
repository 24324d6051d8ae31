//! A segment while it is written.

use std::fs::{self, File};
use std::io::{self, ErrorKind, IoSlice, Seek as _, SeekFrom, Write as _};
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use domain::{Fragment, Segment, SegmentId, SegmentState, StreamId, TimeRange, Timestamp};
use rustix::fs::Advice;

use crate::boxes::samples::samples;
use crate::boxes::write::{FragmentHeader, fragment_header, free_to, media_time, segment_header};
use crate::direct::{self, DirectBuffer};
use crate::gather::Part;
use crate::hash::FileHash;
use crate::lock::lock;
use crate::volume::Volume;
use crate::{Ledger, LedgerError};

/// Fragments of a stream that has smaller ones go through the page cache: filling up their last block
/// would make the file longer by more than one part in sixty.
const DIRECT_FROM: usize = 128 << 10;

/// Why no segment could be begun.
#[derive(Debug)]
pub(crate) enum BeginError {
    /// Its row could not be written.
    Ledger(LedgerError),
    /// Its file could not be made.
    Disk(io::Error),
}

/// A segment while it is written. Owned by the disk thread.
#[derive(Debug)]
pub(crate) struct SegmentFile {
    file: File,
    path: PathBuf,
    /// What is on disk so far; shared with those who look at the live end.
    segment: Arc<Mutex<Segment>>,
    /// When its first picture was taken.
    start: Timestamp,
    /// The take that its pictures belong to.
    take: u64,
    /// `ftyp` and `moov`, until they are written with the first fragment; then empty.
    header: Vec<u8>,
    hash: Arc<Mutex<FileHash>>,
    bytes: u64,
    /// It is written past the page cache: in whole blocks.
    is_direct: bool,
    /// When its last picture ends, in ticks after `start`.
    media_end: u64,
    fragments: u32,
    /// Half a fragment lies at its end and could not be cut off.
    is_broken: bool,
}

impl SegmentFile {
    /// Begins a segment for `part`: its row first, then its empty file, so that no file is
    /// without a row.
    pub(crate) fn begin(
        volume: &Volume,
        stream: &StreamId,
        part: &Part,
        ledger: &dyn Ledger,
    ) -> Result<Self, BeginError> {
        let start = part.start();
        let format = &part.format;
        let header = segment_header(start, format.width, format.height, &format.sample_entry);
        let mut segment = Segment {
            id: SegmentId(0),
            stream: stream.clone(),
            volume: volume.config.id.clone(),
            path: free_path(&volume.config.path, stream, start),
            range: TimeRange { start, end: start },
            codec: format.codec,
            width: format.width,
            height: format.height,
            rfc6381: format.rfc6381.clone(),
            sample_entry: format.sample_entry.clone(),
            bytes: 0,
            header_bytes: u32::try_from(header.len()).unwrap_or(u32::MAX),
            fragments: Vec::new(),
            sha256: None,
            state: SegmentState::Open,
        };
        segment.id = ledger.open_segment(&segment).map_err(BeginError::Ledger)?;
        let path = volume.config.path.join(&segment.path);
        let wants_direct = part.bytes >= DIRECT_FROM;
        let (file, is_direct) = volume.create_file(&path, wants_direct).map_err(|error| {
            // Recovery forgets the row if this does not.
            let _ = ledger.forget_segments(&[segment.id]);
            BeginError::Disk(error)
        })?;
        Ok(Self {
            file,
            path,
            segment: Arc::new(Mutex::new(segment)),
            start,
            take: part.take,
            header,
            hash: Arc::default(),
            bytes: 0,
            is_direct,
            media_end: 0,
            fragments: 0,
            is_broken: false,
        })
    }

    /// Writes a part at once, and returns the boxes written before its pictures, for the hash of the
    /// file. After an error the file ends where it did before.
    pub(crate) fn append(
        &mut self,
        volume: &Volume,
        buffer: &mut DirectBuffer,
        part: &Part,
    ) -> io::Result<[Bytes; 3]> {
        let fragment_start = media_time(self.start, part.start()).max(self.media_end);
        let sizes = part.pictures.iter().map(|picture| (picture.time, picture.data.len()));
        let (samples, media_end) = samples(self.start, fragment_start, sizes, part.end);
        let payload_bytes = u32::try_from(part.bytes)
            .ok()
            .filter(|&bytes| bytes < u32::MAX / 2)
            .ok_or_else(|| io::Error::new(ErrorKind::FileTooLarge, "a fragment over 2 GiB"))?;
        let fragment_header = fragment_header(&FragmentHeader {
            sequence: self.fragments + 1,
            start: part.start(),
            decode_time: fragment_start,
            starts_with_keyframe: part.starts_with_keyframe,
            samples: &samples,
            payload_bytes,
        });
        // Written with the first fragment.
        let header = std::mem::take(&mut self.header);
        let padding = if self.is_direct {
            free_to(direct::BLOCK, header.len() + fragment_header.len() + part.bytes)
        } else {
            Vec::new()
        };
        let mut slices = Vec::with_capacity(part.pictures.len() + 3);
        slices.extend([&header, &padding, &fragment_header].map(|boxes| IoSlice::new(boxes)));
        slices.extend(part.pictures.iter().map(|picture| IoSlice::new(&picture.data)));
        let written: u64 = slices.iter().map(|slice| slice.len() as u64).sum();
        let result = self.write(volume, buffer, &slices);
        drop(slices);
        if let Err(error) = result {
            self.header = header;
            return Err(error);
        }
        volume.dirty.store(true, Ordering::Relaxed);
        let head = header.len() as u64;
        self.media_end = media_end;
        self.fragments += 1;
        let fragment = Fragment {
            start: part.start(),
            duration_us: u32::try_from(part.end.micros_since(part.start())).unwrap_or(u32::MAX),
            offset: self.bytes + head,
            bytes: u32::try_from(written - head).unwrap_or(u32::MAX),
            pictures: u32::try_from(part.pictures.len()).unwrap_or(u32::MAX),
        };
        let before = self.bytes;
        self.bytes += written;
        let mut segment = lock(&self.segment);
        let written_earlier = segment.fragments.iter().rev().take(2).map(|past| past.offset).min();
        segment.fragments.push(fragment);
        segment.range.end = part.end;
        segment.bytes = self.bytes;
        drop(segment);
        if let Some(from) = written_earlier.filter(|_| !self.is_direct) {
            self.let_go(from, before);
        }
        Ok([header.into(), padding.into(), fragment_header.into()])
    }

    fn write(
        &mut self,
        volume: &Volume,
        buffer: &mut DirectBuffer,
        slices: &[IoSlice<'_>],
    ) -> io::Result<()> {
        if self.is_direct {
            match buffer.write_all(&self.file, slices) {
                Err(error) if direct::is_refused(&error) => {
                    volume.give_up_direct(&error);
                    self.undo_write()?;
                    direct::leave(&self.file)?;
                    self.is_direct = false;
                }
                Err(error) => {
                    self.undo_write()?;
                    return Err(error);
                }
                Ok(()) => return Ok(()),
            }
        }
        if let Err(error) = write_all(&self.file, &mut slices.to_vec()) {
            self.undo_write()?;
            return Err(error);
        }
        Ok(())
    }

    /// Cuts off what was written of a fragment.
    fn undo_write(&mut self) -> io::Result<()> {
        self.is_broken = true;
        self.file.set_len(self.bytes)?;
        self.file.seek(SeekFrom::Start(self.bytes))?;
        self.is_broken = false;
        Ok(())
    }

    /// Tells the kernel that nobody will ask for these bytes soon: what is on disk of them leaves
    /// the page cache, what is not is on its way.
    ///
    /// Without this the cache grows until it has pushed out the index, and every page is one never
    /// used before: on a virtual machine, where the host must find each, copying into them was half
    /// of all CPU time (256 streams).
    fn let_go(&self, from: u64, to: u64) {
        let length = NonZeroU64::new(to.saturating_sub(from));
        // Advice alone: where it is refused, nothing is lost but memory.
        let _ = rustix::fs::fadvise(&self.file, from, length, Advice::DontNeed);
    }

    /// Returns whether `part` may not go into this file.
    pub(crate) fn must_end_before(&self, part: &Part, duration_us: i64, stagger_us: i64) -> bool {
        // Minutes end at another moment for every stream, so that not all files end at once.
        let minute = |time: Timestamp| {
            let shifted = time.as_micros().saturating_add(stagger_us);
            shifted.div_euclid(duration_us)
        };
        let is_due = minute(part.start()) != minute(self.start);
        part.take != self.take || (part.starts_with_keyframe && is_due)
    }

    /// Returns what is on disk so far, shared.
    pub(crate) fn segment(&self) -> Arc<Mutex<Segment>> {
        Arc::clone(&self.segment)
    }

    /// Returns whether nothing was written yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.fragments == 0
    }

    /// Returns whether it must be recovered before it is closed.
    pub(crate) fn is_broken(&self) -> bool {
        self.is_broken
    }

    /// Returns the hash of what is written, shared with those who go on with it.
    pub(crate) fn hash(&self) -> Arc<Mutex<FileHash>> {
        Arc::clone(&self.hash)
    }

    /// Returns where it lies.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Ends it: returns the file, its folder, and its hash.
    pub(crate) fn finish(self) -> (File, PathBuf, [u8; 32]) {
        let folder = self.path.parent().map(Path::to_owned).unwrap_or_default();
        let hash = std::mem::take(&mut *lock(&self.hash));
        (self.file, folder, hash.finish())
    }
}

/// Writes all of `slices`: one call, unless the kernel takes less.
fn write_all(mut file: &File, slices: &mut [IoSlice<'_>]) -> io::Result<()> {
    let mut rest = slices;
    IoSlice::advance_slices(&mut rest, 0);
    while !rest.is_empty() {
        match file.write_vectored(rest) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => IoSlice::advance_slices(&mut rest, count),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Returns a path below the volume that no file has: `camera/main/2026-03-01/07-30-00.123.mp4`.
fn free_path(volume: &Path, stream: &StreamId, start: Timestamp) -> String {
    // RFC 3339, such as 2026-03-01T07:30:00.123456Z; other text outside the years 1 to 9999.
    let text = start.to_string();
    let (day, time) = match text.split_once('T') {
        Some((day, time)) => (day, time.get(..12).unwrap_or(time).replace(':', "-")),
        None => ("undated", start.as_micros().to_string()),
    };
    let first = format!("{stream}/{day}/{time}.mp4");
    let others = (2..).map(|number| format!("{stream}/{day}/{time}-{number}.mp4"));
    // A clock that is set back brings the same names again.
    std::iter::once(first.clone())
        .chain(others)
        .find(|path| !fs::exists(volume.join(path)).unwrap_or(false))
        .unwrap_or(first)
}
