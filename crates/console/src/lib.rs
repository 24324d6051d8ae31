//! The web console: what `ui/` was built to, embedded, served around the query service.
//!
//! [`around`] takes the query service's router and puts the console's addresses before it: `/` and
//! each of [`PAGES`] are the one page that the browser draws everything in, `/assets/` its parts
//! under names that change with their content, `/console.json` what the site says of itself, and
//! `/map/basemap.pmtiles` the base map, read from disk by byte range. Everything else is the query
//! service's. `ui/` is written in TypeScript (Svelte) and built by `scripts/build-console`; without
//! that the program holds a page that says so.

mod assets;
mod headers;
mod site;

use std::path::PathBuf;

use axum::Router;
use axum::middleware;
use axum::routing::get;
use tower_http::services::ServeFile;

pub use assets::is_built;

/// The addresses of the console's pages, as `ui/src/shell/routes.ts` has them; each may be
/// followed by what is opened on it.
pub const PAGES: [&str; 7] =
    ["/truc-ban", "/truc-tiep", "/tuong", "/may-quay", "/dieu-tra", "/chung-cu", "/he-thong"];

/// What the console is told of its site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The name people know the site by.
    pub site: String,
    /// A base map, as one file of vector tiles (PMTiles); a plain grid without it.
    pub basemap: Option<PathBuf>,
}

/// Returns every address of the console, and behind them those of `service`.
pub fn around(service: Router, settings: &Settings) -> Router {
    let told = site::Told::new(settings);
    let mut pages = Router::new()
        .route("/", get(assets::page))
        .route("/assets/{*file}", get(assets::part))
        .route("/favicon.svg", get(assets::icon))
        .route("/console.json", get(async move || told.answer()));
    for page in PAGES {
        pages = pages.route(page, get(assets::page));
        pages = pages.route(&format!("{page}/{{*opened}}"), get(assets::page));
    }
    if let Some(basemap) = &settings.basemap {
        pages = pages.route_service(site::BASEMAP, ServeFile::new(basemap));
    }
    // What is behind keeps its own headers.
    pages.layer(middleware::map_response(headers::add)).fallback_service(service)
}
