//! Many small pictures in one JPEG: what a player shows while somebody drags through hours.

use image::ExtendedColorType;
use image::codecs::jpeg::JpegEncoder;

use crate::VisionError;
use crate::picture::Picture;
use crate::sampling::{PixelRect, rgb};

/// JPEG quality, 1 to 100: they are small and looked at in passing.
const QUALITY: u8 = 70;
/// Largest sheet, in pixels.
const MAX_PIXELS: usize = 32 << 20;

/// A sheet of tiles, row by row from the top left; those without a picture are black.
#[derive(Debug)]
pub struct Sheet {
    columns: usize,
    tile: (usize, usize),
    size: (usize, usize),
    pixels: Vec<u8>,
}

impl Sheet {
    /// Begins an empty sheet of `count` tiles of `tile` (width, height), `columns` in a row; `None`
    /// when that is nothing, or too much.
    pub fn new(count: usize, columns: usize, tile: (usize, usize)) -> Option<Self> {
        let columns = columns.min(count);
        if columns == 0 {
            return None;
        }
        let width = columns.checked_mul(tile.0)?;
        let height = count.div_ceil(columns).checked_mul(tile.1)?;
        let pixels =
            width.checked_mul(height).filter(|pixels| (1..=MAX_PIXELS).contains(pixels))?;
        Some(Self { columns, tile, size: (width, height), pixels: vec![0; pixels * 3] })
    }

    /// Puts a picture into a tile, whole and in its shape; a tile that is not there takes nothing.
    pub fn put(&mut self, position: usize, picture: &Picture) {
        let (tile_width, tile_height) = self.tile;
        let (column, row) = (position % self.columns, position / self.columns);
        let (left, top) = (column * tile_width, row * tile_height);
        if top + tile_height > self.size.1 {
            return;
        }
        let (wide, high) = (picture.width(), picture.height());
        // The side that is reached first.
        let (width, height) = if wide * tile_height >= high * tile_width {
            (tile_width, (high * tile_width / wide).clamp(1, tile_height))
        } else {
            ((wide * tile_height / high).clamp(1, tile_width), tile_height)
        };
        let whole = PixelRect { left: 0, top: 0, width: wide, height: high };
        let small = rgb(picture, whole, width, height);
        let (left, top) = (left + (tile_width - width) / 2, top + (tile_height - height) / 2);
        for (line, pixels) in small.chunks_exact(width * 3).enumerate() {
            let start = ((top + line) * self.size.0 + left) * 3;
            self.pixels[start..start + pixels.len()].copy_from_slice(pixels);
        }
    }

    /// Returns the sheet as a JPEG.
    ///
    /// # Errors
    /// Fails when the encoder does.
    pub fn jpeg(&self) -> Result<Vec<u8>, VisionError> {
        let side = |pixels: usize| u32::try_from(pixels).unwrap_or(u32::MAX);
        let mut jpeg = Vec::new();
        JpegEncoder::new_with_quality(&mut jpeg, QUALITY)
            .encode(&self.pixels, side(self.size.0), side(self.size.1), ExtendedColorType::Rgb8)
            .map_err(|error| VisionError::Still(error.to_string()))?;
        Ok(jpeg)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_picture_lies_in_its_tile_in_its_own_shape() {
        let mut sheet = Sheet::new(5, 3, (40, 30)).unwrap();
        sheet.put(1, &Picture::plain(160, 120, [200, 128, 128]).unwrap());
        sheet.put(4, &Picture::plain(160, 40, [200, 128, 128]).unwrap());
        sheet.put(6, &Picture::plain(160, 120, [200, 128, 128]).unwrap());
        let made = image::load_from_memory(&sheet.jpeg().unwrap()).unwrap().to_luma8();
        assert_eq!(made.dimensions(), (120, 60));
        let is_bright = |x: u32, y: u32| made.get_pixel(x, y).0[0] > 150;
        assert!(is_bright(60, 15) && !is_bright(20, 15) && !is_bright(100, 15));
        // A flat picture has bars above and below.
        assert!(is_bright(60, 45) && !is_bright(60, 34) && !is_bright(60, 56));
        assert!(!is_bright(20, 45) && !is_bright(100, 45));
    }

    #[test]
    fn a_sheet_of_nothing_or_too_much_is_none() {
        assert!(Sheet::new(0, 10, (40, 30)).is_none());
        assert!(Sheet::new(10, 0, (40, 30)).is_none());
        assert!(Sheet::new(10, 10, (0, 30)).is_none());
        assert!(Sheet::new(usize::MAX, 10, (40, 30)).is_none());
    }
}
