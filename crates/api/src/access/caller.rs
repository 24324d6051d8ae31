//! Who asks, as a handler sees them.

use std::sync::Arc;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use domain::{AccountName, CameraId, Grant, Permission, Reach, Scope};
use index::{Identity, SecretHash};

use crate::problem::ApiError;

/// Who asks. Handed to handlers by the layer around them; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Caller(Arc<Admitted>);

#[derive(Debug)]
struct Admitted {
    identity: Identity,
    proof: Proof,
    reach: Arc<Reach>,
    scope: Scope,
    purpose: Option<u64>,
}

/// What the caller showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    /// The cookie of a session.
    Session(SecretHash),
    /// A service's token.
    Token(SecretHash),
}

impl Caller {
    /// Takes who asks, and the number of the purpose that the request names, if it does.
    pub(crate) fn new(
        identity: Identity,
        proof: Proof,
        (reach, scope): (Arc<Reach>, Scope),
        purpose: Option<u64>,
    ) -> Self {
        Self(Arc::new(Admitted { identity, proof, reach, scope, purpose }))
    }

    /// Returns the number of the purpose that this request names; without one, the one in force.
    pub(crate) fn purpose(&self) -> Option<u64> {
        self.0.purpose
    }

    /// Returns the name that whatever is done now is done under.
    pub(crate) fn name(&self) -> &AccountName {
        &self.0.identity.name
    }

    /// Returns how people call them.
    pub(crate) fn display_name(&self) -> &str {
        &self.0.identity.display_name
    }

    /// Returns what they were granted.
    pub(crate) fn grants(&self) -> &[Grant] {
        &self.0.identity.grants
    }

    /// Returns whether they may do that anywhere.
    pub(crate) fn may(&self, permission: Permission) -> bool {
        self.0.reach.may(permission)
    }

    /// Returns the cameras that this operation may speak of; any other does not exist.
    pub(crate) fn scope(&self) -> &Scope {
        &self.0.scope
    }

    /// Returns the cameras that any of `permissions` is held for: where an operation needs more
    /// than it was registered with.
    pub(crate) fn scope_for(&self, permissions: &[Permission]) -> Scope {
        self.0.reach.scope(permissions).unwrap_or(Scope::NONE)
    }

    /// Returns whether this operation may speak of `camera`.
    pub(crate) fn sees(&self, camera: &CameraId) -> bool {
        self.0.scope.contains(camera)
    }

    pub(crate) fn identity(&self) -> &Identity {
        &self.0.identity
    }

    pub(crate) fn proof(&self) -> Proof {
        self.0.proof
    }

    pub(crate) fn reach(&self) -> &Arc<Reach> {
        &self.0.reach
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<Self>().cloned().ok_or(ApiError::NotSignedIn)
    }
}

/// For operations that anyone may ask, and that tell more to who is known.
impl<S: Sync> OptionalFromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, ApiError> {
        Ok(parts.extensions.get::<Self>().cloned())
    }
}
