//! How much faster than it was recorded a viewing copy is made, on one thread, masks and all.
//!
//! `cargo bench -p vision --bench renditions [-- --clip FILE]`: of the demo clip, enlarged to 1920×1080 at
//! 25 pictures a second in H.265, and of each FILE. In turn with it somebody else's tools do the same
//! without masks: one ffmpeg with one thread (libx264, its fastest preset).
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a bench tells what it measured")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use bytes::Bytes;
use domain::{AccessUnit, MaskHistory, MaskVersion, Point, Polygon, TimeRange, Timestamp};
use vision::Clip;
use vision::rendition::{CodedPictures, Rendition, RenditionSettings};

const ROUNDS: usize = 3;

fn main() {
    let mut clips = vec![enlarged()];
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--clip" {
            clips.extend(arguments.next().map(PathBuf::from));
        }
    }
    println!("| clip | copy | times as fast as recorded | ffmpeg, one thread |\n|---|---|---|---|");
    for clip in clips {
        let start = Timestamp::from_micros(1_772_323_200_000_000);
        let camera = "bench".parse().unwrap();
        let units: Vec<AccessUnit> =
            Clip::open(&clip, camera, start).unwrap().map(Result::unwrap).collect();
        let lasts = units.last().unwrap().time.since(start);
        let name = clip.file_stem().unwrap().to_string_lossy();
        for width in [1280, 640] {
            let ours = best(|| copy(&units, width));
            let theirs = best(|| peer(&clip, width));
            let times = |took: Duration| lasts.as_secs_f64() / took.as_secs_f64();
            println!("| {name} | {width} wide | {:.1} | {:.1} |", times(ours), times(theirs));
        }
    }
}

fn best(work: impl Fn()) -> Duration {
    let took = (0..ROUNDS).map(|_| {
        let begun = Instant::now();
        work();
        begun.elapsed()
    });
    took.min().unwrap()
}

fn copy(units: &[AccessUnit], width: u32) {
    let corners = [[0.1, 0.1], [0.4, 0.1], [0.4, 0.6], [0.1, 0.6]];
    let polygons = vec![Polygon::new(corners.map(Point::from).to_vec()).unwrap()];
    let version = MaskVersion { number: 1, since: Timestamp::from_micros(0), polygons };
    let masks = MaskHistory::new(vec![version]);
    let settings = RenditionSettings { range: TimeRange::ALL, max_width: width, masks };
    let mut rendition = Rendition::new(settings);
    let mut copied = Vec::new();
    let format = &units[0].format;
    for gop in units.chunk_by(|_, next| !next.is_keyframe) {
        let pictures: Vec<(Timestamp, Bytes)> =
            gop.iter().map(|unit| (unit.time, unit.data.clone())).collect();
        let coded = CodedPictures {
            codec: format.codec,
            codec_data: &format.codec_data,
            starts_with_keyframe: true,
            pictures: &pictures,
        };
        rendition.add(coded, &mut copied).unwrap();
    }
    rendition.finish(&mut copied).unwrap();
    assert_eq!(copied.len(), units.len());
}

fn peer(clip: &Path, width: u32) {
    let status = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-y", "-threads", "1", "-i"])
        .arg(clip)
        .args(["-vf", &format!("scale={width}:-2"), "-filter_threads", "1"])
        .args(["-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-threads", "1"])
        .args(["-f", "mp4", "-movflags", "frag_keyframe", "/dev/null"])
        .status()
        .unwrap();
    assert!(status.success());
}

/// Returns twenty seconds of the demo clip as cameras send them today; made once.
fn enlarged() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let path = root.join("target/bench-h265-1080p25.mp4");
    if !path.exists() {
        let status = Command::new("ffmpeg")
            .args(["-nostdin", "-v", "error", "-y", "-t", "50", "-i"])
            .arg(root.join("var/demo/footage/vtest-h264.mp4"))
            .args(["-vf", "setpts=0.4*PTS,scale=1920:1080", "-r", "25", "-an", "-c:v", "libx265"])
            .args(["-preset", "ultrafast", "-tag:v", "hvc1", "-pix_fmt", "yuv420p", "-x265-params"])
            .arg("log-level=error:bframes=0:keyint=50:min-keyint=50:scenecut=0:open-gop=0")
            .arg(&path)
            .status()
            .unwrap();
        assert!(status.success(), "ffmpeg is missing or failed");
    }
    path
}
