//! Rules about being inside a zone: an object is there for some time.
//!
//! Somebody in a zone has entered it, seen or not. A vehicle has not that was standing there when
//! the camera began to look: detectors find a parked car in one light and not in the next, and each
//! time it would be new.

use std::collections::BTreeMap;

use domain::{Class, Polygon, TrackId};

use crate::stance::Stance;
use crate::stay::StayWatch;
use crate::watch::{Found, Sight, Watch};

/// How far from where it was first seen a vehicle must have been to have come there itself, in
/// object sizes: more than boxes tremble.
const CAME_SIZES: f32 = 0.75;

/// Whose presence counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counts {
    /// Everybody's.
    All,
    /// Not that of vehicles that have stood there since they were first seen.
    Entered,
}

/// `intrusion`, `loitering` and `forbidden_class`: a track is inside a zone for some time.
#[derive(Debug)]
pub(crate) struct Dwell {
    zone: Polygon,
    for_s: f64,
    counts: Counts,
    tracks: BTreeMap<TrackId, Visit>,
}

#[derive(Debug)]
struct Visit {
    stay: StayWatch,
    /// Where it was first seen.
    first: Stance,
    /// Whether it was seen outside, or elsewhere than where it was first seen.
    has_come: bool,
}

impl Dwell {
    pub(crate) fn new(zone: Polygon, for_s: f64, counts: Counts) -> Self {
        Self { zone, for_s, counts, tracks: BTreeMap::new() }
    }
}

impl Watch for Dwell {
    fn see(&mut self, sight: &Sight<'_>, found: &mut Vec<Found>) {
        if !sight.is_judged {
            return;
        }
        let sighting = sight.sighting;
        let stance = sight.stance();
        let visit = self.tracks.entry(sighting.track).or_insert_with(|| Visit {
            stay: StayWatch::default(),
            first: stance,
            has_come: !self.zone.contains(sighting.bbox.ground_point()),
        });
        visit.has_come |= is_elsewhere(&visit.first, &stance);
        let is_parked = is_vehicle(sighting.class) && !visit.has_come;
        if is_parked && self.counts == Counts::Entered {
            return;
        }
        let stayed = visit.stay.observe(&self.zone, sighting.time, &sighting.bbox, self.for_s);
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

fn is_elsewhere(first: &Stance, now: &Stance) -> bool {
    let size = first.size().max(now.size());
    (first.x - now.x).hypot(first.y - now.y) > CAME_SIZES * size
}

fn is_vehicle(class: Class) -> bool {
    match class {
        Class::Bicycle
        | Class::Motorcycle
        | Class::Car
        | Class::Bus
        | Class::Truck
        | Class::Train
        | Class::Boat => true,
        Class::Person | Class::Animal | Class::Bag => false,
    }
}
