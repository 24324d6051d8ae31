//! Stories end to end: the real program against real RTSP on loopback, one file a story.

mod bad_input;
mod crash;
mod faults;
mod feed;
mod harness;
mod recording;
mod reload;
mod truth;
