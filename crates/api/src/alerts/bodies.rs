//! An alert, and pages and totals of them, as they are answered.

use ::alerts::Escalations;
use domain::{Class, Condition, Scope, Severity, Timestamp};
use index::{AlertTotal, StoredAlert};
use serde::Serialize;
use utoipa::ToSchema;

use crate::event_body::LocationBody;
use crate::handling_body::HandlingBody;

/// A page of alerts.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct AlertsBody {
    /// The alerts, in the order asked for; without one newest first by their first event.
    pub(super) alerts: Vec<AlertBody>,
    /// The `cursor` of the next page; null on the last.
    pub(super) next: Option<String>,
    /// The newest place in the alert feed when the question was put: following it `after` that misses
    /// nothing that this answer does not hold.
    pub(super) as_of: String,
    /// How many alerts of the whole site are not closed, by severity and state; empty for who may
    /// not see the whole site.
    pub(super) totals: Vec<AlertTotalBody>,
    /// How long alerts may wait until somebody acknowledges them: the first rung of their escalation.
    /// A severity that nobody is told of is left out.
    pub(super) answer_within: Vec<AnswerWithinBody>,
}

/// How long an alert of a severity may wait until somebody acknowledges it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct AnswerWithinBody {
    /// Of which severity.
    #[schema(minimum = 1, maximum = 4)]
    severity: u8,
    /// How long.
    #[schema(example = 30.0)]
    seconds: f64,
}

/// Returns how long alerts may wait, as the policy has it now.
pub(super) fn answer_within_body(escalations: &Escalations) -> Vec<AnswerWithinBody> {
    let target = |number: u8| {
        let severity = Severity::try_from(number).ok()?;
        let seconds = escalations.answer_within(severity)?.as_secs_f64();
        Some(AnswerWithinBody { severity: number, seconds })
    };
    (1..=4).filter_map(target).collect()
}

/// How many alerts of a severity are handled so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct AlertTotalBody {
    /// Of which severity.
    #[schema(minimum = 1, maximum = 4)]
    severity: u8,
    /// `new`, `acknowledged` or `in_progress`; `shelved` for those out of the queue, however far
    /// they are.
    #[schema(example = "new")]
    handling: &'static str,
    /// How many.
    count: u64,
}

/// Returns the totals with what is on the shelf apart.
pub(crate) fn totals_body(totals: &[AlertTotal]) -> Vec<AlertTotalBody> {
    let mut bodies: Vec<AlertTotalBody> = Vec::new();
    for total in totals {
        let severity = total.severity.number();
        let handling = if total.is_shelved { "shelved" } else { total.state.as_str() };
        let same =
            |body: &&mut AlertTotalBody| (body.severity, body.handling) == (severity, handling);
        match bodies.iter_mut().find(same) {
            Some(body) => body.count += total.count,
            None => bodies.push(AlertTotalBody { severity, handling, count: total.count }),
        }
    }
    bodies
}

/// One happening, however many events tell of it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct AlertBody {
    /// The event that raised it names it.
    id: String,
    /// Grows with every change, from 1.
    version: u32,
    /// The number of its latest change among those of all alerts; null for who does not see the whole
    /// site, as it counts everything.
    change: Option<u64>,
    /// What kind of event it is, or `call_113`, `call_114`, `call_115` for a call.
    #[schema(example = "red_light")]
    kind: &'static str,
    /// The rule that raised it; of a call, the source that told of it.
    rule: String,
    /// How grave the gravest of its events is: 1 is the gravest, 4 the least.
    #[schema(minimum = 1, maximum = 4)]
    severity: u8,
    /// What kind of object, if one.
    class: Option<&'static str>,
    /// The cameras that saw it, in the order in which they told.
    cameras: Vec<String>,
    /// Where the first of them stood, if known.
    location: Option<LocationBody>,
    /// When the earliest of its events was.
    #[schema(value_type = String, format = DateTime)]
    first: Timestamp,
    /// When the latest of its events was.
    #[schema(value_type = String, format = DateTime)]
    last: Timestamp,
    /// The event that was folded in last.
    last_event: String,
    /// How many events tell of it.
    count: u32,
    /// `momentary`: an act; `active`: trouble of a camera that lasts; `cleared`: it is over.
    #[schema(example = "momentary")]
    condition: &'static str,
    /// When the trouble was over.
    #[schema(value_type = Option<String>, format = DateTime)]
    cleared: Option<Timestamp>,
    /// How it is handled.
    handling: HandlingBody,
    /// The first alert of those that stand in one row of the queue: the same rule at the same
    /// camera.
    group: String,
    /// How many of the group are asked for and stand in the queue; null unless `grouped` was asked for.
    grouped: Option<u32>,
    /// What a call is about, in a few words; null of what cameras found.
    #[schema(example = "cháy nhà · Phường Hồng Hà")]
    about: Option<String>,
    /// All its events.
    events: String,
}

impl AlertBody {
    /// Returns an alert as somebody with the cameras of `scope` is told it.
    pub(crate) fn told(stored: StoredAlert, scope: &Scope) -> Self {
        let change = scope.is_site().then_some(stored.change);
        Self { change, ..Self::from(stored) }
    }
}

/// Without its place among the changes of all, which is not for everybody.
impl From<StoredAlert> for AlertBody {
    fn from(StoredAlert { alert, handling, group, grouped, about, .. }: StoredAlert) -> Self {
        let cleared = match alert.condition {
            Condition::Cleared(at) => Some(at),
            Condition::Momentary | Condition::Active => None,
        };
        Self {
            id: alert.id.to_string(),
            version: alert.version,
            change: None,
            kind: alert.kind.as_str(),
            rule: alert.rule.as_str().to_owned(),
            severity: alert.severity.number(),
            class: alert.class.map(Class::as_str),
            cameras: alert.cameras.iter().map(ToString::to_string).collect(),
            location: alert.location.map(LocationBody::from),
            first: alert.first,
            last: alert.last,
            last_event: alert.last_event.to_string(),
            count: alert.count,
            condition: alert.condition.as_str(),
            cleared,
            handling: HandlingBody::from(&handling),
            group: group.to_string(),
            grouped,
            about,
            events: format!("/api/v1/alerts/{}/events", alert.id),
        }
    }
}
