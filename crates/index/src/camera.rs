//! The cameras as the index knows them: a number, a name and a place each, all in RAM.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use domain::{Area, CameraId, Location, folded};
use rusqlite::{Connection, Row, params};

use crate::{Index, IndexError};

/// A camera as search knows it.
#[derive(Debug, Clone, PartialEq)]
pub struct CameraRow {
    /// Names it within the site.
    pub id: CameraId,
    /// Its name for people.
    pub name: String,
    /// Where it stands; `None` for a mobile camera or one without a place.
    pub location: Option<Location>,
    /// Where it looks, in degrees clockwise from north.
    pub heading: Option<f32>,
    /// Named places it lies in: street, ward, province.
    pub place: Vec<String>,
}

/// All cameras that ever were, by number and by name. Replaced whole on a change.
#[derive(Debug, Default, Clone)]
pub(crate) struct Cameras {
    /// The camera numbered `n` lies at `n - 1`.
    rows: Vec<CameraRow>,
    /// Name and named places of each, folded.
    names: Vec<Vec<String>>,
    numbers: HashMap<CameraId, u16>,
}

impl Cameras {
    /// Reads all cameras from the core file.
    pub(crate) fn load(core: &Connection, path: &Path) -> Result<Self, IndexError> {
        let failed = |error| IndexError::database("read cameras", path, error);
        let mut statement = core
            .prepare("SELECT id, uid, name, lat, lon, heading, place FROM camera ORDER BY id")
            .map_err(failed)?;
        let mut rows = statement.query([]).map_err(failed)?;
        let mut cameras = Self::default();
        while let Some(row) = rows.next().map_err(failed)? {
            let number: i64 = row.get(0).map_err(failed)?;
            let expected = i64::try_from(cameras.rows.len() + 1).unwrap_or(i64::MAX);
            if number != expected {
                let detail = format!("camera {number} found where {expected} is due");
                return Err(IndexError::damaged(path, detail));
            }
            let camera = camera_of(row).map_err(failed)?;
            let camera = camera.ok_or_else(|| {
                IndexError::damaged(path, format!("camera {number} cannot be read"))
            })?;
            cameras.push(camera)?;
        }
        Ok(cameras)
    }

    /// Returns every camera in order of its number.
    pub(crate) fn rows(&self) -> &[CameraRow] {
        &self.rows
    }

    /// Returns the camera's number, from 1.
    pub(crate) fn number(&self, id: &CameraId) -> Option<u16> {
        self.numbers.get(id).copied()
    }

    /// Returns the camera of a number.
    pub(crate) fn row(&self, number: u16) -> Option<&CameraRow> {
        self.rows.get(usize::from(number).checked_sub(1)?)
    }

    /// Returns the numbers of the cameras whose name or place holds the words of `name`.
    pub(crate) fn named(&self, name: &str) -> Vec<u16> {
        let wanted = folded(name);
        (1..)
            .zip(&self.names)
            .filter(|(_, names)| names.iter().any(|name| name.contains(&wanted)))
            .map(|(number, _)| number)
            .collect()
    }

    /// Returns the cameras that are named after `area`, or stand in it.
    fn within(&self, area: &Area) -> Vec<CameraId> {
        if let Area::Named(name) = area {
            let named = self.named(name);
            return named.iter().filter_map(|number| Some(self.row(*number)?.id.clone())).collect();
        }
        let stands_there =
            |camera: &&CameraRow| camera.location.is_some_and(|at| area.contains(at));
        self.rows.iter().filter(stands_there).map(|camera| camera.id.clone()).collect()
    }

    /// Adds `changed` or replaces the rows of the same names, in RAM only.
    pub(crate) fn put(&mut self, changed: &[CameraRow]) -> Result<(), IndexError> {
        for camera in changed {
            match self.number(&camera.id) {
                Some(number) => {
                    let at = usize::from(number) - 1;
                    self.names[at] = names_of(camera);
                    self.rows[at] = camera.clone();
                }
                None => self.push(camera.clone())?,
            }
        }
        Ok(())
    }

    fn push(&mut self, camera: CameraRow) -> Result<(), IndexError> {
        let number = u16::try_from(self.rows.len() + 1).map_err(|_| {
            let camera = camera.id.clone();
            IndexError::TooManyCameras { camera }
        })?;
        self.numbers.insert(camera.id.clone(), number);
        self.names.push(names_of(&camera));
        self.rows.push(camera);
        Ok(())
    }

    /// Writes the rows of `ids` to the core file in one transaction.
    pub(crate) fn store(
        &self,
        core: &mut Connection,
        ids: impl Iterator<Item = CameraId>,
    ) -> rusqlite::Result<()> {
        let transaction = core.transaction()?;
        for id in ids {
            let Some((number, camera)) =
                self.number(&id).and_then(|number| Some((number, self.row(number)?)))
            else {
                continue;
            };
            transaction
                .prepare_cached(
                    "INSERT INTO camera (id, uid, name, lat, lon, heading, place)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                     ON CONFLICT (id) DO UPDATE SET name = ?3, lat = ?4, lon = ?5, heading = ?6,
                     place = ?7",
                )?
                .execute(params![
                    number,
                    camera.id.as_str(),
                    camera.name,
                    camera.location.map(|location| location.lat),
                    camera.location.map(|location| location.lon),
                    camera.heading,
                    serde_json::to_string(&camera.place).unwrap_or_default(),
                ])?;
        }
        transaction.commit()
    }
}

impl Index {
    /// Returns the cameras that are named after `area`, or stand in it now; mobile ones stand
    /// nowhere.
    pub fn cameras_within(&self, area: &Area) -> Vec<CameraId> {
        self.inner.core.cameras().within(area)
    }
}

/// Returns what a camera is found by.
fn names_of(camera: &CameraRow) -> Vec<String> {
    let own = [camera.name.as_str(), camera.id.as_str()];
    let places = camera.place.iter().map(String::as_str);
    own.into_iter().chain(places).map(folded).collect()
}

/// Reads a row of the table; `None` when it holds what was never written.
fn camera_of(row: &Row<'_>) -> rusqlite::Result<Option<CameraRow>> {
    let id: String = row.get(1)?;
    let (lat, lon): (Option<f64>, Option<f64>) = (row.get(3)?, row.get(4)?);
    let place: String = row.get(6)?;
    let (Ok(id), Ok(place)) = (id.parse(), serde_json::from_str(&place)) else {
        return Ok(None);
    };
    let location = match (lat, lon) {
        (Some(lat), Some(lon)) => match Location::new(lat, lon) {
            Ok(location) => Some(location),
            Err(_) => return Ok(None),
        },
        _ => None,
    };
    Ok(Some(CameraRow { id, name: row.get(2)?, location, heading: row.get(5)?, place }))
}

/// Returns the numbers of the cameras in `ids` that are known.
pub(crate) fn numbers_of(cameras: &Arc<Cameras>, ids: &[CameraId]) -> Vec<u16> {
    let mut numbers: Vec<u16> = ids.iter().filter_map(|id| cameras.number(id)).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

/// Returns the numbers of the cameras that a named place means, or `None` for a drawn one.
pub(crate) fn numbers_in(cameras: &Arc<Cameras>, area: &Area) -> Option<Vec<u16>> {
    match area {
        Area::Named(name) => Some(cameras.named(name)),
        _ => None,
    }
}
