//! All that a console follows in one stream: nothing lost, nothing twice; who else is at the desk.

use axum::http::StatusCode;
use domain::{Place, Role};
use serde_json::{Value, json};

use crate::access::ward;
use crate::feed::{Client, Message};
use crate::people::person;
use crate::site::{Site, event};

async fn follow(site: &Site, query: &str, token: &str, last_id: Option<String>) -> Client {
    Client::follow_as(site, &format!("/api/v1/stream?{query}"), token, last_id).await
}

/// Returns the next message of a name.
async fn next(client: &mut Client, kind: &str) -> Message {
    loop {
        let message = client.next().await.unwrap();
        if message.kind == kind {
            return message;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logs_come_in_one_stream_and_go_on_where_each_was() {
    let site = Site::open();
    site.index.append_events((1..=3).map(event).collect()).unwrap();
    let mut client = follow(&site, "topics=alerts,events&events_after=1", &site.token, None).await;
    for expected in [2, 3] {
        assert_eq!(next(&mut client, "event").await.data["sequence"], expected);
    }
    let last = client.last_id.clone().unwrap();
    assert_eq!(last, "a0~e3", "the places of both");
    drop(client);
    site.index.append_events(vec![event(4)]).unwrap();
    let mut back =
        follow(&site, "topics=alerts,events&events_after=1", &site.token, Some(last)).await;
    assert_eq!(next(&mut back, "event").await.data["sequence"], 4);
    // A topic that is added begins where its own place says, the others where they were.
    let query = format!("topics=alerts,events&after=a0&events_after={}", 2);
    let mut more = follow(&site, &query, &site.token, None).await;
    assert_eq!(next(&mut more, "event").await.data["sequence"], 3);
    for (query, name) in [
        ("topics=all", "topics"),
        ("after=12", "after"),
        ("after=a1~x2", "after"),
        ("alerts_after=x", "alerts_after"),
    ] {
        let answer = site.get(&format!("/api/v1/stream?{query}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
        assert_eq!(answer.json()["invalid-params"][0]["name"], name, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_sees_a_part_goes_on_by_seals_that_say_nothing() {
    let site = Site::open();
    let token = person(&site, "ward", Role::Duty, ward());
    site.index.append_events(vec![event(1), event(2)]).unwrap();
    let query = "topics=alerts,events&events_after=0";
    let mut client = follow(&site, query, &token, None).await;
    // The odd ones are of another ward.
    assert_eq!(next(&mut client, "event").await.data["camera"], "cua-nam");
    let last = client.last_id.clone().unwrap();
    assert!(last.starts_with('a') && last.contains("~e") && last.len() > 80, "{last}");
    drop(client);
    site.index.append_events(vec![event(3), event(4)]).unwrap();
    let mut back = follow(&site, query, &token, Some(last)).await;
    let fourth = event(4).draft.time;
    assert_eq!(next(&mut back, "event").await.data["time"], json!(fourth));
}

fn names(message: &Message) -> Vec<&str> {
    let officers = message.data["officers"].as_array().unwrap();
    officers.iter().map(|officer| officer["name"].as_str().unwrap()).collect()
}

/// Waits until exactly these are told of.
async fn until(client: &mut Client, expected: &[&str]) -> Value {
    loop {
        let message = next(client, "presence").await;
        if names(&message) == expected {
            return message.data;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_else_is_at_the_desk_is_told_where_places_overlap_alone() {
    let site = Site::open();
    let elsewhere = Place::node("Phường Từ Liêm/Hà Nội").unwrap();
    let whole = person(&site, "whole", Role::Duty, Place::Site);
    let here = person(&site, "here", Role::Duty, ward());
    let there = person(&site, "there", Role::Duty, elsewhere);
    let sit = async |token: &str| follow(&site, "topics=alerts,desk", token, None).await;
    let mut all = sit(&whole).await;
    assert_eq!(names(&next(&mut all, "presence").await), [""; 0]);
    let mut one = sit(&here).await;
    assert_eq!(names(&next(&mut one, "presence").await), ["whole"]);
    let told = until(&mut all, &["here"]).await;
    assert_eq!(told["officers"][0]["display_name"], "HERE");
    let mut other = sit(&there).await;
    assert_eq!(names(&next(&mut other, "presence").await), ["whole"], "not of another ward's");
    until(&mut all, &["here", "there"]).await;
    // Twice at the desk is once; a service is nobody.
    let _again = sit(&here).await;
    let _service = sit(&site.token).await;
    drop(other);
    until(&mut all, &["here"]).await;
}
