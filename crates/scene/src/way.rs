//! `wrong_way`: a vehicle goes against the direction of a lane.
//!
//! How far it has gone against it is counted from where it was farthest the right way, so a box
//! that trembles, or a car that rolls back a little, has gone nowhere.

use std::collections::BTreeMap;

use domain::{Line, Polygon, Timestamp, TrackId};

use crate::settings::WrongWay;
use crate::stance::Stance;
use crate::tracker::Seen;
use crate::trail::ground_on_view;
use crate::watch::{Found, Sight, Watch};

/// How long, and in how many pictures, it must go against the direction.
const LEAST: (f64, u32) = (0.5, 3);

/// How long it must be outside the zone to have left it, in seconds.
const LEFT_S: f64 = 1.0;

/// `wrong_way`: a vehicle goes against the direction of a lane.
#[derive(Debug)]
pub(crate) struct Against {
    zone: Polygon,
    way: Line,
    angle_rad: f32,
    distance_sizes: f32,
    tracks: BTreeMap<TrackId, Going>,
}

#[derive(Debug, Default)]
struct Going {
    farthest: Option<Farthest>,
    outside_since: Option<Timestamp>,
    has_told: bool,
}

/// Where a track was farthest the right way.
#[derive(Debug, Clone, Copy)]
struct Farthest {
    time: Timestamp,
    stance: Stance,
    /// Pictures seen since.
    pictures: u32,
}

impl Against {
    #[allow(
        clippy::cast_possible_truncation,
        reason = "angles and sizes need no more than 24 bits"
    )]
    pub(crate) fn new(zone: Polygon, settings: &WrongWay) -> Self {
        Self {
            zone,
            way: settings.way,
            angle_rad: settings.angle_deg.to_radians() as f32,
            distance_sizes: settings.distance_sizes as f32,
            tracks: BTreeMap::new(),
        }
    }

    /// Returns whether going from `from` to `to` is going against the direction, far enough.
    fn is_against(&self, from: &Stance, to: &Stance, aspect: f32) -> bool {
        let (along, aside) = self.parts(from, to, aspect);
        let size = f32::midpoint(from.size(), to.size());
        let against = -along;
        against >= self.distance_sizes * size && aside.abs().atan2(against) <= self.angle_rad
    }

    /// Returns how far `to` is from `from` along the direction of the lane, and aside of it.
    fn parts(&self, from: &Stance, to: &Stance, aspect: f32) -> (f32, f32) {
        let (x, y) = ((self.way.to.x - self.way.from.x) * aspect, self.way.to.y - self.way.from.y);
        let length = x.hypot(y).max(f32::MIN_POSITIVE);
        let (across, down) = (to.x - from.x, to.y - from.y);
        ((across * x + down * y) / length, (across * y - down * x) / length)
    }
}

impl Watch for Against {
    fn see(&mut self, sight: &Sight<'_>, found: &mut Vec<Found>) {
        let sighting = sight.sighting;
        if !sight.is_judged || sighting.how == Seen::Presumed {
            return;
        }
        let (time, aspect) = (sighting.time, sight.view.aspect);
        let is_inside = self.zone.contains(ground_on_view(&sighting.bbox));
        let mut going = self.tracks.remove(&sighting.track).unwrap_or_default();
        if is_inside {
            going.outside_since = None;
            let stance = sight.stance();
            let start = Farthest { time, stance, pictures: 0 };
            let mut farthest = going.farthest.unwrap_or(start);
            farthest.pictures = farthest.pictures.saturating_add(1);
            if self.parts(&farthest.stance, &stance, aspect).0 >= 0.0 {
                farthest = start;
            }
            let is_long =
                time.seconds_since(farthest.time) >= LEAST.0 && farthest.pictures >= LEAST.1;
            if !going.has_told && is_long && self.is_against(&farthest.stance, &stance, aspect) {
                going.has_told = true;
                found.push(Found {
                    bbox: Some(farthest.stance.bbox(aspect)),
                    ..Found::of(sighting, farthest.time)
                });
            }
            going.farthest = Some(farthest);
        } else {
            let since = *going.outside_since.get_or_insert(time);
            if time.seconds_since(since) >= LEFT_S {
                going.farthest = None;
            }
        }
        self.tracks.insert(sighting.track, going);
    }

    fn forget(&mut self, track: TrackId) {
        self.tracks.remove(&track);
    }
}
