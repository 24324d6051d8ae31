//! A track's path in about 100 bytes: simplified, in 4096ths of the view, as differences.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "positions are rounded to 4096ths on purpose; float to integer saturates"
)]

use domain::{Bbox, Timestamp, TrackPoint};

use crate::coding::{Decoder, Encoder};

/// How far a left-out point may lie from the straight stretch, in views: 2 pixels of a 640 × 360
/// sub stream, where a detector's own jitter is.
const TOLERANCE: f32 = 0.004;
/// Steps per view.
const STEPS: f32 = 4096.0;
/// Longer paths are simplified piece by piece, so that the cost stays bounded.
const PIECE: usize = 2048;

/// Returns the blob of a path: count, then per kept point the differences of time (ms), ground
/// point and size to the one before.
pub(crate) fn encode(path: &[TrackPoint]) -> Vec<u8> {
    let kept = simplified(path);
    let mut encoder = Encoder::default();
    encoder.unsigned(kept.len() as u64);
    let start = path.first().map_or(Timestamp::MIN, |point| point.time);
    let mut before = [0_i64; 5];
    for point in kept {
        let ground = point.bbox.ground_point();
        let steps = |share: f32| (share * STEPS).round() as i64;
        let now = [
            point.time.micros_since(start) / 1000,
            steps(ground.x),
            steps(ground.y),
            steps(point.bbox.width),
            steps(point.bbox.height),
        ];
        for (now, before) in now.into_iter().zip(before) {
            encoder.signed(now.wrapping_sub(before));
        }
        before = now;
    }
    encoder.finish()
}

/// Reads a path back; `None` when the blob holds what was never written. The ends keep their
/// exact times, which are not in the blob.
pub(crate) fn decode(blob: &[u8], start: Timestamp, end: Timestamp) -> Option<Vec<TrackPoint>> {
    let mut decoder = Decoder::new(blob);
    let count = decoder.count(5)?;
    let mut path = Vec::with_capacity(count);
    let mut before = [0_i64; 5];
    for number in 0..count {
        for value in &mut before {
            *value = value.wrapping_add(decoder.signed()?);
        }
        let [time_ms, x, y, width, height] = before;
        let share = |steps: i64| steps as f32 / STEPS;
        let time = if number == 0 {
            start
        } else if number == count - 1 {
            end
        } else {
            Timestamp::from_micros(start.as_micros().saturating_add(time_ms.saturating_mul(1000)))
        };
        path.push(TrackPoint {
            time,
            bbox: Bbox {
                left: share(x) - share(width) / 2.0,
                top: share(y) - share(height),
                width: share(width),
                height: share(height),
            },
        });
    }
    decoder.is_at_end().then_some(path)
}

/// Returns the points without which the path would look different: Douglas and Peucker's way,
/// with distances taken at the same moment, so that speed is kept as well as shape.
fn simplified(path: &[TrackPoint]) -> Vec<TrackPoint> {
    let Some(last) = path.len().checked_sub(1) else {
        return Vec::new();
    };
    let mut is_kept = vec![false; path.len()];
    is_kept[0] = true;
    is_kept[last] = true;
    let mut stretches: Vec<(usize, usize)> =
        (0..last).step_by(PIECE).map(|from| (from, (from + PIECE).min(last))).collect();
    while let Some((from, to)) = stretches.pop() {
        is_kept[to] = true;
        let farthest = (from + 1..to)
            .map(|at| (distance(&path[from], &path[to], &path[at]), at))
            .max_by(|a, b| a.0.total_cmp(&b.0));
        if let Some((distance, at)) = farthest
            && distance > TOLERANCE
        {
            stretches.push((from, at));
            stretches.push((at, to));
        }
    }
    path.iter().zip(is_kept).filter(|&(_, kept)| kept).map(|(point, _)| *point).collect()
}

/// Returns how far `point` lies from where a straight, even movement would be at its time: the
/// largest difference in ground point or size, in views.
fn distance(from: &TrackPoint, to: &TrackPoint, point: &TrackPoint) -> f32 {
    let whole = to.time.micros_since(from.time) as f32;
    let share = if whole > 0.0 { point.time.micros_since(from.time) as f32 / whole } else { 0.0 };
    let values = |at: &TrackPoint| {
        let ground = at.bbox.ground_point();
        [ground.x, ground.y, at.bbox.width, at.bbox.height]
    };
    let ends = values(from).into_iter().zip(values(to));
    ends.zip(values(point))
        .map(|((from, to), at)| (from + (to - from) * share - at).abs())
        .fold(0.0, f32::max)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn walk(steps: usize) -> Vec<TrackPoint> {
        let start: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
        (0..steps)
            .map(|step| TrackPoint {
                time: start.plus(Duration::from_millis(200 * step as u64)),
                bbox: Bbox {
                    left: 0.1 + 0.002 * step as f32,
                    top: 0.3 + 0.05 * (step as f32 / 20.0).sin(),
                    width: 0.03,
                    height: 0.12,
                },
            })
            .collect()
    }

    #[test]
    fn a_minute_of_walking_fits_in_about_a_hundred_bytes() {
        let path = walk(300);
        let blob = encode(&path);
        assert!(blob.len() <= 160, "{} bytes", blob.len());
        let (start, end) = (path[0].time, path[299].time);
        let read = decode(&blob, start, end).unwrap();
        assert_eq!(read[0].time, start);
        assert_eq!(read[read.len() - 1].time, end);
        for pair in read.windows(2) {
            for point in path.iter().filter(|p| (pair[0].time..=pair[1].time).contains(&p.time)) {
                assert!(distance(&pair[0], &pair[1], point) < 0.006);
            }
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(blob: Vec<u8>) {
            let _ = decode(&blob, Timestamp::MIN, Timestamp::MAX);
        }

        #[test]
        fn any_path_is_written_without_panic(
            points in prop::collection::vec((any::<i64>(), any::<[f32; 4]>()), 0..40)
        ) {
            let path: Vec<_> = points
                .into_iter()
                .map(|(time, [left, top, width, height])| TrackPoint {
                    time: Timestamp::from_micros(time),
                    bbox: Bbox { left, top, width, height },
                })
                .collect();
            let blob = encode(&path);
            prop_assert!(decode(&blob, Timestamp::MIN, Timestamp::MAX).is_some());
        }
    }
}
