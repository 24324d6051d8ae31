//! Cameras that are not there: a small RTSP 1.0 server that loops encoded footage for hundreds of
//! cameras, with faults on demand.
//!
//! [`Simulator::start`] reads each MP4 file once and cuts it into RTP payloads once
//! ([`footage`]); mounts share them. Every RTSP connection is one task: it answers requests and,
//! while playing, sends one picture at a time with one vectored write, its own sequence numbers,
//! timestamps and SSRC in front of the shared payloads. What a mount shows is a pure function of
//! the time since the simulator started and the mount's offset, so a camera's main and sub stream,
//! and a client that comes back, are always in step. A [`Fault`] changes what a mount does, for
//! running and for new sessions, until it is cleared. A mount may tell ONVIF metadata beside its
//! pictures, from a script in step with the loop ([`Mount::metadata`]).

mod auth;
mod clock;
mod connection;
mod control;
mod error;
mod fault;
pub mod footage;
#[doc(hidden)]
pub mod fuzzing;
mod mount;
pub mod mp4;
mod player;
mod schedule;
mod script;
mod sdp;
mod sender;
mod server;
mod track;

pub use control::ControlAddress;
pub use error::SimulatorError;
pub use fault::{Fault, FaultError};
pub use mount::{Auth, Mount, MountInfo, MountStatus, SentPicture};
pub use rtsp::Codec;
pub use server::{Simulator, SimulatorConfig};

/// How it calls itself, to clients and as the source of packets.
const NAME: &str = "watchpost-simulator";
