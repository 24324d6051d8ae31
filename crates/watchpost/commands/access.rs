//! What `watchpost user` and `watchpost token` share: where accounts lie, and what is granted.

use anyhow::{Context as _, bail};
use domain::{CameraId, Grant, Place, Role};
use index::Accounts;

use crate::ConfigArgument;
use crate::config::{self, Config};

/// What is granted, and where.
#[derive(clap::Args, Debug)]
#[command(group = clap::ArgGroup::new("where").required(true).args(["place", "cameras", "whole_site"]))]
pub(crate) struct GrantArguments {
    /// What they are there; may be given more than once: duty (feed, live, alerts), investigator
    /// (search, playback, export, hold), supervisor (assign, approve, sees the audit),
    /// administrator (configures, sees no pictures), overseer (reads the audit, nothing else).
    #[arg(long, required = true, value_name = "ROLE")]
    role: Vec<Role>,
    /// Over a place as the cameras' `places` name it: 'Phường Cửa Nam', or 'Phường 1/Hà Nội' where
    /// there are several of the name.
    #[arg(long, value_name = "PLACE")]
    place: Option<String>,
    /// Over these cameras only: ids between commas.
    #[arg(long, value_delimiter = ',', value_name = "IDS")]
    cameras: Vec<CameraId>,
    /// Over all cameras, those to come and those of the past too.
    #[arg(long)]
    whole_site: bool,
}

impl GrantArguments {
    /// Returns the grants, of which each reaches at least one camera.
    pub(crate) fn grants(&self, config: &Config) -> anyhow::Result<Vec<Grant>> {
        let grants = self.unchecked()?;
        grants.iter().try_for_each(|grant| self.check(config, &grant.place))?;
        Ok(grants)
    }

    /// Returns the grants as they are written, to be taken away: the place may have gone since.
    pub(crate) fn unchecked(&self) -> anyhow::Result<Vec<Grant>> {
        let place = match &self.place {
            Some(text) => Place::node(text)?,
            None if self.whole_site => Place::Site,
            None => Place::Cameras(self.cameras.iter().cloned().collect()),
        };
        Ok(self.role.iter().map(|role| Grant { role: *role, place: place.clone() }).collect())
    }

    /// Refuses what is a slip of the pen: a place without cameras, a camera that is not there.
    fn check(&self, config: &Config, place: &Place) -> anyhow::Result<()> {
        for camera in &self.cameras {
            if !config.cameras.iter().any(|known| known.id == *camera) {
                bail!("there is no camera \"{camera}\" in the configuration");
            }
        }
        let reached = config.cameras.iter().any(|camera| place.holds(&camera.id, &camera.places));
        if reached || *place == Place::Site {
            return Ok(());
        }
        let mut known: Vec<&str> =
            config.cameras.iter().flat_map(|camera| &camera.places).map(String::as_str).collect();
        known.sort_unstable();
        known.dedup();
        bail!("no camera lies in {place}; places in the configuration: {}", known.join(", "))
    }
}

/// Opens the accounts of the configured site, beside the service or while it is stopped.
pub(crate) fn open(argument: &ConfigArgument) -> anyhow::Result<(Accounts, Config)> {
    let (config, _) = config::load(&argument.config)?;
    let site = config.site.id.to_string();
    let accounts = Accounts::open(&config.index.path, &site).context("cannot open the accounts")?;
    Ok((accounts, config))
}

/// Returns grants in one line.
pub(crate) fn listed(grants: &[Grant]) -> String {
    let texts = grants.iter().map(|grant| format!("{} of {}", grant.role, grant.place));
    let text = texts.collect::<Vec<_>>().join("; ");
    if text.is_empty() { "nothing granted".to_owned() } else { text }
}

/// Returns grants as JSON.
pub(crate) fn as_json(grants: &[Grant]) -> serde_json::Value {
    serde_json::json!(grants)
}
