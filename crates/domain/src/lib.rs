//! The field's words as types: no I/O, no async.
//!
//! Every other crate speaks through these types and none of them does anything: a camera has
//! streams, a stream yields access units, access units lie in segments or are missing in gaps;
//! detections become tracks, tracks break rules and become events at a time and a place.
//! `docs/glossary.md` lists the words.

mod access;
mod access_unit;
mod alert;
mod area;
mod attributes;
mod audit;
mod call;
mod clock;
mod colour;
mod coverage;
mod detection;
mod event;
mod footage;
mod gate;
mod geometry;
mod handling;
mod health;
mod id;
mod masks;
mod mot_row;
mod nal_bits;
mod place;
mod plain_text;
mod share;
mod signal;
mod status;
mod time;
mod topic;
mod track;
mod view_condition;
mod wording;

pub use access::{Grant, InvalidPlace, Permission, Place, Reach, Role, Scope, UnknownWord};
pub use access_unit::{AccessUnit, ClockSource, Codec, VideoFormat};
pub use alert::{Alert, Condition};
pub use area::{Area, Bounds};
pub use attributes::{Attributes, CompassPoint, SizeClass};
pub use audit::{
    AuditAction, AuditDraft, AuditEntry, ChainLink, ChainedEntry, FootageLink, SignedHead,
};
pub use call::{Call, CallService};
pub use clock::{Clock, ManualClock, SystemClock};
pub use colour::{ColourTally, ColourVote, LikelyColour, VehicleColour};
pub use coverage::{
    Absence, AnalysisMode, AnalysisRate, CoverageChange, CoverageNow, CoverageState,
};
pub use detection::{Class, Detection, Looked, Observation};
pub use event::{
    Crossing, Event, EventDraft, EventKind, Evidence, GroundPosition, RuleKind, Severity, Source,
    Speed,
};
pub use footage::{CameraSigning, Fragment, Gap, GapCause, Segment, SegmentState};
pub use gate::Gate;
pub use geometry::{Bbox, Line, Point, Polygon, PolygonError};
pub use handling::{
    Action, Actor, DueEscalation, Escalated, Flood, Handled, Handling, HandlingState, LogEntry,
    Outcome, Shelved, Signature, Silenced, StepDone, Verdict,
};
pub use health::{HealthFinding, HealthKind};
pub use id::{
    AccountName, CameraId, EventId, InvalidId, MapLayerId, RuleId, RunId, SegmentId, SourceId,
    StreamId, StreamRole, TargetId, TrackId, VolumeId,
};
pub use masks::{MaskHistory, MaskVersion, SiteMasks};
pub use mot_row::{InvalidMotRow, MotRow};
pub use nal_bits::{NalBits, without_emulation};
pub use place::{Location, LocationError};
pub use plain_text::folded;
pub use share::Share;
pub use signal::{SignalChange, SignalState};
pub use status::{StatusBoard, StreamState, StreamStatus};
pub use time::{InvalidTimestamp, TimeRange, Timestamp};
pub use topic::Topic;
pub use track::{Track, TrackPoint, TrackSource};
pub use view_condition::ViewCondition;
pub use wording::Language;
