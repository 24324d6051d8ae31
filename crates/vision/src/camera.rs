//! One attached camera: the queue between the task that receives it and the thread that decodes it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use domain::{AccessUnit, Bbox, RunId, VideoFormat, ViewCondition};

use crate::CameraAnalysis;
use crate::attention::Attention;
use crate::config::Mode;
use crate::counters::CameraCounts;
use crate::decoder::LoopFilter;
use crate::thinning::Thinning;

/// About one GOP: what a camera may have queued for decoding, in access units and in bytes.
const MAX_QUEUED: usize = 100;
const MAX_QUEUED_BYTES: usize = 8 << 20;
/// A camera with more access units queued than this is behind.
const BEHIND: usize = 12;
/// Keyframes a camera may have queued; older ones give way.
const MAX_QUEUED_KEYFRAMES: usize = 2;
/// Longest GOP, in pictures, that is decoded without loop filter: what each picture is off by adds up.
const SHORT_GOP: usize = 60;
/// Predicted boxes that are kept, at most.
const MAX_EXPECTED: usize = 256;

/// One attached camera, shared by its sampler, its decoder thread and the detector threads.
#[derive(Debug)]
pub(crate) struct Camera {
    /// Names it among all ever attached.
    pub(crate) key: u64,
    /// Which decoder thread serves it.
    pub(crate) desk: usize,
    pub(crate) analysis: CameraAnalysis,
    /// Shared with those attached under the same name before.
    pub(crate) counts: Arc<CameraCounts>,
    /// What its detector was shown last; only the thread that looks at its frame locks it.
    pub(crate) attention: Mutex<Attention>,
    thinning: Arc<Thinning>,
    queue: Mutex<Queue>,
    expected: Mutex<Vec<Bbox>>,
    condition: Mutex<Option<ViewCondition>>,
    detached: AtomicBool,
}

#[derive(Debug, Default)]
struct Queue {
    units: VecDeque<AccessUnit>,
    bytes: usize,
    /// On its thread's desk, or being served.
    is_scheduled: bool,
    /// Why pictures are left out until the next keyframe.
    skipping: Option<Skipping>,
    gop: Gop,
    last: Option<(RunId, u64, Arc<VideoFormat>)>,
}

/// Where in a GOP the stream is.
#[derive(Debug, Clone, Copy, Default)]
struct Gop {
    /// Pictures since the last keyframe, that one too; unknown after a break.
    position: Option<usize>,
    /// How many the last whole GOP had.
    length: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Skipping {
    /// The pictures before this one are missing.
    Broken,
    /// The queue was full.
    Busy,
    /// So much of a GOP is enough for now.
    Thinned,
}

/// Whether the camera must be put on its thread's desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Schedule {
    /// Now.
    Now,
    /// It lies there already, or there is nothing to do.
    No,
}

impl Camera {
    pub(crate) fn new(
        key: u64,
        desk: usize,
        analysis: CameraAnalysis,
        counts: Arc<CameraCounts>,
        thinning: Arc<Thinning>,
    ) -> Self {
        let queue = Queue { skipping: Some(Skipping::Broken), ..Queue::default() };
        Self {
            key,
            desk,
            analysis,
            counts,
            attention: Mutex::default(),
            thinning,
            queue: Mutex::new(queue),
            expected: Mutex::default(),
            condition: Mutex::default(),
            detached: AtomicBool::new(false),
        }
    }

    /// Returns its priority class, 0 being the first.
    pub(crate) fn class(&self) -> usize {
        usize::from(self.analysis.priority.saturating_sub(1))
    }

    /// Queues an access unit, or leaves it out and counts it. Never waits but for the leaf lock.
    pub(crate) fn offer(&self, unit: &AccessUnit) -> Schedule {
        self.counts.offered.add(1);
        if self.is_detached() {
            return Schedule::No;
        }
        let mut queue = self.queue();
        if queue.breaks_off(unit) {
            queue.skipping = Some(Skipping::Broken);
            queue.gop.position = None;
        }
        queue.gop.advance(unit.is_keyframe);
        queue.last = Some((unit.run, unit.sequence, Arc::clone(&unit.format)));
        let queued = match self.analysis.mode {
            Mode::Keyframes => self.queue_keyframe(&mut queue, unit),
            Mode::Stream => self.queue_unit(&mut queue, unit),
        };
        if !queued || queue.is_scheduled {
            return Schedule::No;
        }
        queue.is_scheduled = true;
        Schedule::Now
    }

    fn queue_keyframe(&self, queue: &mut Queue, unit: &AccessUnit) -> bool {
        if !unit.is_keyframe {
            return false;
        }
        while queue.units.len() >= MAX_QUEUED_KEYFRAMES {
            queue.pop();
            self.counts.dropped_decoder_busy.add(1);
        }
        queue.push(unit);
        true
    }

    fn queue_unit(&self, queue: &mut Queue, unit: &AccessUnit) -> bool {
        let is_full = queue.units.len() >= MAX_QUEUED
            || queue.bytes.saturating_add(unit.data.len()) > MAX_QUEUED_BYTES;
        if is_full {
            // The rest of this GOP means nothing to a decoder any more.
            queue.skipping = Some(Skipping::Busy);
        } else if unit.is_keyframe {
            queue.skipping = None;
        } else if queue.skipping.is_none() && queue.gop.is_beyond(|length| self.kept(length)) {
            queue.skipping = Some(Skipping::Thinned);
        }
        match queue.skipping {
            None => {
                queue.push(unit);
                return true;
            }
            Some(Skipping::Busy) => self.counts.dropped_decoder_busy.add(1),
            Some(Skipping::Thinned) => self.counts.dropped_thinned.add(1),
            Some(Skipping::Broken) => self.counts.dropped_no_keyframe.add(1),
        }
        false
    }

    /// Returns how many pictures of a GOP of this length are decoded.
    fn kept(&self, length: usize) -> usize {
        self.thinning.kept(self.class(), length)
    }

    /// Returns how its next GOP is decoded, if it is as long as the one before.
    pub(crate) fn loop_filter(&self) -> LoopFilter {
        let is_short = self.queue().gop.length.is_some_and(|length| length <= SHORT_GOP);
        if is_short { self.thinning.loop_filter(self.class()) } else { LoopFilter::Applied }
    }

    /// Learns what came of a sampled picture.
    pub(crate) fn learn(&self, is_replaced: bool, now: Instant) {
        let is_behind = self.queue().units.len() > BEHIND;
        self.thinning.learn(is_replaced || is_behind, now);
    }

    /// Takes the next access unit; `None` when there is none, and then the camera is off the desk.
    pub(crate) fn next_unit(&self) -> Option<AccessUnit> {
        let mut queue = self.queue();
        let unit = queue.pop();
        if unit.is_none() {
            queue.is_scheduled = false;
        }
        unit
    }

    /// Puts it on the desk once more, for its thread to forget it.
    pub(crate) fn detach(&self) {
        self.detached.store(true, Ordering::Relaxed);
        let mut queue = self.queue();
        queue.units.clear();
        queue.bytes = 0;
    }

    pub(crate) fn is_detached(&self) -> bool {
        self.detached.load(Ordering::Relaxed)
    }

    /// Keeps where objects are expected in the next picture.
    pub(crate) fn expect(&self, mut predicted: Vec<Bbox>) {
        predicted.truncate(MAX_EXPECTED);
        *self.expected.lock().unwrap_or_else(PoisonError::into_inner) = predicted;
    }

    /// Takes where objects are expected.
    pub(crate) fn take_expected(&self) -> Vec<Bbox> {
        std::mem::take(&mut self.expected.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Keeps in what condition the view is.
    pub(crate) fn set_condition(&self, condition: ViewCondition) {
        *self.condition.lock().unwrap_or_else(PoisonError::into_inner) = Some(condition);
    }

    /// Returns in what condition the view was when it was last measured.
    pub(crate) fn condition(&self) -> Option<ViewCondition> {
        *self.condition.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gop {
    /// Counts one more picture.
    fn advance(&mut self, is_keyframe: bool) {
        if is_keyframe {
            self.length = self.position.or(self.length);
            self.position = Some(1);
        } else if let Some(position) = &mut self.position {
            *position += 1;
        }
    }

    /// Returns whether the last picture counted lies beyond the share to be decoded.
    fn is_beyond(&self, kept: impl Fn(usize) -> usize) -> bool {
        let Self { position: Some(position), length: Some(length) } = *self else { return false };
        position > kept(length)
    }
}

impl Queue {
    /// Returns whether the picture before this one is missing, or was coded otherwise.
    fn breaks_off(&self, unit: &AccessUnit) -> bool {
        let Some((run, sequence, format)) = &self.last else { return true };
        *run != unit.run
            || sequence.checked_add(1) != Some(unit.sequence)
            || unit.lost_packets > 0
            || !(Arc::ptr_eq(format, &unit.format) || *format == unit.format)
    }

    fn push(&mut self, unit: &AccessUnit) {
        self.bytes = self.bytes.saturating_add(unit.data.len());
        self.units.push_back(unit.clone());
    }

    fn pop(&mut self) -> Option<AccessUnit> {
        let unit = self.units.pop_front()?;
        self.bytes = self.bytes.saturating_sub(unit.data.len());
        Some(unit)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;
    use domain::{ClockSource, Codec, StreamId, Timestamp};

    use super::*;

    fn camera(mode: Mode, priority: u8) -> Camera {
        let analysis = CameraAnalysis {
            camera: "cam-1".parse().unwrap(),
            mode,
            pictures_per_second: 5.0,
            priority,
            masks: vec![],
            signals: vec![],
        };
        Camera::new(1, 0, analysis, Arc::default(), Arc::default())
    }

    fn unit(sequence: u64, is_keyframe: bool) -> AccessUnit {
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
            is_keyframe,
            lost_packets: 0,
            format: Arc::new(format),
            data: Bytes::from_static(&[0; 1000]),
        }
    }

    #[test]
    fn a_full_queue_leaves_out_the_rest_of_the_gop_and_counts_it() {
        let camera = camera(Mode::Stream, 1);
        assert_eq!(camera.offer(&unit(0, true)), Schedule::Now);
        for sequence in 1..130 {
            assert_eq!(camera.offer(&unit(sequence, sequence == 115)), Schedule::No);
        }
        assert_eq!(camera.counts.dropped_decoder_busy.get(), 30);
        for expected in 0..100 {
            assert_eq!(camera.next_unit().unwrap().sequence, expected);
        }
        assert!(camera.next_unit().is_none());
        assert_eq!(camera.offer(&unit(130, false)), Schedule::No, "still within that GOP");
        assert_eq!(camera.offer(&unit(131, true)), Schedule::Now);
    }

    #[test]
    fn where_too_much_is_late_the_ends_of_gops_are_left_out_and_counted() {
        let camera = camera(Mode::Stream, 3);
        let mut now = Instant::now();
        for _ in 0..100_u32 {
            now += Duration::from_millis(100);
            (0..20).for_each(|_| camera.learn(true, now));
        }
        let mut taken = Vec::new();
        for sequence in 0..60 {
            camera.offer(&unit(sequence, sequence % 20 == 0));
            taken.extend(std::iter::from_fn(|| camera.next_unit()).map(|unit| unit.sequence));
        }
        assert!(
            (0..20).all(|sequence| taken.contains(&sequence)),
            "how long a GOP is, is not known yet"
        );
        let second: Vec<_> = taken.iter().filter(|sequence| (20..40).contains(*sequence)).collect();
        assert!(second.len() < 20 && *second[0] == 20 && second.is_sorted(), "{second:?}");
        assert!(taken.contains(&40));
        assert_eq!(camera.counts.dropped_thinned.get(), 60 - taken.len() as u64);
    }

    #[test]
    fn only_behind_a_short_gop_is_the_loop_filter_left_out() {
        let loaded =
            Camera { thinning: Arc::new(Thinning::under_load()), ..camera(Mode::Stream, 2) };
        let mut sequence = 0;
        let mut offer_gop = |length: u64| {
            for at in 0..length {
                loaded.offer(&unit(sequence + at, at == 0));
                loaded.next_unit();
            }
            sequence += length;
        };
        assert_eq!(loaded.loop_filter(), LoopFilter::Applied, "of what length is not known");
        for (length, expected) in
            [(50, LoopFilter::LeftOut), (61, LoopFilter::Applied), (60, LoopFilter::LeftOut)]
        {
            offer_gop(length);
            offer_gop(1);
            assert_eq!(loaded.loop_filter(), expected, "behind one of {length}");
        }
        let light = camera(Mode::Stream, 2);
        for sequence in 0..100 {
            light.offer(&unit(sequence, sequence % 25 == 0));
        }
        assert_eq!(light.loop_filter(), LoopFilter::Applied, "nobody waits");
    }

    #[test]
    fn after_a_loss_pictures_wait_for_a_keyframe() {
        let camera = camera(Mode::Stream, 1);
        camera.offer(&unit(0, false));
        assert_eq!(camera.counts.dropped_no_keyframe.get(), 1);
        camera.offer(&unit(1, true));
        camera.offer(&unit(2, false));
        let lossy = AccessUnit { lost_packets: 1, ..unit(3, false) };
        camera.offer(&lossy);
        camera.offer(&unit(4, false));
        let skipped_one = unit(6, false);
        camera.offer(&skipped_one);
        let other_run = AccessUnit { run: RunId(2), ..unit(0, true) };
        camera.offer(&other_run);
        assert_eq!(camera.counts.dropped_no_keyframe.get(), 4);
        let taken: Vec<u64> =
            std::iter::from_fn(|| camera.next_unit()).map(|unit| unit.sequence).collect();
        assert_eq!(taken, [1, 2, 0]);
    }

    #[test]
    fn of_keyframes_the_newest_two_are_kept() {
        let camera = camera(Mode::Keyframes, 1);
        for sequence in 0..50 {
            camera.offer(&unit(sequence, sequence % 10 == 0));
        }
        assert_eq!(camera.counts.dropped_decoder_busy.get(), 3);
        assert_eq!(camera.counts.dropped_no_keyframe.get(), 0);
        assert_eq!(camera.next_unit().unwrap().sequence, 30);
    }
}
