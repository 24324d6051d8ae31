//! What an investigator asks besides time and place: who went over a drawn line, how long, how sure;
//! and what is kept for the next time.

use std::time::Duration;

use domain::{
    Attributes, Bbox, Class, Crossing, Event, Gate, Line, Point, TimeRange, Timestamp, Track,
    TrackId, TrackPoint, TrackSource,
};
use index::{AtLeast, DailyHours, EventQuery, Index, IndexError, SavedSearchDraft, TrackQuery};

use crate::made::{camera, event, open, time};

const TRACKS: u64 = 300;

fn start() -> Timestamp {
    time("2026-01-31T20:00:00Z")
}

/// Every third goes left over the middle of the view, every third right, every third stays.
fn track(number: u64) -> Track {
    let begin = start().plus(Duration::from_secs(60 * number));
    let (from, to) = match number % 3 {
        0 => (0.2, 0.8),
        1 => (0.8, 0.2),
        _ => (0.2, 0.3),
    };
    let seconds = 4 + number % 40;
    let at = |(after, x): (u64, f32)| TrackPoint {
        time: begin.plus(Duration::from_secs(after)),
        bbox: Bbox { left: x, top: 0.5, width: 0.0625, height: 0.25 },
    };
    Track {
        id: TrackId(number + 1),
        camera: camera(number as usize % 2),
        source: TrackSource::Analysis,
        class: Class::Car,
        confidence: (number % 10) as f32 / 10.0,
        attributes: Attributes::default(),
        path: [(0, from), (seconds, to)].map(at).into(),
    }
}

/// An event of every track, a second after it began.
fn event_of(track: &Track) -> Event {
    let number = track.id.0 as usize;
    let mut event = event(track.id.0, track.range().start.plus(Duration::from_secs(1)), number);
    event.draft.camera = track.camera.clone();
    event.draft.track = Some(track.id);
    event.draft.duration_ms = u32::try_from(track.range().duration().as_millis()).unwrap();
    event.draft.confidence = track.confidence;
    event
}

fn filled() -> (tempfile::TempDir, Index, Vec<Track>) {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let tracks: Vec<Track> = (0..TRACKS).map(track).collect();
    index.append_tracks(tracks.clone()).unwrap();
    index.append_events(tracks.iter().map(event_of).collect()).unwrap();
    index.flush().unwrap();
    (folder, index, tracks)
}

fn gate(sense: Option<Crossing>) -> Gate {
    Gate { line: Line { from: Point::new(0.5, 1.0), to: Point::new(0.5, 0.0) }, sense }
}

fn tracks_found(index: &Index, mut query: TrackQuery) -> Vec<u64> {
    let mut found = Vec::new();
    loop {
        let page = index.tracks(&query).unwrap();
        found.extend(page.tracks.iter().map(|track| track.id.0));
        let Some(next) = page.next else { return found };
        query.cursor = Some(next);
    }
}

fn events_found(index: &Index, mut query: EventQuery) -> Vec<u64> {
    let mut found = Vec::new();
    loop {
        let page = index.search_events(&query).unwrap();
        found.extend(page.events.iter().map(|stored| stored.event.draft.track.unwrap().0));
        let Some(next) = page.next else { break };
        query.cursor = Some(next);
    }
    found.sort_unstable();
    found
}

#[test]
fn who_went_over_a_drawn_line_is_found_by_the_way_they_went() {
    let (_folder, index, tracks) = filled();
    for sense in [None, Some(Crossing::LeftToRight), Some(Crossing::RightToLeft)] {
        let went = |track: &&Track| match track.id.0 % 3 {
            1 => sense != Some(Crossing::RightToLeft),
            2 => sense != Some(Crossing::LeftToRight),
            _ => false,
        };
        let at_camera = |track: &&Track| track.camera == camera(1);
        let expected: Vec<u64> =
            tracks.iter().filter(went).filter(at_camera).map(|track| track.id.0).collect();
        assert!(!expected.is_empty());
        for limit in [7, 1000] {
            let cameras = Some(vec![camera(1)]);
            let gate = Some(gate(sense));
            let range = TimeRange::ALL;
            let query =
                TrackQuery { cameras: cameras.clone(), gate, limit, ..TrackQuery::new(range) };
            assert_eq!(tracks_found(&index, query), expected, "{sense:?} {limit}");
            let query = EventQuery { cameras, gate, limit, ..EventQuery::new(range) };
            assert_eq!(events_found(&index, query), expected, "{sense:?} {limit}");
        }
    }
    let query = EventQuery { gate: Some(gate(None)), ..EventQuery::new(TimeRange::ALL) };
    assert!(matches!(index.histogram(&query), Err(IndexError::Query(_))));
}

#[test]
fn what_lasted_and_what_is_sure_is_told_from_what_passed_and_what_is_not() {
    let (_folder, index, tracks) = filled();
    let at_least = AtLeast { confidence: 0.45, lasted: Duration::from_secs(20) };
    let reaches = |track: &&Track| {
        track.confidence >= 0.45 && track.range().duration() >= Duration::from_secs(20)
    };
    let expected: Vec<u64> = tracks.iter().filter(reaches).map(|track| track.id.0).collect();
    assert!(!expected.is_empty());
    for limit in [5, 1000] {
        let query = TrackQuery { at_least, limit, ..TrackQuery::new(TimeRange::ALL) };
        assert_eq!(tracks_found(&index, query), expected);
        let query = EventQuery { at_least, limit, ..EventQuery::new(TimeRange::ALL) };
        assert_eq!(events_found(&index, query), expected);
    }
    let query = EventQuery { at_least, ..EventQuery::new(TimeRange::ALL) };
    let counted: u64 = index.histogram(&query).unwrap().iter().map(|hour| hour.count).sum();
    assert_eq!(counted, expected.len() as u64);
}

#[test]
fn tracks_are_found_in_the_same_hours_of_every_day() {
    let (_folder, index, tracks) = filled();
    // From 3:30 to 4 at night, Vietnam's time.
    let daily = DailyHours { from_minute: 210, to_minute: 240, utc_offset_minutes: 420 };
    let seen = TimeRange { start: time("2026-01-31T20:30:00Z"), end: time("2026-01-31T21:00:00Z") };
    let in_hours =
        |track: &&Track| track.range().start < seen.end && track.range().end >= seen.start;
    let expected: Vec<u64> = tracks.iter().filter(in_hours).map(|track| track.id.0).collect();
    let query = TrackQuery { daily: Some(daily), limit: 4, ..TrackQuery::new(TimeRange::ALL) };
    assert_eq!(tracks_found(&index, query), expected);
}

#[test]
fn a_saved_search_is_its_owners_and_told_to_others_when_it_is_shared() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let draft = |owner: &str, name: &str, is_shared: bool| SavedSearchDraft {
        owner: owner.parse().unwrap(),
        name: name.to_owned(),
        query: format!("class=car&name={name}"),
        is_shared,
        saved: start(),
    };
    let own = index.save_search(&draft("lan", "xe trắng", false)).unwrap();
    let shared = index.save_search(&draft("lan", "cầu", true)).unwrap();
    index.save_search(&draft("minh", "riêng", false)).unwrap();
    let told = |who: &str| {
        let all = index.saved_searches(&who.parse().unwrap()).unwrap();
        all.into_iter().map(|saved| saved.search.name).collect::<Vec<_>>()
    };
    assert_eq!(told("lan"), ["cầu", "xe trắng"]);
    assert_eq!(told("minh"), ["riêng", "cầu"]);
    // The same name again is the same search, changed.
    let changed =
        SavedSearchDraft { query: "class=bus".into(), ..draft("lan", "xe trắng", true) };
    assert_eq!(index.save_search(&changed).unwrap().id, own.id);
    assert_eq!(told("minh"), ["riêng", "cầu", "xe trắng"]);
    assert!(!index.forget_search(shared.id, &"minh".parse().unwrap()).unwrap());
    assert!(index.forget_search(shared.id, &"lan".parse().unwrap()).unwrap());
    assert_eq!(told("lan"), ["xe trắng"]);
    for number in 0..199 {
        index.save_search(&draft("lan", &number.to_string(), false)).unwrap();
    }
    let refused = index.save_search(&draft("lan", "one more", false));
    assert!(matches!(refused, Err(IndexError::Query(_))), "{refused:?}");
    assert!(index.save_search(&draft("lan", "7", true)).is_ok());
}
