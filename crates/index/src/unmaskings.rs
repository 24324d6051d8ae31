//! Looks under privacy masks: asked for by one for named cameras and a while, agreed to by another.
//!
//! Who agreed, to what and until when is decided and stored in one transaction with its audit entry.

use std::time::Duration;

use domain::{AccountName, AuditAction, AuditDraft, CameraId, ChainLink, Timestamp};
use rusqlite::{OptionalExtension, Row, params};

use crate::columns::{read_account, read_act, read_cameras, read_moment, written_cameras};
use crate::custody::Refused;
use crate::purposes::read_purpose;
use crate::sparse_id::sparse_id;
use crate::{Custody, HoldAct, IndexError, StoredPurpose};

/// What was asked for. `cameras` are names between blanks; once somebody has spoken there is either
/// an end or why it was refused.
pub(crate) const UNMASKING_TABLES: &str = "CREATE TABLE unmasking (
       id INTEGER PRIMARY KEY,
       owner TEXT NOT NULL, purpose INTEGER NOT NULL, cameras TEXT NOT NULL,
       lasts_us INTEGER NOT NULL, asked_us INTEGER NOT NULL,
       second_by TEXT, second_us INTEGER, ends_us INTEGER, refused TEXT
     ) STRICT;
     CREATE INDEX unmasking_owner ON unmasking (owner, ends_us);";

/// What somebody asks to see under the privacy masks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnmaskingDraft {
    /// Who asks, and may then look.
    pub owner: AccountName,
    /// What for.
    pub purpose: StoredPurpose,
    /// The cameras.
    pub cameras: Vec<CameraId>,
    /// For how long once a second person has agreed, and no longer than the purpose is good.
    pub lasts: Duration,
    /// When it is asked.
    pub asked: Timestamp,
}

/// How far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnmaskingStage {
    /// A second person has not spoken yet.
    Asked,
    /// A second person agreed; it is good until then.
    Agreed(Timestamp),
    /// A second person refused it, with this reason.
    Refused(String),
}

/// What somebody asked to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredUnmasking {
    /// Names it.
    pub id: u64,
    /// What was asked for.
    pub unmasking: UnmaskingDraft,
    /// The second person, once they have spoken.
    pub second: Option<HoldAct>,
    /// How far it is.
    pub stage: UnmaskingStage,
}

impl Custody {
    /// Stores what somebody asks to see, together with its audit entry.
    ///
    /// # Errors
    /// When the core file cannot be written; then nothing is asked.
    pub fn ask_to_unmask(
        &mut self,
        draft: &UnmaskingDraft,
        link: ChainLink,
    ) -> Result<StoredUnmasking, IndexError> {
        let detail = serde_json::json!({ "minutes": draft.lasts.as_secs() / 60 });
        let who = (&draft.owner, draft.asked);
        let entry = entry(AuditAction::UnmaskingAsked, who, draft, &detail);
        let (_, id) = self.with_audit(&entry, link, |transaction| {
            let sql = format!(
                "INSERT INTO unmasking (id, owner, purpose, cameras, lasts_us, asked_us)
                 VALUES ({}, ?1, ?2, ?3, ?4, ?5)",
                sparse_id("unmasking")
            );
            transaction.execute(
                &sql,
                params![
                    draft.owner.as_str(),
                    draft.purpose.id.cast_signed(),
                    written_cameras(&draft.cameras),
                    i64::try_from(draft.lasts.as_micros()).unwrap_or(i64::MAX),
                    draft.asked.as_micros(),
                ],
            )?;
            Ok(transaction.last_insert_rowid().cast_unsigned())
        })?;
        let (unmasking, stage) = (draft.clone(), UnmaskingStage::Asked);
        Ok(StoredUnmasking { id, unmasking, second: None, stage })
    }

    /// Notes what the second person says: agreed, from now on for as long as was asked, or refused
    /// with a reason.
    ///
    /// # Errors
    /// [`IndexError::Unmasking`] if it waits for nobody's word, if the one who asked is the one who
    /// speaks, or if its purpose is no longer good; or when the core file cannot be written.
    pub fn decide_unmasking(
        &mut self,
        id: u64,
        act: &HoldAct,
        verdict: Result<(), String>,
        link: ChainLink,
    ) -> Result<StoredUnmasking, IndexError> {
        let not_asked = || IndexError::Unmasking(format!("unmasking {id} waits for nobody's word"));
        let stored = self.unmasking(id)?.ok_or_else(not_asked)?;
        let draft = &stored.unmasking;
        if draft.owner == act.by {
            let why = format!("{} asked for unmasking {id}: a second person must agree", act.by);
            return Err(IndexError::Unmasking(why));
        }
        let ends = act.at.plus(draft.lasts).min(draft.purpose.purpose.expires);
        if verdict.is_ok() && ends <= act.at {
            let why = format!("the purpose of unmasking {id} is no longer good: ask anew");
            return Err(IndexError::Unmasking(why));
        }
        let action = match verdict {
            Ok(()) => AuditAction::UnmaskingAgreed,
            Err(_) => AuditAction::UnmaskingRefused,
        };
        let (ends, refused) = match &verdict {
            Ok(()) => (Some(ends), None),
            Err(why) => (None, Some(why)),
        };
        let detail = serde_json::json!({ "asked_by": draft.owner, "ends": ends, "why": refused });
        let entry = entry(action, (&act.by, act.at), draft, &detail);
        self.with_audit(&entry, link, |transaction| {
            // Asked again here: of two who speak at once one was first.
            let changed = transaction.execute(
                "UPDATE unmasking SET second_by = ?2, second_us = ?3, ends_us = ?4, refused = ?5
                 WHERE id = ?1 AND second_us IS NULL",
                params![
                    id.cast_signed(),
                    act.by.as_str(),
                    act.at.as_micros(),
                    ends.map(Timestamp::as_micros),
                    refused,
                ],
            )?;
            if changed == 0 { Err(Refused::Rule(not_asked())) } else { Ok(()) }
        })?;
        let stage = stage(ends, refused.cloned());
        Ok(StoredUnmasking { second: Some(act.clone()), stage, ..stored })
    }

    /// Returns what somebody asked to see.
    ///
    /// # Errors
    /// When the core file cannot be read.
    pub fn unmasking(&self, id: u64) -> Result<Option<StoredUnmasking>, IndexError> {
        let sql = format!("{SELECT} WHERE u.id = ?1");
        self.connection
            .prepare_cached(&sql)
            .and_then(|mut statement| {
                statement.query_row([id.cast_signed()], read_unmasking).optional()
            })
            .map_err(|error| self.unreadable(error))
    }

    /// Returns up to `limit` of those that `is_asked_for`, the newest first.
    ///
    /// # Errors
    /// When the core file cannot be read.
    pub fn unmaskings(
        &self,
        limit: usize,
        is_asked_for: impl Fn(&StoredUnmasking) -> bool,
    ) -> Result<Vec<StoredUnmasking>, IndexError> {
        self.newest(&format!("{SELECT} ORDER BY u.id DESC"), limit, read_unmasking, is_asked_for)
    }

    /// Returns whether a second person agreed that `who` looks under the masks of `camera` at `now`.
    ///
    /// # Errors
    /// When the core file cannot be read.
    pub fn is_unmasked(
        &self,
        who: &AccountName,
        camera: &CameraId,
        now: Timestamp,
    ) -> Result<bool, IndexError> {
        let found = self.connection.prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM unmasking WHERE owner = ?1 AND ends_us > ?2
               AND instr(' ' || cameras || ' ', ' ' || ?3 || ' ') > 0)",
        );
        let key = params![who.as_str(), now.as_micros(), camera.as_str()];
        found
            .and_then(|mut statement| statement.query_row(key, |row| row.get(0)))
            .map_err(|error| self.unreadable(error))
    }
}

const SELECT: &str = "SELECT u.id, u.owner, u.cameras, u.lasts_us, u.asked_us, u.second_by,
       u.second_us, u.ends_us, u.refused,
       p.id, p.owner, p.case_number, p.reason, p.legal_basis, p.stated_us, p.expires_us
     FROM unmasking u JOIN purpose p ON p.id = u.purpose";
/// The column of [`SELECT`] at which the purpose begins.
const PURPOSE_AT: usize = 9;

fn stage(ends: Option<Timestamp>, refused: Option<String>) -> UnmaskingStage {
    match (ends, refused) {
        (Some(ends), _) => UnmaskingStage::Agreed(ends),
        (None, Some(why)) => UnmaskingStage::Refused(why),
        (None, None) => UnmaskingStage::Asked,
    }
}

fn entry(
    action: AuditAction,
    (by, at): (&AccountName, Timestamp),
    draft: &UnmaskingDraft,
    detail: &serde_json::Value,
) -> AuditDraft {
    let cameras: Vec<&str> = draft.cameras.iter().map(CameraId::as_str).collect();
    AuditDraft {
        time: at,
        actor: by.clone(),
        action,
        object: format!("masks of {}", cameras.join(", ")),
        case: Some(draft.purpose.purpose.case.clone()),
        purpose: Some(draft.purpose.id),
        detail: detail.to_string(),
    }
}

fn read_unmasking(row: &Row<'_>) -> rusqlite::Result<StoredUnmasking> {
    Ok(StoredUnmasking {
        id: row.get::<_, i64>(0)?.cast_unsigned(),
        unmasking: UnmaskingDraft {
            owner: read_account(row, 1)?,
            purpose: read_purpose(row, PURPOSE_AT)?,
            cameras: read_cameras(row, 2)?,
            lasts: Duration::from_micros(row.get::<_, i64>(3)?.unsigned_abs()),
            asked: Timestamp::from_micros(row.get(4)?),
        },
        second: read_act(row, 5)?,
        stage: stage(read_moment(row, 7)?, row.get(8)?),
    })
}
