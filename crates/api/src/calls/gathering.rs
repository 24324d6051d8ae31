//! Which cameras stand near the place of a call, the best placed first, and the alert that it is.

use std::time::Duration;

use ::places::{Place, PlaceKind, Places};
use domain::{
    Alert, Call, CameraId, Condition, EventId, EventKind, Location, Severity, SourceId, TimeRange,
    Timestamp, folded,
};

use crate::state::Camera;

/// A camera whose heading lies so near to the way to the place, in degrees, looks at it: most see
/// about as much to each side, and are seldom measured well.
const LOOKS_WITHIN: f32 = 60.0;
/// So near, in metres, the place lies below the camera or all around it.
const BELOW_M: f64 = 30.0;
/// Places of a name that are looked at.
const PLACES_TRIED: usize = 8;

/// What is gathered for a call.
#[derive(Debug, Clone, PartialEq)]
pub struct CallPolicy {
    /// How much a call matters whose sender does not say.
    pub severity: Severity,
    /// How far a camera may stand from the place, in metres.
    pub radius_m: f64,
    /// How many cameras are gathered at most.
    pub most_cameras: usize,
    /// How much footage before the call is marked.
    pub before: Duration,
    /// How much after it, most of which is yet to come.
    pub after: Duration,
}

impl Default for CallPolicy {
    fn default() -> Self {
        Self {
            severity: Severity::try_from(2).unwrap_or(Severity::NOTICE),
            radius_m: 500.0,
            most_cameras: 8,
            before: Duration::from_secs(300),
            after: Duration::from_secs(900),
        }
    }
}

impl CallPolicy {
    /// Returns the time around a call.
    pub(crate) fn around(&self, call: &Call) -> TimeRange {
        TimeRange { start: call.time.minus(self.before), end: call.time.plus(self.after) }
    }
}

/// How a camera stands to the place of a call.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Standing {
    /// How far from it, in metres; `None` where one of the two is not known.
    pub(crate) metres: Option<f64>,
    /// Whether it looks that way; `None` where that is not known.
    pub(crate) looks_at: Option<bool>,
}

impl Standing {
    pub(crate) fn of(camera: &Camera, place: Option<Location>) -> Self {
        let both = camera.location.zip(place);
        let metres = both.map(|(from, to)| from.distance_m(to));
        let looks_at = both.zip(camera.heading).map(|((from, to), heading)| {
            let off = (heading - bearing(from, to) + 540.0).rem_euclid(360.0) - 180.0;
            metres.is_some_and(|metres| metres <= BELOW_M) || off.abs() <= LOOKS_WITHIN
        });
        Self { metres, looks_at }
    }

    /// Returns its distance as a choice weighs it: who looks that way counts as half as far, who looks
    /// elsewhere as half as far again.
    fn weighed(self) -> f64 {
        let metres = self.metres.unwrap_or(f64::INFINITY);
        match self.looks_at {
            Some(true) => metres * 0.5,
            None => metres,
            Some(false) => metres * 1.5,
        }
    }
}

/// Returns the way from one point to another, in degrees clockwise from north, as on a plane: exact
/// enough over some kilometres.
#[allow(clippy::cast_possible_truncation, reason = "degrees need no more than f32 has")]
fn bearing(from: Location, to: Location) -> f32 {
    let east = (to.lon - from.lon) * from.lat.to_radians().cos();
    let north = to.lat - from.lat;
    east.atan2(north).to_degrees().rem_euclid(360.0) as f32
}

/// The cameras of a call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Gathering {
    /// Whose alert it is, the best placed first.
    pub(crate) cameras: Vec<CameraId>,
    /// Whether their footage is marked: they stand near, not only in the same ward.
    pub(crate) is_near: bool,
}

/// Returns the cameras near a call: of a location those within the radius; where there is none, or no
/// location is told, those of its ward or of the named place that its address begins with. Who may see
/// one of them may see the call; where none is found, that is for who sees the whole site.
pub(crate) fn gather(
    cameras: &[Camera],
    places: &Places,
    call: &Call,
    policy: &CallPolicy,
) -> Gathering {
    let near = best(cameras.iter(), call.location, Some(policy.radius_m), policy.most_cameras);
    if !near.is_empty() {
        return Gathering { cameras: near, is_near: true };
    }
    let Some(place) = named_place(places, cameras, call) else { return Gathering::default() };
    let within = cameras.iter().filter(|camera| place.holds(camera.location, &camera.place));
    let cameras = best(within, call.location, None, policy.most_cameras);
    // Of a place that is told by its name alone, its cameras are as near as can be known.
    Gathering { cameras, is_near: call.location.is_none() }
}

fn best<'a>(
    cameras: impl Iterator<Item = &'a Camera>,
    place: Option<Location>,
    radius_m: Option<f64>,
    most: usize,
) -> Vec<CameraId> {
    let standing = cameras.map(|camera| (camera, Standing::of(camera, place)));
    let mut found: Vec<_> = standing
        .filter(|(_, standing)| {
            radius_m.is_none_or(|radius_m| standing.metres.is_some_and(|metres| metres <= radius_m))
        })
        .collect();
    // Stable: cameras that stand alike keep the order of the configuration.
    found.sort_by(|(_, one), (_, other)| one.weighed().total_cmp(&other.weighed()));
    found.into_iter().take(most).map(|(camera, _)| camera.id.clone()).collect()
}

/// Returns the place that a call names: its ward, or the first part of its address that is a place no
/// larger than a ward in which a camera stands.
pub(crate) fn named_place<'a>(
    places: &'a Places,
    cameras: &[Camera],
    call: &Call,
) -> Option<&'a Place> {
    let parts = call.address.iter().flat_map(|address| address.split(','));
    let mut texts = call.ward.as_deref().into_iter().chain(parts);
    let has_camera =
        |place: &&Place| cameras.iter().any(|camera| place.holds(camera.location, &camera.place));
    texts.find_map(|text| {
        let words = folded(text);
        // What is found by the name of what it lies in is not meant.
        let is_meant = |place: &&Place| {
            let is_small = place.kind <= PlaceKind::Ward || place.kind == PlaceKind::FormerWard;
            is_small && folded(&place.name).contains(words.trim())
        };
        let found = places.find(text, call.location, PLACES_TRIED).into_iter();
        found.filter(is_meant).find(has_camera)
    })
}

/// Returns the alert that a call is, seen by nobody yet.
pub(crate) fn alert_of(
    source: &SourceId,
    call: &Call,
    (id, at): (EventId, Timestamp),
    cameras: Vec<CameraId>,
) -> Alert {
    Alert {
        id,
        kind: EventKind::Call(call.service),
        rule: source.as_str().parse().expect("names of sources and rules are of one shape"),
        severity: call.severity,
        class: None,
        cameras,
        location: call.location,
        first: call.time,
        last: at.max(call.time),
        last_event: id,
        count: 1,
        condition: if call.is_over { Condition::Cleared(at) } else { Condition::Active },
        version: 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn camera(id: &str, lat: f64, heading: Option<f32>, ward: &str) -> Camera {
        Camera {
            id: id.parse().unwrap(),
            name: id.to_owned(),
            location: Location::new(lat, 105.84).ok(),
            heading,
            place: vec![ward.to_owned(), "Hà Nội".to_owned()],
            streams: Vec::new(),
            masks: Vec::new(),
            softens_persons: false,
        }
    }

    fn call(lat: Option<f64>, ward: Option<&str>, address: Option<&str>) -> Call {
        Call {
            service: domain::CallService::Fire,
            what: "cháy".to_owned(),
            severity: Severity::NOTICE,
            time: Timestamp::from_micros(0),
            text: None,
            location: lat.and_then(|lat| Location::new(lat, 105.84).ok()),
            address: address.map(str::to_owned),
            ward: ward.map(str::to_owned),
            is_over: false,
        }
    }

    fn cameras() -> Vec<Camera> {
        vec![
            // 111 m, 222 m and 222 m south of 21.030; the last looks north, at it.
            camera("away", 21.029, Some(180.0), "Phường Cửa Nam"),
            camera("unknown", 21.028, None, "Phường Cửa Nam"),
            camera("towards", 21.028, Some(10.0), "Phường Cửa Nam"),
            camera("far", 21.10, None, "Phường Hồng Hà"),
        ]
    }

    fn gathered(call: &Call, policy: &CallPolicy) -> (Vec<String>, bool) {
        let places = Places::new(Vec::new()).unwrap();
        let found = gather(&cameras(), &places, call, policy);
        (found.cameras.iter().map(ToString::to_string).collect(), found.is_near)
    }

    #[test]
    fn who_looks_at_the_place_goes_before_who_looks_away() {
        let policy = CallPolicy::default();
        let near = gathered(&call(Some(21.030), None, None), &policy);
        assert_eq!(near, (["towards", "away", "unknown"].map(String::from).to_vec(), true));
        let most = CallPolicy { most_cameras: 1, ..policy };
        assert_eq!(gathered(&call(Some(21.030), None, None), &most).0, ["towards"]);
        let close = CallPolicy { radius_m: 150.0, ..CallPolicy::default() };
        assert_eq!(gathered(&call(Some(21.030), None, None), &close).0, ["away"]);
    }

    #[test]
    fn a_call_without_a_location_is_told_where_its_ward_is() {
        let policy = CallPolicy::default();
        let ward = gathered(&call(None, Some("phuong hong ha"), None), &policy);
        assert_eq!(ward, (vec!["far".to_owned()], true));
        let address = call(None, None, Some("12 Hàng Bài, Phường Cửa Nam, Hà Nội"));
        assert_eq!(gathered(&address, &policy).0, ["away", "unknown", "towards"]);
        // Far from every camera, in a ward that has some: they may tell of it, and show nothing of it.
        let far = call(Some(21.05), Some("Phường Cửa Nam"), None);
        let ward = ["towards", "unknown", "away"].map(String::from).to_vec();
        assert_eq!(gathered(&far, &policy), (ward, false));
        for nowhere in [call(None, None, None), call(None, Some("Hà Nội"), None)] {
            assert_eq!(gathered(&nowhere, &policy), (Vec::new(), false));
        }
    }

    #[test]
    fn a_bearing_is_told_clockwise_from_north() {
        let at = |lat, lon| Location::new(lat, lon).unwrap();
        let from = at(21.0, 105.0);
        for (to, expected) in [
            (at(21.1, 105.0), 0.0),
            (at(21.0, 105.1), 90.0),
            (at(20.9, 105.0), 180.0),
            (at(21.0, 104.9), 270.0),
        ] {
            assert!((bearing(from, to) - expected).abs() < 0.1, "{to:?}");
        }
    }
}
