//! A camera that goes blind, is turned away, shows one picture for good or tells a wrong time is told of as
//! that, once, while its neighbour goes on undisturbed.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use domain::Timestamp;
use serde_json::Value;
use simulator::{Fault, Mount, Simulator, SimulatorConfig};

use crate::harness::{Site, eventually, footage};

/// Pictures of a view that are taken for its normal, and some more.
const LEARNT: f64 = 20.0;
/// How long is waited for what ought to be told within 60 s, on a machine that does other things as well.
const TOLD_WITHIN: Duration = Duration::from_secs(120);

/// Part of the demo clip, as a camera would show it through `filter`; a keyframe every second.
fn clip(filter: &str) -> PathBuf {
    let street = footage("vtest-h264.mp4");
    let picture = ["-threads", "1", "-t", "30", "-i", street.to_str().unwrap(), "-an"];
    let codec = ["-vf", filter, "-c:v", "libx264", "-preset", "ultrafast", "-qp", "22"];
    let form = ["-bf", "0", "-g", "10", "-sc_threshold", "0", "-pix_fmt", "yuv420p"];
    fixtures::clip("mp4", &[&picture[..], &codec, &form].concat())
}

/// The view that all cameras have at first, and one beside it that shares a third of it.
const VIEW: &str = "crop=460:432:0:0";
const ASIDE: &str = "crop=460:432:308:144";

/// Cameras, the kind of trouble that each has, and what makes it.
fn troubles() -> [(&'static str, &'static str, Fault); 6] {
    let shows = |filter: &str| Fault::ChangeResolution { file: clip(&format!("{VIEW},{filter}")) };
    [
        ("still", "frozen", shows("loop=loop=-1:size=1,trim=end_frame=300")),
        ("dark", "too_dark", shows("lutyuv=y='16+(val-16)*0.15'")),
        ("bright", "too_bright", shows("lutyuv=y='min(235,val*5)'")),
        ("blurred", "blurred", shows("gblur=sigma=4")),
        ("turned", "moved", Fault::ChangeResolution { file: clip(ASIDE) }),
        ("late", "clock_skew", Fault::ClockStep { seconds: 5.0 }),
    ]
}

async fn sampled(site: &Site, camera: &str) -> f64 {
    let metrics = String::from_utf8(site.bytes("/metrics").await).unwrap();
    let series = format!("watchpost_pictures_sampled_total{{camera=\"{camera}\"}} ");
    let count = metrics.lines().find_map(|line| line.strip_prefix(series.as_str()));
    count.map_or(0.0, |count| count.parse().unwrap())
}

/// What is told of a camera's health, ends of trouble left out.
async fn told(site: &Site, camera: &str, from: Timestamp) -> Vec<Value> {
    let (start, end) = (from.minus(Duration::from_secs(60)), from.plus(Duration::from_secs(3600)));
    let page = site.get(&format!("/api/v1/events?start={start}&end={end}&cameras={camera}")).await;
    let mut events = page["events"].as_array().unwrap().clone();
    events.retain(|event| event["source"]["kind"] == "watch");
    events
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_view_is_told_as_what_it_is_and_once() {
    let troubles = troubles();
    let names: Vec<&str> = troubles.iter().map(|(name, ..)| *name).chain(["well"]).collect();
    let mounts = names.iter().map(|name| Mount::new(format!("/{name}/main"), clip(VIEW)));
    let simulator = Simulator::start(SimulatorConfig::new(mounts.collect())).unwrap();
    let camera = |name: &&str| {
        let url = simulator.url(&format!("/{name}/main"));
        format!(
            "[[camera]]\nid = \"{name}\"\nname = \"{name}\"\nmain = {{ url = \"{url}\" }}\n\
             analysis = {{ mode = \"keyframes\" }}\n"
        )
    };
    let mut site = Site::new(true, &names.iter().map(camera).collect::<String>());
    site.start();
    for name in &names {
        let learnt = async || (sampled(&site, name).await >= LEARNT).then_some(());
        eventually(&format!("the view of {name} is learnt"), TOLD_WITHIN, learnt).await;
    }

    let (from, began) = (Timestamp::from_micros(simulator.now_us()), Instant::now());
    for (name, _, fault) in &troubles {
        simulator.fault(&format!("/{name}/main"), fault.clone()).unwrap();
    }
    for (name, kind, _) in &troubles {
        let first = async || told(&site, name, from).await.into_iter().next();
        let event = eventually(&format!("{kind} is told"), TOLD_WITHIN, first).await;
        println!("{kind} was told after {:.0} s at most", began.elapsed().as_secs_f64());
        assert_eq!(event["kind"], *kind, "{event:#}");
    }
    // One trouble each, and none of the camera that has none.
    for name in &names {
        let events = told(&site, name, from).await;
        let kinds: Vec<&Value> = events.iter().map(|event| &event["kind"]).collect();
        let expected: Vec<Value> = troubles
            .iter()
            .filter(|(of, ..)| of == name)
            .map(|(_, kind, _)| (*kind).into())
            .collect();
        assert_eq!(kinds, expected.iter().collect::<Vec<_>>(), "{name}");
    }
    let (status, log) = site.stop();
    assert!(status.success(), "{log:#?}");
}
