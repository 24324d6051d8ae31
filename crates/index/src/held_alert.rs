//! An alert that is held, and with it the footage of its moment: both, or neither; and held no more.
//!
//! How an alert is handled and what may not be deleted lie in one file, so one transaction has both.

use domain::{ChainLink, EventId, Handled};
use rusqlite::TransactionBehavior;

use crate::alert_row::StoredAlert;
use crate::handling::act_in;
use crate::holds::{entry_of, insert, is_held};
use crate::{Acted, ActionKey, Custody, HoldAct, HoldDraft, Index, IndexError, StoredHold, audit};

impl Index {
    /// Does to the alert named `id` what `decide` says, as [`Index::act_on_alert`] does, and places
    /// the hold that `draft` makes of it, with its audit entry, unless one of that case is in force.
    /// All of it in one transaction, durable on return.
    ///
    /// # Errors
    /// When the core file cannot be written; then nothing has changed.
    pub fn hold_alert<E>(
        &self,
        id: EventId,
        key: Option<&ActionKey>,
        decide: impl FnOnce(&StoredAlert) -> Result<Option<Handled>, E>,
        draft: impl FnOnce(&StoredAlert) -> Option<HoldDraft>,
        link: ChainLink,
    ) -> Result<Acted<E>, IndexError> {
        // Kept over the transaction: nothing that it covers is marked for deletion meanwhile.
        let mut custody = self.custody();
        let acted = hold(&mut custody, (id, key), decide, draft, link)
            .map_err(|error| IndexError::database("hold an alert", &custody.path, error))?;
        drop(custody);
        if let Acted::Taken(stored) = &acted {
            self.knock_of_alerts(stored.change);
        }
        Ok(acted)
    }

    /// Lifts a hold as [`Custody::lift_hold`] does; who follows alerts is told where one is held no more.
    ///
    /// # Errors
    /// [`IndexError::Hold`] if it may not be lifted so, or when the core file cannot be written.
    pub fn lift_hold(
        &self,
        id: u64,
        act: &HoldAct,
        release: impl FnOnce(&StoredAlert) -> Option<Handled>,
        link: ChainLink,
    ) -> Result<StoredHold, IndexError> {
        let (lifted, change) = self.custody().lift(id, act, release, link)?;
        if let Some(change) = change {
            self.knock_of_alerts(change);
        }
        Ok(lifted)
    }
}

fn hold<E>(
    custody: &mut Custody,
    (id, key): (EventId, Option<&ActionKey>),
    decide: impl FnOnce(&StoredAlert) -> Result<Option<Handled>, E>,
    draft: impl FnOnce(&StoredAlert) -> Option<HoldDraft>,
    link: ChainLink,
) -> rusqlite::Result<Acted<E>> {
    let behavior = TransactionBehavior::Immediate;
    let transaction = custody.connection.transaction_with_behavior(behavior)?;
    let acted = act_in(&transaction, id, key, decide)?;
    if let Acted::Taken(stored) = &acted
        && let Some(draft) = draft(stored)
        && !is_held(&transaction, &draft.case, draft.at)?
    {
        insert(&transaction, &draft)?;
        audit::append(&transaction, &entry_of(&draft), link)?;
    }
    transaction.commit()?;
    Ok(acted)
}
