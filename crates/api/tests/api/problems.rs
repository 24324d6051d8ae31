//! What cannot be answered is refused in one shape, and nothing brings the service down.

use axum::http::{Request, StatusCode};

use crate::site::Site;

#[tokio::test]
async fn problems_have_the_shape_of_rfc_9457() {
    let site = Site::open();
    for (uri, status, kind) in [
        ("/nowhere", 404, "no-such-page"),
        ("/api/v1/nowhere", 404, "no-such-page"),
        ("/api/v1/cameras/none", 404, "no-such-camera"),
        ("/api/v1/cameras/No%20Name", 400, "invalid-parameters"),
        ("/api/v1/cameras/%ff", 404, "no-such-page"),
        ("/api/v1/events/0190b6d0-0000-7000-8000-000000000000", 404, "no-such-event"),
        ("/api/v1/events/17", 400, "invalid-parameters"),
        ("/api/v1/segments/999.mp4", 404, "no-such-segment"),
        ("/api/v1/segments/..%2f..%2fetc", 400, "invalid-parameters"),
        ("/api/v1/cameras/my-dinh/frame.jpg?stream=sub", 404, "no-such-stream"),
        ("/api/v1/events?speed=3", 400, "invalid-parameters"),
        ("/metrics?x", 400, "invalid-parameters"),
    ] {
        let answer = site.get(uri).await;
        assert_eq!(answer.status.as_u16(), status, "{uri}: {}", answer.text());
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        let problem = answer.json();
        assert_eq!(problem["type"], format!("urn:watchpost:problem:{kind}"), "{uri}");
        assert_eq!(problem["status"], status);
        assert!(problem["title"].is_string() && problem["detail"].is_string());
    }
    let posted = site.send(Request::post("/api/v1/events")).await;
    assert_eq!(posted.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(posted.json()["type"], "urn:watchpost:problem:method-not-allowed");
    assert_eq!(posted.header("allow"), "GET,HEAD");
}

#[tokio::test]
async fn every_refused_parameter_is_named() {
    let site = Site::open();
    let answer = site
        .get("/api/v1/events?limit=501&class=unicorn&start=now&circle=105,21,3&bbox=1&colour=pink&size=huge&heading=up&mood=calm")
        .await;
    let problem = answer.json();
    let names: Vec<_> = problem["invalid-params"]
        .as_array()
        .unwrap()
        .iter()
        .map(|param| param["name"].as_str().unwrap().to_owned())
        .collect();
    for name in ["limit", "class", "start", "circle", "bbox", "colour", "size", "heading", "mood"] {
        assert!(names.iter().any(|known| known == name), "{name}: {problem:#}");
    }
}

#[tokio::test]
async fn another_sites_name_is_refused() {
    let site = Site::open();
    for (host, status) in [
        ("127.0.0.1:8080", 200),
        ("[::1]:8080", 200),
        ("localhost", 200),
        ("watchpost.example:443", 200),
        ("rebound.example", 421),
        ("", 421),
    ] {
        let answer = site.send(Request::get("/api/v1/cameras").header("host", host)).await;
        assert_eq!(answer.status.as_u16(), status, "{host}");
    }
}

#[tokio::test]
async fn the_page_is_whole_and_takes_nothing_from_elsewhere() {
    let site = Site::open();
    let page = site.get("/page").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.header("content-security-policy").starts_with("default-src 'none'"));
    let text = page.text();
    assert!(!text.contains("http") && !text.contains("style="), "{text}");
    for (address, kind) in [("/page.css", "text/css"), ("/page.js", "text/javascript")] {
        assert!(text.contains(address));
        let file = site.get(address).await;
        assert!(file.header("content-type").starts_with(kind));
    }
}
