//! How light a view is, and how much of it is lost in darkness or glare.

use super::Grid;

/// The view is judged in so many parts across and down: burnt-in text is bright, but in few.
const PARTS: (usize, usize) = (16, 9);
/// A part in which nothing is brighter than this holds no light: about a quarter of white.
const DIM: f32 = 0.22;
/// As good as white.
const WHITE: f32 = 0.95;

/// Figures of one picture; shares of what is not masked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Light {
    /// Mean luma, 0..=1.
    pub(super) mean: f32,
    /// Its standard deviation.
    pub(super) spread: f32,
    /// Share of parts without light.
    pub(super) dark: f32,
    /// Share of cells that are white.
    pub(super) saturated: f32,
}

pub(super) fn measure(cells: &Grid, masked: &[bool], full_range: bool) -> Light {
    // Black and white of ITU-R BT.601 and 709 are 16 and 235.
    let (black, range) = if full_range { (0.0, 255.0) } else { (16.0, 219.0) };
    let mut brightest = [f32::NEG_INFINITY; PARTS.0 * PARTS.1];
    let (mut sum, mut squares, mut white, mut count) = (0.0_f64, 0.0_f64, 0_u32, 0_u32);
    let scale = 1.0 / range;
    let parts: Vec<usize> =
        (0..cells.columns).map(|column| column * PARTS.0 / cells.columns).collect();
    for (row, line) in cells.luma.chunks_exact(cells.columns).enumerate() {
        let (mut row_sum, mut row_squares) = (0.0_f32, 0.0_f32);
        let brightest = &mut brightest[row * PARTS.1 / cells.rows * PARTS.0..][..PARTS.0];
        for (column, &luma) in line.iter().enumerate() {
            if masked.get(row * cells.columns + column) == Some(&true) {
                continue;
            }
            let luma = ((luma - black) * scale).clamp(0.0, 1.0);
            row_sum += luma;
            row_squares += luma * luma;
            white += u32::from(luma > WHITE);
            count += 1;
            let part = &mut brightest[parts[column]];
            *part = part.max(luma);
        }
        sum += f64::from(row_sum);
        squares += f64::from(row_squares);
    }
    if count == 0 {
        return Light { mean: 0.5, spread: 0.0, dark: 0.0, saturated: 0.0 };
    }
    let seen = brightest.iter().filter(|luma| luma.is_finite()).count();
    let dark = brightest.iter().filter(|luma| luma.is_finite() && **luma < DIM).count();
    let mean = sum / f64::from(count);
    Light {
        mean: mean as f32,
        spread: (squares / f64::from(count) - mean * mean).max(0.0).sqrt() as f32,
        dark: dark as f32 / seen.max(1) as f32,
        saturated: white as f32 / count as f32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(luma: impl Fn(usize, usize) -> f32) -> Grid {
        let (columns, rows) = (160, 90);
        let at = |index: usize| luma(index % columns, index / columns);
        Grid { columns, rows, step: 4, luma: (0..columns * rows).map(at).collect() }
    }

    #[test]
    fn a_black_view_is_dark_also_with_text_burnt_in() {
        let night = grid(|x, y| if y < 8 && x < 80 && (x + y) % 3 == 0 { 235.0 } else { 20.0 });
        let light = measure(&night, &[], false);
        assert!(light.dark > 0.9 && light.mean < 0.1, "{light:?}");
    }

    #[test]
    fn street_lamps_are_light() {
        let night = grid(|x, y| if x % 20 == 0 && y % 20 == 0 { 200.0 } else { 20.0 });
        let light = measure(&night, &[], false);
        assert!(light.dark < 0.8, "{light:?}");
    }

    #[test]
    fn what_is_masked_is_not_counted() {
        let half = grid(|x, _| if x < 80 { 128.0 } else { 235.0 });
        let masked: Vec<bool> = (0..160 * 90).map(|index| index % 160 < 80).collect();
        assert!((measure(&half, &masked, false).saturated - 1.0).abs() < 1e-6);
        assert!((measure(&half, &[], false).saturated - 0.5).abs() < 1e-6);
        assert_eq!(measure(&half, &vec![true; 160 * 90], false).saturated, 0.0);
    }
}
