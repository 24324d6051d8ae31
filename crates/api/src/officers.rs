//! Who alerts can be given to, and the shift handed over to: the people who may handle alerts.

use axum::Json;
use axum::extract::State;
use domain::{AccountName, CameraId, Permission, Scope};
use index::{Account, AccountKind, IndexError};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Caller;
use crate::params::{NoParams, Params};
use crate::problem::{ApiError, Problem};
use crate::state::ApiState;

/// The people who may handle alerts where the caller may.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct OfficersBody {
    /// By name; the caller among them.
    officers: Vec<OfficerBody>,
}

/// Somebody who may handle alerts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct OfficerBody {
    /// The account's name.
    #[schema(example = "truc-ban-02")]
    name: String,
    /// How people call it.
    display_name: String,
    /// Whether they may do so over the whole site, and so take the shift over.
    whole_site: bool,
}

/// Who may handle alerts where the caller may
#[utoipa::path(
    get,
    path = "/officers",
    tag = "shifts",
    operation_id = "officers",
    responses(
        (status = 200, description = "The people", body = OfficersBody),
        (status = 503, description = "Too many searches at once", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn officers(
    State(state): State<ApiState>,
    Params(NoParams): Params<NoParams>,
    caller: Caller,
) -> Result<Json<OfficersBody>, ApiError> {
    let officers = state
        .ask(move |state| {
            let people = state.parts().index.accounts().list()?.into_iter();
            let people = people.filter(|one| one.kind == AccountKind::Person && !one.disabled);
            let officer = |account: Account| {
                let handles = state.handles(&account);
                (share_cameras(caller.scope(), &handles)).then(|| OfficerBody {
                    name: account.name.to_string(),
                    display_name: account.display_name,
                    whole_site: handles.is_site(),
                })
            };
            Ok(people.filter_map(officer).collect())
        })
        .await?;
    Ok(Json(OfficersBody { officers }))
}

/// Returns whether there is a camera that both are about.
pub(crate) fn share_cameras(one: &Scope, other: &Scope) -> bool {
    match (one, other) {
        (Scope::Site, Scope::Site) => true,
        (Scope::Site, Scope::Cameras(cameras)) | (Scope::Cameras(cameras), Scope::Site) => {
            !cameras.is_empty()
        }
        (Scope::Cameras(cameras), Scope::Cameras(others)) => !cameras.is_disjoint(others),
    }
}

/// Whose alerts somebody may be given.
pub(crate) struct Assignee {
    name: AccountName,
    handles: Scope,
}

impl Assignee {
    /// Looks up who an alert is to be given to, or the shift handed over to.
    pub(crate) fn find(state: &ApiState, name: &AccountName) -> Result<Self, IndexError> {
        let account = state.parts().index.accounts().get(name)?;
        let usable = account.filter(|account| !account.disabled);
        let handles = usable.map_or(Scope::NONE, |account| state.handles(&account));
        Ok(Self { name: name.clone(), handles })
    }

    /// Returns why they cannot be given an alert that `cameras` saw. Whether there is no such
    /// account, or it may not, is the administrator's business.
    pub(crate) fn refuses(&self, cameras: &[CameraId]) -> Option<String> {
        let may =
            self.handles.is_site() || cameras.iter().any(|camera| self.handles.contains(camera));
        (!may).then(|| format!("no account \"{}\" may handle this alert", self.name))
    }

    /// Returns why the shift cannot be handed over to them.
    pub(crate) fn refuses_the_shift(&self) -> Option<String> {
        let is_fit = self.handles.is_site();
        (!is_fit)
            .then(|| format!("no account \"{}\" may handle the whole site's alerts", self.name))
    }
}

impl ApiState {
    /// Returns the cameras whose alerts an account may handle.
    fn handles(&self, account: &Account) -> Scope {
        let cameras = self.site_cameras();
        let reach = cameras.reach_of(account.grants.clone(), account.only.clone());
        reach.scope(&[Permission::Handle]).unwrap_or(Scope::NONE)
    }
}
