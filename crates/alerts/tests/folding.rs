//! What a duty officer expects to see once, and what twice.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::Arc;
use std::time::Duration;

use alerts::{Folding, Settings};
use domain::{
    Alert, Attributes, Class, Condition, Event, EventDraft, EventId, EventKind, Evidence,
    HealthKind, Location, RuleKind, Source, Timestamp, TrackId,
};
use uuid::{NoContext, Uuid};

const BEGIN_S: u64 = 1_772_323_200;

fn at(seconds: f64) -> Timestamp {
    Timestamp::from_millis(i64::try_from(BEGIN_S).unwrap() * 1000)
        .plus(Duration::from_secs_f64(seconds))
}

/// Told `told_s` after the begin by our own clock, a track of a camera at the junction.
fn crossing(told_s: f64, camera: &str, track: u64) -> Event {
    let since = Duration::from_secs_f64(BEGIN_S as f64 + told_s);
    let given = uuid::Timestamp::from_unix(NoContext, since.as_secs(), since.subsec_nanos());
    Event {
        id: EventId(Uuid::new_v7(given)),
        location: Some(Location::new(21.0285, 105.8522).unwrap()),
        draft: EventDraft {
            camera: camera.parse().unwrap(),
            time: at(told_s),
            duration_ms: 0,
            kind: RuleKind::RedLight.into(),
            rule: "lights".parse().unwrap(),
            rule_version: 1,
            severity: 2.try_into().unwrap(),
            class: Some(Class::Motorcycle),
            confidence: 0.7,
            attributes: Attributes::default(),
            track: Some(TrackId(track)),
            bbox: None,
            crossing: None,
            count: 1,
            geometry: Arc::default(),
            evidence: Evidence::default(),
            clock_error_ms: 0,
            source: Source::Watch,
        },
    }
}

fn health(told_s: f64, camera: &str, kind: EventKind) -> Event {
    let mut event = crossing(told_s, camera, 1);
    event.draft.kind = kind;
    event.draft.class = None;
    event.draft.track = None;
    event.draft.rule = "camera-health".parse().unwrap();
    event
}

fn settings(cool_down_s: f64) -> Settings {
    let key = ("a".parse().unwrap(), "lights".parse().unwrap());
    Settings { cool_downs: [(key, cool_down_s)].into(), ..Settings::default() }
}

/// Returns the alerts that the events raise, each as it is in the end.
fn raised(folding: &mut Folding, events: &[Event]) -> Vec<Alert> {
    let mut alerts: Vec<Alert> = Vec::new();
    for event in events {
        let Some(alert) = folding.fold(event) else { continue };
        match alerts.iter_mut().find(|known| known.id == alert.id) {
            Some(known) => {
                assert_eq!(alert.version, known.version + 1, "every change is a version");
                *known = alert;
            }
            None => alerts.push(alert),
        }
    }
    alerts
}

#[test]
fn a_rule_that_goes_on_within_its_cool_down_is_one_alert_with_a_count() {
    let events = [(0.0, 1), (20.0, 2), (45.0, 3), (80.0, 4)]
        .map(|(told_s, track)| crossing(told_s, "a", track));
    let alerts = raised(&mut Folding::new(settings(30.0), Vec::new()), &events);
    assert_eq!(alerts.iter().map(|alert| alert.count).collect::<Vec<_>>(), [3, 1]);
    assert_eq!((alerts[0].first, alerts[0].last), (at(0.0), at(45.0)));
    assert_eq!((alerts[0].id, alerts[0].last_event), (events[0].id, events[2].id));
    assert_eq!(alerts[0].condition, Condition::Momentary);
}

#[test]
fn without_a_cool_down_each_vehicle_is_an_alert_and_the_same_one_is_not() {
    let events =
        [(0.0, 1), (1.0, 2), (40.0, 1)].map(|(told_s, track)| crossing(told_s, "a", track));
    let alerts = raised(&mut Folding::new(settings(0.0), Vec::new()), &events);
    assert_eq!(alerts.iter().map(|alert| alert.count).collect::<Vec<_>>(), [2, 1]);
}

#[test]
fn another_rule_class_or_kind_is_another_happening() {
    let first = crossing(0.0, "a", 1);
    let mut other_class = crossing(1.0, "a", 2);
    other_class.draft.class = Some(Class::Car);
    let mut other_rule = crossing(2.0, "a", 3);
    other_rule.draft.rule = "lights-east".parse().unwrap();
    let mut other_kind = crossing(3.0, "a", 4);
    other_kind.draft.kind = RuleKind::StopLine.into();
    let mut count = crossing(4.0, "a", 5);
    count.draft.kind = RuleKind::Count.into();
    let events = [first, other_class, other_rule, other_kind, count];
    let alerts = raised(&mut Folding::new(settings(30.0), Vec::new()), &events);
    assert_eq!(alerts.len(), 4, "a count is no alert");
}

#[test]
fn cameras_nearby_see_one_happening_and_those_far_off_another() {
    let near = |told_s, camera, metres_north: f64| {
        let mut event = crossing(told_s, camera, 9);
        let north = event.location.unwrap().lat + metres_north / 111_195.0;
        event.location = Some(Location::new(north, 105.8522).unwrap());
        event.draft.rule = format!("lights-of-{camera}").parse().unwrap();
        event
    };
    let mut placeless = near(3.0, "e", 0.0);
    placeless.location = None;
    let mut grave = near(2.0, "b", 40.0);
    grave.draft.severity = 1.try_into().unwrap();
    let events =
        [near(0.0, "a", 0.0), grave, near(2.5, "d", 90.0), placeless, near(30.0, "b", 40.0)];
    let alerts = raised(&mut Folding::new(settings(30.0), Vec::new()), &events);
    let cameras: Vec<Vec<&str>> = alerts
        .iter()
        .map(|alert| alert.cameras.iter().map(|camera| camera.as_str()).collect())
        .collect();
    assert_eq!(cameras, [vec!["a", "b"], vec!["d"], vec!["e"], vec!["b"]]);
    assert_eq!(alerts[0].severity.number(), 1, "as grave as its gravest event");
}

#[test]
fn trouble_lasts_until_it_is_over_and_comes_back_as_another() {
    let lost = EventKind::Health(HealthKind::SignalLost);
    let over = EventKind::Over(HealthKind::SignalLost);
    let events = [
        health(0.0, "a", lost),
        health(1.0, "b", lost),
        health(5000.0, "a", over),
        health(5001.0, "a", over),
        health(5010.0, "a", lost),
        health(5011.0, "c", over),
    ];
    let alerts = raised(&mut Folding::new(settings(30.0), Vec::new()), &events);
    let conditions: Vec<_> = alerts.iter().map(|alert| alert.condition).collect();
    assert_eq!(conditions, [Condition::Cleared(at(5000.0)), Condition::Active, Condition::Active]);
    assert_eq!(alerts[0].count, 1, "its end is no second trouble");
}

#[test]
fn a_camera_whose_clock_is_years_ahead_disturbs_no_other() {
    let mut ahead = crossing(1.0, "far-ahead", 7);
    ahead.draft.time = at(1e8);
    let events = [crossing(0.0, "a", 1), ahead, crossing(2.0, "a", 2)];
    let alerts = raised(&mut Folding::new(settings(30.0), Vec::new()), &events);
    assert_eq!(alerts.iter().map(|alert| alert.count).collect::<Vec<_>>(), [2, 1]);
}

#[test]
fn after_a_restart_open_alerts_go_on() {
    let mut before = Folding::new(settings(30.0), Vec::new());
    let open = before.fold(&crossing(0.0, "a", 1)).unwrap();
    let mut after = Folding::new(settings(30.0), vec![open.clone()]);
    let alert = after.fold(&crossing(10.0, "a", 2)).unwrap();
    assert_eq!((alert.id, alert.count, alert.version), (open.id, 2, 2));
}
