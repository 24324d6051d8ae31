//! Lines and boxes drawn over a copy of a picture, for people to see what was judged.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "pixel arithmetic on coordinates that are clamped to the picture"
)]

use domain::{Bbox, Point};

/// A colour, red, green and blue.
pub type Ink = [u8; 3];

/// What the rule looks at: amber, told from the view by day and by night.
pub const GEOMETRY: Ink = [255, 176, 0];
/// The object it is about: cyan.
pub const OBJECT: Ink = [0, 229, 255];
/// The way it came: white.
pub const PATH: Ink = [255, 255, 255];

/// Strokes by their corners on the view, each in its ink, the later over the earlier.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Drawing {
    strokes: Vec<(Vec<Point>, Ink)>,
}

impl Drawing {
    /// Adds a line through `corners`.
    pub fn line(&mut self, corners: impl IntoIterator<Item = Point>, ink: Ink) {
        self.strokes.push((corners.into_iter().collect(), ink));
    }

    /// Adds a closed shape: a line, where it has but two corners.
    pub fn shape(&mut self, corners: &[Point], ink: Ink) {
        let closing = corners.first().filter(|_| corners.len() > 2);
        self.line(corners.iter().chain(closing).copied(), ink);
    }

    /// Adds the sides of a box.
    pub fn bbox(&mut self, bbox: &Bbox, ink: Ink) {
        let (right, bottom) = (bbox.right(), bbox.bottom());
        let corners = [
            Point::new(bbox.left, bbox.top),
            Point::new(right, bbox.top),
            Point::new(right, bottom),
            Point::new(bbox.left, bottom),
        ];
        self.shape(&corners, ink);
    }

    /// Draws on RGB pixels, row by row, `width` × `height` of them; strokes grow with the picture.
    pub(crate) fn draw_on(&self, pixels: &mut [u8], width: usize, height: usize) {
        let thickness = (width.max(height) / 300).max(1);
        let mut canvas = Canvas { pixels, width, height };
        for (corners, ink) in &self.strokes {
            for pair in corners.windows(2) {
                canvas.segment(pair[0], pair[1], thickness, *ink);
            }
        }
    }
}

struct Canvas<'a> {
    pixels: &'a mut [u8],
    width: usize,
    height: usize,
}

impl Canvas<'_> {
    fn segment(&mut self, from: Point, to: Point, thickness: usize, ink: Ink) {
        if [from.x, from.y, to.x, to.y].into_iter().any(f32::is_nan) {
            return;
        }
        let place = |point: Point| {
            // Far outside the view a stroke needs no exact place, but must stay a number.
            let x = point.x.clamp(-1.0, 2.0) * self.width as f32;
            let y = point.y.clamp(-1.0, 2.0) * self.height as f32;
            (x, y)
        };
        let ((from_x, from_y), (to_x, to_y)) = (place(from), place(to));
        let steps = (to_x - from_x).abs().max((to_y - from_y).abs()).ceil().max(1.0);
        for step in 0..=steps as usize {
            let share = step as f32 / steps;
            let x = from_x + (to_x - from_x) * share;
            let y = from_y + (to_y - from_y) * share;
            self.dot(x as isize, y as isize, thickness, ink);
        }
    }

    fn dot(&mut self, x: isize, y: isize, thickness: usize, ink: Ink) {
        let reach = thickness as isize;
        for row in y - reach / 2..y - reach / 2 + reach {
            for column in x - reach / 2..x - reach / 2 + reach {
                let (Ok(row), Ok(column)) = (usize::try_from(row), usize::try_from(column)) else {
                    continue;
                };
                if row >= self.height || column >= self.width {
                    continue;
                }
                let at = (row * self.width + column) * 3;
                if let Some(pixel) = self.pixels.get_mut(at..at + 3) {
                    pixel.copy_from_slice(&ink);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_has_four_sides_and_leaves_its_inside_alone() {
        let mut drawing = Drawing::default();
        drawing.bbox(&Bbox { left: 0.2, top: 0.2, width: 0.5, height: 0.5 }, OBJECT);
        let mut pixels = vec![0; 10 * 10 * 3];
        drawing.draw_on(&mut pixels, 10, 10);
        let ink = |x: usize, y: usize| pixels[(y * 10 + x) * 3..][..3] == OBJECT;
        for at in 2..=7 {
            assert!(ink(at, 2) && ink(at, 7) && ink(2, at) && ink(7, at), "{at}");
        }
        assert!(!ink(4, 4) && !ink(1, 1) && !ink(8, 8));
    }

    #[test]
    fn strokes_that_leave_the_view_are_cut_at_its_edge() {
        let mut drawing = Drawing::default();
        drawing.line([Point::new(-5.0, 0.5), Point::new(f32::INFINITY, 0.5)], GEOMETRY);
        drawing.line([Point::new(f32::NAN, 0.5), Point::new(0.5, 9.0)], PATH);
        let mut pixels = vec![0; 16 * 8 * 3];
        drawing.draw_on(&mut pixels, 16, 8);
        assert_eq!(pixels[4 * 16 * 3..][..3], GEOMETRY);
        assert_eq!(pixels[(4 * 16 + 15) * 3..][..3], GEOMETRY);
    }
}
