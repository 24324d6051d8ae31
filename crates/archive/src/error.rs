//! What can go wrong with the archive as a whole, and with reading from it.

use std::io;
use std::path::PathBuf;

use domain::{Timestamp, VolumeId};

use crate::LedgerError;

/// What the archive could not do. A volume that fails is no error: see `Archive::volumes`.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// No volume to write on.
    #[error("no volume is configured")]
    NoVolume,
    /// Two volumes of the same name.
    #[error("volume {0} is configured twice")]
    DuplicateVolume(VolumeId),
    /// A setting that cannot work.
    #[error("{what} is {value}, but must be at least {least}")]
    Setting {
        /// The setting's name.
        what: &'static str,
        /// What it is.
        value: u128,
        /// What it must be at least.
        least: u128,
    },
    /// A thread could not be started.
    #[error("cannot start the thread {name}")]
    Thread {
        /// Its name.
        name: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The rows could not be read or written.
    #[error("cannot {doing}")]
    Ledger {
        /// What was to be done.
        doing: &'static str,
        /// Why.
        #[source]
        source: LedgerError,
    },
    /// Not everything was on disk in time; the next start recovers what is.
    #[error("{volumes} of the volumes did not finish within {seconds} s")]
    Deadline {
        /// How many volumes were still writing.
        volumes: usize,
        /// The deadline.
        seconds: u64,
    },
}

/// Recorded footage that could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ClipError {
    /// No picture lies in the range.
    #[error("nothing is recorded from {start} to {end}")]
    Empty {
        /// Start of what was asked for.
        start: Timestamp,
        /// End of what was asked for.
        end: Timestamp,
    },
    /// More than one answer should hold.
    #[error("the range holds more than {limit} pictures: ask for a shorter one")]
    TooLong {
        /// The most pictures a clip may hold.
        limit: usize,
    },
    /// A file that cannot be opened.
    #[error("cannot open {}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file that cannot be read.
    #[error("cannot read {} at byte {offset}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Where in it.
        offset: u64,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file that does not hold what its row says.
    #[error("{} is damaged at byte {offset}: {what}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where in it.
        offset: u64,
        /// What is wrong.
        what: String,
    },
}
