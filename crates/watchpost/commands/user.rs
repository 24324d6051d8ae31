//! `watchpost user`: who may sign in, and what they may do where.

use std::io::{IsTerminal as _, Read as _};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use api::Secret;
use domain::{AccountName, Clock as _, SystemClock};
use index::{AccountKind, Accounts, NewAccount};
use serde_json::json;

use super::access::{GrantArguments, ListArguments, known, list, listed, note, open};
use crate::ConfigArgument;

/// A longer line is no password.
const LONGEST_LINE: u64 = 4096;

#[derive(clap::Subcommand)]
#[command(after_help = "\
Works beside the running service, or while it is stopped, as the user that runs the service:

  runuser -u watchpost -- watchpost user add lan --display-name 'Nguyễn Thị Lan' \\
      --role duty --place 'Phường Cửa Nam'

The first administrator is made like everybody else: --role administrator --whole-site. There is no account and
no password before that. A password is asked for on the terminal, or read from standard input; it
is never an argument, which others on the machine could read. It is taken as the person's own: have them
type it. With --temporary or --random-password they must set another when they first sign in.

Every change stands in the audit trail before it is made, under the user of the operating system who
makes it: system:root.")]
pub(crate) enum Command {
    /// Make an account for a person.
    Add(Add),
    /// List who may do what where.
    List(ListArguments),
    /// Grant a further role.
    Grant(Change),
    /// Take a role away, as it was granted; it holds at once.
    Revoke(Change),
    /// Shut a person out, with all sessions; nothing else of them is forgotten.
    Disable(Which),
    /// Let a person in again.
    Enable(Which),
    /// Set a new password; ends all sessions.
    Password(Password),
}

#[derive(clap::Args)]
pub(crate) struct Add {
    #[command(flatten)]
    config: ConfigArgument,
    /// The name to sign in with; never given twice.
    name: AccountName,
    /// How people call them; the name if left out.
    #[arg(long)]
    display_name: Option<String>,
    #[command(flatten)]
    granted: GrantArguments,
    #[command(flatten)]
    password: PasswordArguments,
}

/// Which password, and whose.
#[derive(clap::Args)]
pub(crate) struct PasswordArguments {
    /// Make a password at random and print it, once; its owner sets another at the first sign-in.
    #[arg(long)]
    random_password: bool,
    /// The password is not typed by its owner, who sets another at the first sign-in.
    #[arg(long)]
    temporary: bool,
}

impl PasswordArguments {
    fn is_given(&self) -> bool {
        self.random_password || self.temporary
    }
}

#[derive(clap::Args)]
pub(crate) struct Change {
    #[command(flatten)]
    config: ConfigArgument,
    /// The account.
    name: AccountName,
    #[command(flatten)]
    granted: GrantArguments,
}

#[derive(clap::Args)]
pub(crate) struct Which {
    #[command(flatten)]
    config: ConfigArgument,
    /// The account.
    name: AccountName,
}

#[derive(clap::Args)]
pub(crate) struct Password {
    #[command(flatten)]
    config: ConfigArgument,
    /// The account.
    name: AccountName,
    #[command(flatten)]
    password: PasswordArguments,
}

pub(crate) fn execute(command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Add(arguments) => add(arguments),
        Command::List(arguments) => list(arguments, AccountKind::Person),
        Command::Grant(arguments) => grant(arguments),
        Command::Revoke(arguments) => revoke(arguments),
        Command::Disable(arguments) => set_disabled(arguments, true),
        Command::Enable(arguments) => set_disabled(arguments, false),
        Command::Password(arguments) => password(arguments),
    }
}

fn add(arguments: &Add) -> anyhow::Result<ExitCode> {
    let (accounts, config) = open(&arguments.config)?;
    let grants = arguments.granted.grants(&config)?;
    let name = &arguments.name;
    if accounts.get(name)?.is_some() {
        bail!("the name \"{name}\" was given before, and names are never given twice");
    }
    let chosen = Chosen::new(arguments.password.random_password)?;
    let account = NewAccount {
        name: name.clone(),
        kind: AccountKind::Person,
        display_name: arguments.display_name.clone().unwrap_or_else(|| name.to_string()),
        password: Some(chosen.hash()?),
        only: None,
        grants,
    };
    let is_given = arguments.password.is_given();
    note(&config, name, json!({ "act": "add", "grants": account.grants, "given": is_given }))?;
    let now = SystemClock::default().now();
    if is_given {
        accounts.add_with_given_password(&account, now)?;
    } else {
        accounts.add(&account, now)?;
    }
    eprintln!("{name} may sign in: {}", listed(&account.grants));
    chosen.tell()
}

fn grant(arguments: &Change) -> anyhow::Result<ExitCode> {
    let (accounts, config) = open(&arguments.config)?;
    let grants = arguments.granted.grants(&config)?;
    known(&accounts, &arguments.name)?;
    for grant in grants {
        note(&config, &arguments.name, json!({ "act": "grant", "grant": grant }))?;
        accounts.grant(&arguments.name, &grant)?;
    }
    tell(&accounts, &arguments.name)
}

fn revoke(arguments: &Change) -> anyhow::Result<ExitCode> {
    let (accounts, config) = open(&arguments.config)?;
    for grant in arguments.granted.unchecked()? {
        if !known(&accounts, &arguments.name)?.grants.contains(&grant) {
            bail!("{} was not granted {}", arguments.name, listed(std::slice::from_ref(&grant)));
        }
        note(&config, &arguments.name, json!({ "act": "revoke", "grant": grant }))?;
        accounts.revoke(&arguments.name, &grant)?;
    }
    tell(&accounts, &arguments.name)
}

fn set_disabled(arguments: &Which, disabled: bool) -> anyhow::Result<ExitCode> {
    let (accounts, config) = open(&arguments.config)?;
    known(&accounts, &arguments.name)?;
    let act = if disabled { "close" } else { "open" };
    note(&config, &arguments.name, json!({ "act": act }))?;
    accounts.set_disabled(&arguments.name, disabled)?;
    eprintln!("{} {}", arguments.name, if disabled { "is shut out" } else { "may sign in" });
    Ok(ExitCode::SUCCESS)
}

fn password(arguments: &Password) -> anyhow::Result<ExitCode> {
    let (accounts, config) = open(&arguments.config)?;
    let name = &arguments.name;
    let known = known(&accounts, name)?;
    if known.kind == AccountKind::Service {
        bail!("{name} is a service: it has a token in place of a password");
    }
    let chosen = Chosen::new(arguments.password.random_password)?;
    let (hash, is_given) = (chosen.hash()?, arguments.password.is_given());
    note(&config, name, json!({ "act": "password", "given": is_given }))?;
    if is_given {
        accounts.give_password(name, &hash)?;
    } else {
        accounts.set_password(name, &hash)?;
    }
    eprintln!("{name} has a new password and signs in anew");
    chosen.tell()
}

fn tell(accounts: &Accounts, name: &AccountName) -> anyhow::Result<ExitCode> {
    let account = known(accounts, name)?;
    eprintln!("{name}: {}", listed(&account.grants));
    Ok(ExitCode::SUCCESS)
}

/// A password, and whether somebody has to be told of it.
enum Chosen {
    Typed(String),
    Random(Secret),
}

impl Chosen {
    fn new(random: bool) -> anyhow::Result<Self> {
        if random {
            return Ok(Self::Random(Secret::password()?));
        }
        if !std::io::stdin().is_terminal() {
            let mut text = String::new();
            std::io::stdin().lock().take(LONGEST_LINE).read_to_string(&mut text)?;
            return Ok(Self::Typed(text.trim_end_matches(['\r', '\n']).to_owned()));
        }
        let first = ask("password: ")?;
        api::check_password(&first)?;
        if ask("once more: ")? != first {
            bail!("the two are not the same: nothing has changed");
        }
        Ok(Self::Typed(first))
    }

    fn hash(&self) -> anyhow::Result<String> {
        let text = match self {
            Self::Typed(text) => text,
            Self::Random(secret) => secret.reveal(),
        };
        Ok(api::hash_password(text)?)
    }

    /// Prints what nobody knows yet.
    fn tell(&self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Typed(_) => Ok(ExitCode::SUCCESS),
            Self::Random(secret) => super::print_text(&format!("{}\n", secret.reveal())),
        }
    }
}

/// Asks on the terminal for a line that it does not show.
fn ask(prompt: &str) -> anyhow::Result<String> {
    use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
    let terminal = std::io::stdin();
    let shown = tcgetattr(&terminal).context("cannot read the terminal's state")?;
    let mut hidden = shown.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    eprint!("{prompt}");
    tcsetattr(&terminal, OptionalActions::Flush, &hidden).context("cannot hide what is typed")?;
    let mut line = String::new();
    let read = terminal.read_line(&mut line);
    let restored = tcsetattr(&terminal, OptionalActions::Flush, &shown);
    eprintln!();
    read.context("cannot read the password")?;
    restored.context("cannot show again what is typed: `stty echo` does")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
