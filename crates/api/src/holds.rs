//! Legal holds: placed by one, lifted by two, or ended by the time that was given when they were placed.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::{Actor, CameraId, Scope, Signature, Timestamp};
use evidence::chain;
use index::{HoldAct, HoldDraft, Index, StoredAlert, StoredHold};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::Caller;
use crate::params::{Names, NoParams, Parameters, Params, Query, read_json};
use crate::problem::{ApiError, Problem};
use crate::state::ApiState;

/// What is to be held.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HoldRequest {
    /// The number of the case.
    #[schema(example = "01/2026")]
    case: String,
    /// The reason, in words.
    reason: String,
    /// The cameras; none for all, those to come among them.
    #[schema(value_type = Vec<String>)]
    cameras: Vec<CameraId>,
    /// The first moment.
    #[schema(value_type = String, format = DateTime)]
    start: Timestamp,
    /// The first moment after; left out: as long as the hold is in force.
    #[schema(value_type = Option<String>, format = DateTime)]
    end: Option<Timestamp>,
    /// When the hold ends by itself, which the audit trail then tells; left out: not before two
    /// people lift it, which they may do earlier in any case.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
}

/// Why a hold may be lifted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LiftRequest {
    /// The reason, in words.
    reason: String,
}

/// A hold.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct HoldBody {
    /// Names it.
    id: u64,
    /// The number of the case.
    case: String,
    /// The reason, in words.
    reason: String,
    /// The cameras; none for all.
    cameras: Vec<String>,
    /// The first moment.
    #[schema(value_type = String, format = DateTime)]
    start: Timestamp,
    /// The first moment after; null for as long as it is in force.
    #[schema(value_type = Option<String>, format = DateTime)]
    end: Option<Timestamp>,
    /// When it ends by itself; null for not before two people lift it.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// Who placed it, and when.
    placed: HoldActBody,
    /// Who asked that it be lifted.
    lift_asked: Option<HoldActBody>,
    /// Who agreed; from then on it holds nothing.
    lifted: Option<HoldActBody>,
    /// When it ended by itself, at `until` or a moment later; from then on it holds nothing.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended: Option<Timestamp>,
}

/// Who did something to a hold, and when.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct HoldActBody {
    /// Who.
    by: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

impl From<HoldAct> for HoldActBody {
    fn from(act: HoldAct) -> Self {
        Self { by: act.by.to_string(), at: act.at }
    }
}

impl From<StoredHold> for HoldBody {
    fn from(stored: StoredHold) -> Self {
        let hold = stored.hold;
        Self {
            id: stored.id,
            case: hold.case,
            reason: hold.reason,
            cameras: hold.cameras.iter().map(ToString::to_string).collect(),
            start: hold.start,
            end: hold.end,
            until: hold.until,
            placed: HoldActBody { by: hold.by.to_string(), at: hold.at },
            lift_asked: stored.lift_asked.map(HoldActBody::from),
            lifted: stored.lifted.map(HoldActBody::from),
            ended: stored.ended,
        }
    }
}

/// Which holds.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct HoldParams {
    /// Whether those that were lifted, or ended, are told as well; they are not if left out.
    #[param(value_type = Option<bool>)]
    lifted: bool,
}

impl Parameters for HoldParams {
    fn read(query: &mut Query) -> Option<Self> {
        Some(Self { lifted: query.parse("lifted").unwrap_or(false) })
    }
}

/// The holds in force
#[utoipa::path(
    get,
    path = "/holds",
    tag = "audit",
    operation_id = "holds",
    params(HoldParams),
    responses((status = 200, description = "The holds, newest first", body = Vec<HoldBody>))
)]
pub(crate) async fn holds(
    State(state): State<ApiState>,
    caller: Caller,
    Params(HoldParams { lifted }): Params<HoldParams>,
) -> Result<Json<Vec<HoldBody>>, ApiError> {
    let holds = state.query(move |index| index.custody().holds(lifted)).await?;
    let seen = holds.into_iter().filter(|stored| is_seen(caller.scope(), stored));
    Ok(Json(seen.map(HoldBody::from).collect()))
}

/// Returns whether all that a hold covers lies within `scope`.
fn is_seen(scope: &Scope, stored: &StoredHold) -> bool {
    let cameras = &stored.hold.cameras;
    scope.is_site() || !cameras.is_empty() && cameras.iter().all(|id| scope.contains(id))
}

/// Refuses a hold that covers what lies outside `scope` as one that is not there.
fn look_for(index: &Index, scope: &Scope, id: u64) -> Result<(), ApiError> {
    let holds = index.custody().holds(false)?;
    let found = holds.iter().any(|stored| stored.id == id && is_seen(scope, stored));
    found.then_some(()).ok_or(ApiError::NoSuchHold(id))
}

/// Place a hold
///
/// Nothing that it covers is deleted from then on, also of what is still to be recorded: until two
/// people lift it, or until `until`.
#[utoipa::path(
    post,
    path = "/holds",
    tag = "audit",
    operation_id = "place_hold",
    request_body = HoldRequest,
    responses(
        (status = 201, description = "The hold", body = HoldBody),
        (status = 400, description = "The body was refused", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such camera", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn place(
    State(state): State<ApiState>,
    Params(NoParams): Params<NoParams>,
    caller: Caller,
    body: Body,
) -> Result<Response, ApiError> {
    let request: HoldRequest = read_json(body).await?;
    if request.cameras.is_empty() && !caller.scope().is_site() {
        let reason = "name them: only who may hold the whole site's footage leaves them out";
        return Err(ApiError::refuse("cameras", reason));
    }
    for camera in &request.cameras {
        state.camera(caller.scope(), camera)?;
    }
    let draft = HoldDraft {
        case: request.case,
        reason: request.reason,
        cameras: request.cameras,
        start: request.start,
        end: request.end,
        until: request.until,
        by: caller.name().clone(),
        at: state.parts().clock.now(),
    };
    let placed = state.query(move |index| index.custody().place_hold(&draft, chain::link)).await?;
    Ok((StatusCode::CREATED, Json(HoldBody::from(placed))).into_response())
}

/// Ask to lift a hold
///
/// It stays in force until another person agrees.
#[utoipa::path(
    post,
    path = "/holds/{hold}/lift-request",
    tag = "audit",
    operation_id = "ask_to_lift_hold",
    params(("hold" = u64, Path, description = "The hold's number")),
    request_body = LiftRequest,
    responses(
        (status = 200, description = "The hold", body = HoldBody),
        (status = 404, description = "No such hold in force", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It cannot be lifted so", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn ask_to_lift(
    State(state): State<ApiState>,
    Params(NoParams): Params<NoParams>,
    caller: Caller,
    names: Names,
    body: Body,
) -> Result<Json<HoldBody>, ApiError> {
    let id: u64 = names.parse("hold")?;
    let LiftRequest { reason } = read_json(body).await?;
    let act = HoldAct { by: caller.name().clone(), at: state.parts().clock.now() };
    let asked = state
        .ask(move |state| {
            let index = &state.parts().index;
            look_for(index, caller.scope(), id)?;
            Ok(index.custody().ask_to_lift_hold(id, &act, &reason, chain::link)?)
        })
        .await?;
    Ok(Json(HoldBody::from(asked)))
}

/// Agree to lift a hold
///
/// By another person than the one who asked. Where it held the footage of an alert (`hold` of an alert's
/// actions), the alert is held no more, and its log says so (`release`).
#[utoipa::path(
    post,
    path = "/holds/{hold}/lift",
    tag = "audit",
    operation_id = "lift_hold",
    params(("hold" = u64, Path, description = "The hold's number")),
    responses(
        (status = 200, description = "The hold, lifted", body = HoldBody),
        (status = 404, description = "No such hold in force", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Nobody has asked, or the same person did", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn lift(
    State(state): State<ApiState>,
    Params(NoParams): Params<NoParams>,
    caller: Caller,
    names: Names,
) -> Result<Json<HoldBody>, ApiError> {
    let id: u64 = names.parse("hold")?;
    let act = HoldAct { by: caller.name().clone(), at: state.parts().clock.now() };
    let lifted = state
        .ask(move |state| {
            let index = &state.parts().index;
            look_for(index, caller.scope(), id)?;
            let signed = Signature { by: Actor::Account(act.by.clone()), at: act.at };
            let release = |stored: &StoredAlert| {
                ::alerts::release(&stored.handling, stored.alert.severity, signed)
            };
            Ok(index.lift_hold(id, &act, release, chain::link)?)
        })
        .await?;
    Ok(Json(HoldBody::from(lifted)))
}
