//! The model's input, to be drawn on: three planes of numbers, or the pixels themselves.

use crate::manifest::{Form, Input};
use crate::picture::Picture;
use crate::sampling::{ColourOrder, Normalisation, PixelRect, rows};

/// Bytes of a block: two rows of two pixels of three colours.
const BLOCK: usize = 12;
/// Bytes of a pixel.
const PIXEL: usize = 3;

/// The model's input, to be drawn on. Only the rows that something is drawn on are handed to a model
/// that can do with fewer.
#[derive(Debug)]
pub struct Canvas {
    pixels: Pixels,
    width: usize,
    /// Rows in use.
    rows: usize,
    /// Rows, at most.
    height: usize,
    /// Rows in use are a multiple of this.
    step: usize,
    normalisation: Normalisation,
    pad: f32,
}

/// How the pixels lie.
#[derive(Debug)]
enum Pixels {
    /// Three planes, one behind the other, normalised.
    Planes(Vec<f32>),
    /// Rows of blocks, of each block its two rows of two pixels, of each pixel its colours, 0..=255.
    Blocks(Vec<u8>),
}

/// The rows in use, as the model takes them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Filled<'a> {
    /// 1 × 3 × rows × width.
    Planes([usize; 4], &'a [f32]),
    /// 1 × rows / 2 × width / 2 × 12.
    Blocks([usize; 4], &'a [u8]),
}

impl Canvas {
    /// Makes a model's input; all of it is in use, and nothing is drawn.
    pub fn new(input: &Input) -> Self {
        let Input { width, height, pad, .. } = *input;
        let count = PIXEL * width * height;
        let pixels = match input.form {
            Form::Planes => Pixels::Planes(vec![0.0; count]),
            Form::Blocks => Pixels::Blocks(vec![0; count]),
        };
        let step = input.rows_step.unwrap_or(height);
        let normalisation = input.normalisation();
        Self { pixels, width, rows: height, height, step, normalisation, pad }
    }

    /// Returns the size of what is in use, in pixels.
    pub fn size(&self) -> (usize, usize) {
        (self.width, self.rows)
    }

    /// Takes as many rows into use as the model needs to see the first `rows`, and no more; what was
    /// drawn is void. Unless all will be drawn on, clear it.
    pub fn begin(&mut self, rows: usize) {
        self.rows = rows.max(1).next_multiple_of(self.step).min(self.height);
    }

    /// Fills the rows in use with the colour around pictures.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the cast saturates, and colours are 0..=255"
    )]
    pub fn clear(&mut self) {
        let size = self.width * self.rows;
        match &mut self.pixels {
            Pixels::Planes(planes) => {
                let Normalisation { mean, std, .. } = &self.normalisation;
                for (index, plane) in planes.chunks_exact_mut(size).take(PIXEL).enumerate() {
                    plane.fill((self.pad - mean[index]) / std[index]);
                }
            }
            Pixels::Blocks(blocks) => blocks[..PIXEL * size].fill((self.pad + 0.5) as u8),
        }
    }

    /// Scales `source` of the picture to `target` of the rows in use.
    ///
    /// # Panics
    /// When `source` leaves the picture or `target` the rows in use: the callers compute both.
    pub fn draw(&mut self, picture: &Picture, source: PixelRect, target: PixelRect) {
        assert!(
            target.left + target.width <= self.width && target.top + target.height <= self.rows,
            "{target:?} leaves the canvas"
        );
        let (width, size) = (self.width, self.width * self.rows);
        let order = match self.normalisation.order {
            ColourOrder::Rgb => [0, 1, 2],
            ColourOrder::Bgr => [2, 1, 0],
        };
        match &mut self.pixels {
            Pixels::Planes(planes) => {
                let Normalisation { mean, std, .. } = self.normalisation;
                let scale = std.map(|std| 1.0 / std);
                let offset = [0, 1, 2].map(|plane: usize| -mean[plane] * scale[plane]);
                rows(picture, source, target.width, target.height, |row, colours| {
                    let start = (target.top + row) * width + target.left;
                    for (plane, &colour) in order.iter().enumerate() {
                        let start = plane * size + start;
                        let out = &mut planes[start..start + target.width];
                        for (out, &colour) in out.iter_mut().zip(&colours[colour]) {
                            *out = colour * scale[plane] + offset[plane];
                        }
                    }
                });
            }
            Pixels::Blocks(blocks) => {
                rows(picture, source, target.width, target.height, |row, colours| {
                    let row = target.top + row;
                    let line = row / 2 * width / 2 * BLOCK;
                    let line = &mut blocks[line..line + width / 2 * BLOCK];
                    put_pixels(line, row % 2, target.left, &order.map(|colour| &*colours[colour]));
                });
            }
        }
    }

    /// Returns the rows in use, as the model takes them.
    pub fn filled(&self) -> Filled<'_> {
        let (width, rows) = (self.width, self.rows);
        let count = PIXEL * width * rows;
        match &self.pixels {
            Pixels::Planes(planes) => Filled::Planes([1, PIXEL, rows, width], &planes[..count]),
            Pixels::Blocks(blocks) => {
                Filled::Blocks([1, rows / 2, width / 2, BLOCK], &blocks[..count])
            }
        }
    }
}

/// Puts a row of pixels, from column `left` on, into the upper (0) or lower (1) half of a line of
/// blocks.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates; adding one half rounds"
)]
fn put_pixels(line: &mut [u8], half: usize, left: usize, colours: &[&[f32]; 3]) {
    let [first, second, third] = colours;
    let mut put = |column: usize, index: usize| {
        let at = column / 2 * BLOCK + (half * 2 + column % 2) * PIXEL;
        let pixel = &mut line[at..at + PIXEL];
        pixel[0] = (first[index] + 0.5) as u8;
        pixel[1] = (second[index] + 0.5) as u8;
        pixel[2] = (third[index] + 0.5) as u8;
    };
    (0..first.len()).for_each(|index| put(left + index, index));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Letterbox;

    fn input(form: Form, rows_step: Option<usize>) -> Input {
        Input {
            width: 64,
            height: 64,
            form,
            rows_step,
            colour: ColourOrder::Bgr,
            mean: [0.0; 3],
            std: [1.0; 3],
            letterbox: Letterbox::TopLeft,
            pad: 114.0,
        }
    }

    #[test]
    fn blocks_hold_the_same_colours_as_planes() {
        let (mut planes, mut blocks) =
            (Canvas::new(&input(Form::Planes, None)), Canvas::new(&input(Form::Blocks, None)));
        let picture = Picture::plain(40, 30, [90, 100, 180]).unwrap();
        let source = PixelRect { left: 4, top: 2, width: 30, height: 20 };
        for target in [
            PixelRect { left: 0, top: 0, width: 64, height: 64 },
            PixelRect { left: 7, top: 9, width: 31, height: 13 },
        ] {
            for canvas in [&mut planes, &mut blocks] {
                canvas.clear();
                canvas.draw(&picture, source, target);
            }
            let Filled::Planes([1, 3, 64, 64], planes) = planes.filled() else { panic!() };
            let Filled::Blocks([1, 32, 32, 12], blocks) = blocks.filled() else { panic!() };
            for (row, column, plane) in (0..64).flat_map(|row| {
                (0..64).flat_map(move |column| (0..3).map(move |p| (row, column, p)))
            }) {
                let expected = planes[plane * 64 * 64 + row * 64 + column];
                let at = (row / 2 * 32 + column / 2) * 12 + (row % 2 * 2 + column % 2) * 3 + plane;
                let difference = (f32::from(blocks[at]) - expected).abs();
                assert!(difference <= 0.5, "{row} {column} {plane}: {} {expected}", blocks[at]);
            }
        }
    }

    #[test]
    fn only_the_rows_that_are_needed_are_handed_over() {
        let mut canvas = Canvas::new(&input(Form::Blocks, Some(16)));
        for (needed, used) in [(1, 16), (16, 16), (17, 32), (64, 64), (90, 64)] {
            canvas.begin(needed);
            assert_eq!(canvas.size(), (64, used));
            let Filled::Blocks(shape, pixels) = canvas.filled() else { panic!() };
            assert_eq!((shape, pixels.len()), ([1, used / 2, 32, 12], used * 64 * 3));
        }
        let mut whole = Canvas::new(&input(Form::Planes, None));
        whole.begin(10);
        assert_eq!(whole.size(), (64, 64), "this model takes no fewer");
    }
}
