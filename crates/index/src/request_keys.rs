//! Requests that are named by who asks, so that one that was lost on the way can be repeated: what it
//! was answered with is kept for a day.
//!
//! A key is taken before anything is done, and its answer is put to it after. Where the program dies in
//! between, whether it was done is not known, and that is told instead of doing it again.

use std::time::Duration;

use domain::{AccountName, Timestamp};
use rusqlite::{OptionalExtension, TransactionBehavior, params};

use crate::{Custody, IndexError};

/// Keys; `request` is the SHA-256 of what was asked, `status` is null until it is answered.
pub(crate) const REQUEST_KEY_TABLES: &str = "CREATE TABLE request_key (
       by TEXT NOT NULL, key TEXT NOT NULL, request BLOB NOT NULL, at_us INTEGER NOT NULL,
       status INTEGER, location TEXT, body BLOB,
       PRIMARY KEY (by, key)
     ) STRICT, WITHOUT ROWID;
     CREATE INDEX request_key_at ON request_key (at_us);";

/// For how long a key is known; whoever repeats a request does so within moments.
const KEY_KEPT: Duration = Duration::from_secs(24 * 3600);

/// Names a request of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestKey {
    /// Whose request it is.
    pub by: AccountName,
    /// The name they gave it.
    pub key: String,
    /// The SHA-256 of what was asked.
    pub request: [u8; 32],
    /// When it was asked.
    pub at: Timestamp,
}

/// What a request was answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenAnswer {
    /// The HTTP status.
    pub status: u16,
    /// Where what was made can be asked for.
    pub location: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// What became of taking a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyTaken {
    /// Nobody had it: do what is asked, and answer it or forget it.
    New,
    /// The same request was answered so.
    Answered(GivenAnswer),
    /// The same request was begun, and its end is not known.
    Unfinished,
    /// The key belongs to another request.
    OtherRequest,
}

impl Custody {
    /// Takes a key, unless it was taken before.
    ///
    /// # Errors
    /// When the core file cannot be written.
    pub fn take_request_key(&mut self, key: &RequestKey) -> Result<KeyTaken, IndexError> {
        let connection = &mut self.connection;
        let mut take = || -> rusqlite::Result<KeyTaken> {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            transaction.execute(
                "DELETE FROM request_key WHERE at_us < ?1",
                [key.at.minus(KEY_KEPT).as_micros()],
            )?;
            let known: Option<([u8; 32], Option<GivenAnswer>)> = transaction
                .prepare_cached(
                    "SELECT request, status, location, body FROM request_key
                     WHERE by = ?1 AND key = ?2",
                )?
                .query_row([key.by.as_str(), &key.key], |row| {
                    let answer = match row.get::<_, Option<u16>>(1)? {
                        Some(status) => {
                            let (location, body) = (row.get(2)?, row.get(3)?);
                            Some(GivenAnswer { status, location, body })
                        }
                        None => None,
                    };
                    Ok((row.get(0)?, answer))
                })
                .optional()?;
            let taken = match known {
                Some((request, _)) if request != key.request => KeyTaken::OtherRequest,
                Some((_, Some(answer))) => KeyTaken::Answered(answer),
                Some((_, None)) => KeyTaken::Unfinished,
                None => {
                    transaction.execute(
                        "INSERT INTO request_key (by, key, request, at_us) VALUES (?1, ?2, ?3, ?4)",
                        params![key.by.as_str(), key.key, key.request, key.at.as_micros()],
                    )?;
                    KeyTaken::New
                }
            };
            transaction.commit()?;
            Ok(taken)
        };
        take().map_err(|error| IndexError::database("take a request's key", &self.path, error))
    }

    /// Keeps what a request was answered with.
    ///
    /// # Errors
    /// When the core file cannot be written.
    pub fn answer_request(&self, key: &RequestKey, answer: &GivenAnswer) -> Result<(), IndexError> {
        let sql = "UPDATE request_key SET status = ?3, location = ?4, body = ?5
                   WHERE by = ?1 AND key = ?2";
        let GivenAnswer { status, location, body } = answer;
        self.connection
            .execute(sql, params![key.by.as_str(), key.key, status, location, body])
            .map(drop)
            .map_err(|error| IndexError::database("keep a request's answer", &self.path, error))
    }

    /// Forgets a key whose request did nothing: it may be tried again.
    ///
    /// # Errors
    /// When the core file cannot be written.
    pub fn forget_request_key(&self, key: &RequestKey) -> Result<(), IndexError> {
        self.connection
            .execute(
                "DELETE FROM request_key WHERE by = ?1 AND key = ?2",
                params![key.by.as_str(), key.key],
            )
            .map(drop)
            .map_err(|error| IndexError::database("forget a request's key", &self.path, error))
    }
}
