//! A site to ask: an index, an archive, a camera or two, and the service over them.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use api::{
    ApiState, Camera, ComponentHealth, ConnectionTested, ConnectionTester, ConnectionTrial,
    CopyOrder, CopySink, ExportDecision, ExportJob, ExportOrder, ExportSource, FrameError,
    FrameSource, KeyframeLook, KeyframeSource, Layout, Limits, LiveCopy, LivePicture, LiveScenes,
    LiveTaps, NotificationSource, NotificationTarget, Parts, PersonsShown, Rendition, Secret,
    SessionLimits, Shown, Transport, ViewSource, token_hash,
};
use archive::{Archive, ArchiveConfig, Ledger, LedgerError, Recorder, VolumeConfig};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode};
use domain::{
    AccountName, Attributes, Bbox, CameraId, Class, Crossing, Event, EventDraft, EventId, Evidence,
    GapCause, Grant, Location, ManualClock, Place, Point, Polygon, Role, RuleKind, Segment,
    SegmentId, SegmentState, Severity, SignalState, Source, StatusBoard, StreamId, StreamRole,
    StreamState, TargetId, TimeRange, Timestamp, TrackId, TrackPoint, VolumeId,
};
use evidence::SiteKey;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use index::{
    AccountKind, CameraRow, ExportDraft, ExportOptions, ExportStage, HoldAct, Index, IndexError,
    NewAccount, PurposeDraft, SiteSettings, StoredExport, StoredPurpose,
};
use serde_json::Value;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::footing::{RATE, access_units};

/// When the footage of every test begins: 2026-03-01T00:30:00Z.
pub(crate) const BEGIN: Timestamp = Timestamp::from_micros(1_772_325_000_000_000);

pub(crate) struct Site {
    pub(crate) index: Index,
    pub(crate) archive: Arc<Archive>,
    pub(crate) board: Arc<StatusBoard>,
    pub(crate) state: ApiState,
    pub(crate) stop: CancellationToken,
    /// What the program tells of its other parts.
    pub(crate) components: Arc<Mutex<Vec<ComponentHealth>>>,
    /// Who is told of events.
    pub(crate) targets: Arc<Targets>,
    /// What was ordered to be exported.
    pub(crate) exports: Arc<Exports>,
    /// What was wanted of pictures.
    pub(crate) renditions: Arc<Mutex<Vec<Rendition>>>,
    /// How persons were to be shown in them.
    pub(crate) persons: Arc<Mutex<Vec<PersonsShown>>>,
    /// What was wanted of views, and what is masked.
    pub(crate) views: Arc<Views>,
    /// What keyframes show.
    pub(crate) keyframes: Arc<Keyframes>,
    /// The scenes being judged.
    pub(crate) live: Arc<Live>,
    /// Where pictures are shown as they come.
    pub(crate) taps: Arc<LiveTaps>,
    /// Kept, because a stream whose recorder is gone has stopped.
    recorders: Mutex<Vec<Recorder>>,
    /// The tokens of officers who have acted, by their names.
    officers: Mutex<BTreeMap<String, String>>,
    /// Stands for an account that may do everything everywhere.
    pub(crate) token: String,
    pub(crate) clock: Arc<ManualClock>,
    /// Asks as nobody, unless a request says who asks.
    pub(crate) bare: Router,
    /// Asks with the token, unless a request says who asks.
    router: Router,
    folder: TempDir,
}

pub(crate) fn camera(id: &str) -> CameraId {
    id.parse().unwrap()
}

pub(crate) fn main_stream(id: &str) -> StreamId {
    StreamId::main(camera(id))
}

/// `cua-nam` in the middle of Hanoi, `my-dinh` eight kilometres to the west.
pub(crate) fn cameras() -> Vec<Camera> {
    let place = |words: &[&str]| words.iter().map(ToString::to_string).collect();
    vec![
        Camera {
            id: camera("cua-nam"),
            name: "Ngã năm Cửa Nam".into(),
            location: Location::new(21.0287, 105.8421).ok(),
            heading: Some(90.0),
            place: place(&["Phố Cửa Nam", "Phường Cửa Nam", "Hà Nội"]),
            streams: vec![StreamRole::Main, StreamRole::Sub],
            masks: vec![corner_mask()],
            softens_persons: false,
        },
        Camera {
            id: camera("my-dinh"),
            name: "Sân Mỹ Đình".into(),
            location: Location::new(21.0204, 105.7638).ok(),
            heading: None,
            place: place(&["Đường Lê Đức Thọ", "Phường Từ Liêm", "Hà Nội"]),
            streams: vec![StreamRole::Main],
            masks: Vec::new(),
            softens_persons: false,
        },
    ]
}

/// The upper left quarter of the view.
fn corner_mask() -> Polygon {
    let corners = [[0.0, 0.0], [0.5, 0.0], [0.5, 0.5], [0.0, 0.5]];
    Polygon::new(corners.map(Point::from).into()).unwrap()
}

impl Site {
    pub(crate) fn open() -> Self {
        Self::with(Limits::default())
    }

    pub(crate) fn with(limits: Limits) -> Self {
        Self::reached_by(Transport::Loopback, limits)
    }

    pub(crate) fn reached_by(transport: Transport, limits: Limits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(BEGIN.plus(Duration::from_secs(60))));
        let index =
            Index::open(&folder.path().join("index"), SiteSettings::new("test"), clock.clone())
                .unwrap();
        let rows = cameras().into_iter().map(|camera| CameraRow {
            id: camera.id,
            name: camera.name,
            location: camera.location,
            heading: camera.heading,
            place: camera.place,
        });
        index.put_cameras(&rows.collect::<Vec<_>>()).unwrap();
        let volume = folder.path().join("volume");
        std::fs::create_dir(&volume).unwrap();
        let config = ArchiveConfig {
            volumes: vec![VolumeConfig {
                id: "v1".parse().unwrap(),
                path: volume,
                keep_free_bytes: 0,
                direct_io: true,
            }],
            segment_duration: Duration::from_secs(4),
            stream_budget_bytes: 16 << 20,
            total_budget_bytes: 64 << 20,
        };
        let rows = Arc::new(Rows(index.clone()));
        let archive = Arc::new(Archive::open(config, rows, clock.clone()).unwrap());
        let board = Arc::new(StatusBoard::default());
        let stop = CancellationToken::new();
        let renditions: Arc<Mutex<Vec<Rendition>>> = Arc::default();
        let persons: Arc<Mutex<Vec<PersonsShown>>> = Arc::default();
        let frames = Arc::new(Frames {
            index: index.clone(),
            archive: archive.clone(),
            asked: renditions.clone(),
            persons: persons.clone(),
        });
        let views = Arc::new(Views::default());
        let keyframes = Arc::new(Keyframes::default());
        let live = Arc::new(Live::default());
        let taps: Arc<LiveTaps> = Arc::default();
        let components: Arc<Mutex<Vec<ComponentHealth>>> = Arc::default();
        let told = components.clone();
        let targets = Arc::new(Targets::default());
        let exports = Arc::new(Exports::default());
        let state = ApiState::new(Parts {
            index: index.clone(),
            archive: archive.clone(),
            board: board.clone(),
            clock: clock.clone(),
            cameras: cameras(),
            places: places::Places::new(Vec::new()).unwrap(),
            frames,
            views: views.clone(),
            keyframes: keyframes.clone(),
            scenes: live.clone(),
            live: taps.clone(),
            metrics: Arc::new(|| "watchpost_up 1\n".to_owned()),
            components: Arc::new(move || told.lock().unwrap().clone()),
            notifications: targets.clone(),
            exports: exports.clone(),
            tester: Arc::new(Unreachable),
            restream_key: api::RestreamKey::new(&[9; 32]),
            key: SiteKey::from_secret(&[7; 32]).public(),
            hosts: vec!["watchpost.example".into()],
            transport,
            sessions: SESSIONS,
            limits,
            stop: stop.clone(),
        });
        state.set_map_layers(vec![crate::map_layers::closed_roads(21.0252)]);
        let every = [Role::Duty, Role::Investigator, Role::Supervisor, Role::Administrator];
        let grants = every.map(|role| Grant { role, place: Place::Site });
        let token = give_token(&index, "every", &grants);
        let bare = api::router(state.clone());
        let router = signed_in(bare.clone(), &token);
        let recorders = Mutex::default();
        Self {
            index,
            archive,
            board,
            state,
            stop,
            components,
            targets,
            exports,
            renditions,
            persons,
            views,
            keyframes,
            live,
            taps,
            recorders,
            officers: Mutex::default(),
            token,
            clock,
            bare,
            router,
            folder,
        }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns what an officer of the whole site called `name` shows.
    pub(crate) fn officer(&self, name: &str) -> String {
        let mut officers = self.officers.lock().unwrap();
        let token = officers.entry(name.to_owned()).or_insert_with(|| {
            let role = |role| Grant { role, place: Place::Site };
            give_token(&self.index, name, &[role(Role::Duty), role(Role::Supervisor)])
        });
        format!("Bearer {token}")
    }

    /// Records 12 s of `cua-nam` from [`BEGIN`], closes them, and leaves a gap that lasts.
    pub(crate) fn record(&self) {
        self.record_at("cua-nam");
    }

    /// The same at another camera.
    pub(crate) fn record_at(&self, id: &str) {
        let stream = main_stream(id);
        let units = access_units(&stream, BEGIN, 12);
        let end = BEGIN.plus(Duration::from_secs(12));
        let mut recorder = self.archive.recorder(stream.clone());
        for unit in units {
            recorder.write(unit);
        }
        recorder.interrupted(end, GapCause::Disconnected);
        self.recorders.lock().unwrap().push(recorder);
        let all = TimeRange { start: BEGIN, end: end.plus(Duration::from_secs(60)) };
        until("the footage is closed", || {
            let segments = self.index.segments(&stream, all).unwrap();
            let closed = |segment: &Segment| segment.state == SegmentState::Closed;
            let recorded = segments.last().is_some_and(|last| last.range.end >= end);
            let gaps = self.index.gaps(Some(std::slice::from_ref(&stream)), all);
            recorded && segments.iter().all(closed) && !gaps.unwrap().is_empty()
        });
        self.board.update(&stream, end, |status| {
            status.state = StreamState::Down;
            status.detail = Some("connection refused".into());
        });
    }

    /// Records the first seconds of `cua-nam`'s sub stream from [`BEGIN`]: one file, which goes on.
    pub(crate) fn record_on(&self) {
        let stream = StreamId { camera: camera("cua-nam"), role: StreamRole::Sub };
        let mut recorder = self.archive.recorder(stream.clone());
        for unit in access_units(&stream, BEGIN, 2) {
            recorder.write(unit);
        }
        until("a GOP is on disk", || !self.archive.open_segments(&stream).is_empty());
        self.recorders.lock().unwrap().push(recorder);
    }

    pub(crate) fn router(&self) -> axum::Router {
        self.router.clone()
    }

    pub(crate) async fn get(&self, uri: &str) -> Answer {
        self.send(Request::get(uri)).await
    }

    pub(crate) async fn json(&self, uri: &str) -> Value {
        let answer = self.get(uri).await;
        assert_eq!(answer.status, StatusCode::OK, "{uri}: {}", answer.text());
        answer.json()
    }

    pub(crate) async fn send(&self, request: axum::http::request::Builder) -> Answer {
        self.send_body(request, Body::empty()).await
    }

    pub(crate) async fn send_body(
        &self,
        request: axum::http::request::Builder,
        body: Body,
    ) -> Answer {
        let request = request.body(body).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, 1 << 30).await.unwrap();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// Asks as whom the request names, or as nobody.
    pub(crate) async fn send_bare(
        &self,
        request: axum::http::request::Builder,
        body: Body,
    ) -> Answer {
        let response = self.bare.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, 1 << 30).await.unwrap();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub(crate) async fn open_body(
        &self,
        request: axum::http::request::Builder,
    ) -> axum::response::Response {
        let request = request.body(Body::empty()).unwrap();
        self.router.clone().oneshot(request).await.unwrap()
    }
}

/// How long the sessions of tests live.
pub(crate) const SESSIONS: SessionLimits =
    SessionLimits { whole: Duration::from_secs(12 * 3600), idle: Duration::from_secs(3600) };

/// Makes a service that was granted `grants`, and returns its token.
pub(crate) fn give_token(index: &Index, name: &str, grants: &[Grant]) -> String {
    let account = NewAccount {
        name: name.parse().unwrap(),
        kind: AccountKind::Service,
        display_name: name.to_owned(),
        password: None,
        only: None,
        grants: grants.to_vec(),
    };
    index.accounts().add(&account, BEGIN).unwrap();
    let token = Secret::token().unwrap();
    let expires = BEGIN.plus(Duration::from_secs(90 * 86_400));
    index.accounts().add_token(&account.name, &token_hash(&token), BEGIN, expires).unwrap();
    token.reveal().to_owned()
}

/// Adds a token to every request that says nothing of who asks.
fn signed_in(router: Router, token: &str) -> Router {
    let bearer = HeaderValue::from_str(&format!("Bearer {token}")).unwrap();
    router.layer(axum::middleware::map_request(move |mut request: Request<Body>| {
        request.headers_mut().entry("authorization").or_insert(bearer.clone());
        std::future::ready(request)
    }))
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{}", self.text()))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// Waits for a condition; what never comes true is a failure.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let started = std::time::Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_secs(60), "never: {what}");
        std::thread::park_timeout(Duration::from_millis(2));
    }
}

/// The event numbered `number`: a second after the one before, alternately of two cameras, kinds
/// and classes.
pub(crate) fn event(number: u32) -> Event {
    let even = number.is_multiple_of(2);
    let id = if even { "cua-nam" } else { "my-dinh" };
    let location = cameras()
        .into_iter()
        .find(|known| known.id.as_str() == id)
        .and_then(|known| known.location);
    Event {
        id: EventId(uuid::Uuid::now_v7()),
        location,
        draft: EventDraft {
            camera: camera(id),
            time: BEGIN.plus(Duration::from_secs(u64::from(number))),
            duration_ms: 500,
            kind: if even { RuleKind::LineCrossing } else { RuleKind::Intrusion }.into(),
            rule: "lan-duong".parse().unwrap(),
            rule_version: 7,
            severity: Severity::try_from(if even { 1 } else { 3 }).unwrap(),
            class: Some(if even { Class::Person } else { Class::Car }),
            confidence: 0.75,
            attributes: Attributes::default(),
            track: Some(TrackId((1 << 62) + u64::from(number))),
            bbox: Some(Bbox { left: 0.25, top: 0.5, width: 0.125, height: 0.25 }),
            crossing: even.then_some(Crossing::LeftToRight),
            count: 1,
            geometry: [Point::new(0.0, 0.5), Point::new(1.0, 0.5)].into(),
            evidence: Evidence::default(),
            clock_error_ms: -20,
            source: Source::Analysis { model: "ab".repeat(32).into() },
        },
    }
}

/// Packages that were ordered; a test says what became of them.
#[derive(Debug, Default)]
pub(crate) struct Exports {
    pub(crate) ordered: Mutex<Vec<ExportOrder>>,
    pub(crate) jobs: Mutex<Vec<ExportJob>>,
}

/// Returns an export of `cameras` that `operator` ordered.
pub(crate) fn export_job(
    operator: &AccountName,
    cameras: &[&str],
    stage: ExportStage,
) -> ExportJob {
    let purpose = StoredPurpose {
        id: 1,
        purpose: PurposeDraft {
            owner: operator.clone(),
            case: "01/2026".to_owned(),
            reason: "accident".to_owned(),
            legal_basis: None,
            stated: BEGIN,
            expires: BEGIN.plus(Duration::from_secs(3600)),
        },
    };
    let export = ExportDraft {
        id: uuid::Uuid::now_v7(),
        operator: operator.clone(),
        ordered: BEGIN,
        purpose,
        cameras: cameras.iter().map(|id| id.parse().unwrap()).collect(),
        role: domain::StreamRole::Main,
        range: TimeRange { start: BEGIN, end: BEGIN.plus(Duration::from_secs(60)) },
        options: ExportOptions::default(),
        second_needed: stage == ExportStage::Asked,
    };
    let stored = StoredExport { export, second: None, stage, changed: BEGIN };
    ExportJob { stored, progress: None, path: PathBuf::new() }
}

impl ExportSource for Exports {
    fn order(&self, order: ExportOrder) -> Result<Option<ExportJob>, IndexError> {
        let mut jobs = self.jobs.lock().unwrap();
        let mut job = export_job(&order.operator, &[], ExportStage::Due);
        job.stored.export.cameras.clone_from(&order.cameras);
        job.stored.export.purpose = order.purpose.clone();
        job.progress = Some((1, 4));
        self.ordered.lock().unwrap().push(order);
        jobs.push(job.clone());
        Ok((jobs.len() == 1).then_some(job))
    }

    fn decide(&self, id: uuid::Uuid, decision: ExportDecision) -> Result<ExportJob, IndexError> {
        let mut jobs = self.jobs.lock().unwrap();
        let job = jobs.iter_mut().find(|job| job.stored.export.id == id).unwrap();
        if job.stored.export.operator == decision.by {
            return Err(IndexError::Export("a second person must agree".to_owned()));
        }
        job.stored.second = Some(HoldAct { by: decision.by, at: BEGIN });
        job.stored.stage =
            decision.verdict.map_or_else(ExportStage::Refused, |()| ExportStage::Due);
        Ok(job.clone())
    }

    fn job(&self, id: uuid::Uuid) -> Result<Option<ExportJob>, IndexError> {
        let jobs = self.jobs.lock().unwrap();
        Ok(jobs.iter().find(|job| job.stored.export.id == id).cloned())
    }

    fn jobs(&self, is_seen: &dyn Fn(&StoredExport) -> bool) -> Result<Vec<ExportJob>, IndexError> {
        let jobs = self.jobs.lock().unwrap();
        Ok(jobs.iter().filter(|job| is_seen(&job.stored)).cloned().collect())
    }
}

/// What keyframes show, as a test says; they are looked at for ever if it says so.
#[derive(Debug, Default)]
pub(crate) struct Keyframes {
    pub(crate) looks: Mutex<Vec<KeyframeLook>>,
    pub(crate) is_endless: AtomicBool,
}

impl KeyframeSource for Keyframes {
    fn look(
        &self,
        _: &StreamId,
        range: TimeRange,
        _: &Polygon,
        take: &mut dyn FnMut(KeyframeLook) -> ControlFlow<()>,
    ) -> Result<(), FrameError> {
        let looks = self.looks.lock().unwrap().clone();
        for look in looks.iter().filter(|look| range.contains(look.time)) {
            if take(*look).is_break() {
                return Ok(());
            }
        }
        let still = KeyframeLook { time: range.start, changed: None, is_readable: true };
        while self.is_endless.load(Ordering::Relaxed) && take(still).is_continue() {
            std::thread::yield_now();
        }
        Ok(())
    }
}

/// Who is told of events, and which of them were asked for again.
#[derive(Debug, Default)]
pub(crate) struct Targets {
    pub(crate) known: Mutex<Vec<NotificationTarget>>,
    pub(crate) retried: Mutex<Vec<TargetId>>,
}

impl NotificationSource for Targets {
    fn targets(&self) -> Vec<NotificationTarget> {
        self.known.lock().unwrap().clone()
    }

    fn retry(&self, target: &TargetId) -> Option<u64> {
        let known = self.known.lock().unwrap();
        let found = known.iter().find(|known| known.id == *target)?;
        self.retried.lock().unwrap().push(target.clone());
        Some(found.dead_letter_count)
    }
}

/// The scenes being judged: what is followed, and what signals were told to show.
#[derive(Debug, Default)]
pub(crate) struct Live {
    pub(crate) paths: Mutex<Vec<(TrackId, Vec<TrackPoint>)>>,
    pub(crate) told: Mutex<Vec<(CameraId, String, SignalState, Timestamp)>>,
    pub(crate) is_full: AtomicBool,
}

impl LiveScenes for Live {
    fn path(&self, _: &CameraId, track: TrackId) -> Option<Vec<TrackPoint>> {
        let paths = self.paths.lock().unwrap();
        paths.iter().find(|(id, _)| *id == track).map(|(_, path)| path.clone())
    }

    fn tell_signal(
        &self,
        camera: &CameraId,
        signal: &str,
        state: SignalState,
        time: Timestamp,
    ) -> bool {
        let has_room = !self.is_full.load(Ordering::Relaxed);
        if has_room {
            self.told.lock().unwrap().push((camera.clone(), signal.to_owned(), state, time));
        }
        has_room
    }
}

/// What every viewing copy begins with.
pub(crate) const COPY: &[u8] = b"a viewing copy";

/// Views that are told what is masked, and note what was wanted of them.
#[derive(Debug, Default)]
pub(crate) struct Views {
    pub(crate) masked: Mutex<Vec<(CameraId, TimeRange)>>,
    pub(crate) revision: AtomicU64,
    pub(crate) thumbnails: Mutex<Vec<(i64, u64)>>,
    /// How many pictures, and how they lie.
    pub(crate) sheets: Mutex<Vec<(usize, Layout)>>,
    pub(crate) copied: Mutex<Vec<CopyOrder>>,
    /// Copies go on for ever.
    pub(crate) is_endless: AtomicBool,
    /// Copies cannot be made.
    pub(crate) is_broken: AtomicBool,
    /// Copies that nobody waited for any more.
    pub(crate) broken_off: AtomicUsize,
    /// Live copies that were begun.
    pub(crate) live_copies: AtomicUsize,
}

/// What the pictures of a live copy begin with.
pub(crate) const MASKED: &[u8] = b"masked ";

/// A live copy of which every picture says that it is one.
#[derive(Debug)]
struct MaskedCopy;

impl LiveCopy for MaskedCopy {
    fn take(
        &mut self,
        picture: &LivePicture,
        copied: &mut Vec<LivePicture>,
    ) -> Result<(), FrameError> {
        let data = [MASKED, &picture.data].concat().into();
        copied.push(LivePicture { data, ..picture.clone() });
        Ok(())
    }
}

impl ViewSource for Views {
    fn is_masked(&self, camera: &CameraId, range: TimeRange) -> bool {
        let masked = self.masked.lock().unwrap();
        masked.iter().any(|(id, covered)| id == camera && covered.overlaps(range))
    }

    fn masks_revision(&self, _: &CameraId) -> u64 {
        self.revision.load(Ordering::Relaxed)
    }

    fn thumbnail(&self, of: &Shown, _: u32) -> Result<Bytes, FrameError> {
        self.thumbnails.lock().unwrap().push(of.place());
        Ok(Bytes::from_static(b"a thumbnail"))
    }

    fn sheet(&self, of: &[Shown], layout: Layout) -> Result<Bytes, FrameError> {
        self.sheets.lock().unwrap().push((of.len(), layout));
        Ok(Bytes::from_static(b"a sheet"))
    }

    fn copy(&self, order: &CopyOrder, out: &mut dyn CopySink) -> Result<(), FrameError> {
        self.copied.lock().unwrap().push(order.clone());
        if self.is_broken.load(Ordering::Relaxed) {
            return Err(FrameError::Failed("no encoder".into()));
        }
        let mut goes_on = out.take(COPY.to_vec());
        while goes_on.is_continue() && self.is_endless.load(Ordering::Relaxed) && out.is_wanted() {
            goes_on = out.take(vec![0; 4096]);
        }
        if goes_on == ControlFlow::Break(()) || !out.is_wanted() {
            self.broken_off.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    fn live_copy(
        &self,
        _: &CameraId,
        _: Option<Timestamp>,
    ) -> Result<Box<dyn LiveCopy>, FrameError> {
        if self.is_broken.load(Ordering::Relaxed) {
            return Err(FrameError::Failed("no encoder".into()));
        }
        self.live_copies.fetch_add(1, Ordering::Relaxed);
        Ok(Box::new(MaskedCopy))
    }
}

/// The archive's rows, kept by the index.
#[derive(Debug)]
struct Rows(Index);

fn row<T>(result: Result<T, IndexError>) -> Result<T, LedgerError> {
    result.map_err(|error| LedgerError(Box::new(error)))
}

impl Ledger for Rows {
    fn open_segment(&self, segment: &Segment) -> Result<SegmentId, LedgerError> {
        row(self.0.open_segment(segment))
    }

    fn close_segment(&self, segment: &Segment) -> Result<(), LedgerError> {
        row(self.0.close_segment(segment))
    }

    fn open_gap(
        &self,
        stream: &StreamId,
        start: Timestamp,
        cause: GapCause,
    ) -> Result<(), LedgerError> {
        row(self.0.open_gap(stream, start, cause))
    }

    fn close_gap(&self, stream: &StreamId, end: Timestamp) -> Result<(), LedgerError> {
        row(self.0.close_gap(stream, end))
    }

    fn unfinished_segments(&self) -> Result<Vec<Segment>, LedgerError> {
        row(self.0.unfinished_segments())
    }

    fn oldest_segments(
        &self,
        volume: &VolumeId,
        limit: usize,
    ) -> Result<Vec<Segment>, LedgerError> {
        row(self.0.oldest_segments(volume, limit))
    }

    fn segments_before(
        &self,
        stream: &StreamId,
        before: Timestamp,
        limit: usize,
    ) -> Result<Vec<Segment>, LedgerError> {
        row(self.0.segments_before(stream, before, limit))
    }

    fn recorded_end(&self, stream: &StreamId) -> Result<Option<Timestamp>, LedgerError> {
        row(self.0.recorded_end(stream))
    }

    fn mark_deleting(&self, ids: &[SegmentId]) -> Result<(), LedgerError> {
        row(self.0.mark_deleting(ids))
    }

    fn forget_segments(&self, ids: &[SegmentId]) -> Result<(), LedgerError> {
        row(self.0.forget_segments(ids))
    }
}

/// Pictures by ffmpeg from the files as they lie; what is wanted of them is only noted.
#[derive(Debug)]
struct Frames {
    index: Index,
    archive: Arc<Archive>,
    asked: Arc<Mutex<Vec<Rendition>>>,
    persons: Arc<Mutex<Vec<PersonsShown>>>,
}

impl FrameSource for Frames {
    fn jpeg(
        &self,
        stream: &StreamId,
        at: Timestamp,
        max_width: Option<u32>,
        rendition: &Rendition,
        persons: PersonsShown,
    ) -> Result<Vec<u8>, FrameError> {
        self.asked.lock().unwrap().push(rendition.clone());
        self.persons.lock().unwrap().push(persons);
        let moment = TimeRange { start: at, end: at.plus(Duration::from_micros(1)) };
        let failed = |text: String| FrameError::Failed(text.into());
        let growing = self.archive.open_segments(stream);
        let rows =
            self.index.segments(stream, moment).map_err(|error| failed(error.to_string()))?;
        let mut segments = growing.into_iter().chain(rows);
        let segment = segments
            .find(|segment| segment.range.overlaps(moment))
            .ok_or(FrameError::NotRecorded)?;
        let volume = self.archive.volume_path(&segment.volume).unwrap();
        // ffmpeg takes the first picture at or after the offset, not the one on view.
        let one_picture = 1.0 / f64::from(RATE) - 1e-6;
        let offset = (at.seconds_since(segment.range.start) - one_picture).max(0.0);
        let width = max_width.unwrap_or(segment.width);
        let made = Command::new("ffmpeg")
            .args(["-v", "error", "-ss", &format!("{offset:.6}"), "-i"])
            .arg(volume.join(&segment.path))
            .args(["-frames:v", "1", "-vf", &format!("scale={width}:-2")])
            .args(["-f", "mjpeg", "-"])
            .stdin(Stdio::null())
            .output()
            .map_err(|error| failed(error.to_string()))?;
        if made.status.success() && !made.stdout.is_empty() {
            Ok(made.stdout)
        } else {
            Err(failed(String::from_utf8_lossy(&made.stderr).into_owned()))
        }
    }

    fn newest(&self, _: &StreamId, picture: Timestamp) -> Timestamp {
        picture
    }
}

/// A network without cameras.
#[derive(Debug)]
struct Unreachable;

impl ConnectionTester for Unreachable {
    fn test(&self, trial: ConnectionTrial) -> BoxFuture<'static, Result<ConnectionTested, String>> {
        let is_rtsp = trial.url.starts_with("rtsp://");
        let down = ConnectionTested {
            state: domain::StreamState::Down,
            detail: Some("no route to it".to_owned()),
            codec: None,
            width: None,
            height: None,
            took_ms: 7,
        };
        async move { is_rtsp.then_some(down).ok_or_else(|| "is not rtsp://".to_owned()) }.boxed()
    }
}
