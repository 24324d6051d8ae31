//! Pictures of H.264 decoded without the loop filter are, bit for bit, those of ffmpeg's decoder told to
//! leave it out, however they are coded.
#![allow(clippy::unwrap_used, reason = "a test")]

mod support;

use std::path::{Path, PathBuf};

use domain::Codec;
use vision::Picture;
use vision::decoder::{Decoder, Feed, LoopFilter};

/// Pictures of which all edges of blocks show, cut into a keyframe and nineteen others.
fn encode(options: &[&str]) -> PathBuf {
    let source = ["-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25,noise=c0s=20:allf=t"];
    let form = ["-frames:v", "40", "-pix_fmt", "yuv420p", "-c:v", "libx264", "-crf", "40"];
    let gop = ["-g", "20", "-sc_threshold", "0"];
    fixtures::clip("mp4", &[&source[..], &form, &gop, options].concat())
}

/// Pictures that are compared of a file, at most.
const MOST: usize = 50;

/// Decodes the beginning of a file here.
fn decoded(path: &Path, loop_filter: LoopFilter) -> Vec<Picture> {
    let mut decoder = Decoder::new(Codec::H264, Feed::OneStream).unwrap();
    decoder.set_loop_filter(loop_filter);
    let mut out = Vec::new();
    // Some more, for those that are shown before they come.
    for unit in support::access_units(path, "cam-1", MOST + 16) {
        decoder.decode(&unit.format, &unit.data, unit.is_keyframe, &mut out).unwrap();
    }
    decoder.drain(&mut out);
    out.into_iter().take(MOST).map(|decoded| decoded.picture().unwrap()).collect()
}

/// Returns planes one after the other, as ffmpeg writes them.
fn bytes(pictures: &[Picture]) -> Vec<u8> {
    let planes = pictures.iter().flat_map(|picture| {
        let (blue, red) = picture.chroma();
        [picture.luma(), blue, red]
    });
    planes.flatten().copied().collect()
}

/// Decodes as much with ffmpeg, which filters `none` or `all`.
fn by_ffmpeg(path: &Path, left_out: &str) -> Vec<u8> {
    let input = ["-threads", "1", "-skip_loop_filter", left_out, "-i", path.to_str().unwrap()];
    let most = MOST.to_string();
    let output =
        ["-frames:v", &most, "-vsync", "passthrough", "-pix_fmt", "yuv420p", "-f", "rawvideo"];
    std::fs::read(fixtures::clip("yuv", &[&input[..], &output].concat())).unwrap()
}

/// Holds pictures decoded without filter to those of ffmpeg without, and with to those with.
fn compare(path: &Path, what: &str) -> bool {
    let [with, without] = ["none", "all"].map(|left_out| by_ffmpeg(path, left_out));
    let here =
        [LoopFilter::Applied, LoopFilter::LeftOut].map(|filter| bytes(&decoded(path, filter)));
    assert!(here[0] == with, "{what}: filtered pictures differ");
    assert!(here[1] == without, "{what}: unfiltered pictures differ");
    with != without
}

#[test]
fn however_pictures_are_coded_they_are_those_of_a_decoder_told_to_leave_it_out() {
    for (what, options) in [
        ("cabac", &["-bf", "0"][..]),
        ("cavlc", &["-profile:v", "baseline"]),
        ("offsets", &["-bf", "0", "-x264-params", "deblock=-3,2"]),
        ("offsets and cavlc", &["-profile:v", "baseline", "-x264-params", "deblock=2,-1"]),
        ("slices", &["-bf", "0", "-slices", "4"]),
        ("slices and cavlc", &["-profile:v", "baseline", "-x264-params", "slices=5:deblock=1,1"]),
        (
            "weights and references",
            &["-bf", "0", "-weightp", "2", "-refs", "5", "-preset", "slower"],
        ),
        ("between two", &["-bf", "3", "-b-pyramid", "normal", "-refs", "4"]),
        ("between two, cavlc", &["-bf", "2", "-x264-params", "cabac=0:weightb=1"]),
        ("fields", &["-bf", "0", "-flags", "+ildct+ilme"]),
        ("fields, between two", &["-bf", "2", "-flags", "+ildct+ilme", "-x264-params", "slices=3"]),
        ("scaling lists", &["-bf", "0", "-x264-params", "cqm=jvt"]),
        ("refreshed bit by bit", &["-bf", "0", "-x264-params", "intra-refresh=1:keyint=10"]),
        (
            "constrained",
            &[
                "-bf",
                "0",
                "-x264-params",
                "constrained-intra=1:nal-hrd=vbr:vbv-maxrate=300:vbv-bufsize=300",
            ],
        ),
    ] {
        assert!(compare(&encode(options), what), "{what}: the filter made no difference");
    }
    assert!(!compare(&encode(&["-bf", "0", "-x264-params", "no-deblock=1"]), "no filter"));
}

#[test]
fn real_streets_are_those_of_a_decoder_told_to_leave_it_out() {
    for name in ["vtest-h264.mp4", "vtest-h264-sub.mp4"] {
        assert!(compare(&support::demo_footage(name), name));
    }
    let Some(folder) = support::footage::folder() else { return };
    for clip in support::footage::clips(&folder) {
        // The others come from cameras that no longer send what they did.
        if clip.extension().is_some_and(|extension| extension == "mp4") {
            assert!(compare(&clip, &clip.display().to_string()));
        }
    }
}

#[test]
fn the_filter_comes_and_goes_with_keyframes() {
    let path = encode(&["-bf", "0"]);
    let units = support::access_units(&path, "cam-1", 40);
    let [with, without] =
        [LoopFilter::Applied, LoopFilter::LeftOut].map(|filter| decoded(&path, filter));
    let mut decoder = Decoder::new(Codec::H264, Feed::OneStream).unwrap();
    let mut out = Vec::new();
    for unit in units.iter().chain(&units[..1]) {
        // Said in the middle of a GOP, it holds from the next on.
        match out.len() {
            10 => decoder.set_loop_filter(LoopFilter::LeftOut),
            30 => decoder.set_loop_filter(LoopFilter::Applied),
            _ => {}
        }
        decoder.decode(&unit.format, &unit.data, unit.is_keyframe, &mut out).unwrap();
    }
    let pictures: Vec<Picture> =
        out.into_iter().map(|decoded| decoded.picture().unwrap()).collect();
    assert!(pictures[..20] == with[..20] && pictures[20..40] == without[20..40]);
    assert!(pictures[40] == with[0]);
}
