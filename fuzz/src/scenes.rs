//! Zones, tripwires, signals and rules, drawn in the console or written by hand, and what they make of
//! objects that go everywhere.

use domain::{
    Attributes, Bbox, CameraId, Class, Timestamp, Track, TrackId, TrackPoint, TrackSource,
};
use scene::{CameraScene, Replay};

/// Where the objects begin and end, in parts of the view.
const WAYS: [[f32; 4]; 4] =
    [[0.0, 0.5, 1.0, 0.5], [0.5, 0.0, 0.5, 1.0], [0.9, 0.9, 0.1, 0.1], [0.4, 0.4, 0.4, 0.4]];
/// How many moments each is seen at, and how far apart they are: fast, and standing for long.
const STEPS: [(i64, i64); 2] = [(20, 200_000), (12, 10_000_000)];
const CLASSES: [Class; 4] = [Class::Person, Class::Motorcycle, Class::Car, Class::Bus];

/// Judges by a scene in which no mistake was found.
pub(crate) fn scene(bytes: &[u8]) {
    let Ok(scene) = serde_json::from_slice::<CameraScene>(bytes) else { return };
    let problems = scene.check();
    assert!(problems.iter().all(|problem| !problem.to_string().is_empty()));
    let camera: CameraId = "gate".parse().expect("a camera's name");
    let Ok(mut replay) = Replay::new(camera.clone(), &scene, 16.0 / 9.0) else {
        assert!(!problems.is_empty(), "a scene without mistakes can be judged by");
        return;
    };
    let mut events = Vec::new();
    let walks = STEPS.into_iter().flat_map(|steps| WAYS.map(|way| (way, steps)));
    for (number, ((way, steps), class)) in (0..).zip(walks.zip(CLASSES.into_iter().cycle())) {
        replay.take(walk(&camera, number, class, way, steps), &mut events);
    }
    replay.finish(&mut events);
    for event in &events {
        assert!(event.confidence.is_finite(), "{event:?}");
        assert!(scene.rules.iter().any(|rule| rule.id == event.rule), "{event:?}");
    }
}

#[allow(clippy::cast_precision_loss, reason = "some dozen steps")]
fn walk(
    camera: &CameraId,
    number: i64,
    class: Class,
    [from_x, from_y, to_x, to_y]: [f32; 4],
    (count, apart_us): (i64, i64),
) -> Track {
    let start = Timestamp::from_micros(1_772_323_200_000_000 + number * 1_000_000);
    let point = |step: i64| {
        let share = step as f32 / count as f32;
        let (x, y) = (from_x + (to_x - from_x) * share, from_y + (to_y - from_y) * share);
        let bbox = Bbox { left: x - 0.05, top: y - 0.1, width: 0.1, height: 0.1 }.clamped();
        TrackPoint { time: Timestamp::from_micros(start.as_micros() + step * apart_us), bbox }
    };
    Track {
        id: TrackId(u64::try_from(number).unwrap_or(0)),
        camera: camera.clone(),
        source: TrackSource::Analysis,
        class,
        confidence: 0.8,
        attributes: Attributes::default(),
        path: (0..=count).map(point).collect(),
    }
}
