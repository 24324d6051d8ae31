//! What recording costs: whole process, real RTSP, real disk; `ffmpeg -c copy` beside it.
//!
//! `cargo bench --bench cameras -- [--streams 64,256] [--seconds 30] [--peers 16]`
//!
//! The simulator runs as a process of its own; CPU time is read from /proc for the recorder alone.
//! 60 s and more hold the close of every stream's segment. Recordings go to var/bench and are
//! removed: 256 streams write 128 MB/s.
//! Prints a table for docs/benchmarks.md. Exits 1 if a picture was lost while measuring.

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

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use harness::{Site, eventually};
use parts::{cameras, footage, gaps, simulator, usage};

struct Settings {
    streams: Vec<usize>,
    seconds: u64,
    peers: usize,
}

fn settings() -> Settings {
    let mut settings = Settings { streams: vec![64, 256], seconds: 30, peers: 16 };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let mut value = || arguments.next().expect("a value behind each option");
        match name.as_str() {
            "--streams" => {
                settings.streams = value().split(',').map(|n| n.parse().unwrap()).collect()
            }
            "--seconds" => settings.seconds = value().parse().unwrap(),
            "--peers" => settings.peers = value().parse().unwrap(),
            // What cargo itself passes.
            "--bench" => {}
            _ => panic!("unknown option {name}"),
        }
    }
    settings
}

struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[allow(clippy::cast_precision_loss, reason = "figures of a table")]
fn row(who: &str, streams: usize, cpu: f64, elapsed: f64, bytes: u64, note: &str) {
    println!(
        "| {who} | {streams} | {:.3} % | {:.2} MiB | {note} |",
        cpu / elapsed / streams as f64 * 100.0,
        bytes as f64 / streams as f64 / f64::from(1 << 20),
    );
}

async fn watchpost(streams: usize, seconds: u64, file: &Path) -> bool {
    let simulator = simulator(streams, file);
    let port = simulator.port;
    let mut site = Site::new_in(&harness::root().join("var/bench"), false, &cameras(streams, port));
    site.start();
    let up = || async {
        let health = site.ask("/api/v1/health").await.1;
        (health["streams"]["up"].as_u64() == Some(streams as u64)).then_some(())
    };
    eventually("all streams are up", Duration::from_secs(90), up).await;
    let (cpu_before, _) = usage(site.pid());
    let started = Instant::now();
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    let elapsed = started.elapsed().as_secs_f64();
    let (cpu, resident) = usage(site.pid());
    let still_up = up().await.is_some();
    let gaps = gaps(&site, streams).await;
    let (status, log) = site.stop();
    let troubles: Vec<_> =
        log.iter().filter(|line| line.contains("\"WARN\"") || line.contains("\"ERROR\"")).collect();
    let good = still_up && status.success() && troubles.is_empty() && gaps == 0;
    let note = format!("{gaps} gaps, {} warnings", troubles.len());
    for trouble in troubles.iter().take(5) {
        eprintln!("{trouble}");
    }
    row("watchpost", streams, cpu - cpu_before, elapsed, resident, &note);
    let simulator_cpu = usage(simulator.pid()).0;
    eprintln!("(the simulator used {simulator_cpu:.1} s in all)");
    good
}

async fn ffmpeg(streams: usize, seconds: u64, file: &Path) {
    let simulator = simulator(streams, file);
    let port = simulator.port;
    let folder = tempfile::tempdir_in(harness::root().join("var/bench")).unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let children: Vec<Ended> = (0..streams)
        .map(|number| {
            let child = Command::new("ffmpeg")
                .args(["-nostdin", "-v", "error", "-rtsp_transport", "tcp", "-i"])
                .arg(format!("rtsp://127.0.0.1:{port}/c{number}/main"))
                .args(["-c", "copy", "-f", "segment", "-segment_time", "60"])
                .args(["-segment_format_options", "movflags=+frag_keyframe+empty_moov"])
                .arg(folder.path().join(format!("{number}-%03d.mp4")))
                .stdin(Stdio::null())
                .spawn();
            Ended(child.expect("ffmpeg is installed"))
        })
        .collect();
    tokio::time::sleep(Duration::from_secs(8)).await;
    let total = || {
        children
            .iter()
            .map(|child| usage(child.0.id()))
            .fold((0.0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
    };
    let before = total().0;
    let started = Instant::now();
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    let (cpu, resident) = total();
    let elapsed = started.elapsed().as_secs_f64();
    row("ffmpeg -c copy", streams, cpu - before, elapsed, resident, "no hash, no index");
}

fn main() {
    let settings = settings();
    let file = footage();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    println!(
        "| 1080p25, 4 Mbit/s, TCP | streams | CPU of one core per stream | memory per stream | |"
    );
    println!("|---|---|---|---|---|");
    let mut good = true;
    if settings.peers > 0 {
        runtime.block_on(ffmpeg(settings.peers, settings.seconds.min(30), &file));
        good &= runtime.block_on(watchpost(settings.peers, settings.seconds.min(30), &file));
    }
    for streams in settings.streams {
        good &= runtime.block_on(watchpost(streams, settings.seconds, &file));
    }
    if !good {
        std::process::exit(1);
    }
}
