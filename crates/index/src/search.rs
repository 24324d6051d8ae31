//! Finds the events of a page: time × place as camera set × time.
//!
//! Month by month in the order asked for, and within a month span by span:
//! - **in order of time**, leaving out what does not match, where most rows match;
//! - **per rule**, where rules are asked for by name, **per class**, where only rare ones are asked
//!   for, and **per camera**, where few are: by an index, see [`slices`](crate::slices);
//! - **by the hours** that the roll-up says hold a match, where a class or kind comes seldom.
//!
//! A scan in order of time that has looked at many rows in vain gives way to the other ways.

use rusqlite::{Connection, Row, ToSql, params_from_iter};

use crate::IndexError;
use crate::event_row::{COLUMNS, HOUR_US, read_event};
use crate::filter::{Conditions, Filter, Rows};
use crate::month::{Month, RowId};
use crate::query::{Cursor, EventPage, Order, StoredEvent};
use crate::reader::{OpenFile, Reader};
use crate::schema::Kind;

/// How many rows a scan in order of time looks at, beyond what it should need, before it gives way.
const PATIENCE: usize = 4000;
/// Room for this many events is made beforehand.
const USUAL_LIMIT: usize = 100;
/// Above this many rules, a scan per rule costs more than it saves.
const MOST_RULES: usize = 64;

/// Answers a page.
pub(crate) fn search(
    reader: &mut Reader,
    conditions: &Conditions,
    months: Vec<Month>,
) -> Result<EventPage, IndexError> {
    let page = page(reader, conditions, months)?;
    let next = page.rows.last().filter(|_| page.has_more).map(|row| Cursor(*row));
    Ok(EventPage { events: page.events, next })
}

/// Finds the events of a page, each with its row.
pub(crate) fn page(
    reader: &mut Reader,
    conditions: &Conditions,
    mut months: Vec<Month>,
) -> Result<Page, IndexError> {
    if conditions.order == Order::NewestFirst {
        months.reverse();
    }
    let mut page = Page::new(conditions.limit);
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
    Ok(page)
}

/// What was found so far. It is full when there is known to be more than was asked for.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) events: Vec<StoredEvent>,
    /// The row of each.
    pub(crate) rows: Vec<RowId>,
    limit: usize,
    has_more: bool,
}

impl Page {
    fn new(limit: usize) -> Self {
        let (events, rows) = (Vec::with_capacity(limit.min(USUAL_LIMIT)), Vec::new());
        Self { events, rows, limit, has_more: false }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.has_more
    }

    /// Returns how many matches are wanted still: what is asked for and one more.
    pub(crate) fn missing(&self) -> usize {
        self.limit + 1 - self.events.len()
    }
}

fn search_month(
    file: &mut OpenFile,
    month: Month,
    conditions: &Conditions,
    page: &mut Page,
) -> Result<(), IndexError> {
    file.snapshot("search", |file| {
        let filter = Filter::new(conditions, &file.dictionaries);
        if filter.is_void() {
            return Ok(());
        }
        let is_newest_first = conditions.order == Order::NewestFirst;
        MonthSearch { file, filter: &filter, is_newest_first }.run(month, page)
    })
}

/// A search of one monthly file.
pub(crate) struct MonthSearch<'a> {
    pub(crate) file: &'a OpenFile,
    pub(crate) filter: &'a Filter<'a>,
    pub(crate) is_newest_first: bool,
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
            return self.slices(span, rules.len(), page, |search, rows, missing| {
                search.ids_of_rules(rules, rows, missing)
            });
        }
        let conditions = self.filter.conditions;
        let all = conditions.all.rows().len();
        let many = |cameras: &Vec<u16>| cameras.len() * 8 > all && conditions.area.is_none();
        if self.filter.cameras.as_ref().is_none_or(many)
            && let Some(classes) = conditions.rare_classes()
        {
            return self.slices(span, classes.len(), page, |search, rows, missing| {
                search.ids_of_classes(&classes, rows, missing)
            });
        }
        match &self.filter.cameras {
            Some(cameras) => {
                let mut rest = span;
                if many(cameras) {
                    let patience = PATIENCE + page.missing() * 16;
                    match self.in_order_of_time(span, Some(patience), page)? {
                        Scanned::ToTheEnd => return Ok(()),
                        Scanned::Until(until) => rest = until,
                    }
                }
                self.slices(rest, cameras.len(), page, |search, rows, missing| {
                    search.ids_of_cameras(cameras, rows, missing)
                })
            }
            None if conditions.classes.is_none() && !conditions.asks_for_rules() => {
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
        let classes = self.filter.conditions.classes.filter(|_| patience.is_none());
        let of_class = if classes.is_some() { "AND (?3 >> class) & 1" } else { "" };
        let mut statement = self.file.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM ev NOT INDEXED
             WHERE id >= ?1 AND id < ?2 {of_class} ORDER BY id {direction}"
        ))?;
        let parameters = [Some(span.start), Some(span.end), classes.map(i64::from)];
        let mut rows = statement.query(params_from_iter(parameters.iter().flatten()))?;
        let mut looked_at = 0;
        while let Some(row) = rows.next()? {
            looked_at += 1;
            if patience.is_some_and(|patience| looked_at > patience) {
                return Ok(Scanned::Until(self.from(span, RowId(row.get(0)?))));
            }
            if self.filter.wants(row)? && self.take(row, page)? {
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

    /// Adds the rows numbered `ids` in this order, until the page is full.
    pub(crate) fn take_all(&self, ids: &[i64], page: &mut Page) -> Result<(), Failure> {
        let mut statement = self
            .file
            .connection
            .prepare_cached(&format!("SELECT {COLUMNS} FROM ev WHERE id = ?1"))?;
        for &id in ids {
            let mut rows = statement.query([id])?;
            let row = rows.next()?.ok_or(Failure::Unreadable(RowId(id)))?;
            if self.take(row, page)? {
                break;
            }
        }
        Ok(())
    }

    /// Adds a row to the page unless it lies outside the drawn place or looks otherwise; returns
    /// whether the page is full.
    fn take(&self, row: &Row<'_>, page: &mut Page) -> Result<bool, Failure> {
        if !self.filter.wants_whole(row, &self.file.dictionaries)? {
            return Ok(false);
        }
        if page.events.len() == page.limit {
            page.has_more = true;
            return Ok(true);
        }
        let id = RowId(row.get(0)?);
        let event = read_event(row, id, &self.file.dictionaries, &self.filter.conditions.all)?;
        page.events.push(event.ok_or(Failure::Unreadable(id))?);
        page.rows.push(id);
        Ok(false)
    }

    /// Returns the part of `span` that begins at `id` in the order asked for.
    fn from(&self, span: Rows, id: RowId) -> Rows {
        if self.is_newest_first {
            Rows { end: id.0 + 1, ..span }
        } else {
            Rows { start: id.0, ..span }
        }
    }

    pub(crate) fn direction(&self) -> &'static str {
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
        &conditions.kinds.unwrap_or(i64::MAX),
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
