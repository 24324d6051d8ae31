//! Who is told of events: the settings, their mistakes, and what becomes of them.

use std::path::PathBuf;
use std::time::Duration;

use domain::{CameraId, EventKind, Severity, TargetId};
use notify::{Filter, Secret, Target, Way, Webhook};
use schemars::JsonSchema;
use serde::Deserialize;
use url::Url;

use super::{Config, Secrets};

/// One that is told of events.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Notify {
    /// Names the target; its progress is kept under this name.
    pub(crate) id: TargetId,
    /// How it is reached.
    pub(crate) kind: NotifyKind,
    /// Where: `http://host:port/path`. For TLS, the address of a proxy on this machine.
    #[schemars(with = "String", extend("format" = "uri"))]
    pub(crate) url: Url,
    /// A file that holds the secret and nothing else, readable by the service only: webhooks are
    /// signed with it.
    pub(crate) secret_file: Option<PathBuf>,
    /// Only events of these severities; all if empty.
    #[serde(default)]
    pub(crate) severities: Vec<Severity>,
    /// Only events of these kinds of rule; all if empty.
    #[serde(default)]
    pub(crate) kinds: Vec<EventKind>,
    /// Only events of these cameras; all if empty.
    #[serde(default)]
    pub(crate) cameras: Vec<CameraId>,
    /// How long one attempt may take, in seconds.
    #[serde(default = "default_timeout_s")]
    pub(crate) timeout_s: f64,
}

fn default_timeout_s() -> f64 {
    10.0
}

/// How a target is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum NotifyKind {
    /// A signed POST of a CloudEvent for each event.
    Webhook,
}

/// Returns every mistake in the targets of `config`; reads their secrets on the way.
pub(super) fn check(config: &Config, secrets: &mut Secrets) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (position, notify) in config.notify.iter().enumerate() {
        let mut wrong = |setting: &str, message: String| {
            found.push((format!("notify[{position}].{setting}"), message));
        };
        check_url(notify, &mut wrong);
        if !(0.1..=120.0).contains(&notify.timeout_s) {
            wrong("timeout_s", "an attempt may take 0.1 to 120 seconds".to_owned());
        }
        for (at, camera) in notify.cameras.iter().enumerate() {
            if !config.cameras.iter().any(|known| known.id == *camera) {
                wrong(&format!("cameras[{at}]"), format!("there is no camera \"{camera}\""));
            }
        }
        match read_secret(notify) {
            Ok(Some(secret)) => {
                secrets.targets.insert(notify.id.clone(), secret);
            }
            Ok(None) => {}
            Err(message) => wrong("secret_file", message),
        }
    }
    found
}

fn check_url(notify: &Notify, wrong: &mut impl FnMut(&str, String)) {
    let mut wrong = |message: &str| wrong("url", message.to_owned());
    match notify.url.scheme() {
        "http" => {}
        "https" => wrong(
            "this program does not speak TLS: give the http:// address of a proxy on this machine \
             that does (docs/notifications.md shows one)",
        ),
        _ => wrong("only http:// addresses can be told"),
    }
    if notify.url.host().is_none() {
        wrong("the address names no host");
    }
    if !notify.url.username().is_empty() || notify.url.password().is_some() {
        wrong("credentials do not belong in the address: what is sent is signed with secret_file");
    }
}

fn read_secret(notify: &Notify) -> Result<Option<Secret>, String> {
    let Some(file) = &notify.secret_file else {
        return Err("is missing: what is sent must be signed".to_owned());
    };
    let text = std::fs::read_to_string(file)
        .map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    let secret = Secret::from_line(&text);
    secret.map(Some).map_err(|problem| format!("{} {problem}", file.display()))
}

/// Returns the targets of a configuration that was checked.
pub(crate) fn targets(config: &Config, secrets: &Secrets) -> Vec<Target> {
    let target = |notify: &Notify| {
        let secret = secrets.targets.get(&notify.id).cloned();
        let way = match notify.kind {
            NotifyKind::Webhook => {
                Way::Webhook(Webhook { url: notify.url.clone(), secret: secret? })
            }
        };
        Some(Target {
            id: notify.id.clone(),
            way,
            filter: Filter {
                severities: notify.severities.clone(),
                kinds: notify.kinds.clone(),
                cameras: notify.cameras.clone(),
            },
            timeout: Duration::from_secs_f64(notify.timeout_s),
        })
    };
    config.notify.iter().filter_map(target).collect()
}
