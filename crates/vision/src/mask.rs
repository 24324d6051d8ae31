//! Privacy masks: painted over a picture before anything else looks at it.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "pixel coordinates are clamped to the picture before they are cast"
)]

use domain::{Point, Polygon};

use crate::Picture;

/// Mid grey, without colour.
pub(crate) const GREY: u8 = 128;

/// Paints grey over every pixel that a mask touches.
pub fn paint(picture: &mut Picture, masks: &[Polygon]) {
    for mask in masks {
        paint_one(picture, mask);
    }
}

fn paint_one(picture: &mut Picture, mask: &Polygon) {
    let (width, height) = (picture.width(), picture.height());
    let (half_width, half_height) = picture.chroma_size();
    let (luma, blue, red) = picture.planes_mut();
    fill(luma, width, height, mask);
    fill(blue, half_width, half_height, mask);
    fill(red, half_width, half_height, mask);
}

/// Fills the pixels of a plane that the polygon touches; on every row at least one pixel more than
/// the polygon on either side, so that nothing shines through at its rim.
fn fill(plane: &mut [u8], width: usize, height: usize, mask: &Polygon) {
    let corners = mask.corners();
    let tops = corners.iter().map(|corner| corner.y);
    let top = tops.clone().fold(1.0, f32::min) * height as f32;
    let bottom = tops.fold(0.0, f32::max) * height as f32;
    let first = (top - 1.0).max(0.0) as usize;
    let last = ((bottom + 1.0) as usize).min(height.saturating_sub(1));
    let mut spans = Vec::new();
    for row in first..=last {
        spans.clear();
        row_spans(corners, row as f32, width as f32, height as f32, &mut spans);
        let pixels = &mut plane[row * width..(row + 1) * width];
        for &(left, right) in &spans {
            let from = (left - 1.0).max(0.0) as usize;
            let to = ((right + 2.0).max(0.0) as usize).min(width);
            if from < to {
                pixels[from..to].fill(GREY);
            }
        }
    }
}

/// Finds from where to where the polygon covers any of the row between `row` and `row + 1`, in
/// pixels: what every side covers of it, and what lies between crossings of its middle.
fn row_spans(corners: &[Point], row: f32, width: f32, height: f32, spans: &mut Vec<(f32, f32)>) {
    let middle = row + 0.5;
    let mut crossings = Vec::with_capacity(4);
    for (index, a) in corners.iter().enumerate() {
        let b = &corners[(index + 1) % corners.len()];
        let (a, b) = ((a.x * width, a.y * height), (b.x * width, b.y * height));
        let (upper, lower) = if a.1 <= b.1 { (a, b) } else { (b, a) };
        let (from, to) = (upper.1.max(row), lower.1.min(row + 1.0));
        if from > to {
            continue;
        }
        let at = |y: f32| {
            let rise = lower.1 - upper.1;
            if rise > 0.0 { upper.0 + (lower.0 - upper.0) * (y - upper.1) / rise } else { upper.0 }
        };
        let (x, other) = if lower.1 > upper.1 { (at(from), at(to)) } else { (a.0, b.0) };
        spans.push((x.min(other), x.max(other)));
        if upper.1 <= middle && middle < lower.1 {
            crossings.push(at(middle));
        }
    }
    crossings.sort_by(f32::total_cmp);
    spans.extend(crossings.chunks_exact(2).map(|pair| (pair[0], pair[1])));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn polygon(corners: &[[f32; 2]]) -> Polygon {
        Polygon::new(corners.iter().copied().map(Point::from).collect()).unwrap()
    }

    #[test]
    fn every_pixel_inside_a_mask_is_grey_and_far_ones_are_not() {
        let mask = polygon(&[[0.2, 0.1], [0.9, 0.3], [0.5, 0.5], [0.8, 0.9], [0.1, 0.7]]);
        let mut picture = Picture::plain(97, 61, [200, 90, 90]).unwrap();
        paint(&mut picture, std::slice::from_ref(&mask));
        for (index, &sample) in picture.luma().iter().enumerate() {
            let (x, y) = ((index % 97) as f32 + 0.5, (index / 97) as f32 + 0.5);
            if mask.contains(Point::new(x / 97.0, y / 61.0)) {
                assert_eq!(sample, GREY, "({x}, {y})");
            }
        }
        assert_eq!(picture.luma()[0], 200);
        assert_eq!(picture.luma()[97 * 61 - 1], 200);
    }

    #[test]
    fn a_mask_over_all_leaves_nothing() {
        let mask = polygon(&[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]);
        let mut picture = Picture::plain(33, 17, [16, 1, 254]).unwrap();
        paint(&mut picture, &[mask]);
        assert!(picture.luma().iter().all(|&sample| sample == GREY));
        assert!(picture.chroma().0.iter().all(|&sample| sample == GREY));
    }
}
