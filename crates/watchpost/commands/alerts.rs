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
    #[arg(long, short, conflicts_with_all = ["since", "active", "limit", "severity", "queue"])]
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
    /// In the order in which they are to be dealt with, without what is closed or shelved: first
    /// what nobody acknowledged, then the gravest, then the newest, since whenever.
    #[arg(long)]
    queue: bool,
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
            let each = |change: &Value| print_entry(change, arguments.json, change_line);
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
    if arguments.queue {
        query.push(("sort", "queue".to_owned()));
    }
    if !(arguments.active || arguments.queue) || arguments.since.is_some() {
        let a_day_ago = SystemClock::default().now().minus(Duration::from_secs(86_400));
        query.push(("start", arguments.since.unwrap_or(a_day_ago).to_string()));
    }
    query.extend(arguments.severity.map(|severity| ("severity", severity.to_string())));
    let page: Value = service.json("/api/v1/alerts", &query).await?;
    let mut alerts: Vec<&Value> = page["alerts"].as_array().into_iter().flatten().collect();
    if !arguments.queue {
        // The service answers newest first; a terminal reads downwards.
        alerts.reverse();
    }
    alerts.into_iter().try_for_each(|alert| print_entry(alert, arguments.json, line))
}

/// Returns what the feed tells as one line: an alert, or that there are too many.
fn change_line(change: &Value) -> String {
    let Some(began) = change["began"].as_str() else { return line(change) };
    let (alerts, desks) = (&change["alerts"], &change["desks"]);
    let at = change["ended"].as_str();
    let word = if at.is_some() { "over" } else { "begins" };
    let at = local(at.unwrap_or(began));
    format!("{at}  flood {word}: {alerts} alerts in ten minutes, {desks} desks")
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
    let what = alert["about"].as_str().or(alert["class"].as_str()).unwrap_or("-");
    let handling = &alert["handling"];
    let word = |name: &str| handling[name].as_str();
    let answers = handling["acknowledged"]["by"].as_str();
    let handled = match (word("state"), word("assignee"), answers) {
        (Some("closed"), ..) => {
            format!("  closed: {}", handling["verdict"]["outcome"].as_str().unwrap_or("?"))
        }
        _ if handling["shelved"].is_object() => {
            format!(
                "  shelved until {}",
                local(handling["shelved"]["until"].as_str().unwrap_or("?"))
            )
        }
        (_, Some(assignee), _) => format!("  for {assignee}"),
        (_, None, Some(by)) => format!("  acknowledged by {by}"),
        (_, None, None) => String::new(),
    };
    format!(
        "{}  {}  {:<18} {}{count}  {}{condition}{handled}",
        local(&text("first")),
        alert["severity"],
        text("kind"),
        what,
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
        let call = json!({
            "first": "now", "severity": 2, "kind": "call_114", "class": null, "count": 1,
            "about": "cháy nhà", "cameras": ["a"], "condition": "active",
        });
        assert_eq!(line(&call), "now  2  call_114           cháy nhà  a  lasts");
    }

    #[test]
    fn a_line_says_who_has_the_alert() {
        let mut alert = json!({
            "first": "now", "severity": 1, "kind": "intrusion", "class": "person", "count": 1,
            "cameras": ["gate"], "condition": "momentary", "handling": {"state": "new"},
        });
        let rest = |alert: &Value| {
            line(alert).trim_start_matches("now  1  intrusion          person  gate").to_owned()
        };
        assert_eq!(rest(&alert), "");
        alert["handling"] = json!({"state": "acknowledged", "acknowledged": {"by": "an"}});
        assert_eq!(rest(&alert), "  acknowledged by an");
        alert["handling"]["assignee"] = "csgt-1".into();
        assert_eq!(rest(&alert), "  for csgt-1");
        alert["handling"]["shelved"] = json!({"until": "later"});
        assert_eq!(rest(&alert), "  shelved until later");
        alert["handling"] = json!({"state": "closed", "verdict": {"outcome": "false"}});
        assert_eq!(rest(&alert), "  closed: false");
        let flood = json!({"began": "now", "ended": null, "alerts": 61, "desks": 2});
        let expected = "now  flood begins: 61 alerts in ten minutes, 2 desks";
        assert_eq!(change_line(&flood), expected);
    }
}
