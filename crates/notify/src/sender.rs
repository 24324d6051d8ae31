//! One attempt to tell a target of one event, whatever the way.

use std::sync::Arc;

use domain::Clock;
use hyper::http::uri::InvalidUri;

use crate::mqtt::MqttSender;
use crate::outbox::Numbered;
use crate::target::{CapStatus, Site, Target, Way, Webhook};
use crate::webhook::{Body, Failure, WebhookSender};
use crate::{cap, cloud_event};

/// Tells one target; shared by its deliveries.
#[derive(Debug)]
pub(crate) enum Sender {
    Webhook(WebhookSender),
    CapWebhook(WebhookSender, CapStatus),
    Mqtt(MqttSender),
}

impl Sender {
    pub(crate) fn new(target: &Target, clock: Arc<dyn Clock>) -> Result<Self, InvalidUri> {
        let posting =
            |webhook: &Webhook| WebhookSender::new(webhook.clone(), target.timeout, clock);
        Ok(match &target.way {
            Way::Webhook(webhook) => Self::Webhook(posting(webhook)?),
            Way::Mqtt(mqtt) => Self::Mqtt(MqttSender::new(mqtt.clone(), target)),
            Way::CapWebhook(webhook, status) => Self::CapWebhook(posting(webhook)?, *status),
        })
    }

    /// Sends once; ends within the target's time limit.
    pub(crate) async fn send(&self, numbered: &Numbered, site: &Site) -> Result<(), Failure> {
        match self {
            Self::Webhook(sender) => {
                let bytes = cloud_event::body(numbered, site);
                sender.send(numbered, Body { media_type: cloud_event::MEDIA_TYPE, bytes }).await
            }
            Self::Mqtt(sender) => {
                sender.send(numbered, site, cloud_event::body(numbered, site)).await
            }
            Self::CapWebhook(sender, status) => {
                let bytes = cap::body(numbered, site, *status);
                sender.send(numbered, Body { media_type: cap::MEDIA_TYPE, bytes }).await
            }
        }
    }
}
