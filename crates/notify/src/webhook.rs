//! A signed POST for each event, and what the answer means.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::Clock;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::redirect::Policy;

use crate::outbox::Numbered;
use crate::signature::sign;
use crate::target::{Site, Webhook};

/// Why an event was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It never will be: the same again would get the same answer.
    Refused(String),
    /// It may be later.
    Later {
        /// Why, for a person.
        reason: String,
        /// How long the target asked to wait.
        wait: Option<Duration>,
    },
}

impl Failure {
    pub(crate) fn later(reason: impl Into<String>) -> Self {
        Self::Later { reason: reason.into(), wait: None }
    }
}

/// The place that messages come from; changes when the configuration does.
pub(crate) type SharedSite = Arc<Mutex<Arc<Site>>>;

/// Returns the place as it is now.
pub(crate) fn site_now(site: &SharedSite) -> Arc<Site> {
    Arc::clone(&site.lock().unwrap_or_else(PoisonError::into_inner))
}

/// What is sent, and as what.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) media_type: &'static str,
    pub(crate) bytes: Vec<u8>,
}

/// Sends to one address; keeps its connections.
#[derive(Debug)]
pub(crate) struct WebhookSender {
    webhook: Webhook,
    client: reqwest::Client,
    clock: Arc<dyn Clock>,
}

impl WebhookSender {
    /// Makes a sender whose attempts end after `timeout`.
    pub(crate) fn new(
        webhook: Webhook,
        timeout: Duration,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .timeout(timeout)
            // A redirect would carry events to an address that nobody configured, and a proxy
            // from the environment is one, too.
            .redirect(Policy::none())
            .no_proxy()
            .user_agent(concat!("watchpost/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { webhook, client, clock })
    }

    /// Sends once and waits for the answer.
    pub(crate) async fn send(&self, numbered: &Numbered, body: Body) -> Result<(), Failure> {
        let id = numbered.event.id.to_string();
        let timestamp = self.clock.now().as_millis().div_euclid(1000);
        let signature = sign(&self.webhook.secret, &id, timestamp, &body.bytes);
        let answer = self
            .client
            .post(self.webhook.url.clone())
            .header(CONTENT_TYPE, body.media_type)
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signature)
            .body(body.bytes)
            .send()
            .await;
        match answer {
            Ok(answer) => judge(answer.status(), answer.headers()),
            Err(error) => Err(Failure::later(describe(error))),
        }
    }
}

/// Returns what went wrong on the way, without the address: it may hold a token.
fn describe(error: reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer in time".to_owned();
    }
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

fn judge(status: StatusCode, headers: &HeaderMap) -> Result<(), Failure> {
    if status.is_success() {
        return Ok(());
    }
    let reason = format!("answers {status}");
    let passing = status.is_server_error()
        || matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS);
    if !passing {
        return Err(Failure::Refused(reason));
    }
    let asked = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    Err(Failure::Later { reason, wait: asked.map(Duration::from_secs) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_whether_to_try_again() {
        let judge = |status: u16| judge(StatusCode::from_u16(status).unwrap(), &HeaderMap::new());
        for taken in [200, 202, 204] {
            assert_eq!(judge(taken), Ok(()));
        }
        for passing in [408, 429, 500, 502, 503, 504] {
            assert!(matches!(judge(passing), Err(Failure::Later { .. })), "{passing}");
        }
        for final_word in [301, 307, 400, 401, 403, 404, 410, 413, 422] {
            assert!(matches!(judge(final_word), Err(Failure::Refused(_))), "{final_word}");
        }
    }
}
