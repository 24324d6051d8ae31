//! Watches the cameras themselves: facts of ingest, vision and index go to one health judge per
//! camera; what begins and what ends becomes an event, and trouble stands on the board meanwhile.
//! What each camera does goes to [`CoverageWatch`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

use domain::{
    Attributes, CameraId, Clock, EventDraft, EventKind, Evidence, HealthFinding, HealthKind,
    Severity, Source, StatusBoard, StreamId, StreamRole, StreamStatus, TimeRange, Timestamp,
};
use index::Index;
use scene::{HealthFacts, HealthJudge};
use tracing::{error, info, warn};
use vision::{CameraCounters, Vision};

use crate::config::{Camera, Config};
use crate::coverage_watch::{CameraFacts, CoverageWatch, lacks_recording};
use crate::left_open::{LeftOpen, Standing};
use crate::scenes::Scenes;

/// How often every camera is judged.
const INTERVAL: Duration = Duration::from_secs(1);
/// Over how long it is counted how many sampled pictures were looked at.
const COUNTED_OVER: Duration = Duration::from_secs(30);
/// Fewer sampled pictures than this tell no share.
const FEWEST_SAMPLED: u64 = 20;
/// The rule that health events name.
const RULE: &str = "camera-health";

/// The handle to the watching thread.
pub(crate) struct CameraWatch {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    cameras: Mutex<Vec<Camera>>,
    stopping: AtomicBool,
}

/// What the facts are taken from, and where findings go.
pub(crate) struct Sources {
    pub(crate) board: Arc<StatusBoard>,
    pub(crate) index: Index,
    pub(crate) vision: Weak<Vision>,
    pub(crate) scenes: Arc<Scenes>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl CameraWatch {
    /// Starts to watch the cameras of `config`.
    pub(crate) fn start(sources: Sources, config: &Config) -> anyhow::Result<Self> {
        let now = sources.clock.now();
        let coverage = CoverageWatch::start(sources.index.clone(), &config.cameras, now)?;
        let cameras = Mutex::new(config.cameras.clone());
        let shared = Arc::new(Shared { cameras, stopping: AtomicBool::new(false) });
        let watcher = Watcher {
            left_open: LeftOpen::read(&sources.index, now),
            sources,
            shared: Arc::clone(&shared),
            watched: BTreeMap::new(),
            coverage,
        };
        let thread = std::thread::Builder::new()
            .name("camera-watch".to_owned())
            .spawn(move || watcher.run())?;
        Ok(Self { shared, thread: Mutex::new(Some(thread)) })
    }

    /// Takes over the cameras of `config`; those that stay go on to be watched.
    pub(crate) fn apply(&self, config: &Config) {
        *self.shared.cameras.lock().unwrap_or_else(PoisonError::into_inner) =
            config.cameras.clone();
    }

    /// Ends the watch. Feeds that are stopped from here on are no trouble.
    pub(crate) fn stop(&self) {
        self.shared.stopping.store(true, Ordering::Relaxed);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            thread.thread().unpark();
            if thread.join().is_err() {
                error!("the thread that watches the cameras panicked");
            }
        }
    }
}

/// Owned by the `camera-watch` thread.
struct Watcher {
    sources: Sources,
    shared: Arc<Shared>,
    watched: BTreeMap<CameraId, Watched>,
    coverage: CoverageWatch,
    /// Trouble that was not over when the program ended, and may have ended since.
    left_open: LeftOpen,
}

/// What is remembered of one camera.
#[derive(Default)]
struct Watched {
    judge: HealthJudge,
    /// Pictures received, when they were last counted, and when they last became more.
    pictures: u64,
    last_picture: Option<Timestamp>,
    /// When the view was measured, by the camera's clock and by ours.
    measured: Option<(Timestamp, Timestamp)>,
    /// Sampled and looked-at pictures when counting began, and when that was.
    counted: Option<(Timestamp, CameraCounters)>,
    looked_at: Option<f32>,
    /// Pictures looked at, and when they last became more.
    looks: u64,
    last_look: Option<Timestamp>,
    troubles: Vec<HealthFinding>,
}

impl Watcher {
    fn run(mut self) {
        while !self.shared.stopping.load(Ordering::Relaxed) {
            self.look();
            std::thread::park_timeout(INTERVAL);
        }
        self.coverage.stop(self.sources.clock.now());
    }

    fn look(&mut self) {
        let cameras = self.shared.cameras.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let now = self.sources.clock.now();
        let unrecorded = self.unrecorded(now);
        let vision = self.sources.vision.upgrade();
        let conditions = vision.as_ref().map(|vision| vision.conditions()).unwrap_or_default();
        let counters = vision.as_ref().map(|vision| vision.counters().cameras).unwrap_or_default();
        let known: BTreeSet<&CameraId> = cameras.iter().map(|camera| &camera.id).collect();
        self.watched.retain(|id, _| {
            let is_known = known.contains(id);
            if !is_known {
                self.sources.board.set_troubles(id, Vec::new());
            }
            is_known
        });
        for camera in &cameras {
            let stream = StreamId { camera: camera.id.clone(), role: watched_role(camera) };
            // Not started yet, or there is nothing to start.
            let Some(status) = self.sources.board.get(&stream) else {
                let facts = CameraFacts::unwatched();
                self.coverage.see(camera, &facts, now);
                continue;
            };
            let watched = self.watched.entry(camera.id.clone()).or_default();
            watched.count_pictures(&status, now);
            watched.count_looks(counters.get(&camera.id).copied(), now);
            let view = conditions.get(&camera.id).copied();
            if let Some(view) = view
                && watched.measured.is_none_or(|(by_camera, _)| by_camera != view.time)
            {
                watched.measured = Some((view.time, now));
            }
            let facts = HealthFacts {
                time: now,
                stream: status.state,
                last_picture: watched.last_picture,
                frozen: status.frozen,
                view,
                view_measured: watched.measured.map(|(_, by_us)| by_us),
                clock_error_ms: status.clock_error_ms,
                gap_open: unrecorded.as_ref().is_some_and(|gaps| lacks_recording(camera, gaps)),
                looked_at: watched.looked_at,
            };
            for finding in watched.judge.judge(&facts) {
                watched.note(&finding);
                self.sources.board.set_troubles(&camera.id, watched.troubles.clone());
                tell(camera, &finding);
                self.sources.scenes.report(event(&camera.id, &finding, now, facts.clock_error_ms));
            }
            let analysed = camera.analysed_role().and_then(|role| {
                let stream = StreamId { camera: camera.id.clone(), role };
                self.sources.board.get(&stream)
            });
            let facts = CameraFacts {
                watched: Some(&status),
                analysed: analysed.as_ref(),
                last_picture: watched.last_picture,
                last_look: watched.last_look,
                has_analysis: vision.is_some(),
                troubles: &watched.troubles,
            };
            self.coverage.see(camera, &facts, now);
        }
        self.close_left_open(&known, now);
        self.coverage.write(&cameras, now);
        self.sources.board.set_coverage(self.coverage.count(&cameras, unrecorded.as_ref(), now));
    }

    /// Tells the end of trouble that an earlier run of the program told of.
    fn close_left_open(&mut self, known: &BTreeSet<&CameraId>, now: Timestamp) {
        let watched = &self.watched;
        let over = self.left_open.over(now, |camera| match watched.get(camera) {
            _ if !known.contains(camera) => Standing::Gone,
            None => Standing::Unknown,
            Some(watched) => Standing::Judged(watched.judge.open().map(|(kind, _)| kind).collect()),
        });
        for (camera, finding) in over {
            self.sources.scenes.report(event(&camera, &finding, now, None));
        }
    }

    /// Returns the streams with a gap that lasts, wanted or not; `None` if that cannot be read.
    fn unrecorded(&self, now: Timestamp) -> Option<BTreeSet<StreamId>> {
        let moment = TimeRange { start: now, end: now.plus(Duration::from_micros(1)) };
        match self.sources.index.gaps(None, moment) {
            Ok(gaps) => {
                let open = gaps.into_iter().filter(|gap| gap.end.is_none());
                Some(open.map(|gap| gap.stream).collect())
            }
            Err(problem) => {
                warn!(%problem, "cannot read which streams are not recorded");
                None
            }
        }
    }
}

impl Watched {
    fn count_pictures(&mut self, status: &StreamStatus, now: Timestamp) {
        if status.pictures != self.pictures {
            self.pictures = status.pictures;
            self.last_picture = Some(now);
        }
    }

    fn count_looks(&mut self, counters: Option<CameraCounters>, now: Timestamp) {
        let Some(counters) = counters else {
            (self.counted, self.looked_at) = (None, None);
            return;
        };
        // The first count says nothing of when.
        if self.counted.is_some() && counters.analysed > self.looks {
            self.last_look = Some(now);
        }
        self.looks = counters.analysed;
        let Some((since, before)) = self.counted else {
            self.counted = Some((now, counters));
            return;
        };
        if now.since(since) < COUNTED_OVER {
            return;
        }
        let sampled = counters.sampled.saturating_sub(before.sampled);
        let analysed = counters.analysed.saturating_sub(before.analysed);
        #[allow(clippy::cast_precision_loss, reason = "pictures of half a minute")]
        let share = analysed as f32 / sampled.max(1) as f32;
        self.looked_at = (sampled >= FEWEST_SAMPLED).then_some(share.min(1.0));
        self.counted = Some((now, counters));
    }

    /// Keeps what is wrong now, in the order of its kinds, causes before what follows from them.
    fn note(&mut self, finding: &HealthFinding) {
        self.troubles.retain(|trouble| trouble.kind != finding.kind);
        if finding.ended.is_none() {
            self.troubles.push(finding.clone());
            self.troubles.sort_by_key(|trouble| trouble.kind);
        }
    }
}

/// Returns the stream by which a camera is judged: the one that is recorded or else looked at.
fn watched_role(camera: &Camera) -> StreamRole {
    if camera.main.record {
        StreamRole::Main
    } else {
        camera.analysed_role().unwrap_or(StreamRole::Main)
    }
}

fn tell(camera: &Camera, finding: &HealthFinding) {
    let (camera, kind, detail) = (&camera.id, finding.kind.as_str(), finding.detail.as_str());
    match finding.ended {
        None => {
            metrics::counter!("watchpost_camera_troubles_total", "camera" => camera.to_string(), "kind" => kind)
                .increment(1);
            warn!(%camera, kind, detail, since = %finding.since, "camera in trouble");
        }
        Some(ended) => {
            let seconds = ended.since(finding.since).as_secs();
            info!(%camera, kind, seconds, "camera well again");
        }
    }
}

fn event(
    camera: &CameraId,
    finding: &HealthFinding,
    now: Timestamp,
    clock_error_ms: Option<i32>,
) -> EventDraft {
    let held = finding.ended.unwrap_or(now).since(finding.since).as_millis();
    let (time, kind, severity) = match finding.ended {
        None => (finding.since, EventKind::Health(finding.kind), severity(finding.kind)),
        Some(ended) => (ended, EventKind::Over(finding.kind), Severity::NOTICE),
    };
    EventDraft {
        camera: camera.clone(),
        time,
        duration_ms: u32::try_from(held).unwrap_or(u32::MAX),
        kind,
        rule: RULE.parse().expect("a word with a hyphen is a rule's name"),
        rule_version: 1,
        severity,
        class: None,
        confidence: 1.0,
        attributes: Attributes::default(),
        track: None,
        bbox: None,
        crossing: None,
        count: 1,
        geometry: Arc::default(),
        evidence: Evidence { note: Some(finding.detail.clone()), ..Evidence::default() },
        clock_error_ms: clock_error_ms.unwrap_or(0),
        source: Source::Watch,
    }
}

/// A camera that sees nothing is graver than one that sees badly.
fn severity(kind: HealthKind) -> Severity {
    let number = match kind {
        HealthKind::SignalLost
        | HealthKind::NoPicture
        | HealthKind::Frozen
        | HealthKind::Moved
        | HealthKind::RecordingGap => 2,
        HealthKind::TooDark
        | HealthKind::TooBright
        | HealthKind::Blurred
        | HealthKind::AnalysisStarved => 3,
        HealthKind::ClockSkew => 4,
    };
    Severity::try_from(number).expect("2 to 4 are severities")
}
