//! From RTP payloads to coded pictures: H.264 by RFC 6184, H.265 by RFC 7798.
//!
//! Non-interleaved modes only, as cameras have them. What cameras do beside the standards is borne
//! where it can be told what was meant:
//!
//! - the marker, or a new timestamp, after parameter sets or SEI alone ends no picture;
//! - a NAL unit in a single fragment that is both start and end is whole;
//! - an Annex B byte stream where one NAL unit belongs is split at its start codes, and zero bytes
//!   after the end of a NAL unit (`trailing_zero_8bits`, not part of it) go.
//!
//! Pictures are put together where they stay: one copy out of each packet into a chunk that the
//! pictures after each other share, and that goes when the last of them goes.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use domain::{Codec, VideoFormat};
use memchr::memmem::Finder;

use crate::nal::{self, Unit};
use crate::parameter_sets::ParameterSets;
use crate::set_id::picture_set_of;

/// A picture of more bytes than this has no end: 1080p25 at 4 Mbit/s has keyframes of 0.2 MB.
const LARGEST_PICTURE: usize = 16 << 20;
/// What pictures share: more than most keyframes, so that few have to be moved while they grow.
const CHUNK: usize = 256 << 10;
/// Each NAL unit stands behind its length (ISO/IEC 14496-15 §5.3.3.2).
const LENGTH: usize = 4;
/// Ends one NAL unit and begins the next in a byte stream (H.264 and H.265, Annex B).
const START_CODE: [u8; 3] = [0, 0, 1];

/// One RTP packet, in the order of its sequence number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Packet<'a> {
    pub(crate) payload: &'a [u8],
    /// RTP time, unwrapped, in 1/90000 s.
    pub(crate) rtp: i64,
    /// Whether it bears the marker.
    pub(crate) is_last: bool,
    /// How many packets before it are missing.
    pub(crate) lost: u16,
}

/// One picture as it was coded, and what a decoder must know for it.
#[derive(Debug, Clone)]
pub(crate) struct CodedPicture {
    /// NAL units but parameter sets, each behind its length in 4 bytes.
    pub(crate) data: Bytes,
    /// RTP time, unwrapped, in 1/90000 s.
    pub(crate) rtp: i64,
    /// Packets that were missing between the picture before and the end of this.
    pub(crate) lost: u32,
    /// `None` as long as not all parameter sets have come.
    pub(crate) format: Option<Arc<VideoFormat>>,
}

/// Why a packet makes no sense; what is there of its picture is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadPacket {
    #[error("an RTP payload is too short")]
    Short,
    #[error("NAL unit type {0} in an RTP payload")]
    UnitType(u8),
    #[error("a NAL unit with its forbidden bit set")]
    ForbiddenBit,
    #[error("a fragment of a NAL unit out of order")]
    Fragment,
    #[error("a picture without an end")]
    Endless,
    #[error("parameter sets that cannot be read")]
    ParameterSets,
}

/// Puts the pictures of one RTP stream together.
#[derive(Debug)]
pub(crate) struct Depacketizer {
    codec: Codec,
    state: State,
    /// The NAL units of the picture so far, each behind its length, and room for more.
    picture: BytesMut,
    /// Where the length of the NAL unit begins of which not all fragments have come.
    fragmented: Option<usize>,
    has_slice: bool,
    last_size: usize,
    sets: ParameterSets,
    /// As of the picture under way.
    new_sets: Option<ParameterSets>,
    /// The number of the picture parameter set that the picture under way is coded by, where it matters.
    picture_set: Option<u8>,
    /// The number of the sequence that the format is of.
    sequence: Option<u8>,
    format: Option<Arc<VideoFormat>>,
    ready: VecDeque<CodedPicture>,
    start_code: Finder<'static>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// No picture is under way; so many packets are missing since the last.
    Between { lost: u32 },
    /// What comes of the picture of this time is of no use.
    Skipping { rtp: i64, lost: u32 },
    /// A picture is under way.
    Within { rtp: i64, lost: u32 },
}

impl Depacketizer {
    /// Begins with the format that the session's description told, if it did.
    pub(crate) fn new(codec: Codec, format: Option<VideoFormat>) -> Self {
        let sets = match &format {
            Some(format) => ParameterSets::of(format),
            None => ParameterSets::new(codec),
        };
        Self {
            codec,
            state: State::Between { lost: 0 },
            picture: BytesMut::new(),
            fragmented: None,
            has_slice: false,
            last_size: 0,
            sequence: sets.sequence_of(None),
            sets,
            new_sets: None,
            picture_set: None,
            format: format.map(Arc::new),
            ready: VecDeque::with_capacity(2),
            start_code: Finder::new(&START_CODE),
        }
    }

    pub(crate) fn codec(&self) -> Codec {
        self.codec
    }

    /// Takes the next packet; pictures that it ends, two at most, are then to be [popped](Self::pop).
    ///
    /// # Errors
    /// Fails where the packet makes no sense; the next may follow.
    pub(crate) fn push(&mut self, packet: Packet<'_>) -> Result<(), BadPacket> {
        let (is_of_use, ended) = self.enter(packet);
        if !is_of_use {
            return ended;
        }
        let taken = self.take(packet);
        if taken.is_err() {
            let lost = match self.state {
                State::Within { lost, .. } => lost,
                State::Between { lost } | State::Skipping { lost, .. } => lost,
            };
            self.forget();
            self.state = State::Skipping { rtp: packet.rtp, lost };
        }
        taken.and(ended)
    }

    /// Returns the next picture that has come whole.
    pub(crate) fn pop(&mut self) -> Option<CodedPicture> {
        self.ready.pop_front()
    }

    /// Sees which picture a packet belongs to. Returns whether it is of use, and whether the
    /// picture that it showed to be over made sense.
    fn enter(&mut self, packet: Packet<'_>) -> (bool, Result<(), BadPacket>) {
        let Packet { rtp, is_last, .. } = packet;
        let lost = u32::from(packet.lost);
        let mut ended = Ok(());
        let before = match self.state {
            State::Between { lost } => lost,
            State::Skipping { rtp: skipped, lost: before } => {
                if rtp == skipped {
                    self.state = State::Skipping { rtp, lost: before.saturating_add(lost) };
                    return (false, ended);
                }
                before
            }
            State::Within { rtp: current, lost: before } if lost > 0 => {
                self.forget();
                if rtp == current {
                    let lost = before.saturating_add(lost);
                    self.state = match is_last {
                        true => State::Between { lost },
                        false => State::Skipping { rtp, lost },
                    };
                    return (false, ended);
                }
                // The end of the one before is lost, and maybe the beginning of this.
                before
            }
            State::Within { rtp: current, .. } if rtp == current => return (true, ended),
            State::Within { lost: before, .. } => {
                if self.fragmented.is_some() {
                    ended = Err(BadPacket::Fragment);
                } else if self.has_slice {
                    ended = self.end_picture();
                } else {
                    self.state = State::Within { rtp, lost: before };
                    return (true, ended);
                }
                self.forget();
                if ended.is_ok() { 0 } else { before }
            }
        };
        self.state = State::Within { rtp, lost: before.saturating_add(lost) };
        self.make_room();
        (true, ended)
    }

    /// Adds what is in the payload to the picture under way, and ends it at its last packet.
    fn take(&mut self, packet: Packet<'_>) -> Result<(), BadPacket> {
        if self.picture.len() + packet.payload.len() > LARGEST_PICTURE {
            return Err(BadPacket::Endless);
        }
        let payload = Payload::parse(self.codec, packet.payload)?;
        if self.fragmented.is_some() && !matches!(payload, Payload::Fragment { .. }) {
            return Err(BadPacket::Fragment);
        }
        match payload {
            Payload::Unit(unit) => self.add_unit(unit)?,
            Payload::Units(mut rest) => {
                while !rest.is_empty() {
                    let (length, after) = rest.split_first_chunk().ok_or(BadPacket::Short)?;
                    let length = usize::from(u16::from_be_bytes(*length));
                    let (unit, after) = after.split_at_checked(length).ok_or(BadPacket::Short)?;
                    self.add_unit(unit)?;
                    rest = after;
                }
            }
            Payload::Fragment { header, data, is_start, is_end } => {
                if packet.is_last && !is_end {
                    return Err(BadPacket::Fragment);
                }
                let start = match (is_start, self.fragmented) {
                    (true, None) => self.begin_unit(header.bytes()),
                    (false, Some(start)) => start,
                    // Its beginning is among what is lost.
                    (false, None) if packet.lost > 0 => {
                        self.forget();
                        let lost = u32::from(packet.lost);
                        self.state = State::Skipping { rtp: packet.rtp, lost };
                        return Ok(());
                    }
                    _ => return Err(BadPacket::Fragment),
                };
                self.picture.extend_from_slice(data);
                self.fragmented = (!is_end).then_some(start);
                if is_end {
                    self.end_unit(start)?;
                }
            }
        }
        if packet.is_last && self.has_slice {
            self.end_picture()?;
        }
        Ok(())
    }

    fn add_unit(&mut self, unit: &[u8]) -> Result<(), BadPacket> {
        let start = self.begin_unit(unit);
        self.end_unit(start)
    }

    /// Begins a NAL unit with these bytes; returns where its length stands.
    fn begin_unit(&mut self, bytes: &[u8]) -> usize {
        let start = self.picture.len();
        self.picture.extend_from_slice(&[0; LENGTH]);
        self.picture.extend_from_slice(bytes);
        start
    }

    /// Ends the NAL unit whose length stands at `start`, with which the picture's bytes end.
    fn end_unit(&mut self, start: usize) -> Result<(), BadPacket> {
        let body = start + LENGTH;
        let unit = self.picture.get(body..).unwrap_or_default();
        if self.start_code.find(unit).is_some() {
            let units = Bytes::copy_from_slice(unit);
            self.picture.truncate(start);
            return self.split_at_start_codes(&units);
        }
        let zeros = unit.iter().rev().take_while(|&&byte| byte == 0).count();
        let length = unit.len() - zeros;
        self.picture.truncate(body + length);
        let unit = self.picture.get(body..).unwrap_or_default();
        match nal::kind(self.codec, unit).ok_or(BadPacket::Short)? {
            Unit::ParameterSet(slot) => {
                let known = self.new_sets.as_ref().unwrap_or(&self.sets);
                if !known.has(slot, unit) {
                    let mut sets = known.clone();
                    sets.put(slot, unit);
                    self.new_sets = Some(sets);
                }
                // Its place is in the format (ISO/IEC 14496-15 §5.3.3 and §8.3.3).
                self.picture.truncate(start);
                return Ok(());
            }
            Unit::Slice { .. } => {
                let may_differ = self.new_sets.is_some() || self.sets.has_several_sequences();
                if may_differ && !self.has_slice {
                    self.picture_set = picture_set_of(self.codec, unit);
                }
                self.has_slice = true;
            }
            Unit::Other => {}
        }
        let length = u32::try_from(length).map_err(|_| BadPacket::Endless)?;
        if let Some(place) = self.picture.get_mut(start..body) {
            place.copy_from_slice(&length.to_be_bytes());
        }
        Ok(())
    }

    fn split_at_start_codes(&mut self, units: &[u8]) -> Result<(), BadPacket> {
        let mut rest = units;
        while !rest.is_empty() {
            let (unit, after) = match self.start_code.find(rest) {
                Some(at) => (&rest[..at], &rest[at + START_CODE.len()..]),
                None => (rest, &rest[rest.len()..]),
            };
            if unit.iter().any(|&byte| byte != 0) {
                self.add_unit(unit)?;
            }
            rest = after;
        }
        Ok(())
    }

    fn end_picture(&mut self) -> Result<(), BadPacket> {
        self.find_format()?;
        let State::Within { rtp, lost } = self.state else {
            return Ok(());
        };
        self.last_size = self.picture.len();
        let data = self.picture.split().freeze();
        let format = self.format.clone();
        self.ready.push_back(CodedPicture { data, rtp, lost, format });
        self.has_slice = false;
        self.state = State::Between { lost: 0 };
        Ok(())
    }

    /// Sees to it that the format is that of the picture under way.
    fn find_format(&mut self) -> Result<(), BadPacket> {
        let picture_set = self.picture_set.take();
        if self.new_sets.is_none() && picture_set.is_none() {
            return Ok(());
        }
        let unreadable = |_| BadPacket::ParameterSets;
        let Some(mut sets) = self.new_sets.take() else {
            let sequence = self.sets.sequence_of(picture_set);
            if sequence != self.sequence {
                self.format = self.sets.format(sequence).map_err(unreadable)?.map(Arc::new);
                self.sequence = sequence;
            }
            return Ok(());
        };
        sets.settle();
        let sequence = sets.sequence_of(picture_set);
        let format = sets.format(sequence).map_err(unreadable)?;
        if self.format.as_deref() != format.as_ref() {
            self.format = format.map(Arc::new);
        }
        (self.sets, self.sequence) = (sets, sequence);
        Ok(())
    }

    /// Begins another chunk where the next picture might not fit into the rest of this one.
    fn make_room(&mut self) {
        let room = self.picture.capacity() - self.picture.len();
        if room < self.last_size.max(CHUNK / 8) {
            self.picture = BytesMut::with_capacity(CHUNK);
        }
    }

    fn forget(&mut self) {
        self.picture.clear();
        self.fragmented = None;
        self.has_slice = false;
        self.new_sets = None;
        self.picture_set = None;
    }
}

/// What an RTP payload holds.
#[derive(Debug)]
enum Payload<'a> {
    /// One NAL unit.
    Unit(&'a [u8]),
    /// NAL units, each behind its length in 2 bytes: STAP-A, aggregation packet.
    Units(&'a [u8]),
    /// Part of a NAL unit: FU-A, fragmentation unit.
    Fragment { header: Header, data: &'a [u8], is_start: bool, is_end: bool },
}

/// The header of a fragmented NAL unit, put together from its fragment's.
#[derive(Debug, Clone, Copy)]
enum Header {
    H264([u8; 1]),
    H265([u8; 2]),
}

impl Header {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::H264(bytes) => bytes,
            Self::H265(bytes) => bytes,
        }
    }
}

impl<'a> Payload<'a> {
    fn parse(codec: Codec, payload: &'a [u8]) -> Result<Self, BadPacket> {
        let &first = payload.first().ok_or(BadPacket::Short)?;
        if first & 0x80 != 0 {
            return Err(BadPacket::ForbiddenBit);
        }
        let fragment = |header, control: u8, data| Self::Fragment {
            header,
            data,
            is_start: control & 0x80 != 0,
            is_end: control & 0x40 != 0,
        };
        match codec {
            // RFC 6184 §5.6, §5.7.1 and §5.8.
            Codec::H264 => match (first & 0x1f, payload) {
                (1..=23, _) => Ok(Self::Unit(payload)),
                (24, [_, units @ ..]) => Ok(Self::Units(units)),
                (28, &[_, control, ref data @ ..]) => {
                    Ok(fragment(Header::H264([first & 0xe0 | control & 0x1f]), control, data))
                }
                (28, _) => Err(BadPacket::Short),
                (unit_type, _) => Err(BadPacket::UnitType(unit_type)),
            },
            // RFC 7798 §4.4.1 to §4.4.3, without DONL: no camera offers to reorder.
            Codec::H265 => match (first >> 1, payload) {
                (0..=47, [_, _, ..]) => Ok(Self::Unit(payload)),
                (48, [_, _, units @ ..]) => Ok(Self::Units(units)),
                (49, &[_, second, control, ref data @ ..]) => {
                    let header = [first & 0x81 | (control & 0x3f) << 1, second];
                    Ok(fragment(Header::H265(header), control, data))
                }
                (0..=49, _) => Err(BadPacket::Short),
                (unit_type, _) => Err(BadPacket::UnitType(unit_type)),
            },
        }
    }
}

#[cfg(test)]
#[path = "depacketizer_tests.rs"]
mod tests;
