//! Finds the tracks of a page, in order of their start.
//!
//! The index of a monthly file says all that is asked but the path and the confidence, camera by
//! camera; so time is cut into slices, each gone through for all cameras before the next. Slices
//! grow while they hold little. What is looked at for one page is bounded, in rows of the index and
//! in paths read: where little matches, a page is short and says where to continue.

use std::collections::BinaryHeap;
use std::sync::Arc;
use std::time::Duration;

use domain::{Class, TimeRange, Timestamp, Track, TrackId};
use rusqlite::{Connection, params};

use crate::IndexError;
use crate::camera::{Cameras, numbers_of};
use crate::catalogue::Catalogue;
use crate::reader::Reader;
use crate::schema::Kind;
use crate::track_query::{TrackCursor, TrackPage, TrackQuery};
use crate::tracks::{read_by_id, source_of};

/// Rows of the index looked at for one page, before it ends where it is: a few tens of milliseconds.
const MOST_ROWS: usize = 200_000;
/// Paths read for one page.
const MOST_PATHS: usize = 5000;
/// How long the first slice of a month is, and how many times as long the next one at most.
const FIRST_SLICE: Duration = Duration::from_secs(3600);
const GROWTH: u32 = 4;

/// What is looked at for one page.
struct Spent {
    rows: usize,
    paths: usize,
}

impl Spent {
    fn is_enough(&self) -> bool {
        self.rows >= MOST_ROWS || self.paths >= MOST_PATHS
    }
}

/// Answers a page.
pub(crate) fn search(
    reader: &mut Reader,
    catalogue: &Catalogue,
    query: &TrackQuery,
    all: &Arc<Cameras>,
) -> Result<TrackPage, IndexError> {
    let limit = query.limit.clamp(1, 10_000);
    let cameras: Vec<u16> = match &query.cameras {
        Some(ids) => numbers_of(all, ids),
        None => (1..).zip(all.rows()).map(|(number, _)| number).collect(),
    };
    let mut tracks: Vec<Track> = Vec::new();
    let mut spent = Spent { rows: 0, paths: 0 };
    let mut after = query.cursor;
    for (month, known) in catalogue.months(Kind::Tracks) {
        let earliest = query.range.start.minus(Duration::from_micros(known.highest));
        let wanted = TimeRange { start: earliest, end: query.range.end };
        let Some(mut rest) = month.range().intersection(wanted) else { continue };
        if let Some(after) = after {
            rest.start = rest.start.max(after.start);
        }
        let Some(file) = reader.file(Kind::Tracks, month)? else { continue };
        let mut slice_length = FIRST_SLICE;
        while rest.start < rest.end {
            let slice = TimeRange { end: rest.end.min(rest.start.plus(slice_length)), ..rest };
            let (missing, rows_before) = (limit + 1 - tracks.len(), spent.rows);
            let found = Slice { connection: &file.connection, query, slice, after };
            let ids = found
                .ids(&cameras, missing, &mut spent.rows)
                .map_err(|error| IndexError::database("search tracks", &file.path, error))?;
            let is_whole = ids.len() < missing;
            for &(start, id) in &ids {
                let here = TrackCursor { start: Timestamp::from_micros(start), track: TrackId(id) };
                spent.paths += 1;
                let path = &file.path;
                let track = read_by_id(&file.connection, path, id.cast_signed(), all)?;
                let Some(track) = track.filter(|track| is_wanted(query, track)) else {
                    after = Some(here);
                    continue;
                };
                if tracks.len() == limit {
                    return Ok(TrackPage { tracks, next: after });
                }
                tracks.push(track);
                after = Some(here);
            }
            if is_whole {
                rest.start = slice.end;
                if spent.rows - rows_before < MOST_ROWS / 8 {
                    slice_length = slice_length.saturating_mul(GROWTH);
                }
            } else if let Some(after) = after {
                rest.start = after.start;
            }
            if spent.is_enough() {
                // All that starts before the end of the slice is looked at.
                let end = Timestamp::from_micros(rest.start.as_micros() - 1);
                let past = TrackCursor { start: end, track: TrackId(u64::MAX) };
                let next = if is_whole { after.max(Some(past)) } else { after };
                return Ok(TrackPage { tracks, next });
            }
        }
    }
    Ok(TrackPage { tracks, next: None })
}

/// Returns whether the parts of a track that its index does not have are as asked.
fn is_wanted(query: &TrackQuery, track: &Track) -> bool {
    track.confidence >= query.at_least.confidence
        && query.gate.is_none_or(|gate| gate.crossed_by(&track.path).is_some())
}

/// A stretch of time in one monthly file.
struct Slice<'a> {
    connection: &'a Connection,
    query: &'a TrackQuery,
    slice: TimeRange,
    after: Option<TrackCursor>,
}

impl Slice<'_> {
    /// Returns start and id of the first `wanted` tracks of `cameras` that start in it, in this
    /// order, by the index alone; adds to `rows` how many it looked at.
    fn ids(
        &self,
        cameras: &[u16],
        wanted: usize,
        rows_looked_at: &mut usize,
    ) -> rusqlite::Result<Vec<(i64, u64)>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT start_us, dur_us, id, class, attr FROM trk INDEXED BY trk_cam
             WHERE cam = ?1 AND start_us >= ?2 AND start_us < ?3 ORDER BY start_us",
        )?;
        let after = self.after.map(|cursor| (cursor.start.as_micros(), cursor.track.0));
        let (from, until) = (self.slice.start.as_micros(), self.slice.end.as_micros());
        // The largest on top: it falls out when a smaller one comes.
        let mut first = BinaryHeap::new();
        for camera in cameras {
            let mut rows = statement.query(params![camera, from, until])?;
            while let Some(row) = rows.next()? {
                *rows_looked_at += 1;
                let (start, duration): (i64, i64) = (row.get(0)?, row.get(1)?);
                let is_full = first.len() >= wanted;
                if is_full && first.peek().is_some_and(|&(latest, _)| start > latest) {
                    break;
                }
                let id: u64 = row.get::<_, i64>(2)?.cast_unsigned();
                if after.is_some_and(|after| (start, id) <= after)
                    || !self.is_in_time(start, duration)
                    || !self.is_so(row.get(3)?, row.get(4)?)
                {
                    continue;
                }
                first.push((start, id));
                if is_full {
                    first.pop();
                }
            }
        }
        Ok(first.into_sorted_vec())
    }

    fn is_in_time(&self, start: i64, duration: i64) -> bool {
        let query = self.query;
        let end = start.saturating_add(duration);
        let seen =
            TimeRange { start: Timestamp::from_micros(start), end: Timestamp::from_micros(end) };
        let lasted = Duration::from_micros(u64::try_from(duration).unwrap_or(0));
        seen.end >= query.range.start
            && lasted >= query.at_least.lasted
            && query.daily.is_none_or(|daily| daily.overlap(seen))
    }

    fn is_so(&self, class: u8, code: u32) -> bool {
        let query = self.query;
        let is_of_class = |wanted: &Class| wanted.number() == class;
        (query.classes.is_empty() || query.classes.iter().any(is_of_class))
            && query.source.is_none_or(|source| source == source_of(code))
            && (query.looks.is_any() || query.looks.matches(code))
    }
}
