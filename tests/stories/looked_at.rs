//! Cameras are looked at in the ways there are: one by its sub stream, one by its keyframes alone; each
//! finds what there is.

use std::time::Duration;

use domain::Timestamp;
use serde_json::Value;
use simulator::{Mount, Simulator, SimulatorConfig};

use crate::harness::{Site, eventually, footage};

#[tokio::test(flavor = "multi_thread")]
async fn sub_streams_and_keyframes_both_lead_to_events() {
    let mount = |path: &str, clip: &str| Mount::new(path, footage(clip));
    let mounts = vec![
        mount("/sub/main", "vtest-h265.mp4"),
        mount("/sub/sub", "vtest-h264-sub.mp4"),
        mount("/keyframes/main", "vtest-h264.mp4"),
    ];
    let simulator = Simulator::start(SimulatorConfig::new(mounts)).unwrap();
    let camera = |id: &str, streams: &str, analysis: &str| {
        format!(
            "[[camera]]\nid = \"{id}\"\nname = \"{id}\"\n{streams}\nanalysis = {{ {analysis} }}\n\
             scene.zones = [{{ name = \"all\", polygon = [[0,0], [1,0], [1,1], [0,1]] }}]\n\
             scene.rules = [{{ id = \"{id}-anyone\", kind = \"intrusion\", zone = \"all\", for_s = 0.3 }}]\n"
        )
    };
    let url = |path: &str| simulator.url(path);
    let sub_streams = format!(
        "main = {{ url = \"{}\" }}\nsub = {{ url = \"{}\", record = false }}",
        url("/sub/main"),
        url("/sub/sub")
    );
    let main_alone = format!("main = {{ url = \"{}\" }}", url("/keyframes/main"));
    let cameras = [
        camera("sub", &sub_streams, "stream = \"sub\""),
        camera("keyframes", &main_alone, "mode = \"keyframes\""),
    ];
    let mut site = Site::new(true, &cameras.concat());
    site.start();
    let start = Timestamp::from_micros(simulator.now_us());
    let end = start.plus(Duration::from_secs(3600));
    for id in ["sub", "keyframes"] {
        let found = async || {
            let events = format!("/api/v1/events?start={start}&end={end}&cameras={id}");
            let event = site.get(&events).await["events"].as_array()?.first()?.clone();
            assert_eq!(
                (&event["rule"], &event["kind"]),
                (&format!("{id}-anyone").into(), &"intrusion".into())
            );
            Some(())
        };
        eventually(&format!("an event of {id}"), Duration::from_secs(90), found).await;
    }
    // The main stream of the first is recorded and not decoded, of the other only what begins a GOP.
    let metrics = String::from_utf8(site.bytes("/metrics").await).unwrap();
    let count = |name: &str, camera: &str| -> f64 {
        let series = format!("watchpost_pictures_{name}_total{{camera=\"{camera}\"}} ");
        let value = metrics.lines().find_map(|line| line.strip_prefix(series.as_str()));
        value.unwrap_or_else(|| panic!("{series}")).parse().unwrap()
    };
    assert!(count("decoded", "sub") > 0.0);
    assert!(count("decoded", "keyframes") * 10.0 < count("offered", "keyframes"));
    assert_eq!(site.state("sub", "main").await, "up");
    replay_over(&site, start, end).await;
    let (status, log) = site.stop();
    assert!(status.success(), "{log:#?}");
}

/// A rule that nobody had thought of finds whoever has gone by, from the command line.
async fn replay_over(site: &Site, start: Timestamp, end: Timestamp) {
    let query = format!("start={start}&end={end}&cameras=sub");
    eventually("somebody has gone by", Duration::from_secs(90), async || {
        let page = site.get(&format!("/api/v1/tracks?{query}")).await;
        let track = page["tracks"].as_array()?.first()?.clone();
        (track["path"].as_array()?.len() > 2).then_some(())
    })
    .await;
    let rule = site.folder().join("by.toml");
    let scene = "zones = [{ name = \"street\", polygon = [[0, 0], [1, 0], [1, 1], [0, 1]] }]\n\
                 rules = [{ id = \"by\", kind = \"intrusion\", zone = \"street\", for_s = 0.2 }]\n";
    std::fs::write(&rule, scene).unwrap();
    let (from, to) = (start.to_string(), end.to_string());
    let replay = |camera: &str, more: &[&str]| {
        let asked = ["--from", &from, "--to", &to, "--cameras", camera, "--api", &site.api];
        let mut command = site.command(&["replay", "--rule", rule.to_str().unwrap()]);
        let output = command.args(asked).args(more).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.success(), text(output.stdout), text(output.stderr))
    };
    let (is_good, found, said) = replay("sub", &[]);
    assert!(is_good && !found.is_empty(), "{said}");
    for line in found.lines() {
        assert!(
            line.contains("sub") && line.contains("intrusion") && line.ends_with("[by]"),
            "{line}"
        );
    }
    let told = format!("{} events in", found.lines().count());
    assert!(said.contains("1 of 1 cameras") && said.contains(&told), "{told}: {said}");

    let (is_good, lines, said) = replay("sub", &["--json"]);
    assert!(is_good, "{said}");
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let events = lines.iter().filter(|line| line["event"].is_object()).count();
    assert!(events >= found.lines().count(), "nothing is forgotten: {lines:#?}");
    assert_eq!(lines.last().unwrap()["done"]["events"], events, "{lines:#?}");

    let (is_good, found, said) = replay("nowhere", &[]);
    assert!(!is_good && found.is_empty() && said.contains("nowhere"), "{said}");
}
