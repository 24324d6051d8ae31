//! Alerts: a projection of the event log, kept in the core file.
//!
//! Whoever makes alerts reads the feed after the cursor kept here and hands back what changed.
//! Alerts, the events folded into them and the cursor move in one transaction, so every event is
//! folded exactly once, also over a crash. Each change of an alert gets the next number of one
//! count: whoever follows asks for what changed after the number it knows.

use domain::{
    Alert, CameraId, Class, Condition, EventId, EventKind, Location, Severity, TimeRange, Timestamp,
};
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};
use uuid::Uuid;

use crate::core_file::CoreFile;
use crate::{Index, IndexError, StoredEvent};

/// An alert with the number of its latest change.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredAlert {
    /// Counts the changes of all alerts of the site, from 1.
    pub change: u64,
    /// The alert.
    pub alert: Alert,
}

/// A question about alerts. An empty list asks for all; all conditions must hold.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertQuery {
    /// When it was first told of.
    pub range: TimeRange,
    /// Only those that one of these cameras saw.
    pub cameras: Option<Vec<CameraId>>,
    /// Only of these kinds.
    pub kinds: Vec<EventKind>,
    /// Only of these classes.
    pub classes: Vec<Class>,
    /// Only those at least this grave.
    pub min_severity: Option<Severity>,
    /// Only trouble that still lasts.
    pub only_active: bool,
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
            kinds: Vec::new(),
            classes: Vec::new(),
            min_severity: None,
            only_active: false,
            cursor: None,
            limit: 100,
        }
    }
}

/// Some of the alerts that a query asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertPage {
    /// The alerts, newest first.
    pub alerts: Vec<StoredAlert>,
    /// Where to continue; `None` at the end.
    pub next: Option<AlertCursor>,
}

/// Where a page of alerts ended: the time and the row of its last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlertCursor {
    first_us: i64,
    row: i64,
}

impl std::fmt::Display for AlertCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a{:016x}{:016x}", self.first_us, self.row)
    }
}

impl std::str::FromStr for AlertCursor {
    type Err = IndexError;

    fn from_str(text: &str) -> Result<Self, IndexError> {
        let part = |from: usize| {
            let digits = text.get(from..from + 16)?;
            u64::from_str_radix(digits, 16).ok().map(u64::cast_signed)
        };
        match (text.starts_with('a') && text.len() == 33, part(1), part(17)) {
            (true, Some(first_us), Some(row)) => Ok(Self { first_us, row }),
            _ => Err(IndexError::Query(format!("\"{text}\" is not a cursor"))),
        }
    }
}

/// What folding some events of the feed came to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FoldedEvents {
    /// The alerts that changed, each as it is now.
    pub alerts: Vec<Alert>,
    /// Which event, by its sequence, belongs to which alert.
    pub events: Vec<(EventId, u64)>,
    /// The sequence up to which events have been folded.
    pub cursor: u64,
}

impl Index {
    /// Returns the sequence up to which events have been folded into alerts; `None` before the
    /// first time.
    ///
    /// # Errors
    /// When the core file cannot be read.
    pub fn alert_cursor(&self) -> Result<Option<u64>, IndexError> {
        let core = &self.inner.core;
        core.lock()
            .query_row("SELECT sequence FROM alert_cursor", [], |row| row.get::<_, i64>(0))
            .optional()
            .map(|sequence| sequence.map(i64::cast_unsigned))
            .map_err(|error| failed(core, "read how far alerts are", error))
    }

    /// Stores what folding came to: all or nothing, durable on return. Asking again after an error
    /// is safe. Returns the number of the latest change.
    ///
    /// # Errors
    /// When the core file cannot be written; then nothing has changed.
    pub fn settle_alerts(&self, folded: &FoldedEvents) -> Result<u64, IndexError> {
        let core = &self.inner.core;
        let newest = settle(&mut core.lock(), folded)
            .map_err(|error| failed(core, "store alerts", error))?;
        self.inner.alert_knock.send_replace(newest);
        Ok(newest)
    }

    /// Returns a watch on the number of the latest change of an alert.
    pub fn alert_knock(&self) -> tokio::sync::watch::Receiver<u64> {
        self.inner.alert_knock.subscribe()
    }

    /// Returns the alerts whose last event was told at `since` or later, and all that are active,
    /// in the order in which they were raised.
    ///
    /// # Errors
    /// [`IndexError::Busy`], or when the core file cannot be read.
    pub fn growing_alerts(&self, since: Timestamp) -> Result<Vec<Alert>, IndexError> {
        let mut reader = self.inner.readers.get()?;
        let all = reader.core()?;
        let sql = format!(
            "SELECT {COLUMNS} FROM alert WHERE condition = {ACTIVE}
             UNION SELECT {COLUMNS} FROM alert WHERE told_us >= ?1 ORDER BY 1"
        );
        let read = || {
            let mut statement = all.prepare_cached(&sql)?;
            let rows = statement.query_map([since.as_micros()], read_alert)?;
            rows.map(|row| row.map(|(_, stored)| stored.alert)).collect::<rusqlite::Result<_>>()
        };
        read().map_err(|error| self.unreadable(error))
    }

    /// Returns a page of alerts, newest first by their first event.
    ///
    /// # Errors
    /// [`IndexError::Busy`], or when the core file cannot be read.
    pub fn alerts(&self, query: &AlertQuery) -> Result<AlertPage, IndexError> {
        let mut reader = self.inner.readers.get()?;
        page(reader.core()?, query).map_err(|error| self.unreadable(error))
    }

    /// Returns up to `limit` alerts that changed after `change`, in the order of their latest
    /// changes, each as it is now.
    ///
    /// # Errors
    /// [`IndexError::Busy`], or when the core file cannot be read.
    pub fn alerts_changed_after(
        &self,
        change: u64,
        limit: usize,
    ) -> Result<Vec<StoredAlert>, IndexError> {
        let mut reader = self.inner.readers.get()?;
        let core = reader.core()?;
        let sql = format!("SELECT {COLUMNS} FROM alert WHERE change > ?1 ORDER BY change LIMIT ?2");
        let read = || {
            let mut statement = core.prepare_cached(&sql)?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let rows = statement.query_map([change.cast_signed(), limit], read_alert)?;
            rows.map(|row| row.map(|(_, stored)| stored)).collect::<rusqlite::Result<_>>()
        };
        read().map_err(|error| self.unreadable(error))
    }

    /// Returns the alert named `id`.
    ///
    /// # Errors
    /// [`IndexError::Busy`], or when the core file cannot be read.
    pub fn alert(&self, id: EventId) -> Result<Option<StoredAlert>, IndexError> {
        self.one_alert("uid = ?1", &id.0.as_bytes().as_slice())
    }

    /// Returns the alert that the event stored with `sequence` belongs to.
    ///
    /// # Errors
    /// [`IndexError::Busy`], or when the core file cannot be read.
    pub fn alert_of_event(&self, sequence: u64) -> Result<Option<StoredAlert>, IndexError> {
        let of_event = "id = (SELECT alert FROM alert_event WHERE sequence = ?1)";
        self.one_alert(of_event, &sequence.cast_signed())
    }

    fn one_alert(&self, which: &str, key: &dyn ToSql) -> Result<Option<StoredAlert>, IndexError> {
        let mut reader = self.inner.readers.get()?;
        let core = reader.core()?;
        let sql = format!("SELECT {COLUMNS} FROM alert WHERE {which}");
        let read = || core.prepare_cached(&sql)?.query_row([key], read_alert).optional();
        read().map(|found| found.map(|(_, stored)| stored)).map_err(|error| self.unreadable(error))
    }

    /// Returns up to `limit` events of the alert named `id` stored after `after`, in the order of
    /// storing. Those of expired months are left out.
    ///
    /// # Errors
    /// [`IndexError::Busy`], or when a file cannot be read.
    pub fn events_of_alert(
        &self,
        id: EventId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, IndexError> {
        let mut events = Vec::new();
        for sequence in self.sequences_of_alert(id, after, limit)? {
            let stored = self.events_after(sequence.saturating_sub(1), 1)?;
            events.extend(stored.into_iter().filter(|stored| stored.sequence == sequence));
        }
        Ok(events)
    }

    fn sequences_of_alert(
        &self,
        id: EventId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<u64>, IndexError> {
        let mut reader = self.inner.readers.get()?;
        let core = reader.core()?;
        let read = || {
            let mut statement = core.prepare_cached(
                "SELECT sequence FROM alert_event
                 WHERE alert = (SELECT id FROM alert WHERE uid = ?1) AND sequence > ?2
                 ORDER BY sequence LIMIT ?3",
            )?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let key = params![id.0.as_bytes().as_slice(), after.cast_signed(), limit];
            let rows = statement.query_map(key, |row| row.get::<_, i64>(0))?;
            rows.map(|sequence| sequence.map(i64::cast_unsigned))
                .collect::<rusqlite::Result<Vec<u64>>>()
        };
        read().map_err(|error| self.unreadable(error))
    }

    fn unreadable(&self, error: rusqlite::Error) -> IndexError {
        failed(&self.inner.core, "read alerts", error)
    }
}

/// Returns the number of the latest change of an alert.
pub(crate) fn newest_change(core: &CoreFile) -> Result<u64, IndexError> {
    core.lock()
        .query_row("SELECT coalesce(max(change), 0) FROM alert", [], |row| row.get::<_, i64>(0))
        .map(i64::cast_unsigned)
        .map_err(|error| failed(core, "read how far alerts are", error))
}

/// Forgets alerts whose last event was told before `before` and that are over, a bounded number at
/// once; returns how many.
pub(crate) fn expire(core: &CoreFile, before: Timestamp) -> Result<usize, IndexError> {
    let forget = || {
        let mut connection = core.lock();
        let transaction = connection.transaction()?;
        let old = format!(
            "SELECT id FROM alert WHERE told_us < ?1 AND condition <> {ACTIVE}
             ORDER BY told_us LIMIT {FORGOTTEN_AT_ONCE}"
        );
        let before = [before.as_micros()];
        transaction.execute(&format!("DELETE FROM alert_event WHERE alert IN ({old})"), before)?;
        let count =
            transaction.execute(&format!("DELETE FROM alert WHERE id IN ({old})"), before)?;
        transaction.commit()?;
        Ok(count)
    };
    forget().map_err(|error| failed(core, "forget old alerts", error))
}

/// Alerts that one round of expiry forgets at most: the core file is locked meanwhile.
const FORGOTTEN_AT_ONCE: usize = 2000;

/// How the conditions are stored.
const MOMENTARY: u8 = 0;
const ACTIVE: u8 = 1;
const CLEARED: u8 = 2;

/// Columns of `alert` in the order in which [`read_alert`] takes them apart.
const COLUMNS: &str = "id, uid, change, kind, rule, severity, class, cameras, lat, lon, first_us,
    last_us, last_event, count, condition, cleared_us, version";

fn failed(core: &CoreFile, action: &'static str, error: rusqlite::Error) -> IndexError {
    IndexError::database(action, &core.path, error)
}

fn settle(connection: &mut Connection, folded: &FoldedEvents) -> rusqlite::Result<u64> {
    let transaction = connection.transaction()?;
    let mut change: i64 =
        transaction
            .query_row("SELECT coalesce(max(change), 0) FROM alert", [], |row| row.get(0))?;
    for alert in &folded.alerts {
        change += 1;
        put(&transaction, alert, change)?;
    }
    for (alert, sequence) in &folded.events {
        transaction
            .prepare_cached(
                "INSERT OR IGNORE INTO alert_event (alert, sequence)
                 SELECT id, ?2 FROM alert WHERE uid = ?1",
            )?
            .execute(params![alert.0.as_bytes().as_slice(), sequence.cast_signed()])?;
    }
    transaction.execute(
        "INSERT OR REPLACE INTO alert_cursor (one, sequence) VALUES (1, ?1)",
        [folded.cursor.cast_signed()],
    )?;
    transaction.commit()?;
    Ok(change.cast_unsigned())
}

fn put(connection: &Connection, alert: &Alert, change: i64) -> rusqlite::Result<()> {
    let (condition, cleared) = match alert.condition {
        Condition::Momentary => (MOMENTARY, None),
        Condition::Active => (ACTIVE, None),
        Condition::Cleared(at) => (CLEARED, Some(at.as_micros())),
    };
    let told = alert.last_event.given().unwrap_or(alert.last);
    let cameras: Vec<&str> = alert.cameras.iter().map(CameraId::as_str).collect();
    connection
        .prepare_cached(
            "INSERT INTO alert (uid, change, kind, rule, severity, class, cameras, lat, lon,
               first_us, last_us, last_event, told_us, count, condition, cleared_us, version)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
             ON CONFLICT (uid) DO UPDATE SET change = excluded.change,
               severity = excluded.severity, cameras = excluded.cameras,
               first_us = excluded.first_us, last_us = excluded.last_us,
               last_event = excluded.last_event, told_us = excluded.told_us,
               count = excluded.count, condition = excluded.condition,
               cleared_us = excluded.cleared_us, version = excluded.version",
        )?
        .execute(params![
            alert.id.0.as_bytes().as_slice(),
            change,
            alert.kind.number(),
            alert.rule.as_str(),
            alert.severity.number(),
            alert.class.map_or(0, Class::number),
            cameras.join(" "),
            alert.location.map(|location| location.lat),
            alert.location.map(|location| location.lon),
            alert.first.as_micros(),
            alert.last.as_micros(),
            alert.last_event.0.as_bytes().as_slice(),
            told.as_micros(),
            alert.count,
            condition,
            cleared,
            alert.version,
        ])?;
    Ok(())
}

fn page(core: &Connection, query: &AlertQuery) -> rusqlite::Result<AlertPage> {
    let limit = query.limit.clamp(1, 1000);
    let of_condition =
        if query.only_active { format!("AND condition = {ACTIVE}") } else { String::new() };
    let mut statement = core.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM alert
         WHERE first_us >= ?1 AND first_us < ?2 AND (first_us, id) < (?3, ?4) {of_condition}
           AND severity <= ?5 AND (?6 = 0 OR (?6 >> kind) & 1) AND (?7 = 0 OR (?7 >> class) & 1)
         ORDER BY first_us DESC, id DESC"
    ))?;
    let cursor = query.cursor.unwrap_or(AlertCursor { first_us: i64::MAX, row: i64::MAX });
    let kinds = query.kinds.iter().fold(0_i64, |all, kind| all | 1 << kind.number());
    let classes = query.classes.iter().fold(0_i64, |all, class| all | 1 << class.number());
    let mut rows = statement.query(params![
        query.range.start.as_micros(),
        query.range.end.as_micros(),
        cursor.first_us,
        cursor.row,
        query.min_severity.map_or(u8::MAX, Severity::number),
        kinds,
        classes,
    ])?;
    let is_seen_by = |alert: &Alert| {
        let wanted =
            |cameras: &Vec<CameraId>| alert.cameras.iter().any(|seen| cameras.contains(seen));
        query.cameras.as_ref().is_none_or(wanted)
    };
    let (mut alerts, mut next) = (Vec::new(), None);
    while let Some(row) = rows.next()? {
        let (row, stored) = read_alert(row)?;
        if !is_seen_by(&stored.alert) {
            continue;
        }
        if alerts.len() == limit {
            return Ok(AlertPage { alerts, next });
        }
        next = Some(AlertCursor { first_us: stored.alert.first.as_micros(), row });
        alerts.push(stored);
    }
    Ok(AlertPage { alerts, next: None })
}

/// Reads a row of [`COLUMNS`]; what was never written is an error.
fn read_alert(row: &Row<'_>) -> rusqlite::Result<(i64, StoredAlert)> {
    let invalid = |column: usize| {
        rusqlite::Error::InvalidColumnType(
            column,
            "a value that was never written".to_owned(),
            rusqlite::types::Type::Blob,
        )
    };
    let uuid = |column: usize| -> rusqlite::Result<EventId> {
        let bytes = row.get_ref(column)?.as_blob().map_err(|_| invalid(column))?;
        Uuid::from_slice(bytes).map(EventId).map_err(|_| invalid(column))
    };
    let time = |column: usize| row.get(column).map(Timestamp::from_micros);
    let cameras: String = row.get(7)?;
    let cameras: Result<Vec<CameraId>, _> = cameras.split(' ').map(str::parse).collect();
    let (lat, lon): (Option<f64>, Option<f64>) = (row.get(8)?, row.get(9)?);
    let class: u8 = row.get(6)?;
    let condition = match row.get(14)? {
        MOMENTARY => Condition::Momentary,
        ACTIVE => Condition::Active,
        CLEARED => Condition::Cleared(time(15)?),
        _ => return Err(invalid(14)),
    };
    let alert = Alert {
        id: uuid(1)?,
        kind: EventKind::from_number(row.get(3)?).ok_or_else(|| invalid(3))?,
        rule: row.get::<_, String>(4)?.parse().map_err(|_| invalid(4))?,
        severity: Severity::try_from(row.get::<_, u8>(5)?).map_err(|_| invalid(5))?,
        class: if class == 0 {
            None
        } else {
            Some(Class::from_number(class).ok_or_else(|| invalid(6))?)
        },
        cameras: cameras.map_err(|_| invalid(7))?,
        location: lat.zip(lon).and_then(|(lat, lon)| Location::new(lat, lon).ok()),
        first: time(10)?,
        last: time(11)?,
        last_event: uuid(12)?,
        count: row.get(13)?,
        condition,
        version: row.get(16)?,
    };
    let change: i64 = row.get(2)?;
    Ok((row.get(0)?, StoredAlert { change: change.cast_unsigned(), alert }))
}
