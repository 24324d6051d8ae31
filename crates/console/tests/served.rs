//! What a browser is given at each address.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, Response, StatusCode};
use console::{PAGES, Settings, around};
use tower::ServiceExt as _;

fn site(basemap: Option<std::path::PathBuf>) -> Router {
    let service = Router::new().fallback(async || (StatusCode::IM_A_TEAPOT, "the service"));
    around(service, &Settings { site: "Phường Hoàn Kiếm".to_owned(), basemap })
}

async fn ask(site: &Router, path: &str, headers: &[(&str, &str)]) -> Response<Body> {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    site.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

async fn text(response: Response<Body>) -> String {
    String::from_utf8(to_bytes(response.into_body(), 1 << 24).await.unwrap().to_vec()).unwrap()
}

#[tokio::test]
async fn every_page_is_the_one_page_and_is_asked_for_again() {
    let site = site(None);
    let opened = PAGES.iter().flat_map(|page| [(*page).to_owned(), format!("{page}/019a-2")]);
    for path in opened.chain(["/".to_owned()]) {
        let page = ask(&site, &path, &[]).await;
        assert_eq!(page.status(), StatusCode::OK, "{path}");
        assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
        assert_eq!(page.headers()["cache-control"], "no-cache");
        let policy = page.headers()["content-security-policy"].to_str().unwrap();
        assert!(
            policy.contains("default-src 'none'") && policy.contains("require-trusted-types-for")
        );
        assert_eq!(page.headers()["x-content-type-options"], "nosniff");
        let tag = page.headers()["etag"].to_str().unwrap().to_owned();
        let known = ask(&site, &path, &[("if-none-match", &tag)]).await;
        assert_eq!(known.status(), StatusCode::NOT_MODIFIED, "{path}");
    }
}

#[tokio::test]
async fn what_is_not_of_the_console_is_asked_of_the_service() {
    let site = site(None);
    for path in ["/api/v1/alerts", "/metrics", "/page", "/no-such-page", "/map/basemap.pmtiles"] {
        let answer = ask(&site, path, &[]).await;
        assert_eq!(answer.status(), StatusCode::IM_A_TEAPOT, "{path}");
        assert!(!answer.headers().contains_key("content-security-policy"), "{path}");
    }
    // A part of another build is not there, and no page in its place.
    let absent = ask(&site, "/assets/index-0000.js", &[]).await;
    assert_eq!(absent.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_base_map_is_read_by_byte_range() {
    let folder = tempfile::tempdir().unwrap();
    let map = folder.path().join("streets.pmtiles");
    std::fs::write(&map, b"PMTiles\x03 and so on").unwrap();
    let site = site(Some(map));
    let told = text(ask(&site, "/console.json", &[]).await).await;
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(
        (&told["name"], &told["basemap"]),
        (&"Phường Hoàn Kiếm".into(), &"/map/basemap.pmtiles".into())
    );
    let head = ask(&site, "/map/basemap.pmtiles", &[("range", "bytes=0-6")]).await;
    assert_eq!(head.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(text(head).await, "PMTiles");
}

#[test]
fn the_browser_knows_the_same_pages() {
    let routes = std::fs::read_to_string("ui/src/shell/routes.ts").unwrap();
    let (_, list) = routes.split_once("export const ROUTES = {").unwrap();
    let (list, _) = list.split_once('}').unwrap();
    let there: Vec<_> = list.split('\'').skip(1).step_by(2).collect();
    assert_eq!(there, PAGES);
}
