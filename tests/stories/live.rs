//! An officer watches a camera: the picture stands at once, every picture after it is the camera's
//! own, bit for bit; a camera that is lost is said to be lost, and shown again when it is back.

use std::path::Path;
use std::time::Duration;

use domain::Timestamp;
use futures::StreamExt as _;
use serde_json::Value;
use simulator::{Fault, Mount, SentPicture, Simulator, SimulatorConfig};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::harness::{Site, eventually, footage, hex, probe};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// How long a story waits for what must come.
const PATIENCE: Duration = Duration::from_secs(60);

fn camera(id: &str, place: &str, main: &str, sub: Option<&str>) -> String {
    let sub = sub.map(|url| format!("sub = {{ url = \"{url}\" }}\n")).unwrap_or_default();
    format!(
        "[[camera]]\nid = \"{id}\"\nname = \"{id}\"\nplaces = [\"{place}\", \"Hà Nội\"]\n\
         main = {{ url = \"{main}\" }}\n{sub}"
    )
}

async fn watch(site: &Site, camera: &str, stream: &str, token: &str) -> Socket {
    opened(site, camera, stream, token).await.unwrap()
}

async fn opened(
    site: &Site,
    camera: &str,
    stream: &str,
    token: &str,
) -> Result<Socket, tungstenite::Error> {
    let address = site.api.replace("http://", "ws://");
    let uri = format!("{address}/api/v1/cameras/{camera}/live?stream={stream}");
    let mut request = uri.into_client_request().unwrap();
    request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    connect_async(request).await.map(|(socket, _)| socket)
}

async fn next(socket: &mut Socket) -> Message {
    loop {
        let next = tokio::time::timeout(PATIENCE, socket.next()).await.expect("something comes");
        match next.expect("it goes on").unwrap() {
            Message::Ping(_) | Message::Pong(_) => {}
            message => return message,
        }
    }
}

/// Takes what comes until something of that kind is said; returns it.
async fn told(socket: &mut Socket, kind: &str) -> Value {
    loop {
        if let Message::Text(text) = next(socket).await {
            let told: Value = serde_json::from_str(&text).unwrap();
            if told["kind"] == kind {
                return told;
            }
        }
    }
}

/// Takes what is said first and so many fragments; returns both, the fragments as one file.
async fn taken(socket: &mut Socket, fragments: usize) -> (Value, Vec<u8>) {
    let Message::Text(first) = next(socket).await else { panic!("words come first") };
    let start: Value = serde_json::from_str(&first).unwrap();
    let mut file = Vec::new();
    // The initialization segment is one more.
    for _ in 0..=fragments {
        match next(socket).await {
            Message::Binary(bytes) => file.extend_from_slice(&bytes),
            other => panic!("{other:?}"),
        }
    }
    (start, file)
}

/// Compares what was shown with what was sent: from a keyframe on, picture by picture. Returns the
/// first.
fn compare<'a>(folder: &Path, shown: &[u8], sent: &'a [SentPicture]) -> &'a SentPicture {
    let file = folder.join("shown.mp4");
    std::fs::write(&file, shown).unwrap();
    let shown = probe(&file);
    let hash = |picture: &SentPicture| hex(&picture.sha256_without_parameter_sets);
    let first = sent.iter().rposition(|picture| hash(picture) == shown[0].sha256);
    let first = first.expect("what is shown was sent");
    assert!(sent[first].is_keyframe);
    let expected: Vec<_> = sent[first..].iter().take(shown.len()).map(hash).collect();
    let shown_hashes: Vec<_> = shown.iter().map(|picture| picture.sha256.clone()).collect();
    assert_eq!(shown_hashes, expected, "bit for bit, in order, none missing");
    &sent[first]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_watched_is_what_the_camera_sends() {
    let mounts = [("gate", "vtest-h264.mp4"), ("yard", "vtest-h265.mp4")];
    let mut mounts: Vec<_> = mounts
        .iter()
        .map(|(name, clip)| Mount::new(format!("/{name}/main"), footage(clip)))
        .collect();
    mounts.push(Mount::new("/gate/sub", footage("vtest-h264-sub.mp4")));
    let mut config = SimulatorConfig::new(mounts);
    config.sent_log = 100_000;
    let simulator = Simulator::start(config).unwrap();
    let url = |path: &str| simulator.url(path);
    let cameras = [
        camera("gate", "Phường Cửa Nam", &url("/gate/main"), Some(&url("/gate/sub"))),
        camera("yard", "Phường Từ Liêm", &url("/yard/main"), None),
    ];
    let mut site = Site::new(false, &cameras.concat());
    site.start();
    let watched = [("gate", "main", "avc1."), ("yard", "main", "hvc1."), ("gate", "sub", "avc1.")];
    for (name, stream, codec) in watched {
        let is_up = || async { (site.state(name, stream).await == "up").then_some(()) };
        eventually("the camera is up", PATIENCE, is_up).await;
        let mount = format!("/{name}/{stream}");
        // Somewhere in a GOP, not at its beginning.
        let in_a_gop = || async {
            let sent = simulator.sent(&mount).unwrap();
            let keyframe = sent.iter().rposition(|picture| picture.is_keyframe)?;
            (keyframe > 0 && (3..8).contains(&(sent.len() - keyframe))).then_some(sent.len())
        };
        let before = eventually("the camera is in a GOP", PATIENCE, in_a_gop).await;
        let mut socket = watch(&site, name, stream, &site.token).await;
        let (start, shown) = taken(&mut socket, 40).await;
        assert_eq!(start["kind"], "start", "{start:#}");
        assert_eq!(start["stream"], stream);
        assert!(start["mime"].as_str().unwrap().contains(codec), "{start:#}");
        let sent = simulator.sent(&mount).unwrap();
        let first = compare(site.folder(), &shown, &sent);
        let keyframe = sent[..before].iter().rfind(|picture| picture.is_keyframe).unwrap();
        assert!(
            first.wall_time_us >= keyframe.wall_time_us,
            "the GOP that goes on, or a later one"
        );
        let time: Timestamp = start["time"].as_str().unwrap().parse().unwrap();
        let off_us = (time.as_micros() - first.wall_time_us).abs();
        assert!(off_us < 100_000, "its time is off by {off_us} us");
    }

    // Of another ward's camera an officer learns nothing; with the ward's own all is well.
    let lan = site.token_for("lan", &["--role", "duty", "--place", "Phường Cửa Nam"]);
    let Err(tungstenite::Error::Http(answer)) = opened(&site, "yard", "main", &lan).await else {
        panic!("the yard is not hers");
    };
    assert_eq!(answer.status(), 404);
    let mut hers = watch(&site, "gate", "main", &lan).await;
    told(&mut hers, "start").await;
    let alone = || async {
        let metrics = String::from_utf8(site.bytes("/metrics").await).unwrap();
        assert!(metrics.contains("watchpost_live_bytes_total"));
        metrics.contains("watchpost_live_viewers 1\n").then_some(())
    };
    eventually("those who left are not counted any more", PATIENCE, alone).await;
    drop(hers);
    site.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_that_is_lost_is_said_to_be_lost_and_comes_back() {
    let mounts = vec![Mount::new("/gate/main", footage("vtest-h264.mp4"))];
    let mut config = SimulatorConfig::new(mounts);
    config.sent_log = 100_000;
    let simulator = Simulator::start(config).unwrap();
    let mut site = Site::new(false, &camera("gate", "Hà Nội", &simulator.url("/gate/main"), None));
    site.start();
    site.wait_for_state("gate", "up", PATIENCE).await;
    let mut socket = watch(&site, "gate", "main", &site.token).await;
    let start = told(&mut socket, "start").await;
    simulator.fault("/gate/main", Fault::Refuse).unwrap();
    let lost = told(&mut socket, "state").await;
    assert_eq!(lost["state"], "down", "{lost:#}");
    assert!(lost["detail"].is_string() && lost["last_picture"].is_string(), "{lost:#}");
    simulator.clear("/gate/main").unwrap();
    let again = told(&mut socket, "start").await;
    let time = |told: &Value| told["time"].as_str().unwrap().parse::<Timestamp>().unwrap();
    assert!(time(&again) > time(&start));
    // In another size from the next keyframe on: what a decoder must know comes anew.
    let smaller = Fault::ChangeResolution { file: footage("vtest-h264-sub.mp4") };
    simulator.fault("/gate/main", smaller).unwrap();
    let changed = told(&mut socket, "start").await;
    assert_ne!(changed["width"], again["width"], "{changed:#}");
    let Message::Binary(header) = next(&mut socket).await else { panic!("its header follows") };
    assert_eq!(&header[4..8], b"ftyp");
    site.stop();
    let mut rest = Vec::new();
    while let Some(Ok(message)) = socket.next().await {
        rest.push(message);
    }
    let said = |message: &Message| message.to_text().is_ok_and(|text| text.contains("stopping"));
    assert!(rest.iter().any(said), "that the service stops is said");
}
