//! The privacy masks of the site: told by the configuration, kept version by version by the index,
//! asked by whatever shows a picture.

use std::sync::{Arc, PoisonError, RwLock};

use anyhow::Context as _;
use domain::{AccountName, CameraId, Polygon, SiteMasks, Timestamp};
use evidence::chain;
use index::Index;
use tracing::info;

use crate::config::Config;

/// The masks of every camera that was ever configured. Shared; asking takes no time.
#[derive(Debug, Default)]
pub(crate) struct Masks(RwLock<Arc<SiteMasks>>);

impl Masks {
    /// Takes over the masks of `config`: those that changed become new versions, in force from `now`
    /// on, and stand in the audit trail.
    ///
    /// # Errors
    /// They cannot be stored; then those before stay in force.
    pub(crate) fn apply(
        &self,
        index: &Index,
        config: &Config,
        now: Timestamp,
    ) -> anyhow::Result<()> {
        let masks = |camera: &crate::config::Camera| (camera.id.clone(), camera.masks.clone());
        let wanted: Vec<(CameraId, Vec<Polygon>)> = config.cameras.iter().map(masks).collect();
        let known = {
            let mut custody = index.custody();
            let changed = custody
                .put_masks(&wanted, &AccountName::program(), now, chain::link)
                .context("cannot store the privacy masks")?;
            if changed > 0 {
                info!(cameras = changed, "privacy masks taken over");
            }
            custody.masks().context("cannot read the privacy masks")?
        };
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(known);
        Ok(())
    }

    /// Returns the masks as they are known now.
    pub(crate) fn known(&self) -> Arc<SiteMasks> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}
