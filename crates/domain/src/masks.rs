//! Privacy masks over time: which polygons lie over a picture of a camera.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{CameraId, Polygon, TimeRange, Timestamp};

/// How long masks that were replaced still lie over new pictures: the time of a picture is the
/// camera's, which may be off by as much before it is no longer believed.
const LINGERS: Duration = Duration::from_secs(600);

/// The masks of a camera from a moment on, until the next version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaskVersion {
    /// Counts the camera's versions, from 1.
    pub number: u32,
    /// Since when they are in force, by our clock; the first has always been.
    pub since: Timestamp,
    /// What is covered, in shares of the view; may be nothing.
    pub polygons: Vec<Polygon>,
}

/// All that ever covered one camera's view.
///
/// A picture bears the masks that were in force when it was taken *and* those in force now: a mask
/// that is added covers what was recorded before it as well, and one that is taken away still covers
/// what was recorded under it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MaskHistory(Vec<MaskVersion>);

impl MaskHistory {
    /// Joins the versions of a camera, in any order.
    pub fn new(mut versions: Vec<MaskVersion>) -> Self {
        versions.sort_by_key(|version| version.number);
        Self(versions)
    }

    /// Returns the version in force now, if there was any.
    pub fn current(&self) -> Option<&MaskVersion> {
        self.0.last()
    }

    /// Returns what covers a picture taken at `time`; nothing twice.
    pub fn at(&self, time: Timestamp) -> Vec<Polygon> {
        self.over(TimeRange { start: time, end: time.plus(Duration::from_micros(1)) })
    }

    /// Returns what covers any picture taken in `range`; nothing twice.
    pub fn over(&self, range: TimeRange) -> Vec<Polygon> {
        let mut covering: Vec<Polygon> = Vec::new();
        for polygon in self.versions_over(range).flat_map(|version| &version.polygons) {
            if !covering.contains(polygon) {
                covering.push(polygon.clone());
            }
        }
        covering
    }

    /// Returns whether anything covers a picture taken in `range`.
    pub fn covers(&self, range: TimeRange) -> bool {
        self.versions_over(range).any(|version| !version.polygons.is_empty())
    }

    /// Returns the versions that lie over pictures taken in `range`, in order.
    pub fn versions_over(&self, range: TimeRange) -> impl Iterator<Item = &MaskVersion> {
        let last = self.0.len().saturating_sub(1);
        self.0.iter().enumerate().filter_map(move |(position, version)| {
            let begins = if position == 0 { Timestamp::MIN } else { version.since };
            let ends = self.0.get(position + 1).map(|next| next.since.plus(LINGERS));
            // A version that is about to begin may already be in force by the camera's clock.
            let has_begun = begins.minus(LINGERS) < range.end;
            let is_meant =
                position == last || (has_begun && ends.is_none_or(|ends| range.start < ends));
            is_meant.then_some(version)
        })
    }
}

/// The masks of every camera of a site that was ever configured.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SiteMasks(BTreeMap<CameraId, MaskHistory>);

impl SiteMasks {
    /// Joins the histories of cameras.
    pub fn new(cameras: BTreeMap<CameraId, MaskHistory>) -> Self {
        Self(cameras)
    }

    /// Returns the history of `camera`; `None` for one whose masks nobody knows: of that one nothing
    /// is to be shown.
    pub fn of(&self, camera: &CameraId) -> Option<&MaskHistory> {
        self.0.get(camera)
    }

    /// Returns a number that changes with every change of the masks of `camera`, and with no other's.
    pub fn revision(&self, camera: &CameraId) -> u64 {
        let last = self.of(camera).and_then(MaskHistory::current);
        last.map_or(0, |last| u64::from(last.number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Point;

    fn at(s: i64) -> Timestamp {
        Timestamp::from_micros(1_772_323_200_000_000 + s * 1_000_000)
    }

    fn square(left: f32) -> Polygon {
        let corners = [[left, 0.0], [left + 0.1, 0.0], [left + 0.1, 0.1], [left, 0.1]];
        Polygon::new(corners.map(Point::from).to_vec()).unwrap()
    }

    fn version(number: u32, since: i64, polygons: &[f32]) -> MaskVersion {
        let polygons = polygons.iter().copied().map(square).collect();
        MaskVersion { number, since: at(since), polygons }
    }

    #[test]
    fn a_picture_bears_the_masks_of_then_and_of_now() {
        let history = MaskHistory::new(vec![
            version(3, 20_000, &[0.5]),
            version(1, 0, &[0.1]),
            version(2, 10_000, &[0.3, 0.1]),
        ]);
        // Before the first version nothing was known, so it holds for that as well.
        assert_eq!(history.at(at(-90_000)), [square(0.1), square(0.5)]);
        assert_eq!(history.at(at(5_000)), [square(0.1), square(0.5)]);
        assert_eq!(history.at(at(15_000)), [square(0.3), square(0.1), square(0.5)]);
        assert_eq!(history.at(at(25_000)), [square(0.5)]);
    }

    #[test]
    fn a_camera_whose_clock_is_off_shows_nothing_that_was_covered() {
        let history = MaskHistory::new(vec![version(1, 0, &[0.1]), version(2, 10_000, &[])]);
        // Taken before the mask went, and dated ten minutes later.
        assert_eq!(history.at(at(10_599)), [square(0.1)]);
        assert!(history.at(at(10_600)).is_empty());
        let range = |start, end| TimeRange { start: at(start), end: at(end) };
        assert!(history.covers(range(10_599, 99_999)) && !history.covers(range(10_600, 99_999)));
        let added = MaskHistory::new(vec![
            version(1, 0, &[]),
            version(2, 10_000, &[0.1]),
            version(3, 20_000, &[]),
        ]);
        assert!(added.at(at(9_399)).is_empty());
        assert_eq!(added.at(at(9_400)), [square(0.1)]);
        assert!(MaskHistory::default().at(at(0)).is_empty());
    }
}
