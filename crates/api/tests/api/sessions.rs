//! Signing in and out: cookies, guesses, pages from elsewhere, feeds that end with their session.

use std::time::Duration;

use axum::body::Body;
use axum::http::request::Builder;
use axum::http::{Request, StatusCode};
use domain::{AccountName, Grant, Place, Role};
use futures::StreamExt as _;
use index::{AccountKind, NewAccount};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::site::{Answer, BEGIN, Site, event};

const PASSWORD: &str = "bốn con mèo trên mái nhà";

fn lan() -> AccountName {
    "lan".parse().unwrap()
}

fn site() -> Site {
    let site = Site::open();
    let account = NewAccount {
        name: lan(),
        kind: AccountKind::Person,
        display_name: "Nguyễn Thị Lan".to_owned(),
        password: Some(api::hash_password(PASSWORD).unwrap()),
        only: None,
        grants: vec![Grant { role: Role::Duty, place: Place::Site }],
    };
    site.index.accounts().add(&account, BEGIN).unwrap();
    site
}

fn sign_in() -> Builder {
    Request::post("/api/v1/session").header("content-type", "application/json")
}

async fn try_in(site: &Site, name: &str, password: &str) -> Answer {
    let body = json!({"name": name, "password": password}).to_string();
    site.send_bare(sign_in(), Body::from(body)).await
}

/// Signs in, and returns the cookie as a browser sends it back.
async fn cookie(site: &Site) -> String {
    let answer = try_in(site, "lan", PASSWORD).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.header("set-cookie").split(';').next().unwrap().to_owned()
}

async fn me(site: &Site, cookie: &str) -> Answer {
    site.send_bare(Request::get("/api/v1/me").header("cookie", cookie), Body::empty()).await
}

#[tokio::test]
async fn one_signs_in_is_known_and_signs_out() {
    let site = site();
    let answer = try_in(&site, "lan", PASSWORD).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let set = answer.header("set-cookie").to_owned();
    let expected = "; Path=/; HttpOnly; SameSite=Strict; Max-Age=43200";
    assert!(set.starts_with("watchpost=") && set.ends_with(expected), "{set}");
    assert_eq!(answer.header("cache-control"), "no-store");
    let cookie = set.split(';').next().unwrap().to_owned();
    let known = me(&site, &format!("other=1; {cookie}")).await.json();
    assert_eq!(known, answer.json());
    assert_eq!((&known["name"], &known["kind"]), (&json!("lan"), &json!("person")));
    assert_eq!(known["roles"], json!(["duty"]));
    assert_eq!((&known["can"]["follow"], &known["can"]["search"]), (&json!(true), &json!(false)));
    assert_eq!(known["grants"][0]["whole_site"], true);
    let out = Request::delete("/api/v1/session").header("cookie", &cookie);
    let out = out.header("host", "localhost").header("origin", "http://localhost");
    let answer = site.send_bare(out, Body::empty()).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.text());
    assert!(answer.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(me(&site, &cookie).await.status, StatusCode::UNAUTHORIZED);
}

/// The entries of `action`, oldest first: who, to what, and what else.
async fn trail(site: &Site, action: &str) -> Vec<(String, String, Value)> {
    let told = site.json(&format!("/api/v1/audit?action={action}")).await;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let entries = told["entries"].as_array().unwrap().iter().rev();
    let entry = |entry: &Value| {
        let detail = serde_json::from_str(&text(&entry["detail"])).unwrap();
        (text(&entry["actor"]), text(&entry["object"]), detail)
    };
    entries.map(entry).collect()
}

#[tokio::test]
async fn signing_in_and_out_stands_in_the_trail() {
    let site = site();
    let first = cookie(&site).await;
    let body = json!({"name": "lan", "password": PASSWORD}).to_string();
    let again = sign_in().header("cookie", &first).header("host", "localhost");
    let again = again.header("origin", "http://localhost");
    let again = site.send_bare(again, Body::from(body)).await;
    assert_eq!(again.status, StatusCode::OK, "{}", again.text());
    let second = again.header("set-cookie").split(';').next().unwrap().to_owned();
    let out = Request::delete("/api/v1/session").header("cookie", &second);
    let out = out.header("host", "localhost").header("origin", "http://localhost");
    assert_eq!(site.send_bare(out, Body::empty()).await.status, StatusCode::NO_CONTENT);
    let (name, object) = ("lan".to_owned(), "account lan".to_owned());
    let lan = (name, object, json!({ "from": null, "via": "api" }));
    assert_eq!(trail(&site, "signed_in").await, [lan.clone(), lan.clone()]);
    assert_eq!(trail(&site, "signed_out").await, [lan.clone(), lan], "the first was replaced");
}

#[tokio::test]
async fn failed_log_ins_are_one_entry_with_a_count_and_never_what_was_typed() {
    let site = site();
    for _ in 0..6 {
        try_in(&site, "lan", "hunter2").await;
    }
    // Somebody typed the password where the name belongs.
    for _ in 0..3 {
        try_in(&site, PASSWORD, "lan").await;
    }
    let entries = trail(&site, "sign_in_failed").await;
    let [(actor, object, detail)] = &entries[..] else { panic!("{entries:?}") };
    assert_eq!((actor.as_str(), object.as_str()), ("watchpost", "account lan, unknown name"));
    let told = (&detail["attempts"], &detail["accounts"], &detail["unknown_name"]);
    assert_eq!(told, (&json!(9), &json!({ "lan": 6 }), &json!(3)), "{detail:#}");
    let whole = site.json("/api/v1/audit").await.to_string();
    assert!(!whole.contains("hunter2") && !whole.contains("mèo"), "{whole}");
    assert_eq!(trail(&site, "sign_in_failed").await.len(), 1, "told once");
    // What failed before stands before what came of it.
    site.clock.advance(Duration::from_secs(31));
    try_in(&site, "lan", "hunter2").await;
    site.clock.advance(Duration::from_secs(120));
    cookie(&site).await;
    let found = site.json("/api/v1/audit?object=lan&limit=2").await;
    let actions: Vec<_> = found["entries"].as_array().unwrap().iter().collect();
    let actions: Vec<_> = actions.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["signed_in", "sign_in_failed"]);
}

#[tokio::test]
async fn tokens_that_are_none_are_one_entry_with_a_count_and_never_what_was_shown() {
    let site = site();
    let ask = async |header: &str| {
        let request = Request::get("/api/v1/me").header("authorization", header);
        site.send_bare(request, Body::empty()).await.status
    };
    for _ in 0..3 {
        assert_eq!(ask("Bearer wpt_guessed").await, StatusCode::UNAUTHORIZED);
    }
    // As players show it: "x:wpt_guessed".
    assert_eq!(ask("Basic eDp3cHRfZ3Vlc3NlZA==").await, StatusCode::UNAUTHORIZED);
    // Who shows nothing, or a session that has run out, has not tried.
    me(&site, "watchpost=gone").await;
    site.send_bare(Request::get("/api/v1/me"), Body::empty()).await;

    let entries = trail(&site, "sign_in_failed").await;
    let [(actor, object, detail)] = &entries[..] else { panic!("{entries:?}") };
    assert_eq!((actor.as_str(), object.as_str()), ("watchpost", "unknown token"));
    let told = (&detail["attempts"], &detail["tokens"], &detail["accounts"]);
    assert_eq!(told, (&json!(4), &json!({ "api": 4 }), &json!({})), "{detail:#}");
    let whole = site.json("/api/v1/audit").await.to_string();
    assert!(!whole.contains("guessed") && !whole.contains("3Vlc3"), "{whole}");
}

#[tokio::test]
async fn beyond_loopback_the_cookie_travels_encrypted_only() {
    let site = site();
    let body = json!({"name": "lan", "password": PASSWORD}).to_string();
    let request = sign_in().header("host", "watchpost.example");
    let answer = site.send_bare(request, Body::from(body)).await;
    let set = answer.header("set-cookie").to_owned();
    assert!(set.starts_with("__Host-watchpost=") && set.ends_with("; Secure"), "{set}");
    let value = set.split(';').next().unwrap().to_owned();
    let at = |host: &str, cookie: &str| {
        Request::get("/api/v1/me").header("host", host).header("cookie", cookie)
    };
    let through = site.send_bare(at("watchpost.example", &value), Body::empty()).await;
    assert_eq!(through.status, StatusCode::OK);
    // A name without the prefix can be set by a neighbour, over plain HTTP.
    let weak = value.replace("__Host-", "");
    let refused = site.send_bare(at("watchpost.example", &weak), Body::empty()).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn whatever_is_wrong_is_answered_alike() {
    let site = site();
    let wrong = try_in(&site, "lan", "hunter2").await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert_eq!(wrong.json()["type"], "urn:watchpost:problem:wrong-login");
    assert_eq!(wrong.header("set-cookie"), "");
    for (name, password) in [("nam", PASSWORD), ("every", ""), ("Không có", "x"), ("lan", "")] {
        let answer = try_in(&site, name, password).await;
        assert_eq!((answer.status, answer.json()), (wrong.status, wrong.json()), "{name}");
    }
    site.index.accounts().set_disabled(&lan(), true).unwrap();
    assert_eq!(try_in(&site, "lan", PASSWORD).await.json(), wrong.json(), "shut out");
    for (request, body, status) in [
        (sign_in(), json!({"name": "lan"}), 400),
        (sign_in(), json!({"name": "lan", "password": PASSWORD, "remember": true}), 400),
        (sign_in(), json!("x".repeat(5000)), 400),
        (Request::post("/api/v1/session"), json!({"name": "lan", "password": PASSWORD}), 415),
    ] {
        let answer = site.send_bare(request, Body::from(body.to_string())).await;
        assert_eq!(answer.status.as_u16(), status, "{body}");
        assert!(!answer.text().contains(PASSWORD));
    }
}

#[tokio::test]
async fn guesses_lock_a_name_whether_it_exists_or_not() {
    let site = site();
    for name in ["lan", "nobody"] {
        for _ in 0..5 {
            assert_eq!(try_in(&site, name, "hunter2").await.status, StatusCode::UNAUTHORIZED);
        }
        let locked = try_in(&site, name, PASSWORD).await;
        assert_eq!(locked.status, StatusCode::TOO_MANY_REQUESTS, "{name}");
        assert_eq!(locked.header("retry-after"), "31");
        assert_eq!(locked.json()["type"], "urn:watchpost:problem:too-many-logins");
    }
    site.clock.advance(Duration::from_secs(31));
    assert_eq!(try_in(&site, "lan", PASSWORD).await.status, StatusCode::OK);
    // It is forgotten: the next slip locks nobody.
    assert_eq!(try_in(&site, "lan", "hunter2").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(try_in(&site, "lan", PASSWORD).await.status, StatusCode::OK);
}

#[tokio::test]
async fn one_address_does_not_try_without_end() {
    let site = site();
    let mut refused = 0;
    for number in 0..35 {
        let answer = try_in(&site, &format!("name-{number}"), "hunter2").await;
        refused += u32::from(answer.status == StatusCode::TOO_MANY_REQUESTS);
    }
    assert_eq!(refused, 5);
}

#[tokio::test]
async fn a_page_from_elsewhere_watches_nothing_in_ones_name() {
    let site = site();
    let cookie = cookie(&site).await;
    // Browsers let pages open and read WebSockets to anywhere, with the cookies of there.
    let watch = |origin: Option<&str>| {
        let request = Request::get("/api/v1/cameras/cua-nam/live").header("cookie", &cookie);
        let request = request.header("host", "localhost:8080").header("upgrade", "websocket");
        match origin {
            Some(origin) => request.header("origin", origin),
            None => request,
        }
    };
    for origin in [None, Some("http://evil.example"), Some("null"), Some("http://localhost:81")] {
        let answer = site.send_bare(watch(origin), Body::empty()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{origin:?}");
        assert_eq!(answer.json()["type"], "urn:watchpost:problem:foreign-origin");
    }
    // As far as it goes without a connection to upgrade.
    let ours = site.send_bare(watch(Some("http://localhost:8080")), Body::empty()).await;
    assert_eq!(ours.status, StatusCode::UPGRADE_REQUIRED, "{}", ours.text());
}

#[tokio::test]
async fn a_page_from_elsewhere_changes_nothing_in_ones_name() {
    let site = site();
    let cookie = cookie(&site).await;
    let retry = |origin: Option<&str>| {
        let request = Request::delete("/api/v1/session").header("cookie", &cookie);
        let request = request.header("host", "localhost:8080");
        match origin {
            Some(origin) => request.header("origin", origin),
            None => request,
        }
    };
    for origin in [None, Some("http://evil.example"), Some("null"), Some("http://localhost:81")] {
        let answer = site.send_bare(retry(origin), Body::empty()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{origin:?}");
        assert_eq!(answer.json()["type"], "urn:watchpost:problem:foreign-origin");
    }
    assert_eq!(me(&site, &cookie).await.status, StatusCode::OK, "still signed in");
    let ours = site.send_bare(retry(Some("http://localhost:8080")), Body::empty()).await;
    assert_eq!(ours.status, StatusCode::NO_CONTENT);
    // Nor may it sign a browser in as someone else.
    let body = json!({"name": "lan", "password": PASSWORD}).to_string();
    let request = sign_in().header("host", "localhost").header("origin", "http://evil.example");
    assert_eq!(site.send_bare(request, Body::from(body)).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_session_ends_by_itself() {
    let site = site();
    let cookie = cookie(&site).await;
    site.clock.advance(Duration::from_secs(3500));
    assert_eq!(me(&site, &cookie).await.status, StatusCode::OK);
    site.clock.advance(Duration::from_secs(3600));
    let late = me(&site, &cookie).await;
    assert_eq!(late.json()["type"], "urn:watchpost:problem:not-signed-in");
    assert_eq!(late.header("www-authenticate"), "Bearer");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_feed_ends_with_its_session_and_with_what_was_granted() {
    for how in ["shut out", "granted less"] {
        let site = site();
        let cookie = cookie(&site).await;
        let request = Request::get("/api/v1/events/stream").header("cookie", &cookie);
        let request = request.body(Body::empty()).unwrap();
        let response = site.bare.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let mut chunks = response.into_body().into_data_stream();
        let mut told = String::new();
        site.index.append_events(vec![event(1)]).unwrap();
        while !told.contains("\"sequence\":1") {
            let chunk = tokio::time::timeout(Duration::from_secs(60), chunks.next()).await;
            told.push_str(std::str::from_utf8(&chunk.unwrap().unwrap().unwrap()).unwrap());
        }
        let accounts = site.index.accounts();
        if how == "shut out" {
            accounts.set_disabled(&lan(), true).unwrap();
        } else {
            let whole = Grant { role: Role::Duty, place: Place::Site };
            accounts
                .grant(&lan(), &Grant { place: Place::node("Hà Nội").unwrap(), ..whole.clone() })
                .unwrap();
            accounts.revoke(&lan(), &whole).unwrap();
        }
        site.index.append_events(vec![event(2)]).unwrap();
        let rest = async {
            let mut rest = String::new();
            while let Some(chunk) = chunks.next().await {
                rest.push_str(std::str::from_utf8(&chunk.unwrap()).unwrap());
            }
            rest
        };
        let rest =
            tokio::time::timeout(Duration::from_secs(60), rest).await.expect("the feed ends");
        assert!(!rest.contains("\"sequence\":2"), "{how}: {rest}");
    }
}

#[tokio::test]
async fn a_token_is_no_session() {
    let site = site();
    let answer = site.send(Request::delete("/api/v1/session")).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let known: Value = site.json("/api/v1/me").await;
    assert_eq!((&known["name"], &known["kind"]), (&json!("every"), &json!("service")));
    // In a cookie it is nothing, and a session is nothing as a token.
    assert_eq!(
        me(&site, &format!("watchpost={}", site.token)).await.status,
        StatusCode::UNAUTHORIZED
    );
    let session = cookie(&site).await.replace("watchpost=", "");
    let request = Request::get("/api/v1/me").header("authorization", format!("Bearer {session}"));
    assert_eq!(site.send_bare(request, Body::empty()).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn answers_are_for_programs_and_kept_by_nobody() {
    let site = Site::open();
    let answer = site.get("/api/v1/cameras").await;
    let policy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    for (name, value) in [
        ("content-security-policy", policy),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(answer.header(name), value);
    }
}
