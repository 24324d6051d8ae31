//! Whether a camera can be reached, before it stands in the configuration.

use std::fmt;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use domain::{Codec, StreamState};
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use tracing::info;
use utoipa::ToSchema;

use crate::access::Caller;
use crate::params::{NoParams, Params, read_json};
use crate::problem::{ApiError, Problem};
use crate::state::ApiState;

/// Characters that an address may have.
const MOST_CHARACTERS: usize = 2000;

/// The camera to be tried.
#[derive(Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConnectionTrial {
    /// Where its stream is: `rtsp://host[:port]/path`, without credentials.
    #[schema(example = "rtsp://10.20.1.11/stream1")]
    pub url: String,
    /// Whom it knows, where it asks; both or neither.
    pub username: Option<String>,
    /// The password of that user; kept nowhere.
    pub password: Option<String>,
    /// Whether its packets come as datagrams.
    #[serde(default)]
    pub udp: bool,
}

impl fmt::Debug for ConnectionTrial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // An address written by hand may hold a password.
        f.debug_struct("ConnectionTrial").field("udp", &self.udp).finish_non_exhaustive()
    }
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ConnectionTested {
    /// `up` when a picture came; otherwise how far it got: `connecting`, `no_picture`, `down` or
    /// `misconfigured`.
    #[schema(value_type = String, example = "up")]
    pub state: StreamState,
    /// Why no picture came, for a person.
    pub detail: Option<String>,
    /// `h264` or `h265`.
    #[schema(value_type = Option<String>, example = "h264")]
    pub codec: Option<Codec>,
    /// Width of its pictures, in pixels.
    pub width: Option<u32>,
    /// Height of its pictures, in pixels.
    pub height: Option<u32>,
    /// How long it took until the first picture came, or it was given up, in milliseconds.
    pub took_ms: u64,
}

/// Tries cameras; the program has it from the part that takes their streams.
pub trait ConnectionTester: Send + Sync + fmt::Debug {
    /// Connects as recording would, until a picture comes or a while has passed.
    ///
    /// # Errors
    /// Says why the address cannot be tried at all.
    fn test(&self, trial: ConnectionTrial) -> BoxFuture<'static, Result<ConnectionTested, String>>;
}

/// Try whether a camera can be reached
///
/// As recording would: with its user and password, to the first picture, 15 seconds at most. One at
/// once; nothing is kept, and nothing recorded.
#[utoipa::path(
    post,
    path = "/connection-tests",
    tag = "cameras",
    operation_id = "test_connection",
    request_body(content = ConnectionTrial, content_type = "application/json"),
    responses(
        (status = 200, description = "What came of it", body = ConnectionTested),
        (status = 400, description = "The body was refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Another one is being tried", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn test(
    State(state): State<ApiState>,
    Params(NoParams): Params<NoParams>,
    caller: Caller,
    body: Body,
) -> Result<Json<ConnectionTested>, ApiError> {
    let trial: ConnectionTrial = read_json(body).await?;
    if trial.url.chars().count() > MOST_CHARACTERS {
        return Err(ApiError::refuse("url", format!("has {MOST_CHARACTERS} characters at most")));
    }
    if trial.username.is_some() != trial.password.is_some() {
        return Err(ApiError::refuse("password", "is given with a user, and a user with one"));
    }
    let _turn = state.connection_test_permit()?;
    let tested = state.parts().tester.test(trial).await;
    let tested = tested.map_err(|reason| ApiError::refuse("url", reason))?;
    info!(account = %caller.name(), state = tested.state.as_str(), "camera was tried");
    Ok(Json(tested))
}
