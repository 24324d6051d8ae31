//! An alert that is held keeps the footage and the events of its moment, too: by a legal hold of its
//! own, which two people lift as any other, or which ends by itself at the time that was given.

use std::time::Duration;

use domain::{AccountName, Condition, Timestamp};
use index::{HoldDraft, StoredAlert};

/// How much is held before and after an alert: what led to it, and what came of it.
const AROUND: Duration = Duration::from_secs(120);

/// Returns what is to be held with an alert, until `until` if that is given; `None` where no camera
/// is near it.
pub(crate) fn hold_of(
    StoredAlert { alert, .. }: &StoredAlert,
    (by, at): (&AccountName, Timestamp),
    reason: &str,
    until: Option<Timestamp>,
) -> Option<HoldDraft> {
    if alert.cameras.is_empty() {
        return None;
    }
    let last = match alert.condition {
        Condition::Momentary => alert.last,
        // As long as it has lasted so far.
        Condition::Active => alert.last.max(at),
        Condition::Cleared(over) => alert.last.max(over),
    };
    Some(HoldDraft {
        case: HoldDraft::case_of(alert.id),
        reason: reason.to_owned(),
        cameras: alert.cameras.clone(),
        start: alert.first.minus(AROUND),
        end: Some(last.plus(AROUND)),
        until,
        by: by.clone(),
        at,
    })
}
