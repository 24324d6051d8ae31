//! What may be done about an alert, and what it comes to.
//!
//! new → acknowledged → in progress → closed; beside these it may be shelved, and put before
//! somebody higher. [`decide`] says whether an action may be taken and what is written down;
//! [`apply`] makes of a handling and an entry of its log the handling that comes after, so that the
//! log alone comes to the state. [`due`] is what the program does by itself when a time is up.

use std::time::Duration;

use domain::{
    Action, Actor, Escalated, Handled, Handling, HandlingState, LogEntry, Severity, Shelved,
    Signature, Silenced, StepDone, Timestamp, Verdict,
};

use crate::Escalations;

/// For how long an alert may be shelved, or silenced where an end is said, at most: a shift.
pub const LONGEST_SHELF: Duration = Duration::from_secs(8 * 3600);
/// Characters that a reason may have.
pub const REASON_LIMIT: usize = 500;
/// Characters that a note may have.
pub const NOTE_LIMIT: usize = 2000;
/// A procedure has no more steps.
pub const STEP_LIMIT: u16 = 99;

/// Why the program escalates by itself, as the log says it.
const NOBODY_ACKNOWLEDGED: &str = "not acknowledged in time";

/// What somebody wants to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Who wants it, and when it was asked for.
    pub signed: Signature,
    /// The version of the handling that they saw.
    pub version: u32,
    /// What they want to do.
    pub action: Action,
}

/// Why an action was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Somebody was first: what was seen is not what is.
    #[error("{}", was_first(current))]
    Stale {
        /// How the alert is handled now.
        current: Box<Handling>,
    },
    /// As the alert is handled now, this cannot be done.
    #[error("{why}")]
    NotNow {
        /// Why not, and what can be done instead.
        why: String,
        /// How the alert is handled now.
        current: Box<Handling>,
    },
    /// What was said with the action will not do.
    #[error("{name}: {reason}")]
    Invalid {
        /// Which part of it.
        name: &'static str,
        /// Why, and what would do.
        reason: String,
    },
}

fn was_first(current: &Handling) -> String {
    match &current.latest {
        Some((word, signed)) => format!(
            "{} was first ({word} at {}): look at the alert as it is now",
            signed.by, signed.at
        ),
        None => "this version was never there: look at the alert as it is now".to_owned(),
    }
}

/// Returns what taking the action comes to; `None` where it is done already, as with a second
/// acknowledgement by the same person.
///
/// # Errors
/// Says why it may not be taken.
pub fn decide(
    handling: &Handling,
    severity: Severity,
    request: &Request,
    policy: &Escalations,
) -> Result<Option<Handled>, Refusal> {
    let Request { signed, version, action } = request;
    let is_theirs = |acknowledged: &Signature| acknowledged.by == signed.by;
    if *action == Action::Ack && handling.acknowledged.as_ref().is_some_and(is_theirs) {
        return Ok(None);
    }
    if *version != handling.version {
        return Err(Refusal::Stale { current: Box::new(handling.clone()) });
    }
    check(action, signed.at)?;
    if let Some(why) = forbids(handling, action) {
        return Err(Refusal::NotNow { why, current: Box::new(handling.clone()) });
    }
    let is_done = match action {
        Action::Hold { .. } => {
            let lasts = handling.held_until.is_none_or(|until| signed.at < until);
            handling.held.is_some() && lasts
        }
        Action::Step { number } => handling.steps.iter().any(|step| step.number == *number),
        Action::Silence { until } => handling.silenced.as_ref().is_some_and(|silenced| {
            silenced.until.is_none_or(|end| until.is_some_and(|wanted| wanted <= end))
        }),
        _ => false,
    };
    Ok((!is_done).then(|| take(handling, severity, signed.clone(), action.clone(), policy)))
}

/// Returns what it comes to that two people lifted the hold of an alert's footage, of whom the second
/// signs; `None` if the alert is not held.
pub fn release(handling: &Handling, severity: Severity, signed: Signature) -> Option<Handled> {
    handling.held.as_ref()?;
    Some(take(handling, severity, signed, Action::Release, &Escalations::default()))
}

/// Returns what it comes to that an alert is shelved together with all of its rule, until a time and
/// for a reason; `None` if it is closed or shelved already.
pub fn shelve(
    handling: &Handling,
    severity: Severity,
    signed: Signature,
    (until, reason): (Timestamp, &str),
) -> Option<Handled> {
    let action = Action::Shelve { until, reason: reason.to_owned() };
    let may_be = forbids(handling, &action).is_none();
    may_be.then(|| take(handling, severity, signed, action, &Escalations::default()))
}

/// Returns what it comes to that it is shelved no more, as the whole rule is not; `None` if it is
/// closed or not shelved.
pub fn unshelve(
    handling: &Handling,
    severity: Severity,
    signed: Signature,
    policy: &Escalations,
) -> Option<Handled> {
    let may_be = forbids(handling, &Action::Unshelve).is_none();
    may_be.then(|| take(handling, severity, signed, Action::Unshelve, policy))
}

/// Returns what the program does by itself at `now`: what is held no longer is released, what was
/// shelved comes back, what nobody acknowledged goes higher. One at once: asked again, it says the next.
pub fn due(
    handling: &Handling,
    severity: Severity,
    now: Timestamp,
    policy: &Escalations,
) -> Option<Handled> {
    let signed = Signature { by: Actor::Automatic, at: now };
    if handling.held.is_some() && handling.held_until.is_some_and(|until| until <= now) {
        return Some(take(handling, severity, signed, Action::Release, policy));
    }
    if let Some(shelved) = &handling.shelved {
        let is_over = shelved.until <= now;
        return is_over.then(|| take(handling, severity, signed, Action::Unshelve, policy));
    }
    let escalates = handling.escalates.as_ref().filter(|escalates| escalates.at <= now)?;
    let reason = NOBODY_ACKNOWLEDGED.to_owned();
    let escalate = Action::Escalate { to: escalates.to.clone(), reason };
    Some(take(handling, severity, signed, escalate, policy))
}

/// Returns the handling after `entry`.
pub fn apply(handling: &Handling, entry: &LogEntry) -> Handling {
    let mut after = handling.clone();
    let signed = entry.signed.clone();
    match &entry.action {
        Action::Ack => take_charge(&mut after, &signed, HandlingState::Acknowledged),
        Action::Assign { to } => {
            take_charge(&mut after, &signed, HandlingState::InProgress);
            after.assignee = Some(to.clone());
        }
        Action::Escalate { to, reason } => {
            if signed.by == Actor::Automatic {
                after.rungs = after.rungs.saturating_add(1);
            }
            let signed = signed.clone();
            after.assignee = Some(to.clone());
            after.escalated = Some(Escalated { to: to.clone(), reason: reason.clone(), signed });
            // Whoever it is put before has not heard it yet.
            after.silenced = None;
        }
        Action::Silence { until } => {
            after.silenced = Some(Silenced { until: *until, signed: signed.clone() });
        }
        Action::Shelve { until, reason } => {
            let signed = signed.clone();
            after.shelved = Some(Shelved { until: *until, reason: reason.clone(), signed });
        }
        Action::Unshelve => (after.shelved, after.silenced) = (None, None),
        Action::Note { .. } => {}
        Action::Step { number } => {
            take_charge(&mut after, &signed, HandlingState::InProgress);
            after.steps.push(StepDone { number: *number, signed: signed.clone() });
        }
        Action::Close { outcome, reason } => {
            take_charge(&mut after, &signed, HandlingState::Closed);
            after.shelved = None;
            let signed = signed.clone();
            after.verdict = Some(Verdict { outcome: *outcome, reason: reason.clone(), signed });
        }
        Action::Reopen { .. } => {
            after.verdict = None;
            after.acknowledged = Some(signed.clone());
            after.state = if after.assignee.is_some() {
                HandlingState::InProgress
            } else {
                HandlingState::Acknowledged
            };
        }
        Action::Hold { until, .. } => {
            after.held = Some(signed.clone());
            after.held_until = *until;
        }
        Action::Release => (after.held, after.held_until) = (None, None),
    }
    after.version = entry.version;
    after.escalates = entry.escalates.clone();
    after.latest = Some((entry.action.as_str().to_owned(), signed));
    after
}

/// Whoever does more than look answers for the alert, unless somebody does already.
fn take_charge(handling: &mut Handling, signed: &Signature, state: HandlingState) {
    handling.acknowledged.get_or_insert_with(|| signed.clone());
    handling.state = handling.state.max(state);
}

fn take(
    handling: &Handling,
    severity: Severity,
    signed: Signature,
    action: Action,
    policy: &Escalations,
) -> Handled {
    let at = signed.at;
    let climbs = matches!(action, Action::Escalate { .. }) && signed.by == Actor::Automatic;
    let comes_back = matches!(action, Action::Unshelve);
    let version = handling.version.saturating_add(1);
    let escalates = handling.escalates.clone();
    let mut entry = LogEntry { version, signed, action, escalates };
    let after = apply(handling, &entry);
    if after.state != HandlingState::New || after.shelved.is_some() {
        entry.escalates = None;
    } else if climbs || comes_back {
        entry.escalates = policy.next(severity, after.rungs, at);
    }
    let handling = apply(handling, &entry);
    Handled { entry, handling }
}

/// Refuses an end or a reason that will not do for what is shelved.
///
/// # Errors
/// Names which of the two, and what would do.
pub fn check_shelf(until: Timestamp, reason: &str, now: Timestamp) -> Result<(), Refusal> {
    check(&Action::Shelve { until, reason: reason.to_owned() }, now)
}

/// Refuses what was said with an action.
fn check(action: &Action, now: Timestamp) -> Result<(), Refusal> {
    let text = |name: &'static str, text: &str, limit: usize| {
        let count = text.chars().count();
        let is_said = text.chars().any(|letter| !letter.is_whitespace());
        if is_said && count <= limit {
            return Ok(());
        }
        let reason = format!("is 1 to {limit} characters, not {count} and not blank");
        Err(Refusal::Invalid { name, reason })
    };
    match action {
        Action::Ack | Action::Assign { .. } | Action::Unshelve | Action::Release => Ok(()),
        Action::Note { text: note } => text("text", note, NOTE_LIMIT),
        Action::Escalate { reason, .. }
        | Action::Close { reason, .. }
        | Action::Reopen { reason } => text("reason", reason, REASON_LIMIT),
        Action::Hold { reason, until } => {
            text("reason", reason, REASON_LIMIT)?;
            match until {
                Some(until) if *until <= now => {
                    let reason = format!("lies after now, {now}: the hold ends by itself then");
                    Err(Refusal::Invalid { name: "until", reason })
                }
                _ => Ok(()),
            }
        }
        Action::Silence { until } => until.map_or(Ok(()), |until| check_end(until, now)),
        Action::Shelve { until, reason } => {
            text("reason", reason, REASON_LIMIT)?;
            check_end(*until, now)
        }
        Action::Step { number } if (1..=STEP_LIMIT).contains(number) => Ok(()),
        Action::Step { .. } => {
            let reason = format!("is a step of the procedure, from 1 to {STEP_LIMIT}");
            Err(Refusal::Invalid { name: "number", reason })
        }
    }
}

/// Refuses an end that is no shift away, or has passed.
fn check_end(until: Timestamp, now: Timestamp) -> Result<(), Refusal> {
    if now < until && until <= now.plus(LONGEST_SHELF) {
        return Ok(());
    }
    let reason = format!("lies after now, {now}, and 8 hours from it at most");
    Err(Refusal::Invalid { name: "until", reason })
}

/// Returns why an action cannot be taken as the alert is handled now.
fn forbids(handling: &Handling, action: &Action) -> Option<String> {
    let is_closed = handling.state == HandlingState::Closed;
    match (action, &handling.acknowledged) {
        (Action::Note { .. } | Action::Hold { .. } | Action::Release, _) => None,
        (Action::Reopen { .. }, _) => {
            (!is_closed).then(|| "it is not closed, so there is nothing to reopen".to_owned())
        }
        _ if is_closed => Some("it is closed: reopen it first".to_owned()),
        (Action::Ack, Some(other)) => {
            Some(format!("{} acknowledged it at {}: assign it instead", other.by, other.at))
        }
        (Action::Silence { .. }, Some(other)) => {
            Some(format!("{} answers for it since {}, so it does not sound", other.by, other.at))
        }
        (Action::Silence { .. }, None) if handling.shelved.is_some() => {
            Some("it is shelved, so it does not sound".to_owned())
        }
        (Action::Unshelve, _) if handling.shelved.is_none() => Some("it is not shelved".to_owned()),
        (Action::Shelve { .. }, _) if handling.shelved.is_some() => {
            Some("it is shelved already: unshelve it first".to_owned())
        }
        _ => None,
    }
}
