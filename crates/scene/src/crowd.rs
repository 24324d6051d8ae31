//! `crowd`: many persons are in a zone at once.

use std::collections::BTreeMap;

use domain::{Bbox, Class, Polygon, Timestamp, TrackId};

use crate::held::Held;
use crate::settings;
use crate::tracker::Sighting;
use crate::trail::ground_on_view;
use crate::watch::{Found, Sight, View, Watch};

/// How long one who is missed still counts, in seconds.
const MISSED_S: f64 = 3.0;

/// Which part of the number keeps a crowd that has begun: people come and go at its edge.
const KEEPS: f64 = 0.8;

/// Who is in a zone now.
#[derive(Debug)]
pub(crate) struct Present {
    zone: Polygon,
    tracks: BTreeMap<TrackId, Sighting>,
}

impl Present {
    pub(crate) fn new(zone: Polygon) -> Self {
        Self { zone, tracks: BTreeMap::new() }
    }

    /// Takes where a track is; returns whether it is inside.
    pub(crate) fn see(&mut self, sight: &Sight<'_>) -> bool {
        let sighting = sight.sighting;
        let is_inside = sight.is_judged && self.zone.contains(ground_on_view(&sighting.bbox));
        if is_inside {
            self.tracks.insert(sighting.track, *sighting);
        } else {
            self.tracks.remove(&sighting.track);
        }
        is_inside
    }

    pub(crate) fn forget(&mut self, track: TrackId) {
        self.tracks.remove(&track);
    }

    /// Forgets all.
    pub(crate) fn clear(&mut self) {
        self.tracks.clear();
    }

    /// Lets those go who have not been seen for long.
    pub(crate) fn expire(&mut self, now: Timestamp) {
        self.tracks.retain(|_, sighting| now.seconds_since(sighting.time) <= MISSED_S);
    }

    /// Returns how many are inside.
    pub(crate) fn count(&self) -> u32 {
        u32::try_from(self.tracks.len()).unwrap_or(u32::MAX)
    }

    /// Returns how those inside were last seen.
    pub(crate) fn sightings(&self) -> impl Iterator<Item = &Sighting> {
        self.tracks.values()
    }

    /// Returns what was found of all inside together, since `since`.
    #[allow(clippy::cast_precision_loss, reason = "a mean needs no more than 24 bits")]
    pub(crate) fn found(&self, since: Timestamp, now: Timestamp) -> Found {
        let mut classes: Vec<Class> = self.sightings().map(|sighting| sighting.class).collect();
        classes.sort_unstable();
        classes.dedup();
        let sum: f32 = self.sightings().map(|sighting| sighting.confidence).sum();
        let around = self.sightings().map(|sighting| sighting.bbox).reduce(|a, b| around(&a, &b));
        Found {
            since,
            until: now,
            track: None,
            class: if let [class] = classes.as_slice() { Some(*class) } else { None },
            confidence: sum / self.tracks.len().max(1) as f32,
            bbox: around,
            crossing: None,
            count: self.count(),
            evidence: domain::Evidence::default(),
        }
    }
}

fn around(a: &Bbox, b: &Bbox) -> Bbox {
    let (left, top) = (a.left.min(b.left), a.top.min(b.top));
    let (right, bottom) = (a.right().max(b.right()), a.bottom().max(b.bottom()));
    Bbox { left, top, width: right - left, height: bottom - top }
}

/// Returns the number that keeps what `at_least` begins.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a part of a number is no larger"
)]
pub(crate) fn keeps(at_least: u32) -> u32 {
    (f64::from(at_least) * KEEPS).ceil() as u32
}

/// `crowd`: at least so many persons are in a zone for some time.
#[derive(Debug)]
pub(crate) struct Crowded {
    present: Present,
    at_least: u32,
    for_s: f64,
    held: Held,
}

impl Crowded {
    pub(crate) fn new(zone: Polygon, settings: &settings::Crowd) -> Self {
        Self {
            present: Present::new(zone),
            at_least: settings.at_least,
            for_s: settings.for_s,
            held: Held::default(),
        }
    }
}

impl Watch for Crowded {
    fn see(&mut self, sight: &Sight<'_>, _found: &mut Vec<Found>) {
        self.present.see(sight);
    }

    fn forget(&mut self, track: TrackId) {
        self.present.forget(track);
    }

    fn look(&mut self, view: &View<'_>, found: &mut Vec<Found>) {
        self.present.expire(view.now);
        let least = if self.held.holds() { keeps(self.at_least) } else { self.at_least };
        let is_met = self.present.count() >= least;
        let since = self.held.observe(view.now, is_met, self.for_s);
        found.extend(since.map(|since| self.present.found(since, view.now)));
    }

    fn finish(&mut self, _found: &mut Vec<Found>) {
        self.present.clear();
        self.held = Held::default();
    }
}
