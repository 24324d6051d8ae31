//! One's own password: changed with the present one, guessed by nobody, and one's own before anything
//! else is done.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use domain::{AccountName, Grant, Place, Role};
use index::{AccountKind, NewAccount};
use serde_json::json;

use crate::site::{Answer, BEGIN, Site};

const PRESENT: &str = "bốn con mèo trên mái nhà";
const NEW: &str = "năm con mèo dưới mái nhà";

fn lan() -> AccountName {
    "lan".parse().unwrap()
}

fn account() -> NewAccount {
    NewAccount {
        name: lan(),
        kind: AccountKind::Person,
        display_name: "Nguyễn Thị Lan".to_owned(),
        password: Some(api::hash_password(PRESENT).unwrap()),
        only: None,
        grants: vec![Grant { role: Role::Duty, place: Place::Site }],
    }
}

async fn sign_in(site: &Site, password: &str) -> Answer {
    let body = json!({"name": "lan", "password": password}).to_string();
    let request = Request::post("/api/v1/session").header("content-type", "application/json");
    site.send_bare(request, Body::from(body)).await
}

/// Signs in, and returns the cookie as a browser sends it back.
async fn cookie(site: &Site, password: &str) -> String {
    let answer = sign_in(site, password).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.header("set-cookie").split(';').next().unwrap().to_owned()
}

async fn get(site: &Site, cookie: &str, path: &str) -> Answer {
    let request = Request::get(format!("/api/v1/{path}")).header("cookie", cookie);
    site.send_bare(request, Body::empty()).await
}

async fn change(site: &Site, cookie: &str, present: &str, new: &str) -> Answer {
    let request = Request::post("/api/v1/me/password").header("cookie", cookie);
    let request = request.header("host", "localhost").header("origin", "http://localhost");
    let request = request.header("content-type", "application/json");
    let body = json!({"present": present, "new": new}).to_string();
    site.send_bare(request, Body::from(body)).await
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions_and_stands_in_the_trail() {
    let site = Site::open();
    site.index.accounts().add(&account(), BEGIN).unwrap();
    let [desk, other] = [cookie(&site, PRESENT).await, cookie(&site, PRESENT).await];
    let changed = change(&site, &desk, PRESENT, NEW).await;
    assert_eq!(changed.status, StatusCode::NO_CONTENT, "{}", changed.text());
    assert_eq!(get(&site, &desk, "me").await.status, StatusCode::OK, "this one goes on");
    assert_eq!(get(&site, &other, "me").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(sign_in(&site, PRESENT).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(sign_in(&site, NEW).await.status, StatusCode::OK);
    let trail = site.json("/api/v1/audit?action=account_changed&actor=lan").await;
    let entries = trail["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 1, "{trail:#}");
    assert_eq!(entries[0]["object"], "account lan");
    assert!(entries[0]["detail"].as_str().unwrap().contains("own_password"));
    assert!(!trail.to_string().contains(NEW));
}

#[tokio::test]
async fn what_is_refused_changes_nothing() {
    let site = Site::open();
    site.index.accounts().add(&account(), BEGIN).unwrap();
    let desk = cookie(&site, PRESENT).await;
    for (present, new, name) in [
        (PRESENT, "hunter2", "new"),
        (PRESENT, PRESENT, "new"),
        (PRESENT, &*"x".repeat(300), "new"),
    ] {
        let refused = change(&site, &desk, present, new).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.text());
        assert_eq!(refused.json()["invalid-params"][0]["name"], name);
    }
    let wrong = change(&site, &desk, "không phải mật khẩu này", NEW).await;
    assert_eq!(wrong.status, StatusCode::FORBIDDEN);
    assert_eq!(wrong.json()["type"], "urn:watchpost:problem:wrong-password");
    let elsewhere = Request::post("/api/v1/me/password").header("cookie", &desk);
    let elsewhere = elsewhere.header("host", "localhost").header("origin", "http://evil.example");
    let body = json!({"present": PRESENT, "new": NEW}).to_string();
    let elsewhere = site.send_bare(elsewhere, Body::from(body.clone())).await;
    assert_eq!(elsewhere.json()["type"], "urn:watchpost:problem:foreign-origin");
    let service = site.send_body(Request::post("/api/v1/me/password"), Body::from(body)).await;
    assert_eq!(service.status, StatusCode::BAD_REQUEST, "a token has none");
    assert_eq!(sign_in(&site, PRESENT).await.status, StatusCode::OK);
    let trail = site.json("/api/v1/audit?action=account_changed").await;
    assert_eq!(trail["entries"], json!([]));
}

#[tokio::test]
async fn guessing_at_an_open_desk_locks_the_name_as_signing_in_does() {
    let site = Site::open();
    site.index.accounts().add(&account(), BEGIN).unwrap();
    let desk = cookie(&site, PRESENT).await;
    for _ in 0..5 {
        let wrong = change(&site, &desk, "không phải mật khẩu này", NEW).await;
        assert_eq!(wrong.status, StatusCode::FORBIDDEN, "{}", wrong.text());
    }
    let failed = site.json("/api/v1/audit?action=sign_in_failed").await;
    let entry = &failed["entries"][0];
    assert_eq!(entry["object"], "account lan", "{failed:#}");
    assert!(entry["detail"].as_str().unwrap().contains("\"attempts\":5"), "{failed:#}");
    for locked in [change(&site, &desk, PRESENT, NEW).await, sign_in(&site, PRESENT).await] {
        assert_eq!(locked.status, StatusCode::TOO_MANY_REQUESTS, "{}", locked.text());
        assert!(!locked.header("retry-after").is_empty());
    }
    assert_eq!(get(&site, &desk, "me").await.status, StatusCode::OK, "nobody is kept from working");
    site.clock.advance(std::time::Duration::from_secs(31));
    assert_eq!(change(&site, &desk, PRESENT, NEW).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn who_was_given_a_password_sets_their_own_before_anything_else() {
    let site = Site::open();
    let asked =
        json!({"name": "lan", "grants": [{"role": "duty", "whole_site": true}]}).to_string();
    let made = site.send_body(Request::post("/api/v1/accounts"), Body::from(asked)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let given = made.json()["password"].as_str().unwrap().to_owned();
    let signed_in = sign_in(&site, &given).await.json();
    assert_eq!(signed_in["must_change_password"], true);
    assert_eq!(signed_in["can"]["follow"], false, "nothing yet");
    assert_eq!(signed_in["roles"], json!(["duty"]));
    let desk = cookie(&site, &given).await;
    for path in ["cameras", "events/stream", "alerts", "cameras/cua-nam/frame.jpg", "accounts"] {
        let refused = get(&site, &desk, path).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(refused.json()["type"], "urn:watchpost:problem:password-given", "{path}");
    }
    let health = get(&site, &desk, "health").await.json();
    assert_eq!(health["streams"], json!(null), "told no more than anyone");
    assert_eq!(change(&site, &desk, &given, &given).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(change(&site, &desk, &given, NEW).await.status, StatusCode::NO_CONTENT);
    let me = get(&site, &desk, "me").await.json();
    assert_eq!((&me["must_change_password"], &me["can"]["follow"]), (&json!(false), &json!(true)));
    assert_eq!(get(&site, &desk, "cameras").await.status, StatusCode::OK);
    // An administrator's reset is another such password.
    let reset = site.send(Request::post("/api/v1/accounts/lan/password")).await;
    assert_eq!(reset.status, StatusCode::OK, "{}", reset.text());
    assert_eq!(get(&site, &desk, "me").await.status, StatusCode::UNAUTHORIZED);
    let again = reset.json()["password"].as_str().unwrap().to_owned();
    assert_eq!(sign_in(&site, &again).await.json()["must_change_password"], true);
}
