//! The core file: the site's name, its cameras, the sequence that must not fall back, and (in
//! `notifications.rs`) how far each target of notifications is.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use domain::CameraId;
use rusqlite::{Connection, OptionalExtension, params};

use crate::camera::Cameras;
use crate::schema::Kind;
use crate::{CameraRow, IndexError};

/// The core file with its cameras in RAM. Shared; rarely written, so a lock is enough.
#[derive(Debug)]
pub(crate) struct CoreFile {
    pub(crate) path: PathBuf,
    connection: Mutex<Connection>,
    cameras: RwLock<Arc<Cameras>>,
}

impl CoreFile {
    /// Opens or makes the core file of `site` in `folder`.
    pub(crate) fn open(folder: &Path, site: &str) -> Result<Self, IndexError> {
        let path = folder.join("core.db");
        let connection = Kind::Core.open_writer(&path)?;
        let failed = |error| IndexError::database("read the site", &path, error);
        let found: Option<String> = connection
            .query_row("SELECT name FROM site", [], |row| row.get(0))
            .optional()
            .map_err(failed)?;
        match found {
            Some(found) if found != site => {
                return Err(IndexError::OtherSite {
                    path: folder.to_owned(),
                    found,
                    expected: site.to_owned(),
                });
            }
            Some(_) => {}
            None => {
                connection.execute("INSERT INTO site VALUES (1, ?1, 0)", [site]).map_err(failed)?;
            }
        }
        let cameras = Cameras::load(&connection, &path)?;
        Ok(Self {
            path,
            connection: Mutex::new(connection),
            cameras: RwLock::new(Arc::new(cameras)),
        })
    }

    /// Returns what places in the logs are sealed with.
    pub(crate) fn cursor_key(&self) -> Result<[u8; 32], IndexError> {
        self.lock()
            .query_row("SELECT secret FROM cursor_key", [], |row| row.get(0))
            .map_err(|error| IndexError::database("read the key of cursors", &self.path, error))
    }

    /// Returns all cameras as they are now.
    pub(crate) fn cameras(&self) -> Arc<Cameras> {
        let cameras = self.cameras.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&cameras)
    }

    /// Adds or replaces cameras; durable on return.
    pub(crate) fn put_cameras(&self, changed: &[CameraRow]) -> Result<(), IndexError> {
        let mut connection = self.lock();
        let mut cameras = Cameras::clone(&self.cameras());
        cameras.put(changed)?;
        let ids = changed.iter().map(|camera| camera.id.clone());
        cameras
            .store(&mut connection, ids)
            .map_err(|error| IndexError::database("write cameras", &self.path, error))?;
        *self.cameras.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(cameras);
        Ok(())
    }

    /// Gives a number to every camera that has none yet, under its own name.
    pub(crate) fn ensure_cameras<'a>(
        &self,
        ids: impl Iterator<Item = &'a CameraId>,
    ) -> Result<Arc<Cameras>, IndexError> {
        let known = self.cameras();
        let mut unknown: Vec<&CameraId> = ids.filter(|id| known.number(id).is_none()).collect();
        if unknown.is_empty() {
            return Ok(known);
        }
        unknown.sort_unstable();
        unknown.dedup();
        let added: Vec<CameraRow> = unknown
            .into_iter()
            .map(|id| CameraRow {
                id: id.clone(),
                name: id.to_string(),
                location: None,
                heading: None,
                place: Vec::new(),
            })
            .collect();
        self.put_cameras(&added)?;
        Ok(self.cameras())
    }

    /// Returns the highest sequence that files now gone may have held.
    pub(crate) fn sequence_floor(&self) -> Result<u64, IndexError> {
        let floor: i64 = self
            .lock()
            .query_row("SELECT sequence_floor FROM site", [], |row| row.get(0))
            .map_err(|error| IndexError::database("read the sequence", &self.path, error))?;
        Ok(u64::try_from(floor).unwrap_or(0))
    }

    /// Keeps the sequence from falling below `floor`; durable on return.
    pub(crate) fn raise_sequence_floor(&self, floor: u64) -> Result<(), IndexError> {
        let floor = i64::try_from(floor).unwrap_or(i64::MAX);
        self.lock()
            .execute("UPDATE site SET sequence_floor = max(sequence_floor, ?1)", params![floor])
            .map_err(|error| IndexError::database("write the sequence", &self.path, error))?;
        Ok(())
    }

    /// Takes the connection; held for one short transaction.
    pub(crate) fn lock(&self) -> std::sync::MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
