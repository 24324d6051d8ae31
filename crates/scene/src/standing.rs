//! Whether a track stands still, by where it is and not by its speed.
//!
//! A standing object's box trembles, shrinks while somebody passes before it, and is missed for
//! whole seconds. It stands as long as most of its ground points lie near one place; it has moved
//! on only when they stay away from it. The place itself follows slowly, so that one who rolls out
//! ends at the right one, while one who creeps on leaves it.

use domain::{Bbox, Timestamp};

use crate::stance::Stance;

/// How far from its place a standing object's ground point may be, in object sizes.
const STILL_SIZES: f32 = 0.3;

/// How long, and in how many pictures, it must be away to have moved on.
const MOVED: (f64, u32) = (1.5, 2);

/// How slowly the place follows, in seconds.
const FOLLOWS_S: f64 = 10.0;

/// Pictures near the place before it is believed, and which part of all since it came there.
const LEAST_PICTURES: u32 = 3;
const LEAST_SHARE: f32 = 0.6;

/// A track that stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Stood {
    /// Since when.
    pub(crate) since: Timestamp,
    /// When it was last seen at its place.
    pub(crate) until: Timestamp,
    /// How it was seen then.
    pub(crate) bbox: Bbox,
    /// Where.
    pub(crate) place: Stance,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    stood: Stood,
    near: u32,
    away: u32,
}

/// Watches whether one track stands.
#[derive(Debug, Clone, Default)]
pub(crate) struct StandingWatch {
    place: Option<Place>,
    away_since: Option<(Timestamp, u32)>,
}

impl StandingWatch {
    /// Takes where the track is; returns since when and where it stands, if it does.
    pub(crate) fn observe(&mut self, time: Timestamp, bbox: &Bbox, aspect: f32) -> Option<Stood> {
        let stance = Stance::of(bbox, aspect);
        let start = Place {
            stood: Stood { since: time, until: time, bbox: *bbox, place: stance },
            near: 0,
            away: 0,
        };
        let place = self.place.get_or_insert(start);
        if is_near(&place.stood.place, &stance) {
            self.away_since = None;
            place.follow(time, &stance);
        } else {
            place.away = place.away.saturating_add(1);
            let (since, pictures) = self.away_since.unwrap_or((time, 0));
            let pictures = pictures.saturating_add(1);
            self.away_since = Some((since, pictures));
            if time.seconds_since(since) >= MOVED.0 && pictures >= MOVED.1 {
                self.away_since = None;
                *place = Place { near: 1, ..start };
            }
        }
        let is_believed = place.near >= LEAST_PICTURES && place.share_near() >= LEAST_SHARE;
        is_believed.then_some(place.stood)
    }
}

impl Stood {
    /// Returns for how long it has been seen standing, in seconds.
    pub(crate) fn seconds(&self) -> f64 {
        self.until.seconds_since(self.since)
    }
}

impl Place {
    fn follow(&mut self, time: Timestamp, stance: &Stance) {
        self.near = self.near.saturating_add(1);
        let since_s = time.seconds_since(self.stood.until).max(0.0);
        self.stood.until = time;
        #[allow(clippy::cast_possible_truncation, reason = "a weight needs no more than 24 bits")]
        let share = (since_s / FOLLOWS_S).max(1.0 / f64::from(self.near)).min(0.5) as f32;
        self.stood.place = self.stood.place.towards(stance, share);
    }

    #[allow(clippy::cast_precision_loss, reason = "a share needs no more than 24 bits")]
    fn share_near(&self) -> f32 {
        self.near as f32 / self.near.saturating_add(self.away) as f32
    }
}

fn is_near(place: &Stance, stance: &Stance) -> bool {
    let way = (stance.x - place.x).hypot(stance.y - place.y);
    way <= STILL_SIZES * place.size().max(stance.size())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns for how many seconds it stood at the end of a way seen five times a second.
    fn stood_s(way: impl IntoIterator<Item = Option<f32>>) -> Option<f64> {
        let mut watch = StandingWatch::default();
        let mut stood = None;
        for (step, x) in (0..).zip(way) {
            let Some(x) = x else { continue };
            let time = Timestamp::from_millis(step * 200);
            let bbox = Bbox { left: x, top: 0.4, width: 0.1, height: 0.1 };
            stood = watch.observe(time, &bbox, 1.0).map(|stood| stood.seconds());
        }
        stood
    }

    fn wave(step: u16) -> f32 {
        (f32::from(step) * 1.7).sin()
    }

    #[test]
    fn a_trembling_box_stands_and_a_creeping_one_does_not() {
        let trembling = (0..100).map(|step| Some(0.3 + 0.02 * wave(step)));
        assert!(stood_s(trembling).is_some_and(|stood_s| stood_s > 19.0));
        let creeping = (0_u16..100).map(|step| Some(0.1 + 0.005 * f32::from(step)));
        assert!(stood_s(creeping).is_none_or(|stood_s| stood_s < 4.0));
    }

    #[test]
    fn being_hidden_or_half_hidden_for_a_while_is_no_moving() {
        let hidden = (0_u16..100).map(|step| {
            let place = 0.3 + 0.01 * wave(step);
            match step {
                30..45 => None,
                60..65 => Some(place + 0.06),
                _ => Some(place),
            }
        });
        assert!(stood_s(hidden).is_some_and(|stood_s| stood_s > 19.0));
    }

    #[test]
    fn who_rolls_out_stands_from_then_on_and_who_drives_on_no_more() {
        let rolls = (0_u16..60).map(|step| Some(0.1 + 0.02 * f32::from(step.min(20))));
        assert!(stood_s(rolls).is_some_and(|stood_s| (6.0..9.0).contains(&stood_s)));
        let drives = (0_u16..60).map(|step| Some(0.1 + 0.04 * f32::from(step.max(45) - 45)));
        assert_eq!(stood_s(drives), None);
    }
}
