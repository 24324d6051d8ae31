//! A file's pictures, cut into RTP payloads once and shared by all who send them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use rtsp::{Codec, Payloads};
use sha2::{Digest, Sha256};

use crate::SimulatorError;
use crate::clock::TICKS_PER_SECOND;
use crate::mp4::{self, Mp4Error};

/// A loop of coded pictures, ready to be sent. Takes a little more memory than the file.
#[derive(Debug)]
pub struct Footage {
    pub(crate) file: PathBuf,
    pub(crate) codec: Codec,
    pub(crate) width: u16,
    pub(crate) height: u16,
    pub(crate) parameter_sets: Vec<Vec<u8>>,
    /// Never empty; the first is a keyframe.
    pub(crate) pictures: Vec<Picture>,
    /// The time after which the loop begins anew, in ticks; larger than any picture's time.
    pub(crate) period: i64,
    payloads: Bytes,
    payload_ends: Vec<usize>,
}

/// One picture of a loop.
#[derive(Debug)]
pub(crate) struct Picture {
    /// From the start of the loop, in ticks.
    pub(crate) time: i64,
    pub(crate) is_keyframe: bool,
    /// Known when the log of sent pictures wants them.
    pub(crate) hashes: Option<Hashes>,
    first_payload: usize,
    end_payload: usize,
}

/// SHA-256 of an access unit as NAL units, each behind its length in 4 bytes big-endian.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hashes {
    /// Over all NAL units as sent.
    pub(crate) whole: [u8; 32],
    /// Over all but parameter sets.
    pub(crate) without_parameter_sets: [u8; 32],
}

/// Whether hashes of all pictures are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hashing {
    /// They are.
    On,
    /// They are not: it is the slowest part of loading.
    Off,
}

impl Footage {
    /// Reads a file and cuts it into RTP payloads of at most `payload_limit` bytes.
    ///
    /// Each keyframe's access unit has the parameter sets in front, behind an access unit
    /// delimiter if there is one: the file's own if the picture holds a sequence parameter set,
    /// otherwise those of the sample entry. Pictures before the first keyframe are left out, and
    /// so are zero bytes behind a NAL unit, which do not belong to it (H.264 §B.1).
    ///
    /// # Errors
    /// Refuses what is not a plain MP4 file of H.264 or H.265 without B-frames.
    pub fn load(
        file: &Path,
        payload_limit: usize,
        hashing: Hashing,
    ) -> Result<Arc<Self>, SimulatorError> {
        Self::read(file, payload_limit, hashing)
            .map(Arc::new)
            .map_err(|source| SimulatorError::Footage { file: file.to_owned(), source })
    }

    fn read(path: &Path, payload_limit: usize, hashing: Hashing) -> Result<Self, Mp4Error> {
        let (mut file, track) = mp4::open(path)?;
        let mut parameter_sets = track.parameter_sets;
        for nal in &mut parameter_sets {
            let len = trimmed(nal).len();
            nal.truncate(len);
        }
        parameter_sets.retain(|nal| nal.len() > track.codec.header_len());
        let mut payloads = Payloads::default();
        let mut pictures: Vec<Picture> = Vec::new();
        let mut origin = None;
        let mut end = 0;
        for (index, sample) in track.samples.iter().enumerate() {
            let bytes = mp4::read_sample(&mut file, sample)?;
            let mut nals = split(track.codec, &bytes, track.nal_length_size)
                .map_err(|what| Mp4Error::BrokenPicture { index, what })?;
            let is_keyframe = nals.iter().any(|nal| track.codec.is_keyframe_slice(nal));
            if pictures.is_empty() && !is_keyframe {
                continue;
            }
            if is_keyframe {
                let has_own = |nal: &&[u8]| track.codec.is_sequence_parameter_set(nal);
                if nals.iter().any(has_own) {
                    // With avc3 and hev1 the sample entry may hold none to announce.
                    if parameter_sets.is_empty() {
                        let own = nals.iter().filter(|nal| track.codec.is_parameter_set(nal));
                        parameter_sets = own.map(|nal| nal.to_vec()).collect();
                    }
                } else {
                    let at = usize::from(track.codec.is_delimiter(nals[0]));
                    nals.splice(at..at, parameter_sets.iter().map(Vec::as_slice));
                }
            }
            let origin = *origin.get_or_insert(sample.time);
            let time = in_ticks(sample.time - origin, track.timescale);
            if pictures.last().is_some_and(|last| time <= last.time) {
                return Err(Mp4Error::Broken { which: "stts", what: "two pictures at one time" });
            }
            end = in_ticks(sample.time - origin + u64::from(sample.duration), track.timescale);
            let first_payload = payloads.ends.len();
            payloads.push_access_unit(track.codec, &nals, payload_limit);
            pictures.push(Picture {
                time,
                is_keyframe,
                hashes: (hashing == Hashing::On).then(|| hashes(track.codec, &nals)),
                first_payload,
                end_payload: payloads.ends.len(),
            });
        }
        let last = pictures.last().ok_or(Mp4Error::NoKeyframe)?;
        // A loop without length would send without pause.
        let period = end.max(last.time + TICKS_PER_SECOND / 1000);
        Ok(Self {
            file: path.to_owned(),
            codec: track.codec,
            width: track.width,
            height: track.height,
            parameter_sets,
            pictures,
            period,
            payloads: payloads.bytes.into(),
            payload_ends: payloads.ends,
        })
    }

    /// Returns how many pictures the loop has.
    pub fn picture_count(&self) -> usize {
        self.pictures.len()
    }

    /// Returns the RTP payloads of a picture.
    pub(crate) fn payloads(&self, index: usize) -> impl ExactSizeIterator<Item = &[u8]> {
        let picture = &self.pictures[index];
        (picture.first_payload..picture.end_payload).map(|payload| {
            let start = payload.checked_sub(1).map_or(0, |before| self.payload_ends[before]);
            &self.payloads[start..self.payload_ends[payload]]
        })
    }

    /// Returns the mean rate, in pictures per second.
    #[allow(clippy::cast_precision_loss, reason = "a rate to show, from numbers far below 2^52")]
    pub(crate) fn pictures_per_second(&self) -> f64 {
        self.pictures.len() as f64 * TICKS_PER_SECOND as f64 / self.period as f64
    }
}

/// Returns a time in ticks, rounded down.
fn in_ticks(time: u64, timescale: u32) -> i64 {
    let ticks = u128::from(time) * u128::from(TICKS_PER_SECOND.unsigned_abs());
    // Centuries, which an hour of room in every sum below still leaves far from overflow.
    let ticks = (ticks / u128::from(timescale)).min(1 << 50);
    i64::try_from(ticks).unwrap_or(1 << 50)
}

/// Splits a sample into its NAL units.
fn split(codec: Codec, sample: &[u8], length_size: usize) -> Result<Vec<&[u8]>, &'static str> {
    let mut nals = Vec::new();
    let mut rest = sample;
    while !rest.is_empty() {
        let (length, behind) =
            rest.split_at_checked(length_size).ok_or("it ends within a NAL unit's length")?;
        let len = length.iter().fold(0_usize, |len, byte| len << 8 | usize::from(*byte));
        let (nal, behind) =
            behind.split_at_checked(len).ok_or("a NAL unit is longer than the picture")?;
        rest = behind;
        let nal = trimmed(nal);
        if nal.len() > codec.header_len() {
            nals.push(nal);
        }
    }
    if nals.is_empty() {
        return Err("it holds no NAL unit");
    }
    Ok(nals)
}

/// Leaves out zero bytes at the end.
fn trimmed(nal: &[u8]) -> &[u8] {
    let len = nal.iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1);
    &nal[..len]
}

fn hashes(codec: Codec, nals: &[&[u8]]) -> Hashes {
    let mut whole = Sha256::new();
    let mut without_parameter_sets = Sha256::new();
    for nal in nals {
        let len = u32::try_from(nal.len()).expect("a sample's size is 32 bits");
        whole.update(len.to_be_bytes());
        whole.update(nal);
        if !codec.is_parameter_set(nal) {
            without_parameter_sets.update(len.to_be_bytes());
            without_parameter_sets.update(nal);
        }
    }
    Hashes {
        whole: whole.finalize().into(),
        without_parameter_sets: without_parameter_sets.finalize().into(),
    }
}
