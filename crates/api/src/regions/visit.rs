//! When an object was in a region of a view, and how much of a region is masked. Pure.

use std::time::Duration;

use domain::{Bbox, Point, Polygon, TimeRange, TrackPoint};

/// Steps along a straight stretch of a path, in parts of the view; and at most so many.
const STEP: f32 = 0.01;
const MOST_STEPS: f32 = 200.0;
/// Points a side that a region is judged by.
const GRID: u16 = 48;

/// A stay of an object in a region.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Visit {
    /// From when to when.
    pub(super) range: TimeRange,
    /// Where it was when it came in.
    pub(super) bbox: Bbox,
}

/// Returns from when to when the object that took `path` was in `region`: from first to last, by its
/// ground point or its centre. `None` if it never was.
pub(super) fn visit(path: &[TrackPoint], region: &Polygon) -> Option<Visit> {
    let is_in =
        |bbox: &Bbox| region.contains(bbox.ground_point()) || region.contains(bbox.centre());
    let mut visit: Option<Visit> = None;
    let mut take = |point: TrackPoint| {
        if !is_in(&point.bbox) {
            return;
        }
        match &mut visit {
            Some(visit) => visit.range.end = point.time,
            None => {
                let range = TimeRange { start: point.time, end: point.time };
                visit = Some(Visit { range, bbox: point.bbox });
            }
        }
    };
    let first = path.first()?;
    take(*first);
    for pair in path.windows(2) {
        let [from, to] = [pair[0], pair[1]];
        let (a, b) = (from.bbox.ground_point(), to.bbox.ground_point());
        let longest = (b.x - a.x).abs().max((b.y - a.y).abs());
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "held to 1..=200 before; no number becomes 0"
        )]
        let steps = (longest / STEP).ceil().clamp(1.0, MOST_STEPS) as u16;
        for step in 1..=steps.max(1) {
            take(between(&from, &to, f32::from(step) / f32::from(steps.max(1))));
        }
    }
    visit
}

/// Returns where the object was after `share` of the way from one point to the next.
fn between(from: &TrackPoint, to: &TrackPoint, share: f32) -> TrackPoint {
    let part = |a: f32, b: f32| a + (b - a) * share;
    let (a, b) = (from.bbox, to.bbox);
    let length = to.time.since(from.time).as_secs_f64();
    TrackPoint {
        time: from.time.plus(Duration::from_secs_f64(length * f64::from(share))),
        bbox: Bbox {
            left: part(a.left, b.left),
            top: part(a.top, b.top),
            width: part(a.width, b.width),
            height: part(a.height, b.height),
        },
    }
}

/// Returns the part of `region` that lies behind `masks`, 0..=1.
pub(super) fn masked_share(region: &Polygon, masks: &[Polygon]) -> f32 {
    let at = |step: u16| (f32::from(step) + 0.5) / f32::from(GRID);
    let (mut inside, mut masked) = (0_u16, 0_u16);
    let corners = region.corners().iter();
    let (left, right) =
        corners.clone().fold((1.0, 0.0), |(l, r): (f32, f32), c| (l.min(c.x), r.max(c.x)));
    let (top, bottom) = corners.fold((1.0, 0.0), |(t, b): (f32, f32), c| (t.min(c.y), b.max(c.y)));
    for row in 0..GRID {
        for column in 0..GRID {
            let point =
                Point::new(left + (right - left) * at(column), top + (bottom - top) * at(row));
            if region.contains(point) {
                inside += 1;
                masked += u16::from(masks.iter().any(|mask| mask.contains(point)));
            }
        }
    }
    if inside == 0 { 0.0 } else { f32::from(masked) / f32::from(inside) }
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;

    use super::*;

    fn polygon(corners: &[[f32; 2]]) -> Polygon {
        Polygon::new(corners.iter().copied().map(Point::from).collect()).unwrap()
    }

    fn path(points: &[(u64, f32)]) -> Vec<TrackPoint> {
        let start = Timestamp::from_micros(1_772_325_000_000_000);
        let at = |(second, x): &(u64, f32)| TrackPoint {
            time: start.plus(Duration::from_secs(*second)),
            bbox: Bbox { left: x - 0.05, top: 0.3, width: 0.1, height: 0.2 },
        };
        points.iter().map(at).collect()
    }

    #[test]
    fn an_object_is_in_the_region_while_its_feet_or_its_middle_are() {
        let middle = polygon(&[[0.4, 0.4], [0.6, 0.4], [0.6, 0.6], [0.4, 0.6]]);
        let through = path(&[(0, 0.0), (10, 1.0)]);
        let seen = visit(&through, &middle).unwrap();
        let from = seen.range.start.seconds_since(through[0].time);
        let until = seen.range.end.seconds_since(through[0].time);
        assert!((3.9..4.2).contains(&from) && (5.8..6.1).contains(&until), "{from} {until}");
        assert_eq!(visit(&path(&[(0, 0.0), (10, 0.3)]), &middle), None);
        assert_eq!(visit(&[], &middle), None);
        let still = visit(&path(&[(3, 0.5)]), &middle).unwrap();
        assert!(still.range.duration().is_zero());
        let nowhere = path(&[(0, f32::NAN), (1, f32::INFINITY)]);
        assert_eq!(visit(&nowhere, &middle), None);
    }

    #[test]
    fn what_lies_behind_masks_is_told_as_a_part_of_the_region() {
        let region = polygon(&[[0.2, 0.2], [0.6, 0.2], [0.6, 0.6], [0.2, 0.6]]);
        let left = polygon(&[[0.0, 0.0], [0.4, 0.0], [0.4, 1.0], [0.0, 1.0]]);
        let right = polygon(&[[0.4, 0.0], [1.0, 0.0], [1.0, 1.0], [0.4, 1.0]]);
        assert!((masked_share(&region, std::slice::from_ref(&left)) - 0.5).abs() < 0.03);
        assert!(masked_share(&region, &[left, right]) > 0.99);
        assert!(masked_share(&region, &[]).abs() < f32::EPSILON);
    }
}
