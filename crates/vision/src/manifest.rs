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
use crate::sampling::{Canvas, ColourOrder, Normalisation};

/// Largest input side, in pixels.
const MAX_SIDE: usize = 4096;
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

/// What the model takes.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Columns, in pixels.
    pub width: usize,
    /// Rows, in pixels.
    pub height: usize,
    /// Order of the colour planes.
    pub colour: ColourOrder,
    /// Taken off each plane, in that order; colours are 0..=255.
    pub mean: [f32; 3],
    /// Divides each plane, in that order.
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

    /// Returns the model's input to be drawn on; `planes` are three of its width and height.
    pub(crate) fn canvas<'a>(&self, planes: &'a mut [f32]) -> Canvas<'a> {
        Canvas { planes, width: self.width, height: self.height }
    }
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
        let Input { width, height, std, .. } = self.input;
        if !(32..=MAX_SIDE).contains(&width) || !(32..=MAX_SIDE).contains(&height) {
            return Err(format!("input is {width}x{height}: sides are 32 to {MAX_SIDE} pixels"));
        }
        if !std.iter().all(|std| *std > 0.0 && std.is_finite()) {
            return Err("input.std must be above 0".into());
        }
        if !self.input.mean.iter().all(|mean| mean.is_finite()) || !self.input.pad.is_finite() {
            return Err("input.mean and input.pad must be numbers".into());
        }
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
