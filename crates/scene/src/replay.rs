//! Judges the tracks of the past by rules of today, without a picture.

use std::sync::Arc;
use std::time::Duration;

use domain::{Bbox, CameraId, EventDraft, Point, Timestamp, Track, TrackPoint};

use crate::judge::{Circumstances, Judge};
use crate::scene::{ASPECTS, SceneError};
use crate::settings::CameraScene;
use crate::tracker::{Seen, Sighting};

/// How far apart the moments lie at which tracks are looked at: that of live analysis, so that what
/// needs some pictures to be believed needs as many here.
const STEP_US: i64 = 200_000;

/// Judges one camera's stored tracks as live ones are judged: by the same code, at moments 0.2 s
/// apart between which objects move evenly.
///
/// Signals that were told from outside are not stored and so are unknown here: rules that need them
/// find nothing, unless the signal has a fixed plan. Neither are looks that missed an object.
#[derive(Debug)]
pub struct Replay {
    judge: Judge,
    /// The bounds of each shape that a rule speaks of.
    shapes: Vec<Bbox>,
    circumstances: Circumstances,
    /// The next moment, in steps since the Unix epoch.
    next_step: i64,
    active: Vec<Active>,
}

/// A track that has begun and not ended yet.
#[derive(Debug)]
struct Active {
    track: Track,
    /// The point of its path that was passed last.
    passed: usize,
}

impl Replay {
    /// Judges the tracks of `camera`, whose pictures are `aspect` times wider than high, by `scene`.
    ///
    /// # Errors
    /// Refuses settings in which [`CameraScene::check`] finds mistakes.
    pub fn new(camera: CameraId, scene: &CameraScene, aspect: f32) -> Result<Self, SceneError> {
        let problems = scene.check();
        if !problems.is_empty() {
            return Err(SceneError::Settings { camera, problems });
        }
        let judge = Judge::new(camera, scene);
        let shapes = judge.shapes().map(|points| bounds(points.iter().copied())).collect();
        Ok(Self {
            judge,
            shapes,
            circumstances: Circumstances {
                now: Timestamp::MIN,
                aspect: if ASPECTS.contains(&aspect) { aspect } else { 16.0 / 9.0 },
                clock_error_ms: 0,
                model: Arc::from(""),
            },
            next_step: i64::MIN,
            active: Vec::new(),
        })
    }

    /// Takes the next track, in order of their starts; appends to `events` what rules found of
    /// those before.
    pub fn take(&mut self, track: Track, events: &mut Vec<EventDraft>) {
        let start = track.range().start;
        self.go_on(start, events);
        if self.active.is_empty() {
            self.next_step = start.as_micros().div_euclid(STEP_US).saturating_add(1);
        }
        if !self.comes_near(&track) {
            return;
        }
        let active = Active { track, passed: 0 };
        self.circumstances.now = start;
        let sighting = active.sighting(start);
        self.judge.observe(&sighting, &self.circumstances, events);
        self.active.push(active);
    }

    /// Ends: appends to `events` what rules found of the last tracks.
    pub fn finish(mut self, events: &mut Vec<EventDraft>) {
        self.go_on(Timestamp::MAX, events);
        self.judge.finish(&self.circumstances, events);
    }

    /// Judges all moments before `until`, as long as there is a track.
    fn go_on(&mut self, until: Timestamp, events: &mut Vec<EventDraft>) {
        while !self.active.is_empty() {
            let now = Timestamp::from_micros(self.next_step.saturating_mul(STEP_US));
            if now >= until {
                return;
            }
            self.next_step = self.next_step.saturating_add(1);
            self.circumstances.now = now;
            self.look(now, events);
        }
    }

    fn look(&mut self, now: Timestamp, events: &mut Vec<EventDraft>) {
        let (judge, circumstances) = (&mut self.judge, &self.circumstances);
        self.active.retain_mut(|active| {
            let end = active.track.range().end;
            active.pass(now.min(end));
            let sighting = active.sighting(now.min(end));
            judge.observe(&sighting, circumstances, events);
            if end <= now {
                judge.end(&mut active.track, circumstances, events);
            }
            end > now
        });
        judge.look(circumstances, events);
    }

    /// Returns whether the track comes so near to a shape that a rule could see it there.
    fn comes_near(&self, track: &Track) -> bool {
        let largest = track
            .path
            .iter()
            .map(|point| point.bbox.width.max(point.bbox.height))
            .fold(0.0, f32::max);
        let way = bounds(track.path.iter().map(|point| point.bbox.ground_point()));
        let reach = Bbox {
            left: way.left - largest,
            top: way.top - largest,
            width: way.width + 2.0 * largest,
            height: way.height + 2.0 * largest,
        };
        self.shapes.iter().any(|shape| {
            reach.left <= shape.right()
                && shape.left <= reach.right()
                && reach.top <= shape.bottom()
                && shape.top <= reach.bottom()
        })
    }
}

impl Active {
    /// Moves on to the last point of the path at or before `now`.
    fn pass(&mut self, now: Timestamp) {
        let path = &self.track.path;
        while path.get(self.passed + 1).is_some_and(|next| next.time <= now) {
            self.passed += 1;
        }
    }

    fn sighting(&self, now: Timestamp) -> Sighting {
        Sighting {
            track: self.track.id,
            class: self.track.class,
            confidence: self.track.confidence,
            colour: self.track.attributes.colour,
            time: now,
            bbox: self.bbox(now),
            how: Seen::Detected,
        }
    }

    fn bbox(&self, now: Timestamp) -> Bbox {
        let path = &self.track.path;
        let Some(from) = path.get(self.passed) else {
            return Bbox::WHOLE;
        };
        path.get(self.passed + 1).map_or(from.bbox, |to| between(from, to, now))
    }
}

/// Returns where an object is at `now` that moves evenly from one point to the next.
fn between(from: &TrackPoint, to: &TrackPoint, now: Timestamp) -> Bbox {
    let whole = to.time.since(from.time);
    let gone = now.since(from.time).min(whole);
    let share = if whole == Duration::ZERO { 1.0 } else { gone.div_duration_f32(whole) };
    let mix = |from: f32, to: f32| from + (to - from) * share;
    Bbox {
        left: mix(from.bbox.left, to.bbox.left),
        top: mix(from.bbox.top, to.bbox.top),
        width: mix(from.bbox.width, to.bbox.width),
        height: mix(from.bbox.height, to.bbox.height),
    }
}

fn bounds(points: impl Iterator<Item = Point>) -> Bbox {
    let (mut left, mut top) = (f32::INFINITY, f32::INFINITY);
    let (mut right, mut bottom) = (f32::NEG_INFINITY, f32::NEG_INFINITY);
    for point in points {
        (left, right) = (left.min(point.x), right.max(point.x));
        (top, bottom) = (top.min(point.y), bottom.max(point.y));
    }
    Bbox { left, top, width: right - left, height: bottom - top }
}
