//! Findings beside truth: precision, recall, time error and tracking scores; pure.
//!
//! A [`Truth`] says what a person saw in a clip; [`judge()`] puts what the pipeline found beside it
//! and gives a [`ClipReport`], to which [`detection_scores`] and [`tracking_scores`] of [`Boxes`]
//! are added. The clips make a [`Report`]. Nothing here opens a file: texts come in, figures go out.
//!
//! Read downwards: `truth` (`truth_file`) → `judge` → `report` → `tables` → `text`, `html`; `boxes` → `overlaps` → `detection`,
//! `tracking` (`clear`, `identity`, `hota`); all match by `matching`. The forms and the meaning of
//! the figures: `docs/evaluation.md`.

mod boxes;
mod clear;
mod detection;
mod hota;
mod html;
mod identity;
mod judge;
mod matching;
mod overlaps;
mod report;
mod share;
mod tables;
mod text;
mod tracking;
mod truth;
mod truth_file;

pub use boxes::{BoxPx, Boxes, BoxesError};
pub use clear::ClearScores;
pub use detection::{DetectionScores, detection_scores};
pub use hota::HotaScores;
pub use identity::IdentityScores;
pub use judge::{FoundEvent, judge};
pub use report::{
    ClassTracking, ClipReport, Cost, CountReport, EventScores, Finding, Hit, KindSummary, Made,
    ModelUsed, Report, RuleReport,
};
pub use share::Share;
pub use tracking::{TrackingScores, tracking_scores};
pub use truth::{
    BoxesFile, Clip, RuleTruth, SceneRule, Span, TrueCount, TrueEvent, Truth, TruthError, Unsure,
};
