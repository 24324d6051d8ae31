//! HTTP over connections: HTTP/2 where both sides agreed on it within TLS, otherwise HTTP/1.1.
//!
//! A console has feeds, pictures, footage and a wall of live views open at once; over HTTP/1.1 browsers
//! open six connections and let the rest wait. What one connection may ask at once is bounded, and whoever
//! opens requests only to reset them (CVE-2023-44487) is cut off. A WebSocket upgrades an HTTP/1.1
//! connection of its own (RFC 6455): that it may be opened within HTTP/2 (RFC 8441) is not announced, and
//! then no browser tries.

use std::pin::{Pin, pin};
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service as _;
use tracing::debug;

use crate::listener::{Accepted, ClientAddress, Connections};

/// Requests of one HTTP/2 connection that are answered at once: more than a wall of tiles, its feeds and
/// a page of small pictures.
const STREAMS: u32 = 256;
/// Requests that a client may have reset before we have looked at them.
const RESET_BEFORE_ACCEPTED: usize = 32;
/// Requests that we may have reset because the client broke the rules.
const RESET_BY_US: usize = 128;
/// Bytes that the headers of a request may have.
const HEADER_BYTES: u32 = 16 << 10;
/// Bytes of one answer that wait for the client.
const SEND_BYTES: usize = 256 << 10;
/// How often an HTTP/2 connection is asked whether it lives, and how soon it must say so.
const PING_EVERY: Duration = Duration::from_secs(20);
const PONG_WITHIN: Duration = Duration::from_secs(20);

/// Answers what comes over `connections` from `pages` until `stop` falls; then nobody is let in any more,
/// and it returns when all answers under way have ended, or `cut` falls.
pub(crate) async fn converse(
    mut connections: Connections,
    pages: Router,
    stop: CancellationToken,
    cut: CancellationToken,
) {
    let conversations = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            accepted = connections.accept() => accepted,
            () = stop.cancelled() => break,
        };
        conversations.spawn(answer(accepted, pages.clone(), stop.clone(), cut.clone()));
    }
    drop(connections);
    conversations.close();
    conversations.wait().await;
}

async fn answer(
    accepted: Accepted,
    pages: Router,
    stop: CancellationToken,
    cut: CancellationToken,
) {
    let Accepted { stream, address, is_http2 } = accepted;
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ClientAddress(address));
        // A router is always ready.
        pages.clone().call(request)
    });
    let stream = TokioIo::new(stream);
    let ended = if is_http2 {
        let mut http2 = http2::Builder::new(TokioExecutor::new());
        http2
            .timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS)
            .max_pending_accept_reset_streams(RESET_BEFORE_ACCEPTED)
            .max_local_error_reset_streams(RESET_BY_US)
            .max_header_list_size(HEADER_BYTES)
            .max_send_buf_size(SEND_BYTES)
            .keep_alive_interval(PING_EVERY)
            .keep_alive_timeout(PONG_WITHIN);
        let connection = http2.serve_connection(stream, service);
        until_stopped(connection, |open| open.graceful_shutdown(), stop, cut).await
    } else {
        let connection = http1::Builder::new().serve_connection(stream, service).with_upgrades();
        until_stopped(connection, |open| open.graceful_shutdown(), stop, cut).await
    };
    if let Err(error) = ended {
        debug!(%error, %address, "a connection broke");
    }
}

/// Goes on until the connection ends; once `stop` has fallen `wind_down` has it take no further request,
/// and once `cut` has, it is over.
async fn until_stopped<C: Future<Output = hyper::Result<()>>>(
    connection: C,
    wind_down: fn(Pin<&mut C>),
    stop: CancellationToken,
    cut: CancellationToken,
) -> hyper::Result<()> {
    let mut connection = pin!(connection);
    tokio::select! {
        ended = connection.as_mut() => return ended,
        () = stop.cancelled() => wind_down(connection.as_mut()),
    }
    tokio::select! {
        ended = connection => ended,
        () = cut.cancelled() => Ok(()),
    }
}
