//! Events that outlive their month: those of footage under a legal hold.
//!
//! A month of events goes by unlinking its file. Where a hold reaches into it, what is held is
//! copied into a new file first, and that takes the place of the old one under the same name: every
//! search finds it as before. It goes, too, once the hold is lifted.

use std::collections::HashMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use rusqlite::{Connection, params};

use crate::IndexError;
use crate::camera::Cameras;
use crate::event_row::hour_of;
use crate::holds::InForce;
use crate::month::{Month, RowId};
use crate::schema::{Kind, sync_folder_of};

/// Rows of a month that are held.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct HeldRows(Vec<HeldSpan>);

/// Rows of one camera, or of all, from the first row number to the one after the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct HeldSpan {
    camera: Option<u16>,
    start: i64,
    end: i64,
}

impl HeldRows {
    /// Returns what `holds` hold of `month`.
    pub(crate) fn of(holds: &InForce, month: Month, cameras: &Cameras) -> Self {
        let range = month.range();
        let mut spans = Vec::new();
        for (camera, held) in holds.spans() {
            let (start, end) = (held.start.max(range.start), held.end.min(range.end));
            if start >= end {
                continue;
            }
            // A camera without a number never had an event.
            let number = match camera {
                None => None,
                Some(id) => match cameras.number(id) {
                    Some(number) => Some(number),
                    None => continue,
                },
            };
            let (start, end) = (RowId::first_at(start).0, RowId::first_at(end).0);
            spans.push(HeldSpan { camera: number, start, end });
        }
        Self(spans)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What became of a month's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    /// Nothing in it is held: it may go.
    Nothing,
    /// A file with what is held lies in its place; the highest sequence in it.
    Held(u64),
    /// Somebody reads the old one just now: it stays as it is for this time.
    NotNow,
}

/// Puts a file in the place of the month's at `path` that holds nothing but `held`. Nobody may open
/// the month meanwhile.
pub(crate) fn keep(path: &Path, held: &HeldRows) -> Result<Kept, IndexError> {
    let failed = |error| IndexError::database("keep held events", path, error);
    // Not a name that months go by.
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let copy = path.with_file_name(format!("kept_{name}"));
    remove_with_logs(&copy)?;
    let old = Kind::Events.open_writer(path)?;
    if !has_any(&old, held).map_err(failed)? {
        return Ok(Kept::Nothing);
    }
    // All of it is in the file itself then, and its log is empty whoever finds it beside the new.
    let busy: i64 =
        old.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)).map_err(failed)?;
    if busy != 0 {
        return Ok(Kept::NotNow);
    }
    drop(old);
    let highest = {
        let mut new = Kind::Events.open_writer(&copy)?;
        let highest = copy_rows(&mut new, path, held).map_err(failed)?;
        new.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).map_err(failed)?;
        highest
    };
    let folder = |error| IndexError::folder(&copy, error);
    fs::File::open(&copy).and_then(|file| file.sync_all()).map_err(folder)?;
    fs::rename(&copy, path).map_err(folder)?;
    for log in ["db-wal", "db-shm"] {
        remove(&path.with_extension(log))?;
    }
    remove_with_logs(&copy)?;
    sync_folder_of(path)?;
    Ok(Kept::Held(highest))
}

fn has_any(connection: &Connection, held: &HeldRows) -> rusqlite::Result<bool> {
    let mut statement = connection.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM ev WHERE (?1 IS NULL OR cam = ?1) AND id >= ?2 AND id < ?3)",
    )?;
    for span in &held.0 {
        if statement.query_row(params![span.camera, span.start, span.end], |row| row.get(0))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Copies what is held out of the file at `old`; returns the highest sequence of it.
fn copy_rows(new: &mut Connection, old: &Path, held: &HeldRows) -> rusqlite::Result<u64> {
    new.execute("ATTACH DATABASE ?1 AS old", [old.to_string_lossy()])?;
    let transaction = new.transaction()?;
    transaction.execute_batch(
        "INSERT INTO rule SELECT * FROM old.rule; INSERT INTO place SELECT * FROM old.place;",
    )?;
    for span in &held.0 {
        // Holds may overlap.
        transaction.execute(
            "INSERT OR IGNORE INTO ev SELECT * FROM old.ev
             WHERE (?1 IS NULL OR cam = ?1) AND id >= ?2 AND id < ?3",
            params![span.camera, span.start, span.end],
        )?;
    }
    transaction.execute(
        "INSERT INTO outbox SELECT * FROM old.outbox WHERE seq IN (SELECT seq FROM ev)",
        [],
    )?;
    count(&transaction)?;
    let highest: i64 =
        transaction.query_row("SELECT coalesce(max(seq), 0) FROM ev", [], |row| row.get(0))?;
    transaction.commit()?;
    new.execute("DETACH DATABASE old", [])?;
    Ok(highest.cast_unsigned())
}

/// Makes the hourly counts of what is there.
fn count(connection: &Connection) -> rusqlite::Result<()> {
    let mut by_class: HashMap<(i64, u8, u8, u8), i64> = HashMap::new();
    let mut by_camera: HashMap<(u16, i64), i64> = HashMap::new();
    let mut statement = connection.prepare(
        "SELECT ev.id, ev.cam, ev.class, rule.kind, rule.severity
         FROM ev JOIN rule ON rule.id = ev.rule",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let hour = hour_of(RowId(row.get(0)?).time());
        *by_class.entry((hour, row.get(2)?, row.get(3)?, row.get(4)?)).or_default() += 1;
        *by_camera.entry((row.get(1)?, hour)).or_default() += 1;
    }
    for ((hour, class, kind, severity), n) in by_class {
        connection.execute(
            "INSERT INTO roll_class (hour, class, kind, severity, n) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![hour, class, kind, severity, n],
        )?;
    }
    for ((camera, hour), n) in by_camera {
        connection.execute(
            "INSERT INTO roll_cam (cam, hour, n) VALUES (?1, ?2, ?3)",
            params![camera, hour, n],
        )?;
    }
    Ok(())
}

/// Removes a file and what SQLite puts beside it.
fn remove_with_logs(path: &Path) -> Result<(), IndexError> {
    remove(path)?;
    for log in ["-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(log);
        remove(Path::new(&name))?;
    }
    Ok(())
}

fn remove(path: &Path) -> Result<(), IndexError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(IndexError::folder(path, error)),
        _ => Ok(()),
    }
}
