//! One stream's task: connect, take pictures, and when that ends, try again.

use std::any::Any;
use std::convert::Infallible;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use domain::{Clock, StatusBoard, StreamState};
use futures::{FutureExt, StreamExt};
use retina::client::{PacketItem, SessionGroup};
use retina::rtcp::ReceivedCompoundPacket;
use tokio::sync::mpsc::{Receiver, channel};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::back_off::BackOff;
use crate::connection::{self, Connection};
use crate::depacketizer::{Depacketizer, Packet};
use crate::error::{Retry, SessionError, is_one_bad_packet};
use crate::metadata::{self, Told};
use crate::pictures::Pictures;
use crate::reporter::Reporter;
use crate::{Policy, StreamSettings};

/// Takes one stream until `stop`, whatever happens to it; every wait inside has an end.
///
/// Needs a tokio runtime with time and I/O. When it returns, the receiver has been told that the
/// stream was stopped, and dropped.
pub async fn run(
    settings: StreamSettings,
    receiver: Box<dyn crate::Receiver>,
    board: Arc<StatusBoard>,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
) {
    Feed::new(settings, receiver, board, clock).run(stop).await;
}

/// One stream to take, with another patience than the usual.
pub struct Feed {
    settings: StreamSettings,
    policy: Policy,
    receiver: Box<dyn crate::Receiver>,
    board: Arc<StatusBoard>,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed")
            .field("settings", &self.settings)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

impl Feed {
    /// Takes `settings` with the usual patience.
    pub fn new(
        settings: StreamSettings,
        receiver: Box<dyn crate::Receiver>,
        board: Arc<StatusBoard>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { settings, policy: Policy::default(), receiver, board, clock }
    }

    /// Sets how patient to be.
    pub fn with_policy(self, policy: Policy) -> Self {
        Self { policy, ..self }
    }

    /// Does what [`run`] does.
    pub async fn run(self, stop: CancellationToken) {
        let stream = self.settings.stream.clone();
        let reporter = Reporter::new(stream.clone(), self.board, self.clock);
        let pictures = Pictures::new(stream, self.policy.clone(), self.receiver, reporter);
        let task = Task {
            settings: self.settings,
            policy: self.policy,
            pictures,
            sessions: Arc::new(SessionGroup::default()),
        };
        task.run(stop).await;
    }
}

struct Task {
    settings: StreamSettings,
    policy: Policy,
    pictures: Pictures,
    /// Knows the sessions that have ended here and not yet at the camera.
    sessions: Arc<SessionGroup>,
}

impl Task {
    async fn run(mut self, stop: CancellationToken) {
        let mut back_off = BackOff::new(self.policy.first_retry, self.policy.longest_retry);
        let mut wait = self.settings.start_delay;
        while sleep_unless(&stop, wait).await {
            let mut lost = false;
            let session = AssertUnwindSafe(self.session(&mut lost)).catch_unwind();
            let ended = tokio::select! {
                biased;
                () = stop.cancelled() => None,
                // What retina cannot bear must not take the other cameras down.
                ended = Box::pin(session) => Some(ended.unwrap_or_else(panicked)),
            };
            teardown(&self.sessions, self.policy.teardown_timeout).await;
            let Some(error) = ended else {
                break;
            };
            if lost {
                self.pictures.reporter.session_lost();
            }
            if self.pictures.session_was_stable() {
                back_off.reset();
            }
            self.failed(&error);
            wait = match error.retry() {
                Retry::Soon => back_off.wait(),
                Retry::Rarely => self.policy.misconfigured_retry,
            };
        }
        self.pictures.interrupt(domain::GapCause::Stopped);
        self.pictures.reporter.state(StreamState::Stopped, None);
    }

    /// Connects and takes pictures until that fails. `lost` tells whether it ever played.
    async fn session(&mut self, lost: &mut bool) -> SessionError {
        let patience = self.policy.request_timeout;
        let opened = connection::open(&self.settings, &self.sessions, patience).await;
        let mut connection = match opened {
            Ok(connection) => connection,
            Err(error) => return error,
        };
        *lost = true;
        self.pictures.start_session(connection.depacketizer.codec());
        let (told, mut heard) = channel(metadata::WAITING);
        let (settings, policy) = (self.settings.clone(), self.policy.clone());
        let sessions = Arc::clone(&self.sessions);
        let telling = async move {
            if settings.metadata {
                match metadata::run(&settings, &policy, &sessions, told).await {}
            }
            std::future::pending::<Infallible>().await
        };
        let ended = tokio::select! {
            ended = self.play(&mut connection, &mut heard) => ended,
            never = Box::pin(telling) => match never {},
        };
        match ended {
            Ok(never) => match never {},
            Err(error) => error,
        }
    }

    async fn play(
        &mut self,
        connection: &mut Connection,
        heard: &mut Receiver<Told>,
    ) -> Result<Infallible, SessionError> {
        let mut tick = interval(self.policy.tick);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let items = tokio::select! {
                biased;
                _ = tick.tick() => {
                    self.pictures.check()?;
                    continue;
                }
                items = connection.packets.next() => items,
                Some(told) = heard.recv() => {
                    self.hear(told);
                    continue;
                }
            };
            // By reference: moving each out of its chunk cost 5 % of all CPU time (256 streams).
            for item in &items.ok_or_else(|| self.pictures.closed())? {
                match item {
                    Ok(item) => self.take(item, connection.video, &mut connection.depacketizer)?,
                    Err(error) if is_one_bad_packet(error) => {
                        self.pictures.bad_packet(SessionError::from_stream(error))?;
                    }
                    Err(error) => return Err(SessionError::from_stream(error)),
                }
            }
        }
    }

    /// Takes what came on the stream `video`, and leaves out what came on others.
    fn take(
        &mut self,
        item: &PacketItem,
        video: usize,
        depacketizer: &mut Depacketizer,
    ) -> Result<(), SessionError> {
        match item {
            PacketItem::Rtp(packet) if packet.stream_id() == video => {
                let pushed = depacketizer.push(Packet {
                    payload: packet.payload(),
                    rtp: packet.timestamp().timestamp(),
                    is_last: packet.mark(),
                    lost: packet.loss(),
                });
                while let Some(picture) = depacketizer.pop() {
                    self.pictures.picture(picture)?;
                }
                if let Err(bad) = pushed {
                    self.pictures.bad_packet(SessionError::Garbage(bad.to_string()))?;
                }
            }
            PacketItem::Rtcp(packet) if packet.stream_id() == video => self.report(packet),
            _ => {}
        }
        Ok(())
    }

    fn hear(&mut self, told: Told) {
        match told {
            Told::Document(document) => self.pictures.metadata(&document),
            Told::Refused(cause) => self.pictures.reporter.metadata_refused(cause),
            Told::Trouble(what) => self.pictures.reporter.metadata_trouble(&what),
        }
    }

    fn report(&mut self, packet: &ReceivedCompoundPacket) {
        let Some(rtp) = packet.rtp_timestamp() else {
            return;
        };
        let first = packet.pkts().next();
        if let Some(Ok(Some(report))) = first.map(|packet| packet.as_sender_report()) {
            self.pictures.report(rtp.timestamp(), report.ntp_timestamp().0);
        }
    }

    fn failed(&mut self, error: &SessionError) {
        self.pictures.interrupt(error.cause());
        let detail = self.settings.without_credentials(&error.to_string());
        self.pictures.reporter.state(error.state(), Some(detail));
    }
}

/// Gives the camera a moment to end the session, so that it does not refuse the next one.
async fn teardown(sessions: &SessionGroup, patience: Duration) {
    let ended = AssertUnwindSafe(sessions.await_teardown()).catch_unwind();
    // Whether it did, and in time, makes no difference to what comes next.
    let _ = timeout(patience, ended).await;
}

/// Waits; returns whether to go on.
async fn sleep_unless(stop: &CancellationToken, wait: Duration) -> bool {
    tokio::select! {
        biased;
        () = stop.cancelled() => false,
        () = sleep(wait) => true,
    }
}

fn panicked(payload: Box<dyn Any + Send>) -> SessionError {
    let text = match payload.downcast_ref::<&str>() {
        Some(text) => (*text).to_owned(),
        None => payload.downcast_ref::<String>().cloned().unwrap_or_default(),
    };
    let line = text.lines().next().unwrap_or_default();
    SessionError::Panicked(line.chars().take(160).collect())
}
