//! What the camera sent is what the footage holds: bit for bit, at the right time.

use std::time::Duration;

use domain::Timestamp;
use simulator::{Fault, Mount, SentPicture, Simulator, SimulatorConfig};

use crate::harness::{
    ClipPicture, Site, eventually, footage, from_env, hex, probe, recorded_camera,
};

/// Reads everything recorded of `camera` as one clip, with wall-clock times.
async fn recorded(site: &Site, camera: &str, from: Timestamp) -> Vec<(Timestamp, ClipPicture)> {
    let end = from.plus(Duration::from_secs(23 * 3600));
    let path = format!("/api/v1/cameras/{camera}/recordings?start={from}&end={end}");
    let recordings = site.get(&path).await;
    let spans = recordings["spans"].as_array().unwrap();
    let time = |value: &serde_json::Value| value.as_str().unwrap().parse::<Timestamp>().unwrap();
    let start = time(&spans.first().expect("something is recorded")["start"]);
    let end = time(&spans.last().unwrap()["end"]);
    let clip =
        site.bytes(&format!("/api/v1/cameras/{camera}/footage.mp4?start={start}&end={end}")).await;
    let file = site.folder().join(format!("{camera}.mp4"));
    std::fs::write(&file, clip).unwrap();
    let at = |picture: ClipPicture| {
        (start.plus(Duration::try_from_secs_f64(picture.at_s).unwrap()), picture)
    };
    probe(&file).into_iter().map(at).collect()
}

/// Compares what was sent with what was recorded; returns pictures found and the largest error in
/// time, in milliseconds.
fn compare(
    camera: &str,
    sent: &[SentPicture],
    recorded: &[(Timestamp, ClipPicture)],
) -> (usize, f64) {
    let mut recorded = recorded.iter().peekable();
    let mut found = 0;
    let mut worst_ms: f64 = 0.0;
    let sessions: std::collections::BTreeSet<_> =
        sent.iter().map(|picture| picture.session).collect();
    for session in sessions {
        let pictures: Vec<_> = sent.iter().filter(|picture| picture.session == session).collect();
        let mut missing = 0;
        for picture in &pictures {
            let hash = hex(&picture.sha256_without_parameter_sets);
            match recorded.next_if(|(_, kept)| kept.sha256 == hash) {
                Some((time, _)) => {
                    assert_eq!(
                        missing, 0,
                        "{camera}: a picture is missing in mid-session {session}"
                    );
                    let error_us = time.as_micros() - picture.wall_time_us;
                    #[allow(clippy::cast_precision_loss, reason = "microseconds of one run")]
                    let error_ms = error_us.abs() as f64 / 1000.0;
                    worst_ms = worst_ms.max(error_ms);
                    found += 1;
                }
                None => missing += 1,
            }
        }
        // The last may have been on its way when the connection ended.
        assert!(
            missing <= 1,
            "{camera}: {missing} pictures missing at the end of session {session}"
        );
    }
    assert_eq!(recorded.count(), 0, "{camera}: the footage holds pictures that were never sent");
    (found, worst_ms)
}

/// `WATCHPOST_RECORDING_SECONDS=600 WATCHPOST_RECORDING_CAMERAS=16` runs it at length.
#[tokio::test(flavor = "multi_thread")]
async fn every_picture_sent_is_in_the_footage_bit_for_bit() {
    let seconds = from_env("WATCHPOST_RECORDING_SECONDS", 16);
    let count = from_env("WATCHPOST_RECORDING_CAMERAS", 4);
    let names: Vec<_> = (0..count).map(|number| format!("c{number}")).collect();
    let mounts = names.iter().zip(0..).map(|(name, number)| {
        let clip = if number % 2 == 0 { "vtest-h264.mp4" } else { "vtest-h265.mp4" };
        Mount::new(format!("/{name}/main"), footage(clip)).offset(Duration::from_secs(number * 7))
    });
    let mut config = SimulatorConfig::new(mounts.collect());
    config.sent_log = 100_000;
    let simulator = Simulator::start(config).unwrap();
    let cameras: String = names
        .iter()
        .map(|name| recorded_camera(name, &simulator.url(&format!("/{name}/main"))))
        .collect();
    let mut site = Site::new(false, &cameras);
    let from = Timestamp::from_micros(simulator.now_us());
    site.start();
    for _ in 0..4 {
        for name in &names {
            site.wait_for_state(name, "up", Duration::from_secs(30)).await;
        }
        let quarter = simulator.now_us() + i64::try_from(seconds).unwrap() * 1_000_000 / 4;
        let over = || async { (simulator.now_us() >= quarter).then_some(()) };
        eventually("a quarter is over", Duration::from_secs(seconds), over).await;
        for name in &names {
            // The fourth time is the end.
            simulator.fault(&format!("/{name}/main"), Fault::Cut).unwrap();
        }
    }
    for name in &names {
        simulator.fault(&format!("/{name}/main"), Fault::Refuse).unwrap();
        site.wait_for_state(name, "down", Duration::from_secs(10)).await;
    }
    let (status, log) = site.stop();
    assert!(status.success(), "{log:#?}");
    site.start();
    let mut all = 0;
    let mut worst_ms: f64 = 0.0;
    for name in &names {
        let sent = simulator.sent(&format!("/{name}/main")).unwrap();
        let (found, off_ms) = compare(name, &sent, &recorded(&site, name, from).await);
        println!("{name}: {found} of {} pictures found, times within {off_ms:.1} ms", sent.len());
        all += found;
        worst_ms = worst_ms.max(off_ms);
    }
    println!("{all} pictures bit for bit, times within {worst_ms:.1} ms");
    assert!(worst_ms <= 100.0, "a time is off by {worst_ms} ms");
    site.stop();
    let config = site.config();
    let fsck = site.command(&["fsck", "--deep", "--config", config.to_str().unwrap()]).output();
    let fsck = fsck.unwrap();
    assert!(fsck.status.success(), "{}", String::from_utf8_lossy(&fsck.stdout));
}

/// Some cameras code by several picture parameter sets in turn: without all of them half the pictures
/// cannot be decoded.
#[tokio::test(flavor = "multi_thread")]
async fn every_picture_can_be_decoded_whatever_sets_it_is_coded_by() {
    let mount = Mount::new("/gate/main", fixtures::clip_of_two_picture_sets());
    let simulator = Simulator::start(SimulatorConfig::new(vec![mount])).unwrap();
    let mut site = Site::new(false, &recorded_camera("gate", &simulator.url("/gate/main")));
    let from = Timestamp::from_micros(simulator.now_us());
    site.start();
    site.wait_for_state("gate", "up", Duration::from_secs(10)).await;
    simulator
        .wait_for("/gate/main", Duration::from_secs(30), |now| now.pictures >= 60)
        .await
        .unwrap();
    site.stop();
    site.start();
    let pictures = recorded(&site, "gate", from).await.len();
    let clip = site.folder().join("gate.mp4");
    let decoded = std::process::Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", "v:0", "-count_frames"])
        .args(["-show_entries", "stream=nb_read_frames", "-of", "csv=p=0"])
        .arg(clip)
        .output()
        .unwrap();
    let complaints = String::from_utf8_lossy(&decoded.stderr);
    assert!(complaints.is_empty(), "{complaints}");
    let decoded = String::from_utf8(decoded.stdout).unwrap();
    assert_eq!(decoded.trim(), pictures.to_string());
    assert!(pictures >= 50, "{pictures} pictures are recorded");
}
