//! The threads that decode: each serves its share of the cameras in turn.
//!
//! A thread has a decoder for each camera whose whole stream is decoded, and one per codec for the
//! keyframes of all others. A picture that is due is copied out, its masks are painted, what moves
//! in it is found, the condition of the view is measured, and it goes to the mailbox.

use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use domain::{AccessUnit, Bbox, Codec, Timestamp};
use tracing::warn;

use crate::camera::Camera;
use crate::condition::ConditionMeter;
use crate::config::Mode;
use crate::counters::StageClocks;
use crate::decoder::{Decoded, Decoder, Feed};
use crate::give_way::{DECODING, give_way};
use crate::lamp::{LampReader, LampReading};
use crate::lanes::Lanes;
use crate::mailbox::Mailbox;
use crate::mask;
use crate::motion::{Motion, MotionDetector};
use crate::picture::Picture;
use crate::sampling_rate::SamplingRate;

/// Access units decoded for one camera before the next camera's turn.
const TURN: usize = 8;
/// Access units whose picture may still be inside a decoder.
const MAX_INSIDE: usize = 32;

/// A sampled picture on its way to a detector.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) camera: Arc<Camera>,
    pub(crate) time: Timestamp,
    pub(crate) clock_error_ms: i32,
    pub(crate) picture: Picture,
    pub(crate) motion: Motion,
    pub(crate) expected: Vec<Bbox>,
    pub(crate) signals: Vec<LampReading>,
}

/// The mailbox between decoders and detectors, by camera key.
pub(crate) type Frames = Mailbox<u64, Frame>;

/// Where cameras with something to decode wait for their thread, by priority; each lies there once at
/// most.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    inner: Mutex<(Lanes<Arc<Camera>>, IsClosed)>,
    filled: Condvar,
}

type IsClosed = bool;

impl Desk {
    pub(crate) fn put(&self, camera: Arc<Camera>) {
        self.lock().0.put(camera.class(), camera);
        self.filled.notify_one();
    }

    pub(crate) fn close(&self) {
        self.lock().1 = true;
        self.filled.notify_all();
    }

    fn take(&self) -> Option<Arc<Camera>> {
        let mut inner = self.lock();
        loop {
            if inner.1 {
                return None;
            }
            if let Some(camera) = inner.0.take() {
                return Some(camera);
            }
            inner = self.filled.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, (Lanes<Arc<Camera>>, IsClosed)> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One decoding thread: what it owns.
#[derive(Debug)]
pub(crate) struct DecodingThread {
    desk: Arc<Desk>,
    frames: Arc<Frames>,
    clocks: Arc<StageClocks>,
    cameras: HashMap<u64, CameraState>,
    shared: HashMap<Codec, Pipeline>,
    decoded: Vec<Decoded>,
}

/// What a decoding thread keeps of one camera.
#[derive(Debug)]
struct CameraState {
    rate: SamplingRate,
    motion: MotionDetector,
    condition: ConditionMeter,
    lamps: LampReader,
    /// Its own decoder, when its whole stream is decoded.
    own: Option<Pipeline>,
}

/// A decoder and what is inside it.
#[derive(Debug)]
struct Pipeline {
    codec: Codec,
    decoder: Decoder,
    inside: VecDeque<Inside>,
}

#[derive(Debug)]
struct Inside {
    ticket: u64,
    camera: Arc<Camera>,
    time: Timestamp,
    clock_error_ms: i32,
}

impl DecodingThread {
    pub(crate) fn new(desk: Arc<Desk>, frames: Arc<Frames>, clocks: Arc<StageClocks>) -> Self {
        Self {
            desk,
            frames,
            clocks,
            cameras: HashMap::new(),
            shared: HashMap::new(),
            decoded: Vec::new(),
        }
    }

    /// Serves cameras until the desk is closed.
    pub(crate) fn run(mut self) {
        give_way(DECODING);
        let desk = Arc::clone(&self.desk);
        while let Some(camera) = desk.take() {
            if camera.is_detached() {
                self.cameras.remove(&camera.key);
                self.frames.remove(camera.key);
                continue;
            }
            let has_more = (0..TURN).all(|_| {
                let unit = camera.next_unit();
                unit.map(|unit| self.decode_guarded(&camera, &unit)).is_some()
            });
            if has_more {
                desk.put(camera);
            }
        }
    }

    /// Decodes; a panic costs the camera its decoder and what is known of its view, and goes no
    /// further: one bad picture must not end the analysis of all cameras.
    fn decode_guarded(&mut self, camera: &Arc<Camera>, unit: &AccessUnit) {
        let done = catch_unwind(AssertUnwindSafe(|| self.decode(camera, unit)));
        if done.is_err() {
            self.cameras.remove(&camera.key);
            rebuild_later(camera, "a panic, told above");
        }
    }

    fn decode(&mut self, camera: &Arc<Camera>, unit: &AccessUnit) {
        let state = self.cameras.entry(camera.key).or_insert_with(|| CameraState {
            rate: SamplingRate::new(camera.analysis.pictures_per_second),
            motion: MotionDetector::default(),
            condition: ConditionMeter::new(camera.analysis.masks.clone()),
            lamps: LampReader::new(&camera.analysis.signals),
            own: None,
        });
        let codec = unit.format.codec;
        let (mut slot, feed) = match camera.analysis.mode {
            // A keyframe that is not due need not be decoded at all.
            Mode::Keyframes if !state.rate.takes(unit.time) => return,
            Mode::Keyframes => (self.shared.remove(&codec), Feed::Keyframes),
            Mode::Stream => (state.own.take(), Feed::OneStream),
        };
        slot = slot.filter(|pipeline| pipeline.codec == codec);
        if slot.is_none() {
            if feed == Feed::OneStream && !unit.is_keyframe {
                camera.counts.dropped_no_keyframe.add(1);
                return;
            }
            slot = build(codec, feed, camera);
        }
        let Some(mut pipeline) = slot else { return };
        if feed == Feed::OneStream && unit.is_keyframe {
            // Of a keyframe alone it would save little, and others come out of the same decoder.
            pipeline.decoder.set_loop_filter(camera.loop_filter());
        }

        let started = Instant::now();
        let unfiltered = pipeline.decoder.unfiltered_slices();
        let mut decoded = std::mem::take(&mut self.decoded);
        let result =
            pipeline.decoder.decode(&unit.format, &unit.data, unit.is_keyframe, &mut decoded);
        self.clocks.decode.add(started.elapsed());
        if pipeline.decoder.unfiltered_slices() > unfiltered {
            camera.counts.unfiltered.add(1);
        }
        match result {
            Ok(ticket) => {
                let clock_error_ms = i32::try_from(unit.clock_error_us / 1000);
                pipeline.inside.push_back(Inside {
                    ticket,
                    camera: Arc::clone(camera),
                    time: unit.time,
                    clock_error_ms: clock_error_ms.unwrap_or(i32::MAX),
                });
                for decoded in decoded.drain(..) {
                    self.take_out(&mut pipeline, decoded);
                }
                pipeline.forget_old();
                self.put_back(camera, feed, pipeline);
            }
            Err(error) => {
                decoded.clear();
                rebuild_later(camera, &error.to_string());
            }
        }
        self.decoded = decoded;
    }

    fn put_back(&mut self, camera: &Arc<Camera>, feed: Feed, pipeline: Pipeline) {
        match feed {
            Feed::Keyframes => {
                self.shared.insert(pipeline.codec, pipeline);
            }
            Feed::OneStream => {
                if let Some(state) = self.cameras.get_mut(&camera.key) {
                    state.own = Some(pipeline);
                }
            }
        }
    }

    /// Finds whose picture came out and, if it is due, sends it on.
    fn take_out(&mut self, pipeline: &mut Pipeline, decoded: Decoded) {
        let Some(at) = pipeline.inside.iter().position(|inside| inside.ticket == decoded.ticket())
        else {
            return;
        };
        // Cameras send no B-frames: what went in before and has not come out never will.
        for lost in pipeline.inside.drain(..at) {
            lost.camera.counts.dropped_undecodable.add(1);
        }
        let Some(inside) = pipeline.inside.pop_front() else { return };
        self.sample(&inside, decoded);
        // Last: who waits for this count has waited for the sample too.
        inside.camera.counts.decoded.add(1);
    }

    /// Sends a picture on if it is due.
    fn sample(&mut self, inside: &Inside, decoded: Decoded) {
        let counts = &inside.camera.counts;
        let Some(state) = self.cameras.get_mut(&inside.camera.key) else { return };
        let is_due = match inside.camera.analysis.mode {
            Mode::Keyframes => true,
            Mode::Stream => state.rate.takes(inside.time),
        };
        if !is_due {
            return;
        }
        let started = Instant::now();
        let Some(mut picture) = decoded.picture() else {
            counts.dropped_undecodable.add(1);
            return;
        };
        mask::paint(&mut picture, &inside.camera.analysis.masks);
        let motion = state.motion.observe(&picture);
        counts.sampled.add(1);
        self.clocks.motion.add(started.elapsed());
        let started = Instant::now();
        if let Some(condition) = state.condition.observe(inside.time, &picture) {
            inside.camera.set_condition(condition);
            self.clocks.condition.add(started.elapsed());
        }
        let key = inside.camera.key;
        let frame = Frame {
            expected: inside.camera.take_expected(),
            camera: Arc::clone(&inside.camera),
            time: inside.time,
            clock_error_ms: inside.clock_error_ms,
            signals: state.lamps.read(inside.time, &picture),
            picture,
            motion,
        };
        let class = inside.camera.class();
        let is_replaced = self.frames.put(key, class, frame, |newer, older| {
            newer.motion.join(older.motion);
        });
        counts.dropped_replaced.add(u64::from(is_replaced));
        if inside.camera.analysis.mode == Mode::Stream {
            inside.camera.learn(is_replaced, Instant::now());
        }
    }
}

impl Pipeline {
    /// Gives up on pictures that should have come out long ago.
    fn forget_old(&mut self) {
        while self.inside.len() > MAX_INSIDE {
            if let Some(lost) = self.inside.pop_front() {
                lost.camera.counts.dropped_undecodable.add(1);
            }
        }
    }
}

/// Counts a decoder that was given up; the next picture builds another.
fn rebuild_later(camera: &Camera, error: &str) {
    camera.counts.dropped_undecodable.add(1);
    camera.counts.decoder_rebuilds.add(1);
    let rebuilds = camera.counts.decoder_rebuilds.get();
    if rebuilds.is_power_of_two() {
        warn!(camera = %camera.analysis.camera, error, rebuilds, "building the decoder again");
    }
}

fn build(codec: Codec, feed: Feed, camera: &Camera) -> Option<Pipeline> {
    match Decoder::new(codec, feed) {
        Ok(decoder) => Some(Pipeline { codec, decoder, inside: VecDeque::new() }),
        Err(error) => {
            camera.counts.dropped_undecodable.add(1);
            if camera.counts.dropped_undecodable.get().is_power_of_two() {
                warn!(camera = %camera.analysis.camera, %error, "cannot build a decoder");
            }
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;
    use domain::{ClockSource, RunId, StreamId, VideoFormat};

    use super::*;
    use crate::CameraAnalysis;

    fn camera(key: u64, pictures_per_second: f32) -> Arc<Camera> {
        let analysis = CameraAnalysis {
            camera: format!("cam-{key}").parse().unwrap(),
            mode: Mode::Keyframes,
            pictures_per_second,
            priority: 1,
            masks: vec![],
            signals: vec![],
        };
        Arc::new(Camera::new(key, 0, analysis, Arc::default(), Arc::default()))
    }

    fn keyframe(sequence: u64) -> AccessUnit {
        let format = VideoFormat {
            codec: Codec::H264,
            width: 16,
            height: 16,
            sample_entry: Bytes::new(),
            codec_data: Bytes::new(),
            rfc6381: String::new(),
        };
        AccessUnit {
            stream: StreamId::main("cam-1".parse().unwrap()),
            run: RunId(1),
            sequence,
            time: Timestamp::from_millis(0),
            clock_source: ClockSource::Arrival,
            clock_error_us: 0,
            timestamp_90k: 0,
            is_keyframe: true,
            lost_packets: 0,
            format: Arc::new(format),
            data: Bytes::from_static(&[0, 0, 0, 1, 9]),
        }
    }

    #[test]
    fn a_panic_over_one_camera_leaves_the_others_served() {
        let desk = Arc::new(Desk::default());
        let clocks = Arc::new(StageClocks::default());
        // `Vision::attach` refuses this rate: no time lies between its pictures.
        let (bad, good) = (camera(1, 0.0), camera(2, 5.0));
        for camera in [&bad, &good] {
            camera.offer(&keyframe(0));
            desk.put(Arc::clone(camera));
        }
        let frames = Arc::new(Frames::new());
        let thread = DecodingThread::new(Arc::clone(&desk), frames, Arc::clone(&clocks));
        let thread = std::thread::spawn(move || thread.run());
        let started = Instant::now();
        while clocks.snapshot().decode.count == 0 && !thread.is_finished() {
            assert!(started.elapsed() < Duration::from_secs(60), "the other camera is not served");
            std::thread::yield_now();
        }
        desk.close();
        assert!(thread.join().is_ok());
        assert_eq!(bad.counts.decoder_rebuilds.get(), 1);
        assert_eq!(good.counts.decoder_rebuilds.get(), 0);
    }
}
