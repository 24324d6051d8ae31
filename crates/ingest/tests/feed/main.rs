//! Streams taken from servers: an honest one with faults on demand, a foreign one, and dishonest
//! ones.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "all of this is test code"
)]

mod footage;
mod foreign;
mod hostile;
mod metadata;
mod scripted;
mod secrets;
mod simulated;
mod stage;
