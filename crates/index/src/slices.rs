//! Asks an index camera by camera, rule by rule or class by class, over slices of time.
//!
//! An index answers one camera after the other, a page goes over all of them in order of time. So
//! the time is cut into slices, each as long as should fill the page.

use rusqlite::{Statement, ToSql};

use crate::event_row::HOUR_US;
use crate::filter::Rows;
use crate::month::RowId;
use crate::search::{Failure, MonthSearch, Page};

/// How often a camera, rule or rare class has an event, at a guess: what the first slice is cut by.
const GUESSED_INTERVAL: i64 = HOUR_US / 4 * RowId::PER_MICROSECOND;
/// How many times as long as the one before a slice is at most.
const MOST_GROWTH: i64 = 8;

impl MonthSearch<'_> {
    /// Takes the rows that `ids` finds in slices of `span`; it asks `keys` cameras, rules or
    /// classes.
    pub(crate) fn slices(
        &self,
        span: Rows,
        keys: usize,
        page: &mut Page,
        ids: impl Fn(&Self, Rows, usize) -> Result<Vec<i64>, Failure>,
    ) -> Result<(), Failure> {
        let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        // Half as long again as needed: a second slice costs more than some rows in vain.
        let with_margin = |length: i64| length.saturating_add(length / 2);
        let intervals = count(page.missing()).saturating_mul(GUESSED_INTERVAL);
        let mut length = with_margin(intervals / count(keys.max(1))).max(1);
        let mut rest = span;
        let mut found_nothing = true;
        while !rest.is_empty() && !page.is_full() {
            if found_nothing && rest.end.saturating_sub(rest.start) > length {
                rest = self.without_empty_time(rest)?;
            }
            let slice;
            if self.is_newest_first {
                let start = rest.end.saturating_sub(length).max(rest.start);
                slice = Rows { start, ..rest };
                rest.end = start;
            } else {
                let end = rest.start.saturating_add(length).min(rest.end);
                slice = Rows { end, ..rest };
                rest.start = end;
            }
            let mut found = ids(self, slice, page.missing())?;
            found.sort_unstable();
            found.dedup();
            if self.is_newest_first {
                found.reverse();
            }
            found_nothing = found.is_empty();
            let before = page.missing();
            self.take_all(&found, page)?;
            let taken = count(before - page.missing()).max(1);
            let due = with_margin((length / taken).saturating_mul(count(page.missing())));
            length = due.clamp(1, length.saturating_mul(MOST_GROWTH));
        }
        Ok(())
    }

    /// Returns `span` from its first row on in the order asked for. A month that is not over yet, or
    /// a time without recording, would otherwise be gone through in slices that grow too long.
    fn without_empty_time(&self, span: Rows) -> Result<Rows, Failure> {
        let connection = &self.file.connection;
        let bounds = [span.start, span.end];
        if self.is_newest_first {
            let last: Option<i64> = connection
                .prepare_cached("SELECT max(id) FROM ev WHERE id >= ?1 AND id < ?2")?
                .query_row(bounds, |row| row.get(0))?;
            Ok(Rows { end: last.map_or(span.start, |last| last + 1), ..span })
        } else {
            let first: Option<i64> = connection
                .prepare_cached("SELECT min(id) FROM ev WHERE id >= ?1 AND id < ?2")?
                .query_row(bounds, |row| row.get(0))?;
            Ok(Rows { start: first.unwrap_or(span.end), ..span })
        }
    }

    /// Returns the rows of `cameras` that may match, and those of mobile cameras nearby.
    pub(crate) fn ids_of_cameras(
        &self,
        cameras: &[u16],
        span: Rows,
        missing: usize,
    ) -> Result<Vec<i64>, Failure> {
        let mut ids = Vec::new();
        let has_area = self.filter.conditions.area.is_some();
        let mut statement = self.file.connection.prepare_cached(&format!(
            "SELECT id, cam, class, rule FROM ev INDEXED BY ev_cam
             WHERE cam = ?1 AND id >= ?2 AND id < ?3 ORDER BY id {}",
            self.direction()
        ))?;
        for &camera in cameras {
            let parameters: [&dyn ToSql; 3] = [&camera, &span.start, &span.end];
            self.gather(&mut statement, &parameters, missing, &mut ids)?;
        }
        if has_area {
            let mut statement = self.file.connection.prepare_cached(
                "SELECT id, cam, class, rule FROM ev INDEXED BY ev_cell
                 WHERE cell BETWEEN ?1 AND ?2 AND cell IS NOT NULL AND id >= ?3 AND id < ?4",
            )?;
            let mut single = self.file.connection.prepare_cached(
                "SELECT id, cam, class, rule FROM ev INDEXED BY ev_cell
                 WHERE cell = ?1 AND cell IS NOT NULL AND id >= ?2 AND id < ?3",
            )?;
            for (lowest, highest) in self.filter.cell_ranges() {
                if lowest == highest {
                    // Only an equal cell lets the index also narrow down the time.
                    let parameters: [&dyn ToSql; 3] = [&lowest, &span.start, &span.end];
                    self.gather(&mut single, &parameters, missing, &mut ids)?;
                } else {
                    let parameters: [&dyn ToSql; 4] = [&lowest, &highest, &span.start, &span.end];
                    self.gather(&mut statement, &parameters, missing, &mut ids)?;
                }
            }
        }
        Ok(ids)
    }

    /// Returns the rows of `rules` that match.
    pub(crate) fn ids_of_rules(
        &self,
        rules: &[i64],
        span: Rows,
        missing: usize,
    ) -> Result<Vec<i64>, Failure> {
        let mut ids = Vec::new();
        // Without `rule > 0` SQLite would not see that the partial index holds every such row.
        let conditions = self.filter.conditions;
        // Camera and class are not in the index: to name them reads the whole row.
        let key = if conditions.cameras.is_none() && conditions.classes.is_none() {
            "id, NULL, NULL, rule"
        } else {
            "id, cam, class, rule"
        };
        let mut statement = self.file.connection.prepare_cached(&format!(
            "SELECT {key} FROM ev INDEXED BY ev_rule
             WHERE rule = ?1 AND rule > 0 AND id >= ?2 AND id < ?3 ORDER BY id {}",
            self.direction()
        ))?;
        for rule in rules {
            let parameters: [&dyn ToSql; 3] = [rule, &span.start, &span.end];
            self.gather(&mut statement, &parameters, missing, &mut ids)?;
        }
        Ok(ids)
    }

    /// Returns the rows of the rare `classes` that match.
    pub(crate) fn ids_of_classes(
        &self,
        classes: &[u32],
        span: Rows,
        missing: usize,
    ) -> Result<Vec<i64>, Failure> {
        let mut ids = Vec::new();
        // Without the index's own condition, word for word, SQLite would not see that it has them.
        let mut statement = self.file.connection.prepare_cached(&format!(
            "SELECT id, cam, class, rule FROM ev INDEXED BY ev_class
             WHERE class = ?1 AND class NOT IN (0, 1, 3, 4) AND id >= ?2 AND id < ?3
             ORDER BY id {}",
            self.direction()
        ))?;
        for class in classes {
            let parameters: [&dyn ToSql; 3] = [class, &span.start, &span.end];
            self.gather(&mut statement, &parameters, missing, &mut ids)?;
        }
        Ok(ids)
    }

    /// Adds the rows that match by their key, at most as many as are `missing`; all of them where
    /// the rest of the row may yet speak against it (a camera that moved has rows elsewhere).
    fn gather(
        &self,
        statement: &mut Statement<'_>,
        parameters: &[&dyn ToSql],
        missing: usize,
        ids: &mut Vec<i64>,
    ) -> Result<(), Failure> {
        let is_decided = !self.filter.conditions.needs_whole_rows();
        let mut left = if is_decided { missing } else { usize::MAX };
        let mut rows = statement.query(parameters)?;
        while left > 0
            && let Some(row) = rows.next()?
        {
            if self.filter.wants(row)? {
                ids.push(row.get(0)?);
                left -= 1;
            }
        }
        Ok(())
    }
}
