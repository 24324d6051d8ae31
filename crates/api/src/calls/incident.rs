//! An incident as an officer sees it: what was said, where, and what was gathered for it.

use axum::Json;
use axum::extract::{Request, State};
use domain::{Call, CameraId, EventId, Permission, Scope, Timestamp};
use index::{AlertQuery, CaseMark, Marked, StoredAlert};
use serde::Serialize;
use utoipa::ToSchema;

use super::gathering::Standing;
use crate::access::Caller;
use crate::alert_scope::{is_of, seen};
use crate::alerts::AlertBody;
use crate::edge::host_of;
use crate::event_body::LocationBody;
use crate::live_view::is_covered;
use crate::params::{Names, NoParams, Params};
use crate::problem::{ApiError, Problem};
use crate::state::ApiState;

/// Alerts nearby that are told of at most.
const SUGGESTIONS: usize = 20;

/// What was said of a call.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct CallBody {
    /// What was called: `113`, `114` or `115`.
    #[schema(example = "114")]
    service: &'static str,
    /// What it is about, in the sender's words.
    kind: String,
    /// What was said; null where nothing was, or where it is no longer kept. Numbers that say who
    /// somebody is were taken out.
    text: Option<String>,
    /// When the call came in.
    #[schema(value_type = String, format = DateTime)]
    time: Timestamp,
    /// Where it is, if known.
    location: Option<LocationBody>,
    /// Where it is, in words.
    address: Option<String>,
    /// The ward it is in.
    ward: Option<String>,
    /// `open`, or `closed` by the call-taking system.
    state: &'static str,
}

impl From<Call> for CallBody {
    fn from(call: Call) -> Self {
        Self {
            service: call.service.telephone(),
            kind: call.what,
            text: call.text,
            time: call.time,
            location: call.location.map(LocationBody::from),
            address: call.address,
            ward: call.ward,
            state: if call.is_over { "closed" } else { "open" },
        }
    }
}

/// What was said once.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct CallRevisionBody {
    /// When it was told.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The call as it was then.
    call: CallBody,
}

/// A camera near the place of a call.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct NearCameraBody {
    /// Which.
    camera: String,
    /// How far from the place, in metres; null where one of the two is not known.
    metres: Option<f64>,
    /// Whether it looks that way, by its heading; null where that is not known.
    looks_at: Option<bool>,
    /// Where other players get what it shows now; null for who may not watch it live, and where
    /// privacy masks lie over it or persons are softened, which its own pictures do not bear.
    live: Option<LiveAddressesBody>,
}

/// Where players get what a camera shows now: `docs/restream.md`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct LiveAddressesBody {
    /// HLS, of a stream that is recorded.
    #[schema(example = "/api/v1/cameras/gate/live.m3u8")]
    hls: String,
    /// RTSP, encrypted first; empty where `[restream]` is off, or not to be reached from where one asks.
    rtsp: Vec<String>,
}

/// Footage that was marked in the case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct FootageMarkBody {
    /// Whose.
    camera: String,
    /// First moment.
    #[schema(value_type = String, format = DateTime)]
    start: Timestamp,
    /// First moment after it; may be yet to come.
    #[schema(value_type = String, format = DateTime)]
    end: Timestamp,
    /// Whether some of it is yet to be recorded.
    is_growing: bool,
    /// HLS of it, as far as it is recorded; null for who may not play it.
    hls: Option<String>,
}

/// An incident.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct IncidentBody {
    /// The alert that it is.
    alert: String,
    /// Who told of the call: a source of the configuration.
    source: String,
    /// When it was told first.
    #[schema(value_type = String, format = DateTime)]
    received: Timestamp,
    /// When it was told otherwise last.
    #[schema(value_type = String, format = DateTime)]
    revised: Timestamp,
    /// The call as it is now.
    call: CallBody,
    /// What was said before, the first first; empty where it was told once.
    revisions: Vec<CallRevisionBody>,
    /// Its case, by the id.
    case: i64,
    /// The number of the case.
    case_number: String,
    /// The cameras nearby, the best placed first: of those that the caller may see.
    cameras: Vec<NearCameraBody>,
    /// The footage that was marked for it: of the same.
    footage: Vec<FootageMarkBody>,
    /// Other alerts of those cameras around the time of the call, the newest first, that are not in the
    /// case yet: to be put there, if they belong to it.
    suggestions: Vec<AlertBody>,
}

/// An incident: what was said, the cameras nearby and their footage, what else happened there
#[utoipa::path(
    get,
    path = "/incidents/{incident}",
    tag = "calls",
    operation_id = "incident",
    params(("incident" = String, Path, description = "The alert that it is, a UUID")),
    responses(
        (status = 200, description = "The incident", body = IncidentBody),
        (status = 404, description = "There is no such alert, or it is of no call", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Too many searches at once", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn incident(
    State(state): State<ApiState>,
    caller: Caller,
    Params(NoParams): Params<NoParams>,
    names: Names,
    request: Request,
) -> Result<Json<IncidentBody>, ApiError> {
    let id: EventId = names.parse("incident")?;
    let host = host_of(&request).unwrap_or("localhost").to_owned();
    Ok(Json(state.ask(move |state| read(state, &caller, &host, id)).await?))
}

fn read(
    state: &ApiState,
    caller: &Caller,
    host: &str,
    id: EventId,
) -> Result<IncidentBody, ApiError> {
    let scope = caller.scope();
    let index = &state.parts().index;
    let stored = index.alert(id)?.filter(|stored| is_of(scope, &stored.alert));
    let (Some(StoredAlert { alert, .. }), Some(call)) = (stored, index.call_of_alert(id)?) else {
        return Err(ApiError::NoSuchAlert(id));
    };
    let (case, marks) = index.case(call.case)?.ok_or(ApiError::NoSuchAlert(id))?;
    let now = state.parts().clock.now();
    let known = marks.iter().filter_map(|mark| match mark.marked {
        Marked::Alert(alert) => Some(alert),
        Marked::Footage(..) | Marked::Note => None,
    });
    let known: Vec<EventId> = known.collect();
    let footage = marks.into_iter().filter_map(|mark| footage_of(caller, mark, now)).collect();
    let own = alert.cameras.into_iter().filter(|camera| scope.contains(camera));
    let own: Vec<CameraId> = own.collect();
    let suggestions = suggestions(state, scope, &call.call, (&own, &known))?;
    let site = state.site_cameras();
    let near = |camera: &CameraId| {
        let known = site.shown.iter().find(|known| known.id == *camera);
        let standing = known.map(|known| Standing::of(known, call.call.location));
        NearCameraBody {
            camera: camera.to_string(),
            metres: standing.and_then(|standing| standing.metres),
            looks_at: standing.and_then(|standing| standing.looks_at),
            live: live_of(state, caller, host, camera),
        }
    };
    let mut revisions = index.call_revisions(id)?;
    revisions.pop();
    let revision = |(at, call): (Timestamp, Call)| CallRevisionBody { at, call: call.into() };
    Ok(IncidentBody {
        alert: id.to_string(),
        source: call.name.source.to_string(),
        received: call.received,
        revised: call.revised,
        revisions: revisions.into_iter().map(revision).collect(),
        case: case.id,
        case_number: case.number,
        cameras: own.iter().map(near).collect(),
        footage,
        suggestions,
        call: call.call.into(),
    })
}

/// Returns where players get what `camera` shows now, for who may watch it as it comes.
fn live_of(
    state: &ApiState,
    caller: &Caller,
    host: &str,
    camera: &CameraId,
) -> Option<LiveAddressesBody> {
    let scope = caller.scope_for(&[Permission::Live]);
    // One that left the configuration shows nothing.
    let role = state.stream(&scope, camera, None).ok()?.role;
    if is_covered(state, camera) {
        return None;
    }
    let hls = format!("/api/v1/cameras/{camera}/live.m3u8");
    Some(LiveAddressesBody { hls, rtsp: state.rtsp_addresses(host, camera, role) })
}

fn footage_of(caller: &Caller, mark: CaseMark, now: Timestamp) -> Option<FootageMarkBody> {
    let Marked::Footage(camera, range) = mark.marked else { return None };
    let is_own = caller.sees(&camera);
    let is_played = caller.scope_for(&[Permission::Play]).contains(&camera);
    let span = format!("start={}&end={}", range.start, range.end);
    is_own.then(|| FootageMarkBody {
        hls: is_played.then(|| format!("/api/v1/cameras/{camera}/footage.m3u8?{span}")),
        camera: camera.to_string(),
        start: range.start,
        end: range.end,
        is_growing: range.end > now,
    })
}

/// Returns what else these cameras found around the call, as far as `scope` saw it, but for what is
/// `known`: in the case already.
fn suggestions(
    state: &ApiState,
    scope: &Scope,
    call: &Call,
    (cameras, known): (&[CameraId], &[EventId]),
) -> Result<Vec<AlertBody>, ApiError> {
    if cameras.is_empty() {
        return Ok(Vec::new());
    }
    let index = &state.parts().index;
    let query = AlertQuery {
        cameras: Some(cameras.to_vec()),
        limit: SUGGESTIONS + known.len(),
        ..AlertQuery::new(state.gate().calls.around(call))
    };
    let mut found = Vec::new();
    for stored in index.alerts(&query)?.alerts {
        if !known.contains(&stored.alert.id) {
            found.extend(seen(index, scope, stored)?.map(AlertBody::from));
        }
    }
    found.truncate(SUGGESTIONS);
    Ok(found)
}
