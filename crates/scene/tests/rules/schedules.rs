//! When rules are judged.

use crate::stage::{Stage, car, going};

#[test]
fn nothing_is_watched_outside_the_schedule() {
    // The scene starts on a Sunday at 07:00 in Vietnam.
    let rule = |id: &str, schedule: &str| {
        format!(
            r#"{{"kind": "illegal_stop", "id": "{id}", "zone": "lane", "for_s": 10,
                "schedule": [{schedule}]}}"#
        )
    };
    let rules = [
        rule("today", r#"{"days": ["sun"], "from": "06:30", "to": "08:30"}"#),
        rule("weekdays", r#"{"days": ["mon", "tue", "wed", "thu", "fri"]}"#),
        rule("from-one-past", r#"{"from": "07:01"}"#),
        rule("until-seven", r#"{"days": ["sat"], "from": "22:00", "to": "07:00"}"#),
        rule("all-night", r#"{"days": ["sat"], "from": "22:00", "to": "07:30"}"#),
        rule("by-utc", r#"{"days": ["sun"], "to": "00:30", "time_zone": "UTC"}"#),
    ];
    let mut stage = Stage::new(&format!(
        r#"{{"zones": [{{"name": "lane", "polygon": [[0.2, 0.4], [0.8, 0.4], [0.8, 0.8], [0.2, 0.8]]}}],
            "rules": [{}]}}"#,
        rules.join(", ")
    ));
    stage.play("a car stops for a minute and a half", 100.0, |time| {
        vec![car(
            going(time, (0.0, 4.0), (0.05, 0.5)) + going(time, (95.0, 98.0), (0.0, 0.45)),
            0.6,
        )]
    });
    insta::assert_snapshot!(stage.said());
}
