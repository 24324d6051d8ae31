//! A tiny RTSP client that shares no code with the server, and clips to serve to it.

use std::collections::{HashMap, VecDeque};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

use sha2::{Digest, Sha256};
use simulator::{Mount, Simulator, SimulatorConfig};

/// How long a test waits for anything before it fails.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);

/// Returns a clip of 2 s at 25 pictures per second, a keyframe every 10; `encoder` is an ffmpeg
/// encoder with its options.
pub(crate) fn clip(size: &str, encoder: &str) -> PathBuf {
    let source = format!("testsrc2=size={size}:rate=25");
    let picture = ["-f", "lavfi", "-i", &source, "-t", "2", "-pix_fmt", "yuv420p"];
    let encoder: Vec<&str> = encoder.split(' ').collect();
    fixtures::clip("mp4", &[&picture[..], &["-preset", "ultrafast", "-c:v"], &encoder].concat())
}

/// Encoder options for [`clip`].
pub(crate) const H264: &str = "libx264 -bf 0 -g 10";
/// Encoder options for [`clip`].
pub(crate) const H265: &str =
    "libx265 -x265-params bframes=0:keyint=10:log-level=error -tag:v hvc1";

/// Serves one clip at `/cam1/main` with a log of what was sent.
pub(crate) fn simulate(encoder: &str) -> Simulator {
    let file = clip("192x144", encoder);
    let mut config = SimulatorConfig::new(vec![Mount::new("/cam1/main", file)]);
    config.sent_log = 10_000;
    config.report_interval = Duration::from_millis(200);
    Simulator::start(config).unwrap()
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: String,
}

/// A picture as received.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Picture {
    pub(crate) rtp_timestamp: u32,
    pub(crate) first_sequence: u16,
    pub(crate) nals: Vec<Vec<u8>>,
    pub(crate) is_whole: bool,
}

impl Picture {
    /// SHA-256 of the NAL units, each behind its length.
    pub(crate) fn sha256(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        for nal in &self.nals {
            hash.update(u32::try_from(nal.len()).unwrap().to_be_bytes());
            hash.update(nal);
        }
        hash.finalize().into()
    }
}

/// Makes an `Authorization` header's value from method and URI.
pub(crate) type Authorize = Box<dyn Fn(&str, &str) -> String>;

/// A connection to the simulator.
pub(crate) struct Client {
    stream: TcpStream,
    inbox: Vec<u8>,
    frames: VecDeque<(u8, Vec<u8>)>,
    cseq: u32,
    session: Option<String>,
    pub(crate) uri: String,
    /// Sent as `Authorization`, given method and URI.
    pub(crate) authorize: Option<Authorize>,
    next_sequence: Option<u16>,
    /// NTP and RTP time of sender reports, in the order received.
    pub(crate) reports: Vec<(u64, u32)>,
    h265: bool,
}

impl Client {
    pub(crate) fn connect(address: SocketAddr, path: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        Self {
            stream,
            inbox: Vec::new(),
            frames: VecDeque::new(),
            cseq: 0,
            session: None,
            uri: format!("rtsp://{address}{path}"),
            authorize: None,
            next_sequence: None,
            reports: Vec::new(),
            h265: false,
        }
    }

    /// Sends a request and returns its answer; `None` when the connection is closed instead.
    pub(crate) fn try_ask(
        &mut self,
        method: &str,
        suffix: &str,
        headers: &[&str],
    ) -> Option<Answer> {
        self.cseq += 1;
        let uri = format!("{}{suffix}", self.uri);
        let mut text = format!("{method} {uri} RTSP/1.0\r\nCSeq: {}\r\n", self.cseq);
        if let Some(session) = &self.session {
            text.push_str(&format!("Session: {session}\r\n"));
        }
        if let Some(authorize) = &self.authorize {
            text.push_str(&format!("Authorization: {}\r\n", authorize(method, &uri)));
        }
        for header in headers {
            text.push_str(&format!("{header}\r\n"));
        }
        text.push_str("\r\n");
        self.stream.write_all(text.as_bytes()).ok()?;
        self.read_answer()
    }

    pub(crate) fn ask(&mut self, method: &str, suffix: &str, headers: &[&str]) -> Answer {
        self.try_ask(method, suffix, headers).expect("an answer")
    }

    /// DESCRIBE, SETUP and PLAY over the connection; returns the answer to PLAY.
    pub(crate) fn play(&mut self) -> Answer {
        let transport = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1";
        self.play_over(transport).1
    }

    /// DESCRIBE, SETUP and PLAY; returns the answers to SETUP and PLAY.
    pub(crate) fn play_over(&mut self, transport: &str) -> (Answer, Answer) {
        let described = self.ask("DESCRIBE", "", &["Accept: application/sdp"]);
        assert_eq!(described.status, 200);
        self.h265 = described.body.contains("H265/90000");
        let set_up = self.ask("SETUP", "/trackID=0", &[transport]);
        assert_eq!(set_up.status, 200);
        let session = set_up.headers["session"].split(';').next().unwrap();
        self.session = Some(session.to_owned());
        let playing = self.ask("PLAY", "/", &["Range: npt=0.000-"]);
        assert_eq!(playing.status, 200);
        (set_up, playing)
    }

    /// Returns the next picture; `None` when the connection is closed or no RTSP any more.
    pub(crate) fn try_picture(&mut self) -> Option<Picture> {
        let mut picture: Option<Picture> = None;
        loop {
            let (channel, packet) = self.try_frame()?;
            if channel == 1 {
                let words = |at: usize| u32::from_be_bytes(packet[at..at + 4].try_into().unwrap());
                let ntp = u64::from(words(8)) << 32 | u64::from(words(12));
                self.reports.push((ntp, words(16)));
                continue;
            }
            if channel != 0 || packet.len() < 13 || packet[0] != 0x80 {
                return None;
            }
            let sequence = u16::from_be_bytes([packet[2], packet[3]]);
            let rtp_timestamp = u32::from_be_bytes(packet[4..8].try_into().unwrap());
            let follows = self.next_sequence.is_none_or(|next| next == sequence);
            self.next_sequence = Some(sequence.wrapping_add(1));
            let picture = picture.get_or_insert_with(|| Picture {
                rtp_timestamp,
                first_sequence: sequence,
                nals: Vec::new(),
                is_whole: true,
            });
            picture.is_whole &= follows && picture.rtp_timestamp == rtp_timestamp;
            picture.rtp_timestamp = rtp_timestamp;
            if picture.is_whole {
                unpack(self.h265, &packet[12..], &mut picture.nals);
            }
            if packet[1] & 0x80 != 0 {
                return Some(picture.clone());
            }
        }
    }

    pub(crate) fn picture(&mut self) -> Picture {
        self.try_picture().expect("a picture")
    }

    /// Returns the next interleaved frame.
    fn try_frame(&mut self) -> Option<(u8, Vec<u8>)> {
        loop {
            if let Some(frame) = self.frames.pop_front() {
                return Some(frame);
            }
            match self.inbox.first() {
                Some(b'$') => {
                    if !self.take_frame() {
                        self.fill()?;
                    }
                }
                Some(_) => return None,
                None => self.fill()?,
            }
        }
    }

    fn read_answer(&mut self) -> Option<Answer> {
        loop {
            if self.inbox.first() == Some(&b'$') {
                if !self.take_frame() {
                    self.fill()?;
                }
                continue;
            }
            let end = self.inbox.windows(4).position(|bytes| bytes == b"\r\n\r\n");
            let Some(end) = end else {
                self.fill()?;
                continue;
            };
            let head = String::from_utf8(self.inbox[..end].to_vec()).unwrap();
            let mut lines = head.split("\r\n");
            let first = lines.next().unwrap();
            let status = first.split(' ').nth(1).unwrap().parse().unwrap();
            let headers: HashMap<String, String> = lines
                .filter_map(|line| line.split_once(": "))
                .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
                .collect();
            let len: usize = headers.get("content-length").map_or(0, |len| len.parse().unwrap());
            while self.inbox.len() < end + 4 + len {
                self.fill()?;
            }
            assert_eq!(headers["cseq"], self.cseq.to_string());
            let body = String::from_utf8(self.inbox[end + 4..end + 4 + len].to_vec()).unwrap();
            self.inbox.drain(..end + 4 + len);
            return Some(Answer { status, headers, body });
        }
    }

    fn take_frame(&mut self) -> bool {
        if self.inbox.len() < 4 {
            return false;
        }
        let len = usize::from(u16::from_be_bytes([self.inbox[2], self.inbox[3]]));
        if self.inbox.len() < 4 + len {
            return false;
        }
        let frame: Vec<u8> = self.inbox.drain(..4 + len).collect();
        self.frames.push_back((frame[1], frame[4..].to_vec()));
        true
    }

    fn fill(&mut self) -> Option<()> {
        let mut bytes = [0; 16 << 10];
        match self.stream.read(&mut bytes) {
            Ok(0) => None,
            Ok(len) => {
                self.inbox.extend_from_slice(&bytes[..len]);
                Some(())
            }
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => None,
            Err(error) => panic!("nothing came: {error}"),
        }
    }
}

/// Puts a payload's NAL units behind those that came before.
pub(crate) fn unpack(h265: bool, payload: &[u8], nals: &mut Vec<Vec<u8>>) {
    let header_len = if h265 { 2 } else { 1 };
    let kind = if h265 { payload[0] >> 1 & 0x3f } else { payload[0] & 0x1f };
    match kind {
        24 | 48 if h265 == (kind == 48) => {
            let mut rest = &payload[header_len..];
            while !rest.is_empty() {
                let len = usize::from(u16::from_be_bytes([rest[0], rest[1]]));
                nals.push(rest[2..2 + len].to_vec());
                rest = &rest[2 + len..];
            }
        }
        28 | 49 if h265 == (kind == 49) => {
            let unit = payload[header_len];
            if unit & 0x80 != 0 {
                nals.push(if h265 {
                    vec![payload[0] & 0x81 | (unit & 0x3f) << 1, payload[1]]
                } else {
                    vec![payload[0] & 0xe0 | unit & 0x1f]
                });
            }
            let body = &payload[header_len + 1..];
            nals.last_mut().unwrap().extend_from_slice(body);
        }
        _ => nals.push(payload.to_vec()),
    }
}
