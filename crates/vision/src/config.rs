//! What to analyse, with what.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use domain::{CameraId, Polygon};

use crate::lamp::Lamps;

/// With what to analyse: the library, the model, the threads.
#[derive(Debug, Clone)]
pub struct VisionConfig {
    /// ONNX Runtime's shared library, `libonnxruntime.so.1.31.1`.
    pub onnxruntime: PathBuf,
    /// The manifest of the model: `models/nanodet-g-int8.toml`.
    pub model: PathBuf,
    /// Threads that decode, at least 1; they share the cameras.
    pub decoder_threads: usize,
    /// Threads that detect, at least 1; each holds one session of one CPU thread.
    pub detector_threads: usize,
    /// Execution providers in order of preference, of [`known_providers`](crate::known_providers).
    /// What cannot be had is left out with a log line; `cpu` is always there.
    pub providers: Vec<String>,
    /// Decodes and looks at each picture as if other cameras waited, to learn what that costs.
    pub is_loaded: bool,
}

/// Which pictures of a camera are decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Keyframes alone, on a decoder shared with other cameras: one picture per GOP at most.
    Keyframes,
    /// The whole stream, on a decoder of its own, sampled at the analysis rate.
    Stream,
}

/// How one camera is analysed.
#[derive(Debug, Clone, PartialEq)]
pub struct CameraAnalysis {
    /// The camera.
    pub camera: CameraId,
    /// Which of its pictures are decoded.
    pub mode: Mode,
    /// How many pictures per second are looked at, at most; of [`Self::RATES`].
    pub pictures_per_second: f32,
    /// Who goes first when the detectors cannot keep up: 1 before 2 before 3; of
    /// [`Self::PRIORITIES`].
    pub priority: u8,
    /// Privacy masks: painted over before anything else looks at the picture.
    pub masks: Vec<Polygon>,
    /// Traffic signals on the view, read in every sampled picture.
    pub signals: Vec<Lamps>,
}

impl CameraAnalysis {
    /// The rates that have a meaning, in pictures per second.
    pub const RATES: RangeInclusive<f32> = 0.01..=60.0;
    /// The priorities there are.
    pub const PRIORITIES: RangeInclusive<u8> = 1..=3;
}
