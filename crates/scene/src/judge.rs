//! Judges tracks by a camera's rules: shows each rule's watcher what it may see, and makes events
//! of what it finds.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::{CameraId, EventDraft, Evidence, Point, Source, Timestamp, TrackId};

use crate::settings::{CameraScene, Rule};
use crate::tracker::Sighting;
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

impl Circumstances {
    fn view(&self) -> View {
        View { now: self.now, aspect: self.aspect }
    }
}

/// Judges one camera's tracks. Remembers live tracks only.
#[derive(Debug)]
pub(crate) struct Judge {
    camera: CameraId,
    rules: Vec<Judged>,
    /// How each track was last seen.
    last: BTreeMap<TrackId, Sighting>,
}

/// One rule at work.
#[derive(Debug)]
struct Judged {
    rule: Rule,
    version: u32,
    geometry: Vec<Point>,
    watch: Box<dyn Watch>,
    /// When its last event was found.
    last_event: Option<Timestamp>,
}

impl Judge {
    /// Takes settings without mistakes; a rule over nothing there is left out.
    pub(crate) fn new(camera: CameraId, scene: &CameraScene) -> Self {
        let rules = scene.rules.iter().filter_map(|rule| Judged::new(rule, scene)).collect();
        Self { camera, rules, last: BTreeMap::new() }
    }

    /// Judges where a track is.
    pub(crate) fn observe(
        &mut self,
        sighting: &Sighting,
        circumstances: &Circumstances,
        events: &mut Vec<EventDraft>,
    ) {
        self.last.insert(sighting.track, *sighting);
        let view = circumstances.view();
        for rule in &mut self.rules {
            let is_judged = rule.rule.judges(sighting.class);
            let sight = Sight { sighting, is_judged, view: &view };
            let mut found = Vec::new();
            rule.watch.see(&sight, &mut found);
            rule.tell(found, circumstances, &self.camera, events);
        }
    }

    /// Judges the end of a track and forgets it.
    pub(crate) fn end(
        &mut self,
        track: TrackId,
        circumstances: &Circumstances,
        events: &mut Vec<EventDraft>,
    ) {
        let Some(last) = self.last.remove(&track) else {
            return;
        };
        let view = circumstances.view();
        for rule in &mut self.rules {
            let is_judged = rule.rule.judges(last.class);
            let sight = Sight { sighting: &last, is_judged, view: &view };
            let mut found = Vec::new();
            rule.watch.end(&sight, &mut found);
            rule.tell(found, circumstances, &self.camera, events);
        }
    }

    /// Judges what depends on all tracks of a picture, or on time alone.
    pub(crate) fn look(&mut self, circumstances: &Circumstances, events: &mut Vec<EventDraft>) {
        let view = circumstances.view();
        for rule in &mut self.rules {
            let mut found = Vec::new();
            rule.watch.look(&view, &mut found);
            rule.tell(found, circumstances, &self.camera, events);
        }
    }

    /// Tells all that is pending, also counts of intervals that are not over.
    pub(crate) fn finish(&mut self, circumstances: &Circumstances, events: &mut Vec<EventDraft>) {
        for rule in &mut self.rules {
            let mut found = Vec::new();
            rule.watch.finish(&mut found);
            rule.tell(found, circumstances, &self.camera, events);
            // The clock may be set back after this: an old time must not hold events back.
            rule.last_event = None;
        }
    }
}

impl Judged {
    /// Returns the rule with its watcher; `None` if what it speaks of does not exist.
    fn new(rule: &Rule, scene: &CameraScene) -> Option<Self> {
        let watched = watched(rule, scene)?;
        Some(Self {
            rule: rule.clone(),
            version: version(rule, &watched.geometry),
            geometry: watched.geometry,
            watch: watched.watch,
            last_event: None,
        })
    }

    fn tell(
        &mut self,
        found: Vec<Found>,
        circumstances: &Circumstances,
        camera: &CameraId,
        events: &mut Vec<EventDraft>,
    ) {
        for found in found {
            if self.is_due(found.until) {
                events.push(self.event(found, circumstances, camera));
            }
        }
    }

    /// Returns whether the cool-down is over at `time`, and starts it anew if so.
    fn is_due(&mut self, time: Timestamp) -> bool {
        // A track that ended was last seen before others that have crossed since.
        let is_cooling = self
            .last_event
            .is_some_and(|last| time.seconds_since(last).max(0.0) < self.rule.cool_down_s);
        if !is_cooling {
            self.last_event = Some(time);
        }
        !is_cooling
    }

    fn event(&self, found: Found, circumstances: &Circumstances, camera: &CameraId) -> EventDraft {
        EventDraft {
            camera: camera.clone(),
            time: found.since,
            duration_ms: milliseconds(found.since, found.until),
            kind: self.rule.kind(),
            rule: self.rule.id.clone(),
            rule_version: self.version,
            severity: self.rule.severity,
            class: found.class,
            confidence: found.confidence,
            track: found.track,
            bbox: found.bbox,
            crossing: found.crossing,
            count: found.count,
            geometry: self.geometry.clone(),
            evidence: Evidence::default(),
            clock_error_ms: circumstances.clock_error_ms,
            source: Source::Analysis { model: circumstances.model.to_string() },
        }
    }
}

fn milliseconds(start: Timestamp, end: Timestamp) -> u32 {
    u32::try_from(end.since(start).as_millis()).unwrap_or(u32::MAX)
}
