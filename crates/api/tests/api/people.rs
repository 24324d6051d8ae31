//! Persons that a site under test has, with roles over places.

use std::time::Duration;

use domain::{Grant, Place, Role};
use index::{AccountKind, NewAccount};

use crate::site::{BEGIN, Site};

/// Adds a person without a password.
pub(crate) fn add_person(site: &Site, name: &str, role: Role, place: Place) {
    let account = NewAccount {
        name: name.parse().unwrap(),
        kind: AccountKind::Person,
        display_name: name.to_uppercase(),
        password: None,
        only: None,
        grants: vec![Grant { role, place }],
    };
    site.index.accounts().add(&account, BEGIN).unwrap();
}

/// Adds a person and gives them a way in, as the browser's cookie would be.
pub(crate) fn person(site: &Site, name: &str, role: Role, place: Place) -> String {
    add_person(site, name, role, place);
    let token = api::Secret::token().unwrap();
    let later = BEGIN.plus(Duration::from_secs(86_400));
    let hash = api::token_hash(&token);
    site.index.accounts().add_token(&name.parse().unwrap(), &hash, BEGIN, later).unwrap();
    token.reveal().to_owned()
}
