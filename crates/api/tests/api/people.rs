//! Persons that a site under test has, with roles over places.

use std::time::Duration;

use domain::{Clock as _, Grant, Place, Role};
use evidence::chain;
use index::{AccountKind, HoldAct, NewAccount, PurposeDraft, UnmaskingDraft};

use crate::site::{BEGIN, Site, camera};

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

/// Has `who` ask to look under the masks of the camera `id` for `lasts`, and another agree to it.
pub(crate) fn unmask(site: &Site, who: &str, id: &str, lasts: Duration) {
    let (owner, now): (domain::AccountName, _) = (who.parse().unwrap(), site.clock.now());
    let mut custody = site.index.custody();
    let purpose = PurposeDraft {
        owner: owner.clone(),
        case: "01/2026".into(),
        reason: "accident".into(),
        legal_basis: None,
        stated: now,
        expires: now.plus(Duration::from_secs(8 * 3600)),
    };
    let purpose = custody.state_purpose(&purpose, chain::link).unwrap();
    let cameras = vec![camera(id)];
    let draft = UnmaskingDraft { owner, purpose, cameras, lasts, asked: now };
    let asked = custody.ask_to_unmask(&draft, chain::link).unwrap();
    let second = HoldAct { by: "second".parse().unwrap(), at: now };
    custody.decide_unmasking(asked.id, &second, Ok(()), chain::link).unwrap();
}
