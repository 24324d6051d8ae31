//! Small pictures of recorded footage, by its keyframes: quick to make, and kept a while.

use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use domain::{CameraId, StreamId, StreamRole, TimeRange, Timestamp};

use crate::access::Caller;
use crate::footage::read_role;
use crate::frames::FrameError;
use crate::params::{Names, Parameters, Params, Query};
use crate::problem::{ApiError, Problem};
use crate::recordings::{absence, files, recorded_files};
use crate::state::ApiState;
use crate::views::Shown;

/// Widths of a thumbnail, in pixels.
const WIDTHS: (u32, u32) = (16, 640);
const WIDTH_OTHERWISE: u32 = 320;
/// A browser asks again after so long: masks may have come.
const KEEP: &str = "private, max-age=60";

#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ThumbnailParams {
    /// When, RFC 3339: the last keyframe at or before it is shown.
    #[param(value_type = String, format = DateTime)]
    time: Timestamp,
    /// Greatest width, in pixels; 320 if left out.
    #[param(value_type = Option<u32>, minimum = 16, maximum = 640)]
    width: u32,
    /// `main` or `sub`; the camera's main stream if left out.
    #[param(value_type = Option<String>)]
    stream: Option<StreamRole>,
}

impl Parameters for ThumbnailParams {
    fn read(query: &mut Query) -> Option<Self> {
        let width = query.number("width", WIDTHS, WIDTH_OTHERWISE);
        let stream = read_role(query);
        let time = query.time("time");
        if time.is_none() {
            query.refuse("time", "is needed: an RFC 3339 time");
        }
        Some(Self { time: time?, width, stream })
    }
}

/// A small picture
///
/// The keyframe of the footage on view at `time`, with its privacy masks. For results and lists; the
/// picture of the very moment is `frame.jpg`.
#[utoipa::path(
    get,
    path = "/cameras/{camera}/thumbnail.jpg",
    tag = "footage",
    operation_id = "thumbnail",
    params(
        ("camera" = String, Path, description = "The camera's id"),
        ThumbnailParams,
        ("If-None-Match" = Option<String>, Header, description = "The ETag of the picture at hand"),
    ),
    responses(
        (status = 200, description = "The picture", content_type = "image/jpeg", body = Vec<u8>),
        (status = 304, description = "The picture is the one of `If-None-Match`"),
        (status = 400, description = "A parameter was refused", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such camera, or not recorded; the gaps say why", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Not yet: `Retry-After` says when", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn thumbnail(
    State(state): State<ApiState>,
    caller: Caller,
    names: Names,
    Params(params): Params<ThumbnailParams>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let camera: CameraId = names.parse("camera")?;
    let stream = state.stream(caller.scope(), &camera, params.stream)?;
    let ThumbnailParams { time, width, .. } = params;
    let shown = state.ask(move |state| shown_at(state, &stream, time)).await?;
    let (segment, offset) = shown.place();
    let revision = state.parts().views.masks_revision(&camera);
    let etag = format!("\"thumbnail-{segment}-{offset}-{width}-{revision}\"");
    if is_known(&headers, &etag) {
        return Ok(answer(StatusCode::NOT_MODIFIED, &etag, Bytes::new()));
    }
    let work =
        move |state: &ApiState| state.parts().views.thumbnail(&shown, width).map_err(refused);
    let jpeg = state.picture(work).await?;
    Ok(answer(StatusCode::OK, &etag, jpeg))
}

/// Returns what `stream` shows at `at`, as far as that is on disk.
fn shown_at(state: &ApiState, stream: &StreamId, at: Timestamp) -> Result<Shown, ApiError> {
    let moment = TimeRange { start: at, end: at.plus(Duration::from_micros(1)) };
    match files(state, stream, moment) {
        Ok(found) => {
            let shown = found.into_iter().find_map(|(path, segment)| {
                let is_shown = segment.fragments.iter().any(|fragment| {
                    let lasts = Duration::from_micros(fragment.duration_us.into());
                    fragment.start <= at && at < fragment.start.plus(lasts)
                });
                is_shown.then_some(Shown { path, segment, at })
            });
            shown.map_or_else(|| Err(absence(state, stream, at)?), Ok)
        }
        Err(ApiError::NotRecorded { .. }) => Err(absence(state, stream, at)?),
        Err(other) => Err(other),
    }
}

/// Returns what `stream` shows at each of `moments`, those at which nothing is recorded left out.
pub(crate) fn shown_over(
    state: &ApiState,
    stream: &StreamId,
    range: TimeRange,
    moments: &[Timestamp],
) -> Result<Vec<Shown>, ApiError> {
    let files = recorded_files(state, stream, range)?;
    let shown = |at: &Timestamp| {
        let (path, segment) = files.iter().rev().find(|(_, segment)| {
            segment.range.contains(*at)
                && segment.fragments.iter().any(|fragment| {
                    let lasts = Duration::from_micros(fragment.duration_us.into());
                    fragment.start <= *at && *at < fragment.start.plus(lasts)
                })
        })?;
        Some(Shown { path: path.clone(), segment: segment.clone(), at: *at })
    };
    Ok(moments.iter().filter_map(shown).collect())
}

pub(crate) fn refused(error: FrameError) -> ApiError {
    match error {
        FrameError::Busy => ApiError::Busy("pictures"),
        other => ApiError::Frame(other),
    }
}

/// Returns whether a client has what `etag` names.
pub(crate) fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    known.is_some_and(|known| known.split(',').any(|one| one.trim() == etag))
}

/// Answers with a picture that a browser may keep for a short while.
pub(crate) fn answer(status: StatusCode, etag: &str, jpeg: Bytes) -> Response {
    let mut headers = HeaderMap::new();
    if let Ok(etag) = HeaderValue::from_str(etag) {
        headers.insert(header::ETAG, etag);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(KEEP));
    if status == StatusCode::OK {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("image/jpeg"));
    }
    (status, headers, jpeg).into_response()
}
