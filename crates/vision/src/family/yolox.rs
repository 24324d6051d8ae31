//! YOLOX (Megvii-BaseDetection/YOLOX): one table [1, cells, 5 + labels] over strides 8, 16, 32 of
//! centre (offset in strides), size (logarithm in strides), objectness and class scores.
#![allow(clippy::cast_precision_loss, reason = "grid cells are far below 2^24")]

use super::{Candidate, Tensor, best};

const STRIDES: [usize; 3] = [8, 16, 32];

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Layout {
    labels: usize,
    /// Stride, columns and cells of each level.
    levels: [(usize, usize, usize); 3],
}

impl Layout {
    pub(crate) fn new(width: usize, height: usize, outputs: &[Vec<i64>]) -> Result<Self, String> {
        let levels = STRIDES.map(|stride| {
            let columns = width / stride;
            (stride, columns, columns * (height / stride))
        });
        let cells: usize = levels.iter().map(|(_, _, cells)| cells).sum();
        if let [shape] = outputs
            && let [1, rows, values] = shape.as_slice()
            && usize::try_from(*rows) == Ok(cells)
            && let Ok(values) = usize::try_from(*values)
            && values > 5
        {
            return Ok(Self { labels: values - 5, levels });
        }
        Err(format!("one of [1, {cells}, 5 + labels]"))
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
        let values = 5 + self.labels;
        let mut rows = outputs.first()?.data.chunks_exact(values);
        for (stride, columns, cells) in self.levels {
            let stride = stride as f32;
            for cell in 0..cells {
                let row = rows.next()?;
                let objectness = row[4];
                // A score is a product of two numbers up to 1.
                if objectness.is_nan() || objectness <= confidence {
                    continue;
                }
                let Some((label, score)) = best(&row[5..], wanted, confidence / objectness) else {
                    continue;
                };
                let x = (row[0] + (cell % columns) as f32) * stride;
                let y = (row[1] + (cell / columns) as f32) * stride;
                let (half_width, half_height) =
                    (row[2].exp() * stride / 2.0, row[3].exp() * stride / 2.0);
                found.push(Candidate {
                    left: x - half_width,
                    top: y - half_height,
                    right: x + half_width,
                    bottom: y + half_height,
                    label,
                    confidence: score * objectness,
                });
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_speaks_for_its_place_on_the_grid() {
        let layout = Layout::new(64, 64, &[vec![1, 84, 7]]).unwrap();
        let mut table = vec![0.0; 84 * 7];
        // Second level (stride 16, 4 x 4 cells), cell 5: column 1, row 1.
        let row = (64 + 5) * 7;
        table[row..row + 7].copy_from_slice(&[0.5, 0.25, 0.0, 2.0_f32.ln(), 0.9, 0.1, 0.8]);
        let mut found = Vec::new();
        let output = Tensor { shape: &[1, 84, 7], data: &table };
        layout.read(&[output], &|_| true, 0.3, &mut found).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].label, found[0].left, found[0].right), (1, 16.0, 32.0));
        assert!((found[0].bottom - 36.0).abs() < 1e-4 && (found[0].top - 4.0).abs() < 1e-4);
        assert!((found[0].confidence - 0.72).abs() < 1e-5);
        let short = Tensor { shape: &[1, 84, 7], data: &table[..100] };
        assert!(layout.read(&[short], &|_| true, 0.3, &mut found).is_none());
    }
}
