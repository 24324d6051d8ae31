//! The threads that detect: each takes the frame whose turn it is and delivers what it saw.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError};

use domain::{Clock, Detection, Observation};
use tracing::warn;

use crate::attention::Load;
use crate::camera::Camera;
use crate::counters::StageClocks;
use crate::decoding::{Frame, Frames};
use crate::detector::Detector;
use crate::picture::Picture;
use crate::vehicle_colour::ColourLight;
use crate::vision::Deliver;

/// One detecting thread: what it owns.
pub(crate) struct DetectingThread {
    pub(crate) detector: Detector,
    pub(crate) frames: Arc<Frames>,
    pub(crate) clocks: Arc<StageClocks>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) deliver: Deliver,
    /// How many threads detect.
    pub(crate) colleagues: usize,
}

impl DetectingThread {
    /// Looks at frames until the mailbox is closed.
    pub(crate) fn run(mut self) {
        let frames = Arc::clone(&self.frames);
        while let Some((key, frame, waiting)) = frames.take() {
            let load = if waiting >= self.colleagues { Load::Heavy } else { Load::Light };
            let camera = Arc::clone(&frame.camera);
            // One bad picture must not end the analysis of all cameras. Each look fills anew what
            // the detector keeps.
            let looked = catch_unwind(AssertUnwindSafe(|| self.look(frame, load)));
            if looked.is_err() {
                leave_out(&camera, "a panic, told above");
            }
            frames.done(key);
        }
    }

    fn look(&mut self, frame: Frame, load: Load) {
        let camera = &frame.camera;
        if camera.is_detached() {
            return;
        }
        let size = (frame.picture.width(), frame.picture.height());
        let model = Arc::clone(self.detector.model());
        let plan = camera.attention.lock().unwrap_or_else(PoisonError::into_inner).plan(
            frame.time,
            size,
            &frame.motion,
            &frame.expected,
            load,
            &model.manifest.input,
        );
        let counts = &camera.counts;
        let detections = match self.detector.detect_views(&frame.picture, &plan.views) {
            Ok((mut detections, spent)) => {
                name_colours(&frame.picture, &mut detections);
                counts.inferences.add(spent.inferences);
                self.clocks.prepare.add_many(spent.inferences, spent.prepare);
                self.clocks.infer.add_many(spent.inferences, spent.infer);
                self.clocks.postprocess.add_many(spent.inferences, spent.postprocess);
                detections
            }
            Err(error) => {
                leave_out(camera, &error.to_string());
                return;
            }
        };
        self.clocks.delay.add(self.clock.now().since(frame.time));
        let observation = Observation {
            camera: camera.analysis.camera.clone(),
            time: frame.time,
            clock_error_ms: frame.clock_error_ms,
            aspect: frame.picture.aspect(),
            looked: plan.looked,
            detections,
            model: Arc::clone(&model.sha256),
        };
        (self.deliver)(observation, frame.signals);
        counts.passed.add(u64::from(plan.views.is_empty()));
        counts.analysed.add(1);
    }
}

/// Attaches what the look says of the colours of vehicles.
fn name_colours(picture: &Picture, detections: &mut [Detection]) {
    if !detections.iter().any(|detection| detection.class.is_vehicle()) {
        return;
    }
    let Some(light) = ColourLight::of(picture) else { return };
    for detection in detections.iter_mut().filter(|detection| detection.class.is_vehicle()) {
        detection.colour = light.vote(picture, detection.class, &detection.bbox);
    }
}

fn leave_out(camera: &Camera, error: &str) {
    let failed = &camera.counts.dropped_detector_failed;
    failed.add(1);
    if failed.get().is_power_of_two() {
        warn!(camera = %camera.analysis.camera, error, "leaving out a picture");
    }
}
