//! The duty officer opens an event at once: its pictures are there before its footage is on disk,
//! plain, drawn on, and of the object alone.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use domain::Timestamp;
use futures::StreamExt as _;
use image::RgbImage;
use serde_json::{Value, json};
use simulator::{Mount, Simulator, SimulatorConfig};

use crate::harness::{Site, eventually, footage};

/// Where the tripwire is across the picture.
const LINE_X: f32 = 0.729_17;

/// The beginning of the demo clip with a keyframe every 12 s, as smart codecs send them: its footage
/// is written when a GOP ends, and after 10 s.
fn clip_of_long_gops() -> PathBuf {
    let street = footage("vtest-h264.mp4");
    let picture = ["-threads", "1", "-t", "36", "-i", street.to_str().unwrap(), "-an"];
    let codec = ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "20", "-bf", "0"];
    let form = ["-g", "120", "-sc_threshold", "0", "-pix_fmt", "yuv420p"];
    fixtures::clip("mp4", &[&picture[..], &codec, &form].concat())
}

/// Follows the feed until `wanted` returns something for an event.
async fn follow<T, F: Future<Output = Option<T>>>(
    site: &Site,
    mut wanted: impl FnMut(Value) -> F,
) -> T {
    let url = format!("{}/api/v1/events/stream", site.api);
    let mut chunks = site.client.get(url).send().await.unwrap().bytes_stream();
    let mut text = String::new();
    loop {
        let next = tokio::time::timeout(Duration::from_secs(90), chunks.next()).await;
        text.push_str(&String::from_utf8_lossy(&next.expect("an event comes").unwrap().unwrap()));
        while let Some(end) = text.find('\n') {
            let line: String = text.drain(..=end).collect();
            let Some(data) = line.strip_prefix("data:") else { continue };
            if let Some(found) = wanted(serde_json::from_str(data.trim()).unwrap()).await {
                return found;
            }
        }
    }
}

async fn picture(site: &Site, address: &Value) -> RgbImage {
    let bytes = site.bytes(address.as_str().unwrap()).await;
    image::load_from_memory(&bytes).unwrap().to_rgb8()
}

async fn recorded_until(site: &Site, event: &Value) -> Timestamp {
    let at: Timestamp = event["time"].as_str().unwrap().parse().unwrap();
    let (start, end) = (at.minus(Duration::from_secs(60)), at.plus(Duration::from_secs(60)));
    let uri = format!("/api/v1/cameras/path/recordings?start={start}&end={end}");
    let spans = site.get(&uri).await["spans"].as_array().unwrap().clone();
    let end = |span: &Value| span["end"].as_str().unwrap().parse::<Timestamp>().unwrap();
    spans.iter().map(end).max().unwrap_or(Timestamp::MIN)
}

/// Returns the places at which two pictures differ, as shares of their sides.
fn changed(one: &RgbImage, other: &RgbImage) -> Vec<(f32, f32)> {
    assert_eq!(one.dimensions(), other.dimensions());
    let (width, height) = one.dimensions();
    let differs = |x: u32, y: u32| {
        let pixels = one.get_pixel(x, y).0.into_iter().zip(other.get_pixel(x, y).0);
        pixels.into_iter().any(|(a, b)| a.abs_diff(b) > 40)
    };
    let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    #[allow(clippy::cast_precision_loss, reason = "pixels of a picture")]
    let share = |(x, y): (u32, u32)| (x as f32 / width as f32, y as f32 / height as f32);
    places.filter(|&(x, y)| differs(x, y)).map(share).collect()
}

fn number(value: &Value) -> f32 {
    serde_json::from_value(value.clone()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pictures_of_an_event_are_there_before_its_footage() {
    let mount = Mount::new("/path", clip_of_long_gops());
    let simulator = Simulator::start(SimulatorConfig::new(vec![mount])).unwrap();
    let camera = format!(
        "[[camera]]\nid = \"path\"\nname = \"path\"\nmain = {{ url = \"{}\" }}\n\
         analysis = {{ stream = \"main\", pictures_per_second = 5, priority = 1 }}\n\
         scene.tripwires = [{{ name = \"path\", line = [[{LINE_X}, 0.72917], [{LINE_X}, 0.26042]] }}]\n\
         scene.rules = [{{ id = \"crossing\", kind = \"line_crossing\", tripwire = \"path\" }}]\n",
        simulator.url("/path")
    );
    let mut site = Site::new(true, &camera);
    site.start();
    site.wait_for_state("path", "up", Duration::from_secs(30)).await;
    let settled = Timestamp::from_micros(simulator.now_us()).plus(Duration::from_secs(3));

    // The moment an event is told, its pictures are asked for, once.
    let site = &site;
    let (event, plain) = follow(site, async |event: Value| {
        let time: Timestamp = event["time"].as_str().unwrap().parse().unwrap();
        if time < settled {
            return None;
        }
        let at = picture(site, &event["stills"]["at"]["href"]).await;
        picture(site, &event["stills"]["before"]["href"]).await;
        // Now and then a part has just been written; then the next event is looked at.
        (recorded_until(site, &event).await <= time).then_some((event, at))
    })
    .await;
    assert_eq!(plain.dimensions(), (768, 576));

    // The one after has its own moment, and says when to ask again.
    let after = event["stills"]["after"]["href"].as_str().unwrap();
    eventually("the picture after", Duration::from_secs(30), async || {
        let (status, problem) = site.ask(after).await;
        assert!(status == 200 || status == 503, "{problem:#}");
        assert!(status == 200 || problem["type"] == "urn:watchpost:problem:not-yet", "{problem:#}");
        (status == 200).then_some(())
    })
    .await;

    let bbox = &event["bbox"];
    let [left, top, width, height] =
        ["left", "top", "width", "height"].map(|side| number(&bbox[side]));
    let drawn = picture(site, &event["stills"]["at"]["drawn"]).await;
    let near = |a: f32, b: f32| (a - b).abs() < 0.04;
    let (mut at_line, mut at_box, mut at_path) = (0, 0, 0);
    for (x, y) in changed(&plain, &drawn) {
        let beside = near(x, left) || near(x, left + width);
        let within = (left - 0.04..=left + width + 0.04).contains(&x)
            && (top - 0.04..=top + height + 0.04).contains(&y);
        if within && (beside || near(y, top) || near(y, top + height)) {
            at_box += 1;
        } else if near(x, LINE_X) {
            at_line += 1;
        } else {
            at_path += 1;
        }
    }
    assert!(at_line > 100 && at_box > 50 && at_path > 20, "{at_line} {at_box} {at_path}");

    for which in ["before", "at", "after"] {
        let still = &event["stills"][which];
        let whole = picture(site, &still["href"]).await;
        assert!(!changed(&whole, &picture(site, &still["drawn"]).await).is_empty(), "{which}");
    }
    let crop = picture(site, &event["stills"]["at"]["crop"]).await;
    #[allow(clippy::cast_precision_loss, reason = "pixels of a picture")]
    let sides = (crop.width() as f32 / 768.0, crop.height() as f32 / 576.0);
    assert!(sides.0 >= width.min(1.0 - left) && sides.0 < 0.5, "{sides:?} for {bbox}");
    assert!(sides.1 >= height.min(1.0 - top) && sides.1 <= 1.0, "{sides:?} for {bbox}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_says_by_which_rule_and_model_its_events_were_found() {
    let mount = Mount::new("/path", footage("vtest-h264.mp4"));
    let simulator = Simulator::start(SimulatorConfig::new(vec![mount])).unwrap();
    let camera = format!(
        "[[camera]]\nid = \"path\"\nname = \"path\"\nmain = {{ url = \"{}\" }}\n\
         analysis = {{ stream = \"main\", pictures_per_second = 5, priority = 1 }}\n\
         scene.zones = [{{ name = \"all\", polygon = [[0, 0], [1, 0], [1, 1], [0, 1]] }}]\n\
         scene.rules = [{{ id = \"anybody\", kind = \"intrusion\", zone = \"all\", for_s = 0.5 }}]\n",
        simulator.url("/path")
    );
    let mut site = Site::new(true, &camera);
    let from = Timestamp::from_micros(simulator.now_us());
    site.start();
    let event = follow(&site, async |event: Value| Some(event)).await;
    let (status, log) = site.stop();
    assert!(status.success(), "{log:#?}");
    let run = |arguments: &[&str]| {
        let output = site.command(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let (from, to) = (from.to_string(), from.plus(Duration::from_secs(3600)).to_string());
    let what = ["export", "--config", "watchpost.toml", "--camera", "path", "--from", &from];
    let why = ["--to", &to, "--case", "01/2026", "--reason", "x", "--operator", "lan"];
    run(&[&what[..], &why, &["--out", "case.zip"]].concat());
    run(&["verify", "case.zip"]);
    let package = site.folder().join("case.zip");
    let manifest = Command::new("unzip").arg("-p").arg(package).arg("manifest.json").output();
    let manifest: Value = serde_json::from_slice(&manifest.unwrap().stdout).unwrap();

    let [rule] = &manifest["rules"].as_array().unwrap()[..] else { panic!("{manifest:#}") };
    assert_eq!((&rule["rule"], &rule["version"]), (&event["rule"], &event["rule_version"]));
    let text = rule["settings"].as_str().unwrap();
    assert_eq!(rule["sha256"], evidence::Digest::of(text.as_bytes()).to_string());
    let settings: Value = serde_json::from_str(text).unwrap();
    assert_eq!(settings["condition"], json!({ "zone": "all", "for_s": 0.5 }));
    let [model] = &manifest["models"].as_array().unwrap()[..] else { panic!("{manifest:#}") };
    assert_eq!(model["sha256"], event["source"]["model"]);
    assert_eq!(model["name"], "nanodet-g-int8");
    assert!(model["version"].is_string(), "{model}");
}
