//! Everything that can go wrong with a request, and the one place where it becomes a problem of
//! RFC 9457: what a client may know goes into the answer, the inner text into the log only.

use std::time::Duration;

use ::alerts::Refusal;
use archive::ClipError;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::{
    AccountName, CallService, CameraId, EventId, Permission, RuleKind, SegmentId, Severity,
    StreamId, TargetId, TimeRange, Timestamp,
};
use index::IndexError;
use serde::Serialize;
use tracing::{error, warn};
use utoipa::ToSchema;

use crate::frames::FrameError;
use crate::handling_body::HandlingBody;
use crate::recordings::GapBody;

/// Seconds after which a client that met a full service may ask again.
const RETRY_AFTER_S: u32 = 2;

/// A problem as RFC 9457 writes it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// Names the kind of problem; stable.
    #[serde(rename = "type")]
    #[schema(example = "urn:watchpost:problem:invalid-parameters")]
    kind: String,
    /// Says the kind in words; the same for every problem of the kind.
    title: String,
    /// The HTTP status.
    #[schema(example = 400)]
    status: u16,
    /// Says what is wrong with this request.
    detail: String,
    /// Every parameter that was refused, each with its reason.
    #[serde(rename = "invalid-params", skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    invalid_params: Vec<InvalidParam>,
    /// Why nothing was recorded: the gaps that overlap the span asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    gaps: Vec<GapBody>,
    /// How the alert is handled now, where an action on it was not taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    current: Option<HandlingBody>,
}

impl Problem {
    /// Returns the HTTP status.
    pub(crate) fn status(&self) -> u16 {
        self.status
    }
}

/// One parameter that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct InvalidParam {
    /// Its name, as in the query, the path or the header.
    #[schema(example = "start")]
    pub(crate) name: String,
    /// Why it was refused, and what would do.
    pub(crate) reason: String,
}

/// Why a request could not be answered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    #[error("{}", refused(.0))]
    Invalid(Vec<InvalidParam>),
    #[error("there is nothing at this address: see /api/v1/openapi.json")]
    NoSuchPage,
    #[error("this address does not take that method: it takes {0}")]
    Method(String),
    #[error("sign in first, or send a service's token as \"Authorization: Bearer …\"")]
    NotSignedIn,
    #[error("the name or the password is wrong")]
    WrongLogin,
    #[error("the present password is another")]
    WrongPassword,
    #[error(
        "your password was chosen by somebody else: set your own first (POST /api/v1/me/password)"
    )]
    PasswordGiven,
    #[error("too many log-ins under this name have failed: wait {} s", .0.as_secs() + 1)]
    Locked(Duration),
    #[error("too many log-ins from this address: wait {} s", .0.as_secs() + 1)]
    TooManyLogins(Duration),
    #[error("this needs the permission {}, which you hold nowhere", either(.0))]
    NotPermitted(&'static [Permission]),
    #[error("this needs the permission {0} over the whole site")]
    NotOverTheSite(Permission),
    #[error("nobody said who may do this, so nobody may")]
    Unsaid,
    #[error("there are no random bytes to make a session of")]
    Randomness(#[source] std::io::Error),
    #[error("this was asked by a page from elsewhere, which may not change anything here")]
    Origin,
    #[error("this is a WebSocket: ask with \"Connection: Upgrade\" and \"Upgrade: websocket\"")]
    NotUpgraded,
    #[error("this service is not called \"{0}\": use its address, or name it in the configuration")]
    Host(String),
    #[error("there is no camera \"{0}\"")]
    NoSuchCamera(CameraId),
    #[error(
        "camera \"{0}\" has privacy masks, or its persons are softened, which its own pictures do not \
         bear: see frame.jpg, or ask with masks=off if you hold unmask and a second person agreed"
    )]
    Masked(CameraId),
    #[error("there is no stream {0}")]
    NoSuchStream(StreamId),
    #[error("there is no target \"{0}\" of notifications")]
    NoSuchTarget(TargetId),
    #[error("there is no event {0}")]
    NoSuchEvent(EventId),
    #[error("there is no alert {0}")]
    NoSuchAlert(EventId),
    #[error("{0}")]
    Refused(Refusal),
    #[error("severity {} is dealt with one by one: a batch takes 3 and 4 only", .0.number())]
    TooGrave(Severity),
    #[error("this idempotency key belongs to another request: take a new one for each")]
    OtherRequest,
    #[error(
        "a request of this key was begun and its end is not known: look whether it was done, and \
         take another key"
    )]
    Unfinished,
    #[error("there is no hand-over {0}")]
    NoSuchHandover(i64),
    #[error("{0}")]
    NotYourHandover(String),
    #[error("there is no account \"{0}\"")]
    NoSuchAccount(AccountName),
    #[error("the name \"{0}\" was given before, and names are never given twice")]
    AccountExists(AccountName),
    #[error("{0}")]
    NotSoChanged(String),
    #[error("there is no case {0}")]
    NoSuchCase(i64),
    #[error("no footage is marked in case {0} that you may play and that is still recorded")]
    NoFootage(i64),
    #[error("there is a case \"{0}\" already")]
    CaseExists(String),
    #[error("there is no export {0}, or no package of it")]
    NoSuchExport(uuid::Uuid),
    #[error(
        "state a purpose first (POST /api/v1/purposes): this one is not yours, or no longer good"
    )]
    NoPurpose,
    #[error("there is no region search {0}, or it was long ago")]
    NoSuchRegion(uuid::Uuid),
    #[error("there is no saved search {0} of yours")]
    NoSuchSearch(u64),
    #[error("there is no hold {0} in force")]
    NoSuchHold(u64),
    #[error("{0}")]
    Hold(String),
    #[error("{0}")]
    Export(String),
    #[error("there is no unmasking {0} of yours, and none that waits for you")]
    NoSuchUnmasking(u64),
    #[error("{0}")]
    Unmasking(String),
    #[error("there is no shelving {0} in force")]
    NoSuchShelving(u64),
    #[error("{0}")]
    Shelving(String),
    #[error(
        "what is hidden on camera \"{0}\" is shown once a second person has agreed: ask for it \
         (POST /api/v1/unmaskings)"
    )]
    SecondPersonNeeded(CameraId),
    #[error("there is no segment {}", .0.0)]
    NoSuchSegment(SegmentId),
    #[error("{}", not_recorded(stream, *range, gaps))]
    NotRecorded { stream: StreamId, range: TimeRange, gaps: Vec<GapBody> },
    #[error("{stream} has no picture at {at}")]
    NoFrame { stream: StreamId, at: Timestamp },
    #[error("{stream} has no picture of {at} yet")]
    NotYet { stream: StreamId, at: Timestamp, wait: Duration },
    #[error("the event has no object in this picture: none was followed, or it was not seen then")]
    NoObject,
    #[error("the bytes asked for lie beyond the end: there are {length}")]
    BeyondEnd { length: u64 },
    #[error("too many requests at once: {0}")]
    Busy(&'static str),
    #[error("the answer took too long and was given up")]
    TimedOut,
    #[error("the service is stopping")]
    Stopping,
    #[error("the index could not be read")]
    Index(#[source] IndexError),
    #[error("the clip would hold more than {limit} pictures: ask for a shorter span")]
    TooLong { limit: usize },
    #[error("the footage could not be read")]
    Clip(#[source] ClipError),
    #[error("the footage could not be read")]
    File(#[source] std::io::Error),
    #[error("the picture could not be made")]
    Frame(#[source] FrameError),
    #[error(
        "no partner system may tell its findings here: [[source]] of the configuration names them"
    )]
    NoSources,
    #[error("no source has this token: send it as \"Authorization: Bearer …\"")]
    NoSuchToken,
    #[error("this source may not speak of camera \"{0}\"")]
    OtherCamera(CameraId),
    #[error("this source may not tell of {0}")]
    OtherKind(RuleKind),
    #[error("this source may not speak of signal \"{0}\"")]
    OtherSignal(String),
    #[error("this source may not tell of calls to {0}")]
    OtherService(CallService),
    #[error("this source tells of no calls: calls of its [[source]] names the services")]
    NoCalls,
    #[error("there is no incident {0} of this source")]
    NoSuchIncident(EventId),
    #[error("the signal's state could not be taken for now: tell it again")]
    NotTaken,
    #[error("this source posts faster than agreed: wait {} s", .0.as_secs() + 1)]
    TooMany(Duration),
    #[error("a body has {limit} bytes at most here")]
    TooLarge { limit: usize },
    #[error("this content is not taken: application/json or application/cloudevents+json")]
    MediaType,
    #[error("the body is no JSON to be read: {0}")]
    NotJson(String),
    #[error("what was told could not be stored for now: post it again")]
    NotStored(#[source] IndexError),
    #[error("the answer could not be made")]
    Panicked,
}

impl ApiError {
    /// Refuses one parameter.
    pub(crate) fn refuse(name: &str, reason: impl Into<String>) -> Self {
        Self::Invalid(vec![InvalidParam { name: name.to_owned(), reason: reason.into() }])
    }

    /// Returns the status, the stable name of the kind and the kind in words.
    fn kind(&self) -> (StatusCode, &'static str, &'static str) {
        use StatusCode as Status;
        match self {
            Self::Invalid(_) => {
                (Status::BAD_REQUEST, "invalid-parameters", "Parameters were refused")
            }
            Self::NoSuchPage => (Status::NOT_FOUND, "no-such-page", "No such page"),
            Self::Method(_) => {
                (Status::METHOD_NOT_ALLOWED, "method-not-allowed", "Method not allowed")
            }
            Self::Host(_) => {
                (Status::MISDIRECTED_REQUEST, "unknown-host", "Not a name of this service")
            }
            Self::NotUpgraded => (Status::UPGRADE_REQUIRED, "not-upgraded", "Not a WebSocket"),
            Self::Origin => (Status::FORBIDDEN, "foreign-origin", "Asked from elsewhere"),
            Self::NotSignedIn => (Status::UNAUTHORIZED, "not-signed-in", "Not signed in"),
            Self::WrongLogin => (Status::UNAUTHORIZED, "wrong-login", "Wrong name or password"),
            Self::WrongPassword => (Status::FORBIDDEN, "wrong-password", "Wrong password"),
            Self::PasswordGiven => {
                (Status::FORBIDDEN, "password-given", "The password is to be changed first")
            }
            Self::Locked(_) | Self::TooManyLogins(_) => {
                (Status::TOO_MANY_REQUESTS, "too-many-logins", "Too many log-ins")
            }
            Self::NotPermitted(_) | Self::NotOverTheSite(_) => {
                (Status::FORBIDDEN, "not-permitted", "Not permitted")
            }
            Self::NoSuchAlert(_) => (Status::NOT_FOUND, "no-such-alert", "No such alert"),
            Self::Refused(Refusal::NotNow { .. }) => {
                (Status::CONFLICT, "not-now", "Not as the alert is handled now")
            }
            Self::Refused(_) => (Status::CONFLICT, "not-first", "Somebody was first"),
            Self::TooGrave(_) => (Status::FORBIDDEN, "too-grave", "Too grave for a batch"),
            Self::OtherRequest => {
                (Status::UNPROCESSABLE_ENTITY, "other-request", "The key of another request")
            }
            Self::Unfinished => (Status::CONFLICT, "unfinished", "The end is not known"),
            Self::NoSuchIncident(_) => (Status::NOT_FOUND, "no-such-incident", "No such incident"),
            Self::NoSuchHandover(_) => (Status::NOT_FOUND, "no-such-handover", "No such hand-over"),
            Self::NotYourHandover(_) => (Status::CONFLICT, "not-your-handover", "Not to be signed"),
            Self::NoSuchHold(_) => (Status::NOT_FOUND, "no-such-hold", "No such hold"),
            Self::NoSuchCase(_) => (Status::NOT_FOUND, "no-such-case", "No such case"),
            Self::CaseExists(_) => (Status::CONFLICT, "case-exists", "The number is taken"),
            Self::NoSuchAccount(_) => (Status::NOT_FOUND, "no-such-account", "No such account"),
            Self::AccountExists(_) => (Status::CONFLICT, "account-exists", "The name is taken"),
            Self::NotSoChanged(_) => (Status::CONFLICT, "not-so-changed", "Not to be changed so"),
            Self::NoSuchTarget(_) => (Status::NOT_FOUND, "no-such-target", "No such target"),
            Self::NoSuchCamera(_) => (Status::NOT_FOUND, "no-such-camera", "No such camera"),
            Self::Masked(_) => {
                (Status::FORBIDDEN, "masked", "Privacy masks lie over it, or persons are softened")
            }
            Self::NoFootage(_) => (Status::NOT_FOUND, "no-footage", "No footage"),
            Self::NoSuchStream(_) => (Status::NOT_FOUND, "no-such-stream", "No such stream"),
            Self::NoSuchEvent(_) => (Status::NOT_FOUND, "no-such-event", "No such event"),
            Self::NoSuchExport(_) => (Status::NOT_FOUND, "no-such-export", "No such export"),
            Self::NoSuchRegion(_) => {
                (Status::NOT_FOUND, "no-such-region-search", "No such region search")
            }
            Self::NoSuchSearch(_) => {
                (Status::NOT_FOUND, "no-such-saved-search", "No such saved search")
            }
            Self::NoPurpose => (Status::FORBIDDEN, "no-purpose", "No purpose in force"),
            Self::Hold(_) => (Status::CONFLICT, "hold", "The hold cannot be changed so"),
            Self::NoSuchUnmasking(_) => {
                (Status::NOT_FOUND, "no-such-unmasking", "No such unmasking")
            }
            Self::Unmasking(_) => {
                (Status::CONFLICT, "unmasking", "The unmasking cannot be decided so")
            }
            Self::NoSuchShelving(_) => (Status::NOT_FOUND, "no-such-shelving", "No such shelving"),
            Self::Shelving(_) => (Status::CONFLICT, "shelving", "The rule cannot be shelved so"),
            Self::SecondPersonNeeded(_) => {
                (Status::FORBIDDEN, "second-person-needed", "A second person must agree first")
            }
            Self::Export(_) => (Status::CONFLICT, "export", "The export cannot be decided so"),
            Self::NoSuchSegment(_) => (Status::NOT_FOUND, "no-such-segment", "No such segment"),
            Self::NotRecorded { .. } | Self::NoFrame { .. } => {
                (Status::NOT_FOUND, "not-recorded", "Not recorded")
            }
            Self::NotYet { .. } => (Status::SERVICE_UNAVAILABLE, "not-yet", "Not yet"),
            Self::NoObject => (Status::NOT_FOUND, "no-object", "No object"),
            Self::TooLong { .. } => (Status::BAD_REQUEST, "too-long", "Too long"),
            Self::BeyondEnd { .. } => {
                (Status::RANGE_NOT_SATISFIABLE, "range-not-satisfiable", "Range not satisfiable")
            }
            Self::Busy(_) => (Status::SERVICE_UNAVAILABLE, "busy", "Too busy"),
            Self::TimedOut => (Status::SERVICE_UNAVAILABLE, "timed-out", "Timed out"),
            Self::Stopping => (Status::SERVICE_UNAVAILABLE, "stopping", "Stopping"),
            Self::NoSources => (Status::NOT_FOUND, "no-sources", "No source is configured"),
            Self::NoSuchToken => (Status::UNAUTHORIZED, "no-such-token", "No such token"),
            Self::OtherCamera(_)
            | Self::OtherKind(_)
            | Self::OtherSignal(_)
            | Self::OtherService(_)
            | Self::NoCalls => (Status::FORBIDDEN, "not-of-this-source", "Not of this source"),
            Self::TooMany(_) => (Status::TOO_MANY_REQUESTS, "too-many", "Too many"),
            Self::TooLarge { .. } => (Status::PAYLOAD_TOO_LARGE, "too-large", "Too large"),
            Self::MediaType => {
                (Status::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "Unsupported media type")
            }
            Self::NotJson(_) => (Status::BAD_REQUEST, "not-json", "Not JSON"),
            Self::NotStored(_) => (Status::SERVICE_UNAVAILABLE, "not-stored", "Not stored"),
            Self::NotTaken => (Status::SERVICE_UNAVAILABLE, "not-taken", "Not taken"),
            Self::Index(_)
            | Self::Clip(_)
            | Self::File(_)
            | Self::Frame(_)
            | Self::Unsaid
            | Self::Randomness(_)
            | Self::Panicked => (Status::INTERNAL_SERVER_ERROR, "internal", "Internal failure"),
        }
    }
}

impl From<IndexError> for ApiError {
    fn from(error: IndexError) -> Self {
        match error {
            busy if busy.is_busy() => Self::Busy("searches"),
            IndexError::Query(text) => Self::refuse("query", text),
            IndexError::Hold(text) => Self::Hold(text),
            IndexError::Export(text) => Self::Export(text),
            IndexError::Unmasking(text) => Self::Unmasking(text),
            IndexError::Shelving(text) => Self::Shelving(text),
            IndexError::Closed => Self::Stopping,
            other => Self::Index(other),
        }
    }
}

impl ApiError {
    /// Returns what a client may know of it.
    pub(crate) fn into_problem(self) -> Problem {
        let (status, name, title) = self.kind();
        let mut problem = Problem {
            kind: format!("urn:watchpost:problem:{name}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: self.to_string(),
            invalid_params: Vec::new(),
            gaps: Vec::new(),
            current: None,
        };
        match self {
            Self::Invalid(params) => problem.invalid_params = params,
            Self::NotRecorded { gaps, .. } => problem.gaps = gaps,
            Self::Refused(Refusal::Stale { current } | Refusal::NotNow { current, .. }) => {
                problem.current = Some(HandlingBody::from(current.as_ref()));
            }
            _ => {}
        }
        problem
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, name, _) = self.kind();
        let detail = self.to_string();
        if status == StatusCode::INTERNAL_SERVER_ERROR {
            error!(error = %chain(&self), "cannot answer a request");
        } else if status == StatusCode::SERVICE_UNAVAILABLE && !matches!(self, Self::NotYet { .. })
        {
            metrics::counter!("watchpost_api_refused_total", "reason" => name).increment(1);
            warn!(reason = name, detail, "request refused");
        }
        let content_range = match &self {
            Self::BeyondEnd { length } => HeaderValue::from_str(&format!("bytes */{length}")).ok(),
            _ => None,
        };
        let allowed = match &self {
            Self::Method(allowed) => HeaderValue::from_str(allowed).ok(),
            _ => None,
        };
        let upgrade = matches!(self, Self::NotUpgraded);
        let wait = match &self {
            Self::TooMany(wait)
            | Self::Locked(wait)
            | Self::TooManyLogins(wait)
            | Self::NotYet { wait, .. } => Some(*wait),
            _ => None,
        };
        let problem = self.into_problem();
        let mut response = (status, Json(problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_S));
        }
        if let Some(wait) = wait {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs() + 1));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if upgrade {
            headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        }
        if let Some(allowed) = allowed {
            headers.insert(header::ALLOW, allowed);
        }
        if let Some(content_range) = content_range {
            headers.insert(header::CONTENT_RANGE, content_range);
        }
        response
    }
}

/// Returns an error and its sources in one line, for the log.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        source = inner.source();
    }
    text
}

fn either(permissions: &[Permission]) -> String {
    permissions.iter().map(|one| one.as_str()).collect::<Vec<_>>().join(" or ")
}

fn refused(params: &[InvalidParam]) -> String {
    let reasons: Vec<_> =
        params.iter().map(|param| format!("{}: {}", param.name, param.reason)).collect();
    reasons.join("; ")
}

fn not_recorded(stream: &StreamId, range: TimeRange, gaps: &[GapBody]) -> String {
    let TimeRange { start, end } = range;
    let mut text = format!("nothing of {stream} is recorded from {start} to {end}");
    if gaps.is_empty() {
        text.push_str(": no gap is on record either, so the footage has expired or is yet to come");
        return text;
    }
    let causes: Vec<_> = gaps.iter().take(5).map(GapBody::sentence).collect();
    text.push_str(": ");
    text.push_str(&causes.join(", "));
    if let Some(more @ 1..) = gaps.len().checked_sub(causes.len()) {
        text.push_str(&format!(" and {more} more gaps"));
    }
    text
}
