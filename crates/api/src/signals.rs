//! What traffic lights show, told by whoever controls them: handed at once to every scene that
//! judges by them, and stored nowhere but in the events that it speaks for.

use std::time::Duration;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use domain::{SignalState, Timestamp};
use metrics::counter;
use serde::Serialize;
use utoipa::ToSchema;

use crate::findings::{FedSignal, Fields, count_refused, media_type, read_body};
use crate::params::{Names, NoParams, Params};
use crate::problem::{ApiError, Problem};
use crate::state::ApiState;

/// How far ahead of our clock a state may lie: a later one would be taken for a straggler.
const FUTURE_LIMIT: Duration = Duration::from_secs(5);
/// An older state says nothing about what is being judged.
const PAST_LIMIT: Duration = Duration::from_secs(60);

/// What a traffic light shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema)]
pub(crate) struct SignalTold {
    /// `red`, `amber`, `green`, or `unknown` from then on.
    #[schema(value_type = String, example = "red")]
    state: SignalState,
    /// Since when at the latest; now if left out.
    #[schema(value_type = Option<String>, format = DateTime)]
    time: Option<Timestamp>,
}

/// What was taken, and for how long it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct SignalTakenBody {
    /// Names the signal.
    signal: String,
    /// What it shows.
    state: &'static str,
    /// Since when at the latest.
    #[schema(value_type = String, format = DateTime)]
    time: Timestamp,
    /// The cameras that judge by it.
    cameras: Vec<SignalAtCameraBody>,
}

/// A camera that judges by a signal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct SignalAtCameraBody {
    /// The camera.
    camera: String,
    /// Until when the state holds if it is not told again; from then on it is unknown, and no rule
    /// fires.
    #[schema(value_type = String, format = DateTime)]
    valid_until: Timestamp,
}

/// Tell what a traffic light shows
///
/// At every change, and again and again in between, more often than the signal's `valid_for_s`.
/// Telling the same twice changes nothing; what is older than what was told last is left out.
#[utoipa::path(
    put,
    path = "/signals/{signal}",
    tag = "events",
    operation_id = "put_signal",
    request_body(content = SignalTold, content_type = "application/json"),
    params(
        ("signal" = String, Path, description = "The signal's name in the configuration"),
        ("Authorization" = String, Header, description = "`Bearer` and the source's token"),
    ),
    responses(
        (status = 200, description = "Taken", body = SignalTakenBody),
        (status = 400, description = "The state was refused; each member is named", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No source has this token", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not a signal of this source", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No source is configured", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Faster than agreed; `Retry-After` says when to go on", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Not taken for now: tell it again", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn put(
    State(state): State<ApiState>,
    names: Names,
    Params(NoParams): Params<NoParams>,
    request: Request,
) -> Result<Json<SignalTakenBody>, ApiError> {
    let gate = state.gate();
    let (head, body) = request.into_parts();
    let guarded = gate.admit(&head, state.failed_sign_ins())?;
    let source = &guarded.source;
    let taken = async {
        guarded.take_turn(state.parts().clock.monotonic()).map_err(ApiError::TooMany)?;
        let name: String = names.parse("signal")?;
        let told = SignalTold::read(&head.headers, &read_body(body).await?)?;
        let signal = source.signals.iter().find(|signal| signal.name == name);
        let signal = signal.ok_or(ApiError::OtherSignal(name))?;
        let now = state.parts().clock.now();
        let time = told.time.unwrap_or(now);
        check_time(time, now)?;
        hand_over(&state, signal, told.state, time)
    };
    let taken = taken.await.inspect_err(|error| count_refused(source.id.as_str(), error))?;
    counter!(
        "watchpost_edge_signals_total",
        "source" => source.id.to_string(), "signal" => taken.signal.clone()
    )
    .increment(1);
    Ok(Json(taken))
}

impl SignalTold {
    /// Reads a telling.
    ///
    /// # Errors
    /// Names every member that is missing, unknown or not understood.
    pub(crate) fn read(headers: &HeaderMap, body: &[u8]) -> Result<Self, ApiError> {
        if media_type(headers) != "application/json" {
            return Err(ApiError::MediaType);
        }
        let mut fields = Fields::read(body, "")?;
        let is_given = fields.has("state");
        let state = fields.parse_with("state", read_state);
        if !is_given {
            fields.refuse("state", "is missing: red, amber, green or unknown");
        }
        let time = fields.parse("time");
        fields.finish(state.map(|state| Self { state, time }))
    }
}

fn read_state(text: &str) -> Result<SignalState, String> {
    let found = SignalState::ALL.into_iter().find(|state| state.as_str() == text);
    found.ok_or_else(|| format!("\"{text}\" is no state: red, amber, green or unknown"))
}

fn check_time(time: Timestamp, now: Timestamp) -> Result<(), ApiError> {
    if time > now.plus(FUTURE_LIMIT) {
        return Err(ApiError::refuse("time", format!("{time} is yet to come: it is {now} here")));
    }
    if time < now.minus(PAST_LIMIT) {
        let reason = format!("{time} is too long ago to judge by: it is {now} here");
        return Err(ApiError::refuse("time", reason));
    }
    Ok(())
}

fn hand_over(
    state: &ApiState,
    signal: &FedSignal,
    shown: SignalState,
    time: Timestamp,
) -> Result<SignalTakenBody, ApiError> {
    let mut cameras = Vec::new();
    for (camera, valid_for) in &signal.cameras {
        if !state.parts().scenes.tell_signal(camera, &signal.name, shown, time) {
            return Err(ApiError::NotTaken);
        }
        let valid_until = time.plus(*valid_for);
        cameras.push(SignalAtCameraBody { camera: camera.to_string(), valid_until });
    }
    Ok(SignalTakenBody { signal: signal.name.clone(), state: shown.as_str(), time, cameras })
}
