//! Every address of the service, its OpenAPI document, and the listener.

use std::io;
use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderValue, Method, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::{AuditAction, Permission};
use tokio::net::TcpListener;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::{info, warn};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::{Needs, Operations, Rules, own_password, session};
use crate::conversation::converse;
use crate::listener::{Connections, Transport};
use crate::params::{NoParams, Params};
use crate::problem::ApiError;
use crate::state::ApiState;
use crate::{
    accounts, actions, alert_stats, alerts, audit, audit_check, calls, cameras, case_footage,
    cases, connection_test, coverage, edge, event_clip, events, exports, feed, findings, footage,
    frames, health, holds, live_hls, live_view, map_layers, notifications, officers, page, places,
    purposes, recordings, regions, replays, report, rules, saved_searches, scenes, shelvings,
    shifts, signals, sprites, storage, stream, thumbnails, timeline, tracks, unmaskings, verdicts,
};

/// What stands at the head of the OpenAPI document.
#[derive(Debug, OpenApi)]
#[openapi(
    info(
        title = "Watchpost",
        description = "Footage that can be trusted and events that can be found. Times are RFC 3339; \
                       problems are RFC 9457; unknown query parameters are refused. \
                       Whoever asks signs in or shows a token; what lies outside the places that \
                       they were granted is answered as what does not exist.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
        contact()
    ),
    tags(
        (name = "access", description = "Signing in and out, and what one may do"),
        (name = "events", description = "What rules found: followed live, searched, counted"),
        (name = "alerts", description = "What is put before the duty officer: one for each happening"),
        (name = "shifts", description = "What a shift has before it, and its hand-over"),
        (name = "calls", description = "Calls to 113, 114 and 115: told by the systems that take them, shown as incidents"),
        (name = "cases", description = "Alerts, footage and notes under the number of an incident"),
        (name = "cameras", description = "The cameras and how they are doing"),
        (name = "places", description = "Named places: the site's own, wards and provinces of now and before"),
        (name = "footage", description = "What is recorded: spans, clips, files, pictures"),
        (name = "tracks", description = "Where objects went on the views"),
        (name = "audit", description = "Who did what and what for; what is held; what leaves sealed"),
        (name = "notifications", description = "Who is told of events, and what they would not take"),
        (name = "service", description = "The service itself"),
    )
)]
struct Head;

/// Every operation, each with what it needs of who asks.
fn api() -> (OpenApiRouter<ApiState>, Rules) {
    use Permission as May;
    let (follow, search, play) =
        (Needs::Any(&[May::Follow]), Needs::Any(&[May::Search]), Needs::Any(&[May::Play]));
    let (handle, case) = (Needs::Any(&[May::Handle]), Needs::Any(&[May::Handle, May::Search]));
    let (hold, export) = (Needs::Any(&[May::Hold]), Needs::Any(&[May::Export]));
    // Whoever is asked to be the second person sees what they are asked about.
    let held = Needs::Any(&[May::Hold, May::Approve]);
    let exported = Needs::Any(&[May::Export, May::Approve]);
    let purpose = Needs::Any(&[May::Search, May::Play, May::Export, May::Hold]);
    let event = Needs::Any(&[May::Follow, May::Search]);
    // Whoever works with cameras at all, and whoever keeps them going.
    let camera = Needs::Any(&[May::Follow, May::Live, May::Search, May::Play, May::Monitor]);
    let coverage = Needs::Any(&[May::Follow, May::Search, May::Monitor]);
    Operations::new()
        .add(Needs::Nothing, routes!(session::open))
        .add(Needs::SignedIn, routes!(session::close))
        .add(Needs::SignedIn, routes!(session::me))
        .add(Needs::SignedIn, routes!(own_password::change_password))
        .add(Needs::WholeSite(May::Configure), routes!(accounts::accounts, accounts::add))
        .add(Needs::WholeSite(May::Configure), routes!(accounts::change))
        .add(follow, routes!(feed::feed))
        .add(follow, routes!(stream::stream))
        .add_noted(search, AuditAction::Searched, routes!(events::search))
        .add_noted(search, AuditAction::Searched, routes!(events::histogram))
        .add(event, routes!(events::event))
        .add(event, routes!(events::still))
        // Noted once a shift by the handler, as the pictures are.
        .add(follow, routes!(event_clip::event_clip))
        .add(follow, routes!(alerts::alerts))
        .add(follow, routes!(alerts::feed::alert_feed))
        .add(event, routes!(alerts::detail::alert))
        .add(event, routes!(alerts::detail::alert_events))
        .add(event, routes!(alerts::detail::event_alert))
        .add(handle, routes!(actions::act))
        .add(handle, routes!(actions::batch))
        .add(handle, routes!(shelvings::shelvings))
        .add_once(handle, routes!(shelvings::shelve))
        .add(handle, routes!(shelvings::end))
        .add(handle, routes!(officers::officers))
        .add(Needs::WholeSite(May::Follow), routes!(alert_stats::alert_stats))
        .add(Needs::WholeSite(May::Follow), routes!(verdicts::verdicts))
        .add(Needs::WholeSite(May::Handle), routes!(shifts::shift))
        .add(Needs::WholeSite(May::Handle), routes!(shifts::hand_over))
        .add(Needs::WholeSite(May::Handle), routes!(shifts::sign))
        .add(Needs::WholeSite(May::Follow), routes!(report::report))
        .add(Needs::WholeSite(May::Follow), routes!(report::figures))
        .add_once(case, routes!(cases::open, cases::cases))
        .add(case, routes!(cases::case))
        .add_once(case, routes!(cases::mark))
        .add_noted(play, AuditAction::Viewed, routes!(case_footage::case_playlist))
        .add(purpose, routes!(purposes::purposes, purposes::state_purpose))
        .add(purpose, routes!(purposes::take_up))
        .add(purpose, routes!(purposes::current))
        .add(held, routes!(holds::holds))
        .add_once(hold, routes!(holds::place))
        .add(hold, routes!(holds::ask_to_lift))
        .add(held, routes!(holds::lift))
        .add_once(export, routes!(exports::order))
        .add(exported, routes!(exports::exports))
        .add(exported, routes!(exports::export))
        .add(Needs::Any(&[May::Approve]), routes!(exports::decide))
        .add(export, routes!(exports::package))
        .add_once(Needs::Any(&[May::Unmask]), routes!(unmaskings::ask))
        .add(Needs::Any(&[May::Unmask, May::Approve]), routes!(unmaskings::unmaskings))
        .add(Needs::Any(&[May::Approve]), routes!(unmaskings::decide))
        .add(Needs::WholeSite(May::ReadAudit), routes!(audit::audit))
        .add(Needs::WholeSite(May::ReadAudit), routes!(audit::head))
        .add(Needs::WholeSite(May::ReadAudit), routes!(audit_check::check))
        .add(Needs::Source, routes!(findings::post))
        .add(Needs::Source, routes!(calls::post))
        .add(Needs::Source, routes!(calls::call_state))
        .add(event, routes!(calls::incident::incident))
        .add(Needs::Source, routes!(signals::put))
        .add(camera, routes!(cameras::cameras))
        .add(camera, routes!(cameras::camera))
        .add(Needs::Any(&[May::Search, May::Configure]), routes!(scenes::scene))
        .add(Needs::Any(&[May::Search, May::Configure]), routes!(rules::rules))
        .add(Needs::WholeSite(May::Configure), routes!(connection_test::test))
        .add(camera, routes!(places::places))
        .add(camera, routes!(places::place))
        .add(camera, routes!(map_layers::map_layers))
        .add(camera, routes!(map_layers::map_layer))
        .add(coverage, routes!(coverage::coverage))
        .add(play, routes!(recordings::recordings))
        .add_noted(play, AuditAction::Viewed, routes!(footage::clip))
        .add_noted(play, AuditAction::Viewed, routes!(footage::playlist))
        .add_noted(play, AuditAction::Viewed, routes!(footage::segment))
        .add(Needs::Any(&[May::Live, May::Play]), routes!(frames::frame))
        .add(Needs::Any(&[May::Live]), routes!(live_view::live))
        // A look that goes on is noted once, by the handler.
        .add(Needs::Any(&[May::Live]), routes!(live_hls::live_playlist))
        .add(Needs::Any(&[May::Live]), routes!(live_hls::live_piece))
        .add_noted(play, AuditAction::Viewed, routes!(thumbnails::thumbnail))
        .add(play, routes!(sprites::sprite))
        .add_noted(play, AuditAction::Viewed, routes!(sprites::sheet))
        .add_noted(search, AuditAction::Searched, routes!(tracks::tracks))
        .add_noted(search, AuditAction::Searched, routes!(timeline::timeline))
        .add_noted(search, AuditAction::Searched, routes!(replays::replay))
        // What is searched stands in the body: the handler notes it.
        .add(search, routes!(regions::begin))
        .add(search, routes!(regions::region, regions::cancel))
        .add(search, routes!(saved_searches::searches, saved_searches::save))
        .add(search, routes!(saved_searches::forget))
        .add(Needs::WholeSite(May::Monitor), routes!(notifications::notifications))
        .add(Needs::WholeSite(May::Configure), routes!(notifications::retry))
        .add(Needs::WholeSite(May::Monitor), routes!(storage::storage))
        .add(Needs::Nothing, routes!(health::health))
        .add(Needs::Nothing, routes!(openapi_document))
        .finish(Head::openapi())
}

/// Returns the OpenAPI 3.1 document, as it is served and kept in `docs/ref/openapi.json`.
pub fn openapi() -> String {
    let document = api().0.into_openapi();
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
    let (api, mut rules) = api();
    let (api, _) = api.split_for_parts();
    rules.note("/metrics", Method::GET, Needs::WholeSite(Permission::Monitor));
    let page = page::routes(&mut rules);
    let around = (state.clone(), Arc::new(rules));
    api.merge(page)
        .route("/metrics", get(health::metrics))
        .fallback(async || ApiError::NoSuchPage)
        .layer(CatchPanicLayer::custom(edge::panicked))
        .layer(middleware::from_fn_with_state(around, edge::around))
        .with_state(state)
}

/// For how long a browser that was here asks by TLS alone (RFC 6797). Not for names below ours, which
/// others may serve, and not for the lists that browsers are built with.
const ONLY_ENCRYPTED: &str = "max-age=15552000";

/// Has browsers that came by TLS come by nothing else from then on, also where somebody types `http:`.
/// They take no notice where we are called by an address, or the certificate is not trusted.
async fn only_encrypted(mut response: Response) -> Response {
    let value = HeaderValue::from_static(ONLY_ENCRYPTED);
    response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, value);
    response
}

/// Serves `pages`, [`router`] or what was put around it, on `listener` until the stop token of
/// `state` falls: then feeds end, new connections are refused, and answers under way have a short
/// while to finish (`Limits::drain_within`).
///
/// # Errors
/// The listener failed.
pub async fn serve(listener: TcpListener, state: ApiState, pages: Router) -> io::Result<()> {
    let transport = state.parts().transport.clone();
    serve_by(&transport, listener, state, pages).await
}

/// Does the same by plain HTTP on a loopback `listener`, beside one that speaks TLS: for programs on
/// this machine, which show a token.
///
/// # Errors
/// The listener failed.
pub async fn serve_locally(listener: TcpListener, state: ApiState) -> io::Result<()> {
    let pages = router(state.clone());
    serve_by(&Transport::Loopback, listener, state, pages).await
}

async fn serve_by(
    transport: &Transport,
    listener: TcpListener,
    state: ApiState,
    pages: Router,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    let stop = state.stop().clone();
    let drained = {
        let state = state.clone();
        async move {
            state.stop().cancelled().await;
            tokio::time::sleep(state.limits().drain_within).await;
        }
    };
    let is_tls = transport.is_tls();
    let pages = if is_tls { pages.layer(middleware::map_response(only_encrypted)) } else { pages };
    let connections = Connections::new(listener, transport);
    info!(%address, tls = is_tls, "query service listens");
    tokio::select! {
        () = converse(connections, pages, stop, state.cut().clone()) => {}
        () = drained => warn!("answers still under way are cut off"),
    }
    state.cut().cancel();
    Ok(())
}
