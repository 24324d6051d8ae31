//! What accounts that see a part of the site were told of alerts, over all their feeds and pages.
//!
//! An alert that grew by what another's camera saw looks to them as it did, and being told of again would
//! say that it grew. So it is remembered what an alert looked like at which change of the site's: a feed
//! that begins after that change tells of it when it looks otherwise. Forgotten with the process; then an
//! alert is told once more than need be, never less.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use domain::{AccountName, EventId};
use sha2::{Digest as _, Sha256};

use super::AlertBody;

/// Accounts that are remembered; the one that was told something longest ago goes first.
const ACCOUNTS: usize = 256;
/// Alerts that are remembered of each, the same way.
const ALERTS: usize = 1024;

/// What was told. Shared; locked for moments.
#[derive(Debug, Default)]
pub(crate) struct ToldAlerts(Mutex<VecDeque<(AccountName, VecDeque<Told>)>>);

/// How an alert looked at the first change of the site's since when it has looked so.
#[derive(Debug, Clone, PartialEq)]
struct Told {
    alert: EventId,
    change: u64,
    looks: [u8; 32],
}

impl ToldAlerts {
    /// Notes that `account` is told of an alert as it looks at `change`.
    pub(crate) fn note(&self, account: &AccountName, alert: EventId, change: u64, looks: Looks) {
        let mut accounts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut told = take(&mut accounts, |(known, _)| known == account)
            .map_or_else(VecDeque::new, |(_, told)| told);
        let before = take(&mut told, |known| known.alert == alert);
        let change = match before {
            Some(before) if before.looks == looks.0 => before.change.min(change),
            _ => change,
        };
        told.push_back(Told { alert, change, looks: looks.0 });
        if told.len() > ALERTS {
            told.pop_front();
        }
        accounts.push_back((account.clone(), told));
        if accounts.len() > ACCOUNTS {
            accounts.pop_front();
        }
    }

    /// Returns whether whoever of `account` knows all up to the change `after` knows the alert as it
    /// looks.
    pub(crate) fn is_known(
        &self,
        account: &AccountName,
        alert: EventId,
        after: u64,
        looks: Looks,
    ) -> bool {
        let accounts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let told = accounts.iter().find(|(known, _)| known == account);
        let told = told.and_then(|(_, told)| told.iter().find(|known| known.alert == alert));
        told.is_some_and(|told| told.change <= after && told.looks == looks.0)
    }
}

fn take<T>(all: &mut VecDeque<T>, is_meant: impl Fn(&T) -> bool) -> Option<T> {
    let found = all.iter().position(is_meant)?;
    all.remove(found)
}

/// How an alert looks to somebody: a hash of all that they are told of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Looks([u8; 32]);

impl Looks {
    /// Returns how `body` looks; `None` of one that cannot be written.
    pub(crate) fn of(body: &AlertBody) -> Option<Self> {
        let written = serde_json::to_vec(body).ok()?;
        Some(Self(Sha256::digest(&written).into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert(number: u128) -> EventId {
        EventId(uuid::Uuid::from_u128(number))
    }

    #[test]
    fn who_was_told_knows_it_and_who_stands_before_that_does_not() {
        let told = ToldAlerts::default();
        let [lan, minh]: [AccountName; 2] = ["lan", "minh"].map(|name| name.parse().unwrap());
        let [small, grown] = [Looks([1; 32]), Looks([2; 32])];
        let knows = |account, after, looks| told.is_known(account, alert(7), after, looks);
        told.note(&lan, alert(7), 10, small);
        assert!(knows(&lan, 10, small) && !knows(&lan, 9, small));
        assert!(!knows(&minh, 10, small));
        // Grown elsewhere, it looks as it did since then.
        told.note(&lan, alert(7), 20, small);
        assert!(knows(&lan, 15, small));
        told.note(&lan, alert(7), 30, grown);
        assert!(!knows(&lan, 25, grown) && knows(&lan, 30, grown) && !knows(&lan, 30, small));
    }

    #[test]
    fn as_many_are_remembered_as_may_be() {
        let told = ToldAlerts::default();
        let looks = Looks([1; 32]);
        let name = |number: usize| format!("lan-{number}").parse::<AccountName>().unwrap();
        for number in 0..=ACCOUNTS {
            told.note(&name(number), alert(1), 1, looks);
        }
        assert!(!told.is_known(&name(0), alert(1), 1, looks));
        assert!(told.is_known(&name(1), alert(1), 1, looks));
        for number in 0..=ALERTS {
            told.note(&name(1), alert(number as u128 + 10), 1, looks);
        }
        assert!(!told.is_known(&name(1), alert(10), 1, looks));
        assert!(told.is_known(&name(1), alert(11), 1, looks));
    }
}
