//! How an alert is handled, as it is answered.

use domain::{Action, Flood, Handling, LogEntry, Signature, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

/// Who did something, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct SignedBody {
    /// The account; null where the program did it by itself.
    by: Option<String>,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

impl From<&Signature> for SignedBody {
    fn from(signed: &Signature) -> Self {
        Self { by: signed.by.account().map(ToString::to_string), at: signed.at }
    }
}

/// Before whom an alert was put.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct EscalatedBody {
    /// The account.
    to: String,
    /// Why.
    reason: String,
    #[serde(flatten)]
    signed: SignedBody,
}

/// That an alert is silent at every desk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct SilencedBody {
    /// When it sounds again, where that was said; it does in any case once it is put before somebody
    /// higher.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    #[serde(flatten)]
    signed: SignedBody,
}

/// Until when an alert is out of the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ShelvedBody {
    /// When it comes back by itself.
    #[schema(value_type = String, format = DateTime)]
    until: Timestamp,
    /// Why.
    reason: String,
    #[serde(flatten)]
    signed: SignedBody,
}

/// What an alert came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct VerdictBody {
    /// `true`, `false` (a false alarm), `duplicate` or `no_action`.
    #[schema(example = "false")]
    outcome: &'static str,
    /// Why.
    reason: String,
    #[serde(flatten)]
    signed: SignedBody,
}

/// A step of the procedure that is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct StepDoneBody {
    /// Which, from 1.
    number: u16,
    #[serde(flatten)]
    pub(crate) signed: SignedBody,
}

/// The latest action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct LatestBody {
    /// What was done.
    #[schema(example = "ack")]
    action: String,
    #[serde(flatten)]
    signed: SignedBody,
}

/// How an alert is handled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct HandlingBody {
    /// `new`, `acknowledged`, `in_progress` or `closed`.
    #[schema(example = "acknowledged")]
    state: &'static str,
    /// Grows by one with every action, from 0: to be sent with the next one.
    version: u32,
    /// Who took charge of it.
    acknowledged: Option<SignedBody>,
    /// Who is to deal with it.
    assignee: Option<String>,
    /// Before whom it was put last.
    escalated: Option<EscalatedBody>,
    /// When it goes higher by itself unless somebody acknowledges it.
    #[schema(value_type = Option<String>, format = DateTime)]
    escalates_at: Option<Timestamp>,
    /// To whom it would.
    escalates_to: Option<String>,
    /// Who made it silent at every desk, though nobody answers for it.
    silenced: Option<SilencedBody>,
    /// Until when it is out of the queue.
    shelved: Option<ShelvedBody>,
    /// What it came to, once closed.
    verdict: Option<VerdictBody>,
    /// Steps of its procedure that are done.
    steps: Vec<StepDoneBody>,
    /// Who asked that the alert and its log be kept.
    held: Option<SignedBody>,
    /// When the hold of its footage ends by itself: then it is released, and may be held again.
    #[schema(value_type = Option<String>, format = DateTime)]
    held_until: Option<Timestamp>,
    /// The latest action.
    latest: Option<LatestBody>,
}

impl From<&Handling> for HandlingBody {
    fn from(handling: &Handling) -> Self {
        let escalates = handling.escalates.as_ref();
        Self {
            state: handling.state.as_str(),
            version: handling.version,
            acknowledged: handling.acknowledged.as_ref().map(SignedBody::from),
            assignee: handling.assignee.as_ref().map(ToString::to_string),
            escalated: handling.escalated.as_ref().map(|escalated| EscalatedBody {
                to: escalated.to.to_string(),
                reason: escalated.reason.clone(),
                signed: (&escalated.signed).into(),
            }),
            escalates_at: escalates.map(|due| due.at),
            escalates_to: escalates.map(|due| due.to.to_string()),
            silenced: handling.silenced.as_ref().map(|silenced| SilencedBody {
                until: silenced.until,
                signed: (&silenced.signed).into(),
            }),
            shelved: handling.shelved.as_ref().map(|shelved| ShelvedBody {
                until: shelved.until,
                reason: shelved.reason.clone(),
                signed: (&shelved.signed).into(),
            }),
            verdict: handling.verdict.as_ref().map(|verdict| VerdictBody {
                outcome: verdict.outcome.as_str(),
                reason: verdict.reason.clone(),
                signed: (&verdict.signed).into(),
            }),
            steps: handling
                .steps
                .iter()
                .map(|step| StepDoneBody { number: step.number, signed: (&step.signed).into() })
                .collect(),
            held: handling.held.as_ref().map(SignedBody::from),
            held_until: handling.held_until,
            latest: handling
                .latest
                .as_ref()
                .map(|(word, signed)| LatestBody { action: word.clone(), signed: signed.into() }),
        }
    }
}

/// One action as it stands in the log. What does not belong to the action is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct LogEntryBody {
    /// The version of the handling that it made.
    version: u32,
    #[serde(flatten)]
    signed: SignedBody,
    /// What was done.
    #[schema(example = "close")]
    action: &'static str,
    /// To whom it was given, or before whom put.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    to: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    reason: Option<String>,
    /// Until when it was shelved, or silenced.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime, required = false)]
    until: Option<Timestamp>,
    /// What was written down.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    text: Option<String>,
    /// Which step was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    number: Option<u16>,
    /// What it came to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    outcome: Option<&'static str>,
}

impl From<&LogEntry> for LogEntryBody {
    fn from(entry: &LogEntry) -> Self {
        let mut body = Self {
            version: entry.version,
            signed: (&entry.signed).into(),
            action: entry.action.as_str(),
            to: None,
            reason: None,
            until: None,
            text: None,
            number: None,
            outcome: None,
        };
        match &entry.action {
            Action::Ack | Action::Unshelve => {}
            Action::Assign { to } => body.to = Some(to.to_string()),
            Action::Escalate { to, reason } => {
                body.to = Some(to.to_string());
                body.reason = Some(reason.clone());
            }
            Action::Silence { until } => body.until = *until,
            Action::Shelve { until, reason } => {
                body.until = Some(*until);
                body.reason = Some(reason.clone());
            }
            Action::Note { text } => body.text = Some(text.clone()),
            Action::Step { number } => body.number = Some(*number),
            Action::Close { outcome, reason } => {
                body.outcome = Some(outcome.as_str());
                body.reason = Some(reason.clone());
            }
            Action::Reopen { reason } => body.reason = Some(reason.clone()),
            Action::Hold { reason, until } => {
                body.until = *until;
                body.reason = Some(reason.clone());
            }
            Action::Release => {}
        }
        body
    }
}

/// More alerts than people can look at: above 10 in 10 minutes at one desk, until below 5.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub(crate) struct FloodBody {
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    began: Timestamp,
    /// When it was over; null while it lasts.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended: Option<Timestamp>,
    /// How many alerts there were in the ten minutes before it began or ended.
    alerts: u32,
    /// How many desks shared them.
    desks: u32,
}

impl From<Flood> for FloodBody {
    fn from(flood: Flood) -> Self {
        let Flood { began, ended, alerts, desks } = flood;
        Self { began, ended, alerts, desks }
    }
}
