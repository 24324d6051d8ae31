//! Counts events by the hour: whole hours from the roll-ups where they know all conditions, the
//! rest from the indexes.

use std::collections::BTreeMap;

use domain::Timestamp;
use rusqlite::ToSql;

use crate::IndexError;
use crate::event_row::{COLUMNS, HOUR_US, hour_of};
use crate::filter::{Conditions, Filter, Rows};
use crate::month::{Month, RowId};
use crate::query::HourCount;
use crate::reader::{OpenFile, Reader};
use crate::schema::Kind;
use crate::search::Failure;

/// Answers the hours that hold matching events, in order of time.
pub(crate) fn histogram(
    reader: &mut Reader,
    conditions: &Conditions,
    months: Vec<Month>,
) -> Result<Vec<HourCount>, IndexError> {
    let mut hours = BTreeMap::new();
    for month in months {
        if !conditions.touches(month) {
            continue;
        }
        let Some(file) = reader.file(Kind::Events, month)? else {
            continue;
        };
        file.snapshot("count", |file| {
            let filter = Filter::new(conditions, &file.dictionaries);
            if filter.is_void() {
                return Ok(());
            }
            let mut count = Count { file, filter: &filter, hours: &mut hours };
            for span in conditions.spans(month) {
                count.span(span).map_err(|failure| failure.at(file))?;
            }
            Ok(())
        })?;
    }
    Ok(hours
        .into_iter()
        .map(|(hour, count)| HourCount { hour: Timestamp::from_micros(hour * HOUR_US), count })
        .collect())
}

/// A count over one monthly file.
struct Count<'a> {
    file: &'a OpenFile,
    filter: &'a Filter<'a>,
    hours: &'a mut BTreeMap<i64, u64>,
}

impl Count<'_> {
    fn span(&mut self, span: Rows) -> Result<(), Failure> {
        let by_class = self.filter.conditions.is_about_classes_only();
        let by_camera = self.filter.conditions.is_about_cameras_only();
        if !by_class && !by_camera {
            return self.rows(span);
        }
        let start_of = |hour: i64| RowId::first_at(Timestamp::from_micros(hour * HOUR_US)).0;
        let mut first = hour_of(RowId(span.start).time());
        if start_of(first) < span.start {
            first += 1;
        }
        let end = hour_of(RowId(span.end).time());
        if first >= end {
            return self.rows(span);
        }
        self.rows(Rows { end: start_of(first), ..span })?;
        if by_class {
            self.roll_class(first, end)?;
        } else {
            self.roll_camera(first, end)?;
        }
        self.rows(Rows { start: start_of(end), ..span })
    }

    /// Counts whole hours of the site.
    fn roll_class(&mut self, first: i64, end: i64) -> Result<(), Failure> {
        let conditions = self.filter.conditions;
        let mut statement = self.file.connection.prepare_cached(
            "SELECT hour, n FROM roll_class
             WHERE hour >= ?1 AND hour < ?2 AND (?3 >> class) & 1 AND (?4 >> kind) & 1
               AND severity <= ?5",
        )?;
        let parameters: [&dyn ToSql; 5] = [
            &first,
            &end,
            &conditions.classes.unwrap_or(u32::MAX),
            &conditions.kinds.unwrap_or(i64::MAX),
            &conditions.least_grave.unwrap_or(u8::MAX),
        ];
        let mut rows = statement.query(parameters)?;
        while let Some(row) = rows.next()? {
            self.add(row.get(0)?, row.get(1)?);
        }
        Ok(())
    }

    /// Counts whole hours of some cameras.
    fn roll_camera(&mut self, first: i64, end: i64) -> Result<(), Failure> {
        let mut statement = self.file.connection.prepare_cached(
            "SELECT hour, n FROM roll_cam WHERE cam = ?1 AND hour >= ?2 AND hour < ?3",
        )?;
        for camera in self.filter.cameras.iter().flatten() {
            let parameters: [&dyn ToSql; 3] = [camera, &first, &end];
            let mut rows = statement.query(parameters)?;
            while let Some(row) = rows.next()? {
                self.add(row.get(0)?, row.get(1)?);
            }
        }
        Ok(())
    }

    /// Counts row by row: over the camera index where that says all, otherwise over whole rows.
    fn rows(&mut self, span: Rows) -> Result<(), Failure> {
        if span.is_empty() {
            return Ok(());
        }
        let whole_rows = |source: &str| format!("SELECT {COLUMNS} FROM ev {source}");
        let has_area = self.filter.conditions.area.is_some();
        let needs_whole = self.filter.conditions.needs_whole_rows();
        if let Some(rules) = &self.filter.rules {
            let sql = whole_rows(
                "INDEXED BY ev_rule WHERE rule = ?1 AND rule > 0 AND id >= ?2 AND id < ?3",
            );
            for rule in rules {
                self.each(&sql, &[rule, &span.start, &span.end], needs_whole)?;
            }
            return Ok(());
        }
        let Some(cameras) = &self.filter.cameras else {
            let sql = whole_rows("NOT INDEXED WHERE id >= ?1 AND id < ?2");
            return self.each(&sql, &[&span.start, &span.end], needs_whole);
        };
        let by_camera = "INDEXED BY ev_cam WHERE cam = ?1 AND id >= ?2 AND id < ?3";
        let sql = if has_area {
            // What has a place of its own is counted by its cell below.
            whole_rows(&format!("{by_camera} AND cell IS NULL"))
        } else if needs_whole {
            whole_rows(by_camera)
        } else {
            format!("SELECT id, cam, class, rule FROM ev {by_camera}")
        };
        for camera in cameras {
            self.each(&sql, &[camera, &span.start, &span.end], needs_whole)?;
        }
        if has_area {
            let sql = whole_rows(
                "INDEXED BY ev_cell WHERE cell BETWEEN ?1 AND ?2 AND cell IS NOT NULL
                 AND id >= ?3 AND id < ?4",
            );
            for (lowest, highest) in self.filter.cell_ranges() {
                self.each(&sql, &[&lowest, &highest, &span.start, &span.end], true)?;
            }
        }
        Ok(())
    }

    fn each(
        &mut self,
        sql: &str,
        parameters: &[&dyn ToSql],
        needs_whole: bool,
    ) -> Result<(), Failure> {
        let mut statement = self.file.connection.prepare_cached(sql)?;
        let mut rows = statement.query(parameters)?;
        while let Some(row) = rows.next()? {
            if !self.filter.wants(row)? {
                continue;
            }
            if needs_whole && !self.filter.wants_whole(row, &self.file.dictionaries)? {
                continue;
            }
            self.add(hour_of(RowId(row.get(0)?).time()), 1);
        }
        Ok(())
    }

    fn add(&mut self, hour: i64, count: i64) {
        *self.hours.entry(hour).or_default() += u64::try_from(count).unwrap_or(0);
    }
}
