//! What a camera shows now as HLS, and a case's footage as one playlist.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::{Grant, Place, Role, TimeRange};
use index::{Case, CaseMark, Marked};

use crate::people::unmask;
use crate::site::{BEGIN, Site, camera, give_token, main_stream};

const PLAYLIST: &str = "/api/v1/cameras/cua-nam/live.m3u8";

/// Returns the addresses that a playlist names: of heads, and of pieces.
fn named(playlist: &str) -> (Vec<String>, Vec<String>) {
    let head =
        |line: &str| Some(line.strip_prefix("#EXT-X-MAP:URI=\"")?.trim_end_matches('"').into());
    let heads = playlist.lines().filter_map(head).collect();
    let pieces = playlist.lines().filter(|line| !line.starts_with('#'));
    (heads, pieces.map(str::to_owned).collect())
}

/// A site that has just recorded twelve seconds.
fn site() -> Site {
    let site = Site::open();
    site.record();
    site
}

fn duty(site: &Site, place: Place) -> String {
    let name = format!("duty-{}", site.index.accounts().list().unwrap().len());
    give_token(&site.index, &name, &[Grant { role: Role::Duty, place }])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_player_puts_together_are_the_recorded_files() {
    let site = site();
    let playlist = site.get(PLAYLIST).await;
    assert_eq!(playlist.status, StatusCode::OK, "{}", playlist.text());
    assert_eq!(playlist.header("content-type"), "application/vnd.apple.mpegurl");
    let text = playlist.text();
    assert!(text.contains("#EXT-X-PROGRAM-DATE-TIME:2026-03-01T00:30:"), "{text}");
    assert!(!text.contains("ENDLIST"), "it goes on");
    let (heads, pieces) = named(&text);
    let all = TimeRange { start: BEGIN, end: BEGIN.plus(Duration::from_secs(60)) };
    let segments = site.index.segments(&main_stream("cua-nam"), all).unwrap();
    assert_eq!(heads.len(), segments.len());
    for (head, segment) in heads.iter().zip(&segments) {
        let file = site.get(&format!("/api/v1/segments/{}.mp4", segment.id.0)).await.body;
        let mut put_together = site.get(head).await.body.to_vec();
        let of_file = format!("/{}-", segment.id.0);
        for piece in pieces.iter().filter(|piece| piece.contains(&of_file)) {
            let answer = site.get(piece).await;
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
            put_together.extend_from_slice(&answer.body);
        }
        // What stands behind the last fragment is the file's own index.
        assert_eq!(put_together, file[..put_together.len()]);
        let last = segment.fragments.last().unwrap();
        assert_eq!(put_together.len() as u64, last.offset + u64::from(last.bytes));
    }
    let part = site.send(Request::get(&pieces[0]).header("range", "bytes=4-7")).await;
    assert_eq!((part.status, &part.body[..]), (StatusCode::PARTIAL_CONTENT, &b"prft"[..]));
    // However often a player asks, it is one look.
    for _ in 0..3 {
        assert_eq!(site.get(PLAYLIST).await.status, StatusCode::OK);
    }
    let trail = site.json("/api/v1/audit?limit=100").await;
    let looks = trail["entries"].as_array().unwrap().iter();
    let looks = looks.filter(|entry| entry["object"] == "/api/v1/cameras/cua-nam/live");
    assert_eq!(looks.count(), 1, "{trail:#}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn to_lift_the_masks_of_what_one_watches_already_is_another_look() {
    let site = site();
    site.state.unmask_for(&[Role::Investigator]);
    assert_eq!(site.get(PLAYLIST).await.status, StatusCode::OK);
    assert_eq!(site.get(&format!("{PLAYLIST}?masks=off")).await.status, StatusCode::OK);
    let trail = site.json("/api/v1/audit?action=viewed").await;
    let looks = trail["entries"].as_array().unwrap();
    assert_eq!(looks.len(), 2, "{trail:#}");
    assert!(looks[0]["detail"].as_str().unwrap().contains("masks=off"), "{trail:#}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_watch_watches_and_only_now() {
    let site = site();
    let ward = Place::Node(vec!["Phường Cửa Nam".into(), "Hà Nội".into()]);
    let other = Place::Node(vec!["Phường Từ Liêm".into(), "Hà Nội".into()]);
    let (hers, his) = (duty(&site, ward), duty(&site, other));
    let ask = async |token: &str, uri: &str| {
        let request = Request::get(uri).header("authorization", format!("Bearer {token}"));
        site.send_bare(request, Body::empty()).await
    };
    let playlist = ask(&hers, PLAYLIST).await;
    assert_eq!(playlist.status, StatusCode::OK);
    let (heads, pieces) = named(&playlist.text());
    for uri in [&heads[0], &pieces[0]] {
        assert_eq!(ask(&hers, uri).await.status, StatusCode::OK, "{uri}");
        assert_eq!(ask(&his, uri).await.status, StatusCode::NOT_FOUND, "{uri}");
        let under_another = uri.replace("cua-nam", "my-dinh");
        assert_eq!(ask(&his, &under_another).await.status, StatusCode::NOT_FOUND);
        assert_eq!(ask(&site.token, &under_another).await.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(ask(&his, PLAYLIST).await.status, StatusCode::NOT_FOUND);
    let file = heads[0].replace("cameras/cua-nam/live/", "segments/").replace("-head", "");
    assert_eq!(ask(&hers, &file).await.status, StatusCode::FORBIDDEN, "what was is not hers");
    // A while later it is not live any more.
    site.clock.advance(Duration::from_secs(600));
    for uri in [heads[0].as_str(), &pieces[0], PLAYLIST] {
        assert_eq!(ask(&hers, uri).await.status, StatusCode::NOT_FOUND, "{uri}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_player_shows_its_token_as_a_password_when_it_is_asked() {
    let site = site();
    let unknown = site.send_bare(Request::get(PLAYLIST), Body::empty()).await;
    assert_eq!(unknown.status, StatusCode::UNAUTHORIZED);
    let asked: Vec<_> = unknown.headers.get_all("www-authenticate").iter().collect();
    assert_eq!(asked, ["Bearer", "Basic realm=\"Watchpost\""]);
    // A browser would ask its user.
    let browser = Request::get(PLAYLIST).header("sec-fetch-site", "same-origin");
    let unknown = site.send_bare(browser, Body::empty()).await;
    assert_eq!(unknown.headers.get_all("www-authenticate").iter().count(), 1);
    let basic = |password: &str| format!("Basic {}", STANDARD.encode(format!("vlc:{password}")));
    let forged = format!("wpt_{}", "A".repeat(43));
    for (header, status) in [
        (basic(&site.token), StatusCode::OK),
        (basic(&forged), StatusCode::UNAUTHORIZED),
        (basic("password"), StatusCode::UNAUTHORIZED),
        ("Basic !".to_owned(), StatusCode::UNAUTHORIZED),
        (basic(&"x".repeat(5000)), StatusCode::UNAUTHORIZED),
    ] {
        let request = Request::get(PLAYLIST).header("authorization", &header);
        assert_eq!(site.send_bare(request, Body::empty()).await.status, status, "{header}");
    }
    // It only looks.
    let changing = Request::post("/api/v1/cases").header("authorization", basic(&site.token));
    let answer = site.send_bare(changing, Body::from(r#"{"number": "1", "title": "x"}"#)).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_masks_lie_over_is_listed_only_for_who_may_see_under_them_and_asks() {
    let site = site();
    let (heads, _) = named(&site.get(PLAYLIST).await.text());
    site.views.masked.lock().unwrap().push((camera("cua-nam"), TimeRange::ALL));
    let lifted = format!("{PLAYLIST}?masks=off");
    for uri in [PLAYLIST, &lifted, &heads[0]] {
        assert_eq!(site.get(uri).await.status, StatusCode::FORBIDDEN, "{uri}");
    }
    site.state.unmask_for(&[Role::Investigator]);
    assert_eq!(site.get(&lifted).await.status, StatusCode::FORBIDDEN, "alone");
    unmask(&site, "every", "cua-nam", Duration::from_secs(3600));
    let (heads, pieces) = named(&site.get(&lifted).await.text());
    for uri in [&heads[0], &pieces[0]] {
        assert_eq!(site.get(uri).await.status, StatusCode::OK, "{uri}");
        let masked = uri.replace("?masks=off", "");
        assert_eq!(site.get(&masked).await.status, StatusCode::FORBIDDEN);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_footage_of_a_case_is_one_playlist_in_the_order_of_time() {
    let site = site();
    site.record_at("my-dinh");
    let by: domain::AccountName = "an".parse().unwrap();
    let case = Case { id: 0, number: "VV-1".into(), title: "x".into(), by: by.clone(), at: BEGIN };
    let case = site.index.open_case(&case, &[]).unwrap().unwrap();
    let uri = format!("/api/v1/cases/{case}/footage.m3u8");
    assert_eq!(site.get(&uri).await.status, StatusCode::NOT_FOUND, "nothing is marked");
    let mark = |id: &str, from: u64, to: u64| {
        let at = |seconds| BEGIN.plus(Duration::from_secs(seconds));
        let range = TimeRange { start: at(from), end: at(to) };
        let marked = Marked::Footage(camera(id), range);
        let mark =
            CaseMark { marked, beside: Vec::new(), note: String::new(), by: by.clone(), at: BEGIN };
        assert!(site.index.mark_case(case, &mark).unwrap());
    };
    mark("my-dinh", 6, 8);
    mark("cua-nam", 1, 3);
    let pieces_of = |text: &str| text.matches("#EXTINF").count();
    let both = site.get(&uri).await;
    assert_eq!(both.status, StatusCode::OK, "{}", both.text());
    let text = both.text();
    let times: Vec<_> = text.lines().filter(|line| line.contains("DATE-TIME")).collect();
    assert!(times[0] < times[times.len() - 1], "{text}");
    assert!(text.contains("#EXT-X-DISCONTINUITY") && text.ends_with("#EXT-X-ENDLIST\n"));
    let one = site.get(&format!("{uri}?camera=cua-nam")).await.text();
    assert!(pieces_of(&one) > 0 && pieces_of(&one) < pieces_of(&text), "{one}");
    let copies = site.get(&format!("{uri}?rendition=h264")).await.text();
    assert!(copies.contains("rendition=h264"), "{copies}");
    // What one may not play is not hinted at.
    let ward = Place::Node(vec!["Phường Cửa Nam".into(), "Hà Nội".into()]);
    let hers = [Grant { role: Role::Investigator, place: ward }];
    let hers = give_token(&site.index, "hers", &hers);
    let ask = async |uri: &str| {
        let request = Request::get(uri).header("authorization", format!("Bearer {hers}"));
        site.send_bare(request, Body::empty()).await
    };
    assert_eq!(ask(&uri).await.text(), one);
    let outside = ask(&format!("{uri}?camera=my-dinh")).await;
    let nowhere = ask(&format!("{uri}?camera=nowhere")).await;
    assert_eq!((outside.status, outside.text()), (StatusCode::NOT_FOUND, nowhere.text()));
    // Footage goes, and so does its listing.
    mark("cua-nam", 1_000_000, 2_000_000);
    let too_long = site.get(&uri).await;
    assert_eq!(too_long.status, StatusCode::BAD_REQUEST, "{}", too_long.text());
}
