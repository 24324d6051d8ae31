//! `watchpost hold`: keeps footage of a case from being deleted, and lets it go by two people or at a
//! time given before.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;
use domain::{Actor, CameraId, Clock as _, Signature, SystemClock, Timestamp};
use evidence::chain;
use index::{Custody, HoldAct, HoldDraft, StoredAlert, StoredHold};

use super::OperatorArgument;
use crate::ConfigArgument;
use crate::config;

/// Keep footage of a case from being deleted.
#[derive(clap::Subcommand)]
#[command(after_help = "\
A hold names cameras and time, not files: footage that is still to be recorded is held, too. It is
stronger than retention and than a full disk. To lift it one person asks and another agrees. With
--until it ends by itself as well, which the audit trail tells before anything of it is deleted; a
service that does not run ends nothing until it starts.

Examples:
  watchpost hold place --case 01/2026 --reason \"accident\" --camera trang-tien \\
      --from 2026-03-01T07:00:00+07:00 --to 2026-03-01T09:00:00+07:00
  watchpost hold place --case 02/2026 --reason \"ordered for 90 days\" --camera trang-tien \\
      --from 2026-03-01T07:00:00+07:00 --until 2026-06-01T00:00:00+07:00
  watchpost hold list
  watchpost hold ask-lift 1 --reason \"the case is closed\" --operator lan
  watchpost hold lift 1 --operator minh")]
pub(crate) enum Command {
    /// Hold footage of these cameras and this time.
    Place(PlaceArguments),
    /// List the holds.
    List(ListArguments),
    /// Ask that a hold be lifted.
    AskLift(AskArguments),
    /// Agree that a hold be lifted: another person than the one who asked.
    Lift(LiftArguments),
}

#[derive(clap::Args)]
pub(crate) struct PlaceArguments {
    #[command(flatten)]
    config: ConfigArgument,
    #[command(flatten)]
    operator: OperatorArgument,
    /// The number of the case.
    #[arg(long)]
    case: String,
    /// The reason, in words.
    #[arg(long)]
    reason: String,
    /// A camera; once for each, or between commas. Left out: all, those to come among them.
    #[arg(long = "camera", value_delimiter = ',')]
    cameras: Vec<CameraId>,
    /// First moment, as RFC 3339: 2026-03-01T07:30:00+07:00.
    #[arg(long)]
    from: Timestamp,
    /// First moment after; left out: as long as the hold is in force.
    #[arg(long)]
    to: Option<Timestamp>,
    /// When the hold ends by itself; left out: not before two people lift it.
    #[arg(long)]
    until: Option<Timestamp>,
}

#[derive(clap::Args)]
pub(crate) struct ListArguments {
    #[command(flatten)]
    config: ConfigArgument,
    /// Those that were lifted or have ended, too.
    #[arg(long)]
    all: bool,
    /// One JSON object per line.
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
pub(crate) struct AskArguments {
    #[command(flatten)]
    config: ConfigArgument,
    #[command(flatten)]
    operator: OperatorArgument,
    /// The hold's number.
    hold: u64,
    /// Why it may be lifted.
    #[arg(long)]
    reason: String,
}

#[derive(clap::Args)]
pub(crate) struct LiftArguments {
    #[command(flatten)]
    config: ConfigArgument,
    #[command(flatten)]
    operator: OperatorArgument,
    /// The hold's number.
    hold: u64,
}

pub(crate) fn execute(command: &Command) -> anyhow::Result<ExitCode> {
    let now = SystemClock::default().now();
    match command {
        Command::Place(arguments) => {
            let draft = HoldDraft {
                case: arguments.case.clone(),
                reason: arguments.reason.clone(),
                cameras: arguments.cameras.clone(),
                start: arguments.from,
                end: arguments.to,
                until: arguments.until,
                by: arguments.operator.name()?,
                at: now,
            };
            let placed = open(&arguments.config)?.place_hold(&draft, chain::link)?;
            eprintln!("in force: {}", line(&body(&placed)));
        }
        Command::List(arguments) => {
            for hold in open(&arguments.config)?.holds(arguments.all)? {
                super::print_entry(&body(&hold), arguments.json, line)?;
            }
        }
        Command::AskLift(arguments) => {
            let act = HoldAct { by: arguments.operator.name()?, at: now };
            let (id, why) = (arguments.hold, &arguments.reason);
            let asked = open(&arguments.config)?.ask_to_lift_hold(id, &act, why, chain::link)?;
            eprintln!("still in force until another person agrees: {}", line(&body(&asked)));
        }
        Command::Lift(arguments) => {
            let act = HoldAct { by: arguments.operator.name()?, at: now };
            let signed = Signature { by: Actor::Account(act.by.clone()), at: act.at };
            let release = |stored: &StoredAlert| {
                alerts::release(&stored.handling, stored.alert.severity, signed)
            };
            let mut custody = open(&arguments.config)?;
            let lifted = custody.lift_hold(arguments.hold, &act, release, chain::link)?;
            writeln!(std::io::stderr(), "lifted: {}", line(&body(&lifted)))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn open(config: &ConfigArgument) -> anyhow::Result<Custody> {
    let (config, _) = config::load(&config.config)?;
    Custody::open(&config.index.path).context("cannot open the holds")
}

fn body(stored: &StoredHold) -> serde_json::Value {
    let act = |act: &HoldAct| serde_json::json!({ "by": act.by, "at": act.at });
    let hold = &stored.hold;
    serde_json::json!({
        "id": stored.id, "case": hold.case, "reason": hold.reason, "cameras": hold.cameras,
        "start": hold.start, "end": hold.end, "until": hold.until,
        "placed": { "by": hold.by, "at": hold.at },
        "lift_asked": stored.lift_asked.as_ref().map(act),
        "lifted": stored.lifted.as_ref().map(act), "ended": stored.ended,
    })
}

fn line(hold: &serde_json::Value) -> String {
    let text = |value: &serde_json::Value| value.as_str().unwrap_or("").to_owned();
    let cameras: Vec<String> =
        hold["cameras"].as_array().into_iter().flatten().map(&text).collect();
    let cameras = if cameras.is_empty() { "all cameras".to_owned() } else { cameras.join(", ") };
    let end = if hold["end"].is_null() {
        "as long as it is in force".to_owned()
    } else {
        text(&hold["end"])
    };
    let until = if hold["until"].is_null() {
        "until two people lift it".to_owned()
    } else {
        format!("until {} at the latest", text(&hold["until"]))
    };
    let state = if !hold["lifted"].is_null() {
        format!("lifted by {}", text(&hold["lifted"]["by"]))
    } else if !hold["ended"].is_null() {
        format!("ended by itself at {}", text(&hold["ended"]))
    } else if !hold["lift_asked"].is_null() {
        format!("{} asks to lift it", text(&hold["lift_asked"]["by"]))
    } else {
        format!("placed by {}", text(&hold["placed"]["by"]))
    };
    format!(
        "hold {} for case {}: {cameras}, {} to {end}; {until}; {state}; {}",
        hold["id"],
        text(&hold["case"]),
        text(&hold["start"]),
        text(&hold["reason"]),
    )
}
