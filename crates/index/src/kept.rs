//! Expiry of whole months, and the events and tracks that outlive theirs: those of footage under a legal
//! hold.
//!
//! A month goes by unlinking its file. Where a hold reaches into it, what is held is
//! copied into a new file first, and that takes the place of the old one under the same name: every
//! search finds it as before. It goes, too, once the hold is lifted.

use std::collections::HashMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use domain::{TimeRange, Timestamp};
use rusqlite::{Connection, Params, params};

use crate::IndexError;
use crate::camera::Cameras;
use crate::catalogue::{Catalogue, MonthlyFile};
use crate::event_row::hour_of;
use crate::holds::InForce;
use crate::month::{Month, RowId};
use crate::schema::{Kind, sync_folder_of};

/// The months of one kind of which nothing is left but what is held.
#[derive(Debug)]
pub(crate) struct KeptMonths {
    kind: Kind,
    months: HashMap<Month, Held>,
}

impl KeptMonths {
    /// Knows of none yet.
    pub(crate) fn new(kind: Kind) -> Self {
        Self { kind, months: HashMap::new() }
    }

    /// Unlinks the months that ended by `before`, but for what `holds` hold; returns how many are
    /// gone. Nobody may write to those months meanwhile.
    pub(crate) fn expire(
        &mut self,
        catalogue: &Catalogue,
        before: Timestamp,
        holds: &InForce,
        cameras: &Cameras,
    ) -> Result<usize, IndexError> {
        let mut gone = 0;
        for month in catalogue.months_before(self.kind, before) {
            let Some(known) = catalogue.get(self.kind, month) else { continue };
            let held = Held::of(holds, self.reach(month, known), cameras);
            if !held.is_empty() && self.months.get(&month) == Some(&held) {
                continue;
            }
            if held.is_empty() || !self.keep(catalogue, month, known, &held)? {
                self.months.remove(&month);
                catalogue.unlink(self.kind, month)?;
                gone += 1;
            }
        }
        Ok(gone)
    }

    /// Returns the time that is told of in a month's file: tracks begin in their month.
    fn reach(&self, month: Month, known: MonthlyFile) -> TimeRange {
        let TimeRange { start, end } = month.range();
        match self.kind {
            Kind::Tracks => {
                TimeRange { start, end: end.plus(Duration::from_micros(known.highest)) }
            }
            _ => TimeRange { start, end },
        }
    }

    /// Leaves nothing in a month's file but what is held; returns whether there is any.
    fn keep(
        &mut self,
        catalogue: &Catalogue,
        month: Month,
        known: MonthlyFile,
        held: &Held,
    ) -> Result<bool, IndexError> {
        // From here on nobody opens it: what is open goes on with the old file.
        catalogue.forget(self.kind, month);
        let kept = keep(self.kind, &catalogue.path(self.kind, month), held);
        match &kept {
            Ok(Kept::Nothing) => return Ok(false),
            Ok(Kept::Held(highest)) => {
                tracing::info!(kind = ?self.kind, %month, "what is held outlives its month");
                catalogue.note(self.kind, month, *highest);
                self.months.insert(month, held.clone());
            }
            Ok(Kept::NotNow) | Err(_) => catalogue.note(self.kind, month, known.highest),
        }
        kept.map(|_| true)
    }
}

/// What of a month is held.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Held(Vec<HeldSpan>);

/// Time of one camera, or of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct HeldSpan {
    camera: Option<u16>,
    range: TimeRange,
}

impl Held {
    /// Returns what `holds` hold of `range`.
    fn of(holds: &InForce, range: TimeRange, cameras: &Cameras) -> Self {
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
            spans.push(HeldSpan { camera: number, range: TimeRange { start, end } });
        }
        Self(spans)
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl HeldSpan {
    /// Returns the parameters of [`condition`].
    fn parameters(&self, kind: Kind) -> impl Params {
        let TimeRange { start, end } = self.range;
        let (start, end) = match kind {
            Kind::Events => (RowId::first_at(start).0, RowId::first_at(end).0),
            _ => (start.as_micros(), end.as_micros()),
        };
        (self.camera, start, end)
    }
}

/// Returns the rows that lie in a span, as SQL after `FROM`, of the tables of `schema`.
fn condition(kind: Kind, schema: &str) -> String {
    match kind {
        Kind::Events => {
            format!("{schema}.ev WHERE (?1 IS NULL OR cam = ?1) AND id >= ?2 AND id < ?3")
        }
        _ => format!(
            "{schema}.trk WHERE (?1 IS NULL OR cam = ?1) AND start_us < ?3 AND start_us + dur_us >= ?2"
        ),
    }
}

/// What became of a month's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    /// Nothing in it is held: it may go.
    Nothing,
    /// A file with what is held lies in its place; the highest sequence in it, or the longest track.
    Held(u64),
    /// Somebody reads the old one just now: it stays as it is for this time.
    NotNow,
}

/// Puts a file in the place of the month's at `path` that holds nothing but `held`. Nobody may open
/// the month meanwhile.
fn keep(kind: Kind, path: &Path, held: &Held) -> Result<Kept, IndexError> {
    let failed = |error| IndexError::database("keep what is held", path, error);
    // Not a name that months go by.
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let copy = path.with_file_name(format!("kept_{name}"));
    remove_with_logs(&copy)?;
    let old = kind.open_writer(path)?;
    if !has_any(kind, &old, held).map_err(failed)? {
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
        let mut new = kind.open_writer(&copy)?;
        let highest = copy_rows(kind, &mut new, path, held).map_err(failed)?;
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

fn has_any(kind: Kind, connection: &Connection, held: &Held) -> rusqlite::Result<bool> {
    let sql = format!("SELECT EXISTS (SELECT 1 FROM {})", condition(kind, "main"));
    let mut statement = connection.prepare(&sql)?;
    for span in &held.0 {
        if statement.query_row(span.parameters(kind), |row| row.get(0))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Copies what is held out of the file at `old`; returns the highest sequence of it, or the longest track.
fn copy_rows(kind: Kind, new: &mut Connection, old: &Path, held: &Held) -> rusqlite::Result<u64> {
    new.execute("ATTACH DATABASE ?1 AS old", [old.to_string_lossy()])?;
    let transaction = new.transaction()?;
    let table = if kind == Kind::Events { "ev" } else { "trk" };
    // Holds may overlap.
    let copy = format!("INSERT OR IGNORE INTO {table} SELECT * FROM {}", condition(kind, "old"));
    for span in &held.0 {
        transaction.execute(&copy, span.parameters(kind))?;
    }
    let highest = match kind {
        Kind::Events => {
            transaction.execute_batch(
                "INSERT INTO rule SELECT * FROM old.rule;
                 INSERT INTO place SELECT * FROM old.place;
                 INSERT INTO outbox SELECT * FROM old.outbox WHERE seq IN (SELECT seq FROM ev);",
            )?;
            count(&transaction)?;
            "SELECT coalesce(max(seq), 0) FROM ev"
        }
        _ => {
            transaction.execute(
                "UPDATE extent SET longest_us = (SELECT coalesce(max(dur_us), 0) FROM trk)",
                [],
            )?;
            "SELECT longest_us FROM extent"
        }
    };
    let highest: i64 = transaction.query_row(highest, [], |row| row.get(0))?;
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
