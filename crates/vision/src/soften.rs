//! Persons softened: parts of a picture shown in blocks so large that nobody is recognised there.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "pixel coordinates are clamped to the picture before they are cast"
)]

use std::fmt;
use std::sync::Arc;

use domain::{Bbox, Timestamp};

use crate::Picture;

/// Side of the smallest blocks, in pixels: smaller ones would leave a face.
const LEAST_BLOCK: usize = 16;
/// Side of the largest blocks, in pixels.
const LARGEST_BLOCK: usize = 256;
/// Blocks along the longer side of a box: a face is about one.
const BLOCKS_OF_BOX: f32 = 8.0;
/// Blocks along the longer side of a whole picture: somebody close to the camera is a few.
const BLOCKS_OF_PICTURE: f32 = 24.0;

/// What of a picture is softened.
#[derive(Debug, Clone, PartialEq)]
pub enum Softening {
    /// Nothing.
    Nothing,
    /// What lies in these boxes, in shares of the view; whole blocks, so a little around them as well.
    Boxes(Vec<Bbox>),
    /// All of it: nobody knows where persons are.
    Whole,
}

/// Says what is softened of the picture that was taken at a moment.
#[derive(Clone)]
pub struct Softener(Arc<dyn Fn(Timestamp) -> Softening + Send + Sync>);

impl Softener {
    /// Asks `softening` for every picture.
    pub fn new(softening: impl Fn(Timestamp) -> Softening + Send + Sync + 'static) -> Self {
        Self(Arc::new(softening))
    }

    /// Returns what is softened of the picture taken at `time`.
    pub(crate) fn at(&self, time: Timestamp) -> Softening {
        (self.0)(time)
    }
}

impl fmt::Debug for Softener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Softener").finish_non_exhaustive()
    }
}

/// Puts the mean of each block in the place of all that lies in it. Blocks lie on one grid, whatever
/// the boxes are: one that moves a little shows the same blocks again, and nothing more by and by.
pub fn soften(picture: &mut Picture, softening: &Softening) {
    let (width, height) = (picture.width(), picture.height());
    let mut blocks = Blocks::new(width, height);
    let longer = width.max(height) as f32;
    match softening {
        Softening::Nothing => return,
        Softening::Whole => {
            let whole = Bbox { left: 0.0, top: 0.0, width: 1.0, height: 1.0 };
            blocks.mark(&whole, longer / BLOCKS_OF_PICTURE);
        }
        Softening::Boxes(boxes) => {
            for bbox in boxes {
                let side = (bbox.width * width as f32).max(bbox.height * height as f32);
                blocks.mark(bbox, side / BLOCKS_OF_BOX);
            }
        }
    }
    let (half_width, half_height) = picture.chroma_size();
    let (luma, blue, red) = picture.planes_mut();
    for (left, top, side) in blocks.marked() {
        level(luma, (width, height), (left, top), side);
        for chroma in [&mut *blue, &mut *red] {
            level(chroma, (half_width, half_height), (left / 2, top / 2), side / 2);
        }
    }
}

/// Which blocks of which sizes are levelled, by the smallest blocks that they are made of. Sizes are
/// powers of two, so each block lies in one of the next size.
struct Blocks {
    width: usize,
    height: usize,
    columns: usize,
    /// The side of the block that each of the smallest lies in; 0 for none.
    sides: Vec<usize>,
}

impl Blocks {
    fn new(width: usize, height: usize) -> Self {
        let columns = width.div_ceil(LEAST_BLOCK);
        let sides = vec![0; columns * height.div_ceil(LEAST_BLOCK)];
        Self { width, height, columns, sides }
    }

    /// Marks every block of about `side` pixels that the box touches.
    fn mark(&mut self, bbox: &Bbox, side: f32) {
        let seen = bbox.clamped();
        let numbers = [seen.left, seen.top, seen.width, seen.height, side];
        if numbers.iter().any(|number| !number.is_finite()) || seen.area() <= 0.0 {
            return;
        }
        let side = (side.ceil().max(1.0) as usize).next_power_of_two();
        let side = side.clamp(LEAST_BLOCK, LARGEST_BLOCK);
        let touched = |from: f32, length: f32, pixels: usize| {
            let first = (from * pixels as f32).max(0.0) as usize / side * side;
            let last = (((from + length) * pixels as f32).ceil() as usize).min(pixels);
            (first / LEAST_BLOCK, last.div_ceil(side) * side / LEAST_BLOCK)
        };
        let (left, right) = touched(seen.left, seen.width, self.width);
        let (top, bottom) = touched(seen.top, seen.height, self.height);
        for row in self.sides.chunks_mut(self.columns).take(bottom).skip(top) {
            for cell in row.iter_mut().take(right).skip(left) {
                *cell = side.max(*cell);
            }
        }
    }

    /// Returns left, top and side of each marked block, in pixels; one that lies in a larger one is no
    /// more.
    fn marked(&self) -> impl Iterator<Item = (usize, usize, usize)> {
        self.sides.iter().enumerate().filter_map(|(cell, &side)| {
            let left = cell % self.columns * LEAST_BLOCK;
            let top = cell / self.columns * LEAST_BLOCK;
            let is_first = side > 0 && left.is_multiple_of(side) && top.is_multiple_of(side);
            is_first.then_some((left, top, side))
        })
    }
}

/// Puts the mean of a block of a plane in the place of all its samples.
fn level(
    plane: &mut [u8],
    (width, height): (usize, usize),
    (left, top): (usize, usize),
    side: usize,
) {
    let (right, bottom) = ((left + side).min(width), (top + side).min(height));
    if left >= right || top >= bottom {
        return;
    }
    let rows = || (top..bottom).map(|row| row * width + left..row * width + right);
    let sum: u64 = rows().flat_map(|row| &plane[row]).map(|&sample| u64::from(sample)).sum();
    let count = ((right - left) * (bottom - top)) as u64;
    let mean = (sum / count) as u8;
    rows().for_each(|row| plane[row].fill(mean));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture in which no two neighbours are alike.
    fn noisy(width: usize, height: usize) -> Picture {
        let mut picture = Picture::plain(width, height, [0, 0, 0]).unwrap();
        let (luma, blue, red) = picture.planes_mut();
        for plane in [luma, blue, red] {
            for (index, sample) in plane.iter_mut().enumerate() {
                *sample = (index * 97 % 251) as u8;
            }
        }
        picture
    }

    fn bbox(left: f32, top: f32, width: f32, height: f32) -> Bbox {
        Bbox { left, top, width, height }
    }

    #[test]
    fn what_lies_in_a_box_is_blocks_and_what_is_far_from_it_is_as_it_was() {
        let before = noisy(321, 243);
        let mut picture = before.clone();
        soften(&mut picture, &Softening::Boxes(vec![bbox(0.3, 0.2, 0.2, 0.5)]));
        for y in 0..243 {
            for x in 0..321 {
                let at = y * 321 + x;
                // 0.3 to 0.5 of 321 and 0.2 to 0.7 of 243, in blocks of 16.
                let is_inside = (96..176).contains(&x) && (48..176).contains(&y);
                if is_inside {
                    let first = y / 16 * 16 * 321 + x / 16 * 16;
                    assert_eq!(picture.luma()[at], picture.luma()[first], "({x}, {y})");
                } else {
                    assert_eq!(picture.luma()[at], before.luma()[at], "({x}, {y})");
                }
            }
        }
        let again = picture.clone();
        soften(&mut picture, &Softening::Boxes(vec![bbox(0.3, 0.2, 0.2, 0.5)]));
        assert!(picture == again, "the same blocks say nothing more");
    }

    #[test]
    fn the_larger_somebody_is_the_larger_the_blocks_and_they_hold_the_smaller_ones() {
        let mut picture = noisy(640, 360);
        let boxes = vec![bbox(0.1, 0.1, 0.02, 0.1), bbox(0.0, 0.0, 0.4, 1.0)];
        soften(&mut picture, &Softening::Boxes(boxes));
        // 360 pixels in eight are 45: blocks of 64.
        for at in [0, 63, 63 * 640 + 63, 40 * 640 + 40] {
            assert_eq!(picture.luma()[at], picture.luma()[0]);
        }
    }

    #[test]
    fn where_nobody_knows_nothing_is_left_to_be_recognised() {
        let mut picture = noisy(33, 17);
        soften(&mut picture, &Softening::Whole);
        let mut colours: Vec<u8> = picture.luma().to_vec();
        colours.sort_unstable();
        colours.dedup();
        assert!(colours.len() <= 6, "{colours:?}");
        let before = noisy(33, 17);
        let mut picture = before.clone();
        let wrong = [bbox(f32::NAN, 0.0, 1.0, 1.0), bbox(2.0, 2.0, 1.0, 1.0)];
        soften(&mut picture, &Softening::Boxes(wrong.to_vec()));
        soften(&mut picture, &Softening::Nothing);
        assert!(picture == before, "boxes that are none");
    }
}
