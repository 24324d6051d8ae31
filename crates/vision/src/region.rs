//! How much of a region differs from one keyframe to the next: for searching footage that no model
//! has looked at, or whose objects no model knows.

use std::sync::Arc;

use domain::{Bbox, Codec, Point, Polygon, VideoFormat};

use crate::VisionError;
use crate::decoder::{Decoder, Feed};
use crate::mask;
use crate::motion::{Motion, MotionDetector};

/// Points a side that a region is measured by.
const GRID: u16 = 64;

/// Looks at the keyframes of one camera, in order of time; owned by the thread that calls it.
#[derive(Debug)]
pub struct RegionWatch {
    /// The points of the region that are not masked.
    points: Vec<Point>,
    masks: Vec<Polygon>,
    decoder: Option<(Codec, Decoder)>,
    motion: MotionDetector,
}

impl RegionWatch {
    /// Watches what of `region` does not lie behind `masks`.
    pub fn new(region: &Polygon, masks: Vec<Polygon>) -> Self {
        let points = points_of(region, &masks);
        Self { points, masks, decoder: None, motion: MotionDetector::default() }
    }

    /// Decodes a keyframe (NAL units behind 4-byte lengths) and returns the part of the region that
    /// differs from the moments before, 0..=1; `None` where nothing was seen before, or all the light
    /// has changed.
    ///
    /// # Errors
    /// Fails when it cannot be decoded; the next one is tried anew.
    pub fn look(
        &mut self,
        format: &Arc<VideoFormat>,
        keyframe: &[u8],
    ) -> Result<Option<f32>, VisionError> {
        let decoded = self.decode(format, keyframe);
        if decoded.is_err() {
            self.decoder = None;
        }
        let mut picture = decoded?;
        // Painted first: what moves behind a mask is nobody's to find.
        mask::paint(&mut picture, &self.masks);
        Ok(match self.motion.observe(&picture) {
            Motion::Unknown => None,
            Motion::Regions(boxes) => Some(share_of(&boxes, &self.points)),
        })
    }

    /// Forgets what was seen: what comes next lies long after.
    pub fn forget(&mut self) {
        self.motion = MotionDetector::default();
    }

    fn decode(
        &mut self,
        format: &Arc<VideoFormat>,
        keyframe: &[u8],
    ) -> Result<crate::Picture, VisionError> {
        let decoder = match self.decoder.take() {
            Some((codec, decoder)) if codec == format.codec => decoder,
            _ => Decoder::new(format.codec, Feed::Keyframes)?,
        };
        let (_, decoder) = self.decoder.insert((format.codec, decoder));
        let mut decoded = Vec::new();
        decoder.decode(format, keyframe, true, &mut decoded)?;
        let picture = decoded.pop().and_then(crate::decoder::Decoded::picture);
        picture.ok_or_else(|| VisionError::Still("the keyframe cannot be decoded".into()))
    }
}

/// Returns the points of a grid that lie in `region` and not behind `masks`.
fn points_of(region: &Polygon, masks: &[Polygon]) -> Vec<Point> {
    let corners = region.corners().iter();
    let (mut least, mut most) = (Point::new(1.0, 1.0), Point::new(0.0, 0.0));
    for corner in corners {
        least = Point::new(least.x.min(corner.x), least.y.min(corner.y));
        most = Point::new(most.x.max(corner.x), most.y.max(corner.y));
    }
    let at = |step: u16| (f32::from(step) + 0.5) / f32::from(GRID);
    let grid = (0..GRID).flat_map(|row| (0..GRID).map(move |column| (row, column)));
    let points = grid.map(|(row, column)| {
        let (across, down) = ((most.x - least.x) * at(column), (most.y - least.y) * at(row));
        Point::new(least.x + across, least.y + down)
    });
    let is_seen =
        |point: &Point| region.contains(*point) && !masks.iter().any(|mask| mask.contains(*point));
    points.filter(is_seen).collect()
}

/// Returns the part of `points` that lies in any of `boxes`.
#[allow(clippy::cast_precision_loss, reason = "64 × 64 points at most")]
fn share_of(boxes: &[Bbox], points: &[Point]) -> f32 {
    let is_moved = |point: &&Point| boxes.iter().any(|bbox| bbox.contains(**point));
    let moved = points.iter().filter(is_moved).count();
    moved as f32 / points.len().max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn polygon(corners: &[[f32; 2]]) -> Polygon {
        Polygon::new(corners.iter().copied().map(Point::from).collect()).unwrap()
    }

    #[test]
    fn only_what_lies_in_the_region_and_not_behind_a_mask_counts() {
        let region = polygon(&[[0.2, 0.2], [0.6, 0.2], [0.6, 0.6], [0.2, 0.6]]);
        let half = Bbox { left: 0.0, top: 0.0, width: 0.4, height: 1.0 };
        let open = points_of(&region, &[]);
        assert!((share_of(&[half], &open) - 0.5).abs() < 0.02);
        assert!(share_of(&[], &open).abs() < f32::EPSILON);
        let mask = polygon(&[[0.0, 0.0], [0.4, 0.0], [0.4, 1.0], [0.0, 1.0]]);
        let masked = points_of(&region, std::slice::from_ref(&mask));
        assert!(share_of(&[half], &masked) < 0.05, "what is masked is not looked at");
        assert!(share_of(&[half], &points_of(&mask, std::slice::from_ref(&mask))).abs() < 0.01);
    }
}
