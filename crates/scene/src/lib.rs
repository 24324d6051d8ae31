//! Detections to tracks to events: tracker, zones, tripwires, rules; pure and replayable.
//!
//! One [`Scene`] per camera is fed one [`domain::Observation`] per sampled frame. Its tracker joins
//! detections of the same object into tracks, predicting by the observations' own times; its rules
//! judge where each track's ground point goes, and state an [`domain::EventDraft`] when a condition
//! has held. There is no clock, no thread and no chance inside: the same observations give the same
//! tracks and events, live, replayed or in a test.
//!
//! [`Replay`] judges stored tracks of the past by the same watchers.
//!
//! Traffic lights come in by [`Scene::signal`]; a calibration ([`Ground`]) gives metres.
//!
//! Read downwards: [`scene`](Scene) → `tracker` (`riders`, `matching`, `association`, `assignment`,
//! `motion`, `live`) → `judge` (`schedule`, `signals`, `ground`, `trail`) → a watcher per idea (`watch`):
//! `passage` (`crossing`, `tally`), `turn` (`origin`), `dwell` (`stay`), `stops` and `stop_line` (`standing`),
//! `way`, `speed`, `crowd` and `flow` (`held`). What a person states is in `settings`; `version` and
//! `stated` tell what a rule was judged by. Beside them `health` judges in the same way what is wrong with a camera.

mod assignment;
mod association;
mod attributes;
mod bridge;
mod check;
mod crossing;
mod crowd;
mod dwell;
mod flow;
mod ground;
mod health;
mod held;
mod judge;
mod live;
mod matching;
pub mod mot;
mod motion;
mod origin;
mod passage;
mod replay;
mod riders;
mod scene;
mod schedule;
mod settings;
mod signals;
mod speed;
mod stance;
mod standing;
mod stated;
mod stay;
mod stop_line;
mod stops;
mod tally;
mod track_id;
mod tracker;
mod trail;
mod turn;
mod version;
mod watch;
mod way;

pub use bridge::Bridge;
pub use check::SceneProblem;
pub use ground::{CalibrationError, Ground, Metres};
pub use health::{HealthFacts, HealthJudge};
pub use replay::Replay;
pub use scene::{Outcome, Scene, SceneError};
pub use settings::{
    BoxBlocking, Calibration, CalibrationPoint, CameraScene, Condition, Congestion, Count, Crowd,
    Day, Direction, ForbiddenClass, IllegalStop, IllegalTurn, Intrusion, Lamps, LineCrossing,
    Loitering, Phase, Plan, RedLight, Rule, Signal, SignalSource, Speeding, StopLine, TimeOfDay,
    Tripwire, Window, WrongWay, Zone,
};
pub use stated::StatedRule;
pub use track_id::TrackIds;
pub use tracker::TrackerSettings;
