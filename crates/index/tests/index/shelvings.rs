//! A rule that is shelved at a camera: what waits and what comes is out of the queue, and comes back.

use std::time::Duration;

use domain::{
    Action, Actor, Alert, AuditEntry, EventId, Handled, Handling, HandlingState, LogEntry, Shelved,
    Signature, Timestamp,
};
use index::{
    AlertOrder, AlertQuery, FoldedEvents, HoldAct, Index, IndexError, ShelvingDraft, StoredAlert,
    StoredShelving,
};

use crate::made::{camera, event, open, time};

fn link(before: &[u8; 32], entry: &AuditEntry) -> [u8; 32] {
    let mut hash = *before;
    hash[0] = hash[0].wrapping_add(1);
    hash[1] ^= entry.action.len().to_le_bytes()[0];
    hash
}

fn at(seconds: u64) -> Timestamp {
    time("2026-03-01T00:00:00Z").plus(Duration::from_secs(seconds))
}

/// An alert of rule `rule-0` where `number` is a multiple of 7, at a camera.
fn raised(index: &Index, number: u64, camera_number: usize) -> EventId {
    let alert = Alert::raised(&event(number, at(number), camera_number));
    let folded = FoldedEvents {
        groups: vec![(alert.id, alert.id)],
        alerts: vec![alert.clone()],
        ..FoldedEvents::default()
    };
    index
        .settle_shelving(&folded, |stored, StoredShelving { shelving, .. }| {
            shelved(stored, shelving)
        })
        .unwrap();
    alert.id
}

fn changed(stored: &StoredAlert, who: &str, action: Action, shelf: Option<Shelved>) -> Handled {
    let signed = Signature { by: Actor::Account(who.parse().unwrap()), at: at(500) };
    let version = stored.handling.version + 1;
    let handling = Handling { version, shelved: shelf, ..stored.handling.clone() };
    Handled { entry: LogEntry { version, signed, action, escalates: None }, handling }
}

/// Shelves what nobody has taken on.
fn shelved(stored: &StoredAlert, draft: &ShelvingDraft) -> Option<Handled> {
    let (until, reason) = (draft.until, draft.reason.clone());
    let signed = Signature { by: Actor::Account(draft.by.clone()), at: draft.at };
    let shelf = Shelved { until, reason: reason.clone(), signed };
    let action = Action::Shelve { until, reason };
    let is_new = stored.handling.state == HandlingState::New;
    is_new.then(|| changed(stored, draft.by.as_str(), action, Some(shelf)))
}

fn draft(until: u64) -> ShelvingDraft {
    ShelvingDraft {
        rule: "rule-0".parse().unwrap(),
        camera: camera(1),
        until: at(until),
        reason: "đang sửa đường".into(),
        by: "lan".parse().unwrap(),
        at: at(100),
    }
}

fn queue(index: &Index) -> Vec<EventId> {
    let query = AlertQuery { order: AlertOrder::Queue, ..AlertQuery::new(domain::TimeRange::ALL) };
    let mut found: Vec<_> =
        index.alerts(&query).unwrap().alerts.into_iter().map(|stored| stored.alert.id).collect();
    found.sort();
    found
}

#[test]
fn what_waits_and_what_comes_is_out_of_the_queue_until_somebody_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let waits = raised(&index, 7, 1);
    let (other_rule, elsewhere) = (raised(&index, 8, 1), raised(&index, 14, 2));
    let draft = draft(3600);
    let begun = index.begin_shelving(&draft, |stored| shelved(stored, &draft), link).unwrap();
    assert_eq!(queue(&index), [other_rule, elsewhere]);
    let comes = raised(&index, 21, 1);
    let (comes_by_another, comes_elsewhere) = (raised(&index, 22, 1), raised(&index, 28, 2));
    let others = [other_rule, elsewhere, comes_by_another, comes_elsewhere];
    assert_eq!(queue(&index), others);
    // Each is there, and its log says whose word it was.
    for id in [waits, comes] {
        let log = index.alert_log(id).unwrap();
        assert_eq!(log.len(), 1);
        assert_eq!(log[0].action.as_str(), "shelve");
    }
    assert_eq!(index.alerts_due(at(3600), 10).unwrap().len(), 2, "they come back by themselves");

    let again = index.begin_shelving(&draft, |_| None, link).unwrap_err();
    assert!(matches!(&again, IndexError::Shelving(why) if why.contains("lan")), "{again}");
    assert_eq!(index.custody().shelvings(at(200)).unwrap(), std::slice::from_ref(&begun));
    assert_eq!(index.custody().shelvings(at(3600)).unwrap(), [], "its time is over");

    let act = HoldAct { by: "minh".parse().unwrap(), at: at(200) };
    let back = |stored: &StoredAlert| Some(changed(stored, "minh", Action::Unshelve, None));
    let ended = index.end_shelving(begun.id, &act, back, link).unwrap();
    assert_eq!(ended.ended, Some(act.clone()));
    assert_eq!(queue(&index).len(), 6);
    assert!(index.end_shelving(begun.id, &act, back, link).is_err(), "it is ended");
    let after = raised(&index, 35, 1);
    assert!(queue(&index).contains(&after));
    let entries = index.custody().audit_after(0, 10).unwrap();
    let words: Vec<_> = entries.iter().map(|entry| entry.entry.action.as_str()).collect();
    assert_eq!(words, ["rule_shelved", "rule_unshelved"]);
}

#[test]
fn ending_leaves_on_the_shelf_what_somebody_put_there_alone() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let own = raised(&index, 7, 1);
    let alone = ShelvingDraft { reason: "chờ tổ tuần tra".into(), ..draft(1800) };
    index.act_on_alert(own, None, |stored| Ok::<_, ()>(shelved(stored, &alone))).unwrap();
    let draft = draft(3600);
    let begun = index.begin_shelving(&draft, |stored| shelved(stored, &draft), link).unwrap();
    let act = HoldAct { by: "minh".parse().unwrap(), at: at(200) };
    let back = |stored: &StoredAlert| Some(changed(stored, "minh", Action::Unshelve, None));
    index.end_shelving(begun.id, &act, back, link).unwrap();
    assert_eq!(queue(&index), []);
}
