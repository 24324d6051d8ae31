//! Calls to 113, 114 and 115, told by the systems that take them: each is an incident, an alert before
//! the duty officer with a case in which the cameras nearby and their footage are gathered.
//!
//! The sender is a source as any partner system is: the same token, rate and reading, and members that
//! would say who called are refused. Nothing is gathered that an officer could not gather by hand; who
//! may see the alert of none of the cameras finds neither alert nor case.

mod gathering;
pub(crate) mod incident;
mod numbers;
mod told;

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::{Alert, Call, Condition, EventId, Timestamp};
use index::{CallName, CallPosting, GatheredCall, StoredCall, TakenCall};
use serde::Serialize;
use tracing::info;
use utoipa::ToSchema;

pub use gathering::CallPolicy;
pub(crate) use told::CallTold;

use crate::findings::{FindingSource, check_time, count_refused, read_body};
use crate::params::{Names, NoParams, Params};
use crate::problem::{ApiError, Problem};
use crate::state::ApiState;
use gathering::{alert_of, gather, named_place};

/// How far an incident is, as its sender may know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct CallStateBody {
    /// Names the incident here: a UUID v7.
    incident: String,
    /// The call's id, as it was told.
    id: String,
    /// The number of its case.
    #[schema(example = "114-20261127-001")]
    case: String,
    /// How often it was told otherwise, from 1.
    revision: u32,
    /// When it was told first.
    #[schema(value_type = String, format = DateTime)]
    received: Timestamp,
    /// How it is handled: `new`, `acknowledged`, `in_progress` or `closed`.
    #[schema(example = "acknowledged")]
    state: &'static str,
    /// When it was last handled.
    #[schema(value_type = Option<String>, format = DateTime)]
    handled: Option<Timestamp>,
    /// What it came to, once closed: `true`, `false`, `duplicate` or `no_action`.
    outcome: Option<&'static str>,
    /// How many cameras were found for it.
    cameras: usize,
    /// Where to ask again.
    href: String,
}

/// Post a call, or what has changed of one
///
/// One call to 113, 114 or 115 as JSON, or as a CloudEvent 1.0 in structured or binary mode. It becomes
/// an incident: an alert at the duty desk and a case with the cameras nearby and their footage marked.
/// The same id posted again revises it; the same words again change nothing. Answered with 201 when it
/// is new, else with 200.
#[utoipa::path(
    post,
    path = "/calls",
    tag = "calls",
    operation_id = "post_call",
    request_body(content = CallTold, content_type = "application/json"),
    params(("Authorization" = String, Header, description = "`Bearer` and the source's token")),
    responses(
        (status = 201, description = "A new incident", body = CallStateBody),
        (status = 200, description = "Told before, or revised by this", body = CallStateBody),
        (status = 400, description = "The call was refused; each member is named", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No source has this token", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not a service of this source", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No source is configured", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Neither JSON nor a CloudEvent", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Faster than agreed; `Retry-After` says when to go on", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Not stored for now: post it again", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn post(
    State(state): State<ApiState>,
    Params(NoParams): Params<NoParams>,
    request: Request,
) -> Result<Response, ApiError> {
    let gate = state.gate();
    let (head, body) = request.into_parts();
    let guarded = gate.admit(&head, state.failed_sign_ins())?;
    let source = &guarded.source;
    let told = async {
        guarded.take_turn(state.parts().clock.monotonic()).map_err(ApiError::TooMany)?;
        let told = CallTold::read(&head.headers, &read_body(body).await?)?;
        may_tell(source, &told)?;
        if let Some(time) = told.time {
            check_time(time, state.parts().clock.now(), gate.kept_for)?;
        }
        Ok(told)
    };
    let told = told.await.inspect_err(|error| count_refused(source.id.as_str(), error))?;
    let (policy, source) = (gate.calls.clone(), source.clone());
    let (is_new, body) = state.ask(move |state| take(state, &policy, &source, told)).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    let headers = [(header::LOCATION, body.href.clone())];
    Ok((status, headers, Json(body)).into_response())
}

/// Refuses a source that tells of no calls, or not of these.
fn may_tell(source: &FindingSource, told: &CallTold) -> Result<(), ApiError> {
    match told.service {
        Some(service) if !source.calls.contains(&service) => Err(ApiError::OtherService(service)),
        None if source.calls.is_empty() => Err(ApiError::NoCalls),
        _ => Ok(()),
    }
}

/// Stores what was told; returns whether it is a new incident, and how it stands. Blocks for the disk.
fn take(
    state: &ApiState,
    policy: &CallPolicy,
    source: &FindingSource,
    told: CallTold,
) -> Result<(bool, CallStateBody), ApiError> {
    let at = state.parts().clock.now();
    let name =
        CallName { source: source.id.clone(), context: told.context.clone(), id: told.id.clone() };
    let posting = CallPosting { name, digest: told.digest(), at };
    let gather = |known: Option<(&StoredCall, &Alert)>| {
        let call = told.onto(known.map(|(stored, _)| &stored.call), policy.severity)?;
        Ok(gathered(state, policy, source, call, (known.map(|(_, alert)| alert), at)))
    };
    let index = &state.parts().index;
    let (outcome, stored) = match index.take_call(&posting, gather).map_err(not_stored)? {
        TakenCall::Opened(stored) => ("opened", stored),
        TakenCall::Revised(stored) => ("revised", stored),
        TakenCall::Known(stored) => ("known", stored),
        TakenCall::Refused(refusal) => {
            count_refused(source.id.as_str(), &refusal);
            return Err(refusal);
        }
    };
    let service = stored.call.service;
    metrics::counter!(
        "watchpost_calls_total", "source" => source.id.to_string(), "outcome" => outcome
    )
    .increment(1);
    if outcome != "known" {
        let (incident, source, revision) = (stored.alert, &source.id, stored.revision);
        info!(%incident, %source, %service, revision, "call taken");
    }
    Ok((outcome == "opened", state_body(state, &stored)?))
}

fn not_stored(error: index::IndexError) -> ApiError {
    if error.is_permanent() { ApiError::Index(error) } else { ApiError::NotStored(error) }
}

/// Returns what a call is here: its alert, its case, its cameras and their footage.
fn gathered(
    state: &ApiState,
    policy: &CallPolicy,
    source: &FindingSource,
    call: Call,
    (known, at): (Option<&Alert>, Timestamp),
) -> GatheredCall {
    let cameras = Arc::clone(&state.site_cameras().shown);
    let places = state.places();
    let found = gather(&cameras, &places, &call, policy);
    let around = policy.around(&call);
    let footage = if found.is_near { found.cameras.clone() } else { Vec::new() };
    let id = known.map_or_else(|| event_id(at), |alert| alert.id);
    let mut alert = alert_of(&source.id, &call, (id, at), found.cameras);
    if let Some(known) = known {
        alert.version = known.version.saturating_add(1);
        if let (true, Condition::Cleared(_)) = (call.is_over, known.condition) {
            alert.condition = known.condition;
        }
    }
    let place = named_place(&places, &cameras, &call).map(|place| place.name.as_str());
    let title = match place {
        Some(place) => format!("{} · {place}", call.what),
        None => call.what.clone(),
    };
    GatheredCall {
        title,
        number: format!("{}-{}", call.service, local_day(at)),
        footage: footage.into_iter().map(|camera| (camera, around)).collect(),
        escalation: state.desk().escalations.next(alert.severity, 0, at),
        alert,
        call,
    }
}

/// Returns the name of an incident that is told at `at`.
fn event_id(at: Timestamp) -> EventId {
    let micros = u64::try_from(at.as_micros()).unwrap_or(0);
    let nanos = u32::try_from(micros % 1_000_000).unwrap_or(0) * 1000;
    let given = uuid::Timestamp::from_unix(uuid::NoContext, micros / 1_000_000, nanos);
    EventId(uuid::Uuid::new_v7(given))
}

/// Returns the day in Vietnam, as numbers of cases have it: `20261127`.
fn local_day(at: Timestamp) -> String {
    let local = at.plus(Duration::from_secs(7 * 3600)).to_string();
    local.chars().take(10).filter(char::is_ascii_digit).collect()
}

fn state_body(state: &ApiState, call: &StoredCall) -> Result<CallStateBody, ApiError> {
    let index = &state.parts().index;
    let stored = index.alert(call.alert)?.ok_or(ApiError::NoSuchIncident(call.alert))?;
    let (case, _) = index.case(call.case)?.ok_or(ApiError::NoSuchIncident(call.alert))?;
    let handling = stored.handling;
    Ok(CallStateBody {
        incident: call.alert.to_string(),
        id: call.name.id.clone(),
        case: case.number,
        revision: call.revision,
        received: call.received,
        state: handling.state.as_str(),
        handled: handling.latest.map(|(_, signed)| signed.at),
        outcome: handling.verdict.map(|verdict| verdict.outcome.as_str()),
        cameras: stored.alert.cameras.len(),
        href: format!("/api/v1/calls/{}", call.alert),
    })
}

/// How an incident stands, for the system that told of the call
///
/// Only its own: another's is as one that is not there.
#[utoipa::path(
    get,
    path = "/calls/{incident}",
    tag = "calls",
    operation_id = "call_state",
    params(
        ("incident" = String, Path, description = "The incident, as the posting was answered"),
        ("Authorization" = String, Header, description = "`Bearer` and the source's token"),
    ),
    responses(
        (status = 200, description = "How it stands", body = CallStateBody),
        (status = 401, description = "No source has this token", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such incident of this source", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Faster than agreed; `Retry-After` says when to go on", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn call_state(
    State(state): State<ApiState>,
    Params(NoParams): Params<NoParams>,
    names: Names,
    request: Request,
) -> Result<Json<CallStateBody>, ApiError> {
    let gate = state.gate();
    let (head, _) = request.into_parts();
    let guarded = gate.admit(&head, state.failed_sign_ins())?;
    guarded.take_turn(state.parts().clock.monotonic()).map_err(ApiError::TooMany)?;
    let id: EventId = names.parse("incident")?;
    let source = guarded.source.id.clone();
    let body = state
        .ask(move |state| {
            let found = state.parts().index.call_of_alert(id)?;
            let own = found.filter(|call| call.name.source == source);
            state_body(state, &own.ok_or(ApiError::NoSuchIncident(id))?)
        })
        .await?;
    Ok(Json(body))
}
