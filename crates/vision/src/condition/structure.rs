//! The structure of a view: where edges are and which way they run, whatever the light.
//!
//! An edge is a vector of twice its angle, so that light on dark and dark on light are the same,
//! and of a length that tells how clear it is. Averaged over pictures, what stands still stays and
//! what passes fades.

use super::Grid;

/// A gradient over two cells that is half an edge, in luma.
const HALF: f32 = 12.0;
/// Cells joined into one place, in either direction.
const POOL: usize = 2;

/// Edges by place.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Structure {
    pub(super) columns: usize,
    pub(super) rows: usize,
    /// Per place the cosine and the sine of twice the angle, each times clearness.
    pub(super) edges: Vec<[f32; 2]>,
}

impl Structure {
    /// Finds the edges of a picture; masked cells have none.
    pub(super) fn of(cells: &Grid, masked: &[bool]) -> Self {
        let (columns, rows) = (cells.columns / POOL, cells.rows / POOL);
        let mut edges = vec![[0.0; 2]; columns * rows];
        let width = cells.columns;
        for row in 1..(rows * POOL).min(cells.rows - 1) {
            let line = |row: usize| &cells.luma[row * width..(row + 1) * width];
            let (above, here, below) = (line(row - 1), line(row), line(row + 1));
            let places = &mut edges[row / POOL * columns..(row / POOL + 1) * columns];
            for column in 1..(columns * POOL).min(width - 1) {
                if masked.get(row * width + column) == Some(&true) {
                    continue;
                }
                let across = here[column + 1] - here[column - 1];
                let down = below[column] - above[column];
                let square = across * across + down * down;
                let length = square.sqrt();
                let weight = 1.0 / ((length + HALF) * length.max(1e-3));
                let place = &mut places[column / POOL];
                place[0] += (across * across - down * down) * weight;
                place[1] += 2.0 * across * down * weight;
            }
        }
        Self { columns, rows, edges }
    }

    /// Moves every edge towards that of `other`, by the share `follow`.
    pub(super) fn follow(&mut self, other: &Self, follow: f32) {
        for (mine, other) in self.edges.iter_mut().zip(&other.edges) {
            mine[0] += (other[0] - mine[0]) * follow;
            mine[1] += (other[1] - mine[1]) * follow;
        }
    }

    /// Returns how much structure there is: the mean length of its edges.
    pub(super) fn amount(&self) -> f32 {
        let length = |edge: &[f32; 2]| edge[0].hypot(edge[1]);
        self.edges.iter().map(length).sum::<f32>() / self.edges.len().max(1) as f32
    }
}
