//! Events found, counted, opened.

use axum::http::StatusCode;
use domain::Speed;
use serde_json::Value;

use crate::site::{Site, event};

fn numbers(page: &Value) -> Vec<u64> {
    let events = page["events"].as_array().unwrap();
    events.iter().map(|event| event["sequence"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn pages_follow_one_another_without_loss_or_repetition() {
    let site = Site::open();
    site.index.append_events((1..=57).map(event).collect()).unwrap();
    for (order, expected) in
        [("newest", (1..=57).rev().collect::<Vec<u64>>()), ("oldest", (1..=57).collect())]
    {
        let mut found = Vec::new();
        let mut uri = format!("/api/v1/events?limit=10&order={order}");
        loop {
            let page = site.json(&uri).await;
            assert_eq!(page["as_of"], "57");
            found.extend(numbers(&page));
            let Some(next) = page["next"].as_str() else {
                break;
            };
            uri = format!("/api/v1/events?limit=10&order={order}&cursor={next}");
        }
        assert_eq!(found, expected, "{order}");
    }
}

#[tokio::test]
async fn every_filter_narrows() {
    let site = Site::open();
    site.index.append_events((1..=20).map(event).collect()).unwrap();
    let even: Vec<u64> = (1..=10).map(|number| number * 2).collect();
    for filter in [
        "cameras=cua-nam",
        "class=person,bus",
        "kind=line_crossing",
        "severity=2",
        "circle=21.0287,105.8421,300",
        "bbox=21.0,105.8,21.1,105.9",
        "polygon=21.0,105.8;21.1,105.8;21.1,105.9;21.0,105.9",
        "place=cua%20nam",
        "rule=lan-duong&cameras=cua-nam",
    ] {
        let page = site.json(&format!("/api/v1/events?order=oldest&{filter}")).await;
        assert_eq!(numbers(&page), even, "{filter}");
        let counted = site.json(&format!("/api/v1/events/histogram?{filter}")).await;
        assert_eq!(counted["total"], 10, "{filter}");
        assert_eq!(counted["hours"][0]["hour"], "2026-03-01T00:00:00.000000Z");
    }
    let span = "start=2026-03-01T07:30:03+07:00&end=2026-03-01T07:30:06+07:00&order=oldest";
    let page = site.json(&format!("/api/v1/events?{span}")).await;
    assert_eq!(numbers(&page), [3, 4, 5]);
    let morning = site.json("/api/v1/events?daily=07:00-08:00&limit=3").await;
    assert_eq!(numbers(&morning), [20, 19, 18]);
    let night = site.json("/api/v1/events?daily=22:00-05:00&zone=%2B07:00").await;
    assert_eq!(numbers(&night), [0u64; 0]);
}

#[tokio::test]
async fn what_went_so_fast_is_found_and_what_tells_no_speed_is_not() {
    let site = Site::open();
    let at_speed = |number: u32, kmh: Option<f32>| {
        let mut event = event(number);
        event.draft.evidence.speed = kmh.map(|kmh| Speed { kmh, uncertainty_kmh: 4.0 });
        event
    };
    let speeds = [None, Some(48.5), Some(60.0), Some(72.0), Some(90.0)];
    let events = (1..).zip(speeds).map(|(number, kmh)| at_speed(number, kmh));
    site.index.append_events(events.collect()).unwrap();
    for (asked, expected) in [
        ("speed_from=60", &[3, 4, 5][..]),
        ("speed_to=60", &[2, 3]),
        ("speed_from=60&speed_to=72&cameras=cua-nam", &[4]),
        ("speed_from=0", &[2, 3, 4, 5]),
        ("speed_from=91", &[]),
    ] {
        let page = site.json(&format!("/api/v1/events?order=oldest&{asked}")).await;
        assert_eq!(numbers(&page), expected, "{asked}");
        let counted = site.json(&format!("/api/v1/events/histogram?{asked}")).await;
        assert_eq!(counted["total"], expected.len(), "{asked}");
    }
    for (asked, name) in [
        ("speed_from=90&speed_to=60", "speed_to"),
        ("speed_from=nan", "speed_from"),
        ("speed_to=301", "speed_to"),
    ] {
        let refused = site.get(&format!("/api/v1/events?{asked}")).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{asked}");
        assert_eq!(refused.json()["invalid-params"][0]["name"], name, "{asked}");
    }
}

#[tokio::test]
async fn an_event_is_shown_whole_with_its_pictures_and_footage() {
    let site = Site::open();
    site.record();
    site.index.append_events(vec![event(4)]).unwrap();
    let page = site.json("/api/v1/events").await;
    let id = page["events"][0]["id"].as_str().unwrap();
    let shown = site.json(&format!("/api/v1/events/{id}")).await;
    assert_eq!(shown, page["events"][0]);
    assert_eq!(shown["kind"], "line_crossing");
    assert_eq!(shown["time"], "2026-03-01T00:30:04.000000Z");
    assert_eq!(shown["severity"], 1);
    // 2^62 + 4, which a JSON number would round.
    assert_eq!(shown["track"], "4611686018427387908");
    assert_eq!(shown["geometry"][1][0], 1.0);
    assert_eq!(shown["stills"]["before"]["time"], "2026-03-01T00:30:03.000000Z");
    for which in ["before", "at", "after"] {
        let href = shown["stills"][which]["href"].as_str().unwrap();
        let still = site.get(&format!("{href}?width=160")).await;
        assert_eq!(still.status, StatusCode::OK, "{}", still.text());
        assert_eq!(still.header("content-type"), "image/jpeg");
        assert_eq!(still.body[..2], [0xff, 0xd8]);
        let drawn = shown["stills"][which]["drawn"].as_str().unwrap();
        assert_eq!(site.get(drawn).await.status, StatusCode::OK);
    }
    let footage = site.get(shown["footage"].as_str().unwrap()).await;
    assert_eq!(footage.status, StatusCode::OK);
    assert_eq!(footage.header("content-type"), "video/mp4");
}

#[tokio::test]
async fn tracks_of_a_span_come_with_their_paths() {
    use domain::{
        Attributes, Bbox, Class, LikelyColour, Track, TrackId, TrackPoint, TrackSource,
        VehicleColour,
    };
    use std::time::Duration;

    let site = Site::open();
    let begin = crate::site::BEGIN;
    let point = |second: u16| TrackPoint {
        time: begin.plus(Duration::from_secs(u64::from(second))),
        bbox: Bbox { left: 0.1, top: 0.01 * f32::from(second * second), width: 0.1, height: 0.2 },
    };
    let track = |number: u64| Track {
        id: TrackId((1 << 62) + number),
        camera: crate::site::camera("cua-nam"),
        source: TrackSource::Analysis,
        class: Class::Motorcycle,
        confidence: 0.5,
        attributes: Attributes {
            colour: Some(LikelyColour { colour: VehicleColour::Red, confidence: 0.75 }),
            size: None,
            heading_deg: Some(90.0),
        },
        path: (0..5).map(point).collect(),
    };
    site.index.append_tracks(vec![track(1), track(2), track(3)]).unwrap();
    site.index.flush().unwrap();
    let span = "start=2026-03-01T00:00:00Z&end=2026-03-01T01:00:00Z";
    let first = site.json(&format!("/api/v1/tracks?{span}&limit=2")).await;
    assert_eq!(first["tracks"].as_array().unwrap().len(), 2);
    assert_eq!(first["tracks"][0]["id"], "4611686018427387905");
    assert_eq!(first["tracks"][0]["start"], "2026-03-01T00:30:00.000000Z");
    assert!(first["tracks"][0]["path"].as_array().unwrap().len() >= 2);
    let colour = &first["tracks"][0]["colour"];
    assert_eq!(*colour, serde_json::json!({"name": "red", "confidence": 0.75}));
    for (asked, found) in [("colour=red&heading=e", 3), ("colour=blue", 0), ("size=large", 0)] {
        let page = site.json(&format!("/api/v1/tracks?{span}&class=motorcycle&{asked}")).await;
        assert_eq!(page["tracks"].as_array().unwrap().len(), found, "{asked}");
    }
    let next = first["next"].as_str().unwrap();
    let second =
        site.json(&format!("/api/v1/tracks?{span}&limit=2&paths=false&cursor={next}")).await;
    assert_eq!(second["tracks"].as_array().unwrap().len(), 1);
    assert!(second["tracks"][0].get("path").is_none());
    assert!(second["next"].is_null());
}

#[tokio::test]
async fn an_event_says_who_found_it() {
    let site = Site::open();
    let topic = "RuleEngine/LineDetector/Crossed".to_owned();
    let found_by = |number, source| {
        let mut found = event(number);
        found.draft.source = source;
        found
    };
    let parking = "parking".parse().unwrap();
    let by_camera = found_by(2, domain::Source::Camera { topic: topic.clone() });
    let by_partner = found_by(3, domain::Source::Partner { name: parking, topic: topic.clone() });
    site.index.append_events(vec![event(1), by_camera, by_partner]).unwrap();
    let page = site.json("/api/v1/events?order=oldest").await;
    let source = |number: usize| page["events"][number]["source"].clone();
    let model = "ab".repeat(32);
    for (number, kind, model, name, topic) in [
        (0, "analysis", Some(&model), None, None),
        (1, "camera", None, Some("cua-nam"), Some(&topic)),
        (2, "partner", None, Some("parking"), Some(&topic)),
    ] {
        let expected =
            serde_json::json!({"kind": kind, "model": model, "name": name, "topic": topic});
        assert_eq!(source(number), expected);
    }
}
