//! The feed: events in the order in which they were stored.

use domain::EventId;
use rusqlite::OptionalExtension;

use crate::IndexError;
use crate::camera::Cameras;
use crate::event_row::{COLUMNS, read_event};
use crate::month::{Month, RowId};
use crate::query::StoredEvent;
use crate::reader::{OpenFile, Reader};
use crate::schema::Kind;

/// Returns up to `limit` events with `after < sequence <= committed`, in order, from the files of
/// `months` that may hold them.
pub(crate) fn events_after(
    reader: &mut Reader,
    months: &[Month],
    after: u64,
    committed: u64,
    limit: usize,
    cameras: &dyn Fn() -> std::sync::Arc<Cameras>,
) -> Result<Vec<StoredEvent>, IndexError> {
    let mut events = Vec::new();
    for &month in months {
        if let Some(file) = reader.file(Kind::Events, month)? {
            read_outbox(file, after, committed, limit, cameras, &mut events)?;
        }
    }
    events.sort_unstable_by_key(|event| event.sequence);
    events.truncate(limit);
    Ok(events)
}

fn read_outbox(
    file: &mut OpenFile,
    after: u64,
    committed: u64,
    limit: usize,
    cameras: &dyn Fn() -> std::sync::Arc<Cameras>,
    events: &mut Vec<StoredEvent>,
) -> Result<(), IndexError> {
    // CROSS JOIN keeps SQLite to this order: the outbox first, then each event by its row number.
    let sql = format!(
        "SELECT {COLUMNS} FROM outbox CROSS JOIN ev ON ev.id = outbox.ref
         WHERE outbox.seq > ?1 AND outbox.seq <= ?2 AND outbox.kind = 0
         ORDER BY outbox.seq LIMIT ?3"
    );
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let parameters = [number(after), number(committed), limit];
    read_events(file, &sql, &parameters, cameras, events)
}

/// Returns the event named `id`, if it lies in one of the files of `months`.
pub(crate) fn event(
    reader: &mut Reader,
    months: &[Month],
    id: &EventId,
    cameras: &dyn Fn() -> std::sync::Arc<Cameras>,
) -> Result<Option<StoredEvent>, IndexError> {
    for &month in months {
        let Some(file) = reader.file(Kind::Events, month)? else {
            continue;
        };
        let failed = |error| IndexError::database("find an event", &file.path, error);
        let row: Option<i64> = file
            .connection
            .prepare_cached("SELECT id FROM ev WHERE uid = ?1")
            .and_then(|mut statement| {
                let uid = id.0.as_bytes().as_slice();
                statement.query_row([uid], |row| row.get(0)).optional()
            })
            .map_err(failed)?;
        if let Some(row) = row {
            let mut events = Vec::new();
            let sql = format!("SELECT {COLUMNS} FROM ev WHERE id = ?1");
            read_events(file, &sql, &[row], cameras, &mut events)?;
            return Ok(events.pop());
        }
    }
    Ok(None)
}

fn read_events(
    file: &mut OpenFile,
    sql: &str,
    parameters: &[i64],
    cameras: &dyn Fn() -> std::sync::Arc<Cameras>,
    events: &mut Vec<StoredEvent>,
) -> Result<(), IndexError> {
    file.snapshot("read events", |file| {
        let failed = |error| IndexError::database("read events", &file.path, error);
        // Taken after the snapshot, so that it knows every camera in it.
        let cameras = cameras();
        let mut statement = file.connection.prepare_cached(sql).map_err(failed)?;
        let mut rows = statement.query(rusqlite::params_from_iter(parameters)).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let id = RowId(row.get(0).map_err(failed)?);
            let event = read_event(row, id, &file.dictionaries, &cameras).map_err(failed)?;
            events.push(
                event.ok_or_else(|| {
                    IndexError::damaged(&file.path, "an event row cannot be read")
                })?,
            );
        }
        Ok(())
    })
}
