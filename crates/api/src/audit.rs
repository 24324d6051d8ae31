//! The trail of who did what, for those who may read it; that they did is in it, too.

use axum::Json;
use axum::extract::State;
use domain::{AccountName, AuditAction, AuditDraft, ChainedEntry, TimeRange, Timestamp};
use evidence::{Digest, HeadCard, chain};
use index::AuditQuery;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::access::Caller;
use crate::params::{NoParams, Parameters, Params, Query};
use crate::problem::{ApiError, Problem};
use crate::state::ApiState;

/// Which entries.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditParams {
    /// First moment, RFC 3339; open if left out.
    #[param(value_type = Option<String>, format = DateTime)]
    start: Timestamp,
    /// First moment after; open if left out.
    #[param(value_type = Option<String>, format = DateTime)]
    end: Timestamp,
    /// Only for this case.
    case: Option<String>,
    /// Only by this account, or by a user of the operating system: `system:root`.
    #[param(value_type = Option<String>)]
    actor: Option<AccountName>,
    /// Only of this word: `exported`, `viewed`, `hold_placed` …
    action: Option<String>,
    /// Only what was done to something whose name holds this text: a camera, an account, a path.
    object: Option<String>,
    /// Only entries before this one: `next` of the page before.
    before: Option<u64>,
    /// How many at most, 1 to 1000; 100 if left out.
    #[param(value_type = Option<u32>)]
    limit: u32,
}

impl Parameters for AuditParams {
    fn read(query: &mut Query) -> Option<Self> {
        let case = query.text("case");
        let actor = query.parse_with("actor", AccountName::of_actor);
        let action = query.text("action");
        let object = query.text("object");
        let before = query.parse("before");
        let limit = query.number("limit", (1, 1000), 100);
        let TimeRange { start, end } = query.open_range()?;
        Some(Self { start, end, case, actor, action, object, before, limit })
    }
}

/// Some entries of the audit trail, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct AuditBody {
    /// The entries.
    entries: Vec<AuditEntryBody>,
    /// Give it as `before` to go on; null at the end.
    next: Option<u64>,
}

/// Who did what, to what, for which case.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct AuditEntryBody {
    /// Its place in the trail, from 1.
    seq: u64,
    /// When, by our clock.
    #[schema(value_type = String, format = DateTime)]
    time: Timestamp,
    /// Who.
    actor: String,
    /// What was done.
    #[schema(example = "exported")]
    action: String,
    /// To what.
    object: String,
    /// For which case.
    case: Option<String>,
    /// Under which stated purpose.
    purpose: Option<u64>,
    /// Everything else, as JSON in a text.
    detail: String,
    /// The hash that covers it and all before it.
    #[schema(value_type = String)]
    hash: Digest,
}

impl From<ChainedEntry> for AuditEntryBody {
    fn from(ChainedEntry { entry, hash }: ChainedEntry) -> Self {
        Self {
            seq: entry.seq,
            time: entry.time,
            actor: entry.actor,
            action: entry.action,
            object: entry.object,
            case: entry.case,
            purpose: entry.purpose,
            detail: entry.detail,
            hash: Digest(hash),
        }
    }
}

/// The last signed head of the audit trail.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct AuditHeadBody {
    /// Counts the heads, from 1.
    number: u64,
    /// The last entry it covers.
    seq: u64,
    /// The hash of that entry.
    #[schema(value_type = String)]
    hash: Digest,
    /// When it was signed.
    #[schema(value_type = String, format = DateTime)]
    time: Timestamp,
    /// The signature by the site's key, in hex.
    signature: String,
}

/// The trail of who did what
///
/// Newest first. That it was read becomes an entry itself before it is answered.
#[utoipa::path(
    get,
    path = "/audit",
    tag = "audit",
    operation_id = "audit",
    params(AuditParams),
    responses(
        (status = 200, description = "The entries", body = AuditBody),
        (status = 400, description = "A parameter was refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Too many searches at once", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn audit(
    State(state): State<ApiState>,
    Params(params): Params<AuditParams>,
    caller: Caller,
) -> Result<Json<AuditBody>, ApiError> {
    Ok(Json(state.ask(move |state| read(state, params, &caller)).await?))
}

fn read(state: &ApiState, params: AuditParams, caller: &Caller) -> Result<AuditBody, ApiError> {
    // What is only counted yet belongs to what is asked for.
    state.note_failed_sign_ins()?;
    let limit = usize::try_from(params.limit).unwrap_or(usize::MAX);
    let query = AuditQuery {
        range: TimeRange { start: params.start, end: params.end },
        case: params.case,
        actor: params.actor,
        action: params.action,
        object: params.object,
        before: params.before,
        limit,
    };
    let found = state.parts().index.custody().audit(&query)?;
    let detail = serde_json::json!({
        "actor": query.actor, "action": query.action, "object": query.object, "entries": found.len(), "via": "api",
    });
    note_reading(state, caller, ("audit", query.case), &detail)?;
    let next = found.last().filter(|last| found.len() == limit && last.entry.seq > 1);
    let next = next.map(|last| last.entry.seq);
    Ok(AuditBody { entries: found.into_iter().map(AuditEntryBody::from).collect(), next })
}

/// Writes down what of the trail somebody reads, and for which case they ask.
pub(crate) fn note_reading(
    state: &ApiState,
    caller: &Caller,
    (object, case): (&str, Option<String>),
    detail: &serde_json::Value,
) -> Result<(), ApiError> {
    let reading = AuditDraft {
        time: state.parts().clock.now(),
        actor: caller.name().clone(),
        action: AuditAction::AuditRead,
        object: object.to_owned(),
        case,
        purpose: None,
        detail: detail.to_string(),
    };
    state.parts().index.custody().append_audit(&reading, chain::link)?;
    Ok(())
}

/// The last signed head
///
/// Null before the first one is signed: hourly, on stop and by every export. That it was read
/// becomes an entry first.
#[utoipa::path(
    get,
    path = "/audit/head",
    tag = "audit",
    operation_id = "audit_head",
    responses(
        (status = 200, description = "The head", body = Option<AuditHeadBody>),
        (status = 503, description = "Too many searches at once", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn head(
    State(state): State<ApiState>,
    Params(NoParams): Params<NoParams>,
    caller: Caller,
) -> Result<Json<Option<AuditHeadBody>>, ApiError> {
    let head = state
        .ask(move |state| {
            let detail = serde_json::json!({ "via": "api" });
            note_reading(state, &caller, ("audit head", None), &detail)?;
            Ok(state.parts().index.custody().audit_head()?)
        })
        .await?;
    Ok(Json(head.map(|head| {
        let HeadCard { number, seq, hash, time, signature } = HeadCard::from(&head);
        AuditHeadBody { number, seq, hash, time, signature }
    })))
}
