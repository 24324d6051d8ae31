//! What goes on now, for players that follow a stream: the boxes of a recording, one fragment for a
//! picture or a few.

use std::sync::Arc;

use bytes::Bytes;
use domain::{RunId, Timestamp, VideoFormat};

use crate::boxes::samples::samples;
use crate::boxes::write::{FragmentHeader, fragment_header, media_time, segment_header};

/// The GOP of a stream that goes on: what a player needs to show the next picture that comes.
#[derive(Debug, Clone)]
pub struct OpenGop {
    /// What a decoder must know.
    pub format: Arc<VideoFormat>,
    /// The run that its pictures belong to.
    pub run: RunId,
    /// When each was taken and its NAL units, each behind its length in 4 bytes; the first is a
    /// keyframe, and there is at least one.
    pub pictures: Vec<(Timestamp, Bytes)>,
}

/// Writes one unbroken row of pictures as fragments that a player can be fed with as they come.
///
/// Media time counts from the row's first picture; every fragment tells in its `prft` at which
/// wall-clock time its first picture was taken. Owned by whoever feeds one player.
#[derive(Debug)]
pub struct LiveTrack {
    start: Timestamp,
    /// When the last picture written ends, in ticks after `start`.
    media_end: u64,
    fragments: u32,
}

impl LiveTrack {
    /// Begins a row of pictures of `format` whose first was taken at `start`; returns it with its
    /// initialization segment, `ftyp` and `moov`.
    pub fn begin(format: &VideoFormat, start: Timestamp) -> (Self, Bytes) {
        let header = segment_header(start, format.width, format.height, &format.sample_entry);
        (Self { start, media_end: 0, fragments: 0 }, header.into())
    }

    /// Returns the next fragment: `prft`, `moof` and `mdat`. `pictures` follow those before, in
    /// order, and the last of them ends at `end`; `None` if there are none, or over 1 GiB of them.
    pub fn fragment(
        &mut self,
        pictures: &[(Timestamp, Bytes)],
        starts_with_keyframe: bool,
        end: Timestamp,
    ) -> Option<Bytes> {
        let (first, _) = pictures.first()?;
        let payload: usize = pictures.iter().map(|(_, data)| data.len()).sum();
        let payload_bytes = u32::try_from(payload).ok().filter(|&bytes| bytes <= 1 << 30)?;
        let decode_time = media_time(self.start, *first).max(self.media_end);
        let sizes = pictures.iter().map(|(time, data)| (*time, data.len()));
        let (samples, media_end) = samples(self.start, decode_time, sizes, end);
        self.fragments = self.fragments.wrapping_add(1);
        let mut out = fragment_header(&FragmentHeader {
            sequence: self.fragments,
            start: *first,
            decode_time,
            starts_with_keyframe,
            samples: &samples,
            payload_bytes,
        });
        out.reserve_exact(payload);
        for (_, data) in pictures {
            out.extend_from_slice(data);
        }
        self.media_end = media_end;
        Some(out.into())
    }
}
