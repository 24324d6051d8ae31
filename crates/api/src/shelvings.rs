//! Shelvings: all alerts of a rule at a camera, put aside for a while with a reason.

use ::alerts::Refusal;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::{AccountName, Actor, CameraId, HandlingState, RuleId, Scope, Signature, Timestamp};
use evidence::chain;
use index::{HoldAct, ShelvingDraft, StoredAlert, StoredShelving};
use serde::{Deserialize, Serialize};
use tracing::info;
use utoipa::ToSchema;

use crate::access::Caller;
use crate::params::{Names, NoParams, Params, read_json};
use crate::problem::{ApiError, Problem};
use crate::state::ApiState;

/// What is to be shelved.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShelvingRequest {
    /// The rule that raises the alerts; of what a partner system tells, its name.
    #[schema(value_type = String, example = "in-yard")]
    rule: RuleId,
    /// The camera that sees them first.
    #[schema(value_type = String)]
    camera: CameraId,
    /// When it ends by itself: 8 hours from now at most.
    #[schema(value_type = String, format = DateTime)]
    until: Timestamp,
    /// Why, 500 characters at most.
    reason: String,
}

/// A shelving.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct ShelvingBody {
    /// Names it.
    id: u64,
    /// The rule.
    #[schema(value_type = String)]
    rule: RuleId,
    /// The camera.
    #[schema(value_type = String)]
    camera: CameraId,
    /// When it ends by itself.
    #[schema(value_type = String, format = DateTime)]
    until: Timestamp,
    /// Why.
    reason: String,
    /// Who shelved.
    by: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Who ended it before its time; null while it is in force.
    ended_by: Option<String>,
    /// When.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended: Option<Timestamp>,
}

impl From<StoredShelving> for ShelvingBody {
    fn from(StoredShelving { id, shelving, ended }: StoredShelving) -> Self {
        Self {
            id,
            rule: shelving.rule,
            camera: shelving.camera,
            until: shelving.until,
            reason: shelving.reason,
            by: shelving.by.to_string(),
            at: shelving.at,
            ended_by: ended.as_ref().map(|act| act.by.to_string()),
            ended: ended.map(|act| act.at),
        }
    }
}

/// The rules that are shelved now
#[utoipa::path(
    get,
    path = "/shelvings",
    tag = "alerts",
    operation_id = "shelvings",
    responses((status = 200, description = "The shelvings, those that end first before the others", body = Vec<ShelvingBody>))
)]
pub(crate) async fn shelvings(
    State(state): State<ApiState>,
    caller: Caller,
    Params(NoParams): Params<NoParams>,
) -> Result<Json<Vec<ShelvingBody>>, ApiError> {
    let now = state.parts().clock.now();
    let shelvings = state.query(move |index| index.custody().shelvings(now)).await?;
    let seen = shelvings.into_iter().filter(|stored| is_seen(caller.scope(), stored));
    Ok(Json(seen.map(ShelvingBody::from).collect()))
}

fn is_seen(scope: &Scope, stored: &StoredShelving) -> bool {
    scope.contains(&stored.shelving.camera)
}

/// Shelve a rule at a camera
///
/// Its alerts are out of the queue until then, those that come as well as those that nobody else has
/// taken on. Each is recorded, counted and searched as ever, says who shelved it and until when, and
/// comes back by itself.
#[utoipa::path(
    post,
    path = "/shelvings",
    tag = "alerts",
    operation_id = "shelve_rule",
    request_body = ShelvingRequest,
    responses(
        (status = 201, description = "The shelving", body = ShelvingBody),
        (status = 400, description = "The body was refused", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such camera", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The rule is shelved there already", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn shelve(
    State(state): State<ApiState>,
    Params(NoParams): Params<NoParams>,
    caller: Caller,
    body: Body,
) -> Result<Response, ApiError> {
    let ShelvingRequest { rule, camera, until, reason } = read_json(body).await?;
    state.camera(caller.scope(), &camera)?;
    let (by, at) = (caller.name().clone(), state.parts().clock.now());
    match ::alerts::check_shelf(until, &reason, at) {
        Ok(()) => {}
        Err(Refusal::Invalid { name, reason }) => return Err(ApiError::refuse(name, reason)),
        Err(refusal) => return Err(ApiError::Refused(refusal)),
    }
    let draft = ShelvingDraft { rule, camera, until, reason, by, at };
    let begun = state
        .query(move |index| {
            let shelve = |stored: &StoredAlert| shelved_with(stored, &draft);
            index.begin_shelving(&draft, shelve, chain::link)
        })
        .await?;
    let ShelvingDraft { rule, camera, by, .. } = &begun.shelving;
    info!(%rule, %camera, account = %by, "rule shelved");
    Ok((StatusCode::CREATED, Json(ShelvingBody::from(begun))).into_response())
}

/// Returns what becomes of an alert that stands in the queue. What somebody else has taken on is theirs.
fn shelved_with(stored: &StoredAlert, draft: &ShelvingDraft) -> Option<domain::Handled> {
    let handling = &stored.handling;
    let is_theirs = |by: &AccountName| {
        handling.acknowledged.as_ref().is_some_and(|signed| signed.by == Actor::Account(by.clone()))
    };
    let is_free = handling.state == HandlingState::New || is_theirs(&draft.by);
    let signed = Signature { by: Actor::Account(draft.by.clone()), at: draft.at };
    let shelf = (draft.until, draft.reason.as_str());
    is_free.then(|| ::alerts::shelve(handling, stored.alert.severity, signed, shelf)).flatten()
}

/// End a shelving before its time
///
/// The alerts that it has taken out of the queue come back.
#[utoipa::path(
    post,
    path = "/shelvings/{shelving}/end",
    tag = "alerts",
    operation_id = "end_shelving",
    params(("shelving" = u64, Path, description = "The shelving's number")),
    responses(
        (status = 200, description = "The shelving, ended", body = ShelvingBody),
        (status = 404, description = "No such shelving in force", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It has just been ended", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn end(
    State(state): State<ApiState>,
    Params(NoParams): Params<NoParams>,
    caller: Caller,
    names: Names,
) -> Result<Json<ShelvingBody>, ApiError> {
    let id: u64 = names.parse("shelving")?;
    let act = HoldAct { by: caller.name().clone(), at: state.parts().clock.now() };
    let desk = state.desk();
    let ended = state
        .ask(move |state| {
            let index = &state.parts().index;
            let shelvings = index.custody().shelvings(act.at)?;
            let is_there =
                shelvings.iter().any(|stored| stored.id == id && is_seen(caller.scope(), stored));
            if !is_there {
                return Err(ApiError::NoSuchShelving(id));
            }
            let unshelve = |stored: &StoredAlert| {
                let signed = Signature { by: Actor::Account(act.by.clone()), at: act.at };
                let severity = stored.alert.severity;
                ::alerts::unshelve(&stored.handling, severity, signed, &desk.escalations)
            };
            Ok(index.end_shelving(id, &act, unshelve, chain::link)?)
        })
        .await?;
    let ShelvingDraft { rule, camera, .. } = &ended.shelving;
    info!(%rule, %camera, "shelving ended");
    Ok(Json(ShelvingBody::from(ended)))
}
