//! What lanes over time show of some cameras, in one answer: what could be seen, how much was, and
//! what was found.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::{CameraId, Class, Scope, TimeRange, Timestamp};
use index::{
    ActivityQuery, AlertQuery, AspectCoverage, CameraCoverage, CoverageGap, CoverageQuery,
    EventQuery, Order, StoredAlert, StoredEvent,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Caller;
use crate::alert_scope::seen;
use crate::coverage::growing;
use crate::params::{Parameters, Params, Query};
use crate::problem::{ApiError, Problem};
use crate::state::ApiState;

/// Cameras that one answer tells of.
const MOST_CAMERAS: usize = 64;
/// The longest span, in hours: tracks are counted one by one, a day of sixteen busy cameras in a tenth
/// of a second.
const MOST_HOURS: i64 = 48;
const HOUR_US: i64 = 3_600_000_000;
/// Gaps told of a camera and an aspect, the longest.
const GAPS: usize = 500;
/// Events told, the newest; and alerts as well.
const MOST_FOUND: usize = 1000;

/// Of which cameras, over which span, how finely.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct TimelineParams {
    /// First moment, RFC 3339.
    #[param(value_type = String, format = DateTime, example = "2026-03-01T21:00:00+07:00")]
    start: Timestamp,
    /// First moment after, RFC 3339; 48 hours after the first at most.
    #[param(value_type = String, format = DateTime, example = "2026-03-01T22:00:00+07:00")]
    end: Timestamp,
    /// Only these cameras: ids between commas, 64 at most. All that are configured and the caller may
    /// search if left out.
    #[param(value_type = Option<String>, example = "cau-giay-01,cau-giay-02")]
    cameras: Option<Vec<CameraId>>,
    /// Into how many parts of the same length the span is cut; 500 if left out.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 2000)]
    buckets: u32,
    /// Only objects and events of these classes: words between commas; of all if left out.
    #[param(value_type = Option<String>, example = "car,truck")]
    class: Vec<Class>,
}

impl Parameters for TimelineParams {
    fn read(query: &mut Query) -> Option<Self> {
        let range = query.range();
        let cameras = query.list("cameras", str::parse);
        let buckets = query.number("buckets", (1, 2000), 500);
        let class = query.list("class", str::parse).unwrap_or_default();
        if cameras.as_ref().is_some_and(|named: &Vec<CameraId>| named.len() > MOST_CAMERAS) {
            query.refuse("cameras", too_many());
        }
        let TimeRange { start, end } = range?;
        if end.micros_since(start) > MOST_HOURS * HOUR_US {
            query.refuse("end", format!("more than {MOST_HOURS} hours after start: ask in parts"));
        }
        Some(Self { start, end, cameras, buckets, class })
    }
}

fn too_many() -> String {
    format!("more than {MOST_CAMERAS}: name some of them")
}

/// What lanes show.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct TimelineBody {
    /// From when, as asked.
    #[schema(value_type = String, format = DateTime)]
    start: Timestamp,
    /// Until when, as asked.
    #[schema(value_type = String, format = DateTime)]
    end: Timestamp,
    /// Into how many parts `activity` cuts the span.
    buckets: u32,
    /// The cameras that the caller may search, in the order asked for.
    cameras: Vec<TimelineCameraBody>,
    /// Whether there are more events than are told: then these are the newest.
    events_left_out: bool,
    /// Whether there are more alerts than are told: then these are the newest.
    alerts_left_out: bool,
}

/// One lane.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct TimelineCameraBody {
    /// The camera's id.
    #[schema(example = "cau-giay-01")]
    camera: String,
    /// When it was not recorded, or its footage is gone.
    not_recorded: GapsBody,
    /// When its pictures were not looked at: nothing can have been found then.
    not_analysed: GapsBody,
    /// How many objects were in view in each part: base64 of one byte for each, 255 for as many or more.
    #[schema(example = "AAABAgIBAAA=")]
    activity: String,
    /// What rules found, in order of time.
    events: Vec<FoundBody>,
    /// What was put before the duty officer, in order of time.
    alerts: Vec<FoundBody>,
}

/// Spans in which something did not hold, or is not known to have.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct GapsBody {
    /// The longest, in order of time.
    gaps: Vec<TimelineGapBody>,
    /// How many shorter ones are not told.
    left_out: usize,
}

/// A span in which something did not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct TimelineGapBody {
    /// From when.
    #[schema(value_type = String, format = DateTime)]
    start: Timestamp,
    /// Until when, as far as it lies in the span.
    #[schema(value_type = String, format = DateTime)]
    end: Timestamp,
    /// Why, as in `/coverage`, or `unknown`.
    #[schema(example = "disconnected")]
    cause: &'static str,
}

/// An event or an alert on a lane.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct FoundBody {
    /// Its id.
    id: String,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    time: Timestamp,
    /// What kind it is.
    #[schema(example = "red_light")]
    kind: &'static str,
    /// How grave: 1 is the gravest, 4 the least.
    #[schema(minimum = 1, maximum = 4)]
    severity: u8,
}

impl From<AspectCoverage> for GapsBody {
    fn from(aspect: AspectCoverage) -> Self {
        let told = |CoverageGap { range, cause }| TimelineGapBody {
            start: range.start,
            end: range.end,
            cause,
        };
        Self { gaps: aspect.gaps.into_iter().map(told).collect(), left_out: aspect.gaps_left_out }
    }
}

/// Coverage, activity, events and alerts of some cameras over time
///
/// What lanes over time need, in one answer: for each camera when it was not recorded and not looked
/// at, with causes, how many objects were in view in each of `buckets` parts of the span, and the events
/// and alerts in it. A camera that the caller may not search is not told of.
#[utoipa::path(
    get,
    path = "/timeline",
    tag = "tracks",
    operation_id = "timeline",
    params(TimelineParams),
    responses(
        (status = 200, description = "The lanes", body = TimelineBody),
        (status = 400, description = "A parameter was refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Too many searches at once", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn timeline(
    State(state): State<ApiState>,
    caller: Caller,
    Params(params): Params<TimelineParams>,
) -> Result<Json<TimelineBody>, ApiError> {
    let TimelineParams { start, end, cameras, buckets, class } = params;
    let scope = caller.scope().clone();
    let cameras = match cameras {
        Some(named) => {
            distinct(named).into_iter().filter(|camera| scope.contains(camera)).collect()
        }
        None => state.cameras_in(&scope).into_iter().map(|camera| camera.id).collect::<Vec<_>>(),
    };
    if cameras.len() > MOST_CAMERAS {
        return Err(ApiError::refuse("cameras", too_many()));
    }
    let asked = Asked { range: TimeRange { start, end }, cameras, buckets, classes: class };
    Ok(Json(state.ask(move |state| answer(state, &scope, asked)).await?))
}

fn distinct(cameras: Vec<CameraId>) -> Vec<CameraId> {
    let mut known: Vec<CameraId> = Vec::new();
    for camera in cameras {
        if !known.contains(&camera) {
            known.push(camera);
        }
    }
    known
}

struct Asked {
    range: TimeRange,
    cameras: Vec<CameraId>,
    buckets: u32,
    classes: Vec<Class>,
}

fn answer(state: &ApiState, scope: &Scope, asked: Asked) -> Result<TimelineBody, ApiError> {
    let Asked { range, cameras, buckets, classes } = asked;
    let index = &state.parts().index;
    let mut covered = covered(state, scope, range, &cameras)?;
    let activity = index.activity(&ActivityQuery {
        range,
        cameras: cameras.clone(),
        buckets: usize::try_from(buckets).unwrap_or(usize::MAX),
        classes: classes.clone(),
    })?;
    let (mut events, events_left_out) = events(state, range, &cameras, &classes)?;
    let (mut alerts, alerts_left_out) = alerts(state, scope, range, (&cameras, &classes))?;
    let lane = |told: index::CameraActivity| {
        let id = &told.camera;
        let (not_recorded, not_analysed) = covered.remove(id).unwrap_or_default();
        TimelineCameraBody {
            camera: id.as_str().to_owned(),
            not_recorded: not_recorded.into(),
            not_analysed: not_analysed.into(),
            activity: STANDARD.encode(&told.counts),
            events: events.remove(id).unwrap_or_default(),
            alerts: alerts.remove(id).unwrap_or_default(),
        }
    };
    let cameras = activity.into_iter().map(lane).collect();
    Ok(TimelineBody {
        start: range.start,
        end: range.end,
        buckets,
        cameras,
        events_left_out,
        alerts_left_out,
    })
}

type Covered = BTreeMap<CameraId, (AspectCoverage, AspectCoverage)>;

/// Returns how much of what has passed of `range` each camera was recorded and analysed.
fn covered(
    state: &ApiState,
    scope: &Scope,
    range: TimeRange,
    cameras: &[CameraId],
) -> Result<Covered, ApiError> {
    let range = TimeRange { end: range.end.min(state.parts().clock.now()), ..range };
    if range.start >= range.end {
        return Ok(BTreeMap::new());
    }
    let query = CoverageQuery {
        range,
        cameras: Some(cameras.to_vec()),
        // Before the index is asked: what is closed meanwhile is told twice, not never.
        growing: growing(state, scope),
        gaps: GAPS,
    };
    let told = state.parts().index.coverage(&query)?.cameras.into_iter();
    let aspects = told
        .map(|CameraCoverage { camera, recorded, analysed, .. }| (camera, (recorded, analysed)));
    Ok(aspects.collect())
}

type Found = BTreeMap<CameraId, Vec<FoundBody>>;

fn events(
    state: &ApiState,
    range: TimeRange,
    cameras: &[CameraId],
    classes: &[Class],
) -> Result<(Found, bool), ApiError> {
    let page = state.parts().index.search_events(&EventQuery {
        cameras: Some(cameras.to_vec()),
        classes: classes.to_vec(),
        order: Order::NewestFirst,
        limit: MOST_FOUND,
        ..EventQuery::new(range)
    })?;
    let mut found = Found::new();
    for StoredEvent { event, .. } in page.events.into_iter().rev() {
        let draft = &event.draft;
        found.entry(draft.camera.clone()).or_default().push(FoundBody {
            id: event.id.to_string(),
            time: draft.time,
            kind: draft.kind.as_str(),
            severity: draft.severity.number(),
        });
    }
    Ok((found, page.next.is_some()))
}

fn alerts(
    state: &ApiState,
    scope: &Scope,
    range: TimeRange,
    (cameras, classes): (&[CameraId], &[Class]),
) -> Result<(Found, bool), ApiError> {
    let index = &state.parts().index;
    let page = index.alerts(&AlertQuery {
        cameras: Some(cameras.to_vec()),
        classes: classes.to_vec(),
        sees_part: !scope.is_site(),
        limit: MOST_FOUND,
        ..AlertQuery::new(range)
    })?;
    let mut found = Found::new();
    for stored in page.alerts.into_iter().rev() {
        let Some(StoredAlert { alert, .. }) = seen(index, scope, stored)? else { continue };
        // What it was found by may have been what another's camera saw.
        if alert.first < range.start || alert.first >= range.end {
            continue;
        }
        for camera in alert.cameras.iter().filter(|camera| cameras.contains(camera)) {
            found.entry(camera.clone()).or_default().push(FoundBody {
                id: alert.id.to_string(),
                time: alert.first,
                kind: alert.kind.as_str(),
                severity: alert.severity.number(),
            });
        }
    }
    Ok((found, page.next.is_some()))
}
