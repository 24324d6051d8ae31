//! RTSP to access units: every picture a camera sends, untouched, with the wall-clock time at
//! which the camera took it.
//!
//! One task per stream runs [`run`] until it is told to stop. It connects (`connection.rs`), turns
//! what arrives into pictures (`depacketizer.rs`) and [`domain::AccessUnit`]s (`pictures.rs`), and hands each to its [`Receiver`],
//! which must not wait. When a session ends, for whatever reason, the task says so to the
//! receiver, shows it on the status board and tries again by itself (`feed.rs`): quickly where the
//! network failed, rarely where a person must change something first. What a camera sends can end
//! its own session and nothing else: errors stay in the task, and so do panics.
//!
//! **Log**: one line per change of state, never a credential. retina's own log repeats the
//! camera's words, over several lines; a program leaves it out (`retina=off`), as what it says
//! about an error is in the state's detail, cut short and cleaned.
//!
//! **Time** ([`ClockMap`]): a camera's RTCP sender reports say when its pictures were taken; they
//! are followed, without ever letting time go back within a run, as long as they can be believed.
//!
//! **Metadata** ([`onvif`]): where the settings ask for it, a session of its own beside that of the
//! pictures takes what the camera's own analysis tells (`metadata.rs`). Nothing in it can end the
//! other session or hold up a picture: what cannot be read is counted and left out, and a document
//! is gathered up to a limit only.
//!
//! **Memory**: of a document of metadata 256 KiB are held, and eight documents wait at most; of a
//! picture 16 MiB.
//!
//! **Bytes** (`depacketizer.rs`): NAL units stay as they are and in their order, SEI, access unit
//! delimiters and filler included, each behind its length in 4 bytes. Parameter sets sent in-band
//! (SPS, PPS, VPS) move to [`domain::VideoFormat`], where ISO/IEC 14496-15 §5.3.3 and §8.3.3 want
//! them for `avc1` and `hvc1`. A picture of which a packet was lost is left out, unless only NAL
//! units before its first slice were lost; the next picture that comes says how many packets were
//! missing.

mod back_off;
pub mod clock_map;
mod connection;
mod depacketizer;
mod error;
mod feed;
mod format;
mod freeze;
#[doc(hidden)]
pub mod fuzzing;
mod metadata;
mod nal;
pub mod onvif;
mod parameter_sets;
mod pictures;
mod policy;
mod rates;
mod reporter;
mod set_id;
mod settings;

pub use clock_map::{ClockMap, ClockPolicy};
pub use feed::{Feed, run};
pub use policy::Policy;
pub use settings::{Credentials, Secret, StreamSettings, Transport};

use domain::{AccessUnit, GapCause, Timestamp};

/// Takes what a stream yields; owned by the stream's task, called from it alone.
///
/// No call may wait: what cannot be taken at once is the receiver's to leave out and count.
pub trait Receiver: Send {
    /// Takes the next picture. The first of every run is a keyframe.
    fn access_unit(&mut self, unit: AccessUnit);

    /// Learns that no picture follows the last for now: the run, if there was one, ended `at`
    /// its last picture's end; without a run, `at` is the moment it was noticed. Called again
    /// when, still without pictures, the cause changes. The next access unit starts a new run.
    fn interrupted(&mut self, at: Timestamp, cause: GapCause);

    /// Takes what the camera tells beside its pictures, where the settings ask for it.
    fn metadata(&mut self, metadata: onvif::Metadata, arrival: MetadataArrival) {
        drop((metadata, arrival));
    }
}

/// When a document of metadata came, and how far the camera's clock can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MetadataArrival {
    /// By our clock.
    pub time: Timestamp,
    /// The camera's clock minus ours, in milliseconds; 0 as long as it cannot be told.
    pub clock_error_ms: i32,
}
