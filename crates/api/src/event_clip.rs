//! The footage of one event, for who must decide on it: a little before and a little after, noted as
//! its pictures are. All else that was recorded is played under a purpose.

use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use domain::{EventDraft, StreamId, TimeRange};

use crate::access::{Caller, note_look};
use crate::events;
use crate::footage::{self, Form, FormParams};
use crate::live_view::softens;
use crate::params::{Names, Parameters, Params, Query};
use crate::problem::{ApiError, Problem};
use crate::state::ApiState;
use crate::views::Masking;

/// How much is shown before the event, and after it.
const AROUND: Duration = Duration::from_secs(10);
/// Of a condition that lasts, so much from its beginning on.
const LONGEST: Duration = Duration::from_secs(40);

/// How the footage of an event is wanted.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventClipParams {
    /// `original` (if left out): the camera's own pictures, where no privacy mask lies over them;
    /// `h264`: a viewing copy, for browsers that cannot decode the original.
    #[param(value_type = Option<String>)]
    rendition: Form,
    /// Greatest width of a viewing copy, in pixels; 1280 if left out.
    #[param(value_type = Option<u32>, minimum = 64, maximum = 1920)]
    width: u32,
}

impl Parameters for EventClipParams {
    fn read(query: &mut Query) -> Option<Self> {
        let rendition = footage::read_form(query);
        Some(Self { rendition, width: footage::read_width(query) })
    }
}

/// The footage of an event
///
/// From ten seconds before it to ten after, of one that lasts its first forty, as one MP4 of whole
/// GOPs; a viewing copy as a clip is, and always with its masks. For who follows events and decides on
/// them, who needs no `play` and no purpose for it; of cameras whose persons are softened it is refused.
/// Who looks stands in the audit trail, once a shift.
#[utoipa::path(
    get,
    path = "/events/{event}/footage.mp4",
    tag = "events",
    operation_id = "event_clip",
    params(
        ("event" = String, Path, description = "The event's id, a UUID"),
        EventClipParams,
        ("Range" = Option<String>, Header, description = "One span of bytes, as in RFC 9110"),
        ("If-Range" = Option<String>, Header, description = "The ETag that `Range` refers to"),
    ),
    responses(
        (status = 200, description = "The clip", content_type = "video/mp4", body = Vec<u8>),
        (status = 206, description = "A part of the clip", content_type = "video/mp4", body = Vec<u8>),
        (status = 304, description = "The clip is the one of `If-None-Match`"),
        (status = 400, description = "A parameter was refused", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The persons that its camera sees are softened", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such event; or not recorded: the gaps say why", body = Problem, content_type = "application/problem+json"),
        (status = 416, description = "`Range` lies beyond the end", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Too many clips or copies at once", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn event_clip(
    State(state): State<ApiState>,
    caller: Caller,
    names: Names,
    Params(params): Params<EventClipParams>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let event = events::stored(&state, &caller, &names).await?.event;
    let (id, draft) = (event.id, event.draft);
    // Where persons were is not kept with what was recorded, so a copy cannot soften them.
    if softens(&state, &draft.camera) {
        return Err(ApiError::Masked(draft.camera));
    }
    let object = format!("/api/v1/events/{id}/footage.mp4");
    let query = format!("camera={}&time={}", draft.camera, draft.time);
    note_look(&state, &caller, state.event_looks(), (&object, &object, &query)).await?;
    let (range, stream) = (span(&draft), stream(&state, &caller, &draft));
    let EventClipParams { rendition, width } = params;
    let form = FormParams { rendition, width, masks: Masking::On };
    footage::answer(&state, caller, (stream, range), &form, &headers).await
}

fn span(draft: &EventDraft) -> TimeRange {
    let lasts = Duration::from_millis(draft.duration_ms.into()).min(LONGEST);
    TimeRange { start: draft.time.minus(AROUND), end: draft.time.plus(lasts + AROUND) }
}

/// Returns the stream that it is seen in; the camera may have left the configuration since, its footage
/// has not.
fn stream(state: &ApiState, caller: &Caller, draft: &EventDraft) -> StreamId {
    state
        .stream(caller.scope(), &draft.camera, None)
        .unwrap_or_else(|_| StreamId::main(draft.camera.clone()))
}
