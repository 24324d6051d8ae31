//! Tells operators how a stream is doing: status board, metrics and log.

use std::sync::Arc;
use std::time::Duration;

use domain::{Clock, GapCause, StatusBoard, StreamId, StreamState, Timestamp, VideoFormat};
use metrics::Counter;

use crate::rates::Rates;

/// Keeps one stream's status; owned by the stream's task.
///
/// The board is written on every change of state, and otherwise only by [`Reporter::refresh`];
/// so are the counters of pictures.
pub(crate) struct Reporter {
    stream: StreamId,
    board: Arc<StatusBoard>,
    clock: Arc<dyn Clock>,
    state: StreamState,
    detail: Option<String>,
    rates: Rates,
    figures: Figures,
    /// Pictures and bytes that the counters do not tell of yet.
    uncounted: (u64, u64),
    pictures: Counter,
    bytes: Counter,
    lost_packets: Counter,
    bad_packets: Counter,
    runs: Counter,
    sessions: Counter,
}

/// What the board shows beside the state.
#[derive(Debug, Default)]
struct Figures {
    last_picture: Option<Timestamp>,
    format: Option<Arc<VideoFormat>>,
    clock_error_ms: Option<i32>,
    pictures: u64,
    lost_packets: u64,
    reconnects: u64,
    frozen: bool,
}

/// Why a picture was received and not handed on.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Skipped {
    /// A run begins with a keyframe, and none has come yet.
    BeforeKeyframe,
    /// It repeats the picture before, and so has every picture for seconds.
    Frozen,
}

impl Reporter {
    pub(crate) fn new(stream: StreamId, board: Arc<StatusBoard>, clock: Arc<dyn Clock>) -> Self {
        let counter = |name: &'static str| {
            metrics::counter!(
                name,
                "camera" => stream.camera.to_string(),
                "stream" => stream.role.as_str(),
            )
        };
        let mut reporter = Self {
            pictures: counter("watchpost_ingest_pictures_total"),
            bytes: counter("watchpost_ingest_bytes_total"),
            lost_packets: counter("watchpost_ingest_lost_packets_total"),
            bad_packets: counter("watchpost_ingest_bad_packets_total"),
            runs: counter("watchpost_ingest_runs_total"),
            sessions: counter("watchpost_ingest_sessions_total"),
            stream,
            board,
            clock,
            state: StreamState::Connecting,
            detail: None,
            rates: Rates::default(),
            figures: Figures::default(),
            uncounted: (0, 0),
        };
        reporter.write(true);
        reporter
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// Shows `state`, and why, on the board and in the log; one line per change.
    pub(crate) fn state(&mut self, state: StreamState, detail: Option<String>) {
        if self.state == state && self.detail == detail {
            return;
        }
        let changed = self.state != state;
        self.state = state;
        self.detail = detail;
        if state != StreamState::Up {
            self.rates.clear();
        }
        self.write(changed);
        self.log();
    }

    /// Counts one picture handed on.
    pub(crate) fn picture(&mut self, now: Duration, time: Timestamp, bytes: usize) {
        self.rates.add(now, bytes);
        self.figures.last_picture = Some(time);
        self.figures.pictures += 1;
        self.uncounted.0 += 1;
        self.uncounted.1 += bytes as u64;
    }

    /// Counts one picture not handed on.
    pub(crate) fn skipped(&self, why: Skipped) {
        let why = match why {
            Skipped::BeforeKeyframe => "before_keyframe",
            Skipped::Frozen => "frozen",
        };
        self.count("watchpost_ingest_skipped_pictures_total", "cause", why);
    }

    pub(crate) fn lost_packets(&mut self, packets: u32) {
        self.figures.lost_packets += u64::from(packets);
        self.lost_packets.increment(u64::from(packets));
    }

    /// Counts a document of metadata handed on.
    pub(crate) fn metadata(&self) {
        metrics::counter!(
            "watchpost_ingest_metadata_total",
            "camera" => self.stream.camera.to_string(),
            "stream" => self.stream.role.as_str(),
        )
        .increment(1);
    }

    /// Counts metadata left out.
    pub(crate) fn metadata_refused(&self, cause: &'static str) {
        self.count("watchpost_ingest_metadata_refused_total", "cause", cause);
    }

    /// Says what became of taking metadata.
    pub(crate) fn metadata_trouble(&self, what: &str) {
        let (camera, stream) = (&self.stream.camera, self.stream.role.as_str());
        tracing::warn!(%camera, stream, what, "no metadata in this session");
    }

    /// Counts an RTP packet that could not be read.
    pub(crate) fn bad_packet(&self) {
        self.bad_packets.increment(1);
    }

    pub(crate) fn session_started(&self) {
        self.sessions.increment(1);
    }

    /// Counts a session that had played and was lost.
    pub(crate) fn session_lost(&mut self) {
        self.figures.reconnects += 1;
    }

    pub(crate) fn run_started(&mut self, format: &Arc<VideoFormat>) {
        self.runs.increment(1);
        self.figures.format = Some(Arc::clone(format));
    }

    /// Counts an interruption, and says so where no change of state does.
    pub(crate) fn interrupted(&self, cause: GapCause) {
        self.count("watchpost_ingest_interruptions_total", "cause", cause.as_str());
        if cause == GapCause::ClockJump {
            tracing::warn!(camera = %self.stream.camera, stream = self.stream.role.as_str(), "camera clock jumped");
        }
    }

    /// Writes the figures to the board; called once per tick.
    pub(crate) fn refresh(&mut self, error_us: Option<i64>, drift_ppm: Option<f64>, frozen: bool) {
        self.figures.frozen = frozen;
        self.figures.clock_error_ms = error_us.map(|error| {
            i32::try_from(error / 1000).unwrap_or(if error < 0 { i32::MIN } else { i32::MAX })
        });
        if let Some(drift) = drift_ppm {
            metrics::gauge!(
                "watchpost_ingest_clock_drift_ppm",
                "camera" => self.stream.camera.to_string(),
                "stream" => self.stream.role.as_str(),
            )
            .set(drift);
        }
        self.write(false);
    }

    fn write(&mut self, state_changed: bool) {
        let (pictures, bytes) = std::mem::take(&mut self.uncounted);
        self.pictures.increment(pictures);
        self.bytes.increment(bytes);
        let now = self.clock.now();
        let (pictures_per_second, kbit_per_second) = self.rates.read(self.clock.monotonic());
        self.board.update(&self.stream, now, |status| {
            if state_changed {
                status.since = now;
            }
            status.state = self.state;
            status.detail.clone_from(&self.detail);
            status.last_picture = self.figures.last_picture;
            status.codec = self.figures.format.as_ref().map(|format| format.codec);
            status.size = self.figures.format.as_ref().map(|format| (format.width, format.height));
            status.pictures_per_second = pictures_per_second;
            status.kbit_per_second = kbit_per_second;
            status.clock_error_ms = self.figures.clock_error_ms;
            status.pictures = self.figures.pictures;
            status.lost_packets = self.figures.lost_packets;
            status.reconnects = self.figures.reconnects;
            status.frozen = self.figures.frozen;
        });
    }

    fn log(&self) {
        let camera = &self.stream.camera;
        let stream = self.stream.role.as_str();
        let state = self.state.as_str();
        let detail = self.detail.as_deref().unwrap_or_default();
        match self.state {
            StreamState::Connecting | StreamState::Stopped => {
                tracing::info!(%camera, stream, state, detail, "stream");
            }
            StreamState::Up => {
                let format = self.figures.format.as_deref();
                tracing::info!(
                    %camera,
                    stream,
                    state,
                    codec = format.map_or("", |format| format.codec.as_str()),
                    width = format.map_or(0, |format| format.width),
                    height = format.map_or(0, |format| format.height),
                    "stream"
                );
            }
            StreamState::NoPicture | StreamState::Down => {
                tracing::warn!(%camera, stream, state, detail, "stream");
            }
            StreamState::Misconfigured => {
                tracing::error!(%camera, stream, state, detail, "stream");
            }
        }
    }

    fn count(&self, name: &'static str, label: &'static str, value: &'static str) {
        metrics::counter!(
            name,
            "camera" => self.stream.camera.to_string(),
            "stream" => self.stream.role.as_str(),
            label => value,
        )
        .increment(1);
    }
}
