//! Looks under privacy masks: asked for by one, agreed to by another, for a while.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use domain::{Place, Role, TimeRange};
use serde_json::{Value, json};

use crate::people::person;
use crate::site::{Answer, BEGIN, Site, camera, main_stream};

const CLIP: &str = "/api/v1/cameras/cua-nam/footage.mp4?start=2026-03-01T00:30:00Z\
                    &end=2026-03-01T00:30:02Z&masks=off";

async fn post(site: &Site, token: &str, path: &str, body: Value) -> Answer {
    let request = Request::post(format!("/api/v1/{path}"));
    let request = request.header("authorization", format!("Bearer {token}"));
    let request = request.header("content-type", "application/json");
    site.send_bare(request, Body::from(body.to_string())).await
}

async fn get(site: &Site, token: &str, path: &str) -> Answer {
    let request = Request::get(path).header("authorization", format!("Bearer {token}"));
    site.send_bare(request, Body::empty()).await
}

/// A site with footage under a mask, an investigator who may ask, and a supervisor.
fn site() -> (Site, String, String) {
    let site = Site::open();
    site.record();
    site.views.masked.lock().unwrap().push((camera("cua-nam"), TimeRange::ALL));
    site.state.unmask_for(&[Role::Investigator]);
    let lan = person(&site, "lan", Role::Investigator, Place::Site);
    let minh = person(&site, "minh", Role::Supervisor, Place::Site);
    (site, lan, minh)
}

async fn purpose(site: &Site, token: &str) -> u64 {
    let body = json!({ "case": "01/2026", "reason": "accident" });
    post(site, token, "purposes", body).await.json()["id"].as_u64().unwrap()
}

#[tokio::test]
async fn what_masks_hide_is_shown_once_a_second_person_has_agreed_and_for_a_while() {
    let (site, lan, minh) = site();
    let purpose = purpose(&site, &lan).await;
    let alone = get(&site, &lan, CLIP).await;
    assert_eq!(alone.status, StatusCode::FORBIDDEN, "{}", alone.text());
    assert_eq!(alone.json()["type"], "urn:watchpost:problem:second-person-needed");
    let body = json!({ "purpose": purpose, "cameras": ["cua-nam"], "minutes": 30 });
    let asked = post(&site, &lan, "unmaskings", body).await;
    assert_eq!(asked.status, StatusCode::CREATED, "{}", asked.text());
    let asked = asked.json();
    assert_eq!((&asked["state"], &asked["case"]), (&json!("asked"), &json!("01/2026")));
    assert_eq!(get(&site, &lan, CLIP).await.status, StatusCode::FORBIDDEN, "nobody has agreed");
    let told = get(&site, &minh, "/api/v1/unmaskings").await.json();
    assert_eq!(told["unmaskings"][0], asked, "who may be the second person is told");
    let decision = format!("unmaskings/{}/decision", asked["id"]);
    let own = post(&site, &lan, &decision, json!({ "agree": true })).await;
    assert_eq!(own.status, StatusCode::FORBIDDEN, "an investigator approves nothing");
    let agreed = post(&site, &minh, &decision, json!({ "agree": true })).await;
    assert_eq!(agreed.status, StatusCode::OK, "{}", agreed.text());
    let agreed = agreed.json();
    assert_eq!((&agreed["state"], &agreed["second"]["by"]), (&json!("agreed"), &json!("minh")));
    let clip = get(&site, &lan, CLIP).await;
    assert_eq!(clip.status, StatusCode::OK, "{}", clip.text());
    assert_eq!(get(&site, &minh, CLIP).await.status, StatusCode::FORBIDDEN, "it is lan's");
    let again = post(&site, &minh, &decision, json!({ "agree": false, "reason": "x" })).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "{}", again.text());
    // It is over by itself.
    site.clock.advance(Duration::from_secs(30 * 60));
    assert_eq!(get(&site, &lan, CLIP).await.status, StatusCode::FORBIDDEN);
    let told = get(&site, &lan, "/api/v1/unmaskings").await.json();
    assert_eq!(told["unmaskings"][0]["state"], "over");
    for (action, actor) in [("unmasking_asked", "lan"), ("unmasking_agreed", "minh")] {
        let trail = site.json(&format!("/api/v1/audit?action={action}&object=cua-nam")).await;
        let entry = &trail["entries"][0];
        assert_eq!((&entry["actor"], &entry["case"]), (&json!(actor), &json!("01/2026")));
    }
}

#[tokio::test]
async fn nobody_need_agree_where_no_mask_lies_over_the_recorded_files() {
    let (site, lan, _) = site();
    purpose(&site, &lan).await;
    let all = TimeRange { start: BEGIN, end: BEGIN.plus(Duration::from_secs(60)) };
    let files = site.index.segments(&main_stream("cua-nam"), all).unwrap();
    let [first, .., last] = &files[..] else { panic!("{} files", files.len()) };
    // A mask that was taken away when the first file had hardly begun.
    let begins = TimeRange { end: first.range.start.plus(Duration::from_millis(1)), ..first.range };
    *site.views.masked.lock().unwrap() = vec![(camera("cua-nam"), begins)];
    let ask = async |path: &str, TimeRange { start, end }: TimeRange| {
        let path = format!("/api/v1/cameras/cua-nam/{path}?start={start}&end={end}&masks=off");
        get(&site, &lan, &path).await.status
    };
    let ends =
        TimeRange { start: first.range.end.minus(Duration::from_millis(500)), ..first.range };
    for path in ["footage.mp4", "footage.m3u8"] {
        assert_eq!(ask(path, last.range).await, StatusCode::OK, "{path}");
        assert_eq!(ask(path, ends).await, StatusCode::FORBIDDEN, "{path}: the same file");
        assert_eq!(ask(path, all).await, StatusCode::FORBIDDEN, "{path}");
    }
    for (file, status) in [(first, StatusCode::FORBIDDEN), (last, StatusCode::OK)] {
        let path = format!("/api/v1/segments/{}.mp4?masks=off", file.id.0);
        assert_eq!(get(&site, &lan, &path).await.status, status);
    }
}

#[tokio::test]
async fn nobody_agrees_to_what_they_asked_for_themselves() {
    let (site, ..) = site();
    // Whoever may do everything everywhere.
    let every = site.token.clone();
    let purpose = purpose(&site, &every).await;
    let body = json!({ "purpose": purpose, "cameras": ["cua-nam"], "minutes": 30 });
    let asked = post(&site, &every, "unmaskings", body).await.json();
    let decision = format!("unmaskings/{}/decision", asked["id"]);
    let own = post(&site, &every, &decision, json!({ "agree": true })).await;
    assert_eq!(own.status, StatusCode::CONFLICT, "{}", own.text());
    assert!(own.text().contains("a second person must agree"), "{}", own.text());
    assert_eq!(get(&site, &every, CLIP).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_look_is_for_a_purpose_that_is_good_and_for_cameras_that_are_theirs() {
    let (site, lan, minh) = site();
    let good = purpose(&site, &lan).await;
    let theirs = purpose(&site, &site.token).await;
    let ask = async |purpose: u64, cameras: Value, minutes: u32| {
        let body = json!({ "purpose": purpose, "cameras": cameras, "minutes": minutes });
        post(&site, &lan, "unmaskings", body).await
    };
    let one = || json!(["cua-nam"]);
    assert_eq!(ask(theirs, one(), 30).await.status, StatusCode::FORBIDDEN);
    assert_eq!(ask(good, json!(["nowhere"]), 30).await.status, StatusCode::NOT_FOUND);
    for (cameras, minutes) in [(json!([]), 30), (one(), 0), (one(), 481)] {
        assert_eq!(ask(good, cameras, minutes).await.status, StatusCode::BAD_REQUEST);
    }
    // What is agreed to when the purpose is over would be for nothing.
    let late = ask(good, one(), 480).await.json();
    site.clock.advance(Duration::from_secs(9 * 3600));
    let decision = format!("unmaskings/{}/decision", late["id"]);
    let agreed = post(&site, &minh, &decision, json!({ "agree": true })).await;
    assert_eq!(agreed.status, StatusCode::CONFLICT, "{}", agreed.text());
    let refused = post(&site, &minh, &decision, json!({ "agree": false })).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST, "not without a reason");
    let refused = json!({ "agree": false, "reason": "đã xong" });
    let refused = post(&site, &minh, &decision, refused).await;
    assert_eq!((refused.status, &refused.json()["state"]), (StatusCode::OK, &json!("refused")));
}
