//! What analysis costs and finds with many cameras at once: whole process, real RTSP, real street
//! footage, everything recorded as well; what people write by hand beside it.
//!
//! `cargo bench --bench analysis -- [--cameras 16,64,100] [--seconds 60] [--keyframes] [--overload]
//! [--peer 4] [--footage DIR] [--clips 8] [--rate 5] [--threads N] [--peer-python FILE]`
//!
//! Each clip is first analysed by a camera alone; what such cameras find is what is to be found.
//! Then so many cameras at once take the clips in turn, each at another place of its loop, and events
//! are compared by rule, way and moment. Latency is from the deciding picture's own time to the event's
//! arrival at a client of the feed. CPU time is read from /proc for the program alone, the simulator is
//! a process of its own on the same cores. `--keyframes` analyses a 1080p main stream's keyframes, 2 s
//! apart, against whole analysis of the same. `--overload` gives a tenth of the cameras priority 1, the
//! rest 2 and 3, and prints a row for each: ask for more cameras than the machine can look at.
//! Without `--footage` the demo clip plays; its folder's films are brought into a camera's form once.
//! `--peer N` runs as many of benches/peers/camera.py, one process per camera, on the same streams.
//!
//! Prints a table for docs/benchmarks.md. Exits 1 if the program's counts do not add up.

#![allow(missing_docs, reason = "a bench")]
#![allow(
    clippy::cast_precision_loss,
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

use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use domain::{Clock as _, SystemClock, Timestamp};
use futures::StreamExt as _;
use harness::{SimulatorProcess, Site, eventually};
use parts::feed::Feed;
use parts::found::{Found, Truth};
use parts::scrape::Scrape;
use parts::street::{Clip, Shape, clips};
use parts::{percentile, usage};
use serde_json::Value;
use tokio::time::sleep;

/// Tracks form before anything is measured.
const SETTLING: Duration = Duration::from_secs(8);
/// What comes later than this after the end of a run is not awaited.
const AFTERWARDS: Duration = Duration::from_secs(3);
/// Beside each other that many cameras are still each "alone".
const ALONE: usize = 2;

struct Settings {
    cameras: Vec<usize>,
    seconds: u64,
    keyframes: bool,
    overload: bool,
    peers: usize,
    python: PathBuf,
    footage: Option<PathBuf>,
    clips: usize,
    rate: f64,
    threads: usize,
}

fn settings() -> Settings {
    let mut settings = Settings {
        cameras: vec![16, 64, 100],
        seconds: 60,
        keyframes: false,
        overload: false,
        peers: 0,
        python: harness::root().join("var/bench/peer-camera/bin/python"),
        footage: None,
        clips: 8,
        rate: 5.0,
        threads: std::thread::available_parallelism().map_or(1, usize::from),
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let mut value = || arguments.next().expect("a value behind each option");
        match name.as_str() {
            "--cameras" => {
                settings.cameras = value().split(',').map(|n| n.parse().unwrap()).collect();
            }
            "--seconds" => settings.seconds = value().parse().unwrap(),
            "--keyframes" => settings.keyframes = true,
            "--overload" => settings.overload = true,
            "--peer" => settings.peers = value().parse().unwrap(),
            "--peer-python" => settings.python = value().into(),
            "--footage" => settings.footage = Some(value().into()),
            "--clips" => settings.clips = value().parse().unwrap(),
            "--rate" => settings.rate = value().parse().unwrap(),
            "--threads" => settings.threads = value().parse().unwrap(),
            // What cargo itself passes.
            "--bench" => {}
            _ => panic!("unknown option {name}"),
        }
    }
    settings
}

/// One camera of a run.
#[derive(Debug, Clone)]
struct Posted {
    clip: usize,
    offset_s: f64,
    priority: u8,
}

/// Lays out so many cameras: clips in turn, each at another place of its loop.
fn posted(count: usize, clips: &[Clip], overload: bool) -> Vec<Posted> {
    let one = |number: usize| {
        let clip = number % clips.len();
        // The golden ratio spreads any number of them evenly.
        let share = (number as f64 * 0.618_034).fract();
        let offset_s = (share * clips[clip].period_s * 100.0).floor() / 100.0;
        let priority = match number % 10 {
            _ if !overload => 2,
            0 => 1,
            low => 2 + u8::from(low % 2 == 0),
        };
        Posted { clip, offset_s, priority }
    };
    (0..count).map(one).collect()
}

/// Serves the cameras; returns the simulator and when its loops began.
fn serve(posted: &[Posted], clips: &[Clip], keyframes: bool) -> (SimulatorProcess, Timestamp) {
    let roles: &[&str] = if keyframes { &["main"] } else { &["main", "sub"] };
    let mounts: Vec<_> = posted
        .iter()
        .enumerate()
        .flat_map(|(number, camera)| {
            let file = clips[camera.clip].file.display();
            roles
                .iter()
                .map(move |role| format!("/c{number}/{role}={file},offset={:.2}s", camera.offset_s))
        })
        .collect();
    let simulator = SimulatorProcess::start(&mounts);
    // Its clock starts when it listens.
    let given_up = Instant::now() + Duration::from_secs(60);
    while TcpStream::connect(("127.0.0.1", simulator.port)).is_err() {
        assert!(Instant::now() < given_up, "the simulator does not listen");
        std::thread::park_timeout(Duration::from_millis(2));
    }
    (simulator, SystemClock::default().now())
}

/// TOML of the site: threads, and the cameras with two lines each, down and across the view.
fn site_toml(posted: &[Posted], settings: &Settings, whole: bool, port: u16) -> String {
    let (threads, rate) = (settings.threads, settings.rate);
    // What comes first belongs to the section before, that of analysis.
    let mut toml = format!("decoder_threads = {threads}\ndetector_threads = {threads}\n");
    for (number, camera) in posted.iter().enumerate() {
        let priority = camera.priority;
        let analysed = match (settings.keyframes, whole) {
            (true, false) => "stream = \"main\", mode = \"keyframes\"".to_owned(),
            (true, true) => format!("stream = \"main\", pictures_per_second = {rate}"),
            (false, _) => format!("stream = \"sub\", pictures_per_second = {rate}"),
        };
        let sub = format!("sub = {{ url = \"rtsp://127.0.0.1:{port}/c{number}/sub\" }}\n");
        toml += &format!(
            "[[camera]]\nid = \"c{number}\"\nname = \"{number}\"\n\
             main = {{ url = \"rtsp://127.0.0.1:{port}/c{number}/main\" }}\n{}\
             analysis = {{ {analysed}, priority = {priority} }}\n\
             scene.tripwires = [\
             {{ name = \"down\", line = [[0.7292, 1.0], [0.7292, 0.0]] }}, \
             {{ name = \"across\", line = [[0.0, 0.6], [1.0, 0.6]] }}]\n\
             scene.rules = [\
             {{ id = \"down-{number}\", kind = \"line_crossing\", tripwire = \"down\" }}, \
             {{ id = \"across-{number}\", kind = \"line_crossing\", tripwire = \"across\" }}]\n",
            if settings.keyframes { "" } else { &sub },
        );
    }
    toml
}

/// What one run showed.
struct Run {
    /// By camera.
    found: Vec<Vec<Found>>,
    /// From the deciding picture to the client, in milliseconds, with the camera's number.
    latencies: Vec<(usize, f64)>,
    /// From and to, in seconds since the simulator's start.
    span: (f64, f64),
    before: Scrape,
    after: Scrape,
    /// CPU of one core, 1 being all of it.
    cpu: f64,
    simulator_cpu: f64,
    resident: u64,
    warnings: usize,
}

async fn run(
    posted: &[Posted],
    clips: &[Clip],
    settings: &Settings,
    whole: bool,
    seconds: f64,
) -> Run {
    let (simulator, start) = serve(posted, clips, settings.keyframes);
    let toml = site_toml(posted, settings, whole, simulator.port);
    let mut site = Site::new_in(&harness::root().join("var/bench"), true, &toml);
    site.start();
    let streams = posted.len() * if settings.keyframes { 1 } else { 2 };
    eventually("all streams are up", Duration::from_secs(120), async || {
        let health = site.ask("/api/v1/health").await.1;
        (health["streams"]["up"].as_u64() == Some(streams as u64)).then_some(())
    })
    .await;
    sleep(SETTLING).await;
    let clock = SystemClock::default();
    let client = site.client.clone();
    let stream = client.get(format!("{}/api/v1/events/stream", site.api)).send().await.unwrap();
    let mut chunks = stream.bytes_stream();
    let mut feed = Feed::default();
    let mut found = vec![Vec::new(); posted.len()];
    let mut latencies = Vec::new();
    let before = Scrape::of(&site).await;
    let (cpu_before, simulator_before) = (usage(site.pid()).0, usage(simulator.pid()).0);
    let (from, began) = (clock.now().seconds_since(start), Instant::now());
    let measured = tokio::time::Instant::now() + Duration::from_secs_f64(seconds);
    let mut costs = None;
    loop {
        let until = if costs.is_none() { measured } else { measured + AFTERWARDS };
        match tokio::time::timeout_at(until, chunks.next()).await {
            Ok(chunk) => {
                let arrived = clock.now();
                for event in feed.events(&chunk.unwrap().unwrap()) {
                    let Some((number, act)) = Found::read(&event, start) else { continue };
                    if act.at_s >= from {
                        latencies.push((number, latency(&event, arrived)));
                    }
                    found[number].push(act);
                }
            }
            Err(_) if costs.is_none() => {
                let elapsed = began.elapsed().as_secs_f64();
                let (cpu, resident) = usage(site.pid());
                let simulator_cpu = (usage(simulator.pid()).0 - simulator_before) / elapsed;
                let after = Scrape::of(&site).await;
                costs = Some(((cpu - cpu_before) / elapsed, simulator_cpu, resident, after));
            }
            Err(_) => break,
        }
    }
    let (cpu, simulator_cpu, resident, after) = costs.unwrap();
    let (_, log) = site.stop();
    let warnings: Vec<_> =
        log.iter().filter(|line| line.contains("\"WARN\"") || line.contains("\"ERROR\"")).collect();
    warnings.iter().take(3).for_each(|warning| eprintln!("{warning}"));
    Run {
        found,
        latencies,
        span: (from, from + seconds),
        before,
        after,
        cpu,
        simulator_cpu,
        resident,
        warnings: warnings.len(),
    }
}

fn latency(event: &Value, arrived: Timestamp) -> f64 {
    let time: Timestamp = event["time"].as_str().unwrap().parse().unwrap();
    let held = Duration::from_millis(event["duration_ms"].as_u64().unwrap());
    arrived.seconds_since(time.plus(held)) * 1000.0
}

/// Has each clip analysed by a camera that has the machine to itself.
async fn truths(clips: &[Clip], settings: &Settings) -> Vec<Truth> {
    let mut truths = Vec::new();
    for pair in clips.chunks(ALONE) {
        let longest = pair.iter().map(|clip| clip.period_s).fold(0.0, f64::max);
        let one = |clip: usize| Posted { clip, offset_s: 0.0, priority: 1 };
        let posted: Vec<_> = (0..pair.len()).map(one).collect();
        let alone = run(&posted, pair, settings, true, longest).await;
        let replaced = alone.grown("watchpost_pictures_left_out_total", &["cause=\"replaced\""]);
        if replaced > 0.0 {
            eprintln!("**{replaced} pictures were left out of what is called whole analysis**");
        }
        for (clip, found) in pair.iter().zip(&alone.found) {
            let (from, to) = (alone.span.0, alone.span.0 + clip.period_s);
            let once: Vec<_> =
                found.iter().filter(|act| (from..to).contains(&act.at_s)).cloned().collect();
            let stem = clip.file.file_stem().unwrap().to_string_lossy();
            eprintln!("alone: {stem}, {:.1} s, {} events", clip.period_s, once.len());
            truths.push(Truth::new(&once, 0.0, clip.period_s));
        }
    }
    truths
}

impl Run {
    fn grown(&self, name: &str, labels: &[&str]) -> f64 {
        self.after.sum(name, labels) - self.before.sum(name, labels)
    }

    /// Prints the row of the cameras with `priority`, or of all; returns whether the counts add up.
    fn row(&self, posted: &[Posted], truths: &[Truth], seconds: f64, priority: Option<u8>) -> bool {
        let of_it = |number: &usize| priority.is_none_or(|one| posted[*number].priority == one);
        let numbers: Vec<usize> = (0..posted.len()).filter(of_it).collect();
        let count = numbers.len() as f64;
        let label = |number: &usize| format!("camera=\"c{number}\"");
        let grown = |name: &str, more: &[&str]| -> f64 {
            let one = |number| {
                let camera = label(number);
                self.grown(name, &[&[camera.as_str()], more].concat())
            };
            numbers.iter().map(one).sum()
        };
        let sampled = grown("watchpost_pictures_sampled_total", &[]);
        let analysed = grown("watchpost_pictures_analysed_total", &[]);
        let passed = grown("watchpost_pictures_passed_total", &[]);
        let inferences = self.grown("watchpost_inferences_total", &[]);
        let dropped = grown("watchpost_pictures_left_out_total", &[]);
        let busy = grown("watchpost_pictures_left_out_total", &["cause=\"decoder_busy\""]);
        let late = grown("watchpost_pictures_left_out_total", &["cause=\"replaced\""]);
        let failed = grown("watchpost_pictures_left_out_total", &["cause=\"detector_failed\""]);
        let mut judged = [0; 3];
        for number in &numbers {
            let camera = &posted[*number];
            let one = truths[camera.clip].judge(&self.found[*number], camera.offset_s, self.span);
            judged.iter_mut().zip(one).for_each(|(sum, more)| *sum += more);
        }
        let [due, hits, beside] = judged;
        let mut latencies: Vec<f64> = self
            .latencies
            .iter()
            .filter(|(number, _)| numbers.contains(number))
            .map(|(_, ms)| *ms)
            .collect();
        latencies.sort_by(f64::total_cmp);
        let told = |percent| {
            percentile(&latencies, percent).map_or("–".to_owned(), |ms| format!("{ms:.0}"))
        };
        let (who, cpu, memory) = match priority {
            Some(priority) => (format!("priority {priority}"), String::new(), String::new()),
            None => (
                "Watchpost".to_owned(),
                format!("{:.2} %", self.cpu / count * 100.0),
                format!("{:.1} MiB", self.resident as f64 / count / f64::from(1 << 20)),
            ),
        };
        let each = |total: f64| total / seconds / count;
        println!(
            "| {who} | {} | {:.2} | {:.2} | {:.2} | {:.2} | {:.2} | {} | {cpu} | {memory} | {} / {} ms | \
             {hits} of {due} ({:.1} %), {beside} beside |",
            numbers.len(),
            each(sampled),
            each(analysed),
            each(passed),
            each(late),
            each(busy),
            if priority.is_none() { format!("{:.1}", inferences / seconds) } else { String::new() },
            told(50),
            told(95),
            hits as f64 / (due.max(1)) as f64 * 100.0,
        );
        if priority.is_none() {
            let offered = grown("watchpost_pictures_offered_total", &[]);
            let decoded = grown("watchpost_pictures_decoded_total", &[]);
            let stage = |name: &str| {
                let label = format!("stage=\"{name}\"");
                let spent =
                    self.grown("watchpost_analysis_stage_microseconds_total", &[label.as_str()]);
                format!("{name} {:.0}", spent / seconds / 1e4)
            };
            let stages =
                ["decode", "motion", "condition", "prepare", "infer", "postprocess"].map(stage);
            eprintln!(
                "offered {offered}, decoded {decoded}, left out {dropped}; % of a core: whole {:.0}, \
                 simulator {:.0}; by the clock {}; {} warnings",
                self.cpu * 100.0,
                self.simulator_cpu * 100.0,
                stages.join(", "),
                self.warnings,
            );
        }
        // A picture of each camera may be on its way at either end.
        (sampled - analysed - late - failed).abs() <= 2.0 * count
    }
}

struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs the hand-written pipeline, one process per camera, each on one thread.
async fn peer(settings: &Settings, clips: &[Clip]) {
    let posted = posted(settings.peers, clips, false);
    let (simulator, _) = serve(&posted, clips, settings.keyframes);
    let role = if settings.keyframes { "main" } else { "sub" };
    let mut children: Vec<_> = (0..settings.peers)
        .map(|number| {
            let child = Command::new(&settings.python)
                .arg(harness::root().join("benches/peers/camera.py"))
                .arg(format!("rtsp://127.0.0.1:{}/c{number}/{role}", simulator.port))
                .args(["--rate", &settings.rate.to_string()])
                .args(["--seconds", &settings.seconds.to_string()])
                .args(["--model", "models/nanodet_g_416_int8.onnx"])
                .current_dir(harness::root())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn();
            Ended(child.unwrap_or_else(|error| {
                panic!(
                    "{}: {error}: install benches/peers/requirements-camera.txt there",
                    settings.python.display()
                )
            }))
        })
        .collect();
    let mut sums = [0.0; 4];
    for child in &mut children {
        let output = child.0.stdout.take().unwrap();
        let text = tokio::task::spawn_blocking(move || std::io::read_to_string(output).unwrap());
        let told: Value = serde_json::from_str(text.await.unwrap().trim()).unwrap();
        for (sum, name) in
            sums.iter_mut().zip(["looked_at_per_second", "cpu", "resident_mib", "crossings"])
        {
            *sum += told[name].as_f64().unwrap();
        }
    }
    let count = settings.peers as f64;
    let [looked_at, cpu, memory, crossings] = sums;
    println!(
        "| cv2, ONNX Runtime, supervision | {} | | {:.2} | | | | {looked_at:.1} | {:.2} % | {:.1} MiB | | \
         {crossings} crossings |",
        settings.peers,
        looked_at / count,
        cpu / count * 100.0,
        memory / count,
    );
}

fn main() {
    let settings = settings();
    let shape = if settings.keyframes { Shape::Main } else { Shape::Sub };
    let clips = clips(settings.footage.as_deref(), shape, settings.clips);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let truths = runtime.block_on(truths(&clips, &settings));
    println!(
        "| per camera and second: | cameras | sampled | analysed | of them nothing moved | replaced by newer | \
         undecoded, queue full | detector runs/s in all | CPU of one core per camera | memory per camera | \
         picture to client p50 / p95 | events of whole analysis found |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|");
    let mut adds_up = true;
    for count in &settings.cameras {
        let posted = posted(*count, &clips, settings.overload);
        let seconds = settings.seconds as f64;
        let run = runtime.block_on(run(&posted, &clips, &settings, false, seconds));
        adds_up &= run.row(&posted, &truths, seconds, None);
        for priority in [1, 2, 3].iter().filter(|_| settings.overload) {
            adds_up &= run.row(&posted, &truths, seconds, Some(*priority));
        }
    }
    if settings.peers > 0 {
        runtime.block_on(peer(&settings, &clips));
    }
    if !adds_up {
        eprintln!("sampled pictures are neither analysed nor left out: the counts do not add up");
        std::process::exit(1);
    }
}
