//! What must be known to take a stream.

use std::fmt;
use std::time::Duration;

use domain::StreamId;
use url::Url;

/// How a camera's packets travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Transport {
    /// Interleaved in the RTSP connection: nothing is lost while it stands.
    #[default]
    Tcp,
    /// As datagrams; those that come late or out of order are lost.
    Udp,
}

/// A text that neither `Debug` nor a log ever shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the text, to be sent to the camera and nowhere else.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Whom the camera knows.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user's name.
    pub username: String,
    /// The user's password.
    pub password: Secret,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A user's name shorter than this tells nothing, and hiding it would leave no text to read.
const SHORTEST_NAME: usize = 3;

/// One stream to take: a camera's main or sub stream.
#[derive(Clone)]
pub struct StreamSettings {
    /// Names it.
    pub stream: StreamId,
    /// Where it is; `rtsp://host[:port]/path`, without credentials.
    pub url: Url,
    /// Whom the camera knows, where it asks.
    pub credentials: Option<Credentials>,
    /// How its packets travel.
    pub transport: Transport,
    /// How long to wait before the first attempt, so that not all cameras start at once.
    pub start_delay: Duration,
    /// Whether to take the ONVIF metadata that the camera tells beside its pictures.
    pub metadata: bool,
}

impl fmt::Debug for StreamSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL is left out on purpose: one written by hand may hold a password.
        f.debug_struct("StreamSettings")
            .field("stream", &self.stream)
            .field("host", &self.url.host_str())
            .field("transport", &self.transport)
            .field("start_delay", &self.start_delay)
            .field("metadata", &self.metadata)
            .finish_non_exhaustive()
    }
}

impl StreamSettings {
    /// Returns the URL without user information, whatever the configuration let through.
    pub(crate) fn bare_url(&self) -> Url {
        let mut url = self.url.clone();
        // Both fail only for URLs that can hold no user information.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        url
    }

    /// Returns `text` without credentials, should a camera have repeated ours to us.
    pub(crate) fn without_credentials(&self, text: &str) -> String {
        let mut text = text.to_owned();
        let mut hide = |secret: &str, shortest: usize| {
            if secret.len() >= shortest {
                text = text.replace(secret, "***");
            }
        };
        if let Some(credentials) = &self.credentials {
            hide(credentials.password.expose(), 1);
            hide(&credentials.username, SHORTEST_NAME);
        }
        hide(self.url.password().unwrap_or_default(), 1);
        hide(self.url.username(), SHORTEST_NAME);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> StreamSettings {
        StreamSettings {
            stream: StreamId::main("gate".parse().unwrap()),
            url: "rtsp://carol:hunter3@camera.example/live".parse().unwrap(),
            credentials: Some(Credentials {
                username: "alice".into(),
                password: Secret::new("hunter2"),
            }),
            transport: Transport::Tcp,
            start_delay: Duration::ZERO,
            metadata: false,
        }
    }

    #[test]
    fn nothing_that_can_be_printed_holds_a_credential() {
        let settings = settings();
        let printed = format!(
            "{settings:?} {:?} {} {}",
            settings.credentials,
            settings.bare_url(),
            settings.without_credentials("alice and hunter2, carol and hunter3"),
        );
        for secret in ["alice", "hunter2", "carol", "hunter3"] {
            assert!(!printed.contains(secret), "{secret} in {printed}");
        }
        assert!(printed.contains("camera.example"));
    }
}
