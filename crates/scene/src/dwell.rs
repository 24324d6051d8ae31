//! Rules about being inside a zone: an object is there for some time.
//!
//! Somebody in a zone has entered it, seen or not. A vehicle has not that was standing there when
//! the camera began to look: detectors find a parked car in one light and not in the next, and each
//! time it would be new.
//!
//! Nobody appears out of nothing: where somebody was lost a moment ago, hidden by who walks before
//! them, a track that begins there is most likely they, coming out. They were told of; so they are not
//! told of again, unless the lost one turns up after all and there are two.

use std::collections::BTreeMap;

use domain::{Class, Polygon, Timestamp, TrackId};

use crate::riders::Family;
use crate::stance::Stance;
use crate::stay::StayWatch;
use crate::watch::{Found, Sight, Watch};

/// How far from where it was first seen a vehicle must have been to have come there itself, in
/// object sizes: more than boxes tremble.
const CAME_SIZES: f32 = 0.75;

/// How long ago a track was last seen that a new one may go on from, in seconds: as long as the
/// tracker itself looks for one that moves.
const LOST_S: f64 = 4.0;

/// How far the new one may begin from there, in object sizes: at once, and more for every second, by
/// which somebody walks 1.5 m and is 1.1 m in size.
const NEAR_SIZES: f32 = 1.0;
const WALKS_SIZES_PER_S: f32 = 1.5;

/// Told visits remembered of tracks that ended.
const MOST_LOST: usize = 64;

/// Whose presence counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counts {
    /// Everybody's.
    All,
    /// Not that of vehicles that have stood there since they were first seen.
    Entered,
}

/// `intrusion`, `loitering` and `forbidden_class`: a track is inside a zone for some time.
#[derive(Debug)]
pub(crate) struct Dwell {
    zone: Polygon,
    for_s: f64,
    counts: Counts,
    tracks: BTreeMap<TrackId, Visit>,
    /// Of tracks that ended when their object was told of, the latest last.
    lost: Vec<(TrackId, Visit)>,
}

#[derive(Debug)]
struct Visit {
    stay: StayWatch,
    /// Where it was first seen.
    first: Stance,
    /// Whether it was seen outside, or elsewhere than where it was first seen.
    has_come: bool,
    /// When, where and as what it was last seen.
    last: (Timestamp, Stance, Class),
    /// Whether its object was told of, under this track or the one that it goes on from.
    is_told: bool,
    /// The lost track that it goes on from, as long as that one stays lost.
    goes_on_from: Option<TrackId>,
    /// Whether another track goes on from it.
    is_gone_on_from: bool,
    /// What it would have told, had it not been told of before.
    withheld: Option<Found>,
}

impl Dwell {
    pub(crate) fn new(zone: Polygon, for_s: f64, counts: Counts) -> Self {
        Self { zone, for_s, counts, tracks: BTreeMap::new(), lost: Vec::new() }
    }

    /// Begins the visit of a track that is seen for the first time.
    fn begin(&mut self, sight: &Sight<'_>) -> Visit {
        let sighting = sight.sighting;
        let last = (sighting.time, sight.stance(), sighting.class);
        self.lost.retain(|(_, visit)| sighting.time.seconds_since(visit.last.0) <= LOST_S);
        let known = self.tracks.iter_mut().map(|(track, visit)| (*track, visit));
        let lost = self.lost.iter_mut().map(|(track, visit)| (*track, visit));
        let before = known
            .chain(lost)
            .filter_map(|(track, visit)| Some((visit.sizes_away(&last)?, track, visit)))
            .min_by(|a, b| a.0.total_cmp(&b.0));
        let goes_on_from = before.map(|(_, track, visit)| {
            visit.is_gone_on_from = true;
            track
        });
        Visit {
            stay: StayWatch::default(),
            first: last.1,
            has_come: !self.zone.contains(sighting.bbox.ground_point()),
            last,
            is_told: goes_on_from.is_some(),
            goes_on_from,
            is_gone_on_from: false,
            withheld: None,
        }
    }

    /// Takes that a track is seen again from which another went on: they are two.
    fn part(&mut self, track: TrackId) {
        for visit in self.tracks.values_mut() {
            if visit.goes_on_from == Some(track) {
                visit.goes_on_from = None;
                visit.is_told = false;
            }
        }
    }
}

impl Visit {
    /// Returns how far away, in object sizes, one began that may be this one's object; `None` if it
    /// cannot be, or this one's object was not told of.
    fn sizes_away(&self, (time, stance, class): &(Timestamp, Stance, Class)) -> Option<f32> {
        let (last_seen, place, was) = &self.last;
        let lost_s = time.seconds_since(*last_seen);
        let may_be = self.is_told
            && !self.is_gone_on_from
            && lost_s > 0.0
            && lost_s <= LOST_S
            && Family::of(*was) == Family::of(*class);
        let sizes = place.sizes_to(stance);
        #[allow(clippy::cast_possible_truncation, reason = "a few seconds fit f32")]
        let reach = NEAR_SIZES + WALKS_SIZES_PER_S * lost_s as f32;
        (may_be && sizes <= reach).then_some(sizes)
    }
}

impl Watch for Dwell {
    fn see(&mut self, sight: &Sight<'_>, found: &mut Vec<Found>) {
        if !sight.is_judged {
            return;
        }
        let sighting = sight.sighting;
        let (track, stance) = (sighting.track, sight.stance());
        let mut visit = match self.tracks.remove(&track) {
            Some(visit) => visit,
            None => self.begin(sight),
        };
        visit.last = (sighting.time, stance, sighting.class);
        if std::mem::take(&mut visit.is_gone_on_from) {
            self.part(track);
        }
        visit.has_come |= is_elsewhere(&visit.first, &stance);
        let is_parked = is_vehicle(sighting.class) && !visit.has_come;
        if !(is_parked && self.counts == Counts::Entered) {
            let stayed = visit.stay.observe(&self.zone, sighting.time, &sighting.bbox, self.for_s);
            if let Some(stayed) = stayed {
                let told = Found { bbox: Some(stayed.bbox), ..Found::of(sighting, stayed.since) };
                // Once: who left for long and came back is a new happening.
                match visit.withheld {
                    None if visit.goes_on_from.is_some() => visit.withheld = Some(told),
                    _ => found.push(told),
                }
                visit.is_told = true;
            }
        }
        if visit.goes_on_from.is_none()
            && let Some(withheld) = visit.withheld.take()
        {
            visit.is_told = true;
            found.push(withheld);
        }
        self.tracks.insert(track, visit);
    }

    fn forget(&mut self, track: TrackId) {
        self.tracks.remove(&track);
    }

    fn end(&mut self, last: &Sight<'_>, _found: &mut Vec<Found>) {
        let track = last.sighting.track;
        let visit = self.tracks.remove(&track);
        self.lost.extend(visit.filter(|visit| visit.is_told).map(|visit| (track, visit)));
        if self.lost.len() > MOST_LOST {
            self.lost.remove(0);
        }
    }

    fn finish(&mut self, _found: &mut Vec<Found>) {
        self.lost.clear();
    }
}

fn is_elsewhere(first: &Stance, now: &Stance) -> bool {
    first.sizes_to(now) > CAME_SIZES
}

fn is_vehicle(class: Class) -> bool {
    match class {
        Class::Bicycle
        | Class::Motorcycle
        | Class::Car
        | Class::Bus
        | Class::Truck
        | Class::Train
        | Class::Boat => true,
        Class::Person | Class::Animal | Class::Bag => false,
    }
}

#[cfg(test)]
mod tests {
    use domain::{Bbox, Point};

    use super::*;
    use crate::signals::Signals;
    use crate::tracker::{Seen, Sighting};
    use crate::trail::Trail;
    use crate::watch::View;

    /// Returns which tracks are told, and when, in tenths of seconds; `seen` says where persons are
    /// (across, in the zone from 0.3 on) at each of them, twice a second.
    fn told(seen: &[(u64, std::ops::Range<u8>, f32)]) -> Vec<(u64, u8)> {
        let corners = [[0.3, 0.0], [1.0, 0.0], [1.0, 1.0], [0.3, 1.0]];
        let zone = Polygon::new(corners.map(Point::from).to_vec()).unwrap();
        let mut dwell = Dwell::new(zone, 1.0, Counts::Entered);
        let signals = Signals::new(&[]);
        let turns_up = |track: u64, end: u8| {
            seen.iter().any(|(other, span, _)| *other == track && span.start >= end)
        };
        let mut told = Vec::new();
        for tenth in (0..200_u8).step_by(5) {
            let now = Timestamp::from_millis(i64::from(tenth) * 100);
            let view = View { now, aspect: 1.0, signals: &signals, ground: None };
            for (track, span, x) in seen {
                let x = x + 0.005 * f32::from(tenth.saturating_sub(span.start));
                let sighting = Sighting {
                    track: TrackId(*track),
                    class: Class::Person,
                    confidence: 0.8,
                    colour: None,
                    time: now,
                    bbox: Bbox { left: x - 0.025, top: 0.5, width: 0.05, height: 0.12 },
                    how: Seen::Detected,
                };
                let trail = Trail::new(&sighting);
                let sight =
                    Sight { sighting: &sighting, is_judged: true, trail: &trail, view: &view };
                let mut found = Vec::new();
                if span.contains(&tenth) {
                    dwell.see(&sight, &mut found);
                } else if tenth == span.end.div_ceil(5) * 5 + 30 && !turns_up(*track, span.end) {
                    dwell.end(&sight, &mut found);
                }
                told.extend(found.iter().map(|_| (*track, tenth)));
            }
        }
        told
    }

    #[test]
    fn who_is_lost_and_begins_again_near_there_is_told_once() {
        assert_eq!(told(&[(1, 0..40, 0.4)]), [(1, 10)]);
        // Two walk in; one is hidden by the other, and another track comes out.
        let walks = [(1, 0..150, 0.4), (2, 0..30, 0.45), (3, 50..150, 0.55)];
        assert_eq!(told(&walks), [(1, 10), (2, 10)]);
        // Broken once more, and ended in between.
        let walks = [(1, 0..30, 0.4), (2, 50..55, 0.5), (3, 75..150, 0.55)];
        assert_eq!(told(&walks), [(1, 10)]);
    }

    #[test]
    fn who_begins_far_away_or_late_or_beside_one_who_is_seen_is_somebody_else() {
        let far = [(1, 0..30, 0.4), (2, 50..150, 0.95)];
        assert_eq!(told(&far), [(1, 10), (2, 60)]);
        let late = [(1, 0..30, 0.4), (2, 80..150, 0.6)];
        assert_eq!(told(&late), [(1, 10), (2, 90)]);
        let beside = [(1, 0..150, 0.4), (2, 50..150, 0.66)];
        assert_eq!(told(&beside), [(1, 10), (2, 60)]);
        // One track goes on from another, not two.
        let two = [(1, 0..30, 0.4), (2, 50..150, 0.52), (3, 50..150, 0.6)];
        assert_eq!(told(&two), [(1, 10), (3, 60)]);
    }

    #[test]
    fn who_was_not_told_of_before_is_told_and_the_lost_one_who_turns_up_makes_two() {
        let too_short = [(1, 0..10, 0.4), (2, 20..150, 0.45)];
        assert_eq!(told(&too_short), [(2, 30)]);
        // The first is seen again when the second had been withheld for a while.
        let two = [(1, 0..30, 0.4), (2, 40..150, 0.5), (1, 60..150, 0.6)];
        assert_eq!(told(&two), [(1, 10), (2, 65)]);
    }
}
