//! Shelvings: all alerts of a rule at a camera are out of the queue until a time that is given.
//!
//! The alerts themselves are shelved one by one, as an officer shelves one: each stays recorded,
//! counted, searched, and comes back by itself. So a shelving changes nothing about an alert that a
//! log does not tell. Those that wait when it begins are shelved with it, in one transaction with its
//! audit entry; those that are raised later are stored as shelved.

use domain::{
    AccountName, Actor, Alert, AuditAction, AuditDraft, CameraId, ChainLink, EventId, Handled,
    RuleId, Timestamp,
};
use rusqlite::{Connection, Row, Transaction, params};

use crate::alert_row::{StoredAlert, read_text, read_uuid};
use crate::columns::{read_account, read_act};
use crate::custody::Refused;
use crate::handling::act_in;
use crate::sparse_id::sparse_id;
use crate::{Acted, Custody, HoldAct, Index, IndexError};

/// Shelvings, those that are over among them.
pub(crate) const SHELVING_TABLES: &str = "CREATE TABLE shelving (
       id INTEGER PRIMARY KEY,
       rule TEXT NOT NULL, camera TEXT NOT NULL, until_us INTEGER NOT NULL, reason TEXT NOT NULL,
       by TEXT NOT NULL, at_us INTEGER NOT NULL, ended_by TEXT, ended_us INTEGER
     ) STRICT;
     CREATE INDEX shelving_rule ON shelving (rule, camera, until_us) WHERE ended_us IS NULL;";

/// What is to be shelved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShelvingDraft {
    /// The rule that raises the alerts.
    pub rule: RuleId,
    /// The camera that saw them first.
    pub camera: CameraId,
    /// When it ends by itself.
    pub until: Timestamp,
    /// Why.
    pub reason: String,
    /// Who shelves.
    pub by: AccountName,
    /// When.
    pub at: Timestamp,
}

/// A shelving.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredShelving {
    /// Names it.
    pub id: u64,
    /// What is shelved.
    pub shelving: ShelvingDraft,
    /// Who ended it before its time.
    pub ended: Option<HoldAct>,
}

impl StoredShelving {
    /// Returns whether an alert is out of the queue by this shelving.
    fn has_shelved(&self, stored: &StoredAlert) -> bool {
        let draft = &self.shelving;
        stored.handling.shelved.as_ref().is_some_and(|shelved| {
            shelved.until == draft.until
                && shelved.reason == draft.reason
                && shelved.signed.by == Actor::Account(draft.by.clone())
        })
    }
}

impl Index {
    /// Begins a shelving together with its audit entry. `shelve` says what becomes of each alert of the
    /// rule at the camera that stands in the queue.
    ///
    /// # Errors
    /// [`IndexError::Shelving`] if the rule is shelved there already, or when the core file cannot be
    /// written; then nothing has changed.
    pub fn begin_shelving(
        &self,
        draft: &ShelvingDraft,
        shelve: impl Fn(&StoredAlert) -> Option<Handled>,
        link: ChainLink,
    ) -> Result<StoredShelving, IndexError> {
        let (begun, change) = self.custody().begin_shelving(draft, shelve, link)?;
        self.knock_of_change(change);
        Ok(begun)
    }

    /// Ends a shelving before its time, together with its audit entry. `unshelve` says what becomes of
    /// each alert that it has taken out of the queue.
    ///
    /// # Errors
    /// [`IndexError::Shelving`] if there is none in force of this number, or when the core file cannot
    /// be written; then nothing has changed.
    pub fn end_shelving(
        &self,
        id: u64,
        act: &HoldAct,
        unshelve: impl Fn(&StoredAlert) -> Option<Handled>,
        link: ChainLink,
    ) -> Result<StoredShelving, IndexError> {
        let (ended, change) = self.custody().end_shelving(id, act, unshelve, link)?;
        self.knock_of_change(change);
        Ok(ended)
    }

    fn knock_of_change(&self, change: Option<u64>) {
        if let Some(change) = change {
            self.knock_of_alerts(change);
        }
    }
}

impl Custody {
    /// Returns the shelvings in force at `now`, those that end first before the others.
    ///
    /// # Errors
    /// When the core file cannot be read.
    pub fn shelvings(&self, now: Timestamp) -> Result<Vec<StoredShelving>, IndexError> {
        let which = "ended_us IS NULL AND until_us > ?1 ORDER BY until_us, id";
        select(&self.connection, which, [now.as_micros()]).map_err(|error| self.unreadable(error))
    }

    fn begin_shelving(
        &mut self,
        draft: &ShelvingDraft,
        shelve: impl Fn(&StoredAlert) -> Option<Handled>,
        link: ChainLink,
    ) -> Result<(StoredShelving, Option<u64>), IndexError> {
        let detail = serde_json::json!({ "until": draft.until, "reason": draft.reason });
        let entry = entry(AuditAction::RuleShelved, (&draft.by, draft.at), draft, &detail);
        let (_, (id, change)) = self.with_audit(&entry, link, |transaction| {
            if let Some(known) = in_force(transaction, &draft.rule, &draft.camera, draft.at)? {
                let ShelvingDraft { by, until, .. } = known.shelving;
                let why = format!(
                    "{by} has shelved {} at {} until {until}: end that first",
                    draft.rule, draft.camera
                );
                return Err(Refused::Rule(IndexError::Shelving(why)));
            }
            let id = insert(transaction, draft)?;
            let waiting = "handling < 3 AND shelved_us IS NULL";
            Ok((id, act_on_all(transaction, draft, waiting, shelve)?))
        })?;
        Ok((StoredShelving { id, shelving: draft.clone(), ended: None }, change))
    }

    fn end_shelving(
        &mut self,
        id: u64,
        act: &HoldAct,
        unshelve: impl Fn(&StoredAlert) -> Option<Handled>,
        link: ChainLink,
    ) -> Result<(StoredShelving, Option<u64>), IndexError> {
        let which = "ended_us IS NULL AND until_us > ?1 AND id = ?2";
        let known = select(&self.connection, which, [act.at.as_micros(), id.cast_signed()])
            .map_err(|error| self.unreadable(error))?;
        let none = || IndexError::Shelving(format!("there is no shelving {id} in force"));
        let known = known.into_iter().next().ok_or_else(none)?;
        let draft = &known.shelving;
        let detail = serde_json::json!({
            "until": draft.until, "reason": draft.reason, "shelved_by": draft.by,
        });
        let entry = entry(AuditAction::RuleUnshelved, (&act.by, act.at), draft, &detail);
        let (_, change) = self.with_audit(&entry, link, |transaction| {
            let ended = transaction.execute(
                "UPDATE shelving SET ended_by = ?2, ended_us = ?3
                 WHERE id = ?1 AND ended_us IS NULL",
                params![id.cast_signed(), act.by.as_str(), act.at.as_micros()],
            )?;
            if ended == 0 {
                return Err(Refused::Rule(none()));
            }
            let is_its = |stored: &StoredAlert| known.has_shelved(stored);
            let back = |stored: &StoredAlert| is_its(stored).then(|| unshelve(stored)).flatten();
            Ok(act_on_all(transaction, draft, "handling < 3 AND shelved_us IS NOT NULL", back)?)
        })?;
        Ok((StoredShelving { ended: Some(act.clone()), ..known }, change))
    }
}

/// Returns the shelving that takes a new alert out of the queue, if one is in force when it was raised.
pub(crate) fn shelving_of(
    connection: &Connection,
    alert: &Alert,
) -> rusqlite::Result<Option<StoredShelving>> {
    let Some(camera) = alert.cameras.first() else { return Ok(None) };
    // By our own clock, where its name tells that.
    let raised = alert.id.given().unwrap_or(alert.first);
    in_force(connection, &alert.rule, camera, raised)
}

fn in_force(
    connection: &Connection,
    rule: &RuleId,
    camera: &CameraId,
    at: Timestamp,
) -> rusqlite::Result<Option<StoredShelving>> {
    let which = "ended_us IS NULL AND until_us > ?3 AND rule = ?1 AND camera = ?2";
    let found = select(connection, which, params![rule.as_str(), camera.as_str(), at.as_micros()])?;
    Ok(found.into_iter().next())
}

/// Does `decide` to every alert of the rule that the camera saw first and that `which` holds for;
/// returns the number of the last change, if there was one.
fn act_on_all(
    transaction: &Transaction<'_>,
    draft: &ShelvingDraft,
    which: &str,
    decide: impl Fn(&StoredAlert) -> Option<Handled>,
) -> rusqlite::Result<Option<u64>> {
    let sql = format!(
        "SELECT uid FROM alert WHERE {which} AND rule = ?1
           AND (cameras = ?2 OR substr(cameras, 1, length(?2) + 1) = ?2 || ' ')"
    );
    let ids: Vec<EventId> = transaction
        .prepare_cached(&sql)?
        .query_map([draft.rule.as_str(), draft.camera.as_str()], |row| read_uuid(row, 0))?
        .collect::<rusqlite::Result<_>>()?;
    let mut newest = None;
    for id in ids {
        let decided = |stored: &StoredAlert| decide(stored).map(Some).ok_or(());
        if let Acted::Taken(stored) = act_in(transaction, id, None, decided)? {
            newest = Some(stored.change);
        }
    }
    Ok(newest)
}

fn insert(transaction: &Transaction<'_>, draft: &ShelvingDraft) -> rusqlite::Result<u64> {
    let sql = format!(
        "INSERT INTO shelving (id, rule, camera, until_us, reason, by, at_us)
         VALUES ({}, ?1, ?2, ?3, ?4, ?5, ?6)",
        sparse_id("shelving")
    );
    transaction.execute(
        &sql,
        params![
            draft.rule.as_str(),
            draft.camera.as_str(),
            draft.until.as_micros(),
            draft.reason,
            draft.by.as_str(),
            draft.at.as_micros(),
        ],
    )?;
    Ok(transaction.last_insert_rowid().cast_unsigned())
}

fn entry(
    action: AuditAction,
    (by, at): (&AccountName, Timestamp),
    draft: &ShelvingDraft,
    detail: &serde_json::Value,
) -> AuditDraft {
    AuditDraft {
        time: at,
        actor: by.clone(),
        action,
        object: format!("rule {} at {}", draft.rule, draft.camera),
        case: None,
        purpose: None,
        detail: detail.to_string(),
    }
}

fn select(
    connection: &Connection,
    which: &str,
    parameters: impl rusqlite::Params,
) -> rusqlite::Result<Vec<StoredShelving>> {
    let sql = format!(
        "SELECT id, rule, camera, until_us, reason, by, at_us, ended_by, ended_us
         FROM shelving WHERE {which}"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(parameters, read_shelving)?;
    rows.collect()
}

fn read_shelving(row: &Row<'_>) -> rusqlite::Result<StoredShelving> {
    Ok(StoredShelving {
        id: row.get::<_, i64>(0)?.cast_unsigned(),
        shelving: ShelvingDraft {
            rule: read_text(row, 1)?,
            camera: read_text(row, 2)?,
            until: Timestamp::from_micros(row.get(3)?),
            reason: row.get(4)?,
            by: read_account(row, 5)?,
            at: Timestamp::from_micros(row.get(6)?),
        },
        ended: read_act(row, 7)?,
    })
}
