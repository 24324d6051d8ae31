//! What events were found by: the settings of every version of a rule, and the models, as they were
//! when they came in force. An event has the rule's name and version and the model's hash; years
//! later, when neither is in use any more, this says what they were.

use domain::{CameraId, RuleId, Timestamp};
use rusqlite::{OptionalExtension, TransactionBehavior, params};

use crate::{Custody, IndexError};

/// Rules and models that were ever in force. `settings` is JSON; a row of a rule is never changed,
/// as its version is made of its settings.
pub(crate) const PROVENANCE_TABLES: &str = "CREATE TABLE rule_version (
       camera TEXT NOT NULL, rule TEXT NOT NULL, version INTEGER NOT NULL,
       since_us INTEGER NOT NULL, settings TEXT NOT NULL,
       PRIMARY KEY (camera, rule, version)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE model (
       sha256 TEXT PRIMARY KEY, since_us INTEGER NOT NULL,
       name TEXT NOT NULL, version TEXT
     ) STRICT, WITHOUT ROWID;";

/// A version of a rule on a camera.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RuleVersion {
    /// The camera.
    pub camera: CameraId,
    /// The rule.
    pub rule: RuleId,
    /// Its version, as its events have it.
    pub version: u32,
}

/// A model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelVersion {
    /// SHA-256 of its file, in hex, as its events have it.
    pub sha256: String,
    /// What it is called.
    pub name: String,
    /// Its version, where it states one.
    pub version: Option<String>,
}

impl Custody {
    /// Notes what is in force from `now` on: rules with their settings, and the model. What is known
    /// already stays as it was noted first, but for name and version of a model. All of it in one
    /// transaction, and none where nothing is new.
    ///
    /// # Errors
    /// When the core file cannot be read or written; then nothing is noted.
    pub fn put_provenance(
        &mut self,
        rules: &[(RuleVersion, String)],
        model: Option<&ModelVersion>,
        now: Timestamp,
    ) -> Result<usize, IndexError> {
        let mut new = Vec::new();
        for rule in rules {
            if self.rule_settings(&rule.0)?.is_none() {
                new.push(rule);
            }
        }
        let known = model.map(|model| self.model(&model.sha256)).transpose()?.flatten();
        let model = model.filter(|model| known.as_ref() != Some(model));
        if new.is_empty() && model.is_none() {
            return Ok(0);
        }
        let connection = &mut self.connection;
        let mut store = || -> rusqlite::Result<()> {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            for (RuleVersion { camera, rule, version }, settings) in &new {
                // A command beside the service may have been faster.
                transaction.execute(
                    "INSERT OR IGNORE INTO rule_version (camera, rule, version, since_us, settings)
                     VALUES (?1, ?2, ?3, ?4, ?5)",
                    params![camera.as_str(), rule.as_str(), version, now.as_micros(), settings],
                )?;
            }
            if let Some(ModelVersion { sha256, name, version }) = model {
                transaction.execute(
                    "INSERT INTO model (sha256, since_us, name, version) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT (sha256) DO UPDATE SET name = ?3, version = ?4",
                    params![sha256, now.as_micros(), name, version],
                )?;
            }
            transaction.commit()
        };
        store().map_err(|error| {
            IndexError::database("note what events are found by", &self.path, error)
        })?;
        Ok(new.len() + usize::from(model.is_some()))
    }

    /// Returns the settings of a version of a rule, as JSON; `None` if nobody noted them.
    ///
    /// # Errors
    /// When the core file cannot be read.
    pub fn rule_settings(&self, of: &RuleVersion) -> Result<Option<String>, IndexError> {
        let read = || {
            let mut statement = self.connection.prepare_cached(
                "SELECT settings FROM rule_version WHERE camera = ?1 AND rule = ?2 AND version = ?3",
            )?;
            let RuleVersion { camera, rule, version } = of;
            statement
                .query_row(params![camera.as_str(), rule.as_str(), version], |row| row.get(0))
                .optional()
        };
        read().map_err(|error| self.unreadable_provenance(error))
    }

    /// Returns the model whose file has the SHA-256 `sha256`; `None` if nobody noted it.
    ///
    /// # Errors
    /// When the core file cannot be read.
    pub fn model(&self, sha256: &str) -> Result<Option<ModelVersion>, IndexError> {
        let read = || {
            let mut statement = self
                .connection
                .prepare_cached("SELECT name, version FROM model WHERE sha256 = ?1")?;
            let model = |row: &rusqlite::Row<'_>| {
                let (name, version) = (row.get(0)?, row.get(1)?);
                Ok(ModelVersion { sha256: sha256.to_owned(), name, version })
            };
            statement.query_row([sha256], model).optional()
        };
        read().map_err(|error| self.unreadable_provenance(error))
    }

    fn unreadable_provenance(&self, error: rusqlite::Error) -> IndexError {
        IndexError::database("read what events were found by", &self.path, error)
    }
}
