//! What controllers tell of traffic lights: who may, what is taken, and who is told.

use std::sync::atomic::Ordering;
use std::time::Duration;

use api::{FedSignal, FindingSource, Intake, Token};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use domain::{Severity, SignalState};
use serde_json::{Value, json};

use crate::site::{Answer, BEGIN, Site, camera};

const TOKEN: &str = "token-of-the-signal-controller";
const NORTH: &str = "/api/v1/signals/north";

/// Now, as every test's clock says.
fn now() -> domain::Timestamp {
    BEGIN.plus(Duration::from_secs(60))
}

fn site() -> Site {
    let site = Site::open();
    let judged_at = |id: &str, seconds: u64| (camera(id), Duration::from_secs(seconds));
    let signal = |name: &str, cameras: &[(domain::CameraId, Duration)]| FedSignal {
        name: name.to_owned(),
        cameras: cameras.to_vec(),
    };
    let source = |id: &str, token: &str, signals| FindingSource {
        id: id.parse().unwrap(),
        token: Token::new(token),
        cameras: vec![camera("cua-nam"), camera("my-dinh")],
        kinds: Vec::new(),
        signals,
        calls: Vec::new(),
        severity: Severity::NOTICE,
        per_minute: 10,
    };
    let both = [judged_at("cua-nam", 5), judged_at("my-dinh", 2)];
    let controller =
        source("junction", TOKEN, vec![signal("north", &both), signal("nút 1", &both[..1])]);
    let other = source("parking", "token-of-the-parking-system", Vec::new());
    let sources = vec![controller, other];
    site.state.set_intake(Intake { sources, kept_for: Duration::MAX, ..Intake::default() });
    site
}

async fn put(site: &Site, uri: &str, token: &str, body: &Value) -> Answer {
    let request = Request::put(uri)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json");
    site.send_body(request, Body::from(body.to_string())).await
}

#[tokio::test]
async fn a_state_reaches_every_camera_that_judges_by_it() {
    let site = site();
    let told = json!({"state": "red", "time": now().minus(Duration::from_millis(250))});
    let answer = put(&site, NORTH, TOKEN, &told).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let expected = json!({
        "signal": "north", "state": "red", "time": "2026-03-01T00:30:59.750000Z",
        "cameras": [
            {"camera": "cua-nam", "valid_until": "2026-03-01T00:31:04.750000Z"},
            {"camera": "my-dinh", "valid_until": "2026-03-01T00:31:01.750000Z"},
        ]
    });
    assert_eq!(answer.json(), expected);
    // Told again, answered alike.
    assert_eq!(put(&site, NORTH, TOKEN, &told).await.json(), expected);
    let since = now().minus(Duration::from_millis(250));
    let to = |id: &str| (camera(id), "north".to_owned(), SignalState::Red, since);
    let expected = [to("cua-nam"), to("my-dinh"), to("cua-nam"), to("my-dinh")];
    assert_eq!(*site.live.told.lock().unwrap(), expected);

    let answer =
        put(&site, "/api/v1/signals/n%C3%BAt%201", TOKEN, &json!({"state": "unknown"})).await;
    assert_eq!(answer.json()["time"], "2026-03-01T00:31:00.000000Z", "now if left out");
    assert_eq!(site.live.told.lock().unwrap()[4].2, SignalState::Unknown);
}

#[tokio::test]
async fn who_may_not_tell_is_refused_and_nothing_is_taken() {
    let site = site();
    let red = json!({"state": "red"});
    for (uri, token, status) in [
        (NORTH, "token-of-somebody-else-entirely", StatusCode::UNAUTHORIZED),
        (NORTH, "token-of-the-parking-system", StatusCode::FORBIDDEN),
        ("/api/v1/signals/south", TOKEN, StatusCode::FORBIDDEN),
    ] {
        assert_eq!(put(&site, uri, token, &red).await.status, status, "{uri} {token}");
    }
    let without = Request::put(NORTH).header("content-type", "application/json");
    let answer = site.send_body(without, Body::from(red.to_string())).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.header("www-authenticate"), "Bearer");
    let closed = Site::open();
    let answer = put(&closed, NORTH, TOKEN, &red).await;
    assert_eq!(answer.json()["type"], "urn:watchpost:problem:no-sources");
    assert!(site.live.told.lock().unwrap().is_empty());
}

#[tokio::test]
async fn every_mistake_is_named() {
    let site = site();
    for (body, name) in [
        (json!({}), "state"),
        (json!({"state": "blue"}), "state"),
        (json!({"state": 1}), "state"),
        (json!({"state": null}), "state"),
        (json!({"state": "red", "colour": "red"}), "colour"),
        (json!({"state": "red", "time": "yesterday"}), "time"),
        (json!({"state": "red", "time": now().plus(Duration::from_secs(6))}), "time"),
        (json!({"state": "red", "time": now().minus(Duration::from_secs(61))}), "time"),
    ] {
        let answer = put(&site, NORTH, TOKEN, &body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        let named = answer.json()["invalid-params"][0]["name"].clone();
        assert_eq!(named, name, "{body}: {}", answer.text());
    }
    let text = Request::put(NORTH).header("authorization", format!("Bearer {TOKEN}"));
    let answer = site.send_body(text, Body::from("red")).await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert!(site.live.told.lock().unwrap().is_empty());
}

#[tokio::test]
async fn too_much_and_too_fast_are_told_to_wait() {
    let site = site();
    let long = json!({"state": "red", "note": "x".repeat(20_000)});
    assert_eq!(put(&site, NORTH, TOKEN, &long).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    site.live.is_full.store(true, Ordering::Relaxed);
    let answer = put(&site, NORTH, TOKEN, &json!({"state": "red"})).await;
    assert_eq!(answer.json()["type"], "urn:watchpost:problem:not-taken");
    assert_eq!(answer.header("retry-after"), "2");
    site.live.is_full.store(false, Ordering::Relaxed);
    for _ in 2..10 {
        let answer = put(&site, NORTH, TOKEN, &json!({"state": "red"})).await;
        assert_eq!(answer.status, StatusCode::OK);
    }
    let answer = put(&site, NORTH, TOKEN, &json!({"state": "red"})).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.header("retry-after"), "7");
}
