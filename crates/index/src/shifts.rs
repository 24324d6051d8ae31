//! Hand-overs of the shift: what one officer leaves to the next, signed by both.

use domain::{AccountName, EventId, LogEntry, TimeRange, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::alert_row::{read_text, read_uuid};
use crate::alerts::failed;
use crate::handling::read_entry;
use crate::{Index, IndexError};

/// A hand-over of the shift.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handover {
    /// Numbers the hand-overs of a site, from 1; 0 for one that is not stored yet.
    pub id: i64,
    /// When the outgoing officer signed.
    pub started: Timestamp,
    /// Who leaves.
    pub outgoing: AccountName,
    /// Who takes over.
    pub incoming: AccountName,
    /// What the one says to the other.
    pub note: String,
    /// What was open, shelved and assigned when the outgoing officer signed: JSON of whoever
    /// stores it.
    pub lists: String,
    /// When the incoming officer signed; `None` before.
    pub signed: Option<Timestamp>,
}

impl Index {
    /// Stores a hand-over that the outgoing officer signed; one that nobody took over is replaced.
    /// Returns its number, durable on return.
    ///
    /// # Errors
    /// When the core file cannot be written; then nothing has changed.
    pub fn start_handover(&self, handover: &Handover) -> Result<i64, IndexError> {
        let core = &self.inner.core;
        start(&mut core.lock(), handover).map_err(|error| failed(core, "store a hand-over", error))
    }

    /// Notes that the incoming officer signed the hand-over numbered `id`; returns whether it waits
    /// for this account's signature. Durable on return.
    ///
    /// # Errors
    /// When the core file cannot be written; then nothing has changed.
    pub fn sign_handover(
        &self,
        id: i64,
        by: &AccountName,
        at: Timestamp,
    ) -> Result<bool, IndexError> {
        let core = &self.inner.core;
        core.lock()
            .execute(
                "UPDATE handover SET signed_us = ?3
                 WHERE id = ?1 AND incoming = ?2 AND signed_us IS NULL",
                params![id, by.as_str(), at.as_micros()],
            )
            .map(|signed| signed == 1)
            .map_err(|error| failed(core, "sign a hand-over", error))
    }

    /// Returns the hand-over numbered `id`.
    ///
    /// # Errors
    /// [`IndexError::Busy`], or when the core file cannot be read.
    pub fn handover(&self, id: i64) -> Result<Option<Handover>, IndexError> {
        self.one_handover("id = ?1", id)
    }

    /// Returns the hand-over that waits for the incoming officer's signature.
    ///
    /// # Errors
    /// [`IndexError::Busy`], or when the core file cannot be read.
    pub fn waiting_handover(&self) -> Result<Option<Handover>, IndexError> {
        self.one_handover("signed_us IS NULL AND id > ?1", 0)
    }

    /// Returns the latest hand-over that both officers signed: the shift that lasts began with it.
    ///
    /// # Errors
    /// [`IndexError::Busy`], or when the core file cannot be read.
    pub fn latest_handover(&self) -> Result<Option<Handover>, IndexError> {
        self.one_handover("signed_us IS NOT NULL AND id > ?1", 0)
    }

    fn one_handover(&self, which: &str, key: i64) -> Result<Option<Handover>, IndexError> {
        let mut reader = self.inner.readers.get()?;
        let core = reader.core()?;
        let sql = format!(
            "SELECT id, started_us, outgoing, incoming, note, lists, signed_us FROM handover
             WHERE {which} ORDER BY id DESC LIMIT 1"
        );
        core.prepare_cached(&sql)
            .and_then(|mut statement| statement.query_row([key], read).optional())
            .map_err(|error| self.unreadable(error))
    }

    /// Returns up to `limit` actions taken in `range`, each with its alert, in the order of time.
    ///
    /// # Errors
    /// [`IndexError::Busy`], or when the core file cannot be read.
    pub fn actions_in(
        &self,
        range: TimeRange,
        limit: usize,
    ) -> Result<Vec<(EventId, LogEntry)>, IndexError> {
        let mut reader = self.inner.readers.get()?;
        let core = reader.core()?;
        let read = || {
            let mut statement = core.prepare_cached(
                "SELECT log.version, at_us, by, action, log.escalates_us, log.escalates_to, uid
                 FROM alert_log log JOIN alert ON alert.id = log.alert
                 WHERE at_us >= ?1 AND at_us < ?2 ORDER BY at_us, log.alert, log.version LIMIT ?3",
            )?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let key = [range.start.as_micros(), range.end.as_micros(), limit];
            let rows =
                statement.query_map(key, |row| Ok((read_uuid(row, 6)?, read_entry(row)?)))?;
            rows.collect::<rusqlite::Result<_>>()
        };
        read().map_err(|error| self.unreadable(error))
    }
}

fn start(connection: &mut Connection, handover: &Handover) -> rusqlite::Result<i64> {
    let transaction = connection.transaction()?;
    transaction.execute("DELETE FROM handover WHERE signed_us IS NULL", [])?;
    transaction.execute(
        "INSERT INTO handover (started_us, outgoing, incoming, note, lists)
         VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            handover.started.as_micros(),
            handover.outgoing.as_str(),
            handover.incoming.as_str(),
            handover.note,
            handover.lists,
        ],
    )?;
    let id = transaction.last_insert_rowid();
    transaction.commit()?;
    Ok(id)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Handover> {
    Ok(Handover {
        id: row.get(0)?,
        started: Timestamp::from_micros(row.get(1)?),
        outgoing: read_text(row, 2)?,
        incoming: read_text(row, 3)?,
        note: row.get(4)?,
        lists: row.get(5)?,
        signed: row.get::<_, Option<i64>>(6)?.map(Timestamp::from_micros),
    })
}
