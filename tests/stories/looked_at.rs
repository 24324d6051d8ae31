//! Cameras are looked at in the ways there are: one by its sub stream, one by its keyframes alone; each
//! finds what there is.

use std::time::Duration;

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
    let start = domain::Timestamp::from_micros(simulator.now_us());
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
    let (status, log) = site.stop();
    assert!(status.success(), "{log:#?}");
}
