//! What the disk thread knows about one stream: its open file, and what is owed to the ledger.

use std::collections::VecDeque;

use domain::{Gap, GapCause, StreamId, Timestamp};
use tracing::error;

use crate::segment_file::SegmentFile;
use crate::{Ledger, LedgerError};

/// Notes that may wait while the ledger fails.
const MOST_NOTES: usize = 1000;

/// Something about gaps that the ledger is to be told.
#[derive(Debug, Clone)]
enum Note {
    Open { start: Timestamp, cause: GapCause },
    Close { end: Timestamp },
    Add(Gap),
}

/// A gap that is open.
#[derive(Debug, Clone, Copy)]
struct OpenGap {
    /// When it begins, as far as this process knows.
    start: Timestamp,
    cause: GapCause,
}

/// What the disk thread knows about one stream. One disk thread at a time holds its lock.
#[derive(Debug, Default)]
pub(crate) struct DiskState {
    /// The segment being written.
    pub(crate) file: Option<SegmentFile>,
    /// When the last recorded picture ends.
    pub(crate) covered_until: Option<Timestamp>,
    /// Every picture since the last keyframe is on disk.
    pub(crate) decodable: bool,
    gap: Option<OpenGap>,
    notes: VecDeque<Note>,
}

impl DiskState {
    /// Opens a gap at the end of the last recorded picture, or at `from` if there is none. A gap
    /// that is open for another cause ends at `from`, and the new one follows it.
    pub(crate) fn open_gap(&mut self, from: Timestamp, cause: GapCause) {
        let start = match self.gap {
            Some(open) if open.cause == cause => return,
            Some(open) => open.start.max(from),
            None => self.covered_until.unwrap_or(from),
        };
        if self.gap.is_some() || self.covered_until.is_none() {
            self.note(Note::Close { end: start });
        }
        self.gap = Some(OpenGap { start, cause });
        self.note(Note::Open { start, cause });
    }

    /// Returns the cause of the gap that is open.
    pub(crate) fn open_cause(&self) -> Option<GapCause> {
        self.gap.map(|open| open.cause)
    }

    /// Notes that nothing is to be recorded any more, if anything ever was.
    pub(crate) fn stop(&mut self, now: Timestamp) {
        if self.gap.is_some() || self.covered_until.is_some() {
            self.open_gap(now, GapCause::Stopped);
        }
    }

    /// Notes that pictures from `start` to `end` are on disk: closes the gap before them.
    pub(crate) fn covered(&mut self, stream: &StreamId, start: Timestamp, end: Timestamp) {
        let before = self.covered_until;
        // Of a stream with no footage nobody knows whether an earlier run left a gap open.
        if self.gap.take().is_some() || before.is_none() {
            // A clock that was set back brings pictures from before the gap.
            let end = before.map_or(start, |before| before.max(start));
            self.note(Note::Close { end });
        } else if let Some(before) = before.filter(|&before| before < start) {
            self.note(Note::Add(Gap {
                stream: stream.clone(),
                start: before,
                end: Some(start),
                cause: GapCause::NoPicture,
            }));
        }
        self.covered_until = Some(end);
    }

    /// Notes a gap within what is covered, such as lost packets.
    pub(crate) fn add_gap(&mut self, gap: Gap) {
        self.note(Note::Add(gap));
    }

    /// Tells the ledger what it was not told yet.
    pub(crate) fn tell(
        &mut self,
        stream: &StreamId,
        ledger: &dyn Ledger,
    ) -> Result<(), LedgerError> {
        while let Some(note) = self.notes.front() {
            match note {
                Note::Open { start, cause } => ledger.open_gap(stream, *start, *cause)?,
                Note::Close { end } => ledger.close_gap(stream, *end)?,
                Note::Add(gap) => ledger.add_gap(gap)?,
            }
            self.notes.pop_front();
        }
        Ok(())
    }

    fn note(&mut self, note: Note) {
        if self.notes.len() >= MOST_NOTES {
            error!(?note, "the ledger fails for too long, a note about a gap is lost");
            metrics::counter!("watchpost_archive_gap_notes_lost_total").increment(1);
            return;
        }
        self.notes.push_back(note);
    }
}
