//! Cases: what belongs together under a number of an incident, whoever found it.

use domain::{AccountName, CameraId, EventId, TimeRange, Timestamp};
use rusqlite::types::ValueRef;
use rusqlite::{OptionalExtension, Row, params};

use crate::alert_row::{never_written, read_text, read_uuid};
use crate::alerts::failed;
use crate::sparse_id::sparse_id;
use crate::{Index, IndexError};

/// A case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Numbers the cases of a site, from 1; 0 for one that is not stored yet.
    pub id: i64,
    /// The number that people know it by. Two that nobody of the one's officers is told of the other may
    /// be alike.
    pub number: String,
    /// What it is about.
    pub title: String,
    /// Who opened it.
    pub by: AccountName,
    /// When.
    pub at: Timestamp,
}

/// What a mark puts into a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Marked {
    /// An alert; it is kept as long as the case.
    Alert(EventId),
    /// A span of a camera's footage.
    Footage(CameraId, TimeRange),
    /// Nothing but words.
    Note,
}

/// Something put into a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseMark {
    /// What.
    pub marked: Marked,
    /// Which cameras were looked at beside that of the footage, in the order of their tiles.
    pub beside: Vec<CameraId>,
    /// What is said of it.
    pub note: String,
    /// Who put it there.
    pub by: AccountName,
    /// When.
    pub at: Timestamp,
}

impl Index {
    /// Opens a case; returns its number among the site's, or `None` if there is one called so other than
    /// those of `beside`. Durable on return.
    ///
    /// # Errors
    /// When the core file cannot be written; then nothing has changed.
    pub fn open_case(&self, case: &Case, beside: &[i64]) -> Result<Option<i64>, IndexError> {
        let beside = serde_json::to_string(beside).unwrap_or_default();
        let core = &self.inner.core;
        core.lock()
            .query_row(
                &insert_case(),
                params![case.number, case.title, case.at.as_micros(), case.by.as_str(), beside],
                |row| row.get(0),
            )
            .optional()
            .map_err(|error| failed(core, "open a case", error))
    }

    /// Puts something into the case numbered `id`; returns whether there is that case. Durable on
    /// return.
    ///
    /// # Errors
    /// When the core file cannot be written; then nothing has changed.
    pub fn mark_case(&self, id: i64, mark: &CaseMark) -> Result<bool, IndexError> {
        let (alert, footage) = match &mark.marked {
            Marked::Alert(alert) => (Some(alert.0.as_bytes().as_slice()), None),
            Marked::Footage(camera, range) => (None, Some((camera.as_str(), *range))),
            Marked::Note => (None, None),
        };
        let beside: Vec<&str> = mark.beside.iter().map(CameraId::as_str).collect();
        let core = &self.inner.core;
        core.lock()
            .execute(
                "INSERT INTO case_mark
                   (duty_case, at_us, by, alert, camera, start_us, end_us, note, beside)
                 SELECT id, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9 FROM duty_case WHERE id = ?1",
                params![
                    id,
                    mark.at.as_micros(),
                    mark.by.as_str(),
                    alert,
                    footage.map(|(camera, _)| camera),
                    footage.map(|(_, range)| range.start.as_micros()),
                    footage.map(|(_, range)| range.end.as_micros()),
                    mark.note,
                    beside.join(BETWEEN),
                ],
            )
            .map(|stored| stored == 1)
            .map_err(|error| failed(core, "mark a case", error))
    }

    /// Returns which cases are called `number`.
    ///
    /// # Errors
    /// [`IndexError::Busy`], or when the core file cannot be read.
    pub fn cases_called(&self, number: &str) -> Result<Vec<i64>, IndexError> {
        let mut reader = self.inner.readers.get()?;
        let core = reader.core()?;
        let read = || {
            let sql = "SELECT id FROM duty_case WHERE number = ?1";
            let mut statement = core.prepare_cached(sql)?;
            let rows = statement.query_map([number], |row| row.get(0))?;
            rows.collect::<rusqlite::Result<_>>()
        };
        read().map_err(|error| self.unreadable(error))
    }

    /// Returns up to `limit` cases below the one numbered `before`, the newest first.
    ///
    /// # Errors
    /// [`IndexError::Busy`], or when the core file cannot be read.
    pub fn cases(&self, before: i64, limit: usize) -> Result<Vec<Case>, IndexError> {
        let mut reader = self.inner.readers.get()?;
        let core = reader.core()?;
        let read = || {
            let sql = format!("{SELECT} WHERE id < ?1 ORDER BY id DESC LIMIT ?2");
            let mut statement = core.prepare_cached(&sql)?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let rows = statement.query_map([before, limit], read_case)?;
            rows.collect::<rusqlite::Result<_>>()
        };
        read().map_err(|error| self.unreadable(error))
    }

    /// Returns the case numbered `id` with what was put into it, in the order in which it was.
    ///
    /// # Errors
    /// [`IndexError::Busy`], or when the core file cannot be read.
    pub fn case(&self, id: i64) -> Result<Option<(Case, Vec<CaseMark>)>, IndexError> {
        let mut reader = self.inner.readers.get()?;
        let core = reader.core()?;
        let read = || {
            let sql = format!("{SELECT} WHERE id = ?1");
            let case = core.prepare_cached(&sql)?.query_row([id], read_case).optional()?;
            let mut statement = core.prepare_cached(
                "SELECT at_us, by, alert, camera, start_us, end_us, note, beside FROM case_mark
                 WHERE duty_case = ?1 ORDER BY id",
            )?;
            let marks = statement.query_map([id], read_mark)?;
            let marks = marks.collect::<rusqlite::Result<Vec<_>>>()?;
            Ok(case.map(|case| (case, marks)))
        };
        read().map_err(|error| self.unreadable(error))
    }
}

/// Makes room for several cases of one number: who opens one is not told of another's elsewhere.
pub(crate) const CASES_OF_A_NUMBER: &str = "CREATE TABLE duty_case_anew (
       id INTEGER PRIMARY KEY,
       number TEXT NOT NULL, title TEXT NOT NULL,
       opened_us INTEGER NOT NULL, opened_by TEXT NOT NULL
     ) STRICT;
     INSERT INTO duty_case_anew SELECT id, number, title, opened_us, opened_by FROM duty_case;
     DROP TABLE duty_case;
     ALTER TABLE duty_case_anew RENAME TO duty_case;
     CREATE INDEX duty_case_number ON duty_case (number);";

/// Returns what opens a case unless there is one of its number, other than those of a list in JSON;
/// answers with its id.
pub(crate) fn insert_case() -> String {
    format!(
        "INSERT INTO duty_case (id, number, title, opened_us, opened_by)
         SELECT {}, ?1, ?2, ?3, ?4 WHERE NOT EXISTS (
           SELECT 1 FROM duty_case
           WHERE number = ?1 AND id NOT IN (SELECT value FROM json_each(?5)))
         RETURNING id",
        sparse_id("duty_case")
    )
}

/// Stands between the cameras of a mark, and in no name of one.
const BETWEEN: &str = ",";

const SELECT: &str = "SELECT id, number, title, opened_by, opened_us FROM duty_case";

fn read_case(row: &Row<'_>) -> rusqlite::Result<Case> {
    Ok(Case {
        id: row.get(0)?,
        number: row.get(1)?,
        title: row.get(2)?,
        by: read_text(row, 3)?,
        at: Timestamp::from_micros(row.get(4)?),
    })
}

fn read_mark(row: &Row<'_>) -> rusqlite::Result<CaseMark> {
    let marked = match (row.get_ref(2)?, row.get_ref(3)?) {
        (ValueRef::Blob(_), _) => Marked::Alert(read_uuid(row, 2)?),
        (_, ValueRef::Text(_)) => {
            let time = |column: usize| row.get(column).map(Timestamp::from_micros);
            let range = TimeRange::new(time(4)?, time(5)?).ok_or_else(|| never_written(5))?;
            Marked::Footage(read_text(row, 3)?, range)
        }
        _ => Marked::Note,
    };
    let beside: String = row.get(7)?;
    let beside =
        beside.split_terminator(BETWEEN).map(|camera| camera.parse().map_err(|_| never_written(7)));
    Ok(CaseMark {
        marked,
        beside: beside.collect::<rusqlite::Result<_>>()?,
        note: row.get(6)?,
        by: read_text(row, 1)?,
        at: Timestamp::from_micros(row.get(0)?),
    })
}
