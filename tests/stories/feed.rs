//! The duty officer's screen loses its connection, and the service is restarted: the feed goes on
//! after the last event seen, none missing, none twice.

use std::time::Duration;

use futures::StreamExt as _;
use serde_json::Value;
use simulator::{Mount, Simulator, SimulatorConfig};

use crate::harness::{Site, footage};

/// Reads the feed after `last` until `count` events have come.
async fn read(site: &Site, last: Option<&str>, count: usize) -> Vec<(String, Value)> {
    let url = format!("{}/api/v1/events/stream", site.api);
    let mut request = site.client.get(url);
    if let Some(last) = last {
        request = request.header("Last-Event-ID", last);
    }
    let mut chunks = request.send().await.unwrap().error_for_status().unwrap().bytes_stream();
    let mut text = String::new();
    let mut events = Vec::new();
    while events.len() < count {
        let next = tokio::time::timeout(Duration::from_secs(60), chunks.next()).await;
        text.push_str(&String::from_utf8_lossy(&next.expect("an event comes").unwrap().unwrap()));
        while let Some(end) = text.find("\n\n") {
            let message: String = text.drain(..end + 2).collect();
            let field = |name: &str| {
                message
                    .lines()
                    .find_map(|line| line.strip_prefix(name))
                    .map(|value| value.trim().to_owned())
            };
            if let (Some(id), Some(data)) = (field("id:"), field("data:")) {
                events.push((id, serde_json::from_str(&data).unwrap()));
            }
        }
    }
    events.truncate(count);
    events
}

#[tokio::test(flavor = "multi_thread")]
async fn the_feed_goes_on_where_it_was_left() {
    let mount = Mount::new("/path/main", footage("vtest-h265.mp4"));
    let simulator = Simulator::start(SimulatorConfig::new(vec![mount])).unwrap();
    let camera = format!(
        "[[camera]]\nid = \"path\"\nname = \"Đường đi\"\nlocation = {{ lat = 21.02, lon = 105.85 }}\n\
         places = [\"Phường Hoàn Kiếm\"]\nmain = {{ url = \"{}\" }}\n\
         analysis = {{ stream = \"main\" }}\n\
         scene.zones = [{{ name = \"all\", polygon = [[0,0], [1,0], [1,1], [0,1]] }}]\n\
         scene.rules = [{{ id = \"anyone\", kind = \"intrusion\", zone = \"all\", for_s = 0.3 }}]\n",
        simulator.url("/path/main")
    );
    let mut site = Site::new(true, &camera);
    site.start();
    let first = read(&site, None, 3).await;
    let (last, _) = first.last().unwrap();
    let second = read(&site, Some(last), 2).await;
    site.stop();
    site.start();
    let (last, _) = second.last().unwrap();
    let third = read(&site, Some(last), 2).await;
    let sequences: Vec<u64> = [&first, &second, &third]
        .into_iter()
        .flatten()
        .map(|(_, event)| event["sequence"].as_u64().unwrap())
        .collect();
    let start = sequences[0];
    assert_eq!(sequences, (start..start + 7).collect::<Vec<_>>());

    // The same events are found by time and place, a name typed without its accents included.
    let event = &first[0].1;
    let around = event["time"].as_str().unwrap();
    let time: domain::Timestamp = around.parse().unwrap();
    let end = time.plus(Duration::from_millis(1));
    for place in
        ["place=hoan+kiem", "circle=21.02,105.85,100", "bbox=21.0,105.8,21.1,105.9", "cameras=path"]
    {
        let page = site.get(&format!("/api/v1/events?start={around}&end={end}&{place}")).await;
        let ids: Vec<_> =
            page["events"].as_array().unwrap().iter().map(|found| &found["id"]).collect();
        assert!(ids.contains(&&event["id"]), "{place}: {page:#}");
    }
    let elsewhere = format!("/api/v1/events?start={around}&end={end}&circle=10.77,106.7,1000");
    assert_eq!(site.get(&elsewhere).await["events"], serde_json::json!([]));
}
