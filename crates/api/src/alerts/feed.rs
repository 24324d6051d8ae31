//! The alert feed: each alert that changed, as it is now, and floods.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use domain::{EventId, Scope};
use index::AlertChange;

use super::AlertBody;
use super::told::Looks;
use crate::access::Caller;
use crate::alert_scope::seen;
use crate::cursor::{Cursor, Log};
use crate::feed::{BATCH, Entry, Place, Source, follow};
use crate::handling_body::FloodBody;
use crate::params::{Parameters, Params, Query};
use crate::problem::{ApiError, Problem};
use crate::state::ApiState;

/// From where in the alert feed.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AlertFeedParams {
    /// The place after which to begin, as it was told (`as_of`, the `id` of an alert); from now if left
    /// out, from the first if 0.
    #[param(value_type = Option<String>)]
    after: Option<Cursor>,
    /// `true`: a silent feed shows every 5 s that it lives by an event `beat`, as the event feed does.
    #[param(value_type = Option<bool>)]
    beat: bool,
}

impl Parameters for AlertFeedParams {
    fn read(query: &mut Query) -> Option<Self> {
        Some(Self { after: query.parse("after"), beat: query.parse("beat").unwrap_or(false) })
    }
}

/// The alert feed
///
/// Server-sent events: `alert` with an alert as JSON whenever one is raised, grows or is handled
/// otherwise, and `flood` whenever there are more alerts than people can look at, and when that is
/// over; its place in the log as `id`. Who was away gets each alert that changed once, as it is
/// now. Otherwise like the event feed.
#[utoipa::path(
    get,
    path = "/alerts/stream",
    tag = "alerts",
    operation_id = "alert_feed",
    params(
        AlertFeedParams,
        ("Last-Event-ID" = Option<String>, Header, description = "The `id` received last; goes before `after`"),
    ),
    responses(
        (status = 200, description = "The feed; it does not end", content_type = "text/event-stream", body = AlertBody),
        (status = 400, description = "A parameter was refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Too many clients, or stopping", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn alert_feed(
    State(state): State<ApiState>,
    caller: Caller,
    Params(AlertFeedParams { after, beat }): Params<AlertFeedParams>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let source = source(&state, &caller);
    follow(state, caller, source, Place { after, beat }, &headers)
}

/// Returns the log of alerts, as far as the caller may see it.
pub(crate) fn source(state: &ApiState, caller: &Caller) -> Source {
    let (scope, name) = (caller.scope().clone(), caller.name().clone());
    let (told_before, told_alerts) = (ToldBefore::default(), state.told_alerts());
    Source {
        log: Log::Alerts,
        knock: state.parts().index.alert_knock(),
        read: Arc::new(move |index, after| {
            let newest = *index.alert_knock().borrow();
            let batch = index.alert_changes_after(after, BATCH)?;
            let is_known = |id: EventId, body: &AlertBody| {
                let looks = Looks::of(body).filter(|_| !scope.is_site());
                looks.is_some_and(|looks| told_alerts.is_known(&name, id, after, looks))
            };
            // What changed while it was read may be in it, and belongs to a later change.
            let note = |id: EventId, change: u64, body: &AlertBody| {
                let is_settled = *index.alert_knock().borrow() == newest;
                if let (true, Some(looks)) = (is_settled && !scope.is_site(), Looks::of(body)) {
                    told_alerts.note(&name, id, change, looks);
                }
            };
            let told = |change: AlertChange| match change {
                AlertChange::Alert(stored) => {
                    let (number, id) = (stored.change, stored.alert.id);
                    let shown = seen(index, &scope, *stored)?;
                    let body = shown.map(|shown| AlertBody::told(shown, &scope));
                    let Some(body) = body else { return Ok(Entry { number, told: None }) };
                    let is_news = told_before.is_news(&scope, id, &body) && !is_known(id, &body);
                    note(id, number, &body);
                    Ok(match is_news {
                        true => Entry::told(number, "alert", &body),
                        false => Entry { number, told: None },
                    })
                }
                // It counts every camera's alerts.
                AlertChange::Flood(number, flood) if scope.is_site() => {
                    Ok(Entry::told(number, "flood", &FloodBody::from(flood)))
                }
                AlertChange::Flood(number, _) => Ok(Entry { number, told: None }),
            };
            batch.into_iter().map(told).collect()
        }),
    }
}

/// Alerts that are remembered of one feed.
const REMEMBERED: usize = 256;

/// The alerts that a feed told last, as they were: one that grew by what another's camera saw looks to
/// who sees a part of the site as it did, and being told of again would say that it grew.
#[derive(Debug, Default)]
struct ToldBefore(Mutex<VecDeque<(EventId, AlertBody)>>);

impl ToldBefore {
    /// Returns whether `body` is another than was told of the alert before, and remembers it.
    fn is_news(&self, scope: &Scope, id: EventId, body: &AlertBody) -> bool {
        if scope.is_site() {
            return true;
        }
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = told.iter().position(|(known, _)| *known == id);
        let before = known.and_then(|known| told.remove(known));
        told.push_back((id, body.clone()));
        if told.len() > REMEMBERED {
            told.pop_front();
        }
        before.is_none_or(|(_, before)| before != *body)
    }
}
