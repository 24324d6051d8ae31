//! Which pairs go together, at the least cost in all.

/// One possible pair of a row and a column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pair {
    pub(crate) row: usize,
    pub(crate) column: usize,
    pub(crate) cost: f32,
}

/// Returns the pairs of `possible` that cost least in all, when a row left alone costs `alone`.
///
/// Rows and columns are below `rows` and `columns`; each is in one returned pair at most. The
/// answer is exact and does not depend on chance. Pairs that cannot influence each other are
/// solved apart, so that the cubic cost of the solver is paid only within a crowd.
pub(crate) fn assign(possible: &[Pair], rows: usize, columns: usize, alone: f32) -> Vec<Pair> {
    let mut groups = Groups::new(rows + columns);
    for pair in possible {
        groups.join(pair.row, rows + pair.column);
    }
    let mut members: Vec<(usize, Pair)> =
        possible.iter().map(|pair| (groups.root(pair.row), *pair)).collect();
    members.sort_by_key(|(root, pair)| (*root, pair.row, pair.column));
    let mut chosen = Vec::with_capacity(rows.min(columns));
    for group in members.chunk_by(|(first, _), (second, _)| first == second) {
        solve_group(group, alone, &mut chosen);
    }
    chosen
}

fn solve_group(group: &[(usize, Pair)], alone: f32, chosen: &mut Vec<Pair>) {
    if let [(_, pair)] = group {
        if pair.cost < alone {
            chosen.push(*pair);
        }
        return;
    }
    let mut rows: Vec<usize> = group.iter().map(|(_, pair)| pair.row).collect();
    rows.dedup();
    let mut columns: Vec<usize> = group.iter().map(|(_, pair)| pair.column).collect();
    columns.sort_unstable();
    columns.dedup();
    // A column for each row beside the real ones: to take it is to be left alone.
    let width = columns.len() + rows.len();
    let forbidden = 1e6;
    let mut costs = vec![forbidden; rows.len() * width];
    for (index, row) in costs.chunks_exact_mut(width).enumerate() {
        row[columns.len() + index] = alone;
    }
    for (_, pair) in group {
        let row = rows.partition_point(|&row| row < pair.row);
        let column = columns.partition_point(|&column| column < pair.column);
        costs[row * width + column] = pair.cost;
    }
    for (row, column) in solve(&costs, width).into_iter().enumerate() {
        let cost = costs[row * width + column];
        if column < columns.len() && cost < alone {
            chosen.push(Pair { row: rows[row], column: columns[column], cost });
        }
    }
}

/// Returns for each row of `costs` its column, at the least cost in all; rows ≤ `width`.
///
/// The Hungarian method by shortest augmenting paths with potentials, O(rows² · width) (Jonker,
/// Volgenant, *A Shortest Augmenting Path Algorithm for Dense and Sparse Linear Assignment
/// Problems*, Computing 38, 1987).
fn solve(costs: &[f32], width: usize) -> Vec<usize> {
    let rows = costs.len() / width;
    debug_assert!(rows <= width, "every row needs a column");
    // Row and column 0 are a root that stands for "none"; real ones count from 1.
    let mut row_potential = vec![0.0_f32; rows + 1];
    let mut column_potential = vec![0.0_f32; width + 1];
    let mut row_of = vec![0_usize; width + 1];
    let mut previous = vec![0_usize; width + 1];
    let mut distance = vec![0.0_f32; width + 1];
    let mut done = vec![false; width + 1];
    for row in 1..=rows {
        row_of[0] = row;
        distance.fill(f32::INFINITY);
        done.fill(false);
        let mut column = 0;
        while row_of[column] != 0 {
            done[column] = true;
            let at = row_of[column];
            let (mut nearest, mut least) = (0, f32::INFINITY);
            for next in 1..=width {
                if done[next] {
                    continue;
                }
                let reduced =
                    costs[(at - 1) * width + next - 1] - row_potential[at] - column_potential[next];
                if reduced < distance[next] {
                    distance[next] = reduced;
                    previous[next] = column;
                }
                if distance[next] < least {
                    least = distance[next];
                    nearest = next;
                }
            }
            for next in 0..=width {
                if done[next] {
                    row_potential[row_of[next]] += least;
                    column_potential[next] -= least;
                } else {
                    distance[next] -= least;
                }
            }
            column = nearest;
        }
        while column != 0 {
            let before = previous[column];
            row_of[column] = row_of[before];
            column = before;
        }
    }
    let mut column_of = vec![0; rows];
    for column in 1..=width {
        if row_of[column] != 0 {
            column_of[row_of[column] - 1] = column - 1;
        }
    }
    column_of
}

/// Which rows and columns are connected, by union–find.
struct Groups(Vec<usize>);

impl Groups {
    fn new(count: usize) -> Self {
        Self((0..count).collect())
    }

    fn root(&mut self, mut node: usize) -> usize {
        while self.0[node] != node {
            self.0[node] = self.0[self.0[node]];
            node = self.0[node];
        }
        node
    }

    fn join(&mut self, first: usize, second: usize) {
        let (first, second) = (self.root(first), self.root(second));
        self.0[first.max(second)] = first.min(second);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn total(chosen: &[Pair], rows: usize, alone: f32) -> f32 {
        let left_alone = u16::try_from(rows - chosen.len()).unwrap();
        chosen.iter().map(|pair| pair.cost).sum::<f32>() + f32::from(left_alone) * alone
    }

    /// Returns the least cost by trying everything.
    fn cheapest(possible: &[Pair], row: usize, rows: usize, used: u32, alone: f32) -> f32 {
        if row == rows {
            return 0.0;
        }
        let mut least = alone + cheapest(possible, row + 1, rows, used, alone);
        for pair in possible.iter().filter(|pair| pair.row == row) {
            let bit = 1 << pair.column;
            if used & bit == 0 {
                let rest = cheapest(possible, row + 1, rows, used | bit, alone);
                least = least.min(pair.cost + rest);
            }
        }
        least
    }

    proptest! {
        #[test]
        fn nothing_is_cheaper(
            costs in proptest::collection::vec(proptest::option::of(0.0_f32..2.0), 30),
        ) {
            let (rows, columns, alone) = (5, 6, 1.3);
            let possible: Vec<Pair> = costs
                .iter()
                .enumerate()
                .filter_map(|(index, cost)| {
                    cost.map(|cost| Pair { row: index / columns, column: index % columns, cost })
                })
                .collect();
            let chosen = assign(&possible, rows, columns, alone);
            let mut taken: Vec<_> = chosen.iter().map(|pair| pair.column).collect();
            taken.sort_unstable();
            taken.dedup();
            prop_assert_eq!(taken.len(), chosen.len());
            let least = cheapest(&possible, 0, rows, 0, alone);
            prop_assert!((total(&chosen, rows, alone) - least).abs() < 1e-4);
        }
    }
}
