//! What the simulator could not do.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::mp4::Mp4Error;

/// What the simulator could not do.
#[derive(Debug, thiserror::Error)]
pub enum SimulatorError {
    /// The RTSP port is taken, or not ours to take.
    #[error("cannot listen for RTSP on {address}")]
    Listen {
        /// Where it should have listened.
        address: SocketAddr,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The control socket cannot be opened.
    #[error("cannot listen for commands on {address}")]
    ListenControl {
        /// Where it should have listened.
        address: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The threads cannot be started.
    #[error("cannot start the simulator's threads")]
    Runtime(#[source] io::Error),
    /// A file of footage cannot be used.
    #[error("cannot use footage {file}")]
    Footage {
        /// The file.
        file: PathBuf,
        /// Why not.
        #[source]
        source: Mp4Error,
    },
    /// A script of metadata cannot be read.
    #[error("cannot read the script {file}")]
    ReadScript {
        /// The file.
        file: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A script of metadata holds a mistake.
    #[error("cannot use the script {file}: line {line} is neither @SECONDS nor behind one")]
    Script {
        /// The file.
        file: PathBuf,
        /// Counts its lines, from 1.
        line: usize,
    },
    /// Two mounts have the same path.
    #[error("two mounts have the path {0}")]
    DuplicateMount(String),
    /// A mount path that no RTSP URL can name.
    #[error("\"{0}\" cannot be a mount's path: it starts with / and holds no space or ? or #")]
    BadPath(String),
    /// No such mount.
    #[error("there is no mount {0}")]
    UnknownMount(String),
    /// The other file's codec is not the one that running sessions were told.
    #[error("{file} is {found}, but {path} was announced as {announced}")]
    OtherCodec {
        /// The mount.
        path: String,
        /// The file to switch to.
        file: PathBuf,
        /// The codec in that file.
        found: &'static str,
        /// The codec of the mount.
        announced: &'static str,
    },
    /// A condition was not met in time.
    #[error("{path} did not come to the awaited state within {waited:?}: {status}")]
    NotMet {
        /// The mount.
        path: String,
        /// How long was waited.
        waited: Duration,
        /// Its last state.
        status: String,
    },
    /// The simulator has been stopped.
    #[error("the simulator has stopped")]
    Stopped,
}
