//! Signing in and out, and who one is.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use axum::Json;
use axum::extract::Request;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::{AccountName, AuditAction, Grant, Permission, Place, Role, Scope, Timestamp};
use index::{AccountKind, Attempts, Identity, SecretHash};
use serde::{Deserialize, Serialize};
use tracing::{info, warn};
use utoipa::ToSchema;

use super::admission::{cookie_name, is_secure};
use super::{Caller, Proof, Secret, hash_of, password};
use crate::findings::media_type;
use crate::listener::client_of;
use crate::params::{NoParams, Params};
use crate::problem::{ApiError, Problem};
use crate::state::ApiState;

/// How many log-ins may fail for a name before it is locked, and for how long. Short and doubling:
/// guessing is hopeless, and nobody is kept from their desk for long by someone else's guesses.
pub(super) const ATTEMPTS: Attempts = Attempts {
    free: 5,
    first_lock: Duration::from_secs(30),
    longest_lock: Duration::from_secs(15 * 60),
};
/// What the trail says of who signs in as the console does.
const VIA_API: &str = "api";
/// Bytes that a log-in may have.
const BODY_LIMIT: usize = 4 << 10;
/// Longer names are no names; they are counted under what they begin with.
const LONGEST_NAME: usize = 64;

/// Who signs in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credentials {
    /// The account's name.
    #[schema(example = "lan")]
    name: String,
    /// Its password.
    password: String,
}

impl Credentials {
    pub(crate) fn new(name: &str, password: &str) -> Self {
        Self { name: name.to_owned(), password: password.to_owned() }
    }
}

/// Who one is, and what one may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct MeBody {
    /// The account's name.
    #[schema(example = "lan")]
    name: String,
    /// How people call it.
    display_name: String,
    /// `person` or `service`.
    #[schema(example = "person")]
    kind: &'static str,
    /// The roles that one has anywhere.
    roles: Vec<&'static str>,
    /// The roles with the places that they are held over.
    grants: Vec<GrantBody>,
    /// What one may do somewhere: `follow`, `live`, `handle`, `search`, `play`, `export`, `hold`,
    /// `assign`, `approve`, `read_audit`, `configure`, `monitor`.
    can: BTreeMap<&'static str, bool>,
    /// Whether somebody else chose the password: nothing may be done before another is set
    /// (`POST /api/v1/me/password`).
    must_change_password: bool,
    /// When the session or token ends.
    #[schema(value_type = String, format = DateTime)]
    expires: Timestamp,
}

/// A role over a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct GrantBody {
    /// `duty`, `investigator`, `supervisor`, `administrator` or `overseer`.
    #[schema(example = "duty")]
    role: &'static str,
    /// Whether it is held over the whole site.
    whole_site: bool,
    /// A node of the administrative tree, its own name first; empty if it is none.
    node: Vec<String>,
    /// Single cameras; empty if it is not over those.
    cameras: Vec<String>,
}

impl From<&Grant> for GrantBody {
    fn from(grant: &Grant) -> Self {
        let (node, cameras) = match &grant.place {
            Place::Site => (Vec::new(), Vec::new()),
            Place::Node(names) => (names.clone(), Vec::new()),
            Place::Cameras(cameras) => {
                (Vec::new(), cameras.iter().map(ToString::to_string).collect())
            }
        };
        let whole_site = grant.place == Place::Site;
        Self { role: grant.role.as_str(), whole_site, node, cameras }
    }
}

impl MeBody {
    fn new(caller: &Caller) -> Self {
        let mut roles: Vec<Role> = caller.grants().iter().map(|grant| grant.role).collect();
        roles.sort_unstable();
        roles.dedup();
        Self {
            name: caller.name().to_string(),
            display_name: caller.display_name().to_owned(),
            kind: match caller.identity().kind {
                AccountKind::Person => "person",
                AccountKind::Service => "service",
            },
            roles: roles.into_iter().map(Role::as_str).collect(),
            grants: caller.grants().iter().map(GrantBody::from).collect(),
            can: Permission::ALL.map(|one| (one.as_str(), caller.may(one))).into(),
            must_change_password: caller.identity().password_given,
            expires: caller.identity().expires,
        }
    }
}

/// Sign in
///
/// Answers with a cookie that no script can read and no other site makes the browser send. A name
/// whose log-ins fail again and again is locked for a while, whether there is such an account or not.
/// The audit trail has each log-in, those that failed as one entry for all of half a minute.
#[utoipa::path(
    post,
    path = "/session",
    tag = "access",
    operation_id = "sign_in",
    request_body(content = Credentials, content_type = "application/json"),
    responses(
        (status = 200, description = "Signed in; `Set-Cookie` holds the session", body = MeBody),
        (status = 400, description = "The body was refused", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "The name or the password is wrong", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Asked by a page from elsewhere", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many log-ins; `Retry-After` says when to go on", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Too many log-ins at once", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn open(
    State(state): State<ApiState>,
    Params(NoParams): Params<NoParams>,
    caller: Option<Caller>,
    request: Request,
) -> Result<Response, ApiError> {
    let secure = is_secure(&state, &request);
    let from = client_of(request.extensions());
    state.logins().take(from, state.parts().clock.monotonic())?;
    let (head, body) = request.into_parts();
    if media_type(&head.headers) != "application/json" {
        return Err(ApiError::MediaType);
    }
    let malformed = || ApiError::refuse("body", "write {\"name\": \"…\", \"password\": \"…\"}");
    let body = axum::body::to_bytes(body, BODY_LIMIT).await.map_err(|_| malformed())?;
    let credentials: Credentials = serde_json::from_slice(&body).map_err(|_| malformed())?;
    let (secret, me) =
        state.log_in(move |state| sign_in(state, &credentials, from, caller.as_ref())).await?;
    let lives = state.parts().sessions.whole.as_secs();
    let cookie = set_cookie(secure, secret.reveal(), lives)?;
    Ok((cookie, Json(me)).into_response())
}

/// Tries a log-in. Blocks for as long as a password takes to be hashed.
fn sign_in(
    state: &ApiState,
    credentials: &Credentials,
    from: Option<IpAddr>,
    earlier: Option<&Caller>,
) -> Result<(Secret, MeBody), ApiError> {
    let (identity, secret, hash) = open_session(state, credentials, (from, VIA_API))?;
    if let Some((caller, Proof::Session(ended))) = earlier.map(|caller| (caller, caller.proof())) {
        end_session(state, caller.name(), &ended, from)?;
    }
    let reach = state.site_cameras().reach(&identity);
    let caller = Caller::new(identity, Proof::Session(hash), (reach, Scope::NONE), None);
    Ok((secret, MeBody::new(&caller)))
}

/// Tries a log-in by another way than the console's; returns who it is, and what proves it as long
/// as the session lasts. Blocks for as long as a password takes to be hashed.
pub(crate) fn sign_in_as(
    state: &ApiState,
    credentials: &Credentials,
    asked: (Option<IpAddr>, &'static str),
) -> Result<(Identity, Proof), ApiError> {
    let (identity, _, hash) = open_session(state, credentials, asked)?;
    Ok((identity, Proof::Session(hash)))
}

/// Ends the session of `account`; the trail has it first.
fn end_session(
    state: &ApiState,
    account: &AccountName,
    session: &SecretHash,
    from: Option<IpAddr>,
) -> Result<(), ApiError> {
    state.note_session(AuditAction::SignedOut, account, (from, VIA_API))?;
    state.parts().index.accounts().close_session(session)?;
    Ok(())
}

fn open_session(
    state: &ApiState,
    credentials: &Credentials,
    asked @ (from, _): (Option<IpAddr>, &'static str),
) -> Result<(Identity, Secret, SecretHash), ApiError> {
    let (accounts, now) = (state.parts().index.accounts(), state.parts().clock.now());
    let tried: String = credentials.name.chars().take(LONGEST_NAME).collect();
    let name: Option<AccountName> = credentials.name.parse().ok();
    let account = name.as_ref().map(|name| accounts.get(name)).transpose()?.flatten();
    let known = account.as_ref().map(|account| account.name.clone());
    if let Err(wait) = accounts.take_attempt(&tried, now, ATTEMPTS)? {
        count("locked");
        state.failed_sign_ins().count(known, from);
        return Err(ApiError::Locked(wait));
    }
    // Whatever is wrong, it takes as long and is answered alike.
    let usable = account.filter(|account| account.kind == AccountKind::Person && !account.disabled);
    let stored = usable.as_ref().and_then(|account| account.password.as_deref());
    let is_right = password::matches(&credentials.password, stored);
    let Some(account) = usable.filter(|_| is_right) else {
        count("refused");
        state.failed_sign_ins().count(known, from);
        // Not the name: a password may have been typed there.
        warn!("a log-in failed");
        return Err(ApiError::WrongLogin);
    };
    let secret = Secret::session().map_err(ApiError::Randomness)?;
    let hash = hash_of(secret.reveal());
    state.note_session(AuditAction::SignedIn, &account.name, asked)?;
    accounts.open_session(&account.name, &hash, now, state.parts().sessions)?;
    accounts.forget_attempts(&tried)?;
    let identity = accounts.session(&hash, now, state.parts().sessions.idle)?;
    let identity = identity.ok_or(ApiError::WrongLogin)?;
    count("signed_in");
    info!(account = %identity.name, "signed in");
    Ok((identity, secret, hash))
}

pub(super) fn count(outcome: &'static str) {
    metrics::counter!("watchpost_access_logins_total", "outcome" => outcome).increment(1);
}

/// Who one is, and what one may do
#[utoipa::path(
    get,
    path = "/me",
    tag = "access",
    operation_id = "me",
    responses((status = 200, description = "The caller", body = MeBody))
)]
pub(crate) async fn me(caller: Caller, Params(NoParams): Params<NoParams>) -> Json<MeBody> {
    Json(MeBody::new(&caller))
}

/// Sign out
#[utoipa::path(
    delete,
    path = "/session",
    tag = "access",
    operation_id = "sign_out",
    responses(
        (status = 204, description = "The session has ended"),
        (status = 400, description = "A token is not signed out", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn close(
    State(state): State<ApiState>,
    Params(NoParams): Params<NoParams>,
    caller: Caller,
    request: Request,
) -> Result<Response, ApiError> {
    let Proof::Session(secret) = caller.proof() else {
        let reason = "a token is not signed out: `watchpost token revoke` ends it";
        return Err(ApiError::refuse("Authorization", reason));
    };
    let (name, from) = (caller.name().clone(), client_of(request.extensions()));
    state.admission(move |state| end_session(state, &name, &secret, from)).await?;
    info!(account = %caller.name(), "signed out");
    let cookie = set_cookie(is_secure(&state, &request), "", 0)?;
    Ok((StatusCode::NO_CONTENT, cookie).into_response())
}

fn set_cookie(secure: bool, value: &str, lives_s: u64) -> Result<HeaderMap, ApiError> {
    let (name, only_encrypted) = (cookie_name(secure), if secure { "; Secure" } else { "" });
    let text = format!(
        "{name}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={lives_s}{only_encrypted}"
    );
    let text = HeaderValue::from_str(&text).map_err(|_| ApiError::Panicked)?;
    Ok([(header::SET_COOKIE, text)].into_iter().collect())
}
