//! `watchpost audit`: is the trail of who did what whole, and what does it say?

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use domain::{AccountName, AuditAction, AuditDraft, ChainedEntry, Clock as _, SystemClock};
use domain::{TimeRange, Timestamp};
use evidence::chain::Whole;
use evidence::{Digest, PublicKey, SiteKey, chain};
use index::{AuditQuery, AuditTrail, Custody};

use super::OperatorArgument;
use crate::ConfigArgument;
use crate::{audit, config};

/// Check and read the trail of who did what.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Follow the trail from its first entry on; exit code 1 if anything was changed.
    Verify(VerifyArguments),
    /// List entries, newest first. That they were read is noted, too.
    List(ListArguments),
}

#[derive(clap::Args)]
#[command(after_help = "\
Every entry holds the hash of the one before, and the last hash is signed hourly and on stop. This
finds an entry that was edited, removed, moved or added, a trail that was cut off or written anew
after it was signed, and heads that were forged or removed. Run it beside the service or after it.

What was cut off since the last signed head, together with the database's own count, is not found; nor
is what somebody does who holds the site's key: give --heads with what [audit] copy_to wrote elsewhere.

Examples:
  watchpost audit verify --config /etc/watchpost/watchpost.toml
  watchpost audit verify --heads /mnt/other/watchpost-heads.jsonl --key public-key.pem")]
pub(crate) struct VerifyArguments {
    #[command(flatten)]
    config: ConfigArgument,
    /// Signed heads in a second place; left out: those of [audit] copy_to, if it is set.
    #[arg(long, value_name = "FILE")]
    heads: Option<PathBuf>,
    /// The site's public key as PEM; left out: that of the site's own signing key.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Say it as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
#[command(after_help = "\
Example:
  watchpost audit list --case 01/2026 --limit 20")]
pub(crate) struct ListArguments {
    #[command(flatten)]
    config: ConfigArgument,
    #[command(flatten)]
    operator: OperatorArgument,
    /// Only for this case.
    #[arg(long)]
    case: Option<String>,
    /// Only by this account, or by this user of the operating system: system:root.
    #[arg(long, value_parser = AccountName::of_actor)]
    actor: Option<AccountName>,
    /// Only of this word: exported, viewed, hold_placed …
    #[arg(long)]
    action: Option<String>,
    /// Only what was done to something whose name holds this text: a camera, an account.
    #[arg(long)]
    object: Option<String>,
    /// First moment, as RFC 3339: 2026-03-01T07:30:00+07:00.
    #[arg(long)]
    from: Option<Timestamp>,
    /// First moment after.
    #[arg(long)]
    to: Option<Timestamp>,
    /// Only entries before this number: to page on.
    #[arg(long)]
    before: Option<u64>,
    /// How many at most, 1 to 1000.
    #[arg(long, default_value_t = 100)]
    limit: usize,
    /// One JSON object per line.
    #[arg(long)]
    json: bool,
}

pub(crate) fn execute(command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Verify(arguments) => verify(arguments),
        Command::List(arguments) => list(arguments),
    }
}

fn verify(arguments: &VerifyArguments) -> anyhow::Result<ExitCode> {
    let (config, _) = config::load(&arguments.config.config)?;
    let key = match &arguments.key {
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            PublicKey::from_pem(&text).with_context(|| path.display().to_string())?
        }
        None => SiteKey::open(&config.key_file())?.public(),
    };
    let trail = AuditTrail::open(&config.index.path).context("cannot open the audit trail")?;
    let mut heads = trail.heads()?;
    let copy = arguments.heads.as_ref().or(config.audit.copy_to.as_ref());
    if let Some(copy) = copy {
        heads.extend(audit::read_heads(copy)?);
    }
    let outcome = api::follow_trail(&trail, &key, heads)?;
    let place = config.index.path.join("core.db");
    let place = place.display();
    let beside = if copy.is_some() { " here and in the second place" } else { "" };
    if arguments.json {
        super::print_json(&match &outcome {
            Ok(whole) => serde_json::json!({
                "whole": true, "entries": whole.entries, "heads": whole.heads,
                "unsigned": whole.unsigned, "key": key.fingerprint(),
            }),
            Err(broken) => serde_json::json!({ "whole": false, "problem": broken.to_string() }),
        })?;
    } else {
        let mut out = std::io::stdout().lock();
        match &outcome {
            Ok(Whole { entries, heads, unsigned }) => writeln!(
                out,
                "{place}: whole: {entries} entries, {heads} signed heads{beside}, {unsigned} \
                 entries since the last; key {}",
                key.fingerprint()
            )?,
            Err(broken) => writeln!(out, "{place}: NOT WHOLE: {broken}")?,
        }
    }
    Ok(if outcome.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn list(arguments: &ListArguments) -> anyhow::Result<ExitCode> {
    let (config, _) = config::load(&arguments.config.config)?;
    let operator = arguments.operator.name()?;
    let range = TimeRange {
        start: arguments.from.unwrap_or(Timestamp::MIN),
        end: arguments.to.unwrap_or(Timestamp::MAX),
    };
    if range.end <= range.start {
        bail!("--to must be after --from");
    }
    let query = AuditQuery {
        range,
        case: arguments.case.clone(),
        actor: arguments.actor.clone(),
        action: arguments.action.clone(),
        object: arguments.object.clone(),
        before: arguments.before,
        limit: arguments.limit,
    };
    let mut custody = Custody::open(&config.index.path).context("cannot open the audit trail")?;
    let found = custody.audit(&query)?;
    // Who reads is written down before it is shown.
    let read = AuditDraft {
        time: SystemClock::default().now(),
        actor: operator,
        action: AuditAction::AuditRead,
        object: "audit".to_owned(),
        case: arguments.case.clone(),
        purpose: None,
        detail: serde_json::json!({
            "actor": arguments.actor, "action": arguments.action, "entries": found.len(),
            "via": "command",
        })
        .to_string(),
    };
    custody.append_audit(&read, chain::link)?;
    for entry in &found {
        super::print_entry(&body(entry), arguments.json, line)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn body(chained: &ChainedEntry) -> serde_json::Value {
    let entry = &chained.entry;
    serde_json::json!({
        "seq": entry.seq, "time": entry.time, "actor": entry.actor, "action": entry.action,
        "object": entry.object, "case": entry.case, "purpose": entry.purpose,
        "detail": entry.detail, "hash": Digest(chained.hash),
    })
}

/// Returns an entry for people; what would move a terminal's cursor is shown, not done.
fn line(entry: &serde_json::Value) -> String {
    let text = |name: &str| {
        let text = entry[name].as_str().unwrap_or("");
        text.chars()
            .flat_map(|letter| match letter.is_control() {
                true => letter.escape_default().collect::<Vec<_>>(),
                false => vec![letter],
            })
            .collect::<String>()
    };
    let case =
        if entry["case"].is_null() { String::new() } else { format!("  case {}", text("case")) };
    format!(
        "{:>6}  {}  {:<14} {:<16} {}{case}  {}",
        entry["seq"],
        text("time"),
        text("actor"),
        text("action"),
        text("object"),
        text("detail"),
    )
}
