//! What an investigator asks, and what the answer says of itself: lines drawn on a view, time around
//! an event, what was covered, searches that are kept, regions of the past, purposes.

use std::sync::atomic::Ordering;
use std::time::Duration;

use api::KeyframeLook;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use domain::{
    Attributes, Bbox, Class, Event, Grant, Place, Role, Timestamp, Track, TrackId, TrackPoint,
    TrackSource,
};
use serde_json::{Value, json};

use crate::site::{Answer, BEGIN, Site, camera, event, give_token};

fn after(seconds: f64) -> Timestamp {
    BEGIN.plus(Duration::from_secs_f64(seconds))
}

/// Goes from one side of the view to the other in ten seconds, from `begin` seconds on.
fn walker(number: u64, id: &str, begin: f64, (from, to): (f32, f32)) -> Track {
    let at = |(seconds, x): (f64, f32)| TrackPoint {
        time: after(begin + seconds),
        bbox: Bbox { left: x, top: 0.6, width: 0.05, height: 0.2 },
    };
    Track {
        id: TrackId(number),
        camera: camera(id),
        source: TrackSource::Analysis,
        class: Class::Person,
        confidence: 0.8,
        attributes: Attributes::default(),
        path: [(0.0, from), (10.0, to)].map(at).into(),
    }
}

/// Six events, the tracks of those at `cua-nam` (2, 4, 6): right, left, and none over the middle.
fn filled() -> (Site, Vec<Event>) {
    let site = Site::open();
    let events: Vec<Event> = (1..=6).map(event).collect();
    let tracks = [(2_u32, (0.1, 0.9)), (4, (0.9, 0.1)), (6, (0.1, 0.3))].map(|(number, way)| {
        walker((1 << 62) + u64::from(number), "cua-nam", f64::from(number), way)
    });
    site.index.append_tracks(tracks.into()).unwrap();
    site.index.append_events(events.clone()).unwrap();
    site.index.flush().unwrap();
    (site, events)
}

fn ids(page: &Value, list: &str) -> Vec<String> {
    let found = page[list].as_array().unwrap();
    found.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

async fn post(site: &Site, path: &str, body: &Value) -> Answer {
    site.send_body(Request::post(path), Body::from(body.to_string())).await
}

#[tokio::test]
async fn events_and_tracks_are_found_by_the_way_over_a_drawn_line() {
    let (site, events) = filled();
    let gate = "cameras=cua-nam&gate=0.5,1;0.5,0";
    let both = site.json(&format!("/api/v1/events?{gate}&order=oldest")).await;
    assert_eq!(ids(&both, "events"), [events[1].id.to_string(), events[3].id.to_string()]);
    let right = site.json(&format!("/api/v1/events?{gate}&sense=left_to_right")).await;
    assert_eq!(ids(&right, "events"), [events[1].id.to_string()]);
    let left = site.json(&format!("/api/v1/tracks?{gate}&sense=right_to_left")).await;
    assert_eq!(ids(&left, "tracks"), [((1_u64 << 62) + 4).to_string()]);
    for (refused, name) in [
        ("gate=0.5,1;0.5,0", "gate"),
        ("gate=0.5,1;0.5,0&cameras=cua-nam,my-dinh", "gate"),
        ("gate=0.5,1&cameras=cua-nam", "gate"),
        ("sense=left_to_right&cameras=cua-nam", "sense"),
        ("dwell=-1", "dwell"),
        ("confidence=2", "confidence"),
    ] {
        for path in ["/api/v1/events", "/api/v1/tracks"] {
            let answer = site.get(&format!("{path}?{refused}")).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{refused}");
            assert_eq!(answer.json()["invalid-params"][0]["name"], name, "{refused}");
        }
    }
    let counted = site.get(&format!("/api/v1/events/histogram?{gate}")).await;
    assert_eq!(counted.status, StatusCode::BAD_REQUEST, "{}", counted.text());
}

#[tokio::test]
async fn time_is_asked_around_an_event_and_by_how_long_and_how_sure() {
    let (site, events) = filled();
    let third = events[2].id;
    let around = site.json(&format!("/api/v1/events?around={third}&margin=1&order=oldest")).await;
    assert_eq!(
        ids(&around, "events"),
        events[1..4].iter().map(|e| e.id.to_string()).collect::<Vec<_>>()
    );
    let both = site.get(&format!("/api/v1/events?around={third}&start={}", after(0.0))).await;
    assert_eq!(both.status, StatusCode::BAD_REQUEST);
    let unknown = "0190b6d0-0000-7000-8000-000000000000";
    let unknown = site.get(&format!("/api/v1/events?around={unknown}")).await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
    // Each lasted half a second, with a confidence of 0.75; each track ten seconds.
    for (asked, count) in
        [("dwell=0.5", 6), ("dwell=0.6", 0), ("confidence=0.75", 6), ("confidence=0.8", 0)]
    {
        let page = site.json(&format!("/api/v1/events?{asked}")).await;
        assert_eq!(page["events"].as_array().unwrap().len(), count, "{asked}");
        let counted = site.json(&format!("/api/v1/events/histogram?{asked}")).await;
        assert_eq!(counted["total"], count, "{asked}");
    }
    for (asked, count) in [
        ("dwell=9", 3),
        ("dwell=11", 0),
        ("circle=21.0287,105.8421,500", 3),
        ("circle=21.02,105.76,500", 0),
        ("daily=07:30-07:31", 3),
        ("daily=08:00-09:00", 0),
    ] {
        let page = site.json(&format!("/api/v1/tracks?{asked}")).await;
        assert_eq!(page["tracks"].as_array().unwrap().len(), count, "{asked}");
    }
}

#[tokio::test]
async fn lanes_are_told_in_one_answer() {
    use base64::Engine as _;
    let (site, events) = filled();
    let span = format!("start={}&end={}", after(0.0), after(20.0));
    let told =
        site.json(&format!("/api/v1/timeline?{span}&cameras=my-dinh,cua-nam&buckets=10")).await;
    let lanes = told["cameras"].as_array().unwrap();
    let names: Vec<_> = lanes.iter().map(|lane| lane["camera"].as_str().unwrap()).collect();
    assert_eq!(names, ["my-dinh", "cua-nam"], "in the order asked for");
    let counts = |lane: &Value| {
        let text = lane["activity"].as_str().unwrap();
        base64::engine::general_purpose::STANDARD.decode(text).unwrap()
    };
    // Ten seconds each, from the second, the fourth and the sixth on; parts of two seconds.
    assert_eq!(counts(&lanes[1]), [0, 1, 2, 3, 3, 3, 3, 2, 1, 0]);
    assert_eq!(counts(&lanes[0]), [0; 10]);
    let of_lane: Vec<_> = [1, 3, 5].map(|place: usize| events[place].id.to_string()).into();
    assert_eq!(ids(&lanes[1], "events"), of_lane);
    assert_eq!(ids(&lanes[0], "events").len(), 3);
    assert_eq!(told["events_left_out"], false);
    // Nothing says that anybody looked.
    assert_eq!(lanes[1]["not_analysed"]["gaps"][0]["cause"], "unknown");
    let cars = site.json(&format!("/api/v1/timeline?{span}&cameras=cua-nam&class=car")).await;
    assert_eq!(counts(&cars["cameras"][0]), [0; 500]);
    for (refused, name) in [
        (format!("start={}&end={}", after(0.0), after(200_000.0)), "end"),
        (format!("{span}&buckets=2001"), "buckets"),
        (format!("{span}&cameras={}", vec!["c"; 65].join(",")), "cameras"),
        (String::new(), "start"),
    ] {
        let answer = site.get(&format!("/api/v1/timeline?{refused}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{refused}");
        assert_eq!(answer.json()["invalid-params"][0]["name"], name, "{refused}");
    }
}

#[tokio::test]
async fn an_answer_says_what_it_covers_and_what_lies_outside_ones_rights() {
    let (site, _) = filled();
    let ward = Place::node("Phường Cửa Nam/Hà Nội").unwrap();
    let token = give_token(&site.index, "ward", &[Grant { role: Role::Investigator, place: ward }]);
    let ask = async |uri: &str| {
        let request = Request::get(uri).header("authorization", format!("Bearer {token}"));
        let answer = site.send_bare(request, Body::empty()).await;
        assert_eq!(answer.status, StatusCode::OK, "{uri}: {}", answer.text());
        answer.json()
    };
    let span = "start=2026-03-01T00:30:00Z&end=2026-03-01T00:30:10Z";
    for path in ["events", "tracks"] {
        let covered = ask(&format!("/api/v1/{path}?{span}")).await["coverage"].clone();
        assert_eq!(
            (&covered["cameras"], &covered["cameras_outside_rights"]),
            (&json!(1), &json!(1))
        );
        // Nothing is known of that time: not a gap that is explained, and not covered.
        assert_eq!(covered["analysed"]["unknown_s"], 10.0, "{covered:#}");
        assert_eq!(covered["analysed"]["covered_s"], 0.0);
        assert_eq!(covered["gaps"][0]["cause"], "unknown");
        assert_eq!(covered["masks"][0]["share"], 0.25);
        assert!(!covered.to_string().contains("my-dinh"), "{covered:#}");
        // The number tells of no place.
        for place in
            ["circle=21.0204,105.7638,100", "place=my%20dinh", "cameras=my-dinh", "cameras=nowhere"]
        {
            let there = ask(&format!("/api/v1/{path}?{span}&{place}")).await["coverage"].clone();
            assert_eq!(
                (&there["cameras"], &there["cameras_outside_rights"]),
                (&json!(0), &json!(1)),
                "{place}"
            );
        }
    }
    let whole = site.json(&format!("/api/v1/events?{span}&limit=1")).await;
    assert_eq!(
        (&whole["coverage"]["cameras"], &whole["coverage"]["cameras_outside_rights"]),
        (&json!(2), &json!(0))
    );
    let next = whole["next"].as_str().unwrap();
    let second = site.json(&format!("/api/v1/events?{span}&limit=1&cursor={next}")).await;
    assert_eq!(second["coverage"], Value::Null);
    let without = site.json(&format!("/api/v1/events?{span}&coverage=false")).await;
    assert_eq!(without["coverage"], Value::Null);
    // Years of all cameras are not summed up on the way, and the answer says so.
    let years = site.json("/api/v1/events?start=2000-01-01T00:00:00Z").await["coverage"].clone();
    assert!(years["left_out"].as_str().unwrap().contains("/api/v1/coverage"), "{years:#}");
    assert_eq!(years["analysed"], Value::Null);
}

#[tokio::test]
async fn a_search_is_kept_and_shared_with_those_who_may_search_its_cameras() {
    let site = Site::open();
    let saved = json!({"name": " Xe trắng ", "query": "class=car&colour=white&cameras=my-dinh", "shared": true});
    let answer = post(&site, "/api/v1/saved-searches", &saved).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    let own = json!({"name": "Riêng", "query": "kind=intrusion"});
    assert_eq!(post(&site, "/api/v1/saved-searches", &own).await.status, StatusCode::CREATED);
    let open = json!({"name": "Đêm", "query": "daily=22:00-05:00", "shared": true});
    let open_id = post(&site, "/api/v1/saved-searches", &open).await.json()["id"].clone();
    for wrong in [
        json!({"name": "", "query": ""}),
        json!({"name": "x", "query": "class=dragon"}),
        json!({"name": "x", "query": "unheard=of"}),
        json!({"name": "x", "query": "cursor=e0000000000000000"}),
        json!({"name": "x".repeat(81), "query": ""}),
    ] {
        let refused = post(&site, "/api/v1/saved-searches", &wrong).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
    let told = site.json("/api/v1/saved-searches").await;
    let names = |told: &Value| -> Vec<String> {
        told["searches"]
            .as_array()
            .unwrap()
            .iter()
            .map(|s| s["name"].as_str().unwrap().into())
            .collect()
    };
    assert_eq!(names(&told), ["Riêng", "Xe trắng", "Đêm"]);
    let grant =
        |place: &str| [Grant { role: Role::Investigator, place: Place::node(place).unwrap() }];
    let inside = give_token(&site.index, "inside", &grant("Phường Từ Liêm"));
    let outside = give_token(&site.index, "outside", &grant("Phường Cửa Nam"));
    let as_whom = async |token: &str, method: &str, uri: &str| {
        let request = Request::builder().method(method).uri(uri);
        let request = request.header("authorization", format!("Bearer {token}"));
        site.send_bare(request, Body::empty()).await
    };
    let list = "/api/v1/saved-searches";
    assert_eq!(names(&as_whom(&inside, "GET", list).await.json()), ["Xe trắng", "Đêm"]);
    assert_eq!(names(&as_whom(&outside, "GET", list).await.json()), ["Đêm"]);
    let one = format!("{list}/{open_id}");
    assert_eq!(as_whom(&inside, "DELETE", &one).await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.send(Request::delete(&one)).await.status, StatusCode::NO_CONTENT);
    assert_eq!(names(&site.json(list).await), ["Riêng", "Xe trắng"]);
}

fn look(seconds: f64, changed: Option<f32>) -> KeyframeLook {
    KeyframeLook { time: after(seconds), changed, is_readable: true }
}

fn region(more: &Value) -> Value {
    let mut body = json!({
        "camera": "cua-nam", "region": [[0.6, 0.6], [1.0, 0.6], [1.0, 1.0], [0.6, 1.0]],
        "start": after(0.0), "end": after(60.0),
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

/// Asks until the search has ended.
async fn ended(site: &Site, location: &str) -> Value {
    loop {
        let told = site.json(location).await;
        if told["ended"].is_string() {
            return told;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_region_of_the_past_is_searched_by_tracks_and_then_by_keyframes() {
    let (site, _) = filled();
    *site.keyframes.looks.lock().unwrap() = vec![
        look(0.0, None),
        look(2.0, Some(0.01)),
        look(4.0, Some(0.1)),
        look(6.0, Some(0.5)),
        look(8.0, Some(0.0)),
        KeyframeLook { is_readable: false, ..look(10.0, None) },
        look(12.0, Some(0.09)),
    ];
    let begun = post(&site, "/api/v1/region-searches", &region(&json!({}))).await;
    assert_eq!(begun.status, StatusCode::ACCEPTED, "{}", begun.text());
    let location = begun.header("location").to_owned();
    let told = ended(&site, &location).await;
    assert_eq!((&told["state"], &told["progress"]), (&json!("done"), &json!(1.0)), "{told:#}");
    assert_eq!(
        (&told["tracks"], &told["keyframes"], &told["unreadable"]),
        (&json!(3), &json!(7), &json!(1))
    );
    assert_eq!(told["stream"], "sub", "it decodes faster");
    let found: Vec<_> = told["hits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|hit| {
            let span = [&hit["start"], &hit["end"]].map(|time| {
                let time: Timestamp = time.as_str().unwrap().parse().unwrap();
                (time.micros_since(BEGIN) + 500_000).div_euclid(1_000_000)
            });
            (hit["found_by"].as_str().unwrap(), span)
        })
        .collect();
    // Into it from the left, out of it to the left; and what no track says.
    assert_eq!(
        found,
        [("track", [8, 12]), ("track", [4, 8]), ("change", [4, 6]), ("change", [12, 12])]
    );
    assert_eq!(told["hits"][2]["changed"], 0.5);
    assert_eq!(told["hits"][0]["class"], "person");
    assert_eq!(told["not_recorded"][0]["cause"], "unknown", "nothing is recorded at all");
    let entries = site.json("/api/v1/audit?action=searched").await;
    let detail = entries["entries"][0]["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("camera=cua-nam") && detail.contains("region=0.6,0.6"), "{detail}");
    // Of somebody else it does not exist.
    let other =
        give_token(&site.index, "other", &[Grant { role: Role::Investigator, place: Place::Site }]);
    let request = Request::get(&location).header("authorization", format!("Bearer {other}"));
    assert_eq!(site.send_bare(request, Body::empty()).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_region_search_is_cancelled_and_keeps_what_it_has_found() {
    let (site, _) = filled();
    site.keyframes.is_endless.store(true, Ordering::Relaxed);
    *site.keyframes.looks.lock().unwrap() = vec![look(3.0, Some(0.9)), look(5.0, Some(0.0))];
    let begun = post(&site, "/api/v1/region-searches", &region(&json!({}))).await;
    let location = begun.header("location").to_owned();
    let second = post(&site, "/api/v1/region-searches", &region(&json!({}))).await;
    assert_eq!(second.status, StatusCode::SERVICE_UNAVAILABLE, "one of an account at a time");
    loop {
        let told = site.json(&location).await;
        if told["hits"].as_array().unwrap().len() == 3 {
            assert_eq!(told["state"], "keyframes");
            break;
        }
    }
    assert_eq!(site.send(Request::delete(&location)).await.status, StatusCode::OK);
    let told = ended(&site, &location).await;
    assert_eq!(told["state"], "cancelled");
    assert_eq!(told["hits"].as_array().unwrap().len(), 3);
    site.keyframes.is_endless.store(false, Ordering::Relaxed);
    let again = post(&site, "/api/v1/region-searches", &region(&json!({"keyframes": false}))).await;
    let told = ended(&site, again.header("location")).await;
    assert_eq!((&told["state"], &told["keyframes"]), (&json!("done"), &json!(0)));
}

#[tokio::test]
async fn a_region_that_cannot_be_searched_is_refused_with_why() {
    let site = Site::open();
    for (wrong, name) in [
        (json!({"region": [[0.1, 0.1], [0.4, 0.1], [0.4, 0.4]]}), "region"),
        (json!({"region": [[0.1, 0.1], [0.4, 0.1]]}), "region"),
        (json!({"region": [[0.1, 0.1], [0.4, 0.1], [0.4, 1.4]]}), "region"),
        (json!({"end": after(0.0)}), "end"),
        (json!({"start": BEGIN.minus(Duration::from_secs(90_000))}), "end"),
        (json!({"start": after(3600.0), "end": after(7200.0)}), "end"),
        (json!({"class": ["dragon"]}), "class"),
        (json!({"sensitivity": "extreme"}), "body"),
        (json!({"more": 1}), "body"),
    ] {
        let refused = post(&site, "/api/v1/region-searches", &region(&wrong)).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{wrong}: {}", refused.text());
        assert_eq!(refused.json()["invalid-params"][0]["name"], name, "{wrong}");
    }
    let masked = region(&json!({"region": [[0.1, 0.1], [0.4, 0.1], [0.4, 0.4]]}));
    let refused = post(&site, "/api/v1/region-searches", &masked).await;
    assert!(refused.text().contains("privacy mask"), "{}", refused.text());
    let unknown = region(&json!({"camera": "nowhere"}));
    let refused = post(&site, "/api/v1/region-searches", &unknown).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn one_goes_back_to_a_purpose_and_names_another_for_one_request() {
    let site = Site::open();
    site.state.require_purpose(true);
    assert_eq!(site.get("/api/v1/events").await.status, StatusCode::FORBIDDEN);
    let none = region(&json!({}));
    assert_eq!(post(&site, "/api/v1/region-searches", &none).await.status, StatusCode::FORBIDDEN);
    let empty = site.json("/api/v1/purposes").await;
    assert_eq!(empty, json!({"is_required": true, "open": []}));
    let state = async |case: &str| {
        let stated = post(&site, "/api/v1/purposes", &json!({"case": case, "reason": "x"})).await;
        stated.json()["id"].as_u64().unwrap()
    };
    let (first, second) = (state("1").await, state("2").await);
    let open = async || {
        let open = site.json("/api/v1/purposes").await["open"].clone();
        open.as_array().unwrap().iter().map(|one| one["id"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(open().await, [second, first]);
    let taken = post(&site, &format!("/api/v1/purposes/{first}/take-up"), &Value::Null).await;
    assert_eq!(taken.status, StatusCode::OK, "{}", taken.text());
    assert_eq!(open().await, [first, second]);
    assert_eq!(site.json("/api/v1/purposes/current").await["id"], first);
    assert_eq!(site.get("/api/v1/events").await.status, StatusCode::OK);
    let named =
        |id: &str| Request::get("/api/v1/events").header("watchpost-purpose", id.to_owned());
    assert_eq!(site.send(named(&second.to_string())).await.status, StatusCode::OK);
    let entries = site.json("/api/v1/audit").await["entries"].clone();
    let purposes: Vec<_> = entries
        .as_array()
        .unwrap()
        .iter()
        .take(3)
        .map(|e| (e["action"].clone(), e["purpose"].clone()))
        .collect();
    assert_eq!(
        purposes,
        [
            (json!("searched"), json!(second)),
            (json!("searched"), json!(first)),
            (json!("purpose_taken_up"), json!(first)),
        ]
    );
    for (wrong, status) in [("x", StatusCode::BAD_REQUEST), ("999", StatusCode::FORBIDDEN)] {
        assert_eq!(site.send(named(wrong)).await.status, status, "{wrong}");
    }
    let other =
        give_token(&site.index, "other", &[Grant { role: Role::Investigator, place: Place::Site }]);
    let theirs = named(&first.to_string()).header("authorization", format!("Bearer {other}"));
    assert_eq!(site.send_bare(theirs, Body::empty()).await.status, StatusCode::FORBIDDEN);
    site.clock.advance(Duration::from_secs(9 * 3600));
    let late = post(&site, &format!("/api/v1/purposes/{first}/take-up"), &Value::Null).await;
    assert_eq!(late.status, StatusCode::FORBIDDEN);
}
