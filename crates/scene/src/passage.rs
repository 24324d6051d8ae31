//! Rules over one tripwire: who crossed it, and how many did.

use std::collections::BTreeMap;

use domain::{Evidence, Line, Timestamp, TrackId};

use crate::crossing::{Crossed, CrossingWatch, Wire};
use crate::settings::Direction;
use crate::tally::{Tallied, Tally};
use crate::tracker::Seen;
use crate::watch::{Found, Sight, Watch};

/// Watches all tracks at one tripwire.
#[derive(Debug)]
pub(crate) struct Crossings {
    line: Line,
    tracks: BTreeMap<TrackId, CrossingWatch>,
}

impl Crossings {
    pub(crate) fn new(line: Line) -> Self {
        Self { line, tracks: BTreeMap::new() }
    }

    /// Takes where a track is; returns a crossing that counts.
    pub(crate) fn see(&mut self, sight: &Sight<'_>) -> Option<Crossed> {
        let watch = self.tracks.entry(sight.sighting.track).or_default();
        if sight.sighting.how == Seen::Presumed {
            return None;
        }
        let wire = Wire::new(&self.line, sight.view.aspect);
        watch.observe(&wire, sight.sighting.time, &sight.stance())
    }

    pub(crate) fn forget(&mut self, track: TrackId) {
        self.tracks.remove(&track);
    }

    /// Forgets a track that has ended; returns a crossing that was held back and counts.
    pub(crate) fn end(&mut self, last: &Sight<'_>) -> Option<Crossed> {
        let mut watch = self.tracks.remove(&last.sighting.track)?;
        watch.finish(&Wire::new(&self.line, last.view.aspect))
    }
}

/// `line_crossing`: a ground point crosses a tripwire.
#[derive(Debug)]
pub(crate) struct Passage {
    crossings: Crossings,
    direction: Direction,
}

impl Passage {
    pub(crate) fn new(line: Line, direction: Direction) -> Self {
        Self { crossings: Crossings::new(line), direction }
    }

    fn found(&self, crossed: &Crossed, sight: &Sight<'_>) -> Option<Found> {
        let matters = sight.is_judged && self.direction.admits(crossed.crossing);
        matters.then(|| Found {
            bbox: Some(crossed.stance.bbox(sight.view.aspect)),
            crossing: Some(crossed.crossing),
            ..Found::of(sight.sighting, crossed.time)
        })
    }
}

impl Watch for Passage {
    fn see(&mut self, sight: &Sight<'_>, found: &mut Vec<Found>) {
        if let Some(crossed) = self.crossings.see(sight) {
            found.extend(self.found(&crossed, sight));
        }
    }

    fn end(&mut self, last: &Sight<'_>, found: &mut Vec<Found>) {
        if let Some(crossed) = self.crossings.end(last) {
            found.extend(self.found(&crossed, last));
        }
    }

    fn forget(&mut self, track: TrackId) {
        self.crossings.forget(track);
    }
}

/// `count`: how many crossed a tripwire, per interval, way and class.
#[derive(Debug)]
pub(crate) struct Counter {
    crossings: Crossings,
    tally: Tally,
}

impl Counter {
    pub(crate) fn new(line: Line, interval_s: f64) -> Self {
        Self { crossings: Crossings::new(line), tally: Tally::new(interval_s) }
    }

    fn add(&mut self, crossed: &Crossed, sight: &Sight<'_>) {
        if sight.is_judged {
            let (class, confidence) = (sight.sighting.class, sight.sighting.confidence);
            self.tally.add(crossed.time, crossed.crossing, class, confidence);
        }
    }
}

impl Watch for Counter {
    fn see(&mut self, sight: &Sight<'_>, _found: &mut Vec<Found>) {
        if let Some(crossed) = self.crossings.see(sight) {
            self.add(&crossed, sight);
        }
    }

    fn end(&mut self, last: &Sight<'_>, _found: &mut Vec<Found>) {
        if let Some(crossed) = self.crossings.end(last) {
            self.add(&crossed, last);
        }
    }

    fn forget(&mut self, track: TrackId) {
        self.crossings.forget(track);
    }

    fn pass(&mut self, now: Timestamp, found: &mut Vec<Found>) {
        found.extend(self.tally.finished(now).iter().map(told));
    }

    fn finish(&mut self, found: &mut Vec<Found>) {
        found.extend(self.tally.finish().iter().map(told));
    }
}

fn told(tallied: &Tallied) -> Found {
    Found {
        since: tallied.interval.start,
        until: tallied.interval.end,
        track: None,
        class: Some(tallied.class),
        confidence: tallied.confidence,
        bbox: None,
        crossing: Some(tallied.crossing),
        count: tallied.count,
        evidence: Evidence::default(),
    }
}
