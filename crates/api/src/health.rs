//! Whether the service does what it is there for, part by part, and its figures.

use std::collections::BTreeMap;

use archive::{VolumeState, VolumeStatus};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::{Permission, Scope, StreamId, StreamState, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Caller;
use crate::params::{NoParams, Params};
use crate::problem::{ApiError, chain};
use crate::state::ApiState;
use crate::storage;

/// Whoever may do one of these with a camera may know how its streams are doing.
const SEES_CAMERAS: [Permission; 5] = [
    Permission::Follow,
    Permission::Live,
    Permission::Search,
    Permission::Play,
    Permission::Monitor,
];

/// How well a part does its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// As it should.
    Ok,
    /// Something is missing, the rest goes on.
    Degraded,
    /// It does not.
    Failing,
}

/// How well a part of the program does its work, as the program tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ComponentHealth {
    /// Which: `analysis`, `events`.
    #[schema(example = "analysis")]
    pub name: &'static str,
    /// How well.
    pub status: Health,
    /// Why not better, or with what (model, provider), for a person.
    pub detail: Option<String>,
}

/// Whether the service does what it is there for. What one may not know is null.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct HealthBody {
    /// The worst that matters: `failing` when nothing can be recorded or found any more.
    status: Health,
    /// Why it is not `ok`, each for a person, as far as the caller may know.
    reasons: Vec<String>,
    /// Our clock.
    #[schema(value_type = String, format = DateTime)]
    time: Timestamp,
    /// The program's version.
    version: Option<&'static str>,
    /// Nobody can sign in yet: an account is to be made by a command first.
    awaits_account: bool,
    /// The streams of the cameras that the caller may see.
    streams: Option<StreamsHealth>,
    /// The disks given to recording.
    volumes: Option<Vec<VolumeHealth>>,
    /// The event index.
    index: Option<IndexHealth>,
    /// The other parts. One that fails leaves footage and search as they are: `degraded`.
    components: Option<Vec<ComponentHealth>>,
}

/// How many streams do what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct StreamsHealth {
    /// How many are up.
    up: usize,
    /// How many there are.
    total: usize,
    /// How many are in each state.
    by_state: BTreeMap<&'static str, usize>,
}

/// How a volume is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct VolumeHealth {
    /// Its name.
    id: String,
    /// `ok`, `full`, `failed` or `read_only`.
    #[schema(example = "ok")]
    state: &'static str,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
    /// Why it does not record, for a person.
    detail: Option<String>,
    /// Size of its file system, in bytes; 0 if unknown.
    total_bytes: u64,
    /// Bytes free; 0 if unknown.
    free_bytes: u64,
    /// How many streams are recorded on it.
    streams: usize,
}

/// How the index is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct IndexHealth {
    /// Whether it can be read.
    status: Health,
    /// The sequence number of the newest event.
    newest_event: u64,
}

/// Whether the service does what it is there for
///
/// Anyone is told how it is. Who may see cameras is told of their streams, and who has `monitor` over
/// the whole site of all parts.
#[utoipa::path(
    get,
    path = "/health",
    tag = "service",
    operation_id = "health",
    responses(
        (status = 200, description = "It does, at least for the greater part", body = HealthBody),
        (status = 503, description = "Nothing can be recorded or found", body = HealthBody),
    )
)]
pub(crate) async fn health(
    State(state): State<ApiState>,
    caller: Option<Caller>,
    Params(NoParams): Params<NoParams>,
) -> Result<Response, ApiError> {
    let reached = |permissions: &[Permission]| {
        caller.as_ref().map_or(Scope::NONE, |caller| caller.scope_for(permissions))
    };
    let cameras = reached(&SEES_CAMERAS);
    let sees_inside = reached(&[Permission::Monitor]).is_site();
    let mut parts = Verdict::default();
    let index = index(&state, &mut parts).await?;
    let body = state
        .ask(move |state| {
            let volumes = volumes(&state.parts().archive.volumes(), &mut parts);
            let components = (state.parts().components)();
            for component in components.iter().filter(|one| one.status != Health::Ok) {
                let detail = component.detail.as_deref().unwrap_or("no reason given");
                parts.worsen(Health::Degraded, format!("{}: {detail}", component.name));
            }
            for reason in storage::too_small(state)? {
                parts.worsen(Health::Degraded, reason);
            }
            let mut verdict = Verdict::default();
            let has_cameras = cameras != Scope::NONE;
            let streams = has_cameras.then(|| streams(state, &cameras, &mut verdict));
            verdict.status = verdict.status.max(parts.status);
            if sees_inside {
                verdict.reasons.append(&mut parts.reasons);
            }
            Ok(HealthBody {
                awaits_account: !state.parts().index.accounts().has_people()?,
                status: verdict.status,
                reasons: verdict.reasons,
                time: state.parts().clock.now(),
                version: sees_inside.then_some(env!("CARGO_PKG_VERSION")),
                streams,
                volumes: sees_inside.then_some(volumes),
                index: sees_inside.then_some(index),
                components: sees_inside.then_some(components),
            })
        })
        .await?;
    let status = match body.status {
        Health::Ok | Health::Degraded => StatusCode::OK,
        Health::Failing => StatusCode::SERVICE_UNAVAILABLE,
    };
    Ok((status, Json(body)).into_response())
}

/// Answers with the metrics, as Prometheus reads them.
pub(crate) async fn metrics(
    State(state): State<ApiState>,
    Params(NoParams): Params<NoParams>,
) -> Result<Response, ApiError> {
    let text = state.ask(|state| Ok((state.parts().metrics)())).await?;
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}

struct Verdict {
    status: Health,
    reasons: Vec<String>,
}

impl Default for Verdict {
    fn default() -> Self {
        Self { status: Health::Ok, reasons: Vec::new() }
    }
}

impl Verdict {
    fn worsen(&mut self, status: Health, reason: String) {
        self.status = self.status.max(status);
        self.reasons.push(reason);
    }
}

fn streams(state: &ApiState, scope: &Scope, verdict: &mut Verdict) -> StreamsHealth {
    let board = state.parts().board.snapshot();
    let mut by_state = BTreeMap::new();
    let mut total = 0;
    for camera in state.cameras_in(scope) {
        for role in &camera.streams {
            let stream = StreamId { camera: camera.id.clone(), role: *role };
            let state = board.get(&stream).map_or(StreamState::Connecting, |status| status.state);
            *by_state.entry(state.as_str()).or_default() += 1;
            total += 1;
        }
    }
    let up = by_state.get(StreamState::Up.as_str()).copied().unwrap_or(0);
    if up < total {
        let others: Vec<_> = by_state
            .iter()
            .filter(|(state, _)| **state != StreamState::Up.as_str())
            .map(|(state, count)| format!("{count} {state}"))
            .collect();
        let reason = format!("{up} of {total} streams are up: {}", others.join(", "));
        verdict.worsen(Health::Degraded, reason);
    }
    StreamsHealth { up, total, by_state }
}

fn volumes(volumes: &[VolumeStatus], verdict: &mut Verdict) -> Vec<VolumeHealth> {
    let works = |volume: &VolumeStatus| volume.state == VolumeState::Ok;
    let worst = if volumes.iter().any(works) { Health::Degraded } else { Health::Failing };
    for volume in volumes.iter().filter(|volume| !works(volume)) {
        let detail = volume.detail.as_deref().unwrap_or("no reason given");
        let reason = format!("volume {} is {}: {detail}", volume.id, volume.state.as_str());
        verdict.worsen(worst, reason);
    }
    if volumes.is_empty() {
        verdict.worsen(worst, "there is no volume to record on".to_owned());
    }
    let body = |volume: &VolumeStatus| VolumeHealth {
        id: volume.id.as_str().to_owned(),
        state: volume.state.as_str(),
        since: volume.since,
        detail: volume.detail.clone(),
        total_bytes: volume.total_bytes,
        free_bytes: volume.free_bytes,
        streams: volume.streams,
    };
    volumes.iter().map(body).collect()
}

/// Reads one event. A busy index is told as such by the caller's 503, not as a failing one.
async fn index(state: &ApiState, verdict: &mut Verdict) -> Result<IndexHealth, ApiError> {
    let newest_event = *state.parts().index.knock().borrow();
    let before = newest_event.saturating_sub(1);
    let read = state.query(move |index| index.events_after(before, 1)).await;
    let status = match read {
        Ok(_) => of_months(state, verdict).await?,
        Err(ApiError::Busy(what)) => return Err(ApiError::Busy(what)),
        Err(error) => {
            tracing::error!(error = %chain(&error), "cannot read the index");
            verdict.worsen(Health::Failing, error.to_string());
            Health::Failing
        }
    };
    Ok(IndexHealth { status, newest_event })
}

/// Tells of months that are damaged: the index goes on without what they held.
async fn of_months(state: &ApiState, verdict: &mut Verdict) -> Result<Health, ApiError> {
    let aside = state.query(|index| index.set_aside()).await?;
    for file in &aside {
        let reason = format!(
            "index: {} is damaged and was set aside, what it held is not found: repair it or move it \
             out of the folder",
            file.display()
        );
        verdict.worsen(Health::Degraded, reason);
    }
    Ok(if aside.is_empty() { Health::Ok } else { Health::Degraded })
}
