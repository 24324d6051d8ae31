//! A command centre at work: cameras are recorded while the event feed is followed, pictures are
//! watched live and the past is searched, all at once; flags what misses its budget.
//!
//! `cargo bench --bench load -- [--minutes 10] [--cameras 64] [--followers 50] [--viewers 20]
//! [--searchers 10] [--events 1000000]`
//!
//! Real parts throughout: the program and the simulator as processes of their own, RTSP, disk, HTTP,
//! WebSockets, all on loopback. Events come five a second from a partner system; those to be found
//! (`--events`) lie in the index before it starts. Viewers change the camera every 15 s; searchers
//! read for a while between two questions, as people do. CPU time and memory are read from /proc for
//! the program alone. 64 cameras write 32 MB/s into var/bench, 20 GB in 10 minutes, removed at the end.
//!
//! Prints a table for docs/benchmarks.md. Exits 1 if a budget was missed, a picture lost or an answer
//! refused.

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

#[path = "../crates/index/benches/city/mod.rs"]
mod city;
#[allow(dead_code, reason = "a bench needs less of it than the stories")]
#[path = "../tests/stories/harness.rs"]
mod harness;
#[allow(dead_code, reason = "each bench needs its own part of it")]
#[path = "parts/mod.rs"]
mod parts;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use domain::{Clock as _, SystemClock, Timestamp};
use futures::StreamExt as _;
use harness::{Site, eventually};
use index::{FoldedEvents, Index, SiteSettings};
use parts::feed::Feed;
use parts::{cameras, footage, gaps, percentile, simulator, usage};
use serde_json::json;
use tokio::time::{sleep, timeout, timeout_at};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

/// What the partner system shows.
const TOKEN: &str = "0123456789abcdef0123456789abcdef";
/// Between two postings of it.
const POSTING: Duration = Duration::from_millis(200);
/// For how long a viewer stays with a camera.
const WATCHED: Duration = Duration::from_secs(15);
/// For how long a searcher reads, at least.
const READING: Duration = Duration::from_secs(1);
/// What does not come by then is missing.
const PATIENCE: Duration = Duration::from_secs(30);
/// The first page of a search, and an event at those who follow, in milliseconds at p95.
const SEARCH_BUDGET: f64 = 300.0;
const FEED_BUDGET: f64 = 500.0;
/// Followers share so many accounts, as officers do who have the console open twice.
const OFFICERS: usize = 10;

#[derive(Debug, Clone, Copy)]
struct Settings {
    minutes: f64,
    cameras: usize,
    followers: usize,
    viewers: usize,
    searchers: usize,
    events: usize,
}

fn settings() -> Settings {
    let mut settings = Settings {
        minutes: 10.0,
        cameras: 64,
        followers: 50,
        viewers: 20,
        searchers: 10,
        events: 1_000_000,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let mut value = || arguments.next().expect("a value behind each option");
        match name.as_str() {
            "--minutes" => settings.minutes = value().parse().unwrap(),
            "--cameras" => settings.cameras = value().parse().unwrap(),
            "--followers" => settings.followers = value().parse().unwrap(),
            "--viewers" => settings.viewers = value().parse().unwrap(),
            "--searchers" => settings.searchers = value().parse().unwrap(),
            "--events" => settings.events = value().parse().unwrap(),
            // What cargo itself passes.
            "--bench" => {}
            _ => panic!("unknown option {name}"),
        }
    }
    settings
}

/// What was measured, and what did not come about.
#[derive(Debug, Default)]
struct Measured {
    ms: Mutex<Vec<f64>>,
    failed: AtomicU64,
    first_failure: Mutex<Option<String>>,
}

impl Measured {
    fn add(&self, ms: f64) {
        self.ms.lock().unwrap().push(ms);
    }

    fn fail(&self, why: impl Into<String>) {
        self.failed.fetch_add(1, Ordering::Relaxed);
        self.first_failure.lock().unwrap().get_or_insert(why.into());
    }

    /// Prints a row; returns whether nothing failed and p95 is within `budget`.
    fn row(&self, what: &str, budget: Option<f64>) -> bool {
        let mut ms = self.ms.lock().unwrap().clone();
        ms.sort_by(f64::total_cmp);
        let failed = self.failed.load(Ordering::Relaxed);
        let at = |share: usize| percentile(&ms, share);
        let told = |value: Option<f64>| value.map_or("–".to_owned(), |ms| format!("{ms:.0} ms"));
        let is_met = failed == 0 && at(95).is_some_and(|p95| budget.is_none_or(|most| p95 <= most));
        let budget = match (budget, is_met) {
            (Some(most), true) => format!("{most:.0} ms, met"),
            (Some(most), false) => format!("{most:.0} ms, **MISSED**"),
            (None, true) => String::new(),
            (None, false) => "**MISSED**".to_owned(),
        };
        println!(
            "| {what} | {} | {failed} | {} | {} | {} | {budget} |",
            ms.len(),
            told(at(50)),
            told(at(95)),
            told(at(100)),
        );
        if let Some(why) = &*self.first_failure.lock().unwrap() {
            eprintln!("{what}: the first that failed: {why}");
        }
        is_met
    }
}

/// What all who are at work share.
struct Load {
    api: String,
    settings: Settings,
    until: tokio::time::Instant,
    posted: Measured,
    arrived: Measured,
    first_picture: Measured,
    searched: Measured,
}

impl Load {
    fn is_over(&self) -> bool {
        tokio::time::Instant::now() >= self.until
    }

    /// Posts what the partner system finds.
    async fn post(self: Arc<Self>) {
        let (client, clock) = (reqwest::Client::new(), SystemClock::default());
        for number in 0_usize.. {
            if self.is_over() {
                return;
            }
            let camera = format!("c{}", number % self.settings.cameras);
            let finding = json!({
                "id": number.to_string(), "camera": camera, "time": clock.now(),
                "kind": "line_crossing", "class": "car",
            });
            let address = format!("{}/api/v1/findings", self.api);
            let began = Instant::now();
            match client.post(address).bearer_auth(TOKEN).json(&finding).send().await {
                Ok(answer) if answer.status().is_success() => self.posted.add(ms(began)),
                Ok(answer) => self.posted.fail(answer.status().to_string()),
                Err(error) => self.posted.fail(error.to_string()),
            }
            sleep(POSTING.saturating_sub(began.elapsed())).await;
        }
    }

    /// Follows the feed and measures from the moment that an event tells to its arrival here.
    async fn follow(self: Arc<Self>, token: String) {
        let clock = SystemClock::default();
        let address = format!("{}/api/v1/events/stream", self.api);
        let asked = reqwest::Client::new().get(address).bearer_auth(token).send();
        let mut chunks = match asked.await {
            Ok(answer) if answer.status().is_success() => answer.bytes_stream(),
            Ok(answer) => return self.arrived.fail(answer.status().to_string()),
            Err(error) => return self.arrived.fail(error.to_string()),
        };
        let mut feed = Feed::default();
        while let Ok(chunk) = timeout_at(self.until, chunks.next()).await {
            let Some(Ok(chunk)) = chunk else { return self.arrived.fail("the feed was cut off") };
            let now = clock.now();
            for event in feed.events(&chunk) {
                if event["rule"] == "partner" {
                    let time: Timestamp = event["time"].as_str().unwrap().parse().unwrap();
                    self.arrived.add(now.seconds_since(time) * 1000.0);
                }
            }
        }
    }

    /// Watches one camera after another and measures from asking to the first picture.
    async fn watch(self: Arc<Self>, viewer: usize, token: String) {
        for round in 0_usize.. {
            if self.is_over() {
                return;
            }
            let camera = (viewer * 7 + round * 13) % self.settings.cameras;
            if let Err(why) = self.watch_one(camera, &token).await {
                self.first_picture.fail(format!("c{camera}: {why}"));
                sleep(READING).await;
            }
        }
    }

    async fn watch_one(&self, camera: usize, token: &str) -> Result<(), String> {
        let address = self.api.replace("http://", "ws://");
        let uri = format!("{address}/api/v1/cameras/c{camera}/live?stream=main");
        let mut request = uri.into_client_request().unwrap();
        request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        let began = Instant::now();
        let connected = timeout(PATIENCE, connect_async(request)).await;
        let (mut socket, _) =
            connected.map_err(|_| "no answer")?.map_err(|error| error.to_string())?;
        let left = (tokio::time::Instant::now() + WATCHED).min(self.until);
        let mut fragments = 0;
        while fragments < 2 {
            let next = timeout(PATIENCE, socket.next()).await.map_err(|_| "no picture")?;
            match next {
                Some(Ok(Message::Binary(_))) => fragments += 1,
                Some(Ok(Message::Text(text))) if text.contains("\"refused\"") => {
                    return Err(text.to_string());
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error.to_string()),
                None => return Err("it ended".to_owned()),
            }
        }
        // The initialization segment is the one before.
        self.first_picture.add(ms(began));
        while let Ok(next) = timeout_at(left, socket.next()).await {
            match next {
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error.to_string()),
                None => return Err("it ended".to_owned()),
            }
        }
        let _ = socket.close(None).await;
        Ok(())
    }

    /// Asks for the first page of one search after another.
    async fn search(self: Arc<Self>, searcher: usize, client: reqwest::Client) {
        let mut random = city::Random(4242 + searcher as u64);
        while !self.is_over() {
            let address = format!("{}/api/v1/events?{}", self.api, question(&mut random));
            let began = Instant::now();
            match client.get(address).send().await {
                Ok(answer) if answer.status().is_success() => match answer.bytes().await {
                    Ok(_) => self.searched.add(ms(began)),
                    Err(error) => self.searched.fail(error.to_string()),
                },
                Ok(answer) => self.searched.fail(answer.status().to_string()),
                Err(error) => self.searched.fail(error.to_string()),
            }
            let read = READING + Duration::from_millis(random.below(2000));
            let _ = timeout_at(self.until, sleep(read)).await;
        }
    }
}

fn ms(began: Instant) -> f64 {
    began.elapsed().as_secs_f64() * 1000.0
}

/// What an investigator asks of the made-up city: somewhere, for a while, a kind of object.
fn question(random: &mut city::Random) -> String {
    let day = random.below(city::DAYS as u64 - 31) as i64;
    let hour = random.below(20) as i64;
    let start = city::start().as_micros() + day * city::DAY_US + hour * city::HOUR_US;
    let span = |hours: i64| {
        let [start, end] = [start, start + hours * city::HOUR_US].map(Timestamp::from_micros);
        format!("start={start}&end={end}")
    };
    let some_cameras: Vec<_> =
        (0..20).map(|_| city::camera(random.below(city::CAMERAS as u64) as usize)).collect();
    let cameras: Vec<_> = some_cameras.iter().map(|camera| camera.as_str()).collect();
    let place = city::somewhere(random);
    match random.below(5) {
        0 => format!("{}&cameras={}", span(24), cameras.join(",")),
        1 => format!("{}&circle={},{},2000&class=car", span(24), place.lat, place.lon),
        2 => format!("{}&cameras={}&class=bus", span(24 * 30), cameras[..10].join(",")),
        3 => format!("{}&circle={},{},500", span(6), place.lat, place.lon),
        _ => format!("{}&limit=50", span(1)),
    }
}

/// Puts what the city saw into the index before the service starts.
fn fill(site: &Site, events: usize) {
    const BATCH: usize = 10_000;
    let clock = Arc::new(SystemClock::default());
    let folder = site.folder().join("index");
    let index = Index::open(&folder, SiteSettings::new("test"), clock).unwrap();
    index.put_cameras(&city::camera_rows()).unwrap();
    let mut batch = Vec::with_capacity(BATCH);
    for event in city::events(events) {
        batch.push(event);
        if batch.len() == BATCH {
            index.append_events(std::mem::take(&mut batch)).unwrap();
        }
    }
    index.append_events(batch).unwrap();
    // Long past: no alert is made of it at the start.
    let settled = FoldedEvents { cursor: events as u64, ..FoldedEvents::default() };
    index.settle_alerts(&settled).unwrap();
    index.flush().unwrap();
}

async fn measure(settings: Settings) -> bool {
    let Settings { cameras: count, minutes, .. } = settings;
    let simulator = simulator(count, &footage());
    let named: Vec<_> = (0..count).map(|number| format!("\"c{number}\"")).collect();
    let toml = format!(
        "[retention]\nevents_days = 4000\n[[source]]\nid = \"partner\"\ntoken_file = \"token\"\n\
         cameras = [{}]\nkinds = [\"line_crossing\"]\nper_minute = 6000\n{}",
        named.join(", "),
        cameras(count, simulator.port)
    );
    let mut site = Site::new_in(&harness::root().join("var/bench"), false, &toml);
    std::fs::write(site.folder().join("token"), format!("{TOKEN}\n")).unwrap();
    eprintln!("filling the index with {} events", settings.events);
    fill(&site, settings.events);
    site.start();
    eventually("all streams are up", Duration::from_secs(90), async || {
        let health = site.ask("/api/v1/health").await.1;
        (health["streams"]["up"].as_u64() == Some(count as u64)).then_some(())
    })
    .await;
    let officers: Vec<_> = (0..OFFICERS.max(settings.viewers))
        .map(|number| site.officer(&format!("o{number}")))
        .collect();
    let load = Arc::new(Load {
        api: site.api.clone(),
        settings,
        until: tokio::time::Instant::now() + Duration::from_secs_f64(minutes * 60.0),
        posted: Measured::default(),
        arrived: Measured::default(),
        first_picture: Measured::default(),
        searched: Measured::default(),
    });
    let (cpu_before, began) = (usage(site.pid()).0, Instant::now());
    let mut at_work = tokio::task::JoinSet::new();
    at_work.spawn(Arc::clone(&load).post());
    for number in 0..settings.followers {
        at_work.spawn(Arc::clone(&load).follow(officers[number % OFFICERS].clone()));
    }
    for (viewer, token) in officers.iter().take(settings.viewers).enumerate() {
        at_work.spawn(Arc::clone(&load).watch(viewer, token.clone()));
    }
    for searcher in 0..settings.searchers {
        at_work.spawn(Arc::clone(&load).search(searcher, site.client.clone()));
    }
    let mut most_resident = 0;
    while !load.is_over() {
        most_resident = most_resident.max(usage(site.pid()).1);
        sleep(Duration::from_secs(1)).await;
        if began.elapsed().as_secs().is_multiple_of(30) {
            eprintln!("{} of {:.0} s", began.elapsed().as_secs(), minutes * 60.0);
        }
    }
    let cpu = usage(site.pid()).0 - cpu_before;
    let elapsed = began.elapsed().as_secs_f64();
    at_work.join_all().await;
    let gaps = gaps(&site, count).await;
    let (status, log) = site.stop();
    let troubles: Vec<_> =
        log.iter().filter(|line| line.contains("\"WARN\"") || line.contains("\"ERROR\"")).collect();
    troubles.iter().take(5).for_each(|trouble| eprintln!("{trouble}"));

    let Settings { followers, viewers, searchers, events, .. } = settings;
    println!(
        "| {count} cameras recorded, {followers} follow, {viewers} watch, {searchers} search among \
         {events} events, {minutes} min | count | failed | p50 | p95 | most | budget |"
    );
    println!("|---|---|---|---|---|---|---|");
    let met = [
        load.searched.row("first page of a search", Some(SEARCH_BUDGET)),
        load.arrived.row("from a partner's posting to who follows", Some(FEED_BUDGET)),
        load.posted.row("a posting is answered", None),
        load.first_picture.row("live: from asking to the first picture", None),
    ];
    let verdict = if gaps == 0 { "met" } else { "**MISSED**" };
    println!(
        "\n{gaps} gaps (budget: none, {verdict}); {} warnings; {:.0} % of one core, {:.0} MiB at most; the \
         simulator used {:.0} % of one core.",
        troubles.len(),
        cpu / elapsed * 100.0,
        most_resident as f64 / f64::from(1 << 20),
        usage(simulator.pid()).0 / elapsed * 100.0,
    );
    status.success() && gaps == 0 && met.iter().all(|met| *met)
}

fn main() {
    let settings = settings();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    if !runtime.block_on(measure(settings)) {
        std::process::exit(1);
    }
}
