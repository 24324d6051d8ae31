//! Accounts and what they were granted, in the core file over a connection of its own: a log-in
//! never waits for alerts to reach the disk, and a command changes accounts beside the service.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{AccountName, Grant, Permission, Place, Role, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::core_file::CoreFile;
use crate::index::lock;
use crate::schema::Kind;
use crate::{IndexError, SecretHash};

/// Who may do what. Cloning shares it; any thread may use it. Every change is durable on return
/// and holds at once, in the running service too.
#[derive(Debug, Clone)]
pub struct Accounts(Arc<Book>);

#[derive(Debug)]
struct Book {
    path: PathBuf,
    connection: Mutex<Connection>,
    /// Held by a command while no service runs.
    _lock: Option<File>,
}

/// What kind of account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountKind {
    /// A person, who signs in with a password.
    Person,
    /// A service, which shows a token.
    Service,
}

/// An account to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAccount {
    /// Names it, for ever.
    pub name: AccountName,
    /// What kind.
    pub kind: AccountKind,
    /// How people call it.
    pub display_name: String,
    /// The hash of its password, in the PHC's form; without one nobody signs in.
    pub password: Option<String>,
    /// Nothing but these of the permissions that its roles give; `None` for all.
    pub only: Option<Vec<Permission>>,
    /// What it is granted.
    pub grants: Vec<Grant>,
}

/// An account as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Names it.
    pub name: AccountName,
    /// What kind.
    pub kind: AccountKind,
    /// How people call it.
    pub display_name: String,
    /// The hash of its password, in the PHC's form.
    pub password: Option<String>,
    /// Nothing but these of the permissions that its roles give.
    pub only: Option<Vec<Permission>>,
    /// What it is granted.
    pub grants: Vec<Grant>,
    /// Whether it is shut out.
    pub disabled: bool,
    /// Whether somebody else chose the password, and its owner has not set another yet.
    pub password_given: bool,
    /// When it was made.
    pub created: Timestamp,
    /// When its token ends, of a service that has one.
    pub token_expires: Option<Timestamp>,
}

/// Who chose a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PasswordOf {
    /// Whoever signs in with it.
    Own,
    /// Somebody else, who knows it.
    Another,
}

/// Columns of `account` in the order in which [`read_account`] takes them apart.
pub(crate) const COLUMNS: &str = "account.id, account.name, account.kind, account.display_name,
    account.password, account.only_these, account.disabled, account.created_us,
    account.password_given";

/// What the program itself does stands in the audit trail under this name.
const THE_PROGRAM: &str = "watchpost";

impl Accounts {
    /// Opens the accounts of an index for a command: beside the service that has it open, or alone
    /// while none does; then the index is made if absent.
    ///
    /// # Errors
    /// The core file is damaged, foreign, of another site, or of another version than the service
    /// that runs.
    pub fn open(dir: &Path, site: &str) -> Result<Self, IndexError> {
        std::fs::create_dir_all(dir).map_err(|error| IndexError::folder(dir, error))?;
        match lock(dir) {
            Ok(held) => {
                let core = CoreFile::open(dir, site)?;
                let connection = Kind::Core.open_beside(&core.path)?;
                Ok(Self::new(core.path, connection, Some(held)))
            }
            Err(IndexError::Locked { .. }) => {
                let path = dir.join("core.db");
                let connection = Kind::Core.open_beside(&path)?;
                Ok(Self::new(path, connection, None))
            }
            Err(error) => Err(error),
        }
    }

    /// Opens the accounts beside the core file that this process has open.
    pub(crate) fn of(core: &CoreFile) -> Result<Self, IndexError> {
        let connection = Kind::Core.open_beside(&core.path)?;
        Ok(Self::new(core.path.clone(), connection, None))
    }

    fn new(path: PathBuf, connection: Connection, held: Option<File>) -> Self {
        Self(Arc::new(Book { path, connection: Mutex::new(connection), _lock: held }))
    }

    /// Makes an account, whose password its owner chose.
    ///
    /// # Errors
    /// [`IndexError::NameTaken`], or when the core file cannot be written.
    pub fn add(&self, account: &NewAccount, now: Timestamp) -> Result<(), IndexError> {
        self.make(account, PasswordOf::Own, now)
    }

    /// Makes an account whose password somebody else chose: until its owner has set another, a
    /// session of theirs is good for nothing else.
    ///
    /// # Errors
    /// [`IndexError::NameTaken`], or when the core file cannot be written.
    pub fn add_with_given_password(
        &self,
        account: &NewAccount,
        now: Timestamp,
    ) -> Result<(), IndexError> {
        self.make(account, PasswordOf::Another, now)
    }

    fn make(&self, account: &NewAccount, of: PasswordOf, now: Timestamp) -> Result<(), IndexError> {
        if account.name.as_str() == THE_PROGRAM {
            return Err(IndexError::NameTaken { name: account.name.clone() });
        }
        let made = self.change("make an account", |transaction| {
            let added = transaction.execute(
                "INSERT OR IGNORE INTO account
                   (name, kind, display_name, password, only_these, disabled, created_us,
                    password_given)
                 VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6, ?7)",
                params![
                    account.name.as_str(),
                    account.kind as u8,
                    account.display_name,
                    account.password,
                    account.only.as_deref().map(written),
                    now.as_micros(),
                    of == PasswordOf::Another,
                ],
            )?;
            if added == 0 {
                return Ok(false);
            }
            let id = transaction.last_insert_rowid();
            account.grants.iter().try_for_each(|grant| put_grant(transaction, id, grant))?;
            Ok(true)
        })?;
        let name = account.name.clone();
        if made { Ok(()) } else { Err(IndexError::NameTaken { name }) }
    }

    /// Returns every account, by name.
    ///
    /// # Errors
    /// When the core file cannot be read.
    pub fn list(&self) -> Result<Vec<Account>, IndexError> {
        let connection = self.lock();
        let read = || {
            let sql = format!("SELECT {COLUMNS} FROM account ORDER BY name");
            let mut statement = connection.prepare_cached(&sql)?;
            let rows = statement.query_map([], read_account)?.collect::<Result<Vec<_>, _>>()?;
            let all = rows.into_iter().map(|(id, account)| completed(&connection, id, account));
            all.collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(|error| self.failed("list accounts", error))
    }

    /// Returns whether any person may sign in.
    ///
    /// # Errors
    /// When the core file cannot be read.
    pub fn has_people(&self) -> Result<bool, IndexError> {
        self.lock()
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM account WHERE kind = 0 AND disabled = 0)")
            .and_then(|mut statement| statement.query_row([], |row| row.get(0)))
            .map_err(|error| self.failed("read the accounts", error))
    }

    /// Returns the account called `name`.
    ///
    /// # Errors
    /// When the core file cannot be read.
    pub fn get(&self, name: &AccountName) -> Result<Option<Account>, IndexError> {
        let connection = self.lock();
        let read = || {
            let sql = format!("SELECT {COLUMNS} FROM account WHERE name = ?1");
            let mut statement = connection.prepare_cached(&sql)?;
            let found = statement.query_row([name.as_str()], read_account).optional()?;
            found.map(|(id, account)| completed(&connection, id, account)).transpose()
        };
        read().map_err(|error| self.failed("read an account", error))
    }

    /// Grants `name` a role over a place; granted twice is granted once.
    ///
    /// # Errors
    /// [`IndexError::NoAccount`], or when the core file cannot be written.
    pub fn grant(&self, name: &AccountName, grant: &Grant) -> Result<(), IndexError> {
        self.change_one(name, "grant a role", |transaction, id| put_grant(transaction, id, grant))
    }

    /// Takes a role over a place from `name`; returns whether it had it.
    ///
    /// # Errors
    /// [`IndexError::NoAccount`], or when the core file cannot be written.
    pub fn revoke(&self, name: &AccountName, grant: &Grant) -> Result<bool, IndexError> {
        self.change_one(name, "take a role away", |transaction, id| {
            let taken = transaction.execute(
                "DELETE FROM account_grant WHERE account = ?1 AND role = ?2 AND place = ?3",
                params![id, grant.role.as_str(), place_text(&grant.place)],
            )?;
            Ok(taken > 0)
        })
    }

    /// Sets the password's hash, ends every session of the account, and forgets failed log-ins.
    ///
    /// # Errors
    /// [`IndexError::NoAccount`], or when the core file cannot be written.
    pub fn set_password(&self, name: &AccountName, hash: &str) -> Result<(), IndexError> {
        self.put_password(name, hash, PasswordOf::Own, None)
    }

    /// Does the same with a password that somebody else chose: until its owner has set another, a
    /// session of theirs is good for nothing else.
    ///
    /// # Errors
    /// [`IndexError::NoAccount`], or when the core file cannot be written.
    pub fn give_password(&self, name: &AccountName, hash: &str) -> Result<(), IndexError> {
        self.put_password(name, hash, PasswordOf::Another, None)
    }

    /// Sets the hash of the password that its owner chose in the session `kept`: every other session
    /// ends, and failed log-ins are forgotten.
    ///
    /// # Errors
    /// [`IndexError::NoAccount`], or when the core file cannot be written.
    pub fn change_password(
        &self,
        name: &AccountName,
        hash: &str,
        kept: &SecretHash,
    ) -> Result<(), IndexError> {
        self.put_password(name, hash, PasswordOf::Own, Some(kept))
    }

    fn put_password(
        &self,
        name: &AccountName,
        hash: &str,
        of: PasswordOf,
        kept: Option<&SecretHash>,
    ) -> Result<(), IndexError> {
        self.change_one(name, "set a password", |transaction, id| {
            transaction.execute(
                "UPDATE account SET password = ?2, password_given = ?3 WHERE id = ?1",
                params![id, hash, of == PasswordOf::Another],
            )?;
            transaction.execute(
                "DELETE FROM session WHERE account = ?1 AND secret IS NOT ?2",
                params![id, kept],
            )?;
            transaction.execute("DELETE FROM failed_login WHERE name = ?1", [name.as_str()])?;
            Ok(())
        })
    }

    /// Shuts an account out, with its sessions and tokens, or lets it in again without them.
    ///
    /// # Errors
    /// [`IndexError::NoAccount`], or when the core file cannot be written.
    pub fn set_disabled(&self, name: &AccountName, disabled: bool) -> Result<(), IndexError> {
        self.change_one(name, "shut an account out", |transaction, id| {
            transaction
                .execute("UPDATE account SET disabled = ?2 WHERE id = ?1", params![id, disabled])?;
            transaction.execute("DELETE FROM session WHERE account = ?1", [id])?;
            transaction.execute("DELETE FROM api_token WHERE account = ?1", [id])?;
            Ok(())
        })
    }

    /// Takes the connection; held for one short transaction.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Connection> {
        self.0.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn failed(&self, action: &'static str, error: rusqlite::Error) -> IndexError {
        IndexError::database(action, &self.0.path, error)
    }

    /// Runs `work` as one transaction that takes the write lock at once, so that it never has to
    /// give up half-way because another process writes.
    pub(crate) fn change<T>(
        &self,
        action: &'static str,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, IndexError> {
        let mut connection = self.lock();
        let run = || {
            let transaction =
                connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            let done = work(&transaction)?;
            transaction.commit()?;
            Ok(done)
        };
        let done: rusqlite::Result<T> = run();
        done.map_err(|error| self.failed(action, error))
    }

    pub(crate) fn change_one<T>(
        &self,
        name: &AccountName,
        action: &'static str,
        work: impl FnOnce(&Connection, i64) -> rusqlite::Result<T>,
    ) -> Result<T, IndexError> {
        let done = self.change(action, |transaction| {
            let id = transaction
                .prepare_cached("SELECT id FROM account WHERE name = ?1")?
                .query_row([name.as_str()], |row| row.get::<_, i64>(0))
                .optional()?;
            id.map(|id| work(transaction, id)).transpose()
        })?;
        done.ok_or_else(|| IndexError::NoAccount { name: name.clone() })
    }
}

fn put_grant(connection: &Connection, account: i64, grant: &Grant) -> rusqlite::Result<()> {
    connection.execute(
        "INSERT OR IGNORE INTO account_grant VALUES (?1, ?2, ?3)",
        params![account, grant.role.as_str(), place_text(&grant.place)],
    )?;
    Ok(())
}

/// Returns a place as it is stored: the same place is always the same text.
fn place_text(place: &Place) -> String {
    serde_json::to_string(place).expect("a place is names, which are valid JSON")
}

fn written(permissions: &[Permission]) -> String {
    permissions.iter().map(|one| one.as_str()).collect::<Vec<_>>().join(" ")
}

/// Reads a row of [`COLUMNS`], without what lies in other tables.
pub(crate) fn read_account(row: &Row<'_>) -> rusqlite::Result<(i64, Account)> {
    let name: String = row.get(1)?;
    let only: Option<String> = row.get(5)?;
    let only = only.map(|words| words.split_whitespace().map(str::parse).collect());
    let account = Account {
        name: name.parse().map_err(|error| unreadable(1, error))?,
        kind: if row.get::<_, i64>(2)? == 0 { AccountKind::Person } else { AccountKind::Service },
        display_name: row.get(3)?,
        password: row.get(4)?,
        only: only.transpose().map_err(|error: domain::UnknownWord| unreadable(5, error))?,
        grants: Vec::new(),
        disabled: row.get(6)?,
        password_given: row.get(8)?,
        created: Timestamp::from_micros(row.get(7)?),
        token_expires: None,
    };
    Ok((row.get(0)?, account))
}

/// Reads what an account was granted.
pub(crate) fn read_grants(connection: &Connection, account: i64) -> rusqlite::Result<Vec<Grant>> {
    let mut statement = connection.prepare_cached(
        "SELECT role, place FROM account_grant WHERE account = ?1 ORDER BY role, place",
    )?;
    let rows = statement.query_map([account], |row| {
        let (role, place): (String, String) = (row.get(0)?, row.get(1)?);
        let role: Role = role.parse().map_err(|error| unreadable(0, error))?;
        let place = serde_json::from_str(&place).map_err(|error| unreadable(1, error))?;
        Ok(Grant { role, place })
    })?;
    rows.collect()
}

fn completed(connection: &Connection, id: i64, account: Account) -> rusqlite::Result<Account> {
    let token_expires: Option<i64> = connection
        .prepare_cached("SELECT max(expires_us) FROM api_token WHERE account = ?1")?
        .query_row([id], |row| row.get(0))?;
    let token_expires = token_expires.map(Timestamp::from_micros);
    Ok(Account { grants: read_grants(connection, id)?, token_expires, ..account })
}

fn unreadable(
    column: usize,
    error: impl std::error::Error + Send + Sync + 'static,
) -> rusqlite::Error {
    let kind = rusqlite::types::Type::Text;
    rusqlite::Error::FromSqlConversionFailure(column, kind, Box::new(error))
}
