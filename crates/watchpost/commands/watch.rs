//! `watchpost watch`: a running service on one terminal screen, and a summary at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use domain::{Clock as _, SystemClock, Timestamp};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use super::events::line;
use super::service::{Service, ServiceArgument, block_on};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    service: ServiceArgument,
    /// End by itself after so many seconds; otherwise with Ctrl-C.
    #[arg(long)]
    seconds: Option<u64>,
    /// Wait so many seconds for the service to answer.
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    wait: u64,
    /// Fail at the end if a camera never came up, nothing was recorded, or no event was found.
    #[arg(long)]
    require_events: bool,
}

/// How often the status line is renewed.
const REFRESH: Duration = Duration::from_secs(1);
/// How often it is printed where there is no terminal.
const PRINT_EVERY: u32 = 10;

pub(crate) fn execute(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    block_on(watch(arguments))
}

async fn watch(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let service = Service::new(&arguments.service)?;
    // One listener for the whole watch: a Ctrl-C while figures are asked for must not be lost.
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        answers = wait_for(&service, Duration::from_secs(arguments.wait)) => answers?,
        _ = interrupt.recv() => return Ok(ExitCode::FAILURE),
    }
    let clock = SystemClock::default();
    let started = clock.now();
    let base = arguments.service.api.as_str().trim_end_matches('/');
    eprintln!("page     {base}/\nAPI      {base}/api/v1/openapi.json\nmetrics  {base}/metrics\n");
    let mut seen = Seen::default();
    let (sender, mut messages) = mpsc::channel(256);
    let feed = tokio::spawn(follow(service.clone(), sender));
    let screen = Screen::new();
    let mut refresh = tokio::time::interval(REFRESH);
    let end = async {
        match arguments.seconds {
            Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
            None => std::future::pending().await,
        }
    };
    tokio::pin!(end);
    let mut ticks = 0;
    loop {
        tokio::select! {
            () = &mut end => break,
            _ = interrupt.recv() => break,
            Some(event) = messages.recv() => {
                screen.event(&line(&event));
                seen.event(&event);
            }
            _ = refresh.tick() => {
                match Figures::ask(&service).await {
                    Ok(figures) => {
                        screen.status(&seen.status(&figures), ticks % PRINT_EVERY == 0);
                        seen.figures(figures);
                    }
                    Err(error) => screen.status(&format!("{error:#}"), true),
                }
                ticks += 1;
            }
        }
    }
    feed.abort();
    screen.end();
    let recorded = Recorded::ask(&service, &seen.cameras, started, clock.now()).await?;
    eprint!("{}", summary(&seen, &recorded));
    Ok(verdict(arguments, &seen, &recorded))
}

/// Waits until the service answers.
async fn wait_for(service: &Service, patience: Duration) -> anyhow::Result<()> {
    let deadline = Instant::now() + patience;
    loop {
        match service.json::<Value>("/api/v1/cameras", &[]).await {
            Ok(_) => return Ok(()),
            Err(error) if Instant::now() >= deadline => return Err(error),
            Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
        }
    }
}

/// Follows the event feed, through reconnects, from now on.
async fn follow(service: Service, events: mpsc::Sender<Value>) {
    let mut last_id: Option<String> = None;
    loop {
        let resume = last_id.clone();
        let each = |message: super::service::Message| {
            if let Ok(event) = serde_json::from_str(&message.data) {
                // The screen takes thousands a second; a full queue leaves out lines, not events.
                let _ = events.try_send(event);
            }
            last_id = message.id.or(last_id.take());
            Ok(!events.is_closed())
        };
        let _ = service.follow("/api/v1/events/stream", &[], resume.as_deref(), each).await;
        if events.is_closed() {
            return;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// The figures of one moment.
#[derive(Debug, Default)]
struct Figures {
    at: Option<Instant>,
    cameras: BTreeSet<String>,
    up: BTreeSet<String>,
    recorded: f64,
    recorded_bytes: f64,
    analysed: f64,
    cpu_seconds: f64,
    memory_bytes: f64,
}

impl Figures {
    async fn ask(service: &Service) -> anyhow::Result<Self> {
        let cameras: Value = service.json("/api/v1/cameras", &[]).await?;
        let metrics = service.get("/metrics", &[], &[]).await?.text().await?;
        let mut figures = Self { at: Some(Instant::now()), ..Self::default() };
        for feature in cameras["features"].as_array().into_iter().flatten() {
            let properties = &feature["properties"];
            let Some(id) = feature["id"].as_str() else { continue };
            figures.cameras.insert(id.to_owned());
            let streams: Vec<_> = properties["streams"].as_array().into_iter().flatten().collect();
            if !streams.is_empty() && streams.iter().all(|stream| stream["state"] == "up") {
                figures.up.insert(id.to_owned());
            }
        }
        figures.recorded = metric(&metrics, "watchpost_archive_pictures_total");
        figures.recorded_bytes = metric(&metrics, "watchpost_archive_written_bytes_total");
        figures.analysed = metric(&metrics, "watchpost_pictures_analysed_total");
        figures.cpu_seconds = metric(&metrics, "process_cpu_seconds_total");
        figures.memory_bytes = metric(&metrics, "process_resident_memory_bytes");
        Ok(figures)
    }
}

/// Adds up all samples of a metric in Prometheus' text format.
fn metric(text: &str, name: &str) -> f64 {
    let samples = text
        .lines()
        .filter(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' '])));
    samples.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
}

/// Everything seen since the start.
#[derive(Debug, Default)]
struct Seen {
    cameras: BTreeSet<String>,
    ever_up: BTreeSet<String>,
    events: BTreeMap<(String, String), u64>,
    latest: Figures,
    first_cpu_seconds: Option<(Instant, f64)>,
}

impl Seen {
    fn event(&mut self, event: &Value) {
        let text = |name: &str| event[name].as_str().unwrap_or("?").to_owned();
        *self.events.entry((text("camera"), text("rule"))).or_default() += 1;
    }

    fn status(&self, figures: &Figures) -> String {
        let elapsed =
            figures.at.zip(self.latest.at).map_or(0.0, |(now, then)| (now - then).as_secs_f64());
        let rate = |now: f64, then: f64| if elapsed > 0.0 { (now - then) / elapsed } else { 0.0 };
        format!(
            "cameras {}/{} up · recording {:.0} pictures/s, {:.1} Mbit/s · analysing {:.1} pictures/s · \
             events {} · CPU {:.0} % of a core · {:.0} MiB",
            figures.up.len(),
            figures.cameras.len(),
            rate(figures.recorded, self.latest.recorded),
            rate(figures.recorded_bytes, self.latest.recorded_bytes) * 8.0 / 1e6,
            rate(figures.analysed, self.latest.analysed),
            self.events.values().sum::<u64>(),
            rate(figures.cpu_seconds, self.latest.cpu_seconds) * 100.0,
            figures.memory_bytes / f64::from(1 << 20),
        )
    }

    fn figures(&mut self, figures: Figures) {
        self.cameras.extend(figures.cameras.iter().cloned());
        self.ever_up.extend(figures.up.iter().cloned());
        if let Some(at) = figures.at {
            self.first_cpu_seconds.get_or_insert((at, figures.cpu_seconds));
        }
        self.latest = figures;
    }

    /// Cores used on average since the first look.
    fn cpu(&self) -> Option<f64> {
        let (first_at, first) = self.first_cpu_seconds?;
        let elapsed = self.latest.at?.duration_since(first_at).as_secs_f64();
        (elapsed > 0.0).then(|| (self.latest.cpu_seconds - first) / elapsed)
    }
}

/// What was recorded of all main streams, and what was not.
#[derive(Debug, Default)]
struct Recorded {
    seconds: f64,
    gaps: BTreeMap<String, u64>,
}

impl Recorded {
    async fn ask(
        service: &Service,
        cameras: &BTreeSet<String>,
        start: Timestamp,
        end: Timestamp,
    ) -> anyhow::Result<Self> {
        let mut recorded = Self::default();
        for camera in cameras {
            let path = format!("/api/v1/cameras/{camera}/recordings");
            let query = [("start", start.to_string()), ("end", end.to_string())];
            let body: Value = service
                .json(&path, &query)
                .await
                .with_context(|| format!("cannot ask what was recorded of {camera}"))?;
            recorded.seconds += body["recorded_s"].as_f64().unwrap_or(0.0);
            for gap in body["gaps"].as_array().into_iter().flatten() {
                let cause = gap["cause"].as_str().unwrap_or("?").to_owned();
                *recorded.gaps.entry(cause).or_default() += 1;
            }
        }
        Ok(recorded)
    }
}

fn summary(seen: &Seen, recorded: &Recorded) -> String {
    use std::fmt::Write as _;
    let mut text = String::from("\nSummary\n");
    let mut put = |name: &str, value: String| {
        let _ = writeln!(text, "  {name:<18}{value}");
    };
    put("cameras up", format!("{} of {}", seen.ever_up.len(), seen.cameras.len()));
    for camera in seen.cameras.difference(&seen.ever_up) {
        put("", format!("{camera} never came up"));
    }
    put("recorded", format!("{:.1} camera-minutes", recorded.seconds / 60.0));
    if recorded.gaps.is_empty() {
        put("gaps", "none".to_owned());
    }
    for (cause, count) in &recorded.gaps {
        put("gaps", format!("{count} × {cause}"));
    }
    if seen.events.is_empty() {
        put("events", "none".to_owned());
    }
    for ((camera, rule), count) in &seen.events {
        put("events", format!("{count:>4} × {rule} ({camera})"));
    }
    if let Some(cores) = seen.cpu() {
        put("CPU", format!("{:.0} % of one core on average", cores * 100.0));
    }
    text
}

fn verdict(arguments: &Arguments, seen: &Seen, recorded: &Recorded) -> ExitCode {
    let all_up = !seen.cameras.is_empty() && seen.ever_up == seen.cameras;
    let good = all_up && recorded.seconds > 0.0 && !seen.events.is_empty();
    if good || !arguments.require_events { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A status line that stays at the bottom, events above it; plain lines without a terminal.
struct Screen(Option<ProgressBar>);

impl Screen {
    fn new() -> Self {
        let style = ProgressStyle::with_template("{spinner} {elapsed} {wide_msg}");
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new_spinner();
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            bar
        });
        Self(bar)
    }

    fn status(&self, text: &str, print: bool) {
        match &self.0 {
            Some(bar) => {
                bar.set_message(text.to_owned());
                bar.tick();
            }
            None if print => eprintln!("{text}"),
            None => {}
        }
    }

    fn event(&self, text: &str) {
        match &self.0 {
            Some(bar) => bar.println(text),
            None => eprintln!("{text}"),
        }
    }

    fn end(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::metric;

    #[test]
    fn samples_of_a_metric_add_up_and_those_of_others_do_not() {
        let text = "# TYPE a_total counter\na_total{camera=\"x\"} 2\na_total{camera=\"y\"} 3.5\na_total_b 9\n";
        assert!((metric(text, "a_total") - 5.5).abs() < 1e-9);
    }
}
