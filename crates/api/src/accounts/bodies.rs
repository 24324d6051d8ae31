//! Accounts as they are answered, and what is asked for.

use std::collections::BTreeSet;

use domain::{AccountName, CameraId, Grant, Permission, Place, Role, Timestamp};
use index::{Account, AccountKind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::session::GrantBody;
use crate::problem::ApiError;

/// Every account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct AccountsBody {
    /// By name.
    pub(super) accounts: Vec<AccountBody>,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct AccountBody {
    /// Its name, by which it signs in and acts.
    #[schema(example = "lan")]
    name: String,
    /// `person` or `service`.
    #[schema(example = "person")]
    kind: &'static str,
    /// How people call it.
    display_name: String,
    /// Whether it is shut out.
    closed: bool,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created: Timestamp,
    /// The roles with the places that they are held over.
    grants: Vec<GrantBody>,
    /// Of a service: nothing but these of the permissions that its roles give; null for all.
    #[schema(value_type = Option<Vec<String>>)]
    only: Option<Vec<&'static str>>,
    /// When the token of a service ends.
    #[schema(value_type = Option<String>, format = DateTime)]
    token_expires: Option<Timestamp>,
}

impl From<&Account> for AccountBody {
    fn from(account: &Account) -> Self {
        let words = |only: &Vec<Permission>| only.iter().map(|one| one.as_str()).collect();
        Self {
            name: account.name.to_string(),
            kind: match account.kind {
                AccountKind::Person => "person",
                AccountKind::Service => "service",
            },
            display_name: account.display_name.clone(),
            closed: account.disabled,
            created: account.created,
            grants: account.grants.iter().map(GrantBody::from).collect(),
            only: account.only.as_ref().map(words),
            token_expires: account.token_expires,
        }
    }
}

/// An account as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ChangedBody {
    /// The account.
    pub(super) account: AccountBody,
    /// Its new password, told this once; null where it was not changed.
    pub(super) password: Option<String>,
}

/// An account to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAccountBody {
    /// The name to sign in with: a-z, 0-9, `-`; never given twice.
    #[schema(value_type = String, example = "lan")]
    pub(super) name: AccountName,
    /// How people call it; the name if left out.
    pub(super) display_name: Option<String>,
    /// What it is granted, one at least.
    #[schema(min_items = 1)]
    pub(super) grants: Vec<GrantAsked>,
}

/// A role over a place: exactly one of `whole_site`, `node` and `cameras` says which.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GrantAsked {
    /// `duty`, `investigator`, `supervisor`, `administrator` or `overseer`.
    #[schema(value_type = String, example = "duty")]
    role: Role,
    /// Over the whole site, with cameras to come and of the past.
    #[serde(default)]
    whole_site: bool,
    /// Over a place as the cameras name it, its own name first, then those of places above it.
    #[serde(default)]
    node: Vec<String>,
    /// Over these cameras only.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    cameras: BTreeSet<CameraId>,
}

impl GrantAsked {
    pub(crate) fn into_grant(self) -> Result<Grant, ApiError> {
        let Self { role, whole_site, node, cameras } = self;
        let place = match (whole_site, node.is_empty(), cameras.is_empty()) {
            (true, true, true) => Place::Site,
            (false, false, true) => Place::node(&node.join("/"))
                .map_err(|error| ApiError::refuse("node", error.to_string()))?,
            (false, true, false) => Place::Cameras(cameras),
            _ => {
                let reason = "say where by one of whole_site, node and cameras";
                return Err(ApiError::refuse("whole_site", reason));
            }
        };
        Ok(Grant { role, place })
    }
}
