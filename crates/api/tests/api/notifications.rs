//! Who is told of events: shown with its dead letters, and told once more.

use api::NotificationTarget;
use axum::http::{Request, StatusCode};
use domain::EventId;
use index::DeadLetter;
use serde_json::json;

use crate::site::{BEGIN, Site};

fn target(id: &str, dead_letter_count: u64) -> NotificationTarget {
    NotificationTarget {
        id: id.parse().unwrap(),
        kind: "webhook",
        state: "retrying",
        failing_since: Some(BEGIN),
        cursor: 40,
        lag: 2,
        delivered: 7,
        last_delivery: None,
        last_error_time: Some(BEGIN),
        last_error: Some("no answer in time".to_owned()),
        dead_letter_count,
    }
}

fn site() -> Site {
    let site = Site::open();
    *site.targets.known.lock().unwrap() = vec![target("duty-desk", 1), target("partner", 0)];
    let letter = DeadLetter {
        sequence: 12,
        event: EventId(uuid::Uuid::from_u128(12)),
        camera: "cua-nam".parse().unwrap(),
        time: BEGIN,
        attempts: 1,
        reason: "answers 400 Bad Request".to_owned(),
    };
    site.index.settle_notifications("duty-desk", 40, &[letter], &[]).unwrap();
    site
}

#[tokio::test]
async fn every_target_is_shown_with_its_dead_letters() {
    let site = site();
    let body = site.json("/api/v1/notifications").await;
    let targets = body["targets"].as_array().unwrap();
    assert_eq!(targets.len(), 2);
    let first = &targets[0];
    assert_eq!(first["id"], "duty-desk");
    assert_eq!(first["state"], "retrying");
    assert_eq!(first["cursor"], 40);
    assert_eq!(first["lag"], 2);
    assert_eq!(first["last_error"], "no answer in time");
    let letters = json!([{
        "sequence": 12,
        "event": "00000000-0000-0000-0000-00000000000c",
        "camera": "cua-nam",
        "time": "2026-03-01T00:30:00.000000Z",
        "attempts": 1,
        "reason": "answers 400 Bad Request",
    }]);
    assert_eq!(first["dead_letters"], letters);
    assert_eq!(targets[1]["dead_letters"], json!([]));
}

#[tokio::test]
async fn dead_letters_are_sent_again_when_asked() {
    let site = site();
    let answer = site.send(Request::post("/api/v1/notifications/duty-desk/retry")).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    assert_eq!(answer.json(), json!({ "retrying": 1 }));
    assert_eq!(site.targets.retried.lock().unwrap().len(), 1);

    let unknown = site.send(Request::post("/api/v1/notifications/nobody/retry")).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    assert_eq!(unknown.json()["type"], "urn:watchpost:problem:no-such-target");
    let no_name = site.send(Request::post("/api/v1/notifications/No%20Name/retry")).await;
    assert_eq!(no_name.status, StatusCode::BAD_REQUEST);
    let with_query = site.send(Request::post("/api/v1/notifications/duty-desk/retry?x=1")).await;
    assert_eq!(with_query.status, StatusCode::BAD_REQUEST);
    let read = site.get("/api/v1/notifications/duty-desk/retry").await;
    assert_eq!(read.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(read.header("allow"), "POST");
    assert_eq!(site.targets.retried.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_page_from_elsewhere_cannot_ask_for_it() {
    let site = site();
    for (origin, status) in [
        ("http://127.0.0.1:8080", StatusCode::ACCEPTED),
        ("http://evil.example", StatusCode::FORBIDDEN),
        ("http://127.0.0.1:9090", StatusCode::FORBIDDEN),
        ("null", StatusCode::FORBIDDEN),
    ] {
        let request = Request::post("/api/v1/notifications/duty-desk/retry")
            .header("host", "127.0.0.1:8080")
            .header("origin", origin);
        assert_eq!(site.send(request).await.status, status, "{origin}");
    }
    assert_eq!(site.targets.retried.lock().unwrap().len(), 1);
}
