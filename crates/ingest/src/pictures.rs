//! From coded pictures to access units in runs, and the watch over both.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use domain::{
    AccessUnit, ClockSource, Codec, GapCause, RunId, StreamId, StreamState, Timestamp, VideoFormat,
};

use crate::clock_map::{Arrival, Line, Stamp};
use crate::depacketizer::CodedPicture;
use crate::error::SessionError;
use crate::freeze::FreezeWatch;
use crate::nal::{self, Coded};
use crate::onvif::Metadata;
use crate::reporter::{Reporter, Skipped};
use crate::{ClockMap, MetadataArrival, Policy, Receiver};

/// More RTP packets in a row than this that cannot be read are no accident.
const MOST_BAD_PACKETS: u32 = 50;

/// This many pictures whose RTP time lies before another's, among [`REORDER_SPAN`], are B-frames.
const REORDERED_PICTURES: u32 = 3;
const REORDER_SPAN: u32 = 250;

/// RTP time that goes back by less than this, in 1/90000 s, may be reordering.
const REORDER_90K: i64 = 2 * 90_000;

/// Turns one stream's frames into access units; owned by the stream's task, outlives sessions.
pub(crate) struct Pictures {
    stream: StreamId,
    policy: Policy,
    receiver: Box<dyn Receiver>,
    pub(crate) reporter: Reporter,
    map: ClockMap,
    freeze: FreezeWatch,
    session: Session,
    run: Option<Run>,
    /// What the receiver was last told about the absence of pictures.
    outage: Option<GapCause>,
}

/// What is known of the current RTSP session.
struct Session {
    codec: Codec,
    started: Duration,
    /// When a picture last advanced RTP time.
    advanced: Duration,
    highest_rtp: Option<i64>,
    pictures_since_advance: u32,
    pictures_counted: u32,
    reordered: u32,
    bad_packets_in_row: u32,
    /// Packets lost before pictures that were not handed on.
    lost_packets: u32,
    format: Option<Arc<VideoFormat>>,
    frozen_since: Option<Duration>,
    jump_pending_since: Option<Duration>,
    /// When the first and the last picture were handed on.
    delivered: Option<(Duration, Duration)>,
}

/// An unbroken row of pictures.
struct Run {
    id: RunId,
    format: Arc<VideoFormat>,
    next_sequence: u64,
    first_rtp: i64,
    last_90k: i64,
    last_time: Timestamp,
    picture: Duration,
}

impl Run {
    /// Returns when the last picture ends, going by how long the one before it lasted.
    fn end(&self) -> Timestamp {
        self.last_time.plus(self.picture)
    }
}

impl Session {
    fn new(codec: Codec, now: Duration) -> Self {
        Self {
            codec,
            started: now,
            advanced: now,
            highest_rtp: None,
            pictures_since_advance: 0,
            pictures_counted: 0,
            reordered: 0,
            bad_packets_in_row: 0,
            lost_packets: 0,
            format: None,
            frozen_since: None,
            jump_pending_since: None,
            delivered: None,
        }
    }

    /// Returns whether nothing has come yet: many cameras begin with their next keyframe.
    fn is_waiting(&self) -> bool {
        self.highest_rtp.is_none() && self.bad_packets_in_row == 0
    }

    /// Follows RTP time, which must advance, and only forward.
    fn follow(&mut self, rtp: i64, now: Duration) -> Result<(), SessionError> {
        self.pictures_counted += 1;
        if self.pictures_counted >= REORDER_SPAN {
            self.pictures_counted = 0;
            self.reordered = 0;
        }
        let highest = *self.highest_rtp.get_or_insert(rtp.saturating_sub(1));
        let back = highest.saturating_sub(rtp);
        let reordered_at_most = 0..=REORDER_90K;
        if !reordered_at_most.contains(&back) {
            self.highest_rtp = Some(rtp);
            self.advanced = now;
            self.pictures_since_advance = 0;
            return Ok(());
        }
        self.pictures_since_advance += 1;
        if back > 0 {
            self.reordered += 1;
        }
        if self.reordered >= REORDERED_PICTURES {
            return Err(SessionError::BFrames);
        }
        Ok(())
    }
}

impl Pictures {
    pub(crate) fn new(
        stream: StreamId,
        policy: Policy,
        receiver: Box<dyn Receiver>,
        reporter: Reporter,
    ) -> Self {
        Self {
            stream,
            receiver,
            map: ClockMap::new(&policy.clock),
            freeze: FreezeWatch::new(policy.frozen_after),
            session: Session::new(Codec::H264, reporter.clock().monotonic()),
            reporter,
            policy,
            run: None,
            outage: None,
        }
    }

    /// A session plays: nothing of the one before holds, but the camera's clock error and what
    /// its last picture was.
    pub(crate) fn start_session(&mut self, codec: Codec) {
        self.session = Session::new(codec, self.reporter.clock().monotonic());
        self.map.start_session();
        self.reporter.session_started();
    }

    /// Returns whether the session has yielded pictures for long enough to be trusted.
    pub(crate) fn session_was_stable(&self) -> bool {
        self.session
            .delivered
            .is_some_and(|(first, last)| last.saturating_sub(first) >= self.policy.stable_after)
    }

    /// Takes a sender report.
    pub(crate) fn report(&mut self, rtp: i64, ntp: u64) {
        self.map.report(rtp, ntp);
    }

    /// Takes a document of metadata; one that cannot be read is counted and left out.
    pub(crate) fn metadata(&mut self, document: &[u8]) {
        let metadata = match Metadata::parse(document) {
            Ok(metadata) => metadata,
            Err(error) => return self.reporter.metadata_refused(error.as_str()),
        };
        let arrival = Arrival::now(self.reporter.clock());
        let error_ms = self.map.error_us(arrival).unwrap_or(0) / 1000;
        let clock_error_ms = i32::try_from(error_ms).unwrap_or(0);
        self.reporter.metadata();
        let arrival = MetadataArrival { time: arrival.wall, clock_error_ms };
        self.receiver.metadata(metadata, arrival);
    }

    /// Takes note of an RTP packet that could not be read.
    pub(crate) fn bad_packet(&mut self, error: SessionError) -> Result<(), SessionError> {
        self.reporter.bad_packet();
        self.session.lost_packets = self.session.lost_packets.saturating_add(1);
        self.session.bad_packets_in_row += 1;
        if self.session.bad_packets_in_row > MOST_BAD_PACKETS {
            return Err(error);
        }
        Ok(())
    }

    /// Says why the camera closed the connection.
    pub(crate) fn closed(&self) -> SessionError {
        match self.session.bad_packets_in_row {
            0 => SessionError::Closed,
            packets => unreadable(packets),
        }
    }

    /// Takes one picture.
    ///
    /// # Errors
    /// Fails where the session is of no use any more.
    pub(crate) fn picture(&mut self, picture: CodedPicture) -> Result<(), SessionError> {
        let arrival = Arrival::now(self.reporter.clock());
        let now = arrival.monotonic;
        let CodedPicture { data, rtp, lost, format } = picture;
        self.session.format = format;
        if lost > 0 {
            self.reporter.lost_packets(lost);
        }
        let lost_packets = &mut self.session.lost_packets;
        *lost_packets = lost_packets.saturating_add(lost);
        let coded = nal::look(self.session.codec, &data);

        self.session.follow(rtp, now)?;
        self.session.bad_packets_in_row = 0;
        if self.is_frozen(coded, now) {
            self.reporter.skipped(Skipped::Frozen);
            return Ok(());
        }
        let stamp = self.map.stamp(rtp, arrival);
        self.break_run_if_due(stamp, coded.is_keyframe, now);
        let Some(stamp) = self.run_for(stamp, coded.is_keyframe, rtp, arrival) else {
            self.reporter.skipped(Skipped::BeforeKeyframe);
            return Ok(());
        };
        self.deliver(stamp, coded.is_keyframe, rtp, data, now);
        self.show_up(stamp, now);
        Ok(())
    }

    /// Looks whether pictures still come and advance, and shows how the stream is doing; called
    /// once per tick.
    ///
    /// # Errors
    /// Fails where the session is of no use any more.
    pub(crate) fn check(&mut self) -> Result<(), SessionError> {
        let arrival = Arrival::now(self.reporter.clock());
        let now = arrival.monotonic;
        let error_us = self.map.error_us(arrival);
        self.reporter.refresh(error_us, self.map.drift_ppm(), self.freeze.is_frozen());

        let patience = self.policy.no_picture_after;
        let silent = now.saturating_sub(self.session.advanced);
        if silent > patience {
            let error = self.why_nothing_advances(silent);
            let may_begin = self.session.is_waiting() && silent <= self.policy.keyframe_within;
            if !may_begin {
                return Err(error);
            }
            self.interrupt(error.cause());
            let detail = "no picture: none yet in this session".to_owned();
            self.reporter.state(error.state(), Some(detail));
            return Ok(());
        }
        if let Some(since) = self.session.frozen_since {
            if now.saturating_sub(since) > self.policy.frozen_reconnect {
                return Err(SessionError::Frozen);
            }
            return Ok(());
        }
        let waited = now.saturating_sub(self.session.started);
        if self.run.is_none() && waited > self.policy.keyframe_within {
            let missing = match self.session.format {
                None => "parameter sets",
                Some(_) => "keyframe",
            };
            return Err(SessionError::NoPicture(format!(
                "pictures arrive, but no {missing} for {} s",
                waited.as_secs()
            )));
        }
        Ok(())
    }

    /// Ends the run, if there is one, and tells the receiver, once per cause.
    pub(crate) fn interrupt(&mut self, cause: GapCause) {
        let at = match self.run.take() {
            Some(run) => run.end(),
            None => self.reporter.clock().now(),
        };
        if self.outage == Some(cause) {
            return;
        }
        self.outage = Some(cause);
        self.reporter.interrupted(cause);
        self.receiver.interrupted(at, cause);
    }

    fn is_frozen(&mut self, coded: Coded, now: Duration) -> bool {
        let frozen = match coded.slices {
            Some(slices) => self.freeze.observe(slices, now),
            None => self.freeze.is_frozen(),
        };
        if !frozen {
            self.session.frozen_since = None;
            return false;
        }
        if self.session.frozen_since.is_none() {
            self.session.frozen_since = Some(now);
            self.session.delivered = None;
            self.interrupt(GapCause::NoPicture);
            let detail = SessionError::Frozen.to_string();
            self.reporter.state(StreamState::NoPicture, Some(detail));
        }
        true
    }

    /// Ends the run where a clock jumped: at the next keyframe, so that no picture is lost, unless
    /// RTP time itself is broken or no keyframe comes.
    fn break_run_if_due(&mut self, stamp: Stamp, is_keyframe: bool, now: Duration) {
        let is_due = match stamp.line {
            Line::Continues => {
                self.session.jump_pending_since = None;
                return;
            }
            Line::Broken => true,
            Line::JumpPending => {
                let since = *self.session.jump_pending_since.get_or_insert(now);
                is_keyframe || now.saturating_sub(since) > self.policy.clock_jump_within
            }
        };
        if is_due && self.run.is_some() {
            self.interrupt(GapCause::ClockJump);
        }
    }

    /// Sees to it that there is a run for this picture, a new one at a keyframe where there is
    /// none or where the format changed. Returns the picture's time in it.
    fn run_for(
        &mut self,
        stamp: Stamp,
        is_keyframe: bool,
        rtp: i64,
        arrival: Arrival,
    ) -> Option<Stamp> {
        let format = self.session.format.as_ref()?;
        let continues = self.run.as_ref().is_some_and(|run| !is_keyframe || run.format == *format);
        if continues {
            return Some(stamp);
        }
        if !is_keyframe {
            return None;
        }
        static NEXT_RUN: AtomicU64 = AtomicU64::new(1);
        self.session.jump_pending_since = None;
        self.map.start_run();
        let stamp = self.map.stamp(rtp, arrival);
        self.reporter.run_started(format);
        self.run = Some(Run {
            id: RunId(NEXT_RUN.fetch_add(1, Ordering::Relaxed)),
            format: Arc::clone(format),
            next_sequence: 0,
            first_rtp: rtp,
            last_90k: -1,
            last_time: stamp.time,
            picture: Duration::from_millis(40),
        });
        Some(stamp)
    }

    fn deliver(&mut self, stamp: Stamp, is_keyframe: bool, rtp: i64, data: Bytes, now: Duration) {
        let Some(run) = &mut self.run else {
            return;
        };
        let timestamp_90k = rtp.saturating_sub(run.first_rtp).max(run.last_90k.saturating_add(1));
        if run.next_sequence > 0 {
            let longest = Duration::from_secs(1);
            run.picture = stamp.time.since(run.last_time).min(longest);
        }
        let sequence = run.next_sequence;
        run.next_sequence += 1;
        run.last_90k = timestamp_90k;
        run.last_time = stamp.time;
        self.outage = None;
        self.reporter.picture(now, stamp.time, data.len());
        self.receiver.access_unit(AccessUnit {
            stream: self.stream.clone(),
            run: run.id,
            sequence,
            time: stamp.time,
            clock_source: stamp.source,
            clock_error_us: stamp.error_us,
            timestamp_90k,
            is_keyframe,
            lost_packets: std::mem::take(&mut self.session.lost_packets),
            format: Arc::clone(&run.format),
            data,
        });
    }

    fn show_up(&mut self, stamp: Stamp, now: Duration) {
        let (first, _) = self.session.delivered.unwrap_or((now, now));
        self.session.delivered = Some((first, now));
        let disbelieved = stamp.source == ClockSource::Arrival && self.map.has_report();
        let detail = disbelieved.then(|| {
            "the camera's clock cannot be believed: times are those of arrival".to_owned()
        });
        self.reporter.state(StreamState::Up, detail);
    }

    fn why_nothing_advances(&self, silent: Duration) -> SessionError {
        let seconds = silent.as_secs();
        match self.session.bad_packets_in_row {
            0 if self.session.pictures_since_advance > 0 => {
                SessionError::NoPicture(format!("RTP time has stood still for {seconds} s"))
            }
            0 => SessionError::NoPicture(format!("nothing for {seconds} s")),
            packets => unreadable(packets),
        }
    }
}

fn unreadable(packets: u32) -> SessionError {
    SessionError::Garbage(format!("{packets} RTP packets in a row"))
}
