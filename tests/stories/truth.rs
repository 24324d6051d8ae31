//! The demo clip, whose truth is known by eye: 18 people cross the path to the left and 15 to the
//! right, 2 walk on the lawn, 1 of them for more than 15 s.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::Timestamp;
use serde_json::Value;
use simulator::{Mount, Simulator, SimulatorConfig};

use crate::harness::{Site, eventually, footage};

/// Length of the clip: 795 pictures at 10 per second.
const LOOP: Duration = Duration::from_millis(79_500);
/// Longest time from a picture to its event: an intrusion holds 2 s, loitering starts when entered.
const SETTLED: Duration = Duration::from_secs(20);

fn camera(url: &str) -> String {
    // The line is (560,150)–(560,420) of 768×576, drawn upwards: left is the picture's left. The
    // lawn is that of opencv_vtest.truth.json.
    format!(
        r#"
[[camera]]
id = "path"
name = "path"
main = {{ url = "{url}" }}
analysis = {{ stream = "main", pictures_per_second = 5, priority = 1 }}
[[camera.scene.tripwires]]
name = "path"
line = [[0.72917, 0.72917], [0.72917, 0.26042]]
[[camera.scene.zones]]
name = "lawn"
polygon = [[0.0, 0.57292], [0.29948, 0.57292], [0.54688, 0.72917], [0.80729, 0.86806], [0.91146, 0.99826], [0.0, 0.99826]]
[[camera.scene.rules]]
id = "crossing"
kind = "line_crossing"
tripwire = "path"
classes = ["person"]
[[camera.scene.rules]]
id = "lawn"
kind = "intrusion"
zone = "lawn"
classes = ["person"]
for_s = 2
[[camera.scene.rules]]
id = "loitering"
kind = "loitering"
zone = "lawn"
classes = ["person"]
for_s = 15
"#
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn one_loop_of_the_demo_clip_is_counted_right() {
    let simulator = Simulator::start(SimulatorConfig::new(vec![Mount::new(
        "/path/main",
        footage("vtest-h264.mp4"),
    )]));
    let simulator = simulator.unwrap();
    let mut site = Site::new(true, &camera(&simulator.url("/path/main")));
    site.start();
    site.wait_for_state("path", "up", Duration::from_secs(20)).await;
    let start = Timestamp::from_micros(simulator.now_us());
    let end = start.plus(LOOP);
    let over = || async { (simulator.now_us() > end.plus(SETTLED).as_micros()).then_some(()) };
    eventually("the loop is over", LOOP + SETTLED + Duration::from_secs(5), over).await;
    let page = site.get(&format!("/api/v1/events?start={start}&end={end}&limit=500")).await;
    let events = page["events"].as_array().unwrap();
    let of_rule = |rule: &str| -> Vec<&Value> {
        events.iter().filter(|event| event["rule"] == rule).collect()
    };
    let crossings =
        |way: &str| of_rule("crossing").iter().filter(|event| event["crossing"] == way).count();
    let (left, right) = (crossings("right_to_left"), crossings("left_to_right"));
    let (intruders, loiterers) = (of_rule("lawn").len(), of_rule("loitering").len());
    println!("               found  truth");
    println!("right to left  {left:>5}     18");
    println!("left to right  {right:>5}     15");
    println!("intruders      {intruders:>5}      2");
    println!("loiterers      {loiterers:>5}      1");
    assert!(left.abs_diff(18) <= 1, "{left} to the left, truth is 18");
    assert!(right.abs_diff(15) <= 1, "{right} to the right, truth is 15");
    assert_eq!((intruders, loiterers), (2, 1));
    let ids: BTreeSet<_> = events.iter().map(|event| event["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), events.len(), "an event twice");
    let still = events[0]["stills"]["at"]["href"].as_str().unwrap();
    assert!(site.bytes(still).await.starts_with(&[0xff, 0xd8, 0xff]), "the still is a JPEG");
}
