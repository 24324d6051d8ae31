//! `watchpost events`: the newest events, or all as they come.

use std::process::ExitCode;
use std::time::Duration;

use domain::Timestamp;
use serde_json::Value;

use super::print_entry;
use super::service::{PurposeArgument, Service, ServiceArgument, block_on};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    service: ServiceArgument,
    #[command(flatten)]
    purpose: PurposeArgument,
    /// Go on with events as they come, through restarts of the service; none is left out.
    #[arg(long, short, conflicts_with_all = ["since", "limit"])]
    follow: bool,
    /// Only events from this moment on, as RFC 3339; default: the last hour's.
    #[arg(long)]
    since: Option<Timestamp>,
    /// Only events of this camera.
    #[arg(long)]
    camera: Option<domain::CameraId>,
    /// How many, at most.
    #[arg(long, default_value_t = 50)]
    limit: u16,
    /// One JSON object per line.
    #[arg(long)]
    json: bool,
}

pub(crate) fn execute(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    block_on(async {
        let service = Service::new(&arguments.service)?;
        arguments.purpose.state(&service).await?;
        if arguments.follow {
            follow(&service, arguments).await?;
        } else {
            list(&service, arguments).await?;
        }
        Ok(ExitCode::SUCCESS)
    })
}

async fn list(service: &Service, arguments: &Arguments) -> anyhow::Result<()> {
    use domain::{Clock as _, SystemClock};
    let now = SystemClock::default().now();
    let start = arguments.since.unwrap_or(now.minus(Duration::from_secs(3600)));
    let mut query = vec![
        ("start", start.to_string()),
        ("end", now.plus(Duration::from_secs(60)).to_string()),
        ("limit", arguments.limit.to_string()),
    ];
    query.extend(arguments.camera.iter().map(|camera| ("cameras", camera.to_string())));
    let page: Value = service.json("/api/v1/events", &query).await?;
    // The service answers newest first; a terminal reads downwards.
    for event in page["events"].as_array().into_iter().flatten().rev() {
        print_entry(event, arguments.json, line)?;
    }
    Ok(())
}

async fn follow(service: &Service, arguments: &Arguments) -> anyhow::Result<()> {
    let query: Vec<_> =
        arguments.camera.iter().map(|camera| ("cameras", camera.to_string())).collect();
    let each = |event: &Value| print_entry(event, arguments.json, line);
    service.follow_on("/api/v1/events/stream", &query, each).await
}

/// Returns an event as one line for people: time, camera, what, which way, how sure.
pub(crate) fn line(event: &Value) -> String {
    let text = |name: &str| event[name].as_str().unwrap_or("-").to_owned();
    let way = match event["crossing"].as_str() {
        Some("left_to_right") => " →",
        Some("right_to_left") => " ←",
        _ => "",
    };
    let count = match event["count"].as_u64() {
        Some(count) if event["kind"] == "count" => format!(" × {count}"),
        _ => String::new(),
    };
    let time = local(&text("time"));
    let sure = event["confidence"]
        .as_f64()
        .map_or(String::new(), |sure| format!("  {:.0} %", sure * 100.0));
    format!(
        "{time}  {:<16} {:<14} {}{way}{count}  [{}]{sure}",
        text("camera"),
        text("kind"),
        text("class"),
        text("rule")
    )
}

/// Returns a UTC time as the wall clock of this machine shows it, to the tenth of a second.
pub(crate) fn local(time: &str) -> String {
    let Ok(time) = time.parse::<jiff::Timestamp>() else { return time.to_owned() };
    let zoned = time.to_zoned(jiff::tz::TimeZone::system());
    zoned.strftime("%Y-%m-%d %H:%M:%S%.1f").to_string()
}
