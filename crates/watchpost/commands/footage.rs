//! `watchpost footage export`: one range of one camera as one MP4.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use domain::{CameraId, StreamRole, Timestamp};
use futures::StreamExt as _;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::io::AsyncWriteExt as _;

use super::asking::Answer;
use super::service::{PurposeArgument, Service, ServiceArgument, block_on};

/// Work with recorded footage.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Save a time range of a camera as one MP4: original pictures, nothing transcoded. Where privacy
    /// masks lie over it, or with --h264, a viewing copy, which is not the original and says so; ten
    /// minutes at most.
    Export(ExportArguments),
}

#[derive(clap::Args)]
pub(crate) struct ExportArguments {
    #[command(flatten)]
    service: ServiceArgument,
    #[command(flatten)]
    purpose: PurposeArgument,
    /// The camera.
    #[arg(long)]
    camera: CameraId,
    /// First moment, as RFC 3339: 2026-03-01T07:30:00+07:00.
    #[arg(long)]
    start: Timestamp,
    /// First moment after the range.
    #[arg(long, conflicts_with = "seconds", required_unless_present = "seconds")]
    end: Option<Timestamp>,
    /// Length of the range, instead of its end.
    #[arg(long)]
    seconds: Option<u32>,
    /// Which stream: main or sub.
    #[arg(long, default_value = "main", value_parser = parse_role)]
    stream: StreamRole,
    /// A viewing copy in H.264, for players that cannot decode the original.
    #[arg(long)]
    h264: bool,
    /// Without privacy masks, where the site's policy lets you (`unmasked_roles` of the configuration).
    #[arg(long)]
    unmasked: bool,
    /// The MP4 to write; never overwritten.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Say what was saved as JSON on standard output.
    #[arg(long)]
    json: bool,
}

pub(super) fn parse_role(text: &str) -> Result<StreamRole, String> {
    match text {
        "main" => Ok(StreamRole::Main),
        "sub" => Ok(StreamRole::Sub),
        _ => Err("a stream is main or sub".to_owned()),
    }
}

pub(crate) fn execute(command: &Command) -> anyhow::Result<ExitCode> {
    let Command::Export(arguments) = command;
    block_on(export(arguments))?;
    Ok(ExitCode::SUCCESS)
}

async fn export(arguments: &ExportArguments) -> anyhow::Result<()> {
    let out = &arguments.out;
    if out.exists() {
        bail!("{} exists already: remove it or choose another name", out.display());
    }
    let length = Duration::from_secs(arguments.seconds.unwrap_or(0).into());
    let end = arguments.end.unwrap_or(arguments.start.plus(length));
    let path = format!("/api/v1/cameras/{}/footage.mp4", arguments.camera);
    let mut query = vec![
        ("start", arguments.start.to_string()),
        ("end", end.to_string()),
        ("stream", arguments.stream.as_str().to_owned()),
    ];
    if arguments.h264 {
        query.push(("rendition", "h264".to_owned()));
    }
    if arguments.unmasked {
        query.push(("masks", "off".to_owned()));
    }
    let service = Service::new(&arguments.service)?;
    arguments.purpose.state(&service).await?;
    let response = service.get(&path, &query, &[]).await?;
    let bytes = response.content_length();
    let is_copy = response.headers().contains_key("watchpost-viewing-copy");
    let partial = PathBuf::from(format!("{}.part", out.display()));
    let saved = save(response, &partial).await;
    if saved.is_err() {
        // What was begun is of no use, and its name would be in the way.
        let _ = tokio::fs::remove_file(&partial).await;
    }
    let saved = saved?;
    if bytes.is_some_and(|bytes| bytes != saved) {
        bail!("the service sent {saved} of {} bytes", bytes.unwrap_or_default());
    }
    tokio::fs::rename(&partial, out)
        .await
        .with_context(|| format!("cannot write {}", out.display()))?;
    let (camera, start) = (&arguments.camera, arguments.start);
    if arguments.json {
        super::print_json(&serde_json::json!({
            "file": out, "camera": camera, "start": start, "end": end, "bytes": saved,
            "viewing_copy": is_copy,
        }))?;
    } else {
        let what = if is_copy { " (a viewing copy, not the original)" } else { "" };
        eprintln!("{}: {camera} from {start} to {end}, {saved} bytes{what}", out.display());
    }
    Ok(())
}

async fn save(response: Answer, target: &Path) -> anyhow::Result<u64> {
    let writing = || format!("cannot write {}", target.display());
    let style =
        ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {binary_bytes_per_sec}");
    let bar = ProgressBar::new(response.content_length().unwrap_or(0))
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let mut file = tokio::fs::File::create(target).await.with_context(writing)?;
    let mut chunks = response.bytes_stream();
    let mut saved = 0;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.context("the service stopped sending")?;
        file.write_all(&chunk).await.with_context(writing)?;
        saved += chunk.len() as u64;
        bar.set_position(saved);
    }
    file.sync_all().await.with_context(writing)?;
    bar.finish_and_clear();
    Ok(saved)
}
