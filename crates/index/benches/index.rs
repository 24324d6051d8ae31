//! What searching costs, in milliseconds of CPU, beside the tables and indexes that home video
//! recorders usually keep (one table, an index each on time, camera and label), on the same rows
//! in the same process.
//!
//! `cargo bench -p index -- --rows 10000000 [--folder DIR] [--case TEXT] [--alone]`; 1,000,000
//! rows by default, in a temporary folder. A folder given by name stays, and is not filled again;
//! of the cases, the one named TEXT or those whose name holds it are measured; alone means without
//! the peer. Rows lie over 143 days and 700 cameras, 20 of them mobile. Costs are the asking
//! thread's CPU time alone: no other thread works for a search.
#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a measurement: prints its table, and has nobody to return errors to"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::{Area, CameraId, Class, SystemClock, TimeRange, Timestamp};
use index::{CameraRow, Cursor, DailyHours, EventQuery, Index, SiteSettings};
use rusqlite::{Connection, params_from_iter, types::Value};

mod city;

use city::{
    CAMERAS, DAY_US, DAYS, HOUR_US, MOBILE, Random, camera, camera_rows, events, somewhere, start,
};

const BATCH: usize = 10_000;

fn main() {
    let mut rows = 1_000_000;
    let mut folder = None;
    let mut only = String::new();
    let mut alone = false;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--rows" => rows = arguments.next().unwrap().parse().unwrap(),
            "--folder" => folder = arguments.next().map(PathBuf::from),
            "--case" => only = arguments.next().unwrap(),
            "--alone" => alone = true,
            // How a test runner asks: there is nothing to test here.
            "--list" | "--test" => return,
            _ => {}
        }
    }
    let temporary = tempfile::tempdir().unwrap();
    let folder = folder.unwrap_or_else(|| temporary.path().to_owned());
    let ours = folder.join("index");
    let peer = folder.join("peer.db");

    once(&folder.join("index.rows"), rows, || fill_ours(&ours, rows));
    if !alone {
        once(&folder.join("peer.rows"), rows, || fill_peer(&peer, rows));
    }

    let index = open(&ours);
    let peer_connection = (!alone).then(|| Connection::open(&peer).unwrap());
    println!(
        "| query at {rows} rows, CPU ms p50 (p95) | this design | a home NVR's usual indexes |"
    );
    println!("|---|---|---|");
    let cases = cases();
    let is_name = cases.iter().any(|case| case.name == only);
    let is_asked = |case: &&Case| {
        if is_name { case.name == only } else { case.name.contains(&only) }
    };
    for case in cases.iter().filter(is_asked) {
        case.measure(&index, peer_connection.as_ref());
    }
    drop(index);
    let bytes = |paths: &mut dyn Iterator<Item = PathBuf>| -> u64 {
        paths.map(|path| std::fs::metadata(path).unwrap().len()).sum()
    };
    let files = std::fs::read_dir(&ours).unwrap().map(|entry| entry.unwrap().path());
    let mut monthly =
        files.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("ev_"));
    println!(
        "| bytes per row | {} | {} |",
        bytes(&mut monthly) / rows as u64,
        bytes(&mut std::iter::once(peer).filter(|peer| peer.exists())) / rows as u64
    );
}

/// Fills what `note` does not say is filled already.
fn once(note: &Path, rows: usize, fill: impl FnOnce()) {
    let name = note.file_stem().unwrap().display();
    if let Ok(held) = std::fs::read_to_string(note) {
        assert_eq!(held, rows.to_string(), "how many rows the folder's {name} holds");
        return;
    }
    let started = Instant::now();
    fill();
    let seconds = started.elapsed().as_secs_f64();
    println!("filled {name} in {seconds:.0} s, {:.0} rows/s", rows as f64 / seconds);
    std::fs::write(note, rows.to_string()).unwrap();
}

fn open(folder: &Path) -> Index {
    Index::open(folder, SiteSettings::new("bench"), Arc::new(SystemClock::default())).unwrap()
}

fn fill_ours(folder: &Path, rows: usize) {
    let index = open(folder);
    index.put_cameras(&camera_rows()).unwrap();
    let mut batch = Vec::with_capacity(BATCH);
    for event in events(rows) {
        batch.push(event);
        if batch.len() == BATCH {
            index.append_events(std::mem::take(&mut batch)).unwrap();
        }
    }
    index.append_events(batch).unwrap();
}

fn fill_peer(path: &Path, rows: usize) {
    let mut connection = Connection::open(path).unwrap();
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -262144;
             CREATE TABLE event (
               id TEXT PRIMARY KEY, label TEXT, camera TEXT, start_time REAL, end_time REAL,
               top_score REAL, zones TEXT, has_clip INTEGER, has_snapshot INTEGER, data TEXT
             );
             CREATE INDEX event_label ON event (label);
             CREATE INDEX event_camera ON event (camera);
             CREATE INDEX event_start_time ON event (start_time);",
        )
        .unwrap();
    let mut left = events(rows).peekable();
    while left.peek().is_some() {
        let transaction = connection.transaction().unwrap();
        {
            let mut insert = transaction
                .prepare_cached("INSERT INTO event VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1, 1, ?8)")
                .unwrap();
            for event in left.by_ref().take(BATCH) {
                let draft = &event.draft;
                let seconds = draft.time.as_micros() as f64 / 1e6;
                let bbox = draft.bbox.unwrap();
                let values: [Value; 8] = [
                    format!("{seconds:.6}-{:.6}", event.id.0.simple()).into(),
                    draft.class.unwrap().as_str().to_owned().into(),
                    draft.camera.to_string().into(),
                    seconds.into(),
                    (seconds + f64::from(draft.duration_ms) / 1e3).into(),
                    f64::from(draft.confidence).into(),
                    format!("[\"{}\"]", draft.rule).into(),
                    format!(
                        "{{\"box\":[{:.4},{:.4},{:.4},{:.4}],\"score\":{:.3},\"type\":\"{}\",\
                         \"severity\":{}}}",
                        bbox.left,
                        bbox.top,
                        bbox.width,
                        bbox.height,
                        draft.confidence,
                        draft.kind,
                        draft.severity.number()
                    )
                    .into(),
                ];
                insert.execute(params_from_iter(values)).unwrap();
            }
        }
        transaction.commit().unwrap();
    }
    connection.execute_batch("ANALYZE; PRAGMA wal_checkpoint(TRUNCATE);").unwrap();
}

/// The same question to both.
struct Question {
    query: EventQuery,
    is_histogram: bool,
    /// SQL of the peer with its values; `None` where it cannot be asked.
    peer: Option<(String, Vec<Value>)>,
}

struct Case {
    name: &'static str,
    ask: fn(&mut Random) -> Question,
}

impl Case {
    fn measure(&self, index: &Index, peer: Option<&Connection>) {
        let mut random = Random(9);
        let ours = measured(300, Duration::from_secs(10), || {
            let question = (self.ask)(&mut random);
            move || {
                if question.is_histogram {
                    index.histogram(&question.query).unwrap().len()
                } else {
                    index.search_events(&question.query).unwrap().events.len()
                }
            }
        });
        let mut random = Random(9);
        let peer = peer.filter(|_| (self.ask)(&mut Random(9)).peer.is_some());
        let theirs = peer.map(|peer| {
            measured(50, Duration::from_secs(10), || {
                let (sql, values) = (self.ask)(&mut random).peer.unwrap();
                move || {
                    let mut statement = peer.prepare_cached(&sql).unwrap();
                    let columns = statement.column_count();
                    let mut rows = statement.query(params_from_iter(&values)).unwrap();
                    let mut count = 0;
                    while let Some(row) = rows.next().unwrap() {
                        for column in 0..columns {
                            std::hint::black_box(row.get::<_, Value>(column).unwrap());
                        }
                        count += 1;
                    }
                    count
                }
            })
        });
        println!("| {} | {ours} | {} |", self.name, theirs.as_deref().unwrap_or("–"));
    }
}

/// Runs what `make` makes, at most `times` and `most` long; the first run warms up.
fn measured<F: FnOnce() -> usize>(
    times: usize,
    most: Duration,
    mut make: impl FnMut() -> F,
) -> String {
    make()();
    let mut costs = Vec::new();
    let mut found = 0;
    let started = Instant::now();
    while costs.len() < times && started.elapsed() < most {
        let ask = make();
        let before = cpu_ns();
        found += ask();
        costs.push(cpu_ns() - before);
    }
    costs.sort_unstable();
    let at = |share: usize| costs[(costs.len() * share / 100).min(costs.len() - 1)] as f64 / 1e6;
    let each = found / costs.len();
    format!("{:.3} ({:.3}), {each} rows", at(50), at(95))
}

/// What this thread has used of a CPU, in nanoseconds.
fn cpu_ns() -> u64 {
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    (used.tv_sec * 1_000_000_000 + used.tv_nsec) as u64
}

fn cases() -> [Case; 10] {
    [
        Case {
            name: "latest 100",
            ask: |_| Question {
                query: EventQuery::new(TimeRange::ALL),
                is_histogram: false,
                peer: Some((
                    "SELECT * FROM event ORDER BY start_time DESC LIMIT 100".into(),
                    vec![],
                )),
            },
        },
        Case {
            name: "latest 100 in one's 30 cameras",
            ask: |random| {
                let cameras = some_cameras(random, 30);
                Question {
                    peer: Some(by_cameras(&cameras, TimeRange::ALL, "", 100)),
                    query: EventQuery { cameras: Some(cameras), ..EventQuery::new(TimeRange::ALL) },
                    is_histogram: false,
                }
            },
        },
        Case {
            name: "box 2 km × 1 h",
            ask: |random| {
                let middle = somewhere(random);
                Question {
                    query: EventQuery {
                        place: Some(Area::Box {
                            south: middle.lat - 0.009,
                            west: middle.lon - 0.0096,
                            north: middle.lat + 0.009,
                            east: middle.lon + 0.0096,
                        }),
                        limit: 10_000,
                        ..EventQuery::new(some_time(random, HOUR_US))
                    },
                    is_histogram: false,
                    peer: None,
                }
            },
        },
        Case {
            name: "circle 500 m × 6 h (the peer: fixed cameras in it)",
            ask: |random| {
                let middle = somewhere(random);
                let range = some_time(random, 6 * HOUR_US);
                let near =
                    |row: &CameraRow| row.location.is_some_and(|at| at.distance_m(middle) <= 500.0);
                let cameras: Vec<CameraId> =
                    camera_rows().into_iter().filter(near).map(|row| row.id).collect();
                Question {
                    query: EventQuery {
                        place: Some(Area::Circle { centre: middle, radius_m: 500.0 }),
                        limit: 10_000,
                        ..EventQuery::new(range)
                    },
                    is_histogram: false,
                    peer: Some(by_cameras(&cameras, range, "", 10_000)),
                }
            },
        },
        Case {
            name: "10 cameras × class × 7–9 h × 30 d",
            ask: |random| {
                let cameras = some_cameras(random, 10);
                let range = some_time(random, 30 * DAY_US);
                let hours = "AND label = 'car'
                     AND (CAST(start_time AS INTEGER) + 25200) % 86400 BETWEEN 25200 AND 32399";
                Question {
                    peer: Some(by_cameras(&cameras, range, hours, 10_000)),
                    query: EventQuery {
                        cameras: Some(cameras),
                        classes: vec![Class::Car],
                        daily: Some(DailyHours {
                            from_minute: 420,
                            to_minute: 540,
                            utc_offset_minutes: 420,
                        }),
                        limit: 10_000,
                        ..EventQuery::new(range)
                    },
                    is_histogram: false,
                }
            },
        },
        Case {
            name: "latest 100 of a rare class",
            ask: |_| Question {
                query: EventQuery { classes: vec![Class::Boat], ..EventQuery::new(TimeRange::ALL) },
                is_histogram: false,
                peer: Some((
                    "SELECT * FROM event WHERE label = 'boat' ORDER BY start_time DESC LIMIT 100"
                        .into(),
                    vec![],
                )),
            },
        },
        Case {
            name: "latest 100 of one rule",
            ask: |random| {
                let camera = camera(random.below(CAMERAS as u64) as usize);
                Question {
                    query: EventQuery {
                        rules: vec![format!("{camera}-2").parse().unwrap()],
                        ..EventQuery::new(TimeRange::ALL)
                    },
                    is_histogram: false,
                    peer: None,
                }
            },
        },
        Case {
            name: "deep page by keyset (the peer: by time)",
            ask: |random| {
                let range = some_time(random, HOUR_US);
                let at = (range.start.as_micros() - 1_577_836_800_000_000) << 12;
                let cursor: Cursor = format!("e{at:016x}").parse().unwrap();
                Question {
                    query: EventQuery { cursor: Some(cursor), ..EventQuery::new(TimeRange::ALL) },
                    is_histogram: false,
                    peer: Some((
                        "SELECT * FROM event WHERE start_time < ?1 ORDER BY start_time DESC
                         LIMIT 100"
                            .into(),
                        vec![seconds(range.start)],
                    )),
                }
            },
        },
        Case {
            name: "one camera's hourly histogram, 30 d",
            ask: |random| {
                let cameras = some_cameras(random, 1);
                let range = some_time(random, 30 * DAY_US);
                Question {
                    peer: Some((
                        "SELECT CAST(start_time / 3600 AS INTEGER), count(*) FROM event
                         WHERE camera = ?1 AND start_time >= ?2 AND start_time < ?3 GROUP BY 1"
                            .into(),
                        vec![
                            cameras[0].to_string().into(),
                            seconds(range.start),
                            seconds(range.end),
                        ],
                    )),
                    query: EventQuery { cameras: Some(cameras), ..EventQuery::new(range) },
                    is_histogram: true,
                }
            },
        },
        Case {
            name: "whole city's hourly histogram of a class, 30 d",
            ask: |random| {
                let range = some_time(random, 30 * DAY_US);
                Question {
                    query: EventQuery { classes: vec![Class::Person], ..EventQuery::new(range) },
                    is_histogram: true,
                    peer: Some((
                        "SELECT CAST(start_time / 3600 AS INTEGER), count(*) FROM event
                         WHERE label = 'person' AND start_time >= ?1 AND start_time < ?2
                         GROUP BY 1"
                            .into(),
                        vec![seconds(range.start), seconds(range.end)],
                    )),
                }
            },
        },
    ]
}

fn some_cameras(random: &mut Random, count: usize) -> Vec<CameraId> {
    (0..count).map(|_| camera(MOBILE + random.below((CAMERAS - MOBILE) as u64) as usize)).collect()
}

fn some_time(random: &mut Random, length_us: i64) -> TimeRange {
    let latest = (DAYS * DAY_US - length_us) as u64;
    let from = start().as_micros() + random.below(latest) as i64;
    TimeRange { start: Timestamp::from_micros(from), end: Timestamp::from_micros(from + length_us) }
}

fn seconds(time: Timestamp) -> Value {
    Value::Real(time.as_micros() as f64 / 1e6)
}

fn by_cameras(
    cameras: &[CameraId],
    range: TimeRange,
    more: &str,
    limit: usize,
) -> (String, Vec<Value>) {
    let marks = vec!["?"; cameras.len()].join(", ");
    let sql = format!(
        "SELECT * FROM event WHERE camera IN ({marks}) AND start_time >= ? AND start_time < ? {more}
         ORDER BY start_time DESC LIMIT {limit}"
    );
    let cameras = cameras.iter().map(|camera| Value::from(camera.to_string()));
    let range = [seconds(range.start), seconds(range.end)];
    (sql, cameras.chain(range).collect())
}
