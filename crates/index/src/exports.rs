//! Orders of sealed packages: ordered by one, agreed to by another where that is asked for, made,
//! kept for a while. What is stored here outlives a restart: an order is made all the same, or
//! said to have failed, and never lost.

use domain::{
    AccountName, AuditAction, AuditDraft, CameraId, ChainLink, StreamRole, TimeRange, Timestamp,
};
use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::columns::{invalid, read_account, read_act, read_cameras, written_cameras};
use crate::custody::Refused;
use crate::{Custody, HoldAct, IndexError, StoredPurpose};

/// Orders. `cameras` are names between blanks; `options` and `result` are JSON.
pub(crate) const EXPORT_TABLES: &str = "CREATE TABLE export (
       id INTEGER PRIMARY KEY AUTOINCREMENT,
       uid BLOB NOT NULL UNIQUE,
       operator TEXT NOT NULL, ordered_us INTEGER NOT NULL, purpose INTEGER NOT NULL,
       cameras TEXT NOT NULL, role TEXT NOT NULL,
       start_us INTEGER NOT NULL, end_us INTEGER NOT NULL, options TEXT NOT NULL,
       second_needed INTEGER NOT NULL, second_by TEXT, second_us INTEGER,
       stage INTEGER NOT NULL, result TEXT NOT NULL, changed_us INTEGER NOT NULL
     ) STRICT;
     CREATE INDEX export_unfinished ON export (id) WHERE stage < 2;";

/// How a package is to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExportOptions {
    /// Whether events get a still each.
    pub stills: bool,
    /// Whether clips show what lies under privacy masks.
    pub masks_removed: bool,
    /// Whether it leaves encrypted by a passphrase. That is never stored: with the process that
    /// was told it the order is gone.
    pub protected: bool,
}

impl Default for ExportOptions {
    fn default() -> Self {
        Self { stills: true, masks_removed: false, protected: false }
    }
}

/// What is to be exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportDraft {
    /// Names it.
    pub id: Uuid,
    /// Who ordered it.
    pub operator: AccountName,
    /// When.
    pub ordered: Timestamp,
    /// What for.
    pub purpose: StoredPurpose,
    /// The cameras.
    pub cameras: Vec<CameraId>,
    /// Which of their streams.
    pub role: StreamRole,
    /// From when to when.
    pub range: TimeRange,
    /// How it is to be made.
    pub options: ExportOptions,
    /// Whether a second person must agree before it is made.
    pub second_needed: bool,
}

/// How far an order is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExportStage {
    /// A second person has not spoken yet.
    Asked,
    /// It is to be made, or is being made.
    Due,
    /// The package is there.
    Done {
        /// Its size.
        bytes: u64,
        /// The fingerprint of the key that sealed it.
        key: [u8; 32],
        /// What whoever ordered it should know.
        warnings: Vec<String>,
    },
    /// It could not be made.
    Failed(String),
    /// The second person refused it, with this reason.
    Refused(String),
    /// The package was there, and was removed when its time was over.
    Removed,
}

impl ExportStage {
    fn number(&self) -> i64 {
        match self {
            Self::Asked => 0,
            Self::Due => 1,
            Self::Done { .. } => 2,
            Self::Failed(_) => 3,
            Self::Refused(_) => 4,
            Self::Removed => 5,
        }
    }
}

/// An order that was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredExport {
    /// What was ordered.
    pub export: ExportDraft,
    /// The second person, once they have spoken.
    pub second: Option<HoldAct>,
    /// How far it is.
    pub stage: ExportStage,
    /// When that last changed.
    pub changed: Timestamp,
}

impl Custody {
    /// Stores an order together with its audit entry.
    ///
    /// # Errors
    /// When the core file cannot be written; then nothing is ordered.
    pub fn order_export(
        &mut self,
        draft: &ExportDraft,
        link: ChainLink,
    ) -> Result<StoredExport, IndexError> {
        let stage = if draft.second_needed { ExportStage::Asked } else { ExportStage::Due };
        let detail = serde_json::json!({
            "cameras": draft.cameras, "stream": draft.role, "range": draft.range,
            "options": draft.options, "second_needed": draft.second_needed,
        });
        let who = (&draft.operator, draft.ordered);
        let entry = entry(AuditAction::ExportOrdered, who, draft, &detail);
        let (options, result) = (written(&draft.options), written(&stage));
        self.with_audit(&entry, link, |transaction| {
            transaction.execute(
                "INSERT INTO export (uid, operator, ordered_us, purpose, cameras, role, start_us,
                   end_us, options, second_needed, stage, result, changed_us)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?3)",
                params![
                    draft.id.as_bytes().as_slice(),
                    draft.operator.as_str(),
                    draft.ordered.as_micros(),
                    draft.purpose.id.cast_signed(),
                    written_cameras(&draft.cameras),
                    draft.role.as_str(),
                    draft.range.start.as_micros(),
                    draft.range.end.as_micros(),
                    options,
                    draft.second_needed,
                    stage.number(),
                    result,
                ],
            )?;
            Ok(())
        })?;
        let export = draft.clone();
        Ok(StoredExport { export, second: None, stage, changed: draft.ordered })
    }

    /// Notes what the second person says: agreed, or refused with a reason.
    ///
    /// # Errors
    /// [`IndexError::Export`] if there is no such order that waits for a second person, or if the
    /// one who ordered it is the one who speaks; or when the core file cannot be written.
    pub fn decide_export(
        &mut self,
        id: Uuid,
        act: &HoldAct,
        verdict: Result<(), String>,
        link: ChainLink,
    ) -> Result<StoredExport, IndexError> {
        let not_asked = || IndexError::Export(format!("export {id} waits for nobody's word"));
        let stored = self.export(id)?.ok_or_else(not_asked)?;
        let draft = &stored.export;
        if draft.operator == act.by {
            return Err(IndexError::Export(format!(
                "{} ordered export {id}: a second person must agree",
                act.by
            )));
        }
        let action = match verdict {
            Ok(()) => AuditAction::ExportAgreed,
            Err(_) => AuditAction::ExportRefused,
        };
        let detail = serde_json::json!({
            "ordered_by": draft.operator, "why": verdict.as_ref().err(),
        });
        let stage = verdict.map_or_else(ExportStage::Refused, |()| ExportStage::Due);
        let entry = entry(action, (&act.by, act.at), draft, &detail);
        let result = written(&stage);
        self.with_audit(&entry, link, |transaction| {
            // Asked again here: of two who speak at once one was first.
            let changed = transaction.execute(
                "UPDATE export SET second_by = ?2, second_us = ?3, stage = ?4, result = ?5,
                   changed_us = ?3 WHERE uid = ?1 AND stage = 0",
                params![
                    id.as_bytes().as_slice(),
                    act.by.as_str(),
                    act.at.as_micros(),
                    stage.number(),
                    result
                ],
            )?;
            if changed == 0 { Err(Refused::Rule(not_asked())) } else { Ok(()) }
        })?;
        Ok(StoredExport { second: Some(act.clone()), stage, changed: act.at, ..stored })
    }

    /// Notes how far an order is. That it was made is in the audit trail before.
    ///
    /// # Errors
    /// When the core file cannot be written.
    pub fn note_export(
        &mut self,
        id: Uuid,
        stage: &ExportStage,
        at: Timestamp,
    ) -> Result<(), IndexError> {
        self.connection
            .execute(
                "UPDATE export SET stage = ?2, result = ?3, changed_us = ?4 WHERE uid = ?1",
                params![id.as_bytes().as_slice(), stage.number(), written(stage), at.as_micros()],
            )
            .map(drop)
            .map_err(|error| IndexError::database("note how far an export is", &self.path, error))
    }

    /// Returns an order.
    ///
    /// # Errors
    /// When the core file cannot be read.
    pub fn export(&self, id: Uuid) -> Result<Option<StoredExport>, IndexError> {
        let sql = format!("{SELECT} WHERE e.uid = ?1");
        self.connection
            .prepare_cached(&sql)
            .and_then(|mut statement| {
                statement.query_row([id.as_bytes().as_slice()], read_export).optional()
            })
            .map_err(|error| self.unreadable(error))
    }

    /// Returns up to `limit` of the orders that `is_asked_for`, the newest first.
    ///
    /// # Errors
    /// When the core file cannot be read.
    pub fn exports(
        &self,
        limit: usize,
        is_asked_for: impl Fn(&StoredExport) -> bool,
    ) -> Result<Vec<StoredExport>, IndexError> {
        self.newest(&format!("{SELECT} ORDER BY e.id DESC"), limit, read_export, is_asked_for)
    }

    /// Returns the orders that are to be made, the oldest first.
    ///
    /// # Errors
    /// When the core file cannot be read.
    pub fn due_exports(&self) -> Result<Vec<StoredExport>, IndexError> {
        self.select_exports("e.stage < 2 AND e.stage = 1 ORDER BY e.id LIMIT ?1", usize::MAX)
    }

    fn select_exports(&self, which: &str, limit: usize) -> Result<Vec<StoredExport>, IndexError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let read = || {
            let sql = format!("{SELECT} WHERE {which}");
            let mut statement = self.connection.prepare_cached(&sql)?;
            let rows = statement.query_map([limit], read_export)?;
            rows.collect::<rusqlite::Result<_>>()
        };
        read().map_err(|error| self.unreadable(error))
    }
}

const SELECT: &str =
    "SELECT e.uid, e.operator, e.ordered_us, e.cameras, e.role, e.start_us, e.end_us,
       e.options, e.second_needed, e.second_by, e.second_us, e.result, e.changed_us,
       p.id, p.owner, p.case_number, p.reason, p.legal_basis, p.stated_us, p.expires_us
     FROM export e JOIN purpose p ON p.id = e.purpose";
/// The column of [`SELECT`] at which the purpose begins.
const PURPOSE_AT: usize = 13;

fn entry(
    action: AuditAction,
    (by, at): (&AccountName, Timestamp),
    draft: &ExportDraft,
    detail: &serde_json::Value,
) -> AuditDraft {
    AuditDraft {
        time: at,
        actor: by.clone(),
        action,
        object: format!("export {}", draft.id),
        case: Some(draft.purpose.purpose.case.clone()),
        purpose: Some(draft.purpose.id),
        detail: detail.to_string(),
    }
}

fn written(value: &impl Serialize) -> String {
    // Texts and numbers always become JSON.
    serde_json::to_string(value).unwrap_or_default()
}

fn read_export(row: &Row<'_>) -> rusqlite::Result<StoredExport> {
    let text = |column: usize| row.get::<_, String>(column);
    let uid: Vec<u8> = row.get(0)?;
    let role = match text(4)?.as_str() {
        "main" => StreamRole::Main,
        "sub" => StreamRole::Sub,
        other => return Err(invalid(4, other)),
    };
    let time = |column: usize| row.get(column).map(Timestamp::from_micros);
    let (options, result) = (text(7)?, text(11)?);
    Ok(StoredExport {
        export: ExportDraft {
            id: Uuid::from_slice(&uid).map_err(|error| invalid(0, &error.to_string()))?,
            operator: read_account(row, 1)?,
            ordered: time(2)?,
            purpose: crate::purposes::read_purpose(row, PURPOSE_AT)?,
            cameras: read_cameras(row, 3)?,
            role,
            range: TimeRange { start: time(5)?, end: time(6)? },
            options: serde_json::from_str(&options).map_err(|_| invalid(7, &options))?,
            second_needed: row.get(8)?,
        },
        second: read_act(row, 9)?,
        stage: serde_json::from_str(&result).map_err(|_| invalid(11, &result))?,
        changed: time(12)?,
    })
}
