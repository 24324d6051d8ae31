//! What the site says of itself to the console.

use axum::Json;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::{Settings, assets};

/// Where the base map lies, if there is one.
pub(crate) const BASEMAP: &str = "/map/basemap.pmtiles";

/// The answer at `/console.json`.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Told {
    name: String,
    basemap: Option<&'static str>,
    /// Names the build of the console, so that a page that has been open for days learns of a new one.
    build: String,
}

impl Told {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            name: settings.site.clone(),
            basemap: settings.basemap.is_some().then_some(BASEMAP),
            build: assets::build(),
        }
    }

    pub(crate) fn answer(&self) -> Response {
        ([(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"))], Json(self))
            .into_response()
    }
}
