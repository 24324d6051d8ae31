//! What search answers is what a naive filter over all events answers.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{
    Area, Attributes, Class, CompassPoint, Event, EventKind, LikelyColour, Location, Severity,
    SizeClass, Speed, TimeRange, Timestamp, VehicleColour,
};
use index::{DailyHours, EventPage, EventQuery, Index, Looks, Order, ReadOnlyIndex, SpeedRange};
use proptest::prelude::*;

use crate::made::{along_the_street, camera, cameras, event, open, time};

const CAMERAS: usize = 12;

fn start() -> Timestamp {
    time("2026-01-28T00:00:00Z")
}

/// Ten days around the end of a month; events gather on few moments so that times collide.
fn any_events() -> impl Strategy<Value = Vec<Event>> {
    let one = (0_u64..240, 0_u64..4, 0..CAMERAS, 0_u64..4000);
    prop::collection::vec(one, 0..120).prop_map(|seeds| {
        let events = seeds.into_iter().enumerate();
        events
            .map(|(number, (hour, minute, camera, seed))| {
                let at = Duration::from_secs(hour * 3600 + minute * 900);
                event(seed + 4000 * number as u64, start().plus(at), camera)
            })
            .collect()
    })
}

fn any_area() -> impl Strategy<Value = Area> {
    prop_oneof![
        (0.0..4000.0, 0.0..2000.0).prop_map(|(from, length)| {
            let (west, east) = (along_the_street(from), along_the_street(from + length));
            Area::Box { south: 21.0, west: west.lon, north: 21.04, east: east.lon }
        }),
        (0.0..4000.0, 0.0..3000.0)
            .prop_map(|(at, radius_m)| Area::Circle { centre: along_the_street(at), radius_m }),
        (0.0..4000.0, 100.0..3000.0).prop_map(|(at, length)| {
            let mut corners = vec![along_the_street(at), along_the_street(at + length)];
            corners[0].lat = 21.0;
            corners[1].lat = 21.0;
            let mut top = along_the_street(at + length / 2.0);
            top.lat = 21.05;
            corners.push(top);
            Area::Polygon(corners)
        }),
        // Far more cells of the grid than are asked one by one.
        Just(Area::Box { south: 8.0, west: 102.0, north: 24.0, east: 110.0 }),
        (0.0..4000.0, 100.0..3000.0, 0.0..500.0).prop_map(|(from, length, reach_m)| {
            let mut line = vec![along_the_street(from), along_the_street(from + length)];
            line[1].lat += 0.002;
            Area::Corridor { line, reach_m }
        }),
        Just(Area::Named("hang bai".into())),
        Just(Area::Named("HÀ NỘI".into())),
        Just(Area::Named("cot so 7".into())),
        Just(Area::Named("nowhere".into())),
    ]
}

fn any_looks() -> impl Strategy<Value = Looks> {
    let colours = prop::collection::vec(prop::sample::select(&VehicleColour::ALL), 0..4);
    let sizes = prop::collection::vec(prop::sample::select(&SizeClass::ALL), 0..2);
    let headings = prop::collection::vec(prop::sample::select(&CompassPoint::ALL), 0..5);
    (colours, sizes, headings).prop_map(|(colours, sizes, headings)| Looks {
        colours,
        sizes,
        headings,
    })
}

fn looks_so(Attributes { colour, size, heading_deg }: &Attributes, looks: &Looks) -> bool {
    let has_colour = |colour: &LikelyColour| looks.colours.contains(&colour.colour);
    let goes_there = |heading: &f32| looks.headings.contains(&CompassPoint::of(*heading));
    (looks.colours.is_empty() || colour.iter().any(has_colour))
        && (looks.sizes.is_empty() || size.iter().any(|size| looks.sizes.contains(size)))
        && (looks.headings.is_empty() || heading_deg.iter().any(goes_there))
}

fn any_speed() -> impl Strategy<Value = SpeedRange> {
    let end = || prop::option::weighted(0.2, (0_u8..100).prop_map(f32::from));
    (end(), end()).prop_map(|(from_kmh, to_kmh)| SpeedRange { from_kmh, to_kmh })
}

fn goes_so(speed: Option<Speed>, SpeedRange { from_kmh, to_kmh }: SpeedRange) -> bool {
    let is_asked = from_kmh.is_some() || to_kmh.is_some();
    speed.map_or(!is_asked, |Speed { kmh, .. }| {
        kmh >= from_kmh.unwrap_or(0.0) && kmh <= to_kmh.unwrap_or(f32::MAX)
    })
}

fn any_query() -> impl Strategy<Value = EventQuery> {
    let range = (0_u64..240, 0_u64..240, 0_u64..3).prop_map(|(from, length, kind)| match kind {
        0 => TimeRange::ALL,
        // Off the full hours, so that roll-ups have edges to cut.
        _ => TimeRange {
            start: start().plus(Duration::from_secs(from * 3600 + 900)),
            end: start().plus(Duration::from_secs((from + length) * 3600 + 1800)),
        },
    });
    let daily = prop::option::weighted(0.2, (0_u16..1440, 1_u16..=1440)).prop_map(|daily| {
        daily.map(|(from_minute, to_minute)| DailyHours {
            from_minute,
            to_minute,
            utc_offset_minutes: 420,
        })
    });
    let listed = prop::option::weighted(0.4, prop::collection::vec(0..CAMERAS + 2, 0..5));
    let classes = prop::collection::vec(prop::sample::select(Class::ALL.to_vec()), 0..3);
    let kinds =
        prop::collection::vec(prop::sample::select(EventKind::all().collect::<Vec<_>>()), 0..3);
    let rules = prop_oneof![3 => Just(vec![]), 1 => prop::collection::vec(0..9, 1..3)];
    let severity = prop::option::weighted(0.3, 1_u8..=4);
    let place = prop::option::weighted(0.5, any_area());
    let looks = prop_oneof![3 => Just(Looks::default()), 1 => any_looks()];
    let place = (place, looks, any_speed());
    (range, daily, place, listed, classes, kinds, rules, severity, any::<bool>(), 1..40_usize)
        .prop_map(
            |(
                range,
                daily,
                (place, looks, speed),
                listed,
                classes,
                kinds,
                rules,
                severity,
                old,
                limit,
            )| {
                EventQuery {
                    daily,
                    place,
                    cameras: listed.map(|numbers| numbers.into_iter().map(camera).collect()),
                    classes,
                    kinds,
                    rules: rules
                        .into_iter()
                        .map(|rule| format!("rule-{rule}").parse().unwrap())
                        .collect(),
                    looks,
                    speed,
                    min_severity: severity.map(|number| Severity::try_from(number).unwrap()),
                    order: if old { Order::OldestFirst } else { Order::NewestFirst },
                    limit,
                    ..EventQuery::new(range)
                }
            },
        )
}

/// Returns how far `at` is from the line: by halving it where the nearest point lies.
fn distance_to(mut start: Location, mut end: Location, at: Location) -> f64 {
    let between = |one: Location, other: Location, part: f64| Location {
        lat: one.lat + (other.lat - one.lat) * part,
        lon: one.lon + (other.lon - one.lon) * part,
    };
    for _ in 0..80 {
        let (first, second) = (between(start, end, 1.0 / 3.0), between(start, end, 2.0 / 3.0));
        if first.distance_m(at) < second.distance_m(at) {
            end = second;
        } else {
            start = first;
        }
    }
    start.distance_m(at)
}

fn matches(event: &Event, query: &EventQuery) -> bool {
    let draft = &event.draft;
    let in_place = match &query.place {
        None => true,
        Some(Area::Named(name)) => {
            let number: usize = draft.camera.as_str()[4..].parse().unwrap();
            match name.as_str() {
                "hang bai" => number < 5,
                "HÀ NỘI" => true,
                "cot so 7" => number == 7,
                _ => false,
            }
        }
        Some(Area::Box { south, west, north, east }) => event.location.is_some_and(|at| {
            (*south..=*north).contains(&at.lat) && (*west..=*east).contains(&at.lon)
        }),
        Some(Area::Circle { centre, radius_m }) => {
            event.location.is_some_and(|at| centre.distance_m(at) <= *radius_m)
        }
        Some(Area::Polygon(corners)) => event.location.is_some_and(|at| {
            // A triangle: inside when on the same side of all sides.
            let side = |a: usize, b: usize| {
                let (a, b) = (corners[a], corners[b]);
                (b.lon - a.lon) * (at.lat - a.lat) - (b.lat - a.lat) * (at.lon - a.lon)
            };
            side(0, 1) > 0.0 && side(1, 2) > 0.0 && side(2, 0) > 0.0
        }),
        Some(Area::Corridor { line, reach_m }) => {
            event.location.is_some_and(|at| distance_to(line[0], line[1], at) <= *reach_m)
        }
    };
    let in_hours = query.daily.is_none_or(|daily| {
        let minutes = draft.time.as_micros().div_euclid(60_000_000) + 420;
        let minute = u16::try_from(minutes.rem_euclid(1440)).unwrap();
        if daily.from_minute < daily.to_minute {
            (daily.from_minute..daily.to_minute).contains(&minute)
        } else {
            minute >= daily.from_minute || minute < daily.to_minute
        }
    });
    query.range.contains(draft.time)
        && in_place
        && in_hours
        && query.cameras.as_ref().is_none_or(|cameras| cameras.contains(&draft.camera))
        && (query.classes.is_empty()
            || draft.class.is_some_and(|class| query.classes.contains(&class)))
        && (query.kinds.is_empty() || query.kinds.contains(&draft.kind))
        && (query.rules.is_empty() || query.rules.contains(&draft.rule))
        && looks_so(&draft.attributes, &query.looks)
        && goes_so(draft.evidence.speed, query.speed)
        && query.min_severity.is_none_or(|least| draft.severity <= least)
}

/// Pages through all answers.
fn paged(index: &Index, query: &EventQuery) -> Vec<Event> {
    pages(query, |query| index.search_events(query).unwrap())
}

fn pages(query: &EventQuery, search: impl Fn(&EventQuery) -> EventPage) -> Vec<Event> {
    let mut query = query.clone();
    let mut events = Vec::new();
    loop {
        let page = search(&query);
        assert!(page.events.len() <= query.limit);
        events.extend(page.events.into_iter().map(|stored| stored.event));
        let Some(next) = page.next else {
            return events;
        };
        query.cursor = Some(next.to_string().parse().unwrap());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn search_equals_a_naive_filter(
        events in any_events(),
        queries in prop::collection::vec(any_query(), 12),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let index = open(folder.path());
        index.put_cameras(&cameras(CAMERAS)).unwrap();
        index.append_events(events.clone()).unwrap();
        let files = ReadOnlyIndex::open(folder.path()).unwrap();
        for query in queries {
            let mut expected: Vec<&Event> =
                events.iter().filter(|event| matches(event, &query)).collect();
            expected.sort_by_key(|event| event.draft.time);
            if query.order == Order::NewestFirst {
                expected.reverse();
            }
            let found = paged(&index, &query);
            prop_assert_eq!(found.iter().collect::<Vec<_>>(), expected.clone(), "{:?}", query);
            // What the index itself may have held in memory.
            let in_files = pages(&query, |query| files.search_events(query).unwrap());
            prop_assert_eq!(in_files, found, "{:?}", query);

            let mut hours = BTreeMap::new();
            for event in expected {
                let hour = event.draft.time.as_micros() / 3_600_000_000 * 3_600_000_000;
                *hours.entry(Timestamp::from_micros(hour)).or_insert(0) += 1;
            }
            let counted: BTreeMap<Timestamp, u64> = index
                .histogram(&query)
                .unwrap()
                .into_iter()
                .map(|hour| (hour.hour, hour.count))
                .collect();
            prop_assert_eq!(counted, hours, "{:?}", query);
        }
    }
}

#[test]
fn a_rare_class_is_found_far_back_in_a_busy_month() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    index.put_cameras(&cameras(CAMERAS)).unwrap();
    let at = |number: u64| start().plus(Duration::from_secs(number * 20));
    let mut events: Vec<Event> = (0..12_000_u64)
        .map(|number| event(number * 11 + 3, at(number), number as usize % CAMERAS))
        .collect();
    for event in &mut events {
        event.draft.class = Some(Class::Car);
    }
    // Boats have an index of their own; persons are common elsewhere, so they have none.
    for (class, numbers) in [(Class::Boat, [5, 700]), (Class::Person, [8, 701])] {
        for number in numbers {
            events[number].draft.class = Some(class);
            events[number].draft.camera = camera(2);
        }
    }
    index.append_events(events.clone()).unwrap();
    for (class, [early, late]) in [(Class::Boat, [5, 700]), (Class::Person, [8, 701])] {
        let query = EventQuery { classes: vec![class], ..EventQuery::new(TimeRange::ALL) };
        let ids = |query: &EventQuery| {
            paged(&index, query).iter().map(|event| event.id).collect::<Vec<_>>()
        };
        let expected = [events[late].id, events[early].id];
        assert_eq!(ids(&query), expected);
        // The same where many cameras are asked for, and where only few are.
        for more in [3, 0] {
            let cameras = (2..=2 + more).map(camera).collect();
            assert_eq!(ids(&EventQuery { cameras: Some(cameras), ..query.clone() }), expected);
        }
        assert_eq!(ids(&EventQuery { cameras: Some(vec![camera(3)]), ..query.clone() }), []);
    }
}

#[test]
fn a_file_without_the_index_of_rare_classes_gets_it_when_opened() {
    let folder = tempfile::tempdir().unwrap();
    let mut boat = event(1, start(), 1);
    boat.draft.class = Some(Class::Boat);
    let index = open(folder.path());
    index.append_events(vec![boat.clone()]).unwrap();
    drop(index);
    let file = rusqlite::Connection::open(folder.path().join("ev_202601.db")).unwrap();
    file.execute_batch(
        "DROP INDEX ev_class; ALTER TABLE ev DROP COLUMN attr; PRAGMA user_version = 1;",
    )
    .unwrap();
    drop(file);
    let query = EventQuery { classes: vec![Class::Boat], ..EventQuery::new(TimeRange::ALL) };
    let found = open(folder.path()).search_events(&query).unwrap().events;
    assert_eq!(found[0].event.id, boat.id);
}

#[test]
fn a_camera_that_moved_is_found_where_it_stood_then() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let mut rows = cameras(3);
    index.put_cameras(&rows).unwrap();
    let before = event(1, start(), 1);
    index.append_events(vec![before.clone()]).unwrap();
    rows[1].location = Some(along_the_street(3000.0));
    index.put_cameras(&rows).unwrap();
    let mut after = event(2, start().plus(Duration::from_secs(60)), 1);
    after.location = rows[1].location;
    index.append_events(vec![after.clone()]).unwrap();
    let near = |metres: f64| EventQuery {
        place: Some(Area::Circle { centre: along_the_street(metres), radius_m: 100.0 }),
        ..EventQuery::new(TimeRange::ALL)
    };
    assert_eq!(paged(&index, &near(300.0)), [before]);
    assert_eq!(paged(&index, &near(3000.0)), [after]);
}

#[test]
fn a_question_without_sense_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let with = |place| EventQuery { place: Some(place), ..EventQuery::new(TimeRange::ALL) };
    for query in [
        with(Area::Named(" ,".into())),
        with(Area::Polygon(vec![])),
        with(Area::Circle { centre: along_the_street(0.0), radius_m: f64::NAN }),
        with(Area::Box { south: 1.0, west: 0.0, north: 0.0, east: 1.0 }),
    ] {
        assert!(index.search_events(&query).is_err(), "{query:?}");
    }
    for text in ["", "e", "e123", "x0000000000000000", "e000000000000000\u{e9}"] {
        assert!(text.parse::<index::Cursor>().is_err(), "{text}");
        assert!(text.parse::<index::TrackCursor>().is_err(), "{text}");
    }
}
