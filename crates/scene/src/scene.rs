//! One camera: observations in, tracks and events out.

use std::sync::Arc;

use domain::{
    Bbox, CameraId, Class, EventDraft, Observation, SignalState, Timestamp, Track, TrackId,
    TrackPoint,
};

use crate::check::SceneProblem;
use crate::judge::{Circumstances, Judge};
use crate::settings::CameraScene;
use crate::tracker::{Followed, Tracker, TrackerSettings};

/// How far back a camera's clock must go to be believed, in seconds; less is a stray picture.
const SET_BACK_S: f64 = 2.0;

/// Aspects that a picture may have; outside them the last one is kept.
pub(crate) const ASPECTS: std::ops::RangeInclusive<f32> = 0.1..=10.0;

/// How much the aspect may differ between pictures of one view.
const ASPECT_TOLERANCE: f32 = 0.02;

/// A camera that cannot be judged as stated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SceneError {
    /// Zones, tripwires or rules hold mistakes; all of them are listed.
    #[error("cannot judge camera {camera} as stated: {}", listed(.problems))]
    Settings {
        /// The camera.
        camera: CameraId,
        /// Every mistake.
        problems: Vec<SceneProblem>,
    },
}

fn listed(problems: &[SceneProblem]) -> String {
    let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
    texts.join("; ")
}

/// What an observation brought to light.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcome {
    /// What rules found.
    pub events: Vec<EventDraft>,
    /// Tracks that will not go on, with their whole paths.
    pub ended: Vec<Track>,
}

/// One camera's tracker and rules. Owned by one thread; holds no more than its live tracks.
#[derive(Debug)]
pub struct Scene {
    tracker: Tracker,
    judge: Judge,
    /// Of the last observation; `now` is its time.
    circumstances: Circumstances,
}

impl Scene {
    /// Starts with no tracks. `camera_number` keeps track ids unique within the site.
    ///
    /// # Errors
    /// Refuses settings in which [`CameraScene::check`] finds mistakes.
    pub fn new(
        camera: CameraId,
        camera_number: u16,
        config: CameraScene,
        tracker: TrackerSettings,
    ) -> Result<Self, SceneError> {
        let problems = config.check();
        if !problems.is_empty() {
            return Err(SceneError::Settings { camera, problems });
        }
        Ok(Self {
            judge: Judge::new(camera.clone(), &config),
            tracker: Tracker::new(camera, camera_number, tracker),
            circumstances: Circumstances {
                now: Timestamp::MIN,
                aspect: 16.0 / 9.0,
                clock_error_ms: 0,
                model: Arc::from(""),
            },
        })
    }

    /// Takes what was seen in one sampled frame.
    ///
    /// An observation no later than the one before is left out; one that is earlier by seconds
    /// means that the camera's clock was set back, another shape of picture that its view changed:
    /// all tracks end and new ones start.
    pub fn observe(&mut self, observation: &Observation) -> Outcome {
        let before = self.circumstances.now;
        let mut outcome = Outcome::default();
        if observation.time <= before {
            if before.seconds_since(observation.time) < SET_BACK_S {
                return outcome;
            }
            outcome = self.finish();
        }
        let aspect = self.aspect_of(observation);
        if (aspect / self.circumstances.aspect - 1.0).abs() > ASPECT_TOLERANCE {
            outcome = merged(outcome, self.finish());
        }
        self.circumstances = Circumstances {
            now: observation.time,
            aspect,
            clock_error_ms: observation.clock_error_ms,
            model: Arc::clone(&observation.model),
        };
        let followed = self.tracker.observe(observation, aspect);
        merged(outcome, self.judged(followed))
    }

    /// Takes that the traffic light called `name` shows `state` at `time`, by the camera's clock as
    /// observations are; best before the observation of that time. Returns whether this camera has
    /// a signal of that name that is told from outside, by its lamps or a feed.
    ///
    /// A state is to be told again and again: it holds for the signal's `valid_for_s`.
    pub fn signal(&mut self, name: &str, state: SignalState, time: Timestamp) -> bool {
        self.judge.signal(name, state, time)
    }

    /// Ends tracks that nothing was seen of for long and tells finished counts; to be called now
    /// and then while no observations come. `now` is by the camera's clock, as observations are.
    pub fn expire(&mut self, now: Timestamp) -> Outcome {
        if now <= self.circumstances.now {
            return Outcome::default();
        }
        let mut ended = self.tracker.end_lost(now);
        let circumstances = Circumstances { now, ..self.circumstances.clone() };
        let mut events = Vec::new();
        for track in &mut ended {
            self.judge.end(track, &circumstances, &mut events);
        }
        self.judge.pass(&circumstances, &mut events);
        Outcome { events, ended }
    }

    /// Ends all tracks and tells all counts, finished or not.
    pub fn finish(&mut self) -> Outcome {
        let mut ended = self.tracker.end_all();
        let mut events = Vec::new();
        for track in &mut ended {
            self.judge.end(track, &self.circumstances, &mut events);
        }
        self.judge.finish(&self.circumstances, &mut events);
        Outcome { events, ended }
    }

    /// Returns where live tracks are expected to be at `at`, for looking there; also those seen
    /// too seldom yet to be believed.
    pub fn predicted(&self, at: Timestamp) -> Vec<(TrackId, Bbox)> {
        self.tracker.predicted(at, self.circumstances.aspect)
    }

    /// Returns where live tracks of these classes are expected to be at `at`, as
    /// [`predicted`](Self::predicted) does.
    pub fn expected_of(
        &self,
        is_meant: impl Fn(Class) -> bool,
        at: Timestamp,
    ) -> Vec<(TrackId, Bbox)> {
        self.tracker.expected_of(is_meant, at, self.circumstances.aspect)
    }

    /// Returns where a live track went so far, thinned where it stood or went straight.
    pub fn path(&self, track: TrackId) -> Option<&[TrackPoint]> {
        self.tracker.path(track)
    }

    fn judged(&mut self, mut followed: Followed) -> Outcome {
        let mut events = Vec::new();
        for sighting in &followed.sightings {
            self.judge.observe(sighting, &self.circumstances, &mut events);
        }
        for track in &mut followed.ended {
            self.judge.end(track, &self.circumstances, &mut events);
        }
        self.judge.look(&self.circumstances, &mut events);
        Outcome { events, ended: followed.ended }
    }

    fn aspect_of(&self, observation: &Observation) -> f32 {
        if ASPECTS.contains(&observation.aspect) {
            observation.aspect
        } else {
            self.circumstances.aspect
        }
    }
}

fn merged(mut first: Outcome, second: Outcome) -> Outcome {
    first.events.extend(second.events);
    first.ended.extend(second.ended);
    first
}
