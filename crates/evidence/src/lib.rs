//! Seals footage and findings, and chains what was done, so that a stranger can check both.
//!
//! A site has one [`SiteKey`] (Ed25519). Every entry of the audit trail holds the hash of the one
//! before ([`chain`]), and the last hash is signed now and then: a [`head`]. A [`Sealer`] writes
//! clips, events and stills into one ZIP whose every byte follows from a signed [`Manifest`];
//! [`verify()`] checks that without a database, and whoever has no Watchpost checks it with
//! `unzip`, `sha256sum` and `openssl`.
//!
//! In reading order: `digest`, `key`, [`chain`], [`head`], `extract`, [`footage`], `zip`, `manifest`,
//! [`time_stamp`], `seal`, `verdict`, `verify`, `protect`. `docs/design/0008-evidence.md` has the reasons.

pub mod chain;
mod digest;
mod error;
mod extract;
pub mod footage;
pub mod head;
mod key;
mod manifest;
mod note;
mod protect;
mod seal;
pub mod time_stamp;
mod verdict;
mod verify;
mod zip;

pub use digest::{Digest, InvalidDigest};
pub use error::EvidenceError;
pub use extract::{AuditExtract, ExtractEntry, HeadCard};
pub use footage::{ChainCard, FootageProof, Proven, SealCard};
pub use key::{PublicKey, SiteKey};
pub use manifest::{
    ApprovalCard, CameraCard, CameraSignatureCard, ClipCard, ClockCard, EventsCard, FORMAT,
    FileCard, GapCard, Manifest, MaskedCard, ModelCard, Purpose, RuleCard, SegmentCard, SiteCard,
    StillCard,
};
pub use protect::{Passphrase, open_protected, protect};
pub use seal::{Sealer, Stamp};
pub use verdict::{Mismatch, Verdict};
pub use verify::verify;
