//! Which of the found goes with which of the true, for the greatest gain in all.

use pathfinding::kuhn_munkres::kuhn_munkres;
use pathfinding::matrix::Matrix;
use pathfinding::undirected::connected_components::separate_components;

/// One possible pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) truth: usize,
    pub(crate) found: usize,
    /// More than 0; whole numbers, so that the answer is exact. All gains together must fit.
    pub(crate) gain: i64,
}

/// Gains are scores of 0..=1 in this fixed point.
const UNIT: f64 = 1e11;

/// Returns a score of 0..=1000 as gain, at least 1.
#[allow(clippy::cast_possible_truncation, reason = "at most 1000 · 10^11")]
pub(crate) fn gain(score: f64) -> i64 {
    ((score * UNIT).round() as i64).max(1)
}

/// Returns those of the `possible` pairs that gain most in all, each side in one pair at most, in
/// order of truth.
///
/// Pairs that cannot influence each other are solved apart, so that the cubic cost of the
/// Hungarian method is paid only within a crowd.
pub(crate) fn best_pairs(possible: &[Pair]) -> Vec<Pair> {
    // The two sides' numbers must differ: even ones are of the truth, odd ones of the found.
    let edges: Vec<Vec<usize>> =
        possible.iter().map(|pair| vec![2 * pair.truth, 2 * pair.found + 1]).collect();
    let (_, group_of) = separate_components(&edges);
    let mut grouped: Vec<(usize, Pair)> =
        group_of.into_iter().zip(possible.iter().copied()).collect();
    grouped.sort_unstable_by_key(|(group, pair)| (*group, pair.truth, pair.found));
    let mut best = Vec::new();
    for group in grouped.chunk_by(|(one, _), (other, _)| one == other) {
        match group {
            [(_, only)] => best.push(*only),
            _ => solve(group, &mut best),
        }
    }
    best.sort_unstable_by_key(|pair| pair.truth);
    best
}

fn solve(group: &[(usize, Pair)], best: &mut Vec<Pair>) {
    let mut truths: Vec<usize> = group.iter().map(|(_, pair)| pair.truth).collect();
    truths.dedup();
    let mut founds: Vec<usize> = group.iter().map(|(_, pair)| pair.found).collect();
    founds.sort_unstable();
    founds.dedup();
    // The solver wants no more rows than columns.
    let truths_are_rows = truths.len() <= founds.len();
    let (rows, columns) =
        if truths_are_rows { (truths.len(), founds.len()) } else { (founds.len(), truths.len()) };
    let mut gains = Matrix::new(rows, columns, 0_i64);
    for (_, pair) in group {
        let truth = truths.partition_point(|&truth| truth < pair.truth);
        let found = founds.partition_point(|&found| found < pair.found);
        let place = if truths_are_rows { (truth, found) } else { (found, truth) };
        gains[place] = pair.gain;
    }
    let (_, column_of) = kuhn_munkres(&gains);
    for (row, column) in column_of.into_iter().enumerate() {
        let gain = gains[(row, column)];
        let (truth, found) = if truths_are_rows { (row, column) } else { (column, row) };
        if gain > 0 {
            best.push(Pair { truth: truths[truth], found: founds[found], gain });
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Returns the greatest gain by trying everything.
    fn greatest(possible: &[Pair], truth: usize, used: u32) -> i64 {
        if truth == 6 {
            return 0;
        }
        let mut greatest_gain = greatest(possible, truth + 1, used);
        for pair in possible.iter().filter(|pair| pair.truth == truth) {
            let bit = 1 << pair.found;
            if used & bit == 0 {
                let rest = greatest(possible, truth + 1, used | bit);
                greatest_gain = greatest_gain.max(pair.gain + rest);
            }
        }
        greatest_gain
    }

    proptest! {
        #[test]
        fn nothing_gains_more(
            gains in proptest::collection::vec(proptest::option::weighted(0.4, 1_i64..1000), 24),
            is_wide in any::<bool>(),
        ) {
            let mut possible = Vec::new();
            for (index, gain) in gains.into_iter().enumerate() {
                let Some(gain) = gain else { continue };
                let (few, many) = (index % 4, index / 4);
                let (truth, found) = if is_wide { (few, many) } else { (many, few) };
                possible.push(Pair { truth, found, gain });
            }
            let best = best_pairs(&possible);
            for (index, pair) in best.iter().enumerate() {
                prop_assert!(possible.contains(pair));
                prop_assert!(best[..index].iter().all(|other| other.found != pair.found));
                prop_assert!(best[..index].iter().all(|other| other.truth < pair.truth));
            }
            let total: i64 = best.iter().map(|pair| pair.gain).sum();
            prop_assert_eq!(total, greatest(&possible, 0, 0));
        }
    }
}
