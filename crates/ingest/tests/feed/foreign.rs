//! A server that others wrote, GStreamer's gst-rtsp-server, so that we are not tuned to ourselves.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use domain::{ClockSource, Codec, StreamState};
use ingest::{Policy, Transport};

use crate::footage;
use crate::stage::{Stage, settings};

/// The server, until it is dropped.
struct ForeignServer {
    process: Child,
    url: String,
}

impl ForeignServer {
    /// Compiles and starts the server, looping nothing: it plays `file` once, at its own pace.
    fn start(folder: &Path, file: &Path, codec: Codec) -> Self {
        let program = folder.join("foreign_server");
        let flags = Command::new("pkg-config")
            .args(["--cflags", "--libs", "gstreamer-rtsp-server-1.0"])
            .output()
            .expect("pkg-config runs");
        assert!(
            flags.status.success(),
            "libgstrtspserver-1.0-dev is missing; scripts/setup installs it"
        );
        let compiled = Command::new("cc")
            .arg("-o")
            .arg(&program)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/feed/foreign_server.c"))
            .args(String::from_utf8(flags.stdout).unwrap().split_whitespace())
            .status()
            .expect("cc runs");
        assert!(compiled.success());
        let codec = codec.as_str();
        let pipeline = format!(
            "( filesrc location={} ! qtdemux ! {codec}parse config-interval=-1 \
             ! rtp{codec}pay name=pay0 pt=96 )",
            file.display()
        );
        let mut process =
            Command::new(&program).arg(pipeline).stdout(Stdio::piped()).spawn().unwrap();
        let mut port = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut port).unwrap();
        Self { process, url: format!("rtsp://127.0.0.1:{}/live", port.trim()) }
    }
}

impl Drop for ForeignServer {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Returns the slices of `file` in order, as its own muxer wrote them.
fn slices_of(file: &Path, codec: Codec) -> Vec<Vec<u8>> {
    let filter = match codec {
        Codec::H264 => "h264_mp4toannexb",
        Codec::H265 => "hevc_mp4toannexb",
    };
    let format = match codec {
        Codec::H264 => "h264",
        Codec::H265 => "hevc",
    };
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(file)
        .args(["-c", "copy", "-bsf:v", filter, "-f", format, "-"])
        .output()
        .expect("ffmpeg runs");
    let mut slices = Vec::new();
    let mut rest = output.stdout.as_slice();
    while !rest.is_empty() {
        let end = rest.windows(3).position(|window| window == [0, 0, 1]).unwrap_or(rest.len());
        let nal = without_trailing_zeros(&rest[..end]);
        if !nal.is_empty() && is_slice(codec, nal) {
            slices.push(nal.to_vec());
        }
        rest = &rest[(end + 3).min(rest.len())..];
    }
    slices
}

/// Leaves out the zero bytes between a NAL unit and the next start code.
fn without_trailing_zeros(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|&byte| byte != 0);
    &bytes[..end.map_or(0, |last| last + 1)]
}

fn is_slice(codec: Codec, nal: &[u8]) -> bool {
    match codec {
        Codec::H264 => matches!(nal[0] & 0x1f, 1..=5),
        Codec::H265 => nal[0] >> 1 & 0x3f < 32,
    }
}

async fn take(codec: Codec, transport: Transport) {
    let folder = tempfile::tempdir().unwrap();
    let file = footage::make(codec, "320x240", 30);
    let server = ForeignServer::start(folder.path(), &file, codec);
    let mut settings = settings(&server.url);
    settings.transport = transport;
    let stage = Stage::take(settings, Policy::default());
    let (_, status) = stage
        .until("a sender report", |log, _| {
            let last = log.units.last();
            last.is_some_and(|unit| unit.clock_source == ClockSource::SenderReport)
        })
        .await;
    assert_eq!(status.state, StreamState::Up);
    stage.until_more_units(30).await;
    let log = stage.stop().await;

    let unit = log.units.last().unwrap();
    assert_eq!(unit.format.codec, codec);
    assert_eq!((unit.format.width, unit.format.height), (320, 240));
    // One machine, one clock: what remains is delay.
    assert!(unit.clock_error_us.abs() < 250_000, "{} us", unit.clock_error_us);
    let received: Vec<&[u8]> = log
        .units
        .iter()
        .flat_map(|unit| footage::nal_units(&unit.data))
        .filter(|nal| is_slice(codec, nal))
        .collect();
    let sent = slices_of(&file, codec);
    assert!(received.len() > 50);
    assert_eq!(received, sent[..received.len()]);
}

#[tokio::test]
async fn h264_by_tcp() {
    take(Codec::H264, Transport::Tcp).await;
}

#[tokio::test]
async fn h264_by_udp() {
    take(Codec::H264, Transport::Udp).await;
}

#[tokio::test]
async fn h265_by_tcp() {
    take(Codec::H265, Transport::Tcp).await;
}
