//! Alerts: stored with the events folded into them, found, followed, forgotten.

use std::time::Duration;

use domain::{
    Alert, Class, Condition, Event, EventKind, HealthKind, RuleKind, TimeRange, Timestamp,
};
use index::{AlertChange, AlertQuery, FoldedEvents, Index};

use crate::made::{camera, event, open, time};

fn start() -> Timestamp {
    time("2026-03-01T00:00:00Z")
}

/// The alert that `event` raises, of one kind.
fn raised(event: &Event) -> Alert {
    let (kind, condition) = (RuleKind::RedLight.into(), Condition::Momentary);
    Alert { kind, condition, ..Alert::raised(event) }
}

/// Stores `count` events, each a minute after the other, and an alert of each.
fn filled(index: &Index, count: u64) -> Vec<Alert> {
    let at = |number: u64| start().plus(Duration::from_secs(60 * number));
    let events: Vec<Event> =
        (0..count).map(|number| event(number, at(number), number as usize % 3)).collect();
    let alerts: Vec<Alert> = events.iter().map(raised).collect();
    let sequences = index.append_events(events).unwrap();
    let folded = FoldedEvents {
        alerts: alerts.clone(),
        events: alerts.iter().map(|alert| alert.id).zip(sequences.iter().copied()).collect(),
        cursor: sequences[sequences.len() - 1],
        ..FoldedEvents::default()
    };
    assert_eq!(index.settle_alerts(&folded).unwrap(), count);
    assert_eq!(index.settle_alerts(&FoldedEvents { alerts: vec![], ..folded }).unwrap(), count);
    alerts
}

#[test]
fn an_alert_is_found_with_its_events_and_by_them() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    assert_eq!(index.alert_cursor().unwrap(), None);
    let mut alerts = filled(&index, 6);
    // The sixth event belongs to the first alert after all.
    let sixth = alerts.pop().unwrap();
    alerts[0].count = 2;
    alerts[0].last_event = sixth.id;
    alerts[0].version = 2;
    let more = index.append_events(vec![event(99, start(), 1)]).unwrap();
    let folded = FoldedEvents {
        alerts: vec![alerts[0].clone()],
        events: vec![(alerts[0].id, more[0])],
        cursor: more[0],
        ..FoldedEvents::default()
    };
    assert_eq!(index.settle_alerts(&folded).unwrap(), 7);
    drop(index);

    let index = open(folder.path());
    assert_eq!(index.alert_cursor().unwrap(), Some(7));
    let stored = index.alert(alerts[0].id).unwrap().unwrap();
    assert_eq!((stored.change, &stored.alert), (7, &alerts[0]));
    assert_eq!(index.alert_of_event(7).unwrap().unwrap(), stored);
    assert_eq!(index.alert_of_event(8).unwrap(), None);
    let told = (stored.alert.id, stored.alert.severity);
    assert_eq!(index.alerts_of_events(1..=9).unwrap().get(&7), Some(&told));
    assert!(!index.alerts_of_events(8..=9).unwrap().contains_key(&8));
    let sequences = |after, limit| -> Vec<u64> {
        let events = index.events_of_alert(alerts[0].id, after, limit).unwrap();
        events.iter().map(|stored| stored.sequence).collect()
    };
    assert_eq!((sequences(0, 9), sequences(1, 9), sequences(0, 1)), (vec![1, 7], vec![7], vec![1]));
    assert_eq!(index.alert(event(1234, start(), 0).id).unwrap(), None);
}

#[test]
fn pages_of_alerts_equal_a_naive_filter() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let mut alerts = filled(&index, 40);
    for alert in alerts.iter_mut().step_by(5) {
        alert.kind = EventKind::Health(HealthKind::SignalLost);
        alert.condition = Condition::Active;
    }
    let changed = FoldedEvents { cursor: 40, ..FoldedEvents::default() };
    // Kinds do not change; what is trouble is another alert.
    for (number, alert) in alerts.iter_mut().enumerate().step_by(5) {
        alert.id = event(1000 + number as u64, start(), 0).id;
        index
            .settle_alerts(&FoldedEvents { alerts: vec![alert.clone()], ..changed.clone() })
            .unwrap();
    }
    let all = AlertQuery { limit: 7, ..AlertQuery::new(TimeRange::ALL) };
    let since = TimeRange { start: start().plus(Duration::from_secs(600)), end: Timestamp::MAX };
    for query in [
        all.clone(),
        AlertQuery { range: since, ..all.clone() },
        AlertQuery { kinds: vec![EventKind::Health(HealthKind::SignalLost)], ..all.clone() },
        AlertQuery { classes: vec![Class::Car, Class::Person], ..all.clone() },
        AlertQuery { min_severity: Some(2.try_into().unwrap()), ..all.clone() },
        AlertQuery { cameras: Some(vec![camera(1)]), ..all.clone() },
        AlertQuery { only_active: true, ..all.clone() },
    ] {
        let wanted = |alert: &Alert| {
            query.range.contains(alert.first)
                && (query.kinds.is_empty() || query.kinds.contains(&alert.kind))
                && (query.classes.is_empty()
                    || alert.class.is_some_and(|class| query.classes.contains(&class)))
                && query.min_severity.is_none_or(|least| alert.severity <= least)
                && query.cameras.as_ref().is_none_or(|ids| ids.contains(&alert.cameras[0]))
                && (!query.only_active || alert.condition == Condition::Active)
        };
        // Those of the first round stay as they were: momentary, red lights.
        let originals = (0..40_u64).step_by(5).map(|number| {
            raised(&event(
                number,
                start().plus(Duration::from_secs(60 * number)),
                number as usize % 3,
            ))
        });
        let mut expected: Vec<_> = alerts
            .iter()
            .cloned()
            .chain(originals)
            .filter(wanted)
            .map(|alert| (alert.first, alert.id))
            .collect();
        let (mut found, mut query) = (Vec::new(), query.clone());
        loop {
            let page = index.alerts(&query).unwrap();
            found.extend(page.alerts.iter().map(|stored| (stored.alert.first, stored.alert.id)));
            let Some(next) = page.next else { break };
            query.cursor = Some(next.to_string().parse().unwrap());
        }
        assert!(found.windows(2).all(|pair| pair[0].0 >= pair[1].0), "newest first");
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "{query:?}");
    }
}

#[test]
fn whoever_follows_gets_every_alert_that_changed_once() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let mut knock = index.alert_knock();
    let mut alerts = filled(&index, 3);
    assert_eq!(*knock.borrow_and_update(), 3);
    alerts[0].version = 2;
    let again =
        FoldedEvents { alerts: vec![alerts[0].clone()], cursor: 3, ..FoldedEvents::default() };
    index.settle_alerts(&again).unwrap();
    let changes = |after| -> Vec<(u64, u32)> {
        let version = |change: &AlertChange| match change {
            AlertChange::Alert(stored) => stored.alert.version,
            AlertChange::Flood(..) => 0,
        };
        let changes = index.alert_changes_after(after, 10).unwrap();
        changes.iter().map(|change| (change.number(), version(change))).collect()
    };
    assert_eq!(changes(0), [(2, 1), (3, 1), (4, 2)]);
    assert_eq!(changes(3), [(4, 2)]);
    assert!(knock.has_changed().unwrap());
}

#[test]
fn what_still_grows_is_kept_and_what_is_old_and_over_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let mut alerts = filled(&index, 4);
    alerts[1].condition = Condition::Active;
    alerts[2].condition = Condition::Cleared(start());
    let changed =
        FoldedEvents { alerts: alerts[1..3].to_vec(), cursor: 4, ..FoldedEvents::default() };
    index.settle_alerts(&changed).unwrap();
    let told = |alert: &Alert| alert.last_event.given().unwrap();
    let latest = alerts.iter().map(told).max().unwrap();
    let growing = |since| -> Vec<Alert> {
        let growing = index.growing_alerts(since).unwrap();
        growing.into_iter().map(|stored| stored.alert).collect()
    };
    let lasting = growing(latest.plus(Duration::from_secs(1)));
    assert_eq!(lasting, alerts[1..2], "trouble that lasts");
    assert_eq!(growing(Timestamp::MIN), alerts);

    let expired = index.expire(latest.plus(Duration::from_secs(1))).unwrap();
    assert_eq!(expired.alerts, 3);
    let left = index.alerts(&AlertQuery::new(TimeRange::ALL)).unwrap().alerts;
    assert_eq!(left.iter().map(|stored| stored.alert.id).collect::<Vec<_>>(), [alerts[1].id]);
    assert!(index.alert_of_event(1).unwrap().is_none());
    assert!(index.alert_of_event(2).unwrap().is_some());
}
