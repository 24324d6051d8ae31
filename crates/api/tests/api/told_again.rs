//! What happens elsewhere is not told by what comes again, nor by what may not be had twice.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use domain::{Alert, Grant, Place, Role};
use index::FoldedEvents;
use serde_json::json;

use crate::feed::Client;
use crate::site::{Answer, Site, camera, event, give_token};

fn of_the_ward(site: &Site, name: &str, role: Role) -> String {
    let place = Place::node("Phường Cửa Nam/Hà Nội").unwrap();
    give_token(&site.index, name, &[Grant { role, place }])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_comes_back_is_not_told_again_of_an_alert_that_grew_elsewhere() {
    let site = Site::open();
    let token = of_the_ward(&site, "lan", Role::Duty);
    // Even ones are of `cua-nam`, which the ward has.
    let events: Vec<_> = (1..=8).map(event).collect();
    let sequences = site.index.append_events(events.clone()).unwrap();
    let mut shared = Alert::raised(&events[1]);
    shared.cameras = vec![camera("cua-nam"), camera("my-dinh")];
    let settle = |alert: &Alert, number: usize| {
        let folded = FoldedEvents {
            events: vec![(alert.id, sequences[number - 1])],
            alerts: vec![alert.clone()],
            cursor: 8,
            ..FoldedEvents::default()
        };
        site.index.settle_alerts(&folded).unwrap();
    };
    let grown = |count: u32| Alert { count, version: count, ..shared.clone() };
    settle(&shared, 2);
    let path = "/api/v1/alerts";
    let request = Request::get(path).header("authorization", format!("Bearer {token}"));
    let page = site.send_bare(request, Body::empty()).await.json();
    assert_eq!(page["alerts"][0]["count"], 1, "{page:#}");
    let after = format!("{path}/stream?after={}", page["as_of"].as_str().unwrap());
    let mut client = Client::follow_as(&site, &after, &token, None).await;
    let mut whole = Client::follow(&site, &format!("{path}/stream"), None).await;
    settle(&grown(2), 3);
    assert_eq!(whole.next().await.unwrap().data["count"], 2);
    let own = Alert::raised(&events[3]);
    settle(&own, 4);
    let told = client.next().await.unwrap();
    assert_eq!(told.data["id"], own.id.to_string(), "{}", told.data);
    // Grown elsewhere once more, while nobody of the ward is there; then again by their own.
    let place = client.last_id.clone();
    drop(client);
    settle(&grown(3), 5);
    let mut again = Client::follow_as(&site, &format!("{path}/stream"), &token, place).await;
    let mut from_page = Client::follow_as(&site, &after, &token, None).await;
    settle(&grown(4), 6);
    let told = again.next().await.unwrap();
    assert_eq!((&told.data["id"], &told.data["count"]), (&json!(shared.id), &json!(2)));
    let mut seen = Vec::new();
    while seen.last() != Some(&json!(shared.id)) {
        seen.push(from_page.next().await.unwrap().data["id"].clone());
    }
    assert_eq!(seen, [json!(own.id), json!(shared.id)], "what they had not been told, once each");
}

#[tokio::test]
async fn a_number_that_another_case_has_elsewhere_may_be_had() {
    let site = Site::open();
    let ward = of_the_ward(&site, "lan", Role::Investigator);
    let place = Place::node("Phường Từ Liêm/Hà Nội").unwrap();
    let grants = [Grant { role: Role::Investigator, place }];
    let elsewhere = give_token(&site.index, "minh", &grants);
    let everywhere = [Grant { role: Role::Investigator, place: Place::Site }];
    let whole = give_token(&site.index, "overall", &everywhere);
    let open = async |token: &str, number: &str| -> Answer {
        let request = Request::post("/api/v1/cases")
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json");
        let body = json!({ "number": number, "title": "x" }).to_string();
        site.send_bare(request, Body::from(body)).await
    };
    assert_eq!(open(&elsewhere, "VV-7").await.status, StatusCode::CREATED);
    assert_eq!(open(&ward, "VV-7").await.status, StatusCode::CREATED, "as if there were none");
    assert_eq!(open(&ward, "VV-7").await.status, StatusCode::CONFLICT, "their own");
    assert_eq!(open(&elsewhere, "VV-7").await.status, StatusCode::CONFLICT);
    assert_eq!(open(&whole, "VV-7").await.status, StatusCode::CONFLICT, "who sees both");
    assert_eq!(site.json("/api/v1/cases").await["cases"].as_array().unwrap().len(), 2);
}
