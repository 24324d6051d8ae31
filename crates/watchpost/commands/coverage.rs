//! `watchpost coverage`: how much was seen, recorded and analysed, and how many cameras are now.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use domain::{CameraId, Clock as _, SystemClock, Timestamp};
use serde_json::Value;

use super::service::{Service, ServiceArgument, block_on};

/// How far back a range begins that is not given.
const LATELY: Duration = Duration::from_secs(24 * 3600);
/// Causes that are named in a line.
const CAUSES: usize = 3;
/// How the aspects are called in API and table.
const ASPECTS: [&str; 3] = ["seen", "recorded", "analysed"];

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    service: ServiceArgument,
    /// First moment, as RFC 3339: 2026-03-01T00:00:00+07:00. A day before the end if left out.
    #[arg(long)]
    start: Option<Timestamp>,
    /// First moment after the range; now if left out.
    #[arg(long)]
    end: Option<Timestamp>,
    /// Only these cameras: ids between commas.
    #[arg(long, value_delimiter = ',')]
    cameras: Vec<CameraId>,
    /// Print the answer as JSON, with the longest gaps.
    #[arg(long)]
    json: bool,
}

pub(crate) fn execute(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let end = arguments.end.unwrap_or_else(|| SystemClock::default().now());
    let start = arguments.start.unwrap_or_else(|| end.minus(LATELY));
    let mut query = vec![("start", start.to_string()), ("end", end.to_string())];
    if !arguments.cameras.is_empty() {
        let ids: Vec<_> = arguments.cameras.iter().map(CameraId::as_str).collect();
        query.push(("cameras", ids.join(",")));
    }
    if !arguments.json {
        query.push(("gaps", "0".to_owned()));
    }
    let service = Service::new(&arguments.service)?;
    let answer: Value = block_on(service.json("/api/v1/coverage", &query))?;
    if arguments.json {
        return super::print_json(&answer);
    }
    let mut out = std::io::stdout().lock();
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    writeln!(out, "{} to {}", text(&answer["start"]), text(&answer["end"]))?;
    let now = &answer["now"];
    if now.is_object() {
        writeln!(
            out,
            "now: {} cameras, {} connected, {} recording, {} analysed",
            now["configured"], now["connected"], now["recording"], now["analysed"]
        )?;
    }
    let heads = ASPECTS.map(|aspect| format!("{aspect:>10}"));
    writeln!(out, "{:<20} {} {:>11}  missing, by cause", "camera", heads.join(" "), "hours")?;
    for camera in answer["cameras"].as_array().into_iter().flatten() {
        writeln!(out, "{}", line(camera["camera"].as_str().unwrap_or("?"), camera))?;
    }
    writeln!(out, "{}", line("all", &answer["total"]))?;
    Ok(ExitCode::SUCCESS)
}

fn line(name: &str, covered: &Value) -> String {
    let shares = ASPECTS.map(|aspect| match covered[aspect]["share"].as_f64() {
        Some(share) => format!("{:>9}%", percent(share)),
        None => format!("{:>10}", "not known"),
    });
    let hours = covered["configured_s"].as_f64().unwrap_or(0.0) / 3600.0;
    let causes = ASPECTS.map(|aspect| causes(aspect, &covered[aspect]));
    let causes: Vec<_> = causes.into_iter().filter(|text| !text.is_empty()).collect();
    format!("{name:<20} {} {hours:>11.2}  {}", shares.join(" "), causes.join("; "))
}

/// Returns a share in percent, rounded down: what is not whole must not look whole.
fn percent(share: f64) -> String {
    format!("{:.2}", (share * 10_000.0).floor() / 100.0)
}

fn causes(aspect: &str, covered: &Value) -> String {
    let mut causes: Vec<(String, f64)> = covered["causes_s"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(cause, length)| (cause.clone(), length.as_f64().unwrap_or(0.0)))
        .collect();
    let unknown = covered["unknown_s"].as_f64().unwrap_or(0.0);
    causes.push(("unknown".to_owned(), unknown));
    causes.retain(|(_, seconds)| *seconds >= 1.0);
    causes.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    causes.truncate(CAUSES);
    let causes: Vec<_> =
        causes.iter().map(|(cause, seconds)| format!("{cause} {}", length(*seconds))).collect();
    if causes.is_empty() { String::new() } else { format!("{aspect}: {}", causes.join(", ")) }
}

fn length(seconds: f64) -> String {
    match seconds {
        short if short < 90.0 => format!("{short:.0} s"),
        middling if middling < 5400.0 => format!("{:.0} min", middling / 60.0),
        long => format!("{:.1} h", long / 3600.0),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_looks_whole_that_is_not() {
        assert_eq!(percent(0.99999), "99.99");
        assert_eq!(percent(1.0), "100.00");
        let camera = json!({
            "configured_s": 7200.0,
            "seen": {"share": 0.5, "causes_s": {"disconnected": 3600.0}, "unknown_s": 0.0},
            "recorded": {"share": null, "causes_s": {}, "unknown_s": 7200.0},
            "analysed": {"share": 0.0, "causes_s": {"off": 30.0, "starved": 0.2}, "unknown_s": 0.0},
        });
        let expected = "gate                     50.00%  not known      0.00%        2.00  \
                        seen: disconnected 60 min; recorded: unknown 2.0 h; analysed: off 30 s";
        assert_eq!(line("gate", &camera), expected);
    }
}
