//! Events found by time and place, counted by the hour, and one by one with their pictures.

use ::places::PlaceId;
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use domain::{
    Area, CameraId, Class, EventId, EventKind, RuleId, Severity, StreamId, TimeRange, Timestamp,
};
use index::{Cursor, EventQuery, Looks, Order, StoredEvent};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Caller;
use crate::area::{self, Hours, Zone};
use crate::event_body::{EventBody, Still};
use crate::evidence::{self, View};
use crate::frames;
use crate::looks::{self, LooksParams};
use crate::params::{Names, NoParams, Parameters, Params, Query};
use crate::places;
use crate::problem::{ApiError, Problem};
use crate::state::ApiState;

/// Events that one page may hold.
const LIMIT: (u32, u32) = (1, 500);
/// Events on a page when nothing is said.
const LIMIT_OTHERWISE: u32 = 100;

/// Which events. All conditions must hold; within a list any one will do.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct FilterParams {
    /// First moment, RFC 3339; open if left out.
    #[param(value_type = Option<String>, format = DateTime, example = "2026-03-01T07:30:00+07:00")]
    start: Timestamp,
    /// First moment after, RFC 3339; open if left out.
    #[param(value_type = Option<String>, format = DateTime)]
    end: Timestamp,
    /// Only these hours of every day, `07:00-09:00`; they may run past midnight.
    #[param(value_type = Option<String>)]
    daily: Option<Hours>,
    /// The zone that `daily` is meant in; `+07:00` if left out.
    #[param(value_type = Option<String>)]
    zone: Option<Zone>,
    /// Within a box: `south,west,north,east` in degrees. Only one of `bbox`, `circle`, `polygon`,
    /// `corridor` and `place`.
    #[param(value_type = Option<String>, example = "21.02,105.84,21.04,105.86")]
    bbox: Option<Area>,
    /// Within a circle: `lat,lon,radius`, in degrees and metres.
    #[param(value_type = Option<String>, example = "21.0285,105.8522,500")]
    circle: Option<Area>,
    /// Inside a polygon: `lat,lon;lat,lon;…`, 3 to 1000 corners.
    #[param(value_type = Option<String>)]
    polygon: Option<Area>,
    /// Along a line, such as a road: `lat,lon;lat,lon;…;reach`, the reach to each side in metres.
    #[param(value_type = Option<String>, example = "21.0325,105.8565;21.0385,105.8690;80")]
    corridor: Option<Area>,
    /// In a named street, ward or province, or at cameras of that name; case and diacritics do
    /// not matter.
    #[param(value_type = Option<String>, example = "hang bai")]
    place: Option<Area>,
    /// At the cameras of a named place: its `id` of `/places`.
    #[param(value_type = Option<String>, example = "site-cau-chuong-duong")]
    place_id: Option<PlaceId>,
    /// Only these cameras: ids between commas.
    #[param(value_type = Option<String>)]
    cameras: Option<Vec<CameraId>>,
    /// Only these classes: words between commas.
    #[param(value_type = Option<String>, example = "person,motorcycle")]
    class: Vec<Class>,
    /// Only these kinds of rule: words between commas.
    #[param(value_type = Option<String>, example = "line_crossing,intrusion")]
    kind: Vec<EventKind>,
    /// Only these rules: ids between commas.
    #[param(value_type = Option<String>)]
    rule: Vec<RuleId>,
    /// Only events of this severity or graver; 1 is the gravest.
    #[param(value_type = Option<u8>, minimum = 1, maximum = 4)]
    severity: Option<Severity>,
    /// See [`LooksParams`].
    #[param(ignore)]
    looks: Looks,
}

impl Parameters for FilterParams {
    fn read(query: &mut Query) -> Option<Self> {
        let range = query.open_range();
        let filter = Self {
            start: range.map_or(Timestamp::MIN, |range| range.start),
            end: range.map_or(Timestamp::MAX, |range| range.end),
            daily: query.parse_with("daily", area::read_hours),
            zone: query.parse_with("zone", area::read_zone),
            bbox: query.parse_with("bbox", area::read_box),
            circle: query.parse_with("circle", area::read_circle),
            polygon: query.parse_with("polygon", area::read_polygon),
            corridor: query.parse_with("corridor", area::read_corridor),
            place: query.parse_with("place", area::read_name),
            place_id: query.parse("place_id"),
            cameras: query.list("cameras", str::parse),
            class: query.list("class", str::parse).unwrap_or_default(),
            kind: query.list("kind", str::parse).unwrap_or_default(),
            rule: query.list("rule", str::parse).unwrap_or_default(),
            severity: query.parse_with("severity", read_severity),
            looks: looks::read(query),
        };
        let areas = [
            ("bbox", &filter.bbox),
            ("circle", &filter.circle),
            ("polygon", &filter.polygon),
            ("corridor", &filter.corridor),
            ("place", &filter.place),
        ];
        let mut given = areas.iter().filter(|(_, area)| area.is_some());
        if let (Some((first, _)), Some((second, _))) = (given.next(), given.next()) {
            query.refuse(second, format!("cannot be joined with {first}: ask twice"));
        }
        Some(filter)
    }
}

impl FilterParams {
    fn into_query(self, state: &ApiState, caller: &Caller) -> Result<EventQuery, ApiError> {
        let mut cameras = caller.scope().narrow(self.cameras);
        if let Some(place) = &self.place_id {
            let within = places::cameras_in(state, caller, place)?;
            cameras = Some(match cameras {
                Some(asked) => asked.into_iter().filter(|id| within.contains(id)).collect(),
                None => within,
            });
        }
        let zone = self.zone.unwrap_or_default();
        let range = TimeRange { start: self.start, end: self.end };
        Ok(EventQuery {
            daily: self.daily.map(|hours| hours.within(zone)),
            place: self.bbox.or(self.circle).or(self.polygon).or(self.corridor).or(self.place),
            cameras,
            classes: self.class,
            kinds: self.kind,
            rules: self.rule,
            min_severity: self.severity,
            looks: self.looks,
            ..EventQuery::new(range)
        })
    }
}

/// Reads a severity.
pub(crate) fn read_severity(text: &str) -> Result<Severity, String> {
    match text.parse::<u8>() {
        Ok(number) => Severity::try_from(number),
        Err(_) => Err(format!("\"{text}\" is not a severity: 1 to 4")),
    }
}

/// Which page of the events.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageParams {
    /// `newest` (if left out) or `oldest` first.
    #[param(value_type = Option<String>)]
    order: Order,
    /// Where the page before ended: its `next`.
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
    /// Events on the page at most; 100 if left out.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: u32,
}

/// Which events, and which page of them.
pub(crate) struct SearchParams(FilterParams, PageParams);

impl Parameters for SearchParams {
    fn read(query: &mut Query) -> Option<Self> {
        let filter = FilterParams::read(query);
        let order = query.parse_with("order", |text| match text {
            "newest" => Ok(Order::NewestFirst),
            "oldest" => Ok(Order::OldestFirst),
            other => Err(format!("\"{other}\" is not an order: newest or oldest")),
        });
        let cursor = query.parse("cursor");
        let limit = query.number("limit", LIMIT, LIMIT_OTHERWISE);
        let page = PageParams { order: order.unwrap_or_default(), cursor, limit };
        Some(Self(filter?, page))
    }
}

/// A page of events.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct EventsBody {
    /// The events, in the order asked for.
    events: Vec<EventBody>,
    /// The `cursor` of the next page; null on the last.
    next: Option<String>,
    /// The newest sequence number when the question was put: following the feed `after` it
    /// misses nothing that this answer does not hold.
    as_of: u64,
}

/// Events found by time and place
#[utoipa::path(
    get,
    path = "/events",
    tag = "events",
    operation_id = "search_events",
    params(FilterParams, LooksParams, PageParams),
    responses(
        (status = 200, description = "A page of events", body = EventsBody),
        (status = 400, description = "A parameter was refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Too many searches at once", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn search(
    State(state): State<ApiState>,
    caller: Caller,
    Params(SearchParams(filter, page)): Params<SearchParams>,
) -> Result<Json<EventsBody>, ApiError> {
    let mut query = filter.into_query(&state, &caller)?;
    query.order = page.order;
    query.cursor = page.cursor;
    query.limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let as_of = *state.parts().index.knock().borrow();
    let found = state.query(move |index| index.search_events(&query)).await?;
    Ok(Json(EventsBody {
        events: found.events.into_iter().map(EventBody::from).collect(),
        next: found.next.map(|cursor| cursor.to_string()),
        as_of,
    }))
}

/// Events counted by the hour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct HistogramBody {
    /// The hours that hold events, in order.
    hours: Vec<HourBody>,
    /// All of them together.
    total: u64,
}

/// How many events began in one hour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct HourBody {
    /// When the hour begins.
    #[schema(value_type = String, format = DateTime)]
    hour: Timestamp,
    /// How many.
    count: u64,
}

/// Events counted by the hour
#[utoipa::path(
    get,
    path = "/events/histogram",
    tag = "events",
    operation_id = "event_histogram",
    params(FilterParams, LooksParams),
    responses(
        (status = 200, description = "The hours that hold events", body = HistogramBody),
        (status = 400, description = "A parameter was refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Too many searches at once", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn histogram(
    State(state): State<ApiState>,
    caller: Caller,
    Params(filter): Params<FilterParams>,
) -> Result<Json<HistogramBody>, ApiError> {
    let query = filter.into_query(&state, &caller)?;
    let counts = state.query(move |index| index.histogram(&query)).await?;
    let total = counts.iter().map(|hour| hour.count).sum();
    let hours = counts.into_iter().map(|found| HourBody { hour: found.hour, count: found.count });
    Ok(Json(HistogramBody { hours: hours.collect(), total }))
}

/// One event, with the ways to its pictures and footage
#[utoipa::path(
    get,
    path = "/events/{event}",
    tag = "events",
    operation_id = "event",
    params(("event" = String, Path, description = "The event's id, a UUID")),
    responses(
        (status = 200, description = "The event", body = EventBody),
        (status = 404, description = "No such event", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn event(
    State(state): State<ApiState>,
    caller: Caller,
    names: Names,
    Params(NoParams): Params<NoParams>,
) -> Result<Json<EventBody>, ApiError> {
    let found = stored(&state, &caller, &names).await?;
    Ok(Json(found.into()))
}

/// How a picture is wanted.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct StillParams {
    /// `plain` (if left out): as it is; `drawn`: a copy with the rule's geometry, the object's path
    /// up to then and its box; `crop`: the object and a little around it, at full resolution.
    #[param(value_type = Option<String>)]
    view: View,
    /// Greatest width, in pixels; the picture is never enlarged.
    #[param(minimum = 16, maximum = 7680)]
    width: Option<u32>,
}

impl Parameters for StillParams {
    fn read(query: &mut Query) -> Option<Self> {
        let view = query.parse("view").unwrap_or_default();
        Some(Self { view, width: frames::read_width(query) })
    }
}

/// A picture of an event
///
/// A second `before`, `at`, or a second `after` the event, from the camera's main stream. There as
/// soon as the camera has sent it, on disk or not; until then 503 says when to ask again.
#[utoipa::path(
    get,
    path = "/events/{event}/stills/{which}",
    tag = "events",
    operation_id = "event_still",
    params(
        ("event" = String, Path, description = "The event's id, a UUID"),
        ("which" = String, Path, description = "`before`, `at` or `after`"),
        StillParams,
    ),
    responses(
        (status = 200, description = "The picture", content_type = "image/jpeg", body = Vec<u8>),
        (status = 400, description = "A parameter was refused", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such event; or not recorded: the gaps say why; or no object in this picture to crop", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Not yet: `Retry-After` says when", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn still(
    State(state): State<ApiState>,
    caller: Caller,
    names: Names,
    Params(params): Params<StillParams>,
) -> Result<Response, ApiError> {
    let which: Still = names.parse("which")?;
    let StoredEvent { event, .. } = stored(&state, &caller, &names).await?;
    let draft = event.draft;
    // The camera may have left the configuration since; its footage has not.
    let stream = match state.stream(caller.scope(), &draft.camera, None) {
        Ok(stream) => stream,
        Err(_) => StreamId::main(draft.camera.clone()),
    };
    let StillParams { view, width } = params;
    let picture = state
        .picture(move |state| {
            let rendition = evidence::rendition(state, &draft, which, view)?;
            frames::picture(state, &stream, which.moment(draft.time), width, &rendition)
        })
        .await?;
    Ok(frames::answer(picture))
}

async fn stored(state: &ApiState, caller: &Caller, names: &Names) -> Result<StoredEvent, ApiError> {
    let id: EventId = names.parse("event")?;
    let found = state.query(move |index| index.event(&id)).await?;
    let seen = found.filter(|stored| caller.sees(&stored.event.draft.camera));
    seen.ok_or(ApiError::NoSuchEvent(id))
}
