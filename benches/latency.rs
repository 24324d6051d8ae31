//! From picture to screen: how long after a camera took the deciding picture its event arrives at
//! a client of the event feed, and how long until its stills have arrived there, too.
//!
//! `cargo bench --bench latency -- [--cameras 4] [--seconds 80] [--clip FILE]`
//!
//! Real parts throughout: simulator, RTSP, decoder, detector, tracker, rules, commit, SSE, stills.
//! The picture's time is the simulator's clock, which is this machine's. A still is asked for as
//! soon as its event has arrived, all of an event at once, and again while it is not there. The clip
//! is the demo's, or another with the same view: in another size, with keyframes further apart.

#![allow(missing_docs, reason = "a bench")]
#![allow(
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench prints its table and ends where it cannot measure"
)]

#[allow(dead_code, reason = "a bench needs less of it than the stories")]
#[path = "../tests/stories/harness.rs"]
mod harness;
#[allow(dead_code, reason = "each bench needs its own part of it")]
#[path = "parts/mod.rs"]
mod parts;

use std::path::PathBuf;
use std::time::Duration;

use domain::{Clock as _, SystemClock, Timestamp};
use futures::StreamExt as _;
use harness::{SimulatorProcess, Site, footage};
use parts::feed::Feed;
use parts::percentile;

fn option(name: &str, default: usize) -> usize {
    let mut arguments = std::env::args().skip_while(|argument| argument != name).skip(1);
    arguments.next().map_or(default, |value| value.parse().unwrap())
}

fn camera(number: usize, port: u16) -> String {
    format!(
        "[[camera]]\nid = \"c{number}\"\nname = \"{number}\"\n\
         main = {{ url = \"rtsp://127.0.0.1:{port}/c{number}/main\" }}\n\
         analysis = {{ stream = \"main\", pictures_per_second = 5 }}\n\
         scene.tripwires = [{{ name = \"path\", line = [[0.7292, 0.7292], [0.7292, 0.2604]] }}]\n\
         scene.rules = [{{ id = \"path-{number}\", kind = \"line_crossing\", tripwire = \"path\" }}]\n"
    )
}

/// The stills that are asked for, and how far the moment of each lies after the act.
const STILLS: [(&str, &str, Duration); 5] = [
    ("before, drawn on, 640 wide", "before?view=drawn&width=640", Duration::ZERO),
    ("at, drawn on, 640 wide", "at?view=drawn&width=640", Duration::ZERO),
    ("at, plain, whole", "at?view=plain", Duration::ZERO),
    ("at, object alone, whole", "at?view=crop", Duration::ZERO),
    (
        "after, drawn on, 640 wide (from its own moment)",
        "after?view=drawn&width=640",
        Duration::from_secs(1),
    ),
];
/// How often a still that is not there is asked for again.
const ASKED_AGAIN: Duration = Duration::from_millis(20);
/// A still that is not there by then never comes.
const GIVEN_UP: Duration = Duration::from_secs(30);

/// Milliseconds from the deciding picture.
#[derive(Default)]
struct Measured {
    events: Vec<f64>,
    /// In the order of [`STILLS`].
    stills: [Vec<f64>; STILLS.len()],
    absent: usize,
}

/// Returns how long after `moment` the still at `address` had arrived whole, in milliseconds.
async fn ready(client: reqwest::Client, address: String, moment: Timestamp) -> Option<f64> {
    let clock = SystemClock::default();
    let given_up = clock.now().plus(GIVEN_UP);
    while clock.now() < given_up {
        let answer = client.get(&address).send().await.unwrap();
        if answer.status().is_success() {
            answer.bytes().await.unwrap();
            return Some(clock.now().seconds_since(moment) * 1000.0);
        }
        tokio::time::sleep(ASKED_AGAIN).await;
    }
    None
}

async fn measure(file: PathBuf, cameras: usize, seconds: u64) -> Measured {
    let mounts: Vec<_> = (0..cameras)
        .map(|number| format!("/c{number}/main={},offset={}s", file.display(), number * 17 % 79))
        .collect();
    let simulator = SimulatorProcess::start(&mounts);
    let cameras: String = (0..cameras).map(|number| camera(number, simulator.port)).collect();
    let mut site = Site::new(true, &cameras);
    site.start();
    let clock = SystemClock::default();
    let mut measured = Measured::default();
    let mut asked = Vec::new();
    let client = site.client.clone();
    let url = format!("{}/api/v1/events/stream", site.api);
    let mut chunks = client.get(url).send().await.unwrap().bytes_stream();
    let mut feed = Feed::default();
    let begun = clock.now();
    let end = tokio::time::sleep(Duration::from_secs(seconds));
    tokio::pin!(end);
    loop {
        let chunk = tokio::select! {
            () = &mut end => break,
            chunk = chunks.next() => chunk.unwrap().unwrap(),
        };
        let arrived = clock.now();
        for event in feed.events(&chunk) {
            let time: Timestamp = event["time"].as_str().unwrap().parse().unwrap();
            let held = Duration::from_millis(event["duration_ms"].as_u64().unwrap());
            measured.events.push(arrived.seconds_since(time.plus(held)) * 1000.0);
            // Of the first second there is no picture a second before.
            if time < begun.plus(Duration::from_secs(2)) {
                continue;
            }
            for (_, which, later) in STILLS {
                let id = event["id"].as_str().unwrap();
                let address = format!("{}/api/v1/events/{id}/stills/{which}", site.api);
                asked.push(tokio::spawn(ready(client.clone(), address, time.plus(later))));
            }
        }
    }
    for (number, asked) in asked.into_iter().enumerate() {
        match asked.await.unwrap() {
            Some(ms) => measured.stills[number % STILLS.len()].push(ms),
            None => measured.absent += 1,
        }
    }
    measured
}

fn print_row(what: &str, latencies: &mut [f64]) {
    latencies.sort_by(f64::total_cmp);
    assert!(!latencies.is_empty(), "nothing measured: {what}");
    let at = |share: usize| percentile(latencies, share).unwrap_or_default();
    println!(
        "| {what} | {} | {:.0} ms | {:.0} ms | {:.0} ms |",
        latencies.len(),
        at(50),
        at(95),
        at(100)
    );
}

fn main() {
    let cameras = option("--cameras", 4);
    let seconds = option("--seconds", 80) as u64;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let clip = std::env::args().skip_while(|argument| argument != "--clip").nth(1);
    let clip = clip.map_or_else(|| footage("vtest-h264.mp4"), PathBuf::from);
    let mut measured = runtime.block_on(measure(clip, cameras, seconds));
    println!(
        "| {cameras} cameras, 5 pictures/s: from the deciding picture to | count | p50 | p95 | max |"
    );
    println!("|---|---|---|---|---|");
    print_row("the event", &mut measured.events);
    for ((what, _, _), latencies) in STILLS.iter().zip(&mut measured.stills) {
        print_row(&format!("the still {what}"), latencies);
    }
    println!("\n{} stills never came.", measured.absent);
}
