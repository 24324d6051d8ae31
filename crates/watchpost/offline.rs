//! One clip through the real analysis, picture after picture, as fast as the machine can.
//!
//! The threads, queues and models are those of `watchpost run`; only the camera waits for them, so
//! that no picture is left out because the machine was slow.

use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use domain::{CameraId, EventDraft, Observation, SystemClock, Timestamp, Track};
use scene::{CameraScene, Scene, TrackerSettings};
use vision::lamp::LampReading;
use vision::{CameraAnalysis, CameraCounters, Clip, Mode, Vision, VisionConfig};

use crate::lamps::state_of;

/// When the first picture of every clip was taken, for what is judged: 2026-01-01T00:00:00Z.
pub(crate) const START: Timestamp = Timestamp::from_micros(1_767_225_600_000_000);
/// Observations that wait to be judged: one picture is on its way at a time, so this is never full.
const WAITING: usize = 64;
/// How often it is looked whether a picture has gone all its way.
const GLANCE: Duration = Duration::from_micros(300);
/// How long one picture may take before the analysis is taken for stuck.
const PATIENCE: Duration = Duration::from_secs(60);

/// The analysis, ready for one clip after another.
pub(crate) struct Offline {
    vision: Vision,
    observations: Mutex<Receiver<(Observation, Vec<LampReading>)>>,
}

/// What the analysis made of one clip.
#[derive(Default)]
pub(crate) struct Findings {
    pub(crate) events: Vec<EventDraft>,
    pub(crate) tracks: Vec<Track>,
    pub(crate) observations: Vec<Observation>,
    /// Width and height, in pixels.
    pub(crate) size: (u32, u32),
    /// Processor time of all threads.
    pub(crate) cpu: Duration,
    /// Pictures that could not be decoded or looked at.
    pub(crate) failed: u64,
}

impl Offline {
    /// Loads the model and starts the threads.
    pub(crate) fn start(config: VisionConfig) -> anyhow::Result<Self> {
        let (sender, observations) = sync_channel(WAITING);
        let sender = Mutex::new(sender);
        let deliver = move |observation, lamps| {
            // The receiver lives as long as the threads.
            let _ =
                sender.lock().unwrap_or_else(PoisonError::into_inner).send((observation, lamps));
        };
        let clock = Arc::new(SystemClock::default());
        let vision = Vision::start(config, clock, Arc::new(deliver))?;
        Ok(Self { vision, observations: Mutex::new(observations) })
    }

    pub(crate) fn vision(&self) -> &Vision {
        &self.vision
    }

    /// Sends a clip through. `progress` learns how many pictures have gone their way.
    pub(crate) fn run(
        &self,
        clip: &Path,
        scene: CameraScene,
        analysis: CameraAnalysis,
        progress: &dyn Fn(u64),
    ) -> anyhow::Result<Findings> {
        let (camera, mode) = (analysis.camera.clone(), analysis.mode);
        let mut scene =
            Scene::new(camera.clone(), 1, scene, TrackerSettings::default()).context("scene")?;
        let mut findings = Findings::default();
        let before = self.counts(&camera);
        let cpu_before = cpu_time();
        let sampler = self.vision.attach(analysis)?;
        let mut last = START;
        for unit in Clip::open(clip, camera.clone(), START)? {
            let unit = unit?;
            if unit.time <= last && unit.sequence > 0 {
                bail!("{} has B-frames, which cameras do not send", clip.display());
            }
            last = unit.time;
            // What a camera in this mode sends in between is passed over, and counted by nobody.
            if mode == Mode::Keyframes && !unit.is_keyframe {
                continue;
            }
            findings.size = (unit.format.width, unit.format.height);
            sampler.offer(&unit);
            self.wait_for_all(&camera, &before)?;
            self.judge(&mut scene, &mut findings);
            progress(unit.sequence + 1);
        }
        self.vision.detach(&camera);
        let outcome = scene.finish();
        findings.events.extend(outcome.events);
        findings.tracks.extend(outcome.ended);
        findings.cpu = cpu_time().saturating_sub(cpu_before);
        findings.failed = failed(&self.counts(&camera)) - failed(&before);
        Ok(findings)
    }

    /// Waits until everything offered was decoded, and everything sampled was looked at.
    fn wait_for_all(&self, camera: &CameraId, before: &CameraCounters) -> anyhow::Result<()> {
        let started = Instant::now();
        loop {
            let counts = self.counts(camera);
            let still_inside = counts.offered - before.offered > gone(&counts) - gone(before);
            let still_waits = counts.sampled - before.sampled > looked(&counts) - looked(before);
            if !still_inside && !still_waits {
                return Ok(());
            }
            if !self.vision.threads_alive() || started.elapsed() > PATIENCE {
                bail!("the analysis is stuck at picture {}", counts.offered);
            }
            std::thread::park_timeout(GLANCE);
        }
    }

    fn judge(&self, scene: &mut Scene, findings: &mut Findings) {
        let observations = self.observations.lock().unwrap_or_else(PoisonError::into_inner);
        for (observation, lamps) in observations.try_iter() {
            for lamp in lamps {
                scene.signal(&lamp.signal, state_of(lamp.aspect), observation.time);
            }
            let outcome = scene.observe(&observation);
            findings.events.extend(outcome.events);
            findings.tracks.extend(outcome.ended);
            let expected = scene.predicted(observation.time);
            let boxes = expected.into_iter().map(|(_, bbox)| bbox).collect();
            self.vision.hint(&observation.camera, boxes);
            findings.observations.push(observation);
        }
    }

    fn counts(&self, camera: &CameraId) -> CameraCounters {
        self.vision.counters().cameras.get(camera).copied().unwrap_or_default()
    }
}

/// Returns how many access units have left the decoder or never entered it.
fn gone(counts: &CameraCounters) -> u64 {
    counts.decoded + counts.dropped_no_keyframe + counts.dropped_undecodable
}

/// Returns how many sampled pictures were looked at or never will be.
fn looked(counts: &CameraCounters) -> u64 {
    counts.analysed + counts.dropped_replaced + counts.dropped_detector_failed
}

fn failed(counts: &CameraCounters) -> u64 {
    counts.dropped_no_keyframe
        + counts.dropped_undecodable
        + counts.dropped_detector_failed
        + counts.dropped_replaced
}

/// Returns the processor time of all threads of this process so far.
fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
}
