//! The archive, against real files, with rows kept in memory.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "all of this is tests, which clippy sees in functions marked as such only"
)]

mod clips;
mod crash;
mod foreign;
mod fsck;
mod gaps;
mod hostile;
mod labelled;
mod mount;
mod pictures;
mod replaced;
mod retention;
mod roundtrip;
mod support;
mod unwritten;
mod volumes;
