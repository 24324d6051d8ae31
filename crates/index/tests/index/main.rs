//! The index as its users see it, on real files.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "made-up values are small, and a test fails by unwrapping"
)]

mod accounts;
mod alerts;
mod calls;
mod coverage;
mod coverage_days;
mod crash;
mod custody;
mod feed;
mod files;
mod footage;
mod handling;
mod held;
mod investigating;
mod made;
mod masks;
mod newest;
mod notifications;
mod provenance;
mod search;
mod shelvings;
mod tracks;
