//! What `watchpost user` and `watchpost token` share: where accounts lie, and what is granted.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use domain::{
    AccountName, AuditAction, AuditDraft, CameraId, Clock as _, Grant, Place, Role, SystemClock,
};
use evidence::chain;
use index::{Account, AccountKind, Accounts, Custody};
use serde_json::{Value, json};

use super::system_user::SystemUser;
use crate::ConfigArgument;
use crate::config::{self, Config};

/// What is granted, and where.
#[derive(clap::Args, Debug)]
#[command(group = clap::ArgGroup::new("where").required(true).args(["place", "cameras", "whole_site"]))]
pub(crate) struct GrantArguments {
    /// What they are there; may be given more than once: duty (feed, live, alerts), investigator
    /// (search, playback, export, hold), supervisor (assign, approve, sees the audit),
    /// administrator (configures, sees no pictures), overseer (reads the audit, nothing else).
    #[arg(long, required = true, value_name = "ROLE")]
    role: Vec<Role>,
    /// Over a place as the cameras' `places` name it: 'Phường Cửa Nam', or 'Phường 1/Hà Nội' where
    /// there are several of the name.
    #[arg(long, value_name = "PLACE")]
    place: Option<String>,
    /// Over these cameras only: ids between commas.
    #[arg(long, value_delimiter = ',', value_name = "IDS")]
    cameras: Vec<CameraId>,
    /// Over all cameras, those to come and those of the past too.
    #[arg(long)]
    whole_site: bool,
}

impl GrantArguments {
    /// Returns the grants, of which each reaches at least one camera.
    pub(crate) fn grants(&self, config: &Config) -> anyhow::Result<Vec<Grant>> {
        let grants = self.unchecked()?;
        grants.iter().try_for_each(|grant| self.check(config, &grant.place))?;
        Ok(grants)
    }

    /// Returns the grants as they are written, to be taken away: the place may have gone since.
    pub(crate) fn unchecked(&self) -> anyhow::Result<Vec<Grant>> {
        let place = match &self.place {
            Some(text) => Place::node(text)?,
            None if self.whole_site => Place::Site,
            None => Place::Cameras(self.cameras.iter().cloned().collect()),
        };
        Ok(self.role.iter().map(|role| Grant { role: *role, place: place.clone() }).collect())
    }

    /// Refuses what is a slip of the pen: a place without cameras, a camera that is not there.
    fn check(&self, config: &Config, place: &Place) -> anyhow::Result<()> {
        for camera in &self.cameras {
            if !config.cameras.iter().any(|known| known.id == *camera) {
                bail!("there is no camera \"{camera}\" in the configuration");
            }
        }
        let reached = config.cameras.iter().any(|camera| place.holds(&camera.id, &camera.places));
        if reached || *place == Place::Site {
            return Ok(());
        }
        let mut known: Vec<&str> =
            config.cameras.iter().flat_map(|camera| &camera.places).map(String::as_str).collect();
        known.sort_unstable();
        known.dedup();
        bail!("no camera lies in {place}; places in the configuration: {}", known.join(", "))
    }
}

/// Opens the accounts of the configured site, beside the service or while it is stopped.
pub(crate) fn open(argument: &ConfigArgument) -> anyhow::Result<(Accounts, Config)> {
    let (config, _) = config::load(&argument.config)?;
    let site = config.site.id.to_string();
    let accounts = Accounts::open(&config.index.path, &site).context("cannot open the accounts")?;
    Ok((accounts, config))
}

/// Writes down what is about to be done to an account, and by which user of the operating system.
///
/// # Errors
/// It cannot be written: then it must not be done.
pub(crate) fn note(config: &Config, name: &AccountName, what: Value) -> anyhow::Result<()> {
    let user = SystemUser::of_this_command();
    let mut detail = what;
    detail["via"] = json!("command");
    detail["system"] = user.told();
    let draft = AuditDraft {
        time: SystemClock::default().now(),
        actor: user.actor(),
        action: AuditAction::AccountChanged,
        object: format!("account {name}"),
        case: None,
        purpose: None,
        detail: detail.to_string(),
    };
    let mut custody = Custody::open(&config.index.path).context("cannot open the audit trail")?;
    custody.append_audit(&draft, chain::link).context("cannot write into the audit trail")?;
    Ok(())
}

/// Returns the account that is to be changed.
pub(crate) fn known(accounts: &Accounts, name: &AccountName) -> anyhow::Result<Account> {
    accounts.get(name)?.with_context(|| format!("there is no account \"{name}\""))
}

/// Returns grants in one line.
pub(crate) fn listed(grants: &[Grant]) -> String {
    let texts = grants.iter().map(|grant| format!("{} of {}", grant.role, grant.place));
    let text = texts.collect::<Vec<_>>().join("; ");
    if text.is_empty() { "nothing granted".to_owned() } else { text }
}

/// What `user list` and `token list` are asked.
#[derive(clap::Args, Debug)]
pub(crate) struct ListArguments {
    #[command(flatten)]
    config: ConfigArgument,
    /// Print the accounts as JSON.
    #[arg(long)]
    json: bool,
}

/// Prints the accounts of a kind: one a line, or as JSON.
pub(crate) fn list(arguments: &ListArguments, kind: AccountKind) -> anyhow::Result<ExitCode> {
    let (accounts, _) = open(&arguments.config)?;
    let found = accounts.list()?.into_iter().filter(|one| one.kind == kind);
    let found: Vec<Account> = found.collect();
    if arguments.json {
        let shown = |one: &Account| {
            serde_json::json!({
                "name": one.name, "display_name": one.display_name, "disabled": one.disabled,
                "created": one.created, "expires": one.token_expires, "only": one.only,
                "grants": one.grants,
            })
        };
        return super::print_json(&found.iter().map(shown).collect());
    }
    let mut out = std::io::stdout().lock();
    for one in &found {
        writeln!(out, "{}", line(one))?;
    }
    if found.is_empty() && kind == AccountKind::Person {
        let how = "`watchpost user add NAME --role administrator --whole-site`";
        writeln!(out, "nobody may sign in yet: {how}")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn line(account: &Account) -> String {
    let state = match (account.disabled, account.kind, account.token_expires) {
        (true, ..) => "shut out".to_owned(),
        (_, AccountKind::Person, _) => "may sign in".to_owned(),
        (_, AccountKind::Service, Some(expires)) => format!("until {expires}"),
        (_, AccountKind::Service, None) => "no token".to_owned(),
    };
    let only = account.only.as_deref().map_or(String::new(), |only| {
        let words: Vec<_> = only.iter().map(|permission| permission.as_str()).collect();
        format!(", only {}", words.join(", "))
    });
    let (name, called) = (account.name.as_str(), &account.display_name);
    format!("{name:<20} {called:<24} {state:<34} {}{only}", listed(&account.grants))
}
