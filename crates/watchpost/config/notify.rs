//! Who is told of events: the settings, their mistakes, and what becomes of them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::{CameraId, EventKind, Severity, TargetId};
use notify::{CAP_SEVERITIES, CapStatus, Filter, Mqtt, OncePer, Secret, Target, Tls, Way, Webhook};
use schemars::JsonSchema;
use serde::Deserialize;
use url::Url;

use super::{Config, Secrets, address, named_file};

/// The authorities that Debian trusts, kept by its package ca-certificates.
const SYSTEM_AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// One that is told of events.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Notify {
    /// Names the target; its progress is kept under this name.
    pub(crate) id: TargetId,
    /// How it is reached.
    pub(crate) kind: NotifyKind,
    /// Where: `https://host:port/path`, or `mqtts://host:port` of a broker; `http://` and `mqtt://`
    /// go without TLS, and can be read on the way.
    #[serde(deserialize_with = "address::read")]
    #[schemars(with = "String", extend("format" = "uri"))]
    pub(crate) url: Url,
    /// A file that holds the secret and nothing else, readable by the service only: webhooks are
    /// signed with it, for a broker it is the password.
    pub(crate) secret_file: Option<PathBuf>,
    /// For TLS: a file with the certificates of the authorities (PEM) by which the receiver is
    /// known; those that the system trusts if left out.
    pub(crate) ca_file: Option<PathBuf>,
    /// For receivers that ask for one: a file with our certificate and what leads to its authority
    /// (PEM); `key_file` belongs to it.
    pub(crate) certificate_file: Option<PathBuf>,
    /// The key of our certificate (PEM), readable by the service only.
    pub(crate) key_file: Option<PathBuf>,
    /// User name for a broker.
    pub(crate) username: Option<String>,
    /// Under which topic a broker gets an event; `{site}`, `{camera}`, `{kind}` and `{severity}`
    /// stand for its own. `watchpost/{site}/{camera}/{kind}` if left out.
    pub(crate) topic: Option<String>,
    /// Only events of these severities; all if empty. The end of trouble has that of the trouble.
    #[serde(default)]
    pub(crate) severities: Vec<Severity>,
    /// Only events of these kinds of rule; all if empty.
    #[serde(default)]
    pub(crate) kinds: Vec<EventKind>,
    /// Only events of these cameras; all if empty.
    #[serde(default)]
    pub(crate) cameras: Vec<CameraId>,
    /// How often the target is told of one happening: once per `event`, or once per `alert`, which
    /// folds those of one track, cool-down and neighbourhood; CAP alerts are told once per alert,
    /// everything else once per event, if left out.
    pub(crate) once_per: Option<NotifyOncePer>,
    /// Whether CAP alerts bear the status `Test` instead of `Actual`.
    #[serde(default)]
    pub(crate) test: bool,
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
    /// A signed POST of a CAP 1.2 alert for each happening of severity 1 or 2.
    CapWebhook,
    /// An MQTT 3.1.1 message for each event, acknowledged by the broker (QoS 1).
    Mqtt,
}

/// How often a target is told of one happening.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum NotifyOncePer {
    /// Of every event.
    Event,
    /// Of the event that raised an alert, and of the end of trouble.
    Alert,
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
        for (at, kind) in notify.kinds.iter().enumerate() {
            if matches!(kind, EventKind::Call(_)) {
                let message = format!("{kind} comes from outside and is told to no target");
                wrong(&format!("kinds[{at}]"), message);
            }
        }
        let is_cap = notify.kind == NotifyKind::CapWebhook;
        for (at, severity) in notify.severities.iter().enumerate() {
            if is_cap && !CAP_SEVERITIES.contains(&severity.number()) {
                let message = "only severities 1 and 2 become CAP alerts".to_owned();
                wrong(&format!("severities[{at}]"), message);
            }
        }
        check_topic(notify, &mut wrong);
        if notify.username.is_some() && notify.kind != NotifyKind::Mqtt {
            wrong("username", "only a broker asks for one".to_owned());
        }
        if notify.test && !is_cap {
            wrong("test", "only CAP alerts know a test".to_owned());
        }
        match read_secret(notify) {
            Ok(Some(secret)) => {
                secrets.targets.insert(notify.id.clone(), secret);
            }
            Ok(None) => {}
            Err(message) => wrong("secret_file", message),
        }
        match read_tls(notify) {
            Ok(Some(tls)) => {
                secrets.targets_tls.insert(notify.id.clone(), tls);
            }
            Ok(None) => {}
            Err((setting, message)) => wrong(setting, message),
        }
    }
    found
}

fn check_url(notify: &Notify, wrong: &mut impl FnMut(&str, String)) {
    let mut wrong = |message: &str| wrong("url", message.to_owned());
    match (notify.kind, notify.url.scheme()) {
        (NotifyKind::Webhook | NotifyKind::CapWebhook, "http" | "https")
        | (NotifyKind::Mqtt, "mqtt" | "mqtts") => {}
        (NotifyKind::Mqtt, _) => wrong("a broker's address is mqtts://host:port, or mqtt://"),
        _ => wrong("only https:// and http:// addresses can be posted to"),
    }
    if notify.kind == NotifyKind::Mqtt && !matches!(notify.url.path(), "" | "/") {
        wrong("a broker's address has no path: see topic");
    }
    if notify.url.host().is_none() {
        wrong("the address names no host");
    }
    if !notify.url.username().is_empty() || notify.url.password().is_some() {
        wrong(
            "credentials do not belong in the address: use secret_file, and username for a broker",
        );
    }
}

fn check_topic(notify: &Notify, wrong: &mut impl FnMut(&str, String)) {
    let Some(topic) = &notify.topic else { return };
    if notify.kind != NotifyKind::Mqtt {
        wrong("topic", "only a broker has topics".to_owned());
    }
    let rest = Mqtt::WORDS.iter().fold(topic.clone(), |rest, word| rest.replace(word, "x"));
    if rest.is_empty() || rest.len() > 200 || rest.contains(['+', '#', '{', '}', '\0']) {
        let words = Mqtt::WORDS.join(", ");
        wrong(
            "topic",
            format!("a topic is 1 to 200 bytes without + and #, and knows {words} only"),
        );
    }
}

fn read_secret(notify: &Notify) -> Result<Option<Secret>, String> {
    let is_mqtt = notify.kind == NotifyKind::Mqtt;
    let file = match &notify.secret_file {
        Some(_) if is_mqtt && notify.username.is_none() => {
            return Err("username is missing beside it".to_owned());
        }
        Some(file) => file,
        None if is_mqtt && notify.username.is_none() => return Ok(None),
        None if is_mqtt => return Err("is missing beside username".to_owned()),
        None => return Err("is missing: what is sent must be signed".to_owned()),
    };
    let text = named_file::text(file, named_file::MOST_SECRET)
        .map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    if is_mqtt {
        let password = text.trim_end_matches(['\r', '\n']);
        let one_line = !password.is_empty() && !password.contains('\n');
        let message = || format!("{} must hold one line, the password", file.display());
        return one_line.then(|| Some(Secret::new(password))).ok_or_else(message);
    }
    let secret = Secret::from_line(&text);
    secret.map(Some).map_err(|problem| format!("{} {problem}", file.display()))
}

impl Notify {
    fn has_tls(&self) -> bool {
        matches!(self.url.scheme(), "https" | "mqtts")
    }
}

/// Returns whom to believe, and as whom to speak, where the address asks for TLS; a mistake comes
/// with its setting.
fn read_tls(notify: &Notify) -> Result<Option<Tls>, (&'static str, String)> {
    let files = [
        ("ca_file", &notify.ca_file),
        ("certificate_file", &notify.certificate_file),
        ("key_file", &notify.key_file),
    ];
    if !notify.has_tls() {
        let given = files.iter().find(|(_, file)| file.is_some());
        let message = || "is of no use without TLS: the address is not https:// or mqtts://";
        return given.map_or(Ok(None), |(setting, _)| Err((*setting, message().to_owned())));
    }
    let read = |setting: &'static str, file: &Path| {
        std::fs::read(file)
            .map_err(|error| (setting, format!("cannot read {}: {error}", file.display())))
    };
    let authorities = match &notify.ca_file {
        Some(file) => read("ca_file", file)?,
        None => read("ca_file", Path::new(SYSTEM_AUTHORITIES)).map_err(|(setting, message)| {
            let hint =
                "Debian's package ca-certificates has it, or name the receiver's own authority";
            (setting, format!("{message} ({hint})"))
        })?,
    };
    let own = match (&notify.certificate_file, &notify.key_file) {
        (None, None) => None,
        (Some(certificate), Some(key)) => {
            Some((read("certificate_file", certificate)?, read("key_file", key)?))
        }
        (Some(_), None) => {
            return Err(("certificate_file", "key_file is missing beside it".to_owned()));
        }
        (None, Some(_)) => {
            return Err(("key_file", "certificate_file is missing beside it".to_owned()));
        }
    };
    let pair = own.as_ref().map(|(certificate, key)| (certificate.as_slice(), key.as_slice()));
    // The authorities alone first: a mistake is told of the file that holds it.
    let tls =
        Tls::from_pem(&authorities, None).map_err(|problem| ("ca_file", problem.to_string()))?;
    if pair.is_none() {
        return Ok(Some(tls));
    }
    let tls = Tls::from_pem(&authorities, pair);
    tls.map(Some).map_err(|problem| ("certificate_file", problem.to_string()))
}

fn once_per(notify: &Notify) -> OncePer {
    match (notify.once_per, notify.kind) {
        (Some(NotifyOncePer::Alert), _) | (None, NotifyKind::CapWebhook) => OncePer::Alert,
        (Some(NotifyOncePer::Event), _) | (None, _) => OncePer::Event,
    }
}

/// Returns the targets of a configuration that was checked.
pub(crate) fn targets(config: &Config, secrets: &Secrets) -> Vec<Target> {
    let target = |notify: &Notify| {
        let secret = secrets.targets.get(&notify.id).cloned();
        let tls = secrets.targets_tls.get(&notify.id).cloned();
        let port = if notify.has_tls() { Mqtt::TLS_PORT } else { Mqtt::PORT };
        let status = if notify.test { CapStatus::Test } else { CapStatus::Actual };
        let webhook = |secret| Webhook { url: notify.url.clone(), secret, tls: tls.clone() };
        let way = match notify.kind {
            NotifyKind::Webhook => Way::Webhook(webhook(secret?)),
            NotifyKind::CapWebhook => Way::CapWebhook(webhook(secret?), status),
            NotifyKind::Mqtt => Way::Mqtt(Mqtt {
                host: notify.url.host_str()?.to_owned(),
                port: notify.url.port().unwrap_or(port),
                credentials: notify.username.clone().zip(secret),
                topic: notify.topic.clone().unwrap_or_else(|| Mqtt::TOPIC.to_owned()),
                tls: tls.clone(),
            }),
        };
        Some(Target {
            id: notify.id.clone(),
            way,
            filter: Filter {
                severities: notify.severities.clone(),
                kinds: notify.kinds.clone(),
                cameras: notify.cameras.clone(),
            },
            once_per: once_per(notify),
            timeout: Duration::from_secs_f64(notify.timeout_s),
        })
    };
    config.notify.iter().filter_map(target).collect()
}
