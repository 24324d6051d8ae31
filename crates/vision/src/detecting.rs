//! The threads that detect: each takes the frame whose turn it is, or its share of those that wait,
//! and delivers what it saw.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError};

use domain::{Clock, Detection, Looked, Observation};
use tracing::warn;

use crate::attention::Load;
use crate::camera::Camera;
use crate::counters::StageClocks;
use crate::decoding::{Frame, Frames};
use crate::detector::Detector;
use crate::give_way::{DETECTING, give_way};
use crate::glare::without_glare;
use crate::mosaic::{Mosaic, Piece};
use crate::picture::Picture;
use crate::vehicle_colour::ColourLight;
use crate::vision::Deliver;

/// Pictures that share inputs, at most: together they take as long as the first of them waits.
const TOGETHER: usize = 6;

/// One detecting thread: what it owns.
pub(crate) struct DetectingThread {
    pub(crate) detector: Detector,
    pub(crate) frames: Arc<Frames>,
    pub(crate) clocks: Arc<StageClocks>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) deliver: Deliver,
    /// How many threads detect.
    pub(crate) colleagues: usize,
    /// Looks as if others waited.
    pub(crate) is_loaded: bool,
}

impl DetectingThread {
    /// Looks at frames until the mailbox is closed.
    pub(crate) fn run(mut self) {
        give_way(DETECTING);
        let mailbox = Arc::clone(&self.frames);
        while let Some((key, frame, waiting)) = mailbox.take() {
            let (mut keys, mut frames) = (vec![key], vec![frame]);
            // Its share of those that wait.
            for _ in 0..(waiting / self.colleagues).min(TOGETHER - 1) {
                let Some((key, frame)) = mailbox.take_waiting() else { break };
                keys.push(key);
                frames.push(frame);
            }
            let cameras: Vec<_> = frames.iter().map(|frame| Arc::clone(&frame.camera)).collect();
            // One bad picture must not end the analysis of all cameras. Each look fills anew what
            // the detector keeps.
            let looked = catch_unwind(AssertUnwindSafe(|| self.look(frames)));
            if looked.is_err() {
                cameras.iter().for_each(|camera| leave_out(camera, "a panic, told above"));
            }
            keys.into_iter().for_each(|key| mailbox.done(key));
        }
    }

    fn look(&mut self, mut frames: Vec<Frame>) {
        frames.retain(|frame| !frame.camera.is_detached());
        let (inputs, looked) = self.plan(&frames);
        let unglared: Vec<Option<Picture>> =
            frames.iter().map(|frame| without_glare(&frame.picture)).collect();
        let pictures: Vec<&Picture> = frames
            .iter()
            .zip(&unglared)
            .map(|(frame, unglared)| unglared.as_ref().unwrap_or(&frame.picture))
            .collect();
        let found = match self.detector.detect_together(&pictures, &inputs) {
            Ok((found, spent)) => {
                self.clocks.prepare.add_many(spent.inferences, spent.prepare);
                self.clocks.infer.add_many(spent.inferences, spent.infer);
                self.clocks.postprocess.add_many(spent.inferences, spent.postprocess);
                found
            }
            Err(error) => {
                let error = error.to_string();
                frames.iter().for_each(|frame| leave_out(&frame.camera, &error));
                return;
            }
        };
        let mut is_shown = vec![false; frames.len()];
        for input in &inputs {
            // A run that is shared counts once, at the camera whose part was laid out first.
            if let Some(first) = input.pictures().next() {
                frames[first].camera.counts.inferences.add(1);
            }
            input.pictures().for_each(|picture| is_shown[picture] = true);
        }
        let model = Arc::clone(&self.detector.model().sha256);
        for (index, ((frame, looked), mut detections)) in
            frames.into_iter().zip(looked).zip(found).enumerate()
        {
            name_colours(&frame.picture, &mut detections);
            self.clocks.delay.add(self.clock.now().since(frame.time));
            let observation = Observation {
                camera: frame.camera.analysis.camera.clone(),
                time: frame.time,
                clock_error_ms: frame.clock_error_ms,
                aspect: frame.picture.aspect(),
                looked,
                detections,
                model: Arc::clone(&model),
            };
            (self.deliver)(observation, frame.signals);
            let counts = &frame.camera.counts;
            counts.passed.add(u64::from(!is_shown[index]));
            counts.analysed.add(1);
        }
    }

    /// Decides what of each picture is looked at. Returns the inputs that show it, and what to say was
    /// looked at, by picture.
    fn plan(&self, frames: &[Frame]) -> (Vec<Mosaic>, Vec<Looked>) {
        let input = &self.detector.model().manifest.input;
        let load = if frames.len() > 1 || self.is_loaded { Load::Heavy } else { Load::Light };
        let size = |frame: &Frame| (frame.picture.width(), frame.picture.height());
        let sizes: Vec<_> = frames.iter().map(size).collect();
        let (mut pieces, mut looked) = (Vec::new(), Vec::new());
        for (picture, (frame, size)) in frames.iter().zip(&sizes).enumerate() {
            let Frame { time, motion, expected, .. } = frame;
            let attention = &frame.camera.attention;
            let mut attention = attention.lock().unwrap_or_else(PoisonError::into_inner);
            let plan = attention.plan(*time, *size, motion, expected, load, input);
            let piece = |(source, shown)| Piece { picture, source, shown };
            pieces.extend(plan.parts.into_iter().map(piece));
            looked.push(plan.looked);
        }
        (Mosaic::lay_out(&pieces, &sizes, input), looked)
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
