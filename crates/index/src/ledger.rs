//! Segments and gaps as the archive and the console ask for them.

use std::path::Path;

use domain::{
    FootageLink, Gap, GapCause, Segment, SegmentId, StreamId, TimeRange, Timestamp, VolumeId,
};
use rusqlite::{Params, named_params, params};

use crate::footage::{self, Change};
use crate::footage_chain::{self, FootageHead};
use crate::holds::NOT_HELD;
use crate::reader::Readers;
use crate::schema::Kind;
use crate::{Index, IndexError};

/// The stream's segments that share a moment with a range: a segment that began earlier than the
/// longest one is long cannot.
pub(crate) const IN_RANGE: &str =
    "WHERE s.stream = (SELECT id FROM stream WHERE camera = ?1 AND role = ?2)
   AND s.start_us >= ?3 - (SELECT longest_segment_us FROM stream WHERE camera = ?1 AND role = ?2)
   AND s.start_us < ?4 AND s.end_us > ?3 AND s.state = 1
 ORDER BY s.start_us, s.id";

impl Index {
    /// Adds the row of a segment that is being written; its id is the answer, not the one given.
    ///
    /// # Errors
    /// When the row cannot be written.
    pub fn open_segment(&self, segment: &Segment) -> Result<SegmentId, IndexError> {
        self.change(Change::OpenSegment(Box::new(segment.clone()))).map(SegmentId)
    }

    /// Replaces the row of a segment by its final state; durable on return.
    ///
    /// # Errors
    /// [`IndexError::NoSegment`] for an unknown id, or when the row cannot be written.
    pub fn close_segment(&self, segment: &Segment) -> Result<(), IndexError> {
        self.change(Change::CloseSegment(Box::new(segment.clone()), None))?;
        Ok(())
    }

    /// Does the same and adds the segment to the chain of its stream and day, in one transaction.
    ///
    /// # Errors
    /// As [`Index::close_segment`].
    pub fn close_in_chain(&self, segment: &Segment, link: FootageLink) -> Result<(), IndexError> {
        self.change(Change::CloseSegment(Box::new(segment.clone()), Some(link)))?;
        Ok(())
    }

    /// Returns the chains of recorded files that grew after the change numbered `after`, each as it
    /// is now, and the number of the last change.
    ///
    /// # Errors
    /// When the rows cannot be read.
    pub fn grown_chains(&self, after: u64) -> Result<(Vec<FootageHead>, u64), IndexError> {
        let mut reader = self.inner.ledger_readers.get()?;
        let path = &self.inner.footage_path;
        footage_chain::grown(reader.footage()?, after)
            .map_err(|error| IndexError::database("read the chains of footage", path, error))
    }

    /// Opens a gap at `start`, unless one is open for the stream: then only
    /// [`GapCause::Disconnected`] gives way to [`GapCause::Misconfigured`]. Durable on return.
    ///
    /// # Errors
    /// When the row cannot be written.
    pub fn open_gap(
        &self,
        stream: &StreamId,
        start: Timestamp,
        cause: GapCause,
    ) -> Result<(), IndexError> {
        self.change(Change::OpenGap(stream.clone(), start, cause))?;
        Ok(())
    }

    /// Ends the stream's open gap, if any; a gap without length vanishes. Durable on return.
    ///
    /// # Errors
    /// When the row cannot be written.
    pub fn close_gap(&self, stream: &StreamId, end: Timestamp) -> Result<(), IndexError> {
        self.change(Change::CloseGap(stream.clone(), end))?;
        Ok(())
    }

    /// Removes the gaps that ended by `before`, with the chains of which no file is left, and
    /// returns how many gaps: for a gap says something as
    /// long as there is footage around it. An open one stays, and one under a legal hold. Durable on
    /// return.
    ///
    /// # Errors
    /// When the rows cannot be written.
    pub fn expire_gaps(&self, before: Timestamp) -> Result<u64, IndexError> {
        let held = self.custody().in_force()?.as_json();
        let gaps = self.change(Change::DropGaps(before, held))?;
        Ok(u64::try_from(gaps).unwrap_or(0))
    }

    /// Returns the segments that were being written or deleted.
    ///
    /// # Errors
    /// When the rows cannot be read.
    pub fn unfinished_segments(&self) -> Result<Vec<Segment>, IndexError> {
        self.archive_segments("WHERE s.state <> 1 ORDER BY s.id", [])
    }

    /// Returns the volume's oldest closed segments, none that is under a legal hold.
    ///
    /// # Errors
    /// When the rows cannot be read.
    pub fn oldest_segments(
        &self,
        volume: &VolumeId,
        limit: usize,
    ) -> Result<Vec<Segment>, IndexError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let held = self.custody().in_force()?.as_json();
        self.archive_segments(
            &format!(
                "WHERE s.volume = (SELECT id FROM volume WHERE name = :volume) AND s.state = 1
                   AND {NOT_HELD} ORDER BY s.start_us LIMIT :limit"
            ),
            named_params! { ":volume": volume.as_str(), ":held": held, ":limit": limit },
        )
    }

    /// Returns the stream's oldest closed segments among those that ended by `before`, none that
    /// is under a legal hold.
    ///
    /// # Errors
    /// When the rows cannot be read.
    pub fn segments_before(
        &self,
        stream: &StreamId,
        before: Timestamp,
        limit: usize,
    ) -> Result<Vec<Segment>, IndexError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let (camera, role) = (stream.camera.as_str(), stream.role.as_str());
        let held = self.custody().in_force()?.as_json();
        self.archive_segments(
            &format!(
                "WHERE s.stream = (SELECT id FROM stream WHERE camera = :camera AND role = :role)
                   AND s.start_us <= :before AND s.end_us <= :before AND s.state = 1
                   AND {NOT_HELD} ORDER BY s.start_us LIMIT :limit"
            ),
            named_params! {
                ":camera": camera, ":role": role, ":before": before.as_micros(), ":held": held,
                ":limit": limit,
            },
        )
    }

    /// Marks segments whose files are about to be unlinked; durable on return.
    ///
    /// # Errors
    /// [`IndexError::Held`] if a legal hold has come to cover one of them: then none is marked. Or
    /// when the rows cannot be written.
    pub fn mark_deleting(&self, ids: &[SegmentId]) -> Result<(), IndexError> {
        // Locked until they are marked: whoever places a hold waits.
        let custody = self.custody();
        let in_force = custody.in_force()?;
        if !in_force.is_empty() {
            let wanted = serde_json::to_string(ids).unwrap_or_default();
            let held = self.archive_segments(
                &format!(
                    "WHERE s.id IN (SELECT value FROM json_each(:wanted)) AND NOT ({NOT_HELD})"
                ),
                named_params! { ":wanted": wanted, ":held": in_force.as_json() },
            )?;
            if !held.is_empty() {
                return Err(IndexError::Held(u64::try_from(held.len()).unwrap_or(u64::MAX)));
            }
        }
        self.change(Change::MarkDeleting(ids.to_vec()))?;
        Ok(())
    }

    /// Removes the rows of segments whose files are gone; durable on return.
    ///
    /// # Errors
    /// When the rows cannot be written.
    pub fn forget_segments(&self, ids: &[SegmentId]) -> Result<(), IndexError> {
        self.change(Change::Forget(ids.to_vec()))?;
        Ok(())
    }

    /// Returns when the stream's last closed segment ends.
    ///
    /// # Errors
    /// When the rows cannot be read.
    pub fn recorded_end(&self, stream: &StreamId) -> Result<Option<Timestamp>, IndexError> {
        let (camera, role) = (stream.camera.as_str(), stream.role.as_str());
        let last = self.archive_segments(
            "WHERE s.stream = (SELECT id FROM stream WHERE camera = ?1 AND role = ?2)
               AND s.state = 1 ORDER BY s.start_us DESC LIMIT 1",
            params![camera, role],
        )?;
        Ok(last.first().map(|segment| segment.range.end))
    }

    /// Returns the stream's closed segments that share a moment with `range`, in order.
    ///
    /// # Errors
    /// [`IndexError::Busy`], or when the rows cannot be read.
    pub fn segments(
        &self,
        stream: &StreamId,
        range: TimeRange,
    ) -> Result<Vec<Segment>, IndexError> {
        let (camera, role) = (stream.camera.as_str(), stream.role.as_str());
        // Kept off the ends of the number range, so that the subtraction in SQL stays whole.
        let start = range.start.as_micros().max(i64::MIN / 2);
        self.segments_where(
            &self.inner.readers,
            IN_RANGE,
            params![camera, role, start, range.end.as_micros()],
        )
    }

    /// Returns one segment, whatever its state.
    ///
    /// # Errors
    /// [`IndexError::Busy`], or when the row cannot be read.
    pub fn segment(&self, id: SegmentId) -> Result<Option<Segment>, IndexError> {
        let mut found = self.segments_where(&self.inner.readers, "WHERE s.id = ?1", [id.0])?;
        Ok(found.pop())
    }

    /// Returns up to `limit` segments of any state with ids above `after`, in order of their id;
    /// begin with `SegmentId(0)` to go through all.
    ///
    /// # Errors
    /// [`IndexError::Busy`], or when the rows cannot be read.
    pub fn segments_from(
        &self,
        after: SegmentId,
        limit: usize,
    ) -> Result<Vec<Segment>, IndexError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let tail = "WHERE s.id > ?1 ORDER BY s.id LIMIT ?2";
        self.segments_where(&self.inner.readers, tail, [after.0, limit])
    }

    /// Returns every segment of any state, in order of its id. Reads in chunks, holds all.
    ///
    /// # Errors
    /// [`IndexError::Busy`], or when the rows cannot be read.
    pub fn all_segments(&self) -> Result<Vec<Segment>, IndexError> {
        let mut all: Vec<Segment> = Vec::new();
        loop {
            let after = all.last().map_or(SegmentId(0), |segment| segment.id);
            let chunk = self.segments_from(after, 1000)?;
            if chunk.is_empty() {
                return Ok(all);
            }
            all.extend(chunk);
        }
    }

    /// Returns every segment of any state of the index in `dir`, in order of its id, as one
    /// moment saw them. Neither opens nor locks the index: it may be in use by another process,
    /// which is not disturbed.
    ///
    /// # Errors
    /// When there is no index in `dir`, or its rows cannot be read.
    pub fn read_segments(dir: &Path) -> Result<Vec<Segment>, IndexError> {
        let path = dir.join("footage.db");
        let connection = Kind::Footage.open_reader(&path)?;
        footage::segments(&connection, &path, "ORDER BY s.id", [])
    }

    /// Returns the gaps of `streams` (`None`: all) that share a moment with `range`; one still
    /// open lasts until for ever. In order of stream and start.
    ///
    /// # Errors
    /// [`IndexError::Busy`], or when the rows cannot be read.
    pub fn gaps(
        &self,
        streams: Option<&[StreamId]>,
        range: TimeRange,
    ) -> Result<Vec<Gap>, IndexError> {
        let mut reader = self.inner.readers.get()?;
        let path = &self.inner.footage_path;
        let connection = reader.footage()?;
        let Some(streams) = streams else {
            return footage::gaps(connection, path, None, range);
        };
        let mut gaps = Vec::new();
        for stream in streams {
            gaps.extend(footage::gaps(connection, path, Some(stream), range)?);
        }
        Ok(gaps)
    }

    fn archive_segments(
        &self,
        tail: &str,
        parameters: impl Params,
    ) -> Result<Vec<Segment>, IndexError> {
        self.segments_where(&self.inner.ledger_readers, tail, parameters)
    }

    fn segments_where(
        &self,
        readers: &Readers,
        tail: &str,
        parameters: impl Params,
    ) -> Result<Vec<Segment>, IndexError> {
        let mut reader = readers.get()?;
        footage::segments(reader.footage()?, &self.inner.footage_path, tail, parameters)
    }
}
