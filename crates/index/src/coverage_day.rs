//! Days of a camera that are over, added up: so that a month is told without its million rows.
//!
//! A row stands for one camera and one day (UTC). It says what a sweep over that day's rows would, in
//! pieces that a sweep over more can take. The writer adds a day up when it is over, and every change
//! to a row of that day takes its sums away again in the same transaction, until the writer has added
//! it up anew. A day without sums is told from its rows: slower, and the same.

use domain::{Absence, AnalysisMode, AnalysisRate, CameraId, GapCause, TimeRange, Timestamp};
use rusqlite::{Connection, OptionalExtension, Savepoint, params};

use crate::coding::{Decoder, Encoder};
use crate::coverage;
use crate::coverage_span;
use crate::coverage_sweep::{self, AspectPiece, Inner, Run, Sweep, Totals, Verdict};

/// How many gaps of a day are kept of each aspect: whoever asks for more is told from the rows.
pub(crate) const MOST_GAPS: usize = 64;

/// Added up at once, so that nobody waits long for the writer.
const AT_ONCE: i64 = 32;
/// Days that become due at once at most, for each camera: a clock that was set forward by years does
/// not fill the disk.
const MOST_DAYS: i64 = 400;
const DAY_US: i64 = 86_400_000_000;
/// The lower bits of a row's number are the day since 1970, the others the camera: a camera's days lie
/// side by side.
const DAY_BITS: i64 = 20;
const LAST_DAY: i64 = (1 << DAY_BITS) - 1;

/// `totals` is `NULL` while the day has yet to be added up. The days that are over when a file of
/// before is opened are due at once.
pub(crate) const COVERAGE_DAY_TABLES: &str = "CREATE TABLE coverage_day (
       id INTEGER PRIMARY KEY,
       totals BLOB, seen BLOB, recorded BLOB, analysed BLOB
     ) STRICT;
     CREATE INDEX coverage_day_due ON coverage_day (id) WHERE totals IS NULL;
     WITH RECURSIVE day (number, last) AS (
       SELECT max(from_us / 86400000000 + 1, until_us / 86400000000 - 400),
              until_us / 86400000000 - 1 FROM coverage_extent
       UNION ALL SELECT number + 1, last FROM day WHERE number < last)
     INSERT INTO coverage_day (id)
       SELECT c.id << 20 | day.number FROM day, covered_camera c WHERE day.number <= day.last;";

/// The first and the last of some days, since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Days(i64, i64);

impl Days {
    /// Returns the days that lie whole in both ranges, if there are any.
    pub(crate) fn within(range: TimeRange, known: TimeRange) -> Option<Self> {
        let both = range.intersection(known)?;
        let first = both.start.as_micros().saturating_add(DAY_US - 1).div_euclid(DAY_US);
        let last = both.end.as_micros().div_euclid(DAY_US) - 1;
        let (first, last) = (first.max(0), last.min(LAST_DAY));
        (first <= last).then_some(Self(first, last))
    }

    /// Returns the days that a span touches.
    fn of(start: Timestamp, end: Timestamp) -> Self {
        let day = |time: Timestamp| time.as_micros().div_euclid(DAY_US).clamp(0, LAST_DAY);
        Self(day(start), day(end))
    }

    fn rows(self, camera: i64) -> (i64, i64) {
        (camera << DAY_BITS | self.0, camera << DAY_BITS | self.1)
    }
}

fn range_of(day: i64) -> TimeRange {
    let start = Timestamp::from_micros(day * DAY_US);
    TimeRange { start, end: Timestamp::from_micros((day + 1) * DAY_US) }
}

/// A day that was added up, as it is stored.
pub(crate) struct Day<'a> {
    pub(crate) range: TimeRange,
    totals: &'a [u8],
    /// The longest gaps of what was seen, recorded and analysed.
    gaps: [&'a [u8]; 3],
}

/// Shows `each` of the days of a camera that are added up, in order.
pub(crate) fn read(
    connection: &Connection,
    camera: i64,
    days: Days,
    mut each: impl FnMut(Day<'_>) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "SELECT id, totals, seen, recorded, analysed FROM coverage_day
         WHERE id BETWEEN ?1 AND ?2 AND totals IS NOT NULL ORDER BY id",
    )?;
    let (first, last) = days.rows(camera);
    let mut rows = statement.query([first, last])?;
    while let Some(row) = rows.next()? {
        let day: i64 = row.get(0)?;
        let blob = |column: usize| {
            Ok::<_, rusqlite::Error>(row.get_ref(column)?.as_blob().unwrap_or_default())
        };
        each(Day {
            range: range_of(day & LAST_DAY),
            totals: blob(1)?,
            gaps: [blob(2)?, blob(3)?, blob(4)?],
        })?;
    }
    Ok(())
}

impl Day<'_> {
    /// Has `sweep` take the day; returns whether it could be read, and nothing is taken if not.
    pub(crate) fn add_to(&self, sweep: &mut Sweep) -> bool {
        let Some((totals, aspects)) = decoded(self.totals, self.range) else { return false };
        sweep.take_totals(&totals);
        for (aspect, ((first, rest), gaps)) in aspects.iter().zip(self.gaps).enumerate() {
            let rest = rest.as_ref().map(|(inner, last)| (inner, *last));
            sweep.take_piece(aspect, *first, rest, gaps_in(gaps, self.range));
        }
        true
    }
}

/// Takes away the sums of the days in which something changes for a stream.
pub(crate) fn touch_stream(
    savepoint: &Savepoint<'_>,
    stream: i64,
    start: Timestamp,
    end: Timestamp,
) -> rusqlite::Result<()> {
    let camera: Option<i64> = savepoint
        .prepare_cached(
            "SELECT c.id FROM stream s JOIN covered_camera c ON c.camera = s.camera
             WHERE s.id = ?1",
        )?
        .query_row([stream], |row| row.get(0))
        .optional()?;
    camera.map_or(Ok(()), |camera| touch(savepoint, camera, start, end))
}

/// Takes away the sums of the days in which something changes for a camera.
pub(crate) fn touch(
    savepoint: &Savepoint<'_>,
    camera: i64,
    start: Timestamp,
    end: Timestamp,
) -> rusqlite::Result<()> {
    let (first, last) = Days::of(start, end).rows(camera);
    savepoint
        .prepare_cached(
            "UPDATE coverage_day SET totals = NULL, seen = NULL, recorded = NULL, analysed = NULL
             WHERE id BETWEEN ?1 AND ?2 AND totals IS NOT NULL",
        )?
        .execute([first, last])?;
    Ok(())
}

/// Forgets the day of `before` and those before it: they are not known whole any more.
pub(crate) fn forget(savepoint: &Savepoint<'_>, before: Timestamp) -> rusqlite::Result<()> {
    let last = Days::of(Timestamp::MIN, before).1;
    savepoint
        .prepare_cached(
            "DELETE FROM coverage_day WHERE id IN (
               SELECT d.id FROM covered_camera c JOIN coverage_day d
                 ON d.id BETWEEN c.id << ?1 AND (c.id << ?1 | ?2))",
        )?
        .execute([DAY_BITS, last])?;
    Ok(())
}

/// Notes the days that are over since `before` as due, for every camera that was ever watched.
pub(crate) fn end_days(
    savepoint: &Savepoint<'_>,
    before: Timestamp,
    until: Timestamp,
) -> rusqlite::Result<()> {
    let Days(first, today) = Days::of(before, until);
    for day in first.max(today - MOST_DAYS)..today {
        savepoint
            .prepare_cached(
                "INSERT OR IGNORE INTO coverage_day (id) SELECT id << ?1 | ?2 FROM covered_camera",
            )?
            .execute([DAY_BITS, day])?;
    }
    Ok(())
}

/// Adds up some of the days that are due and over.
pub(crate) fn add_up(savepoint: &Savepoint<'_>) -> rusqlite::Result<()> {
    let Some(known) = coverage_span::extent(savepoint)? else { return Ok(()) };
    let due: Vec<(i64, String)> = savepoint
        .prepare_cached(
            "SELECT d.id, c.camera FROM coverage_day d JOIN covered_camera c ON c.id = d.id >> ?1
             WHERE d.totals IS NULL AND d.id & ?2 < ?3 LIMIT ?4",
        )?
        .query_map(
            params![DAY_BITS, LAST_DAY, known.end.as_micros().div_euclid(DAY_US), AT_ONCE],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?
        .collect::<rusqlite::Result<_>>()?;
    for (id, camera) in due {
        let range = range_of(id & LAST_DAY);
        let added_up = match camera.parse::<CameraId>() {
            Ok(camera) if known.start <= range.start => {
                let record = coverage::record(savepoint, &camera, range, Some(known))?;
                coverage_sweep::add_up(record, range, MOST_GAPS)
            }
            // Never known whole: it stays with its rows.
            _ => None,
        };
        let Some((totals, aspects)) = added_up else {
            savepoint.prepare_cached("DELETE FROM coverage_day WHERE id = ?1")?.execute([id])?;
            continue;
        };
        let gaps = |aspect: usize| encoded_gaps(&aspects[aspect].longest, range);
        savepoint
            .prepare_cached(
                "UPDATE coverage_day SET totals = ?2, seen = ?3, recorded = ?4, analysed = ?5
                 WHERE id = ?1",
            )?
            .execute(params![id, encoded(&totals, &aspects, range), gaps(0), gaps(1), gaps(2)])?;
    }
    Ok(())
}

/// The numbers that stand for verdicts in stored sums; they never change meaning.
const COVERED: u64 = 0;
const NOT_CONFIGURED: u64 = 1;
const UNKNOWN: u64 = 2;
const ABSENT: u64 = 16;
const GAP: u64 = 64;

fn number(verdict: Verdict) -> u64 {
    match verdict {
        Verdict::Covered => COVERED,
        Verdict::NotConfigured => NOT_CONFIGURED,
        Verdict::Unknown => UNKNOWN,
        Verdict::Missing(cause) => number_of_cause(cause),
    }
}

/// Words that absences and gaps share mean the same.
fn number_of_cause(cause: &str) -> u64 {
    let absence = Absence::ALL.into_iter().find(|absence| absence.as_str() == cause);
    let gap = GapCause::ALL.into_iter().find(|gap| gap.as_str() == cause);
    let absence = absence.map(|absence| ABSENT + u64::from(absence.number()));
    absence.or(gap.map(|gap| GAP + u64::from(gap.number()))).unwrap_or(UNKNOWN)
}

fn cause(number: u64) -> Option<&'static str> {
    let part = |first: u64| u8::try_from(number.checked_sub(first)?).ok();
    let gap = part(GAP).and_then(GapCause::from_number).map(GapCause::as_str);
    gap.or_else(|| part(ABSENT).and_then(Absence::from_number).map(Absence::as_str))
}

fn verdict(number: u64) -> Option<Verdict> {
    match number {
        COVERED => Some(Verdict::Covered),
        NOT_CONFIGURED => Some(Verdict::NotConfigured),
        UNKNOWN => Some(Verdict::Unknown),
        number => cause(number).map(Verdict::Missing),
    }
}

/// The sums of a day: totals, and of each aspect the first run and, if there is more, its inner sums
/// and where its last run begins.
fn encoded(totals: &Totals, aspects: &[AspectPiece; 3], range: TimeRange) -> Vec<u8> {
    let mut encoder = Encoder::default();
    for total in [totals.configured, totals.main, totals.sub] {
        encoder.signed(total);
    }
    encoder.unsigned(totals.rates.len() as u64);
    for (rate, length) in &totals.rates {
        encoder.unsigned(rate.mode.number().into());
        encoder.unsigned(rate.pictures_per_10_s.into());
        encoder.signed(*length);
    }
    for AspectPiece { first, rest, .. } in aspects {
        encoder.unsigned(number(first.verdict));
        encoder.signed(first.end - first.start);
        let Some((inner, last)) = rest else {
            encoder.unsigned(0);
            continue;
        };
        encoder.unsigned(1);
        encoder.unsigned(number(last.verdict));
        encoder.signed(range.end.as_micros() - last.start);
        for total in [inner.covered, inner.not_configured, inner.unknown] {
            encoder.signed(total);
        }
        encoder.unsigned(inner.gaps);
        encoder.unsigned(inner.missing.len() as u64);
        for (cause, length) in &inner.missing {
            encoder.unsigned(number_of_cause(cause));
            encoder.signed(*length);
        }
    }
    encoder.finish()
}

type Pieces = [(Run, Option<(Inner, Run)>); 3];

fn decoded(blob: &[u8], range: TimeRange) -> Option<(Totals, Pieces)> {
    let mut decoder = Decoder::new(blob);
    let mut totals = Totals {
        configured: decoder.signed()?,
        main: decoder.signed()?,
        sub: decoder.signed()?,
        ..Totals::default()
    };
    for _ in 0..decoder.count(3)? {
        let mode = AnalysisMode::from_number(u8::try_from(decoder.unsigned()?).ok()?)?;
        let pictures_per_10_s = u16::try_from(decoder.unsigned()?).ok()?;
        totals.rates.insert(AnalysisRate { mode, pictures_per_10_s }, decoder.signed()?);
    }
    let pieces = [
        decoded_piece(&mut decoder, range)?,
        decoded_piece(&mut decoder, range)?,
        decoded_piece(&mut decoder, range)?,
    ];
    decoder.is_at_end().then_some((totals, pieces))
}

fn decoded_piece(
    decoder: &mut Decoder<'_>,
    range: TimeRange,
) -> Option<(Run, Option<(Inner, Run)>)> {
    let (start, end) = (range.start.as_micros(), range.end.as_micros());
    let first_verdict = verdict(decoder.unsigned()?)?;
    let first_end = start.checked_add(decoder.signed()?)?;
    let first = Run { start, end: first_end, verdict: first_verdict };
    if decoder.unsigned()? == 0 {
        return Some((first, None));
    }
    let last_verdict = verdict(decoder.unsigned()?)?;
    let last_start = end.checked_sub(decoder.signed()?)?;
    let last = Run { start: last_start, end, verdict: last_verdict };
    let mut inner = Inner {
        covered: decoder.signed()?,
        not_configured: decoder.signed()?,
        unknown: decoder.signed()?,
        gaps: decoder.unsigned()?,
        missing: Vec::new(),
    };
    for _ in 0..decoder.count(2)? {
        inner.missing.push((cause(decoder.unsigned()?)?, decoder.signed()?));
    }
    Some((first, Some((inner, last))))
}

fn encoded_gaps(longest: &[Run], range: TimeRange) -> Vec<u8> {
    debug_assert!(longest.is_sorted_by_key(Run::rank), "the longest come first");
    let mut encoder = Encoder::default();
    let Some(first) = longest.first() else { return encoder.finish() };
    // Lengths fall, so their differences are short.
    let mut length = first.end - first.start;
    encoder.signed(length);
    for gap in longest {
        encoder.unsigned(number(gap.verdict));
        encoder.signed(gap.start - range.start.as_micros());
        encoder.signed(length - (gap.end - gap.start));
        length = gap.end - gap.start;
    }
    encoder.finish()
}

/// Reads gaps one by one, the longest first, as far as they are asked for.
fn gaps_in(blob: &[u8], range: TimeRange) -> impl Iterator<Item = Run> {
    let mut decoder = Decoder::new(blob);
    let mut length = decoder.signed();
    std::iter::from_fn(move || {
        if decoder.is_at_end() {
            return None;
        }
        let verdict = verdict(decoder.unsigned()?)?;
        let start = range.start.as_micros().checked_add(decoder.signed()?)?;
        let this = length?.checked_sub(decoder.signed()?)?;
        length = Some(this);
        Some(Run { start, end: start.checked_add(this)?, verdict })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verdict_keeps_its_number_and_stays_itself() {
        for absence in Absence::ALL {
            let word = Verdict::Missing(absence.as_str());
            assert_eq!(verdict(number(word)), Some(word));
            assert_eq!(number(word), ABSENT + u64::from(absence.number()));
        }
        for gap in GapCause::ALL {
            let word = Verdict::Missing(gap.as_str());
            assert_eq!(verdict(number(word)), Some(word));
        }
        for plain in [Verdict::Covered, Verdict::NotConfigured, Verdict::Unknown] {
            assert_eq!(verdict(number(plain)), Some(plain));
        }
        assert_eq!(verdict(15), None);
    }

    #[test]
    fn days_are_those_that_lie_whole_in_both() {
        let time = |text: &str| text.parse::<Timestamp>().unwrap();
        let range = |from: &str, to: &str| TimeRange { start: time(from), end: time(to) };
        let whole = range("2026-03-01T00:00:00Z", "2026-03-03T00:00:00Z");
        assert_eq!(Days::within(whole, TimeRange::ALL), Some(Days(20_513, 20_514)));
        let cut = range("2026-03-01T00:00:01Z", "2026-03-02T23:59:59Z");
        assert_eq!(Days::within(whole, cut), None);
        assert_eq!(Days::within(TimeRange::ALL, whole), Some(Days(20_513, 20_514)));
        assert_eq!(range_of(20_513).start, whole.start);
    }

    #[test]
    fn a_blob_that_is_not_ours_adds_nothing() {
        let range = range_of(20_513);
        for blob in [&b""[..], &[0; 3], &[0xff; 40], &[2; 12]] {
            assert_eq!(decoded(blob, range), None);
            assert!(gaps_in(blob, range).count() <= blob.len());
        }
    }
}
