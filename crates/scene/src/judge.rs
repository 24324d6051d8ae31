//! Judges tracks by a camera's rules.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::{
    Bbox, CameraId, Class, Crossing, EventDraft, Point, Polygon, Source, Timestamp, TrackId,
};

use crate::crossing::{Crossed, CrossingWatch, Wire};
use crate::settings::{CameraScene, Condition, Direction, Rule};
use crate::stance::Stance;
use crate::stay::{StayWatch, Stayed};
use crate::tally::{Tallied, Tally};
use crate::tracker::{Seen, Sighting};
use crate::version::version;

/// What is true of the picture that is being judged.
#[derive(Debug, Clone)]
pub(crate) struct Circumstances {
    pub(crate) now: Timestamp,
    pub(crate) aspect: f32,
    pub(crate) clock_error_ms: i32,
    pub(crate) model: Arc<str>,
}

/// What a rule is judged against, looked up once.
#[derive(Debug)]
enum Measure {
    Crossing { line: domain::Line, direction: Direction },
    Stay { zone: Polygon, for_s: f64 },
    Count { line: domain::Line, tally: Tally },
}

#[derive(Debug)]
struct Judged {
    rule: Rule,
    version: u32,
    geometry: Vec<Point>,
    measure: Measure,
    /// When its last event was found.
    last_event: Option<Timestamp>,
}

/// What a rule remembers of one track.
#[derive(Debug)]
enum Watch {
    Crossing(CrossingWatch),
    Stay(StayWatch),
}

/// Judges one camera's tracks. Remembers live tracks only.
#[derive(Debug)]
pub(crate) struct Judge {
    camera: CameraId,
    rules: Vec<Judged>,
    tracks: BTreeMap<TrackId, Remembered>,
}

/// What is remembered of one track: a watch per rule, and how it was last seen.
#[derive(Debug)]
struct Remembered {
    watches: Vec<Watch>,
    last: Sighting,
}

impl Judge {
    /// Takes settings without mistakes; a rule over nothing there is left out.
    pub(crate) fn new(camera: CameraId, scene: &CameraScene) -> Self {
        let rules = scene.rules.iter().filter_map(|rule| judged(rule, scene)).collect();
        Self { camera, rules, tracks: BTreeMap::new() }
    }

    /// Judges where a track is.
    pub(crate) fn observe(
        &mut self,
        sighting: &Sighting,
        circumstances: &Circumstances,
        events: &mut Vec<EventDraft>,
    ) {
        let remembered = self.tracks.entry(sighting.track).or_insert_with(|| Remembered {
            watches: self.rules.iter().map(Judged::watch).collect(),
            last: *sighting,
        });
        remembered.last = *sighting;
        for (rule, watch) in self.rules.iter_mut().zip(&mut remembered.watches) {
            let found = rule.observe(watch, sighting, circumstances, &self.camera);
            events.extend(found);
        }
    }

    /// Judges the end of a track and forgets it.
    pub(crate) fn end(
        &mut self,
        track: TrackId,
        circumstances: &Circumstances,
        events: &mut Vec<EventDraft>,
    ) {
        let Some(mut remembered) = self.tracks.remove(&track) else {
            return;
        };
        let last = remembered.last;
        for (rule, watch) in self.rules.iter_mut().zip(&mut remembered.watches) {
            let Watch::Crossing(watch) = watch else {
                continue;
            };
            let Some(wire) = rule.wire(circumstances.aspect) else {
                continue;
            };
            if let Some(crossed) = watch.finish(&wire) {
                events.extend(rule.crossed(&crossed, &last, circumstances, &self.camera));
            }
        }
    }

    /// Tells the counts of intervals that are over.
    pub(crate) fn tell_counts(
        &mut self,
        circumstances: &Circumstances,
        events: &mut Vec<EventDraft>,
    ) {
        for rule in &mut self.rules {
            if let Measure::Count { tally, .. } = &mut rule.measure {
                let told = tally.finished(circumstances.now);
                events.extend(rule.counts(told, circumstances, &self.camera));
            }
        }
    }

    /// Tells all counts, also of intervals that are not over.
    pub(crate) fn finish_counts(
        &mut self,
        circumstances: &Circumstances,
        events: &mut Vec<EventDraft>,
    ) {
        for rule in &mut self.rules {
            if let Measure::Count { tally, .. } = &mut rule.measure {
                let told = tally.finish();
                events.extend(rule.counts(told, circumstances, &self.camera));
            }
            // The clock may be set back after this: an old time must not hold events back.
            rule.last_event = None;
        }
    }
}

/// Returns the rule with what it is judged against; `None` if that does not exist.
fn judged(rule: &Rule, scene: &CameraScene) -> Option<Judged> {
    let line = |name: &str| {
        let named = scene.tripwires.iter().find(|wire| wire.name == name);
        named.map(|wire| wire.line)
    };
    let zone = |name: &str| {
        let named = scene.zones.iter().find(|zone| zone.name == name);
        named.map(|zone| zone.polygon.clone())
    };
    let measure = match &rule.condition {
        Condition::LineCrossing { tripwire, direction } => {
            Measure::Crossing { line: line(tripwire)?, direction: *direction }
        }
        Condition::Intrusion { zone: name, for_s } | Condition::Loitering { zone: name, for_s } => {
            Measure::Stay { zone: zone(name)?, for_s: *for_s }
        }
        Condition::Count { tripwire, interval_s } => {
            Measure::Count { line: line(tripwire)?, tally: Tally::new(*interval_s) }
        }
    };
    let geometry = match &measure {
        Measure::Crossing { line, .. } | Measure::Count { line, .. } => vec![line.from, line.to],
        Measure::Stay { zone, .. } => zone.corners().to_vec(),
    };
    Some(Judged {
        rule: rule.clone(),
        version: version(rule, &geometry),
        geometry,
        measure,
        last_event: None,
    })
}

impl Judged {
    fn watch(&self) -> Watch {
        match self.measure {
            Measure::Crossing { .. } | Measure::Count { .. } => {
                Watch::Crossing(CrossingWatch::default())
            }
            Measure::Stay { .. } => Watch::Stay(StayWatch::default()),
        }
    }

    fn wire(&self, aspect: f32) -> Option<Wire> {
        match &self.measure {
            Measure::Crossing { line, .. } | Measure::Count { line, .. } => {
                Some(Wire::new(line, aspect))
            }
            Measure::Stay { .. } => None,
        }
    }

    fn observe(
        &mut self,
        watch: &mut Watch,
        sighting: &Sighting,
        circumstances: &Circumstances,
        camera: &CameraId,
    ) -> Option<EventDraft> {
        match watch {
            Watch::Crossing(watch) => {
                if sighting.how == Seen::Presumed {
                    return None;
                }
                let wire = self.wire(circumstances.aspect)?;
                let stance = Stance::of(&sighting.bbox, circumstances.aspect);
                let crossed = watch.observe(&wire, sighting.time, &stance)?;
                self.crossed(&crossed, sighting, circumstances, camera)
            }
            Watch::Stay(watch) => {
                let Measure::Stay { zone, for_s } = &self.measure else {
                    return None;
                };
                if !self.rule.judges(sighting.class) {
                    return None;
                }
                let stayed = watch.observe(zone, sighting.time, &sighting.bbox, *for_s)?;
                self.stayed(&stayed, sighting, circumstances, camera)
            }
        }
    }

    fn crossed(
        &mut self,
        crossed: &Crossed,
        sighting: &Sighting,
        circumstances: &Circumstances,
        camera: &CameraId,
    ) -> Option<EventDraft> {
        if !self.rule.judges(sighting.class) {
            return None;
        }
        match &mut self.measure {
            Measure::Count { tally, .. } => {
                let (class, confidence) = (sighting.class, sighting.confidence);
                tally.add(crossed.time, crossed.crossing, class, confidence);
                None
            }
            Measure::Crossing { direction, .. } if direction.admits(crossed.crossing) => {
                if !self.is_due(sighting.time) {
                    return None;
                }
                let mut event = self.event(crossed.time, sighting, circumstances, camera);
                event.bbox = Some(crossed.stance.bbox(circumstances.aspect));
                event.crossing = Some(crossed.crossing);
                Some(event)
            }
            Measure::Crossing { .. } | Measure::Stay { .. } => None,
        }
    }

    fn stayed(
        &mut self,
        stayed: &Stayed,
        sighting: &Sighting,
        circumstances: &Circumstances,
        camera: &CameraId,
    ) -> Option<EventDraft> {
        if !self.is_due(sighting.time) {
            return None;
        }
        let mut event = self.event(stayed.since, sighting, circumstances, camera);
        event.bbox = Some(stayed.bbox);
        Some(event)
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

    /// Returns an event about one track that began at `since` and was found with `sighting`.
    fn event(
        &self,
        since: Timestamp,
        sighting: &Sighting,
        circumstances: &Circumstances,
        camera: &CameraId,
    ) -> EventDraft {
        EventDraft {
            time: since,
            duration_ms: milliseconds(since, sighting.time),
            class: Some(sighting.class),
            confidence: sighting.confidence,
            track: Some(sighting.track),
            bbox: Some(sighting.bbox),
            ..self.blank(circumstances, camera)
        }
    }

    fn counts(
        &self,
        told: Vec<Tallied>,
        circumstances: &Circumstances,
        camera: &CameraId,
    ) -> Vec<EventDraft> {
        let event = |tallied: Tallied| EventDraft {
            time: tallied.interval.start,
            duration_ms: milliseconds(tallied.interval.start, tallied.interval.end),
            class: Some(tallied.class),
            confidence: tallied.confidence,
            crossing: Some(tallied.crossing),
            count: tallied.count,
            ..self.blank(circumstances, camera)
        };
        told.into_iter().map(event).collect()
    }

    fn blank(&self, circumstances: &Circumstances, camera: &CameraId) -> EventDraft {
        EventDraft {
            camera: camera.clone(),
            time: circumstances.now,
            duration_ms: 0,
            kind: self.rule.kind(),
            rule: self.rule.id.clone(),
            rule_version: self.version,
            severity: self.rule.severity,
            class: None::<Class>,
            confidence: 0.0,
            track: None,
            bbox: None::<Bbox>,
            crossing: None::<Crossing>,
            count: 1,
            geometry: self.geometry.clone(),
            clock_error_ms: circumstances.clock_error_ms,
            source: Source::Analysis { model: circumstances.model.to_string() },
        }
    }
}

fn milliseconds(start: Timestamp, end: Timestamp) -> u32 {
    u32::try_from(end.since(start).as_millis()).unwrap_or(u32::MAX)
}
