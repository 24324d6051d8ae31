//! Purposes: what for somebody looks at recorded footage, stated before, good for a shift.

use domain::{AccountName, AuditAction, AuditDraft, ChainLink, Timestamp};
use rusqlite::{OptionalExtension, Row, params};

use crate::columns::read_account;
use crate::sparse_id::sparse_id;
use crate::{Custody, IndexError};

/// Purposes; the entry that states one holds all of it in the chain.
pub(crate) const PURPOSE_TABLES: &str = "CREATE TABLE purpose (
       id INTEGER PRIMARY KEY AUTOINCREMENT,
       owner TEXT NOT NULL, case_number TEXT NOT NULL, reason TEXT NOT NULL, legal_basis TEXT,
       stated_us INTEGER NOT NULL, expires_us INTEGER NOT NULL
     ) STRICT;
     CREATE INDEX purpose_owner ON purpose (owner, expires_us);";

/// When a purpose was last taken up: by stating it, or by going back to it.
pub(crate) const PURPOSE_TAKEN_UP: &str =
    "ALTER TABLE purpose ADD COLUMN taken_us INTEGER NOT NULL DEFAULT 0;
     UPDATE purpose SET taken_us = stated_us;";

/// What for somebody looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurposeDraft {
    /// Whose it is; nobody else may use it.
    pub owner: AccountName,
    /// The number of the case.
    pub case: String,
    /// The reason, in words.
    pub reason: String,
    /// The law it rests on.
    pub legal_basis: Option<String>,
    /// When it was stated.
    pub stated: Timestamp,
    /// From when on it is good for nothing.
    pub expires: Timestamp,
}

/// A stated purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPurpose {
    /// Names it, from 1.
    pub id: u64,
    /// What was stated.
    pub purpose: PurposeDraft,
}

impl StoredPurpose {
    /// Returns whether `who` may act under it at `now`.
    pub fn allows(&self, who: &AccountName, now: Timestamp) -> bool {
        self.purpose.owner == *who && self.purpose.stated <= now && now < self.purpose.expires
    }
}

impl Custody {
    /// Stores a purpose together with its audit entry.
    ///
    /// # Errors
    /// [`IndexError::Query`] for an empty case or reason, or when the core file cannot be written.
    pub fn state_purpose(
        &mut self,
        draft: &PurposeDraft,
        link: ChainLink,
    ) -> Result<StoredPurpose, IndexError> {
        for (text, what) in [(&draft.case, "case number"), (&draft.reason, "reason")] {
            if text.trim().is_empty() {
                return Err(IndexError::Query(format!("a purpose needs a {what}")));
            }
        }
        let entry = AuditDraft {
            time: draft.stated,
            actor: draft.owner.clone(),
            action: AuditAction::PurposeStated,
            object: draft.case.clone(),
            case: Some(draft.case.clone()),
            purpose: None,
            detail: serde_json::json!({
                "reason": draft.reason, "legal_basis": draft.legal_basis, "expires": draft.expires,
            })
            .to_string(),
        };
        let (_, id) = self.with_audit(&entry, link, |transaction| {
            let sql = format!(
                "INSERT INTO purpose (id, owner, case_number, reason, legal_basis, stated_us,
                   expires_us, taken_us) VALUES ({}, ?1, ?2, ?3, ?4, ?5, ?6, ?5)",
                sparse_id("purpose")
            );
            transaction.execute(
                &sql,
                params![
                    draft.owner.as_str(),
                    draft.case,
                    draft.reason,
                    draft.legal_basis,
                    draft.stated.as_micros(),
                    draft.expires.as_micros(),
                ],
            )?;
            Ok(transaction.last_insert_rowid())
        })?;
        Ok(StoredPurpose { id: id.cast_unsigned(), purpose: draft.clone() })
    }

    /// Returns a purpose, expired or not.
    ///
    /// # Errors
    /// When the core file cannot be read.
    pub fn purpose(&self, id: u64) -> Result<Option<StoredPurpose>, IndexError> {
        self.one_purpose("id = ?1", params![id.cast_signed()])
    }

    /// Returns the purpose that `owner` took up last, of those that are still good at `now`.
    ///
    /// # Errors
    /// When the core file cannot be read.
    pub fn purpose_of(
        &self,
        owner: &AccountName,
        now: Timestamp,
    ) -> Result<Option<StoredPurpose>, IndexError> {
        let newest = "owner = ?1 AND expires_us > ?2 ORDER BY taken_us DESC, id DESC LIMIT 1";
        self.one_purpose(newest, params![owner.as_str(), now.as_micros()])
    }

    /// Returns the purposes of `owner` that are good at `now`, the one in force first.
    ///
    /// # Errors
    /// When the core file cannot be read.
    pub fn purposes_of(
        &self,
        owner: &AccountName,
        now: Timestamp,
    ) -> Result<Vec<StoredPurpose>, IndexError> {
        let read = || {
            let sql = format!(
                "{SELECT} WHERE owner = ?1 AND expires_us > ?2
                 ORDER BY taken_us DESC, id DESC LIMIT {MOST_TOLD}"
            );
            let mut statement = self.connection.prepare_cached(&sql)?;
            let rows = statement
                .query_map(params![owner.as_str(), now.as_micros()], |row| read_purpose(row, 0))?;
            rows.collect::<rusqlite::Result<_>>()
        };
        read().map_err(|error| self.unreadable(error))
    }

    /// Puts a purpose of `owner` that is still good back in force, together with its audit entry;
    /// returns it, or `None` if there is none such.
    ///
    /// # Errors
    /// When the core file cannot be written.
    pub fn take_up_purpose(
        &mut self,
        id: u64,
        owner: &AccountName,
        now: Timestamp,
        link: ChainLink,
    ) -> Result<Option<StoredPurpose>, IndexError> {
        let found = self.purpose(id)?.filter(|stored| stored.allows(owner, now));
        let Some(stored) = found else { return Ok(None) };
        let entry = AuditDraft {
            time: now,
            actor: owner.clone(),
            action: AuditAction::PurposeTakenUp,
            object: stored.purpose.case.clone(),
            case: Some(stored.purpose.case.clone()),
            purpose: Some(id),
            detail: String::new(),
        };
        self.with_audit(&entry, link, |transaction| {
            // Later than whatever is in force, also by a clock that stands still.
            transaction.execute(
                "UPDATE purpose SET taken_us = max(?2, 1 + (
                   SELECT max(taken_us) FROM purpose WHERE owner = ?3)) WHERE id = ?1",
                params![id.cast_signed(), now.as_micros(), owner.as_str()],
            )?;
            Ok(())
        })?;
        Ok(Some(stored))
    }

    fn one_purpose(
        &self,
        which: &str,
        key: impl rusqlite::Params,
    ) -> Result<Option<StoredPurpose>, IndexError> {
        let sql = format!("{SELECT} WHERE {which}");
        let read = || {
            self.connection
                .prepare_cached(&sql)?
                .query_row(key, |row| read_purpose(row, 0))
                .optional()
        };
        read().map_err(|error| self.unreadable(error))
    }
}

const SELECT: &str =
    "SELECT id, owner, case_number, reason, legal_basis, stated_us, expires_us FROM purpose";

/// Nobody has so many open at once.
const MOST_TOLD: u32 = 100;

/// Reads a purpose whose columns begin at `first`.
pub(crate) fn read_purpose(row: &Row<'_>, first: usize) -> rusqlite::Result<StoredPurpose> {
    Ok(StoredPurpose {
        id: row.get::<_, i64>(first)?.cast_unsigned(),
        purpose: PurposeDraft {
            owner: read_account(row, first + 1)?,
            case: row.get(first + 2)?,
            reason: row.get(first + 3)?,
            legal_basis: row.get(first + 4)?,
            stated: Timestamp::from_micros(row.get(first + 5)?),
            expires: Timestamp::from_micros(row.get(first + 6)?),
        },
    })
}
