//! What events are found by: noted before it judges anything, so that a package can say years later
//! what a version of a rule was, and which model a hash is of.

use anyhow::Context as _;
use domain::Timestamp;
use index::{Index, ModelVersion, RuleVersion};
use tracing::info;

use crate::config::Config;

/// Notes the rules of `config`, and the model that is loaded.
///
/// # Errors
/// They cannot be noted: then nothing is to be judged by them.
pub(crate) fn note(
    index: &Index,
    config: &Config,
    model: Option<&vision::manifest::Model>,
    now: Timestamp,
) -> anyhow::Result<()> {
    let rules: Vec<_> = config.cameras.iter().flat_map(rules).collect();
    let model = model.map(|model| ModelVersion {
        sha256: model.sha256.to_string(),
        name: model.name(),
        version: model.manifest.version.clone(),
    });
    let noted = index.custody().put_provenance(&rules, model.as_ref(), now);
    let new = noted.context("cannot note rules and model")?;
    if new > 0 {
        info!(new, "versions of rules or models noted");
    }
    Ok(())
}

fn rules(camera: &crate::config::Camera) -> impl Iterator<Item = (RuleVersion, String)> {
    camera.scene.stated_rules().into_iter().map(|stated| {
        let version =
            RuleVersion { camera: camera.id.clone(), rule: stated.rule, version: stated.version };
        (version, stated.settings)
    })
}
