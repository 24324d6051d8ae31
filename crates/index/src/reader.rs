//! Readers: a bounded pool, each with the few monthly files that it used last.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;

use crate::IndexError;
use crate::catalogue::Catalogue;
use crate::event_row::{Dictionaries, RuleKey};
use crate::month::Month;
use crate::schema::Kind;

/// How many monthly files one reader keeps open.
const OPEN_FILES: usize = 6;

/// The pool of readers.
#[derive(Debug)]
pub(crate) struct Readers {
    pool: r2d2::Pool<Maker>,
    count: u32,
}

/// A reader of the pool, given back when dropped.
pub(crate) type Lent = r2d2::PooledConnection<Maker>;

/// Makes readers; what r2d2 calls a manager.
#[derive(Debug)]
pub(crate) struct Maker {
    core: PathBuf,
    footage: PathBuf,
    catalogue: Arc<Catalogue>,
}

impl r2d2::ManageConnection for Maker {
    type Connection = Reader;
    type Error = IndexError;

    fn connect(&self) -> Result<Reader, IndexError> {
        Ok(Reader {
            catalogue: Arc::clone(&self.catalogue),
            core_path: self.core.clone(),
            core: None,
            footage_path: self.footage.clone(),
            footage: None,
            open: Vec::new(),
        })
    }

    fn is_valid(&self, _: &mut Reader) -> Result<(), IndexError> {
        Ok(())
    }

    fn has_broken(&self, _: &mut Reader) -> bool {
        false
    }
}

impl Readers {
    pub(crate) fn new(
        folder: &Path,
        catalogue: Arc<Catalogue>,
        count: u32,
        wait: Duration,
    ) -> Self {
        let count = count.max(1);
        let (core, footage) = (folder.join("core.db"), folder.join("footage.db"));
        let maker = Maker { core, footage, catalogue };
        let pool = r2d2::Pool::builder()
            .max_size(count)
            .connection_timeout(wait)
            .test_on_check_out(false)
            .max_lifetime(None)
            .idle_timeout(None)
            .build_unchecked(maker);
        Self { pool, count }
    }

    /// Waits for a reader.
    pub(crate) fn get(&self) -> Result<Lent, IndexError> {
        let mut reader = self.pool.get().map_err(|_| {
            metrics::counter!("watchpost_index_busy_total").increment(1);
            IndexError::Busy { readers: self.count }
        })?;
        reader.close_unlinked();
        Ok(reader)
    }

    /// Returns a reader that nobody uses or waits for, if there is one.
    pub(crate) fn idle(&self) -> Option<Lent> {
        let mut reader = self.pool.try_get()?;
        reader.close_unlinked();
        Some(reader)
    }

    /// Closes what idle readers hold of unlinked files, so that the disk gets its room back.
    pub(crate) fn close_unlinked(&self) {
        let mut idle = Vec::new();
        while let Some(mut reader) = self.pool.try_get() {
            reader.close_unlinked();
            idle.push(reader);
        }
    }
}

/// Reads any file of the index; used by one thread at a time.
#[derive(Debug)]
pub(crate) struct Reader {
    catalogue: Arc<Catalogue>,
    core_path: PathBuf,
    core: Option<Connection>,
    footage_path: PathBuf,
    footage: Option<Connection>,
    /// Least recently used first.
    open: Vec<OpenFile>,
}

/// A monthly file, open for reading.
#[derive(Debug)]
pub(crate) struct OpenFile {
    kind: Kind,
    month: Month,
    generation: u64,
    pub(crate) path: PathBuf,
    pub(crate) connection: Connection,
    pub(crate) dictionaries: Dictionaries,
}

impl Reader {
    /// Returns the core file.
    pub(crate) fn core(&mut self) -> Result<&Connection, IndexError> {
        if self.core.is_none() {
            self.core = Some(Kind::Core.open_reader(&self.core_path)?);
        }
        self.core.as_ref().ok_or(IndexError::Closed)
    }

    /// Returns the file of segments and gaps.
    pub(crate) fn footage(&mut self) -> Result<&Connection, IndexError> {
        if self.footage.is_none() {
            self.footage = Some(Kind::Footage.open_reader(&self.footage_path)?);
        }
        self.footage.as_ref().ok_or(IndexError::Closed)
    }

    /// Returns a monthly file, or `None` when it has expired meanwhile.
    pub(crate) fn file(
        &mut self,
        kind: Kind,
        month: Month,
    ) -> Result<Option<&mut OpenFile>, IndexError> {
        let Some(known) = self.catalogue.get(kind, month) else {
            return Ok(None);
        };
        let is_it = |file: &OpenFile| {
            file.kind == kind && file.month == month && file.generation == known.generation
        };
        if let Some(at) = self.open.iter().position(is_it) {
            let file = self.open.remove(at);
            self.open.push(file);
            return Ok(self.open.last_mut());
        }
        while self.open.len() >= OPEN_FILES {
            self.open.remove(0);
        }
        let path = self.catalogue.path(kind, month);
        let connection = match kind.open_reader(&path) {
            Ok(connection) => connection,
            Err(_) if self.catalogue.get(kind, month) != Some(known) && !path.exists() => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        self.open.push(OpenFile {
            kind,
            month,
            generation: known.generation,
            path,
            connection,
            dictionaries: Dictionaries::default(),
        });
        Ok(self.open.last_mut())
    }

    fn close_unlinked(&mut self) {
        let catalogue = &self.catalogue;
        self.open.retain(|file| {
            catalogue
                .get(file.kind, file.month)
                .is_some_and(|known| known.generation == file.generation)
        });
    }
}

impl OpenFile {
    /// Runs `read` on one state of the file, with the dictionaries that belong to it. `what` names
    /// it in errors.
    pub(crate) fn snapshot<T>(
        &mut self,
        what: &'static str,
        read: impl FnOnce(&Self) -> Result<T, IndexError>,
    ) -> Result<T, IndexError> {
        self.execute("BEGIN", what)?;
        let answer = self.refresh().and_then(|()| read(self));
        let ended = self.execute("COMMIT", what);
        answer.and_then(|answer| ended.map(|()| answer))
    }

    fn execute(&self, sql: &str, what: &'static str) -> Result<(), IndexError> {
        self.connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute([]))
            .map(drop)
            .map_err(|error| IndexError::database(what, &self.path, error))
    }

    /// Reads what the dictionaries gained. Call inside the transaction that reads the events.
    fn refresh(&mut self) -> Result<(), IndexError> {
        let failed = |error| IndexError::database("read dictionaries", &self.path, error);
        let known = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let mut rules = self
            .connection
            .prepare_cached(
                "SELECT id, name, kind, severity, version, model, geometry FROM rule
                 WHERE id > ?1 ORDER BY id",
            )
            .map_err(failed)?;
        let mut rows = rules.query([known(self.dictionaries.rules.len())]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let number: i64 = row.get(0).map_err(failed)?;
            let entry = RuleKey::read(row, 1).map_err(failed)?.entry();
            let due = known(self.dictionaries.rules.len() + 1);
            let entry = entry.filter(|_| number == due).ok_or_else(|| {
                IndexError::damaged(&self.path, format!("rule {number} cannot be read"))
            })?;
            self.dictionaries.rules.push(entry);
        }
        let mut places = self
            .connection
            .prepare_cached("SELECT id, cam, lat, lon FROM place WHERE id > ?1 ORDER BY id")
            .map_err(failed)?;
        let mut rows = places.query([known(self.dictionaries.places.len())]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let number: i64 = row.get(0).map_err(failed)?;
            let camera: u16 = row.get(1).map_err(failed)?;
            let lat: f64 = row.get(2).map_err(failed)?;
            let lon: f64 = row.get(3).map_err(failed)?;
            let due = known(self.dictionaries.places.len() + 1);
            let location = domain::Location::new(lat, lon).ok();
            let location = location.filter(|_| number == due).ok_or_else(|| {
                IndexError::damaged(&self.path, format!("place {number} cannot be read"))
            })?;
            self.dictionaries.places.push((camera, location));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_are_bounded_and_say_when_they_are_busy() {
        let folder = Path::new("/nonexistent");
        let catalogue = Arc::new(Catalogue::new(folder));
        let readers = Readers::new(folder, catalogue, 2, Duration::from_millis(10));
        // The pool makes its readers beside us.
        let mut lent = Vec::new();
        while lent.len() < 2 {
            lent.extend(readers.get());
        }
        let refused = readers.get().unwrap_err();
        assert!(refused.is_busy(), "{refused}");
        drop(lent);
        assert!(readers.get().is_ok());
    }
}
