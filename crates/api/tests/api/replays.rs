//! A rule asked of the past.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use domain::{Attributes, Bbox, Class, Track, TrackId, TrackPoint, TrackSource};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::site::{BEGIN, Site, camera};

/// Walks from left to right through the middle of the view in 10 s.
fn walker(number: u64, camera_id: &str) -> Track {
    let start = BEGIN.plus(Duration::from_secs(20 * number));
    let point = |step: u16| TrackPoint {
        time: start.plus(Duration::from_secs(u64::from(step))),
        bbox: Bbox { left: 0.05 + 0.08 * f32::from(step), top: 0.4, width: 0.05, height: 0.2 },
    };
    Track {
        id: TrackId(number + 1),
        camera: camera(camera_id),
        source: TrackSource::Analysis,
        class: Class::Person,
        confidence: 0.8,
        attributes: Attributes::default(),
        path: (0..=10).map(point).collect(),
    }
}

fn request() -> Value {
    json!({
        "scene": {
            "tripwires": [{"name": "middle", "line": [[0.5, 1.0], [0.5, 0.0]]}],
            "rules": [{"kind": "line_crossing", "id": "late-idea", "tripwire": "middle"}],
        },
        "cameras": ["cua-nam", "my-dinh"],
        "start": BEGIN,
        "end": BEGIN.plus(Duration::from_secs(3600)),
    })
}

async fn ask(site: &Site, request: &Value) -> (StatusCode, Vec<Value>) {
    let request = Request::post("/api/v1/replays").body(Body::from(request.to_string())).unwrap();
    let response = site.router().oneshot(request).await.unwrap();
    let status = response.status();
    let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    let text = String::from_utf8(body.to_vec()).unwrap();
    (status, text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_rule_is_judged_over_old_tracks() {
    let site = Site::open();
    let walkers =
        (0..30).map(|number| walker(number, if number % 3 == 0 { "my-dinh" } else { "cua-nam" }));
    site.index.append_tracks(walkers.collect()).unwrap();
    site.index.flush().unwrap();
    let (status, lines) = ask(&site, &request()).await;
    assert_eq!(status, StatusCode::OK, "{lines:?}");
    let events: Vec<&Value> =
        lines.iter().map(|line| &line["event"]).filter(|event| event.is_object()).collect();
    assert_eq!(events.len(), 30);
    let of = |id: &str| events.iter().filter(|event| event["camera"] == id).count();
    assert_eq!((of("cua-nam"), of("my-dinh")), (20, 10));
    for event in events {
        assert_eq!(event["rule"], "late-idea");
        assert_eq!(event["crossing"], "left_to_right");
        let number = event["track"].as_str().unwrap().parse::<u64>().unwrap() - 1;
        // Its ground point is in the middle of the view 5.3 s after it came.
        let expected = BEGIN.plus(Duration::from_millis(20_000 * number + 5312));
        let time: domain::Timestamp = event["time"].as_str().unwrap().parse().unwrap();
        assert!(time.seconds_since(expected).abs() < 0.1, "{event}");
        assert!(event["picture"].as_str().unwrap().starts_with("/api/v1/cameras/"));
    }
    let done = &lines.last().unwrap()["done"];
    assert_eq!((&done["tracks"], &done["events"]), (&json!(30), &json!(30)));
    assert_eq!((&done["cameras_done"], &done["cameras"]), (&json!(2), &json!(2)));
}

#[tokio::test]
async fn a_rule_whose_signal_nobody_remembers_is_named_first() {
    let site = Site::open();
    let mut asked = request();
    asked["scene"]["zones"] =
        json!([{"name": "beyond", "polygon": [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]}]);
    let plan = json!({"cycle_s": 60, "phases": [{"state": "red", "for_s": 30}, {"state": "green", "for_s": 30}]});
    asked["scene"]["signals"] =
        json!([{"name": "told", "source": "feed"}, {"name": "fixed", "source": {"plan": plan}}]);
    let rule = |signal: &str| json!({"kind": "stop_line", "id": format!("by-{signal}"), "signal": signal, "zone": "beyond", "for_s": 2});
    asked["scene"]["rules"] = json!([rule("told"), rule("fixed")]);
    let (status, lines) = ask(&site, &asked).await;
    assert_eq!(status, StatusCode::OK, "{lines:?}");
    assert_eq!(lines[0], json!({"unjudged": [{"rule": "by-told", "signal": "told"}]}));
    assert!(lines.last().unwrap()["done"].is_object());
}

#[tokio::test]
async fn mistakes_are_refused_with_their_places_before_anything_is_judged() {
    let site = Site::open();
    let mut wrong = request();
    wrong["scene"]["rules"][0]["tripwire"] = json!("gate");
    wrong["end"] = wrong["start"].clone();
    wrong["cameras"] = json!([]);
    let (status, problem) = ask(&site, &wrong).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let named: Vec<&str> = problem[0]["invalid-params"]
        .as_array()
        .unwrap()
        .iter()
        .map(|param| param["name"].as_str().unwrap())
        .collect();
    assert_eq!(named, ["scene.rules[0].tripwire", "end", "cameras"]);

    let mut crossed = request();
    crossed["scene"]["zones"] =
        json!([{"name": "lawn", "polygon": [[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.1, 0.8]]}]);
    let (status, problem) = ask(&site, &crossed).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let told = &problem[0]["invalid-params"][0];
    assert_eq!(told["name"], "scene.zones[0].polygon", "{told}");
    assert!(told["reason"].as_str().unwrap().starts_with("side 1 crosses side 3"), "{told}");

    let mut unknown = request();
    unknown["cameras"] = json!(["nowhere"]);
    assert_eq!(ask(&site, &unknown).await.0, StatusCode::NOT_FOUND);
    assert_eq!(ask(&site, &json!({"scene": {"zones": [{}]}})).await.0, StatusCode::BAD_REQUEST);
    let long = json!({"scene": "x".repeat(300 << 10)});
    assert_eq!(ask(&site, &long).await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_goes_away_makes_room_for_the_next() {
    let site = Site::open();
    let many: Vec<Track> = (0..3000).map(|number| walker(number, "cua-nam")).collect();
    site.index.append_tracks(many).unwrap();
    site.index.flush().unwrap();
    let mut all_day = request();
    all_day["end"] = json!(BEGIN.plus(Duration::from_secs(24 * 3600)));
    let post = || {
        let body = Body::from(all_day.to_string());
        site.router().oneshot(Request::post("/api/v1/replays").body(body).unwrap())
    };
    // Its answer is not read: judging waits for the client.
    let unread = post().await.unwrap();
    assert_eq!(unread.status(), StatusCode::OK);
    assert_eq!(post().await.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
    drop(unread);
    let mut tries = 0;
    while post().await.unwrap().status() != StatusCode::OK {
        tries += 1;
        assert!(tries < 10_000, "the replay that nobody reads goes on");
        tokio::task::yield_now().await;
        std::thread::park_timeout(Duration::from_millis(2));
    }
}
