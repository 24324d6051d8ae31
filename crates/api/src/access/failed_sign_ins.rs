//! Log-ins that failed, on their way into the audit trail.
//!
//! They are counted as they come and written by the program's round, one entry for all of them:
//! whoever guesses fills no disk, and an answer takes as long for a name that there is as for one
//! that there is not. What was typed as a name stands there only where an account is called so, as
//! it may have been a password. Of a token that is none, whatever it was shown with, there is the
//! address alone. A crash loses the counts of one round.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::{AccountName, AuditAction, AuditDraft, Timestamp};
use evidence::chain;
use serde_json::json;

use crate::problem::ApiError;
use crate::state::ApiState;

/// Accounts that one entry names; what fails for further ones is counted together.
const MOST_NAMED: usize = 20;
/// Addresses that one entry tells.
const MOST_ADDRESSES: usize = 10;

/// What failed since it was last written down.
#[derive(Debug, Default)]
pub(crate) struct FailedSignIns(Mutex<Counted>);

#[derive(Debug, Default)]
struct Counted {
    of_accounts: BTreeMap<AccountName, u64>,
    of_further_accounts: u64,
    of_unknown_names: u64,
    /// Tokens that are none, by the way they came.
    of_tokens: BTreeMap<&'static str, u64>,
    from: BTreeSet<IpAddr>,
}

impl FailedSignIns {
    /// Counts one as `account`, or under a name that no account has.
    pub(crate) fn count(&self, account: Option<AccountName>, from: Option<IpAddr>) {
        self.lock().add(account, 1);
        self.add_addresses(from);
    }

    /// Counts a token, or what stands for one, that nobody has, and the way it came.
    pub(crate) fn count_token(&self, via: &'static str, from: Option<IpAddr>) {
        self.lock().add_tokens(via, 1);
        self.add_addresses(from);
    }

    /// Takes what was counted as an entry, with what it was made of; `None` if nothing failed.
    fn take(&self, time: Timestamp) -> Option<(AuditDraft, Counted)> {
        let counted = std::mem::take(&mut *self.lock());
        let draft = counted.entry(time)?;
        Some((draft, counted))
    }

    /// Puts back what could not be written, to be tried again.
    fn put_back(&self, counted: Counted) {
        let Counted { of_accounts, of_further_accounts, of_unknown_names, of_tokens, from } =
            counted;
        let mut now = self.lock();
        for (account, times) in of_accounts {
            now.add(Some(account), times);
        }
        now.of_further_accounts += of_further_accounts;
        now.add(None, of_unknown_names);
        of_tokens.into_iter().for_each(|(via, times)| now.add_tokens(via, times));
        drop(now);
        self.add_addresses(from);
    }

    fn add_addresses(&self, addresses: impl IntoIterator<Item = IpAddr>) {
        let mut now = self.lock();
        for address in addresses {
            if now.from.len() < MOST_ADDRESSES {
                now.from.insert(address.to_canonical());
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Counted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counted {
    fn add(&mut self, account: Option<AccountName>, times: u64) {
        let is_full = self.of_accounts.len() >= MOST_NAMED;
        let counter = match account {
            None => &mut self.of_unknown_names,
            Some(account) if is_full && !self.of_accounts.contains_key(&account) => {
                &mut self.of_further_accounts
            }
            Some(account) => self.of_accounts.entry(account).or_default(),
        };
        *counter = counter.saturating_add(times);
    }

    fn add_tokens(&mut self, via: &'static str, times: u64) {
        let counter = self.of_tokens.entry(via).or_default();
        *counter = counter.saturating_add(times);
    }

    fn entry(&self, time: Timestamp) -> Option<AuditDraft> {
        let attempts = self.of_accounts.values().sum::<u64>()
            + self.of_further_accounts
            + self.of_unknown_names
            + self.of_tokens.values().sum::<u64>();
        let mut objects: Vec<String> =
            self.of_accounts.keys().map(|account| format!("account {account}")).collect();
        if self.of_further_accounts > 0 {
            objects.push("further accounts".to_owned());
        }
        if self.of_unknown_names > 0 {
            objects.push("unknown name".to_owned());
        }
        if !self.of_tokens.is_empty() {
            objects.push("unknown token".to_owned());
        }
        let detail = json!({
            "attempts": attempts, "accounts": self.of_accounts,
            "further_accounts": self.of_further_accounts, "unknown_name": self.of_unknown_names,
            "tokens": self.of_tokens, "from": self.from,
        });
        (attempts > 0).then(|| AuditDraft {
            time,
            // Who typed it is not known.
            actor: AccountName::program(),
            action: AuditAction::SignInFailed,
            object: objects.join(", "),
            case: None,
            purpose: None,
            detail: detail.to_string(),
        })
    }
}

impl ApiState {
    /// Writes the log-ins that failed since last time into the audit trail, as one entry. Called
    /// every round and at the end; blocks for the disk.
    ///
    /// # Errors
    /// They could not be written: they are kept for the next time.
    pub fn note_failed_sign_ins(&self) -> Result<(), index::IndexError> {
        let Some((draft, counted)) = self.failed_sign_ins().take(self.parts().clock.now()) else {
            return Ok(());
        };
        let noted = self.parts().index.custody().append_audit(&draft, chain::link);
        noted.map(drop).inspect_err(|_| self.failed_sign_ins().put_back(counted))
    }

    /// Writes into the audit trail that `account` signs in or out, after the log-ins that failed
    /// before. Blocks for the disk.
    pub(super) fn note_session(
        &self,
        action: AuditAction,
        account: &AccountName,
        (from, via): (Option<IpAddr>, &'static str),
    ) -> Result<(), ApiError> {
        self.note_failed_sign_ins()?;
        let draft = AuditDraft {
            time: self.parts().clock.now(),
            actor: account.clone(),
            action,
            object: format!("account {account}"),
            case: None,
            purpose: None,
            detail: json!({ "from": from.map(|from| from.to_canonical()), "via": via }).to_string(),
        };
        self.parts().index.custody().append_audit(&draft, chain::link)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(failed: &FailedSignIns) -> (String, serde_json::Value) {
        let (draft, _) = failed.take(Timestamp::from_micros(0)).unwrap();
        (draft.object, serde_json::from_str(&draft.detail).unwrap())
    }

    #[test]
    fn however_many_accounts_are_tried_an_entry_stays_short() {
        let failed = FailedSignIns::default();
        for number in 0..1000_u32 {
            let account = format!("officer-{number:04}").parse().unwrap();
            failed.count(Some(account), Some(std::net::Ipv4Addr::from_bits(number).into()));
            failed.count(None, None);
        }
        let (object, detail) = told(&failed);
        assert!(object.len() < 500 && detail.to_string().len() < 1000, "{object} {detail}");
        assert_eq!((&detail["attempts"], &detail["further_accounts"]), (&2000.into(), &980.into()));
        assert!(failed.take(Timestamp::from_micros(0)).is_none(), "told once");
    }

    #[test]
    fn what_could_not_be_written_is_told_with_the_next() {
        let failed = FailedSignIns::default();
        let lan: AccountName = "lan".parse().unwrap();
        failed.count(Some(lan.clone()), Some([10, 0, 0, 1].into()));
        failed.count_token("api", Some([10, 0, 0, 1].into()));
        failed.count_token("api", None);
        let (_, counted) = failed.take(Timestamp::from_micros(0)).unwrap();
        failed.count(Some(lan), None);
        failed.count_token("api", None);
        failed.put_back(counted);
        let (object, detail) = told(&failed);
        assert_eq!(object, "account lan, unknown token");
        assert_eq!(detail["accounts"], json!({ "lan": 2 }));
        assert_eq!((&detail["tokens"], &detail["attempts"]), (&json!({ "api": 3 }), &5.into()));
        assert_eq!(detail["from"], json!(["10.0.0.1"]));
    }
}
