//! Other systems of the command centre pull a camera from Watchpost: what they get is the camera's own,
//! bit for bit, by whatever way; the camera is connected to once; who may not is told nothing; who
//! takes it too slowly, or sends nonsense, loses their own connection and nobody else's.

use std::net::SocketAddr;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::{AccessUnit, ClockSource, GapCause, StatusBoard, StreamId, SystemClock, Timestamp};
use ingest::{Credentials, Receiver, Secret, StreamSettings, Transport};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use simulator::{Mount, SentPicture, Simulator, SimulatorConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::harness::{Site, eventually, footage, hex};

/// How long a story waits for what must come.
const PATIENCE: Duration = Duration::from_secs(60);
const RESTREAM: &str = "[restream]\nlisten = \"127.0.0.1:0\"\n";

fn camera(id: &str, place: &str, simulator: &Simulator, more: &str) -> String {
    let url = simulator.url(&format!("/{id}/main"));
    format!(
        "[[camera]]\nid = \"{id}\"\nname = \"{id}\"\nplaces = [\"{place}\", \"Hà Nội\"]\n\
         main = {{ url = \"{url}\" }}\n{more}"
    )
}

fn cameras_that_send(mounts: &[(&str, &str)]) -> Simulator {
    let mount = |(name, clip): &(&str, &str)| Mount::new(format!("/{name}/main"), footage(clip));
    let mut config = SimulatorConfig::new(mounts.iter().map(mount).collect());
    config.sent_log = 100_000;
    Simulator::start(config).unwrap()
}

/// Returns where the restream of a running site listens.
fn listening(site: &Site) -> SocketAddr {
    let line = site.wait_for_log("restream listens", PATIENCE);
    let line: Value = serde_json::from_str(&line).unwrap();
    line["address"].as_str().unwrap().parse().unwrap()
}

/// Somebody who pulls a stream with a client of another make (retina).
struct Pull {
    units: Arc<Mutex<Vec<AccessUnit>>>,
    stop: CancellationToken,
}

struct Units(Arc<Mutex<Vec<AccessUnit>>>);

impl Receiver for Units {
    fn access_unit(&mut self, unit: AccessUnit) {
        self.0.lock().unwrap().push(unit);
    }

    fn interrupted(&mut self, _: Timestamp, _: GapCause) {}
}

impl Pull {
    fn start(address: SocketAddr, path: &str, token: &str, transport: Transport) -> Self {
        let units: Arc<Mutex<Vec<AccessUnit>>> = Arc::default();
        let stop = CancellationToken::new();
        let settings = StreamSettings {
            stream: StreamId::main("pulled".parse().unwrap()),
            url: format!("rtsp://{address}/live/{path}").parse().unwrap(),
            credentials: Some(Credentials {
                username: "wall".to_owned(),
                password: Secret::new(token),
            }),
            transport,
            start_delay: Duration::ZERO,
            metadata: false,
        };
        let receiver = Box::new(Units(Arc::clone(&units)));
        let board = Arc::new(StatusBoard::default());
        let clock = Arc::new(SystemClock::default());
        tokio::spawn(ingest::run(settings, receiver, board, clock, stop.clone()));
        Self { units, stop }
    }

    fn taken(&self) -> Vec<AccessUnit> {
        self.units.lock().unwrap().clone()
    }

    async fn has_taken(&self, pictures: usize) -> Vec<AccessUnit> {
        let taken = || async {
            let taken = self.taken();
            (taken.len() >= pictures).then_some(taken)
        };
        eventually(&format!("{pictures} pictures are pulled"), PATIENCE, taken).await
    }
}

impl Drop for Pull {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn hash(unit: &AccessUnit) -> String {
    hex(&Sha256::digest(&unit.data))
}

fn sent_hash(picture: &SentPicture) -> String {
    hex(&picture.sha256_without_parameter_sets)
}

/// Compares the pictures of one run with what the camera sent: a keyframe first, then each, in order.
/// The footage loops, so a picture's time tells which loop it is of.
fn compare(run: &[AccessUnit], sent: &[SentPicture]) {
    let first = sent.iter().rposition(|picture| {
        sent_hash(picture) == hash(&run[0])
            && picture.wall_time_us <= run[0].time.as_micros() + 200_000
    });
    let first = first.expect("what is pulled was sent");
    assert!(sent[first].is_keyframe && run[0].is_keyframe);
    for (unit, picture) in run.iter().zip(&sent[first..]) {
        assert_eq!(hash(unit), sent_hash(picture), "bit for bit, in order, none missing");
        assert_eq!(unit.is_keyframe, picture.is_keyframe);
        if unit.clock_source == ClockSource::SenderReport {
            let off_us = (unit.time.as_micros() - picture.wall_time_us).abs();
            assert!(off_us < 100_000, "its time is off by {off_us} us");
        }
    }
    let told = |unit: &AccessUnit| unit.clock_source == ClockSource::SenderReport;
    assert!(run.iter().any(told), "the wall-clock time of pictures is told");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_pulled_is_what_the_camera_sends_and_the_camera_is_asked_once() {
    let simulator = cameras_that_send(&[("gate", "vtest-h264.mp4"), ("yard", "vtest-h265.mp4")]);
    let cameras = ["gate", "yard"].map(|id| camera(id, "Phường Cửa Nam", &simulator, ""));
    let mut site = Site::new(false, &format!("{RESTREAM}{}", cameras.concat()));
    site.start();
    let address = listening(&site);
    for id in ["gate", "yard"] {
        site.wait_for_state(id, "up", PATIENCE).await;
    }
    let pull = |path, transport| Pull::start(address, path, &site.token, transport);
    // Without its role, too: the main stream.
    let reliable = [pull("gate/main", Transport::Tcp), pull("yard", Transport::Tcp)];
    let datagrams = [pull("gate", Transport::Udp), pull("yard/main", Transport::Udp)];
    for (pulled, id) in reliable.iter().zip(["gate", "yard"]) {
        let taken = pulled.has_taken(60).await;
        let sent = simulator.sent(&format!("/{id}/main")).unwrap();
        let run = taken.iter().take_while(|unit| unit.run == taken[0].run);
        compare(&run.cloned().collect::<Vec<_>>(), &sent);
    }
    for (pulled, id) in datagrams.iter().zip(["gate", "yard"]) {
        // Datagrams may be lost; a picture that comes is whole, and the camera's.
        let taken = pulled.has_taken(40).await;
        let sent = simulator.sent(&format!("/{id}/main")).unwrap();
        let known = |unit: &AccessUnit| sent.iter().any(|picture| sent_hash(picture) == hash(unit));
        assert!(taken.iter().all(known), "what comes is what was sent");
    }
    for id in ["gate", "yard"] {
        let status = simulator.status(&format!("/{id}/main")).unwrap();
        assert_eq!(status.sessions, 1, "{id} is connected to once");
    }
    let health = site.get("/api/v1/health").await;
    let components = health["components"].as_array().unwrap();
    let row = components.iter().find(|row| row["name"] == "restream").unwrap();
    assert_eq!(row["status"], "ok");
    assert!(row["detail"].as_str().unwrap().starts_with("4 watch"), "{row:#}");
    let trail = site.get("/api/v1/audit?limit=200").await;
    let entries = trail["entries"].as_array().unwrap();
    let looks: Vec<_> = entries.iter().filter(|entry| entry["action"] == "viewed").collect();
    assert_eq!(looks.len(), 4, "each opening stands in the trail: {trail:#}");
    assert!(looks.iter().all(|look| look["actor"] == "tests"));
    drop((reliable, datagrams));
    let alone = || async {
        let metrics = String::from_utf8(site.bytes("/metrics").await).unwrap();
        metrics.contains("watchpost_restream_clients 0\n").then_some(())
    };
    eventually("those who left are not counted any more", PATIENCE, alone).await;
    site.stop();
}

/// A client that speaks by hand.
struct Client {
    stream: TcpStream,
    heard: Vec<u8>,
    base: String,
    authorization: String,
}

impl Client {
    async fn connect(address: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        // What it does not take waits with Watchpost, not here.
        socket.set_recv_buffer_size(4096).unwrap();
        let stream = socket.connect(address).await.unwrap();
        let base = format!("rtsp://{address}/live");
        Self { stream, heard: Vec::new(), base, authorization: String::new() }
    }

    async fn known(address: SocketAddr, token: &str) -> Self {
        let mut client = Self::connect(address).await;
        client.authorization =
            format!("Authorization: Basic {}\r\n", base64(&format!("x:{token}")));
        client
    }

    /// Asks, and returns head and body of the answer.
    async fn ask(&mut self, method: &str, path: &str, headers: &str) -> String {
        let (base, known) = (&self.base, &self.authorization);
        let request = format!("{method} {base}/{path} RTSP/1.0\r\nCSeq: 7\r\n{known}{headers}\r\n");
        self.stream.write_all(request.as_bytes()).await.unwrap();
        self.answer().await
    }

    async fn answer(&mut self) -> String {
        let read = async {
            loop {
                let text = String::from_utf8_lossy(&self.heard).into_owned();
                if let Some((head, body)) = text.split_once("\r\n\r\n") {
                    let length =
                        head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
                    let length: usize = length.map_or(0, |length| length.parse().unwrap());
                    if body.len() >= length {
                        self.heard.drain(..head.len() + 4 + length);
                        return format!("{head}\r\n\r\n{}", &body[..length]);
                    }
                }
                assert!(self.stream.read_buf(&mut self.heard).await.unwrap() > 0, "it answers");
            }
        };
        tokio::time::timeout(PATIENCE, read).await.expect("it answers")
    }

    /// Reads until the other side closes the connection.
    async fn is_closed(&mut self) {
        let closed = async {
            let mut buffer = vec![0; 65_536];
            while self.stream.read(&mut buffer).await.is_ok_and(|read| read > 0) {}
        };
        tokio::time::timeout(PATIENCE, closed).await.expect("the connection is closed");
    }

    /// Begins to play over the connection.
    async fn play(&mut self, path: &str) {
        let transport = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n";
        let set_up = self.ask("SETUP", &format!("{path}/trackID=0"), transport).await;
        assert!(set_up.starts_with("RTSP/1.0 200"), "{set_up}");
        let session = set_up.lines().find_map(|line| line.strip_prefix("Session: ")).unwrap();
        let session = session.split(';').next().unwrap();
        let played = self.ask("PLAY", path, &format!("Session: {session}\r\n")).await;
        assert!(played.starts_with("RTSP/1.0 200"), "{played}");
    }
}

fn base64(text: &str) -> String {
    use std::fmt::Write as _;
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..=chunk.len() {
            let index = usize::try_from(bits >> (18 - 6 * place) & 63).unwrap();
            write!(out, "{}", char::from(LETTERS[index])).unwrap();
        }
        out.push_str(&"=".repeat(3 - chunk.len()));
    }
    out
}

#[test]
fn an_address_that_others_can_reach_is_to_be_meant() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    for (settings, words) in [
        (
            "listen = \"0.0.0.0:8554\"",
            ["restream.listen", "not encrypted", "allow_plain_rtsp = true"],
        ),
        (
            "allow_plain_rtsp = true",
            ["restream.allow_plain_rtsp", "listen is missing", "1 mistake"],
        ),
        ("listen = \"8554\"", ["restream", "invalid socket address", "1 mistake"]),
        (&format!("listen = \"{address}\""), ["restream.listen", "cannot listen on", "in use"]),
    ] {
        let site = Site::new(false, &format!("[restream]\n{settings}\n"));
        let config = site.config();
        let checked = site.command(&["check", "--config", config.to_str().unwrap()]).output();
        let said = String::from_utf8(checked.unwrap().stdout).unwrap();
        for word in words {
            assert!(said.contains(word), "{settings}: {word} is not said: {said}");
        }
    }
    let meant = "[restream]\nlisten = \"0.0.0.0:0\"\nallow_plain_rtsp = true\n";
    let site = Site::new(false, meant);
    let config = site.config();
    let checked = site.command(&["check", "--config", config.to_str().unwrap()]).output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_watch_is_told_nothing() {
    let simulator = cameras_that_send(&[
        ("gate", "vtest-h264-sub.mp4"),
        ("yard", "vtest-h264-sub.mp4"),
        ("court", "vtest-h264-sub.mp4"),
    ]);
    let mask = "masks = [[[0.0, 0.0], [0.5, 0.0], [0.5, 0.5]]]\n";
    let cameras = [
        camera("gate", "Phường Cửa Nam", &simulator, ""),
        camera("yard", "Phường Từ Liêm", &simulator, ""),
        camera("court", "Phường Cửa Nam", &simulator, mask),
    ];
    let mut site = Site::new(false, &format!("{RESTREAM}{}", cameras.concat()));
    site.start();
    let address = listening(&site);
    for id in ["gate", "yard", "court"] {
        site.wait_for_state(id, "up", PATIENCE).await;
    }
    let at = |answer: &str| answer.split(' ').nth(1).unwrap().parse::<u16>().unwrap();
    // Nobody, and somebody who guesses.
    let mut stranger = Client::connect(address).await;
    let answer = stranger.ask("DESCRIBE", "gate/main", "").await;
    assert_eq!(at(&answer), 401);
    assert!(answer.contains("WWW-Authenticate: Basic realm=\"Watchpost\""), "{answer}");
    assert!(!answer.contains("gate"), "{answer}");
    assert_eq!(at(&stranger.ask("SETUP", "gate/main", "Transport: RTP/AVP/TCP\r\n").await), 401);
    assert_eq!(at(&stranger.ask("PLAY", "gate/main", "Session: 1\r\n").await), 454);
    let mut guesser = Client::known(address, &format!("wpt_{}", "A".repeat(43))).await;
    assert_eq!(at(&guesser.ask("DESCRIBE", "gate/main", "").await), 401);

    // Of another ward's camera, and of one that is not there, an officer learns the same.
    let lan = site.token_for("lan", &["--role", "duty", "--place", "Phường Cửa Nam"]);
    let mut hers = Client::known(address, &lan).await;
    let description = hers.ask("DESCRIBE", "gate/main", "").await;
    assert_eq!(at(&description), 200, "{description}");
    assert!(description.contains("sprop-parameter-sets="), "{description}");
    let outside = hers.ask("DESCRIBE", "yard/main", "").await;
    assert_eq!(at(&outside), 404);
    assert_eq!(outside, hers.ask("DESCRIBE", "nowhere/main", "").await);
    assert_eq!(outside, hers.ask("DESCRIBE", "gate/sub", "").await, "a stream that is not there");
    // What masks hide, and who may watch nothing at all.
    for path in ["court/main", "court/main?masks=off"] {
        assert_eq!(at(&hers.ask("DESCRIBE", path, "").await), 403, "{path}");
    }
    let binh = site.token_for("binh", &["--role", "investigator", "--whole-site"]);
    let mut his = Client::known(address, &binh).await;
    assert_eq!(at(&his.ask("DESCRIBE", "gate/main", "").await), 403);
    let metrics = String::from_utf8(site.bytes("/metrics").await).unwrap();
    for why in ["not_signed_in", "not_found", "masked", "not_permitted"] {
        let counted = format!("watchpost_restream_refused_total{{why=\"{why}\"}}");
        assert!(metrics.contains(&counted), "{why}");
    }
    site.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_slow_or_sends_nonsense_loses_their_own_connection() {
    let simulator = cameras_that_send(&[("gate", "vtest-h264.mp4")]);
    let cameras = camera("gate", "Phường Cửa Nam", &simulator, "");
    let mut site = Site::new(false, &format!("{RESTREAM}{cameras}"));
    site.start();
    let address = listening(&site);
    site.wait_for_state("gate", "up", PATIENCE).await;
    let others = Pull::start(address, "gate/main", &site.token, Transport::Tcp);
    others.has_taken(1).await;

    // It plays, and takes nothing.
    let mut slow = Client::known(address, &site.token).await;
    slow.play("gate/main").await;

    // Whatever comes instead of a request ends its connection, with a word where there is one.
    let long_head = format!("OPTIONS * RTSP/1.0\r\nX: {}", "x".repeat(100_000));
    let endless = "X: y\r\n".repeat(20_000);
    let hostile: [&[u8]; 7] = [
        b"\x00\xff\xfe garbage\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        long_head.as_bytes(),
        endless.as_bytes(),
        b"OPTIONS * RTSP/1.0\r\nContent-Length: 18446744073709551616\r\n\r\n",
        b"OPTIONS * RTSP/1.0\r\nContent-Length: 1000000\r\n\r\n",
        b"OPTIONS * RTSP/1.0\r\nContent-Length: -5\r\n\r\n",
    ];
    for bytes in hostile {
        let mut client = Client::connect(address).await;
        // It may have closed before all was written.
        let _ = client.stream.write_all(bytes).await;
        client.is_closed().await;
    }
    // A body that never comes, and a frame that is not whole, wait for their time to run out.
    let mut patient = Client::connect(address).await;
    let half = b"OPTIONS * RTSP/1.0\r\nContent-Length: 60000\r\n\r\n$\x00\xff\xff";
    patient.stream.write_all(half).await.unwrap();
    patient.is_closed().await;

    site.wait_for_log("client too slow, cut off", PATIENCE);
    slow.is_closed().await;
    let before = others.taken().len();
    let taken = others.has_taken(before + 25).await;
    let sent = simulator.sent("/gate/main").unwrap();
    assert!(taken.iter().all(|unit| unit.run == taken[0].run), "the others saw nothing of it");
    compare(&taken, &sent);
    let status = simulator.status("/gate/main").unwrap();
    assert_eq!((status.sessions, status.slow_clients), (1, 0), "and recording went on");
    let metrics = String::from_utf8(site.bytes("/metrics").await).unwrap();
    assert!(metrics.contains("watchpost_restream_cut_off_total 1\n"), "{metrics}");
    assert!(metrics.contains("watchpost_restream_bad_requests_total 7\n"), "{metrics}");
    site.stop();
}

/// Runs a program of another make, and returns what it says.
async fn run(program: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null());
    let done = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let complaints = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{program} {arguments:?}: {complaints}");
    done
}

/// Returns the hashes of the packets that ffprobe reads at an address.
async fn probed(url: &str, more: &[&str]) -> Vec<String> {
    let shown = ["-v", "error", "-select_streams", "v:0", "-show_data_hash", "sha256"];
    let entries = ["-show_entries", "packet=data_hash", "-of", "compact=p=0:nk=1", "-i", url];
    let output = run("ffprobe", &[&shown[..], more, &entries[..]].concat()).await;
    let text = String::from_utf8(output.stdout).unwrap();
    let hash = |line: &str| line.trim_end_matches('|').rsplit(':').next().unwrap().to_owned();
    text.lines().filter(|line| !line.is_empty()).map(hash).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn players_of_others_play_it_over_rtsp_and_as_live_hls() {
    let simulator = cameras_that_send(&[("gate", "vtest-h264.mp4"), ("yard", "vtest-h265.mp4")]);
    let cameras = [
        camera("gate", "Phường Cửa Nam", &simulator, ""),
        camera("yard", "Phường Từ Liêm", &simulator, ""),
    ];
    let mut site = Site::new(false, &format!("{RESTREAM}{}", cameras.concat()));
    site.start();
    let address = listening(&site);
    let token = &site.token;
    for id in ["gate", "yard"] {
        site.wait_for_state(id, "up", PATIENCE).await;
        let url = format!("rtsp://wall:{token}@{address}/live/{id}/main");
        for transport in ["tcp", "udp"] {
            let how = ["-v", "error", "-rtsp_transport", transport, "-i", &url];
            run("ffmpeg", &[&how[..], &["-frames:v", "30", "-f", "null", "-"]].concat()).await;
        }
        let playlist = format!("/api/v1/cameras/{id}/live.m3u8");
        let is_begun = || async {
            let (status, _) = site.ask(&playlist).await;
            let pieces = if status == 200 { site.bytes(&playlist).await } else { Vec::new() };
            let pieces = String::from_utf8(pieces).unwrap();
            (pieces.matches("#EXTINF").count() >= 3).then_some(())
        };
        eventually("three GOPs are on disk", PATIENCE, is_begun).await;
        // The token as a password, as players show it.
        let url = site.api.replace("http://", &format!("http://wall:{token}@"));
        let url = format!("{url}{playlist}");
        let shown = probed(&url, &["-read_intervals", "%+#60"]).await;
        let sent = simulator.sent(&format!("/{id}/main")).unwrap();
        let first = sent.iter().position(|picture| sent_hash(picture) == shown[0]);
        let first = first.expect("what is shown was sent");
        let expected: Vec<_> = sent[first..].iter().take(shown.len()).map(sent_hash).collect();
        assert!(shown.len() >= 60 && sent[first].is_keyframe);
        assert_eq!(shown, expected, "bit for bit, in order, none missing");
    }
    // Somebody who may watch, and play nothing back, watches so; somebody of elsewhere does not.
    let lan = site.token_for("lan", &["--role", "duty", "--place", "Phường Cửa Nam"]);
    let nam = site.token_for("nam", &["--role", "duty", "--place", "Phường Từ Liêm"]);
    for (token, expected) in [(&lan, 200), (&nam, 404)] {
        let url = format!("{}/api/v1/cameras/gate/live.m3u8", site.api);
        let asked = reqwest::Client::new().get(url).basic_auth("x", Some(token)).send().await;
        assert_eq!(asked.unwrap().status().as_u16(), expected);
    }
    site.stop();
}
