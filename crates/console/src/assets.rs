//! The files that `ui/` was built to: each with its type, its `ETag`, and packed where that helps.

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

/// In the program when that is built for release; read where they lie when for development.
#[derive(RustEmbed)]
#[folder = "ui/dist"]
struct Files;

const PAGE: &str = "index.html";
/// What `build.rs` marks its page with.
const PLACEHOLDER: &str = "watchpost-placeholder";

/// Whether the console is in this program, and not the page that says that it is missing.
pub fn is_built() -> bool {
    Files::get(PAGE).is_some_and(|page| !String::from_utf8_lossy(&page.data).contains(PLACEHOLDER))
}

/// Returns what names this build of the console.
pub(crate) fn build() -> String {
    Files::get(PAGE).map(|page| tag(&page)).unwrap_or_default()
}

/// The page that everything is drawn in.
pub(crate) async fn page(headers: HeaderMap) -> Response {
    // Asked for again each time: it names the parts of the newest build.
    answer(PAGE, "no-cache", &headers)
}

pub(crate) async fn icon(headers: HeaderMap) -> Response {
    answer("favicon.svg", "public, max-age=3600", &headers)
}

/// A part of the page; its name changes with its content, so that it may be kept for good.
pub(crate) async fn part(Path(file): Path<String>, headers: HeaderMap) -> Response {
    answer(&format!("assets/{file}"), "public, max-age=31536000, immutable", &headers)
}

fn answer(name: &str, keep: &'static str, asked: &HeaderMap) -> Response {
    let packed = takes_brotli(asked).then(|| Files::get(&format!("{name}.br"))).flatten();
    let is_packed = packed.is_some();
    let Some(file) = packed.or_else(|| Files::get(name)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let tag = format!("\"{}\"", tag(&file));
    let known = asked.get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
    let is_known = known.is_some_and(|tags| tags.contains(&tag));
    let mut response = match is_known {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => file.data.into_owned().into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind(name)));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(header::ETAG, HeaderValue::from_str(&tag).expect("hex between quotes"));
    if is_packed && !is_known {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
    }
    response
}

/// Browsers ask for brotli over TLS and from this machine only.
fn takes_brotli(asked: &HeaderMap) -> bool {
    let known = asked.get(header::ACCEPT_ENCODING).and_then(|kinds| kinds.to_str().ok());
    known.is_some_and(|kinds| kinds.split(',').any(|kind| kind.trim() == "br"))
}

/// The first bytes of the file's SHA-256, in hex.
fn tag(file: &EmbeddedFile) -> String {
    file.metadata.sha256_hash().iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}

fn kind(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, end)| end) {
        "html" => "text/html; charset=utf-8",
        // A worker of another type would be refused.
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "woff2" => "font/woff2",
        "json" => "application/json",
        _ => "application/octet-stream",
    }
}
