//! A plain page at `/page` over the public API: the cameras and the events as they come.

use axum::Router;
use axum::http::{HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::access::{Needs, Rules};
use crate::state::ApiState;

/// Nothing but our own files and API; no frames, no inline scripts.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; \
     style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'";

/// Returns the page's addresses. They hold nothing of the site, and so need no log-in: the page asks
/// for it.
pub(crate) fn routes(rules: &mut Rules) -> Router<ApiState> {
    for path in ["/page", "/page.css", "/page.js"] {
        rules.note(path, Method::GET, Needs::Nothing);
    }
    Router::new()
        .route("/page", get(html))
        .route("/page.css", get(css))
        .route("/page.js", get(script))
}

async fn html() -> Response {
    file("text/html; charset=utf-8", include_str!("page/index.html"))
}

async fn css() -> Response {
    file("text/css; charset=utf-8", include_str!("page/page.css"))
}

async fn script() -> Response {
    file("text/javascript; charset=utf-8", include_str!("page/page.js"))
}

fn file(kind: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY)),
    ];
    (headers, text).into_response()
}
