//! What an evaluation says: all figures, with what they rest on.

use std::collections::BTreeMap;

use domain::{CameraId, Class, Crossing, RuleId, RuleKind, Timestamp};
use serde::{Deserialize, Serialize};

use crate::detection::DetectionScores;
use crate::share::Share;
use crate::tracking::TrackingScores;
use crate::truth::Clip;

/// A whole evaluation, one entry per clip. As JSON it holds everything but the pictures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// What stands at its head.
    pub title: String,
    /// How it was made.
    pub made: Made,
    /// What was found in each clip.
    pub clips: Vec<ClipReport>,
}

/// How a report was made, so that it can be made again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// The program's version.
    pub version: String,
    /// The command line.
    pub command: String,
    /// When.
    pub time: Timestamp,
    /// Processor and operating system.
    pub machine: String,
    /// The models that looked.
    pub models: Vec<ModelUsed>,
}

/// A model that looked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelUsed {
    /// Its name.
    pub name: String,
    /// SHA-256 of its file, in hex.
    pub sha256: String,
}

/// What was found in one clip, beside its truth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClipReport {
    /// Which clip.
    pub clip: Clip,
    /// What its camera is called.
    pub camera: Option<CameraId>,
    /// Who made the truth, how, and how sure they are.
    pub truth_made_by: String,
    /// Each rule that truth speaks of.
    pub rules: Vec<RuleReport>,
    /// Boxes, per class with true ones.
    pub detection: Vec<DetectionScores>,
    /// Tracks, per class with true ones.
    pub tracking: Vec<ClassTracking>,
    /// What it took to look.
    pub cost: Option<Cost>,
    /// What the clip or its truth cannot tell.
    pub not_covered: Vec<String>,
}

impl ClipReport {
    /// Returns what reports call it: its camera, or else its file.
    pub fn name(&self) -> &str {
        self.camera.as_ref().map_or(&self.clip.file, CameraId::as_str)
    }
}

/// What one rule found in one clip, beside truth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RuleReport {
    /// The rule.
    pub rule: RuleId,
    /// Its kind.
    pub kind: RuleKind,
    /// The figures; `None` if truth knows only counts.
    pub scores: Option<EventScores>,
    /// True events that were found.
    pub hits: Vec<Hit>,
    /// True events that were not found, in the order of truth.
    pub misses: Vec<Finding>,
    /// Found events that are not true, in order of time.
    pub false_alarms: Vec<Finding>,
    /// Found events where truth is unsure: neither right nor wrong.
    pub left_out: u64,
    /// How many were counted, beside how many there were.
    pub counts: Vec<CountReport>,
}

/// How well events were found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct EventScores {
    /// Found events that are true.
    pub precision: Share,
    /// True events that were found.
    pub recall: Share,
    /// Mean distance of a found event from its true span, in seconds.
    pub mean_time_error_s: Option<f64>,
    /// The greatest of these.
    pub max_time_error_s: Option<f64>,
}

impl EventScores {
    /// Returns how many true events were found.
    pub fn hits(&self) -> u64 {
        self.recall.part
    }

    /// Returns how many true events were not found.
    pub fn misses(&self) -> u64 {
        self.recall.whole.saturating_sub(self.recall.part)
    }

    /// Returns how many found events are not true.
    pub fn false_alarms(&self) -> u64 {
        self.precision.whole.saturating_sub(self.precision.part)
    }
}

/// A true event that was found; seconds from the clip's first picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    /// Where the true span starts.
    pub from_s: f64,
    /// Where it ends.
    pub to_s: f64,
    /// When it was found.
    pub found_s: f64,
    /// How far outside the span that is.
    pub time_error_s: f64,
    /// The way that was found.
    pub direction: Option<Crossing>,
    /// The class that was found.
    pub class: Option<Class>,
    /// Who or what it is.
    pub note: String,
}

/// A miss or a false alarm; seconds from the clip's first picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// When it was, or the start of the span in which it was.
    pub at_s: f64,
    /// The end of that span.
    pub until_s: f64,
    /// The way over a tripwire, if known.
    pub direction: Option<Crossing>,
    /// The class, if known.
    pub class: Option<Class>,
    /// Who or what it is, if known.
    pub note: String,
    /// What the camera saw then, as JPEG; for the caller to add.
    #[serde(skip)]
    pub picture_jpeg: Option<Vec<u8>>,
}

/// How many were counted, beside how many there were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountReport {
    /// Only this way; `None` for both.
    pub direction: Option<Crossing>,
    /// Only this class; `None` for all.
    pub class: Option<Class>,
    /// How many there were.
    pub truth: u64,
    /// By how many that may be wrong.
    pub plus_minus: u64,
    /// How many were counted.
    pub found: u64,
}

impl CountReport {
    /// Returns how many too many were counted; negative for too few.
    pub fn error(&self) -> i64 {
        self.found.cast_signed().saturating_sub(self.truth.cast_signed())
    }

    /// Returns whether the count is right, as far as truth knows.
    pub fn is_right(&self) -> bool {
        self.error().unsigned_abs() <= self.plus_minus
    }
}

/// Tracking scores of one class.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ClassTracking {
    /// The class.
    pub class: Class,
    /// How well its objects were followed.
    pub scores: TrackingScores,
}

/// What it took to look at a clip.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// Processor time of all threads, in seconds.
    pub cpu_s: f64,
    /// Length of the footage, in seconds.
    pub footage_s: f64,
}

impl Cost {
    /// Returns CPU-seconds per hour of one camera; `None` of no footage.
    pub fn cpu_s_per_camera_hour(&self) -> Option<f64> {
        (self.footage_s > 0.0).then(|| self.cpu_s / self.footage_s * 3600.0)
    }
}

/// All clips together, per kind of rule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KindSummary {
    /// The kind.
    pub kind: RuleKind,
    /// Over all its rules with true events.
    pub scores: EventScores,
    /// Hours of footage those rules watched.
    pub hours: f64,
}

impl KindSummary {
    /// Returns how many false alarms there were per hour of one camera.
    pub fn false_alarms_per_hour(&self) -> Option<f64> {
        let false_alarms = crate::share::real(self.scores.false_alarms());
        (self.hours > 0.0).then(|| false_alarms / self.hours)
    }
}

impl Report {
    /// Returns all clips together, per kind of rule with true events, in order of kind.
    pub fn by_kind(&self) -> Vec<KindSummary> {
        let mut kinds: BTreeMap<RuleKind, Sum> = BTreeMap::new();
        for clip in &self.clips {
            for rule in &clip.rules {
                let Some(scores) = rule.scores else { continue };
                let sum = kinds.entry(rule.kind).or_default();
                sum.precision += scores.precision;
                sum.recall += scores.recall;
                sum.errors.extend(rule.hits.iter().map(|hit| hit.time_error_s));
                sum.hours += clip.clip.duration().as_secs_f64() / 3600.0;
            }
        }
        kinds.into_iter().map(|(kind, sum)| sum.summary(kind)).collect()
    }

    /// Returns the cost of all clips whose cost is known.
    pub fn cost(&self) -> Option<Cost> {
        self.clips.iter().filter_map(|clip| clip.cost).reduce(|sum, cost| Cost {
            cpu_s: sum.cpu_s + cost.cpu_s,
            footage_s: sum.footage_s + cost.footage_s,
        })
    }

    /// Returns the report as JSON, without pictures.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("its keys are text and nothing in it can fail")
    }
}

#[derive(Default)]
struct Sum {
    precision: Share,
    recall: Share,
    errors: Vec<f64>,
    hours: f64,
}

impl Sum {
    fn summary(self, kind: RuleKind) -> KindSummary {
        let count = crate::share::real(self.errors.len() as u64);
        let total: f64 = self.errors.iter().sum();
        let scores = EventScores {
            precision: self.precision,
            recall: self.recall,
            mean_time_error_s: (count > 0.0).then(|| total / count),
            max_time_error_s: self.errors.into_iter().reduce(f64::max),
        };
        KindSummary { kind, scores, hours: self.hours }
    }
}
