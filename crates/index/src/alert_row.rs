//! Alerts as rows of the core file.

use std::str::FromStr;

use domain::{
    AccountName, Alert, CameraId, Class, Condition, DueEscalation, EventId, EventKind, Handling,
    Location, Severity, Timestamp,
};
use rusqlite::types::{Type, ValueRef};
use rusqlite::{Connection, Row, params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

/// An alert with the number of its latest change.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredAlert {
    /// Counts the changes of all alerts of the site, from 1.
    pub change: u64,
    /// The alert.
    pub alert: Alert,
    /// How it is handled.
    pub handling: Handling,
    /// The first alert of its group: those that stand in one row of the queue.
    pub group: EventId,
    /// How many of its group stand in the queue; known where a page of groups was asked for.
    pub grouped: Option<u32>,
    /// What a call is about, in a few words: the title of its case. None of an alert of cameras.
    pub about: Option<String>,
}

/// How the conditions are stored.
const MOMENTARY: u8 = 0;
pub(crate) const ACTIVE: u8 = 1;
const CLEARED: u8 = 2;

/// Columns of `alert` in the order in which [`read_alert`] takes them apart.
pub(crate) const COLUMNS: &str = "id, uid, change, kind, rule, severity, class, cameras, lat, lon,
    first_us, last_us, last_event, count, condition, cleared_us, version, grp, handled,
    escalates_us, escalates_to,
    CASE WHEN kind IN (53, 54, 55) THEN (SELECT duty_case.title FROM call
      JOIN duty_case ON duty_case.id = call.duty_case WHERE call.alert = alert.uid) END";

/// Adds an alert, or replaces what folding changes of it; how it is handled stays.
pub(crate) fn put(connection: &Connection, alert: &Alert, change: i64) -> rusqlite::Result<()> {
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
               first_us, last_us, last_event, told_us, count, condition, cleared_us, version, raised_us)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,
               ?18)
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
            alert.id.given().unwrap_or(alert.first).as_micros(),
        ])?;
    Ok(())
}

/// Stores how an alert is handled, with the number of that change.
pub(crate) fn put_handling(
    connection: &Connection,
    row: i64,
    handling: &Handling,
    change: i64,
) -> rusqlite::Result<()> {
    let escalates = handling.escalates.as_ref();
    connection
        .prepare_cached(
            "UPDATE alert SET change = ?2, handling = ?3, handled = ?4, assignee = ?5,
               escalates_us = ?6, escalates_to = ?7, shelved_us = ?8, outcome = ?9, held = ?10,
               held_until_us = ?11
             WHERE id = ?1",
        )?
        .execute(params![
            row,
            change,
            handling.state.number(),
            written(handling)?,
            handling.assignee.as_ref().map(AccountName::as_str),
            escalates.map(|due| due.at.as_micros()),
            escalates.map(|due| due.to.as_str()),
            handling.shelved.as_ref().map(|shelved| shelved.until.as_micros()),
            handling.verdict.as_ref().map(|verdict| verdict.outcome.number()),
            handling.held.is_some(),
            handling.held_until.map(Timestamp::as_micros),
        ])?;
    Ok(())
}

/// Returns `value` as it is stored.
pub(crate) fn written(value: &impl Serialize) -> rusqlite::Result<String> {
    serde_json::to_string(value)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}

/// Reads the JSON of a column; what was never written is an error.
pub(crate) fn read_json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let text = row.get_ref(column)?.as_str().map_err(|_| never_written(column))?;
    serde_json::from_str(text).map_err(|_| never_written(column))
}

/// Reads the time of the next escalation and to whom, in two columns beside each other.
pub(crate) fn read_escalation(
    row: &Row<'_>,
    column: usize,
) -> rusqlite::Result<Option<DueEscalation>> {
    let Some(at) = row.get::<_, Option<i64>>(column)? else {
        return Ok(None);
    };
    let to: AccountName = read_text(row, column + 1)?;
    Ok(Some(DueEscalation { at: Timestamp::from_micros(at), to }))
}

/// Reads a column that holds a name.
pub(crate) fn read_text<T: FromStr>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    row.get_ref(column)?
        .as_str()
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| never_written(column))
}

/// Reads a column that names an event or an alert.
pub(crate) fn read_uuid(row: &Row<'_>, column: usize) -> rusqlite::Result<EventId> {
    let bytes = row.get_ref(column)?.as_blob().map_err(|_| never_written(column))?;
    Uuid::from_slice(bytes).map(EventId).map_err(|_| never_written(column))
}

/// Reads a column that says how grave something is.
pub(crate) fn read_severity(row: &Row<'_>, column: usize) -> rusqlite::Result<Severity> {
    Severity::try_from(row.get::<_, u8>(column)?).map_err(|_| never_written(column))
}

/// Returns the error of a column that holds what was never written.
pub(crate) fn never_written(column: usize) -> rusqlite::Error {
    rusqlite::Error::InvalidColumnType(
        column,
        "a value that was never written".to_owned(),
        Type::Blob,
    )
}

/// Reads a row of [`COLUMNS`] with its number; what was never written is an error.
pub(crate) fn read_alert(row: &Row<'_>) -> rusqlite::Result<(i64, StoredAlert)> {
    let invalid = never_written;
    let time = |column: usize| row.get(column).map(Timestamp::from_micros);
    let cameras: String = row.get(7)?;
    let cameras: Result<Vec<CameraId>, _> = cameras.split_whitespace().map(str::parse).collect();
    let (lat, lon): (Option<f64>, Option<f64>) = (row.get(8)?, row.get(9)?);
    let class: u8 = row.get(6)?;
    let condition = match row.get(14)? {
        MOMENTARY => Condition::Momentary,
        ACTIVE => Condition::Active,
        CLEARED => Condition::Cleared(time(15)?),
        _ => return Err(invalid(14)),
    };
    let alert = Alert {
        id: read_uuid(row, 1)?,
        kind: EventKind::from_number(row.get(3)?).ok_or_else(|| invalid(3))?,
        rule: read_text(row, 4)?,
        severity: read_severity(row, 5)?,
        class: if class == 0 {
            None
        } else {
            Some(Class::from_number(class).ok_or_else(|| invalid(6))?)
        },
        cameras: cameras.map_err(|_| invalid(7))?,
        location: lat.zip(lon).and_then(|(lat, lon)| Location::new(lat, lon).ok()),
        first: time(10)?,
        last: time(11)?,
        last_event: read_uuid(row, 12)?,
        count: row.get(13)?,
        condition,
        version: row.get(16)?,
    };
    let change: i64 = row.get(2)?;
    let group = match row.get_ref(17)? {
        ValueRef::Null => alert.id,
        _ => read_uuid(row, 17)?,
    };
    let handling = match row.get_ref(18)? {
        ValueRef::Null => Handling::default(),
        _ => read_json(row, 18)?,
    };
    let handling = Handling { escalates: read_escalation(row, 19)?, ..handling };
    let change = change.cast_unsigned();
    let about = row.get(21)?;
    Ok((row.get(0)?, StoredAlert { change, alert, handling, group, grouped: None, about }))
}
