//! Every kind of rule, judged over scripted tracks: what it finds, and what it must not.
//!
//! Each snapshot lists scenes by name and what was found in them; `-` is nothing. The pictures are
//! five a second, and start on Sunday, 2026-03-01 at 07:00 in Vietnam.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "seconds and steps of a test are small"
)]

#[path = "../common/mod.rs"]
mod common;
mod crowds;
mod lights;
mod lines;
mod schedules;
mod stage;
mod stops;
mod trembling;
mod ways;
mod zones;
