//! The footage of an event: played by who decides on it, and nothing more of what was recorded.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use domain::{Place, Role, TimeRange};
use serde_json::json;

use crate::people::person;
use crate::site::{Answer, BEGIN, Site, camera, cameras, event};

async fn get(site: &Site, token: &str, path: &str) -> Answer {
    let request = Request::get(path).header("authorization", format!("Bearer {token}"));
    site.send_bare(request, Body::empty()).await
}

/// A site with footage of `cua-nam` and an event in it, and a duty officer of that camera alone.
fn site() -> (Site, String, String) {
    let site = Site::open();
    site.record();
    let happened = event(4);
    let clip = format!("/api/v1/events/{}/footage.mp4", happened.id);
    site.index.append_events(vec![happened]).unwrap();
    let place = Place::Cameras([camera("cua-nam")].into());
    let lan = person(&site, "lan", Role::Duty, place);
    (site, lan, clip)
}

#[tokio::test]
async fn who_decides_on_an_event_plays_its_footage_and_no_other() {
    let (site, lan, clip) = site();
    site.state.require_purpose(true);
    let played = get(&site, &lan, &clip).await;
    assert_eq!(played.status, StatusCode::OK, "{}", played.text());
    assert_eq!(played.header("content-type"), "video/mp4");
    assert_eq!(played.header("accept-ranges"), "bytes", "the original, where nothing is masked");
    let beside = format!("/api/v1/cameras/cua-nam/footage.mp4?start={BEGIN}");
    let beside = format!("{beside}&end={}", BEGIN.plus(std::time::Duration::from_secs(2)));
    assert_eq!(get(&site, &lan, &beside).await.status, StatusCode::FORBIDDEN, "it takes `play`");
    // Once a shift, as its pictures.
    get(&site, &lan, &clip).await;
    let told = site.json("/api/v1/audit?action=viewed&actor=lan").await;
    let [entry] = &told["entries"].as_array().unwrap()[..] else { panic!("{told:#}") };
    assert_eq!(entry["object"], json!(clip));
    assert!(entry["detail"].as_str().unwrap().contains("camera=cua-nam"), "{entry}");

    let elsewhere = event(5);
    let other = format!("/api/v1/events/{}/footage.mp4", elsewhere.id);
    site.index.append_events(vec![elsewhere]).unwrap();
    assert_eq!(get(&site, &lan, &other).await.status, StatusCode::NOT_FOUND, "another's camera");
}

#[tokio::test]
async fn masks_lie_over_the_footage_of_an_event_and_nobody_lifts_them_there() {
    let (site, lan, clip) = site();
    site.views.masked.lock().unwrap().push((camera("cua-nam"), TimeRange::ALL));
    let masked = get(&site, &lan, &clip).await;
    assert_eq!(masked.status, StatusCode::OK, "{}", masked.text());
    assert_eq!(masked.header("watchpost-masks"), "on");
    let bare = get(&site, &lan, &format!("{clip}?masks=off")).await;
    assert_eq!(bare.status, StatusCode::BAD_REQUEST, "{}", bare.text());
}

#[tokio::test]
async fn where_persons_are_softened_its_footage_is_refused() {
    let (site, lan, clip) = site();
    let mut cameras = cameras();
    cameras.iter_mut().for_each(|camera| camera.softens_persons = true);
    site.state.set_cameras(cameras);
    let refused = get(&site, &lan, &clip).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text());
    assert_eq!(refused.json()["type"], "urn:watchpost:problem:masked");
    let told = site.json("/api/v1/audit?action=viewed").await;
    assert_eq!(told["entries"], json!([]), "nothing was looked at");
}
