//! Privacy masks of every camera, version by version: what was recorded under a mask stays under it.

use std::collections::BTreeMap;

use domain::{
    AccountName, AuditAction, AuditDraft, CameraId, ChainLink, MaskHistory, MaskVersion, Polygon,
    SiteMasks, Timestamp,
};
use rusqlite::{Connection, params};

use crate::custody::Refused;
use crate::{Custody, IndexError};

/// Masks; `polygons` is JSON, corners in shares of the view. A version is never changed.
pub(crate) const MASK_TABLES: &str = "CREATE TABLE mask (
       camera TEXT NOT NULL, version INTEGER NOT NULL, since_us INTEGER NOT NULL,
       polygons TEXT NOT NULL,
       PRIMARY KEY (camera, version)
     ) STRICT, WITHOUT ROWID;";

impl Custody {
    /// Makes `wanted` the masks in force of each camera, from `now` on; one whose masks are the same
    /// keeps its version. A change of masks is stored together with an audit entry by `actor`; the
    /// first time a camera is seen is none. Returns how many cameras have a new version.
    ///
    /// # Errors
    /// When the core file cannot be read or written; then nothing of the camera at hand is stored.
    pub fn put_masks(
        &mut self,
        wanted: &[(CameraId, Vec<Polygon>)],
        actor: &AccountName,
        now: Timestamp,
        link: ChainLink,
    ) -> Result<usize, IndexError> {
        let known = self.masks()?;
        let mut changed = 0;
        for (camera, polygons) in wanted {
            let before = known.of(camera).and_then(MaskHistory::current);
            if before.is_some_and(|before| before.polygons == *polygons) {
                continue;
            }
            changed += 1;
            let number = before.map_or(1, |before| before.number.saturating_add(1));
            let version = MaskVersion { number, since: now, polygons: polygons.clone() };
            if before.is_none() && polygons.is_empty() {
                self.store_first(camera, &version)?;
                continue;
            }
            let draft = AuditDraft {
                time: now,
                actor: actor.clone(),
                action: AuditAction::MasksChanged,
                object: camera.to_string(),
                case: None,
                purpose: None,
                detail: serde_json::json!({
                    "version": number, "masks": polygons,
                    "before": before.map(|before| &before.polygons),
                })
                .to_string(),
            };
            self.with_audit(&draft, link, |transaction| {
                insert(transaction, camera, &version).map_err(Refused::Database)
            })?;
        }
        Ok(changed)
    }

    /// Returns the masks of every camera that was ever configured.
    ///
    /// # Errors
    /// When the core file cannot be read, or holds masks that are none.
    pub fn masks(&self) -> Result<SiteMasks, IndexError> {
        let read = || -> rusqlite::Result<Vec<(String, MaskVersion)>> {
            let mut statement = self.connection.prepare_cached(
                "SELECT camera, version, since_us, polygons FROM mask ORDER BY camera, version",
            )?;
            let rows = statement.query_map([], |row| {
                let text: String = row.get(3)?;
                let polygons = serde_json::from_str(&text).map_err(|error| {
                    let kind = rusqlite::types::Type::Text;
                    rusqlite::Error::FromSqlConversionFailure(3, kind, Box::new(error))
                })?;
                let since = Timestamp::from_micros(row.get(2)?);
                Ok((row.get(0)?, MaskVersion { number: row.get(1)?, since, polygons }))
            })?;
            rows.collect()
        };
        let mut cameras: BTreeMap<CameraId, Vec<MaskVersion>> = BTreeMap::new();
        for (camera, version) in read().map_err(|error| self.unreadable(error))? {
            let camera = camera.parse().map_err(|_| {
                IndexError::damaged(&self.path, format!("\"{camera}\" names no camera of a mask"))
            })?;
            cameras.entry(camera).or_default().push(version);
        }
        let histories = cameras.into_iter().map(|(id, found)| (id, MaskHistory::new(found)));
        Ok(SiteMasks::new(histories.collect()))
    }

    fn store_first(&self, camera: &CameraId, version: &MaskVersion) -> Result<(), IndexError> {
        insert(&self.connection, camera, version)
            .map_err(|error| IndexError::database("write masks", &self.path, error))
    }
}

fn insert(
    connection: &Connection,
    camera: &CameraId,
    version: &MaskVersion,
) -> rusqlite::Result<()> {
    let polygons = serde_json::to_string(&version.polygons)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    connection.execute(
        "INSERT INTO mask (camera, version, since_us, polygons) VALUES (?1, ?2, ?3, ?4)",
        params![camera.as_str(), version.number, version.since.as_micros(), polygons],
    )?;
    Ok(())
}
