//! A session's pictures as RTP packets: numbers, times, and how their wall-clock time is told.

use domain::{Timestamp, VideoFormat};
use rtsp::{Codec, Payloads, SenderReport};

use crate::sdp::{PAYLOAD_TYPE, codec_of, parameter_sets};
use crate::source::Picture;

/// The largest RTP payload, in bytes: with all headers it fits what a tunnel leaves of 1500.
const PAYLOAD_LIMIT: usize = 1360;
/// Ticks of RTP time of one second (RFC 6184 §5.1, RFC 7798 §4.1).
const TICKS_PER_SECOND: i64 = 90_000;
/// Time between two sender reports.
const REPORT_INTERVAL: i64 = 5 * TICKS_PER_SECOND;
/// A longer pause is told as one of a second: receivers take a jump of RTP time beyond half its range
/// for a step back.
const LONGEST_PAUSE: i64 = 3600 * TICKS_PER_SECOND;
/// How we call ourselves as the source of packets.
const CNAME: &str = "watchpost";

/// A session's RTP stream. Owned by its connection's task.
#[derive(Debug)]
pub(crate) struct Track {
    codec: Codec,
    ssrc: u32,
    /// Of the next packet.
    sequence: u16,
    /// RTP time of the first picture.
    base: u32,
    clock: Option<Clock>,
    packets: u32,
    octets: u32,
    payloads: Payloads,
    out: Packets,
}

/// How the camera's time and RTP time go together.
#[derive(Debug, Clone, Copy)]
struct Clock {
    /// A moment by the camera's clock.
    origin: Timestamp,
    /// The same in RTP time after the first picture's, not wrapped around.
    origin_ticks: i64,
    /// RTP time of the newest picture.
    newest: i64,
    /// RTP time of the picture that the last report went before.
    reported: i64,
}

/// The packets of one picture.
#[derive(Debug, Default)]
pub(crate) struct Packets {
    /// A sender report to go before them.
    pub(crate) report: Option<Vec<u8>>,
    /// RTP packets one after the other.
    bytes: Vec<u8>,
    /// Where each ends.
    ends: Vec<usize>,
}

impl Packets {
    /// Returns the RTP packets in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.ends.iter().enumerate().map(|(index, &end)| {
            let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
            &self.bytes[start..end]
        })
    }
}

impl Track {
    /// Starts a stream of pictures of `format` with a random source, number and time (RFC 3550 §5.1).
    pub(crate) fn new(format: &VideoFormat) -> Self {
        Self {
            codec: codec_of(format),
            ssrc: fastrand::u32(..),
            sequence: fastrand::u16(..),
            base: fastrand::u32(..),
            clock: None,
            packets: 0,
            octets: 0,
            payloads: Payloads::default(),
            out: Packets::default(),
        }
    }

    pub(crate) fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// Returns number and RTP time of the next packet, before any was sent.
    pub(crate) fn first(&self) -> (u16, u32) {
        (self.sequence, self.base)
    }

    /// Returns whether the pictures of `format` are what the client was told to expect.
    pub(crate) fn takes(&self, format: &VideoFormat) -> bool {
        codec_of(format) == self.codec
    }

    /// Returns the packets of the next picture; before a keyframe its parameter sets, behind an
    /// access unit delimiter if there is one.
    pub(crate) fn packets(&mut self, picture: &Picture) -> &Packets {
        let (ticks, is_reported) = self.clock(picture.time);
        let timestamp = self.base.wrapping_add(wrapped(ticks));
        self.out.report = is_reported.then(|| {
            let report = SenderReport {
                ssrc: self.ssrc,
                ntp: rtsp::ntp(picture.time.as_micros()),
                rtp_timestamp: timestamp,
                packets: self.packets,
                octets: self.octets,
            };
            report.pack(CNAME)
        });
        let mut nals = nal_units(&picture.data);
        if picture.is_keyframe {
            let at = usize::from(nals.first().is_some_and(|nal| self.codec.is_delimiter(nal)));
            nals.splice(at..at, parameter_sets(&picture.format));
        }
        self.payloads.clear();
        self.payloads.push_access_unit(self.codec, &nals, PAYLOAD_LIMIT);
        self.write(timestamp);
        &self.out
    }

    /// Moves on to a picture taken at `time`; returns its RTP time after the first one's, and whether
    /// a report is due.
    ///
    /// RTP time follows the camera's clock, so that one report tells the time of all pictures. When
    /// that clock is put back, or a camera is away for long, RTP time goes on by a second, and a new
    /// report tells how the two go together from there.
    fn clock(&mut self, time: Timestamp) -> (i64, bool) {
        let first = Clock { origin: time, origin_ticks: 0, newest: 0, reported: 0 };
        let Some(clock) = &mut self.clock else {
            self.clock = Some(first);
            return (0, true);
        };
        let passed_us = time.as_micros().saturating_sub(clock.origin.as_micros());
        let ticks = clock.origin_ticks.saturating_add(passed_us.saturating_mul(9) / 100);
        if ticks <= clock.newest || ticks - clock.newest > LONGEST_PAUSE {
            let ticks = clock.newest + TICKS_PER_SECOND;
            *clock = Clock { origin: time, origin_ticks: ticks, newest: ticks, reported: ticks };
            return (ticks, true);
        }
        clock.newest = ticks;
        let is_reported = ticks - clock.reported >= REPORT_INTERVAL;
        if is_reported {
            clock.reported = ticks;
        }
        (ticks, is_reported)
    }

    /// Puts a header (RFC 3550 §5.1) before each payload.
    fn write(&mut self, timestamp: u32) {
        self.out.bytes.clear();
        self.out.ends.clear();
        let last = self.payloads.ends.len().saturating_sub(1);
        for (index, payload) in self.payloads.iter().enumerate() {
            let marker = if index == last { 0x80 } else { 0 };
            self.out.bytes.extend_from_slice(&[0x80, marker | PAYLOAD_TYPE]);
            self.out.bytes.extend_from_slice(&self.sequence.to_be_bytes());
            self.out.bytes.extend_from_slice(&timestamp.to_be_bytes());
            self.out.bytes.extend_from_slice(&self.ssrc.to_be_bytes());
            self.out.bytes.extend_from_slice(payload);
            self.out.ends.push(self.out.bytes.len());
            self.sequence = self.sequence.wrapping_add(1);
            self.packets = self.packets.wrapping_add(1);
            self.octets = self.octets.wrapping_add(u32::try_from(payload.len()).unwrap_or(0));
        }
    }
}

/// Returns the NAL units of a picture, each behind its length in 4 bytes; up to the first that is not
/// whole.
fn nal_units(data: &[u8]) -> Vec<&[u8]> {
    let mut nals = Vec::new();
    let mut rest = data;
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        let Some((nal, next)) = after.split_at_checked(length) else { break };
        nals.push(nal);
        rest = next;
    }
    nals
}

/// Returns the low 32 bits, as RTP packets carry them.
fn wrapped(ticks: i64) -> u32 {
    u32::try_from(ticks & 0xffff_ffff).expect("masked to 32 bits")
}

#[cfg(test)]
#[path = "track_tests.rs"]
mod tests;
