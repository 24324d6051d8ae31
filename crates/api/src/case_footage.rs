//! The footage that was marked in a case, as one playlist.

use archive::playlist::Spans;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use domain::{CameraId, Scope, StreamRole, TimeRange};
use index::Marked;

use crate::access::Caller;
use crate::cases::{Asking, told};
use crate::footage::{FormParams, listed, read_role};
use crate::params::{Names, Parameters, Params, Query};
use crate::problem::{ApiError, Problem};
use crate::recordings::segments;
use crate::state::ApiState;
use crate::unmaskings::may_see_recorded;

#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CaseFootageParams {
    /// `main` or `sub`, of each camera that has it; its main or only one if left out.
    #[param(value_type = Option<String>)]
    stream: Option<StreamRole>,
    /// Footage of this camera only.
    #[param(value_type = Option<String>)]
    camera: Option<CameraId>,
}

impl Parameters for CaseFootageParams {
    fn read(query: &mut Query) -> Option<Self> {
        Some(Self { stream: read_role(query), camera: query.parse("camera") })
    }
}

/// Which footage, and how it is wanted.
pub(crate) struct CasePlaylistParams(CaseFootageParams, FormParams);

impl Parameters for CasePlaylistParams {
    fn read(query: &mut Query) -> Option<Self> {
        let form = FormParams::read(query);
        Some(Self(CaseFootageParams::read(query)?, form?))
    }
}

/// The playlist of a case's footage
///
/// HLS (RFC 8216) over the spans that were marked in the case, in the order in which they were taken, of
/// the cameras that one may play: each with its wall-clock time. Files that privacy masks lie over are
/// listed as viewing copies; with `rendition=h264` all are, so that a player need not change its decoder
/// between cameras.
#[utoipa::path(
    get,
    path = "/cases/{case}/footage.m3u8",
    tag = "cases",
    operation_id = "case_playlist",
    params(
        ("case" = i64, Path, description = "The case's id"),
        CaseFootageParams,
        FormParams,
    ),
    responses(
        (status = 200, description = "The playlist", content_type = "application/vnd.apple.mpegurl", body = String),
        (status = 400, description = "A parameter was refused", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Masks are lifted only for who holds `unmask`, once a second person has agreed", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such case, or no footage of it that is still recorded", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn case_playlist(
    State(state): State<ApiState>,
    caller: Caller,
    names: Names,
    Params(CasePlaylistParams(wanted, form)): Params<CasePlaylistParams>,
) -> Result<Response, ApiError> {
    let id: i64 = names.parse("case")?;
    let scope = caller.scope().clone();
    let (asking, asked_by) = (caller.clone(), Asking::from(&caller));
    let text = state
        .ask(move |state| {
            let found = told(&state.parts().index, &asked_by, id)?;
            let (_, marks) = found.ok_or(ApiError::NoSuchCase(id))?;
            let marked = marks.into_iter().map(|mark| mark.marked);
            let spans = spans(state, &scope, marked, &wanted);
            check_length(state, &spans)?;
            let mut listing = Spans::default();
            for (camera, range) in spans {
                let stream = state.stream(&scope, &camera, wanted.stream)?;
                may_see_recorded(state, &asking, &stream, range, form.masks)?;
                let found = segments(state, &stream, range)?;
                listing.add(&found, range, &|segment| listed(state, segment, &form));
            }
            if listing.is_empty() {
                return Err(ApiError::NoFootage(id));
            }
            Ok(listing.playlist())
        })
        .await?;
    let kind = HeaderValue::from_static("application/vnd.apple.mpegurl");
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}

/// Returns the footage that was marked and may be spoken of, by its beginning.
fn spans(
    state: &ApiState,
    scope: &Scope,
    marked: impl Iterator<Item = Marked>,
    wanted: &CaseFootageParams,
) -> Vec<(CameraId, TimeRange)> {
    let is_wanted = |camera: &CameraId| wanted.camera.as_ref().is_none_or(|only| only == camera);
    let footage = marked.filter_map(|marked| match marked {
        Marked::Footage(camera, range) => Some((camera, range)),
        Marked::Alert(_) | Marked::Note => None,
    });
    let mut spans: Vec<_> = footage
        .filter(|(camera, _)| {
            is_wanted(camera) && state.stream(scope, camera, wanted.stream).is_ok()
        })
        .collect();
    spans.sort_by_key(|(_, range)| range.start);
    spans
}

fn check_length(state: &ApiState, spans: &[(CameraId, TimeRange)]) -> Result<(), ApiError> {
    let longest = state.limits().clip_span;
    let in_all = spans
        .iter()
        .try_fold(std::time::Duration::ZERO, |sum, (_, range)| sum.checked_add(range.duration()));
    if in_all.is_none_or(|in_all| in_all > longest) {
        let hours = longest.as_secs_f64() / 3600.0;
        let reason =
            format!("more than {hours} hours are marked: ask by camera, or for single spans");
        return Err(ApiError::refuse("camera", reason));
    }
    Ok(())
}
