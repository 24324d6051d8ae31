//! Where persons are on the views of cameras whose persons are softened: what the detector found and what
//! is followed, for the last half hour, asked by whatever shows a picture of them without a purpose.
//!
//! What nobody looked at is not known, and then all of the picture is softened: while analysis is behind
//! or down, before it began, and of what is older than what is remembered.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use domain::{Bbox, CameraId, Class, Detection, Observation, Timestamp, TrackId};
use vision::soften::{Softener, Softening};

use crate::config::Config;

/// How long somebody is covered where they were seen last.
const HELD: Duration = Duration::from_secs(2);
/// How much earlier somebody is covered than they were seen first.
const AHEAD: Duration = Duration::from_secs(1);
/// A look further away in time than this says nothing of a picture.
const FARTHEST_LOOK: Duration = Duration::from_millis(1500);
/// For how long looks are remembered: stills of events are looked at after them.
const KEPT_FOR: Duration = Duration::from_secs(1800);
/// So many boxes are remembered of a camera, about 8 MiB; the oldest go first.
const MOST_BOXES: usize = 200_000;
/// How far back a camera's clock must go to be believed; less is a stray picture.
const SET_BACK: Duration = Duration::from_secs(2);
/// Pictures so much newer than the last look are waited for.
const AWAITED: Duration = Duration::from_secs(5);
/// Room around a box, as a share of it, on each side; and at least, in shares of the view.
const MARGIN: f32 = 0.25;
const LEAST_MARGIN: f32 = 0.01;

/// The persons of all cameras whose persons are softened. Shared; locked for moments.
#[derive(Debug, Default)]
pub(crate) struct Persons(RwLock<Policy>);

#[derive(Debug, Default)]
struct Policy {
    /// Every camera that is configured; with what was seen, where persons are softened.
    cameras: HashMap<CameraId, Option<Arc<Mutex<Looks>>>>,
    /// Whether they are softened of cameras that are configured no more.
    is_default: bool,
}

/// What was seen of one camera's persons, in order of time.
#[derive(Debug, Default)]
struct Looks {
    looks: VecDeque<Look>,
    /// How many boxes all of them have.
    boxes: usize,
}

#[derive(Debug)]
struct Look {
    time: Timestamp,
    /// Where persons were, with what follows them.
    boxes: Vec<(Option<TrackId>, Bbox)>,
}

impl Persons {
    /// Takes over which cameras' persons are softened; what was seen of those that stay is kept.
    pub(crate) fn apply(&self, config: &Config) {
        let mut policy = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let mut cameras = HashMap::new();
        for camera in &config.cameras {
            let known = policy.cameras.remove(&camera.id).flatten();
            let looks = config.softens(camera).then(|| known.unwrap_or_default());
            cameras.insert(camera.id.clone(), looks);
        }
        *policy = Policy { cameras, is_default: config.privacy.soften_persons };
    }

    /// Notes what was seen in one look, and where what is followed is expected at its time.
    pub(crate) fn note(&self, observation: &Observation, followed: Vec<(TrackId, Bbox)>) {
        let Some(Some(looks)) = self.looks(&observation.camera) else { return };
        let is_person = |found: &&Detection| is_person(found.class);
        let found = observation.detections.iter().filter(is_person);
        let followed = followed.into_iter().map(|(track, bbox)| (Some(track), bbox));
        let boxes = found.map(|found| (None, found.bbox)).chain(followed).collect();
        lock(&looks).add(Look { time: observation.time, boxes });
    }

    /// Returns whether the persons that `camera` sees are softened.
    pub(crate) fn are_softened(&self, camera: &CameraId) -> bool {
        match self.looks(camera) {
            Some(looks) => looks.is_some(),
            None => self.0.read().unwrap_or_else(PoisonError::into_inner).is_default,
        }
    }

    /// Returns what is softened of the picture that `camera` took at `time`.
    pub(crate) fn softening(&self, camera: &CameraId, time: Timestamp) -> Softening {
        match self.looks(camera) {
            Some(Some(looks)) => lock(&looks).softening(time),
            _ if self.are_softened(camera) => Softening::Whole,
            _ => Softening::Nothing,
        }
    }

    /// Returns when `camera` was looked at last, if its persons are softened and it ever was.
    pub(crate) fn looked_until(&self, camera: &CameraId) -> Option<Timestamp> {
        let looks = self.looks(camera)??;
        lock(&looks).looks.back().map(|look| look.time)
    }

    /// Returns whether a look at the picture of `time` is about to come.
    pub(crate) fn is_awaited(&self, camera: &CameraId, time: Timestamp) -> bool {
        let newest = self.looked_until(camera);
        newest.is_some_and(|newest| newest < time && time.since(newest) <= AWAITED)
    }

    /// Returns what softens the pictures of `camera`.
    pub(crate) fn softener(self: &Arc<Self>, camera: &CameraId) -> Softener {
        let (persons, camera) = (Arc::clone(self), camera.clone());
        Softener::new(move |time| persons.softening(&camera, time))
    }

    /// Returns what is known of `camera`: `None` if it is not configured, nothing within if its persons
    /// are shown as they are.
    fn looks(&self, camera: &CameraId) -> Option<Option<Arc<Mutex<Looks>>>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).cameras.get(camera).cloned()
    }
}

/// Returns whether what is called so is a person, or carries one in the open.
pub(crate) fn is_person(class: Class) -> bool {
    matches!(class, Class::Person | Class::Bicycle | Class::Motorcycle)
}

fn lock(looks: &Mutex<Looks>) -> MutexGuard<'_, Looks> {
    looks.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Looks {
    fn add(&mut self, look: Look) {
        if self.looks.back().is_some_and(|last| last.time.since(look.time) > SET_BACK) {
            // The camera's clock was put back: what was seen before lies at times that come again.
            *self = Self::default();
        }
        let oldest = look.time.minus(KEPT_FOR);
        self.boxes += look.boxes.len();
        let at = self.looks.partition_point(|known| known.time <= look.time);
        self.looks.insert(at, look);
        while let Some(first) = self.looks.front()
            && (first.time < oldest || self.boxes > MOST_BOXES)
        {
            self.boxes -= first.boxes.len();
            self.looks.pop_front();
        }
    }

    fn softening(&self, time: Timestamp) -> Softening {
        let after = self.looks.partition_point(|look| look.time < time);
        let later = self.looks.get(after);
        let is_exact = later.is_some_and(|look| look.time == time);
        let earlier = if is_exact { later } else { after.checked_sub(1).map(|at| &self.looks[at]) };
        let (Some(earlier), Some(later)) = (earlier, later) else { return Softening::Whole };
        let is_near = |a: Timestamp, b: Timestamp| a.since(b) <= FARTHEST_LOOK;
        if !is_near(time, earlier.time) || !is_near(later.time, time) {
            return Softening::Whole;
        }
        let from = self.looks.partition_point(|look| look.time < time.minus(HELD));
        let until = self.looks.partition_point(|look| look.time <= time.plus(AHEAD));
        let seen = self.looks.range(from..until).flat_map(|look| &look.boxes);
        let mut boxes: Vec<Bbox> = seen.map(|(_, bbox)| widened(bbox)).collect();
        // Between two looks somebody is anywhere on the way.
        for (track, bbox) in &earlier.boxes {
            let same = |(other, _): &&(Option<TrackId>, Bbox)| track.is_some() && other == track;
            if let Some((_, then)) = later.boxes.iter().find(same) {
                boxes.push(widened(&around(bbox, then)));
            }
        }
        Softening::Boxes(boxes)
    }
}

fn widened(bbox: &Bbox) -> Bbox {
    let across = (bbox.width * MARGIN).max(LEAST_MARGIN);
    let down = (bbox.height * MARGIN).max(LEAST_MARGIN);
    Bbox {
        left: bbox.left - across,
        top: bbox.top - down,
        width: bbox.width + 2.0 * across,
        height: bbox.height + 2.0 * down,
    }
}

/// Returns the box around both.
fn around(a: &Bbox, b: &Bbox) -> Bbox {
    let (left, top) = (a.left.min(b.left), a.top.min(b.top));
    let right = (a.left + a.width).max(b.left + b.width);
    let bottom = (a.top + a.height).max(b.top + b.height);
    Bbox { left, top, width: right - left, height: bottom - top }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_micros(1_772_323_200_000_000 + ms * 1000)
    }

    fn person(left: f32) -> Bbox {
        Bbox { left, top: 0.4, width: 0.04, height: 0.2 }
    }

    fn looks(of: &[(i64, Option<f32>)]) -> Looks {
        let mut looks = Looks::default();
        for (ms, left) in of {
            let boxes = left.iter().map(|left| (Some(TrackId(7)), person(*left))).collect();
            looks.add(Look { time: at(*ms), boxes });
        }
        looks
    }

    /// Returns whether the middle of somebody who is at `left` is softened.
    fn covers(softening: &Softening, left: f32) -> bool {
        let (x, y) = (left + 0.02, 0.5);
        match softening {
            Softening::Whole => true,
            Softening::Nothing => false,
            Softening::Boxes(boxes) => boxes.iter().any(|bbox| {
                (bbox.left..bbox.left + bbox.width).contains(&x)
                    && (bbox.top..bbox.top + bbox.height).contains(&y)
            }),
        }
    }

    #[test]
    fn somebody_is_covered_on_the_way_a_moment_before_and_a_moment_after() {
        let seen = looks(&[
            (0, None),
            (1000, None),
            (1400, Some(0.2)),
            (2400, Some(0.5)),
            (3400, None),
            (4400, None),
            (5400, None),
        ]);
        assert!(covers(&seen.softening(at(1900)), 0.35), "half way between two looks");
        assert!(!covers(&seen.softening(at(1900)), 0.8));
        assert!(covers(&seen.softening(at(600)), 0.2), "before the first look that found them");
        assert!(covers(&seen.softening(at(4300)), 0.5), "where they were lost");
        assert_eq!(seen.softening(at(4500)), Softening::Boxes(Vec::new()), "gone");
    }

    #[test]
    fn what_nobody_looked_at_is_softened_in_whole() {
        let seen = looks(&[(0, None), (1000, None), (5000, None), (6000, None)]);
        assert_eq!(seen.softening(at(-1)), Softening::Whole, "before analysis began");
        assert_eq!(seen.softening(at(6001)), Softening::Whole, "not yet looked at");
        assert_eq!(seen.softening(at(3000)), Softening::Whole, "analysis was behind");
        assert_eq!(seen.softening(at(5000)), Softening::Boxes(Vec::new()));
        let back = looks(&[(60_000, Some(0.2)), (0, None), (100, None)]);
        assert_eq!(back.softening(at(60_000)), Softening::Whole, "of a clock that was put back");
        let old = looks(&[(0, None), (1_800_001, None)]);
        assert_eq!(old.softening(at(0)), Softening::Whole, "forgotten");
    }

    #[test]
    fn riders_are_persons_and_drivers_are_not() {
        let softened: Vec<_> = Class::ALL.into_iter().filter(|class| is_person(*class)).collect();
        assert_eq!(softened, [Class::Person, Class::Bicycle, Class::Motorcycle]);
    }
}
