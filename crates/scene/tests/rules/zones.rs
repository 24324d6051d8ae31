//! `forbidden_class` and `intrusion`; `loitering` has its stories in the other tests.

use domain::Class;

use crate::stage::{Stage, car, during, going, motorcycle, object, person, tremble};

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

#[test]
fn intrusion() {
    let mut stage = Stage::new(
        r#"{
            "zones": [{"name": "yard", "polygon": [[0.3, 0.3], [1.0, 0.3], [1.0, 1.0], [0.3, 1.0]]}],
            "rules": [{"kind": "intrusion", "id": "yard", "zone": "yard", "for_s": 1}]
        }"#,
    );
    stage.play("a car has been parked there and is found now and then", 60.0, |time| {
        let is_found = (time / 9.0).fract() < 0.4;
        let trembles = (0.6 + 0.006 * tremble(time), 0.7 + 0.006 * tremble(time + 0.7));
        if is_found { vec![car(trembles.0, trembles.1)] } else { vec![] }
    });
    stage.play("a parked car drives on within the yard", 12.0, |time| {
        vec![car(going(time, (6.0, 10.0), (0.5, 0.8)), 0.7)]
    });
    stage.play("a car drives in and parks", 12.0, |time| {
        vec![car(going(time, (0.0, 4.0), (0.1, 0.6)), 0.7)]
    });
    stage.play("a person stands there from the first picture on", 8.0, |_| vec![person(0.6, 0.7)]);
    insta::assert_snapshot!(stage.said());
}
