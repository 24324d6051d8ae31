//! What goes into the audit trail before it is done: searches, and looks at what was recorded.

use domain::{AuditAction, AuditDraft};
use evidence::chain;

use super::Caller;
use crate::params::shortened;
use crate::problem::ApiError;
use crate::state::ApiState;

/// Notes what `caller` is about to do to `object`, under the purpose that the request names, or the
/// one in force.
///
/// # Errors
/// It cannot be noted, the purpose named is not the caller's or no longer good, or one is needed and
/// none is in force: then it must not be done.
pub(crate) async fn note(
    state: &ApiState,
    caller: &Caller,
    action: AuditAction,
    object: &str,
    query: &str,
) -> Result<(), ApiError> {
    let is_purpose_needed = state.is_purpose_required();
    write(state, caller, action, (object, query), is_purpose_needed).await
}

/// Does the same for what happens now, which is watched without a stated purpose: by duty officers,
/// whose purpose is their duty.
///
/// # Errors
/// It cannot be noted: then it must not be done.
pub(crate) async fn note_live(
    state: &ApiState,
    caller: &Caller,
    action: AuditAction,
    object: &str,
    query: &str,
) -> Result<(), ApiError> {
    write(state, caller, action, (object, query), false).await
}

async fn write(
    state: &ApiState,
    caller: &Caller,
    action: AuditAction,
    (object, query): (&str, &str),
    is_purpose_needed: bool,
) -> Result<(), ApiError> {
    let actor = caller.name().clone();
    let detail = serde_json::json!({ "query": shortened(query), "via": "api" }).to_string();
    let object = shortened(object);
    let named = caller.purpose();
    state
        .ask(move |state| {
            let now = state.parts().clock.now();
            let mut custody = state.parts().index.custody();
            let purpose = match named {
                Some(id) => custody.purpose(id)?.filter(|purpose| purpose.allows(&actor, now)),
                None => custody.purpose_of(&actor, now)?,
            };
            if purpose.is_none() && (named.is_some() || is_purpose_needed) {
                return Err(ApiError::NoPurpose);
            }
            let (case, purpose) = purpose.map(|stated| (stated.purpose.case, stated.id)).unzip();
            let draft = AuditDraft { time: now, actor, action, object, case, purpose, detail };
            custody.append_audit(&draft, chain::link)?;
            Ok(())
        })
        .await
}
