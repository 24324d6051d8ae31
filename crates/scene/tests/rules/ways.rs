//! `wrong_way` and `speeding`.

use domain::{Class, Detection};

use crate::stage::{ASPECT, Stage, car, during, going, motorcycle, object, person, tremble};

#[test]
fn wrong_way() {
    let mut stage = Stage::new(
        r#"{
            "zones": [{"name": "lane", "polygon": [[0.3, 0.2], [0.7, 0.2], [0.7, 0.95], [0.3, 0.95]]}],
            "rules": [{"kind": "wrong_way", "id": "against", "zone": "lane",
                "way": [[0.5, 0.2], [0.5, 0.9]]}]
        }"#,
    );
    stage.play("a motorcycle comes against the lane", 8.0, |time| {
        vec![motorcycle(0.5, going(time, (0.0, 6.0), (0.9, 0.25)))]
    });
    stage.play("a car goes with it", 8.0, |time| {
        vec![car(0.5, going(time, (0.0, 6.0), (0.25, 0.9)))]
    });
    stage.play("a car goes with it, then turns back", 12.0, |time| {
        let y = going(time, (0.0, 4.0), (0.25, 0.8)) - going(time, (6.0, 10.0), (0.0, 0.5));
        vec![car(0.5, y)]
    });
    stage.play("a car crosses it", 8.0, |time| {
        vec![car(going(time, (0.0, 5.0), (0.2, 0.8)), going(time, (0.0, 5.0), (0.6, 0.5)))]
    });
    stage.play("a car rolls back a little", 20.0, |time| {
        let y = going(time, (0.0, 4.0), (0.25, 0.7)) - going(time, (8.0, 10.0), (0.0, 0.12));
        vec![car(0.5, y)]
    });
    stage.play("a parked car trembles for minutes", 120.0, |time| {
        vec![car(0.5 + 0.01 * tremble(time), 0.6 + 0.02 * tremble(time + 1.0))]
    });
    stage.play("a car leaps in one picture", 10.0, |time| {
        let y = if (5.0..5.1).contains(&time) { 0.45 } else { 0.7 };
        vec![car(0.5, y)]
    });
    stage.play("a car is seen twice", 10.0, |time| {
        during(time, (5.0, 5.3), car(0.5, 0.9 - 0.3 * (time - 5.0)))
    });
    stage.play("a person walks against it", 12.0, |time| {
        vec![person(0.5, going(time, (0.0, 10.0), (0.9, 0.25)))]
    });
    stage.play("a motorcycle comes against it in the other lane", 8.0, |time| {
        vec![motorcycle(0.2, going(time, (0.0, 6.0), (0.9, 0.25)))]
    });
    insta::assert_snapshot!(stage.said());
}

/// Returns where a camera eight metres up, looking north and down by 15°, sees a ground point.
fn seen(east: f32, north: f32) -> (f32, f32, f32) {
    let (height, tilt, focal) = (8.0, 15.0_f32.to_radians(), 1.2);
    let depth = north * tilt.cos() + height * tilt.sin();
    let down = height * tilt.cos() - north * tilt.sin();
    (0.5 + focal * east / depth / ASPECT, 0.5 + focal * down / depth, focal / depth)
}

/// Returns a car 1.8 m wide and 1.5 m high that stands on the ground.
fn car_at(east: f32, north: f32) -> Detection {
    let (x, y, scale) = seen(east, north);
    object(Class::Car, x, y, 1.8 * scale / ASPECT, 1.5 * scale)
}

fn calibrated(rules: &str) -> String {
    let measured = [[-4.0, 12.0], [4.0, 12.0], [-5.0, 45.0], [5.0, 45.0], [0.0, 20.0], [3.0, 30.0]];
    let points: Vec<String> = measured
        .iter()
        .map(|&[east, north]| {
            let (x, y, _) = seen(east, north);
            format!(r#"{{"picture": [{x}, {y}], "metres": [{east}, {north}]}}"#)
        })
        .collect();
    format!(
        r#"{{"zones": [{{"name": "lanes", "polygon": [[0.0, 0.38], [1.0, 0.38], [1.0, 1.0], [0.0, 1.0]]}}],
            "calibration": {{"points": [{}], "bearing": 0}}, "rules": [{rules}]}}"#,
        points.join(", ")
    )
}

#[test]
fn speeding() {
    let rule = r#"{"kind": "speeding", "id": "fast", "zone": "lanes", "limit_kmh": 50}"#;
    let mut stage = Stage::new(&calibrated(rule));
    let drives = |kmh: f32, noise: f32| {
        move |time: f32| {
            let north = 49.0 - kmh / 3.6 * time;
            let mut seen = car_at(1.5, north);
            seen.bbox.top += noise * seen.bbox.height * tremble(time);
            if north > 10.5 { vec![seen] } else { vec![] }
        }
    };
    stage.play("a car comes at 80 km/h", 8.0, drives(80.0, 0.0));
    stage.play("a car comes at 80 km/h and its box trembles", 8.0, drives(80.0, 0.05));
    stage.play("a car comes at 53 km/h: within the uncertainty", 8.0, drives(53.0, 0.0));
    stage.play("a car comes at 40 km/h", 8.0, drives(40.0, 0.05));
    stage.play("a parked car trembles", 30.0, |time| {
        let mut seen = car_at(1.5, 25.0);
        seen.bbox.top += 0.1 * seen.bbox.height * tremble(time);
        vec![seen]
    });
    stage.play("a car at 36 km/h leaps ahead: another one was taken for it", 8.0, |time| {
        let leap = if time > 1.0 { 6.0 } else { 0.0 };
        let north = 44.0 - 10.0 * time - leap;
        if north > 10.5 { vec![car_at(1.5, north)] } else { vec![] }
    });
    stage.play("a car goes away at 80 km/h", 3.0, |time| vec![car_at(-1.5, 12.0 + 22.2 * time)]);
    stage.play("a train comes at 80 km/h", 8.0, |time| {
        let mut seen = drives(80.0, 0.0)(time);
        seen.iter_mut().for_each(|seen| seen.class = Class::Train);
        seen
    });
    insta::assert_snapshot!(stage.said());
}
