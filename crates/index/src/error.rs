//! What can go wrong with the index, and with which file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::Timestamp;
use rusqlite::ErrorCode;

/// What the index could not do. Cheap to clone: one failed commit is told to all who waited on it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum IndexError {
    /// The folder could not be made, listed, locked or emptied.
    #[error("cannot use index folder {path}")]
    Folder {
        /// The folder, or the file in it.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: Arc<std::io::Error>,
    },
    /// Another process works on the folder.
    #[error(
        "index folder {path} is in use by another process: stop that one, or use another folder"
    )]
    Locked {
        /// The folder.
        path: PathBuf,
    },
    /// The folder holds the index of another site.
    #[error(
        "index folder {path} belongs to site \"{found}\", not \"{expected}\": \
         use another folder, or the site's own name"
    )]
    OtherSite {
        /// The folder.
        path: PathBuf,
        /// The site's name as stored.
        found: String,
        /// The site's name as configured.
        expected: String,
    },
    /// A file that is damaged, or is no database at all.
    #[error(
        "index file {path} is damaged ({detail}): restore it from a backup, or move it and its \
         -wal and -shm files away and start without what it held"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        detail: String,
    },
    /// A database that somebody else made.
    #[error("{path} is not an index file of this program: move it out of the index folder")]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A file of a newer program.
    #[error(
        "index file {path} has schema {found}, this program knows {known}: use the newer program"
    )]
    NewerSchema {
        /// The file.
        path: PathBuf,
        /// The schema's number in the file.
        found: i64,
        /// The highest schema number that this program knows.
        known: i64,
    },
    /// A database that the program which has it open has not brought up to date.
    #[error(
        "index file {path} has schema {found} and is in use by an older program, this one needs \
         {known}: restart the service first"
    )]
    OlderSchema {
        /// The file.
        path: PathBuf,
        /// The schema's number in the file.
        found: i64,
        /// The schema number that this program needs.
        known: i64,
    },
    /// An account that there is not.
    #[error("there is no account \"{name}\"")]
    NoAccount {
        /// Its name.
        name: domain::AccountName,
    },
    /// A name that was given before.
    #[error(
        "the name \"{name}\" was given before, and names are never given twice: choose another"
    )]
    NameTaken {
        /// The name.
        name: domain::AccountName,
    },
    /// A read or write that the database refused.
    #[error("cannot {action} in index file {path}")]
    Database {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the database said.
        #[source]
        source: Arc<rusqlite::Error>,
    },
    /// Every reader stayed in use for the whole waiting time.
    #[error("all {readers} index readers are busy")]
    Busy {
        /// How many readers there are.
        readers: u32,
    },
    /// A time that no monthly file can hold.
    #[error("time {time} lies outside 1970 to 2089: check the camera's clock")]
    Time {
        /// The time.
        time: Timestamp,
    },
    /// More events at one microsecond than there are row numbers for it.
    #[error("more than 4096 events at {time}")]
    Crowded {
        /// The time.
        time: Timestamp,
    },
    /// More cameras than there are numbers.
    #[error("camera {camera} would be the 65,536th: the index numbers 65,535")]
    TooManyCameras {
        /// The camera without a number.
        camera: domain::CameraId,
    },
    /// A value that cannot be stored.
    #[error("cannot store {what} of {value}: too large")]
    TooLarge {
        /// Which value.
        what: &'static str,
        /// The value.
        value: u64,
    },
    /// A query that has no answer as asked.
    #[error("bad query: {0}")]
    Query(String),
    /// A legal hold that cannot be changed as asked.
    #[error("{0}")]
    Hold(String),
    /// An order of a package that cannot be changed as asked.
    #[error("{0}")]
    Export(String),
    /// What was asked to be seen under privacy masks, and cannot be decided so.
    #[error("{0}")]
    Unmasking(String),
    /// A rule that cannot be shelved, or unshelved, so.
    #[error("{0}")]
    Shelving(String),
    /// Segments that a legal hold came to cover meanwhile.
    #[error("{0} of the segments to be deleted are under a legal hold")]
    Held(u64),
    /// A segment that has no row.
    #[error("segment {0} has no row")]
    NoSegment(i64),
    /// The index was closed, or its writer ended.
    #[error("the index is closed")]
    Closed,
}

impl IndexError {
    /// Returns the error of a database call on `path`, told apart by whether the file is damaged.
    pub(crate) fn database(action: &'static str, path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                Self::Damaged { path, detail: source.to_string() }
            }
            _ => Self::Database { action, path, source: Arc::new(source) },
        }
    }

    /// Returns the error of a system call on `path`.
    pub(crate) fn folder(path: &Path, source: std::io::Error) -> Self {
        Self::Folder { path: path.to_owned(), source: Arc::new(source) }
    }

    /// Returns the error of a row that cannot be read back.
    pub(crate) fn damaged(path: &Path, detail: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_owned(), detail: detail.into() }
    }

    /// Returns whether the same call with the same values can never succeed, however often and
    /// whenever it is tried: what was to be stored is at fault, or the index has no number left
    /// for it. Everything else passes, at once or when someone mends it: a disk that is full or
    /// broken, a file that is locked, damaged or of a newer program, an index that was closed.
    ///
    /// Told of several events at once, it may be one of them: try them one by one.
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::Time { .. }
            | Self::Crowded { .. }
            | Self::TooManyCameras { .. }
            | Self::TooLarge { .. }
            | Self::Query(_)
            | Self::NoAccount { .. }
            | Self::NameTaken { .. }
            | Self::Hold(_)
            | Self::Export(_)
            | Self::Unmasking(_)
            | Self::Shelving(_)
            | Self::NoSegment(_) => true,
            Self::Folder { .. }
            | Self::Locked { .. }
            | Self::OtherSite { .. }
            | Self::Damaged { .. }
            | Self::Foreign { .. }
            | Self::NewerSchema { .. }
            | Self::OlderSchema { .. }
            | Self::Database { .. }
            | Self::Busy { .. }
            | Self::Held(_)
            | Self::Closed => false,
        }
    }

    /// Returns whether waiting a moment and asking again may help (HTTP 503).
    pub fn is_busy(&self) -> bool {
        matches!(self, Self::Busy { .. })
    }
}
