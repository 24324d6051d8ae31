//! Whether the audit trail is what it was: followed from its first entry, beside the signed heads.

use axum::Json;
use axum::extract::State;
use domain::{SignedHead, Timestamp};
use evidence::chain::{Broken, ChainCheck, Counted, Whole};
use evidence::{Digest, PublicKey};
use index::{AuditTrail, IndexError};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Caller;
use crate::audit::note_reading;
use crate::params::{NoParams, Params};
use crate::problem::{ApiError, Problem};
use crate::state::ApiState;

/// Entries read at once.
const CHUNK: usize = 1000;

/// Whether the trail is whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct AuditCheckBody {
    /// Whether every entry fits the ones before it, and what was signed.
    whole: bool,
    /// What does not fit, for a person; null where all does.
    problem: Option<String>,
    /// How many entries there are; null where it is not whole.
    entries: Option<u64>,
    /// How many signed heads.
    heads: Option<u64>,
    /// How many entries came after the last head: nobody has signed them yet.
    unsigned: Option<u64>,
    /// The fingerprint of the site's key.
    #[schema(value_type = String)]
    key: Digest,
    /// When it was checked.
    #[schema(value_type = String, format = DateTime)]
    checked: Timestamp,
}

/// Whether the audit trail is whole
///
/// Follows it from its first entry on, beside the heads that were signed here; whoever holds the
/// site's key could have signed others, which only a second place shows (`watchpost audit verify
/// --heads`). That it was checked is an entry of its own, the last one that is followed.
#[utoipa::path(
    get,
    path = "/audit/check",
    tag = "audit",
    operation_id = "audit_check",
    responses(
        (status = 200, description = "Whether it is", body = AuditCheckBody),
        (status = 503, description = "Too many searches at once", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn check(
    State(state): State<ApiState>,
    Params(NoParams): Params<NoParams>,
    caller: Caller,
) -> Result<Json<AuditCheckBody>, ApiError> {
    let body = state
        .ask(move |state| {
            let detail = serde_json::json!({ "via": "api" });
            note_reading(state, &caller, ("audit check", None), &detail)?;
            let (parts, checked) = (state.parts(), state.parts().clock.now());
            let trail = parts.index.audit_trail()?;
            let heads = trail.heads()?;
            let followed = follow_trail(&trail, &parts.key, heads)?;
            let whole = followed.as_ref().ok();
            Ok(AuditCheckBody {
                whole: whole.is_some(),
                problem: followed.as_ref().err().map(ToString::to_string),
                entries: whole.map(|whole| whole.entries),
                heads: whole.map(|whole| whole.heads),
                unsigned: whole.map(|whole| whole.unsigned),
                key: parts.key.fingerprint(),
                checked,
            })
        })
        .await?;
    Ok(Json(body))
}

/// Follows a trail from its first entry on, beside `heads`, those of a second place among them.
/// Blocks; about a second for a million entries.
///
/// # Errors
/// It cannot be read. What does not fit is no error but the answer.
pub fn follow_trail(
    trail: &AuditTrail,
    key: &PublicKey,
    heads: Vec<SignedHead>,
) -> Result<Result<Whole, Broken>, IndexError> {
    let mut check = match ChainCheck::new(&trail.site()?, key, heads) {
        Ok(check) => check,
        Err(broken) => return Ok(Err(broken)),
    };
    let mut last = 0;
    loop {
        let chunk = trail.entries_after(last, CHUNK)?;
        for entry in &chunk {
            if let Err(broken) = check.take(entry) {
                return Ok(Err(broken));
            }
        }
        match chunk.last() {
            Some(entry) => last = entry.entry.seq,
            None => return Ok(check.finish(Counted(trail.counted()?))),
        }
    }
}
