//! `illegal_turn`. What one tripwire finds has its stories in the other tests.

use crate::stage::{Stage, car, going, motorcycle, person, tremble};

#[test]
fn illegal_turn() {
    let mut stage = Stage::new(
        r#"{
            "tripwires": [
                {"name": "in", "line": [[0.2, 0.6], [0.5, 0.6]]},
                {"name": "out", "line": [[0.55, 0.6], [0.8, 0.6]]}
            ],
            "rules": [
                {"kind": "illegal_turn", "id": "u-turn", "first": "in", "then": "out",
                 "first_direction": "right_to_left", "then_direction": "left_to_right",
                 "within_s": 10},
                {"kind": "illegal_turn", "id": "back", "first": "in", "then": "in",
                 "first_direction": "right_to_left", "then_direction": "left_to_right"}
            ]
        }"#,
    );
    // Up on the left, over to the right, down on the right.
    let turn = |time: f32, last: f32| {
        let x = going(time, (3.0, 5.0), (0.35, 0.67));
        let y = if time < 4.0 {
            going(time, (0.0, 3.0), (0.9, 0.35))
        } else {
            going(time, (last - 3.0, last), (0.35, 0.9))
        };
        (x, y)
    };
    stage.play("a motorcycle turns back", 10.0, |time| {
        let (x, y) = turn(time, 8.0);
        vec![motorcycle(x, y)]
    });
    stage.play("a motorcycle turns back after a long wait", 22.0, |time| {
        let (x, y) = turn(time, 20.0);
        vec![motorcycle(x, y)]
    });
    stage.play("one goes straight on", 8.0, |time| {
        vec![car(0.35, going(time, (0.0, 6.0), (0.95, 0.1)))]
    });
    stage.play("one comes the other way: out, then in", 10.0, |time| {
        let (x, y) = turn(8.0 - time.min(8.0), 8.0);
        vec![car(x, y)]
    });
    stage.play("one goes up while another comes down", 8.0, |time| {
        vec![
            car(0.35, going(time, (0.0, 6.0), (0.9, 0.2))),
            car(0.67, going(time, (0.0, 6.0), (0.2, 0.9))),
        ]
    });
    stage.play("a motorcycle turns back over the same line", 12.0, |time| {
        let y = if time < 5.0 {
            going(time, (0.0, 4.0), (0.9, 0.3))
        } else {
            going(time, (5.0, 9.0), (0.3, 0.9))
        };
        vec![motorcycle(0.35, y)]
    });
    stage.play("a car trembles on the line", 20.0, |time| {
        vec![car(0.35, going(time, (0.0, 3.0), (0.9, 0.6)) + 0.01 * tremble(time))]
    });
    // Up from just beyond the line, over to the right, down on the right.
    let turn_late = |time: f32, start: f32| {
        let x = going(time, (start + 1.5, start + 3.5), (0.35, 0.67));
        let y = if time < start + 2.5 {
            going(time, (start, start + 1.5), (0.55, 0.35))
        } else {
            going(time, (start + 3.5, start + 6.0), (0.35, 0.9))
        };
        (x, y)
    };
    stage.play(
        "one is first seen just beyond the line, driving away from it, and turns back",
        10.0,
        |time| {
            let (x, y) = turn_late(time, 0.0);
            vec![car(x, y)]
        },
    );
    stage.play("one that stood just beyond the line turns back", 14.0, |time| {
        let (x, y) = turn_late(time, 4.0);
        vec![car(x, y)]
    });
    stage.play("one is first seen far beyond the line and turns back", 10.0, |time| {
        let (x, y) = turn_late(time, 0.0);
        vec![car(x, if time < 2.5 { y - 0.15 } else { y })]
    });
    stage.play(
        "one is first seen beyond the line, driving along it, and turns back",
        10.0,
        |time| {
            let x = going(time, (0.0, 3.5), (0.25, 0.67));
            vec![car(x, going(time, (0.0, 3.5), (0.57, 0.5)) + going(time, (4.0, 6.0), (0.0, 0.4)))]
        },
    );
    stage.play("a person turns back", 10.0, |time| {
        let (x, y) = turn(time, 8.0);
        vec![person(x, y)]
    });
    insta::assert_snapshot!(stage.said());
}
