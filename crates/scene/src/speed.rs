//! `speeding`: a speed on the ground above the limit by more than its uncertainty.
//!
//! It is an indication: a camera that nobody certified, on a plane that the road is not quite.

use std::collections::BTreeMap;

use domain::{Bbox, Evidence, Polygon, Speed, Timestamp, TrackId};

use crate::tracker::Seen;
use crate::trail::Pace;
use crate::watch::{Found, Sight, Watch};

/// Pictures in a row that must show it, and for how long.
const LEAST: (u32, f64) = (3, 0.4);

/// Standard deviations that an uncertainty spans: 95 %.
const COVERAGE: f64 = 2.0;

/// Returns a pace with its uncertainty in km/h.
#[allow(clippy::cast_possible_truncation, reason = "a speed needs no more than 24 bits")]
pub(crate) fn speed(pace: &Pace) -> Speed {
    Speed {
        kmh: (pace.metres_per_s * 3.6) as f32,
        uncertainty_kmh: (pace.deviation * COVERAGE * 3.6) as f32,
    }
}

/// `speeding`: a vehicle seems faster than the limit.
#[derive(Debug)]
pub(crate) struct TooFast {
    zone: Polygon,
    limit_kmh: f64,
    tracks: BTreeMap<TrackId, Running>,
}

#[derive(Debug, Default)]
struct Running {
    /// Since when it has been too fast, where it was then, and in how many pictures.
    too_fast: Option<(Timestamp, Bbox, u32)>,
    has_told: bool,
}

impl TooFast {
    pub(crate) fn new(zone: Polygon, limit_kmh: f64) -> Self {
        Self { zone, limit_kmh, tracks: BTreeMap::new() }
    }
}

impl Watch for TooFast {
    fn see(&mut self, sight: &Sight<'_>, found: &mut Vec<Found>) {
        let sighting = sight.sighting;
        let Some(ground) = sight.view.ground else {
            return;
        };
        if !sight.is_judged || sighting.how == Seen::Presumed {
            return;
        }
        let running = self.tracks.entry(sighting.track).or_default();
        let pace = sight.trail.pace(ground, sight.view.aspect, Some(&self.zone));
        let speed = pace.as_ref().map(speed);
        let Some(speed) =
            speed.filter(|speed| f64::from(speed.kmh - speed.uncertainty_kmh) > self.limit_kmh)
        else {
            running.too_fast = None;
            return;
        };
        let (since, bbox, pictures) = running.too_fast.unwrap_or((sighting.time, sighting.bbox, 0));
        let pictures = pictures.saturating_add(1);
        running.too_fast = Some((since, bbox, pictures));
        let is_sure = pictures >= LEAST.0 && sighting.time.seconds_since(since) >= LEAST.1;
        if running.has_told || !is_sure {
            return;
        }
        running.has_told = true;
        found.push(Found {
            bbox: Some(bbox),
            evidence: Evidence { speed: Some(speed), ..Evidence::default() },
            ..Found::of(sighting, since)
        });
    }

    fn forget(&mut self, track: TrackId) {
        self.tracks.remove(&track);
    }
}
