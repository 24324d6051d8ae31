//! The duty officer's screen loses its connection, and the service is restarted: the feed goes on
//! after the last event seen, none missing, none twice.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::time::Duration;

use futures::StreamExt as _;
use serde_json::{Value, json};
use simulator::{Mount, Simulator, SimulatorConfig};

use crate::harness::{Site, eventually, footage, recorded_camera};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

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

/// The parking system tells of a car; returns the event's id.
async fn told_by_parking(site: &Site, id: &str) -> String {
    let now = domain::Clock::now(&domain::SystemClock::default());
    let finding = json!({"id": id, "camera": "gate", "time": now, "kind": "illegal_stop"});
    let request = reqwest::Client::new().post(format!("{}/api/v1/findings", site.api));
    let answer = request.bearer_auth(TOKEN).json(&finding).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    let stored: Value = answer.json().await.unwrap();
    stored["event"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_that_follows_a_quiet_site_loses_nothing_over_a_restart() {
    let mut site = Site::new(
        false,
        &format!(
            "{}[[source]]\nid = \"parking\"\ntoken_file = \"parking.token\"\n\
             cameras = [\"gate\"]\nkinds = [\"illegal_stop\"]\n",
            recorded_camera("gate", "rtsp://127.0.0.1:1/gate")
        ),
    );
    site.keep_address();
    std::fs::write(site.folder().join("parking.token"), format!("{TOKEN}\n")).unwrap();
    site.start();
    let follow = ["events", "--follow", "--json", "--api", &site.api.clone()];
    let mut following = site.command(&follow).stdout(Stdio::piped()).spawn().unwrap();
    let is_followed = async || {
        let metrics = String::from_utf8(site.bytes("/metrics").await).unwrap();
        metrics.lines().any(|line| line == "watchpost_api_feeds 1").then_some(())
    };
    eventually("the feed is followed", Duration::from_secs(30), is_followed).await;
    // Before there was any event; the first comes before the terminal is back, or after.
    site.stop();
    site.start();
    let first = told_by_parking(&site, "bay-7/1").await;
    let second = told_by_parking(&site, "bay-7/2").await;
    let lines = BufReader::new(following.stdout.take().unwrap()).lines();
    let told = tokio::task::spawn_blocking(|| {
        let ids = lines.take(2).map(|line| {
            let event: Value = serde_json::from_str(&line.unwrap()).unwrap();
            event["id"].as_str().unwrap().to_owned()
        });
        ids.collect::<Vec<_>>()
    });
    let told = tokio::time::timeout(Duration::from_secs(30), told).await;
    following.kill().unwrap();
    following.wait().unwrap();
    assert_eq!(told.expect("both are told").unwrap(), [first, second]);
}
