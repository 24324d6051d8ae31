//! Truth files: what a person saw in a clip, as `docs/evaluation.md` describes.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::{CameraId, Class, Crossing, RuleId, RuleKind};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::truth_file::{self, TruthFile};

/// What a person saw in one clip, and the scene it was watched for.
#[derive(Debug, Clone, PartialEq)]
pub struct Truth {
    /// Which clip.
    pub clip: Clip,
    /// What reports call the camera.
    pub camera: Option<CameraId>,
    /// Who made the truth, how, and how sure they are.
    pub made_by: String,
    /// Zones, tripwires and rules, as a camera's `scene` in the configuration, for the program to
    /// read; only its rules' names, kinds and classes are looked at here.
    pub scene: Value,
    /// The scene's rules.
    pub scene_rules: Vec<SceneRule>,
    /// What is true of each rule, in the file's order.
    pub rules: Vec<RuleTruth>,
    /// Where the true boxes are, a file per class.
    pub boxes: Vec<BoxesFile>,
    /// What the clip or its truth cannot tell.
    pub not_covered: Vec<String>,
}

/// Which clip, so that a truth is never held against another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clip {
    /// Its file name, without folders.
    pub file: String,
    /// SHA-256 of the file, in lower-case hex.
    pub sha256: String,
    /// How many pictures it holds.
    pub frames: u32,
    /// Pictures per second; constant.
    pub fps: f64,
}

impl Clip {
    /// Returns how long it lasts: `frames` pictures, `fps` of them a second.
    pub fn duration(&self) -> Duration {
        Duration::try_from_secs_f64(f64::from(self.frames) / self.fps).unwrap_or_default()
    }

    /// Returns when picture `frame`, counted from 0, is shown.
    pub fn time_of(&self, frame: u32) -> Duration {
        Duration::try_from_secs_f64(f64::from(frame) / self.fps).unwrap_or_default()
    }
}

/// A rule of the scene, as far as it is judged here.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct SceneRule {
    /// Names it.
    pub id: RuleId,
    /// Its kind.
    pub kind: RuleKind,
    /// Which classes it judges; empty means all.
    #[serde(default)]
    pub classes: Vec<Class>,
}

/// What is true of one rule over one clip.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleTruth {
    /// The rule.
    pub rule: RuleId,
    /// Its kind.
    pub kind: RuleKind,
    /// Every event there should be, in the file's order; `None` if only counts are known.
    pub events: Option<Vec<TrueEvent>>,
    /// How many there should be over the whole clip.
    pub counts: Vec<TrueCount>,
    /// Spans in which an event that was found proves nothing.
    pub unsure: Vec<Unsure>,
}

/// An event that a rule should find.
#[derive(Debug, Clone, PartialEq)]
pub struct TrueEvent {
    /// When its condition is first met.
    pub span: Span,
    /// The way over a tripwire; `None` for either or where there is none.
    pub direction: Option<Crossing>,
    /// The object's class; `None` if any will do.
    pub class: Option<Class>,
    /// How far from the span a found event may lie.
    pub tolerance: Duration,
    /// Who or what it is.
    pub note: String,
}

/// How many events a rule should find over the whole clip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrueCount {
    /// Only this way; `None` for both.
    pub direction: Option<Crossing>,
    /// Only this class; `None` for all.
    pub class: Option<Class>,
    /// How many.
    pub count: u32,
    /// By how many the truth itself may be wrong.
    pub plus_minus: u32,
}

/// A span in which the truth of a rule is not known.
#[derive(Debug, Clone, PartialEq)]
pub struct Unsure {
    /// From when to when.
    pub span: Span,
    /// Why.
    pub why: String,
}

/// A span of a clip, both ends in it, from the clip's first picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Where it starts.
    pub start: Duration,
    /// Where it ends.
    pub end: Duration,
}

impl Span {
    /// Returns how far `time` lies outside of it; zero inside.
    pub fn distance(self, time: Duration) -> Duration {
        self.start.saturating_sub(time).max(time.saturating_sub(self.end))
    }

    /// Returns whether `time` lies in it.
    pub fn contains(self, time: Duration) -> bool {
        self.distance(time).is_zero()
    }
}

/// True boxes of one class, as MOTChallenge text; frames count from 1 there.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BoxesFile {
    /// The class of all of them.
    pub class: Class,
    /// The file's name, beside the truth file.
    pub file: String,
}

/// A truth that cannot be used, with the place that is wrong.
#[derive(Debug, thiserror::Error)]
pub enum TruthError {
    /// The text is longer than any truth.
    #[error("{0} bytes are too many for a truth file, at most {most} are read", most = truth_file::MOST_BYTES)]
    TooLong(usize),
    /// It is not JSON of this form; the message names line and column.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// It contradicts itself.
    #[error("{place}: {problem}")]
    Place {
        /// Where, such as `rules[0].events[3].frames`.
        place: String,
        /// What is wrong there.
        problem: String,
    },
}

impl Truth {
    /// Reads a truth file and checks that it agrees with itself.
    ///
    /// # Errors
    /// Names the place that is wrong: text that is no such JSON, an unknown class, rule or kind, a
    /// time beyond the clip's end.
    pub fn parse(text: &str) -> Result<Self, TruthError> {
        if text.len() > truth_file::MOST_BYTES {
            return Err(TruthError::TooLong(text.len()));
        }
        let file: TruthFile = serde_json::from_str(text)?;
        file.check()
    }

    /// Checks that the truth is of this clip: the name may differ, nothing else.
    ///
    /// # Errors
    /// Says what differs.
    pub fn check_clip(&self, clip: &Clip) -> Result<(), TruthError> {
        let differs = |key: &str, truth: String, clip: String| {
            let problem = format!("the truth is of {truth}, the clip has {clip}");
            Err(TruthError::Place { place: format!("clip.{key}"), problem })
        };
        if !self.clip.sha256.eq_ignore_ascii_case(&clip.sha256) {
            return differs("sha256", self.clip.sha256.clone(), clip.sha256.clone());
        }
        if self.clip.frames != clip.frames {
            return differs("frames", self.clip.frames.to_string(), clip.frames.to_string());
        }
        let fps_error = (self.clip.fps - clip.fps).abs() / self.clip.fps;
        if fps_error.is_nan() || fps_error > truth_file::SAME_FPS {
            return differs("fps", self.clip.fps.to_string(), clip.fps.to_string());
        }
        Ok(())
    }

    /// Checks that true boxes, read from `file`, end with the clip.
    ///
    /// # Errors
    /// Names the file and the frame beyond the clip's last.
    pub fn check_boxes(&self, file: &BoxesFile, boxes: &crate::Boxes) -> Result<(), TruthError> {
        let (last, frames) = (boxes.last_frame(), self.clip.frames);
        if last <= frames {
            return Ok(());
        }
        let problem = format!("frame {last} is beyond the clip's last, {frames}");
        Err(TruthError::Place { place: file.file.clone(), problem })
    }

    /// Returns the classes that have true boxes, each once.
    pub fn classes_with_boxes(&self) -> BTreeSet<Class> {
        self.boxes.iter().map(|file| file.class).collect()
    }
}
