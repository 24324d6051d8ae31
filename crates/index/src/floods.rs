//! Floods of alerts, and the one count that numbers all changes that are followed.

use domain::{Flood, TimeRange, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::alerts::{AlertChange, failed};
use crate::{Index, IndexError};

/// Alerts raised in a span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RaisedCount {
    /// The number of the span, from 0.
    pub span: u32,
    /// Of which severity.
    pub severity: u8,
    /// How many.
    pub count: u32,
}

impl Index {
    /// Stores that a flood began or ended; durable on return.
    ///
    /// # Errors
    /// When the core file cannot be written; then nothing has changed.
    pub fn put_flood(&self, flood: &Flood) -> Result<u64, IndexError> {
        let core = &self.inner.core;
        let change = put(&mut core.lock(), flood)
            .map_err(|error| failed(core, "store a flood of alerts", error))?
            .cast_unsigned();
        self.knock_of_alerts(change);
        Ok(change)
    }

    /// Returns the flood that lasts.
    ///
    /// # Errors
    /// [`IndexError::Busy`], or when the core file cannot be read.
    pub fn flood(&self) -> Result<Option<Flood>, IndexError> {
        let mut reader = self.inner.readers.get()?;
        reader
            .core()?
            .query_row(&format!("{SELECT} WHERE ended_us IS NULL"), [], read)
            .optional()
            .map(|found| found.map(|(_, flood)| flood))
            .map_err(|error| self.unreadable(error))
    }

    /// Returns the floods that lasted at some moment of `range`, in the order in which they began;
    /// `limit` of them at most.
    ///
    /// # Errors
    /// [`IndexError::Busy`], or when the core file cannot be read.
    pub fn floods_in(&self, range: TimeRange, limit: usize) -> Result<Vec<Flood>, IndexError> {
        let mut reader = self.inner.readers.get()?;
        let core = reader.core()?;
        let read_all = || {
            let mut statement = core.prepare_cached(&format!(
                "{SELECT} WHERE began_us < ?2 AND (ended_us IS NULL OR ended_us > ?1)
                 ORDER BY began_us LIMIT ?3"
            ))?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let key = params![range.start.as_micros(), range.end.as_micros(), limit];
            let rows = statement.query_map(key, |row| read(row).map(|(_, flood)| flood))?;
            rows.collect::<rusqlite::Result<_>>()
        };
        read_all().map_err(|error| self.unreadable(error))
    }

    /// Returns how many alerts were raised in `range`, by our own clock.
    ///
    /// # Errors
    /// [`IndexError::Busy`], or when the core file cannot be read.
    pub fn raised_in(&self, range: TimeRange) -> Result<u32, IndexError> {
        let mut reader = self.inner.readers.get()?;
        reader
            .core()?
            .prepare_cached("SELECT count(*) FROM alert WHERE raised_us >= ?1 AND raised_us < ?2")
            .and_then(|mut statement| {
                let range = [range.start.as_micros(), range.end.as_micros()];
                statement.query_row(range, |row| row.get(0))
            })
            .map_err(|error| self.unreadable(error))
    }

    /// Counts the alerts raised in `range` by spans of `step_us` and severity; spans without any
    /// are left out.
    ///
    /// # Errors
    /// [`IndexError::Busy`], or when the core file cannot be read.
    pub fn raised_by_span(
        &self,
        range: TimeRange,
        step_us: i64,
    ) -> Result<Vec<RaisedCount>, IndexError> {
        let mut reader = self.inner.readers.get()?;
        let core = reader.core()?;
        let read = || {
            let mut statement = core.prepare_cached(
                "SELECT (raised_us - ?1) / ?3 AS span, severity, count(*) FROM alert
                 WHERE raised_us >= ?1 AND raised_us < ?2 GROUP BY span, severity ORDER BY 1, 2",
            )?;
            let key = params![range.start.as_micros(), range.end.as_micros(), step_us.max(1)];
            let rows = statement.query_map(key, |row| {
                Ok(RaisedCount { span: row.get(0)?, severity: row.get(1)?, count: row.get(2)? })
            })?;
            rows.collect::<rusqlite::Result<_>>()
        };
        read().map_err(|error| self.unreadable(error))
    }
}

const SELECT: &str = "SELECT change, began_us, ended_us, alerts, desks FROM flood";

/// Takes the next number of the count of changes, inside the transaction of the change.
pub(crate) fn next_change(transaction: &Connection) -> rusqlite::Result<i64> {
    transaction
        .prepare_cached("UPDATE change_count SET newest = newest + 1 RETURNING newest")?
        .query_row([], |row| row.get(0))
}

/// Returns floods that began or ended after `change`.
pub(crate) fn floods_changed_after(
    core: &Connection,
    change: i64,
    limit: i64,
) -> rusqlite::Result<Vec<AlertChange>> {
    let sql = format!("{SELECT} WHERE change > ?1 ORDER BY change LIMIT ?2");
    let mut statement = core.prepare_cached(&sql)?;
    let rows = statement.query_map([change, limit], read)?;
    rows.map(|row| row.map(|(change, flood)| AlertChange::Flood(change, flood))).collect()
}

fn put(connection: &mut Connection, flood: &Flood) -> rusqlite::Result<i64> {
    let transaction = connection.transaction()?;
    let change = next_change(&transaction)?;
    transaction.execute(
        "INSERT OR REPLACE INTO flood (began_us, ended_us, alerts, desks, change)
         VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            flood.began.as_micros(),
            flood.ended.map(Timestamp::as_micros),
            flood.alerts,
            flood.desks,
            change
        ],
    )?;
    transaction.commit()?;
    Ok(change)
}

fn read(row: &Row<'_>) -> rusqlite::Result<(u64, Flood)> {
    let change: i64 = row.get(0)?;
    let flood = Flood {
        began: Timestamp::from_micros(row.get(1)?),
        ended: row.get::<_, Option<i64>>(2)?.map(Timestamp::from_micros),
        alerts: row.get(3)?,
        desks: row.get(4)?,
    };
    Ok((change.cast_unsigned(), flood))
}
