//! The archive's rows, kept in the index: the seam between two parts that do not know each other.

use archive::{Ledger, LedgerError};
use domain::{GapCause, Segment, SegmentId, StreamId, Timestamp, VolumeId};
use index::{Index, IndexError};

/// Keeps the archive's rows in the index.
#[derive(Debug)]
pub(crate) struct IndexLedger(pub(crate) Index);

fn ledger_error(error: IndexError) -> LedgerError {
    LedgerError::new(error)
}

impl Ledger for IndexLedger {
    fn open_segment(&self, segment: &Segment) -> Result<SegmentId, LedgerError> {
        self.0.open_segment(segment).map_err(ledger_error)
    }

    fn close_segment(&self, segment: &Segment) -> Result<(), LedgerError> {
        self.0.close_segment(segment).map_err(ledger_error)
    }

    fn open_gap(
        &self,
        stream: &StreamId,
        start: Timestamp,
        cause: GapCause,
    ) -> Result<(), LedgerError> {
        self.0.open_gap(stream, start, cause).map_err(ledger_error)
    }

    fn close_gap(&self, stream: &StreamId, end: Timestamp) -> Result<(), LedgerError> {
        self.0.close_gap(stream, end).map_err(ledger_error)
    }

    fn recorded_end(&self, stream: &StreamId) -> Result<Option<Timestamp>, LedgerError> {
        self.0.recorded_end(stream).map_err(ledger_error)
    }

    fn unfinished_segments(&self) -> Result<Vec<Segment>, LedgerError> {
        self.0.unfinished_segments().map_err(ledger_error)
    }

    fn oldest_segments(
        &self,
        volume: &VolumeId,
        limit: usize,
    ) -> Result<Vec<Segment>, LedgerError> {
        self.0.oldest_segments(volume, limit).map_err(ledger_error)
    }

    fn segments_before(
        &self,
        stream: &StreamId,
        before: Timestamp,
        limit: usize,
    ) -> Result<Vec<Segment>, LedgerError> {
        self.0.segments_before(stream, before, limit).map_err(ledger_error)
    }

    fn mark_deleting(&self, ids: &[SegmentId]) -> Result<(), LedgerError> {
        self.0.mark_deleting(ids).map_err(ledger_error)
    }

    fn forget_segments(&self, ids: &[SegmentId]) -> Result<(), LedgerError> {
        self.0.forget_segments(ids).map_err(ledger_error)
    }
}
