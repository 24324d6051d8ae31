//! Feeds: everything stored after the client's cursor, then everything as it is stored.
//!
//! The index is the log and a client's cursor is a place in it (`cursor`), so a client that
//! reconnects with `Last-Event-ID` misses nothing and gets nothing twice. The knock only says
//! that there is something to read. Who sees a part of the site is not told that something came which
//! is not theirs: their place moves with the beat, at the same times whatever happens. A client that does not read holds one batch and its place
//! among the clients, until its socket gives up.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use domain::{CameraId, Class, EventKind, Scope, Severity};
use futures::StreamExt as _;
use futures::stream::{self, Stream};
use index::{Index, IndexError, StoredEvent};
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::Instant;
use tracing::warn;

use crate::access::Caller;
use crate::cursor::{Cursor, Log};
use crate::event_body::EventBody;
use crate::events::read_severity;
use crate::params::{Parameters, Params, Query};
use crate::problem::{ApiError, Problem, chain};
use crate::state::ApiState;

/// Entries read at once; also all that one client can make us hold.
pub(crate) const BATCH: usize = 256;
/// How soon a client comes back after a broken connection.
const RETRY: Duration = Duration::from_secs(2);
/// How often a silent feed shows that it lives.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// How often it is looked whether a client may still have a feed in which nothing happens.
pub(crate) const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// How often it does so for a client that wants to hear of it.
const BEAT: Duration = Duration::from_secs(5);
/// How long to wait with reading again after the index could not be read.
const PAUSE: Duration = Duration::from_millis(500);

/// From where, and which events.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct FeedParams {
    /// The place after which to begin, as it was told (`as_of`, the `id` of an event); from now if left
    /// out, from the first event if 0.
    #[param(value_type = Option<String>)]
    after: Option<Cursor>,
    /// Only these cameras: ids between commas.
    #[param(value_type = Option<String>)]
    cameras: Option<Vec<CameraId>>,
    /// Only these classes: words between commas.
    #[param(value_type = Option<String>)]
    class: Option<Vec<Class>>,
    /// Only these kinds of rule: words between commas.
    #[param(value_type = Option<String>)]
    kind: Option<Vec<EventKind>>,
    /// Only events of this severity or graver; 1 is the gravest.
    #[param(value_type = Option<u8>, minimum = 1, maximum = 4)]
    severity: Option<Severity>,
    /// `true`: a silent feed shows every 5 s that it lives by an event `beat`. Otherwise by a comment,
    /// which browsers do not tell pages of.
    #[param(value_type = Option<bool>)]
    beat: bool,
}

impl Parameters for FeedParams {
    fn read(query: &mut Query) -> Option<Self> {
        Some(Self {
            after: query.parse("after"),
            cameras: query.list("cameras", str::parse),
            class: query.list("class", str::parse),
            kind: query.list("kind", str::parse),
            severity: query.parse_with("severity", read_severity),
            beat: query.parse("beat").unwrap_or(false),
        })
    }
}

impl FeedParams {
    /// Asks for every event.
    pub(crate) fn every() -> Self {
        Self { after: None, cameras: None, class: None, kind: None, severity: None, beat: false }
    }

    fn wants(&self, scope: &Scope, StoredEvent { event, .. }: &StoredEvent) -> bool {
        let draft = &event.draft;
        if !scope.contains(&draft.camera) {
            return false;
        }
        let camera = |known: &Vec<CameraId>| known.contains(&draft.camera);
        let class = |known: &Vec<Class>| draft.class.is_some_and(|class| known.contains(&class));
        let kind = |known: &Vec<EventKind>| known.contains(&draft.kind);
        self.cameras.as_ref().is_none_or(camera)
            && self.class.as_ref().is_none_or(class)
            && self.kind.as_ref().is_none_or(kind)
            && self.severity.is_none_or(|least| draft.severity <= least)
    }
}

/// The event feed
///
/// Server-sent events: `event` with an event as JSON, its place in the log as `id`; a comment (or
/// `beat`) when nothing happens; `reset` when the place is none of this log, which then is another one
/// than the client knew. Reconnecting with `Last-Event-ID` misses and repeats nothing. A place is a
/// number to who follows the whole site, and otherwise a text that says nothing of what happens
/// elsewhere.
#[utoipa::path(
    get,
    path = "/events/stream",
    tag = "events",
    operation_id = "event_feed",
    params(
        FeedParams,
        ("Last-Event-ID" = Option<String>, Header, description = "The `id` received last; goes before `after`"),
    ),
    responses(
        (status = 200, description = "The feed; it does not end", content_type = "text/event-stream", body = EventBody),
        (status = 400, description = "A parameter was refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Too many clients, or stopping", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn feed(
    State(state): State<ApiState>,
    caller: Caller,
    Params(params): Params<FeedParams>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let place = Place { after: params.after.clone(), beat: params.beat };
    let source = source(&state, &caller, params);
    follow(state, caller, source, place, &headers)
}

/// Returns the log of events, as far as a client wants it and the caller may see it.
pub(crate) fn source(state: &ApiState, caller: &Caller, params: FeedParams) -> Source {
    let scope = caller.scope().clone();
    Source {
        log: Log::Events,
        knock: state.parts().index.knock(),
        read: Arc::new(move |index, after| {
            let batch = index.events_after(after, BATCH)?;
            Ok(batch.into_iter().map(|stored| written(&params, &scope, stored)).collect())
        }),
    }
}

/// Where in a log a client stands, and how it is told that the log is silent.
pub(crate) struct Place {
    /// The place of the last entry that it knows; from now on if it has none.
    pub(crate) after: Option<Cursor>,
    /// Whether by an event `beat` in place of a comment.
    pub(crate) beat: bool,
}

/// A log that can be followed.
pub(crate) struct Source {
    /// Which it is.
    pub(crate) log: Log,
    /// The number of its newest entry.
    pub(crate) knock: watch::Receiver<u64>,
    /// Reads some entries after a number, in order.
    pub(crate) read: Arc<Read>,
}

type Read = dyn Fn(&Index, u64) -> Result<Vec<Entry>, IndexError> + Send + Sync;

/// An entry of a log.
pub(crate) struct Entry {
    pub(crate) number: u64,
    /// How it is told; `None` when this client does not want it.
    pub(crate) told: Option<Event>,
}

impl Entry {
    /// Tells `body` as an event of the name `event`.
    pub(crate) fn told(number: u64, event: &'static str, body: &impl Serialize) -> Self {
        let message = Event::default().event(event);
        let told = message.json_data(body).inspect_err(|error| {
            warn!(number, %error, "cannot write to the feed");
        });
        Self { number, told: told.ok() }
    }
}

/// Answers with the entries of `source` after those that the client knows, and with what comes, for
/// as long as `caller` may have it: who signs out or is granted other places is let go.
pub(crate) fn follow(
    state: ApiState,
    caller: Caller,
    source: Source,
    place: Place,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    if state.stop().is_cancelled() {
        return Err(ApiError::Stopping);
    }
    let permit = state.feed_permit()?;
    let asked = last_event_id(headers)?.or(place.after);
    let feed = Feed::open(state, caller, source, asked, place.beat)?;
    let events = feed.told().map(|Told { event, place }| event.id(place));
    Ok(respond(events, permit))
}

/// Answers with events as they come; `permit` is held as long as somebody reads them.
pub(crate) fn respond(
    events: impl Stream<Item = Event> + Send + 'static,
    permit: OwnedSemaphorePermit,
) -> Response {
    let counted = Counted::new();
    let events = events.map(move |event| {
        debug_assert!(permit.num_permits() == 1);
        let _ = &counted;
        Ok::<_, Infallible>(event)
    });
    // Proxies that gather answers would hold events back.
    let unbuffered = (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    ([unbuffered], Sse::new(events)).into_response()
}

/// Returns what a client that comes back has seen last.
pub(crate) fn last_event_id<T: FromStr>(headers: &HeaderMap) -> Result<Option<T>, ApiError> {
    let Some(header) = headers.get("last-event-id") else {
        return Ok(None);
    };
    let text = header.to_str().unwrap_or_default();
    match text.parse() {
        Ok(cursor) => Ok(Some(cursor)),
        // What a browser sends when it has seen no id.
        Err(_) if text.is_empty() => Ok(None),
        Err(_) => Err(ApiError::refuse(
            "Last-Event-ID",
            "not the id of an event of this feed: give it as it was told",
        )),
    }
}

/// What a client is told, and where in the log it then stands.
pub(crate) struct Told {
    /// Has no `id` yet: the place is it, or a part of it.
    pub(crate) event: Event,
    pub(crate) place: String,
}

/// A log that is followed. Owned by the answer that it is read by.
pub(crate) struct Feed {
    state: ApiState,
    caller: Caller,
    source: Source,
    cursor: u64,
    pending: VecDeque<Told>,
    has_beat: bool,
    /// When something was last sent.
    silent_since: Instant,
}

/// Counts a feed that is followed.
struct Counted;

impl Counted {
    fn new() -> Self {
        metrics::gauge!("watchpost_api_feeds").increment(1.0);
        Self
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        metrics::gauge!("watchpost_api_feeds").decrement(1.0);
    }
}

#[derive(Serialize)]
struct Reset {
    after: String,
}

impl Feed {
    /// Opens a log for whoever knows what comes before `asked`; from now on if they know no place.
    pub(crate) fn open(
        state: ApiState,
        caller: Caller,
        source: Source,
        asked: Option<Cursor>,
        has_beat: bool,
    ) -> Result<Self, ApiError> {
        let newest = *source.knock.borrow();
        let begins = match asked {
            Some(cursor) => state.cursors().read(source.log, &cursor, caller.scope()),
            None => Some(newest),
        };
        let mut feed = Self {
            cursor: newest,
            caller,
            source,
            pending: VecDeque::new(),
            has_beat,
            silent_since: Instant::now(),
            state,
        };
        feed.begin(begins, newest)?;
        Ok(feed)
    }

    /// Returns what it tells, as it comes; ends when the caller may not have it any more, or the service
    /// stops.
    pub(crate) fn told(self) -> impl Stream<Item = Told> + Send {
        stream::unfold(self, |mut feed| async move {
            let told = feed.next().await?;
            Some((told, feed))
        })
    }

    /// Tells the client where it stands, so that it resumes from there before the first event.
    fn begin(&mut self, begins: Option<u64>, newest: u64) -> Result<(), ApiError> {
        let known = begins.filter(|place| *place <= newest);
        self.cursor = known.unwrap_or(newest);
        let place = self.place(self.cursor)?;
        let greeting = Event::default().retry(RETRY);
        if known.is_some() {
            self.pending.push_back(Told { event: greeting, place });
        } else if let Ok(event) = greeting.event("reset").json_data(Reset { after: place.clone() })
        {
            self.pending.push_back(Told { event, place });
        }
        Ok(())
    }

    /// Returns a place in the log as this client is told it.
    fn place(&self, number: u64) -> Result<String, ApiError> {
        self.state.cursors().tell(self.source.log, number, self.caller.scope())
    }

    /// Returns what shows that a silent feed lives, and where it stands.
    fn beat(&self) -> Option<Told> {
        let place = self.place(self.cursor).ok()?;
        let event = match self.has_beat {
            // Without data it would not reach the page.
            true => Event::default().event("beat").data("{}"),
            false => Event::default().comment(""),
        };
        Some(Told { event, place })
    }

    /// Returns what to send next, once there is something; `None` when the service stops.
    async fn next(&mut self) -> Option<Told> {
        let stop = self.state.stop().clone();
        loop {
            if let Some(told) = self.pending.pop_front() {
                self.silent_since = Instant::now();
                return Some(told);
            }
            let beats = self.silent_since + if self.has_beat { BEAT } else { KEEP_ALIVE };
            // Marked as seen before reading: what is stored meanwhile knocks again.
            self.source.knock.mark_unchanged();
            let found = tokio::select! {
                found = self.read() => found,
                () = stop.cancelled() => return None,
            };
            let wait = match found {
                Ok(0) => Wait::Knock,
                Ok(_) => continue,
                Err(ApiError::Stopping | ApiError::NotSignedIn) => return None,
                Err(error) => {
                    warn!(error = %chain(&error), "cannot read for the feed");
                    Wait::Pause
                }
            };
            tokio::select! {
                known = self.wait(wait) => known?,
                () = tokio::time::sleep_until(beats) => {
                    self.silent_since = Instant::now();
                    return self.beat();
                }
                () = stop.cancelled() => return None,
            }
        }
    }

    /// Reads the batch after the cursor; returns how many entries it held, wanted or not.
    async fn read(&mut self) -> Result<usize, ApiError> {
        let (cursor, read) = (self.cursor, Arc::clone(&self.source.read));
        let caller = self.caller.clone();
        let batch = self
            .state
            .ask(move |state| {
                if !state.is_still(&caller)? {
                    return Err(ApiError::NotSignedIn);
                }
                Ok(read(&state.parts().index, cursor)?)
            })
            .await?;
        let count = batch.len();
        let newest = batch.last().map(|entry| entry.number);
        for Entry { number, told } in batch {
            if let Some(event) = told {
                let place = self.place(number)?;
                self.pending.push_back(Told { event, place });
            }
        }
        if let Some(newest) = newest {
            self.cursor = newest;
            // To who sees a part it would say that something happened elsewhere.
            if self.pending.is_empty() && self.caller.scope().is_site() {
                // An id without data moves the client's cursor past what it does not want.
                let place = newest.to_string();
                self.pending.push_back(Told { event: Event::default(), place });
            }
        }
        Ok(count)
    }

    async fn wait(&mut self, wait: Wait) -> Option<()> {
        match wait {
            Wait::Knock => {
                let knocked = tokio::time::timeout(LOOK_AGAIN, self.source.knock.changed()).await;
                knocked.map_or(Some(()), Result::ok)
            }
            Wait::Pause => {
                tokio::time::sleep(PAUSE).await;
                Some(())
            }
        }
    }
}

enum Wait {
    Knock,
    Pause,
}

fn written(params: &FeedParams, scope: &Scope, stored: StoredEvent) -> Entry {
    let number = stored.sequence;
    if params.wants(scope, &stored) {
        Entry::told(number, "event", &EventBody::told(stored, scope))
    } else {
        Entry { number, told: None }
    }
}
