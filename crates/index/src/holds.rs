//! Legal holds: selectors of footage that nothing deletes until two people lift them, or until the
//! time comes that was given when they were placed.
//!
//! A hold names cameras and time, not files: it catches what is not yet written as well. The holds
//! in force go along with every question for what may be deleted, and are looked at once more, under
//! the same lock, when segments are marked for deletion: nothing is marked once a hold is placed.
//! A hold whose time has come holds on until its end is in the audit trail: nothing that it covered
//! goes before that can be read there.

use std::convert::Infallible;

use domain::{
    AccountName, AuditAction, AuditDraft, CameraId, ChainLink, EventId, Handled, TimeRange,
    Timestamp,
};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::alert_row::StoredAlert;
use crate::columns::{read_account, read_act, read_cameras, read_moment, written_cameras};
use crate::custody::Refused;
use crate::handling::act_in;
use crate::sparse_id::sparse_id;
use crate::{Acted, Custody, IndexError};

/// Holds, those that were lifted among them. `cameras` are names between blanks, none for all.
pub(crate) const HOLD_TABLES: &str = "CREATE TABLE hold (
       id INTEGER PRIMARY KEY AUTOINCREMENT,
       case_number TEXT NOT NULL, reason TEXT NOT NULL, cameras TEXT NOT NULL,
       start_us INTEGER NOT NULL, end_us INTEGER,
       placed_by TEXT NOT NULL, placed_us INTEGER NOT NULL,
       lift_asked_by TEXT, lift_asked_us INTEGER,
       lifted_by TEXT, lifted_us INTEGER
     ) STRICT;
     CREATE INDEX hold_in_force ON hold (id) WHERE lifted_us IS NULL;";

/// When a hold is to end by itself, and when that was noted.
pub(crate) const HOLD_UNTIL: &str = "ALTER TABLE hold ADD COLUMN until_us INTEGER;
     ALTER TABLE hold ADD COLUMN ended_us INTEGER;";

/// Leaves out what is held, of segments `s` with their streams `st`; its parameter is what
/// [`InForce::as_json`] returns.
pub(crate) const NOT_HELD: &str = "NOT EXISTS (
       SELECT 1 FROM json_each(:held) AS hold
       WHERE (hold.value ->> 0 IS NULL OR hold.value ->> 0 = st.camera)
         AND s.end_us > hold.value ->> 1 AND s.start_us < hold.value ->> 2)";

/// What is to be held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldDraft {
    /// The number of the case.
    pub case: String,
    /// The reason, in words.
    pub reason: String,
    /// The cameras; none for all, those to come among them.
    pub cameras: Vec<CameraId>,
    /// The first moment.
    pub start: Timestamp,
    /// The first moment after; `None` for as long as it is in force.
    pub end: Option<Timestamp>,
    /// When it ends by itself; `None` for not before two people lift it.
    pub until: Option<Timestamp>,
    /// Who places it.
    pub by: AccountName,
    /// When.
    pub at: Timestamp,
}

/// What the hold of an alert's own footage has before the alert's name as its case.
const ALERT: &str = "alert ";

impl HoldDraft {
    /// Returns what the hold of the footage of `alert` has as its case.
    pub fn case_of(alert: EventId) -> String {
        format!("{ALERT}{alert}")
    }

    /// Returns the alert whose own footage is held, if it is such a hold.
    pub fn alert(&self) -> Option<EventId> {
        self.case.strip_prefix(ALERT)?.parse().ok()
    }
}

/// Who did something to a hold, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldAct {
    /// Who.
    pub by: AccountName,
    /// When.
    pub at: Timestamp,
}

/// A hold that was placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredHold {
    /// Names it.
    pub id: u64,
    /// What is held.
    pub hold: HoldDraft,
    /// Who asked that it be lifted.
    pub lift_asked: Option<HoldAct>,
    /// Who agreed; from then on it holds nothing.
    pub lifted: Option<HoldAct>,
    /// When it ended by itself; from then on it holds nothing.
    pub ended: Option<Timestamp>,
}

/// The holds in force, as a question for segments needs them.
#[derive(Debug, Clone, Default)]
pub(crate) struct InForce(Vec<(Option<CameraId>, i64, i64)>);

impl InForce {
    /// Returns a list of `[camera or null, start, end]`.
    pub(crate) fn as_json(&self) -> String {
        let camera = |camera: &Option<CameraId>| camera.as_ref().map(|id| id.as_str().to_owned());
        let rows: Vec<_> =
            self.0.iter().map(|(id, start, end)| (camera(id), *start, *end)).collect();
        // Texts and numbers always become JSON.
        serde_json::to_string(&rows).unwrap_or_default()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns each camera that is held, `None` for all, with the time that is.
    pub(crate) fn spans(&self) -> impl Iterator<Item = (Option<&CameraId>, TimeRange)> {
        self.0.iter().map(|(camera, start, end)| {
            let (start, end) = (Timestamp::from_micros(*start), Timestamp::from_micros(*end));
            (camera.as_ref(), TimeRange { start, end })
        })
    }

    fn new(holds: Vec<StoredHold>) -> Self {
        let mut in_force = Vec::new();
        for StoredHold { hold, .. } in holds {
            let (start, end) = (hold.start, hold.end.unwrap_or(Timestamp::MAX));
            let row = |camera| (camera, start.as_micros(), end.as_micros());
            if hold.cameras.is_empty() {
                in_force.push(row(None));
            }
            in_force.extend(hold.cameras.into_iter().map(Some).map(row));
        }
        Self(in_force)
    }
}

impl Custody {
    /// Places a hold together with its audit entry; when this returns, nothing that it covers is
    /// marked for deletion any more.
    ///
    /// # Errors
    /// [`IndexError::Query`] for an empty case, reason or range, for one that would end before it
    /// began, or when the core file cannot be written.
    pub fn place_hold(
        &mut self,
        draft: &HoldDraft,
        link: ChainLink,
    ) -> Result<StoredHold, IndexError> {
        for (text, what) in [(&draft.case, "case number"), (&draft.reason, "reason")] {
            if text.trim().is_empty() {
                return Err(IndexError::Query(format!("a hold needs a {what}")));
            }
        }
        if draft.end.is_some_and(|end| end <= draft.start) {
            return Err(IndexError::Query("a hold ends after it starts".to_owned()));
        }
        if draft.until.is_some_and(|until| until <= draft.at || until <= draft.start) {
            let why = "a hold ends by itself after now and after the first moment that it holds";
            return Err(IndexError::Query(why.to_owned()));
        }
        let (_, id) = self.with_audit(&entry_of(draft), link, |transaction| {
            insert(transaction, draft).map_err(Refused::from)
        })?;
        Ok(StoredHold { id, hold: draft.clone(), lift_asked: None, lifted: None, ended: None })
    }

    /// Notes that somebody asks to lift a hold: it stays in force until another person agrees.
    ///
    /// # Errors
    /// [`IndexError::Hold`] if there is no such hold in force, or when the core file cannot be
    /// written.
    pub fn ask_to_lift_hold(
        &mut self,
        id: u64,
        act: &HoldAct,
        why: &str,
        link: ChainLink,
    ) -> Result<StoredHold, IndexError> {
        let hold = self.hold_in_force(id)?;
        let detail = serde_json::json!({ "hold": id, "why": why });
        let who = (&act.by, act.at);
        let entry = entry(AuditAction::HoldLiftAsked, who, &hold.hold.case, &detail);
        self.with_audit(&entry, link, |transaction| {
            let changed = transaction.execute(
                &format!(
                    "UPDATE hold SET lift_asked_by = ?2, lift_asked_us = ?3
                     WHERE id = ?1 AND {IN_FORCE}"
                ),
                params![id.cast_signed(), act.by.as_str(), act.at.as_micros()],
            )?;
            if changed == 0 { Err(not_in_force(id)) } else { Ok(()) }
        })?;
        Ok(StoredHold { lift_asked: Some(act.clone()), ..hold })
    }

    /// Lifts a hold: what it covered may be deleted when its time is over. Where it held the footage
    /// of an alert, and no other such hold is in force, `release` says what becomes of the alert, in
    /// the same transaction.
    ///
    /// # Errors
    /// [`IndexError::Hold`] if there is no such hold in force, if nobody has asked, or if the one
    /// who asked is the one who agrees; or when the core file cannot be written.
    pub fn lift_hold(
        &mut self,
        id: u64,
        act: &HoldAct,
        release: impl FnOnce(&StoredAlert) -> Option<Handled>,
        link: ChainLink,
    ) -> Result<StoredHold, IndexError> {
        self.lift(id, act, release, link).map(|(hold, _)| hold)
    }

    /// Does it; returns the number of the alert's change as well, if it has one.
    pub(crate) fn lift(
        &mut self,
        id: u64,
        act: &HoldAct,
        release: impl FnOnce(&StoredAlert) -> Option<Handled>,
        link: ChainLink,
    ) -> Result<(StoredHold, Option<u64>), IndexError> {
        let hold = self.hold_in_force(id)?;
        let detail = serde_json::json!({
            "hold": id, "asked_by": hold.lift_asked.as_ref().map(|asked| &asked.by),
        });
        let entry = entry(AuditAction::HoldLifted, (&act.by, act.at), &hold.hold.case, &detail);
        let (_, change) = self.with_audit(&entry, link, |transaction| {
            let asked: Option<Option<String>> = transaction
                .query_row(
                    &format!("SELECT lift_asked_by FROM hold WHERE id = ?1 AND {IN_FORCE}"),
                    [id.cast_signed()],
                    |row| row.get(0),
                )
                .optional()?;
            let refused = |why: String| Err(Refused::Rule(IndexError::Hold(why)));
            match asked {
                None => return Err(not_in_force(id)),
                Some(None) => {
                    return refused(format!("nobody has asked to lift hold {id}"));
                }
                Some(Some(asked)) if asked == act.by.as_str() => {
                    return refused(format!(
                        "{asked} asked to lift hold {id}: a second person must agree"
                    ));
                }
                Some(Some(_)) => {}
            }
            transaction.execute(
                "UPDATE hold SET lifted_by = ?2, lifted_us = ?3 WHERE id = ?1",
                params![id.cast_signed(), act.by.as_str(), act.at.as_micros()],
            )?;
            Ok(released(transaction, &hold.hold, act.at, release)?)
        })?;
        Ok((StoredHold { lifted: Some(act.clone()), ..hold }, change))
    }

    /// Ends the holds whose time has come by `now`, each together with an audit entry by `actor`, and
    /// returns them. To be called before anything is deleted: until then they hold on.
    ///
    /// # Errors
    /// When the core file cannot be read or written; those before the one at hand have ended.
    pub fn end_holds(
        &mut self,
        actor: &AccountName,
        now: Timestamp,
        link: ChainLink,
    ) -> Result<Vec<StoredHold>, IndexError> {
        let which = format!("until_us <= ?1 AND {IN_FORCE}");
        let due = select(&self.connection, &which, [now.as_micros()])
            .map_err(|error| self.unreadable(error))?;
        let mut ended = Vec::new();
        for stored in due {
            let detail = serde_json::json!({
                "hold": stored.id, "until": stored.hold.until, "placed_by": stored.hold.by,
            });
            let entry = entry(AuditAction::HoldEnded, (actor, now), &stored.hold.case, &detail);
            let noted = self.with_audit(&entry, link, |transaction| {
                let sql = format!("UPDATE hold SET ended_us = ?2 WHERE id = ?1 AND {IN_FORCE}");
                let at = params![stored.id.cast_signed(), now.as_micros()];
                match transaction.execute(&sql, at)? {
                    0 => Err(not_in_force(stored.id)),
                    _ => Ok(()),
                }
            });
            match noted {
                Ok(_) => ended.push(StoredHold { ended: Some(now), ..stored }),
                // Lifted by a command at the same moment: that is on record.
                Err(IndexError::Hold(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(ended)
    }

    /// Returns all holds, the newest first; those that are over only if asked for.
    ///
    /// # Errors
    /// When the core file cannot be read.
    pub fn holds(&self, with_over: bool) -> Result<Vec<StoredHold>, IndexError> {
        let which = if with_over { "1" } else { IN_FORCE };
        select(&self.connection, which, []).map_err(|error| self.unreadable(error))
    }

    /// Returns the holds in force.
    pub(crate) fn in_force(&self) -> Result<InForce, IndexError> {
        self.holds(false).map(InForce::new)
    }

    fn hold_in_force(&self, id: u64) -> Result<StoredHold, IndexError> {
        let which = format!("id = ?1 AND {IN_FORCE}");
        let found = select(&self.connection, &which, [id.cast_signed()])
            .map_err(|error| self.unreadable(error))?;
        let none = || IndexError::Hold(format!("there is no hold {id} in force"));
        found.into_iter().next().ok_or_else(none)
    }
}

/// Does to the alert whose footage `hold` held what `release` says; returns the number of that change.
fn released(
    transaction: &Transaction<'_>,
    hold: &HoldDraft,
    at: Timestamp,
    release: impl FnOnce(&StoredAlert) -> Option<Handled>,
) -> rusqlite::Result<Option<u64>> {
    let Some(alert) = hold.alert() else { return Ok(None) };
    if is_held(transaction, &hold.case, at)? {
        return Ok(None);
    }
    let mut is_changed = false;
    let release = |stored: &StoredAlert| {
        let released = release(stored);
        is_changed = released.is_some();
        Ok::<_, Infallible>(released)
    };
    match act_in(transaction, alert, None, release)? {
        Acted::Taken(stored) if is_changed => Ok(Some(stored.change)),
        // The alert is no more, or was held by nobody.
        _ => Ok(None),
    }
}

/// Returns what the trail says of a hold that is placed.
pub(crate) fn entry_of(draft: &HoldDraft) -> AuditDraft {
    let detail = serde_json::json!({
        "reason": draft.reason, "cameras": draft.cameras, "start": draft.start, "end": draft.end,
        "until": draft.until,
    });
    entry(AuditAction::HoldPlaced, (&draft.by, draft.at), &draft.case, &detail)
}

/// Stores a hold; returns its number.
pub(crate) fn insert(connection: &Connection, draft: &HoldDraft) -> rusqlite::Result<u64> {
    let sql = format!(
        "INSERT INTO hold (id, case_number, reason, cameras, start_us, end_us, placed_by, placed_us,
           until_us)
         VALUES ({}, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        sparse_id("hold")
    );
    connection.execute(
        &sql,
        params![
            draft.case,
            draft.reason,
            written_cameras(&draft.cameras),
            draft.start.as_micros(),
            draft.end.map(Timestamp::as_micros),
            draft.by.as_str(),
            draft.at.as_micros(),
            draft.until.map(Timestamp::as_micros),
        ],
    )?;
    Ok(connection.last_insert_rowid().cast_unsigned())
}

/// Returns whether a hold of this case is in force.
pub(crate) fn is_held(
    connection: &Connection,
    case: &str,
    at: Timestamp,
) -> rusqlite::Result<bool> {
    let found = select(connection, &format!("case_number = ?1 AND {IN_FORCE}"), [case])?;
    // One whose time has come is about to end, and holds nothing for long.
    Ok(found.iter().any(|stored| stored.hold.until.is_none_or(|until| at < until)))
}

/// A hold that was neither lifted nor ended by itself.
const IN_FORCE: &str = "lifted_us IS NULL AND ended_us IS NULL";

fn not_in_force(id: u64) -> Refused {
    Refused::Rule(IndexError::Hold(format!("there is no hold {id} in force")))
}

fn entry(
    action: AuditAction,
    (by, at): (&AccountName, Timestamp),
    case: &str,
    detail: &serde_json::Value,
) -> AuditDraft {
    AuditDraft {
        time: at,
        actor: by.clone(),
        action,
        object: "hold".to_owned(),
        case: Some(case.to_owned()),
        purpose: None,
        detail: detail.to_string(),
    }
}

fn select(
    connection: &Connection,
    which: &str,
    parameters: impl rusqlite::Params,
) -> rusqlite::Result<Vec<StoredHold>> {
    let sql = format!(
        "SELECT id, case_number, reason, cameras, start_us, end_us, placed_by, placed_us,
           lift_asked_by, lift_asked_us, lifted_by, lifted_us, until_us, ended_us
         FROM hold
         WHERE {which} ORDER BY id DESC"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(parameters, read_hold)?;
    rows.collect()
}

fn read_hold(row: &Row<'_>) -> rusqlite::Result<StoredHold> {
    Ok(StoredHold {
        id: row.get::<_, i64>(0)?.cast_unsigned(),
        hold: HoldDraft {
            case: row.get(1)?,
            reason: row.get(2)?,
            cameras: read_cameras(row, 3)?,
            start: Timestamp::from_micros(row.get(4)?),
            end: read_moment(row, 5)?,
            until: read_moment(row, 12)?,
            by: read_account(row, 6)?,
            at: Timestamp::from_micros(row.get(7)?),
        },
        lift_asked: read_act(row, 8)?,
        lifted: read_act(row, 10)?,
        ended: read_moment(row, 13)?,
    })
}
