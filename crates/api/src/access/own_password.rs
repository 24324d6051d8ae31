//! Setting one's own password: with the present one, however one is signed in.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use domain::{AuditAction, AuditDraft};
use evidence::chain;
use index::{AccountKind, SecretHash};
use serde::Deserialize;
use serde_json::json;
use tracing::{info, warn};
use utoipa::ToSchema;

use super::session::{ATTEMPTS, count};
use super::{Caller, Proof, check_password, hash_password, password};
use crate::listener::client_of;
use crate::params::{NoParams, Params, read_json};
use crate::problem::{ApiError, Problem};
use crate::state::ApiState;

/// A password and the one that is to hold instead.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPassword {
    /// The one that holds now.
    present: String,
    /// The one to hold from now on: 12 to 256 characters, and not the present one.
    new: String,
}

/// Set one's own password
///
/// Needs the present one, so that a desk left open is not taken over. Ends every other session of the
/// account; this one goes on. Wrong ones are counted like log-ins that fail, and lock the name for a
/// while. Somebody whose password another chose can do nothing else before (`must_change_password` of
/// who one is).
#[utoipa::path(
    post,
    path = "/me/password",
    tag = "access",
    operation_id = "change_own_password",
    request_body(content = NewPassword, content_type = "application/json"),
    responses(
        (status = 204, description = "The new password holds; other sessions have ended"),
        (status = 400, description = "The body or the new password was refused; or a token has none", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The present password is another", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many wrong ones; `Retry-After` says when to go on", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Too many log-ins at once", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn change_password(
    State(state): State<ApiState>,
    Params(NoParams): Params<NoParams>,
    caller: Caller,
    request: Request,
) -> Result<StatusCode, ApiError> {
    let (Proof::Session(kept), AccountKind::Person) = (caller.proof(), caller.identity().kind)
    else {
        return Err(ApiError::refuse("Authorization", "a service has a token, and no password"));
    };
    let from = client_of(request.extensions());
    state.logins().take(from, state.parts().clock.monotonic())?;
    let asked: NewPassword = read_json(request.into_body()).await?;
    check_password(&asked.new).map_err(|error| ApiError::refuse("new", error.to_string()))?;
    if asked.new == asked.present {
        return Err(ApiError::refuse("new", "is the present one: choose another"));
    }
    state.log_in(move |state| change(state, &caller, (&kept, from), &asked)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Tries the present password and sets the new one. Blocks for as long as both take to be hashed.
fn change(
    state: &ApiState,
    caller: &Caller,
    (kept, from): (&SecretHash, Option<IpAddr>),
    asked: &NewPassword,
) -> Result<(), ApiError> {
    let (accounts, now) = (state.parts().index.accounts(), state.parts().clock.now());
    let name = caller.name();
    if let Err(wait) = accounts.take_attempt(name.as_str(), now, ATTEMPTS)? {
        count("locked");
        state.failed_sign_ins().count(Some(name.clone()), from);
        return Err(ApiError::Locked(wait));
    }
    let account = accounts.get(name)?.filter(|account| !account.disabled);
    let stored = account.as_ref().and_then(|account| account.password.as_deref());
    if !password::matches(&asked.present, stored) {
        count("refused");
        state.failed_sign_ins().count(Some(name.clone()), from);
        warn!(account = %name, "a password was not changed: the present one is another");
        return Err(ApiError::WrongPassword);
    }
    let hash = hash_password(&asked.new)
        .map_err(|error| ApiError::Randomness(std::io::Error::other(error.to_string())))?;
    let draft = AuditDraft {
        time: now,
        actor: name.clone(),
        action: AuditAction::AccountChanged,
        object: format!("account {name}"),
        case: None,
        purpose: None,
        detail: json!({ "act": "own_password", "via": "api" }).to_string(),
    };
    state.parts().index.custody().append_audit(&draft, chain::link)?;
    accounts.change_password(name, &hash, kept)?;
    info!(account = %name, "password changed by its owner");
    Ok(())
}
