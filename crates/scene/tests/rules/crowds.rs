//! `crowd` and `congestion`.

use domain::Detection;

use crate::stage::{Stage, car, motorcycle, person, tremble};

fn people(count: u8, time: f32, x: f32) -> Vec<Detection> {
    (0..count)
        .map(|number| {
            let sway = 0.004 * tremble(time + f32::from(number));
            person(x + 0.06 * f32::from(number % 4) + sway, 0.55 + 0.18 * f32::from(number / 4))
        })
        .collect()
}

#[test]
fn crowd() {
    let mut stage = Stage::new(
        r#"{
            "zones": [{"name": "square", "polygon": [[0.3, 0.3], [0.9, 0.3], [0.9, 0.95], [0.3, 0.95]]}],
            "rules": [{"kind": "crowd", "id": "crowd", "zone": "square", "at_least": 6, "for_s": 10}]
        }"#,
    );
    stage.play("seven persons stand together", 40.0, |time| people(7, time, 0.4));
    stage.play("five persons stand together", 40.0, |time| people(5, time, 0.4));
    stage.play("seven persons stand beside the zone", 40.0, |time| people(7, time, 0.05));
    stage.play("some are missed now and then", 40.0, |time| {
        let mut seen = people(7, time, 0.4);
        seen.remove((time as usize / 2) % 7);
        seen
    });
    stage.play("seven persons pass", 20.0, |time| people(7, time, 0.05 + 0.1 * time));
    stage.play("a picture shows fourteen", 20.0, |time| {
        let mut seen = people(4, time, 0.4);
        if (5.0..5.3).contains(&time) {
            seen.extend(people(8, time, 0.62));
        }
        seen
    });
    stage.play("seven motorcycles wait", 40.0, |_| {
        (0..7_u8).map(|number| motorcycle(0.4 + 0.06 * f32::from(number), 0.7)).collect()
    });
    insta::assert_snapshot!(stage.said());
}

/// Returns cars one behind the other, that many apart, at a speed in picture widths per second.
fn queue(time: f32, apart: f32, speed: f32) -> Vec<Detection> {
    (0..40_u8)
        .map(|number| -0.2 + speed * time - apart * (f32::from(number) - 10.0))
        .filter(|x| (0.05..0.95).contains(x))
        .map(|x| car(x, 0.6))
        .collect()
}

#[test]
fn congestion() {
    let mut stage = Stage::new(
        r#"{
            "zones": [{"name": "lane", "polygon": [[0.1, 0.5], [0.9, 0.5], [0.9, 0.61], [0.1, 0.61]]}],
            "rules": [
                {"kind": "congestion", "id": "jam", "zone": "lane", "at_least": 5,
                 "slower_than_sizes": 0.5, "for_s": 20},
                {"kind": "congestion", "id": "full", "zone": "lane", "at_least": 5,
                 "slower_than_sizes": 0.5, "occupancy": 0.6, "for_s": 20}
            ]
        }"#,
    );
    stage.play("cars crawl close together", 50.0, |time| queue(time, 0.1, 0.01));
    stage.play("cars crawl a little apart", 50.0, |time| queue(time, 0.15, 0.01));
    stage.play("cars flow close together", 50.0, |time| queue(time, 0.1, 0.15));
    stage.play("few cars crawl", 50.0, |time| queue(time, 0.3, 0.01));
    stage.play("cars wait at the light, then flow", 50.0, |time| {
        queue(if time < 15.0 { 0.0 } else { time - 15.0 }, 0.1, 0.15)
    });
    insta::assert_snapshot!(stage.said());
}
