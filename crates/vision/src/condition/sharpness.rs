//! How sharp a view is: how much of a strong edge's height lies between two neighbouring pixels.
//!
//! A sharp edge falls within one or two pixels, a blurred one over many. The ratio depends neither
//! on the light nor on how many edges there are, and sensor noise hardly adds to a strong edge.

use super::Grid;
use crate::picture::Picture;

/// Columns that are looked at, about: finer detail than this is not needed to see what happens.
const COLUMNS: usize = 640;
/// One row of so many is looked at.
const ROW_STEP: usize = 8;
/// An edge is measured over so many pixels to either side.
const REACH: usize = 4;
/// Least difference of luma over twice [`REACH`] that is a strong edge.
const STRONG: u8 = 30;
/// Fewer strong pixels than this tell nothing.
const LEAST_STRONG: usize = 30;
/// What a camera is held to before its own normal is learnt, and at least: unblurred street
/// footage has 0.45 to 0.76, the same blurred by 3 pixels 0.18 to 0.29.
const LEAST_NORMAL: f32 = 0.40;
/// Below this share of the normal a picture is no example of it.
const NORMAL_FROM: f32 = 0.75;
/// How fast the normal follows, per measured picture.
const FOLLOW: f32 = 1.0 / 300.0;

/// Knows how sharp one camera's pictures are as a rule.
#[derive(Debug, Clone, Default)]
pub(super) struct SharpnessMeter {
    normal: f32,
    learnt: u32,
    line: Vec<u8>,
    steps: Vec<u8>,
    wider: Vec<u8>,
}

impl SharpnessMeter {
    /// Returns a picture's sharpness against the normal; `None` without strong edges.
    pub(super) fn measure(
        &mut self,
        picture: &Picture,
        cells: &Grid,
        masked: &[bool],
    ) -> Option<f32> {
        let edge = self.edge_share(picture, cells, masked)?;
        let normal = self.normal.max(LEAST_NORMAL);
        if edge > NORMAL_FROM * normal {
            self.learnt = self.learnt.saturating_add(1);
            let follow = (1.0 / self.learnt as f32).max(FOLLOW);
            self.normal += (edge - self.normal) * follow;
        }
        Some(edge / normal)
    }

    /// Mean share of a strong edge's height between two neighbouring pixels, 0..=1.
    fn edge_share(&mut self, picture: &Picture, cells: &Grid, masked: &[bool]) -> Option<f32> {
        let reciprocals: [f32; 256] = std::array::from_fn(|value| 1.0 / value.max(1) as f32);
        let width = picture.width();
        let scale = (width / COLUMNS).max(1);
        let (mut sum, mut count) = (0.0_f32, 0_usize);
        let rows = picture.luma().chunks_exact(width).enumerate();
        for (row, luma) in rows.step_by(ROW_STEP * scale) {
            reduce(luma, scale, &mut self.line);
            if self.line.len() <= 2 * REACH + 1 {
                return None;
            }
            largest_steps(&self.line, &mut self.steps, &mut self.wider);
            let cell_row = (row / cells.step).min(cells.rows - 1) * cells.columns;
            let pairs = self.line.iter().zip(&self.line[2 * REACH..]);
            for (at, ((left, right), step)) in pairs.zip(&self.steps).enumerate() {
                let height = left.abs_diff(*right);
                if height < STRONG {
                    continue;
                }
                if !masked.is_empty() {
                    let cell = (at + REACH) * scale / cells.step;
                    if masked[cell_row + cell.min(cells.columns - 1)] {
                        continue;
                    }
                }
                sum += (f32::from(*step) * reciprocals[usize::from(height)]).min(1.0);
                count += 1;
            }
        }
        (count >= LEAST_STRONG).then(|| sum / count as f32)
    }
}

/// Averages `scale` neighbours into one.
fn reduce(luma: &[u8], scale: usize, line: &mut Vec<u8>) {
    line.clear();
    if scale == 1 {
        line.extend_from_slice(luma);
        return;
    }
    line.extend(luma.chunks_exact(scale).map(|pixels| {
        (pixels.iter().map(|pixel| usize::from(*pixel)).sum::<usize>() / scale) as u8
    }));
}

/// For each place the largest difference between neighbours within `2 * REACH` from there; `wider`
/// is room to work in.
fn largest_steps(line: &[u8], steps: &mut Vec<u8>, wider: &mut Vec<u8>) {
    steps.clear();
    steps.extend(line.iter().zip(&line[1..]).map(|(a, b)| a.abs_diff(*b)));
    // Windows of 2, 4, 8: each from two of the one before.
    for reach in [1, 2, 4] {
        wider.clear();
        wider.extend(steps.iter().zip(&steps[reach..]).map(|(a, b)| *a.max(b)));
        std::mem::swap(steps, wider);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An edge from 60 to 160 that takes `width` pixels.
    fn line(width: usize) -> Vec<u8> {
        (0..64_usize).map(|x| 60 + (100 * x.saturating_sub(30).min(width) / width) as u8).collect()
    }

    #[test]
    fn the_largest_step_is_that_of_the_window() {
        let mut steps = Vec::new();
        let line = line(4);
        largest_steps(&line, &mut steps, &mut Vec::new());
        for (at, step) in steps.iter().enumerate() {
            let window = &line[at..=at + 2 * REACH];
            let expected = window.windows(2).map(|pair| pair[0].abs_diff(pair[1])).max();
            assert_eq!(Some(*step), expected);
        }
        assert_eq!(steps.len(), line.len() - 2 * REACH);
    }

    #[test]
    fn neighbours_are_averaged_in_large_pictures() {
        let mut out = Vec::new();
        reduce(&[10, 20, 30, 50, 7], 2, &mut out);
        assert_eq!(out, [15, 40]);
    }
}
