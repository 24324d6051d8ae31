//! What a search costs whoever asks for it: the first page over HTTP, in milliseconds of wall time,
//! with everything that an answer takes: who asks, what for, the entry of the audit trail on disk, the
//! rows, what was covered, the JSON.
//!
//! `cargo bench -p api --bench search -- --rows 10000000 [--folder DIR] [--asked N]`; 1,000,000
//! events and as many tracks by default, in a temporary folder. A folder given by name stays, and is
//! not filled again. Rows lie over 143 days and 700 cameras; every camera is watched throughout, with
//! a gap of half a minute a day. Each question is asked by one client after the other, then by two at
//! once.
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

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use api::{
    ApiState, Camera, ConnectionTested, ConnectionTester, ConnectionTrial, CopyOrder, CopySink,
    ExportDecision, ExportJob, ExportOrder, ExportSource, FrameError, FrameSource, KeyframeLook,
    KeyframeSource, Layout, Limits, LiveCopy, LiveScenes, NotificationSource, NotificationTarget,
    Parts, PersonsShown, Rendition, Secret, SessionLimits, Shown, Transport, ViewSource,
    token_hash,
};
use archive::{Archive, ArchiveConfig, Ledger, LedgerError, VolumeConfig};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::Request;
use domain::{
    CameraId, GapCause, Grant, ManualClock, Place, Polygon, Role, Segment, SegmentId, SignalState,
    StatusBoard, StreamId, StreamRole, TargetId, TimeRange, Timestamp, TrackId, TrackPoint,
    VolumeId,
};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use index::{AccountKind, Index, IndexError, NewAccount, PurposeDraft, SiteSettings, StoredExport};
use rusqlite::{Connection, params};
use tower::ServiceExt as _;

#[path = "../../index/benches/city/mod.rs"]
mod city;

use city::{CAMERAS, DAY_US, DAYS, HOUR_US, MOBILE, Random};

const BATCH: usize = 10_000;

fn main() {
    let (mut rows, mut asked, mut folder) = (1_000_000, 200, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--rows" => rows = arguments.next().unwrap().parse().unwrap(),
            "--asked" => asked = arguments.next().unwrap().parse().unwrap(),
            "--folder" => folder = arguments.next().map(PathBuf::from),
            // How a test runner asks: there is nothing to test here.
            "--list" | "--test" => return,
            _ => {}
        }
    }
    let temporary = tempfile::tempdir().unwrap();
    let folder = folder.unwrap_or_else(|| temporary.path().to_owned());
    fill(&folder, rows);
    let site = Site::open(&folder);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    println!(
        "| first page at {rows} events and {rows} tracks, wall ms p50 (p95, most) | one client | two at once | found, of the last |"
    );
    println!("|---|---|---|---|");
    for (name, ask) in questions() {
        let one = runtime.block_on(site.measure(ask, asked, 1));
        let two = runtime.block_on(site.measure(ask, asked, 2));
        println!("| {name} | {} | {} | {} |", one.told(), two.told(), one.found);
    }
}

fn fill(folder: &Path, rows: usize) {
    let note = folder.join("filled");
    if let Ok(held) = std::fs::read_to_string(&note) {
        assert_eq!(held, rows.to_string(), "how many rows the folder holds");
        return;
    }
    let started = Instant::now();
    let index = open(folder);
    index.put_cameras(&city::camera_rows()).unwrap();
    let mut batch = Vec::with_capacity(BATCH);
    for event in city::events(rows) {
        batch.push(event);
        if batch.len() == BATCH {
            index.append_events(std::mem::take(&mut batch)).unwrap();
        }
    }
    index.append_events(batch).unwrap();
    let mut batch = Vec::with_capacity(BATCH);
    for track in city::tracks(rows) {
        batch.push(track);
        if batch.len() == BATCH {
            index.append_tracks(std::mem::take(&mut batch)).unwrap();
        }
    }
    index.append_tracks(batch).unwrap();
    index.flush().unwrap();
    drop(index);
    watch_all(&folder.join("index/footage.db"));
    println!("filled in {:.0} s\n", started.elapsed().as_secs_f64());
    std::fs::write(&note, rows.to_string()).unwrap();
}

/// Writes what every camera did: analysed and recorded, but for half a minute a day.
fn watch_all(path: &Path) {
    let mut file = Connection::open(path).unwrap();
    let transaction = file.transaction().unwrap();
    let begin = city::start().as_micros();
    let extent = "INSERT INTO coverage_extent VALUES (1, ?1, ?2)";
    transaction.execute(extent, [begin, begin + DAYS * DAY_US]).unwrap();
    for number in 0..CAMERAS {
        let (id, camera) = (number as i64 + 1, city::camera(number));
        let name = camera.as_str();
        transaction
            .execute("INSERT INTO covered_camera VALUES (?1, ?2)", params![id, name])
            .unwrap();
        let stream = "INSERT INTO stream VALUES (?1, ?2, 'main', 60000000, 30000000)";
        transaction.execute(stream, params![id, name]).unwrap();
        for day in 0..DAYS {
            let (start, end) = (begin + day * DAY_US, begin + (day + 1) * DAY_US);
            let lost = end - 30_000_000;
            let sql = "INSERT INTO recorded (stream, start_us, end_us) VALUES (?1, ?2, ?3)";
            transaction.prepare_cached(sql).unwrap().execute([id, start, lost]).unwrap();
            let sql = "INSERT INTO gap (stream, start_us, end_us, cause) VALUES (?1, ?2, ?3, 1)";
            transaction.prepare_cached(sql).unwrap().execute([id, lost, end]).unwrap();
            for (start, end, absence) in [(start, lost, 0), (lost, end, 3)] {
                let sql = "INSERT INTO coverage_span
                       (camera, start_us, end_us, unseen, unanalysed, mode, rate, recorded)
                     VALUES (?1, ?2, ?3, ?4, ?4, 1, 50, 1)";
                let row = params![id, start, end, absence];
                transaction.prepare_cached(sql).unwrap().execute(row).unwrap();
            }
        }
    }
    transaction.commit().unwrap();
}

fn open(folder: &Path) -> Index {
    Index::open(&folder.join("index"), SiteSettings::new("bench"), clock()).unwrap()
}

/// The moment after all that was seen.
fn clock() -> Arc<ManualClock> {
    let end = city::start().as_micros() + DAYS * DAY_US;
    Arc::new(ManualClock::new(Timestamp::from_micros(end)))
}

struct Site {
    router: Router,
    bearer: String,
    _volume: tempfile::TempDir,
}

impl Site {
    fn open(folder: &Path) -> Self {
        let (index, clock) = (open(folder), clock());
        let volume = tempfile::tempdir().unwrap();
        let config = ArchiveConfig {
            volumes: vec![VolumeConfig {
                id: "v1".parse().unwrap(),
                path: volume.path().to_owned(),
                keep_free_bytes: 0,
                direct_io: true,
            }],
            segment_duration: Duration::from_secs(60),
            stream_budget_bytes: 1 << 20,
            total_budget_bytes: 1 << 20,
        };
        let archive = Archive::open(config, Arc::new(Nothing), clock.clone()).unwrap();
        let cameras = city::camera_rows().into_iter().map(|row| Camera {
            id: row.id,
            name: row.name,
            location: row.location,
            heading: row.heading,
            place: row.place,
            streams: vec![StreamRole::Main],
            masks: Vec::new(),
            softens_persons: false,
        });
        let nothing = Arc::new(Nothing);
        let state = ApiState::new(Parts {
            index: index.clone(),
            archive: Arc::new(archive),
            board: Arc::new(StatusBoard::default()),
            clock: clock.clone(),
            cameras: cameras.collect(),
            places: places::Places::new(Vec::new()).unwrap(),
            frames: nothing.clone(),
            keyframes: nothing.clone(),
            views: nothing.clone(),
            scenes: nothing.clone(),
            live: Arc::default(),
            tester: nothing.clone(),
            restream_key: api::RestreamKey::new(&[9; 32]),
            key: evidence::SiteKey::from_secret(&[7; 32]).public(),
            metrics: Arc::new(String::new),
            components: Arc::new(Vec::new),
            notifications: nothing.clone(),
            exports: nothing,
            hosts: Vec::new(),
            transport: Transport::Loopback,
            sessions: SessionLimits {
                whole: Duration::from_secs(3600),
                idle: Duration::from_secs(3600),
            },
            limits: Limits::default(),
            stop: tokio_util::sync::CancellationToken::new(),
        });
        state.require_purpose(true);
        let now = domain::Clock::now(&*clock);
        let name: domain::AccountName = format!("bench-{}", std::process::id()).parse().unwrap();
        let account = NewAccount {
            name: name.clone(),
            kind: AccountKind::Service,
            display_name: "bench".to_owned(),
            password: None,
            only: None,
            grants: vec![Grant { role: Role::Investigator, place: Place::Site }],
        };
        index.accounts().add(&account, now).unwrap();
        let token = Secret::token().unwrap();
        let later = now.plus(Duration::from_secs(86_400));
        index.accounts().add_token(&name, &token_hash(&token), now, later).unwrap();
        let purpose = PurposeDraft {
            owner: name,
            case: "1".to_owned(),
            reason: "a measurement".to_owned(),
            legal_basis: None,
            stated: now,
            expires: later,
        };
        index.custody().state_purpose(&purpose, evidence::chain::link).unwrap();
        let bearer = format!("Bearer {}", token.reveal());
        Self { router: api::router(state), bearer, _volume: volume }
    }

    async fn measure(&self, ask: Ask, times: usize, clients: u64) -> Measured {
        let mut tasks = Vec::new();
        for client in 0..clients {
            let (router, bearer) = (self.router.clone(), self.bearer.clone());
            tasks.push(tokio::spawn(async move {
                let mut random = Random(9 + 1000 * client);
                let mut costs = Vec::new();
                let mut found = 0;
                for number in 0..=times / clients as usize {
                    let uri = ask(&mut random);
                    let request = Request::get(&uri).header("authorization", &bearer);
                    let request = request.header("host", "127.0.0.1").body(Body::empty()).unwrap();
                    let began = Instant::now();
                    let response = router.clone().oneshot(request).await.unwrap();
                    let status = response.status();
                    let body = axum::body::to_bytes(response.into_body(), 1 << 28).await.unwrap();
                    let took = began.elapsed();
                    assert!(status.is_success(), "{uri}: {}", String::from_utf8_lossy(&body));
                    let answer: serde_json::Value = serde_json::from_slice(&body).unwrap();
                    let lists = ["events", "tracks", "cameras"].map(|name| answer.get(name));
                    let list = lists.into_iter().flatten().next().unwrap();
                    found = list.as_array().unwrap().len();
                    // The first one warms up.
                    if number > 0 {
                        costs.push(took);
                    }
                }
                (costs, found)
            }));
        }
        let mut measured = Measured { costs: Vec::new(), found: 0 };
        for task in tasks {
            let (costs, found) = task.await.unwrap();
            measured.costs.extend(costs);
            measured.found = found;
        }
        measured.costs.sort_unstable();
        measured
    }
}

struct Measured {
    costs: Vec<Duration>,
    found: usize,
}

impl Measured {
    fn told(&self) -> String {
        let at = |share: usize| {
            let index = (self.costs.len() * share / 100).min(self.costs.len() - 1);
            self.costs[index].as_secs_f64() * 1000.0
        };
        format!("{:.1} ({:.1}, {:.1})", at(50), at(95), at(100))
    }
}

type Ask = fn(&mut Random) -> String;

fn span(random: &mut Random, hours: i64) -> String {
    let length = hours * HOUR_US;
    let latest = (DAYS * DAY_US - length) as u64;
    let from = city::start().as_micros() + random.below(latest) as i64;
    let (start, end) = (Timestamp::from_micros(from), Timestamp::from_micros(from + length));
    format!("start={start}&end={end}")
}

fn cameras(random: &mut Random, count: usize) -> String {
    let fixed = (CAMERAS - MOBILE) as u64;
    let some: Vec<String> = (0..count)
        .map(|_| city::camera(MOBILE + random.below(fixed) as usize).to_string())
        .collect();
    format!("cameras={}", some.join(","))
}

fn circle(random: &mut Random, radius: u32) -> String {
    let middle = city::somewhere(random);
    format!("circle={:.5},{:.5},{radius}", middle.lat, middle.lon)
}

/// Wards of Hanoi in which the city's cameras stand.
const WARDS: [&str; 16] = [
    "00004", "00008", "00025", "00070", "00082", "00091", "00097", "00103", "00118", "00145",
    "00160", "00166", "00175", "00190", "00199", "00226",
];

/// A ward as a named place.
fn ward(random: &mut Random) -> String {
    format!("place_id=ward-{}", WARDS[random.below(WARDS.len() as u64) as usize])
}

/// A five-cornered place some 2 km across.
fn polygon(random: &mut Random) -> String {
    let middle = city::somewhere(random);
    let corners =
        [(0.010, 0.0), (0.003, 0.011), (-0.008, 0.007), (-0.008, -0.007), (0.003, -0.011)];
    let corner =
        |(north, east): (f64, f64)| format!("{:.5},{:.5}", middle.lat + north, middle.lon + east);
    format!("polygon={}", corners.map(corner).join(";"))
}

/// A road of three stretches across the city, 120 m to each side.
fn corridor(random: &mut Random) -> String {
    let corners: Vec<String> = (0..4)
        .map(|_| city::somewhere(random))
        .map(|at| format!("{:.5},{:.5}", at.lat, at.lon))
        .collect();
    format!("corridor={};120", corners.join(";"))
}

/// A street by a part of its name.
fn street(random: &mut Random) -> String {
    format!("place=street%20{}", random.below(CAMERAS as u64 / 7))
}

fn questions() -> Vec<(&'static str, Ask)> {
    const EVENTS: &str = "/api/v1/events?";
    const TRACKS: &str = "/api/v1/tracks?";
    vec![
        ("events: the whole city, the last hour", |random| format!("{EVENTS}{}", span(random, 1))),
        ("events: 20 cameras, a day", |random| {
            format!("{EVENTS}{}&{}", cameras(random, 20), span(random, 24))
        }),
        ("events: a circle of 2 km, a day, a class", |random| {
            format!("{EVENTS}{}&{}&class=truck", circle(random, 2000), span(random, 24))
        }),
        ("events: 10 cameras, 30 days, 7 to 9 h, a class", |random| {
            let (cameras, span) = (cameras(random, 10), span(random, 30 * 24));
            format!("{EVENTS}{cameras}&{span}&daily=07:00-09:00&class=car")
        }),
        ("events: a ward, a week", |random| {
            format!("{EVENTS}{}&{}", ward(random), span(random, 7 * 24))
        }),
        ("events: a polygon, a day", |random| {
            format!("{EVENTS}{}&{}", polygon(random), span(random, 24))
        }),
        ("events: along a road, a day, 17 to 19 h, a class", |random| {
            let (road, span) = (corridor(random), span(random, 24));
            format!("{EVENTS}{road}&{span}&daily=17:00-19:00&class=motorcycle")
        }),
        ("events: a street by its name, 30 days", |random| {
            format!("{EVENTS}{}&{}", street(random), span(random, 30 * 24))
        }),
        ("events: a rule of 20 cameras, a week, 0.8 at least", |random| {
            let (cameras, span) = (cameras(random, 20), span(random, 7 * 24));
            format!("{EVENTS}{cameras}&{span}&kind=line_crossing&confidence=0.8")
        }),
        ("events: all cameras, 30 days, 7 to 9 h", |random| {
            format!("{EVENTS}{}&daily=07:00-09:00", span(random, 30 * 24))
        }),
        ("events: 20 cameras, a day, 15 s and 0.9 at least", |random| {
            let (cameras, span) = (cameras(random, 20), span(random, 24));
            format!("{EVENTS}{cameras}&{span}&dwell=15&confidence=0.9")
        }),
        ("events: a rare class, all cameras, all time", |_| format!("{EVENTS}class=boat")),
        ("events: over a gate, one camera, 7 days", |random| {
            let (cameras, span) = (cameras(random, 1), span(random, 7 * 24));
            format!("{EVENTS}{cameras}&{span}&gate=0.5,1;0.5,0&sense=left_to_right")
        }),
        ("timeline: 16 cameras, an hour, 2000 parts", |random| {
            let (cameras, span) = (cameras(random, 16), span(random, 1));
            format!("/api/v1/timeline?{cameras}&{span}&buckets=2000")
        }),
        ("timeline: 16 cameras, a day, 2000 parts", |random| {
            let (cameras, span) = (cameras(random, 16), span(random, 24));
            format!("/api/v1/timeline?{cameras}&{span}&buckets=2000")
        }),
        ("tracks: 20 cameras, an hour, class and colour", |random| {
            let (cameras, span) = (cameras(random, 20), span(random, 1));
            format!("{TRACKS}{cameras}&{span}&class=car&colour=white")
        }),
        ("tracks: a circle of 2 km, a day, class and colour", |random| {
            format!("{TRACKS}{}&{}&class=truck&colour=red", circle(random, 2000), span(random, 24))
        }),
        ("tracks: a ward, a day, class and colour", |random| {
            format!("{TRACKS}{}&{}&class=car&colour=white", ward(random), span(random, 24))
        }),
        ("tracks: a polygon, a week, 7 to 9 h", |random| {
            format!("{TRACKS}{}&{}&daily=07:00-09:00", polygon(random), span(random, 7 * 24))
        }),
        ("tracks: along a road, a day", |random| {
            format!("{TRACKS}{}&{}", corridor(random), span(random, 24))
        }),
        ("tracks: over a gate, one camera, 7 days", |random| {
            let (cameras, span) = (cameras(random, 1), span(random, 7 * 24));
            format!("{TRACKS}{cameras}&{span}&gate=0.5,1;0.5,0&sense=left_to_right")
        }),
        ("tracks: all cameras, 30 days, 50 s at least, a colour", |random| {
            format!("{TRACKS}{}&dwell=50&class=bus&colour=green", span(random, 30 * 24))
        }),
    ]
}

/// Stands where nothing is asked of: no picture, no package, no target.
#[derive(Debug)]
struct Nothing;

impl FrameSource for Nothing {
    fn jpeg(
        &self,
        _: &StreamId,
        _: Timestamp,
        _: Option<u32>,
        _: &Rendition,
        _: PersonsShown,
    ) -> Result<Vec<u8>, FrameError> {
        Err(FrameError::NotRecorded)
    }

    fn newest(&self, _: &StreamId, picture: Timestamp) -> Timestamp {
        picture
    }
}

impl KeyframeSource for Nothing {
    fn look(
        &self,
        _: &StreamId,
        _: TimeRange,
        _: &Polygon,
        _: &mut dyn FnMut(KeyframeLook) -> ControlFlow<()>,
    ) -> Result<(), FrameError> {
        Ok(())
    }
}

impl ExportSource for Nothing {
    fn order(&self, _: ExportOrder) -> Result<Option<ExportJob>, IndexError> {
        Ok(None)
    }

    fn decide(&self, _: uuid::Uuid, _: ExportDecision) -> Result<ExportJob, IndexError> {
        Err(IndexError::Closed)
    }

    fn job(&self, _: uuid::Uuid) -> Result<Option<ExportJob>, IndexError> {
        Ok(None)
    }

    fn jobs(&self, _: &dyn Fn(&StoredExport) -> bool) -> Result<Vec<ExportJob>, IndexError> {
        Ok(Vec::new())
    }
}

impl ViewSource for Nothing {
    fn is_masked(&self, _: &CameraId, _: TimeRange) -> bool {
        false
    }

    fn masks_revision(&self, _: &CameraId) -> u64 {
        0
    }

    fn thumbnail(&self, _: &Shown, _: u32) -> Result<Bytes, FrameError> {
        Err(FrameError::NotRecorded)
    }

    fn sheet(&self, _: &[Shown], _: Layout) -> Result<Bytes, FrameError> {
        Err(FrameError::NotRecorded)
    }

    fn copy(&self, _: &CopyOrder, _: &mut dyn CopySink) -> Result<(), FrameError> {
        Err(FrameError::NotRecorded)
    }

    fn live_copy(
        &self,
        _: &CameraId,
        _: Option<Timestamp>,
    ) -> Result<Box<dyn LiveCopy>, FrameError> {
        Err(FrameError::NotRecorded)
    }
}

impl ConnectionTester for Nothing {
    fn test(&self, _: ConnectionTrial) -> BoxFuture<'static, Result<ConnectionTested, String>> {
        futures::future::ready(Err("nothing is tried here".to_owned())).boxed()
    }
}

impl NotificationSource for Nothing {
    fn targets(&self) -> Vec<NotificationTarget> {
        Vec::new()
    }

    fn retry(&self, _: &TargetId) -> Option<u64> {
        None
    }
}

impl LiveScenes for Nothing {
    fn path(&self, _: &CameraId, _: TrackId) -> Option<Vec<TrackPoint>> {
        None
    }

    fn tell_signal(&self, _: &CameraId, _: &str, _: SignalState, _: Timestamp) -> bool {
        false
    }
}

impl Ledger for Nothing {
    fn open_segment(&self, _: &Segment) -> Result<SegmentId, LedgerError> {
        Ok(SegmentId(1))
    }

    fn close_segment(&self, _: &Segment) -> Result<(), LedgerError> {
        Ok(())
    }

    fn open_gap(&self, _: &StreamId, _: Timestamp, _: GapCause) -> Result<(), LedgerError> {
        Ok(())
    }

    fn close_gap(&self, _: &StreamId, _: Timestamp) -> Result<(), LedgerError> {
        Ok(())
    }

    fn unfinished_segments(&self) -> Result<Vec<Segment>, LedgerError> {
        Ok(Vec::new())
    }

    fn oldest_segments(&self, _: &VolumeId, _: usize) -> Result<Vec<Segment>, LedgerError> {
        Ok(Vec::new())
    }

    fn segments_before(
        &self,
        _: &StreamId,
        _: Timestamp,
        _: usize,
    ) -> Result<Vec<Segment>, LedgerError> {
        Ok(Vec::new())
    }

    fn recorded_end(&self, _: &StreamId) -> Result<Option<Timestamp>, LedgerError> {
        Ok(None)
    }

    fn mark_deleting(&self, _: &[SegmentId]) -> Result<(), LedgerError> {
        Ok(())
    }

    fn forget_segments(&self, _: &[SegmentId]) -> Result<(), LedgerError> {
        Ok(())
    }
}
