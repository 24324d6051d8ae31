//! How much of a range each camera was seen, recorded and analysed, and why not.
//!
//! One sweep over a range, from each moment at which something changes to the next: what the
//! camera did ([`coverage_span`]), what is recorded ([`recorded`]) and the gaps. Nothing that is not
//! known counts as covered: where rows contradict each other, the gap holds.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{
    AnalysisRate, CameraId, CoverageState, GapCause, StreamId, StreamRole, TimeRange, Timestamp,
};
use rusqlite::{Connection, OptionalExtension, params};

use crate::coverage_span::{self, Span};
use crate::recorded;

/// The word for what is not known.
const UNKNOWN: &str = "unknown";

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

/// What is known of one moment.
#[derive(Debug, Clone, Copy, Default)]
struct Facts {
    is_known: bool,
    state: Option<CoverageState>,
    main: StreamFacts,
    sub: StreamFacts,
}

#[derive(Debug, Clone, Copy, Default)]
struct StreamFacts {
    is_recorded: bool,
    gap: Option<GapCause>,
}

impl StreamFacts {
    fn covers(self) -> bool {
        self.is_recorded && self.gap.is_none()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Covered,
    Missing(&'static str),
    NotConfigured,
    Unknown,
}

impl Facts {
    /// The verdict on a camera of which nothing is on record.
    fn absent(&self) -> Verdict {
        if self.is_known { Verdict::NotConfigured } else { Verdict::Unknown }
    }

    fn seen(&self) -> Verdict {
        match self.state {
            None => self.absent(),
            Some(state) => state.unseen.map_or(Verdict::Covered, |c| Verdict::Missing(c.as_str())),
        }
    }

    fn analysed(&self) -> Verdict {
        match self.state.map(|state| state.analysis) {
            None => self.absent(),
            Some(Ok(_)) => Verdict::Covered,
            Some(Err(cause)) => Verdict::Missing(cause.as_str()),
        }
    }

    fn recorded(&self) -> Verdict {
        if self.main.covers() || self.sub.covers() {
            return Verdict::Covered;
        }
        let Some(state) = self.state else {
            let gap = self.main.gap.or(self.sub.gap).filter(|_| !self.is_known);
            return gap.map_or(self.absent(), |gap| Verdict::Missing(gap.as_str()));
        };
        if !state.records_main && !state.records_sub {
            return Verdict::Missing(domain::Absence::Off.as_str());
        }
        let of = |role, facts: StreamFacts| facts.gap.filter(|_| state.records(role));
        let gap = of(StreamRole::Main, self.main).or(of(StreamRole::Sub, self.sub));
        let cause = gap.map(GapCause::as_str).or(state.unseen.map(domain::Absence::as_str));
        // Pictures came, yet there is neither footage nor a gap: it has expired, or is not on disk.
        cause.map_or(Verdict::Unknown, Verdict::Missing)
    }
}

/// Spans in order that do not overlap, and how far a sweep has come in them.
struct Row<T> {
    spans: Vec<(i64, i64, T)>,
    at: usize,
}

impl<T: Copy> Row<T> {
    /// Takes spans, cut to `window`; of two that overlap, the one that began first holds.
    fn new(mut spans: Vec<(i64, i64, T)>, window: (i64, i64)) -> Self {
        spans.sort_by_key(|(start, _, _)| *start);
        let mut until = window.0;
        spans.retain_mut(|(start, end, _)| {
            (*start, *end) = ((*start).max(until), (*end).min(window.1));
            until = until.max(*end);
            start < end
        });
        Self { spans, at: 0 }
    }

    /// Returns what holds at `time`; must not be asked of an earlier one later.
    fn at(&mut self, time: i64) -> Option<T> {
        while self.spans.get(self.at).is_some_and(|(_, end, _)| *end <= time) {
            self.at += 1;
        }
        let (_, _, value) = self.spans.get(self.at).filter(|(start, _, _)| *start <= time)?;
        Some(*value)
    }

    fn cuts(&self) -> impl Iterator<Item = i64> {
        self.spans.iter().flat_map(|(start, end, _)| [*start, *end])
    }
}

/// The rows of one camera.
struct Record {
    known: Option<TimeRange>,
    states: Vec<Span>,
    main: StreamRecord,
    sub: StreamRecord,
}

#[derive(Default)]
struct StreamRecord {
    recorded: Vec<TimeRange>,
    gaps: Vec<(Timestamp, Option<Timestamp>, GapCause)>,
}

/// Adds up verdicts, stretch by stretch.
#[derive(Default)]
struct Tally {
    aspect: AspectCoverage,
    /// Microseconds missing, by cause: a handful, so that looking through them is cheaper than a map.
    missing: Vec<(&'static str, i64)>,
    open: Option<(i64, i64, Verdict)>,
}

impl Tally {
    /// Takes the verdict on the time from `start` to `end`, which follows on the time before.
    fn take(&mut self, start: i64, end: i64, verdict: Verdict) {
        match &mut self.open {
            Some((_, until, open)) if *open == verdict => *until = end,
            _ => {
                self.close();
                self.open = Some((start, end, verdict));
            }
        }
    }

    fn close(&mut self) {
        let Some((start, end, verdict)) = self.open.take() else { return };
        let length = micros(end - start);
        let cause = match verdict {
            Verdict::Covered => {
                self.aspect.covered += length;
                return;
            }
            Verdict::NotConfigured => {
                self.aspect.not_configured += length;
                return;
            }
            Verdict::Missing(cause) => {
                self.miss(cause, end - start);
                cause
            }
            Verdict::Unknown => {
                self.aspect.unknown += length;
                UNKNOWN
            }
        };
        let (start, end) = (Timestamp::from_micros(start), Timestamp::from_micros(end));
        self.aspect.gaps.push(CoverageGap { range: TimeRange { start, end }, cause });
    }

    fn miss(&mut self, cause: &'static str, length: i64) {
        match self.missing.iter_mut().find(|(known, _)| std::ptr::eq(*known, cause)) {
            Some((_, missing)) => *missing += length,
            None => self.missing.push((cause, length)),
        }
    }

    /// Keeps the `most` longest gaps; of equally long ones the first.
    fn finish(mut self, most: usize) -> AspectCoverage {
        self.close();
        for (cause, length) in self.missing {
            *self.aspect.missing.entry(cause).or_default() += micros(length);
        }
        let gaps = &mut self.aspect.gaps;
        self.aspect.gaps_left_out = gaps.len().saturating_sub(most);
        if gaps.len() > most {
            let by_length = |gap: &CoverageGap| {
                let length = gap.range.end.micros_since(gap.range.start);
                (std::cmp::Reverse(length), gap.range.start)
            };
            gaps.select_nth_unstable_by_key(most, by_length);
            gaps.truncate(most);
            gaps.sort_unstable_by_key(|gap| gap.range.start);
        }
        self.aspect
    }
}

fn micros(length: i64) -> Duration {
    Duration::from_micros(u64::try_from(length).unwrap_or(0))
}

/// Sweeps over one camera's rows.
fn sweep(camera: CameraId, record: Record, range: TimeRange, most_gaps: usize) -> CameraCoverage {
    let window = (range.start.as_micros(), range.end.as_micros());
    let known_until = record.known.map_or(window.0, |known| known.end.as_micros());
    let known = record.known.map(|known| (known.start.as_micros(), known.end.as_micros(), ()));
    let mut known = Row::new(known.into_iter().collect(), window);
    let states = record.states.into_iter().map(|(start, end, state)| {
        (start.as_micros(), end.map_or(known_until, Timestamp::as_micros), state)
    });
    let mut states = Row::new(states.collect(), window);
    let [mut main, mut sub] = [record.main, record.sub].map(|stream| {
        let recorded = stream.recorded.into_iter();
        let recorded = recorded.map(|span| (span.start.as_micros(), span.end.as_micros(), ()));
        let gaps = stream.gaps.into_iter().map(|(start, end, cause)| {
            (start.as_micros(), end.map_or(i64::MAX, Timestamp::as_micros), cause)
        });
        (Row::new(recorded.collect(), window), Row::new(gaps.collect(), window))
    });
    let mut cuts: Vec<i64> = [window.0, window.1].into();
    cuts.extend(known.cuts().chain(states.cuts()));
    for (recorded, gaps) in [&main, &sub] {
        cuts.extend(recorded.cuts().chain(gaps.cuts()));
    }
    // The stable sort: it takes rows that are sorted as they are, and only merges them.
    cuts.sort();
    cuts.dedup();

    let mut told = CameraCoverage {
        camera,
        configured: Duration::ZERO,
        seen: AspectCoverage::default(),
        recorded: AspectCoverage::default(),
        analysed: AspectCoverage::default(),
        main: Duration::ZERO,
        sub: Duration::ZERO,
        rates: BTreeMap::new(),
    };
    let (mut seen, mut recorded, mut analysed) =
        (Tally::default(), Tally::default(), Tally::default());
    for (start, end) in cuts.iter().zip(cuts.iter().skip(1)).map(|(start, end)| (*start, *end)) {
        let of = |(recorded, gaps): &mut (Row<()>, Row<GapCause>)| StreamFacts {
            is_recorded: recorded.at(start).is_some(),
            gap: gaps.at(start),
        };
        let facts = Facts {
            is_known: known.at(start).is_some(),
            state: states.at(start),
            main: of(&mut main),
            sub: of(&mut sub),
        };
        let length = micros(end - start);
        seen.take(start, end, facts.seen());
        recorded.take(start, end, facts.recorded());
        analysed.take(start, end, facts.analysed());
        told.configured += if facts.state.is_some() { length } else { Duration::ZERO };
        told.main += if facts.main.covers() { length } else { Duration::ZERO };
        told.sub += if facts.sub.covers() { length } else { Duration::ZERO };
        if let Some(Ok(rate)) = facts.state.map(|state| state.analysis) {
            *told.rates.entry(rate).or_default() += length;
        }
    }
    told.seen = seen.finish(most_gaps);
    told.recorded = recorded.finish(most_gaps);
    told.analysed = analysed.finish(most_gaps);
    told
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
    let mut growing: BTreeMap<&StreamId, Vec<TimeRange>> = BTreeMap::new();
    for (stream, range) in &query.growing {
        growing.entry(stream).or_default().push(*range);
    }
    let mut told = Vec::with_capacity(cameras.len());
    for camera in cameras {
        let stream = |role| {
            let id = StreamId { camera: camera.clone(), role };
            let mut record = stream_record(connection, &id, query.range)?;
            record.recorded.extend(growing.get(&id).into_iter().flatten());
            Ok::<_, rusqlite::Error>(record)
        };
        let (main, sub) = (stream(StreamRole::Main)?, stream(StreamRole::Sub)?);
        let record = Record { known, states: states(connection, camera, query.range)?, main, sub };
        let covered = sweep(camera.clone(), record, query.range, query.gaps);
        let has_record = covered.configured > Duration::ZERO
            || covered.recorded.covered > Duration::ZERO
            || !covered.recorded.missing.is_empty();
        if query.cameras.is_some() || has_record {
            told.push(covered);
        }
    }
    Ok(told)
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
    let number: Option<i64> = connection
        .prepare_cached("SELECT id FROM covered_camera WHERE camera = ?1")?
        .query_row([camera.as_str()], |row| row.get(0))
        .optional()?;
    number.map_or(Ok(Vec::new()), |number| coverage_span::spans(connection, number, range))
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
