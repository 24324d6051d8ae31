//! Looks that go on: of many requests that are one look the first alone goes into the audit trail.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::{AccountName, AuditAction};

use super::{Caller, note_live};
use crate::problem::ApiError;
use crate::state::ApiState;

/// Who looks at what, and when they last asked, by the monotonic clock. In memory only: after a
/// restart looks are noted anew.
#[derive(Debug)]
pub(crate) struct Looks {
    /// Who asks again within so long goes on with the same look.
    same_within: Duration,
    /// Looks that are remembered; when there are more, all are noted anew.
    kept: usize,
    last: Mutex<HashMap<(AccountName, String), Duration>>,
}

impl Looks {
    /// Of what cameras show now: who asks again within a minute goes on looking.
    pub(crate) fn of_now() -> Self {
        Self::new(Duration::from_secs(60), 4096)
    }

    /// Of pictures of events: who has seen them has seen them for a shift.
    pub(crate) fn of_events() -> Self {
        Self::new(Duration::from_secs(12 * 3600), 20_000)
    }

    fn new(same_within: Duration, kept: usize) -> Self {
        Self { same_within, kept, last: Mutex::default() }
    }

    /// Returns whether a look begins, or goes on; it goes on from now.
    fn begins(&self, account: &AccountName, what: &str, now: Duration) -> bool {
        let mut looks = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if looks.len() >= self.kept {
            looks.retain(|_, last| now.saturating_sub(*last) < self.same_within);
            if looks.len() >= self.kept {
                looks.clear();
            }
        }
        let last = looks.insert((account.clone(), what.to_owned()), now);
        last.is_none_or(|last| now.saturating_sub(last) >= self.same_within)
    }

    fn forget(&self, account: &AccountName, what: &str) {
        let mut looks = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        looks.remove(&(account.clone(), what.to_owned()));
    }
}

/// Notes that `caller` looks at `what`, which is one look however often it is asked for; `query` says
/// how it was asked for first.
///
/// # Errors
/// It cannot be noted: then it must not be shown.
pub(crate) async fn note_look(
    state: &ApiState,
    caller: &Caller,
    looks: &Looks,
    (what, object, query): (&str, &str, &str),
) -> Result<(), ApiError> {
    if !looks.begins(caller.name(), what, state.parts().clock.monotonic()) {
        return Ok(());
    }
    let noted = note_live(state, caller, AuditAction::Viewed, object, query).await;
    if noted.is_err() {
        looks.forget(caller.name(), what);
    }
    noted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_is_noted_once_while_it_goes_on() {
        let looks = Looks::of_now();
        let lan = "lan".parse().unwrap();
        let at = |seconds| looks.begins(&lan, "gate/main", Duration::from_secs(seconds));
        assert!(at(10));
        assert!(!at(12) && !at(71), "it goes on with each asking");
        assert!(at(131));
        looks.forget(&lan, "gate/main");
        assert!(at(132), "what could not be noted is noted again");
        assert!(looks.begins(&lan, "gate/main?masks=off", Duration::from_secs(133)), "another");
        for number in 0..2 * looks.kept {
            let other = format!("a{number}").parse().unwrap();
            looks.begins(&other, "gate/main", Duration::from_secs(132));
        }
        assert!(looks.last.lock().unwrap().len() <= looks.kept);
    }
}
