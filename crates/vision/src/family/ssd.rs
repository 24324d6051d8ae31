//! SSD as TensorFlow's object detection API exports it (Liu et al. 2016): boxes coded against
//! anchors (box coder 10, 10, 5, 5) and class scores, label 0 being the background.
//!
//! The anchors are those of `ssd_anchor_generator`: six grids, scales .2 to .95, aspect ratios
//! 1, 2, 1/2, 3, 1/3 and one between scales; the first grid has three only.
#![allow(clippy::cast_precision_loss, reason = "grid cells are far below 2^24")]

use super::{Candidate, Tensor, best, sigmoid};

const GRIDS: usize = 6;
const FIRST_STRIDE: usize = 16;
const LEAST_SCALE: f32 = 0.2;
const GREATEST_SCALE: f32 = 0.95;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Layout {
    labels: usize,
    boxes: usize,
    scores: usize,
    width: f32,
    height: f32,
    /// Centre x, centre y, width, height in 0..1.
    anchors: Vec<[f32; 4]>,
}

impl Layout {
    pub(crate) fn new(width: usize, height: usize, outputs: &[Vec<i64>]) -> Result<Self, String> {
        let anchors = anchors(width, height);
        let count = anchors.len();
        // [1, anchors, 4], [1, anchors, 1, 4] and [1, anchors, labels + 1] are all in use.
        let values: Vec<Option<usize>> = outputs
            .iter()
            .map(|shape| match shape.as_slice() {
                [1, rows, values] | [1, rows, 1, values] if usize::try_from(*rows) == Ok(count) => {
                    usize::try_from(*values).ok()
                }
                _ => None,
            })
            .collect();
        let boxes = values.iter().position(|values| *values == Some(4));
        let scores = values.iter().position(|values| values.is_some_and(|values| values > 4));
        if let (Some(boxes), Some(scores)) = (boxes, scores)
            && let Some(values) = values[scores]
        {
            return Ok(Self {
                labels: values - 1,
                boxes,
                scores,
                width: width as f32,
                height: height as f32,
                anchors,
            });
        }
        Err(format!("[1, {count}, 4] and [1, {count}, labels + 1]"))
    }

    /// The background is no label: label 0 is the first object.
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
        let values = self.labels + 1;
        let boxes = outputs.get(self.boxes)?.data.get(..self.anchors.len() * 4)?;
        let scores = outputs.get(self.scores)?.data.get(..self.anchors.len() * values)?;
        // The scores are logits: compare there, and spare the exponentials.
        let least = (confidence / (1.0 - confidence)).ln();
        let rows = self.anchors.iter().zip(boxes.chunks_exact(4)).zip(scores.chunks_exact(values));
        for ((anchor, coded), scores) in rows {
            let Some((label, logit)) = best(&scores[1..], wanted, least) else { continue };
            let y = coded[0] / 10.0 * anchor[3] + anchor[1];
            let x = coded[1] / 10.0 * anchor[2] + anchor[0];
            let half_height = (coded[2] / 5.0).exp() * anchor[3] / 2.0;
            let half_width = (coded[3] / 5.0).exp() * anchor[2] / 2.0;
            found.push(Candidate {
                left: (x - half_width) * self.width,
                top: (y - half_height) * self.height,
                right: (x + half_width) * self.width,
                bottom: (y + half_height) * self.height,
                label,
                confidence: sigmoid(logit),
            });
        }
        Some(())
    }
}

fn anchors(width: usize, height: usize) -> Vec<[f32; 4]> {
    let scale = |grid: usize| {
        if grid == GRIDS {
            return 1.0;
        }
        LEAST_SCALE + (GREATEST_SCALE - LEAST_SCALE) * grid as f32 / (GRIDS - 1) as f32
    };
    let mut anchors = Vec::new();
    let (mut columns, mut rows) = (width.div_ceil(FIRST_STRIDE), height.div_ceil(FIRST_STRIDE));
    for grid in 0..GRIDS {
        let between = (scale(grid) * scale(grid + 1)).sqrt();
        let shapes: Vec<(f32, f32)> = if grid == 0 {
            vec![(0.1, 1.0), (scale(0), 2.0), (scale(0), 0.5)]
        } else {
            let ratios = [1.0, 2.0, 0.5, 3.0, 1.0 / 3.0];
            let mut shapes: Vec<_> = ratios.iter().map(|&ratio| (scale(grid), ratio)).collect();
            shapes.push((between, 1.0));
            shapes
        };
        for cell in 0..columns * rows {
            let x = ((cell % columns) as f32 + 0.5) / columns as f32;
            let y = ((cell / columns) as f32 + 0.5) / rows as f32;
            for &(scale, ratio) in &shapes {
                let root = ratio.sqrt();
                anchors.push([x, y, scale * root, scale / root]);
            }
        }
        (columns, rows) = (columns.div_ceil(2), rows.div_ceil(2));
    }
    anchors
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_of_300_has_1917_anchors_and_a_zero_code_is_the_anchor() {
        let layout = Layout::new(300, 300, &[vec![1, 1917, 91], vec![1, 1917, 1, 4]]).unwrap();
        assert_eq!(layout.labels, 90);
        let mut scores = vec![-9.0; 1917 * 91];
        scores[1916 * 91 + 3] = 2.0;
        let boxes = vec![0.0; 1917 * 4];
        let outputs = [
            Tensor { shape: &[1, 1917, 91], data: &scores },
            Tensor { shape: &[1, 1917, 1, 4], data: &boxes },
        ];
        let mut found = Vec::new();
        layout.read(&outputs, &|_| true, 0.5, &mut found).unwrap();
        assert_eq!((found.len(), found[0].label), (1, 2));
        let side = (0.95_f32).sqrt() * 300.0;
        assert!((found[0].right - found[0].left - side).abs() < 0.1);
        assert!((found[0].confidence - 0.8808).abs() < 1e-3);
        assert!(Layout::new(320, 320, &[vec![1, 1917, 91], vec![1, 1917, 4]]).is_err());
    }
}
