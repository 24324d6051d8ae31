//! What stands together in the queue, and when it is a flood.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::Arc;
use std::time::Duration;

use alerts::{CALM_BELOW, FLOOD_ABOVE, Folding, Grouping, Settings, flood_change};
use domain::{
    Alert, Attributes, Class, Event, EventDraft, EventId, Evidence, RuleKind, Source, Timestamp,
};
use uuid::{NoContext, Uuid};

const BEGIN_S: u64 = 1_772_323_200;

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_micros(0).plus(Duration::from_secs(BEGIN_S + seconds))
}

fn event(seconds: u64, camera: &str, rule: &str) -> Event {
    let given = uuid::Timestamp::from_unix(NoContext, BEGIN_S + seconds, 0);
    Event {
        id: EventId(Uuid::new_v7(given)),
        location: None,
        draft: EventDraft {
            camera: camera.parse().unwrap(),
            time: at(seconds),
            duration_ms: 0,
            kind: RuleKind::Intrusion.into(),
            rule: rule.parse().unwrap(),
            rule_version: 1,
            severity: 3.try_into().unwrap(),
            class: Some(Class::Person),
            confidence: 0.7,
            attributes: Attributes::default(),
            track: None,
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

#[test]
fn the_same_rule_at_the_same_camera_stands_in_one_row_while_it_goes_on() {
    let alert = |seconds, camera, rule| Alert::raised(&event(seconds, camera, rule));
    let within = Duration::from_secs(600);
    let mut grouping = Grouping::new(within, []);
    let first = alert(0, "gate", "fence");
    assert_eq!(grouping.group(&first), first.id);
    assert_eq!(grouping.group(&alert(500, "gate", "fence")), first.id);
    let chained = alert(1000, "gate", "fence");
    assert_eq!(grouping.group(&chained), first.id, "ten minutes after the latest");
    for other in [alert(1001, "yard", "fence"), alert(1002, "gate", "door")] {
        assert_eq!(grouping.group(&other), other.id);
    }
    // As it is after a restart.
    let mut grouping = Grouping::new(within, [(chained, first.id)]);
    assert_eq!(grouping.group(&alert(1600, "gate", "fence")), first.id);
    let later = alert(2201, "gate", "fence");
    assert_eq!(grouping.group(&later), later.id);
}

#[test]
fn a_flood_begins_above_ten_at_a_desk_and_ends_below_five() {
    assert_eq!(flood_change(None, FLOOD_ABOVE, 1, at(0)), None);
    assert_eq!(flood_change(None, 2 * FLOOD_ABOVE, 2, at(0)), None, "two desks share it");
    let flood = flood_change(None, FLOOD_ABOVE + 1, 1, at(0)).unwrap();
    assert_eq!((flood.began, flood.ended), (at(0), None));
    assert_eq!(flood_change(Some(flood), CALM_BELOW, 1, at(60)), None, "not calm yet");
    let over = flood_change(Some(flood), CALM_BELOW - 1, 1, at(90)).unwrap();
    assert_eq!((over.began, over.ended, over.alerts), (at(0), Some(at(90)), CALM_BELOW - 1));
}

#[test]
fn what_somebody_closed_takes_no_more_events() {
    let mut folding = Folding::new(Settings::default(), Vec::new());
    let first = folding.fold(&event(0, "gate", "fence")).unwrap();
    assert_eq!(folding.fold(&event(5, "gate", "fence")).unwrap().id, first.id);
    folding.set_closed(first.id, true);
    let second = folding.fold(&event(10, "gate", "fence")).unwrap();
    assert_ne!(second.id, first.id);
    folding.set_closed(second.id, true);
    folding.set_closed(first.id, false);
    assert_eq!(folding.fold(&event(15, "gate", "fence")).unwrap().id, first.id, "reopened");
}
