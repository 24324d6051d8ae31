//! One attempt to tell a target of one event, whatever the way.

use std::sync::Arc;

use domain::Clock;

use crate::cloud_event;
use crate::outbox::Numbered;
use crate::target::{Site, Target, Way};
use crate::webhook::{Body, Failure, WebhookSender};

/// Tells one target; shared by its deliveries.
#[derive(Debug)]
pub(crate) enum Sender {
    Webhook(WebhookSender),
}

impl Sender {
    pub(crate) fn new(target: &Target, clock: Arc<dyn Clock>) -> Result<Self, reqwest::Error> {
        match &target.way {
            Way::Webhook(webhook) => {
                Ok(Self::Webhook(WebhookSender::new(webhook.clone(), target.timeout, clock)?))
            }
        }
    }

    /// Sends once; ends within the target's time limit.
    pub(crate) async fn send(&self, numbered: &Numbered, site: &Site) -> Result<(), Failure> {
        match self {
            Self::Webhook(sender) => {
                let bytes = cloud_event::body(numbered, site);
                sender.send(numbered, Body { media_type: cloud_event::MEDIA_TYPE, bytes }).await
            }
        }
    }
}
