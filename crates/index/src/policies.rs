//! What the configuration says of how long things are kept and what is shown of people, as it was in
//! force last: so that a change of it, over a restart too, is on record.

use std::collections::BTreeMap;

use domain::{AccountName, AuditAction, AuditDraft, CameraId, ChainLink, Timestamp};
use rusqlite::{Connection, TransactionBehavior, params};

use crate::{Custody, IndexError, audit};

/// Policies; a setting of the whole site has no camera. `value` is JSON.
pub(crate) const POLICY_TABLES: &str = "CREATE TABLE policy (
       camera TEXT NOT NULL, setting TEXT NOT NULL, value TEXT NOT NULL,
       PRIMARY KEY (camera, setting)
     ) STRICT, WITHOUT ROWID;";

/// Cameras that an entry's object names; of more it says how many, and its detail names them all.
const MOST_NAMED: usize = 8;

/// A setting as it is in force.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// For which camera; `None` for the site.
    pub camera: Option<CameraId>,
    /// The setting.
    pub setting: &'static str,
    /// What it says.
    pub value: serde_json::Value,
}

impl Custody {
    /// Notes that `wanted` is in force from `now` on. What changed is stored together with an audit
    /// entry by `actor`: one for all cameras of which the same setting changed alike. A setting that
    /// is seen for the first time has none. Returns how many entries there are.
    ///
    /// # Errors
    /// When the core file cannot be read or written; then nothing is noted, and it must not come in
    /// force.
    pub fn put_policies(
        &mut self,
        wanted: &[Policy],
        actor: &AccountName,
        now: Timestamp,
        link: ChainLink,
    ) -> Result<usize, IndexError> {
        let connection = &mut self.connection;
        let mut store = || -> rusqlite::Result<usize> {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let known = known(&transaction)?;
            let mut changes: BTreeMap<(&str, String, String), Vec<Option<&CameraId>>> =
                BTreeMap::new();
            for policy in wanted {
                let camera = policy.camera.as_ref().map_or("", CameraId::as_str);
                let value = policy.value.to_string();
                match known.get(&(camera.to_owned(), policy.setting.to_owned())) {
                    Some(before) if *before == value => continue,
                    Some(before) => {
                        let change = (policy.setting, before.clone(), value.clone());
                        changes.entry(change).or_default().push(policy.camera.as_ref());
                    }
                    None => {}
                }
                put(&transaction, camera, policy.setting, &value)?;
            }
            for ((setting, from, to), cameras) in &changes {
                let draft = entry((setting, from, to), cameras, actor, now);
                audit::append(&transaction, &draft, link)?;
            }
            transaction.commit()?;
            Ok(changes.len())
        };
        store().map_err(|error| IndexError::database("note policies", &self.path, error))
    }
}

fn known(connection: &Connection) -> rusqlite::Result<BTreeMap<(String, String), String>> {
    let mut statement = connection.prepare_cached("SELECT camera, setting, value FROM policy")?;
    let rows = statement.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?;
    rows.collect()
}

fn put(connection: &Connection, camera: &str, setting: &str, value: &str) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO policy (camera, setting, value) VALUES (?1, ?2, ?3)",
        )?
        .execute(params![camera, setting, value])?;
    Ok(())
}

fn entry(
    (setting, from, to): (&str, &str, &str),
    cameras: &[Option<&CameraId>],
    actor: &AccountName,
    now: Timestamp,
) -> AuditDraft {
    let cameras: Vec<&str> = cameras.iter().flatten().map(|camera| camera.as_str()).collect();
    let object = match cameras.len() {
        0 => "site".to_owned(),
        few if few <= MOST_NAMED => cameras.join(", "),
        many => format!("{many} cameras"),
    };
    let read = |text: &str| serde_json::from_str(text).unwrap_or(serde_json::Value::Null);
    let detail = serde_json::json!({
        "setting": setting, "from": read(from), "to": read(to), "cameras": cameras,
        "by": "configuration",
    });
    AuditDraft {
        time: now,
        actor: actor.clone(),
        action: AuditAction::PolicyChanged,
        object,
        case: None,
        purpose: None,
        detail: detail.to_string(),
    }
}
