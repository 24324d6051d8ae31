//! What partner systems post: who may, what is taken, and that it is stored once.

use std::time::Duration;

use api::{FindingSource, Intake, Token};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use domain::{RuleKind, Severity};
use serde_json::{Value, json};

use crate::site::{Answer, BEGIN, Site, camera};

const PARKING: &str = "token-of-the-parking-system";
const FIRE: &str = "token-of-the-fire-brigade";

fn source(id: &str, token: &str, at: &str, kinds: &[RuleKind]) -> FindingSource {
    FindingSource {
        id: id.parse().unwrap(),
        token: Token::new(token),
        cameras: vec![camera(at)],
        kinds: kinds.to_vec(),
        signals: Vec::new(),
        calls: Vec::new(),
        severity: Severity::try_from(2).unwrap(),
        per_minute: 60,
    }
}

fn site() -> Site {
    let site = Site::open();
    let kinds = [RuleKind::LineCrossing, RuleKind::IllegalStop, RuleKind::Crowd];
    site.state.set_intake(Intake {
        sources: vec![
            source("parking", PARKING, "cua-nam", &kinds),
            source("fire", FIRE, "my-dinh", &[RuleKind::Crowd]),
        ],
        kept_for: Duration::from_secs(24 * 3600),
        ..Intake::default()
    });
    site
}

fn finding() -> Value {
    json!({
        "id": "bay-7/0001",
        "camera": "cua-nam",
        "time": BEGIN.to_string(),
        "topic": "tns1:RuleEngine/LineDetector/Crossed",
        "class": "car",
        "confidence": 0.5,
        "bbox": {"left": 0.25, "top": 0.5, "width": 0.25, "height": 0.25},
        "duration_ms": 1500,
        "note": "ô số 7"
    })
}

fn with(change: Value) -> Value {
    let mut finding = finding();
    for (name, value) in change.as_object().unwrap() {
        finding[name] = value.clone();
    }
    finding
}

async fn post(site: &Site, token: &str, body: &Value) -> Answer {
    let request = Request::post("/api/v1/findings")
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json");
    site.send_body(request, Body::from(body.to_string())).await
}

#[tokio::test]
async fn a_finding_becomes_an_event_and_the_same_again_none() {
    let site = site();
    let first = post(&site, PARKING, &finding()).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text());
    let again = post(&site, PARKING, &finding()).await;
    assert_eq!(again.status, StatusCode::OK, "{}", again.text());
    assert_eq!(first.json(), again.json());
    // Under the same id, however much else differs, also in another month's file.
    let other = with(json!({"time": BEGIN.minus(Duration::from_secs(3600)).to_string()}));
    let other = post(&site, PARKING, &other).await;
    assert_eq!((other.status, other.json()), (StatusCode::OK, first.json()));

    let page = site.json("/api/v1/events").await;
    assert_eq!(page["events"].as_array().unwrap().len(), 1);
    let event = site.json(first.header("location")).await;
    assert_eq!(page["events"][0], event);
    assert_eq!(
        event["source"],
        json!({
            "kind": "partner",
            "model": null,
            "name": "parking",
            "topic": "RuleEngine/LineDetector/Crossed"
        })
    );
    for (name, value) in [
        ("kind", json!("line_crossing")),
        ("camera", json!("cua-nam")),
        ("rule", json!("parking")),
        ("severity", json!(2)),
        ("class", json!("car")),
        ("note", json!("ô số 7")),
        ("duration_ms", json!(1500)),
        ("time", json!(BEGIN.to_string())),
    ] {
        assert_eq!(event[name], value, "{name}");
    }
    assert!((event["location"]["lat"].as_f64().unwrap() - 21.0287).abs() < 1e-9);
}

#[tokio::test]
async fn ids_of_different_sources_are_different_findings() {
    let site = site();
    let crowd = |at: &str| with(json!({"camera": at, "kind": "crowd", "topic": null, "count": 30}));
    let one = post(&site, PARKING, &crowd("cua-nam")).await;
    let two = post(&site, FIRE, &crowd("my-dinh")).await;
    assert_eq!((one.status, two.status), (StatusCode::CREATED, StatusCode::CREATED));
    assert_ne!(one.json()["event"], two.json()["event"]);
}

#[tokio::test]
async fn a_source_tells_only_what_is_its_own() {
    let site = site();
    let whole = finding();
    for (token, body, status, kind) in [
        ("", &whole, 401, "no-such-token"),
        ("token-of-nobody", &whole, 401, "no-such-token"),
        (FIRE, &whole, 403, "not-of-this-source"),
        (PARKING, &with(json!({"camera": "my-dinh"})), 403, "not-of-this-source"),
        (
            PARKING,
            &with(json!({"topic": "RuleEngine/FieldDetector/ObjectsInside"})),
            403,
            "not-of-this-source",
        ),
    ] {
        let answer = post(&site, token, body).await;
        assert_eq!(answer.status.as_u16(), status, "{}", answer.text());
        assert_eq!(answer.json()["type"], format!("urn:watchpost:problem:{kind}"));
        assert!(token.is_empty() || !answer.text().contains(token));
        assert_eq!(answer.header("www-authenticate").is_empty(), status != 401);
    }
    let page = site.json("/api/v1/events").await;
    assert_eq!(page["events"], json!([]));
    // A token that no source has is told with the log-ins that failed.
    let told = site.json("/api/v1/audit?action=sign_in_failed").await.to_string();
    assert!(told.contains(r#"\"tokens\":{\"source\":"#), "{told}");
    assert!(!told.contains("token-of-nobody"), "{told}");
}

#[tokio::test]
async fn what_is_refused_is_named() {
    let site = site();
    let day = Duration::from_secs(24 * 3600);
    for (change, name) in [
        (json!({"topic": "tns1:RuleEngine/Recognition/Face"}), "topic"),
        (json!({"topic": "tns1:RuleEngine/Recognition/LicensePlate"}), "topic"),
        (json!({"topic": null, "kind": "face_recognition"}), "kind"),
        (json!({"person": "Nguyễn Văn A"}), "person"),
        (json!({"time": BEGIN.plus(day).to_string()}), "time"),
        (json!({"time": BEGIN.minus(day).to_string()}), "time"),
        (json!({"time": "today"}), "time"),
        (json!({"note": "x".repeat(501)}), "note"),
        (json!({"id": "x".repeat(201)}), "id"),
    ] {
        let answer = post(&site, PARKING, &with(change)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.text());
        assert_eq!(answer.json()["invalid-params"][0]["name"], name, "{}", answer.text());
    }
    let large = post(&site, PARKING, &with(json!({"note": "x".repeat(20_000)}))).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
    let request =
        || Request::post("/api/v1/findings").header("authorization", format!("Bearer {PARKING}"));
    let form = request().header("content-type", "application/x-www-form-urlencoded");
    let form = site.send_body(form, Body::from("id=7")).await;
    assert_eq!(form.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let broken = request().header("content-type", "application/json");
    let broken = site.send_body(broken, Body::from("{\"id\":")).await;
    assert_eq!(broken.json()["type"], "urn:watchpost:problem:not-json");
    assert_eq!(site.json("/api/v1/events").await["events"], json!([]));
}

#[tokio::test]
async fn a_cloud_event_is_taken_in_both_modes_as_the_same() {
    let site = site();
    let data = json!({"camera": "cua-nam", "time": BEGIN.to_string()});
    let structured = json!({
        "specversion": "1.0",
        "id": "17",
        "source": "/parking/bay-7",
        "type": "watchpost.finding.illegal_stop",
        "data": data
    });
    let request =
        || Request::post("/api/v1/findings").header("authorization", format!("Bearer {PARKING}"));
    let first = request().header("content-type", "application/cloudevents+json");
    let first = site.send_body(first, Body::from(structured.to_string())).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text());
    let binary = request()
        .header("content-type", "application/json")
        .header("ce-specversion", "1.0")
        .header("ce-id", "17")
        .header("ce-source", "/parking/bay-7")
        .header("ce-type", "watchpost.finding.illegal_stop");
    let binary = site.send_body(binary, Body::from(data.to_string())).await;
    assert_eq!((binary.status, binary.json()), (StatusCode::OK, first.json()));
}

#[tokio::test]
async fn a_source_that_posts_too_fast_is_told_when_to_go_on() {
    let site = site();
    for _ in 0..60 {
        let answer = post(&site, PARKING, &finding()).await;
        assert!(answer.status.is_success(), "{}", answer.text());
    }
    let answer = post(&site, PARKING, &finding()).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.header("retry-after"), "2");
    // One source's haste is not another's.
    let crowd = with(json!({"camera": "my-dinh", "kind": "crowd", "topic": null}));
    assert_eq!(post(&site, FIRE, &crowd).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn without_sources_there_is_nothing_to_post_to() {
    let site = Site::open();
    let answer = post(&site, PARKING, &finding()).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(answer.json()["type"], "urn:watchpost:problem:no-sources");
    let got = site.get("/api/v1/findings").await;
    assert_eq!(got.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(got.header("allow"), "POST");
}
