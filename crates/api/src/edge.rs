//! What happens to every request before and after its handler: the name it was sent to, a time
//! limit, a span in the log without its query, counters, headers that keep browsers careful.

use std::any::Any;
use std::net::IpAddr;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderName, HeaderValue, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::{Instrument, debug, error, info_span};

use crate::problem::ApiError;
use crate::state::ApiState;

/// Nothing but our own files and API; no frames, no inline scripts.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; \
     style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'";

/// Headers that every answer bears.
const HEADERS: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// Handles one request around its handler.
pub(crate) async fn around(
    State(state): State<ApiState>,
    request: Request,
    next: Next,
) -> Response {
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or("none", MatchedPath::as_str).to_owned();
    let method = request.method().clone();
    // The path only: a query may name places and persons sought.
    let span = info_span!("request", %method, path = %request.uri().path());
    let started = Instant::now();
    let answer = answer(&state, request, next).instrument(span.clone());
    let mut response = answer.await;
    let status = response.status().as_u16();
    let labels = [("route", route), ("status", status.to_string())];
    metrics::counter!("watchpost_api_requests_total", &labels).increment(1);
    let taken = started.elapsed();
    metrics::histogram!("watchpost_api_answer_seconds").record(taken.as_secs_f64());
    debug!(parent: &span, status, ?taken, "answered");
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

async fn answer(state: &ApiState, request: Request, next: Next) -> Response {
    if let Err(error) = check_host(state, &request) {
        return error.into_response();
    }
    if let Err(error) = check_origin(&request) {
        return error.into_response();
    }
    let limit = state.limits().answer_within;
    // Only until the answer begins: feeds and clips go on for as long as they are read.
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => ApiError::TimedOut.into_response(),
    }
}

/// Refuses a request sent to a name that is not ours.
///
/// A page elsewhere can have its own name resolve to our address and then read our answers as its
/// own (DNS rebinding); an address cannot be made to resolve to another.
fn check_host(state: &ApiState, request: &Request) -> Result<(), ApiError> {
    let header = request.headers().get(header::HOST);
    let text = match (header, request.uri().authority()) {
        (_, Some(authority)) => authority.as_str(),
        (Some(header), None) => header.to_str().unwrap_or("?"),
        // HTTP/1.0, which no browser speaks.
        (None, None) => return Ok(()),
    };
    let authority = Uri::builder().authority(text).build().ok();
    let host = authority.as_ref().and_then(Uri::host).unwrap_or("?");
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let listed = |known: &String| known.eq_ignore_ascii_case(host);
    let ours = host.parse::<IpAddr>().is_ok()
        || host.eq_ignore_ascii_case("localhost")
        || state.parts().hosts.iter().any(listed);
    if ours { Ok(()) } else { Err(ApiError::Host(host.chars().take(100).collect())) }
}

/// Refuses what would change something when a page from elsewhere asks for it.
///
/// There is no log-in, so any page that a person of this network opens could ask in their name;
/// browsers say with `Origin` whose page it is, programs say nothing.
fn check_origin(request: &Request) -> Result<(), ApiError> {
    if request.method().is_safe() {
        return Ok(());
    }
    let Some(origin) = request.headers().get(header::ORIGIN) else {
        return Ok(());
    };
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.or(request.uri().authority().map(Authority::as_str));
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    let ours = origin.is_some_and(|(_, from)| Some(from) == host);
    if ours { Ok(()) } else { Err(ApiError::Origin) }
}

/// Answers after a handler has panicked.
#[allow(clippy::needless_pass_by_value, reason = "the signature that the layer asks for")]
pub(crate) fn panicked(cause: Box<dyn Any + Send>) -> Response {
    let text = cause
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| cause.downcast_ref::<String>().map(String::as_str));
    error!(cause = text.unwrap_or("?"), "a handler panicked");
    ApiError::Panicked.into_response()
}
