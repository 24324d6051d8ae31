//! Calls to 113, 114 and 115: who may tell of them, what they become, who sees it.

use std::time::Duration;

use api::{CallPolicy, FindingSource, Intake, RestreamListens, Token};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use domain::{
    Alert, Call, CallService, CameraId, Condition, EventId, EventKind, Grant, Location, Place,
    Role, Severity, TimeRange,
};
use index::{CallName, CallPosting, FoldedEvents, GatheredCall, TakenCall};
use serde_json::{Value, json};

use crate::feed::Client;
use crate::people::person;
use crate::site::{Answer, BEGIN, Site, camera, event, give_token};

const FIRE: &str = "token-of-the-fire-brigade";
const POLICE: &str = "token-of-the-police";

fn source(id: &str, token: &str, calls: &[CallService]) -> FindingSource {
    FindingSource {
        id: id.parse().unwrap(),
        token: Token::new(token),
        cameras: Vec::new(),
        kinds: Vec::new(),
        signals: Vec::new(),
        calls: calls.to_vec(),
        severity: Severity::NOTICE,
        per_minute: 600,
    }
}

/// Lets a system tell of calls that shows `token`.
pub(crate) fn let_in(site: &Site, token: &str) {
    site.state.set_intake(Intake {
        sources: vec![
            source("tong-dai-114", token, &[CallService::Fire, CallService::Ambulance]),
            source("tong-dai-113", POLICE, &[CallService::Police]),
        ],
        kept_for: Duration::from_secs(24 * 3600),
        calls: CallPolicy::default(),
    });
}

/// Opens an incident near a camera, once; returns it.
pub(crate) fn opened(site: &Site, near: &str, location: Option<Location>) -> EventId {
    opened_as(site, near, near, location)
}

/// The same by a name of its own.
pub(crate) fn opened_as(
    site: &Site,
    name: &str,
    near: &str,
    location: Option<Location>,
) -> EventId {
    let name = CallName {
        source: "tong-dai-114".parse().unwrap(),
        context: String::new(),
        id: name.to_owned(),
    };
    let posting = CallPosting { name, digest: [7; 32], at: BEGIN };
    let taken = site.index.take_call(&posting, |_| {
        let call = Call {
            service: CallService::Fire,
            what: "cháy".to_owned(),
            severity: Severity::NOTICE,
            time: BEGIN,
            text: Some("có khói".to_owned()),
            location,
            address: None,
            ward: None,
            is_over: false,
        };
        let id = EventId(uuid::Uuid::now_v7());
        let alert = Alert {
            id,
            kind: EventKind::Call(call.service),
            rule: "tong-dai-114".parse().unwrap(),
            severity: call.severity,
            class: None,
            cameras: vec![camera(near)],
            location,
            first: BEGIN,
            last: BEGIN,
            last_event: id,
            count: 1,
            condition: Condition::Active,
            version: 1,
        };
        let range = TimeRange { start: BEGIN, end: BEGIN.plus(Duration::from_secs(60)) };
        Ok::<_, std::convert::Infallible>(GatheredCall {
            call,
            alert,
            escalation: None,
            title: "cháy".to_owned(),
            number: "114-20260301".to_owned(),
            footage: vec![(camera(near), range)],
        })
    });
    match taken.unwrap() {
        TakenCall::Opened(stored) | TakenCall::Known(stored) => stored.alert,
        other => panic!("{other:?}"),
    }
}

fn site() -> Site {
    let site = Site::open();
    let_in(&site, FIRE);
    site
}

fn call() -> Value {
    json!({
        "id": "114/000123",
        "service": "114",
        "kind": "cháy nhà",
        "time": BEGIN.to_string(),
        "text": "Khói bốc lên tầng 3, gọi lại 0912 345 678",
        // 90 m east of the camera, which looks east.
        "location": {"lat": 21.0287, "lon": 105.8430},
        "address": "12 Cửa Nam",
        "ward": "Phường Cửa Nam",
    })
}

fn with(mut changed: Value, change: Value) -> Value {
    for (name, value) in change.as_object().unwrap() {
        changed[name] = value.clone();
    }
    changed
}

async fn post(site: &Site, token: &str, body: &Value) -> Answer {
    let request = Request::post("/api/v1/calls")
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json");
    site.send_body(request, Body::from(body.to_string())).await
}

async fn state_of(site: &Site, token: &str, incident: &Value) -> Answer {
    let uri = format!("/api/v1/calls/{}", incident.as_str().unwrap());
    let request = Request::get(uri).header("authorization", format!("Bearer {token}"));
    site.send(request).await
}

async fn seen_by(site: &Site, token: &str, uri: &str) -> Answer {
    let request = Request::get(uri).header("authorization", format!("Bearer {token}"));
    site.send_bare(request, Body::empty()).await
}

#[tokio::test]
async fn a_call_is_an_alert_a_case_and_what_was_gathered() {
    let site = site();
    let mut desk = Client::follow(&site, "/api/v1/alerts/stream", None).await;
    let folded = FoldedEvents { alerts: vec![Alert::raised(&event(2))], ..FoldedEvents::default() };
    let told = post(&site, FIRE, &call()).await;
    assert_eq!(told.status, StatusCode::CREATED, "{}", told.text());
    let told_body = told.json();
    let case = told_body["case"].as_str().unwrap();
    assert!(case.starts_with("114-20260301-") && case.len() == 17, "{case}");
    assert_eq!((&told_body["state"], &told_body["cameras"]), (&json!("new"), &json!(1)));
    assert_eq!(told.header("location"), told_body["href"].as_str().unwrap());

    // The desk is told at once, and has its row.
    let shown = desk.next().await.unwrap().data;
    assert_eq!(shown["kind"], "call_114");
    assert_eq!(shown["id"], told_body["incident"]);
    assert_eq!((&shown["severity"], &shown["condition"]), (&json!(2), &json!("active")));
    assert_eq!((&shown["cameras"], &shown["rule"]), (&json!(["cua-nam"]), &json!("tong-dai-114")));
    assert!((shown["location"]["lon"].as_f64().unwrap() - 105.8430).abs() < 1e-9);
    assert_eq!(shown["about"], "cháy nhà · Phường Cửa Nam");
    let queue = site.json("/api/v1/alerts?sort=queue&kind=call_114").await;
    assert_eq!(queue["alerts"].as_array().unwrap().len(), 1);
    site.index.settle_alerts(&folded).unwrap();

    let uri = format!("/api/v1/incidents/{}", told_body["incident"].as_str().unwrap());
    let incident = site.json(&uri).await;
    assert_eq!(incident["source"], "tong-dai-114");
    assert_eq!(incident["call"]["kind"], "cháy nhà");
    assert_eq!(incident["call"]["text"], "Khói bốc lên tầng 3, gọi lại •••• ••• •••");
    let near = &incident["cameras"][0];
    assert_eq!((&near["camera"], &near["looks_at"]), (&json!("cua-nam"), &json!(true)));
    assert!((near["metres"].as_f64().unwrap() - 93.0).abs() < 3.0, "{near}");
    let footage = &incident["footage"][0];
    assert_eq!(footage["start"], json!(BEGIN.minus(Duration::from_secs(300))));
    assert_eq!(footage["end"], json!(BEGIN.plus(Duration::from_secs(900))));
    assert_eq!(footage["is_growing"], true);
    assert_eq!(incident["suggestions"][0]["kind"], "line_crossing", "{incident:#}");
    assert_eq!(incident["suggestions"].as_array().unwrap().len(), 1);
    let case = site.json(&format!("/api/v1/cases/{}", incident["case"])).await;
    assert_eq!(case["title"], "cháy nhà · Phường Cửa Nam");
    assert_eq!(case["by"], "tong-dai-114");
    assert_eq!(case["marks"].as_array().unwrap().len(), 2);
    assert_eq!(case["marks"][0]["alert"], told_body["incident"]);
    // No camera saw it: it is not found among what cameras saw.
    assert_eq!(site.json("/api/v1/events").await["events"], json!([]));
}

#[tokio::test]
async fn an_incident_says_where_players_get_its_cameras_to_who_may_watch_them() {
    let site = site();
    let listens = |plain: &str, tls: &str| RestreamListens {
        plain: plain.parse().ok(),
        tls: tls.parse().ok(),
    };
    site.state.set_restream(listens("0.0.0.0:8554", "0.0.0.0:322"));
    let told = post(&site, FIRE, &call()).await.json();
    let uri = format!("/api/v1/incidents/{}", told["incident"].as_str().unwrap());
    let shown = async |token: &str, host: &str| {
        let request = Request::get(&uri).header("host", host);
        let request = request.header("authorization", format!("Bearer {token}"));
        let answer = site.send_bare(request, Body::empty()).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        let incident = answer.json();
        (incident["cameras"][0]["live"].clone(), incident["footage"][0]["hls"].clone())
    };
    let duty = person(&site, "lan", Role::Duty, Place::Site);
    let (live, hls) = shown(&duty, "watchpost.example:8080").await;
    let rtsp = ["rtsps://watchpost.example", "rtsp://watchpost.example:8554"];
    let rtsp = rtsp.map(|way| format!("{way}/live/cua-nam/main"));
    assert_eq!(live, json!({ "hls": "/api/v1/cameras/cua-nam/live.m3u8", "rtsp": rtsp }));
    assert_eq!(hls, Value::Null, "duty plays nothing");
    // Who plays what was recorded may not watch as it comes.
    let investigator = person(&site, "binh", Role::Investigator, Place::Site);
    let (live, hls) = shown(&investigator, "localhost").await;
    assert_eq!(live, Value::Null);
    let span = "/api/v1/cameras/cua-nam/footage.m3u8?start=2026-03-01T00:25:00";
    assert!(hls.as_str().unwrap().starts_with(span), "{hls}");
    // What is reached from this machine alone is told on this machine alone.
    site.state.set_restream(listens("127.0.0.1:8554", ""));
    assert_eq!(shown(&duty, "watchpost.example").await.0["rtsp"], json!([]));
    let here = shown(&duty, "localhost").await.0;
    assert_eq!(here["rtsp"], json!(["rtsp://localhost:8554/live/cua-nam/main"]));
    // Its own pictures bear no masks.
    site.views.masked.lock().unwrap().push((camera("cua-nam"), TimeRange::ALL));
    assert_eq!(shown(&duty, "localhost").await.0, Value::Null);
}

#[tokio::test]
async fn the_same_again_is_the_same_and_what_differs_revises_it() {
    let site = site();
    let first = post(&site, FIRE, &call()).await.json();
    let again = post(&site, FIRE, &call()).await;
    assert_eq!((again.status, again.json()), (StatusCode::OK, first.clone()));

    let moved = json!({
        "id": "114/000123", "text": "Hai người mắc kẹt",
        "location": {"lat": 21.0204, "lon": 105.7640}, "ward": "Phường Từ Liêm",
    });
    let revised = post(&site, FIRE, &moved).await;
    assert_eq!(revised.status, StatusCode::OK, "{}", revised.text());
    assert_eq!(revised.json()["revision"], 2);
    let uri = format!("/api/v1/incidents/{}", first["incident"].as_str().unwrap());
    let incident = site.json(&uri).await;
    assert_eq!(incident["cameras"][0]["camera"], "my-dinh");
    assert_eq!(
        (&incident["call"]["kind"], &incident["call"]["text"]),
        (&json!("cháy nhà"), &json!("Hai người mắc kẹt"))
    );
    assert_eq!(incident["revisions"].as_array().unwrap().len(), 1);
    assert_eq!(incident["footage"].as_array().unwrap().len(), 2, "what was marked stays marked");
    let alert = site.json(&format!("/api/v1/alerts/{}", first["incident"].as_str().unwrap())).await;
    assert_eq!((&alert["version"], &alert["cameras"]), (&json!(2), &json!(["my-dinh"])));

    // What was lost on the way and comes late takes nothing back.
    assert_eq!(post(&site, FIRE, &call()).await.json()["revision"], 2);
    let closed = post(&site, FIRE, &json!({"id": "114/000123", "state": "closed"})).await;
    assert_eq!(closed.json()["revision"], 3);
    let alert = site.json(&format!("/api/v1/alerts/{}", first["incident"].as_str().unwrap())).await;
    assert_eq!(
        (&alert["condition"], &alert["handling"]["state"]),
        (&json!("cleared"), &json!("new"))
    );
    let open = json!({"id": "114/000123", "state": "open", "revision": 9});
    assert_eq!(post(&site, FIRE, &open).await.json()["revision"], 4);
    let alert = site.json(&format!("/api/v1/alerts/{}", first["incident"].as_str().unwrap())).await;
    assert_eq!(alert["condition"], "active");
}

#[tokio::test]
async fn its_sender_learns_how_it_stands_and_nobody_elses_does() {
    let site = site();
    let incident = post(&site, FIRE, &call()).await.json()["incident"].clone();
    let act = |word: &str, body: Value| {
        let uri = format!("/api/v1/alerts/{}/{word}", incident.as_str().unwrap());
        Request::post(uri)
            .header("content-type", "application/json")
            .header("authorization", site.officer("truc-ban-01"))
            .body(Body::from(body.to_string()))
            .unwrap()
    };
    for (word, body, state) in [
        ("ack", json!({"version": 0}), "acknowledged"),
        ("assign", json!({"version": 1, "to": "truc-ban-01"}), "in_progress"),
        ("close", json!({"version": 2, "outcome": "true", "reason": "đã dập lửa"}), "closed"),
    ] {
        use tower::ServiceExt as _;
        let done = site.bare.clone().oneshot(act(word, body)).await.unwrap();
        assert_eq!(done.status(), StatusCode::OK, "{word}");
        let told = state_of(&site, FIRE, &incident).await;
        assert_eq!((told.status, &told.json()["state"]), (StatusCode::OK, &json!(state)));
        assert!(!told.text().contains("truc-ban"), "who handles it is not the sender's to know");
    }
    let told = state_of(&site, FIRE, &incident).await.json();
    assert_eq!(told["outcome"], "true");
    assert!(told["handled"].is_string());
    let others = state_of(&site, POLICE, &incident).await;
    let nothing = state_of(&site, POLICE, &json!(uuid::Uuid::nil())).await;
    assert_eq!((others.status, nothing.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
    assert_eq!(others.json()["type"], nothing.json()["type"]);
    assert_eq!(
        state_of(&site, "token-of-nobody", &incident).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn an_officer_outside_of_the_place_finds_neither_alert_nor_case() {
    let site = site();
    let told = post(&site, FIRE, &call()).await.json();
    let case = site.json("/api/v1/cases").await["cases"][0]["id"].clone();
    let incident = told["incident"].as_str().unwrap();
    let at = |id: &str| {
        let place = Place::Cameras([camera(id)].into());
        give_token(&site.index, &format!("truc-ban-{id}"), &[Grant { role: Role::Duty, place }])
    };
    let (inside, outside) = (at("cua-nam"), at("my-dinh"));
    for (uri, is_list) in [
        (format!("/api/v1/alerts/{incident}"), false),
        (format!("/api/v1/incidents/{incident}"), false),
        (format!("/api/v1/cases/{case}"), false),
        ("/api/v1/alerts".to_owned(), true),
        ("/api/v1/cases".to_owned(), true),
    ] {
        let seen = seen_by(&site, &inside, &uri).await;
        assert_eq!(seen.status, StatusCode::OK, "{uri}: {}", seen.text());
        assert!(seen.text().contains(if uri.contains("cases") { "114-2026" } else { incident }));
        let hidden = seen_by(&site, &outside, &uri).await;
        if is_list {
            assert!(!hidden.text().contains("114"), "{uri}: {}", hidden.text());
        } else {
            assert_eq!(hidden.status, StatusCode::NOT_FOUND, "{uri}: {}", hidden.text());
        }
    }
    let mark = Request::post(format!("/api/v1/cases/{case}/marks"))
        .header("authorization", format!("Bearer {outside}"))
        .header("content-type", "application/json");
    let marked = site.send_bare(mark, Body::from(json!({"note": "x"}).to_string())).await;
    assert_eq!(marked.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_call_that_nobody_can_place_is_for_who_sees_the_whole_site() {
    let site = site();
    let lost = json!({
        "id": "1", "service": "115", "kind": "ngất xỉu", "time": BEGIN.to_string(),
    });
    let told = post(&site, FIRE, &lost).await;
    assert_eq!(told.status, StatusCode::CREATED, "{}", told.text());
    let incident = told.json()["incident"].as_str().unwrap().to_owned();
    assert_eq!(told.json()["cameras"], 0);
    let whole = site.json(&format!("/api/v1/alerts/{incident}")).await;
    assert_eq!((&whole["cameras"], &whole["kind"]), (&json!([]), &json!("call_115")));
    let place = Place::Cameras(["cua-nam", "my-dinh"].map(|id| -> CameraId { camera(id) }).into());
    let part = give_token(&site.index, "part", &[Grant { role: Role::Duty, place }]);
    let uri = format!("/api/v1/alerts/{incident}");
    assert_eq!(seen_by(&site, &part, &uri).await.status, StatusCode::NOT_FOUND);
    let ack = |who: String| {
        let request = Request::post(format!("{uri}/ack"))
            .header("content-type", "application/json")
            .header("authorization", who);
        site.send_bare(request, Body::from("{\"version\":0}"))
    };
    assert_eq!(ack(format!("Bearer {part}")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(ack(site.officer("truc-ban-01")).await.status, StatusCode::OK);
    // Its place becomes known, and with it whose it is.
    let placed = json!({"id": "1", "ward": "phuong cua nam"});
    assert_eq!(post(&site, FIRE, &placed).await.json()["cameras"], 1);
    assert_eq!(seen_by(&site, &part, &uri).await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_is_refused_is_named_and_leaves_nothing() {
    let site = site();
    for (token, change, status, name) in [
        ("token-of-nobody", json!({}), 401, "no-such-token"),
        (POLICE, json!({}), 403, "not-of-this-source"),
        (FIRE, json!({"phone": "0912345678"}), 400, "phone"),
        (FIRE, json!({"caller": {"name": "Nguyễn Văn A"}}), 400, "caller"),
        (FIRE, json!({"service": "112"}), 400, "service"),
        (FIRE, json!({"service": null}), 400, "service"),
        (FIRE, json!({"location": {"lat": 105.0, "lon": 21.0}}), 400, "location.lat"),
        (FIRE, json!({"text": "x".repeat(4001)}), 400, "text"),
        (FIRE, json!({"time": BEGIN.plus(Duration::from_secs(86_400)).to_string()}), 400, "time"),
        (FIRE, json!({"state": "over"}), 400, "state"),
    ] {
        let answer = post(&site, token, &with(call(), change)).await;
        assert_eq!(answer.status.as_u16(), status, "{name}: {}", answer.text());
        let problem = answer.json();
        match problem["invalid-params"][0]["name"].as_str() {
            Some(refused) => assert_eq!(refused, name),
            None => assert_eq!(problem["type"], format!("urn:watchpost:problem:{name}")),
        }
        assert!(!answer.text().contains("0912345678"), "{}", answer.text());
    }
    assert_eq!(site.json("/api/v1/alerts").await["alerts"], json!([]));
    assert_eq!(site.json("/api/v1/cases").await["cases"], json!([]));
}

#[tokio::test]
async fn a_cloud_event_says_the_same_in_both_modes() {
    let site = site();
    let mut data = call();
    data.as_object_mut().unwrap().remove("id");
    let structured = json!({
        "specversion": "1.0", "id": "17", "source": "/tong-dai", "type": "watchpost.call", "data": data,
    });
    let request =
        || Request::post("/api/v1/calls").header("authorization", format!("Bearer {FIRE}"));
    let first = request().header("content-type", "application/cloudevents+json");
    let first = site.send_body(first, Body::from(structured.to_string())).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text());
    let binary = |kind: &'static str| {
        request()
            .header("content-type", "application/json")
            .header("ce-specversion", "1.0")
            .header("ce-id", "17")
            .header("ce-source", "/tong-dai")
            .header("ce-type", kind)
    };
    let same = site.send_body(binary("watchpost.call"), Body::from(data.to_string())).await;
    assert_eq!((same.status, same.json()), (StatusCode::OK, first.json()));
    let other =
        site.send_body(binary("watchpost.finding.crowd"), Body::from(data.to_string())).await;
    assert_eq!(other.json()["invalid-params"][0]["name"], "type", "{}", other.text());
    // The same id within nothing is another call.
    let plain = with(call(), json!({"id": "17"}));
    assert_eq!(post(&site, FIRE, &plain).await.status, StatusCode::CREATED);
}
