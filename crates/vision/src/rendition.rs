//! A viewing copy of recorded footage: decoded, masked, made smaller, encoded as H.264.
//!
//! Whoever makes one adds the footage fragment by fragment and takes what has come out since; nothing
//! is held but the picture at hand and what the codecs keep. A fragment that cannot be decoded is
//! left out, and the copy goes on with the next. One job works on the calling thread alone.
#![allow(
    clippy::cast_possible_truncation,
    reason = "sides of pictures are far below 2^31, and clamped before they are cast"
)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::{Codec, MaskHistory, TimeRange, Timestamp, VideoFormat};

use crate::VisionError;
use crate::decoder::{Decoded, Decoder, Feed};
use crate::encoder::{Coded, Encoder};
use crate::mask;
use crate::soften::{self, Softener};

/// A copy starts to decode anew so often: a player that comes late waits no longer.
const KEYFRAME_EVERY: Duration = Duration::from_secs(1);
/// Least side of a copy, in pixels: the encoder takes nothing smaller.
const LEAST_SIDE: usize = 16;

/// What a copy shows of the footage.
#[derive(Debug, Clone)]
pub struct RenditionSettings {
    /// The first moment shown, and the first one after.
    pub range: TimeRange,
    /// Greatest width, in pixels; nothing is ever enlarged.
    pub max_width: u32,
    /// What covers the view, and when.
    pub masks: MaskHistory,
}

/// Pictures of footage in the order of decoding.
#[derive(Debug, Clone, Copy)]
pub struct CodedPictures<'a> {
    /// How they are coded.
    pub codec: Codec,
    /// The decoder configuration record: the payload of `avcC` or `hvcC`.
    pub codec_data: &'a Bytes,
    /// Whether decoding can start at the first of them.
    pub starts_with_keyframe: bool,
    /// When each was taken, and its NAL units, each behind its length in 4 bytes.
    pub pictures: &'a [(Timestamp, Bytes)],
}

/// A picture of the copy.
#[derive(Debug, Clone)]
pub struct CopiedPicture {
    /// When the original was taken; of the first, the start of the range where it was on view then.
    pub time: Timestamp,
    /// Whether decoding can start here.
    pub is_keyframe: bool,
    /// Its NAL units, each behind its length in 4 bytes, without parameter sets.
    pub data: Bytes,
}

/// The form of a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyForm {
    /// Width, in pixels.
    pub width: u32,
    /// Height, in pixels.
    pub height: u32,
    /// The decoder configuration record: the payload of `avcC`.
    pub codec_data: Bytes,
}

/// A copy being made; owned by the thread that makes it.
#[derive(Debug)]
pub struct Rendition {
    settings: RenditionSettings,
    softener: Option<Softener>,
    decoder: Option<Source>,
    /// When the pictures were taken that are in the decoder, by their tickets.
    taken: BTreeMap<u64, Timestamp>,
    /// The last picture at or before the start: on view until the next one.
    on_view: Option<(Timestamp, Decoded)>,
    encoder: Option<Target>,
    left_out: usize,
    last_trouble: Option<VisionError>,
}

#[derive(Debug)]
struct Source {
    decoder: Decoder,
    format: Arc<VideoFormat>,
}

#[derive(Debug)]
struct Target {
    encoder: Encoder,
    width: u32,
    height: u32,
    /// When the pictures were taken that are in the encoder, by their tickets.
    times: BTreeMap<u64, Timestamp>,
    keyframe_at: Option<Timestamp>,
}

impl Rendition {
    /// Begins a copy.
    pub fn new(settings: RenditionSettings) -> Self {
        Self {
            settings,
            softener: None,
            decoder: None,
            taken: BTreeMap::new(),
            on_view: None,
            encoder: None,
            left_out: 0,
            last_trouble: None,
        }
    }

    /// Has other masks cover every picture that is encoded from now on, those in the decoder too.
    pub fn set_masks(&mut self, masks: MaskHistory) {
        self.settings.masks = masks;
    }

    /// Has `softener` say of every picture that is encoded from now on what of it is softened.
    pub fn soften_by(&mut self, softener: Softener) {
        self.softener = Some(softener);
    }

    /// Adds footage and appends to `copied` what has come out.
    ///
    /// # Errors
    /// Fails when there is no encoder, or it breaks down. Footage that cannot be decoded is left out.
    pub fn add(
        &mut self,
        footage: CodedPictures<'_>,
        copied: &mut Vec<CopiedPicture>,
    ) -> Result<(), VisionError> {
        if footage.starts_with_keyframe {
            self.drain(copied)?;
        }
        let mut decoded = Vec::new();
        let fed = self.feed(footage, &mut decoded);
        self.take_over(decoded, copied)?;
        if let Err(trouble) = fed {
            self.decoder = None;
            self.taken.clear();
            self.left_out += 1;
            self.last_trouble = Some(trouble);
        }
        Ok(())
    }

    /// Ends the copy and appends the rest.
    ///
    /// # Errors
    /// Fails when nothing at all could be decoded, or the encoder breaks down.
    pub fn finish(&mut self, copied: &mut Vec<CopiedPicture>) -> Result<(), VisionError> {
        self.drain(copied)?;
        if let Some((time, picture)) = self.on_view.take() {
            self.encode(time, picture, copied)?;
        }
        if self.encoder.is_none() {
            let nothing = VisionError::Still("the footage there cannot be decoded".to_owned());
            return Err(self.last_trouble.take().unwrap_or(nothing));
        }
        Ok(())
    }

    /// Returns the form of the copy, once the first picture is out.
    pub fn form(&self) -> Option<CopyForm> {
        let target = self.encoder.as_ref()?;
        let codec_data = target.encoder.codec_data()?.clone();
        Some(CopyForm { width: target.width, height: target.height, codec_data })
    }

    /// Returns how many fragments of the footage could not be decoded.
    pub fn left_out(&self) -> usize {
        self.left_out
    }

    fn feed(
        &mut self,
        footage: CodedPictures<'_>,
        decoded: &mut Vec<Decoded>,
    ) -> Result<(), VisionError> {
        let is_same = |source: &Source| {
            source.format.codec == footage.codec && source.format.codec_data == footage.codec_data
        };
        if !self.decoder.as_ref().is_some_and(is_same) {
            if !footage.starts_with_keyframe {
                let reason = "it goes on with pictures that could not be decoded".to_owned();
                return Err(VisionError::Decode { codec: footage.codec.as_str(), reason });
            }
            let format = Arc::new(VideoFormat {
                codec: footage.codec,
                width: 0,
                height: 0,
                sample_entry: Bytes::new(),
                codec_data: footage.codec_data.clone(),
                rfc6381: String::new(),
            });
            let decoder = Decoder::new(footage.codec, Feed::OneStream)?;
            self.taken.clear();
            self.decoder = Some(Source { decoder, format });
        }
        let Some(Source { decoder, format }) = &mut self.decoder else { return Ok(()) };
        for (position, (time, data)) in footage.pictures.iter().enumerate() {
            if *time >= self.settings.range.end {
                break;
            }
            let is_keyframe = position == 0 && footage.starts_with_keyframe;
            // Known before its picture can come out.
            let ticket = decoder.next_ticket();
            self.taken.insert(ticket, *time);
            decoder.decode(format, data, is_keyframe, decoded)?;
        }
        Ok(())
    }

    fn drain(&mut self, copied: &mut Vec<CopiedPicture>) -> Result<(), VisionError> {
        let mut decoded = Vec::new();
        if let Some(source) = &mut self.decoder {
            source.decoder.drain(&mut decoded);
        }
        let taken = self.take_over(decoded, copied);
        self.taken.clear();
        taken
    }

    /// Encodes what was decoded, from the picture on that was on view at the start.
    fn take_over(
        &mut self,
        decoded: Vec<Decoded>,
        copied: &mut Vec<CopiedPicture>,
    ) -> Result<(), VisionError> {
        for picture in decoded {
            let Some(time) = self.taken.remove(&picture.ticket()) else { continue };
            if time <= self.settings.range.start {
                self.on_view = Some((time, picture));
                continue;
            }
            if let Some((earlier, on_view)) = self.on_view.take() {
                self.encode(earlier, on_view, copied)?;
            }
            self.encode(time, picture, copied)?;
        }
        Ok(())
    }

    fn encode(
        &mut self,
        time: Timestamp,
        decoded: Decoded,
        copied: &mut Vec<CopiedPicture>,
    ) -> Result<(), VisionError> {
        let Some(mut picture) = decoded.picture() else { return Ok(()) };
        // Before anything else, and by the moment it was taken, not the one it is shown.
        mask::paint(&mut picture, &self.settings.masks.at(time));
        if let Some(softener) = &self.softener {
            soften::soften(&mut picture, &softener.at(time));
        }
        let time = time.max(self.settings.range.start);
        let target = match &mut self.encoder {
            Some(target) => target,
            None => {
                let limit = self.settings.max_width as usize;
                let (width, height) = size(picture.width(), picture.height(), limit);
                let encoder = Encoder::new(width, height)?;
                let times = BTreeMap::new();
                self.encoder.insert(Target { encoder, width, height, times, keyframe_at: None })
            }
        };
        let is_due = target.keyframe_at.is_none_or(|last| time.since(last) >= KEYFRAME_EVERY);
        if is_due {
            target.keyframe_at = Some(time);
        }
        let mut coded = Vec::new();
        let ticket = target.encoder.next_ticket();
        target.times.insert(ticket, time);
        target.encoder.encode(&picture, is_due, &mut coded)?;
        target.hand_on(coded, copied);
        Ok(())
    }
}

impl Target {
    fn hand_on(&mut self, coded: Vec<Coded>, copied: &mut Vec<CopiedPicture>) {
        for Coded { ticket, is_keyframe, data } in coded {
            let Some(time) = self.times.remove(&ticket) else { continue };
            copied.push(CopiedPicture { time, is_keyframe, data });
        }
    }
}

/// Returns the size of a copy: the same shape, even sides, no wider than `limit`.
fn size(width: usize, height: usize, limit: usize) -> (u32, u32) {
    let copied = width.min(limit.max(LEAST_SIDE));
    let even = |side: usize| (side / 2 * 2).max(LEAST_SIDE) as u32;
    (even(copied), even((height * copied + width / 2) / width.max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_has_the_shape_of_the_original_and_even_sides() {
        assert_eq!(size(1920, 1080, 1280), (1280, 720));
        assert_eq!(size(1920, 1080, 4000), (1920, 1080));
        assert_eq!(size(2688, 1521, 1280), (1280, 724));
        assert_eq!(size(705, 577, 9999), (704, 576));
        assert_eq!(size(20, 4, 16), (16, 16));
    }
}
