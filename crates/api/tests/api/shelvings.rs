//! A rule is shelved at a camera: its alerts leave the queue, say who shelved them, and come back.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use domain::{Alert, Clock, EventId, Place, Role, Timestamp};
use index::{FoldedEvents, ShelvingDraft};
use serde_json::{Value, json};

use crate::people::person;
use crate::site::{Answer, Site, event};

async fn post(site: &Site, path: &str, who: &str, body: &Value) -> Answer {
    let request = Request::post(format!("/api/v1/{path}"))
        .header("content-type", "application/json")
        .header("authorization", site.officer(who));
    site.send_body(request, Body::from(body.to_string())).await
}

fn in_minutes(site: &Site, minutes: u64) -> Timestamp {
    site.clock.now().plus(Duration::from_secs(60 * minutes))
}

/// Raises an alert now: of the even ones at `cua-nam`, of the odd at `my-dinh`.
fn raise(site: &Site, number: u32) -> Alert {
    let mut event = event(number);
    // Its name says when it was told, by the site's clock.
    let told = u128::try_from(site.clock.now().as_millis()).unwrap();
    let named = told << 80 | 0x7000_8000_0000_0000_0000 | u128::from(number);
    event.id = EventId(uuid::Uuid::from_u128(named));
    let alert = Alert::raised(&event);
    let folded = FoldedEvents {
        alerts: vec![alert.clone()],
        groups: vec![(alert.id, alert.id)],
        ..FoldedEvents::default()
    };
    // As the program does it.
    let shelve = |stored: &index::StoredAlert, shelving: &index::StoredShelving| {
        let ShelvingDraft { until, reason, by, at, .. } = &shelving.shelving;
        let signed = domain::Signature { by: domain::Actor::Account(by.clone()), at: *at };
        alerts::shelve(&stored.handling, stored.alert.severity, signed, (*until, reason.as_str()))
    };
    site.index.settle_shelving(&folded, shelve).unwrap();
    alert
}

async fn queue(site: &Site) -> Vec<String> {
    let page = site.json("/api/v1/alerts?sort=queue").await;
    let alerts = page["alerts"].as_array().unwrap();
    let mut ids: Vec<_> =
        alerts.iter().map(|alert| alert["id"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids
}

#[tokio::test]
async fn a_shelved_rule_stays_out_of_the_queue_until_it_is_ended() {
    let site = Site::open();
    let (waits, elsewhere) = (raise(&site, 2), raise(&site, 3));
    let until = in_minutes(&site, 30);
    let asked =
        json!({"rule": "lan-duong", "camera": "cua-nam", "until": until, "reason": "sửa đường"});
    let begun = post(&site, "shelvings", "lan", &asked).await;
    assert_eq!(begun.status, StatusCode::CREATED, "{}", begun.text());
    let id = begun.json()["id"].as_u64().unwrap();
    let comes = raise(&site, 4);
    assert_eq!(queue(&site).await, [elsewhere.id.to_string()]);
    for alert in [&waits, &comes] {
        let shown = site.json(&format!("/api/v1/alerts/{}", alert.id)).await;
        let shelved = &shown["handling"]["shelved"];
        assert_eq!((&shelved["by"], &shelved["reason"]), (&json!("lan"), &json!("sửa đường")));
        assert_eq!(shelved["until"], json!(until));
    }
    let listed = site.json("/api/v1/shelvings").await;
    assert_eq!((&listed[0]["rule"], &listed[0]["by"]), (&json!("lan-duong"), &json!("lan")));
    let again = post(&site, "shelvings", "minh", &asked).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert!(again.text().contains("lan has shelved lan-duong at cua-nam"), "{}", again.text());

    let ended = post(&site, &format!("shelvings/{id}/end"), "minh", &json!({})).await;
    assert_eq!(ended.json()["ended_by"], "minh", "{}", ended.text());
    assert_eq!(queue(&site).await.len(), 3);
    assert_eq!(site.json("/api/v1/shelvings").await, json!([]));
    let gone = post(&site, &format!("shelvings/{id}/end"), "minh", &json!({})).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    for (action, actor) in [("rule_shelved", "lan"), ("rule_unshelved", "minh")] {
        let audit = site.json(&format!("/api/v1/audit?action={action}")).await;
        let entry = &audit["entries"][0];
        assert_eq!(
            (&entry["actor"], &entry["object"]),
            (&json!(actor), &json!("rule lan-duong at cua-nam"))
        );
    }
}

#[tokio::test]
async fn what_somebody_else_has_taken_on_is_left_to_them() {
    let site = Site::open();
    let (theirs, own) = (raise(&site, 2), raise(&site, 4));
    for (alert, who) in [(&theirs, "minh"), (&own, "lan")] {
        post(&site, &format!("alerts/{}/ack", alert.id), who, &json!({"version": 0})).await;
    }
    let until = in_minutes(&site, 30);
    let asked =
        json!({"rule": "lan-duong", "camera": "cua-nam", "until": until, "reason": "sửa đường"});
    post(&site, "shelvings", "lan", &asked).await;
    assert_eq!(queue(&site).await, [theirs.id.to_string()]);
}

#[tokio::test]
async fn a_shelving_has_an_end_a_reason_and_a_camera_of_ones_own() {
    let site = Site::open();
    let good = json!({"rule": "lan-duong", "camera": "cua-nam", "until": in_minutes(&site, 30), "reason": "x"});
    for (member, value) in [
        ("until", json!(in_minutes(&site, 8 * 60 + 1))),
        ("until", json!(site.clock.now())),
        ("reason", json!("  ")),
        ("reason", json!("x".repeat(501))),
    ] {
        let mut asked = good.clone();
        asked[member] = value;
        let refused = post(&site, "shelvings", "lan", &asked).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.text());
        assert_eq!(refused.json()["invalid-params"][0]["name"], member);
    }
    let mut asked = good.clone();
    asked["camera"] = json!("nowhere");
    assert_eq!(post(&site, "shelvings", "lan", &asked).await.status, StatusCode::NOT_FOUND);

    // Who has one camera sees and ends no shelving of another.
    let begun = post(&site, "shelvings", "lan", &good).await;
    let id = begun.json()["id"].as_u64().unwrap();
    let elsewhere = Place::Cameras([crate::site::camera("my-dinh")].into());
    let token = person(&site, "binh", Role::Duty, elsewhere);
    let ask = |request: axum::http::request::Builder| {
        let request = request.header("authorization", format!("Bearer {token}"));
        site.send_bare(request.header("content-type", "application/json"), Body::from("{}"))
    };
    assert_eq!(ask(Request::get("/api/v1/shelvings")).await.json(), json!([]));
    let ended = ask(Request::post(format!("/api/v1/shelvings/{id}/end"))).await;
    assert_eq!(ended.status, StatusCode::NOT_FOUND);
}
