//! One picture at a time, as JPEG.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use domain::{
    AuditAction, Bbox, CameraId, Crossing, Permission, Point, StreamId, StreamRole, Timestamp,
};

use crate::access::{Caller, note, note_look};
use crate::footage::read_role;
use crate::params::{Names, Parameters, Params, Query};
use crate::problem::{ApiError, Problem};
use crate::recordings::{is_closed, newest_picture};
use crate::state::ApiState;

/// Pictures narrower or wider than this are not made, in pixels.
const WIDTHS: (u32, u32) = (16, 7680);

/// Pictures so recent are what a camera shows now: older ones are footage, for who may play it.
const RECENT: Duration = Duration::from_secs(60);

/// The header that says which moment a picture shows.
const MOMENT: HeaderName = HeaderName::from_static("watchpost-time");

/// What of a picture is shown.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Rendition {
    /// The picture as it is.
    #[default]
    Plain,
    /// A copy that is drawn on.
    Drawn(Overlay),
    /// What lies in a box and a little around it, at the picture's own resolution.
    Crop(Bbox),
}

/// What is drawn on a copy of a picture; points are parts of the view.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Overlay {
    /// What the rule looks at: zones by their corners, lines by their ends.
    pub shapes: Vec<Vec<Point>>,
    /// Ways that have a direction, each from its start to its end.
    pub ways: Vec<Vec<Point>>,
    /// The line that was crossed, and how.
    pub crossed: Option<([Point; 2], Crossing)>,
    /// The way the object came.
    pub path: Vec<Point>,
    /// The object.
    pub bbox: Option<Bbox>,
}

/// Whether persons are shown as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PersonsShown {
    /// Softened where the site's policy says so: to whoever stated no purpose.
    ByPolicy,
    /// They are.
    All,
}

/// Makes a picture from footage; the program joins archive and decoder behind it.
pub trait FrameSource: Send + Sync + fmt::Debug {
    /// Returns the picture of `stream` that was on view at `at`, as JPEG, at most `max_width`
    /// pixels wide, privacy masks painted over: also one that is not on disk yet. Blocks.
    ///
    /// # Errors
    /// Says why there is none; [`FrameError::Busy`] also while analysis has yet to look at it.
    fn jpeg(
        &self,
        stream: &StreamId,
        at: Timestamp,
        max_width: Option<u32>,
        rendition: &Rendition,
        persons: PersonsShown,
    ) -> Result<Vec<u8>, FrameError>;

    /// Returns the moment at which a stream is shown as it is now, where its newest picture is of the
    /// time `picture`: a moment before, where persons are softened and that one was not analysed yet.
    fn newest(&self, stream: &StreamId, picture: Timestamp) -> Timestamp;
}

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// Nothing is recorded at that time, or not yet.
    #[error("nothing is recorded at that time")]
    NotRecorded,
    /// Nothing of the box to be shown lies on the view.
    #[error("nothing of the object is on the view")]
    OffView,
    /// Every decoder is at work.
    #[error("every decoder is at work")]
    Busy,
    /// Footage is there, but could not be read or decoded.
    #[error("cannot read or decode the footage")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
}

#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct FrameParams {
    /// When; the newest picture if left out.
    #[param(value_type = Option<String>, format = DateTime)]
    time: Option<Timestamp>,
    /// Greatest width, in pixels; the picture is never enlarged.
    #[param(minimum = 16, maximum = 7680)]
    width: Option<u32>,
    /// `main` or `sub`; the camera's main stream if left out.
    #[param(value_type = Option<String>)]
    stream: Option<StreamRole>,
}

impl Parameters for FrameParams {
    fn read(query: &mut Query) -> Option<Self> {
        Some(Self { time: query.time("time"), width: read_width(query), stream: read_role(query) })
    }
}

/// Takes the greatest width of a picture, if given.
pub(crate) fn read_width(query: &mut Query) -> Option<u32> {
    let (least, most) = WIDTHS;
    query.parse_with("width", |text| match text.parse::<u32>() {
        Ok(width) if (least..=most).contains(&width) => Ok(width),
        _ => Err(format!("\"{text}\" is not a width: {least} to {most} pixels")),
    })
}

/// One picture of a camera
///
/// The picture on view at `time`, decoded from the footage; the header `Watchpost-Time` says of which
/// moment it is. One older than a minute needs `play`, and each is a look in the audit trail; newer ones
/// are one look as long as one goes on asking within a minute. Of a camera whose persons are softened
/// (`persons_softened`) they are in one that is newer.
#[utoipa::path(
    get,
    path = "/cameras/{camera}/frame.jpg",
    tag = "footage",
    operation_id = "frame",
    params(("camera" = String, Path, description = "The camera's id"), FrameParams),
    responses(
        (status = 200, description = "The picture", content_type = "image/jpeg", body = Vec<u8>, headers(("Watchpost-Time" = String, description = "The moment that it shows"))),
        (status = 400, description = "A parameter was refused", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such camera, or not recorded; the gaps say why", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Not yet: `Retry-After` says when", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn frame(
    State(state): State<ApiState>,
    caller: Caller,
    names: Names,
    Params(params): Params<FrameParams>,
) -> Result<Response, ApiError> {
    let camera: CameraId = names.parse("camera")?;
    let stream = state.stream(caller.scope(), &camera, params.stream)?;
    let is_past = params.time.is_some_and(|time| time < state.parts().clock.now().minus(RECENT));
    if is_past && !caller.scope_for(&[Permission::Play]).contains(&camera) {
        return Err(ApiError::NotPermitted(&[Permission::Play]));
    }
    let object = format!("/api/v1/cameras/{camera}/frame.jpg");
    if is_past {
        let query = params.time.map(|time| format!("time={time}")).unwrap_or_default();
        note(&state, &caller, AuditAction::Viewed, &object, &query).await?;
    } else {
        let query = format!("stream={}", stream.role.as_str());
        note_look(&state, &caller, state.live_looks(), (&object, &object, &query)).await?;
    }
    let FrameParams { time, width, .. } = params;
    state
        .picture(move |state| {
            // What is older was noted with its purpose.
            let persons = if is_past { PersonsShown::All } else { PersonsShown::ByPolicy };
            let plain = |at| picture(state, &stream, at, width, (&Rendition::Plain, persons));
            match time {
                Some(time) => plain(time),
                None => {
                    let gathered = state.parts().archive.newest_picture(&stream);
                    let newest = gathered.map_or_else(|| newest_picture(state, &stream), Ok)?;
                    let newest = state.parts().frames.newest(&stream, newest);
                    // The same address shows another picture next time.
                    Ok(Picture { is_final: false, ..plain(newest)? })
                }
            }
        })
        .await
        .map(answer)
}

/// A picture to answer with.
pub(crate) struct Picture {
    jpeg: Vec<u8>,
    /// The moment that it shows.
    at: Timestamp,
    /// Whether the same question will always find this picture.
    is_final: bool,
}

/// Returns the picture of `stream` at `at`, or the problem with the causes of its absence.
pub(crate) fn picture(
    state: &ApiState,
    stream: &StreamId,
    at: Timestamp,
    width: Option<u32>,
    (rendition, persons): (&Rendition, PersonsShown),
) -> Result<Picture, ApiError> {
    // Asked first: of a file that closes in between, the picture is merely not kept.
    let is_final = is_closed(state, stream, at)?;
    match state.parts().frames.jpeg(stream, at, width, rendition, persons) {
        Ok(jpeg) => Ok(Picture { jpeg, at, is_final }),
        Err(FrameError::OffView) => Err(ApiError::NoObject),
        Err(FrameError::NotRecorded) => Err(crate::recordings::absence(state, stream, at)?),
        Err(FrameError::Busy) => Err(ApiError::Busy("pictures")),
        Err(error) => Err(ApiError::Frame(error)),
    }
}

/// Answers with a picture; the browser may keep one that is final.
pub(crate) fn answer(picture: Picture) -> Response {
    let keep = if picture.is_final { "private, max-age=600" } else { "no-store" };
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("image/jpeg"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    if let Ok(at) = HeaderValue::from_str(&picture.at.to_string()) {
        headers.insert(MOMENT, at);
    }
    (headers, picture.jpeg).into_response()
}
