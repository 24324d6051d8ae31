//! The simulator, against a tiny client over real sockets. One binary: linking takes longer than
//! testing.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what fails in a test's own client fails the test"
)]

mod client;
mod faults;
mod pictures;
mod sessions;
