//! What moves: the luma of a small copy of each sampled picture against a running background.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "pixel arithmetic; sizes are far below 2^24"
)]

use domain::Bbox;

use crate::picture::Picture;

/// Columns of the small copy, at most.
const COLUMNS: usize = 160;
/// Samples averaged into one cell, per direction, at most.
const SAMPLES: usize = 4;
/// Least difference of luma that is movement.
const LEAST_DIFFERENCE: f32 = 10.0;
/// A cell that often differs by so many times its usual difference moves: leaves and water do not.
const NOISE_FACTOR: f32 = 3.5;
/// How fast the background follows where nothing moves, and where something does.
const FOLLOW: f32 = 0.10;
const FOLLOW_MOVING: f32 = 0.03;
/// Share of the view above which it is not objects that move but the light, or the camera.
const ALL_MOVES: f32 = 0.6;
/// Regions, at most; beyond that the largest remain.
const MAX_REGIONS: usize = 32;

/// What moved between the last sampled pictures and this one.
#[derive(Debug, Clone, PartialEq)]
pub enum Motion {
    /// Not known: the first picture, or the whole view changed at once.
    Unknown,
    /// In these boxes; in none, nothing moved.
    Regions(Vec<Bbox>),
}

impl Motion {
    /// Takes in what moved in an earlier picture that nobody looked at.
    pub fn join(&mut self, earlier: Self) {
        match (&mut *self, earlier) {
            (Self::Regions(regions), Self::Regions(earlier)) => {
                regions.extend(earlier);
                *regions = merged(std::mem::take(regions));
            }
            _ => *self = Self::Unknown,
        }
    }
}

/// The running background of one camera; owned by the thread that decodes it.
#[derive(Debug, Default)]
pub struct MotionDetector {
    size: (usize, usize),
    columns: usize,
    background: Vec<f32>,
    noise: Vec<f32>,
    current: Vec<f32>,
}

impl MotionDetector {
    /// Compares a picture with the background and takes it in.
    pub fn observe(&mut self, picture: &Picture) -> Motion {
        let size = (picture.width(), picture.height());
        let step = size.0.div_ceil(COLUMNS).max(1);
        let (columns, rows) = (size.0.div_ceil(step), size.1.div_ceil(step));
        shrink(picture, step, &mut self.current);
        if self.size != size {
            self.size = size;
            self.columns = columns;
            self.reset();
            return Motion::Unknown;
        }

        // The light of the whole view may change: what all cells share is no movement.
        let mut differences: Vec<f32> =
            self.current.iter().zip(&self.background).map(|(now, before)| now - before).collect();
        let shared = median(&differences);
        let mut moving = vec![false; differences.len()];
        let mut count = 0_usize;
        for (index, difference) in differences.iter_mut().enumerate() {
            let by = (*difference - shared).abs();
            let moves = by > LEAST_DIFFERENCE.max(NOISE_FACTOR * self.noise[index]);
            moving[index] = moves;
            count += usize::from(moves);
            let follow = if moves { FOLLOW_MOVING } else { FOLLOW };
            self.background[index] += *difference * follow;
            self.noise[index] += (by.min(4.0 * LEAST_DIFFERENCE) - self.noise[index]) * follow;
        }
        if count as f32 > ALL_MOVES * differences.len() as f32 {
            self.reset();
            return Motion::Unknown;
        }
        Motion::Regions(regions(&moving, columns, rows, step, size))
    }

    /// Takes the current picture as background.
    fn reset(&mut self) {
        self.background.clone_from(&self.current);
        self.noise.clear();
        self.noise.resize(self.current.len(), 1.0);
    }
}

/// Averages `step` × `step` pixels into each cell, of at most 4 × 4 samples.
pub(crate) fn shrink(picture: &Picture, step: usize, cells: &mut Vec<f32>) {
    let (width, height) = (picture.width(), picture.height());
    let stride = step.div_ceil(SAMPLES);
    let columns = width.div_ceil(step);
    let mut sums = vec![0_u32; columns];
    cells.clear();
    for band in picture.luma().chunks(step * width) {
        sums.fill(0);
        for line in band.chunks_exact(width).step_by(stride) {
            match step {
                // The steps of sub streams, so that the compiler knows how long a run is.
                4 => add_runs::<4>(line, &mut sums),
                3 => add_runs::<3>(line, &mut sums),
                2 => add_runs::<2>(line, &mut sums),
                _ => add_samples(line, step, stride, &mut sums),
            }
        }
        let lines = (band.len() / width).div_ceil(stride);
        let last = width - (columns - 1) * step;
        let count = |length: usize| (lines * length.div_ceil(stride)) as f32;
        let (inner, outer) = (count(step), count(last));
        cells.extend(sums.iter().map(|sum| *sum as f32 / inner));
        if let Some(cell) = cells.last_mut() {
            *cell = *cell * inner / outer;
        }
    }
    debug_assert_eq!(cells.len(), columns * height.div_ceil(step), "a value for each cell");
}

/// Adds every run of `N` pixels to its cell.
fn add_runs<const N: usize>(line: &[u8], sums: &mut [u32]) {
    let (runs, rest) = line.as_chunks::<N>();
    let add = |sum: &mut u32, run: &[u8]| *sum += run.iter().map(|p| u32::from(*p)).sum::<u32>();
    sums.iter_mut().zip(runs).for_each(|(sum, run)| add(sum, run));
    if let (Some(sum), false) = (sums.last_mut(), rest.is_empty()) {
        add(sum, rest);
    }
}

/// Adds one of `stride` pixels of every run of `step` to its cell.
fn add_samples(line: &[u8], step: usize, stride: usize, sums: &mut [u32]) {
    for (sum, run) in sums.iter_mut().zip(line.chunks(step)) {
        *sum += run.iter().step_by(stride).map(|pixel| u32::from(*pixel)).sum::<u32>();
    }
}

fn median(values: &[f32]) -> f32 {
    let mut values = values.to_vec();
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f32::total_cmp).1
}

/// Boxes around connected moving cells; single cells are noise.
fn regions(
    moving: &[bool],
    columns: usize,
    rows: usize,
    step: usize,
    size: (usize, usize),
) -> Vec<Bbox> {
    let mut seen = vec![false; moving.len()];
    let mut boxes = Vec::new();
    let mut stack = Vec::new();
    for start in 0..moving.len() {
        if !moving[start] || seen[start] {
            continue;
        }
        seen[start] = true;
        stack.push(start);
        let (mut left, mut right) = (columns, 0);
        let (mut top, mut bottom) = (rows, 0);
        let mut count = 0;
        while let Some(cell) = stack.pop() {
            let (x, y) = (cell % columns, cell / columns);
            (left, right) = (left.min(x), right.max(x));
            (top, bottom) = (top.min(y), bottom.max(y));
            count += 1;
            // Within two cells counts as connected: an object seldom differs all over.
            for y in y.saturating_sub(2)..(y + 3).min(rows) {
                for x in x.saturating_sub(2)..(x + 3).min(columns) {
                    let near = y * columns + x;
                    if moving[near] && !seen[near] {
                        seen[near] = true;
                        stack.push(near);
                    }
                }
            }
        }
        if count >= 2 {
            boxes.push(cells_box((left, top, right + 1, bottom + 1), step, size));
        }
    }
    merged(boxes)
}

fn cells_box(cells: (usize, usize, usize, usize), step: usize, size: (usize, usize)) -> Bbox {
    let across = |cell: usize| ((cell * step).min(size.0)) as f32 / size.0 as f32;
    let down = |cell: usize| ((cell * step).min(size.1)) as f32 / size.1 as f32;
    let (left, top) = (across(cells.0), down(cells.1));
    Bbox { left, top, width: across(cells.2) - left, height: down(cells.3) - top }
}

/// Merges boxes that overlap, until none do; keeps the largest.
pub(crate) fn merged(mut boxes: Vec<Bbox>) -> Vec<Bbox> {
    let mut out: Vec<Bbox> = Vec::with_capacity(boxes.len());
    while let Some(mut candidate) = boxes.pop() {
        // What it has grown over must be looked at again.
        while let Some(index) =
            out.iter().position(|other| other.intersection_area(&candidate) > 0.0)
        {
            let other = out.swap_remove(index);
            let (left, top) = (candidate.left.min(other.left), candidate.top.min(other.top));
            candidate = Bbox {
                left,
                top,
                width: candidate.right().max(other.right()) - left,
                height: candidate.bottom().max(other.bottom()) - top,
            };
        }
        out.push(candidate);
    }
    out.sort_by(|a, b| b.area().total_cmp(&a.area()));
    out.truncate(MAX_REGIONS);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Plane;

    /// Grey of `level` with a brighter rectangle.
    fn scene(level: u8, object: Option<(usize, usize)>) -> Picture {
        let (width, height) = (640, 360);
        let mut luma = vec![level; width * height];
        if let Some((left, top)) = object {
            for row in top..top + 60 {
                luma[row * width + left..row * width + left + 30].fill(level + 60);
            }
        }
        let chroma = vec![128; 320 * 180];
        let planes = [
            Plane { data: &luma, stride: width },
            Plane { data: &chroma, stride: 320 },
            Plane { data: &chroma, stride: 320 },
        ];
        Picture::copy_from(width, height, crate::Colour::default(), planes).unwrap()
    }

    #[test]
    fn what_moves_is_found_and_what_stands_is_not() {
        let mut motion = MotionDetector::default();
        assert_eq!(motion.observe(&scene(90, None)), Motion::Unknown);
        assert_eq!(motion.observe(&scene(90, None)), Motion::Regions(vec![]));
        let Motion::Regions(found) = motion.observe(&scene(90, Some((300, 100)))) else { panic!() };
        assert_eq!(found.len(), 1);
        let object = Bbox {
            left: 300.0 / 640.0,
            top: 100.0 / 360.0,
            width: 30.0 / 640.0,
            height: 60.0 / 360.0,
        };
        assert!(found[0].iou(&object) > 0.7, "{found:?}");
    }

    #[test]
    fn a_change_of_light_is_no_movement() {
        let mut motion = MotionDetector::default();
        motion.observe(&scene(90, None));
        assert_eq!(motion.observe(&scene(140, None)), Motion::Regions(vec![]));
        assert_eq!(motion.observe(&scene(60, None)), Motion::Regions(vec![]));
    }

    #[test]
    fn an_object_that_stays_becomes_background() {
        let mut motion = MotionDetector::default();
        motion.observe(&scene(90, None));
        let still = (0..200).map(|_| motion.observe(&scene(90, Some((300, 100))))).last();
        assert_eq!(still, Some(Motion::Regions(vec![])));
    }

    #[test]
    fn cells_are_the_means_of_their_samples() {
        for (width, height) in
            [(640_usize, 360_usize), (352, 288), (321, 181), (161, 9), (7, 5), (1930, 1081)]
        {
            let luma: Vec<u8> = (0..width * height).map(|i| (i * 7919 % 251) as u8).collect();
            let chroma = vec![128; width.div_ceil(2) * height.div_ceil(2)];
            let plane = Plane { data: &chroma, stride: width.div_ceil(2) };
            let planes = [Plane { data: &luma, stride: width }, plane, plane];
            let picture =
                Picture::copy_from(width, height, crate::Colour::default(), planes).unwrap();
            let step = width.div_ceil(COLUMNS);
            let (stride, columns) = (step.div_ceil(SAMPLES), width.div_ceil(step));
            let mut cells = Vec::new();
            shrink(&picture, step, &mut cells);
            for (index, cell) in cells.iter().enumerate() {
                let (left, top) = (index % columns * step, index / columns * step);
                let (mut sum, mut count) = (0_u32, 0_u32);
                for y in (top..(top + step).min(height)).step_by(stride) {
                    for x in (left..(left + step).min(width)).step_by(stride) {
                        sum += u32::from(luma[y * width + x]);
                        count += 1;
                    }
                }
                assert!(
                    (cell - sum as f32 / count as f32).abs() < 1e-3,
                    "{width} {height} {index}"
                );
            }
        }
    }

    #[test]
    fn another_size_starts_anew() {
        let mut motion = MotionDetector::default();
        motion.observe(&scene(90, None));
        let small = Picture::plain(64, 48, [90, 128, 128]).unwrap();
        assert_eq!(motion.observe(&small), Motion::Unknown);
        let mut unknown = Motion::Unknown;
        unknown.join(Motion::Regions(vec![]));
        assert_eq!(unknown, Motion::Unknown);
    }
}
