//! The rules that there are, for who looks for what they found.

use axum::Json;
use axum::extract::State;
use domain::CameraId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Caller;
use crate::params::{NoParams, Params};
use crate::state::ApiState;

/// The rules that there are.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct RulesBody {
    /// The cameras that have any, or tell speeds, in the order of the configuration.
    cameras: Vec<CameraRulesBody>,
}

/// The rules of a camera.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct CameraRulesBody {
    /// The camera's id.
    #[schema(value_type = String)]
    camera: CameraId,
    /// Whether its ground is calibrated: speeds are told of such cameras only.
    is_calibrated: bool,
    /// Its rules.
    rules: Vec<RuleBody>,
}

/// A rule by its name.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct RuleBody {
    /// Its name, which searches take as `rule`.
    #[schema(example = "fast")]
    id: String,
    /// The kind of its events.
    #[schema(example = "speeding")]
    kind: &'static str,
}

/// The rules that cameras are judged by now
///
/// By camera, with their names alone: `/cameras/{camera}/scene` has what they say.
#[utoipa::path(
    get,
    path = "/rules",
    tag = "cameras",
    operation_id = "rules",
    responses((status = 200, description = "The rules", body = RulesBody))
)]
pub(crate) async fn rules(
    State(state): State<ApiState>,
    caller: Caller,
    Params(NoParams): Params<NoParams>,
) -> Json<RulesBody> {
    let desk = state.desk();
    let cameras = state.cameras_in(caller.scope()).into_iter().filter_map(|camera| {
        let scene = desk.scenes.get(&camera.id)?;
        let rules = scene
            .rules
            .iter()
            .map(|rule| RuleBody { id: rule.id.to_string(), kind: rule.kind().as_str() });
        let body = CameraRulesBody {
            camera: camera.id,
            is_calibrated: scene.calibration.is_some(),
            rules: rules.collect(),
        };
        (body.is_calibrated || !body.rules.is_empty()).then_some(body)
    });
    Json(RulesBody { cameras: cameras.collect() })
}
