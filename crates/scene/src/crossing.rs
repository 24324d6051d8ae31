//! Whether a track's ground point has crossed a tripwire, and stayed across.
//!
//! Boxes tremble, so a point that only touches the line, or hops over it and back, has crossed
//! nothing: a crossing is held back until the point has left the line by a distance, or has stayed
//! on its new side for some pictures. A track counts once per way.

use domain::{Crossing, Line, Timestamp};

use crate::stance::Stance;

/// Distance from the line, in object sizes, from which the point has left it.
const LEFT_SIZES: f32 = 0.2;

/// Distance from the line, in object sizes, that one picture is enough for.
const FAR_SIZES: f32 = 0.8;

/// Distance from the line, in object sizes, at which a track belongs to the side where it is first
/// seen: at low rates fast ones are seen only once before they cross.
const BEGINS_SIZES: f32 = 0.3;

/// How far across the line, in object sizes, one that was first seen nearer must have gone to have crossed
/// it: more than boxes tremble.
const GONE_SIZES: f32 = 0.5;

/// Distance from the line, in object sizes, at which a track may count again the same way.
const AWAY_SIZES: f32 = 0.4;

/// Pictures on the new side, besides distance, that make a crossing.
const LEFT_PICTURES: u32 = 2;

/// Pictures and seconds on the new side, and distance in object sizes, that make a crossing of
/// something that stops just behind the line.
const STAYED: (u32, f64, f32) = (5, 1.5, 0.05);

/// How far beyond the line's ends, in object sizes, one still crosses it.
const END_TOLERANCE_SIZES: f32 = 0.1;

/// A tripwire in picture heights.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wire {
    x: f32,
    y: f32,
    /// Unit vector along it.
    along: (f32, f32),
    length: f32,
}

impl Wire {
    pub(crate) fn new(line: &Line, aspect: f32) -> Self {
        let (x, y) = (line.from.x * aspect, line.from.y);
        let across = line.to.x * aspect - x;
        let down = line.to.y - y;
        let length = across.hypot(down).max(f32::MIN_POSITIVE);
        Self { x, y, along: (across / length, down / length), length }
    }

    /// Returns how far right of the line the point is; negative on its left. As y grows
    /// downwards, right is where the cross product is positive.
    pub(crate) fn rightness(&self, point: &Stance) -> f32 {
        self.along.0 * (point.y - self.y) - self.along.1 * (point.x - self.x)
    }

    /// Returns how far along the line the point is, from its start.
    fn progress(&self, point: &Stance) -> f32 {
        self.along.0 * (point.x - self.x) + self.along.1 * (point.y - self.y)
    }

    /// Returns whether the point, which is on the line, lies between its ends; a little beyond them, too.
    pub(crate) fn is_between_ends(&self, point: &Stance) -> bool {
        let tolerance = END_TOLERANCE_SIZES * point.size();
        (-tolerance..=self.length + tolerance).contains(&self.progress(point))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

/// A crossing that counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Crossed {
    pub(crate) crossing: Crossing,
    /// When the point was on the line.
    pub(crate) time: Timestamp,
    /// Where the object was then.
    pub(crate) stance: Stance,
}

/// A point seen on another side than where it belongs so far.
#[derive(Debug, Clone, Copy)]
struct Venture {
    side: Side,
    since: Timestamp,
    pictures: u32,
    /// When and where it passed between the line's ends; `None` if it went round them.
    passed: Option<(Timestamp, Stance)>,
}

/// Watches one track at one tripwire.
#[derive(Debug, Clone, Default)]
pub(crate) struct CrossingWatch {
    /// The side it belongs to, once that is sure.
    side: Option<Side>,
    /// How far from the line it has been on that side, in object sizes.
    farthest: f32,
    venture: Option<Venture>,
    /// On which side it was first seen, and how far from the line, in object sizes.
    first: Option<(Side, f32)>,
    last: Option<(Timestamp, Stance)>,
    counted: Vec<Crossing>,
}

impl CrossingWatch {
    /// Takes where the track was at `time`, later than before.
    pub(crate) fn observe(
        &mut self,
        wire: &Wire,
        time: Timestamp,
        stance: &Stance,
    ) -> Option<Crossed> {
        let last = self.last.replace((time, *stance));
        let rightness = wire.rightness(stance);
        let distance_sizes = rightness.abs() / stance.size();
        let side = if rightness > 0.0 { Side::Right } else { Side::Left };
        let first = *self.first.get_or_insert((side, distance_sizes));
        if self.side == Some(side) {
            self.venture = None;
            self.farthest = self.farthest.max(distance_sizes);
            return None;
        }
        let mut venture = match self.venture {
            Some(venture) if venture.side == side => venture,
            _ => Venture {
                side,
                since: time,
                pictures: 0,
                passed: last.and_then(|last| passed_between_ends(wire, last, (time, *stance))),
            },
        };
        venture.pictures += 1;
        let stayed_s = time.seconds_since(venture.since);
        let begins = last.is_none() && distance_sizes >= BEGINS_SIZES;
        let is_on_its_way = self.side.is_none()
            && first.0 != side
            && first.1 + distance_sizes < GONE_SIZES
            && venture.passed.is_some();
        let is_held = is_held(distance_sizes, venture.pictures, stayed_s) && !is_on_its_way;
        if begins || is_held {
            self.settle(venture, distance_sizes)
        } else {
            self.venture = Some(venture);
            None
        }
    }

    /// Returns the crossing of a track that ended, or left the view, soon behind the line.
    pub(crate) fn finish(&mut self, wire: &Wire) -> Option<Crossed> {
        let venture = self.venture.take()?;
        let (_, stance) = self.last?;
        let distance_sizes = wire.rightness(&stance).abs() / stance.size();
        let has_left = distance_sizes >= LEFT_SIZES;
        has_left.then(|| self.settle(venture, distance_sizes)).flatten()
    }

    /// Makes the venture's side the track's; returns the crossing if it is one that counts.
    fn settle(&mut self, venture: Venture, distance_sizes: f32) -> Option<Crossed> {
        let before = self.side.replace(venture.side);
        let was_away = self.farthest >= AWAY_SIZES;
        self.farthest = distance_sizes;
        self.venture = None;
        let came_across = self.first.is_some_and(|(side, first_sizes)| {
            side != venture.side && first_sizes + distance_sizes >= GONE_SIZES
        });
        if before.is_none() && !came_across {
            return None;
        }
        let (time, stance) = venture.passed?;
        let crossing = match venture.side {
            Side::Right => Crossing::LeftToRight,
            Side::Left => Crossing::RightToLeft,
        };
        let is_repeated = self.counted.contains(&crossing);
        if is_repeated && !was_away {
            return None;
        }
        if !is_repeated {
            self.counted.push(crossing);
        }
        Some(Crossed { crossing, time, stance })
    }
}

fn is_held(distance_sizes: f32, pictures: u32, stayed_s: f64) -> bool {
    let has_left = distance_sizes >= LEFT_SIZES && pictures >= LEFT_PICTURES;
    let has_stayed = pictures >= STAYED.0 && stayed_s >= STAYED.1 && distance_sizes >= STAYED.2;
    distance_sizes >= FAR_SIZES || has_left || has_stayed
}

/// Returns when and where the way from `from` to `to` meets the line between its ends.
fn passed_between_ends(
    wire: &Wire,
    from: (Timestamp, Stance),
    to: (Timestamp, Stance),
) -> Option<(Timestamp, Stance)> {
    let before = wire.rightness(&from.1).abs();
    let after = wire.rightness(&to.1).abs();
    let share = if before + after > 0.0 { before / (before + after) } else { 0.0 };
    let stance = from.1.towards(&to.1, share);
    let time = from.0.plus(to.0.since(from.0).mul_f32(share));
    wire.is_between_ends(&stance).then_some((time, stance))
}

#[cfg(test)]
mod tests {
    use domain::Point;
    use proptest::prelude::*;

    use super::*;

    const UPWARDS: Line = Line { from: Point::new(0.5, 0.9), to: Point::new(0.5, 0.1) };

    fn at(x: f32, y: f32) -> Stance {
        Stance { x, y, width: 0.1, height: 0.1 }
    }

    fn walk(steps: impl IntoIterator<Item = (f32, f32)>) -> Vec<Crossing> {
        let wire = Wire::new(&UPWARDS, 1.0);
        let mut watch = CrossingWatch::default();
        let mut crossings = Vec::new();
        for (index, (x, y)) in (0..).zip(steps) {
            let time = Timestamp::from_millis(index * 200);
            crossings.extend(watch.observe(&wire, time, &at(x, y)));
        }
        crossings.extend(watch.finish(&wire));
        crossings.iter().map(|crossed| crossed.crossing).collect()
    }

    #[test]
    fn left_and_right_are_as_seen_along_the_line() {
        assert_eq!(
            walk((0..10).map(|step| (0.3 + 0.05 * step as f32, 0.5))),
            [Crossing::LeftToRight]
        );
        assert_eq!(
            walk((0..10).map(|step| (0.7 - 0.05 * step as f32, 0.5))),
            [Crossing::RightToLeft]
        );
    }

    #[test]
    fn who_trembles_on_the_line_has_not_crossed_it() {
        let tremble = (0..200).map(|step| (0.5 + 0.015 * (step as f32 * 1.7).sin(), 0.5));
        let approach = (0..10).map(|step| (0.3 + 0.02 * step as f32, 0.5));
        assert_eq!(walk(approach.chain(tremble)), []);
    }

    #[test]
    fn who_stops_just_behind_the_line_has_crossed_it() {
        let approach = (0..10).map(|step| (0.3 + 0.02 * step as f32, 0.5));
        let stop = (0..10).map(|_| (0.51, 0.5));
        assert_eq!(walk(approach.chain(stop)), [Crossing::LeftToRight]);
    }

    #[test]
    fn who_paces_to_and_fro_counts_each_time() {
        let pace = (0..60).map(|step| (0.5 - 0.2 * (step as f32 / 3.0).cos(), 0.5));
        let crossings = walk(pace);
        assert_eq!(crossings.len(), 6, "{crossings:?}");
    }

    #[test]
    fn who_is_first_seen_near_the_line_has_crossed_it_once_they_are_clearly_across() {
        let across = (0..10).map(|step| (0.48 + 0.01 * step as f32, 0.5));
        assert_eq!(walk(across), [Crossing::LeftToRight]);
        let hardly = (0..30).map(|step| (0.48 + 0.002 * step.min(16) as f32, 0.5));
        assert_eq!(walk(hardly), []);
        let tremble = (0..60).map(|step| (0.5 - 0.02 * (step as f32 * 1.7).cos(), 0.5));
        assert_eq!(walk(tremble), []);
    }

    #[test]
    fn who_goes_round_the_end_has_not_crossed() {
        let round = [(0.4, 0.5), (0.4, 0.97), (0.6, 0.97), (0.6, 0.5), (0.7, 0.5)];
        assert_eq!(walk(round), []);
    }

    #[test]
    fn one_leap_over_the_line_counts_where_it_met_it() {
        let wire = Wire::new(&UPWARDS, 1.0);
        let mut watch = CrossingWatch::default();
        let (start, end) = (Timestamp::from_millis(0), Timestamp::from_millis(1000));
        assert_eq!(watch.observe(&wire, start, &at(0.4, 0.5)), None);
        let crossed = watch.observe(&wire, end, &at(0.9, 0.5)).unwrap();
        assert_eq!(crossed.time.as_millis(), 200);
        assert!((crossed.stance.x - 0.5).abs() < 1e-6);
    }

    proptest! {
        /// However a point wanders within the line's reach: who ends up on the other side has
        /// crossed to it, and who ends up where they began has crossed back if at all.
        #[test]
        fn crossings_match_a_change_of_side(
            steps in proptest::collection::vec((0.0_f32..1.0, 0.2_f32..0.8), 1..60),
            starts_left: bool,
            ends_left: bool,
        ) {
            let clear = |left: bool| if left { (0.1, 0.5) } else { (0.9, 0.5) };
            let way = [clear(starts_left); 2].into_iter()
                .chain(steps)
                .chain([clear(ends_left); 2]);
            let crossings = walk(way);
            if starts_left != ends_left {
                let across = if starts_left { Crossing::LeftToRight } else { Crossing::RightToLeft };
                prop_assert!(crossings.contains(&across));
            } else {
                prop_assert!(crossings.len() != 1);
            }
        }
    }
}
