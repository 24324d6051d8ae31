//! What was done and what was left out, per camera and per stage.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use domain::CameraId;

/// Counts of one camera since it was first attached. They never go back, also not when it is
/// attached again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CameraCounters {
    /// Access units offered.
    pub offered: u64,
    /// Pictures decoded.
    pub decoded: u64,
    /// Access units decoded without their loop filter, as too much waits to be looked at.
    pub unfiltered: u64,
    /// Decoded pictures taken for analysis.
    pub sampled: u64,
    /// Sampled pictures for which an observation was delivered.
    pub analysed: u64,
    /// Of those, pictures that no detector was shown, as nothing moved.
    pub passed: u64,
    /// Detector runs spent: a whole view or a pack of regions each.
    pub inferences: u64,
    /// Access units left out: the decoders were behind by about one GOP.
    pub dropped_decoder_busy: u64,
    /// Access units left out: no keyframe since the run or the format changed or packets were lost.
    pub dropped_no_keyframe: u64,
    /// Access units the decoder made no picture of, or that are too long to be a picture.
    pub dropped_undecodable: u64,
    /// Access units left out: the end of a GOP, where most pictures come too late to be looked at.
    pub dropped_thinned: u64,
    /// Sampled pictures replaced by a newer one before a detector was free.
    pub dropped_replaced: u64,
    /// Sampled pictures that the detector failed on.
    pub dropped_detector_failed: u64,
    /// Decoders built again after an error.
    pub decoder_rebuilds: u64,
}

/// Time spent in one stage, over all cameras.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StageTiming {
    /// How often.
    pub count: u64,
    /// How long in all, in microseconds.
    pub total_us: u64,
}

/// Time spent in each stage, over all cameras.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StageTimings {
    /// Decoding one access unit.
    pub decode: StageTiming,
    /// Copying out, masking and finding what moves in one sampled picture.
    pub motion: StageTiming,
    /// Measuring the condition of one view.
    pub condition: StageTiming,
    /// Filling one detector input.
    pub prepare: StageTiming,
    /// One detector run.
    pub infer: StageTiming,
    /// Reading and merging the boxes of one detector run.
    pub postprocess: StageTiming,
    /// From the camera taking a picture to its observation, by our clock and the camera's.
    pub delay: StageTiming,
}

/// Everything counted so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counters {
    /// Per camera that is or was attached.
    pub cameras: BTreeMap<CameraId, CameraCounters>,
    /// Per stage.
    pub stages: StageTimings,
}

/// A count that many threads add to.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    /// Whoever sees it has seen all that the same thread counted before.
    pub(crate) fn add(&self, by: u64) {
        self.0.fetch_add(by, Ordering::Release);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

/// [`CameraCounters`] as the threads write them.
#[derive(Debug, Default)]
pub(crate) struct CameraCounts {
    pub(crate) offered: Count,
    pub(crate) decoded: Count,
    pub(crate) unfiltered: Count,
    pub(crate) sampled: Count,
    pub(crate) analysed: Count,
    pub(crate) passed: Count,
    pub(crate) inferences: Count,
    pub(crate) dropped_decoder_busy: Count,
    pub(crate) dropped_no_keyframe: Count,
    pub(crate) dropped_undecodable: Count,
    pub(crate) dropped_thinned: Count,
    pub(crate) dropped_replaced: Count,
    pub(crate) dropped_detector_failed: Count,
    pub(crate) decoder_rebuilds: Count,
}

impl CameraCounts {
    pub(crate) fn snapshot(&self) -> CameraCounters {
        CameraCounters {
            offered: self.offered.get(),
            decoded: self.decoded.get(),
            unfiltered: self.unfiltered.get(),
            sampled: self.sampled.get(),
            analysed: self.analysed.get(),
            passed: self.passed.get(),
            inferences: self.inferences.get(),
            dropped_decoder_busy: self.dropped_decoder_busy.get(),
            dropped_no_keyframe: self.dropped_no_keyframe.get(),
            dropped_undecodable: self.dropped_undecodable.get(),
            dropped_thinned: self.dropped_thinned.get(),
            dropped_replaced: self.dropped_replaced.get(),
            dropped_detector_failed: self.dropped_detector_failed.get(),
            decoder_rebuilds: self.decoder_rebuilds.get(),
        }
    }
}

/// [`StageTiming`] as the threads write it.
#[derive(Debug, Default)]
pub(crate) struct StageClock {
    count: Count,
    total_us: Count,
}

impl StageClock {
    pub(crate) fn add(&self, spent: Duration) {
        self.add_many(1, spent);
    }

    pub(crate) fn add_many(&self, count: u64, spent: Duration) {
        self.count.add(count);
        self.total_us.add(u64::try_from(spent.as_micros()).unwrap_or(u64::MAX));
    }

    fn snapshot(&self) -> StageTiming {
        StageTiming { count: self.count.get(), total_us: self.total_us.get() }
    }
}

/// [`StageTimings`] as the threads write them.
#[derive(Debug, Default)]
pub(crate) struct StageClocks {
    pub(crate) decode: StageClock,
    pub(crate) motion: StageClock,
    pub(crate) condition: StageClock,
    pub(crate) prepare: StageClock,
    pub(crate) infer: StageClock,
    pub(crate) postprocess: StageClock,
    pub(crate) delay: StageClock,
}

impl StageClocks {
    pub(crate) fn snapshot(&self) -> StageTimings {
        StageTimings {
            decode: self.decode.snapshot(),
            motion: self.motion.snapshot(),
            condition: self.condition.snapshot(),
            prepare: self.prepare.snapshot(),
            infer: self.infer.snapshot(),
            postprocess: self.postprocess.snapshot(),
            delay: self.delay.snapshot(),
        }
    }
}
