//! From picture to screen: how long after a camera took the deciding picture its event arrives at
//! a client of the event feed.
//!
//! `cargo bench --bench latency -- [--cameras 4] [--seconds 80]`
//!
//! Real parts throughout: simulator, RTSP, decoder, detector, tracker, rules, commit, SSE. The
//! picture's time is the simulator's clock, which is this machine's.

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

use std::time::Duration;

use domain::{Clock as _, SystemClock, Timestamp};
use futures::StreamExt as _;
use harness::{SimulatorProcess, Site, footage};
use serde_json::Value;

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

async fn measure(cameras: usize, seconds: u64) -> Vec<f64> {
    let file = footage("vtest-h264.mp4");
    let mounts: Vec<_> = (0..cameras)
        .map(|number| format!("/c{number}/main={},offset={}s", file.display(), number * 17 % 79))
        .collect();
    let simulator = SimulatorProcess::start(&mounts);
    let cameras: String = (0..cameras).map(|number| camera(number, simulator.port)).collect();
    let mut site = Site::new(true, &cameras);
    site.start();
    let clock = SystemClock::default();
    let mut latencies = Vec::new();
    let url = format!("{}/api/v1/events/stream", site.api);
    let mut chunks = reqwest::get(url).await.unwrap().bytes_stream();
    let mut text = String::new();
    let end = tokio::time::sleep(Duration::from_secs(seconds));
    tokio::pin!(end);
    loop {
        let chunk = tokio::select! {
            () = &mut end => break,
            chunk = chunks.next() => chunk.unwrap().unwrap(),
        };
        let arrived = clock.now();
        text.push_str(&String::from_utf8_lossy(&chunk));
        while let Some(line_end) = text.find('\n') {
            let line: String = text.drain(..=line_end).collect();
            let Some(data) = line.strip_prefix("data:") else { continue };
            let event: Value = serde_json::from_str(data.trim()).unwrap();
            let time: Timestamp = event["time"].as_str().unwrap().parse().unwrap();
            let held = Duration::from_millis(event["duration_ms"].as_u64().unwrap());
            latencies.push(arrived.seconds_since(time.plus(held)) * 1000.0);
        }
    }
    latencies
}

fn main() {
    let cameras = option("--cameras", 4);
    let seconds = option("--seconds", 80) as u64;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let mut latencies = runtime.block_on(measure(cameras, seconds));
    latencies.sort_by(f64::total_cmp);
    assert!(!latencies.is_empty(), "no event within {seconds} s");
    let at = |share: usize| latencies[(latencies.len() - 1) * share / 100];
    println!("| picture to SSE | events | p50 | p95 | max |\n|---|---|---|---|---|");
    println!(
        "| {cameras} cameras, 5 pictures/s | {} | {:.0} ms | {:.0} ms | {:.0} ms |",
        latencies.len(),
        at(50),
        at(95),
        at(100)
    );
}
