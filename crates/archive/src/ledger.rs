//! The rows that the archive keeps about its files: an edge, implemented over the index.

use std::error::Error;
use std::fmt;

use domain::{Gap, GapCause, Segment, SegmentId, StreamId, Timestamp, VolumeId};

/// A row that could not be read or written; the inner error says why.
#[derive(Debug)]
pub struct LedgerError(pub Box<dyn Error + Send + Sync>);

impl fmt::Display for LedgerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl Error for LedgerError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

impl LedgerError {
    /// Wraps what the store says.
    pub fn new(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(error.into())
    }
}

/// Keeps the rows about segments and gaps, durably: what a call has written when it returns is
/// still there after a power cut.
///
/// Called by the archive's disk threads, never by a camera's task; it may block, and while it
/// does, pictures wait in memory.
pub trait Ledger: Send + Sync + fmt::Debug {
    /// Stores a segment that is about to be written (open, no fragments) and names it. Its
    /// `id` is to be ignored.
    ///
    /// # Errors
    /// The GOP waits, and it is tried again.
    fn open_segment(&self, segment: &Segment) -> Result<SegmentId, LedgerError>;

    /// Replaces the row of a segment: closed now, with all its fragments and its hash.
    ///
    /// # Errors
    /// The row stays open and is closed by recovery at the next start.
    fn close_segment(&self, segment: &Segment) -> Result<(), LedgerError>;

    /// Opens a gap. While one is open for the stream its start is kept; the cause may be
    /// replaced by a more telling one.
    ///
    /// # Errors
    /// It is tried again with the stream's next pictures.
    fn open_gap(
        &self,
        stream: &StreamId,
        start: Timestamp,
        cause: GapCause,
    ) -> Result<(), LedgerError>;

    /// Closes the open gap of a stream, if there is one; a gap of no length vanishes.
    ///
    /// # Errors
    /// It is tried again with the stream's next pictures.
    fn close_gap(&self, stream: &StreamId, end: Timestamp) -> Result<(), LedgerError>;

    /// Stores a gap that has ended already, when none is open for its stream.
    ///
    /// # Errors
    /// It is tried again with the stream's next pictures.
    fn add_gap(&self, gap: &Gap) -> Result<(), LedgerError> {
        self.open_gap(&gap.stream, gap.start, gap.cause)?;
        self.close_gap(&gap.stream, gap.end.unwrap_or(gap.start))
    }

    /// Returns when the last closed segment of a stream ends.
    ///
    /// # Errors
    /// The gap since then is not known.
    fn recorded_end(&self, stream: &StreamId) -> Result<Option<Timestamp>, LedgerError>;

    /// Returns the segments that are open or marked for deletion.
    ///
    /// # Errors
    /// The archive does not open.
    fn unfinished_segments(&self) -> Result<Vec<Segment>, LedgerError>;

    /// Returns closed segments of a volume, the oldest first, none that is held.
    ///
    /// # Errors
    /// Nothing is deleted.
    fn oldest_segments(&self, volume: &VolumeId, limit: usize)
    -> Result<Vec<Segment>, LedgerError>;

    /// Returns closed segments of a stream that ended before `before`, the oldest first, none
    /// that is held.
    ///
    /// # Errors
    /// Nothing is deleted.
    fn segments_before(
        &self,
        stream: &StreamId,
        before: Timestamp,
        limit: usize,
    ) -> Result<Vec<Segment>, LedgerError>;

    /// Marks segments for deletion: from here on they are gone for everyone who searches.
    ///
    /// # Errors
    /// Their files stay.
    fn mark_deleting(&self, ids: &[SegmentId]) -> Result<(), LedgerError>;

    /// Forgets segments whose files are gone.
    ///
    /// # Errors
    /// They stay marked, and are forgotten later.
    fn forget_segments(&self, ids: &[SegmentId]) -> Result<(), LedgerError>;
}
