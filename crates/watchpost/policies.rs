//! What the configuration says of how long things are kept, and of what is shown of people: noted before
//! it comes in force, so that the audit trail has every change of it.

use anyhow::Context as _;
use domain::{AccountName, Timestamp};
use evidence::chain;
use index::{Index, Policy};
use serde_json::json;
use tracing::info;

use crate::config::Config;

/// Notes the policies of `config`; `purpose_required` is that of the start, as it changes at a start only.
///
/// # Errors
/// They cannot be noted: then they must not come in force.
pub(crate) fn note(
    index: &Index,
    config: &Config,
    purpose_required: bool,
    now: Timestamp,
) -> anyhow::Result<()> {
    let wanted = of(index, config, purpose_required);
    let noted = index.custody().put_policies(&wanted, &AccountName::program(), now, chain::link);
    let changed = noted.context("cannot note the policies in the audit trail")?;
    if changed > 0 {
        info!(changed, "policies of privacy or retention changed: the audit trail says which");
    }
    Ok(())
}

fn of(index: &Index, config: &Config, purpose_required: bool) -> Vec<Policy> {
    let site = |setting, value| Policy { camera: None, setting, value };
    let mut roles: Vec<&str> =
        config.privacy.unmasked_roles.iter().map(|role| role.as_str()).collect();
    roles.sort_unstable();
    let mut policies = vec![
        site("access.purpose_required", json!(purpose_required)),
        site("export.second_person", json!(config.export.second_person.as_str())),
        site("privacy.unmasked_roles", json!(roles)),
        site("retention.events_days", json!(config.retention.events_days)),
        site("calls.words_days", json!(config.calls.words_days)),
    ];
    // Footage of a camera that left the configuration has its time as well.
    for row in index.cameras() {
        let [main, sub] = config.footage_days(&row.id);
        for (setting, days) in [("retention.main_days", main), ("retention.sub_days", sub)] {
            let (camera, value) = (Some(row.id.clone()), json!(days));
            policies.push(Policy { camera, setting, value });
        }
    }
    for camera in &config.cameras {
        let value = json!(config.softens(camera));
        policies.push(Policy { camera: Some(camera.id.clone()), setting: "soften_persons", value });
    }
    policies
}
