//! What happens to every request before and after its handler: the name it was sent to, who asks
//! (`access`), a time limit, a span in the log without its query, counters, headers that keep browsers careful.

use std::any::Any;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::{Instrument, debug, error, info_span};

use crate::access::{Rules, admit};
use crate::once;
use crate::problem::ApiError;
use crate::state::ApiState;

/// What answers are read by programs: should a browser show one as a page, it does nothing at all.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'";

/// Headers that every answer bears.
const HEADERS: [(HeaderName, &str); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// Handles one request around its handler.
pub(crate) async fn around(
    State((state, rules)): State<(ApiState, Arc<Rules>)>,
    request: Request,
    next: Next,
) -> Response {
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or("none", MatchedPath::as_str).to_owned();
    let method = request.method().clone();
    // The path only: a query may name places and persons sought.
    let span = info_span!("request", %method, path = %request.uri().path());
    let started = Instant::now();
    let answer = answer(&state, &rules, request, next).instrument(span.clone());
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
    let policy = HeaderValue::from_static(CONTENT_SECURITY_POLICY);
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(policy);
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

async fn answer(state: &ApiState, rules: &Rules, mut request: Request, next: Next) -> Response {
    if let Err(error) = check_host(state, &request) {
        return error.into_response();
    }
    if let Err(error) = check_origin(&request) {
        return error.into_response();
    }
    if let Err(error) = admit(state, rules, &mut request).await {
        let is_unknown = matches!(error, ApiError::NotSignedIn);
        let mut response = error.into_response();
        if is_unknown && is_of_player(&request) {
            let challenge = HeaderValue::from_static("Basic realm=\"Watchpost\"");
            response.headers_mut().append(header::WWW_AUTHENTICATE, challenge);
        }
        return response;
    }
    let limit = state.limits().answer_within;
    // Only until the answer begins: feeds and clips go on for as long as they are read.
    let answered = async {
        if rules.is_once(&request) {
            return once::answer(state, request, next)
                .await
                .unwrap_or_else(ApiError::into_response);
        }
        next.run(request).await
    };
    match tokio::time::timeout(limit, answered).await {
        Ok(response) => response,
        Err(_) => ApiError::TimedOut.into_response(),
    }
}

/// Returns whether a player asks, which shows its password when it is asked for one only. A browser,
/// which would ask its user, is told by its headers; over plain HTTP it sends a cookie alone.
fn is_of_player(request: &Request) -> bool {
    let is_played = [".m3u8", ".m4s", ".mp4"].iter().any(|end| request.uri().path().ends_with(end));
    let headers = request.headers();
    is_played && !headers.contains_key("sec-fetch-site") && !headers.contains_key(header::COOKIE)
}

/// Refuses a request sent to a name that is not ours.
///
/// A page elsewhere can have its own name resolve to our address and then read our answers as its
/// own (DNS rebinding); an address cannot be made to resolve to another.
fn check_host(state: &ApiState, request: &Request) -> Result<(), ApiError> {
    if request.uri().authority().is_none() && !request.headers().contains_key(header::HOST) {
        // HTTP/1.0, which no browser speaks.
        return Ok(());
    }
    let host = host_of(request).unwrap_or("?");
    let listed = |known: &String| known.eq_ignore_ascii_case(host);
    let ours = host.parse::<IpAddr>().is_ok()
        || host.eq_ignore_ascii_case("localhost")
        || state.parts().hosts.iter().any(listed);
    if ours { Ok(()) } else { Err(ApiError::Host(host.chars().take(100).collect())) }
}

/// Returns how the client calls us, without the port; `None` where it says nothing readable.
pub(crate) fn host_of(request: &Request) -> Option<&str> {
    let header = || request.headers().get(header::HOST)?.to_str().ok();
    let text = request.uri().authority().map(Authority::as_str).or_else(header)?;
    // Whatever is no authority at all is no name of ours either.
    text.parse::<Authority>().ok()?;
    let text = text.rsplit_once('@').map_or(text, |(_, host)| host);
    let host = match text.strip_prefix('[') {
        Some(address) => address.split_once(']')?.0,
        None => text.split_once(':').map_or(text, |(host, _)| host),
    };
    (!host.is_empty()).then_some(host)
}

/// Refuses what would change something, or open a WebSocket, when a page from elsewhere asks for it:
/// browsers say with `Origin` whose page it is, programs say nothing.
fn check_origin(request: &Request) -> Result<(), ApiError> {
    let is_told = request.headers().contains_key(header::ORIGIN);
    let is_harmless = request.method().is_safe() && !opens_socket(request);
    if is_harmless || !is_told || origin_is_ours(request) {
        return Ok(());
    }
    Err(ApiError::Origin)
}

/// Returns whether the request opens a WebSocket, which browsers let pages from elsewhere read.
pub(crate) fn opens_socket(request: &Request) -> bool {
    request.headers().contains_key(header::UPGRADE)
        || request.headers().contains_key(header::SEC_WEBSOCKET_KEY)
}

/// Returns whether `Origin` names the address that the request was sent to.
pub(crate) fn origin_is_ours(request: &Request) -> bool {
    let Some(origin) = request.headers().get(header::ORIGIN) else { return false };
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.or(request.uri().authority().map(Authority::as_str));
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    origin.is_some_and(|(_, from)| Some(from) == host)
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
