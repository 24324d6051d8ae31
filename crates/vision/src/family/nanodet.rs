//! NanoDet (RangiLyu/nanodet): per stride 8, 16, 32 a table of class scores (already sigmoid) and
//! one of four distances, each a distribution over 0..=reg_max strides (Generalized Focal Loss).
#![allow(clippy::cast_precision_loss, reason = "grid cells are far below 2^24")]

use super::{Candidate, Tensor, best};

const STRIDES: [usize; 3] = [8, 16, 32];

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Layout {
    labels: usize,
    /// Bins of each distance: reg_max + 1.
    bins: usize,
    levels: Vec<Level>,
}

#[derive(Debug, Clone, PartialEq)]
struct Level {
    stride: usize,
    columns: usize,
    cells: usize,
    scores: usize,
    distances: usize,
}

impl Layout {
    /// Finds per stride the outputs [1, cells, labels] and [1, cells, 4 × bins]; the exporter may
    /// have put them in any order.
    pub(crate) fn new(width: usize, height: usize, outputs: &[Vec<i64>]) -> Result<Self, String> {
        let expected = || {
            "[1, cells, labels] and [1, cells, 4 x (reg_max + 1)] for strides 8, 16 and 32"
                .to_owned()
        };
        let mut pairs = Vec::new();
        for stride in STRIDES {
            let (columns, rows) = (width.div_ceil(stride), height.div_ceil(stride));
            let of_level: Vec<(usize, usize)> = outputs
                .iter()
                .enumerate()
                .filter_map(|(index, shape)| match shape.as_slice() {
                    [1, cells, values] => Some((index, *cells, usize::try_from(*values).ok()?)),
                    _ => None,
                })
                .filter(|(_, cells, _)| usize::try_from(*cells) == Ok(columns * rows))
                .map(|(index, _, values)| (index, values))
                .collect();
            let [first, second] = of_level.as_slice() else { return Err(expected()) };
            pairs.push((stride, columns, columns * rows, *first, *second));
        }
        let (_, _, _, first, second) = pairs[0];
        let (labels, values) = match (is_distances(first.1), is_distances(second.1)) {
            (false, true) => (first.1, second.1),
            (true, false) => (second.1, first.1),
            _ => return Err(expected()),
        };
        let mut levels = Vec::new();
        for (stride, columns, cells, first, second) in pairs {
            let (scores, distances) = match (first.1, second.1) {
                found if found == (labels, values) => (first.0, second.0),
                found if found == (values, labels) => (second.0, first.0),
                _ => return Err(expected()),
            };
            levels.push(Level { stride, columns, cells, scores, distances });
        }
        Ok(Self { labels, bins: values / 4, levels })
    }

    pub(crate) fn labels(&self) -> usize {
        self.labels
    }

    pub(crate) fn read(
        &self,
        outputs: &[Tensor<'_>],
        wanted: &dyn Fn(usize) -> bool,
        confidence: f32,
        found: &mut Vec<Candidate>,
    ) -> Option<()> {
        for level in &self.levels {
            let scores = outputs.get(level.scores)?.data.get(..level.cells * self.labels)?;
            let values = 4 * self.bins;
            let distances = outputs.get(level.distances)?.data.get(..level.cells * values)?;
            let stride = level.stride as f32;
            for (cell, scores) in scores.chunks_exact(self.labels).enumerate() {
                let Some((label, confidence)) = best(scores, wanted, confidence) else { continue };
                let x = ((cell % level.columns) as f32 + 0.5) * stride;
                let y = ((cell / level.columns) as f32 + 0.5) * stride;
                let mut sides = distances[cell * values..(cell + 1) * values]
                    .chunks_exact(self.bins)
                    .map(|bins| mean_of(bins) * stride);
                let mut side = || sides.next().unwrap_or(0.0);
                let (left, top, right, bottom) = (side(), side(), side(), side());
                found.push(Candidate {
                    left: x - left,
                    top: y - top,
                    right: x + right,
                    bottom: y + bottom,
                    label,
                    confidence,
                });
            }
        }
        Some(())
    }
}

/// Returns whether an output of so many values per cell holds four distances: NanoDet is trained
/// with a reg_max of 7 or 10.
fn is_distances(values: usize) -> bool {
    values == 4 * 8 || values == 4 * 11
}

/// Returns the mean of the distribution whose logarithms are `bins`.
fn mean_of(bins: &[f32]) -> f32 {
    let highest = bins.iter().copied().fold(f32::MIN, f32::max);
    let (mut sum, mut weighted) = (0.0, 0.0);
    for (distance, bin) in bins.iter().enumerate() {
        let share = (bin - highest).exp();
        sum += share;
        weighted += share * distance as f32;
    }
    weighted / sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shapes(order: [usize; 6]) -> Vec<Vec<i64>> {
        let all = [[64, 80], [16, 80], [4, 80], [64, 44], [16, 44], [4, 44]];
        order.iter().map(|&index| vec![1, all[index][0], all[index][1]]).collect()
    }

    #[test]
    fn outputs_are_found_in_any_order() {
        let layout = Layout::new(64, 64, &shapes([2, 5, 1, 0, 4, 3])).unwrap();
        assert_eq!((layout.labels, layout.bins), (80, 11));
        assert_eq!(layout.levels[0].scores, 3);
        assert_eq!(layout.levels[2].distances, 1);
        assert!(Layout::new(96, 64, &shapes([0, 1, 2, 3, 4, 5])).is_err());
        assert!(Layout::new(64, 64, &[]).is_err());
    }

    #[test]
    fn a_sharp_distribution_is_its_bin() {
        let mut bins = [-30.0; 11];
        bins[7] = 30.0;
        assert!((mean_of(&bins) - 7.0).abs() < 1e-4);
        assert!((mean_of(&[0.0; 11]) - 5.0).abs() < 1e-4);
    }
}
