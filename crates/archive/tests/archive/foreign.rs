//! Other people's readers, on real H.264 and H.265: they find every frame and complain of nothing.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::Duration;

use archive::clip::Clip;
use archive::playlist::{Listed, hls};
use bytes::Bytes;
use domain::{
    AccessUnit, ClockSource, Codec, GapCause, RunId, Segment, TimeRange, Timestamp, VideoFormat,
};

use crate::support::{START, Site, close, folder, pictures, stream};

/// Runs a program that `scripts/setup` installs.
fn run(program: &str, arguments: &[&str]) -> Output {
    let output = Command::new(program).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("cannot run {program}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {said}");
    output
}

fn boxed(bytes: &[u8]) -> (&[u8], &[u8; 4], &[u8]) {
    let size = usize::try_from(u32::from_be_bytes(bytes[..4].try_into().unwrap())).unwrap();
    (&bytes[8..size], bytes[4..8].try_into().unwrap(), &bytes[size..])
}

fn find<'a>(mut bytes: &'a [u8], kind: &[u8; 4]) -> &'a [u8] {
    loop {
        let (payload, found, rest) = boxed(bytes);
        if found == kind {
            return payload;
        }
        bytes = rest;
    }
}

fn words(bytes: &[u8]) -> Vec<usize> {
    let word = |word: &[u8]| u32::from_be_bytes(word.try_into().unwrap());
    bytes.chunks_exact(4).map(|bytes| usize::try_from(word(bytes)).unwrap()).collect()
}

/// Encodes a test picture and returns it as a camera would send it: 4 s at 25 pictures a second,
/// a keyframe a second.
fn encode(codec: Codec, size: &str, run: u64, start: Timestamp) -> Vec<AccessUnit> {
    let source = format!("testsrc2=size={size}:rate=25");
    let picture = ["-f", "lavfi", "-i", &source, "-t", "4", "-preset", "ultrafast"];
    let codec_of: &[&str] = match codec {
        Codec::H264 => &["-c:v", "libx264", "-bf", "0", "-tag:v", "avc1"],
        Codec::H265 => {
            &["-c:v", "libx265", "-x265-params", "bframes=0:log-level=error", "-tag:v", "hvc1"]
        }
    };
    let form = ["-g", "25", "-keyint_min", "25", "-pix_fmt", "yuv420p"];
    let file = fixtures::clip("mp4", &[&picture[..], codec_of, &form].concat());

    let bytes = Bytes::from(std::fs::read(&file).unwrap());
    let trak = find(find(&bytes, b"moov"), b"trak");
    let stbl = find(find(find(trak, b"mdia"), b"minf"), b"stbl");
    let entry = &find(stbl, b"stsd")[8..];
    let entry_size = words(&entry[..4])[0];
    let sizes = words(&find(stbl, b"stsz")[12..]);
    let keyframes = words(&find(stbl, b"stss")[8..]);
    let (width, height) = size.split_once('x').unwrap();
    let format = Arc::new(VideoFormat {
        codec,
        width: width.parse().unwrap(),
        height: height.parse().unwrap(),
        sample_entry: bytes.slice_ref(&entry[..entry_size]),
        codec_data: Bytes::new(),
        rfc6381: String::new(),
    });
    let mut data = bytes.slice_ref(find(&bytes, b"mdat"));
    let mut units = Vec::new();
    for (number, size) in sizes.into_iter().enumerate() {
        let sequence = u64::try_from(number).unwrap();
        units.push(AccessUnit {
            stream: stream("cam"),
            run: RunId(run),
            sequence,
            time: start.plus(Duration::from_millis(sequence * 40)),
            clock_source: ClockSource::SenderReport,
            clock_error_us: 0,
            timestamp_90k: 0,
            is_keyframe: keyframes.contains(&(number + 1)),
            lost_packets: 0,
            format: Arc::clone(&format),
            data: data.split_to(size),
        });
    }
    assert_eq!(units.len(), 100);
    units
}

/// Has ffmpeg decode a file; returns how many frames it shows. It must not complain.
fn frames(file: &str) -> usize {
    let decode = ["-v", "error", "-allowed_extensions", "ALL", "-i", file];
    let is_playlist = file.ends_with(".m3u8");
    let input = if is_playlist { &decode[..] } else { &["-v", "error", "-i", file][..] };
    let output = run("ffmpeg", &[input, &["-f", "null", "-"]].concat());
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(said, "", "ffmpeg complains of {file}");
    let count = ["-count_frames", "-show_entries", "stream=nb_read_frames", "-of", "csv=p=0"];
    let output = run("ffprobe", &[input, &count].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().next().unwrap().trim_end_matches(',').parse().unwrap()
}

/// Has GStreamer decode a file.
fn gstreamer_plays(file: &str, codec: Codec) {
    let (parse, decode) = match codec {
        Codec::H264 => ("h264parse", "avdec_h264"),
        Codec::H265 => ("h265parse", "avdec_h265"),
    };
    let location = format!("location={file}");
    let pipeline = ["-q", "filesrc", &location, "!", "qtdemux", "!", parse, "!", decode];
    run("gst-launch-1.0", &[&pipeline[..], &["!", "fakesink"]].concat());
}

fn save(folder: &Path, clip: &Clip) -> PathBuf {
    let mut bytes = vec![0; usize::try_from(clip.len()).unwrap()];
    assert_eq!(clip.read(0, &mut bytes).unwrap(), bytes.len());
    let path = folder.join(format!("{}.mp4", clip.etag()));
    std::fs::write(&path, bytes).unwrap();
    path
}

/// Records three runs with a gap before the last; the segments are as short as a GOP allows.
fn record(folder: &Path, codec: Codec) -> (Site, Vec<AccessUnit>) {
    let volume = folder.join("volume");
    let mut site = Site::new(&[&volume]);
    site.config.segment_duration = Duration::from_secs(2);
    let archive = site.open();
    let mut recorder = archive.recorder(stream("cam"));
    let mut units = encode(codec, "320x240", 1, START);
    let then = START.plus(Duration::from_secs(10));
    let later = units.iter().map(|unit| AccessUnit {
        run: RunId(2),
        time: then.plus(unit.time.since(START)),
        ..unit.clone()
    });
    let later: Vec<_> = later.collect();
    units.iter().for_each(|unit| recorder.write(unit.clone()));
    recorder.interrupted(then, GapCause::Disconnected);
    later.iter().for_each(|unit| recorder.write(unit.clone()));
    drop(recorder);
    close(archive);
    units.extend(later);
    (site, units)
}

fn foreign_readers_agree(codec: Codec) {
    let folder = folder();
    let (site, units) = record(folder.path(), codec);
    let footage = site.footage();
    assert!(footage.len() >= 4, "{}", footage.len());
    let found = pictures(&footage);
    assert!(found.iter().zip(&units).all(|(found, sent)| found.1 == sent.data));

    let mut total = 0;
    for (path, _) in &footage {
        let path = path.to_str().unwrap();
        total += frames(path);
        gstreamer_plays(path, codec);
    }
    assert_eq!(total, 200, "frames in the segment files as they lie on disk");

    let whole = save(folder.path(), &Clip::new(footage.clone(), TimeRange::ALL).unwrap());
    assert_eq!(frames(whole.to_str().unwrap()), 200);
    gstreamer_plays(whole.to_str().unwrap(), codec);
    assert_eq!(duration_ms(&whole), 14_000);

    let from = START.plus(Duration::from_millis(1480));
    let until = START.plus(Duration::from_millis(3200));
    let range = TimeRange::new(from, until).unwrap();
    let part = save(folder.path(), &Clip::new(footage.clone(), range).unwrap());
    assert_eq!(frames(part.to_str().unwrap()), 43, "exactly what was asked for");
    assert_eq!(duration_ms(&part), 1720);

    let segments: Vec<Segment> = footage.iter().map(|(_, segment)| segment.clone()).collect();
    let uri = |segment: &Segment| Listed::AsItLies {
        uri: site.file(segment).to_str().unwrap().to_owned(),
    };
    // Of one file: ffmpeg 5.1 does not follow a discontinuity to media time zero; players do.
    let longest = segments.iter().max_by_key(|segment| segment.fragments.len()).unwrap();
    let shown: u32 = longest.fragments.iter().map(|fragment| fragment.pictures).sum();
    let playlist = folder.path().join("footage.m3u8");
    std::fs::write(&playlist, hls(&segments, longest.range, &uri)).unwrap();
    let found = frames(playlist.to_str().unwrap());
    assert_eq!(found, usize::try_from(shown).unwrap());
    assert!(found >= 50, "{found}");
}

fn duration_ms(file: &Path) -> u64 {
    let what = ["-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0"];
    let output = run("ffprobe", &[&what[..], &[file.to_str().unwrap()]].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    let seconds = Duration::try_from_secs_f64(text.trim().parse().unwrap()).unwrap();
    u64::try_from(seconds.as_millis()).unwrap()
}

#[test]
fn h264_plays_everywhere() {
    foreign_readers_agree(Codec::H264);
}

#[test]
fn h265_plays_everywhere() {
    foreign_readers_agree(Codec::H265);
}

#[test]
fn a_clip_over_a_change_of_resolution_plays() {
    let folder = folder();
    let site = Site::new(&[&folder.path().join("volume")]);
    let archive = site.open();
    let mut recorder = archive.recorder(stream("cam"));
    let large = encode(Codec::H264, "320x240", 1, START);
    let later = START.plus(Duration::from_secs(4));
    let small = encode(Codec::H264, "160x120", 2, later);
    large.into_iter().chain(small).for_each(|unit| recorder.write(unit));
    drop(recorder);
    close(archive);
    let clip = save(folder.path(), &Clip::new(site.footage(), TimeRange::ALL).unwrap());
    assert_eq!(frames(clip.to_str().unwrap()), 200);
}

#[test]
fn the_sample_entry_of_a_real_encoder_is_understood() {
    let folder = folder();
    for codec in [Codec::H264, Codec::H265] {
        let (site, units) = record(folder.path(), codec);
        let footage = site.footage();
        let holds = |(_, segment): &&(PathBuf, Segment)| segment.range.contains(units[30].time);
        let (path, segment) = footage.iter().find(holds).unwrap();
        let gop = archive::gop::read(path, segment, units[30].time).unwrap();
        assert!(gop.codec_data.len() > 20 && gop.codec_data[0] == 1);
        assert_eq!(gop.pictures[0].0, units[25].time);
        std::fs::remove_dir_all(folder.path().join("volume")).unwrap();
    }
}
