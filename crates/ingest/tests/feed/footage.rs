//! Encoded video to send, made by ffmpeg: moving test pictures, no B-frames, a keyframe a second.

use std::path::PathBuf;

use domain::Codec;

/// Returns an MP4 file.
pub(crate) fn make(codec: Codec, size: &str, seconds: u32) -> PathBuf {
    let source = format!("testsrc2=size={size}:rate=25:duration={seconds}");
    let encoder: &[&str] = match codec {
        Codec::H264 => &["libx264", "-bf", "0", "-x264-params", "scenecut=0"],
        Codec::H265 => &["libx265", "-x265-params", "bframes=0:scenecut=0:log-level=error"],
    };
    let picture = ["-f", "lavfi", "-i", &source, "-g", "25"];
    let form = ["-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:v"];
    fixtures::clip("mp4", &[&picture[..], &form, encoder].concat())
}

/// Returns the NAL units of an access unit, each behind its length in 4 bytes.
pub(crate) fn nal_units(mut data: &[u8]) -> Vec<&[u8]> {
    let mut nals = Vec::new();
    while let Some((length, rest)) = data.split_first_chunk::<4>() {
        let (nal, rest) = rest.split_at(u32::from_be_bytes(*length) as usize);
        nals.push(nal);
        data = rest;
    }
    assert!(data.is_empty(), "the lengths add up");
    nals
}
