//! What of the cameras' views nobody sees, or nobody recognises, and who may.

use domain::Role;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use super::{Camera, Config, Mode};

/// Whom privacy masks do not bind, and whether persons are softened. The masks themselves are the
/// cameras' `masks`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Privacy {
    /// The roles that may see without privacy masks where they hold them, by asking for it (`masks=off`)
    /// once a second person has agreed; each look stands in the audit trail. Left out: nobody.
    #[serde(deserialize_with = "roles")]
    #[schemars(with = "Vec<String>")]
    pub(crate) unmasked_roles: Vec<Role>,
    /// Whether persons, and who rides a bicycle or motorcycle, are shown in coarse blocks wherever no
    /// purpose is stated: live, and in the stills of events. Of cameras that do not say otherwise. It
    /// follows the detector, which can miss somebody.
    pub(crate) soften_persons: bool,
}

impl Config {
    /// Returns whether the persons that `camera` sees are softened.
    pub(crate) fn softens(&self, camera: &Camera) -> bool {
        camera.soften_persons.unwrap_or(self.privacy.soften_persons)
    }
}

/// Returns what is wrong with how the persons that `camera` sees are softened, with its path.
pub(super) fn check(camera: &Camera, config: &Config) -> Option<(String, String)> {
    let why = match &camera.analysis {
        _ if !config.softens(camera) => return None,
        None => "needs [camera.analysis]: nobody finds persons on this camera",
        Some(analysis) if analysis.mode == Mode::Keyframes => {
            "needs mode = \"stream\" in [camera.analysis]: between keyframes persons go unseen"
        }
        Some(_) => return None,
    };
    let otherwise = "; or set soften_persons = false for it";
    Some(("soften_persons".to_owned(), format!("softening persons {why}{otherwise}")))
}

/// Reads roles, of which those that see nothing that cameras see are refused.
fn roles<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Role>, D::Error> {
    use serde::de::Error as _;
    let roles = Vec::<Role>::deserialize(deserializer)?;
    for role in &roles {
        if !role.may(domain::Permission::Play) {
            return Err(D::Error::custom(format!(
                "the role {role} plays no footage, masked or not: investigator does"
            )));
        }
    }
    Ok(roles)
}
