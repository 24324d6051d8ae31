//! Who is told of events: how every target is doing, what it would not take, and once more.

use std::fmt;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::{TargetId, Timestamp};
use index::DeadLetter;
use serde::Serialize;
use utoipa::ToSchema;

use crate::params::{Names, NoParams, Params};
use crate::problem::{ApiError, Problem};
use crate::state::ApiState;

/// Dead letters shown for each target; `dead_letter_count` says how many there are.
const DEAD_LETTERS_SHOWN: usize = 100;

/// Tells how the targets are doing, and sends dead letters again; the program stands behind it.
pub trait NotificationSource: Send + Sync + fmt::Debug {
    /// Returns every target, in order of its id.
    fn targets(&self) -> Vec<NotificationTarget>;

    /// Begins to send the dead letters of `target` again; returns how many there are, or `None`
    /// if there is no such target.
    fn retry(&self, target: &TargetId) -> Option<u64>;
}

/// How a target of notifications is doing. Holds no address and no secret.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct NotificationTarget {
    /// Its name in the configuration.
    #[schema(value_type = String, example = "duty-desk")]
    pub id: TargetId,
    /// How it is reached: `webhook`, `cap-webhook` or `mqtt`.
    #[schema(example = "webhook")]
    pub kind: &'static str,
    /// `idle`: it has everything. `sending`: events are on their way. `retrying`: it takes
    /// nothing, and everything waits. `stuck`: our own index cannot be read or written.
    #[schema(example = "idle")]
    pub state: &'static str,
    /// Since when it has taken nothing although something was sent.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub failing_since: Option<Timestamp>,
    /// The sequence number up to which every event was taken, is a dead letter, or is none of its
    /// business.
    pub cursor: u64,
    /// How far that is behind the newest event.
    pub lag: u64,
    /// How many events it took since the service started.
    pub delivered: u64,
    /// When it last took one.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_delivery: Option<Timestamp>,
    /// When something last went wrong.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_error_time: Option<Timestamp>,
    /// What last went wrong, for a person.
    pub last_error: Option<String>,
    /// How many dead letters it has: events that it would not take.
    pub dead_letter_count: u64,
}

/// Every target of notifications.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct NotificationsBody {
    /// In order of their ids.
    targets: Vec<NotificationTargetBody>,
}

/// How a target of notifications is doing, with its dead letters.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct NotificationTargetBody {
    #[serde(flatten)]
    target: NotificationTarget,
    /// The first of its dead letters, in the order of the feed.
    dead_letters: Vec<DeadLetterBody>,
}

/// An event that a target would not take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct DeadLetterBody {
    /// The event's place in the feed.
    sequence: u64,
    /// The event's id.
    event: String,
    /// The camera that saw it.
    camera: String,
    /// When it was given up.
    #[schema(value_type = String, format = DateTime)]
    time: Timestamp,
    /// How often it was sent.
    attempts: u32,
    /// Why it was given up, for a person.
    #[schema(example = "answers 400 Bad Request")]
    reason: String,
}

impl From<DeadLetter> for DeadLetterBody {
    fn from(letter: DeadLetter) -> Self {
        Self {
            sequence: letter.sequence,
            event: letter.event.to_string(),
            camera: letter.camera.as_str().to_owned(),
            time: letter.time,
            attempts: letter.attempts,
            reason: letter.reason,
        }
    }
}

/// What is being sent again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct RetryBody {
    /// How many dead letters.
    retrying: u64,
}

/// Who is told of events, and how that is going
#[utoipa::path(
    get,
    path = "/notifications",
    tag = "notifications",
    operation_id = "notifications",
    responses(
        (status = 200, description = "Every target with its dead letters", body = NotificationsBody),
        (status = 503, description = "Too many searches at once", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn notifications(
    State(state): State<ApiState>,
    Params(NoParams): Params<NoParams>,
) -> Result<Json<NotificationsBody>, ApiError> {
    let targets = state.parts().notifications.targets();
    let with_letters = move |target: NotificationTarget, index: &index::Index| {
        let letters = match target.dead_letter_count {
            0 => Vec::new(),
            _ => index.dead_letters(target.id.as_str(), 0, DEAD_LETTERS_SHOWN)?,
        };
        let dead_letters = letters.into_iter().map(DeadLetterBody::from).collect();
        Ok(NotificationTargetBody { target, dead_letters })
    };
    let targets = state
        .query(move |index| targets.into_iter().map(|one| with_letters(one, index)).collect())
        .await?;
    Ok(Json(NotificationsBody { targets }))
}

/// Sends a target's dead letters again
///
/// They go behind what is already on its way and arrive late: after events of their cameras that
/// came later. Those that are taken are dead letters no more; those that fail stay.
#[utoipa::path(
    post,
    path = "/notifications/{target}/retry",
    tag = "notifications",
    operation_id = "retry_notifications",
    params(("target" = String, Path, description = "The target's id")),
    responses(
        (status = 202, description = "They are being sent", body = RetryBody),
        (status = 403, description = "Asked by a page from elsewhere", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such target", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn retry(
    State(state): State<ApiState>,
    Params(NoParams): Params<NoParams>,
    names: Names,
) -> Result<Response, ApiError> {
    let target: TargetId = names.parse("target")?;
    let found = state.parts().notifications.retry(&target);
    let retrying = found.ok_or(ApiError::NoSuchTarget(target))?;
    Ok((StatusCode::ACCEPTED, Json(RetryBody { retrying })).into_response())
}
