//! `watchpost verdicts`: what closed alerts came to, by camera and rule, and how much that proves.

use std::io::Write as _;
use std::process::ExitCode;

use domain::Timestamp;
use serde_json::Value;

use super::service::{Service, ServiceArgument, block_on};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    service: ServiceArgument,
    /// Only alerts from this moment on, as RFC 3339: 2026-03-01T00:00:00+07:00; default: all.
    #[arg(long)]
    start: Option<Timestamp>,
    /// Only alerts before this moment.
    #[arg(long)]
    end: Option<Timestamp>,
    /// Print the answer as JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) fn execute(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let times = [("start", arguments.start), ("end", arguments.end)];
    let query: Vec<_> =
        times.iter().filter_map(|(name, time)| Some((*name, (*time)?.to_string()))).collect();
    let service = Service::new(&arguments.service)?;
    let answer: Value = block_on(service.json("/api/v1/verdicts", &query))?;
    if arguments.json {
        return super::print_json(&answer);
    }
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{:<20} {:<20} {:<18} {:>6} {:>6} {:>6} {:>6}  precision (95 %)",
        "camera", "rule", "kind", "true", "false", "dupl.", "none"
    )?;
    for row in answer["verdicts"].as_array().into_iter().flatten() {
        writeln!(out, "{}", line(row))?;
    }
    let mut total = answer["total"].clone();
    total["camera"] = "all".into();
    writeln!(out, "{}", line(&total))?;
    Ok(ExitCode::SUCCESS)
}

fn line(row: &Value) -> String {
    let text = |name: &str| row[name].as_str().unwrap_or("");
    let count = |name: &str| row[name].as_u64().unwrap_or(0);
    let percent = |name: &str| row["precision"][name].as_f64().map(|share| share * 100.0);
    let precision = match (percent("value"), percent("low_95"), percent("high_95")) {
        (Some(value), Some(low), Some(high)) => format!("{value:.1} % ({low:.0}–{high:.0})"),
        _ => "–".to_owned(),
    };
    format!(
        "{:<20} {:<20} {:<18} {:>6} {:>6} {:>6} {:>6}  {precision}",
        text("camera"),
        text("rule"),
        text("kind"),
        count("true"),
        count("false"),
        count("duplicate"),
        count("no_action")
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_says_how_much_few_verdicts_prove() {
        let row = json!({
            "camera": "gate", "rule": "fence", "kind": "intrusion", "true": 31, "false": 2,
            "duplicate": 4, "no_action": 0,
            "precision": {"value": 31.0 / 33.0, "low_95": 0.8, "high_95": 0.983},
        });
        let line = line(&row);
        assert!(line.starts_with("gate                 fence                intrusion"), "{line}");
        assert!(line.ends_with("31      2      4      0  93.9 % (80–98)"), "{line}");
    }
}
