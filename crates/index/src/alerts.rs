//! Alerts: a projection of the event log, kept in the core file.
//!
//! Whoever makes alerts reads the feed after the cursor kept here and hands back what changed.
//! Alerts, the events folded into them and the cursor move in one transaction, so every event is
//! folded exactly once, also over a crash. Each change of an alert gets the next number of one
//! count: whoever follows asks for what changed after the number it knows.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::ops::RangeInclusive;

use domain::{Alert, DueEscalation, EventId, Flood, Handled, Severity, TimeRange, Timestamp};
use rusqlite::{Connection, OptionalExtension, ToSql, params};

use crate::alert_row::{ACTIVE, COLUMNS, StoredAlert, put, read_alert, read_severity, read_uuid};
use crate::core_file::CoreFile;
use crate::floods::{floods_changed_after, next_change};
use crate::handling::act_in;
use crate::shelvings::{StoredShelving, shelving_of};
use crate::{Index, IndexError, StoredEvent};

/// What folding some events of the feed came to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FoldedEvents {
    /// The alerts that changed, each as it is now.
    pub alerts: Vec<Alert>,
    /// Which event, by its sequence, belongs to which alert.
    pub events: Vec<(EventId, u64)>,
    /// The sequence up to which events have been folded.
    pub cursor: u64,
    /// When alerts are to be escalated unless somebody acknowledges them; what is sooner than what
    /// is known counts, and nothing once somebody was told.
    pub escalations: Vec<(EventId, DueEscalation)>,
    /// The alerts that were raised, each with the first of its group.
    pub groups: Vec<(EventId, EventId)>,
}

/// Something that whoever follows alerts is told of.
#[derive(Debug, Clone, PartialEq)]
pub enum AlertChange {
    /// An alert was raised, grew, or is handled otherwise.
    Alert(Box<StoredAlert>),
    /// A flood of alerts began or ended, with the number of that change.
    Flood(u64, Flood),
}

impl AlertChange {
    /// Returns the number of the change.
    pub fn number(&self) -> u64 {
        match self {
            Self::Alert(stored) => stored.change,
            Self::Flood(change, _) => *change,
        }
    }
}

impl Index {
    /// Returns the sequence up to which events have been folded into alerts; `None` before the
    /// first time.
    ///
    /// # Errors
    /// When the core file cannot be read.
    pub fn alert_cursor(&self) -> Result<Option<u64>, IndexError> {
        cursor(&self.inner.core)
    }

    /// Returns a watch on the sequence up to which events have been folded into alerts; 0 before the
    /// first time.
    pub fn folded_knock(&self) -> tokio::sync::watch::Receiver<u64> {
        self.inner.folded_knock.subscribe()
    }

    /// Stores what folding came to: all or nothing, durable on return. Asking again after an error
    /// is safe. Returns the number of the latest change.
    ///
    /// # Errors
    /// When the core file cannot be written; then nothing has changed.
    pub fn settle_alerts(&self, folded: &FoldedEvents) -> Result<u64, IndexError> {
        self.settle_shelving(folded, |_, _| None)
    }

    /// Does the same; `shelve` says what becomes of an alert that was raised while its rule is
    /// shelved at its camera, in the same transaction: nobody sees it in the queue before.
    ///
    /// # Errors
    /// When the core file cannot be written; then nothing has changed.
    pub fn settle_shelving(
        &self,
        folded: &FoldedEvents,
        shelve: impl Fn(&StoredAlert, &StoredShelving) -> Option<Handled>,
    ) -> Result<u64, IndexError> {
        let core = &self.inner.core;
        let newest = settle(&mut core.lock(), folded, shelve)
            .map_err(|error| failed(core, "store alerts", error))?;
        self.knock_of_alerts(newest);
        self.inner.folded_knock.send_replace(folded.cursor);
        Ok(newest)
    }

    /// Tells whoever follows alerts that there is a change of this number.
    pub(crate) fn knock_of_alerts(&self, newest: u64) {
        // Of two writers the later may come first: the number must not fall back.
        self.inner.alert_knock.send_modify(|known| *known = newest.max(*known));
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
    pub fn growing_alerts(&self, since: Timestamp) -> Result<Vec<StoredAlert>, IndexError> {
        let mut reader = self.inner.readers.get()?;
        let all = reader.core()?;
        let sql = format!(
            "SELECT {COLUMNS} FROM alert WHERE condition = {ACTIVE}
             UNION SELECT {COLUMNS} FROM alert WHERE told_us >= ?1 ORDER BY 1"
        );
        let read = || {
            let mut statement = all.prepare_cached(&sql)?;
            let rows = statement.query_map([since.as_micros()], read_alert)?;
            rows.map(|row| row.map(|(_, stored)| stored)).collect::<rusqlite::Result<_>>()
        };
        read().map_err(|error| self.unreadable(error))
    }

    /// Returns up to `limit` changes after the one numbered `change`, in their order: each alert
    /// that changed once, as it is now, and each flood that began or ended.
    ///
    /// # Errors
    /// [`IndexError::Busy`], or when the core file cannot be read.
    pub fn alert_changes_after(
        &self,
        change: u64,
        limit: usize,
    ) -> Result<Vec<AlertChange>, IndexError> {
        let mut reader = self.inner.readers.get()?;
        let core = reader.core()?;
        changes_after(core, change.cast_signed(), limit).map_err(|error| self.unreadable(error))
    }

    /// Returns up to `limit` alerts raised in `range` by our own clock, in that order.
    ///
    /// # Errors
    /// [`IndexError::Busy`], or when the core file cannot be read.
    pub fn alerts_raised_in(
        &self,
        range: TimeRange,
        limit: usize,
    ) -> Result<Vec<StoredAlert>, IndexError> {
        let mut reader = self.inner.readers.get()?;
        let core = reader.core()?;
        let sql = format!(
            "SELECT {COLUMNS} FROM alert WHERE raised_us >= ?1 AND raised_us < ?2
             ORDER BY raised_us, id LIMIT ?3"
        );
        let read = || {
            let mut statement = core.prepare_cached(&sql)?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let key = [range.start.as_micros(), range.end.as_micros(), limit];
            let rows = statement.query_map(key, read_alert)?;
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

    /// Returns which alerts the events stored with the sequences of `range` belong to, and how grave
    /// each is; those that belong to none, or to one that has expired, are left out.
    ///
    /// # Errors
    /// [`IndexError::Busy`], or when the core file cannot be read.
    pub fn alerts_of_events(
        &self,
        range: RangeInclusive<u64>,
    ) -> Result<BTreeMap<u64, (EventId, Severity)>, IndexError> {
        let mut reader = self.inner.readers.get()?;
        let core = reader.core()?;
        let read = || {
            let mut statement = core.prepare_cached(
                "SELECT alert_event.sequence, alert.uid, alert.severity
                 FROM alert_event JOIN alert ON alert.id = alert_event.alert
                 WHERE alert_event.sequence BETWEEN ?1 AND ?2",
            )?;
            let ends = [range.start().cast_signed(), range.end().cast_signed()];
            let rows = statement.query_map(ends, |row| {
                let sequence: i64 = row.get(0)?;
                Ok((sequence.cast_unsigned(), (read_uuid(row, 1)?, read_severity(row, 2)?)))
            })?;
            rows.collect::<rusqlite::Result<_>>()
        };
        read().map_err(|error| self.unreadable(error))
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

    pub(crate) fn unreadable(&self, error: rusqlite::Error) -> IndexError {
        failed(&self.inner.core, "read alerts", error)
    }
}

/// Returns the sequence up to which events have been folded into alerts.
pub(crate) fn cursor(core: &CoreFile) -> Result<Option<u64>, IndexError> {
    core.lock()
        .query_row("SELECT sequence FROM alert_cursor", [], |row| row.get::<_, i64>(0))
        .optional()
        .map(|sequence| sequence.map(i64::cast_unsigned))
        .map_err(|error| failed(core, "read how far alerts are", error))
}

/// Returns the number of the latest change of an alert.
pub(crate) fn newest_change(core: &CoreFile) -> Result<u64, IndexError> {
    core.lock()
        .query_row("SELECT newest FROM change_count", [], |row| row.get::<_, i64>(0))
        .map(i64::cast_unsigned)
        .map_err(|error| failed(core, "read how far alerts are", error))
}

/// Reads alerts and floods from one state of the file, or a change between the two reads would be
/// passed over for ever.
fn changes_after(
    core: &Connection,
    change: i64,
    limit: usize,
) -> rusqlite::Result<Vec<AlertChange>> {
    let snapshot = core.unchecked_transaction()?;
    let most = i64::try_from(limit).unwrap_or(i64::MAX);
    let sql = format!("SELECT {COLUMNS} FROM alert WHERE change > ?1 ORDER BY change LIMIT ?2");
    let mut changes = floods_changed_after(&snapshot, change, most)?;
    let mut statement = snapshot.prepare_cached(&sql)?;
    for row in statement.query_map([change, most], read_alert)? {
        changes.push(AlertChange::Alert(Box::new(row?.1)));
    }
    drop(statement);
    snapshot.finish()?;
    changes.sort_by_key(AlertChange::number);
    changes.truncate(limit);
    Ok(changes)
}

/// Forgets alerts whose last event was told before `before`, that are over, that nobody asked to
/// keep and that are in no case, with their logs, a bounded number at once; returns how many.
pub(crate) fn expire(core: &CoreFile, before: Timestamp) -> Result<usize, IndexError> {
    let forget = || {
        let mut connection = core.lock();
        let transaction = connection.transaction()?;
        let old = format!(
            "SELECT id FROM alert WHERE told_us < ?1 AND condition <> {ACTIVE} AND held = 0
               AND NOT EXISTS (SELECT 1 FROM case_mark WHERE case_mark.alert = alert.uid)
             ORDER BY told_us LIMIT {FORGOTTEN_AT_ONCE}"
        );
        let before = [before.as_micros()];
        transaction.execute(&format!("DELETE FROM alert_event WHERE alert IN ({old})"), before)?;
        transaction.execute(&format!("DELETE FROM alert_log WHERE alert IN ({old})"), before)?;
        let count =
            transaction.execute(&format!("DELETE FROM alert WHERE id IN ({old})"), before)?;
        transaction.commit()?;
        Ok(count)
    };
    forget().map_err(|error| failed(core, "forget old alerts", error))
}

/// Alerts that one round of expiry forgets at most: the core file is locked meanwhile.
const FORGOTTEN_AT_ONCE: usize = 2000;

pub(crate) fn failed(core: &CoreFile, action: &'static str, error: rusqlite::Error) -> IndexError {
    IndexError::database(action, &core.path, error)
}

fn settle(
    connection: &mut Connection,
    folded: &FoldedEvents,
    shelve: impl Fn(&StoredAlert, &StoredShelving) -> Option<Handled>,
) -> rusqlite::Result<u64> {
    let transaction = connection.transaction()?;
    for alert in &folded.alerts {
        let change = next_change(&transaction)?;
        put(&transaction, alert, change)?;
    }
    for (alert, head) in &folded.groups {
        transaction
            .prepare_cached("UPDATE alert SET grp = ?2 WHERE uid = ?1")?
            .execute([alert, head].map(|id| id.0.as_bytes().as_slice()))?;
    }
    for (alert, due) in &folded.escalations {
        // Whoever an alert was given to or put before stands in `assignee`.
        transaction
            .prepare_cached(
                "UPDATE alert SET escalates_us = ?2, escalates_to = ?3
                 WHERE uid = ?1 AND handling = 0 AND shelved_us IS NULL AND assignee IS NULL
                   AND (escalates_us IS NULL OR escalates_us > ?2)",
            )?
            .execute(params![alert.0.as_bytes().as_slice(), due.at.as_micros(), due.to.as_str()])?;
    }
    // Those that were raised are all in a group, of their own if of no other.
    for (raised, _) in &folded.groups {
        let Some(alert) = folded.alerts.iter().find(|alert| alert.id == *raised) else { continue };
        if let Some(shelving) = shelving_of(&transaction, alert)? {
            let decide = |stored: &StoredAlert| Ok::<_, Infallible>(shelve(stored, &shelving));
            act_in(&transaction, alert.id, None, decide)?;
        }
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
    let newest: i64 =
        transaction.query_row("SELECT newest FROM change_count", [], |row| row.get(0))?;
    transaction.commit()?;
    Ok(newest.cast_unsigned())
}
