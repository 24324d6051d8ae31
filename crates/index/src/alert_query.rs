//! Questions about alerts: newest first, or in the order in which they are to be dealt with.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::str::FromStr;

use domain::{
    AccountName, CameraId, Class, EventId, EventKind, HandlingState, Severity, TimeRange,
};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use crate::alert_row::{ACTIVE, COLUMNS, StoredAlert, never_written, read_alert};
use crate::{Index, IndexError};

/// In which order alerts are answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AlertOrder {
    /// The latest first, by their first event.
    #[default]
    Newest,
    /// As they are to be dealt with: first what nobody acknowledged, then the gravest, then the
    /// newest. What is closed or shelved is left out.
    Queue,
    /// As the queue, but of each group only the alert that stands highest, with their count.
    Groups,
}

/// A question about alerts. An empty list asks for all; all conditions must hold.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertQuery {
    /// When it was first told of.
    pub range: TimeRange,
    /// Only those that one of these cameras saw.
    pub cameras: Option<Vec<CameraId>>,
    /// Whether these are all that whoever asks may see: then an alert that others saw as well is a
    /// group of its own.
    pub sees_part: bool,
    /// Only of these kinds.
    pub kinds: Vec<EventKind>,
    /// Only of these classes.
    pub classes: Vec<Class>,
    /// Only those at least this grave.
    pub min_severity: Option<Severity>,
    /// Only trouble that still lasts.
    pub only_active: bool,
    /// Only those handled so far.
    pub handling: Vec<HandlingState>,
    /// Only those that this account is to deal with.
    pub assignee: Option<AccountName>,
    /// Only those that somebody is to deal with, or only those that nobody is.
    pub assigned: Option<bool>,
    /// Only those on the shelf, or only those that are not.
    pub shelved: Option<bool>,
    /// Only those of the group of this alert.
    pub group: Option<EventId>,
    /// In which order.
    pub order: AlertOrder,
    /// Where the page before ended.
    pub cursor: Option<AlertCursor>,
    /// How many to answer at most; held to 1..=1000.
    pub limit: usize,
}

impl AlertQuery {
    /// Asks for the latest 100 alerts of `range`.
    pub fn new(range: TimeRange) -> Self {
        Self {
            range,
            cameras: None,
            sees_part: false,
            kinds: Vec::new(),
            classes: Vec::new(),
            min_severity: None,
            only_active: false,
            handling: Vec::new(),
            assignee: None,
            assigned: None,
            shelved: None,
            group: None,
            order: AlertOrder::Newest,
            cursor: None,
            limit: 100,
        }
    }
}

/// Some of the alerts that a query asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertPage {
    /// The alerts, in the order asked for.
    pub alerts: Vec<StoredAlert>,
    /// Where to continue; `None` at the end.
    pub next: Option<AlertCursor>,
}

/// Where a page of alerts ended: what orders them, and the row, of its last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlertCursor {
    /// How urgent it was, in the order of the queue; `None` in the order of time.
    urgency: Option<u8>,
    first_us: i64,
    row: i64,
}

impl fmt::Display for AlertCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.urgency {
            None => f.write_str("a")?,
            Some(urgency) => write!(f, "q{urgency:x}")?,
        }
        write!(f, "{:016x}{:016x}", self.first_us, self.row)
    }
}

impl FromStr for AlertCursor {
    type Err = IndexError;

    fn from_str(text: &str) -> Result<Self, IndexError> {
        let read = || {
            let (urgency, rest) = match text.strip_prefix('a') {
                Some(rest) => (None, rest),
                None => {
                    let (digit, rest) = text.strip_prefix('q')?.split_at_checked(1)?;
                    (Some(u8::from_str_radix(digit, 16).ok()?), rest)
                }
            };
            let (first, row) = rest.split_at_checked(16)?;
            let number = |digits: &str| u64::from_str_radix(digits, 16).map(u64::cast_signed).ok();
            let is_whole = row.len() == 16;
            is_whole.then_some(Self { urgency, first_us: number(first)?, row: number(row)? })
        };
        read().ok_or_else(|| IndexError::Query(format!("\"{text}\" is not a cursor")))
    }
}

/// How many alerts of a severity are handled so far; those on the shelf apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlertTotal {
    /// Of which severity.
    pub severity: Severity,
    /// How far they are handled; never closed.
    pub state: HandlingState,
    /// Whether they are on the shelf.
    pub is_shelved: bool,
    /// How many.
    pub count: u64,
}

impl Index {
    /// Returns a page of alerts in the order asked for. An alert that changes its place while one
    /// pages through the queue may be met twice or not at all: the change feed tells of it.
    ///
    /// # Errors
    /// [`IndexError::Busy`], [`IndexError::Query`] on a cursor of another order, or when the core
    /// file cannot be read.
    pub fn alerts(&self, query: &AlertQuery) -> Result<AlertPage, IndexError> {
        let is_queue = query.order != AlertOrder::Newest;
        if query.cursor.is_some_and(|cursor| cursor.urgency.is_some() != is_queue) {
            return Err(IndexError::Query("the cursor belongs to another order".to_owned()));
        }
        let mut reader = self.inner.readers.get()?;
        page(reader.core()?, query).map_err(|error| self.unreadable(error))
    }

    /// Counts the alerts that are not closed.
    ///
    /// # Errors
    /// [`IndexError::Busy`], or when the core file cannot be read.
    pub fn alert_totals(&self) -> Result<Vec<AlertTotal>, IndexError> {
        let mut reader = self.inner.readers.get()?;
        let core = reader.core()?;
        let read = || {
            let mut statement = core.prepare_cached(
                "SELECT severity, handling, shelved_us IS NOT NULL AS shelved, count(*)
                 FROM alert INDEXED BY alert_open WHERE handling < 3
                 GROUP BY severity, handling, shelved ORDER BY 1, 2, 3",
            )?;
            let rows = statement.query_map([], |row| {
                let severity: u8 = row.get(0)?;
                let state = HandlingState::from_number(row.get(1)?);
                let count: i64 = row.get(3)?;
                Ok(AlertTotal {
                    severity: severity.try_into().map_err(|_| never_written(0))?,
                    state: state.ok_or_else(|| never_written(1))?,
                    is_shelved: row.get(2)?,
                    count: count.cast_unsigned(),
                })
            })?;
            rows.collect::<rusqlite::Result<_>>()
        };
        read().map_err(|error| self.unreadable(error))
    }
}

/// A statement being put together: its conditions and what stands for their question marks.
struct Conditions {
    sql: String,
    values: Vec<Value>,
}

impl Conditions {
    fn add(&mut self, condition: &str, values: impl IntoIterator<Item = Value>) {
        self.sql.push_str(" AND ");
        self.sql.push_str(condition);
        self.values.extend(values);
    }
}

fn page(core: &Connection, query: &AlertQuery) -> rusqlite::Result<AlertPage> {
    let limit = query.limit.clamp(1, 1000);
    if query.order == AlertOrder::Groups && has_conditions(query) {
        return groups_of_some(core, query, limit);
    }
    let grouped = if query.order == AlertOrder::Groups { COUNT_OF_GROUP } else { "NULL" };
    // The shelf is small, and all alerts in order of time are many.
    let is_shelf = query.order == AlertOrder::Newest && query.shelved == Some(true);
    let by = if is_shelf { "INDEXED BY alert_shelved" } else { "" };
    let Conditions { sql, values } = conditions(query);
    let mut statement = core.prepare_cached(&format!(
        "SELECT {COLUMNS}, {grouped}, urgency FROM alert {by} WHERE {sql}"
    ))?;
    let mut rows = statement.query(params_from_iter(values))?;
    let (mut alerts, mut next) = (Vec::new(), None);
    while let Some(row) = rows.next()? {
        let (grouped, urgency): (Option<u32>, u8) = (row.get(22)?, row.get(23)?);
        let (row, mut stored) = read_alert(row)?;
        if !is_seen(query, &stored) {
            continue;
        }
        if alerts.len() == limit {
            return Ok(AlertPage { alerts, next });
        }
        let urgency = (query.order != AlertOrder::Newest).then_some(urgency);
        next = Some(AlertCursor { urgency, first_us: stored.alert.first.as_micros(), row });
        // An alert of before there were groups is its own.
        stored.grouped = grouped.map(|count| count.max(1));
        alerts.push(stored);
    }
    Ok(AlertPage { alerts, next: None })
}

fn is_seen(query: &AlertQuery, stored: &StoredAlert) -> bool {
    let wanted =
        |cameras: &Vec<CameraId>| stored.alert.cameras.iter().any(|seen| cameras.contains(seen));
    query.cameras.as_ref().is_none_or(wanted)
}

/// Whether not all alerts are asked for.
fn has_conditions(query: &AlertQuery) -> bool {
    let AlertQuery { order, cursor, limit, .. } = *query;
    *query != AlertQuery { order, cursor, limit, ..AlertQuery::new(TimeRange::ALL) }
}

/// Answers a page of groups of which only some alerts are asked for: what stands highest, and how many
/// there are, is then known once the queue has been gone through. Nothing closed or shelved stands in it.
fn groups_of_some(
    core: &Connection,
    query: &AlertQuery,
    limit: usize,
) -> rusqlite::Result<AlertPage> {
    let all = AlertQuery { order: AlertOrder::Queue, cursor: None, ..query.clone() };
    let Conditions { sql, values } = conditions(&all);
    let mut statement =
        core.prepare_cached(&format!("SELECT {COLUMNS}, NULL, urgency FROM alert WHERE {sql}"))?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut places: HashMap<EventId, usize> = HashMap::new();
    let mut found: Vec<(AlertCursor, StoredAlert, u32)> = Vec::new();
    while let Some(row) = rows.next()? {
        let urgency: u8 = row.get(23)?;
        let (row, stored) = read_alert(row)?;
        if !is_seen(query, &stored) {
            continue;
        }
        let within = |cameras: &Vec<CameraId>| {
            stored.alert.cameras.iter().all(|camera| cameras.contains(camera))
        };
        let is_shared = query.sees_part && !query.cameras.as_ref().is_none_or(within);
        let group = if is_shared { stored.alert.id } else { stored.group };
        match places.entry(group) {
            Entry::Occupied(place) => found[*place.get()].2 += 1,
            Entry::Vacant(place) => {
                place.insert(found.len());
                let first_us = stored.alert.first.as_micros();
                found.push((AlertCursor { urgency: Some(urgency), first_us, row }, stored, 1));
            }
        }
    }
    let order = |at: &AlertCursor| (at.urgency, at.first_us.saturating_neg(), at.row);
    let begin = query
        .cursor
        .map_or(0, |cursor| found.partition_point(|(place, ..)| order(place) <= order(&cursor)));
    let more = found.len() - begin > limit;
    let page = found.into_iter().skip(begin).take(limit);
    let mut next = None;
    let alerts = page.map(|(place, mut stored, count)| {
        next = Some(place);
        stored.grouped = Some(count);
        stored
    });
    let alerts = alerts.collect();
    Ok(AlertPage { alerts, next: next.filter(|_| more) })
}

/// How many of an alert's group stand in the queue.
const COUNT_OF_GROUP: &str = "(SELECT count(*) FROM alert other WHERE other.grp = alert.grp
    AND other.handling < 3 AND other.shelved_us IS NULL)";

/// Whether no other alert of its group stands higher in the queue.
const IS_HIGHEST: &str = "NOT EXISTS (SELECT 1 FROM alert other WHERE other.grp = alert.grp
    AND other.handling < 3 AND other.shelved_us IS NULL
    AND (other.urgency, other.newness, other.id) < (alert.urgency, alert.newness, alert.id))";

fn conditions(query: &AlertQuery) -> Conditions {
    let mut all = Conditions { sql: String::new(), values: Vec::new() };
    let whole = |number: i64| Value::Integer(number);
    // Word for word as the index has it, or it is not used.
    all.sql.push_str(match query.order {
        AlertOrder::Newest => "1",
        AlertOrder::Queue | AlertOrder::Groups => "handling < 3 AND shelved_us IS NULL",
    });
    if query.range != TimeRange::ALL {
        let range = [query.range.start, query.range.end].map(|time| whole(time.as_micros()));
        all.add("first_us >= ? AND first_us < ?", range);
    }
    if query.only_active {
        all.add(&format!("condition = {ACTIVE}"), []);
    }
    if let Some(least) = query.min_severity {
        all.add("severity <= ?", [whole(least.number().into())]);
    }
    if !query.kinds.is_empty() {
        let kinds = query.kinds.iter().fold(0_i64, |all, kind| all | 1 << kind.number());
        all.add("(? >> kind) & 1", [whole(kinds)]);
    }
    if !query.classes.is_empty() {
        let classes = query.classes.iter().fold(0_i64, |all, class| all | 1 << class.number());
        all.add("(? >> class) & 1", [whole(classes)]);
    }
    if !query.handling.is_empty() {
        let states: Vec<_> =
            query.handling.iter().map(|state| state.number().to_string()).collect();
        all.add(&format!("handling IN ({})", states.join(",")), []);
    }
    if let Some(assignee) = &query.assignee {
        all.add("assignee = ?", [Value::Text(assignee.to_string())]);
    }
    match query.assigned {
        Some(true) => all.add("assignee IS NOT NULL", []),
        Some(false) => all.add("assignee IS NULL", []),
        None => {}
    }
    match query.shelved {
        Some(true) => all.add("shelved_us IS NOT NULL", []),
        Some(false) => all.add("shelved_us IS NULL", []),
        None => {}
    }
    if let Some(group) = query.group {
        let group = Value::Blob(group.0.as_bytes().to_vec());
        all.add("(grp = ? OR uid = ?)", [group.clone(), group]);
    }
    if query.order == AlertOrder::Groups {
        all.add(IS_HIGHEST, []);
    }
    if let Some(AlertCursor { urgency, first_us, row }) = query.cursor {
        match urgency {
            None => all.add("(first_us, id) < (?, ?)", [whole(first_us), whole(row)]),
            Some(urgency) => all.add(
                "(urgency, newness, id) > (?, ?, ?)",
                [whole(urgency.into()), whole(first_us.saturating_neg()), whole(row)],
            ),
        }
    }
    all.sql.push_str(match query.order {
        AlertOrder::Newest => " ORDER BY first_us DESC, id DESC",
        AlertOrder::Queue | AlertOrder::Groups => " ORDER BY urgency, newness, id",
    });
    all
}
