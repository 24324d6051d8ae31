//! Saved searches: conditions kept under a name, for oneself or for all who may search.

use domain::{AccountName, Timestamp};
use rusqlite::{OptionalExtension, Row, params};

use crate::alert_row::read_text;
use crate::alerts::failed;
use crate::sparse_id::sparse_id;
use crate::{Index, IndexError};

/// The searches that accounts keep; the conditions are what the service takes as a query.
pub(crate) const SAVED_SEARCH_TABLES: &str = "CREATE TABLE saved_search (
       id INTEGER PRIMARY KEY AUTOINCREMENT,
       owner TEXT NOT NULL, name TEXT NOT NULL, query TEXT NOT NULL,
       shared INTEGER NOT NULL, saved_us INTEGER NOT NULL,
       UNIQUE (owner, name)
     ) STRICT;
     CREATE INDEX saved_search_shared ON saved_search (shared) WHERE shared = 1;";

/// Searches that one account may keep.
const MOST_OF_ONE: i64 = 200;
/// Searches of others that are told at most.
const MOST_SHARED: i64 = 500;

/// A search to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedSearchDraft {
    /// Whose it is; only they change it.
    pub owner: AccountName,
    /// What they call it; no two of one owner are called alike.
    pub name: String,
    /// Its conditions, as whoever keeps it writes them.
    pub query: String,
    /// Whether others are told of it.
    pub is_shared: bool,
    /// When it was saved.
    pub saved: Timestamp,
}

/// A search that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedSearch {
    /// Names it, from 1.
    pub id: u64,
    /// What is kept.
    pub search: SavedSearchDraft,
}

impl Index {
    /// Keeps a search; one of the same owner and name is replaced and keeps its number. Durable on
    /// return.
    ///
    /// # Errors
    /// [`IndexError::Query`] when the owner keeps as many as may be, or when the core file cannot be
    /// written; then nothing has changed.
    pub fn save_search(&self, draft: &SavedSearchDraft) -> Result<SavedSearch, IndexError> {
        let core = &self.inner.core;
        let sql = format!(
            "INSERT INTO saved_search (id, owner, name, query, shared, saved_us)
             SELECT {}, ?1, ?2, ?3, ?4, ?5
             WHERE (SELECT count(*) FROM saved_search WHERE owner = ?1 AND name <> ?2) < ?6
             ON CONFLICT (owner, name)
               DO UPDATE SET query = ?3, shared = ?4, saved_us = ?5 RETURNING id",
            sparse_id("saved_search")
        );
        let stored: Option<i64> = core
            .lock()
            .query_row(
                &sql,
                params![
                    draft.owner.as_str(),
                    draft.name,
                    draft.query,
                    draft.is_shared,
                    draft.saved.as_micros(),
                    MOST_OF_ONE,
                ],
                |row| row.get(0),
            )
            .optional()
            .map_err(|error| failed(core, "save a search", error))?;
        let id = stored.ok_or_else(|| {
            IndexError::Query(format!("{MOST_OF_ONE} searches are saved already: remove some"))
        })?;
        Ok(SavedSearch { id: id.cast_unsigned(), search: draft.clone() })
    }

    /// Returns the searches of `owner` by their names, then those that others share.
    ///
    /// # Errors
    /// [`IndexError::Busy`], or when the core file cannot be read.
    pub fn saved_searches(&self, owner: &AccountName) -> Result<Vec<SavedSearch>, IndexError> {
        let mut reader = self.inner.readers.get()?;
        let core = reader.core()?;
        let read = || {
            let mut statement = core.prepare_cached(
                "SELECT id, owner, name, query, shared, saved_us FROM saved_search
                 WHERE owner = ?1 OR shared = 1
                 ORDER BY owner <> ?1, name, id LIMIT ?2",
            )?;
            let most = MOST_OF_ONE + MOST_SHARED;
            let rows = statement.query_map(params![owner.as_str(), most], read_search)?;
            rows.collect::<rusqlite::Result<_>>()
        };
        read().map_err(|error| self.unreadable(error))
    }

    /// Forgets the search numbered `id` if `owner` keeps it; returns whether they did. Durable on
    /// return.
    ///
    /// # Errors
    /// When the core file cannot be written; then nothing has changed.
    pub fn forget_search(&self, id: u64, owner: &AccountName) -> Result<bool, IndexError> {
        let core = &self.inner.core;
        core.lock()
            .execute(
                "DELETE FROM saved_search WHERE id = ?1 AND owner = ?2",
                params![id.cast_signed(), owner.as_str()],
            )
            .map(|count| count == 1)
            .map_err(|error| failed(core, "forget a search", error))
    }
}

fn read_search(row: &Row<'_>) -> rusqlite::Result<SavedSearch> {
    Ok(SavedSearch {
        id: row.get::<_, i64>(0)?.cast_unsigned(),
        search: SavedSearchDraft {
            owner: read_text(row, 1)?,
            name: row.get(2)?,
            query: row.get(3)?,
            is_shared: row.get(4)?,
            saved: Timestamp::from_micros(row.get(5)?),
        },
    })
}
