//! Where a track has been of late, and how fast that was.

use std::collections::VecDeque;

use domain::{Bbox, Point, Polygon, Timestamp};

use crate::attributes::Extent;
use crate::ground::{Ground, Metres};
use crate::motion::POINT_NOISE;
use crate::stance::Stance;
use crate::tracker::Sighting;

/// How far back places are kept, in seconds, and how many at most.
const KEPT: (f64, usize) = (4.0, 256);

/// How near to the edge of the view a box is cut off, and zones that people draw to the edge end,
/// in picture sizes.
const EDGE: f32 = 0.01;

/// Pictures and seconds that a speed needs.
const LEAST: (usize, f64) = (4, 0.8);

/// How far back a speed looks, in seconds.
const PACE_S: f64 = 2.0;

/// The last seconds of a track.
#[derive(Debug, Clone)]
pub(crate) struct Trail {
    pub(crate) last: Sighting,
    places: VecDeque<(Timestamp, Bbox)>,
    /// How large it was so far, on calibrated ground.
    pub(crate) extent: Extent,
}

/// A speed on the ground.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pace {
    pub(crate) metres_per_s: f64,
    /// One standard deviation.
    pub(crate) deviation: f64,
    /// Where to: of length 1.
    pub(crate) direction: Metres,
}

impl Trail {
    pub(crate) fn new(first: &Sighting) -> Self {
        Self { last: *first, places: VecDeque::new(), extent: Extent::default() }
    }

    /// Takes where the track is now.
    pub(crate) fn extend(&mut self, sighting: &Sighting) {
        self.last = *sighting;
        self.places.push_back((sighting.time, sighting.bbox));
        while self.places.len() > KEPT.1
            || self
                .places
                .front()
                .is_some_and(|(time, _)| sighting.time.seconds_since(*time) > KEPT.0)
        {
            self.places.pop_front();
        }
    }

    /// Returns the speed on the ground over the last two seconds, as far as the track was `within`
    /// a zone and whole in the view; `None` while it was too short.
    pub(crate) fn pace(
        &self,
        ground: &Ground,
        aspect: f32,
        within: Option<&Polygon>,
    ) -> Option<Pace> {
        let counts = |bbox: &Bbox| {
            let is_inside = within.is_none_or(|zone| zone.contains(bbox.ground_point()));
            is_inside && !is_cut_off(bbox)
        };
        let places: Vec<_> = self
            .places
            .iter()
            .rev()
            .take_while(|(time, bbox)| {
                self.last.time.seconds_since(*time) <= PACE_S && counts(bbox)
            })
            .filter_map(|(time, bbox)| Some((*time, *bbox, ground.place(bbox.ground_point())?)))
            .collect();
        fitted(&places, ground, aspect)
    }

    /// Returns the speed on the picture over the last two seconds, in sizes of its own box per
    /// second; `None` while it was too short.
    pub(crate) fn sizes_per_s(&self, aspect: f32) -> Option<f64> {
        let recent = |time: &Timestamp| self.last.time.seconds_since(*time) <= PACE_S;
        let (time, bbox) = self.places.iter().find(|(time, _)| recent(time))?;
        let (from, to) = (Stance::of(bbox, aspect), Stance::of(&self.last.bbox, aspect));
        let over_s = self.last.time.seconds_since(*time);
        let size = f32::midpoint(from.size(), to.size()).max(f32::MIN_POSITIVE);
        let way = f64::from((to.x - from.x).hypot(to.y - from.y) / size);
        (over_s >= LEAST.1).then(|| way / over_s)
    }
}

/// Returns whether a side of the box that shows where it stands lies outside the view.
pub(crate) fn is_cut_off(bbox: &Bbox) -> bool {
    bbox.bottom() > 1.0 - EDGE || bbox.left < EDGE || bbox.right() > 1.0 - EDGE
}

/// Fits a straight, even movement by least squares. Its uncertainty is that of the two ends, not
/// less: boxes err in the same direction for many pictures.
#[allow(clippy::cast_precision_loss, reason = "hundreds of places at most")]
fn fitted(places: &[(Timestamp, Bbox, Metres)], ground: &Ground, aspect: f32) -> Option<Pace> {
    let (last, first) = (places.first()?, places.last()?);
    let over_s = last.0.seconds_since(first.0);
    if places.len() < LEAST.0 || over_s < LEAST.1 {
        return None;
    }
    let count = places.len() as f64;
    let seconds = |time: Timestamp| time.seconds_since(first.0);
    let mean = |value: &dyn Fn(&(Timestamp, Bbox, Metres)) -> f64| {
        places.iter().map(value).sum::<f64>() / count
    };
    let (t, x, y) = (mean(&|p| seconds(p.0)), mean(&|p| p.2[0]), mean(&|p| p.2[1]));
    let spread = mean(&|p| (seconds(p.0) - t).powi(2));
    let slope =
        |axis: usize, centre: f64| mean(&|p| (seconds(p.0) - t) * (p.2[axis] - centre)) / spread;
    let (across, ahead) = (slope(0, x), slope(1, y));
    let metres_per_s = across.hypot(ahead);
    let direction =
        if metres_per_s > 0.0 { [across / metres_per_s, ahead / metres_per_s] } else { [0.0, 1.0] };
    let off = mean(&|p| {
        let expected_s = seconds(p.0) - t;
        (p.2[0] - x - across * expected_s).powi(2) + (p.2[1] - y - ahead * expected_s).powi(2)
    });
    let end =
        |bbox: &Bbox| ground.uncertainty_m(bbox.ground_point(), noise(bbox, aspect), direction);
    let (at_first, at_last) = (end(&first.1), end(&last.1));
    let of_ends = (at_first.powi(2) + at_last.powi(2) + 2.0 * off).sqrt() / over_s;
    let of_scale = metres_per_s * ground.scale_uncertainty();
    Some(Pace { metres_per_s, deviation: of_ends.hypot(of_scale), direction })
}

/// Returns the standard deviation of a box's ground point across and down, in picture sizes.
pub(crate) fn noise(bbox: &Bbox, aspect: f32) -> [f64; 2] {
    let size = Stance::of(bbox, aspect).size();
    [f64::from(POINT_NOISE * size / aspect), f64::from(POINT_NOISE * size)]
}

/// Returns where an object stands for zones that people draw to the edge of the view: feet unseen
/// below the edge stand at it.
pub(crate) fn ground_on_view(bbox: &Bbox) -> Point {
    let ground = bbox.ground_point();
    Point::new(ground.x.clamp(EDGE, 1.0 - EDGE), ground.y.clamp(EDGE, 1.0 - EDGE))
}
