//! `watchpost report`: the report of a shift or a day as one HTML page, to be printed and filed.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use domain::Timestamp;

use super::service::{Service, ServiceArgument, block_on};

/// Makes the page and writes it to a file.
///
/// Without --start it begins with the latest hand-over of the shift; the day of 1 March is
/// `--start 2026-03-01T00:00:00+07:00 --end 2026-03-02T00:00:00+07:00`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    service: ServiceArgument,
    /// First moment, as RFC 3339; the latest hand-over if left out, or 8 hours before the end.
    #[arg(long)]
    start: Option<Timestamp>,
    /// First moment after; now if left out.
    #[arg(long)]
    end: Option<Timestamp>,
    /// The language: vi or en.
    #[arg(long, default_value = "vi", value_parser = ["vi", "en"])]
    lang: String,
    /// Where to write the page; never overwritten.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub(crate) fn execute(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let mut query = vec![("lang", arguments.lang.clone())];
    let times = [("start", arguments.start), ("end", arguments.end)];
    query.extend(times.iter().filter_map(|(name, time)| Some((*name, (*time)?.to_string()))));
    let service = Service::new(&arguments.service)?;
    let page = block_on(async {
        let answer = service.get("/api/v1/reports/shift", &query, &[]).await?;
        answer.bytes().await.context("the report broke off")
    })?;
    let out = &arguments.out;
    let writing = || format!("cannot write {}", out.display());
    let mut file = std::fs::File::create_new(out).with_context(writing)?;
    file.write_all(&page).with_context(writing)?;
    super::print_text(&format!("{}\n", out.display()))
}
