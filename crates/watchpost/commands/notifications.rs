//! `watchpost notifications`: who is told of events and how that is going; dead letters again.

use std::io::Write as _;
use std::process::ExitCode;

use domain::TargetId;
use serde_json::Value;

use super::service::{Service, ServiceArgument, block_on};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// List the targets with their state and their dead letters.
    List(List),
    /// Send the dead letters of a target again; they arrive late, after newer events.
    Retry(Retry),
}

#[derive(clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    service: ServiceArgument,
    /// Print the answer as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
pub(crate) struct Retry {
    #[command(flatten)]
    service: ServiceArgument,
    /// The target's id.
    target: TargetId,
}

pub(crate) fn execute(command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::List(arguments) => list(arguments),
        Command::Retry(arguments) => retry(arguments),
    }
}

fn list(arguments: &List) -> anyhow::Result<ExitCode> {
    let service = Service::new(&arguments.service)?;
    let answer: Value = block_on(service.json("/api/v1/notifications", &[]))?;
    if arguments.json {
        return super::print_json(&answer);
    }
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{:<20} {:<12} {:<9} {:>8} {:>10} {:>6}  last error",
        "target", "kind", "state", "lag", "delivered", "dead"
    )?;
    for target in answer["targets"].as_array().into_iter().flatten() {
        writeln!(out, "{}", line(target))?;
        for letter in target["dead_letters"].as_array().into_iter().flatten() {
            writeln!(out, "{}", letter_line(letter))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn line(target: &Value) -> String {
    let text = |name: &str| target[name].as_str().unwrap_or("");
    format!(
        "{:<20} {:<12} {:<9} {:>8} {:>10} {:>6}  {}",
        text("id"),
        text("kind"),
        text("state"),
        target["lag"],
        target["delivered"],
        target["dead_letter_count"],
        text("last_error")
    )
}

fn letter_line(letter: &Value) -> String {
    let text = |name: &str| letter[name].as_str().unwrap_or("");
    format!(
        "    dead: {} {} of {}, given up {} after {} attempts: {}",
        letter["sequence"],
        text("event"),
        text("camera"),
        text("time"),
        letter["attempts"],
        text("reason")
    )
}

fn retry(arguments: &Retry) -> anyhow::Result<ExitCode> {
    let service = Service::new(&arguments.service)?;
    let path = format!("/api/v1/notifications/{}/retry", arguments.target);
    let answer: Value = block_on(service.post(&path))?;
    let count = answer["retrying"].as_u64().unwrap_or(0);
    let target = &arguments.target;
    let text = match count {
        0 => format!("{target} has no dead letters\n"),
        _ => format!(
            "{count} dead letters of {target} are being sent again; what it takes is gone from \
             `watchpost notifications list`\n"
        ),
    };
    super::print_text(&text)
}
