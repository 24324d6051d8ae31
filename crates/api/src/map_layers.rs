//! What the site draws on its map: a list of layers, each fetched when it is shown.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::MapLayerId;
use places::MapDrawing;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use crate::params::{Names, NoParams, Params};
use crate::problem::{ApiError, Problem};
use crate::state::ApiState;

/// A layer that the site draws on its map. Whoever sees the map may see it: it is of no single camera.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapLayer {
    id: MapLayerId,
    name: String,
    name_en: Option<String>,
    drawing: MapDrawing,
    revision: String,
}

impl MapLayer {
    /// Gives `drawing` its names.
    pub fn new(id: MapLayerId, name: String, name_en: Option<String>, drawing: MapDrawing) -> Self {
        let digest = Sha256::digest(drawing.geo_json.as_bytes());
        let revision = digest[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        Self { id, name, name_en, drawing, revision }
    }
}

/// The layers of the map.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct MapLayersBody {
    /// In the order of the configuration.
    layers: Vec<MapLayerBody>,
}

/// A layer of the map.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct MapLayerBody {
    /// Names it within the site.
    #[schema(value_type = String, example = "closed-roads")]
    id: MapLayerId,
    /// Its name.
    #[schema(example = "Đường cấm")]
    name: String,
    /// Its name in English, where the site told one.
    name_en: Option<String>,
    /// How many points, lines and areas it has.
    features: usize,
    /// Changes with what it draws: what was fetched under the same one need not be fetched again.
    revision: String,
}

/// What the site draws on its map
///
/// Wards, closed roads, posts: layers of the configuration's `[map]`, above the base map and below the
/// cameras.
#[utoipa::path(
    get,
    path = "/map/layers",
    tag = "places",
    operation_id = "map_layers",
    responses((status = 200, description = "The layers", body = MapLayersBody))
)]
pub(crate) async fn map_layers(
    State(state): State<ApiState>,
    Params(NoParams): Params<NoParams>,
) -> Json<MapLayersBody> {
    let body = |layer: &MapLayer| MapLayerBody {
        id: layer.id.clone(),
        name: layer.name.clone(),
        name_en: layer.name_en.clone(),
        features: layer.drawing.features,
        revision: layer.revision.clone(),
    };
    Json(MapLayersBody { layers: state.map_layers().iter().map(body).collect() })
}

/// What one layer of the map draws
///
/// A GeoJSON feature collection of points, lines and areas; the property `name` is written beside a
/// feature that has one.
#[utoipa::path(
    get,
    path = "/map/layers/{layer}",
    tag = "places",
    operation_id = "map_layer",
    params(("layer" = String, Path, description = "The layer's id")),
    responses(
        (status = 200, description = "The layer", body = Object, content_type = "application/geo+json"),
        (status = 404, description = "No such layer", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn map_layer(
    State(state): State<ApiState>,
    names: Names,
    Params(NoParams): Params<NoParams>,
) -> Result<Response, ApiError> {
    let id: MapLayerId = names.parse("layer")?;
    let layers = state.map_layers();
    let layer = layers.iter().find(|layer| layer.id == id).ok_or(ApiError::NoSuchPage)?;
    let text = Arc::clone(&layer.drawing.geo_json);
    Ok(([(header::CONTENT_TYPE, "application/geo+json")], text.as_ref().to_owned()).into_response())
}
