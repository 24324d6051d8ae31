//! Looks under privacy masks: asked for by who holds `unmask`, agreed to by a second person, for named
//! cameras and a while.

use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::{AccountName, CameraId, Permission, StreamId, TimeRange, Timestamp};
use evidence::chain;
use index::{HoldAct, StoredUnmasking, UnmaskingDraft, UnmaskingStage};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::Caller;
use crate::exports::{DecisionRequest, read_decision};
use crate::holds::HoldActBody;
use crate::live_view::is_covered;
use crate::params::{Names, NoParams, Params, read_json};
use crate::problem::{ApiError, Problem};
use crate::recordings::segments;
use crate::state::ApiState;
use crate::views::{Masking, may_lift};

/// No look lasts longer, in minutes: a shift.
const LONGEST_MINUTES: u32 = 480;
/// Cameras that may be asked for at once.
const MOST_CAMERAS: usize = 64;
/// How many are told at most.
const MOST_TOLD: usize = 200;

/// What somebody asks to see.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UnmaskingRequest {
    /// The purpose it is asked for; it must be the asking account's and still good.
    purpose: u64,
    /// The cameras, over each of which the asking account holds `unmask`; 64 at most.
    #[schema(value_type = Vec<String>, min_items = 1)]
    cameras: Vec<CameraId>,
    /// For how long once a second person has agreed, 1 to 480 minutes, and no longer than the purpose
    /// is good.
    #[schema(minimum = 1, maximum = 480, example = 30)]
    minutes: u32,
}

/// What somebody asked to see under the privacy masks of.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct UnmaskingBody {
    /// Names it.
    id: u64,
    /// Who asked, and may then look.
    by: String,
    /// When they asked.
    #[schema(value_type = String, format = DateTime)]
    asked: Timestamp,
    /// The number of the case.
    case: String,
    /// The reason that was stated, in words.
    reason: String,
    /// The law it rests on.
    legal_basis: Option<String>,
    /// The cameras.
    cameras: Vec<String>,
    /// For how long.
    minutes: u64,
    /// `asked` (a second person must agree), `refused`, `agreed` or `over`.
    #[schema(example = "asked")]
    state: &'static str,
    /// The second person, once they have spoken.
    second: Option<HoldActBody>,
    /// Until when it is good, once agreed to.
    #[schema(value_type = Option<String>, format = DateTime)]
    ends: Option<Timestamp>,
    /// Why the second person refused it.
    refused: Option<String>,
}

impl UnmaskingBody {
    fn new(stored: StoredUnmasking, now: Timestamp) -> Self {
        let StoredUnmasking { id, unmasking, second, stage } = stored;
        let purpose = unmasking.purpose.purpose;
        let (state, ends, refused) = match stage {
            UnmaskingStage::Asked => ("asked", None, None),
            UnmaskingStage::Agreed(ends) if ends <= now => ("over", Some(ends), None),
            UnmaskingStage::Agreed(ends) => ("agreed", Some(ends), None),
            UnmaskingStage::Refused(why) => ("refused", None, Some(why)),
        };
        Self {
            id,
            by: unmasking.owner.to_string(),
            asked: unmasking.asked,
            case: purpose.case,
            reason: purpose.reason,
            legal_basis: purpose.legal_basis,
            cameras: unmasking.cameras.iter().map(ToString::to_string).collect(),
            minutes: unmasking.lasts.as_secs() / 60,
            state,
            second: second.map(HoldActBody::from),
            ends,
            refused,
        }
    }
}

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct UnmaskingsBody {
    /// The newest first, 200 at most.
    unmaskings: Vec<UnmaskingBody>,
}

/// Ask to look under privacy masks
///
/// What masks hide, or softening, is shown with `masks=off` once a second person has agreed, to who
/// asked, of the cameras named, for the time asked. An entry of the audit trail.
#[utoipa::path(
    post,
    path = "/unmaskings",
    tag = "audit",
    operation_id = "ask_to_unmask",
    request_body = UnmaskingRequest,
    responses(
        (status = 201, description = "It waits for a second person", body = UnmaskingBody),
        (status = 400, description = "The body was refused", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The purpose is not the asking account's, or no longer good", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such camera", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn ask(
    State(state): State<ApiState>,
    Params(NoParams): Params<NoParams>,
    caller: Caller,
    body: Body,
) -> Result<Response, ApiError> {
    let UnmaskingRequest { purpose, cameras, minutes } = read_json(body).await?;
    if !(1..=MOST_CAMERAS).contains(&cameras.len()) {
        return Err(ApiError::refuse("cameras", format!("are 1 to {MOST_CAMERAS}")));
    }
    if !(1..=LONGEST_MINUTES).contains(&minutes) {
        return Err(ApiError::refuse("minutes", format!("are 1 to {LONGEST_MINUTES}")));
    }
    for camera in &cameras {
        state.camera(caller.scope(), camera)?;
    }
    let (owner, now) = (caller.name().clone(), state.parts().clock.now());
    let asked = state
        .ask(move |state| {
            let mut custody = state.parts().index.custody();
            let purpose = custody.purpose(purpose)?.filter(|purpose| purpose.allows(&owner, now));
            let purpose = purpose.ok_or(ApiError::NoPurpose)?;
            let lasts = Duration::from_secs(u64::from(minutes) * 60);
            let draft = UnmaskingDraft { owner, purpose, cameras, lasts, asked: now };
            Ok(custody.ask_to_unmask(&draft, chain::link)?)
        })
        .await?;
    Ok((StatusCode::CREATED, Json(UnmaskingBody::new(asked, now))).into_response())
}

/// Who asked to look under privacy masks, newest first
///
/// Those of the asking account; to who may be the second person those, too, that lie within their place.
#[utoipa::path(
    get,
    path = "/unmaskings",
    tag = "audit",
    operation_id = "unmaskings",
    responses((status = 200, description = "What was asked for", body = UnmaskingsBody))
)]
pub(crate) async fn unmaskings(
    State(state): State<ApiState>,
    Params(NoParams): Params<NoParams>,
    caller: Caller,
) -> Result<Json<UnmaskingsBody>, ApiError> {
    let now = state.parts().clock.now();
    let is_asked_for = move |stored: &StoredUnmasking| is_seen(&caller, stored);
    let found = state.query(|index| index.custody().unmaskings(MOST_TOLD, is_asked_for)).await?;
    let unmaskings = found.into_iter().map(|stored| UnmaskingBody::new(stored, now)).collect();
    Ok(Json(UnmaskingsBody { unmaskings }))
}

/// Agree that somebody looks under privacy masks, or refuse it
///
/// By another person than the one who asked. The time begins to run with it.
#[utoipa::path(
    post,
    path = "/unmaskings/{unmasking}/decision",
    tag = "audit",
    operation_id = "decide_unmasking",
    params(("unmasking" = u64, Path, description = "Its number")),
    request_body = DecisionRequest,
    responses(
        (status = 200, description = "What was asked for, decided", body = UnmaskingBody),
        (status = 400, description = "The body was refused", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "Nothing such waits for the asking account", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It waits for nobody, or the same person asked for it", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn decide(
    State(state): State<ApiState>,
    Params(NoParams): Params<NoParams>,
    caller: Caller,
    names: Names,
    body: Body,
) -> Result<Json<UnmaskingBody>, ApiError> {
    let id: u64 = names.parse("unmasking")?;
    let verdict = read_decision(body).await?;
    let now = state.parts().clock.now();
    let act = HoldAct { by: caller.name().clone(), at: now };
    let decided = state
        .ask(move |state| {
            let mut custody = state.parts().index.custody();
            let known = custody.unmasking(id)?.filter(|stored| is_seen(&caller, stored));
            known.ok_or(ApiError::NoSuchUnmasking(id))?;
            Ok(custody.decide_unmasking(id, &act, verdict, chain::link)?)
        })
        .await?;
    Ok(Json(UnmaskingBody::new(decided, now)))
}

/// Returns whether `caller` asked for it, or may be the second person to it.
fn is_seen(caller: &Caller, stored: &StoredUnmasking) -> bool {
    let asked = &stored.unmasking;
    let scope = caller.scope_for(&[Permission::Approve]);
    asked.owner == *caller.name() || asked.cameras.iter().all(|camera| scope.contains(camera))
}

/// Refuses `masks=off` of what `stream` recorded in `range` for who may not see under masks, or to whom
/// no second person has agreed. Where no mask lies over the recorded files nothing is lifted, and nobody
/// need agree. Blocks for a moment.
pub(crate) fn may_see_recorded(
    state: &ApiState,
    caller: &Caller,
    stream: &StreamId,
    range: TimeRange,
    masking: Masking,
) -> Result<(), ApiError> {
    let camera = &stream.camera;
    may_lift(caller, camera, masking)?;
    let is_masked = |range| state.parts().views.is_masked(camera, range);
    if masking == Masking::On || !is_masked(TimeRange::ALL) {
        return Ok(());
    }
    // Of whole files: a clip begins with its whole GOP, which may reach under a mask.
    let files = segments(state, stream, range)?;
    if !files.iter().any(|file| is_masked(file.range)) {
        return Ok(());
    }
    agreed(state, caller.name(), camera)
}

/// Does the same of what `camera` shows now, where persons may be softened, too. Blocks for a moment.
pub(crate) fn may_see_live(
    state: &ApiState,
    caller: &Caller,
    camera: &CameraId,
    masking: Masking,
) -> Result<(), ApiError> {
    may_lift(caller, camera, masking)?;
    if masking == Masking::On || !is_covered(state, camera) {
        return Ok(());
    }
    agreed(state, caller.name(), camera)
}

fn agreed(state: &ApiState, who: &AccountName, camera: &CameraId) -> Result<(), ApiError> {
    let now = state.parts().clock.now();
    if state.parts().index.custody().is_unmasked(who, camera, now)? {
        return Ok(());
    }
    Err(ApiError::SecondPersonNeeded(camera.clone()))
}
