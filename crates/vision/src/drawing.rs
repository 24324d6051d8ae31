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

/// Strokes on the view, each in its ink, the later over the earlier.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Drawing {
    strokes: Vec<(Stroke, Ink)>,
}

#[derive(Debug, Clone, PartialEq)]
enum Stroke {
    /// Through its corners.
    Line(Vec<Point>),
    /// Through its corners, with a head at the last.
    Arrow(Vec<Point>),
    /// An arrow over the middle of a line, at right angles to it as people see it.
    Across { line: [Point; 2], to: Side },
}

/// A side of a directed line, for one who looks along it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The left one.
    Left,
    /// The right one.
    Right,
}

impl Drawing {
    /// Adds a line through `corners`.
    pub fn line(&mut self, corners: impl IntoIterator<Item = Point>, ink: Ink) {
        self.strokes.push((Stroke::Line(corners.into_iter().collect()), ink));
    }

    /// Adds a line through `corners` with an arrowhead at its end.
    pub fn arrow(&mut self, corners: impl IntoIterator<Item = Point>, ink: Ink) {
        self.strokes.push((Stroke::Arrow(corners.into_iter().collect()), ink));
    }

    /// Adds an arrow over the middle of `line`, towards one side of it.
    pub fn across(&mut self, line: [Point; 2], to: Side, ink: Ink) {
        self.strokes.push((Stroke::Across { line, to }, ink));
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
        let mut canvas = Canvas { pixels, width, height, thickness };
        for (stroke, ink) in &self.strokes {
            match stroke {
                Stroke::Line(corners) => canvas.line(corners, *ink),
                Stroke::Arrow(corners) => {
                    canvas.line(corners, *ink);
                    canvas.head(corners, *ink);
                }
                Stroke::Across { line, to } => canvas.across(*line, *to, *ink),
            }
        }
    }
}

/// A place on the picture, in pixels.
type Place = (f32, f32);

struct Canvas<'a> {
    pixels: &'a mut [u8],
    width: usize,
    height: usize,
    thickness: usize,
}

impl Canvas<'_> {
    fn line(&mut self, corners: &[Point], ink: Ink) {
        for pair in corners.windows(2) {
            if let (Some(from), Some(to)) = (self.place(pair[0]), self.place(pair[1])) {
                self.segment(from, to, ink);
            }
        }
    }

    /// Draws the head of an arrow at the last corner, looking the way the last stretch goes that
    /// is long enough to have one.
    fn head(&mut self, corners: &[Point], ink: Ink) {
        let Some((tip, before)) = corners.split_last() else { return };
        let Some(tip) = self.place(*tip) else { return };
        let side = self.head_side();
        let far_enough = |from: &Place| (tip.0 - from.0).hypot(tip.1 - from.1) >= side;
        let tail = before.iter().rev().filter_map(|corner| self.place(*corner)).find(far_enough);
        if let Some(tail) = tail {
            self.head_at(tail, tip, ink);
        }
    }

    fn across(&mut self, [from, to]: [Point; 2], side: Side, ink: Ink) {
        let (Some(from), Some(to)) = (self.place(from), self.place(to)) else { return };
        let (along_x, along_y) = (to.0 - from.0, to.1 - from.1);
        let length = along_x.hypot(along_y);
        if length < 1.0 {
            return;
        }
        // Rows count downwards: left of what goes up is where columns become fewer.
        let (left_x, left_y) = (along_y / length, -along_x / length);
        let reach = 2.0 * self.head_side() * if side == Side::Left { 1.0 } else { -1.0 };
        let middle = (f32::midpoint(from.0, to.0), f32::midpoint(from.1, to.1));
        let tail = (middle.0 - left_x * reach, middle.1 - left_y * reach);
        let tip = (middle.0 + left_x * reach, middle.1 + left_y * reach);
        self.segment(tail, tip, ink);
        self.head_at(tail, tip, ink);
    }

    /// Draws the two barbs of an arrow from `tail` to `tip`.
    fn head_at(&mut self, tail: Place, tip: Place, ink: Ink) {
        let length = (tip.0 - tail.0).hypot(tip.1 - tail.1);
        if length < 1.0 {
            return;
        }
        let side = self.head_side();
        let (x, y) = ((tip.0 - tail.0) / length * side, (tip.1 - tail.1) / length * side);
        for aside in [0.5, -0.5] {
            self.segment(tip, (tip.0 - x - aside * y, tip.1 - y + aside * x), ink);
        }
    }

    fn head_side(&self) -> f32 {
        (5 * self.thickness).max(4) as f32
    }

    /// Returns where a point of the view is in pixels; `None` if it is no number.
    fn place(&self, point: Point) -> Option<Place> {
        if point.x.is_nan() || point.y.is_nan() {
            return None;
        }
        // Far outside the view a stroke needs no exact place, but must stay a number.
        let x = point.x.clamp(-1.0, 2.0) * self.width as f32;
        let y = point.y.clamp(-1.0, 2.0) * self.height as f32;
        Some((x, y))
    }

    fn segment(&mut self, from: Place, to: Place, ink: Ink) {
        let steps = (to.0 - from.0).abs().max((to.1 - from.1).abs()).ceil().max(1.0);
        for step in 0..=steps as usize {
            let share = step as f32 / steps;
            let x = from.0 + (to.0 - from.0) * share;
            let y = from.1 + (to.1 - from.1) * share;
            self.dot(x as isize, y as isize, ink);
        }
    }

    fn dot(&mut self, x: isize, y: isize, ink: Ink) {
        let reach = self.thickness as isize;
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

    /// Returns how many pixels have ink in the left and in the right half.
    fn ink_by_half(drawing: &Drawing) -> [usize; 2] {
        let (width, height) = (64, 48);
        let mut pixels = vec![0; width * height * 3];
        drawing.draw_on(&mut pixels, width, height);
        let mut halves = [0, 0];
        for (at, pixel) in pixels.chunks_exact(3).enumerate() {
            halves[at % width * 2 / width] += usize::from(pixel != [0; 3]);
        }
        halves
    }

    #[test]
    fn an_arrow_has_its_head_where_it_ends() {
        let (left, right) = (Point::new(0.25, 0.5), Point::new(0.75, 0.5));
        let towards = |corners: [Point; 2]| {
            let mut drawing = Drawing::default();
            drawing.arrow(corners, PATH);
            ink_by_half(&drawing)
        };
        let ([to_left, _], [_, to_right]) = (towards([right, left]), towards([left, right]));
        let mut line = Drawing::default();
        line.line([left, right], PATH);
        let plain = ink_by_half(&line);
        assert!(
            to_left > plain[0] + 3 && to_right > plain[1] + 3,
            "{to_left} {to_right} {plain:?}"
        );
        // What stands still, is no number or has but one corner has no way to go.
        let mut none = Drawing::default();
        none.arrow([left, left], PATH);
        none.arrow([left], PATH);
        none.arrow([], PATH);
        none.arrow([Point::new(f32::NAN, 0.0), left], PATH);
        none.across([left, left], Side::Left, GEOMETRY);
        none.across([Point::new(f32::NAN, 0.0), left], Side::Left, GEOMETRY);
        assert_eq!(ink_by_half(&none), [1, 0]);
    }

    #[test]
    fn left_of_a_line_that_goes_up_is_where_columns_become_fewer() {
        let upwards = [Point::new(0.5, 0.9), Point::new(0.5, 0.1)];
        let head = |side: Side| {
            let mut drawing = Drawing::default();
            drawing.across(upwards, side, GEOMETRY);
            ink_by_half(&drawing)
        };
        let ([more, fewer], [less, greater]) = (head(Side::Left), head(Side::Right));
        assert!(more > fewer && greater > less);
    }
}
