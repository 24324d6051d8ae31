//! From RTP time to wall-clock time, for one stream.
//!
//! **Which clock counts.** An RTCP sender report pairs the camera's wall clock with its RTP clock
//! (RFC 3550 §6.4.1) and so tells when a picture was *taken*, free of network delay; it is
//! followed. Our own clock knows only when a picture *arrived*. It is asked in three cases:
//! before the first report of a session (corrected by the camera's clock error of the session
//! before, if one is known); when the camera never reports; and when its clock cannot be
//! believed: a time before 2020, as a camera without a clock battery shows, or one further from
//! ours than [`ClockPolicy::believable_error`], as a wrong time zone makes it. The limit lies
//! below the quarter of an hour by which time zones differ at least. The error is told either
//! way, so that someone can set the camera's clock right.
//!
//! **Arrival, smoothed.** Delay only ever adds, so the least `arrival − RTP time` of the last
//! seconds is closest to the truth, and follows drift.
//!
//! **Never back.** A new report moves later pictures towards it, time running at half to one and
//! a half speed until it fits; within a run every time is later than the one before. What differs
//! by more than [`ClockPolicy::jump`] is no drift but a clock set anew: the run ends there.

use std::time::Duration;

use domain::{Clock, ClockSource, Timestamp};

/// When a camera's clock is believed.
#[derive(Debug, Clone, PartialEq)]
pub struct ClockPolicy {
    /// A difference beyond this between prediction and report is a jump.
    pub jump: Duration,
    /// A clock further from ours than this is not believed.
    pub believable_error: Duration,
}

impl Default for ClockPolicy {
    fn default() -> Self {
        Self { jump: Duration::from_secs(1), believable_error: Duration::from_mins(10) }
    }
}

/// 2020-01-01T00:00:00Z. No camera's clock that shows an earlier time was ever set.
const EARLIEST_BELIEVABLE_US: i64 = 1_577_836_800_000_000;

/// Reports that differ from the prediction by less than this differ by jitter, mostly.
const JITTER_US: i64 = 50_000;

/// A camera may send what it had buffered in a burst when a session starts.
const WARM_UP_US: i64 = 5_000_000;
const BURST_US: i64 = 10_000_000;

/// RTP time this much before the last is a jump; less may be reordering.
const REORDER_US: i64 = 2_000_000;

/// How much RTP time must lie between two reports to tell drift from jitter.
const DRIFT_BASELINE_US: i64 = 10_000_000;

/// A moment on our own clocks.
#[derive(Debug, Clone, Copy)]
pub struct Arrival {
    /// Wall-clock time.
    pub wall: Timestamp,
    /// Time since some fixed moment; unlike `wall` it is never set.
    pub monotonic: Duration,
}

impl Arrival {
    /// Reads the clocks.
    pub fn now(clock: &dyn Clock) -> Self {
        Self { wall: clock.now(), monotonic: clock.monotonic() }
    }

    fn monotonic_us(self) -> i64 {
        i64::try_from(self.monotonic.as_micros()).unwrap_or(i64::MAX)
    }
}

/// What the map says about one picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// When the picture was taken.
    pub time: Timestamp,
    /// Who says so.
    pub source: ClockSource,
    /// The camera's clock minus ours, in microseconds, smoothed.
    pub error_us: i64,
    /// What became of the time line with this picture.
    pub line: Line,
}

/// Whether the time line goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// `time` follows the picture before.
    Continues,
    /// A clock jumped. `time` is still on the old line; [`ClockMap::start_run`] takes the new.
    JumpPending,
    /// RTP time itself jumped. `time` is on a new line and unrelated to the picture before.
    Broken,
}

/// Maps one stream's RTP time to wall-clock time. Owned by the stream's task; pure.
#[derive(Debug)]
pub struct ClockMap {
    jump_us: i64,
    believable_us: i64,
    arrival: LeastOffset,
    report: Option<Reported>,
    /// The camera's clock error when it last could be told, for the time until the next report.
    remembered_error_us: i64,
    jump_pending: bool,
    line: Option<TimeLine>,
}

/// The time line of the current run.
#[derive(Debug, Clone, Copy)]
struct TimeLine {
    /// Wall-clock time minus RTP time.
    offset_us: i64,
    last_rtp_us: i64,
    last_time_us: i64,
    started_us: i64,
}

/// What the sender reports have said.
#[derive(Debug, Clone, Copy)]
struct Reported {
    /// Camera's wall clock minus RTP time, jitter taken out.
    offset_us: i64,
    first_rtp_us: i64,
    first_wall_us: i64,
    drift_ppm: Option<f64>,
}

/// Where the time line ought to be.
struct Target {
    offset_us: i64,
    source: ClockSource,
    error_us: i64,
}

impl ClockMap {
    /// Knows nothing yet.
    pub fn new(policy: &ClockPolicy) -> Self {
        Self {
            jump_us: micros(policy.jump),
            believable_us: micros(policy.believable_error),
            arrival: LeastOffset::default(),
            report: None,
            remembered_error_us: 0,
            jump_pending: false,
            line: None,
        }
    }

    /// Forgets what belongs to an RTSP session; RTP time starts anew. Keeps the camera's clock
    /// error.
    pub fn start_session(&mut self) {
        self.arrival = LeastOffset::default();
        self.report = None;
        self.jump_pending = false;
        self.line = None;
    }

    /// Begins a run: the next picture's time need not follow the last one's.
    pub fn start_run(&mut self) {
        self.line = None;
        self.jump_pending = false;
    }

    /// Takes a sender report: `ntp` is the camera's wall clock as NTP sends it, at RTP time
    /// `rtp_90k`, unwrapped as the pictures' is.
    pub fn report(&mut self, rtp_90k: i64, ntp: u64) {
        // RFC 3550 §6.4.1: a sender without any notion of time may send zero.
        if ntp == 0 {
            return;
        }
        let (rtp_us, wall_us) = (rtp_micros(rtp_90k), ntp_micros(ntp));
        let offset_us = wall_us.saturating_sub(rtp_us);
        let fresh =
            Reported { offset_us, first_rtp_us: rtp_us, first_wall_us: wall_us, drift_ppm: None };
        let Some(reported) = &mut self.report else {
            self.report = Some(fresh);
            return;
        };
        let difference = offset_us.saturating_sub(reported.offset_us);
        if difference.saturating_abs() > self.jump_us {
            self.report = Some(fresh);
            self.jump_pending = true;
            return;
        }
        let is_jitter = difference.abs() < JITTER_US;
        let correction = if is_jitter { difference / 4 } else { difference };
        reported.offset_us = reported.offset_us.saturating_add(correction);
        let rtp_span = rtp_us.saturating_sub(reported.first_rtp_us);
        let wall_span = wall_us.saturating_sub(reported.first_wall_us);
        if rtp_span >= DRIFT_BASELINE_US {
            reported.drift_ppm =
                Some(parts_per_million(wall_span.saturating_sub(rtp_span), rtp_span));
        }
    }

    /// Returns how much faster than its RTP clock the camera's wall clock runs, in parts per
    /// million, once the reports of this session span ten seconds.
    pub fn drift_ppm(&self) -> Option<f64> {
        self.report.and_then(|reported| reported.drift_ppm)
    }

    /// Returns the camera's clock minus ours, in microseconds, as long as it has told its time.
    pub fn error_us(&self, now: Arrival) -> Option<i64> {
        let arrival_offset = self.arrival_offset(now)?;
        self.report.map(|reported| reported.offset_us.saturating_sub(arrival_offset))
    }

    /// Returns whether the camera has told its time in this session.
    pub fn has_report(&self) -> bool {
        self.report.is_some()
    }

    /// Tells when the picture at RTP time `rtp_90k` was taken.
    pub fn stamp(&mut self, rtp_90k: i64, arrival: Arrival) -> Stamp {
        let rtp_us = rtp_micros(rtp_90k);
        let broken = self.rtp_jumped(rtp_us, arrival);
        if broken {
            self.start_session();
        }
        self.arrival.observe(arrival.monotonic_us().saturating_sub(rtp_us), arrival.monotonic_us());
        let target = self.target(rtp_us, arrival);
        let Some(line) = &mut self.line else {
            let time_us = rtp_us.saturating_add(target.offset_us);
            self.line = Some(TimeLine {
                offset_us: target.offset_us,
                last_rtp_us: rtp_us,
                last_time_us: time_us,
                started_us: arrival.monotonic_us(),
            });
            let continues = if broken { Line::Broken } else { Line::Continues };
            return target.stamp(time_us, continues);
        };

        let difference = target.offset_us.saturating_sub(line.offset_us);
        let elapsed = rtp_us.saturating_sub(line.last_rtp_us);
        let warming_up = target.source == ClockSource::Arrival
            && arrival.monotonic_us().saturating_sub(line.started_us) < WARM_UP_US;
        if difference.saturating_abs() > self.jump_us && !warming_up {
            self.jump_pending = true;
        }
        if !self.jump_pending {
            let most = elapsed.max(0) / 2;
            line.offset_us = line.offset_us.saturating_add(difference.clamp(-most, most));
        }
        let time_us =
            rtp_us.saturating_add(line.offset_us).max(line.last_time_us.saturating_add(1));
        line.last_time_us = time_us;
        line.last_rtp_us = line.last_rtp_us.max(rtp_us);
        let continues = if self.jump_pending { Line::JumpPending } else { Line::Continues };
        target.stamp(time_us, continues)
    }

    /// Returns whether RTP time left its course: it went back, or ran ahead of the least delay
    /// there ever was, which is to say that the picture arrived before it was taken.
    fn rtp_jumped(&self, rtp_us: i64, arrival: Arrival) -> bool {
        let Some(line) = self.line else {
            return false;
        };
        if rtp_us < line.last_rtp_us.saturating_sub(REORDER_US) {
            return true;
        }
        let Some(least) = self.arrival.least() else {
            return false;
        };
        let ahead = least.saturating_sub(arrival.monotonic_us().saturating_sub(rtp_us));
        let warming_up = arrival.monotonic_us().saturating_sub(line.started_us) < WARM_UP_US;
        ahead > if warming_up { BURST_US } else { self.jump_us }
    }

    /// Returns our wall clock minus RTP time, delay taken out.
    fn arrival_offset(&self, arrival: Arrival) -> Option<i64> {
        let wall_minus_monotonic = arrival.wall.as_micros().saturating_sub(arrival.monotonic_us());
        self.arrival.least().map(|least| least.saturating_add(wall_minus_monotonic))
    }

    fn target(&mut self, rtp_us: i64, arrival: Arrival) -> Target {
        let arrival_offset = self
            .arrival_offset(arrival)
            .unwrap_or_else(|| arrival.wall.as_micros().saturating_sub(rtp_us));
        let Some(reported) = self.report else {
            return Target {
                offset_us: arrival_offset.saturating_add(self.remembered_error_us),
                source: ClockSource::Arrival,
                error_us: self.remembered_error_us,
            };
        };
        let error_us = reported.offset_us.saturating_sub(arrival_offset);
        let believable = error_us.saturating_abs() <= self.believable_us
            && rtp_us.saturating_add(reported.offset_us) >= EARLIEST_BELIEVABLE_US;
        if believable {
            self.remembered_error_us = error_us;
            Target { offset_us: reported.offset_us, source: ClockSource::SenderReport, error_us }
        } else {
            self.remembered_error_us = 0;
            Target { offset_us: arrival_offset, source: ClockSource::Arrival, error_us }
        }
    }
}

impl Target {
    fn stamp(&self, time_us: i64, line: Line) -> Stamp {
        Stamp {
            time: Timestamp::from_micros(time_us),
            source: self.source,
            error_us: self.error_us,
            line,
        }
    }
}

/// The least of the offsets seen in the last five to ten seconds.
#[derive(Debug, Default)]
struct LeastOffset {
    bucket_started_us: i64,
    current: Option<i64>,
    previous: Option<i64>,
}

impl LeastOffset {
    const BUCKET_US: i64 = 5_000_000;

    fn observe(&mut self, offset_us: i64, now_us: i64) {
        let age = now_us.saturating_sub(self.bucket_started_us);
        if self.current.is_none() || age >= Self::BUCKET_US {
            let is_recent = age < 2 * Self::BUCKET_US;
            self.previous = self.current.filter(|_| is_recent);
            self.current = None;
            self.bucket_started_us = now_us;
        }
        self.current = Some(self.current.map_or(offset_us, |least| least.min(offset_us)));
    }

    fn least(&self) -> Option<i64> {
        match (self.current, self.previous) {
            (Some(current), Some(previous)) => Some(current.min(previous)),
            (least, None) | (None, least) => least,
        }
    }
}

/// Converts RTP time in 1/90000 s to microseconds.
fn rtp_micros(rtp_90k: i64) -> i64 {
    let micros = (i128::from(rtp_90k) * 100).div_euclid(9);
    i64::try_from(micros).unwrap_or(if micros < 0 { i64::MIN } else { i64::MAX })
}

/// Converts an NTP timestamp to microseconds since the Unix epoch. Seconds without their highest
/// bit belong to the era that begins in February 2036 (RFC 4330 §3).
fn ntp_micros(ntp: u64) -> i64 {
    const UNIX_EPOCH_S: i64 = 2_208_988_800;
    const ERA_S: i64 = 1 << 32;
    const ERA_BEGINS_BELOW_S: i64 = 1 << 31;
    let seconds = i64::try_from(ntp >> 32).unwrap_or(0);
    let fraction = ntp & 0xffff_ffff;
    let era = if seconds < ERA_BEGINS_BELOW_S { ERA_S } else { 0 };
    let micros = i64::try_from((fraction * 1_000_000) >> 32).unwrap_or(0);
    (seconds + era - UNIX_EPOCH_S) * 1_000_000 + micros
}

fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

#[allow(
    clippy::cast_precision_loss,
    reason = "spans of a session in microseconds are far below 2^53"
)]
fn parts_per_million(part: i64, whole: i64) -> f64 {
    part as f64 / whole as f64 * 1e6
}

#[cfg(test)]
#[path = "clock_map_tests.rs"]
mod tests;
