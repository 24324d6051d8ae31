//! Where one structure lies on another: correlation over shifts.
//!
//! Both are first brought to the same strength everywhere, so that burnt-in text, which never
//! moves, weighs no more than its area. The shifts are tried on every second place, and around the
//! best ones on every place.
#![allow(clippy::cast_possible_wrap, reason = "places and shifts are below 100, sums below 2^31")]

use super::structure::Structure;

/// Shifts that are tried: this share of the view's width and height to every side.
const REACH: f32 = 0.2;
/// Shifts up to this share of the width are no move: a camera on its mast sways, and one that
/// turns to a preset comes back with an error.
const TOLERANCE: f32 = 0.05;
/// Neighbourhood within which strength is made the same, in places to every side.
const AROUND: usize = 4;
/// Strength below which there is nothing to make stronger.
const FLOOR: f32 = 0.2;
/// Number that stands for 1.
const ONE: f32 = 64.0;

/// How well two structures fit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Fit {
    /// Best correlation within the tolerance.
    pub(super) here: f32,
    /// Best correlation at any other shift.
    pub(super) elsewhere: f32,
    /// That shift, in places right and down.
    pub(super) shift: (i32, i32),
}

/// A structure ready to be compared.
#[derive(Debug)]
pub(super) struct Normalised {
    columns: usize,
    rows: usize,
    /// Two numbers to a place.
    values: Vec<i16>,
    /// Sum of squares of all places above and left of a place.
    squares: Vec<i64>,
}

impl Normalised {
    pub(super) fn of(structure: &Structure) -> Self {
        let (columns, rows) = (structure.columns, structure.rows);
        let strength: Vec<f32> =
            structure.edges.iter().map(|edge| edge[0] * edge[0] + edge[1] * edge[1]).collect();
        let above: Vec<f64> = summed(&strength, columns, rows);
        let mut values = Vec::with_capacity(2 * columns * rows);
        for row in 0..rows {
            let (top, bottom) = (row.saturating_sub(AROUND), (row + AROUND + 1).min(rows));
            for column in 0..columns {
                let left = column.saturating_sub(AROUND);
                let right = (column + AROUND + 1).min(columns);
                let at = |row: usize, column: usize| above[row * (columns + 1) + column];
                let sum: f64 =
                    at(bottom, right) - at(top, right) - at(bottom, left) + at(top, left);
                let area = ((bottom - top) * (right - left)) as f64;
                let scale = ONE / ((sum.max(0.0) / area).sqrt() as f32 + FLOOR);
                values.extend(structure.edges[row * columns + column].map(|v| (v * scale) as i16));
            }
        }
        let square = |pair: &[i16]| {
            pair.iter().map(|&value| i64::from(value) * i64::from(value)).sum::<i64>()
        };
        let squares: Vec<i64> = values.chunks_exact(2).map(square).collect();
        Self { columns, rows, values, squares: summed(&squares, columns, rows) }
    }

    /// Compares with `reference`.
    pub(super) fn fit(&self, reference: &Self) -> Fit {
        let reach = |length: usize| (length as f32 * REACH) as i32;
        let (across, down) = (reach(self.columns), reach(self.rows));
        let tolerance = ((self.columns as f32 * TOLERANCE).round() as i32).max(1);
        let is_here = |(x, y): (i32, i32)| x.abs() <= tolerance && y.abs() <= tolerance;
        // Beside the tolerance lies the slope of the same peak.
        let is_elsewhere = |(x, y): (i32, i32)| x.abs() > tolerance + 1 || y.abs() > tolerance + 1;
        let (mut here, mut elsewhere) = ((-1.0, (0, 0)), (-1.0, (0, 0)));
        let try_shift = |shift: (i32, i32), here: &mut Best, elsewhere: &mut Best| {
            let best = match shift {
                shift if is_here(shift) => here,
                shift if is_elsewhere(shift) => elsewhere,
                _ => return,
            };
            let correlation = self.correlation(reference, shift);
            if correlation > best.0 {
                *best = (correlation, shift);
            }
        };
        for y in (-down..=down).filter(|y| y % 2 == 0) {
            for x in (-across..=across).filter(|x| x % 2 == 0) {
                try_shift((x, y), &mut here, &mut elsewhere);
            }
        }
        for (_, (x, y)) in [here, elsewhere] {
            for (x, y) in (y - 1..=y + 1).flat_map(|y| (x - 1..=x + 1).map(move |x| (x, y))) {
                try_shift((x, y), &mut here, &mut elsewhere);
            }
        }
        Fit { here: here.0, elsewhere: elsewhere.0, shift: elsewhere.1 }
    }

    /// Correlation, -1..=1, with this structure's places lying `shift` right and down of those of
    /// `reference`.
    fn correlation(&self, reference: &Self, (right, down): (i32, i32)) -> f32 {
        let span = |by: i32, length: usize| {
            let (mine, theirs) = (by.max(0) as usize, (-by).max(0) as usize);
            (mine, theirs, length.saturating_sub(mine + theirs))
        };
        let (left, other_left, columns) = span(right, self.columns);
        let (top, other_top, rows) = span(down, self.rows);
        let mut sum = 0_i64;
        for row in 0..rows {
            let line = |of: &Self, row: usize, left: usize| {
                let start = 2 * (row * of.columns + left);
                start..start + 2 * columns
            };
            let mine = &self.values[line(self, top + row, left)];
            let theirs = &reference.values[line(reference, other_top + row, other_left)];
            let products = mine.iter().zip(theirs).map(|(a, b)| i32::from(*a) * i32::from(*b));
            sum += i64::from(products.sum::<i32>());
        }
        let mine = self.energy(left, top, columns, rows);
        let theirs = reference.energy(other_left, other_top, columns, rows);
        let scale = ((mine * theirs) as f64).sqrt();
        if scale > 0.0 { (sum as f64 / scale) as f32 } else { 0.0 }
    }

    fn energy(&self, left: usize, top: usize, columns: usize, rows: usize) -> i64 {
        let at = |row: usize, column: usize| self.squares[row * (self.columns + 1) + column];
        let (right, bottom) = (left + columns, top + rows);
        at(bottom, right) - at(top, right) - at(bottom, left) + at(top, left)
    }
}

type Best = (f32, (i32, i32));

/// Sums all above and left of each corner between places.
fn summed<T, S>(values: &[T], columns: usize, rows: usize) -> Vec<S>
where
    T: Copy + Into<S>,
    S: Copy + Default + std::ops::Add<Output = S>,
{
    let mut sums = vec![S::default(); (columns + 1) * (rows + 1)];
    for row in 0..rows {
        let mut line = S::default();
        for column in 0..columns {
            line = line + values[row * columns + column].into();
            let below = (row + 1) * (columns + 1) + column + 1;
            sums[below] = sums[below - columns - 1] + line;
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Edges that differ from place to place, moved by a few places.
    fn structure(right: usize, down: usize) -> Structure {
        let (columns, rows) = (80, 45);
        let edge = |index: usize| {
            let (x, y) = (index % columns + 40 - right, index / columns + 40 - down);
            let mixed = ((x / 3 * 1000 + y / 3) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let angle = ((mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 40) as f32;
            [angle.cos(), angle.sin()]
        };
        Structure { columns, rows, edges: (0..columns * rows).map(edge).collect() }
    }

    #[test]
    fn a_shift_is_found_to_the_place() {
        let reference = Normalised::of(&structure(0, 0));
        let same = Normalised::of(&structure(0, 0)).fit(&reference);
        assert!(same.here > 0.99 && same.elsewhere < 0.2, "{same:?}");
        for shift in [(11, 0), (7, 5), (0, 8)] {
            let fit = Normalised::of(&structure(shift.0, shift.1)).fit(&reference);
            assert!(fit.here < 0.2 && fit.elsewhere > 0.85, "{shift:?} {fit:?}");
            assert_eq!(fit.shift, (shift.0 as i32, shift.1 as i32));
        }
        let swayed = Normalised::of(&structure(3, 2)).fit(&reference);
        assert!(swayed.here > 0.9 && swayed.elsewhere < 0.3, "{swayed:?}");
    }

    #[test]
    fn nothing_fits_nothing() {
        let (columns, rows) = (80, 45);
        let empty = Structure { columns, rows, edges: vec![[0.0; 2]; columns * rows] };
        let fit = Normalised::of(&empty).fit(&Normalised::of(&structure(0, 0)));
        assert_eq!((fit.here, fit.elsewhere), (0.0, 0.0));
    }
}
