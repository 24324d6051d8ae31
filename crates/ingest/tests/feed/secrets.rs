//! A failing login, and everything that is said about it anywhere.

use std::io;
use std::sync::{Arc, Mutex};

use domain::StreamState;
use ingest::{Credentials, Secret};
use tracing_subscriber::fmt::MakeWriter;

use crate::scripted::{Camera, Describe, sdp};
use crate::stage::{Stage, impatient, settings};

/// Keeps what is logged.
#[derive(Clone, Default)]
struct Said(Arc<Mutex<Vec<u8>>>);

impl Said {
    fn take(&self) -> String {
        let bytes = std::mem::take(&mut *self.0.lock().unwrap());
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl io::Write for Said {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Said {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn a_failing_login_never_tells_the_password() {
    let said = Said::default();
    // Also what retina says, through the `log` crate, down to the last detail.
    let logging = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(said.clone())
        .try_init();
    assert!(logging.is_ok(), "only this test takes the log");

    let challenges = [
        Describe::Status("401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"camera\""),
        Describe::Status(
            "401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"camera\", nonce=\"abc\"",
        ),
    ];
    fail_to_log_in(challenges).await;
    let text = said.take();
    assert!(text.contains("refuses the user name or password"), "the log was kept");
    assert_no_secret(text.lines());

    // A camera that tells us our own password: retina logs the camera's words, which is why a
    // program leaves retina out of its log; we do not repeat them.
    let echoes = [
        Describe::Status("401 correct-horse is wrong"),
        Describe::Status("500 correct-horse of officer-7"),
        Describe::Sdp(sdp("correct-horse", "")),
        Describe::Bytes(b"correct-horse of officer-7\r\n\r\n".to_vec()),
    ];
    fail_to_log_in(echoes).await;
    let text = said.take();
    assert_no_secret(text.lines().filter(|line| !line.contains(" retina::")));
}

async fn fail_to_log_in(cameras: impl IntoIterator<Item = Describe>) {
    for describe in cameras {
        let camera = Camera::start(describe, |_| Vec::new()).await;
        let mut settings = settings(&camera.url());
        settings.credentials = Some(Credentials {
            username: "officer-7".to_owned(),
            password: Secret::new("correct-horse"),
        });
        tracing::info!(?settings, "taking");
        let stage = Stage::take(settings, impatient());
        let (_, status) = stage
            .until("a failure", |_, status| {
                status.state != StreamState::Connecting && status.detail.is_some()
            })
            .await;
        tracing::info!(?status, "failed");
        stage.stop().await;
    }
}

fn assert_no_secret<'a>(lines: impl Iterator<Item = &'a str>) {
    for line in lines {
        // The last two are the credentials as Basic authentication (RFC 7617) sends them.
        for secret in ["correct-horse", "officer-7", "b2ZmaWNlci03", "Y29ycmVjdC1ob3JzZQ"] {
            assert!(!line.contains(secret), "{secret} was told: {line}");
        }
    }
}
