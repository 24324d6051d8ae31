//! What duty officers do about alerts: one action on one alert, or the same on many.

use ::alerts::{Refusal, Request as ActionRequest};
use axum::Json;
use axum::extract::{Request, State};
use domain::{AccountName, Action, Actor, EventId, Outcome, Scope, Severity, Signature, Timestamp};
use evidence::chain;
use index::{Acted, ActionKey, StoredAlert};
use metrics::counter;
use serde::Serialize;
use tracing::info;
use utoipa::ToSchema;

use crate::access::Caller;
use crate::alert_scope::is_of;
use crate::findings::{Fields, media_type};
use crate::handling_body::HandlingBody;
use crate::held_alert::hold_of;
use crate::officers::Assignee;
use crate::once::idempotency_key;
use crate::params::{Names, NoParams, Params};
use crate::problem::{ApiError, Problem};
use crate::state::ApiState;

/// Bytes that a body may have: 200 ids and a note.
const BODY_LIMIT: usize = 64 << 10;
/// Alerts in one batch at most.
const BATCH_LIMIT: usize = 200;
/// The gravest severity that may be dealt with in a batch.
const BATCH_SEVERITY: u8 = 3;

/// What is done, and of which version of the handling.
#[derive(Debug, Clone, PartialEq, ToSchema)]
pub(crate) struct ActionBody {
    /// The version of the handling that was seen.
    version: u32,
    /// `assign`, `escalate`: to whom.
    #[schema(value_type = Option<String>, example = "csgt-1")]
    to: Option<AccountName>,
    /// `escalate`, `shelve`, `close`, `reopen`, `hold`: why, 500 characters at most.
    reason: Option<String>,
    /// `shelve`: when it comes back, 8 hours from now at most. `silence`: when it sounds again, likewise;
    /// may be left out. `hold`: when the hold of its footage ends by itself; left out: not before two
    /// people lift it.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// `note`: what is written down, 2000 characters at most.
    text: Option<String>,
    /// `step`: which step of the procedure is done, from 1.
    number: Option<u16>,
    /// `close`: `true`, `false`, `duplicate` or `no_action`.
    #[schema(value_type = Option<String>, example = "false")]
    outcome: Option<Outcome>,
}

/// What an action came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ActedBody {
    /// The alert.
    alert: String,
    /// How it is handled after the action.
    handling: HandlingBody,
}

/// Do something about an alert
///
/// `ack`: I have seen it and answer for it. `assign`, `escalate`: somebody else is to deal with it.
/// `silence`: it sounds at no desk any more, until it is put before somebody higher, or until the time
/// that was said; nobody answers for it by that. `shelve`, `unshelve`: out of the queue for a while, and back. `note`. `step`: a step of the
/// procedure is done. `close`, `reopen`. `hold`: the alert and its log are kept longer than the
/// rest, with the footage and the events of its moment, two minutes before and after, by a legal hold
/// that two people lift, or that ends by itself at `until`. Every action names the `version` of the handling that was seen; if somebody was first,
/// nothing is done and the answer says who, and how the alert is handled now. Acknowledging again is
/// no mistake. With an `Idempotency-Key` a request that was lost on the way can be repeated for a
/// day, and is answered alike.
#[utoipa::path(
    post,
    path = "/alerts/{alert}/{action}",
    tag = "alerts",
    operation_id = "act_on_alert",
    request_body(content = ActionBody, content_type = "application/json"),
    params(
        ("alert" = String, Path, description = "The alert's id, a UUID"),
        ("action" = String, Path, description = "`ack`, `assign`, `escalate`, `silence`, `shelve`, `unshelve`, `note`, `step`, `close`, `reopen` or `hold`"),
        ("Idempotency-Key" = Option<String>, Header, description = "Names the request among the caller's: 1 to 200 visible ASCII characters"),
    ),
    responses(
        (status = 200, description = "Done, or done before", body = ActedBody),
        (status = 400, description = "The action was refused; each member is named", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "Nobody says who acts", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such alert", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Somebody was first, or it cannot be done now: `current` says how the alert is handled", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The idempotency key belongs to another request", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn act(
    State(state): State<ApiState>,
    names: Names,
    Params(NoParams): Params<NoParams>,
    caller: Caller,
    request: Request,
) -> Result<Json<ActedBody>, ApiError> {
    let id: EventId = names.parse("alert")?;
    let word: String = names.parse("action")?;
    let key = idempotency_key(request.headers())?;
    let mut fields = read_fields(request).await?;
    let version = read_version(&mut fields);
    let action = read_action(&word, &mut fields);
    let (version, action) = fields.finish(version.zip(action))?;
    let (by, scope) = (caller.name().clone(), caller.scope().clone());
    let wanted = Wanted { by, scope, version, action, gravest: 1 };
    let acted = state.ask(move |state| take(state, id, &wanted, key.as_deref())).await?;
    Ok(Json(acted))
}

/// One alert of a batch.
#[derive(Debug, Clone, PartialEq, Eq, ToSchema)]
pub(crate) struct BatchItemBody {
    /// The alert's id, a UUID.
    alert: String,
    /// The version of its handling that was seen.
    version: u32,
}

/// The same action on many alerts.
#[derive(Debug, Clone, PartialEq, ToSchema)]
pub(crate) struct BatchBody {
    /// What is done, as in the address of a single action.
    #[schema(example = "close")]
    action: String,
    /// The alerts, 200 at most, of severity 3 or 4.
    items: Vec<BatchItemBody>,
    /// See a single action.
    to: Option<String>,
    /// See a single action.
    reason: Option<String>,
    /// See a single action.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// See a single action.
    text: Option<String>,
    /// See a single action.
    number: Option<u16>,
    /// See a single action.
    outcome: Option<String>,
}

/// What the batch came to for one alert.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct BatchResultBody {
    /// The alert.
    alert: String,
    /// The status that the action alone would have been answered with.
    #[schema(example = 200)]
    status: u16,
    /// How it is handled, where the action was done.
    handling: Option<HandlingBody>,
    /// Why the action was not done.
    problem: Option<Problem>,
}

/// What the batch came to.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct BatchResultsBody {
    /// One for each alert, in the order asked.
    results: Vec<BatchResultBody>,
}

/// Do the same about many alerts of severity 3 or 4
///
/// Each alert for itself: what cannot be done about one keeps none of the others.
#[utoipa::path(
    post,
    path = "/alerts/batch",
    tag = "alerts",
    operation_id = "act_on_alerts",
    request_body(content = BatchBody, content_type = "application/json"),
    params(("Idempotency-Key" = Option<String>, Header, description = "Names the request among the caller's: 1 to 200 visible ASCII characters")),
    responses(
        (status = 200, description = "What it came to for each alert", body = BatchResultsBody),
        (status = 400, description = "The batch was refused; each member is named", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "Nobody says who acts", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn batch(
    State(state): State<ApiState>,
    Params(NoParams): Params<NoParams>,
    caller: Caller,
    request: Request,
) -> Result<Json<BatchResultsBody>, ApiError> {
    let key = idempotency_key(request.headers())?;
    let mut fields = read_fields(request).await?;
    let items = read_items(&mut fields);
    let word = required(&mut fields, "action");
    let action = word.and_then(|word| read_action(&word, &mut fields));
    let (items, action) = fields.finish(items.zip(action))?;
    let (by, scope) = (caller.name().clone(), caller.scope().clone());
    let results = state
        .ask(move |state| {
            let one = |(id, version): (EventId, u32)| {
                let (by, scope, action) = (by.clone(), scope.clone(), action.clone());
                let wanted = Wanted { by, scope, version, action, gravest: BATCH_SEVERITY };
                // One key would stand for one action; each alert's is its own.
                let key = key.as_ref().map(|key| format!("{key} {id}"));
                result(id, take(state, id, &wanted, key.as_deref()))
            };
            Ok(items.into_iter().map(one).collect())
        })
        .await?;
    Ok(Json(BatchResultsBody { results }))
}

fn result(id: EventId, acted: Result<ActedBody, ApiError>) -> BatchResultBody {
    let alert = id.to_string();
    match acted {
        Ok(acted) => {
            BatchResultBody { alert, status: 200, handling: Some(acted.handling), problem: None }
        }
        Err(error) => {
            let problem = error.into_problem();
            let status = problem.status();
            BatchResultBody { alert, status, handling: None, problem: Some(problem) }
        }
    }
}

/// An action somebody wants to take.
struct Wanted {
    by: AccountName,
    /// The cameras whose alerts they may deal with.
    scope: Scope,
    version: u32,
    action: Action,
    /// The gravest severity it may be taken on: 1 is the gravest.
    gravest: u8,
}

/// Why an action is not taken.
enum NotTaken {
    Refused(Refusal),
    TooGrave(Severity),
    /// None of the cameras that saw it is theirs: there is no such alert.
    Unseen,
}

fn take(
    state: &ApiState,
    id: EventId,
    wanted: &Wanted,
    key: Option<&str>,
) -> Result<ActedBody, ApiError> {
    let Wanted { by, scope, version, action, gravest } = wanted;
    let at = state.parts().clock.now();
    let desk = state.desk();
    let key = key.map(|key| ActionKey {
        by: by.clone(),
        key: key.to_owned(),
        request: format!("{version} {action:?}"),
        at,
    });
    let assignee = match action {
        Action::Assign { to } | Action::Escalate { to, .. } => Some(Assignee::find(state, to)?),
        _ => None,
    };
    let decide = |stored: &StoredAlert| {
        if !is_of(scope, &stored.alert) {
            return Err(NotTaken::Unseen);
        }
        let severity = stored.alert.severity;
        if severity.number() < *gravest {
            return Err(NotTaken::TooGrave(severity));
        }
        let signed = Signature { by: Actor::Account(by.clone()), at };
        let request = ActionRequest { signed, version: *version, action: action.clone() };
        let steps = desk.steps(stored.alert.kind).len();
        check_step(action, steps).map_err(NotTaken::Refused)?;
        let decided = ::alerts::decide(&stored.handling, severity, &request, &desk.escalations);
        let decided = decided.map_err(NotTaken::Refused)?;
        let refuses = |assignee: &Assignee| assignee.refuses(&stored.alert.cameras);
        match assignee.as_ref().and_then(refuses) {
            None => Ok(decided),
            Some(reason) => Err(NotTaken::Refused(Refusal::Invalid { name: "to", reason })),
        }
    };
    let index = &state.parts().index;
    let acted = match action {
        Action::Hold { reason, until } => {
            let footage = |stored: &StoredAlert| hold_of(stored, (by, at), reason, *until);
            index.hold_alert(id, key.as_ref(), decide, footage, chain::link)?
        }
        _ => index.act_on_alert(id, key.as_ref(), decide)?,
    };
    let handling = match acted {
        Acted::Taken(stored) => {
            let word = action.as_str();
            counter!("watchpost_alert_actions_total", "action" => word).increment(1);
            info!(alert = %id, account = %by, action = word, "alert handled");
            HandlingBody::from(&stored.handling)
        }
        Acted::Repeated(handling) => HandlingBody::from(handling.as_ref()),
        Acted::OtherRequest => return Err(ApiError::OtherRequest),
        Acted::NoSuchAlert | Acted::Refused(NotTaken::Unseen) => {
            return Err(ApiError::NoSuchAlert(id));
        }
        Acted::Refused(NotTaken::TooGrave(severity)) => return Err(ApiError::TooGrave(severity)),
        Acted::Refused(NotTaken::Refused(Refusal::Invalid { name, reason })) => {
            return Err(ApiError::refuse(name, reason));
        }
        Acted::Refused(NotTaken::Refused(refusal)) => return Err(ApiError::Refused(refusal)),
    };
    Ok(ActedBody { alert: id.to_string(), handling })
}

/// Refuses a step that the alert's procedure does not have.
fn check_step(action: &Action, steps: usize) -> Result<(), Refusal> {
    match action {
        Action::Step { number } if usize::from(*number) > steps => {
            let reason = match steps {
                0 => {
                    "alerts of this kind have no procedure: [[procedure]] gives them one".to_owned()
                }
                _ => format!("the procedure of this kind has {steps} steps"),
            };
            Err(Refusal::Invalid { name: "number", reason })
        }
        _ => Ok(()),
    }
}

/// Reads the members of a JSON body.
pub(crate) async fn read_fields(request: Request) -> Result<Fields, ApiError> {
    if media_type(request.headers()) != "application/json" {
        return Err(ApiError::MediaType);
    }
    let read = axum::body::to_bytes(request.into_body(), BODY_LIMIT).await;
    Fields::read(&read.map_err(|_| ApiError::TooLarge { limit: BODY_LIMIT })?, "")
}

/// Takes a text that must be given.
pub(crate) fn required(fields: &mut Fields, name: &'static str) -> Option<String> {
    if !fields.has(name) {
        fields.refuse(name, "is needed");
    }
    fields.text(name)
}

fn read_version(fields: &mut Fields) -> Option<u32> {
    if !fields.has("version") {
        fields.refuse("version", "is needed: the version of the handling that was seen");
    }
    fields.whole("version", 0, u32::MAX)
}

pub(crate) fn read_items(fields: &mut Fields) -> Option<Vec<(EventId, u32)>> {
    let Some(serde_json::Value::Array(given)) = fields.take("items") else {
        fields.refuse("items", "is needed: a list of alerts with their versions");
        return None;
    };
    if !(1..=BATCH_LIMIT).contains(&given.len()) {
        fields.refuse("items", format!("are 1 to {BATCH_LIMIT}, not {}", given.len()));
        return None;
    }
    let mut items = Vec::with_capacity(given.len());
    for item in given {
        let alert = item["alert"].as_str().and_then(|text| text.parse().ok());
        let version = item["version"].as_u64().and_then(|number| u32::try_from(number).ok());
        let Some(item) = alert.zip(version) else {
            let reason =
                format!("item {} is not {{\"alert\": id, \"version\": number}}", items.len() + 1);
            fields.refuse("items", reason);
            return None;
        };
        items.push(item);
    }
    Some(items)
}

/// Takes what belongs to the action called `word`.
pub(crate) fn read_action(word: &str, fields: &mut Fields) -> Option<Action> {
    let account = |fields: &mut Fields| -> Option<AccountName> {
        let name = required(fields, "to")?;
        name.parse().map_err(|error: domain::InvalidId| fields.refuse("to", error.to_string())).ok()
    };
    let reason = |fields: &mut Fields| required(fields, "reason");
    Some(match word {
        "ack" => Action::Ack,
        "unshelve" => Action::Unshelve,
        "assign" => Action::Assign { to: account(fields)? },
        "escalate" => {
            let (to, reason) = (account(fields), reason(fields));
            Action::Escalate { to: to?, reason: reason? }
        }
        "silence" => Action::Silence { until: fields.parse("until") },
        "shelve" => {
            if !fields.has("until") {
                fields.refuse("until", "is needed: an RFC 3339 time");
            }
            let (until, reason) = (fields.parse("until"), reason(fields));
            Action::Shelve { until: until?, reason: reason? }
        }
        "note" => Action::Note { text: required(fields, "text")? },
        "step" => {
            if !fields.has("number") {
                fields.refuse("number", "is needed: which step, from 1");
            }
            let number = fields.whole("number", 1, ::alerts::STEP_LIMIT.into())?;
            Action::Step { number: u16::try_from(number).ok()? }
        }
        "close" => {
            if !fields.has("outcome") {
                fields.refuse("outcome", "is needed: true, false, duplicate or no_action");
            }
            let (outcome, reason) = (read_outcome(fields), reason(fields));
            Action::Close { outcome: outcome?, reason: reason? }
        }
        "reopen" => Action::Reopen { reason: reason(fields)? },
        "hold" => {
            let (until, reason) = (fields.parse("until"), reason(fields));
            Action::Hold { reason: reason?, until }
        }
        _ => {
            let known = Action::WORDS.join(", ");
            fields.refuse("action", format!("\"{word}\" is none: use one of {known}"));
            return None;
        }
    })
}

/// Takes the outcome as a word, or as the truth value that two of the words look like.
fn read_outcome(fields: &mut Fields) -> Option<Outcome> {
    let text = match fields.take("outcome")? {
        serde_json::Value::Bool(is_true) => is_true.to_string(),
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    };
    text.parse().map_err(|reason: String| fields.refuse("outcome", reason)).ok()
}
