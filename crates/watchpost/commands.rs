//! One file per command.

mod access;
pub(crate) mod alerts;
mod asking;
pub(crate) mod audit;
pub(crate) mod cameras;
pub(crate) mod check;
pub(crate) mod coverage;
pub(crate) mod evaluate;
pub(crate) mod events;
pub(crate) mod export;
pub(crate) mod footage;
pub(crate) mod fsck;
pub(crate) mod hold;
pub(crate) mod notifications;
pub(crate) mod replay;
pub(crate) mod report;
mod service;
mod system_user;
pub(crate) mod token;
pub(crate) mod track;
pub(crate) mod unlock;
pub(crate) mod user;
pub(crate) mod verdicts;
pub(crate) mod verify;
pub(crate) mod watch;

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::bail;
use domain::AccountName;

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

/// Who acts by a command on this machine.
#[derive(clap::Args, Debug)]
pub(crate) struct OperatorArgument {
    /// Who does it, as the audit trail will say; left out: the user who called `sudo`, or who is
    /// logged in.
    #[arg(long, value_name = "NAME")]
    operator: Option<AccountName>,
}

impl OperatorArgument {
    /// Returns the name; a person who works as root without one is refused.
    fn name(&self) -> anyhow::Result<AccountName> {
        if let Some(name) = &self.operator {
            return Ok(name.clone());
        }
        let of_system = ["SUDO_USER", "USER"].into_iter().filter_map(|name| {
            std::env::var(name).ok().filter(|user| user != "root")?.parse().ok()
        });
        match of_system.into_iter().next() {
            Some(name) => Ok(name),
            None => bail!("who does this? say it by --operator NAME"),
        }
    }
}
