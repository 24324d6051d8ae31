//! What says who did what and what may not go: audit trail, purposes and legal holds.
//!
//! They lie in the core file, under a connection of their own, so that a command can add to them
//! beside the running service: every change is one transaction that begins by taking the write
//! lock, and nothing of it is kept in RAM.

use std::path::{Path, PathBuf};
use std::sync::{MutexGuard, PoisonError};

use domain::{AuditDraft, ChainLink, ChainedEntry};
use rusqlite::{Connection, Row, Transaction, TransactionBehavior};

use crate::schema::Kind;
use crate::{Index, IndexError, audit};

/// Audit trail, purposes and holds of one site. Changes are durable when their method returns.
#[derive(Debug)]
pub struct Custody {
    pub(crate) connection: Connection,
    pub(crate) path: PathBuf,
}

/// Why a change was not made.
#[derive(Debug)]
pub(crate) enum Refused {
    /// The database would not.
    Database(rusqlite::Error),
    /// It may not be.
    Rule(IndexError),
}

impl From<rusqlite::Error> for Refused {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error)
    }
}

impl Custody {
    /// Opens what the index in `dir` has, to be read and added to. The service may run beside.
    ///
    /// # Errors
    /// When there is no index in `dir`, it is not up to date, or cannot be opened.
    pub fn open(dir: &Path) -> Result<Self, IndexError> {
        let path = dir.join("core.db");
        // Makes nothing and migrates nothing: that is for the service at its start.
        drop(Kind::Core.open_reader(&path)?);
        Self::open_writer(path)
    }

    /// Opens it in the core file at `path`, which is made or brought up to date if need be.
    pub(crate) fn open_writer(path: PathBuf) -> Result<Self, IndexError> {
        let connection = Kind::Core.open_writer(&path)?;
        audit::arm(&connection, &path)?;
        Ok(Self { connection, path })
    }

    /// Adds an audit entry together with what `change` does: both, or neither.
    pub(crate) fn with_audit<T>(
        &mut self,
        draft: &AuditDraft,
        link: ChainLink,
        change: impl FnOnce(&Transaction<'_>) -> Result<T, Refused>,
    ) -> Result<(ChainedEntry, T), IndexError> {
        let connection = &mut self.connection;
        let store = || -> Result<_, Refused> {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let changed = change(&transaction)?;
            let entry = audit::append(&transaction, draft, link)?;
            transaction.commit()?;
            Ok((entry, changed))
        };
        store().map_err(|refused| match refused {
            Refused::Database(error) => {
                IndexError::database("write into the audit trail", &self.path, error)
            }
            Refused::Rule(error) => error,
        })
    }

    /// Returns up to `limit` of the rows of `sql` that `is_asked_for`, in its order.
    pub(crate) fn newest<T>(
        &self,
        sql: &str,
        limit: usize,
        read: fn(&Row<'_>) -> rusqlite::Result<T>,
        is_asked_for: impl Fn(&T) -> bool,
    ) -> Result<Vec<T>, IndexError> {
        let select = || -> rusqlite::Result<Vec<T>> {
            let mut statement = self.connection.prepare_cached(sql)?;
            let rows = statement.query_map([], read)?;
            rows.filter(|row| row.as_ref().map_or(true, &is_asked_for)).take(limit).collect()
        };
        select().map_err(|error| self.unreadable(error))
    }

    pub(crate) fn unreadable(&self, error: rusqlite::Error) -> IndexError {
        IndexError::database("read the audit trail, purposes and holds", &self.path, error)
    }
}

impl Index {
    /// Takes audit trail, purposes and holds; others wait until it is given back, so do not keep
    /// it over anything slow.
    pub fn custody(&self) -> MutexGuard<'_, Custody> {
        self.inner.custody.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
