//! Rows of segments, gaps and coverage: written by one thread in group commits, durable on return.

use std::path::{Path, PathBuf};
use std::sync::mpsc::SyncSender;

use domain::{
    CameraId, CoverageChange, FootageLink, Gap, GapCause, Segment, SegmentId, SegmentState,
    StreamId, TimeRange, Timestamp, VolumeId,
};
use rusqlite::{
    Connection, OptionalExtension, Params, Savepoint, TransactionBehavior, named_params, params,
};

use crate::IndexError;
use crate::holds::NOT_HELD;
use crate::schema::Kind;
use crate::segment_row::{SELECT, encode_fragments, read, state_number, stream_of};
use crate::sparse_id::sparse_id;
use crate::{coverage_day, coverage_span, footage_chain, recorded};

/// A change to the rows.
#[derive(Debug)]
pub(crate) enum Change {
    OpenSegment(Box<Segment>),
    /// Closed, and with a link added to the chain of its stream and day.
    CloseSegment(Box<Segment>, Option<FootageLink>),
    OpenGap(StreamId, Timestamp, GapCause),
    CloseGap(StreamId, Timestamp),
    MarkDeleting(Vec<SegmentId>),
    Forget(Vec<SegmentId>),
    /// What is held, too, as JSON.
    DropGaps(Timestamp, String),
    /// What cameras do from some moment on, and until when the others are known to do the same.
    Cover(Vec<CoverageChange>, Timestamp),
    /// The cameras there are when the program begins.
    ResumeCoverage(Vec<CameraId>, Timestamp),
    DropCoverage(Timestamp),
}

/// A change with whoever waits for it; the answer is a row's number or a count.
pub(crate) type Message = (Change, SyncSender<Result<i64, IndexError>>);

/// Owned by the thread `index-footage`.
#[derive(Debug)]
pub(crate) struct FootageWriter {
    path: PathBuf,
    connection: Connection,
}

impl FootageWriter {
    pub(crate) fn open(folder: &Path) -> Result<Self, IndexError> {
        let path = folder.join("footage.db");
        let connection = Kind::Footage.open_writer(&path)?;
        Ok(Self { path, connection })
    }

    /// Commits a group of changes: each holds or fails by itself, all become durable together.
    pub(crate) fn commit(&mut self, messages: Vec<Message>) {
        let (changes, senders): (Vec<_>, Vec<_>) = messages.into_iter().unzip();
        let answers = match self.apply(changes) {
            Ok(answers) => answers,
            Err(error) => {
                let error = IndexError::database("store footage rows", &self.path, error);
                tracing::error!(%error, "cannot store footage rows");
                senders.iter().map(|_| Err(error.clone())).collect()
            }
        };
        for (sender, answer) in senders.into_iter().zip(answers) {
            // Whoever asked may have gone; the change holds all the same.
            let _ = sender.send(answer);
        }
    }

    fn apply(&mut self, changes: Vec<Change>) -> rusqlite::Result<Vec<Result<i64, IndexError>>> {
        let mut transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut answers = Vec::with_capacity(changes.len());
        for change in changes {
            let savepoint = transaction.savepoint()?;
            let answer = apply(&savepoint, change, &self.path);
            match &answer {
                Ok(_) => savepoint.commit()?,
                Err(_) => savepoint.finish()?,
            }
            answers.push(answer);
        }
        transaction.commit()?;
        Ok(answers)
    }
}

fn apply(savepoint: &Savepoint<'_>, change: Change, path: &Path) -> Result<i64, IndexError> {
    let failed = |error| IndexError::database("store a footage row", path, error);
    match change {
        Change::OpenSegment(segment) => open_segment(savepoint, &segment, path),
        Change::CloseSegment(segment, link) => close_segment(savepoint, &segment, link, path),
        Change::OpenGap(stream, start, cause) => {
            open_gap(savepoint, &stream, start, cause).map_err(failed)
        }
        Change::CloseGap(stream, end) => close_gap(savepoint, &stream, end).map_err(failed),
        Change::MarkDeleting(ids) => {
            take_out(savepoint, "UPDATE segment SET state = 2 WHERE id = ?1", &ids).map_err(failed)
        }
        Change::Forget(ids) => {
            take_out(savepoint, "DELETE FROM segment WHERE id = ?1", &ids).map_err(failed)
        }
        Change::Cover(changes, until) => {
            coverage_span::change(savepoint, &changes, until).map_err(failed)
        }
        Change::ResumeCoverage(cameras, now) => {
            coverage_span::resume(savepoint, &cameras, now).map_err(failed)
        }
        Change::DropCoverage(before) => coverage_span::expire(savepoint, before).map_err(failed),
        Change::DropGaps(before, held) => {
            footage_chain::expire(savepoint, before).map_err(failed)?;
            drop_gaps(savepoint, before, &held).map_err(failed)
        }
    }
}

/// Removes the gaps that ended by `before` and are not held; returns how many.
fn drop_gaps(savepoint: &Savepoint<'_>, before: Timestamp, held: &str) -> rusqlite::Result<i64> {
    let sql = format!(
        "DELETE FROM gap AS s WHERE end_us <= :before AND EXISTS (
           SELECT 1 FROM stream st WHERE st.id = s.stream AND {NOT_HELD})
         RETURNING stream, start_us, end_us"
    );
    let gone: Vec<(i64, i64, i64)> = savepoint
        .prepare_cached(&sql)?
        .query_map(named_params! { ":before": before.as_micros(), ":held": held }, |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    for (stream, start, end) in &gone {
        let (start, end) = (Timestamp::from_micros(*start), Timestamp::from_micros(*end));
        coverage_day::touch_stream(savepoint, *stream, start, end)?;
    }
    Ok(i64::try_from(gone.len()).unwrap_or(i64::MAX))
}

/// Takes segments out of those that are closed, by `sql`.
fn take_out(savepoint: &Savepoint<'_>, sql: &str, ids: &[SegmentId]) -> rusqlite::Result<i64> {
    let mut count = 0;
    for id in ids {
        let closed = closed_segment(savepoint, *id)?;
        count += i64::try_from(savepoint.prepare_cached(sql)?.execute([id.0])?).unwrap_or(0);
        if let Some((stream, range)) = closed {
            recorded::remove(savepoint, stream, range)?;
        }
    }
    Ok(count)
}

/// Returns stream and range of a segment if it is closed.
fn closed_segment(
    savepoint: &Savepoint<'_>,
    id: SegmentId,
) -> rusqlite::Result<Option<(i64, TimeRange)>> {
    savepoint
        .prepare_cached("SELECT stream, start_us, end_us FROM segment WHERE id = ?1 AND state = 1")?
        .query_row([id.0], |row| {
            let start = Timestamp::from_micros(row.get(1)?);
            let end = Timestamp::from_micros(row.get(2)?);
            Ok((row.get(0)?, TimeRange { start, end }))
        })
        .optional()
}

fn open_segment(
    savepoint: &Savepoint<'_>,
    segment: &Segment,
    path: &Path,
) -> Result<i64, IndexError> {
    let bytes = stored("a segment size", segment.bytes)?;
    let insert = || -> rusqlite::Result<i64> {
        let stream = stream_number(savepoint, &segment.stream)?;
        let volume = volume_number(savepoint, &segment.volume)?;
        let format = format_number(savepoint, segment)?;
        let sql = format!(
            "INSERT INTO segment (id, stream, volume, state, start_us, end_us, format, path, bytes,
               header_bytes, sha256, fragments)
             VALUES ({}, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            sparse_id("segment")
        );
        savepoint.prepare_cached(&sql)?.execute(params![
            stream,
            volume,
            state_number(segment.state),
            segment.range.start.as_micros(),
            segment.range.end.as_micros(),
            format,
            segment.path,
            bytes,
            segment.header_bytes,
            segment.sha256,
            encode_fragments(&segment.fragments, segment.range.start),
        ])?;
        let id = savepoint.last_insert_rowid();
        note_length(savepoint, stream, "longest_segment_us", segment.range)?;
        if segment.state == SegmentState::Closed {
            recorded::add(savepoint, stream, segment.range)?;
        }
        Ok(id)
    };
    insert().map_err(|error| IndexError::database("store a segment", path, error))
}

fn close_segment(
    savepoint: &Savepoint<'_>,
    segment: &Segment,
    link: Option<FootageLink>,
    path: &Path,
) -> Result<i64, IndexError> {
    let bytes = stored("a segment size", segment.bytes)?;
    let update = || -> rusqlite::Result<usize> {
        let stream = stream_number(savepoint, &segment.stream)?;
        let volume = volume_number(savepoint, &segment.volume)?;
        let format = format_number(savepoint, segment)?;
        let before = closed_segment(savepoint, segment.id)?;
        let changed = savepoint
            .prepare_cached(
                "UPDATE segment SET stream = ?2, volume = ?3, state = ?4, start_us = ?5,
                   end_us = ?6, format = ?7, path = ?8, bytes = ?9, header_bytes = ?10,
                   sha256 = ?11, fragments = ?12 WHERE id = ?1",
            )?
            .execute(params![
                segment.id.0,
                stream,
                volume,
                state_number(segment.state),
                segment.range.start.as_micros(),
                segment.range.end.as_micros(),
                format,
                segment.path,
                bytes,
                segment.header_bytes,
                segment.sha256,
                encode_fragments(&segment.fragments, segment.range.start),
            ])?;
        note_length(savepoint, stream, "longest_segment_us", segment.range)?;
        if let Some((stream, range)) = before {
            recorded::remove(savepoint, stream, range)?;
        }
        if changed > 0 && segment.state == SegmentState::Closed {
            recorded::add(savepoint, stream, segment.range)?;
            if let (Some(sha256), Some(link)) = (&segment.sha256, link) {
                footage_chain::add(savepoint, stream, segment, sha256, link)?;
            }
        }
        Ok(changed)
    };
    match update().map_err(|error| IndexError::database("store a segment", path, error))? {
        0 => Err(IndexError::NoSegment(segment.id.0)),
        _ => Ok(segment.id.0),
    }
}

/// Opens a gap unless one is open for the stream; its first cause stays, but what looked like a
/// broken connection may turn out to be a wrong password.
fn open_gap(
    savepoint: &Savepoint<'_>,
    stream: &StreamId,
    start: Timestamp,
    cause: GapCause,
) -> rusqlite::Result<i64> {
    let stream = stream_number(savepoint, stream)?;
    let open: Option<(i64, u8, i64)> = savepoint
        .prepare_cached("SELECT id, cause, start_us FROM gap WHERE stream = ?1 AND end_us IS NULL")?
        .query_row([stream], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let since = open.map_or(start, |(_, _, since)| Timestamp::from_micros(since));
    coverage_day::touch_stream(savepoint, stream, since, Timestamp::MAX)?;
    let Some((id, open_cause, _)) = open else {
        savepoint
            .prepare_cached("INSERT INTO gap (stream, start_us, cause) VALUES (?1, ?2, ?3)")?
            .execute(params![stream, start.as_micros(), cause.number()])?;
        return Ok(savepoint.last_insert_rowid());
    };
    if open_cause == GapCause::Disconnected.number() && cause == GapCause::Misconfigured {
        savepoint
            .prepare_cached("UPDATE gap SET cause = ?2 WHERE id = ?1")?
            .execute(params![id, cause.number()])?;
    }
    Ok(id)
}

/// Ends the stream's open gap, if any; one without length vanishes.
fn close_gap(
    savepoint: &Savepoint<'_>,
    stream: &StreamId,
    end: Timestamp,
) -> rusqlite::Result<i64> {
    let stream = stream_number(savepoint, stream)?;
    let open: Option<(i64, i64)> = savepoint
        .prepare_cached("SELECT id, start_us FROM gap WHERE stream = ?1 AND end_us IS NULL")?
        .query_row([stream], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((id, start)) = open else {
        return Ok(0);
    };
    let since = Timestamp::from_micros(start);
    coverage_day::touch_stream(savepoint, stream, since, Timestamp::MAX)?;
    if end.as_micros() <= start {
        savepoint.prepare_cached("DELETE FROM gap WHERE id = ?1")?.execute([id])?;
        return Ok(0);
    }
    savepoint
        .prepare_cached("UPDATE gap SET end_us = ?2 WHERE id = ?1")?
        .execute([id, end.as_micros()])?;
    note_length(savepoint, stream, "longest_gap_us", TimeRange { start: since, end })?;
    Ok(1)
}

/// Notes a stream's longest segment or gap: how far back a search by time must begin.
fn note_length(
    savepoint: &Savepoint<'_>,
    stream: i64,
    column: &'static str,
    range: TimeRange,
) -> rusqlite::Result<()> {
    let length = range.end.micros_since(range.start);
    savepoint
        .prepare_cached(&format!(
            "UPDATE stream SET {column} = ?2 WHERE id = ?1 AND {column} < ?2"
        ))?
        .execute([stream, length])?;
    Ok(())
}

fn stream_number(savepoint: &Savepoint<'_>, stream: &StreamId) -> rusqlite::Result<i64> {
    let (camera, role) = (stream.camera.as_str(), stream.role.as_str());
    number_of(
        savepoint,
        "SELECT id FROM stream WHERE camera = ?1 AND role = ?2",
        "INSERT INTO stream (camera, role) VALUES (?1, ?2)",
        params![camera, role],
        params![camera, role],
    )
}

fn volume_number(savepoint: &Savepoint<'_>, volume: &VolumeId) -> rusqlite::Result<i64> {
    number_of(
        savepoint,
        "SELECT id FROM volume WHERE name = ?1",
        "INSERT INTO volume (name) VALUES (?1)",
        [volume.as_str()],
        [volume.as_str()],
    )
}

fn format_number(savepoint: &Savepoint<'_>, segment: &Segment) -> rusqlite::Result<i64> {
    let codec = segment.codec.as_str();
    let entry = segment.sample_entry.as_ref();
    number_of(
        savepoint,
        "SELECT id FROM format WHERE sample_entry = ?1 AND codec = ?2 AND width = ?3
           AND height = ?4 AND rfc6381 = ?5",
        "INSERT INTO format (sample_entry, codec, width, height, rfc6381)
         VALUES (?1, ?2, ?3, ?4, ?5)",
        params![entry, codec, segment.width, segment.height, segment.rfc6381],
        params![entry, codec, segment.width, segment.height, segment.rfc6381],
    )
}

/// Returns the number of a dictionary's row, made when absent.
pub(crate) fn number_of(
    savepoint: &Savepoint<'_>,
    select: &str,
    insert: &str,
    wanted: impl Params,
    made: impl Params,
) -> rusqlite::Result<i64> {
    let known = savepoint.prepare_cached(select)?.query_row(wanted, |row| row.get(0)).optional()?;
    if let Some(number) = known {
        return Ok(number);
    }
    savepoint.prepare_cached(insert)?.execute(made)?;
    Ok(savepoint.last_insert_rowid())
}

fn stored(what: &'static str, value: u64) -> Result<i64, IndexError> {
    i64::try_from(value).map_err(|_| IndexError::TooLarge { what, value })
}

/// Reads segments: `tail` is what follows [`SELECT`].
pub(crate) fn segments(
    connection: &Connection,
    path: &Path,
    tail: &str,
    parameters: impl Params,
) -> Result<Vec<Segment>, IndexError> {
    let failed = |error| IndexError::database("read segments", path, error);
    let mut statement = connection.prepare_cached(&format!("{SELECT}{tail}")).map_err(failed)?;
    let mut rows = statement.query(parameters).map_err(failed)?;
    let mut segments = Vec::new();
    while let Some(row) = rows.next().map_err(failed)? {
        let segment = read(row).map_err(failed)?;
        let segment = segment.ok_or_else(|| {
            let id: i64 = row.get(0).unwrap_or(0);
            IndexError::damaged(path, format!("segment {id} cannot be read"))
        })?;
        segments.push(segment);
    }
    Ok(segments)
}

/// Reads the gaps of `stream` (all streams for `None`) that share a moment with `range`.
pub(crate) fn gaps(
    connection: &Connection,
    path: &Path,
    stream: Option<&StreamId>,
    range: TimeRange,
) -> Result<Vec<Gap>, IndexError> {
    let failed = |error| IndexError::database("read gaps", path, error);
    let mut statement = connection
        .prepare_cached(
            "SELECT st.camera, st.role, g.start_us, g.end_us, g.cause
             FROM stream st CROSS JOIN gap g ON g.stream = st.id
             WHERE (?1 IS NULL OR (st.camera = ?1 AND st.role = ?2))
               AND g.start_us < ?4
               AND (g.end_us IS NULL OR g.end_us > ?3)
               AND (g.end_us IS NULL OR g.start_us >= ?3 - st.longest_gap_us)
             ORDER BY st.camera, st.role, g.start_us",
        )
        .map_err(failed)?;
    let camera = stream.map(|stream| stream.camera.as_str());
    let role = stream.map(|stream| stream.role.as_str());
    // Kept off the ends of the number range, so that the subtraction above stays whole.
    let start = range.start.as_micros().max(i64::MIN / 2);
    let mut rows =
        statement.query(params![camera, role, start, range.end.as_micros()]).map_err(failed)?;
    let mut gaps = Vec::new();
    while let Some(row) = rows.next().map_err(failed)? {
        let (camera, role): (String, String) =
            (row.get(0).map_err(failed)?, row.get(1).map_err(failed)?);
        let start: i64 = row.get(2).map_err(failed)?;
        let end: Option<i64> = row.get(3).map_err(failed)?;
        let cause: u8 = row.get(4).map_err(failed)?;
        let (Some(stream), Some(cause)) = (stream_of(&camera, &role), GapCause::from_number(cause))
        else {
            return Err(IndexError::damaged(path, "a gap cannot be read"));
        };
        gaps.push(Gap {
            stream,
            start: Timestamp::from_micros(start),
            end: end.map(Timestamp::from_micros),
            cause,
        });
    }
    Ok(gaps)
}
