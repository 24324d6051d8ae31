//! How much of a range each camera was seen, recorded and analysed, and why not.
//!
//! One sweep over a range ([`coverage_sweep`](crate::coverage_sweep)): days that are over are taken as
//! they were added up ([`coverage_day`]), the rest from its rows: what the camera did
//! ([`coverage_span`]), what is recorded ([`recorded`]) and the gaps. Nothing that is not known counts
//! as covered: where rows contradict each other, the gap holds.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{AnalysisRate, CameraId, GapCause, StreamId, StreamRole, TimeRange, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use crate::coverage_day::{self, Days};
use crate::coverage_span::{self, Span};
use crate::coverage_sweep::{Record, StreamRecord, Sweep};
use crate::recorded;

/// What to ask of the past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoverageQuery {
    /// The range; should not reach beyond now.
    pub range: TimeRange,
    /// Which cameras; `None` for all of which anything is known in the range.
    pub cameras: Option<Vec<CameraId>>,
    /// What is being recorded and not yet in a closed segment.
    pub growing: Vec<(StreamId, TimeRange)>,
    /// How many gaps of each aspect are told for a camera: the longest.
    pub gaps: usize,
}

/// How much of a range was covered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// From when to when is known what cameras did; `None` when nothing is.
    pub known: Option<TimeRange>,
    /// The cameras, by name.
    pub cameras: Vec<CameraCoverage>,
}

/// How much of a range one camera was covered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CameraCoverage {
    /// The camera.
    pub camera: CameraId,
    /// How long it is known to have been configured.
    pub configured: Duration,
    /// Whether it delivered pictures.
    pub seen: AspectCoverage,
    /// Whether any stream of it was recorded, and the footage is still there.
    pub recorded: AspectCoverage,
    /// Whether its pictures were looked at.
    pub analysed: AspectCoverage,
    /// How long its main stream was recorded.
    pub main: Duration,
    /// How long its sub stream was recorded.
    pub sub: Duration,
    /// How long it was looked at how hard.
    pub rates: BTreeMap<AnalysisRate, Duration>,
}

/// How much of a range something held. The four durations make up the range.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AspectCoverage {
    /// How long it held.
    pub covered: Duration,
    /// How long it did not, by the word of the cause.
    pub missing: BTreeMap<&'static str, Duration>,
    /// How long the camera was not configured.
    pub not_configured: Duration,
    /// How long is not known.
    pub unknown: Duration,
    /// The longest spans in which it did not hold or is not known to have, in order of time.
    pub gaps: Vec<CoverageGap>,
    /// How many shorter ones there are.
    pub gaps_left_out: usize,
}

/// A span that was not covered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CoverageGap {
    /// The span, as far as it lies in the range.
    pub range: TimeRange,
    /// The word of [`domain::Absence`] or [`domain::GapCause`], or `unknown`.
    pub cause: &'static str,
}

/// Returns from when to when anything is known; `watched_until` is until when cameras are known to do
/// what they did.
pub(crate) fn known(
    connection: &Connection,
    watched_until: Option<Timestamp>,
) -> rusqlite::Result<Option<TimeRange>> {
    let mut known = coverage_span::extent(connection)?;
    if let (Some(known), Some(until)) = (&mut known, watched_until) {
        known.end = known.end.max(until);
    }
    Ok(known)
}

/// Returns from when to when anything is known, and of which cameras `query` asks, by their names.
pub(crate) fn asked(
    connection: &Connection,
    query: &CoverageQuery,
    watched_until: Option<Timestamp>,
) -> rusqlite::Result<(Option<TimeRange>, Vec<CameraId>)> {
    let known = known(connection, watched_until)?;
    let cameras = match &query.cameras {
        Some(cameras) => cameras.clone(),
        None => cameras(connection, &query.growing)?,
    };
    Ok((known, cameras))
}

/// Answers `query` of some of the cameras that it asks of.
pub(crate) fn of_cameras(
    connection: &Connection,
    query: &CoverageQuery,
    known: Option<TimeRange>,
    cameras: &[CameraId],
) -> rusqlite::Result<Vec<CameraCoverage>> {
    let mut growing: BTreeMap<&CameraId, Vec<(StreamRole, TimeRange)>> = BTreeMap::new();
    for (stream, range) in &query.growing {
        growing.entry(&stream.camera).or_default().push((stream.role, *range));
    }
    let mut told = Vec::with_capacity(cameras.len());
    for camera in cameras {
        let growing = growing.get(camera).map_or(&[][..], Vec::as_slice);
        let covered = of_camera(connection, query, known, camera, growing)?;
        let has_record = covered.configured > Duration::ZERO
            || covered.recorded.covered > Duration::ZERO
            || !covered.recorded.missing.is_empty();
        if query.cameras.is_some() || has_record {
            told.push(covered);
        }
    }
    Ok(told)
}

/// Sweeps over one camera's time; `growing` is what is being recorded of it.
fn of_camera(
    connection: &Connection,
    query: &CoverageQuery,
    known: Option<TimeRange>,
    camera: &CameraId,
    growing: &[(StreamRole, TimeRange)],
) -> rusqlite::Result<CameraCoverage> {
    let range = query.range;
    let mut sweep = Sweep::new(query.gaps);
    let mut from = range.start;
    let rows = |sweep: &mut Sweep, start: Timestamp, end: Timestamp| {
        if start >= end {
            return Ok(());
        }
        let range = TimeRange { start, end };
        let mut record = record(connection, camera, range, known)?;
        for (role, span) in growing {
            match role {
                StreamRole::Main => record.main.recorded.push(*span),
                StreamRole::Sub => record.sub.recorded.push(*span),
            }
        }
        sweep.take(record, range);
        Ok::<_, rusqlite::Error>(())
    };
    if let Some(number) = number_of(connection, camera)?
        && query.gaps <= coverage_day::MOST_GAPS
        && let Some(days) = known.and_then(|known| Days::within(range, known))
    {
        coverage_day::read(connection, number, days, |day| {
            let is_growing = growing.iter().any(|(_, span)| span.overlaps(day.range));
            if is_growing || day.range.start < from {
                return Ok(());
            }
            rows(&mut sweep, from, day.range.start)?;
            from = day.range.start;
            // A day that cannot be read is added up from its rows.
            if day.add_to(&mut sweep) {
                from = day.range.end;
            }
            Ok(())
        })?;
    }
    rows(&mut sweep, from, range.end)?;
    Ok(sweep.finish(camera.clone()))
}

/// Reads the rows of a camera that share a moment with `range`.
pub(crate) fn record(
    connection: &Connection,
    camera: &CameraId,
    range: TimeRange,
    known: Option<TimeRange>,
) -> rusqlite::Result<Record> {
    let stream = |role| {
        let id = StreamId { camera: camera.clone(), role };
        stream_record(connection, &id, range)
    };
    let (main, sub) = (stream(StreamRole::Main)?, stream(StreamRole::Sub)?);
    Ok(Record { known, states: states(connection, camera, range)?, main, sub })
}

/// Returns every camera that was ever watched or recorded, by name.
fn cameras(
    connection: &Connection,
    growing: &[(StreamId, TimeRange)],
) -> rusqlite::Result<Vec<CameraId>> {
    let mut statement = connection
        .prepare_cached("SELECT camera FROM covered_camera UNION SELECT camera FROM stream")?;
    let names = statement.query_map([], |row| row.get::<_, String>(0))?;
    let mut cameras: Vec<CameraId> = Vec::new();
    for name in names {
        cameras.extend(name?.parse().ok());
    }
    cameras.extend(growing.iter().map(|(stream, _)| stream.camera.clone()));
    cameras.sort_unstable();
    cameras.dedup();
    Ok(cameras)
}

fn states(
    connection: &Connection,
    camera: &CameraId,
    range: TimeRange,
) -> rusqlite::Result<Vec<Span>> {
    let number = number_of(connection, camera)?;
    number.map_or(Ok(Vec::new()), |number| coverage_span::spans(connection, number, range))
}

/// Returns the number of a camera that was ever watched.
fn number_of(connection: &Connection, camera: &CameraId) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT id FROM covered_camera WHERE camera = ?1")?
        .query_row([camera.as_str()], |row| row.get(0))
        .optional()
}

fn stream_record(
    connection: &Connection,
    stream: &StreamId,
    range: TimeRange,
) -> rusqlite::Result<StreamRecord> {
    let found: Option<(i64, i64)> = connection
        .prepare_cached("SELECT id, longest_gap_us FROM stream WHERE camera = ?1 AND role = ?2")?
        .query_row([stream.camera.as_str(), stream.role.as_str()], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    let Some((number, longest_gap_us)) = found else {
        return Ok(StreamRecord::default());
    };
    let mut statement = connection.prepare_cached(
        "SELECT start_us, end_us, cause FROM gap
         WHERE stream = ?1 AND start_us >= ?2 AND start_us < ?3 AND end_us > ?4
         UNION ALL
         SELECT start_us, end_us, cause FROM gap
         WHERE stream = ?1 AND end_us IS NULL AND start_us < ?3",
    )?;
    let (start, end) = (range.start.as_micros(), range.end.as_micros());
    let earliest = start.saturating_sub(longest_gap_us);
    let mut rows = statement.query(params![number, earliest, end, start])?;
    let mut gaps = Vec::new();
    while let Some(row) = rows.next()? {
        let end: Option<i64> = row.get(1)?;
        // What was never written is a gap all the same.
        let cause = GapCause::from_number(row.get(2)?).unwrap_or(GapCause::Garbage);
        gaps.push((Timestamp::from_micros(row.get(0)?), end.map(Timestamp::from_micros), cause));
    }
    Ok(StreamRecord { recorded: recorded::stretches(connection, number, range)?, gaps })
}
