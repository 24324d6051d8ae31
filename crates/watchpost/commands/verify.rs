//! `watchpost verify`: does a sealed package hold?

use std::fs::File;
use std::io::{BufReader, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use evidence::{Digest, Mismatch};
use indicatif::{ProgressBar, ProgressStyle};

#[derive(clap::Args)]
#[command(after_help = "\
Reads the package alone: no network, no database, nothing is unpacked. Says in one line what holds and
what does not; exit code 1 if anything does not. One changed byte anywhere is found.

A package shows only that whoever holds its key sealed it. Ask the site for the fingerprint of its key
by another way (the service logs it at its start) and give it by --key.

Example:
  watchpost verify case-01.zip --key 3b1f…64 hexadecimal digits")]
pub(crate) struct Arguments {
    /// The package.
    #[arg(value_name = "PACKAGE")]
    package: PathBuf,
    /// The fingerprint of the site's key, as the site says it.
    #[arg(long, value_name = "SHA256")]
    key: Option<Digest>,
    /// Say it as JSON, with the package's manifest.
    #[arg(long)]
    json: bool,
}

pub(crate) fn execute(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let package = arguments.package.display();
    let file = File::open(&arguments.package).with_context(|| format!("cannot open {package}"))?;
    let bar = ProgressBar::new(0).with_style(
        ProgressStyle::with_template("{spinner} {bar:40} {bytes}/{total_bytes}, {eta} left")
            .unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    let mut progress = |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    };
    let verdict =
        evidence::verify(&mut BufReader::new(file), arguments.key.as_ref(), &mut progress)
            .with_context(|| package.to_string())?;
    bar.finish_and_clear();
    if arguments.json {
        let mismatches: Vec<_> = verdict.mismatches.iter().map(Mismatch::to_string).collect();
        super::print_json(&serde_json::json!({
            "package": arguments.package, "holds": verdict.holds(), "files": verdict.files,
            "whole": verdict.whole, "signed": verdict.signed, "mismatches": mismatches,
            "recorded_files": verdict.footage.as_ref().map(|proven| proven.files),
            "chained_files": verdict.footage.as_ref().map(|proven| proven.chained),
            "chained_by": verdict.footage.as_ref().and_then(|proven| proven.sealed),
            "stamped": verdict.stamped,
            "manifest": verdict.manifest,
        }))?;
    } else {
        writeln!(std::io::stdout().lock(), "{package}: {verdict}")?;
    }
    Ok(if verdict.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
