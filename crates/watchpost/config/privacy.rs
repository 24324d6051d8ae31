//! What of the cameras' views nobody sees, and who may.

use domain::Role;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

/// Whom privacy masks do not bind. The masks themselves are the cameras' `masks`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Privacy {
    /// The roles that may play footage without its privacy masks where they hold them, by asking for it
    /// (`masks=off`); each look stands in the audit trail. Left out: nobody.
    #[serde(deserialize_with = "roles")]
    #[schemars(with = "Vec<String>")]
    pub(crate) unmasked_roles: Vec<Role>,
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
