//! Other systems pull a camera over TLS, and by a password that they do not send; by players of other
//! makes.

use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use simulator::{Mount, Simulator, SimulatorConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::harness::{Site, eventually, footage, recorded_camera};
use crate::tls::{certify, configured};

const PATIENCE: Duration = Duration::from_secs(60);

fn site(restream: &str) -> (Site, Simulator) {
    let mount = Mount::new("/gate/main", footage("vtest-h264.mp4"));
    let simulator = Simulator::start(SimulatorConfig::new(vec![mount])).unwrap();
    let camera = recorded_camera("gate", &simulator.url("/gate/main"));
    let site = Site::new(false, &format!("[restream]\n{restream}{camera}"));
    (site, simulator)
}

fn listening(site: &Site) -> SocketAddr {
    let line = site.wait_for_log("restream listens", PATIENCE);
    let line: Value = serde_json::from_str(&line).unwrap();
    line["address"].as_str().unwrap().parse().unwrap()
}

/// Returns the codec that ffprobe finds at an address, or what it says instead.
async fn probed(address: String) -> Result<String, String> {
    let mut command = Command::new("ffprobe");
    command.args(["-v", "error", "-rtsp_transport", "tcp", "-select_streams", "v:0"]);
    command.args(["-show_entries", "stream=codec_name", "-of", "csv=p=0", &address]);
    let run = move || command.stdin(Stdio::null()).output().unwrap();
    let output = tokio::task::spawn_blocking(run).await.unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    match output.status.success() {
        true => Ok(text(&output.stdout)),
        false => Err(text(&output.stderr)),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_is_pulled_over_tls_by_the_certificate_of_the_service() {
    let (mut site, _simulator) = site("tls_listen = \"127.0.0.1:0\"\n");
    certify(site.folder(), "wall");
    configured(&site);
    site.start();
    let address = listening(&site);
    let token = site.token_for("wall", &["--role", "duty", "--whole-site", "--only", "live"]);
    let found =
        || async { probed(format!("rtsps://wall:{token}@{address}/live/gate/main")).await.ok() };
    assert_eq!(eventually("a player finds it", PATIENCE, found).await, "h264");
    let wrong = probed(format!("rtsps://wall:wpt_x@{address}/live/gate/main")).await;
    assert!(wrong.unwrap_err().contains("401"), "who it is, is asked here as well");
    // Who speaks no TLS is told nothing.
    let mut plain = TcpStream::connect(address).await.unwrap();
    plain.write_all(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n").await.unwrap();
    let mut heard = Vec::new();
    let read = tokio::time::timeout(PATIENCE, plain.read_to_end(&mut heard));
    let _ = read.await.expect("it is closed");
    assert!(!heard.starts_with(b"RTSP"), "{heard:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_signs_in_by_digest_and_ends_with_its_token() {
    let (mut site, _simulator) = site("listen = \"127.0.0.1:0\"\ndigest = true\n");
    site.start();
    let address = listening(&site);
    let token = site.token_for("wall", &["--role", "duty", "--whole-site", "--only", "live"]);
    let told = site
        .command(&["token", "restream-password", "wall", "--config", "watchpost.toml"])
        .output()
        .unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let password = String::from_utf8(told.stdout).unwrap().trim().to_owned();
    assert!(password.starts_with("wpr_"), "{password}");
    let pulled =
        |password: &str| probed(format!("rtsp://wall:{password}@{address}/live/gate/main"));
    let found = || async { pulled(&password).await.ok() };
    assert_eq!(eventually("a player finds it", PATIENCE, found).await, "h264");
    // ffmpeg chooses Digest where it is offered, by which nobody can show the token.
    assert!(pulled(&token).await.unwrap_err().contains("401"));
    let revoke = ["token", "revoke", "wall", "--config", "watchpost.toml"];
    assert!(site.command(&revoke).output().unwrap().status.success());
    assert!(pulled(&password).await.unwrap_err().contains("401"));
}
