//! The shift: what is open, and its hand-over, signed by who leaves and by who takes over.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::{AccountName, Action, Scope, TimeRange, Timestamp};
use index::{AlertOrder, AlertQuery, Handover, Index, IndexError, StoredAlert};
use serde::Serialize;
use serde_json::{Value, json};
use tracing::info;
use utoipa::ToSchema;

use crate::access::Caller;
use crate::actions::{read_fields, required};
use crate::alerts::{AlertBody, AlertTotalBody, totals_body};
use crate::officers::Assignee;
use crate::params::{Names, NoParams, Params};
use crate::problem::{ApiError, Problem};
use crate::state::ApiState;

/// Alerts in one list at most; `totals` says how many there are.
const LIST_LIMIT: usize = 500;
/// Actions that are looked through for notes.
const ACTION_LIMIT: usize = 10_000;
/// Characters of a hand-over's note.
const NOTE_LIMIT: usize = 4000;

/// What the shift has before it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct ShiftBody {
    /// Since when it lasts: the latest hand-over that both officers signed.
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
    /// Who took over then.
    officer: Option<String>,
    /// What stands in the queue and was given to nobody, 500 at most.
    open: Vec<AlertBody>,
    /// What somebody is to deal with, 500 at most.
    assigned: Vec<AlertBody>,
    /// What is out of the queue for a while, 500 at most.
    shelved: Vec<AlertBody>,
    /// How many alerts are not closed, by severity and state.
    totals: Vec<AlertTotalBody>,
    /// What was written down since the shift began.
    notes: Vec<ShiftNoteBody>,
    /// The hand-over that waits for its second signature.
    waiting: Option<HandoverBody>,
}

/// What was written down about an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ShiftNoteBody {
    /// The alert.
    alert: String,
    /// Who.
    by: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// What.
    text: String,
}

/// A hand-over of the shift.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct HandoverBody {
    /// Numbers the hand-overs of the site.
    id: i64,
    /// Who leaves, and signed first.
    outgoing: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    started: Timestamp,
    /// Who takes over.
    incoming: String,
    /// When they signed; null before.
    #[schema(value_type = Option<String>, format = DateTime)]
    signed: Option<Timestamp>,
    /// What the one says to the other.
    note: String,
    /// What was `open`, `assigned` and `shelved` when the first officer signed: ids with handling.
    #[schema(value_type = Object)]
    lists: Value,
}

impl From<Handover> for HandoverBody {
    fn from(handover: Handover) -> Self {
        Self {
            id: handover.id,
            outgoing: handover.outgoing.to_string(),
            started: handover.started,
            incoming: handover.incoming.to_string(),
            signed: handover.signed,
            note: handover.note,
            lists: serde_json::from_str(&handover.lists).unwrap_or_default(),
        }
    }
}

/// The lists of a shift.
struct Lists {
    open: Vec<StoredAlert>,
    assigned: Vec<StoredAlert>,
    shelved: Vec<StoredAlert>,
}

impl Lists {
    fn read(index: &Index) -> Result<Self, IndexError> {
        let all = AlertQuery { limit: LIST_LIMIT, ..AlertQuery::new(TimeRange::ALL) };
        let queue = AlertQuery { order: AlertOrder::Queue, ..all.clone() };
        let page = |assigned| AlertQuery { assigned: Some(assigned), ..queue.clone() };
        Ok(Self {
            open: index.alerts(&page(false))?.alerts,
            assigned: index.alerts(&page(true))?.alerts,
            shelved: index.alerts(&AlertQuery { shelved: Some(true), ..all })?.alerts,
        })
    }

    /// Returns what is kept of them with a hand-over.
    fn kept(&self) -> Value {
        let list = |alerts: &[StoredAlert]| -> Value {
            let one = |stored: &StoredAlert| {
                json!({
                    "alert": stored.alert.id.to_string(),
                    "severity": stored.alert.severity.number(),
                    "kind": stored.alert.kind.as_str(),
                    "first": stored.alert.first,
                    "handling": stored.handling.state.as_str(),
                    "version": stored.handling.version,
                    "assignee": stored.handling.assignee.as_ref(),
                })
            };
            alerts.iter().map(one).collect()
        };
        json!({
            "open": list(&self.open),
            "assigned": list(&self.assigned),
            "shelved": list(&self.shelved),
        })
    }
}

/// What the shift has before it
#[utoipa::path(
    get,
    path = "/shift",
    tag = "shifts",
    operation_id = "shift",
    responses(
        (status = 200, description = "What is open, and what was written down", body = ShiftBody),
        (status = 503, description = "Too many searches at once", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn shift(
    State(state): State<ApiState>,
    Params(NoParams): Params<NoParams>,
) -> Result<Json<ShiftBody>, ApiError> {
    let body = state
        .query(|index| {
            let latest = index.latest_handover()?;
            let since = latest.as_ref().and_then(|handover| handover.signed);
            let Lists { open, assigned, shelved } = Lists::read(index)?;
            let told = |stored| AlertBody::told(stored, &Scope::Site);
            let list = |alerts: Vec<StoredAlert>| alerts.into_iter().map(told).collect();
            Ok(ShiftBody {
                since,
                officer: latest.map(|handover| handover.incoming.to_string()),
                open: list(open),
                assigned: list(assigned),
                shelved: list(shelved),
                totals: totals_body(&index.alert_totals()?),
                notes: notes(index, since.unwrap_or(Timestamp::MIN))?,
                waiting: index.waiting_handover()?.map(HandoverBody::from),
            })
        })
        .await?;
    Ok(Json(body))
}

fn notes(index: &Index, since: Timestamp) -> Result<Vec<ShiftNoteBody>, IndexError> {
    let range = TimeRange { start: since, end: Timestamp::MAX };
    let actions = index.actions_in(range, ACTION_LIMIT)?;
    let note = |(alert, entry): (domain::EventId, domain::LogEntry)| match entry.action {
        Action::Note { text } => Some(ShiftNoteBody {
            alert: alert.to_string(),
            by: entry.signed.by.to_string(),
            at: entry.signed.at,
            text,
        }),
        _ => None,
    };
    Ok(actions.into_iter().filter_map(note).collect())
}

/// To whom the shift is handed over.
#[derive(Debug, Clone, PartialEq, Eq, ToSchema)]
pub(crate) struct HandoverStart {
    /// The account of who takes over; not one's own.
    #[schema(example = "truc-ban-02")]
    to: String,
    /// What they should know, 4000 characters at most.
    note: Option<String>,
}

/// Hand the shift over: the signature of who leaves
///
/// What is open, assigned and shelved is written down with it. It counts once who takes over has
/// signed as well; until then a new one takes its place.
#[utoipa::path(
    post,
    path = "/shift/handover",
    tag = "shifts",
    operation_id = "hand_over_shift",
    request_body(content = HandoverStart, content_type = "application/json"),
    responses(
        (status = 201, description = "Waits for the second signature", body = HandoverBody),
        (status = 400, description = "A member was refused", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "Nobody says who acts", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn hand_over(
    State(state): State<ApiState>,
    Params(NoParams): Params<NoParams>,
    caller: Caller,
    request: Request,
) -> Result<Response, ApiError> {
    let mut fields = read_fields(request).await?;
    let incoming: Option<AccountName> = required(&mut fields, "to").and_then(|name| {
        let refused = |error: domain::InvalidId| fields.refuse("to", error.to_string());
        name.parse().map_err(refused).ok()
    });
    let note = fields.text("note").unwrap_or_default();
    if note.chars().count() > NOTE_LIMIT {
        fields.refuse("note", format!("has {NOTE_LIMIT} characters at most"));
    }
    if incoming.as_ref() == Some(caller.name()) {
        fields.refuse("to", "is your own account: two officers sign");
    }
    let incoming = fields.finish(incoming)?;
    let (outgoing, started) = (caller.name().clone(), state.parts().clock.now());
    let handover = state
        .ask(move |state| {
            let index = &state.parts().index;
            if let Some(reason) = Assignee::find(state, &incoming)?.refuses_the_shift() {
                return Err(ApiError::refuse("to", reason));
            }
            let lists = Lists::read(index)?.kept().to_string();
            let new = Handover { id: 0, started, outgoing, incoming, note, lists, signed: None };
            let id = index.start_handover(&new)?;
            Ok(Handover { id, ..new })
        })
        .await?;
    info!(outgoing = %handover.outgoing, incoming = %handover.incoming, "shift is handed over");
    Ok((StatusCode::CREATED, Json(HandoverBody::from(handover))).into_response())
}

/// Take the shift over: the signature of who comes
#[utoipa::path(
    post,
    path = "/shift/handover/{handover}/sign",
    tag = "shifts",
    operation_id = "sign_handover",
    params(("handover" = i64, Path, description = "The hand-over's number")),
    responses(
        (status = 200, description = "Both officers have signed", body = HandoverBody),
        (status = 401, description = "Nobody says who acts", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such hand-over", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It waits for somebody else's signature, or for none", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn sign(
    State(state): State<ApiState>,
    names: Names,
    Params(NoParams): Params<NoParams>,
    caller: Caller,
) -> Result<Json<HandoverBody>, ApiError> {
    let id: i64 = names.parse("handover")?;
    let at = state.parts().clock.now();
    let handover = state
        .ask(move |state| {
            let index = &state.parts().index;
            let is_signed = index.sign_handover(id, caller.name(), at)?;
            let found = index.handover(id)?.ok_or(ApiError::NoSuchHandover(id))?;
            if is_signed {
                return Ok(found);
            }
            Err(ApiError::NotYourHandover(match found.signed {
                Some(signed) => format!("{} signed it at {signed}", found.incoming),
                None => format!("it waits for the signature of {}", found.incoming),
            }))
        })
        .await?;
    info!(outgoing = %handover.outgoing, incoming = %handover.incoming, "shift was taken over");
    Ok(Json(handover.into()))
}
