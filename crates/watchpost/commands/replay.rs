//! `watchpost replay`: a rule asked of the past, over the tracks that are stored.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use domain::{CameraId, Timestamp};
use futures::StreamExt as _;
use indicatif::ProgressBar;
use scene::CameraScene;
use serde_json::{Value, json};

use super::service::{PurposeArgument, Service, ServiceArgument, block_on};

#[derive(clap::Args)]
#[command(after_help = "\
A rule file holds what a camera's [camera.scene] holds in the configuration:

  tripwires = [{ name = \"stop\", line = [[0.2, 0.6], [0.8, 0.6]] }]
  rules = [{ id = \"crossed\", kind = \"line_crossing\", tripwire = \"stop\" }]

Every kind of rule: docs/rules/. Nothing is stored and no picture is decoded; Ctrl-C ends it.")]
pub(crate) struct Arguments {
    #[command(flatten)]
    service: ServiceArgument,
    #[command(flatten)]
    purpose: PurposeArgument,
    /// Zones, tripwires and rules, as TOML or (with a name that ends in .json) JSON.
    #[arg(long, value_name = "FILE")]
    rule: PathBuf,
    /// First moment, as RFC 3339: 2026-03-01T07:30:00+07:00.
    #[arg(long)]
    from: Timestamp,
    /// First moment after.
    #[arg(long)]
    to: Timestamp,
    /// The cameras, between commas.
    #[arg(long, required = true, value_delimiter = ',')]
    cameras: Vec<CameraId>,
    /// Whose tracks: ours, or those that the cameras tell by their metadata.
    #[arg(long, value_name = "WHOSE", default_value = "analysis", value_parser = ["analysis", "camera"])]
    source: String,
    /// One JSON object per line, as the service sends them.
    #[arg(long)]
    json: bool,
}

pub(crate) fn execute(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let scene = read_scene(&arguments.rule)?;
    block_on(replay(arguments, &scene))?;
    Ok(ExitCode::SUCCESS)
}

fn read_scene(path: &Path) -> anyhow::Result<CameraScene> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let is_json = path.extension().is_some_and(|extension| extension == "json");
    let refused = |error: String| anyhow!("{}: {error}", path.display());
    let scene: CameraScene = if is_json {
        let mut json = serde_json::Deserializer::from_str(&text);
        serde_path_to_error::deserialize(&mut json).map_err(|error| refused(error.to_string()))?
    } else {
        toml::from_str(&text).map_err(|error| refused(error.to_string()))?
    };
    let mistakes = scene.check();
    if !mistakes.is_empty() {
        let listed: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        bail!("{}: {}", path.display(), listed.join("; "));
    }
    Ok(scene)
}

async fn replay(arguments: &Arguments, scene: &CameraScene) -> anyhow::Result<()> {
    let request = json!({
        "scene": scene,
        "cameras": arguments.cameras,
        "start": arguments.from,
        "end": arguments.to,
        "source": arguments.source,
    });
    let service = Service::new(&arguments.service)?;
    arguments.purpose.state(&service).await?;
    let mut chunks = service.send("/api/v1/replays", &request).await?.bytes_stream();
    let bar = ProgressBar::new_spinner();
    bar.enable_steady_tick(Duration::from_millis(120));
    let mut pending = Vec::new();
    let mut has_ended = false;
    while let Some(chunk) = chunks.next().await {
        pending.extend_from_slice(&chunk.context("the service stopped sending")?);
        while let Some(end) = pending.iter().position(|&byte| byte == b'\n') {
            let line: Vec<u8> = pending.drain(..=end).collect();
            let line: Value = serde_json::from_slice(&line).context("a line is no JSON")?;
            has_ended |= bar.suspend(|| show(&line, &bar, arguments.json))?;
        }
    }
    bar.finish_and_clear();
    if has_ended { Ok(()) } else { Err(anyhow!("the service broke off before all was judged")) }
}

/// Shows one line of the answer; returns whether it is the last one of a replay that was finished.
fn show(line: &Value, bar: &ProgressBar, as_json: bool) -> anyhow::Result<bool> {
    if let Some(failed) = line["failed"].as_str() {
        bail!("the replay failed: {failed}");
    }
    if as_json {
        writeln!(std::io::stdout().lock(), "{line}")?;
    }
    let told = |progress: &Value| {
        format!(
            "{} of {} cameras, {} tracks, {} events",
            progress["cameras_done"], progress["cameras"], progress["tracks"], progress["events"]
        )
    };
    for rule in line["unjudged"].as_array().into_iter().flatten() {
        let text = |name: &str| rule[name].as_str().unwrap_or("").to_owned();
        let (rule, signal) = (text("rule"), text("signal"));
        bar.suspend(|| {
            eprintln!("rule \"{rule}\" finds nothing here: what its signal \"{signal}\" showed is not stored");
        });
    }
    if line["progress"].is_object() {
        bar.set_message(told(&line["progress"]));
    } else if line["event"].is_object() && !as_json {
        let event = &line["event"];
        let text = |name: &str| event[name].as_str().unwrap_or("").to_owned();
        writeln!(
            std::io::stdout().lock(),
            "{}  {:<16} {:<14} {} {}  [{}]",
            text("time"),
            text("camera"),
            text("kind"),
            text("class"),
            text("crossing"),
            text("rule"),
        )?;
    } else if line["done"].is_object() {
        let done = &line["done"];
        let seconds = done["elapsed_ms"].as_f64().unwrap_or(0.0) / 1000.0;
        eprintln!("{} in {seconds:.2} s", told(done));
        return Ok(true);
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_file_with_mistakes_is_refused_with_their_places() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rule.toml");
        std::fs::write(
            &path,
            "rules = [{ id = \"a\", kind = \"line_crossing\", tripwire = \"gate\" }]\n",
        )
        .unwrap();
        let error = format!("{:#}", read_scene(&path).unwrap_err());
        assert!(error.contains("rules[0].tripwire: there is no tripwire \"gate\""), "{error}");
        assert!(read_scene(&folder.path().join("none.toml")).is_err());

        let crossed = r#"{"zones": [{"name": "lawn", "polygon": [[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.1, 0.8]]}]}"#;
        let path = folder.path().join("rule.json");
        std::fs::write(&path, crossed).unwrap();
        let error = format!("{:#}", read_scene(&path).unwrap_err());
        assert!(error.contains("rule.json: zones[0].polygon: side 1 crosses side 3"), "{error}");
    }
}
