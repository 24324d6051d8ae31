//! A message for each event over MQTT 3.1.1, acknowledged by the broker before it counts.
//!
//! One connection per target, opened when there is something to send. What was handed to a
//! connection that breaks has failed: its delivery sends it again over the next one, so the
//! library's own memory of unacknowledged messages is not used.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rumqttc::{
    AsyncClient, ConnectionError, Event, EventLoop, Incoming, MqttOptions, Outgoing, QoS,
    TlsConfiguration, Transport,
};
use tokio::sync::oneshot;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::courier::AT_ONCE;
use crate::outbox::Numbered;
use crate::target::{Mqtt, Site, Target};
use crate::webhook::Failure;

/// How often a silent connection shows that it lives.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// Messages handed to the connection and not yet written; more than are ever sent at once.
const HANDED: usize = 2 * AT_ONCE;
/// Messages written and not yet acknowledged; more than are ever sent at once.
const IN_FLIGHT: u16 = 100;
/// The largest message, in bytes.
const LARGEST: usize = 1 << 20;

/// Sends to one broker.
pub(crate) struct MqttSender {
    mqtt: Mqtt,
    target: String,
    timeout: Duration,
    link: Mutex<Option<Link>>,
}

impl fmt::Debug for MqttSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MqttSender").field("mqtt", &self.mqtt).finish_non_exhaustive()
    }
}

/// A connection with the task that drives it; the task ends when this is dropped.
struct Link {
    client: AsyncClient,
    waiting: Arc<Mutex<Waiting>>,
    _end: DropGuard,
}

type Answer = Result<(), String>;

/// Who waits for an acknowledgement. Messages are written in the order in which they are handed
/// over, and only then have a number.
#[derive(Default)]
struct Waiting {
    handed: VecDeque<oneshot::Sender<Answer>>,
    written: HashMap<u16, oneshot::Sender<Answer>>,
    /// Why the connection is of no use any more.
    broken: Option<String>,
}

impl MqttSender {
    pub(crate) fn new(mqtt: Mqtt, target: &Target) -> Self {
        Self {
            mqtt,
            target: target.id.to_string(),
            timeout: target.timeout,
            link: Mutex::new(None),
        }
    }

    /// Publishes once and waits for the broker's acknowledgement.
    pub(crate) async fn send(
        &self,
        numbered: &Numbered,
        site: &Site,
        body: Vec<u8>,
    ) -> Result<(), Failure> {
        let topic = topic(&self.mqtt.topic, numbered, site);
        let answer = self.hand_over(site, topic, body)?;
        match tokio::time::timeout(self.timeout, answer).await {
            Ok(Ok(Ok(()))) => Ok(()),
            Ok(Ok(Err(reason))) => Err(Failure::later(reason)),
            Ok(Err(_)) => Err(Failure::later("the connection ended")),
            Err(_) => {
                // A broker that does not acknowledge gets a fresh connection.
                drop(self.link().take());
                Err(Failure::later("no acknowledgement in time"))
            }
        }
    }

    fn hand_over(
        &self,
        site: &Site,
        topic: String,
        body: Vec<u8>,
    ) -> Result<oneshot::Receiver<Answer>, Failure> {
        let mut link = self.link();
        if link.as_ref().is_none_or(|link| lock(&link.waiting).broken.is_some()) {
            *link = Some(self.connect(site));
        }
        let Some(link) = &*link else {
            return Err(Failure::later("there is no connection"));
        };
        let (sender, receiver) = oneshot::channel();
        let mut waiting = lock(&link.waiting);
        if let Some(reason) = &waiting.broken {
            return Err(Failure::later(reason.clone()));
        }
        // In one step, so that both queues have the same order.
        waiting.handed.push_back(sender);
        if link.client.try_publish(topic, QoS::AtLeastOnce, false, body).is_err() {
            waiting.handed.pop_back();
            return Err(Failure::later("the connection is behind"));
        }
        Ok(receiver)
    }

    /// Opens a connection; what goes wrong with it is told to those who wait.
    fn connect(&self, site: &Site) -> Link {
        let client_id = format!("watchpost-{}-{}", site.id, self.target);
        let mut options = MqttOptions::new(client_id, self.mqtt.host.clone(), self.mqtt.port);
        options.set_keep_alive(KEEP_ALIVE);
        options.set_clean_session(true);
        options.set_inflight(IN_FLIGHT);
        options.set_max_packet_size(LARGEST, LARGEST);
        if let Some(tls) = &self.mqtt.tls {
            let config = TlsConfiguration::Rustls(tls.config());
            options.set_transport(Transport::tls_with_config(config));
        }
        if let Some((username, password)) = &self.mqtt.credentials {
            options.set_credentials(username, String::from_utf8_lossy(password.bytes()));
        }
        let (client, events) = AsyncClient::new(options, HANDED);
        let waiting = Arc::new(Mutex::new(Waiting::default()));
        let end = CancellationToken::new();
        tokio::spawn(drive(events, Arc::clone(&waiting), end.clone()));
        Link { client, waiting, _end: end.drop_guard() }
    }

    fn link(&self) -> MutexGuard<'_, Option<Link>> {
        self.link.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn lock(waiting: &Mutex<Waiting>) -> MutexGuard<'_, Waiting> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps a connection going until it breaks or is of no use any more.
async fn drive(mut events: EventLoop, waiting: Arc<Mutex<Waiting>>, end: CancellationToken) {
    let reason = loop {
        let event = tokio::select! {
            event = events.poll() => event,
            () = end.cancelled() => break "the connection was ended".to_owned(),
        };
        match event {
            Ok(Event::Outgoing(Outgoing::Publish(number))) => {
                let mut waiting = lock(&waiting);
                if let Some(sender) = waiting.handed.pop_front() {
                    waiting.written.insert(number, sender);
                }
            }
            Ok(Event::Incoming(Incoming::PubAck(acknowledged))) => {
                if let Some(sender) = lock(&waiting).written.remove(&acknowledged.pkid) {
                    // Whoever waited in vain will send it again.
                    let _ = sender.send(Ok(()));
                }
            }
            Ok(_) => {}
            Err(error) => break describe(&error),
        }
    };
    let mut waiting = lock(&waiting);
    let written = std::mem::take(&mut waiting.written).into_values();
    let all: Vec<_> = waiting.handed.drain(..).chain(written).collect();
    for sender in all {
        let _ = sender.send(Err(reason.clone()));
    }
    waiting.broken = Some(reason);
}

/// Returns what went wrong with a connection, with its causes: of TLS they say what to do.
fn describe(error: &ConnectionError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        cause = error.source();
    }
    text
}

/// Returns the topic of an event: the template with its words filled in.
fn topic(template: &str, numbered: &Numbered, site: &Site) -> String {
    let draft = &numbered.event.draft;
    template
        .replace("{site}", &site.id)
        .replace("{camera}", draft.camera.as_str())
        .replace("{kind}", draft.kind.as_str())
        .replace("{severity}", &draft.severity.number().to_string())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::made::event;

    #[test]
    fn a_topic_names_site_camera_and_kind() {
        let site = Site { id: "hk".to_owned(), name: String::new(), cameras: BTreeMap::new() };
        let numbered = Numbered { sequence: 1, event: event(1, "gate", 2), folded: None };
        assert_eq!(topic(Mqtt::TOPIC, &numbered, &site), "watchpost/hk/gate/red_light");
        assert_eq!(topic("a/{severity}/b", &numbered, &site), "a/2/b");
    }
}
