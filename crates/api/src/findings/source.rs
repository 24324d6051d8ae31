//! The partner systems that may tell us their findings, and how each proves who it is.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use domain::{CallService, CameraId, RuleKind, Severity, SourceId};
use sha2::{Digest as _, Sha256};

use super::count_refused;
use crate::access::FailedSignIns;
use crate::calls::CallPolicy;
use crate::listener::client_of;
use crate::problem::ApiError;
use crate::rate::Bucket;

/// What the trail says of tokens that are shown as a source's.
const VIA_SOURCE: &str = "source";

/// What a source proves itself with. Only its SHA-256 is kept, and nothing prints it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token([u8; 32]);

impl Token {
    /// Takes the token's text.
    pub fn new(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    /// Returns whether both are the same, in a time that does not depend on where they differ.
    fn matches(&self, other: &Self) -> bool {
        let differing = self.0.iter().zip(other.0).fold(0, |sum, (one, two)| sum | (one ^ two));
        std::hint::black_box(differing) == 0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A partner system, and what it may tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingSource {
    /// Names it in its events.
    pub id: SourceId,
    /// What it proves itself with.
    pub token: Token,
    /// The cameras that it may speak of.
    pub cameras: Vec<CameraId>,
    /// The kinds that it may tell.
    pub kinds: Vec<RuleKind>,
    /// The traffic lights whose state it may tell.
    pub signals: Vec<FedSignal>,
    /// The services whose calls it may tell of.
    pub calls: Vec<CallService>,
    /// How much its findings matter.
    pub severity: Severity,
    /// How many postings a minute are taken; as many may come at once.
    pub per_minute: u32,
}

/// A traffic light whose state a source tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FedSignal {
    /// What rules call it.
    pub name: String,
    /// The cameras that judge by it, and how long a state holds there that is not told again.
    pub cameras: Vec<(CameraId, Duration)>,
}

/// Which findings of others are taken.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Intake {
    /// Who may tell; nobody, and the address does not exist.
    pub sources: Vec<FindingSource>,
    /// How long events are kept: older findings are refused.
    pub kept_for: Duration,
    /// What is gathered for a call.
    pub calls: CallPolicy,
}

/// An intake at work: with what each source has left of its rate.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    pub(crate) sources: Vec<GuardedSource>,
    pub(crate) kept_for: Duration,
    pub(crate) calls: CallPolicy,
}

/// A source with its rate.
#[derive(Debug)]
pub(crate) struct GuardedSource {
    pub(crate) source: FindingSource,
    bucket: Mutex<Bucket>,
}

impl Gate {
    /// Begins with every rate full.
    pub(crate) fn new(intake: Intake, now: Duration) -> Self {
        let guard = |source: FindingSource| {
            let bucket = Bucket::full(source.per_minute, now);
            GuardedSource { source, bucket: Mutex::new(bucket) }
        };
        Self {
            sources: intake.sources.into_iter().map(guard).collect(),
            kept_for: intake.kept_for,
            calls: intake.calls,
        }
    }

    /// Returns the source that asks, by the token in the headers of its request. A token that none has
    /// is a failed log-in, which `failed` counts.
    ///
    /// # Errors
    /// No source has it, or there are none.
    pub(crate) fn admit(
        &self,
        head: &Parts,
        failed: &FailedSignIns,
    ) -> Result<&GuardedSource, ApiError> {
        if self.sources.is_empty() {
            return Err(ApiError::NoSources);
        }
        let found = bearer(&head.headers).and_then(|token| self.source_of(token));
        let refused = |error: &ApiError| {
            count_refused("unknown", error);
            if head.headers.contains_key(header::AUTHORIZATION) {
                failed.count_token(VIA_SOURCE, client_of(&head.extensions));
            }
        };
        found.ok_or(ApiError::NoSuchToken).inspect_err(refused)
    }

    /// Returns the source that `token` belongs to; looks at every one, whichever it is.
    fn source_of(&self, token: &str) -> Option<&GuardedSource> {
        let given = Token::new(token);
        self.sources.iter().fold(None, |found, guarded| {
            if guarded.source.token.matches(&given) { Some(guarded) } else { found }
        })
    }
}

/// Returns the token of a request.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = text.split_once(' ')?;
    // RFC 9110 §11.1: the scheme's case does not matter.
    scheme.eq_ignore_ascii_case("Bearer").then(|| token.trim())
}

impl GuardedSource {
    /// Takes one posting from the rate.
    ///
    /// # Errors
    /// Returns how long to wait when nothing is left.
    pub(crate) fn take_turn(&self, now: Duration) -> Result<(), Duration> {
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        bucket.take(self.source.per_minute, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(id: &str, token: &str, per_minute: u32) -> FindingSource {
        FindingSource {
            id: id.parse().unwrap(),
            token: Token::new(token),
            cameras: Vec::new(),
            kinds: Vec::new(),
            signals: Vec::new(),
            calls: Vec::new(),
            severity: Severity::NOTICE,
            per_minute,
        }
    }

    #[test]
    fn a_token_is_found_and_never_printed() {
        let sources = vec![source("one", "first-token", 1), source("two", "second-token", 1)];
        let gate = Gate::new(Intake { sources, ..Intake::default() }, Duration::ZERO);
        let found = |token: &str| gate.source_of(token).map(|guarded| guarded.source.id.clone());
        assert_eq!(found("second-token"), "two".parse().ok());
        assert_eq!(found("second-toke"), None);
        assert_eq!(found(""), None);
        let printed = format!("{gate:?}");
        assert!(!printed.contains("token\"") && printed.contains("***"), "{printed}");
    }

    #[test]
    fn a_rate_is_emptied_and_filled_again_by_time() {
        let intake = Intake { sources: vec![source("one", "t", 60)], ..Intake::default() };
        let gate = Gate::new(intake, Duration::ZERO);
        let guarded = gate.source_of("t").unwrap();
        let now = Duration::from_millis(500);
        for _ in 0..60 {
            assert_eq!(guarded.take_turn(now), Ok(()));
        }
        assert_eq!(guarded.take_turn(now), Err(Duration::from_secs(1)));
        let later = now + Duration::from_secs(1);
        assert_eq!(guarded.take_turn(later), Ok(()));
        assert!(guarded.take_turn(later).is_err());
    }
}
