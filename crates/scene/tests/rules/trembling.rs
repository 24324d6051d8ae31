//! Whatever a parked car's box does around its place, it breaks no rule of moving vehicles, and
//! whatever a moving one's does, it stands nowhere.

use proptest::prelude::*;

use crate::common::observation;
use crate::stage::{ASPECT, car};
use domain::SignalState;
use scene::{CameraScene, Scene, TrackerSettings};

const MOVING: &str = r#"
    {"kind": "wrong_way", "id": "way", "zone": "all", "way": [[0.5, 0.2], [0.5, 0.9]]},
    {"kind": "red_light", "id": "red", "signal": "north", "stop_line": "first",
     "junction_line": "then"},
    {"kind": "illegal_turn", "id": "turn", "first": "first", "then": "then"},
    {"kind": "speeding", "id": "fast", "zone": "all", "limit_kmh": 20}"#;

const STANDING: &str = r#"
    {"kind": "illegal_stop", "id": "stop", "zone": "all", "for_s": 6},
    {"kind": "stop_line", "id": "beyond", "signal": "north", "zone": "all", "for_s": 6},
    {"kind": "box_blocking", "id": "box", "zone": "all", "for_s": 6}"#;

/// Returns which rules fire over a path of one car, five pictures a second; `None` where it is
/// missed.
fn fired(rules: &str, path: &[Option<(f32, f32)>]) -> Vec<String> {
    let config: CameraScene = serde_json::from_str(&format!(
        r#"{{
            "zones": [{{"name": "all", "polygon": [[0, 0.1], [1, 0.1], [1, 1], [0, 1]]}}],
            "tripwires": [{{"name": "first", "line": [[0.1, 0.7], [0.9, 0.7]]}},
                {{"name": "then", "line": [[0.1, 0.5], [0.9, 0.5]]}}],
            "signals": [{{"name": "north", "source": "feed"}}],
            "calibration": {{"points": [
                {{"picture": [0.1, 0.9], "metres": [-4, 10]}}, {{"picture": [0.9, 0.9], "metres": [4, 10]}},
                {{"picture": [0.3, 0.0], "metres": [-5, 50]}}, {{"picture": [0.7, 0.0], "metres": [5, 50]}}
            ]}},
            "rules": [{rules}]
        }}"#
    ))
    .unwrap();
    let camera = "cau-giay-01".parse().unwrap();
    let mut scene = Scene::new(camera, 3, config, TrackerSettings::default()).unwrap();
    let mut events = Vec::new();
    for (step, place) in path.iter().enumerate() {
        let seen = place.map(|(x, y)| car(x, y)).into_iter().collect();
        let picture = observation(f64::from(step as u32) / 5.0, ASPECT, seen);
        scene.signal("north", SignalState::Red, picture.time);
        events.extend(scene.observe(&picture).events);
    }
    events.extend(scene.finish().events);
    events.iter().map(|event| event.rule.to_string()).collect()
}

/// Returns noise of a tenth of a car's size, and whether it is missed.
fn noise() -> impl Strategy<Value = Vec<(f32, f32, bool)>> {
    let one = (-0.008_f32..0.008, -0.012_f32..0.012, prop::bool::weighted(0.15));
    proptest::collection::vec(one, 150)
}

proptest! {
    #[test]
    fn a_parked_car_goes_nowhere(x in 0.2_f32..0.8, y in 0.3_f32..0.9, noise in noise()) {
        let path: Vec<_> = noise
            .iter()
            .map(|&(across, down, is_missed)| (!is_missed).then_some((x + across, y + down)))
            .collect();
        prop_assert_eq!(fired(MOVING, &path), Vec::<String>::new());
    }

    #[test]
    fn a_moving_car_stands_nowhere(y in 0.3_f32..0.9, speed in 0.03_f32..0.2, noise in noise()) {
        let path: Vec<_> = (0_u16..)
            .zip(&noise)
            .map(|(step, &(across, down, is_missed))| {
                let x = 0.05 + speed * f32::from(step) / 5.0 + across;
                (!is_missed && x < 0.95).then_some((x, y + down))
            })
            .collect();
        prop_assert_eq!(fired(STANDING, &path), Vec::<String>::new());
    }
}
