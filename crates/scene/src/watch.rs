//! What a rule's watcher is shown, and what it may find.
//!
//! Each kind of rule is a watcher: it remembers what it must of each live track and tells when a
//! condition has held. Classes, cool-down and the making of events are the judge's.

use std::fmt;

use domain::{Bbox, Class, Crossing, Evidence, Line, Point, Polygon, Timestamp, TrackId};

use crate::crowd::Crowded;
use crate::dwell::{Counts, Dwell};
use crate::flow::Jam;
use crate::ground::Ground;
use crate::passage::{Counter, Passage};
use crate::settings::{CameraScene, Condition, Rule};
use crate::signals::Signals;
use crate::speed::TooFast;
use crate::stance::Stance;
use crate::stop_line::BeyondLine;
use crate::stops::Stops;
use crate::tracker::Sighting;
use crate::trail::Trail;
use crate::turn::{RedCrossing, Turn};
use crate::way::Against;

/// What is true of the picture that is being judged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    /// When it was taken.
    pub(crate) now: Timestamp,
    /// How much wider than high it is.
    pub(crate) aspect: f32,
    pub(crate) signals: &'a Signals,
    /// The ground, if the camera is calibrated.
    pub(crate) ground: Option<&'a Ground>,
}

/// Where one track is in one picture.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sight<'a> {
    pub(crate) sighting: &'a Sighting,
    /// Whether the rule judges the class that the track has so far.
    pub(crate) is_judged: bool,
    /// Where the track has been of late.
    pub(crate) trail: &'a Trail,
    pub(crate) view: &'a View<'a>,
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
    /// Without the shapes, which are the rule's.
    pub(crate) evidence: Evidence,
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
            evidence: Evidence::default(),
        }
    }
}

/// The watcher of one rule.
pub(crate) trait Watch: fmt::Debug + Send {
    /// Takes where a track is.
    fn see(&mut self, sight: &Sight<'_>, found: &mut Vec<Found>);

    /// Forgets a track: the rule is not judged now, or the track has ended.
    fn forget(&mut self, track: TrackId);

    /// Takes that a track has ended; `last` is how it was last seen.
    fn end(&mut self, last: &Sight<'_>, _found: &mut Vec<Found>) {
        self.forget(last.sighting.track);
    }

    /// Takes that all tracks of a picture were seen.
    fn look(&mut self, _view: &View<'_>, _found: &mut Vec<Found>) {}

    /// Takes that time went on.
    fn pass(&mut self, _now: Timestamp, _found: &mut Vec<Found>) {}

    /// Tells what is pending and forgets it, as nothing more will come, or only after the clock was
    /// set back. All tracks have ended before.
    fn finish(&mut self, _found: &mut Vec<Found>) {}
}

/// A rule's watcher and the shapes it watches.
#[derive(Debug)]
pub(crate) struct Watched {
    pub(crate) watch: Box<dyn Watch>,
    /// The corners of the zone or the ends of the tripwire.
    pub(crate) geometry: Vec<Point>,
    /// Further shapes.
    pub(crate) further_geometry: Vec<Vec<Point>>,
}

impl Watched {
    fn over(watch: impl Watch + 'static, shapes: &[&dyn Shape]) -> Self {
        let mut shapes = shapes.iter().map(|shape| shape.points());
        let geometry = shapes.next().unwrap_or_default();
        Self { watch: Box::new(watch), geometry, further_geometry: shapes.collect() }
    }
}

/// A polygon or a line.
trait Shape {
    fn points(&self) -> Vec<Point>;
}

impl Shape for Polygon {
    fn points(&self) -> Vec<Point> {
        self.corners().to_vec()
    }
}

impl Shape for Line {
    fn points(&self) -> Vec<Point> {
        vec![self.from, self.to]
    }
}

/// Returns the watcher of `rule`; `None` if it speaks of a shape that is not there.
pub(crate) fn watched(rule: &Rule, scene: &CameraScene) -> Option<Watched> {
    let line = |name: &str| scene.tripwire(name);
    let zone = |name: &str| scene.zone(name).cloned();
    let dwell = |name: &str, for_s, counts| {
        let zone = zone(name)?;
        Some(Watched::over(Dwell::new(zone.clone(), for_s, counts), &[&zone]))
    };
    let stops = |name: &str, for_s| {
        let zone = zone(name)?;
        Some(Watched::over(Stops::new(zone.clone(), for_s), &[&zone]))
    };
    Some(match &rule.condition {
        Condition::LineCrossing(rule) => {
            let line = line(&rule.tripwire)?;
            Watched::over(Passage::new(line, rule.direction), &[&line])
        }
        Condition::Count(rule) => {
            let line = line(&rule.tripwire)?;
            Watched::over(Counter::new(line, rule.interval_s), &[&line])
        }
        Condition::Intrusion(rule) => dwell(&rule.zone, rule.for_s, Counts::Entered)?,
        Condition::Loitering(rule) => dwell(&rule.zone, rule.for_s, Counts::All)?,
        Condition::ForbiddenClass(rule) => dwell(&rule.zone, rule.for_s, Counts::All)?,
        Condition::IllegalStop(rule) => stops(&rule.zone, rule.for_s)?,
        Condition::BoxBlocking(rule) => stops(&rule.zone, rule.for_s)?,
        Condition::WrongWay(rule) => {
            let zone = zone(&rule.zone)?;
            Watched::over(Against::new(zone.clone(), rule), &[&zone, &rule.way])
        }
        Condition::IllegalTurn(rule) => {
            let (first, then) = (line(&rule.first)?, line(&rule.then)?);
            Watched::over(Turn::new(first, then, rule), &[&first, &then])
        }
        Condition::RedLight(rule) => {
            let (stop, junction) = (line(&rule.stop_line)?, line(&rule.junction_line)?);
            Watched::over(RedCrossing::new(stop, junction, rule), &[&stop, &junction])
        }
        Condition::StopLine(rule) => {
            let zone = zone(&rule.zone)?;
            Watched::over(BeyondLine::new(zone.clone(), rule), &[&zone])
        }
        Condition::Speeding(rule) => {
            let zone = zone(&rule.zone)?;
            Watched::over(TooFast::new(zone.clone(), rule.limit_kmh), &[&zone])
        }
        Condition::Crowd(rule) => {
            let zone = zone(&rule.zone)?;
            Watched::over(Crowded::new(zone.clone(), rule), &[&zone])
        }
        Condition::Congestion(rule) => {
            let zone = zone(&rule.zone)?;
            Watched::over(Jam::new(zone.clone(), rule), &[&zone])
        }
    })
}
