//! A session that plays: which picture goes out when, and what a fault makes of it.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rtsp::ntp;
use tokio::io::AsyncWrite;

use crate::clock::{SimulatorClock, TICKS_PER_SECOND, ticks};
use crate::fault::Fault;
use crate::mount::{MountState, SentPicture, Standing};
use crate::schedule::{Cursor, Schedule};
use crate::sender::{DocumentSender, Outgoing, Sender};

/// A session that plays. Owned by its connection's task; dropping it ends the session.
#[derive(Debug)]
pub(crate) struct Player {
    mount: Arc<MountState>,
    clock: SimulatorClock,
    standing: Standing,
    number: u64,
    cursor: Cursor,
    /// RTP time at tick 0.
    base: i64,
    report_interval: i64,
    next_report: i64,
    /// The tick whose RTP time all pictures carry, while [`Fault::FrozenTime`] stands.
    frozen_at: Option<i64>,
    /// The keyframe that a freeze shows again and again.
    frozen_picture: Option<Cursor>,
}

impl Player {
    /// Starts with the next keyframe.
    pub(crate) fn start(
        mount: Arc<MountState>,
        standing: Standing,
        clock: SimulatorClock,
        report_interval: Duration,
    ) -> Self {
        let schedule = Schedule { footage: &standing.footage, offset: mount.offset_ticks };
        let cursor = schedule.keyframe_from(clock.now_ticks());
        let number = mount.note_session();
        Self {
            mount,
            clock,
            standing,
            number,
            cursor,
            base: i64::from(fastrand::u32(..)),
            report_interval: ticks(report_interval).max(1),
            next_report: i64::MIN,
            frozen_at: None,
            frozen_picture: None,
        }
    }

    /// Returns when the next picture is due; `None` while nothing is to be sent.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        match self.standing.fault {
            Some(Fault::Stall | Fault::BlackHole) => None,
            _ => Some(self.clock.instant_at(self.schedule().due(self.cursor))),
        }
    }

    /// Returns the RTP timestamp of the next picture.
    pub(crate) fn next_rtp_timestamp(&self) -> u32 {
        let due = self.schedule().due(self.cursor);
        wrapped(self.base + due + self.jump_ticks())
    }

    /// Follows a change of what stands at the mount. Pictures go on with the next keyframe when
    /// the ones before it have not been sent, or come from another file.
    pub(crate) fn follow(&mut self, standing: Standing) {
        let same_footage = Arc::ptr_eq(&standing.footage, &self.standing.footage);
        let broke_off = matches!(
            self.standing.fault,
            Some(Fault::Stall | Fault::BlackHole | Fault::Garbage | Fault::Freeze)
        );
        self.standing = standing;
        self.frozen_at = None;
        self.frozen_picture = None;
        if broke_off || !same_footage {
            self.cursor = self.schedule().keyframe_from(self.clock.now_ticks());
        }
    }

    /// Sends the picture that is due, or what a fault puts in its place.
    pub(crate) async fn send_due<W: AsyncWrite + Unpin>(
        &mut self,
        sender: &mut Sender,
        metadata: Option<&mut DocumentSender>,
        connection: &mut W,
    ) -> io::Result<()> {
        let due = self.schedule().due(self.cursor);
        if self.standing.fault == Some(Fault::Garbage) {
            sender.send_garbage(connection).await?;
            self.cursor = self.schedule().next(self.cursor);
            self.mount.note(|status| status.garbage += 1);
            return Ok(());
        }
        let shown = match self.standing.fault {
            Some(Fault::Freeze) => {
                let latest = self.schedule().keyframe_of(self.cursor);
                *self.frozen_picture.get_or_insert(latest)
            }
            _ => self.cursor,
        };
        let rtp_tick = match self.standing.fault {
            Some(Fault::FrozenTime) => *self.frozen_at.get_or_insert(due),
            _ => due,
        };
        let unwrapped = self.base + rtp_tick + self.jump_ticks();
        let report = self.report_due();
        let drop = match self.standing.fault {
            Some(Fault::Drop { percent }) => percent / 100.0,
            _ => 0.0,
        };
        let picture = Outgoing {
            footage: &self.standing.footage,
            index: shown.index,
            rtp_timestamp: wrapped(unwrapped),
            drop,
            report,
        };
        let dropped_packets = sender.send(connection, picture).await?;
        if self.mount.keeps_log() {
            self.log(due, unwrapped, shown, dropped_packets);
        }
        // After the log: who has waited for the count finds the picture there.
        self.mount.note(|status| {
            status.pictures += 1;
            status.pictures_since_change += 1;
            status.packets_dropped += u64::from(dropped_packets);
            status.sender_reports += u64::from(report.is_some());
        });
        if let Some(metadata) = metadata {
            self.send_documents(metadata, connection, wrapped(unwrapped), due).await?;
        }
        self.cursor = self.schedule().next(self.cursor);
        Ok(())
    }

    /// Sends what is to be told with the picture just sent.
    async fn send_documents<W: AsyncWrite + Unpin>(
        &self,
        sender: &mut DocumentSender,
        connection: &mut W,
        rtp_timestamp: u32,
        due: i64,
    ) -> io::Result<()> {
        if self.standing.fault == Some(Fault::EndlessMetadata) {
            return sender.send_endless(connection, rtp_timestamp).await;
        }
        let Some(script) = &self.mount.script else {
            return Ok(());
        };
        let unix_us = self.clock.unix_us_at(due + self.step_ticks());
        for document in script.due_with(&self.standing.footage, self.cursor.index, unix_us) {
            sender.send(connection, &document, rtp_timestamp).await?;
            self.mount.note(|status| status.documents += 1);
        }
        Ok(())
    }

    fn schedule(&self) -> Schedule<'_> {
        Schedule { footage: &self.standing.footage, offset: self.mount.offset_ticks }
    }

    /// Returns NTP and RTP time of a sender report, if it is time for one.
    fn report_due(&mut self) -> Option<(u64, u32)> {
        let now = self.clock.now_ticks();
        if now < self.next_report {
            return None;
        }
        self.next_report = now + self.report_interval;
        let rtp = wrapped(self.base + now + self.jump_ticks());
        Some((ntp(self.clock.unix_us_at(now + self.step_ticks())), rtp))
    }

    /// Returns how far the RTP clock has jumped.
    fn jump_ticks(&self) -> i64 {
        match self.standing.fault {
            Some(Fault::ClockJump { seconds }) => seconds_to_ticks(seconds),
            _ => 0,
        }
    }

    /// Returns how far the wall clock of sender reports has jumped.
    fn step_ticks(&self) -> i64 {
        match self.standing.fault {
            Some(Fault::ClockStep { seconds } | Fault::ClockJump { seconds }) => {
                seconds_to_ticks(seconds)
            }
            _ => 0,
        }
    }

    fn log(&self, due: i64, unwrapped: i64, shown: Cursor, dropped_packets: u32) {
        let picture = &self.standing.footage.pictures[shown.index];
        let Some(hashes) = picture.hashes else {
            return;
        };
        self.mount.log(SentPicture {
            session: self.number,
            rtp_timestamp: wrapped(unwrapped),
            rtp_timestamp_unwrapped: unwrapped,
            wall_time_us: self.clock.unix_us_at(due + self.step_ticks()),
            sha256: hashes.whole,
            sha256_without_parameter_sets: hashes.without_parameter_sets,
            loop_number: shown.loop_number,
            index_in_loop: shown.index,
            is_keyframe: picture.is_keyframe,
            dropped_packets,
        });
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        self.mount.note(|status| status.sessions -= 1);
    }
}

/// Returns the low 32 bits, as RTP packets carry them.
fn wrapped(timestamp: i64) -> u32 {
    u32::try_from(timestamp & 0xffff_ffff).expect("masked to 32 bits")
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "a float saturates into an integer, and the cap is a century"
)]
fn seconds_to_ticks(seconds: f64) -> i64 {
    let century = 3.2e9;
    (seconds.clamp(-century, century) * TICKS_PER_SECOND as f64).round() as i64
}
