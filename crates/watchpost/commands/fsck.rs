//! `watchpost fsck`: do files and index say the same?

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use archive::fsck;
use domain::{Clock, Segment, SegmentId, SystemClock};
use index::Index;
use indicatif::{ProgressBar, ProgressStyle};

use crate::ConfigArgument;
use crate::{config, run};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    config: ConfigArgument,
    /// Read every file and compare its hash, too: as slow as the disk.
    #[arg(long)]
    deep: bool,
    /// Print the findings as JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) fn execute(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let (config, _) = config::load(&arguments.config.config)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let index = run::open_index(&config, &clock)?;
    let segments = all_segments(&index)?;
    let bar = ProgressBar::new(0).with_style(
        ProgressStyle::with_template("{spinner} {bar:40} {pos}/{len} files, {eta} left")
            .unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    let mut progress = |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    };
    let report = fsck::check(&run::volumes(&config), &segments, arguments.deep, &mut progress);
    bar.finish_and_clear();
    if arguments.json {
        let findings: Vec<_> = report
            .findings
            .iter()
            .map(|finding| {
                serde_json::json!({
                    "volume": finding.volume, "path": finding.path,
                    "segment": finding.segment, "problem": finding.problem.as_str(),
                    "detail": finding.detail,
                })
            })
            .collect();
        super::print_json(&serde_json::json!({ "files": report.files, "findings": findings }))?;
    } else {
        let mut out = std::io::stdout().lock();
        for finding in &report.findings {
            let problem = finding.problem.as_str();
            let path = finding.path.display();
            writeln!(out, "{}: {path}: {problem}: {}", finding.volume, finding.detail)?;
        }
        let verdict = match report.findings.len() {
            0 => "all is well".to_owned(),
            1 => "1 finding".to_owned(),
            count => format!("{count} findings"),
        };
        writeln!(out, "{} files, {} segments: {verdict}", report.files, segments.len())?;
    }
    Ok(if report.findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Reads the rows of all segments, page by page.
fn all_segments(index: &Index) -> anyhow::Result<Vec<Segment>> {
    const PAGE: usize = 10_000;
    let mut segments: Vec<Segment> = Vec::new();
    loop {
        let after = segments.last().map_or(SegmentId(0), |last| last.id);
        let page = index.segments_from(after, PAGE).context("cannot read the segments")?;
        if page.is_empty() {
            return Ok(segments);
        }
        segments.extend(page);
    }
}
