//! Region search: what happened in a polygon drawn on one camera's past.
//!
//! A job of its own: first the stored tracks (`visit`), a matter of moments, then the keyframes of
//! the footage, decoded one after the other, for what no model follows (`job`). It tells how far it
//! is, can be cancelled and keeps what it has found. Its bounds: a day of one camera, so many jobs at
//! once, one thread each, no more than one of an account.

mod body;
mod job;
mod visit;

use std::fmt;
use std::ops::ControlFlow;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::{
    AuditAction, CameraId, Class, Point, Polygon, StreamId, StreamRole, TimeRange, Timestamp,
};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::access::{Caller, note};
use crate::frames::FrameError;
use crate::params::{Names, NoParams, Params, read_json};
use crate::problem::{ApiError, Problem};
use crate::state::ApiState;

use body::RegionSearchBody;
pub(crate) use job::RegionJobs;
use job::{Asked, Job};

/// Longest span that is searched.
const MOST: Duration = Duration::from_secs(24 * 3600);
/// A region of which so much is masked cannot be searched.
const MOST_MASKED: f32 = 0.98;

/// Looks through footage picture by picture; the program joins archive and decoder behind it.
pub trait KeyframeSource: Send + Sync + fmt::Debug {
    /// Decodes the keyframes of `stream` in `range`, in order of time, privacy masks painted over,
    /// and tells `take` of each how much of `region` differs from the moments before; until `take`
    /// breaks off. Blocks.
    ///
    /// # Errors
    /// The rows cannot be read, or there is no decoder. Damaged footage is told as unreadable.
    fn look(
        &self,
        stream: &StreamId,
        range: TimeRange,
        region: &Polygon,
        take: &mut dyn FnMut(KeyframeLook) -> ControlFlow<()>,
    ) -> Result<(), FrameError>;
}

/// What one keyframe showed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KeyframeLook {
    /// When it was taken.
    pub time: Timestamp,
    /// The part of the region that differs from the moments before, 0..=1; `None` where that is not
    /// known: the first picture, the first after a gap, a change of all the light.
    pub changed: Option<f32>,
    /// Whether it could be decoded.
    pub is_readable: bool,
}

/// How small a change is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Sensitivity {
    /// A fifth of the region.
    Low,
    /// A twelfth of the region.
    #[default]
    Middle,
    /// A thirtieth of the region.
    High,
}

impl Sensitivity {
    /// Returns the least part of the region that must differ.
    fn least_change(self) -> f32 {
        match self {
            Self::Low => 0.2,
            Self::Middle => 0.08,
            Self::High => 0.03,
        }
    }
}

/// What is to be searched.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RegionRequest {
    /// The camera.
    #[schema(value_type = String, example = "cau-giay-01")]
    camera: CameraId,
    /// The corners of the region in parts of the view from its upper left corner: 3 to 64, as
    /// `[[0.1, 0.2], [0.4, 0.2], [0.4, 0.6]]`.
    #[schema(value_type = Vec<[f32; 2]>, min_items = 3, max_items = 64)]
    pub(crate) region: Vec<Point>,
    /// The first moment.
    #[schema(value_type = String, format = DateTime)]
    start: Timestamp,
    /// The first moment after; at most a day later.
    #[schema(value_type = String, format = DateTime)]
    end: Timestamp,
    /// Only tracks of these classes; all if left out.
    #[serde(default)]
    #[schema(value_type = Vec<String>, required = false)]
    class: Vec<String>,
    /// Whether keyframes are looked at after the tracks; they are if left out.
    keyframes: Option<bool>,
    /// Which stream's keyframes: `sub` if there is one and this is left out, as they decode faster.
    #[schema(value_type = Option<String>, example = "sub")]
    stream: Option<StreamRole>,
    /// How small a change of keyframes is told: `low`, `middle` (if left out) or `high`.
    #[serde(default)]
    #[schema(required = false)]
    sensitivity: Sensitivity,
}

/// Search a region of a view
///
/// What happened in a polygon on one camera's past: first the stored tracks, then the keyframes. Runs
/// in the background; `Location` tells how it is going. An entry of the audit trail, under the
/// purpose in force. A region behind a privacy mask is refused.
#[utoipa::path(
    post,
    path = "/region-searches",
    tag = "tracks",
    operation_id = "search_region",
    request_body = RegionRequest,
    responses(
        (status = 202, description = "It is under way", body = RegionSearchBody),
        (status = 400, description = "The body was refused", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "A purpose is needed", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such camera", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "As many as may be are under way, or one of the asking account", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn begin(
    State(state): State<ApiState>,
    Params(NoParams): Params<NoParams>,
    caller: Caller,
    body: Body,
) -> Result<Response, ApiError> {
    let request: RegionRequest = read_json(body).await?;
    let asked = checked(&state, &caller, request)?;
    let TimeRange { start, end } = asked.range;
    let corners: Vec<_> =
        asked.region.corners().iter().map(|corner| format!("{},{}", corner.x, corner.y)).collect();
    let told = format!(
        "camera={}&start={start}&end={end}&region={}",
        asked.stream.camera,
        corners.join(";")
    );
    note(&state, &caller, AuditAction::Searched, "/api/v1/region-searches", &told).await?;
    let job = Job::begin(&state, caller.name().clone(), asked)?;
    let headers = [(header::LOCATION, format!("/api/v1/region-searches/{}", job.id()))];
    Ok((StatusCode::ACCEPTED, headers, Json(RegionSearchBody::of(&job))).into_response())
}

/// Finds every mistake before anything is looked at.
fn checked(state: &ApiState, caller: &Caller, request: RegionRequest) -> Result<Asked, ApiError> {
    let camera = state.camera(caller.scope(), &request.camera)?;
    let region = Polygon::new(request.region)
        .map_err(|error| ApiError::refuse("region", error.to_string()))?;
    let end = request.end.min(state.parts().clock.now());
    let range = TimeRange { start: request.start, end };
    if range.end <= range.start {
        return Err(ApiError::refuse(
            "end",
            "it does not lie after `start`, or `start` lies ahead",
        ));
    }
    if range.duration() > MOST {
        let hours = MOST.as_secs() / 3600;
        return Err(ApiError::refuse("end", format!("at most {hours} h are searched at once")));
    }
    let mut classes = Vec::new();
    for word in &request.class {
        let class = word.parse::<Class>();
        classes.push(class.map_err(|error| ApiError::refuse("class", error.to_string()))?);
    }
    let masked = visit::masked_share(&region, &camera.masks);
    if masked >= MOST_MASKED {
        let reason = "it lies behind a privacy mask, where nothing is analysed, searched or shown";
        return Err(ApiError::refuse("region", reason));
    }
    let fastest = camera.streams.iter().copied().max();
    let role = request.stream.or(fastest).unwrap_or(StreamRole::Main);
    let stream = state.stream(caller.scope(), &camera.id, Some(role))?;
    Ok(Asked {
        stream,
        region,
        range,
        classes,
        with_keyframes: request.keyframes.unwrap_or(true),
        least_change: request.sensitivity.least_change(),
        masked,
    })
}

/// How a region search is going
///
/// And what it has found so far.
#[utoipa::path(
    get,
    path = "/region-searches/{region}",
    tag = "tracks",
    operation_id = "region_search",
    params(("region" = String, Path, description = "The search's id")),
    responses(
        (status = 200, description = "How it is going", body = RegionSearchBody),
        (status = 404, description = "No such search of the asking account, or it was long ago", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn region(
    State(state): State<ApiState>,
    Params(NoParams): Params<NoParams>,
    caller: Caller,
    names: Names,
) -> Result<Json<RegionSearchBody>, ApiError> {
    let job = found(&state, &caller, &names)?;
    Ok(Json(RegionSearchBody::of(&job)))
}

/// Cancel a region search
///
/// What it has found stays to be read.
#[utoipa::path(
    delete,
    path = "/region-searches/{region}",
    tag = "tracks",
    operation_id = "cancel_region_search",
    params(("region" = String, Path, description = "The search's id")),
    responses(
        (status = 200, description = "It ends with the picture that is being looked at", body = RegionSearchBody),
        (status = 404, description = "No such search of the asking account, or it was long ago", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn cancel(
    State(state): State<ApiState>,
    Params(NoParams): Params<NoParams>,
    caller: Caller,
    names: Names,
) -> Result<Json<RegionSearchBody>, ApiError> {
    let job = found(&state, &caller, &names)?;
    job.cancel();
    Ok(Json(RegionSearchBody::of(&job)))
}

/// Returns a search of whoever asks, as long as the camera is theirs to search; any other does not
/// exist.
fn found(
    state: &ApiState,
    caller: &Caller,
    names: &Names,
) -> Result<std::sync::Arc<Job>, ApiError> {
    let id: Uuid = names.parse("region")?;
    let job = state
        .regions()
        .job(id)
        .filter(|job| *job.owner() == *caller.name() && caller.sees(&job.asked().stream.camera));
    job.ok_or(ApiError::NoSuchRegion(id))
}
