//! The archive's rows, kept in the index: the seam between two parts that do not know each other.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use archive::{Ledger, LedgerError};
use domain::{CameraId, GapCause, Segment, SegmentId, SegmentState, StreamId, Timestamp, VolumeId};
use evidence::Digest;
use index::{Index, IndexError};

/// Keeps the archive's rows in the index, and remembers what was deleted until it is told.
#[derive(Debug)]
pub(crate) struct IndexLedger {
    index: Index,
    deleted: Mutex<Deleted>,
}

/// What was deleted since it was last told.
#[derive(Debug, Default)]
pub(crate) struct Deleted {
    segments: u64,
    bytes: u64,
    cameras: BTreeSet<CameraId>,
    earliest: Option<Timestamp>,
    latest: Option<Timestamp>,
    /// Chains the SHA-256 of every file, so that it can be shown later which ones they were.
    digest: [u8; 32],
}

/// Cameras told by name; of more only the count is told.
const MOST_NAMED: usize = 20;

impl Deleted {
    /// Returns what the audit trail tells of it; `None` if there is nothing to tell.
    pub(crate) fn detail(&self) -> Option<serde_json::Value> {
        let named: Vec<_> = self.cameras.iter().take(MOST_NAMED).collect();
        (self.segments > 0).then(|| {
            serde_json::json!({
                "segments": self.segments, "bytes": self.bytes, "cameras": self.cameras.len(),
                "of": named, "from": self.earliest, "to": self.latest,
                "sha256": Digest(self.digest),
            })
        })
    }

    fn add(&mut self, segment: &Segment) {
        self.segments += 1;
        self.bytes = self.bytes.saturating_add(segment.bytes);
        self.cameras.insert(segment.stream.camera.clone());
        let start = segment.range.start;
        self.earliest = Some(self.earliest.map_or(start, |earliest| earliest.min(start)));
        let end = segment.range.end;
        self.latest = Some(self.latest.map_or(end, |latest| latest.max(end)));
        let hash = segment.sha256.unwrap_or_default();
        self.digest = Digest::of(&[self.digest, hash].concat()).0;
    }
}

impl IndexLedger {
    pub(crate) fn new(index: Index) -> Self {
        Self { index, deleted: Mutex::default() }
    }

    /// Takes what was deleted since the last time.
    pub(crate) fn take_deleted(&self) -> Deleted {
        std::mem::take(&mut *self.deleted.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn ledger_error(error: IndexError) -> LedgerError {
    LedgerError::new(error)
}

impl Ledger for IndexLedger {
    fn open_segment(&self, segment: &Segment) -> Result<SegmentId, LedgerError> {
        self.index.open_segment(segment).map_err(ledger_error)
    }

    fn close_segment(&self, segment: &Segment) -> Result<(), LedgerError> {
        self.index.close_in_chain(segment, evidence::footage::link).map_err(ledger_error)
    }

    fn open_gap(
        &self,
        stream: &StreamId,
        start: Timestamp,
        cause: GapCause,
    ) -> Result<(), LedgerError> {
        self.index.open_gap(stream, start, cause).map_err(ledger_error)
    }

    fn close_gap(&self, stream: &StreamId, end: Timestamp) -> Result<(), LedgerError> {
        self.index.close_gap(stream, end).map_err(ledger_error)
    }

    fn recorded_end(&self, stream: &StreamId) -> Result<Option<Timestamp>, LedgerError> {
        self.index.recorded_end(stream).map_err(ledger_error)
    }

    fn unfinished_segments(&self) -> Result<Vec<Segment>, LedgerError> {
        self.index.unfinished_segments().map_err(ledger_error)
    }

    fn oldest_segments(
        &self,
        volume: &VolumeId,
        limit: usize,
    ) -> Result<Vec<Segment>, LedgerError> {
        self.index.oldest_segments(volume, limit).map_err(ledger_error)
    }

    fn segments_before(
        &self,
        stream: &StreamId,
        before: Timestamp,
        limit: usize,
    ) -> Result<Vec<Segment>, LedgerError> {
        self.index.segments_before(stream, before, limit).map_err(ledger_error)
    }

    fn mark_deleting(&self, ids: &[SegmentId]) -> Result<(), LedgerError> {
        self.index.mark_deleting(ids).map_err(ledger_error)
    }

    fn forget_segments(&self, ids: &[SegmentId]) -> Result<(), LedgerError> {
        // Those that were marked are deletions; others were never footage, or lost their file.
        let mut marked = Vec::new();
        for id in ids {
            let segment = self.index.segment(*id).map_err(ledger_error)?;
            marked.extend(segment.filter(|segment| segment.state == SegmentState::Deleting));
        }
        self.index.forget_segments(ids).map_err(ledger_error)?;
        let mut deleted = self.deleted.lock().unwrap_or_else(PoisonError::into_inner);
        marked.iter().for_each(|segment| deleted.add(segment));
        Ok(())
    }
}
