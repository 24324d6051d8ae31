//! How much was followed in each camera's view over time: tracks counted in buckets, by the index of
//! the monthly files alone.

use std::time::Duration;

use domain::{CameraId, Class, TimeRange, Timestamp};
use rusqlite::{Connection, params};

use crate::IndexError;
use crate::camera::Cameras;
use crate::catalogue::Catalogue;
use crate::reader::Reader;
use crate::schema::Kind;

/// A question about how much was followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityQuery {
    /// The range, which is cut into `buckets` of the same length.
    pub range: TimeRange,
    /// Which cameras, in the order of the answer.
    pub cameras: Vec<CameraId>,
    /// How many buckets; held to 1..=10,000.
    pub buckets: usize,
    /// Only objects of these classes; of all when empty.
    pub classes: Vec<Class>,
}

/// How much was followed in one camera's view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CameraActivity {
    /// The camera.
    pub camera: CameraId,
    /// Objects that were in view at any moment of each bucket; 255 stands for as many or more.
    pub counts: Vec<u8>,
}

/// Answers a question: for each camera a walk over the rows of its index that start in the range, and
/// as far before it as the longest track lasts.
pub(crate) fn activity(
    reader: &mut Reader,
    catalogue: &Catalogue,
    query: &ActivityQuery,
    all: &Cameras,
) -> Result<Vec<CameraActivity>, IndexError> {
    let buckets = Buckets::new(query.range, query.buckets);
    let mut steps = vec![buckets.nothing(); query.cameras.len()];
    for (month, known) in catalogue.months(Kind::Tracks) {
        let earliest = query.range.start.minus(Duration::from_micros(known.highest));
        let wanted = TimeRange { start: earliest, end: query.range.end };
        let Some(part) = month.range().intersection(wanted) else { continue };
        let Some(file) = reader.file(Kind::Tracks, month)? else { continue };
        for (camera, steps) in query.cameras.iter().zip(&mut steps) {
            let Some(number) = all.number(camera) else { continue };
            count(&file.connection, (number, part), &query.classes, &buckets, steps)
                .map_err(|error| IndexError::database("count tracks", &file.path, error))?;
        }
    }
    let told = query.cameras.iter().zip(steps);
    Ok(told
        .map(|(camera, steps)| CameraActivity { camera: camera.clone(), counts: summed(&steps) })
        .collect())
}

/// Adds what starts in `part` of one camera to `steps`.
fn count(
    connection: &Connection,
    (camera, part): (u16, TimeRange),
    classes: &[Class],
    buckets: &Buckets,
    steps: &mut [i32],
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "SELECT start_us, dur_us, class FROM trk INDEXED BY trk_cam
         WHERE cam = ?1 AND start_us >= ?2 AND start_us < ?3",
    )?;
    let mut rows =
        statement.query(params![camera, part.start.as_micros(), part.end.as_micros()])?;
    while let Some(row) = rows.next()? {
        let class: u8 = row.get(2)?;
        if !classes.is_empty() && classes.iter().all(|wanted| wanted.number() != class) {
            continue;
        }
        let (start, duration): (i64, i64) = (row.get(0)?, row.get(1)?);
        let end = Timestamp::from_micros(start.saturating_add(duration));
        if let Some((first, last)) = buckets.of(Timestamp::from_micros(start), end) {
            steps[first] += 1;
            steps[last + 1] -= 1;
        }
    }
    Ok(())
}

/// A range cut into parts of the same length.
struct Buckets {
    range: TimeRange,
    length_us: i64,
    count: usize,
}

impl Buckets {
    fn new(range: TimeRange, count: usize) -> Self {
        let length_us = range.end.micros_since(range.start).max(1);
        Self { range, length_us, count: count.clamp(1, 10_000) }
    }

    /// Returns how much more is in view from each bucket on, and from after the last: nothing yet.
    fn nothing(&self) -> Vec<i32> {
        vec![0; self.count + 1]
    }

    /// Returns the first and the last bucket that what was seen from `start` to `end` lies in.
    fn of(&self, start: Timestamp, end: Timestamp) -> Option<(usize, usize)> {
        if end < self.range.start || start >= self.range.end {
            return None;
        }
        let bucket = |time: Timestamp| {
            let since = time.micros_since(self.range.start).clamp(0, self.length_us - 1);
            let scaled = i128::from(since) * i128::try_from(self.count).unwrap_or(1);
            usize::try_from(scaled / i128::from(self.length_us)).unwrap_or(0)
        };
        Some((bucket(start), bucket(end)))
    }
}

fn summed(steps: &[i32]) -> Vec<u8> {
    let mut in_view = 0;
    let counts = steps.iter().take(steps.len().saturating_sub(1)).map(|step| {
        in_view += step;
        u8::try_from(in_view).unwrap_or(u8::MAX)
    });
    counts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn what_is_seen_counts_in_every_bucket_that_it_touches() {
        let buckets = Buckets::new(TimeRange { start: at(100), end: at(200) }, 10);
        assert_eq!(buckets.of(at(105), at(125)), Some((0, 2)));
        assert_eq!(buckets.of(at(50), at(100)), Some((0, 0)));
        assert_eq!(buckets.of(at(190), at(900)), Some((9, 9)));
        assert_eq!(buckets.of(at(50), at(99)), None);
        assert_eq!(buckets.of(at(200), at(201)), None);
    }

    #[test]
    fn more_than_a_byte_holds_is_told_as_its_most() {
        assert_eq!(summed(&[1, 300, -300, -1]), [1, 255, 1]);
    }
}
