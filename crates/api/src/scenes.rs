//! What a camera's pictures are judged by now: for who draws zones and tripwires, and tries them.

use axum::Json;
use axum::extract::State;
use domain::{CameraId, Polygon};
use scene::CameraScene;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Caller;
use crate::params::{Names, NoParams, Params};
use crate::problem::{ApiError, Problem};
use crate::state::ApiState;

/// What a camera's pictures are judged by, as the configuration has it now.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct SceneBody {
    /// The camera's id.
    camera: String,
    /// Zones, tripwires, signals, calibration and rules, as in a camera's `scene` in the
    /// configuration.
    #[schema(value_type = Object)]
    scene: CameraScene,
    /// What is painted over before anything looks at the pictures: the corners of each mask.
    #[schema(value_type = Vec<Vec<[f32; 2]>>)]
    masks: Vec<Polygon>,
}

/// What a camera's pictures are judged by now
///
/// Changed in the configuration, and tried by `POST /replays`.
#[utoipa::path(
    get,
    path = "/cameras/{camera}/scene",
    tag = "cameras",
    operation_id = "camera_scene",
    params(("camera" = String, Path, description = "The camera's id")),
    responses(
        (status = 200, description = "The scene", body = SceneBody),
        (status = 404, description = "No such camera", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn scene(
    State(state): State<ApiState>,
    caller: Caller,
    names: Names,
    Params(NoParams): Params<NoParams>,
) -> Result<Json<SceneBody>, ApiError> {
    let id: CameraId = names.parse("camera")?;
    state.camera(caller.scope(), &id)?;
    let desk = state.desk();
    Ok(Json(SceneBody {
        camera: id.to_string(),
        scene: desk.scenes.get(&id).cloned().unwrap_or_default(),
        masks: desk.masks.get(&id).cloned().unwrap_or_default(),
    }))
}
