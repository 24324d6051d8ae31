//! Whether it lasts: cameras are recorded and analysed for as long as asked while all that can go
//! wrong with a camera does, at random; nothing may grow, and everything must add up.
//!
//! `cargo bench --bench endurance -- [--minutes 30] [--cameras 24] [--analysed 12]
//! [--fault-every-s 4] [--seed N]`
//!
//! `--cameras` are recorded at 1080p25 and 4 Mbit/s, `--analysed` of them also looked at by a sub
//! stream of the demo clip. What must hold at the end:
//! - memory and descriptors of the last quarter are those of the second one;
//! - all time from the first picture to the last is recorded or lies in a gap, which has a cause;
//! - sent = recorded + in gaps, picture by picture, for every camera whose clock was left alone; where
//!   packets are lost the gap tells the span, and some pictures of it are there;
//! - offered = analysed + left out, for every camera that is looked at.
//!
//! Recordings go to var/bench and are removed: 24 cameras write 22 GB in 30 minutes. Prints a table
//! for docs/benchmarks.md; exits 1 if something does not hold. `--seed` repeats the faults of a run.

#![allow(missing_docs, reason = "a bench")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
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

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::{Gap, GapCause, StreamId, StreamRole, SystemClock, TimeRange, Timestamp};
use harness::{Site, eventually};
use index::{Index, SiteSettings};
use parts::scrape::Scrape;
use parts::{footage, usage};
use simulator::{Fault, Mount, Simulator, SimulatorConfig};

/// Between two looks at memory and descriptors.
const LOOK: Duration = Duration::from_secs(10);
/// How long a fault lasts, in seconds.
const LASTS_S: std::ops::Range<u64> = 2..25;
/// Memory may differ this much between two quarters: what a volume writes comes in waves.
const MEMORY_SLACK: f64 = 0.05;
/// Descriptors may differ by as many: files are opened and closed all the time.
const DESCRIPTOR_SLACK: f64 = 24.0;
/// Pictures of a camera that may be on their way through the analysis.
const ON_THEIR_WAY: f64 = 60.0;
/// Times of pictures are told to so many microseconds.
const EXACT_US: i64 = 2_000;

#[derive(Debug, Clone, Copy)]
struct Settings {
    minutes: f64,
    cameras: usize,
    analysed: usize,
    fault_every_s: f64,
    seed: u64,
}

fn settings() -> Settings {
    let mut settings =
        Settings { minutes: 30.0, cameras: 24, analysed: 12, fault_every_s: 4.0, seed: 0 };
    settings.seed = fastrand::u64(..1_000_000);
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let mut value = || arguments.next().expect("a value behind each option");
        match name.as_str() {
            "--minutes" => settings.minutes = value().parse().unwrap(),
            "--cameras" => settings.cameras = value().parse().unwrap(),
            "--analysed" => settings.analysed = value().parse().unwrap(),
            "--fault-every-s" => settings.fault_every_s = value().parse().unwrap(),
            "--seed" => settings.seed = value().parse().unwrap(),
            // What cargo itself passes.
            "--bench" => {}
            _ => panic!("unknown option {name}"),
        }
    }
    assert!(settings.analysed <= settings.cameras, "--analysed are some of --cameras");
    assert!(settings.minutes >= 1.0, "--minutes are one or more: growth takes time to show");
    settings
}

fn mounts(settings: Settings) -> Vec<Mount> {
    let offset = |number: usize| Duration::from_millis(number as u64 * 1_130);
    let main = |number| Mount::new(format!("/c{number}/main"), footage()).offset(offset(number));
    let sub = |number| {
        let clip = harness::footage("vtest-h264-sub.mp4");
        Mount::new(format!("/c{number}/sub"), clip).offset(offset(number))
    };
    (0..settings.cameras).map(main).chain((0..settings.analysed).map(sub)).collect()
}

fn cameras(settings: Settings, simulator: &Simulator) -> String {
    let camera = |number: usize| {
        let url = |stream: &str| simulator.url(&format!("/c{number}/{stream}"));
        let mut text = format!(
            "[[camera]]\nid = \"c{number}\"\nname = \"{number}\"\nmain = {{ url = \"{}\" }}\n",
            url("main")
        );
        if number < settings.analysed {
            text += &format!(
                "sub = {{ url = \"{}\", record = false }}\n\
                 analysis = {{ stream = \"sub\", pictures_per_second = 5 }}\n\
                 scene.zones = [{{ name = \"all\", polygon = [[0,0], [1,0], [1,1], [0,1]] }}]\n\
                 scene.rules = [{{ id = \"r{number}\", kind = \"intrusion\", zone = \"all\", for_s = 1 }}]\n",
                url("sub")
            );
        }
        text
    };
    (0..settings.cameras).map(camera).collect()
}

/// What goes wrong, at random. Clocks of even cameras are left alone: their pictures are counted.
fn fault(random: &mut fastrand::Rng, number: usize) -> Fault {
    let seconds = f64::from(random.i32(-60..60));
    let of_clock = [Fault::FrozenTime, Fault::ClockJump { seconds }, Fault::ClockStep { seconds }];
    let others = [
        Fault::Stall,
        Fault::Freeze,
        Fault::Drop { percent: f64::from(random.u32(1..30)) },
        Fault::Cut,
        Fault::WrongPassword,
        Fault::NotFound,
        Fault::ChangeResolution { file: harness::footage("vtest-h264.mp4") },
        Fault::Garbage,
        Fault::Refuse,
        Fault::BlackHole,
    ];
    let count = if number.is_multiple_of(2) { others.len() } else { others.len() + of_clock.len() };
    others.into_iter().chain(of_clock).nth(random.usize(..count)).unwrap()
}

/// Has faults come and go until `until`; returns how often each came.
async fn trouble(
    simulator: &Simulator,
    settings: Settings,
    until: Instant,
) -> BTreeMap<String, usize> {
    let mut random = fastrand::Rng::with_seed(settings.seed);
    let mut counts = BTreeMap::new();
    let mut standing: BTreeMap<usize, Instant> = BTreeMap::new();
    while Instant::now() < until {
        tokio::time::sleep(Duration::from_secs_f64(settings.fault_every_s)).await;
        let over: Vec<_> =
            standing.iter().filter(|(_, end)| **end <= Instant::now()).map(|(n, _)| *n).collect();
        for number in over {
            standing.remove(&number);
            simulator.clear(&format!("/c{number}/main")).unwrap();
        }
        let number = random.usize(..settings.cameras);
        let lasts = Duration::from_secs(random.u64(LASTS_S));
        let fault = fault(&mut random, number);
        if let Entry::Vacant(free) = standing.entry(number) {
            let name = format!("{fault:?}");
            let name = name.split([' ', '{']).next().unwrap().to_owned();
            *counts.entry(name).or_insert(0) += 1;
            simulator.fault(&format!("/c{number}/main"), fault).unwrap();
            free.insert(Instant::now() + lasts);
        }
    }
    for number in standing.into_keys() {
        simulator.clear(&format!("/c{number}/main")).unwrap();
    }
    counts
}

/// Memory in bytes and open descriptors, of each look.
async fn watch(pid: u32, until: Instant) -> Vec<(f64, f64)> {
    let mut looks = Vec::new();
    while Instant::now() < until {
        tokio::time::sleep(LOOK).await;
        let descriptors = std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count();
        looks.push((usage(pid).1 as f64, descriptors as f64));
    }
    looks
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Prints a row of the table; returns whether it holds.
fn row(what: &str, found: &str, holds: bool) -> bool {
    println!("| {what} | {found} | {} |", if holds { "holds" } else { "**DOES NOT HOLD**" });
    holds
}

/// Prints what grew between the second and the last quarter.
fn judge_growth(looks: &[(f64, f64)]) -> bool {
    let quarter = looks.len() / 4;
    let (second, last) = (&looks[quarter..2 * quarter], &looks[3 * quarter..]);
    let memory = [second, last].map(|part| median(part.iter().map(|look| look.0)));
    let descriptors = [second, last].map(|part| median(part.iter().map(|look| look.1)));
    let [before, after] = memory.map(|bytes| bytes / f64::from(1 << 20));
    let is_flat = after <= before * (1.0 + MEMORY_SLACK);
    let tenth = looks.len().div_ceil(10);
    let tenths = looks.chunks(tenth).map(|part| median(part.iter().map(|look| look.0)));
    let tenths = tenths.map(|bytes| format!("{:.0}", bytes / f64::from(1 << 20)));
    eprintln!("memory by tenths of the time: {} MiB", tenths.collect::<Vec<_>>().join(", "));
    let memory =
        row("memory, second and last quarter", &format!("{before:.0}, {after:.0} MiB"), is_flat);
    let [before, after] = descriptors;
    let is_flat = after <= before + DESCRIPTOR_SLACK;
    row("descriptors, second and last quarter", &format!("{before:.0}, {after:.0}"), is_flat)
        && memory
}

/// What became of the pictures of one camera, between the first that was recorded and the last.
#[derive(Debug, Default)]
struct Sum {
    sent: usize,
    recorded: usize,
    in_gaps: usize,
    /// In spans of lost packets, of which some pictures are recorded.
    in_losses: usize,
    /// Microseconds that are neither recorded nor in a gap.
    unknown_us: i64,
    /// Cameras that do not add up, each with by how much.
    off: Vec<(usize, i64)>,
}

/// Returns how much of the time from the first span to the last none of them covers, as exactly as
/// times are told.
fn uncovered_us(mut spans: Vec<TimeRange>) -> i64 {
    spans.sort_by_key(|span| span.start);
    let mut reached = spans[0].start.as_micros();
    let mut uncovered = 0;
    for span in spans {
        let hole = span.start.as_micros() - reached;
        uncovered += if hole > EXACT_US { hole } else { 0 };
        reached = reached.max(span.end.as_micros());
    }
    uncovered
}

fn add_up(index: &Index, simulator: &Simulator, settings: Settings) -> Sum {
    let ever = TimeRange { start: Timestamp::from_micros(0), end: Timestamp::MAX };
    let mut sum = Sum::default();
    for number in (0..settings.cameras).step_by(2) {
        let stream =
            StreamId { camera: format!("c{number}").parse().unwrap(), role: StreamRole::Main };
        let segments = index.segments(&stream, ever).unwrap();
        let gaps = index.gaps(Some(std::slice::from_ref(&stream)), ever).unwrap();
        let fragments = || segments.iter().flat_map(|segment| &segment.fragments);
        let recorded: usize = fragments().map(|fragment| fragment.pictures as usize).sum();
        let first = fragments().map(|fragment| fragment.start.as_micros()).min().unwrap();
        let last = segments.iter().map(|segment| segment.range.end.as_micros()).max().unwrap();
        let is_in = |at: i64, gap: &Gap| {
            let end = gap.end.map_or(i64::MAX, Timestamp::as_micros);
            at >= gap.start.as_micros() - EXACT_US && at < end - EXACT_US
        };
        let sent = simulator.sent(&format!("/c{number}/main")).unwrap();
        let times: Vec<i64> = sent
            .iter()
            .map(|picture| picture.wall_time_us)
            .filter(|at| (first - EXACT_US..last - EXACT_US).contains(at))
            .collect();
        let is_loss = |gap: &&Gap| gap.cause == GapCause::PacketLoss;
        let (losses, gaps_alone): (Vec<&Gap>, Vec<&Gap>) = gaps.iter().partition(is_loss);
        let within = |at: i64, gaps: &[&Gap]| gaps.iter().any(|gap| is_in(at, gap));
        let in_gaps = times.iter().filter(|at| within(**at, &gaps_alone)).count();
        let in_losses =
            times.iter().filter(|at| within(**at, &losses) && !within(**at, &gaps_alone)).count();
        let spans = segments.iter().map(|segment| segment.range);
        let gap_spans = gaps
            .iter()
            .map(|gap| TimeRange { start: gap.start, end: gap.end.unwrap_or(Timestamp::MAX) });
        sum.unknown_us += uncovered_us(spans.chain(gap_spans).collect());
        // What is missing lies in gaps, all of it, and beyond these in losses alone.
        let missing = times.len() as i64 - recorded as i64;
        let off = missing - missing.clamp(in_gaps as i64, (in_gaps + in_losses) as i64);
        if off != 0 {
            sum.off.push((number, off));
        }
        sum.sent += times.len();
        sum.recorded += recorded;
        sum.in_gaps += in_gaps;
        sum.in_losses += in_losses;
    }
    sum
}

/// Returns how many pictures of each step of the analysis are accounted for, and the most that a
/// camera lacks.
fn account(scrape: &Scrape, settings: Settings) -> (f64, f64, f64, f64) {
    let (mut offered, mut ended, mut left_out, mut most_off) = (0.0, 0.0, 0.0, 0.0_f64);
    for number in 0..settings.analysed {
        let camera = format!("camera=\"c{number}\"");
        let count =
            |what: &str| scrape.sum(&format!("watchpost_pictures_{what}_total"), &[&camera]);
        // What is decoded between two samples is looked at no further.
        let beyond = count("decoded") - count("sampled");
        let here = [count("offered"), count("analysed") + beyond, count("left_out")];
        most_off = most_off.max((here[0] - here[1] - here[2]).abs());
        offered += here[0];
        ended += here[1];
        left_out += here[2];
    }
    (offered, ended, left_out, most_off)
}

async fn run(settings: Settings) -> bool {
    let mut config = SimulatorConfig::new(mounts(settings));
    config.sent_log = (settings.minutes * 60.0 * 25.0) as usize + 10_000;
    let simulator = Simulator::start(config).unwrap();
    let folder = harness::root().join("var/bench");
    let mut site = Site::new_in(&folder, settings.analysed > 0, &cameras(settings, &simulator));
    site.start();
    let streams = (settings.cameras + settings.analysed) as u64;
    eventually("all streams are up", Duration::from_secs(90), async || {
        let health = site.ask("/api/v1/health").await.1;
        (health["streams"]["up"].as_u64() == Some(streams)).then_some(())
    })
    .await;
    let began = Instant::now();
    let until = began + Duration::from_secs_f64(settings.minutes * 60.0);
    let (cpu, _) = usage(site.pid());
    let (faults, looks) =
        tokio::join!(trouble(&simulator, settings, until), watch(site.pid(), until));
    let cpu = (usage(site.pid()).0 - cpu) / began.elapsed().as_secs_f64();
    // Whoever was refused comes back within a minute.
    eventually("all streams are up again", Duration::from_secs(150), async || {
        let health = site.ask("/api/v1/health").await.1;
        (health["streams"]["up"].as_u64() == Some(streams)).then_some(())
    })
    .await;
    let scrape = Scrape::of(&site).await;
    let (status, log) = site.stop();

    let told: Vec<String> = faults.iter().map(|(name, count)| format!("{count} {name}")).collect();
    let Settings { minutes, cameras, analysed, seed, .. } = settings;
    println!(
        "{cameras} cameras, {analysed} of them analysed, {minutes} minutes, {:.0} % of a core; faults (seed {seed}): {}\n",
        cpu * 100.0,
        told.join(", ")
    );
    println!("| | found | |\n|---|---|---|");
    let mut holds = judge_growth(&looks);
    let panics = log.iter().filter(|line| line.contains("panicked")).count();
    holds &= row(
        "ends in good order",
        &format!("{status}, {panics} panics"),
        status.success() && panics == 0,
    );

    let site_settings = SiteSettings::new("test");
    let index =
        Index::open(&site.folder().join("index"), site_settings, Arc::new(SystemClock::default()))
            .unwrap();
    let sum = add_up(&index, &simulator, settings);
    let Sum { sent, recorded, in_gaps, in_losses, .. } = sum;
    let lost = sent as i64 - recorded as i64 - in_gaps as i64;
    let found =
        format!("{sent} = {recorded} + {in_gaps} + {lost} of {in_losses} while packets were lost");
    holds &= row("sent = recorded + in gaps, pictures of even cameras", &found, sum.off.is_empty());
    let unknown_s = sum.unknown_us as f64 / 1e6;
    let found = format!("{unknown_s:.3} s");
    holds &= row("neither recorded nor in a gap, even cameras", &found, sum.unknown_us == 0);
    let (offered, ended, left_out, most_off) = account(&scrape, settings);
    let found =
        format!("{offered} = {ended} + {left_out}, at most {most_off} of a camera on their way");
    holds &= row("offered = ended + left out", &found, most_off <= ON_THEIR_WAY);
    if !sum.off.is_empty() {
        eprintln!("cameras that do not add up, and by how many pictures: {:?}", sum.off);
    }
    index.close();
    holds
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    if !runtime.block_on(run(settings())) {
        std::process::exit(1);
    }
}
