//! The whole of analysis behind one handle.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use domain::{AccessUnit, Bbox, CameraId, Clock, Codec, Observation, ViewCondition};

use crate::camera::{Camera, Schedule};
use crate::counters::{CameraCounts, StageClocks};
use crate::decoder::{Decoder, Feed};
use crate::decoding::{DecodingThread, Desk, Frames};
use crate::detecting::DetectingThread;
use crate::detector::Detector;
use crate::lamp::LampReading;
use crate::manifest::Model;
use crate::runtime::Runtime;
use crate::thinning::Thinning;
use crate::{CameraAnalysis, Counters, VisionConfig, VisionError};

/// Takes each observation, with what the camera's signals showed in the same picture, on the detector
/// threads; in order of time per camera, unless a camera sets its clock back. It may block: that
/// slows analysis down and nothing else.
pub type Deliver = Arc<dyn Fn(Observation, Vec<LampReading>) + Send + Sync>;

/// The whole of analysis: threads that decode and detect for all attached cameras.
pub struct Vision {
    cameras: Mutex<Cameras>,
    desks: Vec<Arc<Desk>>,
    frames: Arc<Frames>,
    clocks: Arc<StageClocks>,
    thinning: Arc<Thinning>,
    model: Arc<Model>,
    next_key: AtomicU64,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

#[derive(Debug, Default)]
struct Cameras {
    attached: BTreeMap<CameraId, Arc<Camera>>,
    /// Of all that ever were.
    counts: BTreeMap<CameraId, Arc<CameraCounts>>,
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
            thinning: Arc::new(if config.is_loaded {
                Thinning::under_load()
            } else {
                Thinning::default()
            }),
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
                is_loaded: config.is_loaded,
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
        self.threads().push(thread);
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
        let (rates, priorities) = (CameraAnalysis::RATES, CameraAnalysis::PRIORITIES);
        if !rates.contains(&rate) {
            let (least, most) = rates.into_inner();
            return refuse(format!("{rate} pictures per second: use {least} to {most}"));
        }
        if !priorities.contains(&analysis.priority) {
            let (first, last) = priorities.into_inner();
            return refuse(format!("priority {}: use {first} to {last}", analysis.priority));
        }
        let mut cameras = self.cameras();
        let id = analysis.camera.clone();
        self.end(cameras.attached.remove(&id));
        let served =
            |desk: usize| cameras.attached.values().filter(|camera| camera.desk == desk).count();
        let desk = (0..self.desks.len()).min_by_key(|desk| served(*desk)).unwrap_or(0);
        let key = self.next_key.fetch_add(1, Ordering::Relaxed);
        let counts = Arc::clone(cameras.counts.entry(id.clone()).or_default());
        let camera = Arc::new(Camera::new(key, desk, analysis, counts, Arc::clone(&self.thinning)));
        cameras.attached.insert(id, Arc::clone(&camera));
        Ok(Sampler { camera, desk: Arc::clone(&self.desks[desk]) })
    }

    /// Ends the analysis of a camera; what it has queued is left out.
    pub fn detach(&self, camera: &CameraId) {
        let detached = self.cameras().attached.remove(camera);
        self.end(detached);
    }

    fn end(&self, camera: Option<Arc<Camera>>) {
        let Some(camera) = camera else { return };
        camera.detach();
        self.desks[camera.desk].put(camera);
    }

    /// Tells where objects are expected in a camera's next picture, so that they are looked at.
    /// Takes two leaf locks, each held for moments; a camera that is not attached is left alone.
    pub fn hint(&self, camera: &CameraId, predicted: Vec<Bbox>) {
        let attached = self.cameras().attached.get(camera).cloned();
        if let Some(camera) = attached {
            camera.expect(predicted);
        }
    }

    /// Returns in what condition each attached camera's view was when it was last measured, about
    /// once a second; a camera that has sent nothing to measure is left out. Whoever asks looks at
    /// the time of each.
    pub fn conditions(&self) -> BTreeMap<CameraId, ViewCondition> {
        let cameras = self.cameras();
        let measured = |(id, camera): (&CameraId, &Arc<Camera>)| {
            camera.condition().map(|condition| (id.clone(), condition))
        };
        cameras.attached.iter().filter_map(measured).collect()
    }

    /// Returns whether every thread still runs, or was told to end by [`Vision::close`].
    pub fn threads_alive(&self) -> bool {
        !self.threads().iter().any(JoinHandle::is_finished)
    }

    /// Returns everything counted so far.
    pub fn counters(&self) -> Counters {
        let cameras = self.cameras();
        let snapshot =
            |(id, counts): (&CameraId, &Arc<CameraCounts>)| (id.clone(), counts.snapshot());
        let cameras = cameras.counts.iter().map(snapshot).collect();
        Counters { cameras, stages: self.clocks.snapshot() }
    }

    /// Stops the threads and waits for them; what is still queued is left out.
    pub fn close(&self) {
        self.stop();
    }

    fn stop(&self) {
        // Taken first: a thread that ends from here on was told to.
        let threads = std::mem::take(&mut *self.threads());
        for desk in &self.desks {
            desk.close();
        }
        self.frames.close();
        for thread in threads {
            if let Err(panic) = thread.join() {
                tracing::error!(?panic, "a thread of analysis panicked");
            }
        }
    }

    fn cameras(&self) -> MutexGuard<'_, Cameras> {
        self.cameras.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn threads(&self) -> MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
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
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::{Duration, Instant};

    use domain::SystemClock;

    use super::*;
    use crate::Mode;

    const PATIENCE: Duration = Duration::from_secs(60);

    fn start() -> Vision {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let library = std::env::var_os("WATCHPOST_ONNXRUNTIME");
        let config = VisionConfig {
            onnxruntime: library.map_or_else(
                || root.join("var/lib/onnxruntime/libonnxruntime.so.1.31.1"),
                Into::into,
            ),
            model: root.join("models/nanodet-g-int8.toml"),
            decoder_threads: 1,
            detector_threads: 1,
            providers: vec![],
            is_loaded: false,
        };
        Vision::start(config, Arc::new(SystemClock::default()), Arc::new(|_, _| ())).unwrap()
    }

    #[test]
    fn a_thread_that_ended_untold_is_noticed() {
        let vision = start();
        assert!(vision.threads_alive());
        vision.desks[0].close();
        let started = Instant::now();
        while vision.threads_alive() {
            assert!(started.elapsed() < PATIENCE, "the thread that ended is not missed");
            std::thread::yield_now();
        }
        vision.close();
        assert!(vision.threads_alive(), "those that were told to end are not missed");
    }

    #[test]
    fn a_hint_reaches_the_camera_it_names() {
        let vision = start();
        let [id, other]: [CameraId; 2] = ["cam-1", "cam-2"].map(|id| id.parse().unwrap());
        let analysis = CameraAnalysis {
            camera: id.clone(),
            mode: Mode::Stream,
            pictures_per_second: 5.0,
            priority: 1,
            masks: vec![],
            signals: vec![],
        };
        let sampler = vision.attach(analysis).unwrap();
        let predicted = Bbox { left: 0.1, top: 0.2, width: 0.3, height: 0.4 };
        vision.hint(&other, vec![predicted, predicted]);
        vision.hint(&id, vec![predicted]);
        assert_eq!(sampler.camera.take_expected(), [predicted]);
    }
}
