//! The whole of analysis behind one handle.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use domain::{AccessUnit, Bbox, CameraId, Clock, Codec, Observation};

use crate::camera::{Camera, Schedule};
use crate::counters::StageClocks;
use crate::decoder::{Decoder, Feed};
use crate::decoding::{DecodingThread, Desk, Frames};
use crate::detecting::DetectingThread;
use crate::detector::Detector;
use crate::manifest::Model;
use crate::runtime::Runtime;
use crate::{CameraAnalysis, Counters, VisionConfig, VisionError};

/// Takes the observations, on the detector threads; in order of time per camera, unless a camera
/// sets its clock back. It may block: that slows analysis down and nothing else.
pub type Deliver = Arc<dyn Fn(Observation) + Send + Sync>;

/// The rates that have a meaning, in pictures per second.
const RATES: std::ops::RangeInclusive<f32> = 0.01..=60.0;

/// The whole of analysis: threads that decode and detect for all attached cameras.
pub struct Vision {
    cameras: Mutex<BTreeMap<CameraId, Arc<Camera>>>,
    desks: Vec<Arc<Desk>>,
    frames: Arc<Frames>,
    clocks: Arc<StageClocks>,
    model: Arc<Model>,
    next_key: AtomicU64,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl fmt::Debug for Vision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vision").field("model", &self.model).finish_non_exhaustive()
    }
}

impl Vision {
    /// Loads the library and the model and starts the threads.
    ///
    /// # Errors
    /// Fails when the library, the model or GStreamer cannot be used, naming what and why.
    pub fn start(
        config: VisionConfig,
        clock: Arc<dyn Clock>,
        deliver: Deliver,
    ) -> Result<Self, VisionError> {
        for codec in [Codec::H264, Codec::H265] {
            Decoder::new(codec, Feed::Keyframes)?;
        }
        let runtime = Runtime::load(&config.onnxruntime)?;
        let model = Arc::new(Model::load(&config.model)?);
        let detectors = (0..config.detector_threads.max(1))
            .map(|_| Detector::open(&runtime, Arc::clone(&model), &config.providers))
            .collect::<Result<Vec<_>, _>>()?;

        let mut vision = Self {
            cameras: Mutex::default(),
            desks: (0..config.decoder_threads.max(1)).map(|_| Arc::default()).collect(),
            frames: Arc::new(Frames::new()),
            clocks: Arc::default(),
            model,
            next_key: AtomicU64::new(0),
            threads: Mutex::default(),
        };
        for (index, desk) in vision.desks.clone().into_iter().enumerate() {
            let (frames, clocks) = (Arc::clone(&vision.frames), Arc::clone(&vision.clocks));
            let thread = DecodingThread::new(desk, frames, clocks);
            vision.spawn(format!("decode-{index}"), move || thread.run())?;
        }
        let colleagues = detectors.len();
        for (index, detector) in detectors.into_iter().enumerate() {
            let thread = DetectingThread {
                detector,
                frames: Arc::clone(&vision.frames),
                clocks: Arc::clone(&vision.clocks),
                clock: Arc::clone(&clock),
                deliver: Arc::clone(&deliver),
                colleagues,
            };
            vision.spawn(format!("detect-{index}"), move || thread.run())?;
        }
        Ok(vision)
    }

    fn spawn(
        &mut self,
        name: String,
        run: impl FnOnce() + Send + 'static,
    ) -> Result<(), VisionError> {
        let thread = std::thread::Builder::new()
            .name(name.clone())
            .spawn(run)
            .map_err(|source| VisionError::Thread { name, source })?;
        self.threads.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
        Ok(())
    }

    /// Returns the model in use.
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// Begins to analyse a camera; one attached before under the same name is replaced.
    ///
    /// # Errors
    /// Refuses a rate or a priority that has no meaning.
    pub fn attach(&self, analysis: CameraAnalysis) -> Result<Sampler, VisionError> {
        let refuse =
            |reason: String| Err(VisionError::Camera { camera: analysis.camera.clone(), reason });
        let rate = analysis.pictures_per_second;
        if !RATES.contains(&rate) {
            return refuse(format!("{rate} pictures per second: use 0.01 to 60"));
        }
        if !(1..=3).contains(&analysis.priority) {
            return refuse(format!("priority {}: use 1, 2 or 3", analysis.priority));
        }
        self.detach(&analysis.camera);
        let mut cameras = self.cameras();
        let served = |desk: usize| cameras.values().filter(|camera| camera.desk == desk).count();
        let desk = (0..self.desks.len()).min_by_key(|desk| served(*desk)).unwrap_or(0);
        let key = self.next_key.fetch_add(1, Ordering::Relaxed);
        let id = analysis.camera.clone();
        let camera = Arc::new(Camera::new(key, desk, analysis));
        cameras.insert(id, Arc::clone(&camera));
        Ok(Sampler { camera, desk: Arc::clone(&self.desks[desk]) })
    }

    /// Ends the analysis of a camera; what it has queued is left out.
    pub fn detach(&self, camera: &CameraId) {
        if let Some(camera) = self.cameras().remove(camera) {
            camera.detach();
            self.desks[camera.desk].put(camera);
        }
    }

    /// Returns everything counted so far.
    pub fn counters(&self) -> Counters {
        let cameras = self.cameras();
        let snapshot =
            |(id, camera): (&CameraId, &Arc<Camera>)| (id.clone(), camera.counts.snapshot());
        Counters { cameras: cameras.iter().map(snapshot).collect(), stages: self.clocks.snapshot() }
    }

    /// Stops the threads and waits for them; what is still queued is left out.
    pub fn close(&self) {
        self.stop();
    }

    fn stop(&self) {
        for desk in &self.desks {
            desk.close();
        }
        self.frames.close();
        let threads =
            std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            if let Err(panic) = thread.join() {
                tracing::error!(?panic, "a thread of analysis panicked");
            }
        }
    }

    fn cameras(&self) -> MutexGuard<'_, BTreeMap<CameraId, Arc<Camera>>> {
        self.cameras.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Vision {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The entrance of one camera; owned by the task that receives its stream.
#[derive(Debug, Clone)]
pub struct Sampler {
    camera: Arc<Camera>,
    desk: Arc<Desk>,
}

impl Sampler {
    /// Offers the next access unit. Never waits: what the decoders cannot take is left out, up to
    /// the next keyframe, and counted.
    pub fn offer(&self, unit: &AccessUnit) {
        if self.camera.offer(unit) == Schedule::Now {
            self.desk.put(Arc::clone(&self.camera));
        }
    }

    /// Tells where objects are expected in the next picture, so that they are looked at.
    pub fn hint(&self, predicted: Vec<Bbox>) {
        self.camera.expect(predicted);
    }
}
