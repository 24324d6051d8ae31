//! The feed: every event once, in the order of storing, over months and restarts.

use std::sync::mpsc::sync_channel;
use std::time::Duration;

use crate::made::{cameras, event, open, time};

#[test]
fn the_feed_loses_and_repeats_nothing_over_months_and_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let end_of_month = time("2026-01-31T23:59:59Z");
    let mut stored = Vec::new();
    let mut cursor = 0;
    for run in 0..3_u64 {
        let index = open(folder.path());
        index.put_cameras(&cameras(4)).unwrap();
        assert_eq!(*index.knock().borrow(), stored.len() as u64);
        for batch in 0..5_u64 {
            let events: Vec<_> = (0..7_u64)
                .map(|number| {
                    let seed = run * 1000 + batch * 10 + number;
                    // To and fro between two months within a batch.
                    let at = end_of_month.plus(Duration::from_millis(400 * (seed * 3 % 5)));
                    event(seed, at, number as usize % 4)
                })
                .collect();
            let sequences = index.append_events(events.clone()).unwrap();
            stored.extend(sequences.into_iter().zip(events));
            for next in index.events_after(cursor, 4).unwrap() {
                assert_eq!(next.sequence, cursor + 1);
                cursor = next.sequence;
            }
        }
    }
    let index = open(folder.path());
    stored.sort_by_key(|(sequence, _)| *sequence);
    let sequences: Vec<u64> = stored.iter().map(|(sequence, _)| *sequence).collect();
    assert_eq!(sequences, (1..=105).collect::<Vec<_>>());
    let mut fed = Vec::new();
    let mut cursor = 0;
    loop {
        let events = index.events_after(cursor, 10).unwrap();
        let Some(last) = events.last() else { break };
        cursor = last.sequence;
        fed.extend(events.into_iter().map(|stored| (stored.sequence, stored.event)));
    }
    assert_eq!(fed, stored);
    for (sequence, event) in stored {
        let found = index.event(&event.id).unwrap().unwrap();
        assert_eq!((found.sequence, found.event), (sequence, event));
    }
    assert_eq!(index.event(&event(999_999, end_of_month, 0).id).unwrap(), None);
}

#[test]
fn asking_again_after_an_error_stores_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let events: Vec<_> =
        (0..10).map(|seed| event(seed, time("2026-02-03T04:05:06.789012Z"), 1)).collect();
    let first = index.append_events(events[..6].to_vec()).unwrap();
    let again = index.append_events(events.clone()).unwrap();
    assert_eq!(again[..6], first);
    assert_eq!(again, (1..=10).collect::<Vec<_>>());
    assert_eq!(index.events_after(0, 100).unwrap().len(), 10);
}

#[test]
fn a_knock_follows_every_commit() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let mut knock = index.knock();
    assert!(!knock.has_changed().unwrap());
    let (sender, stored) = sync_channel(1);
    let happened = event(1, time("2026-02-03T04:05:06Z"), 1);
    index.append_events_then(vec![happened], move |result| sender.send(result).unwrap()).unwrap();
    assert_eq!(stored.recv().unwrap().unwrap(), [1]);
    assert_eq!(*knock.borrow_and_update(), 1);
    index.close();
    assert!(index.append_events(vec![event(2, time("2026-02-03T04:05:06Z"), 1)]).is_err());
    assert_eq!(index.events_after(0, 10).unwrap().len(), 1);
}

#[test]
fn an_event_from_outside_the_calendar_is_refused_alone() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let error = index.append_events(vec![event(1, domain::Timestamp::MAX, 1)]).unwrap_err();
    assert!(error.to_string().contains("check the camera's clock"), "{error}");
    let sequences = index.append_events(vec![event(2, time("1970-01-01T00:00:07Z"), 1)]);
    assert_eq!(sequences.unwrap(), [1]);
}
