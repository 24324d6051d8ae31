//! Tries whether a camera can be reached, by the very code that takes its stream when it is recorded.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use api::{ConnectionTested, ConnectionTester, ConnectionTrial};
use domain::{AccessUnit, Clock, GapCause, StatusBoard, StreamId, StreamState, Timestamp};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use ingest::{Credentials, Receiver, Secret, StreamSettings, Transport};
use tokio::sync::mpsc::{Sender, channel};
use tokio_util::sync::CancellationToken;

/// How long a camera has to send a picture.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long the session may take to end at the camera.
const END_WITHIN: Duration = Duration::from_secs(3);
/// Names the stream of a camera that is tried: it stands on no board but its own.
const TRIED: &str = "tried";

/// Tries cameras beside those that are recorded.
pub(crate) struct CameraTrials {
    clock: Arc<dyn Clock>,
}

impl CameraTrials {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock }
    }
}

impl fmt::Debug for CameraTrials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CameraTrials")
    }
}

impl ConnectionTester for CameraTrials {
    fn test(&self, trial: ConnectionTrial) -> BoxFuture<'static, Result<ConnectionTested, String>> {
        test(trial, Arc::clone(&self.clock)).boxed()
    }
}

async fn test(trial: ConnectionTrial, clock: Arc<dyn Clock>) -> Result<ConnectionTested, String> {
    let stream = StreamId::main(TRIED.parse().map_err(|_| "no name for the stream".to_owned())?);
    let settings = settings(trial, stream.clone())?;
    let (board, stop) = (Arc::new(StatusBoard::default()), CancellationToken::new());
    let (sender, mut first) = channel(1);
    let receiver = Box::new(FirstPicture { sender });
    let started = clock.monotonic();
    let feed =
        ingest::run(settings, receiver, Arc::clone(&board), Arc::clone(&clock), stop.clone());
    let feed = tokio::spawn(feed);
    let came = tokio::time::timeout(PATIENCE, first.recv()).await.ok().flatten().is_some();
    let took = clock.monotonic().saturating_sub(started);
    // Before it is told to stop: then it has stopped, whatever it was.
    let status = board.get(&stream);
    stop.cancel();
    // A camera that does not let go is left to its own time limit.
    let _ = tokio::time::timeout(END_WITHIN, feed).await;
    let found = status.as_ref().map_or(StreamState::Connecting, |status| status.state);
    let size = status.as_ref().and_then(|status| status.size);
    Ok(ConnectionTested {
        state: if came { StreamState::Up } else { found },
        detail: status.as_ref().and_then(|status| status.detail.clone()).filter(|_| !came),
        codec: status.as_ref().and_then(|status| status.codec),
        width: size.map(|(width, _)| width),
        height: size.map(|(_, height)| height),
        took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
    })
}

fn settings(trial: ConnectionTrial, stream: StreamId) -> Result<StreamSettings, String> {
    let url: url::Url = trial.url.trim().parse().map_err(|_| {
        "is no address: write rtsp://host[:port]/path, without user and password".to_owned()
    })?;
    if url.scheme() != "rtsp" || url.host().is_none() {
        return Err("is not rtsp://host[:port]/path".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("holds a user or password: give them apart".to_owned());
    }
    let credentials = trial
        .username
        .zip(trial.password)
        .map(|(username, password)| Credentials { username, password: Secret::new(password) });
    let transport = if trial.udp { Transport::Udp } else { Transport::Tcp };
    let start_delay = Duration::ZERO;
    Ok(StreamSettings { stream, url, credentials, transport, start_delay, metadata: false })
}

/// Tells of the first picture, and leaves out all others.
struct FirstPicture {
    sender: Sender<()>,
}

impl Receiver for FirstPicture {
    fn access_unit(&mut self, _: AccessUnit) {
        // Full once one came, and closed once nobody waits.
        let _ = self.sender.try_send(());
    }

    fn interrupted(&mut self, _: Timestamp, _: GapCause) {}
}
