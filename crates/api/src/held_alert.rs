//! An alert that is held keeps the footage and the events of its moment, too: by a legal hold of its
//! own, which two people lift as any other.

use std::time::Duration;

use domain::{AccountName, Condition, EventId};
use evidence::chain;
use index::{HoldDraft, StoredAlert};

use crate::problem::ApiError;
use crate::state::ApiState;

/// How much is held before and after an alert: what led to it, and what came of it.
const AROUND: Duration = Duration::from_secs(120);

/// Returns what the hold of an alert names as its case.
pub(crate) fn case_of(alert: EventId) -> String {
    format!("alert {alert}")
}

/// Places the hold of the alert named `id`, unless it is in force already: whoever repeats a request
/// that was lost on the way holds nothing twice. Blocks for the disk.
///
/// # Errors
/// It cannot be placed: then the alert is held and its footage is not, and the same asked again
/// places it.
pub(crate) fn hold_footage(
    state: &ApiState,
    id: EventId,
    by: &AccountName,
    reason: &str,
) -> Result<(), ApiError> {
    let index = &state.parts().index;
    let Some(StoredAlert { alert, .. }) = index.alert(id)? else {
        return Err(ApiError::NoSuchAlert(id));
    };
    let (case, at) = (case_of(id), state.parts().clock.now());
    let mut custody = index.custody();
    if custody.holds(false)?.iter().any(|stored| stored.hold.case == case) {
        return Ok(());
    }
    let last = match alert.condition {
        Condition::Momentary => alert.last,
        // As long as it has lasted so far.
        Condition::Active => alert.last.max(at),
        Condition::Cleared(over) => alert.last.max(over),
    };
    let draft = HoldDraft {
        case,
        reason: reason.to_owned(),
        cameras: alert.cameras,
        start: alert.first.minus(AROUND),
        end: Some(last.plus(AROUND)),
        by: by.clone(),
        at,
    };
    custody.place_hold(&draft, chain::link)?;
    Ok(())
}
