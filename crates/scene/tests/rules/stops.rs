//! `illegal_stop` and `box_blocking`.

use domain::Class;

use crate::stage::{Stage, car, during, going, motorcycle, object, person, tremble};

const ZONE: &str =
    r#"{"name": "lane", "polygon": [[0.2, 0.4], [0.8, 0.4], [0.8, 0.8], [0.2, 0.8]]}"#;

#[test]
fn illegal_stop() {
    let mut stage = Stage::new(&format!(
        r#"{{"zones": [{ZONE}], "rules": [
            {{"kind": "illegal_stop", "id": "stop", "zone": "lane", "for_s": 20}}]}}"#
    ));
    // It comes in from the left, and drives off again at the end.
    let comes = |time: f32, leaves: f32| {
        going(time, (0.0, 4.0), (0.05, 0.5)) + going(time, (leaves, leaves + 3.0), (0.0, 0.45))
    };
    stage.play("a car stops", 40.0, |time| vec![car(comes(time, 36.0), 0.6)]);
    stage.play("a car stops and its box trembles", 40.0, |time| {
        vec![car(comes(time, 36.0) + 0.008 * tremble(time), 0.6 + 0.01 * tremble(time + 1.0))]
    });
    stage.play("a car stops too short", 30.0, |time| vec![car(comes(time, 20.0), 0.6)]);
    stage.play("a car passes slowly", 60.0, |time| {
        vec![car(going(time, (0.0, 60.0), (0.05, 0.95)), 0.6)]
    });
    stage.play("a car stops, is hidden by a bus, and stands there still", 40.0, |time| {
        let is_hidden = (12.0..20.0).contains(&time);
        if is_hidden { vec![] } else { vec![car(comes(time, 36.0), 0.6)] }
    });
    stage.play("a parked car flickers, is lost and found again", 200.0, |time| {
        let is_seen = time < 50.0 && (time / 5.0).fract() < 0.5 || (90.0..200.0).contains(&time);
        if is_seen { vec![car(0.5, 0.6)] } else { vec![] }
    });
    stage.play("a car that moves up a little is still the same stop", 80.0, |time| {
        vec![car(comes(time, 76.0) + going(time, (40.0, 42.0), (0.0, 0.08)), 0.6)]
    });
    stage.play("a car is seen in a few pictures", 30.0, |time| {
        during(time, (10.0, 10.7), car(0.5, 0.6))
    });
    stage.play("a person stands", 40.0, |time| vec![person(comes(time, 36.0), 0.6)]);
    stage.play("a car stops beside the zone", 40.0, |time| vec![car(comes(time, 36.0), 0.9)]);
    insta::assert_snapshot!(stage.said());
}

#[test]
fn box_blocking() {
    let mut stage = Stage::new(&format!(
        r#"{{"zones": [{ZONE}], "rules": [
            {{"kind": "box_blocking", "id": "box", "zone": "lane"}}]}}"#
    ));
    stage.play("a bus stands in the box", 30.0, |time| {
        vec![object(Class::Bus, going(time, (2.0, 6.0), (0.05, 0.5)), 0.6, 0.16, 0.2)]
    });
    stage.play("cars flow through it", 30.0, |time| {
        let cars = [0.0_f32, 4.0, 8.0, 12.0];
        cars.iter()
            .map(|start| car(going(time, (*start, start + 6.0), (0.05, 0.95)), 0.6))
            .collect()
    });
    stage.play("a car waits for a moment", 30.0, |time| {
        let x = going(time, (0.0, 3.0), (0.05, 0.5)) + going(time, (6.5, 9.0), (0.0, 0.45));
        vec![car(x, 0.6)]
    });
    stage.play("many stand in the box: one alert", 40.0, |time| {
        (0..4_u8)
            .map(|number| {
                let x = 0.3 + 0.12 * f32::from(number);
                motorcycle(going(time, (0.0, 5.0), (x - 0.25, x)), 0.6)
            })
            .collect()
    });
    insta::assert_snapshot!(stage.said());
}
