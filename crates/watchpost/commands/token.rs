//! `watchpost token`: services that ask without a person, each with a token that ends.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::bail;
use api::Secret;
use domain::{AccountName, Clock as _, Permission, SystemClock};
use evidence::SiteKey;
use index::{AccountKind, NewAccount};
use serde_json::json;

use super::access::{GrantArguments, ListArguments, known, list, listed, note, open};
use crate::ConfigArgument;
use crate::audit::restream_key;

#[derive(clap::Subcommand)]
#[command(after_help = "\
  watchpost token add prometheus --role administrator --whole-site --only monitor \\
      >/etc/prometheus/watchpost.token
  watchpost token add shift-room --role duty --place 'Phường Cửa Nam' --days 30

A service shows its token as \"Authorization: Bearer …\". Our own commands take it from
--token-file, WATCHPOST_TOKEN_FILE or WATCHPOST_TOKEN. Every change stands in the audit trail before
it is made, under the user of the operating system who makes it: system:root.")]
pub(crate) enum Command {
    /// Make a service and print its token, once.
    Add(Add),
    /// List the services, what they may do where, and until when.
    List(ListArguments),
    /// Print the password with which a service signs in over RTSP by Digest (`[restream] digest`).
    ///
    /// It is made of the service's token and the site's key, so it is the same each time, ends with the
    /// token, and is good for live views over RTSP only. The user name is the service's name.
    RestreamPassword(Which),
    /// End a service's token; it holds at once.
    Revoke(Which),
}

#[derive(clap::Args)]
pub(crate) struct Add {
    #[command(flatten)]
    config: ConfigArgument,
    /// Names the service wherever it acts; never given twice.
    name: AccountName,
    #[command(flatten)]
    granted: GrantArguments,
    /// Nothing but these of the permissions that its roles give, between commas: follow, live,
    /// handle, search, play, export, hold, assign, approve, read_audit, configure, monitor.
    #[arg(long, value_delimiter = ',', value_name = "PERMISSIONS")]
    only: Vec<Permission>,
    /// After how many days it ends.
    #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u16).range(1..=1100))]
    days: u16,
}

#[derive(clap::Args)]
pub(crate) struct Which {
    #[command(flatten)]
    config: ConfigArgument,
    /// The service.
    name: AccountName,
}

pub(crate) fn execute(command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Add(arguments) => add(arguments),
        Command::List(arguments) => list(arguments, AccountKind::Service),
        Command::RestreamPassword(arguments) => restream_password(arguments),
        Command::Revoke(arguments) => revoke(arguments),
    }
}

fn add(arguments: &Add) -> anyhow::Result<ExitCode> {
    let (accounts, config) = open(&arguments.config)?;
    let now = SystemClock::default().now();
    let name = &arguments.name;
    let grants = arguments.granted.grants(&config)?;
    let given = |permission: &&Permission| grants.iter().any(|one| one.role.may(**permission));
    if let Some(vain) = arguments.only.iter().find(|permission| !given(permission)) {
        bail!("none of these roles gives {vain}");
    }
    let only = Some(arguments.only.clone()).filter(|only| !only.is_empty());
    let account = NewAccount {
        name: name.clone(),
        kind: AccountKind::Service,
        display_name: name.to_string(),
        password: None,
        only,
        grants,
    };
    let token = Secret::token()?;
    let expires = now.plus(Duration::from_secs(86_400 * u64::from(arguments.days)));
    if accounts.get(name)?.is_some() {
        bail!("the name \"{name}\" was given before, and names are never given twice");
    }
    let what = json!({
        "act": "add_token", "grants": account.grants, "only": account.only, "expires": expires,
    });
    note(&config, name, what)?;
    accounts.add(&account, now)?;
    accounts.add_token(name, &api::token_hash(&token), now, expires)?;
    eprintln!("{name}: {}, until {expires}", listed(&account.grants));
    super::print_text(&format!("{}\n", token.reveal()))
}

fn restream_password(arguments: &Which) -> anyhow::Result<ExitCode> {
    let (accounts, config) = open(&arguments.config)?;
    let name = &arguments.name;
    known(&accounts, name)?;
    let tokens = accounts.tokens_of(name, SystemClock::default().now())?;
    if tokens.is_empty() {
        bail!("{name} has no token that is good: `watchpost token add` makes a service with one");
    }
    let key = restream_key(&SiteKey::open(&config.key_file())?);
    note(&config, name, json!({ "act": "show_restream_password" }))?;
    let lines: String = tokens.iter().map(|token| key.password_of(token) + "\n").collect();
    eprintln!("{name}: user name \"{name}\", good for RTSP only");
    super::print_text(&lines)
}

fn revoke(arguments: &Which) -> anyhow::Result<ExitCode> {
    let (accounts, config) = open(&arguments.config)?;
    let name = &arguments.name;
    let known = known(&accounts, name)?;
    if known.kind == AccountKind::Person {
        bail!("{name} is a person: `watchpost user disable` shuts people out");
    }
    note(&config, name, json!({ "act": "revoke_token" }))?;
    accounts.set_disabled(name, true)?;
    eprintln!("the token of {name} has ended");
    Ok(ExitCode::SUCCESS)
}
