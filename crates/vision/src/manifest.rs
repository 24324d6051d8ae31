//! A model and its manifest: which file, what it takes, what it says.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::Class;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::VisionError;
use crate::family::Family;
use crate::sampling::{ColourOrder, Normalisation};

/// Largest input side, in pixels.
const MAX_SIDE: usize = 4096;
/// Heights that a model may be run at, at most: each is tried when it is opened.
const MAX_HEIGHTS: usize = 32;
/// Largest model file, in bytes.
const MAX_MODEL: u64 = 1 << 30;

/// How a picture is fitted into the model's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Letterbox {
    /// Scaled alike in both directions and put at the top left; the rest is `pad`.
    TopLeft,
    /// Scaled alike in both directions and centred; the rest is `pad`.
    Centre,
    /// Scaled to the whole input, whatever becomes of its shape.
    Stretch,
}

/// How the pixels are handed to the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// Three planes of float numbers, normalised: 1 × 3 × height × width.
    #[default]
    Planes,
    /// Bytes, 0..=255, the four pixels of each block of 2 × 2 together: 1 × height / 2 × width / 2 × 12,
    /// row by row within a block. The model normalises by itself.
    Blocks,
}

/// What the model takes.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Columns, in pixels.
    pub width: usize,
    /// Rows, in pixels.
    pub height: usize,
    /// How its pixels are handed over.
    #[serde(default)]
    pub form: Form,
    /// The model takes fewer rows as well, as long as they are a multiple of this many; without it, it
    /// takes all of them.
    #[serde(default)]
    pub rows_step: Option<usize>,
    /// Order of the colours.
    pub colour: ColourOrder,
    /// Taken off each plane, in that order; colours are 0..=255.
    #[serde(default)]
    pub mean: [f32; 3],
    /// Divides each plane, in that order.
    #[serde(default = "ones")]
    pub std: [f32; 3],
    /// How a picture is fitted in.
    pub letterbox: Letterbox,
    /// The colour around it, 0..=255.
    #[serde(default)]
    pub pad: f32,
}

impl Input {
    /// Returns how colours become the model's numbers.
    pub fn normalisation(&self) -> Normalisation {
        Normalisation { order: self.colour, mean: self.mean, std: self.std }
    }

    /// Returns the numbers of rows that the model may be given.
    pub(crate) fn heights(&self) -> impl Iterator<Item = usize> + use<> {
        let step = self.rows_step.unwrap_or(self.height);
        (step..=self.height).step_by(step)
    }

    /// Checks what the types do not.
    fn check(&self) -> Result<(), String> {
        let Self { width, height, std, .. } = *self;
        if !(32..=MAX_SIDE).contains(&width) || !(32..=MAX_SIDE).contains(&height) {
            return Err(format!("input is {width}x{height}: sides are 32 to {MAX_SIDE} pixels"));
        }
        if !std.iter().all(|std| *std > 0.0 && std.is_finite()) {
            return Err("input.std must be above 0".into());
        }
        if !self.mean.iter().all(|mean| mean.is_finite()) || !self.pad.is_finite() {
            return Err("input.mean and input.pad must be numbers".into());
        }
        let is_even = |side: usize| side.is_multiple_of(2);
        if let Some(step) = self.rows_step {
            let fits = step > 0 && is_even(step) && height.is_multiple_of(step);
            if !fits || height / step > MAX_HEIGHTS {
                return Err(format!(
                    "input.rows_step is {step}: the height, {height}, must be a multiple of it, it \
                     must be even and at least a {MAX_HEIGHTS}th of the height"
                ));
            }
        }
        if self.form == Form::Blocks {
            if !is_even(width) || !is_even(height) {
                return Err(format!("input is {width}x{height}: blocks need even sides"));
            }
            if self.mean != [0.0; 3] || self.std != ones() {
                return Err(
                    "a model that takes blocks normalises by itself: leave out input.mean \
                            and input.std"
                        .into(),
                );
            }
        }
        Ok(())
    }
}

fn ones() -> [f32; 3] {
    [1.0; 3]
}

/// What counts as found.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// Least confidence of a detection, 0..1.
    pub confidence: f32,
    /// Boxes of the same kind that overlap more (intersection over union) are one object.
    pub nms_iou: f32,
}

/// A manifest as it is written in `models/*.toml`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The ONNX file, relative to the manifest.
    pub file: PathBuf,
    /// Its SHA-256, in hex.
    pub sha256: String,
    /// Its version, as whoever made it states it: packages of evidence name it beside the hash.
    #[serde(default)]
    pub version: Option<String>,
    /// Under which licence the weights come.
    pub licence: String,
    /// `nanodet`, `yolox` or `ssd`: how its outputs are read.
    pub family: String,
    /// What it takes.
    pub input: Input,
    /// What counts as found.
    pub thresholds: Thresholds,
    /// Which of its labels, counted from 0, are which class. Labels not named are left out.
    pub labels: BTreeMap<Class, Vec<usize>>,
}

/// A model that was read and whose hash was right.
#[derive(Clone)]
pub struct Model {
    /// Where its manifest lies.
    pub path: PathBuf,
    /// Its manifest.
    pub manifest: Manifest,
    /// How its outputs are read.
    pub family: Family,
    /// SHA-256 of its file, in hex.
    pub sha256: Arc<str>,
    /// The ONNX file.
    pub bytes: Arc<[u8]>,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Model({}, {})", self.path.display(), self.sha256)
    }
}

impl Model {
    /// Reads the manifest at `path` and the model it names, and checks both.
    ///
    /// # Errors
    /// Says which file cannot be used and why: missing, not TOML, a setting without meaning, an
    /// unknown family, another hash.
    pub fn load(path: &Path) -> Result<Self, VisionError> {
        let fail = |path: &Path, reason: String| VisionError::Model { path: path.into(), reason };
        let text = std::fs::read_to_string(path)
            .map_err(|error| fail(path, format!("it cannot be read: {error}")))?;
        let manifest: Manifest =
            toml::from_str(&text).map_err(|error| fail(path, error.to_string().trim().into()))?;
        let family = manifest.check().map_err(|reason| fail(path, reason))?;

        let file = path.parent().unwrap_or(Path::new("")).join(&manifest.file);
        let unreadable = |error: std::io::Error| fail(&file, format!("it cannot be read: {error}"));
        let metadata = std::fs::metadata(&file).map_err(unreadable)?;
        // A device has no size, and may have no end.
        if !metadata.is_file() {
            return Err(fail(&file, "it is not a file".to_owned()));
        }
        let size = metadata.len();
        if size > MAX_MODEL {
            return Err(fail(&file, format!("{size} bytes are more than a model may have")));
        }
        let bytes = std::fs::read(&file).map_err(unreadable)?;
        let sha256 = hex(&Sha256::digest(&bytes));
        if !sha256.eq_ignore_ascii_case(&manifest.sha256) {
            let expected = &manifest.sha256;
            let reason = format!("its sha256 is {sha256}, the manifest expects {expected}");
            return Err(fail(&file, reason));
        }
        Ok(Self { path: path.into(), manifest, family, sha256: sha256.into(), bytes: bytes.into() })
    }

    /// Returns what the model is called: its manifest's name without the ending.
    pub fn name(&self) -> String {
        self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }
}

impl Manifest {
    /// Checks what the types do not; returns the family.
    fn check(&self) -> Result<Family, String> {
        let family = Family::from_name(&self.family)?;
        let hash_is_hex =
            self.sha256.len() == 64 && self.sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !hash_is_hex {
            return Err("sha256 is not 64 hexadecimal digits".into());
        }
        self.input.check()?;
        let Thresholds { confidence, nms_iou } = self.thresholds;
        if !(0.01..1.0).contains(&confidence) {
            return Err(format!("thresholds.confidence is {confidence}: it is 0.01 to 1"));
        }
        if !(nms_iou > 0.0 && nms_iou <= 1.0) {
            return Err(format!("thresholds.nms_iou is {nms_iou}: it is above 0 and at most 1"));
        }
        let mut seen = std::collections::BTreeSet::new();
        for (class, labels) in &self.labels {
            for label in labels {
                if !seen.insert(*label) {
                    return Err(format!("labels.{class} names label {label} a second time"));
                }
            }
        }
        if seen.is_empty() {
            return Err("labels names no label: nothing could be found".into());
        }
        Ok(family)
    }

    /// Returns the class of each label below `count`.
    ///
    /// # Errors
    /// Names a label that the model does not have.
    pub(crate) fn classes(&self, count: usize) -> Result<Vec<Option<Class>>, String> {
        let mut classes = vec![None; count];
        for (class, labels) in &self.labels {
            for &label in labels {
                let Some(slot) = classes.get_mut(label) else {
                    return Err(format!("labels.{class} names label {label} of {count}"));
                };
                *slot = Some(*class);
            }
        }
        Ok(classes)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
