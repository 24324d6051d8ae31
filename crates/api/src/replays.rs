//! A rule asked of the past: judged over stored tracks, its findings sent as they come.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::{
    CameraId, Crossing, EventDraft, Scope, StreamId, TimeRange, Timestamp, Track, TrackSource,
};
use scene::{CameraScene, Replay};
use serde::{Deserialize, Serialize};
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use utoipa::ToSchema;

use crate::access::Caller;
use crate::event_body::BboxBody;
use crate::params::{NoParams, Params};
use crate::problem::{ApiError, InvalidParam, Problem, chain};
use crate::state::ApiState;

/// A longer body is no rule.
const MOST_BYTES: usize = 256 << 10;
/// Lines that wait for the client; when there are more, judging waits.
const LINES_WAITING: usize = 256;
/// How often progress is told.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(250);
/// Tracks between two looks at the clock, and at whether the client is still there.
const TRACKS_BETWEEN: u64 = 512;
/// How far back from the end the shape of a view is looked for.
const NEWEST_FOOTAGE: Duration = Duration::from_secs(24 * 3600);
/// Shape of a view of which nothing is recorded.
const USUAL_ASPECT: f32 = 16.0 / 9.0;

/// What to judge, over which tracks.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplayRequest {
    /// Zones, tripwires and rules, as in a camera's `scene` in the configuration.
    #[schema(value_type = Object)]
    scene: CameraScene,
    /// The cameras whose tracks are judged.
    #[schema(value_type = Vec<String>, min_items = 1)]
    cameras: Vec<CameraId>,
    /// Whose tracks: `analysis` (ours, if left out) or `camera` (those that the cameras tell).
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "analysis")]
    source: TrackSource,
    /// First moment: tracks that start from here on are judged.
    #[schema(value_type = String, format = DateTime)]
    start: Timestamp,
    /// First moment after.
    #[schema(value_type = String, format = DateTime)]
    end: Timestamp,
}

/// One line of the answer.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReplayLine {
    /// Rules that find nothing, whatever happened: the first line, if there are any.
    Unjudged(Vec<UnjudgedRule>),
    /// How far it has come.
    Progress(ReplayProgress),
    /// What a rule found. Those of one camera come in order; cameras come in any order.
    Event(ReplayedEvent),
    /// All is judged: the last line.
    Done(ReplayProgress),
    /// It could not be finished: the last line.
    Failed(String),
}

/// A rule whose signal nobody knows the past states of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct UnjudgedRule {
    /// The rule.
    rule: String,
    /// Its signal, which is read from its lamps or told from outside: what it showed is not stored.
    signal: String,
}

/// How far a replay has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ReplayProgress {
    /// Cameras that are done.
    cameras_done: usize,
    /// Cameras in all.
    cameras: usize,
    /// Tracks judged so far.
    tracks: u64,
    /// Events found so far.
    events: u64,
    /// How long it took so far, in milliseconds.
    elapsed_ms: u64,
}

/// What a rule found in the past. It is not stored.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct ReplayedEvent {
    /// The camera that saw it.
    camera: String,
    /// When the condition was first met.
    #[schema(value_type = String, format = DateTime)]
    time: Timestamp,
    /// How long it had held when it was found, in milliseconds.
    duration_ms: u32,
    /// Its kind, such as `line_crossing`.
    kind: &'static str,
    /// Which rule found it.
    rule: String,
    /// 1 is the gravest, 4 the least.
    severity: u8,
    /// What kind of object, if one.
    class: Option<&'static str>,
    /// The track that met the condition, if one.
    track: Option<String>,
    /// Where the object was at `time`.
    bbox: Option<BboxBody>,
    /// `left_to_right` or `right_to_left` over the tripwire.
    #[schema(value_type = Option<String>)]
    crossing: Option<Crossing>,
    /// How many, for counts; otherwise 1.
    count: u32,
    /// The picture at `time`, as JPEG, if it is still recorded.
    picture: String,
}

impl From<EventDraft> for ReplayedEvent {
    fn from(draft: EventDraft) -> Self {
        let (camera, time) = (draft.camera.as_str().to_owned(), draft.time);
        Self {
            picture: format!("/api/v1/cameras/{camera}/frame.jpg?time={time}"),
            camera,
            time,
            duration_ms: draft.duration_ms,
            kind: draft.kind.as_str(),
            rule: draft.rule.to_string(),
            severity: draft.severity.number(),
            class: draft.class.map(domain::Class::as_str),
            track: draft.track.map(|track| track.0.to_string()),
            bbox: draft.bbox.map(BboxBody::from),
            crossing: draft.crossing,
            count: draft.count,
        }
    }
}

/// Ask a rule of the past
///
/// Judges zones, tripwires and rules over the stored tracks of a span, without decoding a picture:
/// by the same code that judges live ones. The answer is a line of JSON per finding and for
/// progress, the last one `done` or `failed`. A client that goes away ends it. What signals showed is
/// not stored: rules that need one find nothing, unless it has a fixed plan; the first line,
/// `unjudged`, names them.
#[utoipa::path(
    post,
    path = "/replays",
    tag = "tracks",
    operation_id = "replay",
    request_body = ReplayRequest,
    responses(
        (status = 200, description = "Findings as they come", content_type = "application/x-ndjson", body = ReplayLine),
        (status = 400, description = "The body was refused, each mistake with its place", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such camera", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Too many replays at once, or stopping", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn replay(
    State(state): State<ApiState>,
    caller: Caller,
    Params(NoParams): Params<NoParams>,
    body: Body,
) -> Result<Response, ApiError> {
    let body = axum::body::to_bytes(body, MOST_BYTES)
        .await
        .map_err(|_| ApiError::refuse("body", format!("it is longer than {MOST_BYTES} bytes")))?;
    let Json(request) = Json::<ReplayRequest>::from_bytes(&body).map_err(unreadable)?;
    let request = checked(&state, caller.scope(), request)?;
    let permit = state.replay_permit()?;
    let (lines, answer) = channel(LINES_WAITING);
    tokio::task::spawn_blocking(move || judge_all(&state, &request, &lines, permit));
    let content_type = (header::CONTENT_TYPE, "application/x-ndjson");
    // Proxies that gather answers would hold findings back.
    let unbuffered = (header::HeaderName::from_static("x-accel-buffering"), "no");
    Ok(([content_type, unbuffered], Body::from_stream(stream(answer))).into_response())
}

/// Says what is wrong with a body, and where in it.
fn unreadable(rejection: JsonRejection) -> ApiError {
    let error = match rejection {
        JsonRejection::JsonDataError(error) => error.body_text(),
        other => return ApiError::refuse("body", other.body_text()),
    };
    // axum says "Failed to deserialize the JSON body into the target type: PATH: WHAT".
    let told = error.split_once(": ").map_or(error.as_str(), |(_, told)| told);
    let (path, reason) = told.split_once(": ").unwrap_or(("body", told));
    ApiError::refuse(path, reason)
}

/// Finds every mistake before anything is judged.
fn checked(
    state: &ApiState,
    scope: &Scope,
    mut request: ReplayRequest,
) -> Result<ReplayRequest, ApiError> {
    let refused = |name: String, reason: String| InvalidParam { name, reason };
    let mistakes = request.scene.check().into_iter();
    let mut problems: Vec<_> = mistakes
        .map(|mistake| refused(format!("scene.{}", mistake.path), mistake.message))
        .collect();
    if request.scene.rules.is_empty() {
        problems.push(refused("scene.rules".into(), "there is no rule to judge by".into()));
    }
    if request.start >= request.end {
        problems.push(refused("end".into(), "it does not lie after `start`".into()));
    }
    if request.cameras.is_empty() {
        problems.push(refused("cameras".into(), "no camera is named".into()));
    }
    if !problems.is_empty() {
        return Err(ApiError::Invalid(problems));
    }
    request.cameras.sort();
    request.cameras.dedup();
    for camera in &request.cameras {
        state.camera(scope, camera)?;
    }
    Ok(request)
}

fn stream(
    answer: Receiver<ReplayLine>,
) -> impl futures::Stream<Item = Result<Bytes, serde_json::Error>> {
    futures::stream::unfold(answer, async |mut answer| {
        let line = answer.recv().await?;
        let text = serde_json::to_vec(&line).map(|mut text| {
            text.push(b'\n');
            Bytes::from(text)
        });
        Some((text, answer))
    })
}

/// What the threads of one replay share.
struct Work<'a> {
    state: &'a ApiState,
    request: &'a ReplayRequest,
    lines: &'a Sender<ReplayLine>,
    started: Instant,
    next_camera: AtomicUsize,
    cameras_done: AtomicUsize,
    tracks: AtomicU64,
    events: AtomicU64,
    /// The client has gone, the service stops, or it failed.
    ended: AtomicBool,
    told_ms: AtomicU64,
}

/// Judges all cameras on as many threads as there are cores. Blocks.
fn judge_all(
    state: &ApiState,
    request: &ReplayRequest,
    lines: &Sender<ReplayLine>,
    _permit: OwnedSemaphorePermit,
) {
    let work = Work {
        state,
        request,
        lines,
        started: Instant::now(),
        next_camera: AtomicUsize::new(0),
        cameras_done: AtomicUsize::new(0),
        tracks: AtomicU64::new(0),
        events: AtomicU64::new(0),
        ended: AtomicBool::new(false),
        told_ms: AtomicU64::new(0),
    };
    let unjudged: Vec<UnjudgedRule> = request
        .scene
        .unknown_in_replay()
        .map(|(rule, signal)| UnjudgedRule {
            rule: rule.id.to_string(),
            signal: signal.name.clone(),
        })
        .collect();
    if !unjudged.is_empty() {
        work.send(ReplayLine::Unjudged(unjudged));
    }
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads = threads.min(request.cameras.len());
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(|| work.judge_cameras());
        }
        work.judge_cameras();
    });
    if !work.has_ended() {
        work.send(ReplayLine::Done(work.progress()));
    }
}

impl Work<'_> {
    /// Judges one camera after another until none is left.
    fn judge_cameras(&self) {
        while !self.has_ended() {
            let number = self.next_camera.fetch_add(1, Ordering::Relaxed);
            let Some(camera) = self.request.cameras.get(number) else { return };
            if let Err(error) = self.judge_camera(camera) {
                tracing::error!(error = %chain(&error), %camera, "cannot replay");
                self.send(ReplayLine::Failed(format!("{camera}: {error}")));
                self.ended.store(true, Ordering::Relaxed);
            }
            self.cameras_done.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn judge_camera(&self, camera: &CameraId) -> Result<(), ApiError> {
        let index = &self.state.parts().index;
        let range = TimeRange { start: self.request.start, end: self.request.end };
        let mut replay = Replay::new(camera.clone(), &self.request.scene, self.aspect(camera))
            .map_err(|error| ApiError::refuse("scene", error.to_string()))?;
        let mut found = Vec::new();
        let mut taken = 0_u64;
        let mut take = |track: Track| {
            replay.take(track, &mut found);
            taken += 1;
            let is_look_due = taken.is_multiple_of(TRACKS_BETWEEN);
            if !found.is_empty() && !self.publish(&mut found) || is_look_due && !self.go_on() {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        };
        index.scan_tracks(camera, self.request.source, range, &mut take)?;
        self.tracks.fetch_add(taken % TRACKS_BETWEEN, Ordering::Relaxed);
        if !self.has_ended() {
            replay.finish(&mut found);
            self.publish(&mut found);
        }
        Ok(())
    }

    /// Counts what was judged and tells progress now and then; returns whether to go on.
    fn go_on(&self) -> bool {
        self.tracks.fetch_add(TRACKS_BETWEEN, Ordering::Relaxed);
        let progress = self.progress();
        let told_ms = self.told_ms.load(Ordering::Relaxed);
        let is_due = u128::from(progress.elapsed_ms.saturating_sub(told_ms))
            >= PROGRESS_INTERVAL.as_millis();
        if is_due {
            self.told_ms.store(progress.elapsed_ms, Ordering::Relaxed);
            self.send(ReplayLine::Progress(progress));
        }
        if self.state.stop().is_cancelled() || self.lines.is_closed() {
            self.ended.store(true, Ordering::Relaxed);
        }
        !self.has_ended()
    }

    fn publish(&self, found: &mut Vec<EventDraft>) -> bool {
        self.events.fetch_add(found.len() as u64, Ordering::Relaxed);
        found.drain(..).all(|draft| self.send(ReplayLine::Event(draft.into())))
    }

    /// Sends a line, waiting for a slow client; returns whether there is one.
    fn send(&self, line: ReplayLine) -> bool {
        let is_sent = self.lines.blocking_send(line).is_ok();
        if !is_sent {
            self.ended.store(true, Ordering::Relaxed);
        }
        is_sent
    }

    fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }

    fn progress(&self) -> ReplayProgress {
        ReplayProgress {
            cameras_done: self.cameras_done.load(Ordering::Relaxed),
            cameras: self.request.cameras.len(),
            tracks: self.tracks.load(Ordering::Relaxed),
            events: self.events.load(Ordering::Relaxed),
            elapsed_ms: u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
        }
    }

    /// Returns the shape of the camera's view, from its footage of that time.
    fn aspect(&self, camera: &CameraId) -> f32 {
        let stream = StreamId::main(camera.clone());
        let ReplayRequest { start, end, .. } = *self.request;
        let newest = TimeRange { start: start.max(end.minus(NEWEST_FOOTAGE)), end };
        let known = self.state.parts().index.segments(&stream, newest).unwrap_or_default();
        known.last().filter(|segment| segment.height > 0).map_or(USUAL_ASPECT, |segment| {
            #[allow(clippy::cast_precision_loss, reason = "sides of a picture")]
            let aspect = segment.width as f32 / segment.height as f32;
            aspect
        })
    }
}
