//! Sealed packages of a case: ordered, made in the background, fetched by byte range.

use std::fmt;
use std::path::PathBuf;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::{AccountName, CameraId, StreamRole, TimeRange, Timestamp};
use evidence::Digest;
use index::StoredPurpose;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::access::Caller;
use crate::params::{Names, NoParams, Params, read_json};
use crate::problem::{ApiError, Problem};
use crate::send::{Representation, Source};
use crate::state::ApiState;
use crate::views::{Masking, may_lift};

/// Makes sealed packages; the program stands behind it.
pub trait ExportSource: Send + Sync + fmt::Debug {
    /// Begins to make a package; `None` if as many as may be are being made.
    fn begin(&self, order: ExportOrder) -> Option<ExportJob>;

    /// Returns how an export is going; `None` if there is none, or its package was removed.
    fn job(&self, id: Uuid) -> Option<ExportJob>;
}

/// What is to be exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportOrder {
    /// Who ordered it.
    pub operator: AccountName,
    /// What for.
    pub purpose: StoredPurpose,
    /// The cameras.
    pub cameras: Vec<CameraId>,
    /// Which of their streams.
    pub role: StreamRole,
    /// From when to when.
    pub range: TimeRange,
    /// Whether events get a still each.
    pub with_stills: bool,
    /// Whether privacy masks lie over the clips.
    pub masking: Masking,
}

/// An export and how it is going.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportJob {
    /// Names it.
    pub id: Uuid,
    /// Who ordered it; nobody else may fetch it.
    pub operator: AccountName,
    /// The number of the case.
    pub case: String,
    /// When it was ordered.
    pub ordered: Timestamp,
    /// How it is going.
    pub state: ExportState,
}

/// How an export is going.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExportState {
    /// It is being made: bytes of clips written so far and in all; 0 in all until that is known.
    Running {
        /// So far.
        done: u64,
        /// In all.
        total: u64,
    },
    /// It is there.
    Done {
        /// Where.
        path: PathBuf,
        /// Its size.
        bytes: u64,
        /// The fingerprint of the key that sealed it.
        key: Digest,
        /// What whoever ordered it should know.
        warnings: Vec<String>,
    },
    /// It could not be made.
    Failed(String),
}

/// What is to be exported.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExportRequest {
    /// The purpose it is made for; it must be the asking account's and still good.
    purpose: u64,
    /// The cameras.
    #[schema(value_type = Vec<String>, min_items = 1)]
    cameras: Vec<CameraId>,
    /// `main` (if left out) or `sub`.
    #[schema(value_type = Option<String>, example = "main")]
    stream: Option<StreamRole>,
    /// The first moment.
    #[schema(value_type = String, format = DateTime)]
    start: Timestamp,
    /// The first moment after.
    #[schema(value_type = String, format = DateTime)]
    end: Timestamp,
    /// Whether events get a still each; they do if left out.
    stills: Option<bool>,
    /// `keep` (if left out): where privacy masks lie over a clip it is a masked copy; `remove`: the
    /// original, for who holds `unmask` over every camera.
    #[schema(value_type = Option<String>, example = "keep")]
    masks: Option<MasksWord>,
}

/// What becomes of privacy masks.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum MasksWord {
    Keep,
    Remove,
}

/// An export and how it is going.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct ExportBody {
    /// Names it.
    id: String,
    /// The number of the case.
    case: String,
    /// Who ordered it.
    operator: String,
    /// When it was ordered.
    #[schema(value_type = String, format = DateTime)]
    ordered: Timestamp,
    /// `running`, `done` or `failed`.
    #[schema(example = "running")]
    state: &'static str,
    /// Bytes of clips written so far.
    done_bytes: Option<u64>,
    /// Bytes of clips in all; 0 until that is known.
    total_bytes: Option<u64>,
    /// Where to fetch the package, once it is there.
    package: Option<String>,
    /// The size of the package.
    bytes: Option<u64>,
    /// The fingerprint of the key that sealed it.
    #[schema(value_type = Option<String>)]
    key: Option<Digest>,
    /// What whoever ordered it should know.
    warnings: Vec<String>,
    /// Why it could not be made.
    failed: Option<String>,
}

impl From<ExportJob> for ExportBody {
    fn from(job: ExportJob) -> Self {
        let package = format!("/api/v1/exports/{}/package.zip", job.id);
        let mut body = Self {
            id: job.id.to_string(),
            case: job.case,
            operator: job.operator.to_string(),
            ordered: job.ordered,
            state: "running",
            done_bytes: None,
            total_bytes: None,
            package: None,
            bytes: None,
            key: None,
            warnings: Vec::new(),
            failed: None,
        };
        match job.state {
            ExportState::Running { done, total } => {
                (body.done_bytes, body.total_bytes) = (Some(done), Some(total));
            }
            ExportState::Done { bytes, key, warnings, .. } => {
                body.state = "done";
                (body.package, body.bytes) = (Some(package), Some(bytes));
                (body.key, body.warnings) = (Some(key), warnings);
            }
            ExportState::Failed(why) => (body.state, body.failed) = ("failed", Some(why)),
        }
        body
    }
}

/// Order a sealed package
///
/// Clips with the cameras' own pictures (masked copies where privacy masks lie over them), events with stills, a signed manifest, the case's part of the
/// audit trail; `docs/guide/evidence.md`. Made in the background; an entry of the audit trail.
#[utoipa::path(
    post,
    path = "/exports",
    tag = "audit",
    operation_id = "order_export",
    request_body = ExportRequest,
    responses(
        (status = 202, description = "It is being made; `Location` tells how it is going", body = ExportBody),
        (status = 400, description = "The body was refused", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The purpose is not the asking account's, or no longer good; or masks may not be removed", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such camera", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "As many as may be are being made", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn order(
    State(state): State<ApiState>,
    Params(NoParams): Params<NoParams>,
    caller: Caller,
    body: Body,
) -> Result<Response, ApiError> {
    let request: ExportRequest = read_json(body).await?;
    let role = request.stream.unwrap_or(StreamRole::Main);
    if request.cameras.is_empty() {
        return Err(ApiError::refuse("cameras", "no camera is named"));
    }
    for camera in &request.cameras {
        state.stream(caller.scope(), camera, Some(role))?;
    }
    let masking = match request.masks {
        Some(MasksWord::Remove) => Masking::Off,
        Some(MasksWord::Keep) | None => Masking::On,
    };
    for camera in &request.cameras {
        may_lift(&caller, camera, masking)?;
    }
    let operator = caller.name().clone();
    let range = TimeRange { start: request.start, end: request.end };
    if range.end <= range.start {
        return Err(ApiError::refuse("end", "it does not lie after `start`"));
    }
    let (id, now) = (request.purpose, state.parts().clock.now());
    let purpose = state.query(move |index| index.custody().purpose(id)).await?;
    let purpose = purpose.filter(|purpose| purpose.allows(&operator, now));
    let purpose = purpose.ok_or(ApiError::NoPurpose)?;
    let with_stills = request.stills.unwrap_or(true);
    let cameras = request.cameras;
    let order = ExportOrder { operator, purpose, cameras, role, range, with_stills, masking };
    let begun = state.ask(move |state| Ok(state.parts().exports.begin(order))).await?;
    let job = begun.ok_or(ApiError::Busy("packages being made"))?;
    let location = format!("/api/v1/exports/{}", job.id);
    let headers = [(header::LOCATION, location)];
    Ok((StatusCode::ACCEPTED, headers, Json(ExportBody::from(job))).into_response())
}

/// How an export is going
#[utoipa::path(
    get,
    path = "/exports/{export}",
    tag = "audit",
    operation_id = "export",
    params(("export" = String, Path, description = "The export's id")),
    responses(
        (status = 200, description = "How it is going", body = ExportBody),
        (status = 404, description = "No such export of the asking account, or its package was removed", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn export(
    State(state): State<ApiState>,
    Params(NoParams): Params<NoParams>,
    caller: Caller,
    names: Names,
) -> Result<Json<ExportBody>, ApiError> {
    job(&state, caller.name(), &names).map(|job| Json(ExportBody::from(job)))
}

/// A sealed package
///
/// Takes `Range`.
#[utoipa::path(
    get,
    path = "/exports/{export}/package.zip",
    tag = "audit",
    operation_id = "export_package",
    params(("export" = String, Path, description = "The export's id")),
    responses(
        (status = 200, description = "The package", content_type = "application/zip", body = Vec<u8>),
        (status = 206, description = "A part of it", content_type = "application/zip", body = Vec<u8>),
        (status = 404, description = "No such export of the asking account, or it is not done", body = Problem, content_type = "application/problem+json"),
        (status = 416, description = "`Range` lies beyond the end", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn package(
    State(state): State<ApiState>,
    Params(NoParams): Params<NoParams>,
    caller: Caller,
    names: Names,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let job = job(&state, caller.name(), &names)?;
    let ExportState::Done { path, bytes, .. } = job.state else {
        return Err(ApiError::NoSuchExport(job.id));
    };
    let permit = state.clip_permit()?;
    let file = state.disk_read(move || std::fs::File::open(path).map_err(ApiError::File)).await?;
    let representation = Representation {
        length: bytes,
        etag: format!("\"export-{}\"", job.id),
        content_type: "application/zip",
        file_name: format!("watchpost-{}.zip", job.id),
        source: Source::File(file),
    };
    representation.answer(&state, permit, &headers)
}

/// Returns an export of whoever asks; one of somebody else does not exist.
fn job(state: &ApiState, operator: &AccountName, names: &Names) -> Result<ExportJob, ApiError> {
    let id: Uuid = names.parse("export")?;
    let found = state.parts().exports.job(id).filter(|job| job.operator == *operator);
    found.ok_or(ApiError::NoSuchExport(id))
}
