//! What stands for an account: sessions of persons, tokens of services, both by their SHA-256; and
//! how often log-ins failed, by the name that was tried, whether there is such an account or not.

use std::time::Duration;

use domain::{AccountName, Grant, Permission, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use crate::accounts::{COLUMNS, read_account, read_grants};
use crate::{Account, AccountKind, Accounts, IndexError};

/// The SHA-256 of a secret: what is stored of it.
pub type SecretHash = [u8; 32];

/// A use of a session is noted no more often than this: each costs a write.
const NOTED_EVERY: Duration = Duration::from_secs(60);
/// Names with failed log-ins that are remembered; the oldest make room.
const NAMES_KEPT: i64 = 10_000;

/// Who stands behind a session or a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The account's name.
    pub name: AccountName,
    /// What kind.
    pub kind: AccountKind,
    /// How people call it.
    pub display_name: String,
    /// What it was granted.
    pub grants: Vec<Grant>,
    /// Nothing but these of the permissions that its roles give.
    pub only: Option<Vec<Permission>>,
    /// Whether somebody else chose the password: nothing but setting another may be done.
    pub password_given: bool,
    /// When the session or token ends.
    pub expires: Timestamp,
}

/// How long a session lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimits {
    /// From its beginning, whatever is done.
    pub whole: Duration,
    /// From its last use.
    pub idle: Duration,
}

/// How many log-ins may fail, and how long one then waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempts {
    /// Failures in a row before a name is locked.
    pub free: u32,
    /// How long it is locked first; twice as long after each further failure.
    pub first_lock: Duration,
    /// How long it is locked at most. Failures older than twice this are forgotten.
    pub longest_lock: Duration,
}

impl Accounts {
    /// Begins a session of `name`, unless it is shut out.
    ///
    /// # Errors
    /// [`IndexError::NoAccount`], or when the core file cannot be written.
    pub fn open_session(
        &self,
        name: &AccountName,
        secret: &SecretHash,
        now: Timestamp,
        limits: SessionLimits,
    ) -> Result<(), IndexError> {
        self.change_one(name, "begin a session", |transaction, id| {
            transaction.execute(
                "DELETE FROM session WHERE expires_us <= ?1 OR used_us <= ?2",
                params![now.as_micros(), now.minus(limits.idle).as_micros()],
            )?;
            transaction.execute(
                "INSERT INTO session SELECT ?1, id, ?3, ?3, ?4 FROM account
                 WHERE id = ?2 AND disabled = 0",
                params![secret, id, now.as_micros(), now.plus(limits.whole).as_micros()],
            )?;
            Ok(())
        })
    }

    /// Returns whose session it is, if it goes on, and notes that it was used.
    ///
    /// # Errors
    /// When the core file cannot be read.
    pub fn session(
        &self,
        secret: &SecretHash,
        now: Timestamp,
        idle: Duration,
    ) -> Result<Option<Identity>, IndexError> {
        let connection = self.lock();
        let read = || {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {COLUMNS}, session.expires_us, session.used_us
                 FROM session JOIN account ON account.id = session.account
                 WHERE secret = ?1 AND disabled = 0 AND expires_us > ?2 AND used_us > ?3"
            ))?;
            let key = params![secret, now.as_micros(), now.minus(idle).as_micros()];
            let found = statement
                .query_row(key, |row| Ok((read_account(row)?, row.get(9)?, row.get(10)?)))
                .optional()?;
            let Some((account, expires, used)) = found else { return Ok(None) };
            if now.since(Timestamp::from_micros(used)) >= NOTED_EVERY.min(idle / 4) {
                // A disk that takes nothing must not shut anybody out.
                let noted = connection
                    .prepare_cached("UPDATE session SET used_us = ?2 WHERE secret = ?1")?
                    .execute(params![secret, now.as_micros()]);
                if let Err(error) = noted {
                    tracing::warn!(%error, "cannot note that a session was used");
                }
            }
            identity(&connection, account, expires).map(Some)
        };
        read().map_err(|error| self.failed("find a session", error))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// When the core file cannot be written.
    pub fn close_session(&self, secret: &SecretHash) -> Result<(), IndexError> {
        self.change("end a session", |transaction| {
            transaction.execute("DELETE FROM session WHERE secret = ?1", params![secret])?;
            Ok(())
        })
    }

    /// Gives the service `name` a token.
    ///
    /// # Errors
    /// [`IndexError::NoAccount`], or when the core file cannot be written.
    pub fn add_token(
        &self,
        name: &AccountName,
        secret: &SecretHash,
        now: Timestamp,
        expires: Timestamp,
    ) -> Result<(), IndexError> {
        self.change_one(name, "give a token", |transaction, id| {
            transaction.execute(
                "INSERT INTO api_token VALUES (?1, ?2, ?3, ?4)",
                params![secret, id, now.as_micros(), expires.as_micros()],
            )?;
            Ok(())
        })
    }

    /// Returns whose token it is, if it is one and has not ended.
    ///
    /// # Errors
    /// When the core file cannot be read.
    pub fn token(
        &self,
        secret: &SecretHash,
        now: Timestamp,
    ) -> Result<Option<Identity>, IndexError> {
        let connection = self.lock();
        let read = || {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {COLUMNS}, api_token.expires_us
                 FROM api_token JOIN account ON account.id = api_token.account
                 WHERE secret = ?1 AND disabled = 0 AND expires_us > ?2"
            ))?;
            let key = params![secret, now.as_micros()];
            let found =
                statement.query_row(key, |row| Ok((read_account(row)?, row.get(9)?))).optional()?;
            let Some((account, expires)) = found else { return Ok(None) };
            identity(&connection, account, expires).map(Some)
        };
        read().map_err(|error| self.failed("find a token", error))
    }

    /// Returns the tokens of the service `name` that have not ended.
    ///
    /// # Errors
    /// When the core file cannot be read.
    pub fn tokens_of(
        &self,
        name: &AccountName,
        now: Timestamp,
    ) -> Result<Vec<SecretHash>, IndexError> {
        let connection = self.lock();
        let read = || {
            let mut statement = connection.prepare_cached(
                "SELECT secret FROM api_token JOIN account ON account.id = api_token.account
                 WHERE account.name = ?1 AND disabled = 0 AND expires_us > ?2",
            )?;
            let rows =
                statement.query_map(params![name.as_str(), now.as_micros()], |row| row.get(0))?;
            rows.collect::<rusqlite::Result<_>>()
        };
        read().map_err(|error| self.failed("find tokens", error))
    }

    /// Takes one attempt at a log-in as `name` and counts it as failed until
    /// [`Accounts::forget_attempts`]: counted before it is tried, many at once are no more than
    /// one after the other.
    ///
    /// # Errors
    /// When the core file cannot be written. `Ok(Err(wait))`: the name is locked for so long.
    pub fn take_attempt(
        &self,
        name: &str,
        now: Timestamp,
        attempts: Attempts,
    ) -> Result<Result<(), Duration>, IndexError> {
        self.change("count a log-in", |transaction| {
            let forgotten = now.minus(attempts.longest_lock * 2).as_micros();
            transaction.execute("DELETE FROM failed_login WHERE last_us <= ?1", [forgotten])?;
            let found: Option<(u32, i64)> = transaction
                .prepare_cached("SELECT count, locked_until_us FROM failed_login WHERE name = ?1")?
                .query_row([name], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            let (count, until) = found.unwrap_or((0, i64::MIN));
            let until = Timestamp::from_micros(until);
            if until > now {
                return Ok(Err(until.since(now)));
            }
            let count = count.saturating_add(1);
            let lock = attempts.lock_after(count);
            let locked_until = if lock.is_zero() { Timestamp::MIN } else { now.plus(lock) };
            transaction.execute(
                "INSERT OR REPLACE INTO failed_login VALUES (?1, ?2, ?3, ?4)",
                params![name, count, now.as_micros(), locked_until.as_micros()],
            )?;
            transaction.execute(
                "DELETE FROM failed_login WHERE last_us < (
                   SELECT last_us FROM failed_login ORDER BY last_us DESC LIMIT 1 OFFSET ?1)",
                [NAMES_KEPT],
            )?;
            Ok(Ok(()))
        })
    }

    /// Forgets the failed log-ins of `name`: it has signed in.
    ///
    /// # Errors
    /// When the core file cannot be written.
    pub fn forget_attempts(&self, name: &str) -> Result<(), IndexError> {
        self.change("forget failed log-ins", |transaction| {
            transaction.execute("DELETE FROM failed_login WHERE name = ?1", [name])?;
            Ok(())
        })
    }
}

impl Attempts {
    /// Returns how long a name is locked once `count` log-ins in a row have failed.
    fn lock_after(self, count: u32) -> Duration {
        let Some(beyond) = count.checked_sub(self.free) else { return Duration::ZERO };
        let doubled = self.first_lock.saturating_mul(2_u32.saturating_pow(beyond.min(30)));
        doubled.min(self.longest_lock)
    }
}

fn identity(
    connection: &Connection,
    (id, account): (i64, Account),
    expires_us: i64,
) -> rusqlite::Result<Identity> {
    Ok(Identity {
        name: account.name,
        kind: account.kind,
        display_name: account.display_name,
        grants: read_grants(connection, id)?,
        only: account.only,
        password_given: account.password_given,
        expires: Timestamp::from_micros(expires_us),
    })
}
