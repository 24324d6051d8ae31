//! Takes the glare of lamps off a picture, for the detector.
//!
//! At night a lens scatters the light of lamps, blue the widest and into clipped white: a vehicle that
//! comes is two blue discs with a veil over whatever lies behind them (purple fringing, veiling glare), and
//! no detector was shown that. Such a fringe is blue and as bright as can be, which by day hardly
//! anything is. Around fringes the veil is taken off, as wide as it is, and what they tint is made neutral:
//! then the body of the vehicle is seen behind its lamps. All other pictures stay as they are.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "pixel arithmetic; sizes are far below 2^24"
)]

use crate::motion::shrink;
use crate::picture::Picture;
use crate::sampling::Conversion;

/// Columns of the small copy that the veil is measured on, at most.
const COLUMNS: usize = 176;
/// Cb from which a sample is tinted by a fringe, and from which it is nothing else.
const TINTED: (f32, f32) = (140.0, 160.0);
/// Blue from which a sample that is nothing but tinted belongs to a lamp's fringe.
const OVERDRIVEN: f32 = 230.0;
/// Part of the view that must be fringes: in every picture at night more was, by day .34 % at most, but for a
/// lorry with a blue roof in the sun (docs/design/0015).
const LEAST_SHARE: f32 = 0.005;
/// Blue from which a cell lights up others around it.
const BRIGHT: f32 = 120.0;
/// How far a lamp's veil reaches: cells to either side that are averaged, twice.
const REACH: usize = 3;
/// Averaged tint from which a place counts as among fringes is one part in so many.
const NEAR: f32 = 4.0;

/// Returns the picture without the glare of its lamps; `None` where none glares.
pub(crate) fn without_glare(picture: &Picture) -> Option<Picture> {
    let step = 2 * picture.width().div_ceil(2 * COLUMNS).max(1);
    let veil = Veil::measure(picture, step)?;
    let mut clear = picture.clone();
    let black = if picture.colour().full_range { 0 } else { 16 };
    let (width, height) = (picture.width(), picture.height());
    let (luma, blue, red) = clear.planes_mut();
    let (across, down) = (weights(width, step, veil.columns), weights(height, step, veil.rows));
    for (row, &(above, below, share)) in luma.chunks_exact_mut(width).zip(&down) {
        let line = |cells: usize| &veil.luma[cells * veil.columns..(cells + 1) * veil.columns];
        let (above, below) = (line(above), line(below));
        for (sample, &(left, right, aside)) in row.iter_mut().zip(&across) {
            let upper = above[left] + (above[right] - above[left]) * aside;
            let lower = below[left] + (below[right] - below[left]) * aside;
            let veil = (upper + (lower - upper) * share + 0.5) as u8;
            *sample = (*sample).min(sample.saturating_sub(veil).max(black));
        }
    }
    for (blue, red) in blue.iter_mut().zip(red) {
        let kept = 1.0 - tint(*blue);
        let faded = |sample: u8| (128.5 + (f32::from(sample) - 128.0) * kept) as u8;
        (*blue, *red) = (faded(*blue), faded(*red));
    }
    Some(clear)
}

/// How much luma lamps add, by cell.
struct Veil {
    columns: usize,
    rows: usize,
    luma: Vec<f32>,
}

impl Veil {
    /// Measures it in cells of `step` pixels, an even number; `None` where hardly a lamp has a fringe.
    fn measure(picture: &Picture, step: usize) -> Option<Self> {
        let (columns, rows) = (picture.width().div_ceil(step), picture.height().div_ceil(step));
        let (chroma_width, chroma_height) = picture.chroma_size();
        let (plane, _) = picture.chroma();
        let middle = |cell: usize, limit: usize| (cell * step / 2 + step / 4).min(limit - 1);
        let blueness: Vec<u8> = (0..rows)
            .map(|row| middle(row, chroma_height) * chroma_width)
            .flat_map(|line| {
                (0..columns).map(move |column| plane[line + middle(column, chroma_width)])
            })
            .collect();
        let least = (LEAST_SHARE * blueness.len() as f32) as usize;
        let is_fringe = |blueness: &u8| f32::from(*blueness) >= TINTED.1;
        // Most pictures end here.
        if blueness.iter().filter(|blueness| is_fringe(blueness)).count() <= least {
            return None;
        }
        let mut lumas = Vec::new();
        shrink(picture, step, &mut lumas);
        let convert = Conversion::new(picture.colour());
        let blues: Vec<f32> = lumas
            .iter()
            .zip(&blueness)
            .map(|(luma, blueness)| convert.blue(*luma, f32::from(*blueness)))
            .collect();
        let overdriven = blues
            .iter()
            .zip(&blueness)
            .filter(|(blue, blueness)| is_fringe(blueness) && **blue > OVERDRIVEN);
        if overdriven.count() <= least {
            return None;
        }
        let mut near: Vec<f32> = blueness.iter().map(|blueness| tint(*blueness)).collect();
        spread(&mut near, columns);
        let range = convert.luma_range();
        let light =
            |(blue, near): (&f32, &f32)| (blue - BRIGHT).max(0.0) * (NEAR * near).min(1.0) * range;
        let mut luma: Vec<f32> = blues.iter().zip(&near).map(light).collect();
        spread(&mut luma, columns);
        Some(Self { columns, rows, luma })
    }
}

/// Returns how far a fringe tints a sample of Cb, 0..=1.
fn tint(blueness: u8) -> f32 {
    ((f32::from(blueness) - TINTED.0) / (TINTED.1 - TINTED.0)).clamp(0.0, 1.0)
}

/// Averages each cell with those around it, twice: a bell about [`REACH`] wide. Beyond the rim is nothing.
fn spread(cells: &mut [f32], columns: usize) {
    let rows = cells.len() / columns;
    let mut line = Vec::new();
    for _ in 0..2 {
        for row in 0..rows {
            average(cells, row * columns, 1, columns, &mut line);
        }
        for column in 0..columns {
            average(cells, column, columns, rows, &mut line);
        }
    }
}

/// Averages along `count` cells from `first` on, each `stride` after the one before.
fn average(cells: &mut [f32], first: usize, stride: usize, count: usize, line: &mut Vec<f32>) {
    line.clear();
    line.extend(cells.iter().skip(first).step_by(stride).take(count));
    for index in 0..count {
        let around = index.saturating_sub(REACH)..(index + REACH + 1).min(count);
        let sum: f32 = line[around].iter().sum();
        cells[first + index * stride] = sum / (2 * REACH + 1) as f32;
    }
}

/// Returns for each of `length` pixels the two cells whose middles it lies between, and how far on the
/// way from one to the other.
fn weights(length: usize, step: usize, cells: usize) -> Vec<(usize, usize, f32)> {
    let last = cells - 1;
    let at = |pixel: usize| {
        let place = ((pixel as f32 + 0.5) / step as f32 - 0.5).clamp(0.0, last as f32);
        let before = place as usize;
        (before, (before + 1).min(last), place - before as f32)
    };
    (0..length).map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::{Colour, Plane};

    const SIZE: (usize, usize) = (352, 288);
    /// Blue as bright as can be: what a lens makes of the surroundings of a lamp.
    const FRINGE: [u8; 3] = [110, 200, 120];
    const LAMP: [u8; 3] = [235, 128, 128];
    const ROAD: [u8; 3] = [70, 120, 136];
    const BODY: [u8; 3] = [45, 128, 128];

    /// Draws a picture, sample by sample.
    fn picture((width, height): (usize, usize), at: impl Fn(usize, usize) -> [u8; 3]) -> Picture {
        let plane = |step: usize, sample: usize| -> Vec<u8> {
            let (columns, rows) = (width.div_ceil(step), height.div_ceil(step));
            let place = |index: usize| (index % columns * step, index / columns * step);
            (0..columns * rows).map(place).map(|(x, y)| at(x, y)[sample]).collect()
        };
        let (luma, blue, red) = (plane(1, 0), plane(2, 1), plane(2, 2));
        let half = width.div_ceil(2);
        let planes = [(&luma, width), (&blue, half), (&red, half)]
            .map(|(data, stride)| Plane { data, stride });
        Picture::copy_from(width, height, Colour::default(), planes).unwrap()
    }

    /// A car that comes, 40 pixels wide, behind lamps whose fringes are `radius` wide; and a white van
    /// that drives away.
    fn night(radius: f32) -> Picture {
        let off = |x: usize, y: usize, lamp: f32| (x as f32 - lamp).hypot(y as f32 - 160.0);
        picture(SIZE, |x, y| {
            let nearest = off(x, y, 190.0).min(off(x, y, 214.0));
            let is_in = |left: usize, top: usize| {
                (left..left + 40).contains(&x) && (top..top + 32).contains(&y)
            };
            match nearest {
                lamp if lamp < 3.0 => LAMP,
                fringe if fringe < radius => FRINGE,
                _ if is_in(182, 140) => BODY,
                _ if is_in(40, 200) => LAMP,
                _ => ROAD,
            }
        })
    }

    fn luma(picture: &Picture, x: usize, y: usize) -> u8 {
        picture.luma()[y * SIZE.0 + x]
    }

    #[test]
    fn a_car_is_seen_behind_its_lamps() {
        let glaring = night(11.0);
        let clear = without_glare(&glaring).unwrap();
        // Between a lamp and the rim of its fringe, where the car's body is.
        let seen = luma(&clear, 197, 160);
        assert!(seen < luma(&glaring, 197, 160) / 2, "{seen}");
        assert!(luma(&clear, 190, 160) > seen + 80, "the lamp itself is still one");
        let (blue, _) = clear.chroma();
        assert_eq!(blue[80 * SIZE.0 / 2 + 197 / 2], 128, "the fringe is neutral");
    }

    #[test]
    fn what_is_white_and_far_from_lamps_stays_as_it_is() {
        let glaring = night(11.0);
        let clear = without_glare(&glaring).unwrap();
        for (x, y) in [(60, 216), (41, 201), (20, 20), (340, 270)] {
            assert_eq!(luma(&clear, x, y), luma(&glaring, x, y), "{x} {y}");
        }
    }

    #[test]
    fn a_picture_in_which_no_lamp_glares_is_not_copied() {
        assert_eq!(without_glare(&night(3.0)), None, "lamps without a fringe");
        assert_eq!(without_glare(&night(5.0)), None, "hardly a fringe");
        let is_car = |x: usize, y: usize| (100..200).contains(&x) && (100..180).contains(&y);
        let blue_car = [80, 180, 110];
        let day = picture(SIZE, |x, y| if is_car(x, y) { blue_car } else { [150, 128, 128] });
        assert_eq!(without_glare(&day), None, "blue, but not as bright as can be");
        let sky = picture(SIZE, |_, y| if y < 100 { [190, 139, 120] } else { [110, 128, 128] });
        assert_eq!(without_glare(&sky), None, "bright, but hardly blue");
    }

    #[test]
    fn pictures_of_any_size_are_taken() {
        for size in [(1, 1), (2, 3), (353, 7), (7, 353), (641, 361)] {
            let clear = without_glare(&picture(size, |_, _| FRINGE)).unwrap();
            assert_eq!((clear.width(), clear.height()), size);
            assert!(clear.luma().iter().all(|luma| (16..=FRINGE[0]).contains(luma)), "{size:?}");
        }
    }
}
