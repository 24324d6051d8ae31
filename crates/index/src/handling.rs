//! Actions on alerts: decided and stored in one transaction each, with a log that only grows.
//!
//! The index knows no rule of handling: whoever calls [`Index::act_on_alert`] decides, holding the
//! core file's one writer meanwhile, so that of two racing actions the later one sees the earlier.

use std::time::Duration;

use domain::{
    AccountName, Action, Actor, DueEscalation, EventId, Handled, Handling, LogEntry, Signature,
    Timestamp,
};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::alert_row::{
    COLUMNS, StoredAlert, put_handling, read_alert, read_escalation, read_json, read_text,
    read_uuid, written,
};
use crate::alerts::failed;
use crate::floods::next_change;
use crate::{Index, IndexError};

/// For how long a key is known; whoever repeats a request does so within moments.
const KEY_KEPT: Duration = Duration::from_secs(24 * 3600);

/// Names a request of an account, so that the same asked again is answered alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionKey {
    /// Whose request it is.
    pub by: AccountName,
    /// The name they gave it.
    pub key: String,
    /// What was asked, in a form of which equal means the same.
    pub request: String,
    /// When it was asked.
    pub at: Timestamp,
}

/// What became of an action.
#[derive(Debug, Clone, PartialEq)]
pub enum Acted<E> {
    /// It was taken, or was done already: the alert as it is now.
    Taken(Box<StoredAlert>),
    /// The same request was answered before: how the alert was handled then.
    Repeated(Box<Handling>),
    /// The key belongs to another request.
    OtherRequest,
    /// There is no such alert.
    NoSuchAlert,
    /// Whoever decides refused it.
    Refused(E),
}

impl Index {
    /// Does to the alert named `id` what `decide` says, or nothing on `None`: state, log, key and
    /// the number of the change in one transaction, durable on return.
    ///
    /// # Errors
    /// When the core file cannot be written; then nothing has changed.
    pub fn act_on_alert<E>(
        &self,
        id: EventId,
        key: Option<&ActionKey>,
        decide: impl FnOnce(&StoredAlert) -> Result<Option<Handled>, E>,
    ) -> Result<Acted<E>, IndexError> {
        let core = &self.inner.core;
        let acted = act(&mut core.lock(), id, key, decide)
            .map_err(|error| failed(core, "store an action on an alert", error))?;
        if let Acted::Taken(stored) = &acted {
            self.knock_of_alerts(stored.change);
        }
        Ok(acted)
    }

    /// Returns the log of the alert named `id`, in its order.
    ///
    /// # Errors
    /// [`IndexError::Busy`], or when the core file cannot be read.
    pub fn alert_log(&self, id: EventId) -> Result<Vec<LogEntry>, IndexError> {
        let mut reader = self.inner.readers.get()?;
        let core = reader.core()?;
        let read = || {
            let mut statement = core.prepare_cached(
                "SELECT version, at_us, by, action, escalates_us, escalates_to FROM alert_log
                 WHERE alert = (SELECT id FROM alert WHERE uid = ?1) ORDER BY version",
            )?;
            let rows = statement.query_map([id.0.as_bytes().as_slice()], read_entry)?;
            rows.collect::<rusqlite::Result<_>>()
        };
        read().map_err(|error| self.unreadable(error))
    }

    /// Returns up to `limit` alerts of which a time is up at `now`: to be escalated, to come back from
    /// the shelf, or to be held no more.
    ///
    /// # Errors
    /// [`IndexError::Busy`], or when the core file cannot be read.
    pub fn alerts_due(&self, now: Timestamp, limit: usize) -> Result<Vec<EventId>, IndexError> {
        let mut reader = self.inner.readers.get()?;
        let core = reader.core()?;
        let read = || {
            let mut statement = core.prepare_cached(
                "SELECT uid FROM alert WHERE escalates_us IS NOT NULL AND escalates_us <= ?1
                 UNION SELECT uid FROM alert WHERE shelved_us IS NOT NULL AND shelved_us <= ?1
                 UNION SELECT uid FROM alert
                   WHERE held_until_us IS NOT NULL AND held_until_us <= ?1
                 LIMIT ?2",
            )?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let rows = statement.query_map([now.as_micros(), limit], |row| read_uuid(row, 0))?;
            rows.collect::<rusqlite::Result<_>>()
        };
        read().map_err(|error| self.unreadable(error))
    }

    /// Returns when the next time of an alert is up.
    ///
    /// # Errors
    /// [`IndexError::Busy`], or when the core file cannot be read.
    pub fn next_alert_due(&self) -> Result<Option<Timestamp>, IndexError> {
        let mut reader = self.inner.readers.get()?;
        let core = reader.core()?;
        core.prepare_cached(
            "SELECT min(due) FROM (
               SELECT min(escalates_us) AS due FROM alert WHERE escalates_us IS NOT NULL
               UNION ALL SELECT min(shelved_us) FROM alert WHERE shelved_us IS NOT NULL
               UNION ALL SELECT min(held_until_us) FROM alert WHERE held_until_us IS NOT NULL)",
        )
        .and_then(|mut statement| statement.query_row([], |row| row.get::<_, Option<i64>>(0)))
        .map(|due| due.map(Timestamp::from_micros))
        .map_err(|error| self.unreadable(error))
    }
}

fn act<E>(
    connection: &mut Connection,
    id: EventId,
    key: Option<&ActionKey>,
    decide: impl FnOnce(&StoredAlert) -> Result<Option<Handled>, E>,
) -> rusqlite::Result<Acted<E>> {
    let transaction = connection.transaction()?;
    let acted = act_in(&transaction, id, key, decide)?;
    transaction.commit()?;
    Ok(acted)
}

/// Does it inside a transaction that began by taking the write lock.
pub(crate) fn act_in<E>(
    transaction: &Transaction<'_>,
    id: EventId,
    key: Option<&ActionKey>,
    decide: impl FnOnce(&StoredAlert) -> Result<Option<Handled>, E>,
) -> rusqlite::Result<Acted<E>> {
    let sql = format!("SELECT {COLUMNS} FROM alert WHERE uid = ?1");
    let found = transaction
        .prepare_cached(&sql)?
        .query_row([id.0.as_bytes().as_slice()], read_alert)
        .optional()?;
    let Some((row, mut stored)) = found else {
        return Ok(Acted::NoSuchAlert);
    };
    if let Some(answered) = key.map(|key| answered(transaction, row, key)).transpose()?.flatten() {
        return Ok(answered);
    }
    let handled = match decide(&stored) {
        Ok(handled) => handled,
        Err(refusal) => return Ok(Acted::Refused(refusal)),
    };
    if let Some(Handled { entry, handling }) = handled {
        let change = next_change(transaction)?;
        put_handling(transaction, row, &handling, change)?;
        put_entry(transaction, row, &entry, &handling)?;
        stored.change = change.cast_unsigned();
        stored.handling = handling;
    }
    if let Some(key) = key {
        put_key(transaction, row, stored.handling.version, key)?;
    }
    Ok(Acted::Taken(Box::new(stored)))
}

/// Returns what a request of this key was answered, if it was.
fn answered<E>(
    transaction: &Connection,
    row: i64,
    key: &ActionKey,
) -> rusqlite::Result<Option<Acted<E>>> {
    let known: Option<(i64, u32, String)> = transaction
        .prepare_cached("SELECT alert, version, action FROM action_key WHERE by = ?1 AND key = ?2")?
        .query_row([key.by.as_str(), &key.key], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((alert, version, request)) = known else {
        return Ok(None);
    };
    if alert != row || request != key.request {
        return Ok(Some(Acted::OtherRequest));
    }
    let handling = transaction
        .prepare_cached(
            "SELECT after, escalates_us, escalates_to FROM alert_log
             WHERE alert = ?1 AND version = ?2",
        )?
        .query_row(params![alert, version], |row| {
            let escalates: Option<DueEscalation> = read_escalation(row, 1)?;
            Ok(Handling { escalates, ..read_json(row, 0)? })
        })?;
    Ok(Some(Acted::Repeated(Box::new(handling))))
}

fn put_key(
    transaction: &Connection,
    row: i64,
    version: u32,
    key: &ActionKey,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("DELETE FROM action_key WHERE at_us < ?1")?
        .execute([key.at.minus(KEY_KEPT).as_micros()])?;
    transaction
        .prepare_cached("INSERT OR REPLACE INTO action_key VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
        .execute(params![
            key.by.as_str(),
            key.key,
            row,
            version,
            key.request,
            key.at.as_micros()
        ])?;
    Ok(())
}

fn put_entry(
    transaction: &Connection,
    row: i64,
    entry: &LogEntry,
    after: &Handling,
) -> rusqlite::Result<()> {
    let escalates = entry.escalates.as_ref();
    transaction
        .prepare_cached("INSERT INTO alert_log VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?
        .execute(params![
            row,
            entry.version,
            entry.signed.at.as_micros(),
            entry.signed.by.account().map(AccountName::as_str),
            written(&entry.action)?,
            escalates.map(|due| due.at.as_micros()),
            escalates.map(|due| due.to.as_str()),
            written(after)?,
        ])?;
    Ok(())
}

/// Reads version, time, who, action and next escalation from a row's first columns.
pub(crate) fn read_entry(row: &Row<'_>) -> rusqlite::Result<LogEntry> {
    let by = match row.get_ref(2)? {
        rusqlite::types::ValueRef::Null => Actor::Automatic,
        _ => Actor::Account(read_text(row, 2)?),
    };
    let action: Action = read_json(row, 3)?;
    let signed = Signature { by, at: Timestamp::from_micros(row.get(1)?) };
    Ok(LogEntry { version: row.get(0)?, signed, action, escalates: read_escalation(row, 4)? })
}
