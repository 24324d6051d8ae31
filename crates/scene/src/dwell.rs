//! Rules about being inside a zone: an object is there for some time.

use std::collections::BTreeMap;

use domain::{Polygon, TrackId};

use crate::stay::StayWatch;
use crate::watch::{Found, Sight, Watch};

/// `intrusion` and `loitering`: a track is inside a zone for some time.
#[derive(Debug)]
pub(crate) struct Dwell {
    zone: Polygon,
    for_s: f64,
    tracks: BTreeMap<TrackId, StayWatch>,
}

impl Dwell {
    pub(crate) fn new(zone: Polygon, for_s: f64) -> Self {
        Self { zone, for_s, tracks: BTreeMap::new() }
    }
}

impl Watch for Dwell {
    fn see(&mut self, sight: &Sight<'_>, found: &mut Vec<Found>) {
        if !sight.is_judged {
            return;
        }
        let sighting = sight.sighting;
        let watch = self.tracks.entry(sighting.track).or_default();
        let stayed = watch.observe(&self.zone, sighting.time, &sighting.bbox, self.for_s);
        found.extend(
            stayed.map(|stayed| Found {
                bbox: Some(stayed.bbox),
                ..Found::of(sighting, stayed.since)
            }),
        );
    }

    fn forget(&mut self, track: TrackId) {
        self.tracks.remove(&track);
    }
}
