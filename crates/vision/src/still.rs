//! One picture of recorded footage as a JPEG.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "sizes are clamped to the picture's before they are cast"
)]

use std::sync::Arc;

use bytes::Bytes;
use domain::{Codec, Polygon, Timestamp, VideoFormat};
use image::ExtendedColorType;
use image::codecs::jpeg::JpegEncoder;

use crate::VisionError;
use crate::decoder::{Decoded, Decoder, Feed};
use crate::drawing::Drawing;
use crate::mask;
use crate::picture::Picture;
use crate::sampling::{PixelRect, rgb};

/// JPEG quality, 1 to 100.
const QUALITY: u8 = 85;
/// Largest side of a JPEG.
const MAX_SIDE: usize = 65_535;

/// Decodes `pictures` (a GOP from its keyframe on, NAL units behind 4-byte lengths) up to the last
/// at or before `at`, or the first if all are later, paints `masks` over it, then `drawing`, and
/// returns it as a JPEG at most `max_width` pixels wide.
///
/// # Errors
/// Fails when no picture comes out of the decoder.
pub fn jpeg(
    codec: Codec,
    codec_data: &Bytes,
    pictures: &[(Timestamp, Bytes)],
    at: Timestamp,
    max_width: Option<u32>,
    masks: &[Polygon],
    drawing: &Drawing,
) -> Result<Vec<u8>, VisionError> {
    let wanted = pictures.partition_point(|(time, _)| *time <= at).max(1);
    let mut picture = last_picture(codec, codec_data, pictures.iter().take(wanted))?;
    mask::paint(&mut picture, masks);
    encode(&picture, max_width, drawing)
}

/// Encodes a picture with `drawing` over it as a JPEG at most `max_width` pixels wide.
///
/// # Errors
/// Fails when the encoder does.
pub fn encode(
    picture: &Picture,
    max_width: Option<u32>,
    drawing: &Drawing,
) -> Result<Vec<u8>, VisionError> {
    let (from_width, from_height) = (picture.width(), picture.height());
    let limit = max_width.map_or(MAX_SIDE, |limit| (limit as usize).clamp(1, MAX_SIDE));
    let width = from_width.min(limit);
    let height = (from_height * width).div_ceil(from_width).clamp(1, MAX_SIDE);
    let whole = PixelRect { left: 0, top: 0, width: from_width, height: from_height };
    let mut pixels = rgb(picture, whole, width, height);
    drawing.draw_on(&mut pixels, width, height);
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY)
        .encode(&pixels, width as u32, height as u32, ExtendedColorType::Rgb8)
        .map_err(|error| VisionError::Still(error.to_string()))?;
    Ok(jpeg)
}

fn last_picture<'a>(
    codec: Codec,
    codec_data: &Bytes,
    pictures: impl Iterator<Item = &'a (Timestamp, Bytes)>,
) -> Result<Picture, VisionError> {
    let format = Arc::new(VideoFormat {
        codec,
        width: 0,
        height: 0,
        sample_entry: Bytes::new(),
        codec_data: codec_data.clone(),
        rfc6381: String::new(),
    });
    let mut decoder = Decoder::new(codec, Feed::OneStream)?;
    let mut decoded: Vec<Decoded> = Vec::new();
    let mut last = None;
    for (index, (_, access_unit)) in pictures.enumerate() {
        decoder.decode(&format, access_unit, index == 0, &mut decoded)?;
        last = decoded.drain(..).next_back().or(last);
    }
    decoder.drain(&mut decoded);
    decoded
        .pop()
        .or(last)
        .and_then(Decoded::picture)
        .ok_or_else(|| VisionError::Still("the footage there cannot be decoded".into()))
}
