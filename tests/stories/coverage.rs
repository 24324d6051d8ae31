//! How much was seen, recorded and analysed is told as it was: of a camera that loses its signal, and
//! of one that is not analysed.

use std::time::Duration;

use serde_json::Value;
use simulator::{Fault, Mount, Simulator, SimulatorConfig};

use crate::harness::{Site, eventually, footage};

const SOON: Duration = Duration::from_secs(90);

/// Everything so far.
async fn coverage(site: &Site) -> Value {
    site.get("/api/v1/coverage?start=2000-01-01T00:00:00Z&end=2100-01-01T00:00:00Z").await
}

fn of<'a>(body: &'a Value, camera: &str) -> &'a Value {
    let mut cameras = body["cameras"].as_array().unwrap().iter();
    cameras.find(|one| one["camera"] == camera).unwrap_or(&Value::Null)
}

fn seconds(value: &Value) -> f64 {
    value.as_f64().unwrap_or(0.0)
}

async fn now_is(site: &Site, connected: u64, recording: u64, analysed: u64) -> Value {
    let what = format!("{connected} connected, {recording} recording, {analysed} analysed");
    eventually(&what, SOON, async || {
        let body = coverage(site).await;
        let now = &body["now"];
        let is = now["configured"] == 2
            && now["connected"] == connected
            && now["recording"] == recording
            && now["analysed"] == analysed;
        is.then_some(body)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn coverage_tells_what_was_lost_and_what_was_never_asked() {
    let mount = |path: &str| Mount::new(path, footage("vtest-h264.mp4"));
    let mounts = vec![mount("/watched/main"), mount("/recorded/main")];
    let simulator = Simulator::start(SimulatorConfig::new(mounts)).unwrap();
    let main =
        |id: &str| format!("main = {{ url = \"{}\" }}", simulator.url(&format!("/{id}/main")));
    let cameras = format!(
        "[[camera]]\nid = \"watched\"\nname = \"watched\"\n{}\n\
         analysis = {{ pictures_per_second = 2 }}\n\
         [[camera]]\nid = \"recorded\"\nname = \"recorded\"\n{}\n",
        main("watched"),
        main("recorded")
    );
    let mut site = Site::new(true, &cameras);
    site.start();
    now_is(&site, 2, 2, 1).await;
    let grown = || async {
        let body = coverage(&site).await;
        let all = ["seen", "recorded", "analysed"];
        let grown = |aspect: &&str| seconds(&of(&body, "watched")[*aspect]["covered_s"]) > 3.0;
        all.iter().all(grown).then_some(body)
    };
    let before = eventually("some seconds are covered", SOON, grown).await;
    let watched = of(&before, "watched");
    let rates = watched["rates"].as_array().unwrap();
    assert_eq!(
        (&rates[0]["mode"], &rates[0]["pictures_per_second"]),
        (&"stream".into(), &2.0.into())
    );
    // What was never asked for is not covered, and says so.
    let recorded = of(&before, "recorded");
    assert_eq!(recorded["analysed"]["share"], 0.0);
    assert!(seconds(&recorded["analysed"]["causes_s"]["off"]) > 3.0, "{recorded:#}");
    assert!(seconds(&recorded["seen"]["share"]) > 0.0);

    // The stream breaks off.
    simulator.fault("/watched/main", Fault::Refuse).unwrap();
    now_is(&site, 1, 1, 0).await;
    let lost = |cause: &str| {
        let cause = cause.to_owned();
        let site = &site;
        async move {
            let body = coverage(site).await;
            let watched = of(&body, "watched");
            let missing = |aspect: &str| seconds(&watched[aspect]["causes_s"][&cause]);
            let all = ["seen", "recorded", "analysed"];
            all.iter().all(|aspect| missing(aspect) > 3.0).then_some(body)
        }
    };
    let during = eventually("the loss is told", SOON, || lost("disconnected")).await;
    let watched = of(&during, "watched");
    // It lasts; since the last look it is not known.
    for aspect in ["seen", "analysed"] {
        let mut gaps = watched[aspect]["gaps"].as_array().unwrap().iter();
        let last = gaps.rfind(|gap| gap["cause"] != "unknown").unwrap();
        assert_eq!(last["cause"], "disconnected", "{watched:#}");
    }
    let rest = of(&during, "recorded");
    assert_eq!(rest["seen"]["causes_s"].get("disconnected"), None);

    simulator.clear("/watched/main").unwrap();
    now_is(&site, 2, 2, 1).await;
    let metrics = String::from_utf8(site.bytes("/metrics").await).unwrap();
    assert!(metrics.contains("watchpost_cameras{state=\"configured\"} 2"), "{metrics}");
    let shown = site.command(&["coverage", "--api", &site.api]).output().unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    for word in ["watched", "recorded", "disconnected", "off", "now: 2 cameras"] {
        assert!(shown.contains(word), "{word}: {shown}");
    }

    // Power is cut: what was not known is not covered, and the time since is told as such.
    site.kill();
    site.start();
    now_is(&site, 2, 2, 1).await;
    let after = coverage(&site).await;
    let watched = of(&after, "watched");
    assert!(watched["seen"]["causes_s"].get("crashed").is_some(), "{watched:#}");
    let told = seconds(&watched["seen"]["covered_s"]) + seconds(&watched["seen"]["missing_s"]);
    assert!((told - seconds(&watched["configured_s"])).abs() < 1e-3, "{watched:#}");

    // A camera that is taken out counts until then.
    let (first, _) = cameras.split_once("[[camera]]\nid = \"recorded\"").unwrap();
    site.configure(true, first);
    site.hang_up();
    // It is out at once; until when it was in is written with the next second.
    let out_for = async |gone_s: f64| {
        eventually("time goes on for the other", SOON, async || {
            let body = coverage(&site).await;
            let is_out = body["now"]["configured"] == 1
                && seconds(&of(&body, "recorded")["seen"]["not_configured_s"])
                    > seconds(&of(&after, "recorded")["seen"]["not_configured_s"]) + gone_s;
            is_out.then(|| of(&body, "recorded")["configured_s"].clone())
        })
        .await
    };
    let counted = out_for(2.0).await;
    assert_eq!(out_for(4.0).await, counted);
}
