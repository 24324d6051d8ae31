//! Lets through who may, and hands the caller to the handler.

use std::borrow::Cow;
use std::net::IpAddr;

use axum::extract::Request;
use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::Scope;
use index::Identity;

use super::needs::{Found, Needs, Rules};
use super::noting::note;
use super::{Caller, Proof, TOKEN_PREFIX, hash_of};
use crate::edge::{host_of, opens_socket, origin_is_ours};
use crate::findings::bearer;
use crate::listener::client_of;
use crate::problem::ApiError;
use crate::state::ApiState;

/// The cookie of a session where it travels encrypted: browsers take it from this very host only.
const SECURE_COOKIE: &str = "__Host-watchpost";
/// The cookie of a session over plain HTTP.
const PLAIN_COOKIE: &str = "watchpost";
/// The header that names a purpose other than the one in force.
const PURPOSE: &str = "watchpost-purpose";
/// What the trail says of tokens that are shown with a request.
const VIA_API: &str = "api";
/// No secret of ours is longer.
const LONGEST_SECRET: usize = 128;

/// Finds out who asks, and puts the caller into `request` if they may ask this.
///
/// # Errors
/// They may not; or it is not known what the operation needs, and so nobody may.
pub(crate) async fn admit(
    state: &ApiState,
    rules: &Rules,
    request: &mut Request,
) -> Result<(), ApiError> {
    let (needs, noted) = match rules.of(request) {
        Found::Needs(needs, noted) => (needs, noted),
        Found::Nowhere => return Ok(()),
        // Not left to the router: a handler that nobody spoke of would answer.
        Found::OtherMethod(allowed) => return Err(ApiError::Method(allowed)),
        Found::Unsaid => return Err(ApiError::Unsaid),
    };
    if needs == Needs::Source {
        return Ok(());
    }
    let known = match proof(state, request) {
        Some(proof) => identify(state, proof).await?.map(|identity| (identity, proof)),
        None => None,
    };
    let Some((identity, proof)) = known else {
        // A session that has run out is nobody's attempt.
        if request.headers().contains_key(header::AUTHORIZATION) {
            state.failed_sign_ins().count_token(VIA_API, client_of(request.extensions()));
        }
        return if needs == Needs::Nothing { Ok(()) } else { Err(ApiError::NotSignedIn) };
    };
    let is_careful = !request.method().is_safe() || opens_socket(request);
    if matches!(proof, Proof::Session(_)) && is_careful && !has_our_origin(request) {
        return Err(ApiError::Origin);
    }
    let reach = state.site_cameras().reach(&identity);
    let is_for_cameras = matches!(needs, Needs::Any(_) | Needs::WholeSite(_));
    if identity.password_given && is_for_cameras {
        return Err(ApiError::PasswordGiven);
    }
    let scope = match needs {
        Needs::Nothing | Needs::SignedIn | Needs::Source => Scope::NONE,
        Needs::Any(permissions) => {
            reach.scope(permissions).ok_or(ApiError::NotPermitted(permissions))?
        }
        Needs::WholeSite(permission) => {
            let scope = reach.scope(&[permission]).filter(Scope::is_site);
            scope.ok_or(ApiError::NotOverTheSite(permission))?
        }
    };
    let purpose = named_purpose(request)?;
    let caller = Caller::new(identity, proof, (reach, scope), purpose);
    if let Some(action) = noted {
        let uri = request.uri().clone();
        note(state, &caller, action, uri.path(), uri.query().unwrap_or_default()).await?;
    }
    request.extensions_mut().insert(caller);
    Ok(())
}

/// Returns the number of the purpose that the request names: of a service that works on several
/// cases at once.
fn named_purpose(request: &Request) -> Result<Option<u64>, ApiError> {
    let Some(header) = request.headers().get(PURPOSE) else { return Ok(None) };
    let number = header.to_str().ok().and_then(|text| text.trim().parse().ok());
    let refused = || ApiError::refuse(PURPOSE, "is the number of a purpose: its `id`");
    number.map(Some).ok_or_else(refused)
}

/// Returns whose proof it is, if it still holds.
async fn identify(state: &ApiState, proof: Proof) -> Result<Option<Identity>, ApiError> {
    state.admission(move |state| state.identity(proof)).await
}

impl ApiState {
    /// Returns whose proof it is, if it still holds. Blocks for a moment.
    pub(crate) fn identity(&self, proof: Proof) -> Result<Option<Identity>, ApiError> {
        let (accounts, now) = (self.parts().index.accounts(), self.parts().clock.now());
        let found = match proof {
            Proof::Session(secret) => accounts.session(&secret, now, self.parts().sessions.idle)?,
            Proof::Token(secret) => accounts.token(&secret, now)?,
        };
        Ok(found)
    }

    /// Returns whether `caller` still is who they were when they were let in, and may do the same
    /// with the same cameras: for answers that go on. Blocks for a moment.
    pub(crate) fn is_still(&self, caller: &Caller) -> Result<bool, ApiError> {
        let Some(identity) = self.identity(caller.proof())? else { return Ok(false) };
        Ok(identity == *caller.identity()
            && self.site_cameras().reach(&identity) == *caller.reach())
    }
}

/// Returns what the request shows: a token goes before a cookie.
fn proof(state: &ApiState, request: &Request) -> Option<Proof> {
    if request.headers().contains_key(header::AUTHORIZATION) {
        let token = match bearer(request.headers()) {
            Some(token) => Cow::Borrowed(token),
            None => Cow::Owned(player_token(request)?),
        };
        return (token.len() <= LONGEST_SECRET).then(|| Proof::Token(hash_of(&token)));
    }
    let session = cookie(request.headers(), cookie_name(is_secure(state, request)))?;
    (session.len() <= LONGEST_SECRET).then(|| Proof::Session(hash_of(session)))
}

/// Returns the token that a player shows as a password (RFC 7617): players of HLS know no other way,
/// and only look.
fn player_token(request: &Request) -> Option<String> {
    if !request.method().is_safe() || opens_socket(request) {
        return None;
    }
    let text = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, value) = text.split_once(' ')?;
    let is_sane = scheme.eq_ignore_ascii_case("Basic") && value.len() <= 4 * LONGEST_SECRET;
    let decoded = is_sane.then(|| STANDARD.decode(value.trim()).ok()).flatten()?;
    let (_, password) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    password.starts_with(TOKEN_PREFIX).then(|| password.to_owned())
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).into_iter();
    let texts = all.filter_map(|header| header.to_str().ok());
    texts.flat_map(|text| text.split(';')).find_map(|pair| {
        let (known, value) = pair.trim().split_once('=')?;
        (known == name).then_some(value)
    })
}

/// Returns what the cookie of a session is called.
pub(super) fn cookie_name(secure: bool) -> &'static str {
    if secure { SECURE_COOKIE } else { PLAIN_COOKIE }
}

/// Returns whether the browser that asks is to keep its cookie for encrypted connections only: over
/// TLS, and where a proxy in front of us speaks it, as only that gives us a name other than
/// loopback's.
pub(super) fn is_secure(state: &ApiState, request: &Request) -> bool {
    let transport = &state.parts().transport;
    transport.is_tls() || !transport.is_plain_beyond_loopback() && !is_loopback(host_of(request))
}

/// Returns whether `host`, as a browser calls us, is this machine.
fn is_loopback(host: Option<&str>) -> bool {
    let Some(host) = host else { return true };
    let is_address = host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    is_address || host.eq_ignore_ascii_case("localhost")
}

/// Returns whether the request says that a page of ours asks. Browsers say it with everything that
/// changes something, and with every WebSocket.
fn has_our_origin(request: &Request) -> bool {
    request.headers().contains_key(header::ORIGIN) && origin_is_ours(request)
}
