//! Judges tracks by a camera's rules: shows each rule's watcher what it may see, and makes events
//! of what it finds.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::{
    Attributes, CameraId, EventDraft, Evidence, Point, SignalState, Source, Timestamp, Track,
    TrackId,
};

use crate::attributes::{heading_now, heading_of};
use crate::ground::Ground;
use crate::schedule::Schedule;
use crate::settings::{CameraScene, Rule};
use crate::signals::Signals;
use crate::tracker::{Seen, Sighting};
use crate::trail::Trail;
use crate::version::version;
use crate::watch::{Found, Sight, View, Watch, watched};

/// What is true of the picture that is being judged, and goes into every event.
#[derive(Debug, Clone)]
pub(crate) struct Circumstances {
    pub(crate) now: Timestamp,
    pub(crate) aspect: f32,
    pub(crate) clock_error_ms: i32,
    pub(crate) model: Arc<str>,
}

/// Judges one camera's tracks. Remembers live tracks only.
#[derive(Debug)]
pub(crate) struct Judge {
    camera: CameraId,
    rules: Vec<Judged>,
    trails: BTreeMap<TrackId, Trail>,
    signals: Signals,
    ground: Option<Ground>,
}

/// One rule at work.
#[derive(Debug)]
struct Judged {
    rule: Rule,
    version: u32,
    geometry: Arc<[Point]>,
    further_geometry: Arc<[Vec<Point>]>,
    /// When it is judged; always if there is none.
    schedule: Option<Schedule>,
    watch: Box<dyn Watch>,
}

impl Judge {
    /// Takes settings without mistakes; a rule over nothing there is left out.
    pub(crate) fn new(camera: CameraId, scene: &CameraScene) -> Self {
        let rules = scene.rules.iter().filter_map(|rule| Judged::new(rule, scene)).collect();
        Self {
            camera,
            rules,
            trails: BTreeMap::new(),
            signals: Signals::new(&scene.signals),
            ground: scene.calibration.as_ref().and_then(|points| Ground::new(points).ok()),
        }
    }

    /// Returns the corners of every shape that a rule speaks of.
    pub(crate) fn shapes(&self) -> impl Iterator<Item = &[Point]> {
        self.rules.iter().flat_map(|rule| {
            let further = rule.further_geometry.iter().map(Vec::as_slice);
            std::iter::once(&*rule.geometry).chain(further)
        })
    }

    /// Takes what a signal shows; returns whether there is one of that name that is told.
    pub(crate) fn signal(&mut self, name: &str, state: SignalState, time: Timestamp) -> bool {
        self.signals.tell(name, state, time)
    }

    /// Judges where a track is.
    pub(crate) fn observe(
        &mut self,
        sighting: &Sighting,
        circumstances: &Circumstances,
        events: &mut Vec<EventDraft>,
    ) {
        let trail = self.trails.entry(sighting.track).or_insert_with(|| Trail::new(sighting));
        trail.extend(sighting);
        if let Some(ground) = self.ground.as_ref().filter(|_| sighting.how == Seen::Detected) {
            trail.extent.add(&sighting.bbox, ground, circumstances.aspect);
        }
        let view = view(circumstances, &self.signals, self.ground.as_ref());
        for rule in &mut self.rules {
            rule.judge((sighting, trail, &view), false, circumstances, &self.camera, events);
        }
    }

    /// Judges the end of a track, completes what is known of it, and forgets it.
    pub(crate) fn end(
        &mut self,
        track: &mut Track,
        circumstances: &Circumstances,
        events: &mut Vec<EventDraft>,
    ) {
        let Some(trail) = self.trails.remove(&track.id) else {
            return;
        };
        if let Some(ground) = &self.ground {
            track.attributes.size = trail.extent.size();
            track.attributes.heading_deg = heading_of(&track.path, ground, circumstances.aspect);
        }
        let sighting = &trail.last;
        let view = view(circumstances, &self.signals, self.ground.as_ref());
        for rule in &mut self.rules {
            rule.judge((sighting, &trail, &view), true, circumstances, &self.camera, events);
        }
    }

    /// Judges what depends on all tracks of a picture.
    pub(crate) fn look(&mut self, circumstances: &Circumstances, events: &mut Vec<EventDraft>) {
        let view = view(circumstances, &self.signals, self.ground.as_ref());
        for rule in &mut self.rules {
            let mut found = Vec::new();
            rule.watch.look(&view, &mut found);
            rule.tell(found, None, circumstances, &self.camera, events);
        }
        self.pass(circumstances, events);
    }

    /// Judges what depends on time alone.
    pub(crate) fn pass(&mut self, circumstances: &Circumstances, events: &mut Vec<EventDraft>) {
        for rule in &mut self.rules {
            let mut found = Vec::new();
            rule.watch.pass(circumstances.now, &mut found);
            rule.tell(found, None, circumstances, &self.camera, events);
        }
    }

    /// Tells all that is pending, also counts of intervals that are not over.
    pub(crate) fn finish(&mut self, circumstances: &Circumstances, events: &mut Vec<EventDraft>) {
        for rule in &mut self.rules {
            let mut found = Vec::new();
            rule.watch.finish(&mut found);
            rule.tell(found, None, circumstances, &self.camera, events);
        }
    }
}

fn view<'a>(
    circumstances: &Circumstances,
    signals: &'a Signals,
    ground: Option<&'a Ground>,
) -> View<'a> {
    View { now: circumstances.now, aspect: circumstances.aspect, signals, ground }
}

/// Returns what is known of an object by now.
fn attributes(trail: &Trail, view: &View<'_>) -> Attributes {
    Attributes {
        colour: trail.last.colour,
        size: trail.extent.size(),
        heading_deg: view.ground.and_then(|ground| heading_now(trail, ground, view.aspect)),
    }
}

impl Judged {
    /// Returns the rule with its watcher; `None` if what it speaks of does not exist.
    fn new(rule: &Rule, scene: &CameraScene) -> Option<Self> {
        let watched = watched(rule, scene)?;
        Some(Self {
            rule: rule.clone(),
            version: version(rule, scene, &watched),
            geometry: watched.geometry.into(),
            further_geometry: watched.further_geometry.into(),
            schedule: Schedule::new(rule.schedule.as_deref()),
            watch: watched.watch,
        })
    }

    /// Returns whether the rule is judged at `time`.
    fn is_open(&self, time: Timestamp) -> bool {
        self.schedule.as_ref().is_none_or(|schedule| schedule.is_open(time))
    }

    /// Judges a track by its newest sighting, or by its last one at its end.
    fn judge(
        &mut self,
        (sighting, trail, view): (&Sighting, &Trail, &View<'_>),
        has_ended: bool,
        circumstances: &Circumstances,
        camera: &CameraId,
        events: &mut Vec<EventDraft>,
    ) {
        if !self.is_open(sighting.time) {
            self.watch.forget(sighting.track);
            return;
        }
        let is_judged = self.rule.judges(sighting.class);
        let sight = Sight { sighting, is_judged, trail, view };
        let mut found = Vec::new();
        if has_ended {
            self.watch.end(&sight, &mut found);
        } else {
            self.watch.see(&sight, &mut found);
        }
        self.tell(found, Some(&sight), circumstances, camera, events);
    }

    /// Makes events of what was found, of the object in `sight` if of one.
    fn tell(
        &self,
        found: Vec<Found>,
        sight: Option<&Sight<'_>>,
        circumstances: &Circumstances,
        camera: &CameraId,
        events: &mut Vec<EventDraft>,
    ) {
        for mut found in found {
            let attributes =
                sight.map_or_else(Attributes::default, |sight| attributes(sight.trail, sight.view));
            let ground = sight.and_then(|sight| sight.view.ground);
            found.evidence.position =
                found.bbox.zip(ground).and_then(|(bbox, ground)| ground.position(&bbox));
            events.push(self.event(found, circumstances, camera, attributes));
        }
    }

    fn event(
        &self,
        found: Found,
        circumstances: &Circumstances,
        camera: &CameraId,
        attributes: Attributes,
    ) -> EventDraft {
        EventDraft {
            camera: camera.clone(),
            time: found.since,
            duration_ms: milliseconds(found.since, found.until),
            kind: self.rule.kind().into(),
            rule: self.rule.id.clone(),
            rule_version: self.version,
            severity: self.rule.severity,
            class: found.class,
            confidence: found.confidence,
            attributes,
            track: found.track,
            bbox: found.bbox,
            crossing: found.crossing,
            count: found.count,
            geometry: Arc::clone(&self.geometry),
            evidence: Evidence {
                further_geometry: Arc::clone(&self.further_geometry),
                ..found.evidence
            },
            clock_error_ms: circumstances.clock_error_ms,
            source: Source::Analysis { model: Arc::clone(&circumstances.model) },
        }
    }
}

fn milliseconds(start: Timestamp, end: Timestamp) -> u32 {
    u32::try_from(end.since(start).as_millis()).unwrap_or(u32::MAX)
}
