//! Finds the events of a page: time × place as camera set × time.
//!
//! Month by month in the order asked for, and within a month span by span:
//! - **in order of time**, leaving out what does not match, where most rows match;
//! - **per camera**, over slices of time that grow, where few cameras are asked for: the index
//!   `(cam, id, class, rule)` alone says which rows match;
//! - **per rule** over `(rule, id)` where rules are asked for by name;
//! - **by the hours** that the roll-up says hold a match, where a class or kind is rare.
//!
//! A scan in order of time that has looked at many rows in vain gives way to the other ways.

use rusqlite::{Connection, Statement, ToSql};

use crate::IndexError;
use crate::event_row::{COLUMNS, HOUR_US, Key, location_of, read_event};
use crate::filter::{Conditions, Filter, Rows};
use crate::month::{Month, RowId};
use crate::query::{Cursor, EventPage, Order, StoredEvent};
use crate::reader::{OpenFile, Reader};
use crate::schema::Kind;

/// How many rows a scan in order of time looks at, beyond what it should need, before it gives way.
const PATIENCE: usize = 4000;
/// The first slice of time asked per camera, in row numbers: 6 hours.
const FIRST_SLICE: i64 = 6 * HOUR_US * RowId::PER_MICROSECOND;
/// Above this many rules, a scan per rule costs more than it saves.
const MOST_RULES: usize = 64;

/// Answers a page.
pub(crate) fn search(
    reader: &mut Reader,
    conditions: &Conditions,
    mut months: Vec<Month>,
) -> Result<EventPage, IndexError> {
    if conditions.order == Order::NewestFirst {
        months.reverse();
    }
    let mut page = Page { events: Vec::new(), wanted: conditions.limit + 1 };
    for month in months {
        if page.is_full() {
            break;
        }
        if !conditions.touches(month) {
            continue;
        }
        if let Some(file) = reader.file(Kind::Events, month)? {
            search_month(file, month, conditions, &mut page)?;
        }
    }
    let mut events = page.events;
    let has_more = events.len() > conditions.limit;
    events.truncate(conditions.limit);
    let next = events.last().filter(|_| has_more).map(|(id, _)| Cursor(*id));
    let events = events.into_iter().map(|(_, event)| event).collect();
    Ok(EventPage { events, next })
}

/// What was found so far, one more than asked for so as to know whether there is more.
#[derive(Debug)]
struct Page {
    events: Vec<(RowId, StoredEvent)>,
    wanted: usize,
}

impl Page {
    fn is_full(&self) -> bool {
        self.events.len() >= self.wanted
    }

    fn missing(&self) -> usize {
        self.wanted.saturating_sub(self.events.len())
    }
}

fn search_month(
    file: &mut OpenFile,
    month: Month,
    conditions: &Conditions,
    page: &mut Page,
) -> Result<(), IndexError> {
    let path = file.path.clone();
    let failed = |error| IndexError::database("search", &path, error);
    file.connection.execute_batch("BEGIN").map_err(failed)?;
    let found = file.refresh().and_then(|()| {
        let filter = Filter::new(conditions, &file.dictionaries);
        if filter.is_void() {
            return Ok(());
        }
        MonthSearch {
            file,
            filter: &filter,
            is_newest_first: conditions.order == Order::NewestFirst,
        }
        .run(month, page)
    });
    let ended = file.connection.execute_batch("COMMIT").map_err(failed);
    found.and(ended)
}

/// A search of one monthly file.
struct MonthSearch<'a> {
    file: &'a OpenFile,
    filter: &'a Filter<'a>,
    is_newest_first: bool,
}

/// How far a scan in order of time came.
enum Scanned {
    ToTheEnd,
    /// It gave way before these rows.
    Until(Rows),
}

impl MonthSearch<'_> {
    fn run(&self, month: Month, page: &mut Page) -> Result<(), IndexError> {
        for span in self.filter.conditions.spans(month) {
            if page.is_full() {
                return Ok(());
            }
            self.span(span, page).map_err(|failure| failure.at(self.file))?;
        }
        Ok(())
    }

    fn span(&self, span: Rows, page: &mut Page) -> Result<(), Failure> {
        if let Some(rules) = self.filter.rules.as_ref().filter(|rules| rules.len() <= MOST_RULES) {
            return self.slices(span, page, |search, rows, missing| {
                search.ids_of_rules(rules, rows, missing)
            });
        }
        match &self.filter.cameras {
            Some(cameras) => {
                let all = self.filter.conditions.all.rows().len();
                let mut rest = span;
                if cameras.len() * 8 > all && self.filter.conditions.area.is_none() {
                    let patience = PATIENCE + page.missing() * 16;
                    match self.in_order_of_time(span, Some(patience), page)? {
                        Scanned::ToTheEnd => return Ok(()),
                        Scanned::Until(until) => rest = until,
                    }
                }
                self.slices(rest, page, |search, rows, missing| {
                    search.ids_of_cameras(cameras, rows, missing)
                })
            }
            None if self.filter.conditions.classes.is_none()
                && !self.filter.conditions.asks_for_rules() =>
            {
                self.in_order_of_time(span, None, page).map(|_| ())
            }
            None => match self.in_order_of_time(span, Some(PATIENCE), page)? {
                Scanned::ToTheEnd => Ok(()),
                Scanned::Until(rest) => self.by_hours(rest, page),
            },
        }
    }

    /// Reads rows in order of time, at most `patience` of them in vain.
    fn in_order_of_time(
        &self,
        span: Rows,
        patience: Option<usize>,
        page: &mut Page,
    ) -> Result<Scanned, Failure> {
        let direction = self.direction();
        // Leaving rows out in SQL is cheaper, but only what comes out here can be counted.
        let classes = match patience {
            None => self.filter.conditions.classes.unwrap_or(u32::MAX),
            Some(_) => u32::MAX,
        };
        let mut statement = self.file.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM ev NOT INDEXED
             WHERE id >= ?1 AND id < ?2 AND (?3 >> class) & 1 ORDER BY id {direction}"
        ))?;
        let mut rows = statement.query([span.start, span.end, i64::from(classes)])?;
        let mut looked_at = 0;
        while let Some(row) = rows.next()? {
            let key = Key::read(row)?;
            looked_at += 1;
            if patience.is_some_and(|patience| looked_at > patience) {
                return Ok(Scanned::Until(self.from(span, key.id)));
            }
            if self.filter.wants(&key) && self.take(row, key.id, page)? {
                return Ok(Scanned::ToTheEnd);
            }
        }
        Ok(Scanned::ToTheEnd)
    }

    /// Reads only the hours that the roll-up says hold a match.
    fn by_hours(&self, span: Rows, page: &mut Page) -> Result<(), Failure> {
        for hour in hours_with_match(&self.file.connection, self.filter, span)? {
            let start = domain::Timestamp::from_micros(hour * HOUR_US);
            let end = domain::Timestamp::from_micros((hour + 1) * HOUR_US);
            let rows = Rows::of(domain::TimeRange { start, end }).shared(span);
            self.in_order_of_time(rows, None, page)?;
            if page.is_full() {
                break;
            }
        }
        Ok(())
    }

    /// Asks an index for the rows of slices of time, each four times as long as the one before.
    fn slices(
        &self,
        span: Rows,
        page: &mut Page,
        ids: impl Fn(&Self, Rows, usize) -> Result<Vec<i64>, Failure>,
    ) -> Result<(), Failure> {
        let mut rest = span;
        let mut length = FIRST_SLICE;
        while !rest.is_empty() && !page.is_full() {
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
            length = length.saturating_mul(4);
            let mut found = ids(self, slice, page.missing())?;
            found.sort_unstable();
            found.dedup();
            if self.is_newest_first {
                found.reverse();
            }
            self.take_all(&found, page)?;
        }
        Ok(())
    }

    /// Returns the rows of `cameras` that may match, and those of mobile cameras nearby.
    fn ids_of_cameras(
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
            // A camera that moved has rows elsewhere: with a place, they are told apart later.
            let most = if has_area { usize::MAX } else { missing };
            self.gather(&mut statement, &parameters, most, &mut ids)?;
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
                    self.gather(&mut single, &parameters, usize::MAX, &mut ids)?;
                } else {
                    let parameters: [&dyn ToSql; 4] = [&lowest, &highest, &span.start, &span.end];
                    self.gather(&mut statement, &parameters, usize::MAX, &mut ids)?;
                }
            }
        }
        Ok(ids)
    }

    /// Returns the rows of `rules` that match.
    fn ids_of_rules(&self, rules: &[i64], span: Rows, missing: usize) -> Result<Vec<i64>, Failure> {
        let mut ids = Vec::new();
        // Without `rule > 0` SQLite would not see that the partial index holds every such row.
        let mut statement = self.file.connection.prepare_cached(&format!(
            "SELECT id, cam, class, rule FROM ev INDEXED BY ev_rule
             WHERE rule = ?1 AND rule > 0 AND id >= ?2 AND id < ?3 ORDER BY id {}",
            self.direction()
        ))?;
        let has_area = self.filter.conditions.area.is_some();
        for rule in rules {
            let parameters: [&dyn ToSql; 3] = [rule, &span.start, &span.end];
            let most = if has_area { usize::MAX } else { missing };
            self.gather(&mut statement, &parameters, most, &mut ids)?;
        }
        Ok(ids)
    }

    /// Adds the rows that match by their key, at most `most` of them.
    fn gather(
        &self,
        statement: &mut Statement<'_>,
        parameters: &[&dyn ToSql],
        most: usize,
        ids: &mut Vec<i64>,
    ) -> Result<(), Failure> {
        let mut left = most;
        let mut rows = statement.query(parameters)?;
        while left > 0
            && let Some(row) = rows.next()?
        {
            let key = Key::read(row)?;
            if self.filter.wants(&key) {
                ids.push(key.id.0);
                left -= 1;
            }
        }
        Ok(())
    }

    fn take_all(&self, ids: &[i64], page: &mut Page) -> Result<(), Failure> {
        let mut statement = self
            .file
            .connection
            .prepare_cached(&format!("SELECT {COLUMNS} FROM ev WHERE id = ?1"))?;
        for &id in ids {
            let mut rows = statement.query([id])?;
            let row = rows.next()?.ok_or(Failure::Unreadable(RowId(id)))?;
            if self.take(row, RowId(id), page)? {
                break;
            }
        }
        Ok(())
    }

    /// Adds a row to the page unless it lies outside the drawn place; returns whether it is full.
    fn take(&self, row: &rusqlite::Row<'_>, id: RowId, page: &mut Page) -> Result<bool, Failure> {
        if let Some(area) = &self.filter.conditions.area {
            let location = location_of(row, &self.file.dictionaries)?;
            if !location.is_some_and(|location| area.contains(location)) {
                return Ok(false);
            }
        }
        let event = read_event(row, &self.file.dictionaries, &self.filter.conditions.all)?;
        page.events.push((id, event.ok_or(Failure::Unreadable(id))?));
        Ok(page.is_full())
    }

    /// Returns the part of `span` that begins at `id` in the order asked for.
    fn from(&self, span: Rows, id: RowId) -> Rows {
        if self.is_newest_first {
            Rows { end: id.0 + 1, ..span }
        } else {
            Rows { start: id.0, ..span }
        }
    }

    fn direction(&self) -> &'static str {
        if self.is_newest_first { "DESC" } else { "ASC" }
    }
}

/// Returns the hours of `span` that hold a match of class, kind and severity, in the order asked.
fn hours_with_match(
    connection: &Connection,
    filter: &Filter<'_>,
    span: Rows,
) -> Result<Vec<i64>, Failure> {
    let conditions = filter.conditions;
    let mut statement = connection.prepare_cached(
        "SELECT DISTINCT hour FROM roll_class
         WHERE hour >= ?1 AND hour <= ?2 AND (?3 >> class) & 1 AND (?4 >> kind) & 1
           AND severity <= ?5 ORDER BY hour",
    )?;
    let first = crate::event_row::hour_of(RowId(span.start).time());
    let last = crate::event_row::hour_of(RowId(span.end).time());
    let parameters: [&dyn ToSql; 5] = [
        &first,
        &last,
        &conditions.classes.unwrap_or(u32::MAX),
        &conditions.kinds.unwrap_or(u32::MAX),
        &conditions.least_grave.unwrap_or(u8::MAX),
    ];
    let mut hours =
        statement.query_map(parameters, |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
    if conditions.order == Order::NewestFirst {
        hours.reverse();
    }
    Ok(hours)
}

/// Why a file could not be searched; told with the file's name by [`Failure::at`].
#[derive(Debug)]
pub(crate) enum Failure {
    Database(rusqlite::Error),
    Unreadable(RowId),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error)
    }
}

impl Failure {
    pub(crate) fn at(self, file: &OpenFile) -> IndexError {
        match self {
            Self::Database(error) => IndexError::database("search", &file.path, error),
            Self::Unreadable(RowId(id)) => {
                IndexError::damaged(&file.path, format!("event row {id} cannot be read"))
            }
        }
    }
}
