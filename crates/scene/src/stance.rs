//! Where an object stands and how large it is, in one unit both ways: picture heights.
//!
//! Boxes on the view are in picture widths and heights, so a distance across is not one along;
//! tracking and judging need one that is.

use domain::Bbox;

/// An upright box, by the middle of its bottom side. All in picture heights, y downwards.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Stance {
    /// Across, of the ground point.
    pub(crate) x: f32,
    /// Down, of the ground point.
    pub(crate) y: f32,
    /// Width of the box.
    pub(crate) width: f32,
    /// Height of the box.
    pub(crate) height: f32,
}

impl Stance {
    /// Takes a box on a view that is `aspect` times as wide as high.
    pub(crate) fn of(bbox: &Bbox, aspect: f32) -> Self {
        let ground = bbox.ground_point();
        Self { x: ground.x * aspect, y: ground.y, width: bbox.width * aspect, height: bbox.height }
    }

    /// Returns the box on a view that is `aspect` times as wide as high.
    pub(crate) fn bbox(&self, aspect: f32) -> Bbox {
        Bbox {
            left: self.left() / aspect,
            top: self.top(),
            width: self.width / aspect,
            height: self.height,
        }
    }

    /// Returns the side of the square of the same area: the measure of "near" and "fast".
    pub(crate) fn size(&self) -> f32 {
        (self.width * self.height).max(0.0).sqrt()
    }

    pub(crate) fn left(&self) -> f32 {
        self.x - self.width / 2.0
    }

    pub(crate) fn right(&self) -> f32 {
        self.x + self.width / 2.0
    }

    pub(crate) fn top(&self) -> f32 {
        self.y - self.height
    }

    pub(crate) fn area(&self) -> f32 {
        self.width * self.height
    }

    /// Returns the area that both boxes share.
    pub(crate) fn shared_area(&self, other: &Self) -> f32 {
        let width = self.right().min(other.right()) - self.left().max(other.left());
        let height = self.y.min(other.y) - self.top().max(other.top());
        width.max(0.0) * height.max(0.0)
    }

    /// Returns intersection over union, 0..=1.
    pub(crate) fn iou(&self, other: &Self) -> f32 {
        let shared = self.shared_area(other);
        let union = self.area() + other.area() - shared;
        if union > 0.0 { shared / union } else { 0.0 }
    }

    /// Returns which part of this box the other one covers, 0..=1.
    pub(crate) fn covered_by(&self, other: &Self) -> f32 {
        let area = self.area();
        if area > 0.0 { self.shared_area(other) / area } else { 0.0 }
    }

    /// Returns which part of this box the others cover together, 0..=1, to a thirty-sixth.
    pub(crate) fn covered_by_any(&self, others: &[&Self]) -> f32 {
        const STEPS: [f32; 6] = [1.0, 3.0, 5.0, 7.0, 9.0, 11.0];
        let mut covered = 0.0;
        for across in STEPS {
            for down in STEPS {
                let x = self.left() + self.width * across / 12.0;
                let y = self.top() + self.height * down / 12.0;
                let is_covered = others.iter().any(|other| {
                    (other.left()..=other.right()).contains(&x)
                        && (other.top()..=other.y).contains(&y)
                });
                covered += f32::from(u8::from(is_covered));
            }
        }
        covered / 36.0
    }

    /// Returns the smallest box around both.
    pub(crate) fn around(&self, other: &Self) -> Self {
        let left = self.left().min(other.left());
        let right = self.right().max(other.right());
        let top = self.top().min(other.top());
        let bottom = self.y.max(other.y);
        Self { x: f32::midpoint(left, right), y: bottom, width: right - left, height: bottom - top }
    }

    /// Returns how far apart the two stand, in sizes of the larger.
    pub(crate) fn sizes_to(&self, other: &Self) -> f32 {
        let size = self.size().max(other.size()).max(f32::MIN_POSITIVE);
        (self.x - other.x).hypot(self.y - other.y) / size
    }

    /// Returns the stance `share` of the way from here to `other`, 0..=1.
    pub(crate) fn towards(&self, other: &Self, share: f32) -> Self {
        let mix = |from: f32, to: f32| from + (to - from) * share;
        Self {
            x: mix(self.x, other.x),
            y: mix(self.y, other.y),
            width: mix(self.width, other.width),
            height: mix(self.height, other.height),
        }
    }
}
