//! What partner systems found, posted by them: checked against what they may tell, stored once.

mod fields;
mod finding;
mod posting;
mod source;

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::{
    Attributes, Event, EventDraft, EventId, Evidence, Scope, Source, SourceId, Timestamp,
};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use tracing::info;
use utoipa::ToSchema;

pub(crate) use fields::Fields;
pub(crate) use finding::Finding;
pub(crate) use posting::{Attributes as PostingAttributes, read_posting};
pub use source::{FedSignal, FindingSource, Intake, Token};
pub(crate) use source::{Gate, bearer};

use crate::params::{NoParams, Params};
use crate::problem::{ApiError, Problem};
use crate::state::ApiState;

/// Bytes that a posting may have.
const BODY_LIMIT: usize = 16 << 10;
/// How far ahead of our clock a finding may lie: clocks differ.
const FUTURE_LIMIT: Duration = Duration::from_secs(300);

/// Where a posted finding lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct StoredFindingBody {
    /// The event that it became: a UUID v8, always the same for the same source and id.
    event: String,
    /// Where to get it.
    href: String,
}

/// Post what another system found
///
/// One finding as JSON, or as a CloudEvent 1.0 in structured or binary mode. The same id posted
/// again is stored once, and answered with 200 in place of 201.
#[utoipa::path(
    post,
    path = "/findings",
    tag = "events",
    operation_id = "post_finding",
    request_body(content = Finding, content_type = "application/json"),
    params(("Authorization" = String, Header, description = "`Bearer` and the source's token")),
    responses(
        (status = 201, description = "Stored", body = StoredFindingBody),
        (status = 200, description = "Stored before, under this id", body = StoredFindingBody),
        (status = 400, description = "The finding was refused; each member is named", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No source has this token", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not a camera or kind of this source", body = Problem, content_type = "application/problem+json"),
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
    let taken = async {
        guarded.take_turn(state.parts().clock.monotonic()).map_err(ApiError::TooMany)?;
        let body = read_body(body).await?;
        let finding = Finding::read(&head.headers, &body)?;
        if !source.cameras.contains(&finding.camera) {
            return Err(ApiError::OtherCamera(finding.camera));
        }
        if !source.kinds.contains(&finding.kind) {
            return Err(ApiError::OtherKind(finding.kind));
        }
        check_time(finding.time, state.parts().clock.now(), gate.kept_for)?;
        let location = state.camera(&Scope::Site, &finding.camera)?.location;
        Ok(Event { id: event_id(&source.id, &finding), location, draft: draft(source, finding) })
    };
    let event = taken.await.inspect_err(|error| count_refused(source.id.as_str(), error))?;
    store(&state, source.id.clone(), event).await
}

/// Returns the type of a body without its parameters, in small letters; empty if none is said.
pub(crate) fn media_type(headers: &HeaderMap) -> String {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|text| text.to_str().ok());
    let content_type = content_type.unwrap_or_default().split(';').next().unwrap_or_default();
    content_type.trim().to_ascii_lowercase()
}

/// Reads what a source tells, if it is not too much.
pub(crate) async fn read_body(body: Body) -> Result<axum::body::Bytes, ApiError> {
    let read = axum::body::to_bytes(body, BODY_LIMIT).await;
    read.map_err(|_| ApiError::TooLarge { limit: BODY_LIMIT })
}

/// Refuses a time that is yet to come, or of which nothing is kept any more.
pub(crate) fn check_time(
    time: Timestamp,
    now: Timestamp,
    kept_for: Duration,
) -> Result<(), ApiError> {
    if time > now.plus(FUTURE_LIMIT) {
        let reason = format!("{time} is yet to come: it is {now} here");
        return Err(ApiError::refuse("time", reason));
    }
    let oldest = now.minus(kept_for);
    if time < oldest {
        let reason = format!("{time} is older than events are kept: since {oldest}");
        return Err(ApiError::refuse("time", reason));
    }
    Ok(())
}

/// Returns the name of the event that a finding becomes: made of its own name, so that the same
/// finding has the same name however often it is posted (RFC 9562 §5.8).
fn event_id(source: &SourceId, finding: &Finding) -> EventId {
    let mut hash = Sha256::new_with_prefix(b"watchpost finding");
    for part in [source.as_str(), &finding.context, &finding.id] {
        // With its length before it, no part can pass for the end of another.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let digest: [u8; 32] = hash.finalize().into();
    let (first, _) = digest.split_first_chunk::<16>().expect("32 bytes hold 16");
    EventId(uuid::Builder::from_custom_bytes(*first).into_uuid())
}

fn draft(source: &FindingSource, finding: Finding) -> EventDraft {
    EventDraft {
        camera: finding.camera,
        time: finding.time,
        duration_ms: finding.duration_ms,
        kind: finding.kind.into(),
        rule: source.id.as_str().parse().expect("names of sources and rules are of one shape"),
        rule_version: 0,
        severity: source.severity,
        class: finding.class,
        confidence: finding.confidence,
        attributes: Attributes::default(),
        track: None,
        bbox: finding.bbox,
        crossing: None,
        count: finding.count,
        geometry: Arc::default(),
        evidence: Evidence { note: finding.note, ..Evidence::default() },
        clock_error_ms: 0,
        source: Source::Partner { name: source.id.clone(), topic: finding.topic.to_owned() },
    }
}

async fn store(state: &ApiState, source: SourceId, event: Event) -> Result<Response, ApiError> {
    let id = event.id;
    let (camera, kind) = (event.draft.camera.clone(), event.draft.kind);
    let is_new = state
        .ask(move |state| {
            let index = &state.parts().index;
            // The index keeps an id once a month; this looks at all of them. Of two postings of
            // one finding at the same moment both may be told that theirs was the first.
            if index.event(&id)?.is_some() {
                return Ok(false);
            }
            index.append_events(vec![event]).map_err(|error| {
                if error.is_permanent() {
                    ApiError::Index(error)
                } else {
                    ApiError::NotStored(error)
                }
            })?;
            Ok(true)
        })
        .await?;
    let outcome = if is_new { "new" } else { "known" };
    metrics::counter!(
        "watchpost_edge_findings_total", "source" => source.to_string(), "outcome" => outcome
    )
    .increment(1);
    if is_new {
        info!(%camera, %source, %kind, %id, "finding stored");
    }
    let href = format!("/api/v1/events/{id}");
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    let headers = [(header::LOCATION, href.clone())];
    let body = StoredFindingBody { event: id.to_string(), href };
    Ok((status, headers, Json(body)).into_response())
}

/// Counts what a source tells that was not taken, by the reason.
pub(crate) fn count_refused(source: &str, error: &ApiError) {
    let reason = match error {
        ApiError::NoSuchToken => "token",
        ApiError::TooMany(_) => "rate",
        ApiError::OtherCamera(_) | ApiError::NoSuchCamera(_) => "camera",
        ApiError::OtherKind(_) => "kind",
        ApiError::OtherSignal(_) => "signal",
        ApiError::OtherService(_) | ApiError::NoCalls => "service",
        ApiError::NotTaken => "busy",
        ApiError::Invalid(params) => {
            let names = |wanted: &[&str]| {
                params.iter().any(|param| wanted.contains(&param.name.trim_start_matches("data.")))
            };
            match () {
                () if names(&["kind", "topic", "type"]) => "topic",
                () if names(&["time"]) => "time",
                () => "invalid",
            }
        }
        _ => "invalid",
    };
    metrics::counter!(
        "watchpost_edge_refused_total", "reason" => reason, "source" => source.to_owned()
    )
    .increment(1);
}

impl ApiState {
    /// Replaces whose findings are taken, after a start or a reload of the configuration. Until
    /// it is called, nobody's are. Every source's rate begins anew.
    pub fn set_intake(&self, intake: Intake) {
        let gate = Gate::new(intake, self.parts().clock.monotonic());
        self.set_gate(Arc::new(gate));
    }
}
