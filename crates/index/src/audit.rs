//! The audit trail: rows that are only ever added, each tied to the one before, and signed heads.
//!
//! What ties them is handed in ([`ChainLink`]): this crate keeps hashes and signatures and makes
//! neither. An entry is on disk before
//! [`Custody::append_audit`] returns. Triggers refuse to change
//! or remove entries and heads, so that a mistake here, or a person with a database tool, is
//! stopped; whoever takes the triggers away is found by the chain.

use std::path::{Path, PathBuf};

use domain::{
    AccountName, AuditDraft, AuditEntry, ChainLink, ChainedEntry, SignedHead, TimeRange, Timestamp,
};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};

use crate::schema::Kind;
use crate::{Custody, Index, IndexError};

/// The trail and its heads; `AUTOINCREMENT` keeps the count of entries apart from the rows.
pub(crate) const AUDIT_TABLES: &str = "CREATE TABLE audit (
       seq INTEGER PRIMARY KEY AUTOINCREMENT,
       time_us INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
       object TEXT NOT NULL, case_number TEXT, purpose INTEGER, detail TEXT NOT NULL,
       hash BLOB NOT NULL
     ) STRICT;
     CREATE INDEX audit_case ON audit (case_number) WHERE case_number IS NOT NULL;
     CREATE TABLE audit_head (
       number INTEGER PRIMARY KEY AUTOINCREMENT,
       seq INTEGER NOT NULL, hash BLOB NOT NULL,
       time_us INTEGER NOT NULL, signature BLOB NOT NULL
     ) STRICT;";

/// What refuses to change the trail. Each ends with `END;`.
pub(crate) const AUDIT_TRIGGERS: &str = "\
CREATE TRIGGER audit_kept BEFORE DELETE ON audit BEGIN
  SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit BEGIN
  SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE TRIGGER audit_head_kept BEFORE DELETE ON audit_head BEGIN
  SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE TRIGGER audit_head_unchanged BEFORE UPDATE ON audit_head BEGIN
  SELECT RAISE(ABORT, 'the audit trail is append-only'); END;";

/// A question about the trail; all conditions must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditQuery {
    /// When it was done.
    pub range: TimeRange,
    /// Only for this case.
    pub case: Option<String>,
    /// Only by this account.
    pub actor: Option<AccountName>,
    /// Only of this word.
    pub action: Option<String>,
    /// Only what was done to something whose name holds this text.
    pub object: Option<String>,
    /// Only entries before this one: the last of the page before.
    pub before: Option<u64>,
    /// How many to answer at most; held to 1..=1000.
    pub limit: usize,
}

impl Default for AuditQuery {
    /// The newest hundred.
    fn default() -> Self {
        Self {
            range: TimeRange::ALL,
            case: None,
            actor: None,
            action: None,
            object: None,
            before: None,
            limit: 100,
        }
    }
}

impl Index {
    /// Opens the audit trail for reading, as this moment sees it: others go on adding to it.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn audit_trail(&self) -> Result<AuditTrail, IndexError> {
        AuditTrail::of(self.inner.core.path.clone())
    }
}

impl Custody {
    /// Adds an entry to the audit trail. Call it before the act is done or its answer given.
    ///
    /// # Errors
    /// When the core file cannot be written: then the act must not be done.
    pub fn append_audit(
        &mut self,
        draft: &AuditDraft,
        link: ChainLink,
    ) -> Result<ChainedEntry, IndexError> {
        self.with_audit(draft, link, |_| Ok(())).map(|(entry, ())| entry)
    }

    /// Signs the trail as it is now and stores the head. `sign` is told the head's number, and
    /// number and hash of the last entry. `None` if nothing came since the last head.
    ///
    /// # Errors
    /// When the core file cannot be written.
    pub fn sign_audit(
        &mut self,
        sign: &dyn Fn(u64, (u64, [u8; 32])) -> SignedHead,
    ) -> Result<Option<SignedHead>, IndexError> {
        store_head(&mut self.connection, sign).map_err(|error| {
            IndexError::database("store a head of the audit trail", &self.path, error)
        })
    }

    /// Returns the newest signed head.
    ///
    /// # Errors
    /// When the core file cannot be read.
    pub fn audit_head(&self) -> Result<Option<SignedHead>, IndexError> {
        newest_head(&self.connection).map_err(|error| self.unreadable(error))
    }

    /// Returns the signed heads after that of `number`, in order.
    ///
    /// # Errors
    /// When the core file cannot be read.
    pub fn audit_heads_after(&self, number: u64) -> Result<Vec<SignedHead>, IndexError> {
        heads_after(&self.connection, number).map_err(|error| self.unreadable(error))
    }

    /// Returns up to `limit` entries as they lie after `seq`, in order.
    ///
    /// # Errors
    /// When the core file cannot be read.
    pub fn audit_after(&self, seq: u64, limit: usize) -> Result<Vec<ChainedEntry>, IndexError> {
        entries_after(&self.connection, seq, limit).map_err(|error| self.unreadable(error))
    }

    /// Returns the number of the first entry of a case.
    ///
    /// # Errors
    /// When the core file cannot be read.
    pub fn first_audit_of(&self, case: &str) -> Result<Option<u64>, IndexError> {
        let sql = "SELECT min(seq) FROM audit WHERE case_number = ?1";
        self.connection
            .query_row(sql, [case], |row| row.get::<_, Option<i64>>(0))
            .map(|seq| seq.map(i64::cast_unsigned))
            .map_err(|error| self.unreadable(error))
    }

    /// Returns the entries that match `query`, newest first.
    ///
    /// # Errors
    /// When the core file cannot be read.
    pub fn audit(&self, query: &AuditQuery) -> Result<Vec<ChainedEntry>, IndexError> {
        search(&self.connection, query).map_err(|error| self.unreadable(error))
    }
}

/// The audit trail of an index that may be in use by another process, as one moment saw it.
#[derive(Debug)]
pub struct AuditTrail {
    connection: Connection,
    path: PathBuf,
}

impl AuditTrail {
    /// Opens the trail of the index in `dir` for reading. Neither locks nor changes it.
    ///
    /// # Errors
    /// When there is no index in `dir`, or it cannot be read.
    pub fn open(dir: &Path) -> Result<Self, IndexError> {
        Self::of(dir.join("core.db"))
    }

    pub(crate) fn of(path: PathBuf) -> Result<Self, IndexError> {
        let connection = Kind::Core.open_reader(&path)?;
        connection
            .execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema")
            .map_err(|error| IndexError::database("read the audit trail", &path, error))?;
        Ok(Self { connection, path })
    }

    /// Returns the name of the site.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn site(&self) -> Result<String, IndexError> {
        self.connection
            .query_row("SELECT name FROM site", [], |row| row.get(0))
            .map_err(|error| self.unreadable(error))
    }

    /// Returns up to `limit` entries as they lie after `seq`, in order.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn entries_after(&self, seq: u64, limit: usize) -> Result<Vec<ChainedEntry>, IndexError> {
        entries_after(&self.connection, seq, limit).map_err(|error| self.unreadable(error))
    }

    /// Returns the entries that match `query`, newest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn search(&self, query: &AuditQuery) -> Result<Vec<ChainedEntry>, IndexError> {
        search(&self.connection, query).map_err(|error| self.unreadable(error))
    }

    /// Returns all signed heads, in order.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn heads(&self) -> Result<Vec<SignedHead>, IndexError> {
        heads_after(&self.connection, 0).map_err(|error| self.unreadable(error))
    }

    /// Returns how many entries were ever added, by the database's own count.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn counted(&self) -> Result<u64, IndexError> {
        let counted: Option<i64> = self
            .connection
            .query_row("SELECT seq FROM sqlite_sequence WHERE name = 'audit'", [], |row| row.get(0))
            .optional()
            .map_err(|error| self.unreadable(error))?;
        Ok(counted.map_or(0, i64::cast_unsigned))
    }

    fn unreadable(&self, error: rusqlite::Error) -> IndexError {
        IndexError::database("read the audit trail", &self.path, error)
    }
}

/// Lets the triggers of the trail work, after a look that they are ours and no others are there.
pub(crate) fn arm(connection: &Connection, path: &Path) -> Result<(), IndexError> {
    let failed = |error| IndexError::database("read the triggers", path, error);
    let mut statement = connection
        .prepare("SELECT sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY sql")
        .map_err(failed)?;
    let found: Vec<String> =
        statement.query_map([], |row| row.get(0)).and_then(Iterator::collect).map_err(failed)?;
    let mut due: Vec<String> = AUDIT_TRIGGERS
        .split("END;")
        .map(str::trim)
        .filter(|text| !text.is_empty())
        .map(|text| format!("{text} END"))
        .collect();
    due.sort();
    if found != due {
        let detail = "the triggers that guard the audit trail are not the ones it was made with";
        return Err(IndexError::damaged(path, detail));
    }
    connection
        .set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, true)
        .map(drop)
        .map_err(failed)
}

const COLUMNS: &str = "seq, time_us, actor, action, object, case_number, purpose, detail, hash";
const HEADS: &str = "SELECT number, seq, hash, time_us, signature FROM audit_head";

/// Adds the next entry.
pub(crate) fn append(
    transaction: &Transaction<'_>,
    draft: &AuditDraft,
    link: ChainLink,
) -> rusqlite::Result<ChainedEntry> {
    let last = last(transaction)?;
    let (seq, before) = last.map_or((0, [0; 32]), |last| (last.entry.seq, last.hash));
    let entry = AuditEntry::new(seq + 1, draft);
    let hash = link(&before, &entry);
    transaction
        .prepare_cached(
            "INSERT INTO audit (seq, time_us, actor, action, object, case_number, purpose, detail,
               hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            entry.seq.cast_signed(),
            entry.time.as_micros(),
            entry.actor,
            entry.action,
            entry.object,
            entry.case,
            entry.purpose.map(u64::cast_signed),
            entry.detail,
            hash,
        ])?;
    Ok(ChainedEntry { entry, hash })
}

fn last(connection: &Connection) -> rusqlite::Result<Option<ChainedEntry>> {
    let sql = format!("SELECT {COLUMNS} FROM audit ORDER BY seq DESC LIMIT 1");
    connection.prepare_cached(&sql)?.query_row([], read_entry).optional()
}

fn newest_head(connection: &Connection) -> rusqlite::Result<Option<SignedHead>> {
    let sql = format!("{HEADS} ORDER BY number DESC LIMIT 1");
    connection.prepare_cached(&sql)?.query_row([], read_head).optional()
}

fn heads_after(connection: &Connection, number: u64) -> rusqlite::Result<Vec<SignedHead>> {
    let sql = format!("{HEADS} WHERE number > ?1 ORDER BY number");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map([number.cast_signed()], read_head)?;
    rows.collect()
}

fn entries_after(
    connection: &Connection,
    seq: u64,
    limit: usize,
) -> rusqlite::Result<Vec<ChainedEntry>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let sql = format!("SELECT {COLUMNS} FROM audit WHERE seq > ?1 ORDER BY seq LIMIT ?2");
    select(connection, &sql, params![seq.cast_signed(), limit])
}

fn store_head(
    connection: &mut Connection,
    sign: &dyn Fn(u64, (u64, [u8; 32])) -> SignedHead,
) -> rusqlite::Result<Option<SignedHead>> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let last = last(&transaction)?;
    let known = newest_head(&transaction)?;
    let signed = known.as_ref().map_or(0, |head| head.seq);
    let Some(last) = last.filter(|last| last.entry.seq > signed) else {
        return Ok(None);
    };
    let number = known.map_or(0, |head| head.number) + 1;
    let head = sign(number, (last.entry.seq, last.hash));
    transaction.execute(
        "INSERT INTO audit_head (number, seq, hash, time_us, signature)
         VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            head.number.cast_signed(),
            head.seq.cast_signed(),
            head.hash,
            head.time.as_micros(),
            head.signature,
        ],
    )?;
    transaction.commit()?;
    Ok(Some(head))
}

fn search(connection: &Connection, query: &AuditQuery) -> rusqlite::Result<Vec<ChainedEntry>> {
    let limit = i64::try_from(query.limit.clamp(1, 1000)).unwrap_or(1000);
    let of_case = if query.case.is_some() { "AND case_number = ?4" } else { "AND ?4 IS NULL" };
    let sql = format!(
        "SELECT {COLUMNS} FROM audit
         WHERE seq < ?1 AND time_us >= ?2 AND time_us < ?3 {of_case}
           AND (?5 IS NULL OR actor = ?5) AND (?6 IS NULL OR action = ?6)
           AND (?8 IS NULL OR instr(object, ?8) > 0)
         ORDER BY seq DESC LIMIT ?7"
    );
    let parameters = params![
        query.before.map_or(i64::MAX, u64::cast_signed),
        query.range.start.as_micros(),
        query.range.end.as_micros(),
        query.case,
        query.actor.as_ref().map(AccountName::as_str),
        query.action,
        limit,
        query.object,
    ];
    select(connection, &sql, parameters)
}

fn select(
    connection: &Connection,
    sql: &str,
    parameters: impl rusqlite::Params,
) -> rusqlite::Result<Vec<ChainedEntry>> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(parameters, read_entry)?;
    rows.collect()
}

/// Reads a row of [`COLUMNS`] as it is: what does not fit is for the chain's check to say.
fn read_entry(row: &Row<'_>) -> rusqlite::Result<ChainedEntry> {
    let text = |column: usize| -> rusqlite::Result<String> {
        let bytes = row.get_ref(column)?.as_bytes().unwrap_or_default();
        Ok(String::from_utf8_lossy(bytes).into_owned())
    };
    let has_case = row.get_ref(5)? != rusqlite::types::ValueRef::Null;
    let entry = AuditEntry {
        seq: row.get::<_, i64>(0)?.cast_unsigned(),
        time: Timestamp::from_micros(row.get(1)?),
        actor: text(2)?,
        action: text(3)?,
        object: text(4)?,
        case: if has_case { Some(text(5)?) } else { None },
        purpose: row.get::<_, Option<i64>>(6)?.map(i64::cast_unsigned),
        detail: text(7)?,
    };
    Ok(ChainedEntry { entry, hash: bytes_of(row, 8)? })
}

fn read_head(row: &Row<'_>) -> rusqlite::Result<SignedHead> {
    Ok(SignedHead {
        number: row.get::<_, i64>(0)?.cast_unsigned(),
        seq: row.get::<_, i64>(1)?.cast_unsigned(),
        hash: bytes_of(row, 2)?,
        time: Timestamp::from_micros(row.get(3)?),
        signature: bytes_of(row, 4)?,
    })
}

/// Reads a blob of `N` bytes; of another length it is zeros, which fit nothing.
fn bytes_of<const N: usize>(row: &Row<'_>, column: usize) -> rusqlite::Result<[u8; N]> {
    let bytes = row.get_ref(column)?.as_bytes().unwrap_or_default();
    Ok(bytes.try_into().unwrap_or([0; N]))
}
