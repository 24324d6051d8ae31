//! Rows of what cameras did: one for as long as nothing changed, one after the other.
//!
//! The rows of a camera tile the time for which it was configured; the first moment known and the
//! last lie beside them (`coverage_extent`), so that after a crash no row claims more than was known.

use domain::{
    Absence, AnalysisMode, AnalysisRate, CameraId, CoverageChange, CoverageState, TimeRange,
    Timestamp,
};
use rusqlite::{Connection, OptionalExtension, Row, Savepoint, params};

use crate::coverage_day;
use crate::footage::number_of;

const COLUMNS: &str = "start_us, end_us, unseen, unanalysed, mode, rate, recorded";
const MAIN: u8 = 1;
const SUB: u8 = 2;

/// What a camera did over a span; `None` as its end while it lasts.
pub(crate) type Span = (Timestamp, Option<Timestamp>, CoverageState);

/// From when to when is known what cameras did.
pub(crate) fn extent(connection: &Connection) -> rusqlite::Result<Option<TimeRange>> {
    connection
        .prepare_cached("SELECT from_us, until_us FROM coverage_extent")?
        .query_row([], |row| {
            let start = Timestamp::from_micros(row.get(0)?);
            let end = Timestamp::from_micros(row.get(1)?);
            Ok(TimeRange { start, end })
        })
        .optional()
}

/// Applies changes in their order; all else is known to be as it was until `until`.
pub(crate) fn change(
    savepoint: &Savepoint<'_>,
    changes: &[CoverageChange],
    until: Timestamp,
) -> rusqlite::Result<i64> {
    for CoverageChange { camera, at, state } in changes {
        let camera = camera_number(savepoint, camera)?;
        coverage_day::touch(savepoint, camera, *at, Timestamp::MAX)?;
        let began = close(savepoint, camera, *at)?;
        if let Some(state) = state {
            open(savepoint, camera, began.unwrap_or(*at).max(*at), *state)?;
        }
    }
    know_until(savepoint, until)?;
    coverage_day::add_up(savepoint)?;
    Ok(i64::try_from(changes.len()).unwrap_or(i64::MAX))
}

/// Ends what a crash left open at the last moment known; cameras that are still there were not
/// watched from then on. Forgets that cameras which are gone were not watched.
pub(crate) fn resume(
    savepoint: &Savepoint<'_>,
    cameras: &[CameraId],
    now: Timestamp,
) -> rusqlite::Result<i64> {
    let known_until = extent(savepoint)?.map_or(now, |extent| extent.end);
    let sql = format!(
        "SELECT c.id, c.camera, {COLUMNS} FROM coverage_span s JOIN covered_camera c
         ON c.id = s.camera WHERE s.end_us IS NULL"
    );
    let open_rows: Vec<(i64, String, Span)> = savepoint
        .prepare_cached(&sql)?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, read(row, 2)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (number, name, (start, _, state)) in open_rows {
        let is_there = cameras.iter().any(|camera| camera.as_str() == name);
        let was_stopped = state.unseen == Some(Absence::Stopped);
        if was_stopped && is_there {
            continue;
        }
        coverage_day::touch(savepoint, number, start.min(known_until), Timestamp::MAX)?;
        if was_stopped {
            savepoint
                .prepare_cached("DELETE FROM coverage_span WHERE camera = ?1 AND end_us IS NULL")?
                .execute([number])?;
            continue;
        }
        let began = close(savepoint, number, known_until)?;
        if is_there {
            let at = began.unwrap_or(known_until).max(known_until);
            open(savepoint, number, at, state.ended(Absence::Crashed))?;
        }
    }
    know_until(savepoint, now)?;
    Ok(0)
}

/// Removes the rows that ended by `before`; what came before is not known from then on.
pub(crate) fn expire(savepoint: &Savepoint<'_>, before: Timestamp) -> rusqlite::Result<i64> {
    let is_later = savepoint
        .prepare_cached("UPDATE coverage_extent SET from_us = ?1 WHERE from_us < ?1")?
        .execute([before.as_micros()])?;
    if is_later > 0 {
        coverage_day::forget(savepoint, before)?;
    }
    let count = savepoint
        .prepare_cached("DELETE FROM coverage_span WHERE end_us <= ?1")?
        .execute([before.as_micros()])?;
    Ok(i64::try_from(count).unwrap_or(i64::MAX))
}

/// Ends the camera's open row, and returns when it began if it would have no length: then it is
/// gone.
fn close(
    savepoint: &Savepoint<'_>,
    camera: i64,
    at: Timestamp,
) -> rusqlite::Result<Option<Timestamp>> {
    let open: Option<(i64, i64)> = savepoint
        .prepare_cached(
            "SELECT id, start_us FROM coverage_span WHERE camera = ?1 AND end_us IS NULL",
        )?
        .query_row([camera], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((id, start)) = open else {
        return Ok(None);
    };
    if at.as_micros() > start {
        savepoint
            .prepare_cached("UPDATE coverage_span SET end_us = ?2 WHERE id = ?1")?
            .execute([id, at.as_micros()])?;
        return Ok(None);
    }
    savepoint.prepare_cached("DELETE FROM coverage_span WHERE id = ?1")?.execute([id])?;
    Ok(Some(Timestamp::from_micros(start)))
}

fn open(
    savepoint: &Savepoint<'_>,
    camera: i64,
    at: Timestamp,
    state: CoverageState,
) -> rusqlite::Result<()> {
    let number = |cause: Option<Absence>| cause.map_or(0, Absence::number);
    let (mode, rate) =
        state.analysis.map_or((0, 0), |rate| (rate.mode.number(), rate.pictures_per_10_s));
    let recorded = u8::from(state.records_main) * MAIN + u8::from(state.records_sub) * SUB;
    savepoint
        .prepare_cached(
            "INSERT INTO coverage_span
               (camera, start_us, unseen, unanalysed, mode, rate, recorded)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            camera,
            at.as_micros(),
            number(state.unseen),
            number(state.analysis.err()),
            mode,
            rate,
            recorded,
        ])?;
    Ok(())
}

/// Reads the spans of a camera that share a moment with `range`, in order.
pub(crate) fn spans(
    connection: &Connection,
    camera: i64,
    range: TimeRange,
) -> rusqlite::Result<Vec<Span>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM coverage_span
         WHERE camera = ?1 AND start_us < ?3 AND (end_us IS NULL OR end_us > ?2)
           AND start_us >= coalesce((SELECT max(start_us) FROM coverage_span
                                     WHERE camera = ?1 AND start_us <= ?2), ?2)
         ORDER BY start_us"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let limits = params![camera, range.start.as_micros(), range.end.as_micros()];
    statement.query_map(limits, |row| read(row, 0))?.collect()
}

fn read(row: &Row<'_>, first: usize) -> rusqlite::Result<Span> {
    let absence = |column: usize| -> rusqlite::Result<Option<Absence>> {
        let number: u8 = row.get(first + column)?;
        // What was never written claims nothing.
        let cause = || Absence::from_number(number).unwrap_or(Absence::Off);
        Ok((number != 0).then(cause))
    };
    let start = Timestamp::from_micros(row.get(first)?);
    let end: Option<i64> = row.get(first + 1)?;
    let mode = AnalysisMode::from_number(row.get(first + 4)?);
    let pictures_per_10_s = row.get(first + 5)?;
    let recorded: u8 = row.get(first + 6)?;
    let analysis = match (absence(3)?, mode) {
        (Some(cause), _) => Err(cause),
        (None, Some(mode)) => Ok(AnalysisRate { mode, pictures_per_10_s }),
        (None, None) => Err(Absence::Off),
    };
    let state = CoverageState {
        unseen: absence(2)?,
        analysis,
        records_main: recorded & MAIN != 0,
        records_sub: recorded & SUB != 0,
    };
    Ok((start, end.map(Timestamp::from_micros), state))
}

fn know_until(savepoint: &Savepoint<'_>, until: Timestamp) -> rusqlite::Result<()> {
    if let Some(before) = extent(savepoint)? {
        coverage_day::end_days(savepoint, before.end, until)?;
    }
    savepoint
        .prepare_cached(
            "INSERT INTO coverage_extent (one, from_us, until_us) VALUES (1, ?1, ?1)
             ON CONFLICT (one) DO UPDATE SET until_us = ?1",
        )?
        .execute([until.as_micros()])?;
    Ok(())
}

fn camera_number(savepoint: &Savepoint<'_>, camera: &CameraId) -> rusqlite::Result<i64> {
    let name = camera.as_str();
    number_of(
        savepoint,
        "SELECT id FROM covered_camera WHERE camera = ?1",
        "INSERT INTO covered_camera (camera) VALUES (?1)",
        [name],
        [name],
    )
}
