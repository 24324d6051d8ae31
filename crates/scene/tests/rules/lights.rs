//! `red_light` and `stop_line`.

use domain::{Class, SignalState};

use crate::stage::{Shown, Stage, car, going, motorcycle, object, person, tremble};

/// Green, amber from 3 s on, red from 6 s to 26 s, then green.
fn round(time: f32) -> Option<SignalState> {
    Some(match time {
        ..3.0 => SignalState::Green,
        3.0..6.0 => SignalState::Amber,
        6.0..26.0 => SignalState::Red,
        _ => SignalState::Green,
    })
}

const GREEN: Shown = |_| Some(SignalState::Green);
const UNKNOWN: Shown = |_| Some(SignalState::Unknown);
const SILENT: Shown = |_| None;

/// Told until 8 s only.
const BREAKS_OFF: Shown = |time| if time < 8.0 { round(time) } else { None };

#[test]
fn red_light() {
    let mut stage = Stage::new(
        r#"{
            "signals": [{"name": "north", "source": "feed", "valid_for_s": 1}],
            "tripwires": [
                {"name": "stop", "line": [[0.2, 0.7], [0.8, 0.7]]},
                {"name": "junction", "line": [[0.2, 0.4], [0.8, 0.4]]}
            ],
            "rules": [{"kind": "red_light", "id": "red", "signal": "north", "stop_line": "stop",
                "junction_line": "junction", "severity": 2}]
        }"#,
    );
    let drives =
        |from: f32| move |time: f32| vec![car(0.5, going(time, (from, from + 4.0), (0.95, 0.15)))];
    stage.play_at("a car drives on while it is red", 14.0, round, drives(8.0));
    stage.play_at("a car crosses within the grace time", 14.0, round, drives(5.0));
    stage.play_at("a car drives on at amber", 14.0, round, drives(2.5));
    stage.play_at("it is green", 14.0, GREEN, drives(8.0));
    stage.play_at("nobody knows what it shows", 14.0, UNKNOWN, drives(8.0));
    stage.play_at("nobody tells what it shows", 14.0, SILENT, drives(8.0));
    stage.play_at("the feed breaks off", 14.0, BREAKS_OFF, drives(9.0));
    stage.play_at("it turns green between the lines", 34.0, round, |time| {
        let y = going(time, (22.0, 24.0), (0.95, 0.6)) - going(time, (26.5, 29.0), (0.0, 0.4));
        vec![car(0.5, y)]
    });
    stage.play_at("a car stops beyond the stop line", 24.0, round, |time| {
        vec![car(0.5, going(time, (8.0, 12.0), (0.95, 0.6)))]
    });
    stage.play_at("a car that stood beyond the line drives on", 24.0, round, |time| {
        let y = going(time, (0.0, 4.0), (0.95, 0.6)) - going(time, (12.0, 16.0), (0.0, 0.4));
        vec![car(0.5, y)]
    });
    stage.play_at("a car stops at the line and trembles on it", 24.0, round, |time| {
        vec![car(0.5, going(time, (8.0, 12.0), (0.95, 0.7)) + 0.012 * tremble(time))]
    });
    stage.play_at("a car is seen in one picture beyond the lines", 14.0, round, |time| {
        let y = if (9.9..10.1).contains(&time) { 0.3 } else { 0.85 };
        vec![car(0.5, y)]
    });
    stage.play_at("a person walks over", 14.0, round, |time| {
        vec![person(0.5, going(time, (8.0, 13.0), (0.95, 0.15)))]
    });
    stage.play_at("a rider and a machine are one", 14.0, round, |time| {
        let y = going(time, (8.0, 12.0), (0.95, 0.15));
        vec![motorcycle(0.5, y), object(Class::Person, 0.5, y - 0.02, 0.025, 0.1)]
    });
    insta::assert_snapshot!(stage.said());
}

#[test]
fn a_red_light_by_a_fixed_plan() {
    let mut stage = Stage::new(
        r#"{
            "signals": [{"name": "plan", "source": {"plan": {"cycle_s": 60, "phases": [
                {"state": "green", "for_s": 27}, {"state": "amber", "for_s": 3},
                {"state": "red", "for_s": 30}]}}}],
            "tripwires": [
                {"name": "stop", "line": [[0.2, 0.7], [0.8, 0.7]]},
                {"name": "junction", "line": [[0.2, 0.4], [0.8, 0.4]]}
            ],
            "rules": [{"kind": "red_light", "id": "red", "signal": "plan", "stop_line": "stop",
                "junction_line": "junction"}]
        }"#,
    );
    let drives =
        |from: f32| move |time: f32| vec![car(0.5, going(time, (from, from + 4.0), (0.95, 0.15)))];
    stage.play("a car drives on while it is red", 44.0, drives(36.0));
    stage.play("a car crosses near the change", 44.0, drives(29.0));
    stage.play("a car crosses at green", 44.0, drives(10.0));
    insta::assert_snapshot!(stage.said());
}

#[test]
fn stop_line() {
    let mut stage = Stage::new(
        r#"{
            "signals": [{"name": "north", "source": "feed", "valid_for_s": 1}],
            "zones": [{"name": "crossing", "polygon": [[0.2, 0.4], [0.8, 0.4], [0.8, 0.7], [0.2, 0.7]]}],
            "rules": [{"kind": "stop_line", "id": "beyond", "signal": "north", "zone": "crossing",
                "for_s": 4}]
        }"#,
    );
    let stops = |start: f32, y: f32| {
        move |time: f32| {
            vec![car(0.5, going(time, (start, start + 3.0), (0.95, y)) + 0.008 * tremble(time))]
        }
    };
    stage.play_at("a car stops beyond the line at red", 26.0, round, stops(7.0, 0.58));
    stage.play_at("a car stops beyond the line at amber", 26.0, round, stops(2.5, 0.58));
    stage.play_at("a car that was stuck there since green", 26.0, round, stops(0.0, 0.58));
    stage.play_at("a car stops at the line and trembles over it", 26.0, round, stops(7.0, 0.7));
    stage.play_at("it is green", 26.0, GREEN, stops(7.0, 0.58));
    stage.play_at("nobody knows what it shows", 26.0, UNKNOWN, stops(7.0, 0.58));
    stage.play_at("nobody tells what it shows", 26.0, SILENT, stops(7.0, 0.58));
    stage.play_at("a car stops beyond it for a moment", 26.0, round, |time| {
        let y = going(time, (7.0, 9.0), (0.95, 0.58)) - going(time, (11.5, 13.0), (0.0, 0.4));
        vec![car(0.5, y)]
    });
    stage.play_at("a person stands there", 26.0, round, |time| {
        vec![person(0.5, going(time, (7.0, 10.0), (0.95, 0.58)))]
    });
    stage.play_at("a motorcycle hidden now and then", 26.0, round, |time| {
        let is_hidden = (12.0..13.5).contains(&time);
        let y = going(time, (7.0, 10.0), (0.95, 0.58));
        if is_hidden { vec![] } else { vec![motorcycle(0.5, y)] }
    });
    insta::assert_snapshot!(stage.said());
}
