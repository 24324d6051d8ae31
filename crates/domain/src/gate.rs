//! A gate: a line drawn on one camera's view, asked of the past: who went over it, and which way.

use crate::{Crossing, Line, Point, Timestamp, TrackPoint};

/// A line that an object must have gone over. Unlike a tripwire it makes no events: it is drawn
/// after the fact, over tracks whose paths are simplified, so a single pass from one side to the
/// other is enough.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gate {
    /// The line, from its start to its end.
    pub line: Line,
    /// Which way; `None` for either.
    pub sense: Option<Crossing>,
}

impl Gate {
    /// Returns when and which way the object that took `path` first went over the gate: its ground
    /// point, in a straight line from one point of the path to the next. One that only comes up to
    /// the line, or goes round its ends, has not gone over it.
    pub fn crossed_by(&self, path: &[TrackPoint]) -> Option<(Timestamp, Crossing)> {
        // The last point that did not lie on the line itself, and its side.
        let mut before: Option<(&TrackPoint, f32)> = None;
        for point in path {
            let side = self.rightness(point.bbox.ground_point());
            if side == 0.0 || side.is_nan() {
                continue;
            }
            if let Some((last, last_side)) = before.replace((point, side))
                && (last_side < 0.0) != (side < 0.0)
            {
                let share = last_side / (last_side - side);
                let way = if side > 0.0 { Crossing::LeftToRight } else { Crossing::RightToLeft };
                let is_asked = self.sense.is_none_or(|asked| asked == way);
                if is_asked && self.lies_between_ends(last, point, share) {
                    return Some((between(last.time, point.time, share), way));
                }
            }
        }
        None
    }

    /// Returns how far right of the line a point is, times the line's length; as y grows downwards,
    /// right is where the cross product is positive.
    fn rightness(&self, point: Point) -> f32 {
        let Line { from, to } = self.line;
        (to.x - from.x) * (point.y - from.y) - (to.y - from.y) * (point.x - from.x)
    }

    fn lies_between_ends(&self, last: &TrackPoint, next: &TrackPoint, share: f32) -> bool {
        let (a, b) = (last.bbox.ground_point(), next.bbox.ground_point());
        let on_line = Point::new(a.x + (b.x - a.x) * share, a.y + (b.y - a.y) * share);
        let Line { from, to } = self.line;
        let (across, down) = (to.x - from.x, to.y - from.y);
        let along = across * (on_line.x - from.x) + down * (on_line.y - from.y);
        (0.0..=across * across + down * down).contains(&along)
    }
}

fn between(start: Timestamp, end: Timestamp, share: f32) -> Timestamp {
    let length = end.since(start).mul_f64(f64::from(share).clamp(0.0, 1.0));
    start.plus(length)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::Bbox;

    /// A path of ground points, a second apart.
    fn path(points: &[[f32; 2]]) -> Vec<TrackPoint> {
        let start = Timestamp::from_micros(1_772_325_000_000_000);
        let at = |(second, [x, y]): (u64, &[f32; 2])| TrackPoint {
            time: start.plus(Duration::from_secs(second)),
            bbox: Bbox { left: x - 0.05, top: y - 0.2, width: 0.1, height: 0.2 },
        };
        (0..).zip(points).map(at).collect()
    }

    fn gate(from: [f32; 2], to: [f32; 2], sense: Option<Crossing>) -> Gate {
        Gate { line: Line { from: from.into(), to: to.into() }, sense }
    }

    #[test]
    fn the_way_over_is_as_seen_when_looking_along_the_line() {
        // Upwards through the middle of the view: right of it is right on the view.
        let (from, to) = ([0.5, 1.0], [0.5, 0.0]);
        let eastwards = path(&[[0.1, 0.5], [0.3, 0.5], [0.7, 0.5]]);
        let (time, way) = gate(from, to, None).crossed_by(&eastwards).unwrap();
        assert_eq!(way, Crossing::LeftToRight);
        assert_eq!(time.since(eastwards[0].time), Duration::from_millis(1500));
        assert!(gate(from, to, Some(Crossing::RightToLeft)).crossed_by(&eastwards).is_none());
        let back = path(&[[0.7, 0.5], [0.3, 0.5]]);
        assert!(gate(from, to, Some(Crossing::RightToLeft)).crossed_by(&back).is_some());
        // The other way of a path that goes there and back is found later.
        let both = path(&[[0.3, 0.5], [0.7, 0.5], [0.3, 0.5]]);
        let (time, _) = gate(from, to, Some(Crossing::RightToLeft)).crossed_by(&both).unwrap();
        assert_eq!(time.since(both[0].time), Duration::from_millis(1500));
    }

    #[test]
    fn who_turns_back_on_the_line_or_goes_round_its_ends_has_not_crossed() {
        let (from, to) = ([0.5, 0.8], [0.5, 0.4]);
        for short in [
            path(&[[0.3, 0.5], [0.5, 0.5], [0.3, 0.5]]),
            path(&[[0.3, 0.2], [0.7, 0.2]]),
            path(&[[0.3, 0.9], [0.7, 0.9]]),
            path(&[[0.3, 0.5]]),
            path(&[]),
        ] {
            assert!(gate(from, to, None).crossed_by(&short).is_none(), "{short:?}");
        }
        // One that stands on the line and goes on has.
        let over = path(&[[0.3, 0.5], [0.5, 0.5], [0.7, 0.5]]);
        assert!(gate(from, to, None).crossed_by(&over).is_some());
    }

    proptest! {
        #[test]
        fn a_path_walked_backwards_crosses_the_other_way(
            points in prop::collection::vec(prop::array::uniform2(0.0..1.0_f32), 2..3),
            from in prop::array::uniform2(0.0..1.0_f32),
            to in prop::array::uniform2(0.0..1.0_f32),
        ) {
            let gate = gate(from, to, None);
            let there = gate.crossed_by(&path(&points)).map(|(_, way)| way);
            let backwards: Vec<_> = points.iter().rev().copied().collect();
            let back = gate.crossed_by(&path(&backwards)).map(|(_, way)| way);
            prop_assert_eq!(there.is_some(), back.is_some());
            prop_assert!(there.is_none() || there != back);
        }

        #[test]
        fn any_path_is_asked_without_panic(
            points in prop::collection::vec(prop::array::uniform2(any::<f32>()), 0..8),
            ends in prop::array::uniform4(any::<f32>()),
        ) {
            let [a, b, c, d] = ends;
            let _ = gate([a, b], [c, d], None).crossed_by(&path(&points));
        }
    }
}
