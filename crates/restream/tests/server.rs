//! The server as its clients see it, over a source that does as it is told: sessions, their ends, and
//! who is let in.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use domain::{Codec, Timestamp, VideoFormat};
use restream::{
    Answer, Asked, Listener, Patience, Picture, Proof, Refusal, Restream, Seen, Source, Tally,
    Ticket, View,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use tokio_util::sync::CancellationToken;

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(60);
/// `avcC` with the NAL units `67 4d 40 1f` and `68 ee`.
const AVC: [u8; 17] =
    [1, 0x4d, 0x40, 0x1f, 0xff, 0xe1, 0, 4, 0x67, 0x4d, 0x40, 0x1f, 1, 0, 2, 0x68, 0xee];
/// `x:let me in`.
const KNOWN: &str = "Authorization: Basic eDpsZXQgbWUgaW4=\r\n";

fn format(codec: Codec) -> Arc<VideoFormat> {
    Arc::new(VideoFormat {
        codec,
        width: 640,
        height: 480,
        sample_entry: Bytes::new(),
        codec_data: Bytes::from_static(&AVC),
        rfc6381: "avc1.4d401f".into(),
    })
}

/// What a source shows.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Show {
    /// A keyframe of so many bytes, again and again.
    Pictures(usize),
    /// Nothing.
    Nothing,
    /// A picture of another codec than was told.
    OtherCodec,
    /// That it is over.
    End,
}

#[derive(Debug)]
struct Scripted {
    show: Show,
    views: Arc<AtomicUsize>,
}

impl Source for Scripted {
    fn admit(&self, asked: Asked) -> Answer<'_, Result<Arc<dyn Ticket>, Refusal>> {
        Box::pin(async move {
            let shown = asked.credentials.ok_or(Refusal::NotSignedIn)?;
            let is_known = match &shown.proof {
                Proof::Password(password) => password == "let me in",
                Proof::Digest(digest) => shown.name == "wall" && digest.is_by("let me in"),
            };
            if !is_known {
                return Err(Refusal::NotSignedIn);
            }
            match asked.camera.as_str() {
                "gate" => {
                    let (show, views) = (self.show, Arc::clone(&self.views));
                    Ok(Arc::new(Scripted { show, views }) as Arc<dyn Ticket>)
                }
                "masked" => Err(Refusal::Masked),
                "down" => Err(Refusal::NoPicture),
                _ => Err(Refusal::NotFound),
            }
        })
    }
}

impl Ticket for Scripted {
    fn format(&self) -> Answer<'_, Result<Arc<VideoFormat>, Refusal>> {
        Box::pin(async { Ok(format(Codec::H264)) })
    }

    fn open(&self) -> Answer<'_, Result<Box<dyn View>, Refusal>> {
        let views = Arc::clone(&self.views);
        let number = views.fetch_add(1, Ordering::SeqCst);
        let view = ScriptedView { show: self.show, views, number: i64::try_from(number).unwrap() };
        Box::pin(async move { Ok(Box::new(view) as Box<dyn View>) })
    }
}

struct ScriptedView {
    show: Show,
    views: Arc<AtomicUsize>,
    number: i64,
}

impl Drop for ScriptedView {
    fn drop(&mut self) {
        self.views.fetch_sub(1, Ordering::SeqCst);
    }
}

impl View for ScriptedView {
    fn next(&mut self) -> Answer<'_, Seen> {
        Box::pin(async {
            tokio::task::yield_now().await;
            self.number += 1;
            let picture = |codec, bytes: usize| {
                let nal = vec![0x65; bytes];
                let mut data = u32::try_from(bytes).unwrap().to_be_bytes().to_vec();
                data.extend_from_slice(&nal);
                Seen::Picture(Picture {
                    time: Timestamp::from_micros(self.number * 40_000),
                    is_keyframe: true,
                    format: format(codec),
                    data: data.into(),
                })
            };
            match self.show {
                Show::Pictures(bytes) => picture(Codec::H264, bytes),
                Show::OtherCodec => picture(Codec::H265, 100),
                Show::End => Seen::Ended("it is over"),
                Show::Nothing => std::future::pending().await,
            }
        })
    }
}

struct Running {
    address: SocketAddr,
    tally: Arc<Tally>,
    views: Arc<AtomicUsize>,
    stop: CancellationToken,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn start(show: Show, patience: Patience) -> Running {
    start_as(show, patience, |server| server)
}

fn start_as(show: Show, patience: Patience, as_what: fn(Restream) -> Restream) -> Running {
    let listener = restream::listen("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    let (tally, views): (Arc<Tally>, Arc<AtomicUsize>) = Default::default();
    let source = Arc::new(Scripted { show, views: Arc::clone(&views) });
    let server = as_what(Restream::new(source, Arc::clone(&tally), patience));
    let stop = CancellationToken::new();
    let listener = Listener { tcp: listener, encryption: None };
    tokio::spawn(server.serve(vec![listener], stop.clone()));
    Running { address, tally, views, stop }
}

impl Running {
    /// Waits until so many watch.
    async fn has_viewers(&self, count: usize) {
        let watched = async {
            while self.views.load(Ordering::SeqCst) != count
                || self.tally.figures().clients != count
            {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, watched).await.expect("so many watch");
    }

    async fn connect(&self) -> Client {
        let stream = TcpStream::connect(self.address).await.unwrap();
        Client { stream, heard: Vec::new(), session: String::new() }
    }

    /// Returns a client that plays over its connection.
    async fn plays(&self) -> Client {
        let mut client = self.connect().await;
        client.set_up("RTP/AVP/TCP;unicast;interleaved=2-3").await;
        client.play().await;
        client
    }
}

struct Client {
    stream: TcpStream,
    heard: Vec<u8>,
    session: String,
}

impl Client {
    async fn ask(&mut self, method: &str, path: &str, headers: &str) -> String {
        let request = format!("{method} rtsp://h/live/{path} RTSP/1.0\r\nCSeq: 3\r\n{headers}\r\n");
        self.stream.write_all(request.as_bytes()).await.unwrap();
        let answered = async {
            loop {
                if let Some(answer) = self.take_answer() {
                    return answer;
                }
                assert!(self.stream.read_buf(&mut self.heard).await.unwrap() > 0, "it answers");
            }
        };
        tokio::time::timeout(PATIENCE, answered).await.expect("it answers")
    }

    /// Takes the head of an answer with its body, and leaves out what is interleaved before it.
    fn take_answer(&mut self) -> Option<String> {
        while let [b'$', _, high, low, ..] = self.heard[..] {
            let length = 4 + usize::from(u16::from_be_bytes([high, low]));
            if self.heard.len() < length {
                return None;
            }
            self.heard.drain(..length);
        }
        let end = self.heard.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
        let head = String::from_utf8(self.heard[..end].to_vec()).unwrap();
        let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
        let whole = end + length.map_or(0, |length| length.parse::<usize>().unwrap());
        if self.heard.len() < whole {
            return None;
        }
        let answer = String::from_utf8(self.heard.drain(..whole).collect()).unwrap();
        Some(answer)
    }

    async fn set_up(&mut self, transport: &str) -> String {
        let headers = format!("{KNOWN}Transport: {transport}\r\n");
        let answer = self.ask("SETUP", "gate/main/trackID=0", &headers).await;
        assert!(answer.starts_with("RTSP/1.0 200"), "{answer}");
        let session = answer.lines().find_map(|line| line.strip_prefix("Session: ")).unwrap();
        self.session = format!("Session: {}\r\n", session.split(';').next().unwrap());
        answer
    }

    async fn play(&mut self) -> String {
        let session = self.session.clone();
        let answer = self.ask("PLAY", "gate/main/", &session).await;
        assert!(answer.starts_with("RTSP/1.0 200"), "{answer}");
        answer
    }

    /// Reads on until it is closed.
    async fn is_closed(&mut self) {
        let closed = async {
            let mut buffer = vec![0; 65_536];
            while self.stream.read(&mut buffer).await.is_ok_and(|read| read > 0) {}
        };
        tokio::time::timeout(PATIENCE, closed).await.expect("the connection is closed");
    }
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap()
}

#[tokio::test]
async fn a_session_is_described_played_kept_up_and_torn_down() {
    let running = start(Show::Pictures(3000), Patience::default());
    let mut client = running.connect().await;
    let options = client.ask("OPTIONS", "gate", "").await;
    assert!(options.contains("Public: OPTIONS, DESCRIBE, SETUP, PLAY"), "{options}");
    let description = client.ask("DESCRIBE", "gate/main", KNOWN).await;
    assert!(description.contains("Content-Base: rtsp://h/live/gate/main/\r\n"), "{description}");
    assert!(description.contains("s=gate\r\n") && description.contains("a=control:trackID=0\r\n"));
    let set_up = client.set_up("RTP/AVP/TCP;unicast;interleaved=2-3").await;
    assert!(set_up.contains("Transport: RTP/AVP/TCP;unicast;interleaved=2-3;ssrc="), "{set_up}");
    assert!(set_up.contains(";timeout=60\r\n"));
    let played = client.play().await;
    assert!(played.contains("RTP-Info: url=rtsp://h/live/gate/main/trackID=0;seq="), "{played}");
    running.has_viewers(1).await;
    let session = client.session.clone();
    for (method, expected) in [("GET_PARAMETER", "200"), ("PAUSE", "501"), ("SETUP", "455")] {
        let headers = format!("{KNOWN}{session}Transport: RTP/AVP/TCP\r\n");
        assert_eq!(status(&client.ask(method, "gate/main", &headers).await), expected, "{method}");
    }
    assert_eq!(status(&client.ask("PLAY", "gate/main", "Session: 1\r\n").await), "454");
    assert_eq!(status(&client.ask("TEARDOWN", "gate/main", &session).await), "200");
    client.is_closed().await;
    running.has_viewers(0).await;
}

#[tokio::test]
async fn datagrams_go_to_the_ports_that_were_asked_for() {
    let running = start(Show::Pictures(3000), Patience::default());
    let (rtp, rtcp) = rtsp::udp_pair(
        running.address.ip(),
        running.address.ip(),
        // Connected to anything: what matters is where they listen.
        (9, 9),
    )
    .unwrap();
    let ports = [&rtp, &rtcp].map(|socket| socket.local_addr().unwrap().port());
    drop((rtp, rtcp));
    let [rtp, rtcp] = ports.map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
    let (rtp, rtcp) = (UdpSocket::bind(rtp).await.unwrap(), UdpSocket::bind(rtcp).await.unwrap());
    let mut client = running.connect().await;
    let [first, second] = ports;
    let answer = client.set_up(&format!("RTP/AVP;unicast;client_port={first}-{second}")).await;
    assert!(answer.contains(&format!("client_port={first}-{second};server_port=")), "{answer}");
    client.play().await;
    let mut packet = [0; 2000];
    let received = async {
        let report = rtcp.recv(&mut packet).await.unwrap();
        assert_eq!(packet[..2], [0x80, 200], "a report comes first");
        assert!(report >= 28);
        let length = rtp.recv(&mut packet).await.unwrap();
        assert!(length > 12 && packet[0] == 0x80);
    };
    tokio::time::timeout(PATIENCE, received).await.expect("packets come");
}

#[tokio::test]
async fn who_may_not_is_told_why_as_far_as_they_may_know() {
    let running = start(Show::Nothing, Patience::default());
    let mut client = running.connect().await;
    let wrong = "Authorization: Basic eDp3cm9uZw==\r\n";
    let digest = "Authorization: Digest username=\"x\"\r\n";
    for (path, shown, expected) in [
        ("gate", "", "401"),
        ("gate", wrong, "401"),
        ("gate", digest, "401"),
        ("nowhere", "", "401"),
        ("nowhere", KNOWN, "404"),
        ("gate/other", KNOWN, "404"),
        ("masked", KNOWN, "403"),
        ("down/main", KNOWN, "503"),
    ] {
        let answer = client.ask("DESCRIBE", path, shown).await;
        assert_eq!(status(&answer), expected, "{path} {answer}");
        assert_eq!(answer.contains("WWW-Authenticate: Basic"), expected == "401");
    }
    let nothing = client.ask("SETUP", "gate", &format!("{KNOWN}Transport: RTP/SAVP\r\n")).await;
    assert_eq!(status(&nothing), "461");
    // What was let in once is not asked for again, and other cameras are.
    assert_eq!(status(&client.ask("SETUP", "nowhere", KNOWN).await), "404");
    for _ in 0..9 {
        client.ask("DESCRIBE", "gate", wrong).await;
    }
    client.is_closed().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_takes_nothing_is_cut_off_and_the_others_go_on() {
    let patience = Patience { slow: Duration::from_millis(500), ..Patience::default() };
    let running = start(Show::Pictures(100_000), patience);
    let slow = running.plays().await;
    let mut other = running.plays().await;
    let reading = tokio::spawn(async move { other.is_closed().await });
    let cut_off = async {
        while running.tally.figures().cut_off == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, cut_off).await.expect("it is cut off");
    running.has_viewers(1).await;
    assert!(!reading.is_finished(), "who takes what comes goes on");
    assert_eq!(running.tally.figures().cut_off, 1);
    drop(slow);
    reading.abort();
}

#[tokio::test]
async fn strangers_and_the_silent_have_their_time() {
    let patience = Patience {
        waiting: 2,
        stranger: Duration::from_secs(2),
        silence: Duration::from_secs(3),
        ..Patience::default()
    };
    let running = start(Show::Nothing, patience);
    let mut known = running.plays().await;
    let (mut first, mut second) = (running.connect().await, running.connect().await);
    first.ask("OPTIONS", "gate", "").await;
    second.ask("OPTIONS", "gate", "").await;
    // Two wait already; who plays takes no place of theirs.
    running.connect().await.is_closed().await;
    first.is_closed().await;
    second.is_closed().await;
    // It said nothing, and there was nothing to take.
    known.is_closed().await;
    running.has_viewers(0).await;
}

#[tokio::test]
async fn what_cannot_go_on_ends_the_connection() {
    for show in [Show::End, Show::OtherCodec] {
        let running = start(show, Patience::default());
        let mut client = running.connect().await;
        client.set_up("RTP/AVP/TCP;unicast;interleaved=2-3").await;
        client.play().await;
        client.is_closed().await;
        running.has_viewers(0).await;
    }
    let running = start(Show::Nothing, Patience::default());
    let mut client = running.plays().await;
    running.stop.cancel();
    client.is_closed().await;
}

#[tokio::test]
async fn nonsense_ends_its_own_connection() {
    let running = start(Show::Nothing, Patience::default());
    let mut other = running.plays().await;
    for bytes in [&b"\x00\x01\x02\r\n\r\n"[..], b"GET / HTTP/1.0\r\n\r\n", &[b'x'; 40_000]] {
        let mut client = running.connect().await;
        // It may have closed before all was written.
        let _ = client.stream.write_all(bytes).await;
        client.is_closed().await;
    }
    let session = other.session.clone();
    assert_eq!(status(&other.ask("GET_PARAMETER", "gate", &session).await), "200");
}

/// Returns what a client shows that answers `challenge` by MD5 as RFC 2617 §3.5 has it, `response`
/// being made by who knows the nonce.
fn shown(nonce: &str, response: &str) -> String {
    format!(
        "Authorization: Digest username=\"wall\", realm=\"Watchpost\", nonce=\"{nonce}\", \
         uri=\"rtsp://h/live/gate\", response=\"{response}\"\r\n"
    )
}

fn md5_hex(text: &str) -> String {
    use md5::Digest as _;
    md5::Md5::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn who_knows_the_password_need_not_send_it() {
    let running = start_as(Show::Nothing, Patience::default(), Restream::offer_digest);
    let mut client = running.connect().await;
    let refused = client.ask("DESCRIBE", "gate", "").await;
    assert_eq!(status(&refused), "401");
    for scheme in ["Digest realm", "algorithm=SHA-256", "Basic realm"] {
        assert!(refused.contains(scheme), "{refused}");
    }
    let nonce_of = |answer: &str| {
        let (_, behind) = answer.split_once("nonce=\"").unwrap();
        behind.split('"').next().unwrap().to_owned()
    };
    let answered = |password: &str, nonce: &str| {
        let secret = md5_hex(&format!("wall:Watchpost:{password}"));
        md5_hex(&format!("{secret}:{nonce}:{}", md5_hex("DESCRIBE:rtsp://h/live/gate")))
    };
    let nonce = nonce_of(&refused);
    let wrong = shown(&nonce, &answered("let me out", &nonce));
    assert_eq!(status(&client.ask("DESCRIBE", "gate", &wrong).await), "401");
    let right = shown(&nonce, &answered("let me in", &nonce));
    assert_eq!(status(&client.ask("DESCRIBE", "gate", &right).await), "200");
    assert_eq!(status(&client.ask("DESCRIBE", "gate", KNOWN).await), "200", "or sends it");
    // What was overheard is worth nothing on another connection.
    let mut other = running.connect().await;
    assert_eq!(status(&other.ask("DESCRIBE", "gate", &right).await), "401");
    // Nor where it is not offered.
    let plain = start(Show::Nothing, Patience::default());
    let mut client = plain.connect().await;
    let refused = client.ask("DESCRIBE", "gate", &right).await;
    assert!(status(&refused) == "401" && !refused.contains("Digest"), "{refused}");
}
