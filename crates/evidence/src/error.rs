//! What can go wrong with keys and packages. That a package does not hold is no error: it is what
//! [`verify`](crate::verify()) was asked.

use std::io;
use std::path::PathBuf;

/// What could not be done.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// The file of the site's key cannot be read, made or synced.
    #[error("cannot {doing} the site's key {}", path.display())]
    KeyFile {
        /// What was tried.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Others than the service may read the key.
    #[error(
        "the site's key {} can be read by others (mode {mode:o}): chmod 600 it; if they may have \
         copied it, tell those who hold packages of this site",
        path.display()
    )]
    KeyExposed {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The file holds no key.
    #[error(
        "{} holds no key: restore it from a backup; a new key cannot vouch for what the old one signed",
        path.display()
    )]
    KeyDamaged {
        /// The file.
        path: PathBuf,
    },
    /// The text is no public key.
    #[error("not an Ed25519 public key as PEM (RFC 8410)")]
    PublicKey,
    /// A name that a package may not hold.
    #[error("\"{0}\" is not a file name for a package")]
    Name(String),
    /// A file twice.
    #[error("the package holds {0} already")]
    Duplicate(String),
    /// A source that gave more or less than it said.
    #[error("{name} gave {given} bytes instead of {said}: its source changed meanwhile")]
    Length {
        /// The file in the package.
        name: String,
        /// Bytes it said it had; more than those are not read.
        said: u64,
        /// Bytes it gave.
        given: u64,
    },
    /// A source that cannot be read.
    #[error("cannot read what becomes {name}")]
    Source {
        /// The file in the package.
        name: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The package cannot be written.
    #[error("cannot write the package")]
    Write(#[source] io::Error),
    /// The package cannot be read.
    #[error("cannot read the package")]
    Read(#[source] io::Error),
    /// What describes the package cannot be put into words.
    #[error("cannot describe the package")]
    Describe(#[source] serde_json::Error),
    /// The system has no random bytes.
    #[error("there are no random bytes to be had")]
    Random(#[source] io::Error),
    /// An answer of a time-stamp authority that is of no use.
    #[error("the time stamp is of no use: {0}")]
    Stamp(String),
    /// A passphrase that is not taken.
    #[error(
        "a passphrase has 16 to 256 letters, digits and signs of ASCII, and no blanks: \
         best let one be made by chance"
    )]
    Passphrase,
    /// A protected package that the passphrase does not open.
    #[error("the passphrase does not open it, or it is no package under a passphrase")]
    Locked,
}
