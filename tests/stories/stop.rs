//! The service is stopped: all that cameras had sent is on disk; who cannot wait asks a second time.

use std::net::TcpListener;
use std::time::Duration;

use domain::Timestamp;
use serde_json::json;
use simulator::{Fault, Mount, Simulator, SimulatorConfig};

use crate::harness::{Site, footage, hex, probe, recorded_camera};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

#[tokio::test(flavor = "multi_thread")]
async fn what_cameras_had_sent_is_on_disk_when_it_has_stopped() {
    let mount = Mount::new("/gate/main", footage("vtest-h264.mp4"));
    let mut config = SimulatorConfig::new(vec![mount]);
    config.sent_log = 10_000;
    let simulator = Simulator::start(config).unwrap();
    let mut site = Site::new(false, &recorded_camera("gate", &simulator.url("/gate/main")));
    let from = Timestamp::from_micros(simulator.now_us());
    site.start();
    // In the middle of a GOP of 20 pictures.
    simulator
        .wait_for("/gate/main", Duration::from_secs(30), |now| now.pictures >= 50)
        .await
        .unwrap();
    let (status, log) = site.stop();
    assert!(status.success(), "{log:#?}");
    assert!(log.last().unwrap().contains("stopped"), "{log:#?}");

    simulator.fault("/gate/main", Fault::Refuse).unwrap();
    site.start();
    let end = from.plus(Duration::from_secs(3600));
    let recordings =
        site.get(&format!("/api/v1/cameras/gate/recordings?start={from}&end={end}")).await;
    let time = |name: &str| recordings["spans"][0][name].as_str().unwrap().to_owned();
    let clip =
        format!("/api/v1/cameras/gate/footage.mp4?start={}&end={}", time("start"), time("end"));
    let file = site.folder().join("gate.mp4");
    std::fs::write(&file, site.bytes(&clip).await).unwrap();
    let recorded: Vec<_> = probe(&file).into_iter().map(|picture| picture.sha256).collect();
    let sent: Vec<_> = simulator
        .sent("/gate/main")
        .unwrap()
        .iter()
        .map(|picture| hex(&picture.sha256_without_parameter_sets))
        .collect();
    // What was sent while it said farewell nobody took.
    assert!(
        recorded.len() >= 50 && sent.starts_with(&recorded),
        "{} of {}",
        recorded.len(),
        sent.len()
    );
    assert_eq!(recordings["gaps"][0]["cause"], "stopped", "{recordings:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_it_at_once() {
    // A receiver of notifications that takes them and never answers: there is something to wait for.
    let receiver = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = format!(
        "[[notify]]\nid = \"slow\"\nkind = \"webhook\"\nurl = \"http://{}/hook\"\n\
         secret_file = \"secret\"\ntimeout_s = 100\n\
         [[source]]\nid = \"parking\"\ntoken_file = \"parking.token\"\ncameras = [\"gate\"]\n\
         kinds = [\"illegal_stop\"]\n",
        receiver.local_addr().unwrap()
    );
    let camera = recorded_camera("gate", "rtsp://127.0.0.1:1/gate");
    let mut site = Site::new(false, &format!("{camera}{target}"));
    for name in ["secret", "parking.token"] {
        std::fs::write(site.folder().join(name), format!("{TOKEN}\n")).unwrap();
    }
    site.start();
    let now = domain::Clock::now(&domain::SystemClock::default());
    let finding = json!({"id": "bay-7/1", "camera": "gate", "time": now, "kind": "illegal_stop"});
    let post = reqwest::Client::new().post(format!("{}/api/v1/findings", site.api));
    assert_eq!(post.bearer_auth(TOKEN).json(&finding).send().await.unwrap().status(), 201);
    let under_way = tokio::task::spawn_blocking(move || receiver.accept().unwrap());
    let _connection = under_way.await.unwrap();

    site.ask_to_stop();
    site.wait_for_log("a second signal ends at once", Duration::from_secs(30));
    let (status, log) = site.stop();
    assert_eq!(status.code(), Some(1), "{log:#?}");
    assert!(log.iter().any(|line| line.contains("ended by a second signal")), "{log:#?}");
}
