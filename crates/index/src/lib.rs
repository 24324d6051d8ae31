//! Events, alerts, tracks, segments and gaps: stored and searched.
//!
//! An index is a folder of SQLite files. `core.db` numbers the cameras, holds the alerts, the
//! accounts, how far each target of notifications is, the audit trail, purposes, legal holds and privacy masks, and
//! is never rotated;
//! `footage.db` has a row per segment, per gap and per span in which a camera did the same;
//! `ev_YYYYMM.db` and `trk_YYYYMM.db` hold the
//! events and tracks of one month (UTC) and expire by being unlinked. Each kind has one writer
//! thread behind a bounded mailbox that commits in groups: events, segments and gaps are on disk
//! before their caller goes on, tracks a little later. Every event gets the next number of the
//! site's sequence and an outbox row in its own transaction, so [`Index::events_after`] misses and
//! repeats nothing, and [`Index::knock`] only says that it is worth asking. Searching turns a
//! place into cameras in RAM first and then asks the monthly files per camera and time.
//!
//! All methods block; asynchronous callers wrap them in `spawn_blocking`. In reading order:
//! [`month`], [`schema`], [`event_row`], [`event_writer`], [`feed`], [`filter`], [`search`],
//! [`slices`], [`gated`], [`histogram`], [`saved_searches`], then [`alerts`], [`alert_query`],
//! [`handling`], [`held_alert`], [`floods`], [`verdicts`], [`shifts`], [`cases`], [`calls`], [`tracks`], [`track_search`],
//! [`footage`], [`coverage`], [`custody`], [`audit`], [`holds`] and [`masks`]; [`accounts`] and
//! [`sessions`] stand apart: commands open them beside a running
//! service.
//! `docs/design/0003-index-files.md` has the
//! reasons.
#![allow(
    rustdoc::private_intra_doc_links,
    reason = "the reading order is for those who read the code"
)]

mod accounts;
mod activity;
mod alert_query;
mod alert_row;
mod alerts;
mod attribute_code;
mod audit;
mod calls;
mod camera;
mod cases;
mod catalogue;
mod coding;
mod columns;
mod core_file;
mod coverage;
mod coverage_day;
mod coverage_span;
mod coverage_sweep;
mod custody;
mod error;
mod event_row;
mod event_writer;
mod exports;
mod feed;
mod filter;
mod floods;
mod footage;
mod footage_chain;
mod footage_seals;
mod gated;
mod grid;
mod handling;
mod held_alert;
mod histogram;
mod holds;
mod index;
mod kept;
mod ledger;
mod masks;
mod month;
mod newest;
mod notifications;
mod policies;
mod provenance;
mod purposes;
mod query;
mod read_only;
mod reader;
mod recorded;
mod request_keys;
mod saved_searches;
mod schema;
mod search;
mod segment_row;
mod sessions;
mod set_aside;
mod shelvings;
mod shifts;
mod slices;
mod sparse_id;
mod storage;
mod track_path;
mod track_query;
mod track_search;
mod tracks;
mod unmaskings;
mod verdicts;
mod watched;
mod writer;

pub use accounts::{Account, AccountKind, Accounts, NewAccount};
pub use activity::{ActivityQuery, CameraActivity};
pub use alert_query::{AlertCursor, AlertOrder, AlertPage, AlertQuery, AlertTotal};
pub use alert_row::StoredAlert;
pub use alerts::{AlertChange, FoldedEvents};
pub use attribute_code::Looks;
pub use audit::{AuditQuery, AuditTrail};
pub use calls::{CallName, CallPosting, GatheredCall, StoredCall, TakenCall};
pub use camera::CameraRow;
pub use cases::{Case, CaseMark, Marked};
pub use coverage::{AspectCoverage, CameraCoverage, Coverage, CoverageGap, CoverageQuery};
pub use custody::Custody;
pub use error::IndexError;
pub use exports::{ExportDraft, ExportOptions, ExportStage, StoredExport};
pub use floods::RaisedCount;
pub use footage_chain::{FootageDay, FootageHead, StoredFootageLink};
pub use footage_seals::{FootageSeal, StoredFootageSeal};
pub use handling::{Acted, ActionKey};
pub use holds::{HoldAct, HoldDraft, StoredHold};
pub use index::{Expired, Index, SiteSettings};
pub use notifications::{DEAD_LETTERS_KEPT, DeadLetter};
pub use policies::Policy;
pub use provenance::{ModelVersion, RuleVersion};
pub use purposes::{PurposeDraft, StoredPurpose};
pub use query::{
    AtLeast, Cursor, DailyHours, EventPage, EventQuery, HourCount, Order, SpeedRange, StoredEvent,
};
pub use read_only::ReadOnlyIndex;
pub use request_keys::{GivenAnswer, KeyTaken, RequestKey};
pub use saved_searches::{SavedSearch, SavedSearchDraft};
pub use sessions::{Attempts, Identity, SecretHash, SessionLimits};
pub use shelvings::{ShelvingDraft, StoredShelving};
pub use shifts::Handover;
pub use storage::Written;
pub use track_query::{TrackCursor, TrackPage, TrackQuery};
pub use unmaskings::{StoredUnmasking, UnmaskingDraft, UnmaskingStage};
pub use verdicts::Verdicts;
