//! A stop line and its traffic light, told by a controller or read from the lamps: who drives on
//! while it is red is found; at green, and when nobody knows, no one is.
//!
//! The people of the demo clip stand in for vehicles: they come from the right, over the stop line
//! and then the junction line. A rule without a signal (`illegal_turn`) says who did.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use domain::Timestamp;
use serde_json::{Value, json};
use simulator::{Fault, Mount, Simulator, SimulatorConfig};

use crate::harness::{Site, eventually, footage};

const TOKEN: &str = "0123456789abcdef-junction";
/// How long a state holds that is not told again.
const VALID_FOR: Duration = Duration::from_secs(2);
/// How far the cameras' clock is ahead of the controller's, and ours.
const AHEAD: Duration = Duration::from_secs(30);
/// How often somebody must drive on before it is judged who was found.
const DRIVEN_ON: usize = 3;

/// A camera at the stop line; `source` is the TOML of its signal's.
fn camera(id: &str, url: &str, source: &str) -> String {
    format!(
        r#"
[[camera]]
id = "{id}"
name = "{id}"
main = {{ url = "{url}" }}
analysis = {{ stream = "main", pictures_per_second = 5, priority = 1 }}
[[camera.scene.signals]]
name = "light-{id}"
valid_for_s = {valid_for}
source = {source}
[[camera.scene.tripwires]]
name = "stop"
line = [[0.72917, 0.72917], [0.72917, 0.26042]]
[[camera.scene.tripwires]]
name = "junction"
line = [[0.66, 0.75], [0.66, 0.2]]
[[camera.scene.rules]]
id = "red-{id}"
kind = "red_light"
signal = "light-{id}"
stop_line = "stop"
junction_line = "junction"
grace_s = 1
classes = ["person"]
[[camera.scene.rules]]
id = "driven-{id}"
kind = "illegal_turn"
first = "stop"
then = "junction"
within_s = 15
classes = ["person"]
"#,
        valid_for = VALID_FOR.as_secs(),
    )
}

/// Waits until people have driven on at `camera` after `since`; returns their tracks, and those that
/// were found to have done so at red.
async fn driven_on(site: &Site, camera: &str, since: Timestamp) -> (Vec<Value>, Vec<Value>) {
    let within = Duration::from_secs(150);
    eventually(&format!("people drive on at {camera}"), within, async || {
        let query = format!("cameras={camera}&start={since}&order=oldest&limit=500");
        let page = site.get(&format!("/api/v1/events?{query}")).await;
        let of = |rule: &str| -> Vec<Value> {
            let events = page["events"].as_array().unwrap().iter();
            events.filter(|event| event["rule"] == rule).cloned().collect()
        };
        // Of one crossing, that at red is stored first.
        let driven = of(&format!("driven-{camera}"));
        (driven.len() >= DRIVEN_ON).then(|| (driven, of(&format!("red-{camera}"))))
    })
    .await
}

/// Waits for the first who drives on at `camera` once its lamps were looked at long enough to be believed, and
/// for the grace time: how long that takes is the machine's to say. Returns when that was.
async fn first_at_red(site: &Site, camera: &str, since: Timestamp) -> Timestamp {
    let within = Duration::from_secs(150);
    eventually(&format!("the lamps at {camera} are believed"), within, async || {
        let query = format!("cameras={camera}&start={since}&order=oldest&limit=500");
        let page = site.get(&format!("/api/v1/events?{query}")).await;
        let rule = format!("red-{camera}");
        let events = page["events"].as_array().unwrap();
        let found = events.iter().find(|event| event["rule"] == rule.as_str())?;
        Some(found["time"].as_str().unwrap().parse().unwrap())
    })
    .await
}

fn tracks(events: &[Value]) -> BTreeSet<&str> {
    events.iter().map(|event| event["track"].as_str().unwrap()).collect()
}

/// Checks that whoever drove on at `red` was found, with the signal as it was, and nobody else;
/// returns one of them.
async fn only_red_fires(site: &Site, since: Timestamp) -> Value {
    for camera in ["green", "unknown"] {
        let (driven, found) = driven_on(site, camera, since).await;
        assert!(found.is_empty(), "{} drove on at {camera}: {found:#?}", driven.len());
    }
    let (driven, found) = driven_on(site, "red", since).await;
    assert_eq!(tracks(&driven), tracks(&found));
    for event in &found {
        assert_eq!(event["kind"], "red_light");
        let signal = event["signal"].as_array().unwrap();
        assert_eq!(signal.last().unwrap()["state"], "red", "{event:#}");
        assert_eq!(event["further_geometry"].as_array().unwrap().len(), 1);
    }
    found[0].clone()
}

async fn tell(client: &reqwest::Client, site: &str, signal: &str, state: &str) -> (u16, Value) {
    let request = client.put(format!("{site}/api/v1/signals/{signal}")).bearer_auth(TOKEN);
    let answer = request.json(&json!({"state": state})).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_controller_tells_when_it_is_red() {
    let mount = Mount::new("/stop", footage("vtest-h264.mp4"));
    let simulator = Simulator::start(SimulatorConfig::new(vec![mount])).unwrap();
    // The controller has the right time, the cameras have not.
    simulator.fault("/stop", Fault::ClockStep { seconds: AHEAD.as_secs_f64() }).unwrap();
    let ids = ["red", "green", "unknown"];
    let camera = |id: &str| camera(id, &simulator.url("/stop"), "\"feed\"");
    let signals = ids.map(|id| format!("light-{id}"));
    let source = format!(
        "[[source]]\nid = \"junction\"\ntoken_file = \"junction.token\"\ncameras = {ids:?}\n\
         signals = {signals:?}\n"
    );
    let mut site = Site::new(true, &(ids.map(camera).concat() + &source));
    std::fs::write(site.folder().join("junction.token"), TOKEN).unwrap();
    site.start();
    for id in ids {
        site.wait_for_state(id, "up", Duration::from_secs(20)).await;
    }

    // The third controller fell silent after it had told red.
    let client = reqwest::Client::new();
    let (status, taken) = tell(&client, &site.api, "light-unknown", "red").await;
    assert_eq!((status, &taken["cameras"][0]["camera"]), (200, &json!("unknown")));
    let valid_until: Timestamp =
        taken["cameras"][0]["valid_until"].as_str().unwrap().parse().unwrap();
    let (status, _) = tell(&client, &site.api, "light-elsewhere", "red").await;
    assert_eq!(status, 403);
    let (api, teller) = (site.api.clone(), client.clone());
    let controller = tokio::spawn(async move {
        let mut tick = tokio::time::interval(VALID_FOR / 4);
        loop {
            tick.tick().await;
            for state in ["red", "green"] {
                let (status, answer) = tell(&teller, &api, &format!("light-{state}"), state).await;
                assert_eq!(status, 200, "{answer:#}");
            }
        }
    });
    let unknown_since = valid_until.plus(AHEAD).plus(Duration::from_secs(1));
    let event = only_red_fires(&site, unknown_since).await;
    let ahead_ms = AHEAD.as_secs_f64() * 1000.0;
    let error_ms = event["clock_error_ms"].as_f64().unwrap();
    assert!((error_ms - ahead_ms).abs() < 1000.0, "{event:#}");
    assert!(!controller.is_finished(), "the controller was refused");
    controller.abort();
}

/// Left and upper side of the signal's lamps on the picture of 768 × 576, red, amber and green, and
/// their size.
const LAMPS: [(u32, u32); 3] = [(26, 26), (26, 46), (26, 66)];
const LAMP_SIZE: u32 = 14;

/// Draws a signal over the beginning of the demo clip, its lamp number `lit` alight.
fn clip_with_lamps(lit: Option<usize>) -> PathBuf {
    let alight = ["0xff3c28", "0xffb428", "0x32f0aa"];
    let dark = ["0x462323", "0x463a23", "0x233c32"];
    let mut filter = "drawbox=x=18:y=18:w=30:h=70:color=0x242424:t=fill".to_owned();
    for (lamp, (x, y)) in LAMPS.into_iter().enumerate() {
        let colour = if lit == Some(lamp) { alight[lamp] } else { dark[lamp] };
        let size = LAMP_SIZE;
        filter += &format!(",drawbox=x={x}:y={y}:w={size}:h={size}:color={colour}:t=fill");
    }
    let street = footage("vtest-h264.mp4");
    let picture = ["-threads", "1", "-t", "20", "-i", street.to_str().unwrap(), "-vf", &filter];
    let codec = ["-an", "-c:v", "libx264", "-preset", "ultrafast", "-crf", "20", "-bf", "0"];
    let form = ["-g", "20", "-sc_threshold", "0", "-pix_fmt", "yuv420p"];
    fixtures::clip("mp4", &[&picture[..], &codec, &form].concat())
}

/// Returns the TOML of lamps where they are drawn.
fn lamps() -> String {
    let region = |(x, y): (u32, u32)| {
        let across = |x: u32| f64::from(x) / 768.0;
        let down = |y: u32| f64::from(y) / 576.0;
        let (left, top) = (across(x), down(y));
        let (right, bottom) = (across(x + LAMP_SIZE), down(y + LAMP_SIZE));
        format!("[[{left}, {top}], [{right}, {top}], [{right}, {bottom}], [{left}, {bottom}]]")
    };
    let [red, amber, green] = LAMPS.map(region);
    format!("{{ lamps = {{ red = {red}, amber = {amber}, green = {green} }} }}")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lamps_in_the_picture_tell_when_it_is_red() {
    let ids = [("red", Some(0)), ("green", Some(2)), ("unknown", None)];
    let mounts = ids.map(|(id, lit)| Mount::new(format!("/{id}"), clip_with_lamps(lit)));
    let simulator = Simulator::start(SimulatorConfig::new(mounts.to_vec())).unwrap();
    let camera = |(id, _): (&str, _)| camera(id, &simulator.url(&format!("/{id}")), &lamps());
    let mut site = Site::new(true, &ids.map(camera).concat());
    site.start();
    for (id, _) in ids {
        site.wait_for_state(id, "up", Duration::from_secs(20)).await;
    }
    let up = Timestamp::from_micros(simulator.now_us());
    let since = first_at_red(&site, "red", up).await;
    only_red_fires(&site, since).await;
}
