//! `watchpost alerts`: one line for each happening, or all changes as they come.

use std::process::ExitCode;
use std::time::Duration;

use domain::{Clock as _, SystemClock, Timestamp};
use serde_json::Value;

use super::events::local;
use super::print_entry;
use super::service::{Service, ServiceArgument, block_on};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    service: ServiceArgument,
    /// Go on with alerts as they are raised and change, through restarts of the service.
    #[arg(long, short, conflicts_with_all = ["since", "active", "limit", "severity"])]
    follow: bool,
    /// Only alerts from this moment on, as RFC 3339; default: the last day's.
    #[arg(long)]
    since: Option<Timestamp>,
    /// Only trouble of cameras that still lasts, since whenever.
    #[arg(long)]
    active: bool,
    /// Only alerts of this severity or graver; 1 is the gravest.
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=4))]
    severity: Option<u8>,
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
        if arguments.follow {
            let each = |alert: &Value| print_entry(alert, arguments.json, line);
            service.follow_on("/api/v1/alerts/stream", &[], each).await?;
        } else {
            list(&service, arguments).await?;
        }
        Ok(ExitCode::SUCCESS)
    })
}

async fn list(service: &Service, arguments: &Arguments) -> anyhow::Result<()> {
    let mut query = vec![("limit", arguments.limit.to_string())];
    if arguments.active {
        query.push(("active", "true".to_owned()));
    }
    if !arguments.active || arguments.since.is_some() {
        let a_day_ago = SystemClock::default().now().minus(Duration::from_secs(86_400));
        query.push(("start", arguments.since.unwrap_or(a_day_ago).to_string()));
    }
    query.extend(arguments.severity.map(|severity| ("severity", severity.to_string())));
    let page: Value = service.json("/api/v1/alerts", &query).await?;
    // The service answers newest first; a terminal reads downwards.
    for alert in page["alerts"].as_array().into_iter().flatten().rev() {
        print_entry(alert, arguments.json, line)?;
    }
    Ok(())
}

/// Returns an alert as one line for people: time, severity, what, how often, where, how it is.
fn line(alert: &Value) -> String {
    let text = |name: &str| alert[name].as_str().unwrap_or("-").to_owned();
    let cameras: Vec<&str> =
        alert["cameras"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let count = match alert["count"].as_u64() {
        Some(count) if count > 1 => format!(" × {count}"),
        _ => String::new(),
    };
    let condition = match alert["condition"].as_str() {
        Some("active") => "  lasts".to_owned(),
        Some("cleared") => format!("  over at {}", local(&text("cleared"))),
        _ => String::new(),
    };
    format!(
        "{}  {}  {:<18} {}{count}  {}{condition}",
        local(&text("first")),
        alert["severity"],
        text("kind"),
        text("class"),
        cameras.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_says_what_happened_how_often_and_whether_it_lasts() {
        let mut alert = json!({
            "first": "now", "severity": 2, "kind": "signal_lost", "class": null, "count": 1,
            "cameras": ["hang-bai"], "condition": "active",
        });
        assert_eq!(line(&alert), "now  2  signal_lost        -  hang-bai  lasts");
        alert["condition"] = "cleared".into();
        alert["cleared"] = "later".into();
        assert_eq!(line(&alert), "now  2  signal_lost        -  hang-bai  over at later");
        let act = json!({
            "first": "now", "severity": 3, "kind": "red_light", "class": "motorcycle",
            "count": 4, "cameras": ["a", "b"], "condition": "momentary",
        });
        assert_eq!(line(&act), "now  3  red_light          motorcycle × 4  a, b");
    }
}
