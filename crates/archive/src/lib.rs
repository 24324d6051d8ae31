//! Access units to files and back: segments, gaps, clips, retention of files.
//!
//! A [`Recorder`] gathers one GOP of its stream and hands it to the disk thread of the volume
//! that the stream lies on; it never waits. The disk thread writes it with one call, as `prft`,
//! `moof` and `mdat` of a fragmented MP4 file (ISO/IEC 14496-12), a new file about every minute;
//! a closer thread syncs finished files. What is not recorded becomes a gap, with its
//! cause: recorded spans and gaps tile the time. The rows about both are kept by a [`Ledger`].
//!
//! Reading needs no [`Archive`]: [`clip`] serves any time range as one MP4 file, [`gop`] the
//! pictures around one moment, [`pictures`] those of a range one after the other, [`live`] writes
//! what comes now as fragments for players, [`playlist`] an HLS playlist over the files as they lie
//! on disk, and [`fsck`] compares rows and files. [`copy`] writes what was made of footage for
//! looking at.

mod archive;
mod boxes;
mod budget;
mod closer;
mod config;
mod direct;
mod disk;
mod disk_state;
mod error;
mod gather;
mod hash;
mod ledger;
mod lock;
mod recorder;
mod recovery;
mod retention;
mod segment_file;
mod slot;
mod volume;

pub mod clip;
pub mod copy;
pub mod fsck;
#[doc(hidden)]
pub mod fuzzing;
pub mod gop;
pub mod keyframe;
pub mod live;
pub mod pictures;
pub mod playlist;
pub mod signing;

pub use archive::Archive;
pub use boxes::onvif::ExportLabel;
pub use config::{ArchiveConfig, VolumeConfig};
pub use error::{ArchiveError, ClipError};
pub use ledger::{Ledger, LedgerError};
pub use recorder::Recorder;
pub use retention::Expired;
pub use volume::{VolumeState, VolumeStatus};
