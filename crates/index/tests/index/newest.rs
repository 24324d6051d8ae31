//! The newest events, held in memory, are what the files say.

use std::time::Duration;

use domain::{Event, TimeRange, Timestamp};
use index::{EventPage, EventQuery, Index, ReadOnlyIndex};
use proptest::prelude::*;

use crate::made::{camera, cameras, event, open, time};

const CAMERAS: usize = 9;
/// More than are held.
const MANY: u64 = 1300;

fn start() -> Timestamp {
    time("2026-01-31T20:00:00Z")
}

/// An event every minute, over the end of a month; every tenth comes hours late.
fn stored(number: u64) -> Event {
    let minutes = if number.is_multiple_of(10) { number.saturating_sub(300) } else { number };
    event(number, start().plus(Duration::from_secs(minutes * 60)), number as usize % CAMERAS)
}

/// Asks for pages until the end, or `most` of them.
fn pages(
    query: &EventQuery,
    most: usize,
    search: impl Fn(&EventQuery) -> EventPage,
) -> Vec<EventPage> {
    let mut query = query.clone();
    let mut pages = Vec::new();
    while pages.len() < most {
        let page = search(&query);
        query.cursor = page.next;
        pages.push(page);
        if query.cursor.is_none() {
            break;
        }
    }
    pages
}

fn assert_same(index: &Index, files: &ReadOnlyIndex, query: &EventQuery) {
    let ours = pages(query, 4, |query| index.search_events(query).unwrap());
    let theirs = pages(query, 4, |query| files.search_events(query).unwrap());
    assert_eq!(ours, theirs, "{query:?}");
}

fn any_query() -> impl Strategy<Value = EventQuery> {
    let cameras = prop::option::of(prop::collection::vec((0..CAMERAS + 1).prop_map(camera), 0..4));
    let range = prop_oneof![
        Just(TimeRange::ALL),
        (0..MANY, 0..MANY).prop_map(|(one, other)| TimeRange {
            start: stored(one.min(other)).draft.time.min(stored(one.max(other)).draft.time),
            end: stored(one.max(other)).draft.time.max(stored(one.min(other)).draft.time),
        }),
    ];
    (cameras, range, 1..400_usize).prop_map(|(cameras, range, limit)| EventQuery {
        cameras,
        limit,
        ..EventQuery::new(range)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, ..ProptestConfig::default() })]

    #[test]
    fn what_is_held_is_what_the_files_say(
        sizes in prop::collection::vec(1..500_usize, 8),
        queries in prop::collection::vec(any_query(), 25),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut index = open(folder.path());
        index.put_cameras(&cameras(CAMERAS)).unwrap();
        let mut events: Vec<Event> = (0..MANY).map(stored).collect();
        let mut queries = queries.into_iter();
        for (step, size) in sizes.into_iter().enumerate() {
            let later = events.split_off(size.min(events.len()));
            // Stored twice: known the second time.
            index.append_events(events.clone()).unwrap();
            index.append_events(std::mem::replace(&mut events, later)).unwrap();
            let files = ReadOnlyIndex::open(folder.path()).unwrap();
            for query in queries.by_ref().take(3) {
                assert_same(&index, &files, &query);
            }
            if step == 3 {
                drop(index);
                index = open(folder.path());
            }
        }
        index.append_events(events).unwrap();
        index.expire(time("2026-02-01T00:00:00Z")).unwrap();
        let files = ReadOnlyIndex::open(folder.path()).unwrap();
        assert_same(&index, &files, &EventQuery::new(TimeRange::ALL));
        let first = index.search_events(&EventQuery::new(TimeRange::ALL)).unwrap();
        prop_assert!(first.events.iter().all(|one| one.event.draft.time >= time("2026-02-01T00:00:00Z")));
    }
}
