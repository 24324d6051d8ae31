//! Stories end to end: the real program against real RTSP on loopback, one file a story.
#![allow(clippy::panic, clippy::print_stdout, clippy::unwrap_used, reason = "helpers of tests")]

mod access;
mod across;
mod alerts;
mod bad_input;
mod blind;
mod calls;
mod coverage;
mod crash;
mod custody;
mod desks;
mod duty;
mod evaluate;
mod evidence;
mod faults;
mod feed;
#[allow(dead_code, reason = "the benches use the rest")]
mod harness;
#[allow(dead_code, reason = "the tests of notifications use the rest")]
#[path = "../../crates/notify/tests/notify/house.rs"]
mod house;
mod left_open;
mod live;
mod looked_at;
mod masked_live;
#[allow(dead_code, reason = "the tests of notifications use the rest")]
#[path = "../../crates/notify/tests/notify/mosquitto.rs"]
mod mosquitto;
mod notifications;
mod recording;
mod red_light;
mod reload;
mod restream;
mod restream_tls;
mod sealed;
mod softened;
mod stop;
mod tampered;
mod tls;
mod told;
mod truth;
mod views;
