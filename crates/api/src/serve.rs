//! Every address of the service, its OpenAPI document, and the listener.

use std::io;

use axum::Router;
use axum::http::header;
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::serve::ListenerExt;
use tokio::net::{TcpListener, TcpStream};
use tower_http::catch_panic::CatchPanicLayer;
use tracing::{debug, info, warn};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::params::{NoParams, Params};
use crate::problem::ApiError;
use crate::state::ApiState;
use crate::{
    alerts, cameras, coverage, edge, events, feed, findings, footage, frames, health,
    notifications, page, recordings, replays, signals, tracks,
};

/// Milliseconds after which a client that takes nothing of what we send is cut off, in the
/// kernel. A player that was paused for longer asks again by byte range, a feed by its cursor.
const TAKEN_WITHIN_MS: u32 = 120_000;

/// What stands at the head of the OpenAPI document.
#[derive(Debug, OpenApi)]
#[openapi(
    info(
        title = "Watchpost",
        description = "Footage that can be trusted and events that can be found. Times are RFC 3339; \
                       problems are RFC 9457; unknown query parameters are refused.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
        contact()
    ),
    tags(
        (name = "events", description = "What rules found: followed live, searched, counted"),
        (name = "alerts", description = "What is put before the duty officer: one for each happening"),
        (name = "cameras", description = "The cameras and how they are doing"),
        (name = "footage", description = "What is recorded: spans, clips, files, pictures"),
        (name = "tracks", description = "Where objects went on the views"),
        (name = "notifications", description = "Who is told of events, and what they would not take"),
        (name = "service", description = "The service itself"),
    )
)]
struct Head;

fn api() -> OpenApiRouter<ApiState> {
    let v1 = OpenApiRouter::new()
        .routes(routes!(feed::feed))
        .routes(routes!(events::search))
        .routes(routes!(events::histogram))
        .routes(routes!(events::event))
        .routes(routes!(events::still))
        .routes(routes!(alerts::alerts))
        .routes(routes!(alerts::alert_feed))
        .routes(routes!(alerts::alert))
        .routes(routes!(alerts::alert_events))
        .routes(routes!(alerts::event_alert))
        .routes(routes!(findings::post))
        .routes(routes!(signals::put))
        .routes(routes!(cameras::cameras))
        .routes(routes!(cameras::camera))
        .routes(routes!(coverage::coverage))
        .routes(routes!(recordings::recordings))
        .routes(routes!(footage::clip))
        .routes(routes!(footage::playlist))
        .routes(routes!(footage::segment))
        .routes(routes!(frames::frame))
        .routes(routes!(tracks::tracks))
        .routes(routes!(replays::replay))
        .routes(routes!(notifications::notifications))
        .routes(routes!(notifications::retry))
        .routes(routes!(health::health))
        .routes(routes!(openapi_document));
    OpenApiRouter::with_openapi(Head::openapi()).nest("/api/v1", v1)
}

/// Returns the OpenAPI 3.1 document, as it is served and kept in `docs/ref/openapi.json`.
pub fn openapi() -> String {
    let document = api().into_openapi();
    let mut text = document.to_pretty_json().expect("a document built from types is valid JSON");
    text.push('\n');
    text
}

/// This document
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "service",
    operation_id = "openapi",
    responses((status = 200, description = "The OpenAPI 3.1 document", content_type = "application/json", body = Object))
)]
async fn openapi_document(Params(NoParams): Params<NoParams>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], openapi()).into_response()
}

/// Returns every address of the service.
pub fn router(state: ApiState) -> Router {
    let (api, _) = api().split_for_parts();
    api.merge(page::routes())
        .route("/metrics", get(health::metrics))
        .fallback(async || ApiError::NoSuchPage)
        .method_not_allowed_fallback(async || ApiError::Method)
        .layer(CatchPanicLayer::custom(edge::panicked))
        .layer(middleware::from_fn_with_state(state.clone(), edge::around))
        .with_state(state)
}

/// Serves on `listener` until the stop token of `state` falls: then feeds end, new connections
/// are refused, and answers under way have a short while to finish (`Limits::drain_within`).
///
/// # Errors
/// The listener failed.
pub async fn serve(listener: TcpListener, state: ApiState) -> io::Result<()> {
    let address = listener.local_addr()?;
    let stop = state.stop().clone();
    let drained = {
        let state = state.clone();
        async move {
            state.stop().cancelled().await;
            tokio::time::sleep(state.limits().drain_within).await;
        }
    };
    let listener = listener.tap_io(cut_off_stalled);
    let served =
        axum::serve(listener, router(state.clone())).with_graceful_shutdown(stop.cancelled_owned());
    info!(%address, "query service listens");
    let result = tokio::select! {
        result = served => result,
        () = drained => {
            warn!("answers still under way are cut off");
            Ok(())
        }
    };
    state.cut().cancel();
    result
}

fn cut_off_stalled(stream: &mut TcpStream) {
    // Events are small and must not wait to be gathered into a larger packet.
    if let Err(error) = stream.set_nodelay(true) {
        debug!(%error, "cannot send small packets at once");
    }
    if let Err(error) = rustix::net::sockopt::set_tcp_user_timeout(&*stream, TAKEN_WITHIN_MS) {
        debug!(%error, "cannot limit how long a client may take nothing");
    }
}
