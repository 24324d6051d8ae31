//! A signed POST for each event, and what the answer means.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use domain::Clock;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER, USER_AGENT};
use hyper::http::uri::InvalidUri;
use hyper::{Request, StatusCode, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::outbox::Numbered;
use crate::signature::sign;
use crate::target::{Site, Webhook};
use crate::tls;

/// Who we are, for the receiver's log.
const AGENT: &str = concat!("watchpost/", env!("CARGO_PKG_VERSION"));

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
///
/// Redirects are not followed, and no proxy from the environment is used: either would carry events
/// to an address that nobody configured.
#[derive(Debug)]
pub(crate) struct WebhookSender {
    webhook: Webhook,
    address: Uri,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    timeout: Duration,
    clock: Arc<dyn Clock>,
}

impl WebhookSender {
    /// Makes a sender whose attempts end after `timeout`.
    pub(crate) fn new(
        webhook: Webhook,
        timeout: Duration,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, InvalidUri> {
        let address = webhook.url.as_str().parse()?;
        let tls = webhook.tls.as_ref().map(|tls| (*tls.config()).clone());
        let mut tcp = HttpConnector::new();
        // The connector around it tells http from https.
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls.unwrap_or_else(tls::trusting_nobody))
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let client =
            Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(connector);
        Ok(Self { webhook, address, client, timeout, clock })
    }

    /// Sends once and waits for the answer.
    pub(crate) async fn send(&self, numbered: &Numbered, body: Body) -> Result<(), Failure> {
        let id = numbered.event.id.to_string();
        let timestamp = self.clock.now().as_millis().div_euclid(1000);
        let signature = sign(&self.webhook.secret, &id, timestamp, &body.bytes);
        let request = Request::post(self.address.clone())
            .header(CONTENT_TYPE, body.media_type)
            .header(USER_AGENT, AGENT)
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signature)
            .body(Full::new(Bytes::from(body.bytes)))
            .map_err(|error| Failure::later(error.to_string()))?;
        match tokio::time::timeout(self.timeout, self.client.request(request)).await {
            Ok(Ok(answer)) => judge(answer.status(), answer.headers()),
            Ok(Err(error)) => Err(Failure::later(describe(&error))),
            Err(_) => Err(Failure::later("no answer in time")),
        }
    }
}

/// Returns what went wrong on the way, with its causes; none of them says the address, which may hold
/// a token.
fn describe(error: &hyper_util::client::legacy::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
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
