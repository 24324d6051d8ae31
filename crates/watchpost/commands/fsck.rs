//! `watchpost fsck`: do files and index say the same?

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;
use archive::fsck;
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
    let segments = Index::read_segments(&config.index.path).context("cannot read the segments")?;
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
                    "detail": finding.detail, "advice": finding.problem.advice(),
                })
            })
            .collect();
        super::print_json(&serde_json::json!({ "files": report.files, "findings": findings }))?;
    } else {
        let mut out = std::io::stdout().lock();
        for finding in &report.findings {
            let (problem, advice) = (finding.problem.as_str(), finding.problem.advice());
            let path = finding.path.display();
            writeln!(out, "{}: {path}: {problem}: {}", finding.volume, finding.detail)?;
            writeln!(out, "    {advice}")?;
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
