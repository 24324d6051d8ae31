//! `forbidden_class`, beside `intrusion` and `loitering` over the same tracks.

use domain::Class;

use crate::stage::{Stage, during, going, motorcycle, object, person, tremble};

#[test]
fn forbidden_class() {
    let mut stage = Stage::new(
        r#"{
            "zones": [
                {"name": "pavement", "polygon": [[0.0, 0.3], [0.3, 0.3], [0.3, 1.0], [0.0, 1.0]]},
                {"name": "carriageway", "polygon": [[0.3, 0.3], [1.0, 0.3], [1.0, 1.0], [0.3, 1.0]]}
            ],
            "rules": [
                {"kind": "forbidden_class", "id": "pavement", "zone": "pavement",
                 "classes": ["motorcycle", "car"]},
                {"kind": "forbidden_class", "id": "carriageway", "zone": "carriageway",
                 "classes": ["person"], "for_s": 3}
            ]
        }"#,
    );
    let along = |time: f32| going(time, (0.0, 8.0), (0.95, 0.35));
    stage.play("a motorcycle rides on the pavement", 8.0, |time| {
        vec![motorcycle(0.15, along(time))]
    });
    stage.play("a person walks on the pavement", 8.0, |time| vec![person(0.15, along(time))]);
    stage.play("a person walks on the carriageway", 8.0, |time| vec![person(0.6, along(time))]);
    stage.play("a motorcycle rides on the carriageway", 8.0, |time| {
        vec![motorcycle(0.6, along(time))]
    });
    stage.play("a rider whose machine is often missed", 8.0, |time| {
        let y = along(time);
        let rider = object(Class::Person, 0.6, y - 0.02, 0.025, 0.1);
        let machine_is_seen = (time * 5.0).round() as i32 % 3 == 0;
        if machine_is_seen { vec![motorcycle(0.6, y), rider] } else { vec![rider] }
    });
    stage.play("a motorcycle rides along the kerb", 20.0, |time| {
        let y = going(time, (0.0, 20.0), (0.95, 0.35));
        vec![motorcycle(0.305 + 0.008 * tremble(time), y)]
    });
    stage.play("a motorcycle crosses the pavement", 8.0, |time| {
        during(time, (2.0, 4.2), motorcycle(going(time, (2.0, 4.5), (0.6, -0.1)), 0.6))
    });
    stage.play("a motorcycle is seen in one picture", 8.0, |time| {
        during(time, (4.0, 4.1), motorcycle(0.15, 0.6))
    });
    insta::assert_snapshot!(stage.said());
}
