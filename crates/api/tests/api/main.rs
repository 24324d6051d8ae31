//! The query service over a real index and a real archive.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod access;
mod access_twins;
mod calls;
mod coverage;
mod custody;
mod desk;
mod elsewhere;
mod event_clip;
mod events;
mod evidence;
mod feed;
mod findings;
mod footage;
mod footing;
mod http2;
mod investigate;
mod live;
mod live_hls;
mod live_outlet;
mod map_layers;
mod masked_live;
mod notifications;
mod openapi;
mod own_password;
mod people;
mod problems;
mod replays;
mod sessions;
mod shelvings;
mod signals;
mod site;
mod softened;
mod stopping;
mod stream;
mod system;
mod tls;
mod told_again;
mod unmaskings;
mod views;
