//! One alert with all that is known of it, its events, and the alert of an event.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::{EventId, Scope};
use index::StoredAlert;
use serde::Serialize;
use utoipa::ToSchema;

use super::AlertBody;
use crate::access::Caller;
use crate::alert_scope::{events_seen, is_of, seen};
use crate::cursor::{Cursor, Log, NoCursor};
use crate::event_body::{EventBody, StillsBody};
use crate::handling_body::{LogEntryBody, SignedBody};
use crate::params::{Names, NoParams, Parameters, Params, Query};
use crate::problem::{ApiError, Problem};
use crate::state::ApiState;

/// One alert with all that is known of it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct AlertDetailBody {
    #[serde(flatten)]
    alert: AlertBody,
    /// Pictures before, at and after the first of its events that the caller may see; null once
    /// its events have expired.
    frames: Option<StillsBody>,
    /// SHA-256 of the model that found that event, in hex; null where it was no analysis of ours.
    #[schema(value_type = Option<String>)]
    model: Option<Arc<str>>,
    /// How sure it was of the object, 0 to 1.
    confidence: Option<f32>,
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

fn detail(
    state: &ApiState,
    scope: &Scope,
    stored: StoredAlert,
) -> Result<AlertDetailBody, ApiError> {
    let id = stored.alert.id;
    let first = events_seen(&state.parts().index, scope, id, 0, 1)?.pop();
    let first = first.map(|stored| EventBody::told(stored, scope));
    let confidence = first.as_ref().map(|event| event.confidence);
    let (model, frames) = first.map(|event| (event.source.model, event.stills)).unzip();
    let model = model.flatten();
    let log = state.parts().index.alert_log(id)?;
    let desk = state.desk();
    let step = |(number, text): (usize, &String)| {
        let mut done = stored.handling.steps.iter();
        let done = done.find(|done| usize::from(done.number) == number);
        StepBody { number, text: text.clone(), done: done.map(|done| (&done.signed).into()) }
    };
    let procedure = (1..).zip(desk.steps(stored.alert.kind)).map(step).collect();
    let camera = stored.alert.cameras.first().cloned();
    let rule = camera.and_then(|camera| desk.rule(&camera, &stored.alert.rule));
    let rule_settings = rule.and_then(|rule| serde_json::to_value(rule).ok());
    let log = log.iter().map(LogEntryBody::from).collect();
    let alert = AlertBody::told(stored, scope);
    Ok(AlertDetailBody { alert, frames, model, confidence, log, procedure, rule_settings })
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
            detail(state, caller.scope(), shown.flatten().ok_or(ApiError::NoSuchAlert(id))?)
        })
        .await?;
    Ok(Json(told))
}

/// From where in an alert's events, and how many.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AlertEventsParams {
    /// The place after which to begin: `next` of the page before; from the first if left out.
    #[param(value_type = Option<String>)]
    after: Cursor,
    /// Events on the page at most; 100 if left out.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: u32,
}

impl Parameters for AlertEventsParams {
    fn read(query: &mut Query) -> Option<Self> {
        let after = query.parse("after").unwrap_or(Cursor::Number(0));
        Some(Self { after, limit: query.number("limit", (1, 500), 100) })
    }
}

/// Events of an alert.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct AlertEventsBody {
    /// Some of its events, in the order of storing.
    events: Vec<EventBody>,
    /// Give it as `after` to go on; null where the page is not full.
    next: Option<String>,
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
    let scope = caller.scope().clone();
    let after = state.cursors().read(Log::Events, &after, &scope);
    let after = after.ok_or_else(|| ApiError::refuse("after", NoCursor.to_string()))?;
    let found = state
        .query(move |index| {
            let Some(alert) = index.alert(id)? else { return Ok(None) };
            if !is_of(caller.scope(), &alert.alert) {
                return Ok(None);
            }
            events_seen(index, caller.scope(), id, after, limit).map(Some)
        })
        .await?;
    let events = found.ok_or(ApiError::NoSuchAlert(id))?;
    let last = events.last().filter(|_| events.len() == limit).map(|stored| stored.sequence);
    let next = last.map(|last| state.cursors().tell(Log::Events, last, &scope)).transpose()?;
    let told = |stored| EventBody::told(stored, &scope);
    Ok(Json(AlertEventsBody { events: events.into_iter().map(told).collect(), next }))
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
    let scope = caller.scope().clone();
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
    let found = found.ok_or(ApiError::NoSuchAlert(id))?;
    Ok(Json(AlertBody::told(found, &scope)))
}
