//! The cameras of one configuration, and how far grants reach over them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::{CameraId, Grant, Permission, Reach, Role};
use index::{CameraRow, Identity};

use crate::state::Camera;

/// Different sets of grants that are remembered; when there are more, all are resolved anew.
const REMEMBERED: usize = 1024;

/// The cameras of one configuration. Replaced whole when that changes, and with it everything
/// that was resolved.
#[derive(Debug)]
pub(crate) struct SiteCameras {
    /// Those that are configured.
    pub(crate) shown: Arc<[Camera]>,
    /// All that ever were, with the places they lie in: their events and footage stay.
    all: Vec<(CameraId, Vec<String>)>,
    /// The roles that may see what lies under privacy masks.
    unmasked: Arc<[Role]>,
    reaches: Mutex<HashMap<Granted, Arc<Reach>>>,
}

type Granted = (Vec<Grant>, Option<Vec<Permission>>);

impl SiteCameras {
    pub(crate) fn new(shown: Vec<Camera>, ever: Vec<CameraRow>, unmasked: Arc<[Role]>) -> Self {
        let is_shown = |id: &CameraId| shown.iter().any(|camera| camera.id == *id);
        let gone = ever.into_iter().filter(|row| !is_shown(&row.id));
        let mut all: Vec<_> = gone.map(|row| (row.id, row.place)).collect();
        all.extend(shown.iter().map(|camera| (camera.id.clone(), camera.place.clone())));
        Self { shown: shown.into(), all, unmasked, reaches: Mutex::default() }
    }

    /// Returns what somebody may do, and with which cameras; nothing while their password is one that
    /// somebody else chose.
    pub(crate) fn reach(&self, identity: &Identity) -> Arc<Reach> {
        if identity.password_given {
            return self.reach_of(Vec::new(), None);
        }
        self.reach_of(identity.grants.clone(), identity.only.clone())
    }

    /// Returns what those grants allow, nothing but `only` where given, and with which cameras.
    pub(crate) fn reach_of(&self, grants: Vec<Grant>, only: Option<Vec<Permission>>) -> Arc<Reach> {
        let granted = (grants, only);
        let mut reaches = self.reaches.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = reaches.get(&granted) {
            return Arc::clone(known);
        }
        let cameras = self.all.iter().map(|(id, place)| (id, place.as_slice()));
        let (grants, only) = (&granted.0, granted.1.as_deref());
        let reach = Arc::new(Reach::by_policy(grants, only, &self.unmasked, cameras));
        if reaches.len() >= REMEMBERED {
            reaches.clear();
        }
        reaches.insert(granted, Arc::clone(&reach));
        reach
    }
}
