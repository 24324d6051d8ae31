//! Events found by time and place, counted by the hour, and one by one with their pictures.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use domain::{CameraId, Class, EventId, EventKind, RuleId, Severity, StreamId, Timestamp};
use index::{Cursor, EventQuery, Looks, Order, StoredEvent};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::{Caller, note_look};
use crate::cursor::Log;
use crate::event_body::{EventBody, Still};
use crate::evidence::{self, View};
use crate::frames::{self, PersonsShown};
use crate::looks::{self, LooksParams};
use crate::params::{Names, NoParams, Parameters, Params, Query};
use crate::problem::{ApiError, Problem};
use crate::search_coverage::{self, SearchCoverageBody};
use crate::speed_filter::SpeedParams;
use crate::state::ApiState;
use crate::what_filter::WhatParams;
use crate::when_filter::WhenParams;
use crate::where_filter::WhereParams;

/// Events that one page may hold.
const LIMIT: (u32, u32) = (1, 500);
/// Events on a page when nothing is said.
const LIMIT_OTHERWISE: u32 = 100;

/// Which events. All conditions must hold; within a list any one will do.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct FilterParams {
    /// See [`WhenParams`].
    #[param(ignore)]
    when: WhenParams,
    /// See [`WhereParams`].
    #[param(ignore)]
    place: WhereParams,
    /// See [`WhatParams`].
    #[param(ignore)]
    what: WhatParams,
    /// See [`SpeedParams`].
    #[param(ignore)]
    speed: SpeedParams,
    /// See [`LooksParams`].
    #[param(ignore)]
    looks: Looks,
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
}

impl Parameters for FilterParams {
    fn read(query: &mut Query) -> Option<Self> {
        let (when, place) = (WhenParams::read(query)?, WhereParams::read(query)?);
        let what = WhatParams::read(query)?;
        what.check(place.named_cameras(), query);
        Some(Self {
            when,
            place,
            what,
            speed: SpeedParams::read(query)?,
            looks: looks::read(query),
            class: query.list("class", str::parse).unwrap_or_default(),
            kind: query.list("kind", str::parse).unwrap_or_default(),
            rule: query.list("rule", str::parse).unwrap_or_default(),
            severity: query.parse_with("severity", read_severity),
        })
    }
}

impl FilterParams {
    async fn query(&self, state: &ApiState, caller: &Caller) -> Result<EventQuery, ApiError> {
        let range = self.when.range(state, caller).await?;
        Ok(EventQuery {
            daily: self.when.daily(),
            place: self.place.area().cloned(),
            cameras: self.place.cameras(state, caller)?,
            classes: self.class.clone(),
            kinds: self.kind.clone(),
            rules: self.rule.clone(),
            min_severity: self.severity,
            looks: self.looks.clone(),
            at_least: self.what.at_least(),
            speed: self.speed.range(),
            gate: self.what.gate(),
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
    cursor: Option<String>,
    /// Events on the page at most; 100 if left out.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: u32,
    /// Whether the first page tells what was covered: `true` (if left out) or `false`.
    #[param(value_type = Option<bool>)]
    coverage: bool,
}

/// Which events, and which page of them.
pub(crate) struct SearchParams(FilterParams, PageParams);

impl SearchParams {
    /// Returns the cameras that are asked for by their names.
    pub(crate) fn named_cameras(&self) -> &[CameraId] {
        self.0.place.named_cameras()
    }

    /// Returns whether it goes on from a page.
    pub(crate) fn has_cursor(&self) -> bool {
        self.1.cursor.is_some()
    }
}

impl Parameters for SearchParams {
    fn read(query: &mut Query) -> Option<Self> {
        let filter = FilterParams::read(query);
        let order = query.parse_with("order", |text| match text {
            "newest" => Ok(Order::NewestFirst),
            "oldest" => Ok(Order::OldestFirst),
            other => Err(format!("\"{other}\" is not an order: newest or oldest")),
        });
        let cursor = query.text("cursor");
        let limit = query.number("limit", LIMIT, LIMIT_OTHERWISE);
        let coverage = query.parse("coverage").unwrap_or(true);
        let page = PageParams { order: order.unwrap_or_default(), cursor, limit, coverage };
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
    /// The newest place in the feed when the question was put: following it `after` that misses
    /// nothing that this answer does not hold.
    as_of: String,
    /// What could be seen of what was asked, and what could not; on the first page only.
    coverage: Option<SearchCoverageBody>,
}

/// Events found by time and place
///
/// The first page tells what was covered: that nothing was found, and that nothing was looked at, are
/// two answers. A question with `gate` may get a page with fewer events than `limit`, or none, and
/// still a `next`: what is looked at for one page is bounded.
#[utoipa::path(
    get,
    path = "/events",
    tag = "events",
    operation_id = "search_events",
    params(WhenParams, WhereParams, FilterParams, LooksParams, WhatParams, SpeedParams, PageParams),
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
    let mut query = filter.query(&state, &caller).await?;
    query.order = page.order;
    // Events of one moment are told apart by a count of them all.
    let read = |text: &String| {
        let text = state.cursors().read_text(Log::EventPages, text.clone(), caller.scope());
        text.and_then(|text| text.parse::<Cursor>().ok())
            .ok_or_else(|| ApiError::refuse("cursor", "give `next` as it was told"))
    };
    query.cursor = page.cursor.as_ref().map(read).transpose()?;
    query.limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let newest = *state.parts().index.knock().borrow();
    let as_of = state.cursors().tell(Log::Events, newest, caller.scope())?;
    let is_told = page.coverage && page.cursor.is_none();
    let asked = is_told.then(|| (query.range, filter.place.clone()));
    // Beside the search, on another thread: neither waits for the other.
    let (found, coverage) = tokio::try_join!(
        state.query(move |index| index.search_events(&query)),
        search_coverage::told(&state, &caller, asked),
    )?;
    Ok(Json(EventsBody {
        coverage,
        events: found
            .events
            .into_iter()
            .map(|stored| EventBody::told(stored, caller.scope()))
            .collect(),
        next: found
            .next
            .map(|next| {
                state.cursors().tell_text(Log::EventPages, next.to_string(), caller.scope())
            })
            .transpose()?,
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
    params(WhenParams, WhereParams, FilterParams, LooksParams, WhatParams, SpeedParams),
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
    let query = filter.query(&state, &caller).await?;
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
    Ok(Json(EventBody::told(found, caller.scope())))
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
/// soon as the camera has sent it, on disk or not; until then 503 says when to ask again. Persons are
/// softened where the site's policy says so, and all of the picture where it is not known any more
/// where they were. Who looks at an event's pictures stands in the audit trail, once a shift.
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
    let (id, draft) = (event.id, event.draft);
    let object = format!("/api/v1/events/{id}/stills");
    let query = format!("camera={}&time={}", draft.camera, draft.time);
    note_look(&state, &caller, state.event_looks(), (&object, &object, &query)).await?;
    // The camera may have left the configuration since; its footage has not.
    let stream = match state.stream(caller.scope(), &draft.camera, None) {
        Ok(stream) => stream,
        Err(_) => StreamId::main(draft.camera.clone()),
    };
    let StillParams { view, width } = params;
    let picture = state
        .picture(move |state| {
            let rendition = evidence::rendition(state, &draft, which, view)?;
            let shown = (&rendition, PersonsShown::ByPolicy);
            frames::picture(state, &stream, which.moment(draft.time), width, shown)
        })
        .await?;
    Ok(frames::answer(picture))
}

/// Returns the event that the request names, if the caller may know of it.
pub(crate) async fn stored(
    state: &ApiState,
    caller: &Caller,
    names: &Names,
) -> Result<StoredEvent, ApiError> {
    let id: EventId = names.parse("event")?;
    let found = state.query(move |index| index.event(&id)).await?;
    let seen = found.filter(|stored| caller.sees(&stored.event.draft.camera));
    seen.ok_or(ApiError::NoSuchEvent(id))
}
