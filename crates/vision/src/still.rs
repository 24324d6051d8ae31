//! One picture of recorded footage as a JPEG.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "sizes are clamped to the picture's before they are cast"
)]

use std::sync::Arc;

use bytes::Bytes;
use domain::{Bbox, Codec, Polygon, Timestamp, VideoFormat};
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

/// How much of the view around an object is in its crop, on each side, as a share of its box.
const CROP_MARGIN: f32 = 0.25;
/// Least side of a crop, in pixels: smaller, nobody sees what it is.
const LEAST_CROP: usize = 32;

/// What of a picture is shown.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Rendition {
    /// The picture as it is.
    #[default]
    Plain,
    /// A copy that is drawn on.
    Drawn(Drawing),
    /// What lies in a box and a little around it, at the picture's own resolution.
    Crop(Bbox),
}

/// Decodes `pictures` (a GOP from its keyframe on, NAL units behind 4-byte lengths) up to the last
/// at or before `at`, or the first if all are later; returns that one with `masks` painted over it.
///
/// # Errors
/// Fails when no picture comes out of the decoder.
pub fn picture(
    codec: Codec,
    codec_data: &Bytes,
    pictures: &[(Timestamp, Bytes)],
    at: Timestamp,
    masks: &[Polygon],
) -> Result<Picture, VisionError> {
    let until = pictures.partition_point(|(time, _)| *time <= at).max(1);
    let mut picture = last_picture(codec, codec_data, pictures.iter().take(until))?;
    mask::paint(&mut picture, masks);
    Ok(picture)
}

/// Returns a picture as a JPEG at most `max_width` pixels wide; nothing is ever enlarged.
///
/// # Errors
/// Fails when the encoder does, and for a crop of which nothing is on the view.
pub fn jpeg(
    picture: &Picture,
    max_width: Option<u32>,
    rendition: &Rendition,
) -> Result<Vec<u8>, VisionError> {
    let whole = PixelRect { left: 0, top: 0, width: picture.width(), height: picture.height() };
    let part = match rendition {
        Rendition::Plain | Rendition::Drawn(_) => whole,
        Rendition::Crop(bbox) => around(bbox, picture).ok_or(VisionError::OffView)?,
    };
    let limit = max_width.map_or(MAX_SIDE, |limit| (limit as usize).clamp(1, MAX_SIDE));
    let width = part.width.min(limit);
    let height = (part.height * width).div_ceil(part.width).clamp(1, MAX_SIDE);
    let mut pixels = rgb(picture, part, width, height);
    if let Rendition::Drawn(drawing) = rendition {
        drawing.draw_on(&mut pixels, width, height);
    }
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY)
        .encode(&pixels, width as u32, height as u32, ExtendedColorType::Rgb8)
        .map_err(|error| VisionError::Still(error.to_string()))?;
    Ok(jpeg)
}

/// Returns the pixels of `bbox` with a margin, as far as there are any: `None` if the box is none
/// or lies outside.
fn around(bbox: &Bbox, picture: &Picture) -> Option<PixelRect> {
    let sides = [bbox.left, bbox.top, bbox.width, bbox.height];
    let seen = bbox.clamped();
    if sides.iter().any(|side| !side.is_finite()) || seen.area() <= 0.0 {
        return None;
    }
    let (left, width) = stretch(seen.left, seen.width, picture.width());
    let (top, height) = stretch(seen.top, seen.height, picture.height());
    Some(PixelRect { left, top, width, height })
}

/// Returns where a side begins and how long it is, in pixels, with its margins, within `length`.
fn stretch(from: f32, side: f32, length: usize) -> (usize, usize) {
    let in_pixels = |share: f32| share * length as f32;
    let middle = in_pixels(from + side / 2.0);
    let wanted = in_pixels(side * (1.0 + 2.0 * CROP_MARGIN)).max(LEAST_CROP as f32);
    let start = (middle - wanted / 2.0).floor().max(0.0) as usize;
    let end = ((middle + wanted / 2.0).ceil() as usize).min(length);
    // Rounding alone could leave nothing of a box at the very edge.
    let start = start.min(length.saturating_sub(1));
    (start, end.max(start + 1) - start)
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

#[cfg(test)]
mod tests {
    use domain::Point;

    use super::*;
    use crate::drawing::OBJECT;

    fn picture() -> Picture {
        Picture::plain(640, 480, [120, 128, 128]).unwrap()
    }

    fn pixels(rendition: &Rendition) -> image::RgbImage {
        let made = jpeg(&picture(), None, rendition).unwrap();
        image::load_from_memory(&made).unwrap().to_rgb8()
    }

    fn bbox(left: f32, top: f32, width: f32, height: f32) -> Bbox {
        Bbox { left, top, width, height }
    }

    #[test]
    fn a_copy_is_changed_only_where_it_is_drawn_on() {
        let mut drawing = Drawing::default();
        drawing.line([Point::new(0.1, 0.5), Point::new(0.4, 0.5)], OBJECT);
        let (plain, drawn) = (pixels(&Rendition::Plain), pixels(&Rendition::Drawn(drawing)));
        // JPEG spreads a stroke over its blocks of 16 pixels.
        let is_near = |x: u32, y: u32| (48..288).contains(&x) && (224..256).contains(&y);
        let mut changed = 0;
        for (x, y, pixel) in drawn.enumerate_pixels() {
            let differs =
                pixel.0.iter().zip(plain.get_pixel(x, y).0).any(|(a, b)| a.abs_diff(b) > 8);
            assert!(!differs || is_near(x, y), "{x},{y}: {pixel:?}");
            changed += u32::from(differs);
        }
        assert!(changed >= 192, "{changed}");
    }

    #[test]
    fn a_crop_is_the_box_with_a_margin_as_far_as_the_picture_goes() {
        let size = |bbox: Bbox| pixels(&Rendition::Crop(bbox)).dimensions();
        assert_eq!(size(bbox(0.25, 0.25, 0.25, 0.5)), (240, 360));
        // In the corner the margin is cut.
        assert_eq!(size(bbox(0.0, 0.0, 0.25, 0.5)), (200, 300));
        assert_eq!(size(bbox(0.75, 0.5, 0.25, 0.5)), (200, 300));
        // Half outside: what is on the view counts.
        assert_eq!(size(bbox(-0.25, 0.25, 0.5, 0.5)), (200, 360));
        assert_eq!(size(Bbox::WHOLE), (640, 480));
        // Never too small to be seen, nor larger than there is.
        assert_eq!(size(bbox(0.5, 0.5, 0.001, 0.001)), (33, 33));
        assert_eq!(size(bbox(0.999, 0.999, 0.001, 0.001)), (17, 17));
        assert_eq!(size(bbox(0.0, 0.0, 1.0, 0.001)), (640, 17));
        let small = jpeg(&picture(), Some(64), &Rendition::Crop(Bbox::WHOLE)).unwrap();
        assert_eq!(image::load_from_memory(&small).unwrap().to_rgb8().dimensions(), (64, 48));
    }

    #[test]
    fn boxes_that_are_none_or_lie_outside_are_refused() {
        for none in [
            bbox(f32::NAN, 0.1, 0.1, 0.1),
            bbox(0.1, 0.1, f32::NAN, 0.1),
            bbox(0.1, 0.1, 0.1, f32::INFINITY),
            bbox(0.1, f32::NEG_INFINITY, 0.1, f32::INFINITY),
            bbox(0.5, 0.5, 0.0, 0.2),
            bbox(0.5, 0.5, -0.2, 0.2),
            bbox(1.0, 0.5, 0.2, 0.2),
            bbox(-0.5, 0.5, 0.2, 0.2),
            bbox(0.5, 7.0, 0.2, 0.2),
            bbox(f32::MAX, f32::MAX, f32::MAX, f32::MAX),
        ] {
            let made = jpeg(&picture(), None, &Rendition::Crop(none));
            assert!(matches!(made, Err(VisionError::OffView)), "{none:?}");
        }
    }
}
