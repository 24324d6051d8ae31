//! Notifications end to end: a log in memory, real receivers on loopback that misbehave.
#![allow(clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

mod broker;
mod delivering;
mod footing;
mod house;
mod mosquitto;
mod mqtt;
mod real_broker;
mod receiver;
mod refusals;
mod tls;
