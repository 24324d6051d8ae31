//! Stretches of time that are recorded without a break, kept beside the segments.
//!
//! A month of a camera is 43,200 segments and a handful of stretches, so that how much of a range
//! is recorded is told without reading the segments. A stretch is what closed segments cover, with
//! the moments between segments that lie side by side. It is changed in the transaction that
//! changes its segments.

use domain::{TimeRange, Timestamp};
use rusqlite::{Connection, OptionalExtension, Savepoint, params};

use crate::coverage_day;

/// Segments closer than this lie side by side: cameras do not keep their rate to the picture.
const SIDE_BY_SIDE_US: i64 = 1_000_000;

/// Adds what a segment covers.
pub(crate) fn add(
    savepoint: &Savepoint<'_>,
    stream: i64,
    range: TimeRange,
) -> rusqlite::Result<()> {
    let (mut start, mut end) = (range.start.as_micros(), range.end.as_micros());
    if start >= end {
        return Ok(());
    }
    touch(savepoint, stream, start, end)?;
    for (id, from, until) in beside(savepoint, stream, start, end)? {
        (start, end) = (start.min(from), end.max(until));
        remove_row(savepoint, id)?;
    }
    insert(savepoint, stream, start, end)
}

/// Removes what a segment covered that no other closed segment covers. Call when its row is gone,
/// or closed no longer.
pub(crate) fn remove(
    savepoint: &Savepoint<'_>,
    stream: i64,
    range: TimeRange,
) -> rusqlite::Result<()> {
    let (start, end) = (range.start.as_micros(), range.end.as_micros());
    if start >= end {
        return Ok(());
    }
    touch(savepoint, stream, start, end)?;
    let stretch: Option<(i64, i64, i64)> = savepoint
        .prepare_cached(
            "SELECT id, start_us, end_us FROM recorded
             WHERE stream = ?1 AND start_us <= ?2 ORDER BY start_us DESC LIMIT 1",
        )?
        .query_row(params![stream, start], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((id, from, until)) = stretch.filter(|(_, _, until)| *until >= end) else {
        return Ok(());
    };
    remove_row(savepoint, id)?;
    for (from, until) in without(savepoint, stream, (from, until), (start, end))? {
        insert(savepoint, stream, from, until)?;
    }
    Ok(())
}

/// Notes that what is recorded changes from `start` to `end`, or in the moments beside it.
fn touch(savepoint: &Savepoint<'_>, stream: i64, start: i64, end: i64) -> rusqlite::Result<()> {
    let first = Timestamp::from_micros(start.saturating_sub(SIDE_BY_SIDE_US));
    let last = Timestamp::from_micros(end.saturating_add(SIDE_BY_SIDE_US));
    coverage_day::touch_stream(savepoint, stream, first, last)
}

/// Returns what of a stretch is left without one of its segments. Looks only at the segments about
/// it: whatever begins later than side by side with it was joined to another one.
fn without(
    savepoint: &Savepoint<'_>,
    stream: i64,
    (from, until): (i64, i64),
    (start, end): (i64, i64),
) -> rusqlite::Result<Vec<(i64, i64)>> {
    let mut statement = savepoint.prepare_cached(
        "SELECT start_us, end_us FROM segment
         WHERE stream = ?1 AND state = 1 AND end_us > start_us AND start_us <= ?3
           AND start_us >= max(?4, ?2 - (SELECT longest_segment_us FROM stream WHERE id = ?1))
         ORDER BY start_us",
    )?;
    let (first, last) = (start - SIDE_BY_SIDE_US, end + SIDE_BY_SIDE_US);
    let mut rows = statement.query(params![stream, first, last, from])?;
    let mut left: Vec<(i64, i64)> = Vec::new();
    while let Some(row) = rows.next()? {
        let (begins, ends): (i64, i64) = (row.get(0)?, row.get(1)?);
        match left.last_mut() {
            // What began no later was joined without the segment.
            Some((_, before)) if begins <= start || begins - *before <= SIDE_BY_SIDE_US => {
                *before = ends.max(*before);
            }
            None if begins <= start => left.push((from, ends)),
            _ => left.push((begins, ends)),
        }
    }
    // Another segment ends where the stretch does, near or far.
    if until > end
        && let Some((_, ends)) = left.last_mut()
    {
        *ends = until;
    }
    Ok(left)
}

fn beside(
    savepoint: &Savepoint<'_>,
    stream: i64,
    start: i64,
    end: i64,
) -> rusqlite::Result<Vec<(i64, i64, i64)>> {
    // Stretches do not overlap, so they end in the order in which they begin.
    let mut statement = savepoint.prepare_cached(
        "SELECT id, start_us, end_us FROM recorded
         WHERE stream = ?1 AND start_us <= ?2 ORDER BY start_us DESC",
    )?;
    let mut rows = statement.query(params![stream, end.saturating_add(SIDE_BY_SIDE_US)])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let stretch: (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        if stretch.2 < start.saturating_sub(SIDE_BY_SIDE_US) {
            break;
        }
        found.push(stretch);
    }
    Ok(found)
}

fn insert(savepoint: &Savepoint<'_>, stream: i64, start: i64, end: i64) -> rusqlite::Result<()> {
    savepoint
        .prepare_cached("INSERT INTO recorded (stream, start_us, end_us) VALUES (?1, ?2, ?3)")?
        .execute(params![stream, start, end])?;
    Ok(())
}

fn remove_row(savepoint: &Savepoint<'_>, id: i64) -> rusqlite::Result<()> {
    savepoint.prepare_cached("DELETE FROM recorded WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// Reads the stretches of a stream that share a moment with `range`, in order.
pub(crate) fn stretches(
    connection: &Connection,
    stream: i64,
    range: TimeRange,
) -> rusqlite::Result<Vec<TimeRange>> {
    let mut statement = connection.prepare_cached(
        "SELECT start_us, end_us FROM recorded
         WHERE stream = ?1 AND start_us < ?3 AND end_us > ?2
           AND start_us >= coalesce((SELECT max(start_us) FROM recorded
                                     WHERE stream = ?1 AND start_us <= ?2), ?2)
         ORDER BY start_us",
    )?;
    let limits = params![stream, range.start.as_micros(), range.end.as_micros()];
    let rows = statement.query_map(limits, |row| {
        Ok(TimeRange {
            start: Timestamp::from_micros(row.get(0)?),
            end: Timestamp::from_micros(row.get(1)?),
        })
    })?;
    rows.collect()
}
