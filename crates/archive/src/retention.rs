//! Deletes what is too old or in the way, in three steps: mark the rows, unlink the files and
//! sync their folders, forget the rows. A crash between two steps leaves a marked row, which is
//! dealt with at the next start.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::time::Duration;

use domain::{Segment, SegmentId, SegmentState, StreamId, Timestamp};
use tracing::{info, warn};

use crate::LedgerError;
use crate::archive::Shared;
use crate::lock::lock;
use crate::volume::{Volume, VolumeState, sync_folder};

/// Rows taken at once.
const BATCH: usize = 64;

/// What retention has deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Expired {
    /// Segments that were older than their stream's retention.
    pub by_age: u64,
    /// Segments that made room on a volume.
    pub by_space: u64,
    /// Segments that could not be deleted yet; tried again next time.
    pub postponed: u64,
    /// Bytes of all that were deleted.
    pub bytes: u64,
}

/// What became of segments that were to be deleted.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Deleted {
    pub(crate) segments: u64,
    pub(crate) bytes: u64,
    pub(crate) postponed: u64,
}

impl Deleted {
    fn add(&mut self, other: Self) {
        self.segments += other.segments;
        self.bytes += other.bytes;
        self.postponed += other.postponed;
    }
}

/// Deletes segments older than their stream's retention, then the oldest where room is short.
pub(crate) fn expire(
    shared: &Shared,
    retention: &[(StreamId, Duration)],
) -> Result<Expired, LedgerError> {
    let mut old = finish_marked(shared)?;
    for (stream, keep) in retention {
        old.add(expire_stream(shared, stream, shared.clock.now().minus(*keep))?);
    }
    let mut crowded = Deleted::default();
    for volume in shared.volumes.iter().filter(|volume| volume.can_delete()) {
        crowded.add(make_room(shared, volume, 0)?);
    }
    let expired = Expired {
        by_age: old.segments,
        by_space: crowded.segments,
        postponed: old.postponed + crowded.postponed,
        bytes: old.bytes + crowded.bytes,
    };
    if expired != Expired::default() {
        info!(
            by_age = expired.by_age,
            by_space = expired.by_space,
            postponed = expired.postponed,
            bytes = expired.bytes,
            "old segments deleted"
        );
    }
    metrics::counter!("watchpost_archive_expired_segments_total", "by" => "age")
        .increment(expired.by_age);
    metrics::counter!("watchpost_archive_expired_segments_total", "by" => "space")
        .increment(expired.by_space);
    Ok(expired)
}

/// Deletes the segments of a stream that ended before `before`. On a volume where nothing can be
/// deleted now, rows stay as they are: footage that is there is to be found.
fn expire_stream(
    shared: &Shared,
    stream: &StreamId,
    before: Timestamp,
) -> Result<Deleted, LedgerError> {
    let mut total = Deleted::default();
    let mut limit = BATCH;
    loop {
        let segments = shared.ledger.segments_before(stream, before, limit)?;
        let mut marked = 0;
        for volume in shared.volumes.iter().filter(|volume| volume.can_delete()) {
            let is_here = |segment: &&Segment| segment.volume == volume.config.id;
            let here: Vec<Segment> = segments.iter().filter(is_here).cloned().collect();
            marked += here.len();
            total.add(delete(shared, volume, &here)?);
        }
        if segments.len() < limit {
            total.postponed += u64::try_from(segments.len() - marked).unwrap_or(0);
            return Ok(total);
        }
        if marked == 0 {
            // Those that stay come first again: look behind them.
            limit = limit.saturating_mul(2);
        }
    }
}

/// Deletes the oldest segments of a volume until as much is free as it is to keep, and `needed`
/// bytes at least.
pub(crate) fn make_room(
    shared: &Shared,
    volume: &Volume,
    needed: u64,
) -> Result<Deleted, LedgerError> {
    let mut total = Deleted::default();
    let Ok(space) = volume.space() else {
        return Ok(total);
    };
    let wanted = volume.keep_free(space.total).max(needed);
    let mut free = space.free;
    while free < wanted {
        let mut oldest = shared.ledger.oldest_segments(&volume.config.id, BATCH)?;
        let mut counted = free;
        let enough = oldest.iter().position(|segment| {
            counted = counted.saturating_add(segment.bytes);
            counted >= wanted
        });
        oldest.truncate(enough.map_or(oldest.len(), |last| last + 1));
        let deleted = delete(shared, volume, &oldest)?;
        total.add(deleted);
        if deleted.segments == 0 {
            break;
        }
        // What the file system says may lag behind, and too much would be deleted.
        free = free.saturating_add(deleted.bytes);
    }
    let is_short = free < wanted;
    volume.note_shortage(is_short.then(|| {
        format!("{free} bytes are free instead of {wanted}, and nothing is left to delete")
    }));
    Ok(total)
}

/// Deletes what was marked before and not deleted then.
fn finish_marked(shared: &Shared) -> Result<Deleted, LedgerError> {
    let mut marked = shared.ledger.unfinished_segments()?;
    marked.retain(|segment| segment.state == SegmentState::Deleting);
    let mut total = Deleted::default();
    let mut left = marked.len();
    for volume in shared.volumes.iter().filter(|volume| volume.can_delete()) {
        let of_volume: Vec<_> =
            marked.iter().filter(|segment| segment.volume == volume.config.id).collect();
        left -= of_volume.len();
        let _one_at_a_time = lock(&volume.deleting);
        total.add(forget(shared, unlink(volume, &of_volume))?);
    }
    total.postponed += u64::try_from(left).unwrap_or(0);
    Ok(total)
}

fn delete(shared: &Shared, volume: &Volume, segments: &[Segment]) -> Result<Deleted, LedgerError> {
    if segments.is_empty() {
        return Ok(Deleted::default());
    }
    let _one_at_a_time = lock(&volume.deleting);
    let ids: Vec<_> = segments.iter().map(|segment| segment.id).collect();
    shared.ledger.mark_deleting(&ids)?;
    let unlinked = unlink(volume, &segments.iter().collect::<Vec<_>>());
    forget(shared, unlinked)
}

fn forget(shared: &Shared, unlinked: Unlinked) -> Result<Deleted, LedgerError> {
    if !unlinked.ids.is_empty() {
        shared.ledger.forget_segments(&unlinked.ids)?;
    }
    Ok(Deleted {
        segments: u64::try_from(unlinked.ids.len()).unwrap_or(0),
        bytes: unlinked.bytes,
        postponed: unlinked.postponed,
    })
}

/// Files that are gone for good, and how many are not.
#[derive(Debug, Default)]
pub(crate) struct Unlinked {
    pub(crate) ids: Vec<SegmentId>,
    pub(crate) bytes: u64,
    pub(crate) postponed: u64,
}

/// Unlinks files and syncs their folders. Nothing is done on a volume that is out of order: it
/// may be the empty folder below a mount point.
pub(crate) fn unlink(volume: &Volume, segments: &[&Segment]) -> Unlinked {
    let usable = matches!(volume.state(), VolumeState::Ok | VolumeState::Full);
    if !usable {
        return Unlinked {
            postponed: u64::try_from(segments.len()).unwrap_or(0),
            ..Unlinked::default()
        };
    }
    unlink_anyway(volume, segments)
}

/// The same, for a volume known to be there.
pub(crate) fn unlink_anyway(volume: &Volume, segments: &[&Segment]) -> Unlinked {
    let mut unlinked = Unlinked::default();
    let mut folders: BTreeSet<PathBuf> = BTreeSet::new();
    for segment in segments {
        let Some(file) = volume.file_of(segment) else {
            warn!(volume = %volume.config.id, path = segment.path, "a path leads out of its volume");
            unlinked.postponed += 1;
            continue;
        };
        match fs::remove_file(&file) {
            Ok(()) => unlinked.bytes += segment.bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => {
                warn!(volume = %volume.config.id, path = segment.path, %error, "cannot delete a segment");
                unlinked.postponed += 1;
                continue;
            }
        }
        unlinked.ids.push(segment.id);
        folders.extend(file.parent().map(PathBuf::from));
    }
    for folder in folders {
        let synced = match sync_folder(&folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            other => other,
        };
        if let Err(error) = synced {
            warn!(volume = %volume.config.id, folder = %folder.display(), %error, "cannot sync a folder");
            unlinked.postponed += u64::try_from(unlinked.ids.len()).unwrap_or(0);
            unlinked.ids.clear();
            return unlinked;
        }
        // Fails while other files lie there.
        let _ = fs::remove_dir(&folder);
    }
    unlinked
}
