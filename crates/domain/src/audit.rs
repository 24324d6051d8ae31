//! Who did what, to what, for which case.

use serde::{Deserialize, Serialize};

use crate::{AccountName, Timestamp};

/// What was done. Its word is what the audit trail keeps; a word is never given another meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuditAction {
    /// The service began.
    Started,
    /// The service ended in good order.
    Stopped,
    /// Somebody said what for they were about to look.
    PurposeStated,
    /// Somebody went back to a purpose that they had stated before.
    PurposeTakenUp,
    /// Events or tracks were searched.
    Searched,
    /// Recorded footage or a still of it was looked at.
    Viewed,
    /// A sealed package was made.
    Exported,
    /// Footage was put under a legal hold.
    HoldPlaced,
    /// Somebody asked that a hold be lifted; a second person must agree.
    HoldLiftAsked,
    /// A hold was lifted by the second person.
    HoldLifted,
    /// A hold ended by itself, at the time that was given when it was placed.
    HoldEnded,
    /// Footage was deleted: its time was over, or its room was needed.
    FootageDeleted,
    /// The audit trail was read.
    AuditRead,
    /// The privacy masks of a camera became others.
    MasksChanged,
    /// An account was made, closed or opened, or what it may do was changed.
    AccountChanged,
    /// A sealed package was ordered.
    ExportOrdered,
    /// A second person agreed that a package be made.
    ExportAgreed,
    /// A second person refused that a package be made.
    ExportRefused,
    /// A package was fetched.
    PackageFetched,
    /// The chains of recorded files were sealed as they were.
    FootageChained,
    /// Somebody signed in.
    SignedIn,
    /// Log-ins failed: how many, for which accounts.
    SignInFailed,
    /// Somebody signed out.
    SignedOut,
    /// Somebody asked to look under privacy masks; a second person must agree.
    UnmaskingAsked,
    /// A second person agreed that somebody looks under privacy masks.
    UnmaskingAgreed,
    /// A second person refused it.
    UnmaskingRefused,
    /// The configuration says otherwise how long things are kept, or what is shown of people.
    PolicyChanged,
    /// All alerts of a rule at a camera were put aside for a while.
    RuleShelved,
    /// Somebody ended that before its time.
    RuleUnshelved,
}

impl AuditAction {
    /// Every action.
    pub const ALL: [Self; 29] = [
        Self::Started,
        Self::Stopped,
        Self::PurposeStated,
        Self::PurposeTakenUp,
        Self::Searched,
        Self::Viewed,
        Self::Exported,
        Self::HoldPlaced,
        Self::HoldLiftAsked,
        Self::HoldLifted,
        Self::HoldEnded,
        Self::FootageDeleted,
        Self::AuditRead,
        Self::MasksChanged,
        Self::AccountChanged,
        Self::ExportOrdered,
        Self::ExportAgreed,
        Self::ExportRefused,
        Self::PackageFetched,
        Self::FootageChained,
        Self::SignedIn,
        Self::SignInFailed,
        Self::SignedOut,
        Self::UnmaskingAsked,
        Self::UnmaskingAgreed,
        Self::UnmaskingRefused,
        Self::PolicyChanged,
        Self::RuleShelved,
        Self::RuleUnshelved,
    ];

    /// Returns the word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Stopped => "stopped",
            Self::PurposeStated => "purpose_stated",
            Self::PurposeTakenUp => "purpose_taken_up",
            Self::Searched => "searched",
            Self::Viewed => "viewed",
            Self::Exported => "exported",
            Self::HoldPlaced => "hold_placed",
            Self::HoldLiftAsked => "hold_lift_asked",
            Self::HoldLifted => "hold_lifted",
            Self::HoldEnded => "hold_ended",
            Self::FootageDeleted => "footage_deleted",
            Self::AuditRead => "audit_read",
            Self::MasksChanged => "masks_changed",
            Self::AccountChanged => "account_changed",
            Self::ExportOrdered => "export_ordered",
            Self::ExportAgreed => "export_agreed",
            Self::ExportRefused => "export_refused",
            Self::PackageFetched => "package_fetched",
            Self::FootageChained => "footage_chained",
            Self::SignedIn => "signed_in",
            Self::SignInFailed => "sign_in_failed",
            Self::SignedOut => "signed_out",
            Self::UnmaskingAsked => "unmasking_asked",
            Self::UnmaskingAgreed => "unmasking_agreed",
            Self::UnmaskingRefused => "unmasking_refused",
            Self::PolicyChanged => "policy_changed",
            Self::RuleShelved => "rule_shelved",
            Self::RuleUnshelved => "rule_unshelved",
        }
    }
}

/// An act that is to be written into the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditDraft {
    /// When, by our clock.
    pub time: Timestamp,
    /// Who.
    pub actor: AccountName,
    /// What was done.
    pub action: AuditAction,
    /// To what: a camera, an event, a package.
    pub object: String,
    /// The number of the case it was done for.
    pub case: Option<String>,
    /// The number of the stated purpose it was done under.
    pub purpose: Option<u64>,
    /// Everything else, as JSON or in plain words.
    pub detail: String,
}

/// An entry of the audit trail as it was read back. Its texts are what is stored, whether or not
/// anybody wrote them: only the chain of hashes says that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditEntry {
    /// Its place in the trail, from 1, without a gap.
    pub seq: u64,
    /// When, by our clock.
    pub time: Timestamp,
    /// Who.
    pub actor: String,
    /// What was done: one of the words of [`AuditAction`], or one of a newer program.
    pub action: String,
    /// To what.
    pub object: String,
    /// The number of the case it was done for.
    pub case: Option<String>,
    /// The number of the stated purpose it was done under.
    pub purpose: Option<u64>,
    /// Everything else.
    pub detail: String,
}

impl AuditEntry {
    /// Returns what `draft` becomes as entry number `seq`.
    pub fn new(seq: u64, draft: &AuditDraft) -> Self {
        Self {
            seq,
            time: draft.time,
            actor: draft.actor.to_string(),
            action: draft.action.as_str().to_owned(),
            object: draft.object.clone(),
            case: draft.case.clone(),
            purpose: draft.purpose,
            detail: draft.detail.clone(),
        }
    }
}

/// An entry with its hash, which covers all entries before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainedEntry {
    /// The entry.
    pub entry: AuditEntry,
    /// The hash as stored.
    pub hash: [u8; 32],
}

/// What ties an entry to those before it: takes the hash of the entry before (zeros for the first)
/// and the entry, returns the entry's own.
pub type ChainLink = fn(&[u8; 32], &AuditEntry) -> [u8; 32];

/// What ties a recorded file to those of its stream and day before it: takes the chain so far (zeros
/// for the first) and the SHA-256 of the file, returns the chain with it.
pub type FootageLink = fn(&[u8; 32], &[u8; 32]) -> [u8; 32];

/// The state of the audit trail at one moment, signed by the site's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedHead {
    /// Counts the heads, from 1, without a gap.
    pub number: u64,
    /// The last entry it covers.
    pub seq: u64,
    /// The hash of that entry.
    pub hash: [u8; 32],
    /// When it was signed, by our clock.
    pub time: Timestamp,
    /// Ed25519 (RFC 8032) over what `evidence` documents.
    pub signature: [u8; 64],
}
