//! A plain page at `/` over the public API: the cameras and the events as they come.

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::state::ApiState;

/// Returns the page's addresses.
pub(crate) fn routes() -> Router<ApiState> {
    Router::new().route("/", get(html)).route("/page.css", get(css)).route("/page.js", get(script))
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
    ];
    (headers, text).into_response()
}
