//! Parameter sets as they come, and the format they make.
//!
//! Each is known by its kind and number, and stays until another of the same comes: a camera may code
//! its pictures by several in turn, and all of them go into the format, or what is recorded of it
//! could not be decoded.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use domain::{Codec, VideoFormat};
use retina::codec::Depacketizer as Parser;

use crate::format::{video_format, with_record};
use crate::nal;
use crate::set_id::{Identity, identity};

/// A larger set is none of a camera: a few dozen bytes are usual.
const MOST_BYTES_OF_ONE: usize = 16 << 10;
/// All together, whatever their numbers.
const MOST_BYTES: usize = 64 << 10;
/// How many sequence parameter sets an `avcC` has room for (ISO/IEC 14496-15 §5.3.3.1.2).
const MOST_SEQUENCES: usize = 31;

/// The parameter sets that a stream sent last, of each kind and number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ParameterSets {
    codec: Codec,
    sets: BTreeMap<(Slot, u8), Set>,
    /// One that came made no sense.
    is_unreadable: bool,
}

/// The kinds of parameter sets. H.264 has no video parameter set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Slot {
    Video,
    Sequence,
    Picture,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Set {
    unit: Bytes,
    builds_on: u8,
    /// What it builds on has changed since it came.
    is_outdated: bool,
}

/// Parameter sets that are whole, but make no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unreadable;

impl ParameterSets {
    /// Knows of none.
    pub(crate) fn new(codec: Codec) -> Self {
        Self { codec, sets: BTreeMap::new(), is_unreadable: false }
    }

    /// Returns the sets a format was made of, as far as they can be read from it.
    pub(crate) fn of(format: &VideoFormat) -> Self {
        let mut sets = Self::new(format.codec);
        let codec = match format.codec {
            Codec::H264 => rtsp::Codec::H264,
            Codec::H265 => rtsp::Codec::H265,
        };
        for unit in rtsp::units_of_record(codec, &format.codec_data) {
            sets.take(unit);
        }
        sets.settle();
        sets.is_unreadable = false;
        sets
    }

    /// Returns the sets that a session's description tells for RTP of `payload_type` (RFC 6184 §8.1,
    /// RFC 7798 §7.1): several of a kind, where retina would tell none.
    pub(crate) fn described(codec: Codec, sdp: &[u8], payload_type: u8) -> Self {
        let mut sets = Self::new(codec);
        let text = String::from_utf8_lossy(sdp);
        let start = format!("a=fmtp:{payload_type} ");
        let parameters = text.lines().find_map(|line| line.trim().strip_prefix(start.as_str()));
        for parameter in parameters.unwrap_or_default().split(';') {
            let Some((name, value)) = parameter.trim().split_once('=') else { continue };
            let names = ["sprop-parameter-sets", "sprop-vps", "sprop-sps", "sprop-pps"];
            if !names.contains(&name) {
                continue;
            }
            let units = value.split(',').filter_map(|unit| STANDARD.decode(unit.trim()).ok());
            units.for_each(|unit| sets.take(&unit));
        }
        sets.settle();
        // The one that makes no sense may be told again with the pictures.
        sets.is_unreadable = false;
        sets
    }

    fn take(&mut self, unit: &[u8]) {
        if let Some(nal::Unit::ParameterSet(slot)) = nal::kind(self.codec, unit) {
            self.put(slot, unit);
        }
    }

    /// Returns whether `unit` is known, and still holds.
    pub(crate) fn has(&self, slot: Slot, unit: &[u8]) -> bool {
        self.of_kind(slot).any(|(_, known)| known.unit == unit && !known.is_outdated)
    }

    /// Takes a set, in the place of the one of its kind and number.
    pub(crate) fn put(&mut self, slot: Slot, unit: &[u8]) {
        let room = MOST_BYTES_OF_ONE.min(MOST_BYTES.saturating_sub(self.bytes()));
        let found = identity(self.codec, slot, unit).filter(|_| unit.len() <= room);
        let Some(Identity { id, builds_on }) = found else {
            self.is_unreadable = true;
            return;
        };
        let unit = Bytes::copy_from_slice(unit);
        let set = Set { unit: unit.clone(), builds_on, is_outdated: false };
        let before = self.sets.insert((slot, id), set);
        if slot == Slot::Sequence && before.is_some_and(|before| before.unit != unit) {
            let pictures = self.sets.iter_mut().filter(|((slot, _), _)| *slot == Slot::Picture);
            for (_, picture) in pictures.filter(|(_, picture)| picture.builds_on == id) {
                picture.is_outdated = true;
            }
        }
    }

    /// Ends the coming of sets, for now: those of pictures that built on another sequence go, if any
    /// came in their place; cameras repeat them with the sequence's.
    pub(crate) fn settle(&mut self) {
        let renewed: Vec<u8> = self
            .of_kind(Slot::Picture)
            .filter(|(_, picture)| !picture.is_outdated)
            .map(|(_, picture)| picture.builds_on)
            .collect();
        self.sets.retain(|(slot, _), set| {
            !(*slot == Slot::Picture && set.is_outdated && renewed.contains(&set.builds_on))
        });
        self.sets.values_mut().for_each(|set| set.is_outdated = false);
    }

    /// Returns the number of the sequence that pictures are of which are coded by `picture`, or by the
    /// first picture parameter set where that is not known.
    pub(crate) fn sequence_of(&self, picture: Option<u8>) -> Option<u8> {
        let known = picture.and_then(|id| self.sets.get(&(Slot::Picture, id)));
        let first = || self.of_kind(Slot::Picture).next().map(|(_, set)| set);
        known.or_else(first).map(|set| set.builds_on)
    }

    /// Returns whether pictures may be of one sequence or another.
    pub(crate) fn has_several_sequences(&self) -> bool {
        self.of_kind(Slot::Sequence).nth(1).is_some()
    }

    /// Returns the format they make for pictures of `sequence`; `None` as long as one is missing.
    ///
    /// retina reads them, by the way it reads a session's description (RFC 6184 §8.1, RFC 7798
    /// §7.1).
    pub(crate) fn format(&self, sequence: Option<u8>) -> Result<Option<VideoFormat>, Unreadable> {
        if self.is_unreadable {
            return Err(Unreadable);
        }
        let Some((sequence_id, sequence)) =
            sequence.and_then(|id| Some((id, self.sets.get(&(Slot::Sequence, id))?)))
        else {
            return Ok(None);
        };
        let builds_on_it = |set: &&Set| set.builds_on == sequence_id;
        let Some(picture) = self.of_kind(Slot::Picture).map(|(_, set)| set).find(builds_on_it)
        else {
            return Ok(None);
        };
        let video = self.sets.get(&(Slot::Video, sequence.builds_on));
        let encoded = |set: &Set| STANDARD.encode(&set.unit);
        let (name, description) = match (self.codec, video) {
            (Codec::H264, _) => {
                ("h264", format!("sprop-parameter-sets={},{}", encoded(sequence), encoded(picture)))
            }
            (Codec::H265, Some(video)) => {
                let (video, sequence, picture) =
                    (encoded(video), encoded(sequence), encoded(picture));
                ("h265", format!("sprop-vps={video};sprop-sps={sequence};sprop-pps={picture}"))
            }
            (Codec::H265, None) => return Ok(None),
        };
        let parser = Parser::new("video", name, 90_000, None, Some(&description));
        let parser = parser.map_err(|_| Unreadable)?;
        let format = video_format(self.codec, parser.parameters()).ok_or(Unreadable)?;
        let is_all = [Slot::Video, Slot::Sequence, Slot::Picture]
            .iter()
            .all(|slot| self.of_kind(*slot).nth(1).is_none());
        if is_all {
            return Ok(Some(format));
        }
        let record = self.record(&format.codec_data, sequence_id).ok_or(Unreadable)?;
        with_record(&format, record).map(Some).ok_or(Unreadable)
    }

    /// Returns `of_one`, the decoder configuration record for one set of each kind, with all of them.
    fn record(&self, of_one: &[u8], sequence: u8) -> Option<Vec<u8>> {
        // The sequence shown first, for whoever looks at no other.
        let mut sequences: Vec<_> = self.of_kind(Slot::Sequence).collect();
        sequences.sort_by_key(|(id, _)| *id != sequence);
        let sequences: Vec<&Set> = sequences.into_iter().map(|(_, set)| set).collect();
        let of_kind = |slot| self.of_kind(slot).map(|(_, set)| set).collect::<Vec<&Set>>();
        let pictures = of_kind(Slot::Picture);
        let mut record = Vec::with_capacity(of_one.len() + self.bytes());
        match self.codec {
            // ISO/IEC 14496-15 §5.3.3.1.2.
            Codec::H264 => {
                let (sequence_count, picture_count) =
                    (u8::try_from(sequences.len()).ok()?, u8::try_from(pictures.len()).ok()?);
                if sequences.len() > MOST_SEQUENCES {
                    return None;
                }
                record.extend_from_slice(of_one.get(..5)?);
                record.push(0xe0 | sequence_count);
                append(&mut record, &sequences)?;
                record.push(picture_count);
                append(&mut record, &pictures)?;
            }
            // §8.3.3.1.2: each kind is complete, and named by its NAL unit type.
            Codec::H265 => {
                record.extend_from_slice(of_one.get(..22)?);
                let kinds = [(32, of_kind(Slot::Video)), (33, sequences), (34, pictures)];
                record.push(3);
                for (unit_type, sets) in kinds {
                    record.push(0x80 | unit_type);
                    record.extend_from_slice(&u16::try_from(sets.len()).ok()?.to_be_bytes());
                    append(&mut record, &sets)?;
                }
            }
        }
        Some(record)
    }

    fn of_kind(&self, slot: Slot) -> impl Iterator<Item = (u8, &Set)> {
        self.sets.range((slot, 0)..=(slot, u8::MAX)).map(|(&(_, id), set)| (id, set))
    }

    fn bytes(&self) -> usize {
        self.sets.values().map(|set| set.unit.len()).sum()
    }
}

/// Appends sets, each behind its length.
fn append(record: &mut Vec<u8>, sets: &[&Set]) -> Option<()> {
    for set in sets {
        record.extend_from_slice(&u16::try_from(set.unit.len()).ok()?.to_be_bytes());
        record.extend_from_slice(&set.unit);
    }
    Some(())
}
