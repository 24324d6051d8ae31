//! How many watch at once, of each account and in all.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::AccountName;

/// The seats that are taken.
#[derive(Debug, Default)]
pub(crate) struct Seats(Mutex<BTreeMap<AccountName, usize>>);

impl Seats {
    /// Takes a seat for `account`, kept as long as what is returned; `None` when it has `each`, or
    /// all have `in_all` already.
    pub(crate) fn take(
        self: &Arc<Self>,
        account: &AccountName,
        each: usize,
        in_all: usize,
    ) -> Option<Seat> {
        let mut taken = self.lock();
        let all: usize = taken.values().sum();
        let own = taken.get(account).copied().unwrap_or(0);
        if all >= in_all || own >= each {
            return None;
        }
        taken.insert(account.clone(), own + 1);
        metrics::gauge!("watchpost_live_viewers").increment(1.0);
        Some(Seat { seats: Arc::clone(self), account: account.clone() })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<AccountName, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One seat; free again when dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    seats: Arc<Seats>,
    account: AccountName,
}

impl Drop for Seat {
    fn drop(&mut self) {
        metrics::gauge!("watchpost_live_viewers").decrement(1.0);
        let mut taken = self.seats.lock();
        let Some(own) = taken.get_mut(&self.account) else { return };
        *own = own.saturating_sub(1);
        if *own == 0 {
            taken.remove(&self.account);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_has_its_seats_and_leaves_room_for_others() {
        let seats = Arc::new(Seats::default());
        let (lan, minh) = ("lan".parse().unwrap(), "minh".parse().unwrap());
        let first = seats.take(&lan, 2, 3).unwrap();
        let _second = seats.take(&lan, 2, 3).unwrap();
        assert!(seats.take(&lan, 2, 3).is_none());
        let _third = seats.take(&minh, 2, 3).unwrap();
        assert!(seats.take(&minh, 2, 3).is_none());
        drop(first);
        assert!(seats.take(&minh, 2, 3).is_some());
        assert!(seats.take(&lan, 2, 3).is_some());
    }
}
