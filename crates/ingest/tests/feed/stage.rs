//! A stream being taken: what its receiver got, what the board shows, and waiting for either.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::{
    AccessUnit, GapCause, StatusBoard, StreamId, StreamState, StreamStatus, SystemClock, Timestamp,
};
use ingest::onvif::Metadata;
use ingest::{Feed, MetadataArrival, Policy, Receiver, StreamSettings, Transport};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// No condition may take longer, on however slow a machine.
const DEADLINE: Duration = Duration::from_secs(40);

/// What a receiver was told, in order.
#[derive(Debug, Default, Clone)]
pub(crate) struct Log {
    pub(crate) units: Vec<AccessUnit>,
    pub(crate) interruptions: Vec<(Timestamp, GapCause)>,
    /// How many units had come before each interruption.
    pub(crate) units_before: Vec<usize>,
    pub(crate) metadata: Vec<Metadata>,
}

impl Log {
    pub(crate) fn causes(&self) -> Vec<GapCause> {
        self.interruptions.iter().map(|(_, cause)| *cause).collect()
    }

    pub(crate) fn last_cause(&self) -> Option<GapCause> {
        self.interruptions.last().map(|(_, cause)| *cause)
    }

    /// Checks what holds for every run of every stream.
    pub(crate) fn check_runs(&self) {
        for pair in self.units.windows(2) {
            let (one, two) = (&pair[0], &pair[1]);
            if one.run == two.run {
                assert_eq!(two.sequence, one.sequence + 1);
                assert!(two.time > one.time, "{} then {}", one.time, two.time);
                assert!(two.timestamp_90k > one.timestamp_90k);
                assert!(Arc::ptr_eq(&one.format, &two.format));
            } else {
                assert!(two.run > one.run);
                assert_eq!(two.sequence, 0);
                assert_eq!(two.timestamp_90k, 0);
                assert!(two.is_keyframe, "a run begins with a keyframe");
            }
        }
    }
}

struct Recorder(Arc<Mutex<Log>>);

impl Receiver for Recorder {
    fn access_unit(&mut self, unit: AccessUnit) {
        self.0.lock().unwrap().units.push(unit);
    }

    fn interrupted(&mut self, at: Timestamp, cause: GapCause) {
        let mut log = self.0.lock().unwrap();
        let units = log.units.len();
        log.units_before.push(units);
        log.interruptions.push((at, cause));
    }

    fn metadata(&mut self, metadata: Metadata, _: MetadataArrival) {
        self.0.lock().unwrap().metadata.push(metadata);
    }
}

/// One stream being taken.
pub(crate) struct Stage {
    pub(crate) stream: StreamId,
    pub(crate) board: Arc<StatusBoard>,
    log: Arc<Mutex<Log>>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Stage {
    pub(crate) fn take(settings: StreamSettings, policy: Policy) -> Self {
        let log = Arc::new(Mutex::new(Log::default()));
        let recorder = Box::new(Recorder(Arc::clone(&log)));
        Self::take_into(settings, policy, recorder, log)
    }

    pub(crate) fn take_into(
        settings: StreamSettings,
        policy: Policy,
        receiver: Box<dyn Receiver>,
        log: Arc<Mutex<Log>>,
    ) -> Self {
        let stream = settings.stream.clone();
        let board = Arc::new(StatusBoard::default());
        let stop = CancellationToken::new();
        let clock = Arc::new(SystemClock::default());
        let feed = Feed::new(settings, receiver, Arc::clone(&board), clock).with_policy(policy);
        let task = tokio::spawn(feed.run(stop.clone()));
        Self { stream, board, log, stop, task }
    }

    pub(crate) fn log(&self) -> Log {
        self.log.lock().unwrap().clone()
    }

    pub(crate) fn status(&self) -> Option<StreamStatus> {
        self.board.get(&self.stream)
    }

    /// Waits until `condition` holds; `what` says which, should it never.
    pub(crate) async fn until(
        &self,
        what: &str,
        condition: impl Fn(&Log, &StreamStatus) -> bool,
    ) -> (Log, StreamStatus) {
        let mut look = tokio::time::interval(Duration::from_millis(10));
        let wait = async {
            loop {
                look.tick().await;
                let Some(status) = self.status() else {
                    continue;
                };
                if condition(&self.log.lock().unwrap(), &status) {
                    return (self.log(), status);
                }
            }
        };
        let met = tokio::time::timeout(DEADLINE, wait).await;
        met.unwrap_or_else(|_| {
            panic!(
                "never: {what}; {:?}; {:?}; {} units",
                self.status(),
                self.log().interruptions,
                self.log().units.len()
            )
        })
    }

    pub(crate) async fn until_state(&self, state: StreamState) -> StreamStatus {
        let what = format!("state {}", state.as_str());
        self.until(&what, |_, status| status.state == state).await.1
    }

    /// Waits for so many more access units than there are now.
    pub(crate) async fn until_more_units(&self, more: usize) -> Log {
        let wanted = self.log().units.len() + more;
        let what = format!("{more} more access units");
        self.until(&what, |log, _| log.units.len() >= wanted).await.0
    }

    /// Stops the feed and returns everything it told.
    pub(crate) async fn stop(self) -> Log {
        self.stop.cancel();
        let ended = tokio::time::timeout(DEADLINE, self.task).await;
        ended.expect("never: the feed stops").unwrap();
        let status = self.board.get(&self.stream).unwrap();
        assert_eq!(status.state, StreamState::Stopped);
        let log = self.log.lock().unwrap().clone();
        log.check_runs();
        assert_eq!(log.last_cause(), Some(GapCause::Stopped));
        log
    }
}

/// A stream by TCP, at once, without credentials.
pub(crate) fn settings(url: &str) -> StreamSettings {
    StreamSettings {
        stream: StreamId::main("gate-01".parse().unwrap()),
        url: url.parse().unwrap(),
        credentials: None,
        transport: Transport::Tcp,
        start_delay: Duration::ZERO,
        metadata: false,
    }
}

/// A policy that waits less than the usual, but long enough for a busy machine.
pub(crate) fn impatient() -> Policy {
    Policy {
        request_timeout: Duration::from_secs(2),
        no_picture_after: Duration::from_secs(3),
        frozen_after: Duration::from_secs(1),
        keyframe_within: Duration::from_secs(4),
        first_retry: Duration::from_millis(100),
        longest_retry: Duration::from_millis(400),
        stable_after: Duration::from_secs(1),
        tick: Duration::from_millis(50),
        ..Policy::default()
    }
}
