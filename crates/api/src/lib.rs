//! The query service: feed, search, footage over HTTP, with its OpenAPI document.
//!
//! [`router`] answers from the parts that [`ApiState`] joins; [`serve()`] puts it on a listener
//! until the stop token falls. Who asks, and which cameras they may speak of, is settled before any
//! handler (`access`). Handlers read their parameters strictly (`params`), ask the index
//! and the archive on threads that may block and in bounded number (`state`), and turn what goes
//! wrong into a problem of RFC 9457 in one place (`problem`). Events reach a client by its own
//! cursor (`feed`), each with its pictures (`evidence`); partner systems tell theirs (`findings`),
//! call-taking systems their calls (`calls`), controllers what traffic lights show (`signals`); what
//! cameras show now goes over WebSockets (`live_view`), and as HLS (`live_hls`); officers act on alerts
//! (`actions`) and hand over
//! their shift (`shifts`); footage leaves by byte range in chunks (`send`) or sealed (`exports`), for a
//! purpose (`purposes`), held where a case needs it (`holds`), and who did what is told (`audit`); what lies under a privacy
//! mask leaves as a viewing copy only (`views`, `copies`), pictures as `thumbnails` and `sprites`. The
//! OpenAPI document is gathered from the handlers themselves, so that it cannot name what is not
//! there.

mod access;
mod accounts;
mod actions;
mod alert_scope;
mod alert_stats;
mod alerts;
mod area;
mod audit;
mod audit_check;
mod byte_range;
mod calls;
mod cameras;
mod case_footage;
mod cases;
mod connection_test;
mod conversation;
mod copies;
mod coverage;
mod cursor;
mod desk;
mod edge;
mod event_body;
mod event_clip;
mod events;
mod evidence;
mod exports;
mod feed;
mod findings;
mod footage;
mod frames;
#[doc(hidden)]
pub mod fuzzing;
mod handling_body;
mod health;
mod held_alert;
mod holds;
mod listener;
mod live;
mod live_hls;
mod live_view;
mod looks;
mod map_layers;
mod notifications;
mod officers;
mod once;
mod page;
mod params;
mod places;
mod presence;
mod problem;
mod purposes;
mod rate;
mod recordings;
mod regions;
mod replays;
mod report;
mod restream_address;
mod rules;
mod saved_searches;
mod scenes;
mod search_coverage;
mod send;
mod serve;
mod shelvings;
mod shifts;
mod signals;
mod speed_filter;
mod sprites;
mod state;
mod storage;
mod stream;
mod thumbnails;
mod timeline;
mod tracks;
mod trust;
mod unmaskings;
mod verdicts;
mod views;
mod what_filter;
mod when_filter;
mod where_filter;

pub use access::{PasswordError, RestreamKey, Secret, check_password, hash_password, token_hash};
pub use audit_check::follow_trail;
pub use calls::CallPolicy;
pub use connection_test::{ConnectionTested, ConnectionTester, ConnectionTrial};
pub use desk::{Desk, Procedure};
pub use exports::{ExportDecision, ExportJob, ExportOrder, ExportSource};
pub use findings::{FedSignal, FindingSource, Intake, Token};
pub use frames::{FrameError, FrameSource, Overlay, PersonsShown, Rendition};
pub use health::{ComponentHealth, Health};
pub use index::SessionLimits;
pub use listener::{TlsError, TlsIdentity, Transport};
pub use live::LiveScenes;
pub use live_view::{
    LiveAsked, LiveFeed, LivePassword, LiveRefusal, LiveSeen, LiveTap, LiveTaps, LiveTicket,
};
pub use map_layers::MapLayer;
pub use notifications::{NotificationSource, NotificationTarget};
pub use regions::{KeyframeLook, KeyframeSource};
pub use restream_address::RestreamListens;
pub use serve::{openapi, router, serve, serve_locally};
pub use state::{ApiState, Camera, ComponentsSource, Limits, MetricsSource, Parts};
pub use storage::KeptFor;
pub use trust::{TlsClient, TlsConnection};
pub use views::{
    CopyOrder, CopySink, Layout, LiveCopy, LivePicture, Masking, Part, Shown, ViewSource,
};
