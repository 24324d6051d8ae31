//! Whom to tell, of what, and how.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use domain::{CameraId, EventKind, Severity, TargetId};
use url::Url;

use crate::outbox::Numbered;
use crate::tls::Tls;

/// The least grave severity that becomes a CAP alert.
pub const CAP_SEVERITIES: std::ops::RangeInclusive<u8> = 1..=2;

/// One that is told of events.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// Names it; its progress is kept under this name.
    pub id: TargetId,
    /// How it is reached.
    pub way: Way,
    /// Which events it gets.
    pub filter: Filter,
    /// How often it is told of one happening.
    pub once_per: OncePer,
    /// How long one attempt may take.
    pub timeout: Duration,
}

impl Target {
    /// Returns whether the target is to be told of an event.
    pub fn wants(&self, numbered: &Numbered) -> bool {
        let is_due = match self.once_per {
            OncePer::Event => true,
            OncePer::Alert => numbered.raises_alert() || numbered.is_end(),
        };
        is_due && self.way.can_say(numbered) && self.filter.wants(numbered)
    }
}

/// How often a target is told of one happening.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OncePer {
    /// Of every event.
    Event,
    /// Of the event that raised an alert, and of the end of trouble: what is folded into an alert
    /// is not told again, nor what is no alert.
    Alert,
}

/// How a target is reached.
#[derive(Debug, Clone, PartialEq)]
pub enum Way {
    /// A signed POST of a CloudEvent for each event.
    Webhook(Webhook),
    /// A signed POST of a CAP 1.2 alert for each happening of severity 1 or 2.
    CapWebhook(Webhook, CapStatus),
    /// A CloudEvent for each event, published at a broker.
    Mqtt(Mqtt),
}

impl Way {
    /// Returns the word used in the configuration.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Webhook(_) => "webhook",
            Self::CapWebhook(..) => "cap-webhook",
            Self::Mqtt(_) => "mqtt",
        }
    }

    fn can_say(&self, numbered: &Numbered) -> bool {
        match self {
            Self::Webhook(_) | Self::Mqtt(_) => true,
            Self::CapWebhook(..) => CAP_SEVERITIES.contains(&numbered.severity().number()),
        }
    }
}

/// An address that takes signed POSTs.
#[derive(Debug, Clone, PartialEq)]
pub struct Webhook {
    /// Where to send: `https://host:port/path`, or `http://…` without TLS.
    pub url: Url,
    /// What both sides know.
    pub secret: Secret,
    /// For `https://`: whom to believe.
    pub tls: Option<Tls>,
}

/// A broker of MQTT 3.1.1.
#[derive(Debug, Clone, PartialEq)]
pub struct Mqtt {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// User name and password, if it asks for them.
    pub credentials: Option<(String, Secret)>,
    /// Under which topic events are published, with [`Mqtt::WORDS`] for what differs.
    pub topic: String,
    /// Whom to believe; without it nothing is encrypted.
    pub tls: Option<Tls>,
}

impl Mqtt {
    /// The port of MQTT without TLS.
    pub const PORT: u16 = 1883;
    /// The port of MQTT over TLS.
    pub const TLS_PORT: u16 = 8883;
    /// A topic that any receiver can narrow down.
    pub const TOPIC: &str = "watchpost/{site}/{camera}/{kind}";
    /// What stands for the site's id, the camera's, the kind of rule and the severity.
    pub const WORDS: [&str; 4] = ["{site}", "{camera}", "{kind}", "{severity}"];
}

/// Whether CAP alerts are meant in earnest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CapStatus {
    /// They are.
    Actual,
    /// They are to be disregarded by all who receive them.
    Test,
}

/// Which events; an empty list asks for all.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    /// Only these severities; the end of trouble has that of the trouble.
    pub severities: Vec<Severity>,
    /// Only these kinds of rule.
    pub kinds: Vec<EventKind>,
    /// Only these cameras.
    pub cameras: Vec<CameraId>,
}

impl Filter {
    fn wants(&self, numbered: &Numbered) -> bool {
        let draft = &numbered.event.draft;
        let severity = self.severities.is_empty() || self.severities.contains(&numbered.severity());
        let kind = self.kinds.is_empty() || self.kinds.contains(&draft.kind);
        let camera = self.cameras.is_empty() || self.cameras.contains(&draft.camera);
        severity && kind && camera
    }
}

/// Something that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Takes the secret's bytes.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What messages say of the place they come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Names the site among all sites.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// The cameras' names for people.
    pub cameras: BTreeMap<CameraId, String>,
}

impl Site {
    pub(crate) fn camera_name<'a>(&'a self, camera: &'a CameraId) -> &'a str {
        self.cameras.get(camera).map_or(camera.as_str(), String::as_str)
    }
}
