//! One file per command.

mod access;
pub(crate) mod alerts;
pub(crate) mod cameras;
pub(crate) mod check;
pub(crate) mod coverage;
pub(crate) mod evaluate;
pub(crate) mod events;
pub(crate) mod footage;
pub(crate) mod fsck;
pub(crate) mod notifications;
pub(crate) mod replay;
pub(crate) mod report;
mod service;
pub(crate) mod token;
pub(crate) mod track;
pub(crate) mod user;
pub(crate) mod verdicts;
pub(crate) mod watch;

use std::io::Write as _;
use std::process::ExitCode;

/// Prints `value` as indented JSON on standard output.
pub(crate) fn print_json(value: &serde_json::Value) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, value)?;
    writeln!(out)?;
    Ok(ExitCode::SUCCESS)
}

/// Prints one entry of a list as a line: JSON, or what `line` makes of it for people.
fn print_entry(
    entry: &serde_json::Value,
    json: bool,
    line: fn(&serde_json::Value) -> String,
) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    if json {
        writeln!(out, "{entry}")?
    } else {
        writeln!(out, "{}", line(entry))?
    }
    Ok(())
}

/// Prints `text` on standard output.
pub(crate) fn print_text(text: &str) -> anyhow::Result<ExitCode> {
    std::io::stdout().lock().write_all(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
