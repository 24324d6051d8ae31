//! How fast a rule is judged over a million stored tracks: index, path decoding, rules; no network.
//!
//! `cargo bench --bench replay -- [--tracks 1000000]`
//!
//! 100 cameras, tracks of 4 to 24 s through the view as a day has them; three of four come near the
//! tripwire. Prints rows for docs/benchmarks.md: all cores, and one.

#![allow(missing_docs, reason = "a bench")]
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::disallowed_methods,
    reason = "a bench prints its table and ends where it cannot measure"
)]

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use domain::{
    Attributes, Bbox, CameraId, Class, SystemClock, TimeRange, Timestamp, Track, TrackId,
    TrackPoint, TrackSource,
};
use index::{Index, SiteSettings};
use scene::{CameraScene, Replay};

const CAMERAS: u64 = 100;

/// A number from 0 to 1 that looks like chance and is the same every time (SplitMix64).
fn chance(seed: u64) -> f32 {
    let mut z = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 40) as f32 / (1_u64 << 24) as f32
}

fn camera(number: u64) -> CameraId {
    format!("cam-{number:03}").parse().unwrap()
}

/// A vehicle that enters at one side and leaves at another, in a curve with a detector's jitter.
fn track(number: u64, start: Timestamp) -> Track {
    let draw = |what: u64| chance(number * 16 + what);
    let pictures = 20 + (draw(0) * 100.0) as u64;
    let (from, to) = ((draw(1), 0.2 + 0.7 * draw(2)), (draw(3), 0.2 + 0.7 * draw(4)));
    let size = 0.03 + 0.05 * draw(5);
    let bend = 0.2 * (draw(6) - 0.5);
    let point = |picture: u64| {
        let share = picture as f32 / pictures as f32;
        let shake = 0.003 * (chance(number * 1_000 + picture) - 0.5);
        let x = from.0 + (to.0 - from.0) * share + shake;
        let y = from.1 + (to.1 - from.1) * share + bend * (share * (1.0 - share)) + shake;
        TrackPoint {
            time: start.plus(Duration::from_millis(200 * picture)),
            bbox: Bbox { left: x - size / 2.0, top: y - size, width: size, height: size },
        }
    };
    Track {
        id: TrackId(number + 1),
        camera: camera(number % CAMERAS),
        source: TrackSource::Analysis,
        class: [Class::Motorcycle, Class::Car, Class::Person][(number % 3) as usize],
        confidence: 0.7,
        attributes: Attributes::default(),
        path: (0..=pictures).map(point).collect(),
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let tracks = match (arguments.next().as_deref(), arguments.next()) {
        (Some("--tracks"), Some(count)) => count.parse().unwrap(),
        _ => 1_000_000_u64,
    };
    let folder = tempfile::tempdir_in("var").unwrap();
    let site = SiteSettings::new("bench");
    let index = Index::open(folder.path(), site, Arc::new(SystemClock::default())).unwrap();
    let day: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
    let apart = Duration::from_secs(86_400) / u32::try_from(tracks.div_ceil(CAMERAS)).unwrap();
    let started = Instant::now();
    for first in (0..tracks).step_by(10_000) {
        let batch = (first..(first + 10_000).min(tracks)).map(|number| {
            track(number, day.plus(apart * u32::try_from(number / CAMERAS).unwrap()))
        });
        index.append_tracks(batch.collect()).unwrap();
    }
    index.flush().unwrap();
    eprintln!("({tracks} tracks stored in {:.1} s)", started.elapsed().as_secs_f64());

    let scene: CameraScene = serde_json::from_str(
        r#"{"tripwires": [{"name": "stop", "line": [[0.3, 0.6], [0.7, 0.6]]}],
            "zones": [{"name": "box", "polygon": [[0.4, 0.4], [0.6, 0.4], [0.6, 0.5], [0.4, 0.5]]}],
            "rules": [{"kind": "line_crossing", "id": "a", "tripwire": "stop"},
                      {"kind": "intrusion", "id": "b", "zone": "box", "for_s": 1}]}"#,
    )
    .unwrap();
    println!("| {tracks} tracks of {CAMERAS} cameras, 2 rules | threads | seconds | events |");
    println!("|---|---|---|---|");
    let cores = std::thread::available_parallelism().unwrap().get();
    for threads in [cores, 1] {
        let mut times: Vec<(f64, usize)> =
            (0..3).map(|_| replay(&index, &scene, day, threads)).collect();
        times.sort_by(|a, b| a.0.total_cmp(&b.0));
        println!("| replay, median of 3 | {threads} | {:.2} | {} |", times[1].0, times[1].1);
    }
}

fn replay(index: &Index, scene: &CameraScene, day: Timestamp, threads: usize) -> (f64, usize) {
    let range = TimeRange { start: day, end: day.plus(Duration::from_secs(86_400)) };
    let (next, events) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed) as u64;
                    if number >= CAMERAS {
                        return;
                    }
                    let mut found = Vec::new();
                    let mut replay = Replay::new(camera(number), scene, 16.0 / 9.0).unwrap();
                    let mut take = |track| {
                        replay.take(track, &mut found);
                        ControlFlow::Continue(())
                    };
                    index
                        .scan_tracks(&camera(number), TrackSource::Analysis, range, &mut take)
                        .unwrap();
                    replay.finish(&mut found);
                    events.fetch_add(found.len(), Ordering::Relaxed);
                }
            });
        }
    });
    (started.elapsed().as_secs_f64(), events.into_inner())
}
