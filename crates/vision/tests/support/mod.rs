//! Real access units, read from MP4 files by GStreamer, and where the other real parts lie.
#![allow(unreachable_pub, clippy::unwrap_used, reason = "a module of tests")]
#![allow(dead_code, reason = "each test file uses its own share")]

pub mod footage;

use std::path::{Path, PathBuf};

use domain::{AccessUnit, Codec, Timestamp};
use vision::{Clip, VisionConfig};

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
        is_loaded: false,
    }
}

/// The demo footage of that name.
pub fn demo_footage(name: &str) -> PathBuf {
    let path = root().join("var/demo/footage").join(name);
    assert!(path.exists(), "{} is missing: scripts/setup --demo makes it", path.display());
    path
}

/// Returns a test picture as cameras encode it: no B-frames, a keyframe every `gop`.
pub fn encode(codec: Codec, size: &str, frames: u32, gop: u32) -> PathBuf {
    let (source, frames) = (format!("testsrc2=size={size}:rate=25"), frames.to_string());
    let x265 =
        format!("log-level=error:bframes=0:keyint={gop}:min-keyint={gop}:scenecut=0:open-gop=0");
    let gop = gop.to_string();
    let picture = ["-f", "lavfi", "-i", &source, "-frames:v", &frames, "-preset", "ultrafast"];
    let codec: &[&str] = match codec {
        Codec::H264 => &["-c:v", "libx264", "-bf", "0", "-g", &gop, "-sc_threshold", "0"],
        Codec::H265 => &["-c:v", "libx265", "-tag:v", "hvc1", "-x265-params", &x265],
    };
    fixtures::clip("mp4", &[&picture[..], codec, &["-pix_fmt", "yuv420p"]].concat())
}

/// Reads at most `limit` access units of an MP4, as ingest would hand them over: `camera`, run 1,
/// times from 2026-01-01 on.
pub fn access_units(path: &Path, camera: &str, limit: usize) -> Vec<AccessUnit> {
    let start = Timestamp::from_micros(1_767_225_600_000_000);
    let clip = Clip::open(path, camera.parse().unwrap(), start).unwrap();
    let units = clip.take(limit).map(Result::unwrap);
    units.map(|unit| AccessUnit { clock_error_us: 12_345, ..unit }).collect()
}
