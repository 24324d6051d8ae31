//! What can be told of an object besides its class: how large it is, and where it goes.

use domain::{Bbox, SizeClass, TrackPoint};

use crate::ground::Ground;
use crate::trail::{Pace, Trail, is_cut_off, noise};

/// Standard deviations by which a movement must differ from standing to have a direction.
const LEAST_SURE: f64 = 3.0;

/// Looks that a size needs.
const LEAST_LOOKS: u32 = 3;

/// How large an object was, look by look: the geometric mean of all.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Extent {
    sum_of_logs: f64,
    looks: u32,
}

impl Extent {
    /// Takes in one look, if all of the object is on the view.
    pub(crate) fn add(&mut self, bbox: &Bbox, ground: &Ground, aspect: f32) {
        let Some(scale) = ground.metres_across(bbox.ground_point()) else {
            return;
        };
        // The object stands up from the ground: its height has the scale across the view.
        let area = f64::from(bbox.width) * f64::from(bbox.height) / f64::from(aspect);
        let extent_m = area.sqrt() * scale;
        if extent_m > 0.0 && extent_m.is_finite() && !is_cut_off(bbox) {
            self.sum_of_logs += extent_m.ln();
            self.looks = self.looks.saturating_add(1);
        }
    }

    /// Returns the size, once there were looks enough.
    pub(crate) fn size(&self) -> Option<SizeClass> {
        let mean = (self.sum_of_logs / f64::from(self.looks.max(1))).exp();
        (self.looks >= LEAST_LOOKS).then(|| SizeClass::of_extent(mean))
    }
}

/// Returns where a track goes now, in degrees clockwise from north: if north is known, and it is
/// clearly going anywhere.
pub(crate) fn heading_now(trail: &Trail, ground: &Ground, aspect: f32) -> Option<f32> {
    let Pace { metres_per_s, deviation, direction } = trail.pace(ground, aspect, None)?;
    let is_going = metres_per_s > LEAST_SURE * deviation;
    ground.heading_deg(direction).filter(|_| is_going).map(degrees)
}

/// Returns where a track went from its first place to its last, in degrees clockwise from north:
/// if north is known, and it clearly went anywhere.
pub(crate) fn heading_of(path: &[TrackPoint], ground: &Ground, aspect: f32) -> Option<f32> {
    let mut whole = path.iter().filter(|point| !is_cut_off(&point.bbox));
    let (first, last) = (whole.next()?, whole.next_back()?);
    let place = |point: &TrackPoint| ground.place(point.bbox.ground_point());
    let (from, to) = (place(first)?, place(last)?);
    let way = [to[0] - from[0], to[1] - from[1]];
    let metres = way[0].hypot(way[1]);
    if metres <= 0.0 {
        return None;
    }
    let direction = [way[0] / metres, way[1] / metres];
    let deviation = |point: &TrackPoint| {
        let bbox = &point.bbox;
        ground.uncertainty_m(bbox.ground_point(), noise(bbox, aspect), direction)
    };
    let is_going = metres > LEAST_SURE * deviation(first).hypot(deviation(last));
    ground.heading_deg(direction).filter(|_| is_going).map(degrees)
}

/// Returns a heading in 0..360: rounding may make a full turn of it.
#[allow(clippy::cast_possible_truncation, reason = "degrees need no more than 24 bits")]
fn degrees(heading: f64) -> f32 {
    (heading as f32).rem_euclid(360.0)
}
