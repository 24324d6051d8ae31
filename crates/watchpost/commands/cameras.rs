//! `watchpost cameras`: every stream with its state.

use std::io::Write as _;
use std::process::ExitCode;

use serde_json::Value;

use super::service::{Service, ServiceArgument, block_on};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    service: ServiceArgument,
    /// Print the cameras as GeoJSON.
    #[arg(long)]
    json: bool,
}

pub(crate) fn execute(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let service = Service::new(&arguments.service)?;
    let cameras: Value = block_on(service.json("/api/v1/cameras", &[]))?;
    if arguments.json {
        return super::print_json(&cameras);
    }
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{:<20} {:<6} {:<14} {:<6} {:>10} {:>7} {:>9} {:>9}  detail",
        "camera", "stream", "state", "codec", "size", "pict/s", "kbit/s", "clock ms"
    )?;
    for feature in cameras["features"].as_array().into_iter().flatten() {
        let properties = &feature["properties"];
        for stream in properties["streams"].as_array().into_iter().flatten() {
            writeln!(out, "{}", line(feature["id"].as_str().unwrap_or("?"), stream))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn line(camera: &str, stream: &Value) -> String {
    let text = |name: &str| stream[name].as_str().unwrap_or("-");
    let number = |name: &str| stream[name].as_f64().map_or("-".to_owned(), |n| format!("{n:.0}"));
    let size = match (stream["width"].as_u64(), stream["height"].as_u64()) {
        (Some(width), Some(height)) => format!("{width}x{height}"),
        _ => "-".to_owned(),
    };
    format!(
        "{camera:<20} {:<6} {:<14} {:<6} {size:>10} {:>7} {:>9} {:>9}  {}",
        text("stream"),
        text("state"),
        text("codec"),
        number("pictures_per_second"),
        number("kbit_per_second"),
        number("clock_error_ms"),
        stream["detail"].as_str().unwrap_or("")
    )
}
