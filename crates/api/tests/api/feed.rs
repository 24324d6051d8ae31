//! The event feed: nothing lost, nothing twice, over broken connections.

use std::time::Duration;

use axum::body::BodyDataStream;
use axum::http::{Request, StatusCode};
use futures::StreamExt;
use serde_json::Value;

use crate::site::{Site, event};

/// A client that reads the feed message by message and remembers the id it got last.
pub(crate) struct Client {
    body: BodyDataStream,
    text: String,
    pub(crate) last_id: Option<String>,
    /// What came without data.
    pub(crate) silent: Vec<String>,
}

pub(crate) struct Message {
    pub(crate) kind: String,
    pub(crate) data: Value,
}

impl Client {
    async fn connect(site: &Site, query: &str, last_id: Option<String>) -> Self {
        Self::follow(site, &format!("/api/v1/events/stream{query}"), last_id).await
    }

    pub(crate) async fn follow(site: &Site, path: &str, last_id: Option<String>) -> Self {
        Self::follow_as(site, path, &site.token, last_id).await
    }

    /// Does the same as whom `token` stands for.
    pub(crate) async fn follow_as(
        site: &Site,
        path: &str,
        token: &str,
        last_id: Option<String>,
    ) -> Self {
        let mut request = Request::get(path).header("authorization", format!("Bearer {token}"));
        if let Some(id) = &last_id {
            request = request.header("Last-Event-ID", id);
        }
        let response = site.open_body(request).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let body = response.into_body().into_data_stream();
        Self { body, text: String::new(), last_id, silent: Vec::new() }
    }

    /// Returns the next message that has data; `None` when the feed has ended.
    pub(crate) async fn next(&mut self) -> Option<Message> {
        loop {
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                if let Some(message) = self.take(&block) {
                    return Some(message);
                }
            }
            let waited = tokio::time::timeout(Duration::from_secs(60), self.body.next()).await;
            let chunk = waited.expect("the feed is silent")?.unwrap();
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    fn take(&mut self, block: &str) -> Option<Message> {
        let mut kind = String::new();
        let mut data = None;
        for line in block.lines() {
            match line.split_once(": ") {
                Some(("id", id)) => self.last_id = Some(id.to_owned()),
                Some(("event", name)) => name.clone_into(&mut kind),
                Some(("data", text)) => data = Some(serde_json::from_str(text).unwrap()),
                _ => {}
            }
        }
        if data.is_none() {
            self.silent.push(block.to_owned());
        }
        data.map(|data| Message { kind, data })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_comes_back_misses_nothing_and_gets_nothing_twice() {
    const EVENTS: u32 = 400;
    let site = Site::open();
    let index = site.index.clone();
    let writer = std::thread::spawn(move || {
        let mut number = 1;
        while number <= EVENTS {
            let batch = 1 + number % 7;
            let upto = (number + batch).min(EVENTS + 1);
            index.append_events((number..upto).map(event).collect()).unwrap();
            number = upto;
        }
    });
    let mut received = Vec::new();
    let mut last_id = None;
    let mut patience = 1;
    while received.len() < EVENTS as usize {
        let mut client = Client::connect(&site, "?after=0", last_id).await;
        for _ in 0..patience {
            if received.len() == EVENTS as usize {
                break;
            }
            let message = client.next().await.unwrap();
            assert_eq!(message.kind, "event");
            received.push(message.data["sequence"].as_u64().unwrap());
        }
        last_id = client.last_id;
        patience = patience * 2 % 61;
    }
    writer.join().unwrap();
    let expected: Vec<u64> = (1..=u64::from(EVENTS)).collect();
    assert_eq!(received, expected);
}

#[tokio::test]
async fn without_a_cursor_the_feed_begins_now() {
    let site = Site::open();
    site.index.append_events(vec![event(1), event(2)]).unwrap();
    let mut client = Client::connect(&site, "", None).await;
    site.index.append_events(vec![event(3)]).unwrap();
    let message = client.next().await.unwrap();
    assert_eq!(message.data["sequence"], 3);
    assert_eq!(client.last_id.as_deref(), Some("3"));
}

#[tokio::test]
async fn what_a_client_does_not_want_still_moves_its_cursor() {
    let site = Site::open();
    let mut client = Client::connect(&site, "?cameras=cua-nam&severity=2&class=person", None).await;
    site.index.append_events((1..=5).map(event).collect()).unwrap();
    for sequence in [2, 4] {
        let message = client.next().await.unwrap();
        assert_eq!(message.data["sequence"], sequence);
    }
    let mut resumed = Client::connect(&site, "?kind=intrusion", client.last_id).await;
    assert_eq!(resumed.next().await.unwrap().data["sequence"], 5);
}

#[tokio::test]
async fn a_cursor_of_another_log_is_reset() {
    let site = Site::open();
    site.index.append_events(vec![event(1)]).unwrap();
    let mut client = Client::connect(&site, "", Some("900".into())).await;
    let message = client.next().await.unwrap();
    assert_eq!(message.kind, "reset");
    assert_eq!(message.data["after"], "1");
    assert_eq!(client.last_id.as_deref(), Some("1"));
    site.index.append_events(vec![event(2)]).unwrap();
    assert_eq!(client.next().await.unwrap().data["sequence"], 2);
}

#[tokio::test]
async fn the_feed_ends_when_the_service_stops() {
    let site = Site::open();
    let mut client = Client::connect(&site, "", None).await;
    site.stop.cancel();
    assert!(client.next().await.is_none());
    let refused = site.get("/api/v1/events/stream").await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_nonsensical_cursor_is_refused() {
    let site = Site::open();
    let request = Request::get("/api/v1/events/stream").header("Last-Event-ID", "yesterday");
    let refused = site.send(request).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(refused.json()["invalid-params"][0]["name"], "Last-Event-ID");
}

#[tokio::test]
async fn the_alert_feed_tells_of_each_change_and_afterwards_of_each_alert_once() {
    let site = Site::open();
    let stored = site.index.append_events(vec![event(1), event(2), event(3)]).unwrap();
    let settle = |events: &[u64], alert: &domain::Alert, cursor: u64| {
        let folded = index::FoldedEvents {
            alerts: vec![alert.clone()],
            events: events.iter().map(|sequence| (alert.id, *sequence)).collect(),
            cursor,
            ..index::FoldedEvents::default()
        };
        site.index.settle_alerts(&folded).unwrap();
    };
    let mut alert = domain::Alert::raised(&event(1));
    let path = "/api/v1/alerts/stream?after=0";
    let mut client = Client::follow(&site, path, None).await;
    settle(&stored[..1], &alert, stored[0]);
    let told = client.next().await.unwrap();
    assert_eq!((told.kind.as_str(), &told.data["count"]), ("alert", &1.into()));
    (alert.count, alert.version, alert.last_event) = (3, 2, event(3).id);
    settle(&stored[1..], &alert, stored[2]);
    let told = client.next().await.unwrap();
    assert_eq!((&told.data["count"], &told.data["version"]), (&3.into(), &2.into()));
    assert_eq!(client.last_id.as_deref(), Some("2"));
    // Who was away gets it once, as it is now.
    let told = Client::follow(&site, path, None).await.next().await.unwrap();
    assert_eq!(told.data["count"], 3);

    let page = site.json("/api/v1/alerts?limit=1").await;
    assert_eq!((&page["alerts"][0], &page["as_of"]), (&told.data, &"2".into()));
    let id = alert.id;
    let mut detail = site.json(&format!("/api/v1/alerts/{id}")).await;
    for name in ["frames", "model", "confidence", "log", "procedure", "rule_settings"] {
        assert!(detail.as_object_mut().unwrap().remove(name).is_some(), "{name}");
    }
    assert_eq!(detail, told.data);
    let events = site.json(&format!("/api/v1/alerts/{id}/events?after={}", stored[0])).await;
    assert_eq!(events["events"].as_array().unwrap().len(), 2);
    let unknown = event(99).id;
    for path in [
        format!("alerts/{unknown}"),
        format!("alerts/{unknown}/events"),
        format!("events/{unknown}/alert"),
    ] {
        assert_eq!(
            site.get(&format!("/api/v1/{path}")).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
}
