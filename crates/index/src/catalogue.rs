//! Which monthly files there are: what writers tell readers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

use domain::Timestamp;

use crate::IndexError;
use crate::month::Month;
use crate::schema::Kind;

/// What is known of a monthly file without opening it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MonthlyFile {
    /// Tells this file from one of the same name that was unlinked before.
    pub(crate) generation: u64,
    /// Events: the highest sequence in it. Tracks: its longest track in microseconds.
    pub(crate) highest: u64,
}

/// The monthly files of both kinds. Shared; locks are held for a look or a note only.
#[derive(Debug)]
pub(crate) struct Catalogue {
    folder: PathBuf,
    events: RwLock<BTreeMap<Month, MonthlyFile>>,
    tracks: RwLock<BTreeMap<Month, MonthlyFile>>,
    generations: AtomicU64,
}

impl Catalogue {
    pub(crate) fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            events: RwLock::default(),
            tracks: RwLock::default(),
            generations: AtomicU64::new(1),
        }
    }

    /// Returns where a monthly file lies.
    pub(crate) fn path(&self, kind: Kind, month: Month) -> PathBuf {
        let prefix = if kind == Kind::Events { "ev" } else { "trk" };
        self.folder.join(format!("{prefix}_{month}.db"))
    }

    /// Lists the months that have a file on disk.
    pub(crate) fn on_disk(&self, kind: Kind) -> Result<Vec<Month>, IndexError> {
        let failed = |error| IndexError::folder(&self.folder, error);
        let prefix = if kind == Kind::Events { "ev_" } else { "trk_" };
        let mut months = Vec::new();
        for entry in std::fs::read_dir(&self.folder).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            let month = name
                .to_str()
                .and_then(|name| name.strip_prefix(prefix)?.strip_suffix(".db"))
                .and_then(Month::parse);
            months.extend(month);
        }
        months.sort_unstable();
        Ok(months)
    }

    /// Notes that a file exists and holds up to `highest`.
    pub(crate) fn note(&self, kind: Kind, month: Month, highest: u64) {
        let mut files = self.files(kind).write().unwrap_or_else(PoisonError::into_inner);
        let file = files.entry(month).or_insert_with(|| MonthlyFile {
            generation: self.generations.fetch_add(1, Ordering::Relaxed),
            highest: 0,
        });
        file.highest = file.highest.max(highest);
    }

    /// Forgets a file that is about to be unlinked.
    pub(crate) fn forget(&self, kind: Kind, month: Month) {
        let mut files = self.files(kind).write().unwrap_or_else(PoisonError::into_inner);
        files.remove(&month);
    }

    /// Returns a copy of what is known of one file.
    pub(crate) fn get(&self, kind: Kind, month: Month) -> Option<MonthlyFile> {
        let files = self.files(kind).read().unwrap_or_else(PoisonError::into_inner);
        files.get(&month).copied()
    }

    /// Returns a copy of the whole list in order of time.
    pub(crate) fn months(&self, kind: Kind) -> Vec<(Month, MonthlyFile)> {
        let files = self.files(kind).read().unwrap_or_else(PoisonError::into_inner);
        files.iter().map(|(&month, &file)| (month, file)).collect()
    }

    /// Lists the months that have a file and ended by `before`.
    pub(crate) fn months_before(&self, kind: Kind, before: Timestamp) -> Vec<Month> {
        let months = self.months(kind).into_iter().map(|(month, _)| month);
        months.filter(|month| month.range().end <= before).collect()
    }

    /// Unlinks a file.
    pub(crate) fn unlink(&self, kind: Kind, month: Month) -> Result<(), IndexError> {
        self.forget(kind, month);
        let path = self.path(kind, month);
        // The main file first: what a crash leaves of the others is removed when it is made
        // anew, as SQLite deletes a log that does not belong to its file.
        for file in [path.clone(), path.with_extension("db-wal"), path.with_extension("db-shm")] {
            match std::fs::remove_file(&file) {
                Ok(()) => {}
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(IndexError::folder(&file, error)),
            }
        }
        crate::schema::sync_folder_of(&self.folder.join("core.db"))
    }

    fn files(&self, kind: Kind) -> &RwLock<BTreeMap<Month, MonthlyFile>> {
        if kind == Kind::Events { &self.events } else { &self.tracks }
    }
}
