//! What asking for coverage costs: a month of 256 cameras, in milliseconds of CPU.
//!
//! `cargo bench -p index --bench coverage`. Every camera has two streams; the figures are for a good
//! month (a gap a day on each stream), a poor one (a gap every six hours) and a bad one (every hour).
//! Told from days that were added up, and from the rows, as somebody is who asks for more gaps than are
//! kept of a day: the peer that was before. Costs are the whole process's CPU time, as two threads work
//! for many cameras, and the time on the wall; adding up is the writer's work, once for each day.
#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement: prints its table, and has nobody to return errors to"
)]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::{SystemClock, TimeRange, Timestamp};
use index::{CoverageQuery, Index, SiteSettings};
use rusqlite::{Connection, params};

const CAMERAS: i64 = 256;
const DAYS: i64 = 30;
const DAY_US: i64 = 86_400_000_000;
/// 2026-03-01T00:00:00Z.
const BEGIN_US: i64 = 1_772_323_200_000_000;

fn main() {
    if std::env::args().any(|argument| argument == "--list" || argument == "--test") {
        return;
    }
    println!(
        "| coverage, 256 cameras, 30 days | rows | from days: CPU ms, median of 9 | wall ms \
         | from rows: CPU ms | wall ms | adding a day up: ms |\n|---|---|---|---|---|---|---|"
    );
    for (name, gaps_a_day) in [("a gap a day", 1), ("every six hours", 4), ("every hour", 24)] {
        let folder = tempfile::tempdir().unwrap();
        let open = || {
            let clock = Arc::new(SystemClock::default());
            Index::open(folder.path(), SiteSettings::new("bench"), clock).unwrap()
        };
        drop(open());
        let path = folder.path().join("footage.db");
        let rows = fill(&path, gaps_a_day);
        let index = open();
        let end = BEGIN_US + DAYS * DAY_US;
        let began = cpu();
        let mut calls = 0;
        while left(&path) || calls == 0 {
            calls += 1;
            // A second later each time, so that it is written.
            let now = Timestamp::from_micros(end + calls * 10_000_000);
            index.cover(&[], now).unwrap();
        }
        let a_day = (cpu() - began).as_secs_f64() * 1000.0 / DAYS as f64;
        let ask = |gaps: usize| {
            let query = CoverageQuery {
                range: TimeRange {
                    start: Timestamp::from_micros(BEGIN_US),
                    end: Timestamp::from_micros(end),
                },
                cameras: None,
                growing: Vec::new(),
                gaps,
            };
            let mut took: Vec<(Duration, Duration)> = (0..9)
                .map(|_| {
                    let (started, began) = (cpu(), Instant::now());
                    let told = index.coverage(&query).unwrap();
                    assert_eq!(told.cameras.len(), 256);
                    assert_eq!(told.cameras[7].seen.covered, covered(gaps_a_day));
                    (cpu() - started, began.elapsed())
                })
                .collect();
            took.sort_unstable();
            [took[4].0, took[4].1].map(|time| time.as_secs_f64() * 1000.0)
        };
        let ([cpu, wall], [cpu_of_rows, wall_of_rows]) = (ask(20), ask(1000));
        println!(
            "| {name} | {rows} | {cpu:.1} | {wall:.1} | {cpu_of_rows:.1} | {wall_of_rows:.1} \
             | {a_day:.1} |"
        );
    }
}

/// What is seen of each camera: all but half a minute before each gap's end.
fn covered(gaps_a_day: i64) -> Duration {
    let lost = u64::try_from(DAYS * gaps_a_day).unwrap() * 30;
    Duration::from_secs(u64::try_from(DAYS).unwrap() * 86_400 - lost)
}

/// Returns whether days have yet to be added up.
fn left(path: &Path) -> bool {
    let sql = "SELECT EXISTS (SELECT 1 FROM coverage_day WHERE totals IS NULL)";
    Connection::open(path).unwrap().query_row(sql, [], |row| row.get(0)).unwrap()
}

fn cpu() -> Duration {
    let spent = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(spent.tv_sec.try_into().unwrap(), spent.tv_nsec.try_into().unwrap())
}

/// Fills the tables with what a month leaves: for each gap a row of the gap, one of the stretch
/// before it, and two of what the camera did.
fn fill(path: &Path, gaps_a_day: i64) -> i64 {
    let mut file = Connection::open(path).unwrap();
    let transaction = file.transaction().unwrap();
    let every = DAY_US / gaps_a_day;
    let mut rows = 0;
    transaction
        .execute("INSERT INTO coverage_extent VALUES (1, ?1, ?2)", [BEGIN_US, BEGIN_US])
        .unwrap();
    for camera in 1..=CAMERAS {
        let name = format!("cam-{camera}");
        let sql = "INSERT INTO covered_camera VALUES (?1, ?2)";
        transaction.execute(sql, params![camera, name]).unwrap();
        for (number, role) in [(2 * camera, "main"), (2 * camera + 1, "sub")] {
            let sql = "INSERT INTO stream VALUES (?1, ?2, ?3, 60000000, 30000000)";
            transaction.execute(sql, params![number, name, role]).unwrap();
        }
        for gap in 0..DAYS * gaps_a_day {
            let (start, end) = (BEGIN_US + gap * every, BEGIN_US + (gap + 1) * every);
            let lost = end - 30_000_000;
            for stream in [2 * camera, 2 * camera + 1] {
                let sql = "INSERT INTO recorded (stream, start_us, end_us) VALUES (?1, ?2, ?3)";
                transaction.prepare_cached(sql).unwrap().execute([stream, start, lost]).unwrap();
                let sql =
                    "INSERT INTO gap (stream, start_us, end_us, cause) VALUES (?1, ?2, ?3, 1)";
                transaction.prepare_cached(sql).unwrap().execute([stream, lost, end]).unwrap();
                rows += 2;
            }
            for (start, end, absence) in [(start, lost, 0), (lost, end, 3)] {
                let sql = "INSERT INTO coverage_span
                       (camera, start_us, end_us, unseen, unanalysed, mode, rate, recorded)
                     VALUES (?1, ?2, ?3, ?4, ?4, 1, 50, 3)";
                let row = params![camera, start, end, absence];
                transaction.prepare_cached(sql).unwrap().execute(row).unwrap();
                rows += 1;
            }
        }
    }
    transaction.commit().unwrap();
    rows
}
