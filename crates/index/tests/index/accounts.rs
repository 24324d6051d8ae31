//! Who may do what: accounts beside a running service, sessions and tokens that end, names that
//! are locked.

use std::time::Duration;

use domain::{AccountName, Grant, Permission, Place, Role, Timestamp};
use index::{AccountKind, Accounts, Attempts, IndexError, NewAccount, SecretHash, SessionLimits};

use crate::made::{open, time};

const LIMITS: SessionLimits =
    SessionLimits { whole: Duration::from_secs(12 * 3600), idle: Duration::from_secs(3600) };
const ATTEMPTS: Attempts = Attempts {
    free: 3,
    first_lock: Duration::from_secs(30),
    longest_lock: Duration::from_secs(100),
};
const SECRET: SecretHash = [7; 32];

fn now() -> Timestamp {
    time("2026-03-01T07:00:00Z")
}

fn name(text: &str) -> AccountName {
    text.parse().unwrap()
}

fn grant(role: Role, place: &str) -> Grant {
    Grant { role, place: Place::node(place).unwrap() }
}

fn account(called: &str, kind: AccountKind) -> NewAccount {
    NewAccount {
        name: name(called),
        kind,
        display_name: "Nguyễn Thị Lan".to_owned(),
        password: Some("$argon2id$hash".to_owned()),
        only: None,
        grants: vec![grant(Role::Duty, "Phường Cửa Nam")],
    }
}

fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

#[test]
fn a_command_changes_accounts_beside_the_service_and_alone() {
    let folder = tempfile::tempdir().unwrap();
    let alone = Accounts::open(folder.path(), "test").unwrap();
    alone.add(&account("lan", AccountKind::Person), now()).unwrap();
    let taken = alone.add(&account("lan", AccountKind::Service), now()).unwrap_err();
    assert!(matches!(taken, IndexError::NameTaken { .. }), "{taken}");
    drop(alone);

    let index = open(folder.path());
    let beside = Accounts::open(folder.path(), "test").unwrap();
    let investigates = grant(Role::Investigator, "Hà Nội");
    beside.grant(&name("lan"), &investigates).unwrap();
    beside.grant(&name("lan"), &investigates).unwrap();
    let found = index.accounts().get(&name("lan")).unwrap().unwrap();
    assert_eq!(found.grants, [grant(Role::Duty, "Phường Cửa Nam"), investigates.clone()]);
    assert!(beside.revoke(&name("lan"), &investigates).unwrap());
    assert!(!beside.revoke(&name("lan"), &investigates).unwrap());
    let nobody = beside.grant(&name("nam"), &investigates).unwrap_err();
    assert!(matches!(nobody, IndexError::NoAccount { .. }), "{nobody}");
    assert_eq!(index.accounts().list().unwrap().len(), 1);
    drop((index, beside));
    let other = Accounts::open(folder.path(), "elsewhere").unwrap_err();
    assert!(matches!(other, IndexError::OtherSite { .. }), "{other}");
}

#[test]
fn a_session_ends_when_unused_when_over_and_with_its_account() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let accounts = index.accounts();
    accounts.add(&account("lan", AccountKind::Person), now()).unwrap();
    let begin = || accounts.open_session(&name("lan"), &SECRET, now(), LIMITS).unwrap();
    let at = |later: Duration| accounts.session(&SECRET, now().plus(later), LIMITS.idle).unwrap();
    begin();
    assert_eq!(at(minutes(59)).unwrap().display_name, "Nguyễn Thị Lan");
    assert!(at(minutes(118)).is_some(), "it was used meanwhile");
    assert!(at(minutes(178)).is_none(), "an hour unused");
    for half_hour in 4..24 {
        assert!(at(minutes(30 * half_hour + 29)).is_some(), "{half_hour}");
    }
    assert!(at(minutes(720)).is_none(), "twelve hours are over");
    assert_eq!(accounts.session(&[8; 32], now(), LIMITS.idle).unwrap(), None);

    accounts.close_session(&SECRET).unwrap();
    assert!(at(minutes(1)).is_none());
    begin();
    accounts.set_password(&name("lan"), "$argon2id$another").unwrap();
    assert!(at(minutes(1)).is_none(), "a new password ends sessions");
    begin();
    accounts.set_disabled(&name("lan"), true).unwrap();
    assert!(at(minutes(1)).is_none());
    begin();
    assert!(at(minutes(1)).is_none(), "who is shut out begins none");
}

#[test]
fn a_password_that_another_chose_is_told_until_its_owner_sets_one() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let accounts = index.accounts();
    let lan = name("lan");
    let is_given = || accounts.get(&lan).unwrap().unwrap().password_given;
    accounts.add_with_given_password(&account("lan", AccountKind::Person), now()).unwrap();
    assert!(is_given());
    let other: SecretHash = [8; 32];
    for secret in [&SECRET, &other] {
        accounts.open_session(&lan, secret, now(), LIMITS).unwrap();
    }
    let of = |secret| accounts.session(secret, now(), LIMITS.idle).unwrap();
    assert!(of(&SECRET).unwrap().password_given);
    accounts.change_password(&lan, "$argon2id$her-own", &SECRET).unwrap();
    assert!(!is_given() && !of(&SECRET).unwrap().password_given);
    assert_eq!(of(&other), None, "her other sessions end");
    accounts.give_password(&lan, "$argon2id$another").unwrap();
    assert!(is_given() && of(&SECRET).is_none());
    accounts.set_password(&lan, "$argon2id$her-own").unwrap();
    assert!(!is_given());
}

#[test]
fn the_key_of_cursors_is_the_sites_own_and_stays() {
    let [one, two] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let key = *open(one.path()).cursor_key();
    assert_eq!(*open(one.path()).cursor_key(), key);
    assert_ne!(*open(two.path()).cursor_key(), key);
    assert_ne!(key, [0; 32]);
}

#[test]
fn a_token_ends_in_time_and_when_it_is_revoked() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let accounts = index.accounts();
    let mut service = account("prometheus", AccountKind::Service);
    service.only = Some(vec![Permission::Monitor]);
    accounts.add(&service, now()).unwrap();
    let expires = now().plus(minutes(60));
    accounts.add_token(&service.name, &SECRET, now(), expires).unwrap();
    let found = accounts.token(&SECRET, now().plus(minutes(59))).unwrap().unwrap();
    assert_eq!((found.kind, found.expires), (AccountKind::Service, expires));
    assert_eq!(found.only, Some(vec![Permission::Monitor]));
    assert_eq!(accounts.token(&SECRET, expires).unwrap(), None);
    assert_eq!(accounts.session(&SECRET, now(), LIMITS.idle).unwrap(), None, "no session");
    assert_eq!(accounts.list().unwrap()[0].token_expires, Some(expires));
    accounts.set_disabled(&service.name, true).unwrap();
    assert_eq!(accounts.token(&SECRET, now()).unwrap(), None);
    accounts.set_disabled(&service.name, false).unwrap();
    assert_eq!(accounts.token(&SECRET, now()).unwrap(), None, "it does not come back");
}

#[test]
fn a_name_is_locked_longer_and_longer_whether_it_exists_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let try_at = |seconds: u64| {
        let at = now().plus(Duration::from_secs(seconds));
        index.accounts().take_attempt("nobody", at, ATTEMPTS).unwrap()
    };
    let wait = |seconds: u64| Err(Duration::from_secs(seconds));
    assert_eq!([try_at(0), try_at(0), try_at(0)], [Ok(()); 3]);
    assert_eq!(try_at(0), wait(30));
    assert_eq!(try_at(29), wait(1));
    assert_eq!(try_at(30), Ok(()));
    assert_eq!(try_at(30), wait(60));
    assert_eq!(try_at(90), Ok(()));
    assert_eq!(try_at(91), wait(99), "no longer than the longest");
    index.accounts().forget_attempts("nobody").unwrap();
    assert_eq!(try_at(91), Ok(()));
    // After a while without failures they are forgotten.
    assert_eq!([try_at(91), try_at(91)], [Ok(()); 2]);
    assert_eq!([try_at(400), try_at(400), try_at(400)], [Ok(()); 3]);
    assert_eq!(index.accounts().take_attempt("another", now(), ATTEMPTS).unwrap(), Ok(()));
}
