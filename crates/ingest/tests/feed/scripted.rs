//! A camera that does what the test says, byte by byte: for what no honest server would send.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Parameter sets of a 640x360 baseline stream.
pub(crate) const PARAMETER_SETS: &str = "Z0IAHpWoKAv+VA==,aM48gA==";

/// What the camera does with a request for the presentation.
#[derive(Clone)]
pub(crate) enum Describe {
    /// Answers with this status line and headers, and no body.
    Status(&'static str),
    /// Answers with a session description.
    Sdp(String),
    /// Sends these bytes instead of an answer.
    Bytes(Vec<u8>),
    /// Says nothing.
    Silence,
    /// Closes the connection.
    Close,
}

/// Returns what is sent in the nth step of a hundredth of a second, per connection.
type Play = Arc<dyn Fn(u32) -> Vec<u8> + Send + Sync>;

/// A camera of one stream; ends with the test's runtime.
pub(crate) struct Camera {
    pub(crate) address: SocketAddr,
    pub(crate) connections: Arc<AtomicUsize>,
}

impl Camera {
    pub(crate) async fn start(
        describe: Describe,
        play: impl Fn(u32) -> Vec<u8> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        let play: Play = Arc::new(play);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(socket, describe.clone(), Arc::clone(&play)));
            }
        });
        Self { address, connections }
    }

    pub(crate) fn url(&self) -> String {
        format!("rtsp://{}/live", self.address)
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

async fn serve(mut socket: TcpStream, describe: Describe, play: Play) -> Option<()> {
    loop {
        let request = read_request(&mut socket).await?;
        let method = request.split(' ').next()?;
        let cseq = request.lines().find_map(|line| line.strip_prefix("CSeq: "))?;
        let ok = format!("RTSP/1.0 200 OK\r\nCSeq: {cseq}\r\n");
        let answer = match (method, &describe) {
            ("DESCRIBE", Describe::Status(status)) => {
                format!("RTSP/1.0 {status}\r\nCSeq: {cseq}\r\n\r\n").into_bytes()
            }
            ("DESCRIBE", Describe::Sdp(sdp)) => format!(
                "{ok}Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}",
                sdp.len()
            )
            .into_bytes(),
            ("DESCRIBE", Describe::Bytes(bytes)) => bytes.clone(),
            ("DESCRIBE", Describe::Silence) => continue,
            ("DESCRIBE", Describe::Close) => return None,
            ("SETUP", _) => {
                format!("{ok}Session: 7\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n")
                    .into_bytes()
            }
            _ => format!("{ok}Session: 7\r\n\r\n").into_bytes(),
        };
        socket.write_all(&answer).await.ok()?;
        if method == "PLAY" {
            break;
        }
    }
    let mut pace = tokio::time::interval(Duration::from_millis(10));
    for step in 0.. {
        pace.tick().await;
        socket.write_all(&play(step)).await.ok()?;
    }
    Some(())
}

async fn read_request(socket: &mut TcpStream) -> Option<String> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(socket.read_u8().await.ok()?);
    }
    String::from_utf8(request).ok()
}

/// Describes one stream of `encoding`, with `parameters` behind it.
pub(crate) fn sdp(encoding: &str, parameters: &str) -> String {
    format!(
        "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\n\
         a=rtpmap:96 {encoding}/90000\r\n{parameters}a=control:video\r\n"
    )
}

/// Describes an H.264 stream with its parameter sets.
pub(crate) fn h264_sdp() -> String {
    sdp(
        "H264",
        &format!("a=fmtp:96 packetization-mode=1;sprop-parameter-sets={PARAMETER_SETS}\r\n"),
    )
}

/// An RTP packet (RFC 3550 §5.1) as it goes over the RTSP connection.
pub(crate) fn rtp(sequence: u16, timestamp: u32, mark: bool, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x80, if mark { 0xe0 } else { 0x60 }];
    packet.extend_from_slice(&sequence.to_be_bytes());
    packet.extend_from_slice(&timestamp.to_be_bytes());
    packet.extend_from_slice(&0x5157_0001u32.to_be_bytes());
    packet.extend_from_slice(payload);
    interleaved(0, &packet)
}

/// A sender report (RFC 3550 §6.4.1).
pub(crate) fn sender_report(unix_s: u64, timestamp: u32) -> Vec<u8> {
    let mut packet = vec![0x80, 200, 0, 6];
    packet.extend_from_slice(&0x5157_0001u32.to_be_bytes());
    packet.extend_from_slice(&((unix_s + 2_208_988_800) << 32).to_be_bytes());
    packet.extend_from_slice(&timestamp.to_be_bytes());
    packet.extend_from_slice(&[0; 8]);
    interleaved(1, &packet)
}

fn interleaved(channel: u8, packet: &[u8]) -> Vec<u8> {
    let mut bytes = vec![b'$', channel];
    bytes.extend_from_slice(&u16::try_from(packet.len()).unwrap().to_be_bytes());
    bytes.extend_from_slice(packet);
    bytes
}

/// The nth picture of a stream with a keyframe every 25, each in one packet, 10 ms apart.
pub(crate) fn picture(number: u32) -> Vec<u8> {
    let keyframe = number.is_multiple_of(25);
    rtp(number as u16, number * 900, true, &slice(number, keyframe))
}

/// Something that passes for a coded slice, other bytes for every number.
pub(crate) fn slice(number: u32, keyframe: bool) -> Vec<u8> {
    let mut nal = vec![if keyframe { 0x65 } else { 0x41 }, 0x88];
    nal.extend(number.to_be_bytes().map(|byte| byte | 0x10));
    nal
}
