//! Real access units, read from MP4 files by GStreamer, and where the other real parts lie.
#![allow(unreachable_pub, clippy::unwrap_used, reason = "a module of tests")]
#![allow(dead_code, reason = "each test file uses its own share")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use bytes::Bytes;
use domain::{AccessUnit, CameraId, ClockSource, Codec, RunId, StreamId, Timestamp, VideoFormat};
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app::AppSink;
use vision::VisionConfig;

/// The repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// ONNX Runtime where `scripts/setup-onnxruntime` puts it, or where `WATCHPOST_ONNXRUNTIME` says.
pub fn onnxruntime() -> PathBuf {
    std::env::var_os("WATCHPOST_ONNXRUNTIME")
        .map_or_else(|| root().join("var/lib/onnxruntime/libonnxruntime.so.1.31.1"), PathBuf::from)
}

/// The default model on the CPU.
pub fn config() -> VisionConfig {
    VisionConfig {
        onnxruntime: onnxruntime(),
        model: root().join("models/nanodet-g-int8.toml"),
        decoder_threads: 1,
        detector_threads: 1,
        providers: vec!["cpu".into()],
    }
}

/// The demo footage of that name.
pub fn demo_footage(name: &str) -> PathBuf {
    let path = root().join("var/demo/footage").join(name);
    assert!(path.exists(), "{} is missing: scripts/setup --demo makes it", path.display());
    path
}

/// Encodes a test picture with ffmpeg as cameras do: no B-frames, a keyframe every `gop`.
pub fn encode(codec: Codec, size: &str, frames: u32, gop: u32, folder: &Path) -> PathBuf {
    let path = folder.join(format!("{}-{size}-{gop}.mp4", codec.as_str()));
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i"]);
    ffmpeg.arg(format!("testsrc2=size={size}:rate=25")).args(["-frames:v", &frames.to_string()]);
    let gop_text = gop.to_string();
    match codec {
        Codec::H264 => ffmpeg.args([
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
            "-bf",
            "0",
            "-g",
            &gop_text,
            "-sc_threshold",
            "0",
        ]),
        Codec::H265 => ffmpeg
            .args(["-c:v", "libx265", "-preset", "ultrafast", "-tag:v", "hvc1"])
            .arg("-x265-params")
            .arg(format!(
                "log-level=error:bframes=0:keyint={gop}:min-keyint={gop}:scenecut=0:open-gop=0"
            )),
    };
    let status = ffmpeg.args(["-pix_fmt", "yuv420p"]).arg(&path).status().unwrap();
    assert!(status.success(), "ffmpeg is missing or failed");
    path
}

/// Reads at most `limit` access units of an MP4, as ingest would hand them over: `camera`, run 1,
/// times from 2026-01-01 on.
pub fn access_units(path: &Path, camera: &str, limit: usize) -> Vec<AccessUnit> {
    gst::init().unwrap();
    let pipeline = gst::parse::launch(&format!(
        "filesrc location=\"{}\" ! qtdemux ! appsink name=out sync=false max-buffers=8",
        path.display()
    ))
    .unwrap()
    .downcast::<gst::Pipeline>()
    .unwrap();
    let out = pipeline.by_name("out").unwrap().downcast::<AppSink>().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let camera: CameraId = camera.parse().unwrap();
    let mut units = Vec::new();
    let mut format: Option<Arc<VideoFormat>> = None;
    while units.len() < limit {
        let Ok(sample) = out.pull_sample() else { break };
        let format = format.get_or_insert_with(|| Arc::new(video_format(sample.caps().unwrap())));
        let buffer = sample.buffer().unwrap();
        let at = buffer.pts().unwrap().useconds();
        units.push(AccessUnit {
            stream: StreamId::main(camera.clone()),
            run: RunId(1),
            sequence: units.len() as u64,
            time: Timestamp::from_micros(1_767_225_600_000_000 + i64::try_from(at).unwrap()),
            clock_source: ClockSource::SenderReport,
            clock_error_us: 12_345,
            timestamp_90k: i64::try_from(at).unwrap() * 9 / 100,
            is_keyframe: !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT),
            lost_packets: 0,
            format: Arc::clone(format),
            data: Bytes::copy_from_slice(&buffer.map_readable().unwrap()),
        });
    }
    pipeline.set_state(gst::State::Null).unwrap();
    assert!(!units.is_empty(), "{} holds no picture", path.display());
    units
}

fn video_format(caps: &gst::CapsRef) -> VideoFormat {
    let caps = caps.structure(0).unwrap();
    let codec = if caps.name() == "video/x-h264" { Codec::H264 } else { Codec::H265 };
    let record: gst::Buffer = caps.get("codec_data").unwrap();
    VideoFormat {
        codec,
        width: caps.get::<i32>("width").unwrap().unsigned_abs(),
        height: caps.get::<i32>("height").unwrap().unsigned_abs(),
        sample_entry: Bytes::new(),
        codec_data: Bytes::copy_from_slice(&record.map_readable().unwrap()),
        rfc6381: String::new(),
    }
}
