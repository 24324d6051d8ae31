//! Findings beside truth: precision, recall, time error and tracking scores; pure.

mod boxes;
mod clear;
mod detection;
mod hota;
mod identity;
mod matching;
mod overlaps;
mod share;
mod tracking;

pub use boxes::{BoxPx, Boxes, BoxesError};
pub use clear::ClearScores;
pub use detection::{DetectionScores, detection_scores};
pub use hota::HotaScores;
pub use identity::IdentityScores;
pub use share::Share;
pub use tracking::{TrackingScores, tracking_scores};
