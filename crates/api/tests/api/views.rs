//! What is looked at instead of the original: nothing that lies under a privacy mask leaves as it lies
//! on disk, for anybody who may not see it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use api::{Layout, Limits, Masking, Part};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use domain::{Grant, Place, Role, TimeRange};
use futures::StreamExt as _;

use crate::people::unmask;
use crate::site::{Answer, BEGIN, COPY, Site, camera, give_token, main_stream, until};

const SPAN: &str = "start=2026-03-01T00:30:02Z&end=2026-03-01T00:30:09Z";

fn clip(more: &str) -> String {
    format!("/api/v1/cameras/cua-nam/footage.mp4?{SPAN}{more}")
}

fn segment(site: &Site) -> String {
    let all = TimeRange { start: BEGIN, end: BEGIN.plus(Duration::from_secs(60)) };
    let segments = site.index.segments(&main_stream("cua-nam"), all).unwrap();
    format!("/api/v1/segments/{}.mp4", segments[0].id.0)
}

/// Covers what `cua-nam` shows from `from` to `to` seconds after the beginning.
fn cover(site: &Site, from: u64, to: u64) {
    let at = |s| BEGIN.plus(Duration::from_secs(s));
    let range = TimeRange { start: at(from), end: at(to) };
    site.views.masked.lock().unwrap().push((camera("cua-nam"), range));
}

fn is_copy(answer: &Answer) -> bool {
    let is_labelled = answer.header("watchpost-viewing-copy").starts_with("h264");
    assert_eq!(is_labelled, answer.body.starts_with(COPY), "{:?}", answer.headers);
    is_labelled
}

#[tokio::test]
async fn where_masks_lie_over_footage_it_leaves_as_a_copy_only() {
    let site = Site::open();
    site.record();
    // The last second of the clip, which begins five seconds earlier.
    cover(&site, 8, 9);
    for uri in [clip(""), clip("&rendition=original"), clip("&width=640"), clip("&rendition=h264")]
    {
        let answer = site.get(&uri).await;
        assert_eq!(answer.status, StatusCode::OK, "{uri}: {}", answer.text());
        assert!(is_copy(&answer), "{uri}");
        assert_eq!(answer.header("watchpost-masks"), "on");
        assert_eq!(answer.header("watchpost-start"), "2026-03-01T00:30:02.000000Z");
        assert_eq!(answer.header("cache-control"), "no-store");
        let name = answer.header("content-disposition");
        assert!(
            name.contains("_viewing-copy.mp4") && name.contains("_b%E1%BA%A3n-xem.mp4"),
            "{name}"
        );
    }
    let orders = site.views.copied.lock().unwrap().clone();
    assert_eq!((orders[0].width, orders[2].width), (1280, 640));
    assert!(orders.iter().all(|order| order.masks == Masking::On && order.part == Part::Whole));

    // A part of a file is not to be had by asking for bytes.
    let part = site.send(Request::get(clip("")).header("range", "bytes=0-99")).await;
    assert!(part.status == StatusCode::OK && is_copy(&part));
    // Elsewhere the original is what it was, unless a copy is wanted.
    let before =
        "/api/v1/cameras/cua-nam/footage.mp4?start=2026-03-01T00:30:00Z&end=2026-03-01T00:30:02Z";
    assert!(!is_copy(&site.get(before).await));
    assert!(is_copy(&site.get(&format!("{before}&rendition=h264")).await));
    assert!(!is_copy(&site.get(&segment(&site)).await), "the first file is not covered");
    cover(&site, 0, 1);
    assert!(is_copy(&site.get(&segment(&site)).await));
    // The whole GOPs of a clip reach further back than what was asked for.
    let after = "/api/v1/cameras/cua-nam/footage.mp4?start=2026-03-01T00:30:01.500Z&end=2026-03-01T00:30:02Z";
    let answer = site.get(after).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());

    let found = site.json(&format!("/api/v1/cameras/cua-nam/recordings?{SPAN}")).await;
    assert_eq!(found["masked"], true);
    let sub = "start=2026-03-01T00:30:02Z&end=2026-03-01T00:30:03Z";
    let found = site.json(&format!("/api/v1/cameras/cua-nam/recordings?{sub}")).await;
    assert_eq!(found["masked"], false);
}

#[tokio::test]
async fn a_playlist_lists_copies_of_what_is_covered_and_the_rest_as_it_lies() {
    let site = Site::open();
    site.record();
    cover(&site, 0, 1);
    let uri = format!("/api/v1/cameras/cua-nam/footage.m3u8?{SPAN}");
    let whole = uri.replace("00:30:02", "00:30:00");
    let list = site.get(&whole).await.text();
    let copy = format!("{}?rendition=h264&width=1280", segment(&site));
    assert!(list.contains(&format!("#EXT-X-MAP:URI=\"{copy}&part=head\"\n")), "{list}");
    assert!(list.contains(&format!("\n{copy}&part=body\n")), "{list}");
    assert!(!list.contains(&format!("\n{}\n", segment(&site))), "{list}");
    assert!(list.contains("#EXT-X-BYTERANGE:"), "the other files lie as they were: {list}");
    let list = site.get(&format!("{whole}&rendition=h264&width=320")).await.text();
    assert!(!list.contains("#EXT-X-BYTERANGE:") && list.contains("width=320"), "{list}");
    for part in ["head", "body"] {
        let answer = site.get(&format!("{copy}&part={part}")).await;
        assert!(is_copy(&answer), "{part}");
    }
    let orders = site.views.copied.lock().unwrap().clone();
    assert_eq!([orders[0].part, orders[1].part], [Part::Head, Part::Body]);
    assert_eq!(site.get(&format!("{copy}&part=tail")).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn masks_are_lifted_for_whom_the_sites_policy_names_and_where_they_are_that() {
    let site = Site::open();
    site.record();
    site.record_at("my-dinh");
    cover(&site, 0, 12);
    let ward = Place::node("Phường Cửa Nam").unwrap();
    let token = give_token(&site.index, "lan", &[Grant { role: Role::Investigator, place: ward }]);
    let bearer = format!("Bearer {token}");
    let ask = |uri: String| {
        let request = Request::get(uri).header("authorization", &bearer);
        site.send_bare(request, Body::empty())
    };
    let list = format!("/api/v1/cameras/cua-nam/footage.m3u8?{SPAN}&masks=off");
    let file = format!("{}?masks=off", segment(&site));
    let all = [clip("&masks=off"), clip("&masks=off&rendition=h264"), list.clone(), file];
    for uri in &all {
        assert_eq!(ask(uri.clone()).await.status, StatusCode::FORBIDDEN, "{uri}");
    }
    site.state.unmask_for(&[Role::Supervisor]);
    assert_eq!(ask(all[0].clone()).await.status, StatusCode::FORBIDDEN);
    site.state.unmask_for(&[Role::Investigator]);
    for uri in &all {
        let alone = ask(uri.clone()).await;
        assert_eq!(alone.json()["type"], "urn:watchpost:problem:second-person-needed", "{uri}");
    }
    unmask(&site, "lan", "cua-nam", Duration::from_secs(3600));
    for uri in &all {
        assert_eq!(ask(uri.clone()).await.status, StatusCode::OK, "{uri}");
    }
    assert!(!is_copy(&ask(all[0].clone()).await) && is_copy(&ask(all[1].clone()).await));
    assert_eq!(site.views.copied.lock().unwrap()[0].masks, Masking::Off);
    let text = ask(list).await.text();
    assert!(text.contains(&format!("\n{}?masks=off\n", segment(&site))), "{text}");
    // Who does not ask for it does not get it.
    assert!(is_copy(&ask(clip("")).await));
    // What lies elsewhere does not exist for them, with masks or without.
    let elsewhere = clip("&masks=off").replace("cua-nam", "my-dinh");
    assert_eq!(ask(elsewhere).await.status, StatusCode::NOT_FOUND);
    // It stands in the trail.
    let trail = site.json("/api/v1/audit?actor=lan&limit=50").await.to_string();
    assert!(trail.contains("masks=off"), "{trail}");
    site.state.unmask_for(&[]);
    assert_eq!(ask(all[0].clone()).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn copies_are_bounded_and_end_when_nobody_waits_for_them() {
    let limits = Limits { copies: 1, copy_span: Duration::from_secs(8), ..Limits::default() };
    let site = Site::with(limits);
    site.record();
    let uri = clip("&rendition=h264");
    site.views.is_endless.store(true, Ordering::Relaxed);
    let mut first = site.open_body(Request::get(&uri)).await.into_body().into_data_stream();
    assert_eq!(first.next().await.unwrap().unwrap(), COPY);
    let second = site.get(&uri).await;
    assert_eq!(second.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(second.header("retry-after"), "2");
    // Originals and pictures go on meanwhile.
    assert_eq!(site.get(&clip("")).await.status, StatusCode::OK);
    drop(first);
    until("the copy is broken off", || site.views.broken_off.load(Ordering::Relaxed) == 1);
    site.views.is_endless.store(false, Ordering::Relaxed);
    let mut again = site.get(&uri).await;
    while again.status == StatusCode::SERVICE_UNAVAILABLE {
        // Its thread has still to give back its place.
        tokio::task::yield_now().await;
        again = site.get(&uri).await;
    }
    assert!(is_copy(&again));
    let long = uri.replace("00:30:09", "00:30:59");
    let refused = site.get(&long).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.text().contains("viewing copy"), "{}", refused.text());
    // What cannot be made is a problem, not half a file.
    site.views.is_broken.store(true, Ordering::Relaxed);
    let answer = site.get(&uri).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(answer.header("content-type"), "application/problem+json");
}

#[tokio::test]
async fn a_thumbnail_is_known_by_its_tag_until_masks_change() {
    let site = Site::open();
    site.record();
    let uri = "/api/v1/cameras/cua-nam/thumbnail.jpg?time=2026-03-01T00:30:04.300Z&width=64";
    let answer = site.get(uri).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "image/jpeg");
    assert_eq!(answer.header("cache-control"), "private, max-age=60");
    let etag = answer.header("etag").to_owned();
    let known = site.send(Request::get(uri).header("if-none-match", &etag)).await;
    assert_eq!((known.status, known.body.len()), (StatusCode::NOT_MODIFIED, 0));
    // The same keyframe is on view a moment later.
    let later = site.get(&uri.replace("04.300", "04.301")).await;
    assert_eq!(later.header("etag"), etag);
    site.views.revision.fetch_add(1, Ordering::Relaxed);
    let changed = site.send(Request::get(uri).header("if-none-match", &etag)).await;
    assert_eq!(changed.status, StatusCode::OK);
    let made = site.views.thumbnails.lock().unwrap().clone();
    assert_eq!(made.len(), 3, "one that is known is not made");
    let absent = site.get(&uri.replace("00:30:04", "00:31:04")).await;
    assert_eq!(absent.status, StatusCode::NOT_FOUND);
    assert!(absent.text().contains("disconnected"), "{}", absent.text());
    let missing = site.get("/api/v1/cameras/cua-nam/thumbnail.jpg").await;
    assert_eq!(missing.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_sprite_tells_the_moment_of_every_picture_of_its_sheet() {
    let site = Site::open();
    site.record();
    let span = "start=2026-03-01T00:30:00Z&end=2026-03-01T00:30:24Z";
    let sprite =
        site.json(&format!("/api/v1/cameras/cua-nam/sprite?{span}&count=12&width=40")).await;
    // As far as it is on disk: twelve seconds of twenty-four.
    let pictures = sprite["pictures"].as_array().unwrap();
    assert_eq!(pictures.len(), 12, "{sprite:#}");
    assert_eq!(pictures[0]["time"], "2026-03-01T00:30:00.500000Z");
    assert_eq!((&pictures[11]["column"], &pictures[11]["row"]), (&1.into(), &1.into()));
    assert_eq!(sprite["columns"], 10);
    assert_eq!(sprite["masked"], false);
    let sheet = site.get(sprite["href"].as_str().unwrap()).await;
    assert_eq!(sheet.status, StatusCode::OK, "{}", sheet.text());
    let (shown, layout) = site.views.sheets.lock().unwrap().pop().unwrap();
    assert_eq!(shown, 12);
    let height = u32::try_from(sprite["tile_height"].as_u64().unwrap()).unwrap();
    assert_eq!(layout, Layout { columns: 10, tile_width: 40, tile_height: height });
    let etag = sheet.header("etag").to_owned();
    let again = Request::get(sprite["href"].as_str().unwrap()).header("if-none-match", &etag);
    assert_eq!(site.send(again).await.status, StatusCode::NOT_MODIFIED);
    let nothing = "start=2026-03-01T02:30:00Z&end=2026-03-01T02:30:24Z";
    for path in ["sprite", "sprite.jpg"] {
        let answer = site.get(&format!("/api/v1/cameras/cua-nam/{path}?{nothing}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{}", answer.text());
    }
    let long = "start=2026-03-01T00:00:00Z&end=2026-03-04T00:00:00Z";
    let refused = site.get(&format!("/api/v1/cameras/cua-nam/sprite?{long}")).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
}
