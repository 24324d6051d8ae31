//! Where a track was between two of its points.
//!
//! An object that is missed for a picture is on the straight way between; one that is missed for seconds may
//! have stopped, turned, or gone round. Whoever draws or judges it there should know which.

use domain::{Bbox, Class, Timestamp, TrackPoint};

use crate::live::seconds_between;
use crate::motion;
use crate::stance::Stance;

/// How vaguely a place may be known, in widths of the box: one standard deviation. More, and a box there
/// is likelier off than on: a third of a width aside, two boxes share no more than half.
const VAGUE_WIDTHS: f32 = 0.5;

/// Overlap from which both ends are the same place: who is where they were has not been elsewhere.
const SAME_PLACE_IOU: f32 = 0.7;

/// The way between two neighbouring points of a path.
#[derive(Debug, Clone, Copy)]
pub struct Bridge {
    ends: [TrackPoint; 2],
    is_known: bool,
}

impl Bridge {
    /// Takes two points of the path of an object of `class`, on a view `aspect` times as wide as high.
    ///
    /// Half way the place is known least. Of an object whose velocity is pushed about at random the variance
    /// there, between two known ends, is push² · gap³ / 192: that of an integrated Brownian bridge, by which
    /// Kalman smoothers fill gaps, too.
    pub fn new(from: &TrackPoint, to: &TrackPoint, class: Class, aspect: f32) -> Self {
        let gap_s = seconds_between(from.time, to.time).max(f32::MIN_POSITIVE);
        let ends = [Stance::of(&from.bbox, aspect), Stance::of(&to.bbox, aspect)];
        let [start, end] = &ends;
        let size = f32::midpoint(start.size(), end.size());
        let velocity = (end.x - start.x).hypot(end.y - start.y) / gap_s;
        let deviation = motion::push(class, size, velocity) * (gap_s.powi(3) / 192.0).sqrt();
        let is_near = deviation <= VAGUE_WIDTHS * f32::midpoint(start.width, end.width);
        let is_known = is_near || start.iou(end) >= SAME_PLACE_IOU;
        Self { ends: [*from, *to], is_known }
    }

    /// Returns where the object was at `time`, between both points; `None` if that is not known.
    pub fn place_at(&self, time: Timestamp) -> Option<Bbox> {
        let [from, to] = &self.ends;
        let is_between = from.time < time && time < to.time;
        if !self.is_known || !is_between {
            return None;
        }
        let share = seconds_between(from.time, time) / seconds_between(from.time, to.time);
        let mix = |from: f32, to: f32| from + (to - from) * share;
        Some(Bbox {
            left: mix(from.bbox.left, to.bbox.left),
            top: mix(from.bbox.top, to.bbox.top),
            width: mix(from.bbox.width, to.bbox.width),
            height: mix(from.bbox.height, to.bbox.height),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns whether the way is known of a box 0.05 wide and 0.12 high that is found again, so many
    /// tenths of a second later, so far across.
    fn is_known(class: Class, tenths: i64, across: f32) -> bool {
        let at = |tenths: i64, x: f32| TrackPoint {
            time: Timestamp::from_millis(100 * tenths),
            bbox: Bbox { left: 0.1 + x, top: 0.4, width: 0.05, height: 0.12 },
        };
        let bridge = Bridge::new(&at(0, 0.0), &at(tenths, across), class, 1.0);
        let middle = bridge.place_at(Timestamp::from_millis(50 * tenths));
        if let Some(bbox) = middle {
            assert!((bbox.left - 0.1 - across / 2.0).abs() < 1e-6, "{bbox:?}");
        }
        assert_eq!(bridge.place_at(Timestamp::from_millis(0)), None);
        assert_eq!(bridge.place_at(Timestamp::from_millis(100 * tenths)), None);
        middle.is_some()
    }

    #[test]
    fn a_short_gap_is_a_straight_way_and_a_long_one_is_not_known() {
        assert!(is_known(Class::Person, 10, 0.08));
        assert!(!is_known(Class::Person, 40, 0.3));
        assert!(is_known(Class::Car, 4, 0.1));
        assert!(!is_known(Class::Car, 20, 0.5));
    }

    #[test]
    fn who_is_found_where_they_were_lost_was_there() {
        assert!(is_known(Class::Person, 50, 0.002));
        assert!(is_known(Class::Car, 300, 0.0));
    }
}
