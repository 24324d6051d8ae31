//! Tells others what was found: signed webhooks, MQTT, CAP 1.2; at least once, in order per camera.
//!
//! The program's log is the outbox: a target has a cursor in it, and what it has yet to get is
//! what comes after. A [`Notifier`] runs one courier per target. A courier reads the log into a
//! bounded window, sends the first event of every camera side by side, each again and again with
//! growing waits, and moves the cursor up to where everything is settled. An event that a target
//! refuses for good, or that fails while others pass, becomes a dead letter in the same step. No
//! courier waits for another, and nobody waits for a courier.
//!
//! In reading order: [`target`], [`outbox`], [`window`], [`courier`], [`delivery`], [`sender`],
//! [`webhook`], [`tls`], [`signature`], [`cloud_event`], [`cap`], [`xml`], [`mqtt`], [`notifier`], [`status`].
//! `docs/notifications.md` says what receivers must know.
#![allow(
    rustdoc::private_intra_doc_links,
    reason = "the reading order is for those who read the code"
)]

mod back_off;
mod cap;
mod cloud_event;
mod courier;
mod delivery;
#[cfg(test)]
mod made;
mod mqtt;
mod notifier;
mod outbox;
mod sender;
mod signature;
mod status;
mod target;
mod tls;
mod webhook;
mod window;
mod xml;

pub use back_off::Patience;
pub use notifier::{Changes, Notifier};
pub use outbox::{DeadLetter, Folded, Numbered, Outbox, OutboxError, Settlement};
pub use status::{LastError, TargetState, TargetStatus};
pub use target::{
    CAP_SEVERITIES, CapStatus, Filter, Mqtt, OncePer, Secret, Site, Target, Way, Webhook,
};
pub use tls::{Tls, TlsError};
