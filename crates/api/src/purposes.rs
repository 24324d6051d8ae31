//! What for somebody looks at recorded footage: stated before, good for a shift.

use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::Timestamp;
use evidence::chain;
use index::{PurposeDraft, StoredPurpose};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::Caller;
use crate::params::{Names, NoParams, Params, read_json};
use crate::problem::{ApiError, Problem};
use crate::state::ApiState;

/// How long a purpose is good: a shift.
const SHIFT: Duration = Duration::from_secs(8 * 3600);

/// What for somebody is about to look.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PurposeRequest {
    /// The number of the case.
    #[schema(example = "01/2026")]
    case: String,
    /// The reason, in words.
    reason: String,
    /// The law it rests on.
    legal_basis: Option<String>,
}

/// A stated purpose.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct PurposeBody {
    /// Names it.
    id: u64,
    /// The number of the case.
    case: String,
    /// The reason, in words.
    reason: String,
    /// The law it rests on.
    legal_basis: Option<String>,
    /// Whose it is.
    owner: String,
    /// When it was stated.
    #[schema(value_type = String, format = DateTime)]
    stated: Timestamp,
    /// From when on it is good for nothing.
    #[schema(value_type = String, format = DateTime)]
    expires: Timestamp,
}

impl From<StoredPurpose> for PurposeBody {
    fn from(StoredPurpose { id, purpose }: StoredPurpose) -> Self {
        Self {
            id,
            case: purpose.case,
            reason: purpose.reason,
            legal_basis: purpose.legal_basis,
            owner: purpose.owner.to_string(),
            stated: purpose.stated,
            expires: purpose.expires,
        }
    }
}

/// State a purpose
///
/// Good for eight hours, for whoever stated it alone; an entry of the audit trail.
#[utoipa::path(
    post,
    path = "/purposes",
    tag = "audit",
    operation_id = "state_purpose",
    request_body = PurposeRequest,
    responses(
        (status = 201, description = "The purpose", body = PurposeBody),
        (status = 400, description = "The body was refused", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Asked by a page from elsewhere", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn state_purpose(
    State(state): State<ApiState>,
    Params(NoParams): Params<NoParams>,
    caller: Caller,
    body: Body,
) -> Result<Response, ApiError> {
    let request: PurposeRequest = read_json(body).await?;
    let stated = state.parts().clock.now();
    let draft = PurposeDraft {
        owner: caller.name().clone(),
        case: request.case,
        reason: request.reason,
        legal_basis: request.legal_basis,
        stated,
        expires: stated.plus(SHIFT),
    };
    let purpose =
        state.query(move |index| index.custody().state_purpose(&draft, chain::link)).await?;
    Ok((StatusCode::CREATED, Json(PurposeBody::from(purpose))).into_response())
}

/// The purposes of an account.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct PurposesBody {
    /// Whether nobody searches, or looks at what was recorded, without one.
    is_required: bool,
    /// Those of the asking account that are still good; the first is in force.
    open: Vec<PurposeBody>,
}

/// One's purposes
///
/// Those that are still good. What is searched and looked at is noted under the first, unless the
/// request names another with the header `Watchpost-Purpose`.
#[utoipa::path(
    get,
    path = "/purposes",
    tag = "audit",
    operation_id = "purposes",
    responses((status = 200, description = "The purposes, the one in force first", body = PurposesBody))
)]
pub(crate) async fn purposes(
    State(state): State<ApiState>,
    Params(NoParams): Params<NoParams>,
    caller: Caller,
) -> Result<Json<PurposesBody>, ApiError> {
    let (owner, now) = (caller.name().clone(), state.parts().clock.now());
    let found = state.query(move |index| index.custody().purposes_of(&owner, now)).await?;
    let open = found.into_iter().map(PurposeBody::from).collect();
    Ok(Json(PurposesBody { is_required: state.is_purpose_required(), open }))
}

/// Take a purpose up again
///
/// It is in force from then on, for as long as it is good; an entry of the audit trail.
#[utoipa::path(
    post,
    path = "/purposes/{purpose}/take-up",
    tag = "audit",
    operation_id = "take_up_purpose",
    params(("purpose" = u64, Path, description = "The purpose's number")),
    responses(
        (status = 200, description = "The purpose", body = PurposeBody),
        (status = 403, description = "It is not the asking account's, or no longer good", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn take_up(
    State(state): State<ApiState>,
    Params(NoParams): Params<NoParams>,
    caller: Caller,
    names: Names,
) -> Result<Json<PurposeBody>, ApiError> {
    let id: u64 = names.parse("purpose")?;
    let (owner, now) = (caller.name().clone(), state.parts().clock.now());
    let taken = state
        .query(move |index| index.custody().take_up_purpose(id, &owner, now, chain::link))
        .await?;
    taken.map(|purpose| Json(purpose.into())).ok_or(ApiError::NoPurpose)
}

/// The purpose in force
///
/// The one that the asking account stated or took up last, if it is still good; otherwise null.
#[utoipa::path(
    get,
    path = "/purposes/current",
    tag = "audit",
    operation_id = "current_purpose",
    responses((status = 200, description = "The purpose", body = Option<PurposeBody>))
)]
pub(crate) async fn current(
    State(state): State<ApiState>,
    Params(NoParams): Params<NoParams>,
    caller: Caller,
) -> Result<Json<Option<PurposeBody>>, ApiError> {
    let (owner, now) = (caller.name().clone(), state.parts().clock.now());
    let found = state.query(move |index| index.custody().purpose_of(&owner, now)).await?;
    Ok(Json(found.map(PurposeBody::from)))
}
