//! One decoded picture: planar YCbCr 4:2:0, 8 bits (I420), as the decoders give it.

/// Largest picture that is looked at, in pixels (8K): a stream may claim anything.
pub(crate) const MAX_PIXELS: u64 = 8192 * 4352;

/// How the samples of a picture stand for colours (ITU-T H.273).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Colour {
    /// Which weights.
    pub matrix: Matrix,
    /// Whether 0..=255 is used, instead of 16..=235 (luma) and 16..=240 (chroma).
    pub full_range: bool,
}

/// The weights of red, green and blue in luma.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Matrix {
    /// ITU-R BT.601: standard definition.
    #[default]
    Bt601,
    /// ITU-R BT.709: high definition.
    Bt709,
}

/// One decoded picture; its planes lie one behind the other without padding.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    width: usize,
    height: usize,
    colour: Colour,
    data: Vec<u8>,
}

/// A plane as a decoder gives it: rows of `stride` bytes, of which the first ones count.
#[derive(Debug, Clone, Copy)]
pub struct Plane<'a> {
    /// The rows.
    pub data: &'a [u8],
    /// Bytes from one row to the next.
    pub stride: usize,
}

impl Picture {
    /// Copies the planes Y, Cb, Cr; `None` when a plane is too short or the size has no meaning.
    pub fn copy_from(
        width: usize,
        height: usize,
        colour: Colour,
        planes: [Plane<'_>; 3],
    ) -> Option<Self> {
        let pixels = (width as u64).checked_mul(height as u64)?;
        if pixels == 0 || pixels > MAX_PIXELS {
            return None;
        }
        let (half_width, half_height) = (width.div_ceil(2), height.div_ceil(2));
        let mut data = Vec::with_capacity(width * height + 2 * half_width * half_height);
        let sizes = [(width, height), (half_width, half_height), (half_width, half_height)];
        for (plane, (columns, rows)) in planes.into_iter().zip(sizes) {
            for row in 0..rows {
                let start = row.checked_mul(plane.stride)?;
                data.extend_from_slice(plane.data.get(start..start.checked_add(columns)?)?);
            }
        }
        Some(Self { width, height, colour, data })
    }

    /// Makes a picture of one colour, in samples of Y, Cb, Cr; `None` when it would be empty or
    /// too large.
    pub fn plain(width: usize, height: usize, samples: [u8; 3]) -> Option<Self> {
        let row = |sample: u8| vec![sample; width];
        let rows = samples.map(row);
        // A stride of 0 repeats the one row.
        let planes = [0, 1, 2].map(|index: usize| Plane { data: &rows[index], stride: 0 });
        Self::copy_from(width, height, Colour::default(), planes)
    }

    /// Returns the width, in pixels.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Returns the height, in pixels.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Returns width over height.
    #[allow(clippy::cast_precision_loss, reason = "a picture's sides are far below 2^24")]
    pub fn aspect(&self) -> f32 {
        self.width as f32 / self.height as f32
    }

    /// Returns how the samples stand for colours.
    pub fn colour(&self) -> Colour {
        self.colour
    }

    /// Returns luma, `width` bytes a row.
    pub fn luma(&self) -> &[u8] {
        &self.data[..self.width * self.height]
    }

    /// Returns width and height of the chroma planes.
    pub fn chroma_size(&self) -> (usize, usize) {
        (self.width.div_ceil(2), self.height.div_ceil(2))
    }

    /// Returns the planes Cb and Cr.
    pub fn chroma(&self) -> (&[u8], &[u8]) {
        let (columns, rows) = self.chroma_size();
        self.data[self.width * self.height..].split_at(columns * rows)
    }

    /// Returns luma, Cb and Cr to paint on.
    pub(crate) fn planes_mut(&mut self) -> (&mut [u8], &mut [u8], &mut [u8]) {
        let (columns, rows) = self.chroma_size();
        let (luma, chroma) = self.data.split_at_mut(self.width * self.height);
        let (blue, red) = chroma.split_at_mut(columns * rows);
        (luma, blue, red)
    }
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({}x{}, {:?})", self.width, self.height, self.colour)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plane_that_is_too_short_makes_no_picture() {
        let long = [0_u8; 64];
        let plane = Plane { data: &long, stride: 8 };
        let short = Plane { data: &long[..15], stride: 4 };
        assert!(Picture::copy_from(8, 8, Colour::default(), [plane; 3]).is_some());
        assert!(Picture::copy_from(8, 8, Colour::default(), [plane, plane, short]).is_none());
        assert!(Picture::copy_from(0, 8, Colour::default(), [plane; 3]).is_none());
        assert!(Picture::copy_from(usize::MAX, 2, Colour::default(), [plane; 3]).is_none());
    }

    #[test]
    fn odd_sizes_keep_their_last_chroma_sample() {
        let picture = Picture::plain(5, 3, [10, 20, 30]).unwrap();
        assert_eq!(picture.chroma_size(), (3, 2));
        assert_eq!(picture.chroma(), (&[20_u8; 6][..], &[30_u8; 6][..]));
    }
}
