//! Calls that call-taking systems told of: each an incident, which is an alert before the duty officer
//! and a case that its cameras and their footage are gathered in.
//!
//! Call, alert, case and marks are stored in one transaction: whoever looks finds all of an incident
//! or nothing, also over a crash. The sender names a call; posted again in the same words it changes
//! nothing, however often and however late, and in others it revises the incident.

use domain::{Alert, Call, CameraId, DueEscalation, EventId, SourceId, TimeRange, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::alert_row::{COLUMNS, put, read_alert, read_json, read_text, read_uuid, written};
use crate::alerts::failed;
use crate::cases::insert_case;
use crate::core_file::CoreFile;
use crate::floods::next_change;
use crate::{Index, IndexError};

/// Calls, each as it is now, with its alert and case; and every wording of it. `words` says whether
/// its text and address are still kept.
pub(crate) const CALL_TABLES: &str = "CREATE TABLE call (
       id INTEGER PRIMARY KEY,
       source TEXT NOT NULL, context TEXT NOT NULL, name TEXT NOT NULL,
       alert BLOB NOT NULL UNIQUE, duty_case INTEGER NOT NULL UNIQUE,
       received_us INTEGER NOT NULL, revised_us INTEGER NOT NULL,
       revision INTEGER NOT NULL, said TEXT NOT NULL, words INTEGER NOT NULL DEFAULT 1,
       UNIQUE (source, context, name)
     ) STRICT;
     CREATE INDEX call_words ON call (revised_us) WHERE words = 1;
     CREATE TABLE call_revision (
       call INTEGER NOT NULL, revision INTEGER NOT NULL,
       at_us INTEGER NOT NULL, digest BLOB NOT NULL, said TEXT NOT NULL,
       PRIMARY KEY (call, revision), UNIQUE (call, digest)
     ) STRICT, WITHOUT ROWID;";

/// Wordings of one call that are told of: the first ones.
const REVISIONS_TOLD: u32 = 100;

/// How its sender names a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallName {
    /// Who tells of it.
    pub source: SourceId,
    /// Within what its id is its own; may be empty.
    pub context: String,
    /// Its id there.
    pub id: String,
}

/// Something said of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallPosting {
    /// Of which.
    pub name: CallName,
    /// A hash of what was said: the same is the same posting.
    pub digest: [u8; 32],
    /// When it was told.
    pub at: Timestamp,
}

/// What a posting makes of a call.
#[derive(Debug, Clone, PartialEq)]
pub struct GatheredCall {
    /// The call as it is now.
    pub call: Call,
    /// The alert as it is now: of cameras that stand near.
    pub alert: Alert,
    /// When it goes higher unless somebody acknowledges it; looked at for a new call only.
    pub escalation: Option<DueEscalation>,
    /// What the case is called.
    pub title: String,
    /// What the number of the case begins with.
    pub number: String,
    /// The footage to be marked; what is marked already is not marked again.
    pub footage: Vec<(CameraId, TimeRange)>,
}

/// A call that was stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredCall {
    /// How its sender names it.
    pub name: CallName,
    /// The alert that it is; its id names the incident.
    pub alert: EventId,
    /// The case that it is.
    pub case: i64,
    /// When it was told first.
    pub received: Timestamp,
    /// When it was told otherwise last.
    pub revised: Timestamp,
    /// How often it was told otherwise, from 1.
    pub revision: u32,
    /// What is said of it now.
    pub call: Call,
}

/// What became of a posting.
#[derive(Debug, Clone, PartialEq)]
pub enum TakenCall<E> {
    /// It is a new incident.
    Opened(StoredCall),
    /// It revised one.
    Revised(StoredCall),
    /// It was told before: as it is now.
    Known(StoredCall),
    /// Whoever gathers refused it.
    Refused(E),
}

impl Index {
    /// Takes what a call-taking system says of a call: `gather` makes of it, and of the call with its
    /// alert as they were, how they are now. Everything in one transaction, durable on return.
    ///
    /// # Errors
    /// When the core file cannot be written; then nothing has changed.
    pub fn take_call<E>(
        &self,
        posting: &CallPosting,
        gather: impl FnOnce(Option<(&StoredCall, &Alert)>) -> Result<GatheredCall, E>,
    ) -> Result<TakenCall<E>, IndexError> {
        let core = &self.inner.core;
        let (taken, change) = take(&mut core.lock(), posting, gather)
            .map_err(|error| failed(core, "store a call", error))?;
        if let Some(change) = change {
            self.knock_of_alerts(change);
        }
        Ok(taken)
    }

    /// Returns the call that the alert named `alert` is.
    ///
    /// # Errors
    /// [`IndexError::Busy`], or when the core file cannot be read.
    pub fn call_of_alert(&self, alert: EventId) -> Result<Option<StoredCall>, IndexError> {
        let mut reader = self.inner.readers.get()?;
        let core = reader.core()?;
        one(core, "alert = ?1", [alert.0.as_bytes().as_slice()])
            .map(|found| found.map(|(_, stored)| stored))
            .map_err(|error| self.unreadable(error))
    }

    /// Returns the alert of the call that the case numbered `id` was opened for; `None` for a case
    /// that a person opened.
    ///
    /// # Errors
    /// [`IndexError::Busy`], or when the core file cannot be read.
    pub fn alert_of_case(&self, id: i64) -> Result<Option<EventId>, IndexError> {
        let mut reader = self.inner.readers.get()?;
        let core = reader.core()?;
        let read = || {
            core.prepare_cached("SELECT alert FROM call WHERE duty_case = ?1")?
                .query_row([id], |row| read_uuid(row, 0))
                .optional()
        };
        read().map_err(|error| self.unreadable(error))
    }

    /// Returns what was said of the call that the alert named `alert` is, each with when it was told,
    /// in that order: the first hundred wordings.
    ///
    /// # Errors
    /// [`IndexError::Busy`], or when the core file cannot be read.
    pub fn call_revisions(&self, alert: EventId) -> Result<Vec<(Timestamp, Call)>, IndexError> {
        let mut reader = self.inner.readers.get()?;
        let core = reader.core()?;
        let read = || {
            let mut statement = core.prepare_cached(
                "SELECT at_us, said FROM call_revision
                 WHERE call = (SELECT id FROM call WHERE alert = ?1) ORDER BY revision LIMIT ?2",
            )?;
            let key = params![alert.0.as_bytes().as_slice(), REVISIONS_TOLD];
            let rows = statement.query_map(key, |row| {
                Ok((Timestamp::from_micros(row.get(0)?), read_json(row, 1)?))
            })?;
            rows.collect::<rusqlite::Result<_>>()
        };
        read().map_err(|error| self.unreadable(error))
    }

    /// Forgets the words and addresses of calls that were told of for the last time before `before`,
    /// unless their alert is held: what people said is not kept for longer than it is needed. That
    /// there was a call, its kind and its ward stay. Returns how many.
    ///
    /// # Errors
    /// When the core file cannot be written; then nothing has changed.
    pub fn forget_calls(&self, before: Timestamp) -> Result<usize, IndexError> {
        forget(&self.inner.core, before)
    }
}

fn forget(core: &CoreFile, before: Timestamp) -> Result<usize, IndexError> {
    let forget = || {
        let mut connection = core.lock();
        let transaction = connection.transaction()?;
        let old = "SELECT id FROM call WHERE words = 1 AND revised_us < ?1
             AND NOT EXISTS (SELECT 1 FROM alert WHERE alert.uid = call.alert AND alert.held = 1)
             ORDER BY revised_us LIMIT 500";
        let before = [before.as_micros()];
        let bare = "json_remove(said, '$.text', '$.address')";
        transaction.execute(
            &format!("UPDATE call_revision SET said = {bare} WHERE call IN ({old})"),
            before,
        )?;
        let count = transaction.execute(
            &format!("UPDATE call SET said = {bare}, words = 0 WHERE id IN ({old})"),
            before,
        )?;
        transaction.commit()?;
        Ok(count)
    };
    forget().map_err(|error| failed(core, "forget what callers said", error))
}

fn take<E>(
    connection: &mut Connection,
    posting: &CallPosting,
    gather: impl FnOnce(Option<(&StoredCall, &Alert)>) -> Result<GatheredCall, E>,
) -> rusqlite::Result<(TakenCall<E>, Option<u64>)> {
    let transaction = connection.transaction()?;
    let CallName { source, context, id } = &posting.name;
    let which = "source = ?1 AND context = ?2 AND name = ?3";
    let known = one(&transaction, which, params![source.as_str(), context, id])?;
    let Some((row, stored)) = known else {
        let gathered = match gather(None) {
            Ok(gathered) => gathered,
            Err(refusal) => return Ok((TakenCall::Refused(refusal), None)),
        };
        let (stored, change) = open(&transaction, posting, &gathered)?;
        transaction.commit()?;
        return Ok((TakenCall::Opened(stored), Some(change)));
    };
    let is_told = transaction
        .prepare_cached("SELECT 1 FROM call_revision WHERE call = ?1 AND digest = ?2")?
        .exists(params![row, posting.digest])?;
    if is_told {
        return Ok((TakenCall::Known(stored), None));
    }
    let sql = format!("SELECT {COLUMNS} FROM alert WHERE uid = ?1");
    let alert = transaction
        .prepare_cached(&sql)?
        .query_row([stored.alert.0.as_bytes().as_slice()], read_alert)?;
    let gathered = match gather(Some((&stored, &alert.1.alert))) {
        Ok(gathered) => gathered,
        Err(refusal) => return Ok((TakenCall::Refused(refusal), None)),
    };
    let (stored, change) = revise(&transaction, (row, stored), posting, gathered)?;
    transaction.commit()?;
    Ok((TakenCall::Revised(stored), Some(change)))
}

fn open(
    transaction: &Transaction<'_>,
    posting: &CallPosting,
    gathered: &GatheredCall,
) -> rusqlite::Result<(StoredCall, u64)> {
    let alert = &gathered.alert;
    let change = put_alert(transaction, alert)?;
    let uid = alert.id.0.as_bytes().as_slice();
    let due = gathered.escalation.as_ref();
    transaction
        .prepare_cached(
            "UPDATE alert SET grp = uid, escalates_us = ?2, escalates_to = ?3 WHERE uid = ?1",
        )?
        .execute(params![uid, due.map(|due| due.at.as_micros()), due.map(|due| due.to.as_str())])?;
    let case = open_case(transaction, posting, gathered)?;
    let at_us = posting.at.as_micros();
    transaction
        .prepare_cached(
            "INSERT INTO case_mark (duty_case, at_us, by, alert, note) VALUES (?1, ?2, ?3, ?4, '')",
        )?
        .execute(params![case, at_us, posting.name.source.as_str(), uid])?;
    mark_footage(transaction, case, posting, &gathered.footage)?;
    let CallName { source, context, id } = &posting.name;
    transaction
        .prepare_cached(
            "INSERT INTO call (source, context, name, alert, duty_case, received_us, revised_us,
               revision, said) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, 1, ?7)",
        )?
        .execute(params![
            source.as_str(),
            context,
            id,
            uid,
            case,
            at_us,
            written(&gathered.call)?
        ])?;
    put_revision(transaction, transaction.last_insert_rowid(), 1, posting, &gathered.call)?;
    let stored = StoredCall {
        name: posting.name.clone(),
        alert: alert.id,
        case,
        received: posting.at,
        revised: posting.at,
        revision: 1,
        call: gathered.call.clone(),
    };
    Ok((stored, change))
}

/// Letters and digits that nobody takes for another (Crockford's base 32), for numbers of cases.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Opens the case of a call under a number of its day that is free; returns its row. Four letters drawn
/// by lot: counted, they would say how many calls there were elsewhere.
fn open_case(
    transaction: &Transaction<'_>,
    posting: &CallPosting,
    gathered: &GatheredCall,
) -> rusqlite::Result<i64> {
    loop {
        let lot: i64 = transaction.query_row("SELECT random()", [], |row| row.get(0))?;
        let letter = |place: u32| {
            let index = usize::try_from((lot >> (5 * place)) & 31).unwrap_or(0);
            char::from(LETTERS[index])
        };
        let lot: String = (0..4).map(letter).collect();
        let opened = transaction
            .prepare_cached(&insert_case())?
            .query_row(
                params![
                    format!("{}-{lot}", gathered.number),
                    gathered.title,
                    posting.at.as_micros(),
                    posting.name.source.as_str(),
                    "[]",
                ],
                |row| row.get(0),
            )
            .optional()?;
        // Otherwise it is taken.
        if let Some(id) = opened {
            return Ok(id);
        }
    }
}

fn revise(
    transaction: &Transaction<'_>,
    (row, stored): (i64, StoredCall),
    posting: &CallPosting,
    gathered: GatheredCall,
) -> rusqlite::Result<(StoredCall, u64)> {
    let change = put_alert(transaction, &gathered.alert)?;
    mark_footage(transaction, stored.case, posting, &gathered.footage)?;
    let revision = stored.revision.saturating_add(1);
    transaction
        .prepare_cached("UPDATE duty_case SET title = ?2 WHERE id = ?1")?
        .execute(params![stored.case, gathered.title])?;
    transaction
        .prepare_cached(
            "UPDATE call SET revised_us = ?2, revision = ?3, said = ?4, words = 1 WHERE id = ?1",
        )?
        .execute(params![row, posting.at.as_micros(), revision, written(&gathered.call)?])?;
    put_revision(transaction, row, revision, posting, &gathered.call)?;
    let revised = StoredCall { revised: posting.at, revision, call: gathered.call, ..stored };
    Ok((revised, change))
}

/// Stores the alert of a call; returns the number of that change. What is corrected of a call, its
/// service and its place, never changes of what a camera saw.
fn put_alert(transaction: &Transaction<'_>, alert: &Alert) -> rusqlite::Result<u64> {
    let change = next_change(transaction)?;
    put(transaction, alert, change)?;
    transaction
        .prepare_cached("UPDATE alert SET kind = ?2, lat = ?3, lon = ?4 WHERE uid = ?1")?
        .execute(params![
            alert.id.0.as_bytes().as_slice(),
            alert.kind.number(),
            alert.location.map(|location| location.lat),
            alert.location.map(|location| location.lon),
        ])?;
    Ok(change.cast_unsigned())
}

/// Marks what is not marked yet.
fn mark_footage(
    transaction: &Transaction<'_>,
    case: i64,
    posting: &CallPosting,
    footage: &[(CameraId, TimeRange)],
) -> rusqlite::Result<()> {
    let mut statement = transaction.prepare_cached(
        "INSERT INTO case_mark (duty_case, at_us, by, camera, start_us, end_us, note)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, '' WHERE NOT EXISTS (
           SELECT 1 FROM case_mark
           WHERE duty_case = ?1 AND camera = ?4 AND start_us <= ?5 AND end_us >= ?6)",
    )?;
    for (camera, range) in footage {
        statement.execute(params![
            case,
            posting.at.as_micros(),
            posting.name.source.as_str(),
            camera.as_str(),
            range.start.as_micros(),
            range.end.as_micros(),
        ])?;
    }
    Ok(())
}

fn put_revision(
    transaction: &Transaction<'_>,
    call: i64,
    revision: u32,
    posting: &CallPosting,
    said: &Call,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("INSERT INTO call_revision VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![call, revision, posting.at.as_micros(), posting.digest, written(said)?])?;
    Ok(())
}

fn one(
    connection: &Connection,
    which: &str,
    key: impl rusqlite::Params,
) -> rusqlite::Result<Option<(i64, StoredCall)>> {
    let sql = format!(
        "SELECT id, source, context, name, alert, duty_case, received_us, revised_us, revision, said
         FROM call WHERE {which}"
    );
    connection.prepare_cached(&sql)?.query_row(key, read_call).optional()
}

fn read_call(row: &Row<'_>) -> rusqlite::Result<(i64, StoredCall)> {
    let time = |column: usize| row.get(column).map(Timestamp::from_micros);
    let name = CallName { source: read_text(row, 1)?, context: row.get(2)?, id: row.get(3)? };
    let stored = StoredCall {
        name,
        alert: read_uuid(row, 4)?,
        case: row.get(5)?,
        received: time(6)?,
        revised: time(7)?,
        revision: row.get(8)?,
        call: read_json(row, 9)?,
    };
    Ok((row.get(0)?, stored))
}
