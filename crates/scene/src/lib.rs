//! Detections to tracks to events: tracker, zones, tripwires, rules; pure and replayable.
//!
//! One [`Scene`] per camera is fed one [`domain::Observation`] per sampled frame. Its tracker joins
//! detections of the same object into tracks, predicting by the observations' own times; its rules
//! judge where each track's ground point goes, and state an [`domain::EventDraft`] when a condition
//! has held. There is no clock, no thread and no chance inside: the same observations give the same
//! tracks and events, live, replayed or in a test.
//!
//! Read downwards: [`scene`](Scene) → `tracker` (`riders`, `association`, `assignment`, `motion`,
//! `live`) → `judge` → a watcher per kind of rule (`watch`): `passage` (`crossing`, `tally`), `dwell`
//! (`stay`).

mod assignment;
mod association;
mod check;
mod crossing;
mod dwell;
mod judge;
mod live;
pub mod mot;
mod motion;
mod passage;
mod riders;
mod scene;
mod settings;
mod stance;
mod stay;
mod tally;
mod track_id;
mod tracker;
mod version;
mod watch;

pub use check::SceneProblem;
pub use scene::{Outcome, Scene, SceneError};
pub use settings::{
    CameraScene, Condition, Count, Direction, Intrusion, LineCrossing, Loitering, Rule, Tripwire,
    Zone,
};
pub use tracker::TrackerSettings;
