//! One object that is being followed: its motion, its class by vote, its path so far.

use domain::{
    Attributes, Bbox, CameraId, Class, ColourTally, LikelyColour, Timestamp, Track, TrackId,
    TrackPoint, TrackSource,
};

use crate::motion::Motion;
use crate::riders::{Candidate, Family};
use crate::stance::Stance;

/// How often it must be seen before it is believed, and over how long. Noise flickers; at low
/// rates two sightings are much, at high rates neighbouring pictures make the same mistakes.
const BELIEVED: [(u32, f64); 2] = [(3, 0.15), (2, 0.35)];

/// Confidence from which a sighting is sure, and how often one that is seldom sure must be seen more.
const SURE: f32 = 0.4;
const UNSURE_SIGHTINGS: u32 = 1;

/// How far it must have gone, in object sizes, to be believed all the same: what a detector sees
/// where nothing is stays where it is.
const GONE_SIZES: f32 = 1.0;

/// Below this speed, in object sizes per second, it stands.
const STANDING_SPEED: f32 = 0.25;

/// Part of the votes from which an object that is also seen as a person is a two-wheeler: its
/// machine is often missed, its rider seldom.
const TWO_WHEELER_SHARE: f32 = 0.25;

/// Points kept of one path; a longer one is thinned to every second point.
const MOST_POINTS: usize = 4096;

/// While it stands, a point of its path is kept this often, in seconds.
const STANDING_POINT_S: f64 = 5.0;

/// Overlap from which two boxes of a path are the same place.
const SAME_PLACE_IOU: f32 = 0.9;

/// Returns `later - earlier` in seconds; exact enough for spans between pictures.
#[allow(
    clippy::cast_possible_truncation,
    reason = "seconds between pictures fit f32 to the microsecond"
)]
pub(crate) fn seconds_between(earlier: Timestamp, later: Timestamp) -> f32 {
    later.seconds_since(earlier).max(0.0) as f32
}

/// One object that is being followed.
#[derive(Debug)]
pub(crate) struct LiveTrack {
    pub(crate) id: TrackId,
    pub(crate) motion: Motion,
    pub(crate) born: Timestamp,
    pub(crate) last_seen: Timestamp,
    /// When it was last seen surely; born, if never.
    pub(crate) last_sure: Timestamp,
    /// Until when `motion` has been predicted.
    predicted_to: Timestamp,
    /// Since when it stands, if it does.
    standing_since: Option<Timestamp>,
    /// Whether it was seen often enough to be believed.
    pub(crate) is_believed: bool,
    /// Looks in a row at where it should be that did not find it.
    pub(crate) misses: u32,
    /// When the first of them was.
    pub(crate) missed_since: Option<Timestamp>,
    /// Whether it was last expected outside the view.
    pub(crate) has_left: bool,
    sightings: u32,
    sure_sightings: u32,
    confidence_sum: f32,
    votes: [f32; Class::ALL.len()],
    class: Class,
    colours: ColourTally,
    path: Vec<TrackPoint>,
    keeps_every_point: bool,
}

impl LiveTrack {
    pub(crate) fn new(
        id: TrackId,
        first: &Candidate,
        time: Timestamp,
        aspect: f32,
        keeps_every_point: bool,
    ) -> Self {
        let mut track = Self {
            id,
            motion: Motion::new(&first.stance, first.class),
            born: time,
            last_seen: time,
            last_sure: time,
            predicted_to: time,
            standing_since: None,
            is_believed: false,
            misses: 0,
            missed_since: None,
            has_left: false,
            sightings: 0,
            sure_sightings: 0,
            confidence_sum: 0.0,
            votes: [0.0; Class::ALL.len()],
            class: first.class,
            colours: ColourTally::default(),
            path: Vec::new(),
            keeps_every_point,
        };
        track.note(first, time, aspect);
        track
    }

    /// Moves its expected place on to `time`.
    pub(crate) fn predict(&mut self, time: Timestamp) {
        let elapsed_s = seconds_between(self.predicted_to, time);
        self.predicted_to = time;
        if self.misses > 0 || self.is_standing() {
            self.motion.fade(elapsed_s);
        }
        self.motion.predict(elapsed_s);
    }

    /// Returns where it is expected at `time`.
    pub(crate) fn expected_at(&self, time: Timestamp) -> Stance {
        let mut motion = self.motion;
        motion.predict(seconds_between(self.predicted_to, time));
        motion.stance()
    }

    /// Takes in that it was seen at `time`, for which it has been predicted.
    pub(crate) fn see(&mut self, candidate: &Candidate, time: Timestamp, aspect: f32) {
        let seen = self.stance_in(candidate);
        self.motion.correct(&seen, self.class, candidate.covered);
        self.note(candidate, time, aspect);
    }

    /// Returns where it stands if `candidate` shows it: one that was hidden comes out head first.
    pub(crate) fn stance_in(&self, candidate: &Candidate) -> Stance {
        if self.misses == 0 {
            return candidate.stance;
        }
        candidate.stance_of(&self.motion.stance())
    }

    /// Takes in that it was looked for at `time` and not found.
    pub(crate) fn miss(&mut self, time: Timestamp) {
        self.misses = self.misses.saturating_add(1);
        self.missed_since.get_or_insert(time);
    }

    fn note(&mut self, candidate: &Candidate, time: Timestamp, aspect: f32) {
        self.misses = 0;
        self.missed_since = None;
        self.has_left = false;
        self.last_seen = time;
        self.sightings = self.sightings.saturating_add(1);
        self.confidence_sum += candidate.confidence;
        self.votes[usize::from(candidate.class.number()) - 1] += candidate.confidence;
        self.class = voted(&self.votes);
        if let Some(vote) = candidate.colour {
            self.colours.add(vote);
        }
        let lived_s = time.seconds_since(self.born);
        if candidate.confidence >= SURE {
            self.sure_sightings += 1;
            self.last_sure = time;
        }
        let is_enough = |seen: u32| {
            BELIEVED.iter().any(|&(sightings, over_s)| seen >= sightings && lived_s >= over_s)
        };
        self.is_believed |= is_enough(self.sure_sightings)
            || is_enough(self.sightings.saturating_sub(UNSURE_SIGHTINGS))
                && self.has_gone(&candidate.stance, aspect);
        let stands = self.sightings > 3 && self.motion.speed() < STANDING_SPEED;
        if !stands {
            self.standing_since = None;
        } else if self.standing_since.is_none() {
            self.standing_since = Some(time);
        }
        let mut stance = self.motion.stance();
        if self.keeps_every_point {
            // Nobody asks whether it crossed a line, but where its sides are: half way between
            // what trembles and what lags behind.
            stance = stance.towards(&candidate.stance, 0.5);
        }
        let point = TrackPoint { time, bbox: stance.bbox(aspect) };
        self.extend_path(point);
    }

    /// Returns whether it is elsewhere than where it was born.
    fn has_gone(&self, now: &Stance, aspect: f32) -> bool {
        let Some(first) = self.path.first() else {
            return false;
        };
        let first = Stance::of(&first.bbox, aspect);
        let size = first.size().max(now.size());
        (first.x - now.x).hypot(first.y - now.y) > GONE_SIZES * size
    }

    fn extend_path(&mut self, point: TrackPoint) {
        if self.keeps_every_point {
            self.path.push(point);
            return;
        }
        if let [.., before, last] = self.path.as_mut_slice() {
            let same_place = before.bbox.iou(&point.bbox) > SAME_PLACE_IOU
                && last.bbox.iou(&point.bbox) > SAME_PLACE_IOU;
            if same_place && point.time.seconds_since(before.time) < STANDING_POINT_S {
                *last = point;
                return;
            }
        }
        if self.path.len() >= MOST_POINTS {
            let mut index = 0;
            self.path.retain(|_| {
                index += 1;
                index % 2 == 1
            });
        }
        self.path.push(point);
    }

    /// Returns whether it stands still.
    pub(crate) fn is_standing(&self) -> bool {
        self.standing_since.is_some()
    }

    /// Returns how long it had been standing when last seen, in seconds.
    pub(crate) fn stood_s(&self) -> f64 {
        self.standing_since.map_or(0.0, |since| self.last_seen.seconds_since(since))
    }

    /// Returns the class voted so far.
    pub(crate) fn class(&self) -> Class {
        self.class
    }

    /// Returns the mean confidence of its detections.
    #[allow(clippy::cast_precision_loss, reason = "a mean needs no more than 24 bits")]
    pub(crate) fn confidence(&self) -> f32 {
        self.confidence_sum / self.sightings.max(1) as f32
    }

    /// Returns the colour voted so far.
    pub(crate) fn colour(&self) -> Option<LikelyColour> {
        self.colours.colour()
    }

    /// Returns the path so far, thinned where it stood.
    pub(crate) fn path(&self) -> &[TrackPoint] {
        &self.path
    }

    /// Returns where it was last seen.
    pub(crate) fn last_bbox(&self) -> Option<Bbox> {
        self.path.last().map(|point| point.bbox)
    }

    /// Ends it.
    pub(crate) fn into_track(self, camera: &CameraId) -> Track {
        Track {
            id: self.id,
            camera: camera.clone(),
            source: TrackSource::Analysis,
            class: self.class,
            confidence: self.confidence(),
            attributes: Attributes { colour: self.colour(), ..Attributes::default() },
            path: self.path,
        }
    }
}

/// Returns the class with the most votes; the lower number of equals.
fn voted(votes: &[f32; Class::ALL.len()]) -> Class {
    let share = |family: Family| -> f32 {
        let members = Class::ALL.iter().zip(votes);
        members.filter(|(class, _)| Family::of(**class) == family).map(|(_, votes)| votes).sum()
    };
    let (machine, person) = (share(Family::TwoWheeler), share(Family::Person));
    let is_ridden = machine > TWO_WHEELER_SHARE * (machine + person);
    let mut best = (Class::Person, 0.0);
    for (class, &votes) in Class::ALL.into_iter().zip(votes) {
        let is_out = is_ridden && class == Class::Person;
        if votes > best.1 && !is_out {
            best = (class, votes);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_class_is_voted_and_a_machine_seen_now_and_then_makes_a_rider() {
        let mut votes = [0.0; Class::ALL.len()];
        let mut vote = |class: Class, weight: f32| {
            votes[usize::from(class.number()) - 1] += weight;
            voted(&votes)
        };
        assert_eq!(vote(Class::Truck, 0.9), Class::Truck);
        assert_eq!(vote(Class::Car, 1.0), Class::Car);
        assert_eq!(vote(Class::Person, 3.0), Class::Person);
        assert_eq!(vote(Class::Motorcycle, 0.5), Class::Person);
        assert_eq!(vote(Class::Motorcycle, 0.8), Class::Motorcycle);
    }
}
