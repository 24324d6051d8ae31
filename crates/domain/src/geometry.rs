//! Shapes on a camera's view, in picture units: 0..1 from left to right and from top to bottom.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A point on the view; `[x, y]` in JSON and TOML.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "[f32; 2]", into = "[f32; 2]")]
#[schemars(with = "[f32; 2]")]
pub struct Point {
    /// 0 at the left edge, 1 at the right edge.
    pub x: f32,
    /// 0 at the top edge, 1 at the bottom edge.
    pub y: f32,
}

impl Point {
    /// Takes both coordinates.
    pub const fn new(x: f32, y: f32) -> Self {
        Self { x, y }
    }

    /// Returns whether both coordinates are numbers in 0..=1.
    pub fn is_on_view(self) -> bool {
        (0.0..=1.0).contains(&self.x) && (0.0..=1.0).contains(&self.y)
    }
}

impl From<[f32; 2]> for Point {
    fn from([x, y]: [f32; 2]) -> Self {
        Self { x, y }
    }
}

impl From<Point> for [f32; 2] {
    fn from(point: Point) -> Self {
        [point.x, point.y]
    }
}

/// An upright box on the view. Its sides may lie outside 0..1 while an object leaves the view.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Bbox {
    /// Left side, in picture widths.
    pub left: f32,
    /// Top side, in picture heights.
    pub top: f32,
    /// Width, in picture widths.
    pub width: f32,
    /// Height, in picture heights.
    pub height: f32,
}

impl Bbox {
    /// The whole view.
    pub const WHOLE: Self = Self { left: 0.0, top: 0.0, width: 1.0, height: 1.0 };

    /// Returns the right side.
    pub fn right(&self) -> f32 {
        self.left + self.width
    }

    /// Returns the bottom side.
    pub fn bottom(&self) -> f32 {
        self.top + self.height
    }

    /// Returns the area, in pictures; 0 for an inverted box.
    pub fn area(&self) -> f32 {
        self.width.max(0.0) * self.height.max(0.0)
    }

    /// Returns the middle of the bottom side: where the object stands.
    pub fn ground_point(&self) -> Point {
        Point::new(self.left + self.width / 2.0, self.bottom())
    }

    /// Returns the centre.
    pub fn centre(&self) -> Point {
        Point::new(self.left + self.width / 2.0, self.top + self.height / 2.0)
    }

    /// Returns whether `point` lies in the box.
    pub fn contains(&self, point: Point) -> bool {
        (self.left..=self.right()).contains(&point.x)
            && (self.top..=self.bottom()).contains(&point.y)
    }

    /// Returns the area both boxes share.
    pub fn intersection_area(&self, other: &Self) -> f32 {
        let width = self.right().min(other.right()) - self.left.max(other.left);
        let height = self.bottom().min(other.bottom()) - self.top.max(other.top);
        width.max(0.0) * height.max(0.0)
    }

    /// Returns intersection over union, 0..=1; 0 when both are empty.
    pub fn iou(&self, other: &Self) -> f32 {
        let shared = self.intersection_area(other);
        let union = self.area() + other.area() - shared;
        if union > 0.0 { shared / union } else { 0.0 }
    }

    /// Returns the part that lies on the view; a side that is no number lies at its edge.
    #[allow(clippy::manual_clamp, reason = "clamp panics where a limit is no number")]
    pub fn clamped(&self) -> Self {
        let left = self.left.max(0.0).min(1.0);
        let top = self.top.max(0.0).min(1.0);
        let right = self.right().max(left).min(1.0);
        let bottom = self.bottom().max(top).min(1.0);
        Self { left, top, width: right - left, height: bottom - top }
    }
}

/// A directed line on the view.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "[Point; 2]", into = "[Point; 2]")]
#[schemars(with = "[Point; 2]")]
pub struct Line {
    /// Where it starts.
    pub from: Point,
    /// Where it ends.
    pub to: Point,
}

impl From<[Point; 2]> for Line {
    fn from([from, to]: [Point; 2]) -> Self {
        Self { from, to }
    }
}

impl From<Line> for [Point; 2] {
    fn from(line: Line) -> Self {
        [line.from, line.to]
    }
}

/// A polygon that cannot be a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PolygonError {
    /// Fewer than three corners, or more than 64.
    #[error("a polygon needs 3 to 64 corners, this one has {0}")]
    Corners(usize),
    /// A corner outside the view.
    #[error("corner {0} lies outside the view: both coordinates are 0 to 1")]
    OutsideView(usize),
    /// No area.
    #[error("the corners enclose no area")]
    Empty,
    /// Two sides cross.
    #[error("side {0} crosses side {1}")]
    Crossed(usize, usize),
}

/// A simple polygon on the view, closed by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Vec<Point>", into = "Vec<Point>")]
#[schemars(with = "Vec<Point>")]
pub struct Polygon(Vec<Point>);

impl Polygon {
    /// Takes the corners in order, without repeating the first.
    ///
    /// # Errors
    /// Refuses what has no inside: too few corners, corners off the view, no area, crossed sides.
    ///
    /// # Examples
    /// ```
    /// use domain::{Point, Polygon, PolygonError};
    ///
    /// let corner = |x, y| Point { x, y };
    /// let crossed = vec![corner(0.1, 0.1), corner(0.9, 0.9), corner(0.9, 0.1), corner(0.1, 0.8)];
    /// assert!(matches!(Polygon::new(crossed), Err(PolygonError::Crossed(..))));
    /// ```
    pub fn new(corners: Vec<Point>) -> Result<Self, PolygonError> {
        let count = corners.len();
        if !(3..=64).contains(&count) {
            return Err(PolygonError::Corners(count));
        }
        if let Some(outside) = corners.iter().position(|corner| !corner.is_on_view()) {
            return Err(PolygonError::OutsideView(outside + 1));
        }
        let side = |index: usize| (corners[index], corners[(index + 1) % count]);
        for first in 0..count {
            // Neighbouring sides share a corner and so always touch.
            for second in first + 2..count {
                let neighbours = first == 0 && second == count - 1;
                if !neighbours && sides_cross(side(first), side(second)) {
                    return Err(PolygonError::Crossed(first + 1, second + 1));
                }
            }
        }
        let polygon = Self(corners);
        if polygon.area() < 1e-6 { Err(PolygonError::Empty) } else { Ok(polygon) }
    }

    /// Returns the corners.
    pub fn corners(&self) -> &[Point] {
        &self.0
    }

    /// Returns the area, in pictures (the shoelace formula).
    pub fn area(&self) -> f32 {
        let next = self.0.iter().cycle().skip(1);
        let doubled: f32 = self.0.iter().zip(next).map(|(a, b)| a.x * b.y - b.x * a.y).sum();
        doubled.abs() / 2.0
    }

    /// Returns whether `point` lies inside (even–odd rule).
    pub fn contains(&self, point: Point) -> bool {
        let mut inside = false;
        let mut previous = self.0[self.0.len() - 1];
        for &corner in &self.0 {
            let straddles = (corner.y > point.y) != (previous.y > point.y);
            if straddles {
                let crossing_x = (previous.x - corner.x) * (point.y - corner.y)
                    / (previous.y - corner.y)
                    + corner.x;
                if point.x < crossing_x {
                    inside = !inside;
                }
            }
            previous = corner;
        }
        inside
    }
}

/// Returns whether two sides share a point.
fn sides_cross((a, b): (Point, Point), (c, d): (Point, Point)) -> bool {
    let turn = |p: Point, q: Point, r: Point| (q.x - p.x) * (r.y - p.y) - (q.y - p.y) * (r.x - p.x);
    let (c_side, d_side) = (turn(a, b, c), turn(a, b, d));
    let (a_side, b_side) = (turn(c, d, a), turn(c, d, b));
    if c_side * d_side < 0.0 && a_side * b_side < 0.0 {
        return true;
    }
    let between = |p: Point, q: Point, r: Point| {
        (p.x.min(q.x)..=p.x.max(q.x)).contains(&r.x) && (p.y.min(q.y)..=p.y.max(q.y)).contains(&r.y)
    };
    (c_side == 0.0 && between(a, b, c))
        || (d_side == 0.0 && between(a, b, d))
        || (a_side == 0.0 && between(c, d, a))
        || (b_side == 0.0 && between(c, d, b))
}

impl TryFrom<Vec<Point>> for Polygon {
    type Error = PolygonError;

    fn try_from(corners: Vec<Point>) -> Result<Self, PolygonError> {
        Self::new(corners)
    }
}

impl From<Polygon> for Vec<Point> {
    fn from(polygon: Polygon) -> Self {
        polygon.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn polygon(corners: &[[f32; 2]]) -> Result<Polygon, PolygonError> {
        Polygon::new(corners.iter().copied().map(Point::from).collect())
    }

    #[test]
    fn a_polygon_with_no_inside_is_refused_with_its_reason() {
        assert_eq!(polygon(&[[0.0, 0.0], [1.0, 1.0]]), Err(PolygonError::Corners(2)));
        assert_eq!(
            polygon(&[[0.0, 0.0], [1.5, 0.0], [0.0, 1.0]]),
            Err(PolygonError::OutsideView(2))
        );
        assert_eq!(
            polygon(&[[0.0, 0.0], [1.0, 1.0], [1.0, 0.0], [0.0, 1.0]]),
            Err(PolygonError::Crossed(1, 3))
        );
        assert_eq!(polygon(&[[0.0, 0.0], [0.5, 0.5], [1.0, 1.0]]), Err(PolygonError::Empty));
        assert_eq!(
            polygon(&[[0.0, f32::NAN], [0.5, 0.5], [1.0, 1.0]]),
            Err(PolygonError::OutsideView(1))
        );
    }

    #[test]
    fn inside_is_inside_also_of_a_hollow_shape() {
        let arrow = polygon(&[[0.0, 0.0], [1.0, 0.0], [0.5, 0.4], [0.5, 1.0]]).unwrap();
        assert!(arrow.contains(Point::new(0.5, 0.2)));
        assert!(!arrow.contains(Point::new(0.8, 0.5)));
    }

    #[test]
    fn what_is_predicted_far_beyond_numbers_still_has_a_part_on_the_view() {
        let nowhere = Bbox { left: f32::NAN, top: f32::INFINITY, width: f32::NAN, height: 1.0 };
        let part = nowhere.clamped();
        assert_eq!(part, Bbox { left: 0.0, top: 1.0, width: 0.0, height: 0.0 });
        let beside = Bbox { left: -0.5, top: 0.25, width: 1.0, height: 2.0 };
        assert_eq!(beside.clamped(), Bbox { left: 0.0, top: 0.25, width: 0.5, height: 0.75 });
    }

    #[test]
    fn overlap_of_boxes() {
        let left = Bbox { left: 0.0, top: 0.0, width: 0.5, height: 1.0 };
        let shifted = Bbox { left: 0.25, top: 0.0, width: 0.5, height: 1.0 };
        assert!((left.iou(&shifted) - 1.0 / 3.0).abs() < 1e-6);
        assert!(left.iou(&Bbox { left: 0.6, ..left }).abs() < f32::EPSILON);
    }
}
