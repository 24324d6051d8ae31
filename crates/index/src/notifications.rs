//! How far each target of notifications is in the feed, and the events that it would not take.
//!
//! The feed is the outbox: what a target has yet to get is what comes after its cursor. Cursor and
//! dead letters move in one transaction, so no event falls between them.

use domain::{CameraId, EventId, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use crate::core_file::CoreFile;
use crate::{Index, IndexError};

/// How many dead letters are kept for each target; the oldest make room.
pub const DEAD_LETTERS_KEPT: usize = 10_000;

/// An event that a target would not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The event's place in the feed.
    pub sequence: u64,
    /// The event's name.
    pub event: EventId,
    /// The camera that saw it.
    pub camera: CameraId,
    /// When it was given up.
    pub time: Timestamp,
    /// How often it was sent.
    pub attempts: u32,
    /// Why it was given up, for a person.
    pub reason: String,
}

impl Index {
    /// Returns the sequence up to which `target` has been served; `None` for a new target.
    ///
    /// # Errors
    /// When the core file cannot be read.
    pub fn notify_cursor(&self, target: &str) -> Result<Option<u64>, IndexError> {
        let core = &self.inner.core;
        let sequence: Option<i64> = core
            .lock()
            .query_row("SELECT sequence FROM notify_cursor WHERE target = ?1", [target], |row| {
                row.get(0)
            })
            .optional()
            .map_err(|error| failed(core, "read a notification cursor", error))?;
        Ok(sequence.map(|sequence| u64::try_from(sequence).unwrap_or(0)))
    }

    /// Moves the cursor of `target` to `sequence`, adds `dead` to its dead letters (each sequence
    /// once, the newest word on it) and takes `delivered` out of them: all or nothing, durable on
    /// return. Returns how many of the oldest dead letters were forgotten to make room.
    ///
    /// # Errors
    /// When the core file cannot be written; then nothing has changed.
    pub fn settle_notifications(
        &self,
        target: &str,
        sequence: u64,
        dead: &[DeadLetter],
        delivered: &[u64],
    ) -> Result<usize, IndexError> {
        let core = &self.inner.core;
        settle(&mut core.lock(), target, sequence, dead, delivered)
            .map_err(|error| failed(core, "move a notification cursor", error))
    }

    /// Returns up to `limit` dead letters of `target` whose sequence is above `after`, in order.
    ///
    /// # Errors
    /// When the core file cannot be read.
    pub fn dead_letters(
        &self,
        target: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<DeadLetter>, IndexError> {
        let core = &self.inner.core;
        let connection = core.lock();
        let read = || {
            let mut statement = connection.prepare_cached(
                "SELECT sequence, event, camera, time_us, attempts, reason FROM dead_letter
                 WHERE target = ?1 AND sequence > ?2 ORDER BY sequence LIMIT ?3",
            )?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let rows = statement.query_map(params![target, stored(after), limit], read_letter)?;
            rows.collect::<Result<Vec<_>, _>>()
        };
        read().map_err(|error| failed(core, "read dead letters", error))
    }

    /// Returns how many dead letters `target` has.
    ///
    /// # Errors
    /// When the core file cannot be read.
    pub fn dead_letter_count(&self, target: &str) -> Result<u64, IndexError> {
        let core = &self.inner.core;
        let count: i64 = core
            .lock()
            .query_row("SELECT count(*) FROM dead_letter WHERE target = ?1", [target], |row| {
                row.get(0)
            })
            .map_err(|error| failed(core, "count dead letters", error))?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Forgets cursors and dead letters of all targets but `kept`; durable on return.
    ///
    /// # Errors
    /// When the core file cannot be written; then nothing has changed.
    pub fn keep_notify_targets(&self, kept: &[String]) -> Result<(), IndexError> {
        let core = &self.inner.core;
        keep(&mut core.lock(), kept)
            .map_err(|error| failed(core, "forget targets of notifications", error))
    }
}

fn failed(core: &CoreFile, action: &'static str, error: rusqlite::Error) -> IndexError {
    IndexError::database(action, &core.path, error)
}

fn stored(sequence: u64) -> i64 {
    i64::try_from(sequence).unwrap_or(i64::MAX)
}

fn settle(
    connection: &mut Connection,
    target: &str,
    sequence: u64,
    dead: &[DeadLetter],
    delivered: &[u64],
) -> rusqlite::Result<usize> {
    let transaction = connection.transaction()?;
    transaction.execute(
        "INSERT OR REPLACE INTO notify_cursor VALUES (?1, ?2)",
        params![target, stored(sequence)],
    )?;
    for sequence in delivered {
        transaction.execute(
            "DELETE FROM dead_letter WHERE target = ?1 AND sequence = ?2",
            params![target, stored(*sequence)],
        )?;
    }
    for letter in dead {
        transaction.execute(
            "INSERT OR REPLACE INTO dead_letter VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                target,
                stored(letter.sequence),
                letter.event.0.as_bytes().as_slice(),
                letter.camera.as_str(),
                letter.time.as_micros(),
                letter.attempts,
                letter.reason,
            ],
        )?;
    }
    let mut forgotten = 0;
    if !dead.is_empty() {
        let kept = i64::try_from(DEAD_LETTERS_KEPT).unwrap_or(i64::MAX);
        forgotten = transaction.execute(
            "DELETE FROM dead_letter WHERE target = ?1 AND sequence <= (
               SELECT sequence FROM dead_letter WHERE target = ?1
               ORDER BY sequence DESC LIMIT 1 OFFSET ?2)",
            params![target, kept],
        )?;
    }
    transaction.commit()?;
    Ok(forgotten)
}

fn keep(connection: &mut Connection, kept: &[String]) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    let known = transaction
        .prepare("SELECT target FROM notify_cursor UNION SELECT target FROM dead_letter")?
        .query_map([], |row| row.get::<_, String>(0))?
        .collect::<Result<Vec<_>, _>>()?;
    for target in known.iter().filter(|target| !kept.contains(target)) {
        transaction.execute("DELETE FROM notify_cursor WHERE target = ?1", [target])?;
        transaction.execute("DELETE FROM dead_letter WHERE target = ?1", [target])?;
    }
    transaction.commit()
}

fn read_letter(row: &Row<'_>) -> rusqlite::Result<DeadLetter> {
    let unreadable = |column, error: Box<dyn std::error::Error + Send + Sync>| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Blob, error)
    };
    let sequence: i64 = row.get(0)?;
    let event: Vec<u8> = row.get(1)?;
    let event = Uuid::from_slice(&event).map_err(|error| unreadable(1, error.into()))?;
    let camera: String = row.get(2)?;
    Ok(DeadLetter {
        sequence: u64::try_from(sequence).unwrap_or(0),
        event: EventId(event),
        camera: camera.parse().map_err(|error: domain::InvalidId| unreadable(2, error.into()))?,
        time: Timestamp::from_micros(row.get(3)?),
        attempts: row.get(4)?,
        reason: row.get(5)?,
    })
}
