//! A region search under way: tracks first, then keyframes, on a thread of its own.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::{AccountName, Bbox, CameraId, Class, Polygon, StreamId, TimeRange, Timestamp};
use index::{CoverageGap, CoverageQuery, TrackQuery};
use tracing::{error, info};
use uuid::Uuid;

use super::KeyframeLook;
use super::visit::visit;
use crate::coverage::growing;
use crate::problem::{ApiError, chain};
use crate::state::ApiState;

/// How long a search that has ended is told of, and how many at most.
const KEPT_FOR: Duration = Duration::from_secs(3600);
const MOST_KEPT: usize = 64;
/// Findings that one search keeps; what comes beyond is counted.
const MOST_HITS: usize = 2000;
/// Gaps of the footage that are told, the longest.
const GAPS: usize = 50;
/// Tracks read at once.
const TRACKS_AT_ONCE: usize = 500;

/// What is searched.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) stream: StreamId,
    pub(super) region: Polygon,
    pub(super) range: TimeRange,
    pub(super) classes: Vec<Class>,
    pub(super) with_keyframes: bool,
    pub(super) least_change: f32,
    /// The part of the region that is masked, 0..1.
    pub(super) masked: f32,
}

/// How far a search is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Tracks,
    Keyframes,
    Done,
    Cancelled,
    Failed,
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Hit {
    /// An object that was followed was in the region.
    Track { range: TimeRange, track: u64, class: Class, confidence: f32, bbox: Bbox },
    /// Keyframes differ there, the most at `at`.
    Change { range: TimeRange, at: Timestamp, share: f32 },
}

/// How a search is going.
#[derive(Debug, Clone)]
pub(super) struct Progress {
    pub(super) phase: Phase,
    /// Until when keyframes are looked at.
    pub(super) reached: Timestamp,
    pub(super) tracks: u64,
    pub(super) keyframes: u64,
    pub(super) unreadable: u64,
    pub(super) hits: Vec<Hit>,
    pub(super) hits_left_out: u64,
    /// Where there is no footage.
    pub(super) gaps: Vec<CoverageGap>,
    pub(super) ended: Option<Timestamp>,
    pub(super) failed: Option<String>,
}

/// One search; shared by the thread that does it and those who ask how it is going.
#[derive(Debug)]
pub(crate) struct Job {
    id: Uuid,
    owner: AccountName,
    asked: Asked,
    began: Timestamp,
    is_cancelled: AtomicBool,
    progress: Mutex<Progress>,
}

/// The searches under way and those that ended lately; in memory, as what they found can be searched
/// again.
#[derive(Debug, Default)]
pub(crate) struct RegionJobs(Mutex<BTreeMap<Uuid, Arc<Job>>>);

impl RegionJobs {
    /// Returns a search.
    pub(super) fn job(&self, id: Uuid) -> Option<Arc<Job>> {
        lock(&self.0).get(&id).cloned()
    }

    /// Takes a search in, unless there are as many as may be.
    fn add(&self, job: &Arc<Job>, most: usize) -> Result<(), ApiError> {
        let mut jobs = lock(&self.0);
        let is_running = |job: &&Arc<Job>| job.progress().ended.is_none();
        if jobs.values().filter(is_running).any(|other| other.owner == job.owner) {
            return Err(ApiError::Busy(
                "region searches of this account: cancel the one under way",
            ));
        }
        if jobs.values().filter(is_running).count() >= most {
            return Err(ApiError::Busy("region searches"));
        }
        let until = job.began.minus(KEPT_FOR);
        jobs.retain(|_, job| job.progress().ended.is_none_or(|ended| ended > until));
        while jobs.len() >= MOST_KEPT {
            // The first ended one: ids are in order of time.
            let oldest = jobs.iter().find(|(_, job)| job.progress().ended.is_some());
            let Some((&oldest, _)) = oldest else { break };
            jobs.remove(&oldest);
        }
        jobs.insert(job.id, Arc::clone(job));
        Ok(())
    }
}

impl Job {
    /// Begins a search.
    pub(super) fn begin(
        state: &ApiState,
        owner: AccountName,
        asked: Asked,
    ) -> Result<Arc<Self>, ApiError> {
        let progress = Progress {
            phase: Phase::Tracks,
            reached: asked.range.start,
            tracks: 0,
            keyframes: 0,
            unreadable: 0,
            hits: Vec::new(),
            hits_left_out: 0,
            gaps: Vec::new(),
            ended: None,
            failed: None,
        };
        let job = Arc::new(Self {
            id: Uuid::now_v7(),
            owner,
            asked,
            began: state.parts().clock.now(),
            is_cancelled: AtomicBool::new(false),
            progress: Mutex::new(progress),
        });
        state.regions().add(&job, state.limits().region_searches)?;
        let (state, shared) = (state.clone(), Arc::clone(&job));
        let thread = std::thread::Builder::new().name("region-search".to_owned());
        if let Err(problem) = thread.spawn(move || shared.run(&state)) {
            error!(%problem, "no thread for a region search");
            job.end(job.began, Phase::Failed, Some("there is no thread for it".to_owned()));
        }
        Ok(job)
    }

    pub(super) fn id(&self) -> Uuid {
        self.id
    }

    pub(super) fn owner(&self) -> &AccountName {
        &self.owner
    }

    pub(super) fn asked(&self) -> &Asked {
        &self.asked
    }

    pub(super) fn began(&self) -> Timestamp {
        self.began
    }

    /// Ends it with what is being looked at.
    pub(super) fn cancel(&self) {
        self.is_cancelled.store(true, Ordering::Relaxed);
    }

    /// Returns a look at how it is going; hold it for a moment only.
    pub(super) fn progress(&self) -> MutexGuard<'_, Progress> {
        lock(&self.progress)
    }

    fn run(&self, state: &ApiState) {
        let done = self.search(state);
        let now = state.parts().clock.now();
        match done {
            Ok(()) if self.is_stopped(state) => self.end(now, Phase::Cancelled, None),
            Ok(()) => self.end(now, Phase::Done, None),
            Err(problem) => {
                error!(problem = %chain(&problem), region_search = %self.id, "region search failed");
                self.end(now, Phase::Failed, Some(problem.to_string()));
            }
        }
        let progress = self.progress();
        info!(
            region_search = %self.id,
            camera = %self.asked.stream.camera,
            tracks = progress.tracks,
            keyframes = progress.keyframes,
            hits = progress.hits.len(),
            phase = ?progress.phase,
            "region search ended"
        );
    }

    fn search(&self, state: &ApiState) -> Result<(), ApiError> {
        let camera = &self.asked.stream.camera;
        let gaps = footage_gaps(state, camera, self.asked.range)?;
        self.progress().gaps = gaps;
        self.search_tracks(state)?;
        if self.asked.with_keyframes && !self.is_stopped(state) {
            self.progress().phase = Phase::Keyframes;
            self.search_keyframes(state)?;
        }
        Ok(())
    }

    fn search_tracks(&self, state: &ApiState) -> Result<(), ApiError> {
        let Asked { stream, region, range, classes, .. } = &self.asked;
        let mut query = TrackQuery {
            cameras: Some(vec![stream.camera.clone()]),
            classes: classes.clone(),
            limit: TRACKS_AT_ONCE,
            ..TrackQuery::new(*range)
        };
        loop {
            let page = state.parts().index.tracks(&query)?;
            let mut progress = self.progress();
            for track in page.tracks {
                progress.tracks += 1;
                let Some(found) = visit(&track.path, region) else { continue };
                let Some(range) = shared(found.range, *range) else { continue };
                progress.keep(Hit::Track {
                    range,
                    track: track.id.0,
                    class: track.class,
                    confidence: track.confidence,
                    bbox: found.bbox,
                });
            }
            drop(progress);
            if page.next.is_none() || self.is_stopped(state) {
                return Ok(());
            }
            query.cursor = page.next;
        }
    }

    fn search_keyframes(&self, state: &ApiState) -> Result<(), ApiError> {
        let Asked { stream, region, range, least_change, .. } = &self.asked;
        let mut open: Option<Hit> = None;
        let mut take = |look: KeyframeLook| {
            let mut progress = self.progress();
            progress.reached = look.time.min(range.end);
            progress.keyframes += 1;
            progress.unreadable += u64::from(!look.is_readable);
            let is_changed = look.changed.is_some_and(|share| share >= *least_change);
            if is_changed {
                lengthen(&mut open, look);
            } else if let Some(hit) = open.take() {
                progress.keep(hit);
            }
            drop(progress);
            if self.is_stopped(state) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let looked = state.parts().keyframes.look(stream, *range, region, &mut take);
        let mut progress = self.progress();
        if let Some(hit) = open {
            progress.keep(hit);
        }
        looked.map_err(ApiError::Frame)
    }

    fn is_stopped(&self, state: &ApiState) -> bool {
        self.is_cancelled.load(Ordering::Relaxed) || state.stop().is_cancelled()
    }

    fn end(&self, now: Timestamp, phase: Phase, failed: Option<String>) {
        let mut progress = self.progress();
        (progress.phase, progress.failed, progress.ended) = (phase, failed, Some(now));
        if phase == Phase::Done {
            progress.reached = self.asked.range.end;
        }
    }
}

impl Progress {
    fn keep(&mut self, hit: Hit) {
        if self.hits.len() < MOST_HITS {
            self.hits.push(hit);
        } else {
            self.hits_left_out += 1;
        }
    }
}

/// Takes another changed keyframe into the change that lasts.
fn lengthen(open: &mut Option<Hit>, look: KeyframeLook) {
    let changed = look.changed.unwrap_or_default();
    match open {
        Some(Hit::Change { range, at, share }) => {
            range.end = look.time;
            if changed > *share {
                (*at, *share) = (look.time, changed);
            }
        }
        _ => {
            let range = TimeRange { start: look.time, end: look.time };
            *open = Some(Hit::Change { range, at: look.time, share: changed });
        }
    }
}

/// Returns the part of a stay that lies in the span asked for; a moment is one as well.
fn shared(stay: TimeRange, asked: TimeRange) -> Option<TimeRange> {
    let shared = TimeRange { start: stay.start.max(asked.start), end: stay.end.min(asked.end) };
    (shared.start <= shared.end).then_some(shared)
}

/// Returns the longest spans without footage of a camera, in order of time.
fn footage_gaps(
    state: &ApiState,
    camera: &CameraId,
    range: TimeRange,
) -> Result<Vec<CoverageGap>, ApiError> {
    let only = domain::Scope::Cameras([camera.clone()].into());
    let query = CoverageQuery {
        range,
        cameras: Some(vec![camera.clone()]),
        growing: growing(state, &only),
        gaps: GAPS,
    };
    let covered = state.parts().index.coverage(&query)?;
    Ok(covered.cameras.into_iter().next().map(|camera| camera.recorded.gaps).unwrap_or_default())
}

fn lock<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}
