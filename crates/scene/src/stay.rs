//! How long a track has been inside a zone.
//!
//! A ground point at the edge of a zone trembles in and out; a stay therefore ends only when the
//! point has been outside for a while, and a point that is outside most of the time never stays.
//! Who stands half out of the view, feet unseen, stands at its edge.

use domain::{Bbox, Polygon, Timestamp};

use crate::trail::ground_on_view;

/// Pictures inside before a stay is believed.
const LEAST_PICTURES: u32 = 2;

/// Part of the pictures since entering that must show it inside.
const LEAST_SHARE_INSIDE: f32 = 0.6;

/// How long it must be outside for the stay to end, in seconds, and in how many pictures.
const LEFT: (f64, u32) = (1.0, 2);

/// How long it must be outside before a further stay is a new happening, in seconds.
const NEW_HAPPENING_S: f64 = 10.0;

/// A stay that has lasted long enough.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Stayed {
    /// When it entered.
    pub(crate) since: Timestamp,
    /// Where it was then.
    pub(crate) bbox: Bbox,
}

#[derive(Debug, Clone, Copy)]
struct Stay {
    since: Timestamp,
    bbox: Bbox,
    inside: u32,
    outside: u32,
}

/// Watches one track at one zone.
#[derive(Debug, Clone, Default)]
pub(crate) struct StayWatch {
    stay: Option<Stay>,
    outside_since: Option<(Timestamp, u32)>,
    has_told: bool,
}

impl StayWatch {
    /// Takes where the track was at `time`; tells once that it has been inside for `for_s`.
    pub(crate) fn observe(
        &mut self,
        zone: &Polygon,
        time: Timestamp,
        bbox: &Bbox,
        for_s: f64,
    ) -> Option<Stayed> {
        if !zone.contains(ground_on_view(bbox)) {
            self.outside(time);
            return None;
        }
        self.outside_since = None;
        let stay =
            self.stay.get_or_insert(Stay { since: time, bbox: *bbox, inside: 0, outside: 0 });
        stay.inside = stay.inside.saturating_add(1);
        let has_stayed = stay.inside >= LEAST_PICTURES
            && share_inside(stay) >= LEAST_SHARE_INSIDE
            && time.seconds_since(stay.since) >= for_s;
        if self.has_told || !has_stayed {
            return None;
        }
        self.has_told = true;
        Some(Stayed { since: stay.since, bbox: stay.bbox })
    }

    fn outside(&mut self, time: Timestamp) {
        let (since, pictures) = self.outside_since.unwrap_or((time, 0));
        let pictures = pictures.saturating_add(1);
        self.outside_since = Some((since, pictures));
        let outside_s = time.seconds_since(since);
        if let Some(stay) = &mut self.stay {
            stay.outside = stay.outside.saturating_add(1);
        }
        if outside_s >= LEFT.0 && pictures >= LEFT.1 {
            self.stay = None;
        }
        if outside_s >= NEW_HAPPENING_S {
            self.has_told = false;
        }
    }
}

#[allow(clippy::cast_precision_loss, reason = "a share needs no more than 24 bits")]
fn share_inside(stay: &Stay) -> f32 {
    stay.inside as f32 / stay.inside.saturating_add(stay.outside) as f32
}

#[cfg(test)]
mod tests {
    use domain::Point;

    use super::*;

    fn told(places: &[bool], for_s: f64) -> Vec<(i64, i64)> {
        let corners = [[0.0, 0.0], [0.5, 0.0], [0.5, 1.0], [0.0, 1.0]];
        let zone = Polygon::new(corners.map(Point::from).to_vec()).unwrap();
        let mut watch = StayWatch::default();
        let mut told = Vec::new();
        for (index, &inside) in (0..).zip(places) {
            let bbox =
                Bbox { left: if inside { 0.2 } else { 0.7 }, top: 0.4, width: 0.1, height: 0.2 };
            let time = Timestamp::from_millis(index * 200);
            if let Some(stayed) = watch.observe(&zone, time, &bbox, for_s) {
                told.push((stayed.since.as_millis(), time.as_millis()));
            }
        }
        told
    }

    #[test]
    fn a_stay_is_told_once_when_it_has_lasted() {
        assert_eq!(told(&[true; 100], 3.0), [(0, 3000)]);
        assert_eq!(told(&[true; 15], 3.0), []);
        assert_eq!(told(&[true], 0.0), []);
        assert_eq!(told(&[true, true], 0.0), [(0, 200)]);
    }

    #[test]
    fn stepping_out_for_a_moment_does_not_end_it_but_leaving_does() {
        let mut places = vec![true; 10];
        places.extend([false; 3]);
        places.extend([true; 10]);
        assert_eq!(told(&places, 4.0), [(0, 4000)]);
        let mut places = vec![true; 10];
        places.extend([false; 8]);
        places.extend([true; 15]);
        assert_eq!(told(&places, 4.0), []);
    }

    #[test]
    fn coming_back_soon_is_the_same_happening_and_later_a_new_one() {
        let mut places = vec![true; 10];
        places.extend([false; 20]);
        places.extend([true; 10]);
        assert_eq!(told(&places, 1.0).len(), 1);
        let mut places = vec![true; 10];
        places.extend([false; 60]);
        places.extend([true; 10]);
        assert_eq!(told(&places, 1.0).len(), 2);
    }

    #[test]
    fn who_is_cut_off_by_the_edge_of_the_view_is_inside_a_zone_that_reaches_it() {
        let corners = [[0.0, 0.5], [1.0, 0.5], [1.0, 0.998], [0.0, 0.998]];
        let zone = Polygon::new(corners.map(Point::from).to_vec()).unwrap();
        let bbox = Bbox { left: 0.4, top: 0.8, width: 0.1, height: 0.21 };
        let mut watch = StayWatch::default();
        let told: Vec<_> = (0..10)
            .filter_map(|step| watch.observe(&zone, Timestamp::from_millis(step * 200), &bbox, 1.0))
            .collect();
        assert_eq!(told.len(), 1);
    }

    #[test]
    fn who_walks_along_the_edge_does_not_stay() {
        let places: Vec<bool> = (0..200).map(|index| index % 3 == 0).collect();
        assert_eq!(told(&places, 2.0), []);
    }
}
