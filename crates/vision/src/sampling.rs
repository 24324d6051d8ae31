//! Scales a part of a picture and turns it into colours in one pass: for the detector's input ([`crate::canvas`]),
//! or RGB.
//!
//! Row by row: the rows of a plane are blended into one line (16-bit fixed point), the line is
//! sampled across, and the colours of the row are computed and stored where they belong. Nothing
//! the size of a picture lies between. Sampling is linear up to a reduction of two and averages
//! the area beyond; luma and chroma each decide for themselves, since chroma has half the size.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "pixel arithmetic; sizes are far below 2^24 and weights sum to 256"
)]

use crate::picture::{Colour, Matrix, Picture};

/// A part of a picture, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PixelRect {
    /// First column.
    pub left: usize,
    /// First row.
    pub top: usize,
    /// Columns, at least 1.
    pub width: usize,
    /// Rows, at least 1.
    pub height: usize,
}

/// Order of the colours in the detector's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColourOrder {
    /// Red, green, blue.
    Rgb,
    /// Blue, green, red.
    Bgr,
}

/// How colours become the detector's numbers: `(colour - mean) / std`, colours 0..=255.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Normalisation {
    /// Order of the planes.
    pub order: ColourOrder,
    /// Taken off each plane, in that order.
    pub mean: [f32; 3],
    /// Divides each plane, in that order.
    pub std: [f32; 3],
}

/// Scales `source` of the picture to RGB, 3 bytes a pixel, row by row.
pub fn rgb(picture: &Picture, source: PixelRect, width: usize, height: usize) -> Vec<u8> {
    let mut pixels = vec![0_u8; width * height * 3];
    rows(picture, source, width, height, |row, [red, green, blue]| {
        let out = &mut pixels[row * width * 3..(row + 1) * width * 3];
        for (column, pixel) in out.chunks_exact_mut(3).enumerate() {
            // The cast saturates; adding one half rounds.
            pixel[0] = (red[column] + 0.5) as u8;
            pixel[1] = (green[column] + 0.5) as u8;
            pixel[2] = (blue[column] + 0.5) as u8;
        }
    });
    pixels
}

/// Calls `take` with red, green and blue (0..=255) of each scaled row.
pub(crate) fn rows(
    picture: &Picture,
    source: PixelRect,
    width: usize,
    height: usize,
    mut take: impl FnMut(usize, &[Vec<f32>; 3]),
) {
    let PixelRect { left, top, width: columns, height: lines } = source;
    assert!(
        left + columns <= picture.width() && top + lines <= picture.height(),
        "{source:?} leaves {picture:?}"
    );
    let half = |size: usize| size as f64 / 2.0;
    let (chroma_width, chroma_height) = picture.chroma_size();
    let luma_across = Taps::new(left as f64, columns as f64, width, picture.width());
    let luma_down = Taps::new(top as f64, lines as f64, height, picture.height());
    let chroma_across = Taps::new(half(left), half(columns), width, chroma_width);
    let chroma_down = Taps::new(half(top), half(lines), height, chroma_height);
    let (blue_plane, red_plane) = picture.chroma();

    let convert = Conversion::new(picture.colour());
    let mut line = Vec::new();
    let [mut luma, mut blue, mut red] = [(); 3].map(|()| vec![0.0_f32; width]);
    let mut colours = [(); 3].map(|()| vec![0.0_f32; width]);
    for row in 0..height {
        luma_down.blend(row, picture.luma(), picture.width(), &luma_across, &mut line);
        luma_across.sample(&line, &mut luma);
        chroma_down.blend(row, blue_plane, chroma_width, &chroma_across, &mut line);
        chroma_across.sample(&line, &mut blue);
        chroma_down.blend(row, red_plane, chroma_width, &chroma_across, &mut line);
        chroma_across.sample(&line, &mut red);
        convert.row(&luma, &blue, &red, &mut colours);
        take(row, &colours);
    }
}

/// For each sample along one axis, which neighbours are mixed, and how much of each in 1/256.
struct Taps {
    per_sample: usize,
    starts: Vec<usize>,
    weights: Vec<u16>,
    /// First neighbour that any sample needs, and the one after the last.
    first: usize,
    end: usize,
}

impl Taps {
    /// Spreads `count` samples over `length` from `start`, on an axis that ends at `limit`.
    fn new(start: f64, length: f64, count: usize, limit: usize) -> Self {
        let step = length / count as f64;
        let per_sample = if step > 2.0 { step.ceil() as usize + 1 } else { 2 };
        let per_sample = per_sample.min(limit);
        let mut taps = Self {
            per_sample,
            starts: Vec::with_capacity(count),
            weights: Vec::with_capacity(count * per_sample),
            first: usize::MAX,
            end: 0,
        };
        let mut shares = vec![0.0_f64; per_sample];
        for index in 0..count {
            let begin = if step > 2.0 {
                let (from, to) = (start + step * index as f64, start + step * (index + 1) as f64);
                let begin = clamp_start(from.floor(), per_sample, limit);
                for (tap, share) in shares.iter_mut().enumerate() {
                    let cell = (begin + tap) as f64;
                    *share = (to.min(cell + 1.0) - from.max(cell)).max(0.0);
                }
                begin
            } else {
                // Sample and neighbours lie at the middle of their cells, as in OpenCV.
                let last = (limit - 1) as f64;
                let middle = (start + step * (index as f64 + 0.5) - 0.5).clamp(0.0, last);
                let begin = clamp_start(middle.floor(), per_sample, limit);
                for (tap, share) in shares.iter_mut().enumerate() {
                    *share = (1.0 - (middle - (begin + tap) as f64).abs()).max(0.0);
                }
                begin
            };
            taps.push(begin, &shares);
        }
        taps
    }

    /// Adds a sample: its shares as whole 1/256 that sum to 256. Rounding the running sum keeps the
    /// errors of many small shares from adding up.
    fn push(&mut self, begin: usize, shares: &[f64]) {
        let unit = 256.0 / shares.iter().sum::<f64>();
        let (mut sum, mut given) = (0.0, 0_u16);
        for share in shares {
            sum += share;
            let target = (sum * unit).round() as u16;
            self.weights.push(target - given);
            given = target;
        }
        self.starts.push(begin);
        self.first = self.first.min(begin);
        self.end = self.end.max(begin + self.per_sample);
    }

    fn weights_of(&self, sample: usize) -> &[u16] {
        &self.weights[sample * self.per_sample..(sample + 1) * self.per_sample]
    }

    /// Mixes the rows of sample `row` into `line`, of the columns that `across` needs; in 1/256.
    fn blend(&self, row: usize, plane: &[u8], stride: usize, across: &Self, line: &mut Vec<u16>) {
        line.clear();
        line.resize(across.end - across.first, 0);
        for (tap, &weight) in self.weights_of(row).iter().enumerate() {
            if weight == 0 {
                continue;
            }
            let start = (self.starts[row] + tap) * stride;
            let pixels = &plane[start + across.first..start + across.end];
            for (sum, &pixel) in line.iter_mut().zip(pixels) {
                // At most 255 × 256, since the weights sum to 256.
                *sum += u16::from(pixel) * weight;
            }
        }
    }

    /// Samples the line that [`Taps::blend`] made; the samples are 0..=255.
    fn sample(&self, line: &[u16], out: &mut [f32]) {
        const UNIT: f32 = 1.0 / 65536.0;
        if self.per_sample == 2 {
            let pairs = self.weights.chunks_exact(2);
            for ((out, &start), weights) in out.iter_mut().zip(&self.starts).zip(pairs) {
                let at = start - self.first;
                let sum = u32::from(line[at]) * u32::from(weights[0])
                    + u32::from(line[at + 1]) * u32::from(weights[1]);
                *out = sum as f32 * UNIT;
            }
            return;
        }
        for (index, out) in out.iter_mut().enumerate() {
            let at = self.starts[index] - self.first;
            let neighbours = &line[at..at + self.per_sample];
            let sum: u32 = neighbours
                .iter()
                .zip(self.weights_of(index))
                .map(|(&pixel, &weight)| u32::from(pixel) * u32::from(weight))
                .sum();
            *out = sum as f32 * UNIT;
        }
    }
}

fn clamp_start(start: f64, per_sample: usize, limit: usize) -> usize {
    (start.max(0.0) as usize).min(limit - per_sample)
}

/// YCbCr to RGB (ITU-T H.273 §8.3), as factors.
pub(crate) struct Conversion {
    luma: f32,
    luma_offset: f32,
    red_from_red: f32,
    green_from_blue: f32,
    green_from_red: f32,
    blue_from_blue: f32,
}

impl Conversion {
    pub(crate) fn new(colour: Colour) -> Self {
        let (kr, kb) = match colour.matrix {
            Matrix::Bt601 => (0.299, 0.114),
            Matrix::Bt709 => (0.2126, 0.0722),
        };
        let kg = 1.0 - kr - kb;
        let (luma, luma_offset, chroma) =
            if colour.full_range { (1.0, 0.0, 1.0) } else { (255.0 / 219.0, 16.0, 255.0 / 224.0) };
        Self {
            luma,
            luma_offset,
            red_from_red: 2.0 * (1.0 - kr) * chroma,
            green_from_blue: -2.0 * (1.0 - kb) * kb / kg * chroma,
            green_from_red: -2.0 * (1.0 - kr) * kr / kg * chroma,
            blue_from_blue: 2.0 * (1.0 - kb) * chroma,
        }
    }

    /// Returns the blue of samples of luma and Cb, 0..=255.
    pub(crate) fn blue(&self, luma: f32, cb: f32) -> f32 {
        let blue = (luma - self.luma_offset) * self.luma + self.blue_from_blue * (cb - 128.0);
        blue.clamp(0.0, 255.0)
    }

    /// Returns how much of luma is as much as 1 of each colour.
    pub(crate) fn luma_range(&self) -> f32 {
        1.0 / self.luma
    }

    fn row(&self, luma: &[f32], blue: &[f32], red: &[f32], out: &mut [Vec<f32>; 3]) {
        let [out_red, out_green, out_blue] = out;
        let count = luma.len();
        let (blue, red) = (&blue[..count], &red[..count]);
        let (out_red, out_green) = (&mut out_red[..count], &mut out_green[..count]);
        let out_blue = &mut out_blue[..count];
        for index in 0..count {
            let y = (luma[index] - self.luma_offset) * self.luma;
            let (cb, cr) = (blue[index] - 128.0, red[index] - 128.0);
            out_red[index] = (y + self.red_from_red * cr).clamp(0.0, 255.0);
            let green = y + self.green_from_blue * cb + self.green_from_red * cr;
            out_green[index] = green.clamp(0.0, 255.0);
            out_blue[index] = (y + self.blue_from_blue * cb).clamp(0.0, 255.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Plane;
    use crate::canvas::{Canvas, Filled};
    use crate::manifest::{Form, Input, Letterbox};

    /// Planes with a rim of 114 around what is drawn.
    fn input(width: usize, height: usize) -> Input {
        Input {
            width,
            height,
            form: Form::Planes,
            rows_step: None,
            colour: ColourOrder::Bgr,
            mean: [10.0, 20.0, 30.0],
            std: [2.0, 4.0, 8.0],
            letterbox: Letterbox::TopLeft,
            pad: 114.0,
        }
    }

    /// A picture of noise over slopes, so that every row and column counts.
    fn noise(width: usize, height: usize, colour: Colour) -> Picture {
        let mut state = 7_u32;
        let data: Vec<u8> = (0..width * height)
            .map(|index| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                ((index % width) * 200 / width) as u8 + (state >> 27) as u8
            })
            .collect();
        let plane = Plane { data: &data, stride: width };
        Picture::copy_from(width, height, colour, [plane; 3]).unwrap()
    }

    /// The same by the book, pixel by pixel in f64.
    fn naive(picture: &Picture, source: PixelRect, width: usize, height: usize) -> Vec<[f64; 3]> {
        let axis = |start: f64, length: f64, count: usize, index: usize, limit: usize| {
            let step = length / count as f64;
            let mut shares = vec![0.0; limit];
            if step > 2.0 {
                let (from, to) = (start + step * index as f64, start + step * (index + 1) as f64);
                for (cell, share) in shares.iter_mut().enumerate() {
                    *share = (to.min(cell as f64 + 1.0) - from.max(cell as f64)).max(0.0) / step;
                }
            } else {
                let middle = start + step * (index as f64 + 0.5) - 0.5;
                let middle = middle.clamp(0.0, (limit - 1) as f64);
                for (cell, share) in shares.iter_mut().enumerate() {
                    *share = (1.0 - (middle - cell as f64).abs()).max(0.0);
                }
            }
            let sum: f64 = shares.iter().sum();
            shares.into_iter().map(|share| share / sum).collect::<Vec<_>>()
        };
        let sample = |plane: &[u8], columns: usize, rows: usize, half: f64, x: usize, y: usize| {
            let across =
                axis(source.left as f64 * half, source.width as f64 * half, width, x, columns);
            let down = axis(source.top as f64 * half, source.height as f64 * half, height, y, rows);
            let mut sum = 0.0;
            for (row, by_row) in down.iter().enumerate() {
                for (column, by_column) in across.iter().enumerate() {
                    sum += by_row * by_column * f64::from(plane[row * columns + column]);
                }
            }
            sum
        };
        let (half_width, half_height) = picture.chroma_size();
        let (blue, red) = picture.chroma();
        let (kr, kb) = match picture.colour().matrix {
            Matrix::Bt601 => (0.299, 0.114),
            Matrix::Bt709 => (0.2126, 0.0722),
        };
        let mut out = Vec::new();
        for y in 0..height {
            for x in 0..width {
                let luma = sample(picture.luma(), picture.width(), picture.height(), 1.0, x, y);
                let cb = sample(blue, half_width, half_height, 0.5, x, y) - 128.0;
                let cr = sample(red, half_width, half_height, 0.5, x, y) - 128.0;
                let (luma, cb, cr) = if picture.colour().full_range {
                    (luma, cb, cr)
                } else {
                    ((luma - 16.0) * 255.0 / 219.0, cb * 255.0 / 224.0, cr * 255.0 / 224.0)
                };
                let r = luma + 2.0 * (1.0 - kr) * cr;
                let b = luma + 2.0 * (1.0 - kb) * cb;
                let g = (luma - kr * r - kb * b) / (1.0 - kr - kb);
                out.push([r, g, b].map(|colour: f64| colour.clamp(0.0, 255.0)));
            }
        }
        out
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn one_pass_equals_the_book(
            width in 3..70_usize, height in 3..50_usize,
            left in 0..2_usize, top in 0..2_usize,
            to_width in 1..40_usize, to_height in 1..40_usize,
            full_range: bool, hd: bool,
        ) {
            let matrix = if hd { Matrix::Bt709 } else { Matrix::Bt601 };
            let picture = noise(width, height, Colour { matrix, full_range });
            let source =
                PixelRect { left, top, width: width - left, height: height - top };
            let expected = naive(&picture, source, to_width, to_height);
            let size = (to_width + 3) * (to_height + 2);
            let plain = input(to_width + 3, to_height + 2);
            let mut canvas = Canvas::new(&plain);
            canvas.clear();
            let target = PixelRect { left: 2, top: 1, width: to_width, height: to_height };
            canvas.draw(&picture, source, target);
            let Filled::Planes(_, planes) = canvas.filled() else { panic!() };
            for (index, rgb) in expected.iter().enumerate() {
                let at = (1 + index / to_width) * (to_width + 3) + 2 + index % to_width;
                for plane in 0..3 {
                    let ours = planes[plane * size + at] * plain.std[plane] + plain.mean[plane];
                    let truth = rgb[2 - plane];
                    prop_assert!(
                        (f64::from(ours) - truth).abs() < 3.0,
                        "pixel {index} plane {plane}: {ours} for {truth}"
                    );
                }
            }
            prop_assert_eq!(planes[0] * plain.std[0] + plain.mean[0], 114.0);
        }
    }

    #[test]
    fn grey_stays_grey_at_any_scale() {
        let picture = Picture::plain(640, 360, [126, 128, 128]).unwrap();
        let whole = PixelRect { left: 0, top: 0, width: 640, height: 360 };
        for (width, height) in [(64, 36), (333, 187), (640, 360), (1000, 500)] {
            let pixels = rgb(&picture, whole, width, height);
            assert!(pixels.iter().all(|&value| value == 128), "{width}x{height}");
        }
    }
}
