//! Footage as players ask for it.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use api::{ComponentHealth, Health};
use axum::http::{Request, StatusCode};
use domain::{Segment, TimeRange};
use serde_json::Value;

use crate::site::{Answer, BEGIN, Site, main_stream};

const CLIP: &str = "/api/v1/cameras/cua-nam/footage.mp4\
                    ?start=2026-03-01T00:30:02Z&end=2026-03-01T00:30:09Z";

fn probe(site: &Site, bytes: &[u8]) -> Value {
    let file = site.folder().join("served.mp4");
    std::fs::write(&file, bytes).unwrap();
    probe_file(&file)
}

fn probe_file(file: &Path) -> Value {
    let read = Command::new("ffprobe")
        .args(["-v", "error", "-count_frames", "-of", "json"])
        .args(["-show_streams", "-show_format"])
        .arg(file)
        .output()
        .unwrap();
    let complaints = String::from_utf8_lossy(&read.stderr);
    assert!(read.status.success() && complaints.is_empty(), "{complaints}");
    serde_json::from_slice(&read.stdout).unwrap()
}

async fn ranged(site: &Site, range: &str) -> Answer {
    site.send(Request::get(CLIP).header("range", range)).await
}

#[tokio::test]
async fn a_clip_over_several_segments_is_one_file_that_others_read() {
    let site = Site::open();
    site.record();
    let clip = site.get(CLIP).await;
    assert_eq!(clip.status, StatusCode::OK, "{}", clip.text());
    assert_eq!(clip.header("accept-ranges"), "bytes");
    assert_eq!(clip.header("content-length"), clip.body.len().to_string());
    let named = clip.header("content-disposition");
    assert_eq!(named, "inline; filename=\"cua-nam_main_2026-03-01T00-30-02Z_7s.mp4\"");
    let found = probe(&site, &clip.body);
    let video = &found["streams"][0];
    assert_eq!(video["codec_name"], "h264");
    assert_eq!(video["width"], 320);
    assert_eq!(video["nb_read_frames"], "70");
}

#[tokio::test]
async fn byte_ranges_join_to_the_whole() {
    let site = Site::open();
    site.record();
    let whole = site.get(CLIP).await;
    let length = whole.body.len();
    let mut joined = Vec::new();
    let step = length / 7 + 1;
    for start in (0..length).step_by(step) {
        let end = (start + step).min(length);
        let part = ranged(&site, &format!("bytes={start}-{}", end - 1)).await;
        assert_eq!(part.status, StatusCode::PARTIAL_CONTENT);
        let expected = format!("bytes {start}-{}/{length}", end - 1);
        assert_eq!(part.header("content-range"), expected);
        joined.extend_from_slice(&part.body);
    }
    assert!(joined == whole.body, "parts differ from the whole");

    let suffix = ranged(&site, "bytes=-100").await;
    assert_eq!(suffix.status, StatusCode::PARTIAL_CONTENT);
    assert_eq!(suffix.body, whole.body.slice(length - 100..));
    let beyond = ranged(&site, &format!("bytes={length}-")).await;
    assert_eq!(beyond.status, StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(beyond.header("content-range"), format!("bytes */{length}"));
    assert_eq!(beyond.header("content-type"), "application/problem+json");
    let several = ranged(&site, "bytes=0-1,5-6").await;
    assert_eq!(several.status, StatusCode::OK);
    assert_eq!(several.body.len(), length);
}

#[tokio::test]
async fn a_client_that_holds_the_clip_is_told_so() {
    let site = Site::open();
    site.record();
    let head = site.send(Request::head(CLIP)).await;
    assert_eq!(head.status, StatusCode::OK);
    assert!(head.body.is_empty());
    let length: u64 = head.header("content-length").parse().unwrap();
    assert!(length > 1000);
    let etag = head.header("etag").to_owned();
    assert!(etag.starts_with('"') && etag.ends_with('"'), "{etag}");
    let known = site.send(Request::get(CLIP).header("if-none-match", &etag)).await;
    assert_eq!(known.status, StatusCode::NOT_MODIFIED);
    let resumed = Request::get(CLIP).header("range", "bytes=10-19");
    let resumed = site.send(resumed.header("if-range", &etag)).await;
    assert_eq!(resumed.status, StatusCode::PARTIAL_CONTENT);
    let changed = Request::get(CLIP).header("range", "bytes=10-19");
    let changed = site.send(changed.header("if-range", "\"other\"")).await;
    assert_eq!(changed.status, StatusCode::OK);
}

#[tokio::test]
async fn recordings_tell_spans_files_and_the_gap_that_lasts() {
    let site = Site::open();
    site.record();
    let span = "start=2026-03-01T00:00:00Z&end=2026-03-01T01:00:00Z";
    let found = site.json(&format!("/api/v1/cameras/cua-nam/recordings?{span}")).await;
    let spans = found["spans"].as_array().unwrap();
    assert_eq!(spans.len(), 1, "{found:#}");
    assert_eq!(spans[0]["start"], "2026-03-01T00:30:00.000000Z");
    assert_eq!(spans[0]["end"], "2026-03-01T00:30:12.000000Z");
    assert_eq!(spans[0]["growing"], false);
    assert_eq!(found["recorded_s"], 12.0);
    let gap = found["gaps"].as_array().unwrap().last().unwrap();
    assert_eq!(gap["cause"], "disconnected");
    assert!(gap["end"].is_null());

    let files = spans[0]["segments"].as_array().unwrap();
    assert!(files.len() >= 3, "{found:#}");
    let href = files[0]["href"].as_str().unwrap();
    let file = site.get(href).await;
    assert_eq!(file.status, StatusCode::OK);
    assert_eq!(file.body.len() as u64, files[0]["bytes"].as_u64().unwrap());
    assert_eq!(probe(&site, &file.body)["streams"][0]["codec_name"], "h264");
    let part = site.send(Request::get(href).header("range", "bytes=4-7")).await;
    assert_eq!(part.body, "ftyp");

    let playlist = site.get(&CLIP.replace(".mp4", ".m3u8")).await;
    assert_eq!(playlist.header("content-type"), "application/vnd.apple.mpegurl");
    let text = playlist.text();
    assert!(
        text.starts_with("#EXTM3U") && text.contains(href.trim_start_matches("/api")),
        "{text}"
    );
}

#[tokio::test]
async fn footage_that_is_not_there_is_explained() {
    let site = Site::open();
    site.record();
    let later = "start=2026-03-01T00:30:20Z&end=2026-03-01T00:30:30Z";
    for address in ["footage.mp4", "footage.m3u8"] {
        let refused = site.get(&format!("/api/v1/cameras/cua-nam/{address}?{later}")).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND, "{address}");
        let problem = refused.json();
        assert_eq!(problem["type"], "urn:watchpost:problem:not-recorded");
        assert_eq!(problem["gaps"][0]["cause"], "disconnected");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("disconnected since 2026-03-01T00:30:12"), "{detail}");
    }
    let frame = site.get("/api/v1/cameras/cua-nam/frame.jpg?time=2026-03-01T00:30:20Z").await;
    assert_eq!(frame.status, StatusCode::NOT_FOUND);
    assert_eq!(frame.json()["gaps"][0]["cause"], "disconnected");
}

#[tokio::test]
async fn a_frame_is_a_jpeg_of_the_width_asked_for() {
    let site = Site::open();
    site.record();
    for query in ["?time=2026-03-01T00:30:05.5Z&width=160", "?width=160"] {
        let frame = site.get(&format!("/api/v1/cameras/cua-nam/frame.jpg{query}")).await;
        assert_eq!(frame.status, StatusCode::OK, "{}", frame.text());
        let file = site.folder().join("frame.jpg");
        std::fs::write(&file, &frame.body).unwrap();
        assert_eq!(probe_file(&file)["streams"][0]["width"], 160);
    }
}

#[tokio::test]
async fn a_picture_is_kept_once_its_file_is_closed() {
    let site = Site::open();
    site.record();
    site.record_on();
    let frame = "/api/v1/cameras/cua-nam/frame.jpg";
    for (query, kept) in [
        ("?time=2026-03-01T00:30:00.5Z", "private, max-age=600"),
        ("?time=2026-03-01T00:30:00.5Z&stream=sub", "no-store"),
        ("", "no-store"),
    ] {
        let picture = site.get(&format!("{frame}{query}")).await;
        assert_eq!(picture.status, StatusCode::OK, "{}", picture.text());
        assert_eq!(picture.header("cache-control"), kept, "{query}");
    }
}

#[tokio::test]
async fn a_file_that_grows_is_sent_as_far_as_it_is_on_disk() {
    let site = Site::open();
    site.record_on();
    let span = "start=2026-03-01T00:00:00Z&end=2026-03-01T01:00:00Z&stream=sub";
    let found = site.json(&format!("/api/v1/cameras/cua-nam/recordings?{span}")).await;
    assert_eq!(found["spans"][0]["growing"], true, "{found:#}");
    let file = site.get(found["spans"][0]["segments"][0]["href"].as_str().unwrap()).await;
    assert_eq!(file.status, StatusCode::OK);
    assert_eq!(probe(&site, &file.body)["streams"][0]["nb_read_frames"], "10");
}

#[tokio::test]
async fn footage_recorded_twice_counts_once() {
    let site = Site::open();
    site.record();
    let whole = TimeRange { start: BEGIN, end: BEGIN.plus(Duration::from_secs(60)) };
    let first = site.index.segments(&main_stream("cua-nam"), whole).unwrap().remove(0);
    let from = |after_s: u64, seconds: u64| {
        let start = BEGIN.plus(Duration::from_secs(after_s));
        TimeRange { start, end: start.plus(Duration::from_secs(seconds)) }
    };
    // The camera set its clock back: within a file, and over the end of the last.
    for (number, range) in [from(1, 1), from(11, 4)].into_iter().enumerate() {
        let path = format!("again-{number}.mp4");
        let mut again = Segment { range, path, ..first.clone() };
        again.id = site.index.open_segment(&again).unwrap();
        site.index.close_segment(&again).unwrap();
    }
    let span = "start=2026-03-01T00:30:00.5Z&end=2026-03-01T00:31:00Z";
    let found = site.json(&format!("/api/v1/cameras/cua-nam/recordings?{span}")).await;
    assert_eq!(found["recorded_s"], 14.5, "{found:#}");
}

#[tokio::test]
async fn a_clip_longer_than_allowed_is_refused() {
    let site = Site::open();
    let long = "start=2026-03-01T00:00:00Z&end=2026-03-02T00:00:01Z";
    let refused = site.get(&format!("/api/v1/cameras/cua-nam/footage.mp4?{long}")).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(refused.json()["invalid-params"][0]["name"], "end");
}

#[tokio::test]
async fn cameras_are_geojson_with_the_state_of_each_stream() {
    let site = Site::open();
    site.record();
    let answer = site.get("/api/v1/cameras").await;
    assert_eq!(answer.header("content-type"), "application/geo+json");
    let all = answer.json();
    assert_eq!(all["type"], "FeatureCollection");
    let first = &all["features"][0];
    assert_eq!(first["geometry"]["coordinates"][0], 105.8421);
    assert_eq!(first["properties"]["state"], "down");
    let stream = &first["properties"]["streams"][0];
    assert_eq!(stream["detail"], "connection refused");
    assert_eq!(stream["recorded_until"], "2026-03-01T00:30:12.000000Z");
    assert_eq!(site.json("/api/v1/cameras/cua-nam").await, *first);

    let health = site.json("/api/v1/health").await;
    assert_eq!(health["status"], "degraded");
    assert_eq!(health["streams"]["by_state"]["down"], 1);
    assert_eq!(health["index"]["status"], "ok");
    assert_eq!(health["volumes"][0]["state"], "ok");
    assert_eq!(site.get("/metrics").await.text(), "watchpost_up 1\n");

    site.state.set_cameras(Vec::new());
    let none = site.json("/api/v1/cameras").await;
    assert_eq!(none["features"].as_array().unwrap().len(), 0);
}

#[tokio::test]
async fn a_part_that_fails_degrades_the_whole_and_says_why() {
    let site = Site::open();
    let told = |name, status, detail: &str| ComponentHealth {
        name,
        status,
        detail: Some(detail.to_owned()),
    };
    *site.components.lock().unwrap() = vec![
        told("analysis", Health::Ok, "nanodet-g-int8 on cpu"),
        told("events", Health::Failing, "cannot write ev_202603.db"),
    ];
    let health = site.json("/api/v1/health").await;
    assert_eq!(health["status"], "degraded");
    let reasons = health["reasons"].as_array().unwrap();
    assert!(reasons.contains(&"events: cannot write ev_202603.db".into()), "{reasons:?}");
    assert_eq!(health["components"][0]["detail"], "nanodet-g-int8 on cpu");
    assert_eq!(health["components"][1]["status"], "failing");
}
