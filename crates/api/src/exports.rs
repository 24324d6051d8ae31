//! Sealed packages of a case: ordered, agreed to by a second person where that is asked for, made in
//! the background, fetched by byte range.

use std::fmt;
use std::path::PathBuf;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::{
    AccountName, AuditAction, AuditDraft, CameraId, Permission, StreamRole, TimeRange, Timestamp,
};
use evidence::{Digest, Passphrase, chain};
use index::{ExportStage, IndexError, StoredExport, StoredPurpose};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::access::Caller;
use crate::holds::HoldActBody;
use crate::params::{Names, NoParams, Params, read_json};
use crate::problem::{ApiError, Problem};
use crate::send::{Representation, Source};
use crate::state::ApiState;
use crate::views::{Masking, may_lift};

/// Characters of what the second person says.
const REASON_LIMIT: usize = 500;

/// Makes sealed packages; the program stands behind it. Every method blocks for the disk.
pub trait ExportSource: Send + Sync + fmt::Debug {
    /// Stores an order and begins it, or has it wait for the second person; `None` if too many
    /// wait already.
    ///
    /// # Errors
    /// It cannot be stored.
    fn order(&self, order: ExportOrder) -> Result<Option<ExportJob>, IndexError>;

    /// Takes the word of the second person.
    ///
    /// # Errors
    /// [`IndexError::Export`] if it is nobody's to say, or theirs the least.
    fn decide(&self, id: Uuid, decision: ExportDecision) -> Result<ExportJob, IndexError>;

    /// Returns an order and how it is going.
    ///
    /// # Errors
    /// It cannot be read.
    fn job(&self, id: Uuid) -> Result<Option<ExportJob>, IndexError>;

    /// Returns the newest of the orders that `is_seen`, the last one first.
    ///
    /// # Errors
    /// They cannot be read.
    fn jobs(&self, is_seen: &dyn Fn(&StoredExport) -> bool) -> Result<Vec<ExportJob>, IndexError>;
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
    /// What alone opens the package that leaves; it is kept in memory and nowhere else.
    pub passphrase: Option<Passphrase>,
}

/// What the second person says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportDecision {
    /// Who.
    pub by: AccountName,
    /// Agreed, or why not.
    pub verdict: Result<(), String>,
}

/// An order and how it is going.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportJob {
    /// What is stored of it.
    pub stored: StoredExport,
    /// Bytes of clips written so far and in all, while it is being made; 0 in all until that is
    /// known.
    pub progress: Option<(u64, u64)>,
    /// Where the package lies once it is done.
    pub path: PathBuf,
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
    /// Then the package leaves inside a ZIP that this alone opens (AES-256): 16 to 256 visible
    /// ASCII characters. It is stored nowhere.
    #[schema(value_type = Option<String>)]
    passphrase: Option<Secret>,
}

/// What becomes of privacy masks.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum MasksWord {
    Keep,
    Remove,
}

/// A text that is never printed.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Secret(String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// What the second person says.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DecisionRequest {
    /// Whether they agree.
    agree: bool,
    /// Why not; needed if they do not.
    reason: Option<String>,
}

/// An export and how it is going.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct ExportBody {
    /// Names it.
    id: String,
    /// The number of the case.
    case: String,
    /// The reason that was stated, in words.
    reason: String,
    /// The law it rests on.
    legal_basis: Option<String>,
    /// The cameras.
    cameras: Vec<String>,
    /// Which of their streams.
    #[schema(value_type = String, example = "main")]
    stream: StreamRole,
    /// The first moment.
    #[schema(value_type = String, format = DateTime)]
    start: Timestamp,
    /// The first moment after.
    #[schema(value_type = String, format = DateTime)]
    end: Timestamp,
    /// Who ordered it.
    operator: String,
    /// When it was ordered.
    #[schema(value_type = String, format = DateTime)]
    ordered: Timestamp,
    /// Whether it leaves under a passphrase.
    protected: bool,
    /// Whether a second person must agree before it is made.
    second_needed: bool,
    /// The second person, once they have spoken.
    second: Option<HoldActBody>,
    /// `asked` (a second person must agree), `refused`, `waiting` (for others that are being made),
    /// `running`, `done`, `failed` or `removed` (its time was over).
    #[schema(example = "running")]
    state: &'static str,
    /// Bytes of clips written so far.
    done_bytes: Option<u64>,
    /// Bytes of clips in all; 0 until that is known.
    total_bytes: Option<u64>,
    /// When that last changed.
    #[schema(value_type = String, format = DateTime)]
    changed: Timestamp,
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
    /// Why the second person refused it.
    refused: Option<String>,
}

/// The exports.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct ExportsBody {
    /// The newest first, 200 at most.
    exports: Vec<ExportBody>,
}

impl From<ExportJob> for ExportBody {
    fn from(job: ExportJob) -> Self {
        let ExportJob { stored: StoredExport { export, second, stage, changed }, progress, .. } =
            job;
        let purpose = export.purpose.purpose;
        let mut body = Self {
            id: export.id.to_string(),
            case: purpose.case,
            reason: purpose.reason,
            legal_basis: purpose.legal_basis,
            cameras: export.cameras.iter().map(ToString::to_string).collect(),
            stream: export.role,
            start: export.range.start,
            end: export.range.end,
            operator: export.operator.to_string(),
            ordered: export.ordered,
            protected: export.options.protected,
            second_needed: export.second_needed,
            second: second.map(HoldActBody::from),
            state: "asked",
            done_bytes: None,
            total_bytes: None,
            changed,
            package: None,
            bytes: None,
            key: None,
            warnings: Vec::new(),
            failed: None,
            refused: None,
        };
        match stage {
            ExportStage::Asked => {}
            ExportStage::Due => {
                body.state = if progress.is_some() { "running" } else { "waiting" };
                (body.done_bytes, body.total_bytes) = progress.unzip();
            }
            ExportStage::Done { bytes, key, warnings } => {
                body.state = "done";
                body.package = Some(format!("/api/v1/exports/{}/package.zip", export.id));
                (body.bytes, body.key) = (Some(bytes), Some(Digest(key)));
                body.warnings = warnings;
            }
            ExportStage::Failed(why) => (body.state, body.failed) = ("failed", Some(why)),
            ExportStage::Refused(why) => (body.state, body.refused) = ("refused", Some(why)),
            ExportStage::Removed => body.state = "removed",
        }
        body
    }
}

/// Order a sealed package
///
/// Clips with the cameras' own pictures (masked copies where privacy masks lie over them), events with
/// stills, a signed manifest, the case's part of the audit trail; `docs/guide/evidence.md`. Made in the
/// background; an entry of the audit trail. Where the site's policy asks for it, it waits for a second
/// person (`state` is `asked`).
#[utoipa::path(
    post,
    path = "/exports",
    tag = "audit",
    operation_id = "order_export",
    request_body = ExportRequest,
    responses(
        (status = 202, description = "It is being made, or waits for a second person; `Location` tells how it is going", body = ExportBody),
        (status = 400, description = "The body was refused", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The purpose is not the asking account's, or no longer good; or masks may not be removed", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such camera", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "As many as may wait are waiting", body = Problem, content_type = "application/problem+json"),
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
    let passphrase = request.passphrase.map(|Secret(text)| Passphrase::new(&text)).transpose();
    let passphrase =
        passphrase.map_err(|error| ApiError::refuse("passphrase", error.to_string()))?;
    let (id, now) = (request.purpose, state.parts().clock.now());
    let purpose = state.query(move |index| index.custody().purpose(id)).await?;
    let purpose = purpose.filter(|purpose| purpose.allows(&operator, now));
    let purpose = purpose.ok_or(ApiError::NoPurpose)?;
    let with_stills = request.stills.unwrap_or(true);
    let cameras = request.cameras;
    let order =
        ExportOrder { operator, purpose, cameras, role, range, with_stills, masking, passphrase };
    let begun = state.ask(move |state| Ok(state.parts().exports.order(order)?)).await?;
    let job = begun.ok_or(ApiError::Busy("packages waiting to be made"))?;
    let location = format!("/api/v1/exports/{}", job.stored.export.id);
    let headers = [(header::LOCATION, location)];
    Ok((StatusCode::ACCEPTED, headers, Json(ExportBody::from(job))).into_response())
}

/// Exports, newest first
///
/// Those of the asking account; to who may be the second person those, too, that lie within their
/// place and in which one is needed.
#[utoipa::path(
    get,
    path = "/exports",
    tag = "audit",
    operation_id = "exports",
    responses((status = 200, description = "The exports", body = ExportsBody))
)]
pub(crate) async fn exports(
    State(state): State<ApiState>,
    Params(NoParams): Params<NoParams>,
    caller: Caller,
) -> Result<Json<ExportsBody>, ApiError> {
    let is_seen = move |stored: &StoredExport| is_seen(&caller, stored);
    let jobs = state.ask(move |state| Ok(state.parts().exports.jobs(&is_seen)?)).await?;
    Ok(Json(ExportsBody { exports: jobs.into_iter().map(ExportBody::from).collect() }))
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
        (status = 404, description = "No such export that the asking account may know of", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn export(
    State(state): State<ApiState>,
    Params(NoParams): Params<NoParams>,
    caller: Caller,
    names: Names,
) -> Result<Json<ExportBody>, ApiError> {
    job(&state, &names, move |job| is_seen(&caller, &job.stored)).await.map(|job| Json(job.into()))
}

/// Agree to an export, or refuse it
///
/// By another person than the one who ordered it. What is agreed to is made at once.
#[utoipa::path(
    post,
    path = "/exports/{export}/decision",
    tag = "audit",
    operation_id = "decide_export",
    params(("export" = String, Path, description = "The export's id")),
    request_body = DecisionRequest,
    responses(
        (status = 200, description = "The export", body = ExportBody),
        (status = 400, description = "The body was refused", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such export that waits for the asking account", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It waits for nobody, or the same person ordered it", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn decide(
    State(state): State<ApiState>,
    Params(NoParams): Params<NoParams>,
    caller: Caller,
    names: Names,
    body: Body,
) -> Result<Json<ExportBody>, ApiError> {
    let verdict = read_decision(body).await?;
    let by = caller.name().clone();
    let found = job(&state, &names, move |job| is_seen(&caller, &job.stored)).await?;
    let id = found.stored.export.id;
    let decision = ExportDecision { by, verdict };
    let decided = state.ask(move |state| Ok(state.parts().exports.decide(id, decision)?)).await?;
    Ok(Json(ExportBody::from(decided)))
}

/// Reads what a second person says: agreed, or why not.
pub(crate) async fn read_decision(body: Body) -> Result<Result<(), String>, ApiError> {
    let DecisionRequest { agree, reason } = read_json(body).await?;
    let reason = reason.unwrap_or_default();
    let is_said = !reason.trim().is_empty() && reason.chars().count() <= REASON_LIMIT;
    if !agree && !is_said {
        let why = format!("say why not, in 1 to {REASON_LIMIT} characters");
        return Err(ApiError::refuse("reason", why));
    }
    Ok(if agree { Ok(()) } else { Err(reason) })
}

/// A sealed package
///
/// Takes `Range`. That it was fetched from its first byte on is an entry of the audit trail.
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
    let asking = caller.clone();
    let job = job(&state, &names, move |job| is_own(&asking, &job.stored)).await?;
    let ExportJob { stored: StoredExport { export, stage, .. }, path, .. } = job;
    let ExportStage::Done { bytes, .. } = stage else {
        return Err(ApiError::NoSuchExport(export.id));
    };
    let permit = state.clip_permit()?;
    let is_begun =
        headers.get(header::RANGE).is_none_or(|range| range.as_bytes().starts_with(b"bytes=0-"));
    if is_begun {
        let draft = AuditDraft {
            time: state.parts().clock.now(),
            actor: caller.name().clone(),
            action: AuditAction::PackageFetched,
            object: format!("export {}", export.id),
            case: Some(export.purpose.purpose.case),
            purpose: Some(export.purpose.id),
            detail: serde_json::json!({ "bytes": bytes, "via": "api" }).to_string(),
        };
        state.query(move |index| index.custody().append_audit(&draft, chain::link)).await?;
    }
    let file = state.disk_read(move || std::fs::File::open(path).map_err(ApiError::File)).await?;
    let representation = Representation {
        length: bytes,
        etag: format!("\"export-{}\"", export.id),
        content_type: "application/zip",
        file_name: format!("watchpost-{}.zip", export.id),
        source: Source::File(file),
    };
    representation.answer(&state, caller, permit, &headers)
}

/// Returns the export that is named, if it may be known of; any other does not exist.
async fn job(
    state: &ApiState,
    names: &Names,
    is_known: impl FnOnce(&ExportJob) -> bool,
) -> Result<ExportJob, ApiError> {
    let id: Uuid = names.parse("export")?;
    let found = state.ask(move |state| Ok(state.parts().exports.job(id)?)).await?;
    found.filter(is_known).ok_or(ApiError::NoSuchExport(id))
}

/// Returns whether `caller` ordered it, and may still have footage of all its cameras.
fn is_own(caller: &Caller, stored: &StoredExport) -> bool {
    let export = &stored.export;
    let scope = caller.scope_for(&[Permission::Export]);
    export.operator == *caller.name() && export.cameras.iter().all(|camera| scope.contains(camera))
}

/// Returns whether `caller` ordered it, or may be the second person to it.
fn is_seen(caller: &Caller, stored: &StoredExport) -> bool {
    let export = &stored.export;
    let scope = caller.scope_for(&[Permission::Approve]);
    is_own(caller, stored)
        || export.second_needed && export.cameras.iter().all(|camera| scope.contains(camera))
}
