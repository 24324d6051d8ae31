//! `watchpost token`: services that ask without a person, each with a token that ends.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use api::Secret;
use domain::{AccountName, Clock as _, Permission, SystemClock};
use index::{Account, AccountKind, NewAccount};

use super::access::{GrantArguments, as_json, listed, open};
use crate::ConfigArgument;

#[derive(clap::Subcommand)]
#[command(after_help = "\
  watchpost token add prometheus --role administrator --whole-site --only monitor \\
      >/etc/prometheus/watchpost.token
  watchpost token add shift-room --role duty --place 'Phường Cửa Nam' --days 30

A service shows its token as \"Authorization: Bearer …\". Our own commands take it from
--token-file, WATCHPOST_TOKEN_FILE or WATCHPOST_TOKEN.")]
pub(crate) enum Command {
    /// Make a service and print its token, once.
    Add(Add),
    /// List the services, what they may do where, and until when.
    List(List),
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
pub(crate) struct List {
    #[command(flatten)]
    config: ConfigArgument,
    /// Print the services as JSON.
    #[arg(long)]
    json: bool,
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
        Command::List(arguments) => list(arguments),
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
    accounts.add(&account, now)?;
    accounts.add_token(name, &api::token_hash(&token), now, expires)?;
    eprintln!("{name}: {}, until {expires}", listed(&account.grants));
    super::print_text(&format!("{}\n", token.reveal()))
}

fn list(arguments: &List) -> anyhow::Result<ExitCode> {
    let (accounts, _) = open(&arguments.config)?;
    let services: Vec<Account> =
        accounts.list()?.into_iter().filter(|one| one.kind == AccountKind::Service).collect();
    if arguments.json {
        let shown = |one: &Account| {
            serde_json::json!({
                "name": one.name, "created": one.created, "expires": one.token_expires,
                "only": one.only, "grants": as_json(&one.grants),
            })
        };
        return super::print_json(&services.iter().map(shown).collect());
    }
    let mut out = std::io::stdout().lock();
    for one in &services {
        let until =
            one.token_expires.map_or("no token".to_owned(), |expires| format!("until {expires}"));
        let only = one.only.as_deref().map_or(String::new(), |only| {
            let words: Vec<_> = only.iter().map(|permission| permission.as_str()).collect();
            format!(", only {}", words.join(", "))
        });
        writeln!(out, "{:<20} {until:<34} {}{only}", one.name.as_str(), listed(&one.grants))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn revoke(arguments: &Which) -> anyhow::Result<ExitCode> {
    let (accounts, _) = open(&arguments.config)?;
    let name = &arguments.name;
    let known = accounts.get(name)?.with_context(|| format!("there is no service \"{name}\""))?;
    if known.kind == AccountKind::Person {
        bail!("{name} is a person: `watchpost user disable` shuts people out");
    }
    accounts.set_disabled(name, true)?;
    eprintln!("the token of {name} has ended");
    Ok(ExitCode::SUCCESS)
}
