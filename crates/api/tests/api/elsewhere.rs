//! Who sees a part of the site follows it without loss, and is not told that anything happens elsewhere.

use axum::http::{Request, StatusCode};
use domain::{Grant, Place, Role};
use index::FoldedEvents;
use serde_json::Value;

use crate::feed::Client;
use crate::site::{Site, event, give_token};

const FEED: &str = "/api/v1/events/stream";
/// A sealed place.
const SEALED: usize = 48;

/// Gives a token for the ward of `cua-nam`, which sees the even ones of the events.
fn of_the_ward(site: &Site, name: &str) -> String {
    let place = Place::node("Phường Cửa Nam/Hà Nội").unwrap();
    give_token(&site.index, name, &[Grant { role: Role::Duty, place }])
}

fn is_sealed(place: &str) -> bool {
    place.len() == SEALED && place.parse::<u64>().is_err()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_feed_tells_no_numbers_and_resumes_all_the_same() {
    let site = Site::open();
    let token = of_the_ward(&site, "lan");
    site.index.append_events((1..=6).map(event).collect()).unwrap();
    let path = format!("{FEED}?after=0");
    let mut client = Client::follow_as(&site, &path, &token, None).await;
    let mut places = Vec::new();
    let mut told = Vec::new();
    for _ in 0..3 {
        let message = client.next().await.unwrap();
        assert_eq!(message.data["sequence"], Value::Null);
        assert_eq!(message.data["camera"], "cua-nam");
        told.push(message.data["id"].clone());
        places.push(client.last_id.clone().unwrap());
    }
    assert!(places.iter().all(|place| is_sealed(place)), "{places:?}");
    for (position, place) in places.iter().enumerate() {
        site.index.append_events(vec![event(7 + 2 * u32::try_from(position).unwrap())]).unwrap();
        let mut resumed = Client::follow_as(&site, FEED, &token, Some(place.clone())).await;
        for expected in &told[position + 1..] {
            assert_eq!(resumed.next().await.unwrap().data["id"], *expected);
        }
    }
    // What is next to come for all of them is the next of their own.
    let mut resumed = Client::follow_as(&site, FEED, &token, places.pop()).await;
    let own = event(20);
    site.index.append_events(vec![event(15), own.clone()]).unwrap();
    assert_eq!(resumed.next().await.unwrap().data["id"], own.id.to_string());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_sent_when_something_happens_elsewhere() {
    let site = Site::open();
    let token = of_the_ward(&site, "lan");
    let mut client = Client::follow_as(&site, FEED, &token, None).await;
    let mut whole = Client::follow(&site, FEED, None).await;
    for number in [1, 3, 5, 7] {
        site.index.append_events(vec![event(number)]).unwrap();
        assert_eq!(whole.next().await.unwrap().data["camera"], "my-dinh");
    }
    let own = event(8);
    site.index.append_events(vec![own.clone()]).unwrap();
    assert_eq!(client.next().await.unwrap().data["id"], own.id.to_string());
    let greeting = client.silent.remove(0);
    assert!(greeting.contains("retry"), "{greeting}");
    // A beat comes by the clock, whatever happens.
    let beats = client.silent.iter().all(|block| block.starts_with(':'));
    assert!(beats, "{:?}", client.silent);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn how_many_events_there_are_is_not_to_be_found_by_asking() {
    let site = Site::open();
    let token = of_the_ward(&site, "lan");
    site.index.append_events((1..=6).map(event).collect()).unwrap();
    for guess in [1, 6, 900] {
        let path = format!("{FEED}?after={guess}");
        let message = Client::follow_as(&site, &path, &token, None).await.next().await.unwrap();
        assert_eq!(message.kind, "reset", "{guess}");
        assert!(is_sealed(message.data["after"].as_str().unwrap()));
    }
    // A seal that is none of ours is as that of another log.
    let forged = Some("A".repeat(SEALED));
    let message = Client::follow_as(&site, FEED, &token, forged).await.next().await.unwrap();
    assert_eq!(message.kind, "reset");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_alerts_and_of_their_events_go_on_without_numbers() {
    let site = Site::open();
    let token = of_the_ward(&site, "lan");
    let events: Vec<_> = (1..=8).map(event).collect();
    let sequences = site.index.append_events(events.clone()).unwrap();
    let raised = [2, 4].map(|number: usize| domain::Alert::raised(&events[number - 1]));
    let of = |alert: usize, number: usize| (raised[alert].id, sequences[number - 1]);
    let folded = FoldedEvents {
        events: vec![of(0, 2), of(1, 4), of(1, 6), of(1, 8)],
        alerts: raised.to_vec(),
        cursor: 8,
        ..FoldedEvents::default()
    };
    site.index.settle_alerts(&folded).unwrap();
    let ask = async |path: String| {
        let request = Request::get(&path).header("authorization", format!("Bearer {token}"));
        let answer = site.send(request).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
        answer.json()
    };
    let first = ask("/api/v1/alerts?limit=1".into()).await;
    assert_eq!(first["alerts"][0]["change"], Value::Null);
    assert!(is_sealed(first["as_of"].as_str().unwrap()));
    let next = first["next"].as_str().unwrap();
    assert!(!next.starts_with('a') || next.len() > 40, "{next}");
    let second = ask(format!("/api/v1/alerts?limit=1&cursor={next}")).await;
    assert_ne!(first["alerts"][0]["id"], second["alerts"][0]["id"]);
    let mut found = Vec::new();
    let mut after = String::new();
    loop {
        let page = ask(format!("/api/v1/alerts/{}/events?limit=1{after}", raised[1].id)).await;
        found.extend(page["events"].as_array().unwrap().iter().map(|event| event["id"].clone()));
        let Some(next) = page["next"].as_str() else { break };
        assert!(is_sealed(next), "{next}");
        after = format!("&after={next}");
    }
    let expected: Vec<Value> =
        [4, 6, 8].iter().map(|number| events[number - 1].id.to_string().into()).collect();
    assert_eq!(found, expected);
    // Following from where the page stood misses nothing.
    let path = format!("/api/v1/alerts/stream?after={}", first["as_of"].as_str().unwrap());
    let mut client = Client::follow_as(&site, &path, &token, None).await;
    let mut grown = raised[0].clone();
    (grown.count, grown.version) = (2, 2);
    let folded = FoldedEvents { alerts: vec![grown], cursor: 8, ..FoldedEvents::default() };
    site.index.settle_alerts(&folded).unwrap();
    let told = client.next().await.unwrap();
    assert_eq!((told.kind.as_str(), &told.data["id"]), ("alert", &raised[0].id.to_string().into()));
}
