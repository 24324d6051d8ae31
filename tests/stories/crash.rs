//! The machine loses power: whatever was acknowledged is still there, and no file is unreadable.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::Timestamp;
use futures::StreamExt as _;
use serde_json::Value;
use simulator::{Mount, SentPicture, Simulator, SimulatorConfig};

use crate::harness::{Site, footage, from_env, hex, probe};

/// Pictures of a GOP of the demo footage.
const GOP: usize = 20;

/// What was sent this long before the end may be on its way still: in sockets and queues of a
/// machine that runs other stories, too. Of all that is older, a GOP may be lost and no more.
const ON_ITS_WAY_US: i64 = 500_000;

fn camera(name: &str, url: &str) -> String {
    format!(
        r#"
[[camera]]
id = "{name}"
name = "{name}"
main = {{ url = "{url}" }}
analysis = {{ stream = "main", pictures_per_second = 5 }}
[[camera.scene.zones]]
name = "all"
polygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]
[[camera.scene.rules]]
id = "{name}-anyone"
kind = "intrusion"
zone = "all"
for_s = 0.3
"#
    )
}

/// Follows the event feed until the service dies; returns sequence and id of what was told.
async fn told(client: reqwest::Client, api: String, after: u64) -> Vec<(u64, String)> {
    let url = format!("{api}/api/v1/events/stream?after={after}");
    let Ok(response) = client.get(url).send().await else { return Vec::new() };
    let mut chunks = response.bytes_stream();
    let mut text = String::new();
    while let Some(Ok(chunk)) = chunks.next().await {
        text.push_str(&String::from_utf8_lossy(&chunk));
    }
    // What was cut off in mid-line was not told.
    let whole = text.rfind("\n\n").map_or("", |end| &text[..end]);
    let data = whole.lines().filter_map(|line| line.strip_prefix("data:"));
    data.filter_map(|data| serde_json::from_str::<Value>(data).ok())
        .map(|event| {
            (event["sequence"].as_u64().unwrap(), event["id"].as_str().unwrap().to_owned())
        })
        .collect()
}

/// Checks what one life of the program recorded of one camera: all that was sent to it up to a
/// point, at most one GOP before what can have reached it when it ended.
fn check_session(
    camera: &str,
    sent: &[&SentPicture],
    ends_us: &[i64],
    recorded: &[String],
    from: &mut usize,
) -> usize {
    let hashes: Vec<_> =
        sent.iter().map(|picture| hex(&picture.sha256_without_parameter_sets)).collect();
    let kept =
        hashes.iter().zip(&recorded[*from..]).take_while(|(sent, kept)| sent == kept).count();
    *from += kept;
    let end_us = ends_us.iter().find(|end_us| **end_us >= sent[0].wall_time_us).unwrap();
    let arrived = |picture: &&&SentPicture| picture.wall_time_us <= end_us - ON_ITS_WAY_US;
    let lost = sent[kept..].iter().filter(arrived).count();
    assert!(lost <= GOP, "{camera}: {lost} pictures lost in session {}", sent[0].session);
    lost
}

/// `WATCHPOST_CRASHES=50` runs it at length, `WATCHPOST_CRASH_SEED` at the same moments again.
#[tokio::test(flavor = "multi_thread")]
async fn a_power_cut_at_any_moment_loses_nothing_acknowledged() {
    let crashes = from_env("WATCHPOST_CRASHES", 4);
    let names = ["h264", "h265"];
    let mount =
        |name: &&str| Mount::new(format!("/{name}/main"), footage(&format!("vtest-{name}.mp4")));
    let mut config = SimulatorConfig::new(names.iter().map(mount).collect());
    config.sent_log = 100_000;
    let simulator = Simulator::start(config).unwrap();
    let cameras: String =
        names.iter().map(|name| camera(name, &simulator.url(&format!("/{name}/main")))).collect();
    let mut site = Site::new(true, &cameras);
    let from = Timestamp::from_micros(simulator.now_us());
    let mut acknowledged: BTreeMap<u64, String> = BTreeMap::new();
    // When each life of the program ended, in the order of time.
    let mut ends_us = Vec::new();
    let seed = from_env("WATCHPOST_CRASH_SEED", simulator.now_us().cast_unsigned());
    println!("WATCHPOST_CRASH_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    for turn in 0..crashes {
        // Every second time it also dies while it starts, before it listens or just then.
        if turn % 2 == 1 {
            site.begin_to_start(random.usize(0..20));
            ends_us.push(simulator.now_us());
            site.kill();
        }
        // Within more than two GOPs of 20 pictures.
        let pictures = random.u64(3..56);
        site.start();
        let after = acknowledged.keys().next_back().copied().unwrap_or(0);
        let following = tokio::spawn(told(site.client.clone(), site.api.clone(), after));
        let sent = simulator.status("/h264/main").unwrap().pictures;
        simulator
            .wait_for("/h264/main", Duration::from_secs(30), |now| now.pictures >= sent + pictures)
            .await
            .unwrap();
        ends_us.push(simulator.now_us());
        site.kill();
        for (sequence, id) in following.await.unwrap() {
            let earlier = acknowledged.insert(sequence, id.clone());
            assert!(earlier.is_none_or(|earlier| earlier == id), "sequence {sequence} told twice");
        }
    }
    site.start();
    for name in names {
        site.wait_for_state(name, "up", Duration::from_secs(20)).await;
    }
    ends_us.push(simulator.now_us());
    let (status, log) = site.stop();
    assert!(status.success(), "{log:#?}");
    simulator.fault("/h264/main", simulator::Fault::Refuse).unwrap();
    simulator.fault("/h265/main", simulator::Fault::Refuse).unwrap();
    site.start();

    let stored = stored_events(&site, from).await;
    let ids: BTreeMap<_, _> = stored.iter().map(|(sequence, id)| (id, sequence)).collect();
    assert_eq!(ids.len(), stored.len(), "an event is stored twice");
    let by_sequence: BTreeMap<_, _> = stored.iter().cloned().collect();
    for (sequence, id) in &acknowledged {
        assert_eq!(by_sequence.get(sequence), Some(id), "an event that was told is gone");
    }

    let mut most_lost = 0;
    for name in names {
        let sent = simulator.sent(&format!("/{name}/main")).unwrap();
        let file = site.folder().join(format!("{name}.mp4"));
        let end = from.plus(Duration::from_secs(20 * 3600));
        let recordings =
            site.get(&format!("/api/v1/cameras/{name}/recordings?start={from}&end={end}")).await;
        let spans = recordings["spans"].as_array().unwrap();
        let start = spans.first().unwrap()["start"].as_str().unwrap();
        let stop = spans.last().unwrap()["end"].as_str().unwrap();
        let clip = format!("/api/v1/cameras/{name}/footage.mp4?start={start}&end={stop}");
        std::fs::write(&file, site.bytes(&clip).await).unwrap();
        let recorded: Vec<_> = probe(&file).into_iter().map(|picture| picture.sha256).collect();
        let sessions: std::collections::BTreeSet<_> =
            sent.iter().map(|picture| picture.session).collect();
        let mut from = 0;
        for session in sessions {
            let pictures: Vec<_> =
                sent.iter().filter(|picture| picture.session == session).collect();
            most_lost =
                most_lost.max(check_session(name, &pictures, &ends_us, &recorded, &mut from));
        }
        assert_eq!(from, recorded.len(), "{name}: the footage holds what was not sent");
        let causes: Vec<_> =
            recordings["gaps"].as_array().unwrap().iter().map(|gap| &gap["cause"]).collect();
        assert!(causes.iter().any(|cause| *cause == "crashed"), "{name}: {causes:?}");
    }
    site.stop();
    let config = site.config();
    let fsck = site.command(&["fsck", "--deep", "--config", config.to_str().unwrap()]).output();
    let fsck = fsck.unwrap();
    assert!(fsck.status.success(), "{}", String::from_utf8_lossy(&fsck.stdout));
    println!(
        "{crashes} crashes: {} events acknowledged, all stored once; at most {most_lost} pictures of \
         a GOP of 20 lost per stream",
        acknowledged.len()
    );
}

/// Reads all stored events, page by page.
async fn stored_events(site: &Site, from: Timestamp) -> Vec<(u64, String)> {
    let end = from.plus(Duration::from_secs(20 * 3600));
    let mut events = Vec::new();
    let mut cursor = String::new();
    loop {
        let page =
            site.get(&format!("/api/v1/events?start={from}&end={end}&limit=500{cursor}")).await;
        let named = page["events"].as_array().unwrap().iter().map(|event| {
            (event["sequence"].as_u64().unwrap(), event["id"].as_str().unwrap().to_owned())
        });
        events.extend(named);
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return events,
        }
    }
}
