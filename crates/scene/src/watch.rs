//! What a rule's watcher is shown, and what it may find.
//!
//! Each kind of rule is a watcher: it remembers what it must of each live track and tells when a
//! condition has held. Classes, cool-down and the making of events are the judge's.

use std::fmt;

use domain::{Bbox, Class, Crossing, Point, Timestamp, TrackId};

use crate::dwell::Dwell;
use crate::passage::{Counter, Passage};
use crate::settings::{CameraScene, Condition, Rule};
use crate::stance::Stance;
use crate::tracker::Sighting;

/// What is true of the picture that is being judged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View {
    /// When it was taken.
    pub(crate) now: Timestamp,
    /// How much wider than high it is.
    pub(crate) aspect: f32,
}

/// Where one track is in one picture.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sight<'a> {
    pub(crate) sighting: &'a Sighting,
    /// Whether the rule judges the class that the track has so far.
    pub(crate) is_judged: bool,
    pub(crate) view: &'a View,
}

impl Sight<'_> {
    /// Returns where the object stands.
    pub(crate) fn stance(&self) -> Stance {
        Stance::of(&self.sighting.bbox, self.view.aspect)
    }
}

/// A condition that has held.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    /// When it was first met.
    pub(crate) since: Timestamp,
    /// When it had held for long enough.
    pub(crate) until: Timestamp,
    /// The track that met it, if one.
    pub(crate) track: Option<TrackId>,
    pub(crate) class: Option<Class>,
    pub(crate) confidence: f32,
    /// Where the object was at `since`.
    pub(crate) bbox: Option<Bbox>,
    pub(crate) crossing: Option<Crossing>,
    pub(crate) count: u32,
}

impl Found {
    /// Returns what was found of one track, with what it was last seen as.
    pub(crate) fn of(sighting: &Sighting, since: Timestamp) -> Self {
        Self {
            since,
            until: sighting.time,
            track: Some(sighting.track),
            class: Some(sighting.class),
            confidence: sighting.confidence,
            bbox: Some(sighting.bbox),
            crossing: None,
            count: 1,
        }
    }
}

/// The watcher of one rule.
pub(crate) trait Watch: fmt::Debug + Send {
    /// Takes where a track is.
    fn see(&mut self, sight: &Sight<'_>, found: &mut Vec<Found>);

    /// Takes that a track has ended; `last` is how it was last seen.
    fn end(&mut self, last: &Sight<'_>, found: &mut Vec<Found>);

    /// Takes that all tracks of a picture were seen, or that time went on without one.
    fn look(&mut self, _view: &View, _found: &mut Vec<Found>) {}

    /// Tells what is pending, as nothing more will come.
    fn finish(&mut self, _found: &mut Vec<Found>) {}
}

/// A rule's watcher and the shapes it watches.
#[derive(Debug)]
pub(crate) struct Watched {
    pub(crate) watch: Box<dyn Watch>,
    /// The corners of the zone or the ends of the tripwire.
    pub(crate) geometry: Vec<Point>,
}

/// Returns the watcher of `rule`; `None` if it speaks of a shape that is not there.
pub(crate) fn watched(rule: &Rule, scene: &CameraScene) -> Option<Watched> {
    match &rule.condition {
        Condition::LineCrossing(condition) => {
            let line = scene.tripwire(&condition.tripwire)?;
            let watch = Box::new(Passage::new(line, condition.direction));
            Some(Watched { watch, geometry: vec![line.from, line.to] })
        }
        Condition::Count(condition) => {
            let line = scene.tripwire(&condition.tripwire)?;
            let watch = Box::new(Counter::new(line, condition.interval_s));
            Some(Watched { watch, geometry: vec![line.from, line.to] })
        }
        Condition::Intrusion(condition) => {
            let zone = scene.zone(&condition.zone)?;
            let watch = Box::new(Dwell::new(zone.clone(), condition.for_s));
            Some(Watched { watch, geometry: zone.corners().to_vec() })
        }
        Condition::Loitering(condition) => {
            let zone = scene.zone(&condition.zone)?;
            let watch = Box::new(Dwell::new(zone.clone(), condition.for_s));
            Some(Watched { watch, geometry: zone.corners().to_vec() })
        }
    }
}
