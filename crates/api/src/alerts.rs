//! Alerts: what the duty officer is shown, one for each happening.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use domain::{
    AccountName, CameraId, Class, Condition, EventId, EventKind, HandlingState, Severity,
    TimeRange, Timestamp,
};
use index::{AlertChange, AlertCursor, AlertOrder, AlertQuery, AlertTotal, StoredAlert};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Caller;
use crate::alert_scope::{events_seen, seen};
use crate::event_body::{EventBody, LocationBody};
use crate::events::read_severity;
use crate::feed::{BATCH, Entry, Place, Source, follow};
use crate::handling_body::{FloodBody, HandlingBody, LogEntryBody, SignedBody};
use crate::params::{Names, NoParams, Parameters, Params, Query};
use crate::problem::{ApiError, Problem};
use crate::state::ApiState;

/// Which alerts, and which page of them. All conditions must hold.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AlertParams {
    /// First moment, RFC 3339, of the alert's first event; open if left out.
    #[param(value_type = Option<String>, format = DateTime)]
    start: Timestamp,
    /// First moment after, RFC 3339; open if left out.
    #[param(value_type = Option<String>, format = DateTime)]
    end: Timestamp,
    /// Only what one of these cameras saw: ids between commas.
    #[param(value_type = Option<String>)]
    cameras: Option<Vec<CameraId>>,
    /// Only these classes: words between commas.
    #[param(value_type = Option<String>, example = "person,motorcycle")]
    class: Vec<Class>,
    /// Only these kinds: words between commas.
    #[param(value_type = Option<String>, example = "red_light,signal_lost")]
    kind: Vec<EventKind>,
    /// Only alerts of this severity or graver; 1 is the gravest.
    #[param(value_type = Option<u8>, minimum = 1, maximum = 4)]
    severity: Option<Severity>,
    /// `true` for trouble that still lasts only.
    #[param(value_type = Option<bool>)]
    active: bool,
    /// Only alerts handled so far: `new`, `acknowledged`, `in_progress`, `closed`, between commas.
    #[param(value_type = Option<String>, example = "new,acknowledged")]
    handling: Vec<HandlingState>,
    /// Only what this account is to deal with.
    #[param(value_type = Option<String>)]
    assignee: Option<AccountName>,
    /// `true` for what is on the shelf only, `false` for what is not.
    #[param(value_type = Option<bool>)]
    shelved: Option<bool>,
    /// Only the group of this alert: its `group`.
    #[param(value_type = Option<String>)]
    group: Option<EventId>,
    /// `newest` first (if left out); or `queue`: first what nobody acknowledged, then the gravest,
    /// then the newest, without what is closed or shelved.
    #[param(value_type = Option<String>, example = "queue")]
    sort: AlertOrder,
    /// With `sort=queue`: `true` for one row of each group, the alert that stands highest, with how
    /// many there are. Takes no other condition.
    #[param(value_type = Option<bool>)]
    grouped: bool,
    /// Where the page before ended: its `next`.
    #[param(value_type = Option<String>)]
    cursor: Option<AlertCursor>,
    /// Alerts on the page at most; 100 if left out.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: u32,
}

impl Parameters for AlertParams {
    fn read(query: &mut Query) -> Option<Self> {
        let range = query.open_range();
        let params = Self {
            start: range.map_or(Timestamp::MIN, |range| range.start),
            end: range.map_or(Timestamp::MAX, |range| range.end),
            cameras: query.list("cameras", str::parse),
            class: query.list("class", str::parse).unwrap_or_default(),
            kind: query.list("kind", str::parse).unwrap_or_default(),
            severity: query.parse_with("severity", read_severity),
            active: query.parse("active").unwrap_or(false),
            handling: query.list("handling", str::parse).unwrap_or_default(),
            assignee: query.parse("assignee"),
            shelved: query.parse("shelved"),
            group: query.parse("group"),
            sort: query.parse_with("sort", read_order).unwrap_or_default(),
            grouped: query.parse("grouped").unwrap_or(false),
            cursor: query.parse("cursor"),
            limit: query.number("limit", (1, 500), 100),
        };
        if params.grouped && (params.sort != AlertOrder::Queue || params.has_conditions()) {
            query.refuse("grouped", "is for sort=queue without any other condition");
            return None;
        }
        Some(params)
    }
}

fn read_order(text: &str) -> Result<AlertOrder, String> {
    match text {
        "newest" => Ok(AlertOrder::Newest),
        "queue" => Ok(AlertOrder::Queue),
        _ => Err(format!("\"{text}\" is no order: newest or queue")),
    }
}

impl AlertParams {
    fn has_conditions(&self) -> bool {
        (self.start, self.end) != (Timestamp::MIN, Timestamp::MAX)
            || self.cameras.is_some()
            || self.severity.is_some()
            || self.assignee.is_some()
            || self.shelved.is_some()
            || self.group.is_some()
            || self.active
            || !(self.class.is_empty() && self.kind.is_empty() && self.handling.is_empty())
    }

    fn into_query(self, caller: &Caller) -> AlertQuery {
        AlertQuery {
            cameras: caller.scope().narrow(self.cameras),
            kinds: self.kind,
            classes: self.class,
            min_severity: self.severity,
            only_active: self.active,
            handling: self.handling,
            assignee: self.assignee,
            shelved: self.shelved,
            group: self.group,
            order: if self.grouped { AlertOrder::Groups } else { self.sort },
            cursor: self.cursor,
            limit: usize::try_from(self.limit).unwrap_or(usize::MAX),
            ..AlertQuery::new(TimeRange { start: self.start, end: self.end })
        }
    }
}

/// A page of alerts.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct AlertsBody {
    /// The alerts, in the order asked for; without one newest first by their first event.
    alerts: Vec<AlertBody>,
    /// The `cursor` of the next page; null on the last.
    next: Option<String>,
    /// The newest change when the question was put: following the alert feed `after` it misses
    /// nothing that this answer does not hold.
    as_of: u64,
    /// How many alerts of the whole site are not closed, by severity and state; empty for who may
    /// not see the whole site.
    totals: Vec<AlertTotalBody>,
}

/// How many alerts of a severity are handled so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct AlertTotalBody {
    /// Of which severity.
    #[schema(minimum = 1, maximum = 4)]
    severity: u8,
    /// `new`, `acknowledged` or `in_progress`; `shelved` for those out of the queue, however far
    /// they are.
    #[schema(example = "new")]
    handling: &'static str,
    /// How many.
    count: u64,
}

/// Returns the totals with what is on the shelf apart.
pub(crate) fn totals_body(totals: &[AlertTotal]) -> Vec<AlertTotalBody> {
    let mut bodies: Vec<AlertTotalBody> = Vec::new();
    for total in totals {
        let severity = total.severity.number();
        let handling = if total.is_shelved { "shelved" } else { total.state.as_str() };
        let same =
            |body: &&mut AlertTotalBody| (body.severity, body.handling) == (severity, handling);
        match bodies.iter_mut().find(same) {
            Some(body) => body.count += total.count,
            None => bodies.push(AlertTotalBody { severity, handling, count: total.count }),
        }
    }
    bodies
}

/// One happening, however many events tell of it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct AlertBody {
    /// The event that raised it names it.
    id: String,
    /// Grows with every change, from 1.
    version: u32,
    /// The number of its latest change among those of all alerts.
    change: u64,
    /// What kind of event it is.
    #[schema(example = "red_light")]
    kind: &'static str,
    /// The rule that raised it.
    rule: String,
    /// How grave the gravest of its events is: 1 is the gravest, 4 the least.
    #[schema(minimum = 1, maximum = 4)]
    severity: u8,
    /// What kind of object, if one.
    class: Option<&'static str>,
    /// The cameras that saw it, in the order in which they told.
    cameras: Vec<String>,
    /// Where the first of them stood, if known.
    location: Option<LocationBody>,
    /// When the earliest of its events was.
    #[schema(value_type = String, format = DateTime)]
    first: Timestamp,
    /// When the latest of its events was.
    #[schema(value_type = String, format = DateTime)]
    last: Timestamp,
    /// The event that was folded in last.
    last_event: String,
    /// How many events tell of it.
    count: u32,
    /// `momentary`: an act; `active`: trouble of a camera that lasts; `cleared`: it is over.
    #[schema(example = "momentary")]
    condition: &'static str,
    /// When the trouble was over.
    #[schema(value_type = Option<String>, format = DateTime)]
    cleared: Option<Timestamp>,
    /// How it is handled.
    handling: HandlingBody,
    /// The first alert of those that stand in one row of the queue: the same rule at the same
    /// camera.
    group: String,
    /// How many of the group stand in the queue; null unless `grouped` was asked for.
    grouped: Option<u32>,
    /// All its events.
    events: String,
}

impl From<StoredAlert> for AlertBody {
    fn from(StoredAlert { change, alert, handling, group, grouped }: StoredAlert) -> Self {
        let cleared = match alert.condition {
            Condition::Cleared(at) => Some(at),
            Condition::Momentary | Condition::Active => None,
        };
        Self {
            id: alert.id.to_string(),
            version: alert.version,
            change,
            kind: alert.kind.as_str(),
            rule: alert.rule.as_str().to_owned(),
            severity: alert.severity.number(),
            class: alert.class.map(Class::as_str),
            cameras: alert.cameras.iter().map(ToString::to_string).collect(),
            location: alert.location.map(LocationBody::from),
            first: alert.first,
            last: alert.last,
            last_event: alert.last_event.to_string(),
            count: alert.count,
            condition: alert.condition.as_str(),
            cleared,
            handling: HandlingBody::from(&handling),
            group: group.to_string(),
            grouped,
            events: format!("/api/v1/alerts/{}/events", alert.id),
        }
    }
}

/// Alerts, newest first or as they are to be dealt with
#[utoipa::path(
    get,
    path = "/alerts",
    tag = "alerts",
    operation_id = "alerts",
    params(AlertParams),
    responses(
        (status = 200, description = "A page of alerts", body = AlertsBody),
        (status = 400, description = "A parameter was refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Too many searches at once", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn alerts(
    State(state): State<ApiState>,
    caller: Caller,
    Params(params): Params<AlertParams>,
) -> Result<Json<AlertsBody>, ApiError> {
    if params.grouped && !caller.scope().is_site() {
        let reason = "groups count every camera's alerts: only who sees the whole site may ask";
        return Err(ApiError::refuse("grouped", reason));
    }
    let query = params.into_query(&caller);
    let as_of = *state.parts().index.alert_knock().borrow();
    let scope = caller.scope().clone();
    let (alerts, next, totals) = state
        .query(move |index| {
            let page = index.alerts(&query)?;
            let mut alerts = Vec::with_capacity(page.alerts.len());
            for stored in page.alerts {
                let shown = seen(index, &scope, stored)?;
                // What it was found by may have been what another's camera saw.
                alerts.extend(shown.filter(|shown| is_asked_for(&query, shown)));
            }
            // They count every camera's.
            let totals = if scope.is_site() { index.alert_totals()? } else { Vec::new() };
            Ok((alerts, page.next, totals))
        })
        .await?;
    Ok(Json(AlertsBody {
        alerts: alerts.into_iter().map(AlertBody::from).collect(),
        next: next.map(|cursor| cursor.to_string()),
        as_of,
        totals: totals_body(&totals),
    }))
}

fn is_asked_for(query: &AlertQuery, StoredAlert { alert, .. }: &StoredAlert) -> bool {
    let class = |class| query.classes.contains(&class);
    query.range.contains(alert.first)
        && query.min_severity.is_none_or(|least| alert.severity <= least)
        && (query.classes.is_empty() || alert.class.is_some_and(class))
}

/// One alert with all that is known of it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct AlertDetailBody {
    #[serde(flatten)]
    alert: AlertBody,
    /// What was done about it, in order.
    log: Vec<LogEntryBody>,
    /// What is to be done about alerts of this kind.
    procedure: Vec<StepBody>,
    /// The rule that raised it, as the configuration has it now; null where there is none of that
    /// name.
    #[schema(value_type = Option<Object>)]
    rule_settings: Option<serde_json::Value>,
}

/// A step of a procedure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct StepBody {
    /// Which, from 1.
    number: usize,
    /// What is to be done.
    text: String,
    /// Who did it, and when.
    done: Option<SignedBody>,
}

fn detail(state: &ApiState, stored: StoredAlert) -> Result<AlertDetailBody, ApiError> {
    let log = state.parts().index.alert_log(stored.alert.id)?;
    let desk = state.desk();
    let step = |(number, text): (usize, &String)| {
        let mut done = stored.handling.steps.iter();
        let done = done.find(|done| usize::from(done.number) == number);
        StepBody { number, text: text.clone(), done: done.map(|done| (&done.signed).into()) }
    };
    let procedure = (1..).zip(desk.steps(stored.alert.kind)).map(step).collect();
    let camera = stored.alert.cameras.first().cloned();
    let rule = camera.and_then(|camera| desk.rules.get(&(camera, stored.alert.rule.clone())));
    let rule_settings = rule.and_then(|rule| serde_json::to_value(rule).ok());
    let log = log.iter().map(LogEntryBody::from).collect();
    Ok(AlertDetailBody { alert: stored.into(), log, procedure, rule_settings })
}

/// One alert, with what was done about it and what is to be done
#[utoipa::path(
    get,
    path = "/alerts/{alert}",
    tag = "alerts",
    operation_id = "alert",
    params(("alert" = String, Path, description = "The alert's id, a UUID")),
    responses(
        (status = 200, description = "The alert", body = AlertDetailBody),
        (status = 404, description = "There is no such alert", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Too many searches at once", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn alert(
    State(state): State<ApiState>,
    caller: Caller,
    Params(NoParams): Params<NoParams>,
    names: Names,
) -> Result<Json<AlertDetailBody>, ApiError> {
    let id: EventId = names.parse("alert")?;
    let told = state
        .ask(move |state| {
            let index = &state.parts().index;
            let found = index.alert(id)?;
            let shown = found.map(|stored| seen(index, caller.scope(), stored)).transpose()?;
            detail(state, shown.flatten().ok_or(ApiError::NoSuchAlert(id))?)
        })
        .await?;
    Ok(Json(told))
}

/// From where in an alert's events, and how many.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AlertEventsParams {
    /// The sequence number after which to begin; from the first if left out.
    #[param(value_type = Option<u64>)]
    after: u64,
    /// Events on the page at most; 100 if left out.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: u32,
}

impl Parameters for AlertEventsParams {
    fn read(query: &mut Query) -> Option<Self> {
        let after = query.parse("after").unwrap_or(0);
        Some(Self { after, limit: query.number("limit", (1, 500), 100) })
    }
}

/// Events of an alert.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct AlertEventsBody {
    /// Some of its events, in the order of storing; go on `after` the last one's sequence.
    events: Vec<EventBody>,
}

/// All events of an alert
#[utoipa::path(
    get,
    path = "/alerts/{alert}/events",
    tag = "alerts",
    operation_id = "alert_events",
    params(("alert" = String, Path, description = "The alert's id, a UUID"), AlertEventsParams),
    responses(
        (status = 200, description = "Events that tell of the same happening", body = AlertEventsBody),
        (status = 400, description = "A parameter was refused", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such alert", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Too many searches at once", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn alert_events(
    State(state): State<ApiState>,
    caller: Caller,
    Params(AlertEventsParams { after, limit }): Params<AlertEventsParams>,
    names: Names,
) -> Result<Json<AlertEventsBody>, ApiError> {
    let id: EventId = names.parse("alert")?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let found = state
        .query(move |index| {
            let Some(alert) = index.alert(id)? else { return Ok(None) };
            if !alert.alert.cameras.iter().any(|camera| caller.sees(camera)) {
                return Ok(None);
            }
            events_seen(index, caller.scope(), id, after, limit).map(Some)
        })
        .await?;
    let events = found.ok_or(ApiError::NoSuchAlert(id))?;
    Ok(Json(AlertEventsBody { events: events.into_iter().map(EventBody::from).collect() }))
}

/// The alert that an event belongs to
#[utoipa::path(
    get,
    path = "/events/{event}/alert",
    tag = "alerts",
    operation_id = "event_alert",
    params(("event" = String, Path, description = "The event's id, a UUID")),
    responses(
        (status = 200, description = "The alert", body = AlertBody),
        (status = 404, description = "There is no such event, or it belongs to no alert: counts do not", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Too many searches at once", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn event_alert(
    State(state): State<ApiState>,
    caller: Caller,
    Params(NoParams): Params<NoParams>,
    names: Names,
) -> Result<Json<AlertBody>, ApiError> {
    let id: EventId = names.parse("event")?;
    let found = state
        .query(move |index| {
            let event = index.event(&id)?;
            let event = event.filter(|stored| caller.sees(&stored.event.draft.camera));
            let Some(event) = event else { return Ok(None) };
            match index.alert_of_event(event.sequence)? {
                Some(stored) => seen(index, caller.scope(), stored),
                None => Ok(None),
            }
        })
        .await?;
    Ok(Json(found.ok_or(ApiError::NoSuchAlert(id))?.into()))
}

/// From where in the alert feed.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AlertFeedParams {
    /// The change after which to begin; from now if left out, from the first if 0.
    after: Option<u64>,
    /// `true`: a silent feed shows every 5 s that it lives by an event `beat`, as the event feed does.
    #[param(value_type = Option<bool>)]
    beat: bool,
}

impl Parameters for AlertFeedParams {
    fn read(query: &mut Query) -> Option<Self> {
        Some(Self { after: query.parse("after"), beat: query.parse("beat").unwrap_or(false) })
    }
}

/// The alert feed
///
/// Server-sent events: `alert` with an alert as JSON whenever one is raised, grows or is handled
/// otherwise, and `flood` whenever there are more alerts than people can look at, and when that is
/// over; the number of the change as `id`. Who was away gets each alert that changed once, as it is
/// now. Otherwise like the event feed.
#[utoipa::path(
    get,
    path = "/alerts/stream",
    tag = "alerts",
    operation_id = "alert_feed",
    params(
        AlertFeedParams,
        ("Last-Event-ID" = Option<u64>, Header, description = "The `id` received last; goes before `after`"),
    ),
    responses(
        (status = 200, description = "The feed; it does not end", content_type = "text/event-stream", body = AlertBody),
        (status = 400, description = "A parameter was refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Too many clients, or stopping", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn alert_feed(
    State(state): State<ApiState>,
    caller: Caller,
    Params(AlertFeedParams { after, beat }): Params<AlertFeedParams>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let scope = caller.scope().clone();
    let source = Source {
        knock: state.parts().index.alert_knock(),
        read: Arc::new(move |index, after| {
            let batch = index.alert_changes_after(after, BATCH)?;
            let told = |change: AlertChange| match change {
                AlertChange::Alert(stored) => {
                    let number = stored.change;
                    Ok(match seen(index, &scope, *stored)? {
                        Some(shown) => Entry::told(number, "alert", &AlertBody::from(shown)),
                        None => Entry { number, told: None },
                    })
                }
                // It counts every camera's alerts.
                AlertChange::Flood(number, flood) if scope.is_site() => {
                    Ok(Entry::told(number, "flood", &FloodBody::from(flood)))
                }
                AlertChange::Flood(number, _) => Ok(Entry { number, told: None }),
            };
            batch.into_iter().map(told).collect()
        }),
    };
    follow(state, caller, source, Place { after, beat }, &headers)
}
