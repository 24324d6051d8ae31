//! Recovers files that were being written when the program or the machine ended.
//!
//! A file is cut after its last whole fragment, its table rebuilt from its boxes, hashed, synced
//! and closed. A file with no whole fragment is removed and its row forgotten.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use bytes::Bytes;
use domain::{Fragment, Segment, SegmentId, SegmentState, StreamId, TimeRange, Timestamp};
use sha2::{Digest as _, Sha256};
use tracing::{info, warn};

use crate::boxes::read::{self, BoxError};
use crate::retention::unlink_anyway;
use crate::volume::{Volume, sync_folder};
use crate::{Ledger, LedgerError};

/// Fragments that follow each other this closely do so without a gap: their durations are
/// rounded to ticks of 11 µs, their starts are not.
const ROUNDING_US: i64 = 25;

/// What a file holds, up to the first damage.
#[derive(Debug)]
pub(crate) struct Scan {
    /// The whole sample entry box.
    pub(crate) sample_entry: Bytes,
    /// Bytes of `ftyp` and `moov`.
    pub(crate) header_bytes: u32,
    /// Its whole fragments.
    pub(crate) fragments: Vec<Fragment>,
    /// Offset after the last of them.
    pub(crate) end: u64,
    /// What follows, if it is not the end of the file.
    pub(crate) damage: Option<BoxError>,
}

impl Scan {
    /// Returns from when to when it holds pictures.
    pub(crate) fn range(&self) -> Option<TimeRange> {
        let start = self.fragments.first()?.start;
        let end = self.fragments.last().map(fragment_end)?;
        Some(TimeRange { start, end })
    }
}

/// Returns when the last picture of a fragment ends.
pub(crate) fn fragment_end(fragment: &Fragment) -> Timestamp {
    let lasts = std::time::Duration::from_micros(fragment.duration_us.into());
    fragment.start.plus(lasts)
}

/// Reads all boxes of a file of `size` bytes; only their headers, not the pictures.
pub(crate) fn scan(file: &File, size: u64) -> Result<Scan, BoxError> {
    let head = read::segment_head(file, size)?;
    let mut fragments: Vec<Fragment> = Vec::new();
    let mut end = u64::from(head.bytes);
    let mut damage = None;
    while end < size {
        let boxes = match read::fragment(file, end, size) {
            Ok(boxes) => boxes,
            Err(error) => {
                damage = Some(error);
                break;
            }
        };
        let fragment = boxes.fragment();
        if let Some(before) = fragments.last_mut() {
            let apart = fragment.start.micros_since(fragment_end(before));
            if apart.abs() <= ROUNDING_US {
                let lasts = fragment.start.micros_since(before.start);
                before.duration_us = u32::try_from(lasts).unwrap_or(before.duration_us);
            }
        }
        fragments.push(fragment);
        end = boxes.end;
    }
    Ok(Scan { sample_entry: head.sample_entry, header_bytes: head.bytes, fragments, end, damage })
}

/// Returns the SHA-256 of the first `size` bytes of a file.
pub(crate) fn hash(file: &File, size: u64) -> io::Result<[u8; 32]> {
    let mut sha256 = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    let mut file = file;
    file.seek(SeekFrom::Start(0))?;
    let mut rest = file.take(size);
    loop {
        match rest.read(&mut buffer) {
            Ok(0) => return Ok(sha256.finalize().into()),
            Ok(count) => sha256.update(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// A segment that was recovered, and when its last whole picture ends; `None` if it had none.
pub(crate) type Recovered = (SegmentId, StreamId, Option<Timestamp>);

/// Recovers the unfinished segments of a volume: closes the open, finishes the deletion of the
/// marked. What cannot be read now stays as it is.
pub(crate) fn recover(
    volume: &Volume,
    rows: Vec<Segment>,
    ledger: &dyn Ledger,
) -> Result<Vec<Recovered>, LedgerError> {
    let (open, marked): (Vec<_>, Vec<_>) =
        rows.into_iter().partition(|row| row.state != SegmentState::Deleting);
    let unlinked = unlink_anyway(volume, &marked.iter().collect::<Vec<_>>());
    if !unlinked.ids.is_empty() {
        ledger.forget_segments(&unlinked.ids)?;
    }
    let mut recovered = Vec::new();
    for row in open {
        let Some(file) = volume.file_of(&row) else {
            warn!(volume = %volume.config.id, path = row.path, "a path leads out of its volume");
            continue;
        };
        let (id, stream) = (row.id, row.stream.clone());
        match recover_file(&file, row) {
            Ok(Some(segment)) => {
                ledger.close_segment(&segment)?;
                recovered.push((id, stream, Some(segment.range.end)));
            }
            Ok(None) => {
                ledger.forget_segments(&[id])?;
                recovered.push((id, stream, None));
            }
            Err(error) => {
                warn!(volume = %volume.config.id, file = %file.display(), %error, "cannot recover a segment");
                metrics::counter!("watchpost_archive_unrecovered_segments_total").increment(1);
            }
        }
    }
    Ok(recovered)
}

/// Cuts, syncs and hashes one file; `None` if nothing whole is in it, and then it is removed.
pub(crate) fn recover_file(path: &Path, mut segment: Segment) -> io::Result<Option<Segment>> {
    let file = match OpenOptions::new().read(true).write(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let size = file.metadata()?.len();
    let folder = path.parent().unwrap_or(path);
    let scan = match scan(&file, size) {
        Ok(Scan { damage: Some(BoxError::Io(_, error)), .. })
            if error.kind() != ErrorKind::UnexpectedEof =>
        {
            return Err(error);
        }
        Ok(scan) => scan,
        // Bytes that cannot be had may come back; bytes that are wrong will not.
        Err(BoxError::Io(_, error)) if error.kind() != ErrorKind::UnexpectedEof => {
            return Err(error);
        }
        Err(BoxError::Io(..) | BoxError::Damaged(..)) => Scan {
            sample_entry: Bytes::new(),
            header_bytes: 0,
            fragments: Vec::new(),
            end: 0,
            damage: None,
        },
    };
    let Some(range) = scan.range() else {
        info!(file = %path.display(), size, "an unfinished segment holds nothing whole, removed");
        fs::remove_file(path)?;
        sync_folder(folder)?;
        return Ok(None);
    };
    if scan.end < size {
        info!(file = %path.display(), cut = size - scan.end, "half a fragment cut off");
        file.set_len(scan.end)?;
    }
    segment.sha256 = Some(hash(&file, scan.end)?);
    file.sync_all()?;
    sync_folder(folder)?;
    segment.range = range;
    segment.bytes = scan.end;
    segment.header_bytes = scan.header_bytes;
    segment.fragments = scan.fragments;
    segment.sample_entry = scan.sample_entry;
    segment.state = SegmentState::Closed;
    Ok(Some(segment))
}
