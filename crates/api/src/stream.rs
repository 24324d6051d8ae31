//! One stream of all that a console follows: alerts, events, who else is at the desk.
//!
//! A browser opens six connections to a host; a feed for each thing that is followed would take them from
//! the pictures. The stream is made of the feeds: its `id` is the places of all of them.

use std::fmt;
use std::str::FromStr;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::response::sse::Event;
use futures::stream::{self, BoxStream, StreamExt as _};

use crate::access::Caller;
use crate::alerts;
use crate::cursor::{Cursor, NoCursor};
use crate::feed::{self, Feed, FeedParams, Told, last_event_id, respond};
use crate::params::{Parameters, Params, Query};
use crate::presence::{self, PresenceBody};
use crate::problem::{ApiError, Problem};
use crate::state::ApiState;

/// What is followed, and from where.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct StreamParams {
    /// What is followed: `alerts` (with floods), `events`, `desk` (who else is there), between commas;
    /// `alerts` if left out.
    #[param(value_type = Option<String>, example = "alerts,events,desk")]
    topics: Vec<Topic>,
    /// The places after which to go on, as an `id` of this stream told them; from now on where it tells
    /// none.
    #[param(value_type = Option<String>)]
    after: Option<Places>,
    /// The place in the alerts after which to begin (`as_of` of `/alerts`); goes before `after`.
    #[param(value_type = Option<String>)]
    alerts_after: Option<Cursor>,
    /// The place in the events after which to begin (`as_of` of `/events`); goes before `after`.
    #[param(value_type = Option<String>)]
    events_after: Option<Cursor>,
    /// `true`: a silent stream shows every 5 s that it lives by an event `beat`, as the event feed does.
    #[param(value_type = Option<bool>)]
    beat: bool,
}

impl Parameters for StreamParams {
    fn read(query: &mut Query) -> Option<Self> {
        Some(Self {
            topics: query.list("topics", str::parse).unwrap_or_else(|| vec![Topic::Alerts]),
            after: query.parse("after"),
            alerts_after: query.parse("alerts_after"),
            events_after: query.parse("events_after"),
            beat: query.parse("beat").unwrap_or(false),
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Topic {
    Alerts,
    Events,
    Desk,
}

impl FromStr for Topic {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "alerts" => Ok(Self::Alerts),
            "events" => Ok(Self::Events),
            "desk" => Ok(Self::Desk),
            _ => Err(format!("\"{text}\" is no topic: alerts, events or desk")),
        }
    }
}

/// Where a client stands in each of the logs: `a` and a place, `e` and a place, `~` between them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Places {
    alerts: Option<String>,
    events: Option<String>,
}

impl FromStr for Places {
    type Err = NoCursor;

    fn from_str(text: &str) -> Result<Self, NoCursor> {
        let mut places = Self::default();
        for part in text.split('~') {
            let slot = match part.as_bytes().first() {
                Some(b'a') => &mut places.alerts,
                Some(b'e') => &mut places.events,
                _ => return Err(NoCursor),
            };
            let place = &part[1..];
            place.parse::<Cursor>()?;
            *slot = Some(place.to_owned());
        }
        Ok(places)
    }
}

impl fmt::Display for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [("a", &self.alerts), ("e", &self.events)];
        let mut told = parts.into_iter().filter_map(|(mark, place)| Some((mark, place.as_ref()?)));
        if let Some((mark, place)) = told.next() {
            write!(f, "{mark}{place}")?;
        }
        told.try_for_each(|(mark, place)| write!(f, "~{mark}{place}"))
    }
}

impl Places {
    fn of(&self, topic: Topic) -> Option<Cursor> {
        let place = match topic {
            Topic::Alerts => self.alerts.as_ref(),
            Topic::Events => self.events.as_ref(),
            Topic::Desk => None,
        };
        place?.parse().ok()
    }

    fn set(&mut self, topic: Topic, place: String) {
        match topic {
            Topic::Alerts => self.alerts = Some(place),
            Topic::Events => self.events = Some(place),
            Topic::Desk => {}
        }
    }
}

/// Alerts, events and who else is at the desk, in one stream
///
/// Server-sent events: `alert` and `flood` as the alert feed tells them, `event` as the event feed does,
/// `presence` with the people who may handle alerts where the caller may and have a console open; `beat`
/// and `reset` as the feeds do. An `id` holds the places in all logs that are followed: reconnecting with
/// `Last-Event-ID` misses and repeats nothing.
#[utoipa::path(
    get,
    path = "/stream",
    tag = "alerts",
    operation_id = "stream",
    params(
        StreamParams,
        ("Last-Event-ID" = Option<String>, Header, description = "The `id` received last; goes before all others"),
    ),
    responses(
        (status = 200, description = "The stream; it does not end", content_type = "text/event-stream", body = PresenceBody),
        (status = 400, description = "A parameter was refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Too many clients, or stopping", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn stream(
    State(state): State<ApiState>,
    caller: Caller,
    Params(params): Params<StreamParams>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    if state.stop().is_cancelled() {
        return Err(ApiError::Stopping);
    }
    let permit = state.feed_permit()?;
    let seen: Places = last_event_id(&headers)?.unwrap_or_default();
    let StreamParams { topics, after, alerts_after, events_after, beat } = params;
    let after = after.unwrap_or_default();
    let mut parts: Vec<BoxStream<'static, Part>> = Vec::new();
    for (topic, own) in [(Topic::Alerts, alerts_after), (Topic::Events, events_after)] {
        if !topics.contains(&topic) {
            continue;
        }
        let source = match topic {
            Topic::Alerts => alerts::feed::source(&state, &caller),
            _ => feed::source(&state, &caller, FeedParams::every()),
        };
        let begins = seen.of(topic).or(own).or_else(|| after.of(topic));
        let feed = Feed::open(state.clone(), caller.clone(), source, begins, beat)?;
        parts.push(feed.told().map(move |told| Part::Told(topic, told)).boxed());
    }
    if topics.contains(&Topic::Desk) {
        parts.push(presence::told(state, caller).map(Part::Presence).boxed());
    }
    Ok(respond(joined(parts), permit))
}

/// What comes in a part of the stream.
enum Part {
    Told(Topic, Told),
    Presence(Event),
    /// It has ended, and with it all.
    End,
}

fn joined(parts: Vec<BoxStream<'static, Part>>) -> BoxStream<'static, Event> {
    let ending = parts.into_iter().map(|part| part.chain(stream::iter([Part::End])));
    let mut places = Places::default();
    let events = stream::select_all(ending).map(move |part| match part {
        Part::Told(topic, Told { event, place }) => {
            places.set(topic, place);
            Some(event.id(places.to_string()))
        }
        Part::Presence(event) => Some(event),
        Part::End => None,
    });
    events
        .take_while(|event| std::future::ready(event.is_some()))
        .filter_map(std::future::ready)
        .boxed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_as_they_were_told() {
        for text in ["a12~e7", "a12", "e0"] {
            assert_eq!(text.parse::<Places>().unwrap().to_string(), text);
        }
        for text in ["", "12", "a12~", "x12", "a", "ax y", "é1"] {
            assert!(text.parse::<Places>().is_err(), "{text}");
        }
    }
}
