//! Actions on alerts: one at a time, written down, answered alike when repeated.

use std::sync::{Arc, Barrier};
use std::time::Duration;

use domain::{
    AccountName, Action, Actor, Alert, Condition, DueEscalation, Flood, Handled, Handling,
    HandlingState, LogEntry, Outcome, RuleKind, Share, Signature, TimeRange, Timestamp, Verdict,
};
use index::{
    Acted, ActionKey, AlertChange, AlertOrder, AlertQuery, Case, CaseMark, FoldedEvents, Handover,
    Index, Marked, StoredAlert,
};

use crate::made::{camera, event, open, time};

fn start() -> Timestamp {
    time("2026-03-01T00:00:00Z")
}

fn at(seconds: u64) -> Timestamp {
    start().plus(Duration::from_secs(seconds))
}

fn account(name: &str) -> AccountName {
    name.parse().unwrap()
}

/// Stores `count` alerts of severities 1 to 4 by turns, a second apart, two to a group.
fn filled(index: &Index, count: u64) -> Vec<Alert> {
    let alerts: Vec<Alert> = (0..count)
        .map(|number| Alert {
            kind: RuleKind::RedLight.into(),
            condition: Condition::Momentary,
            ..Alert::raised(&event(number, at(number), 1))
        })
        .collect();
    let head = |number: usize| alerts[number - number % 2].id;
    let groups = alerts.iter().enumerate().map(|(number, alert)| (alert.id, head(number)));
    let groups = groups.collect();
    let folded = FoldedEvents { alerts: alerts.clone(), groups, ..FoldedEvents::default() };
    index.settle_alerts(&folded).unwrap();
    alerts
}

/// What `action` of `who` makes of an alert, with no rule but that the version must be right.
fn handled(
    stored: &StoredAlert,
    who: &str,
    version: u32,
    action: Action,
) -> Result<Option<Handled>, String> {
    let now = &stored.handling;
    if now.version != version {
        return Err(now
            .latest
            .as_ref()
            .map(|(_, signed)| signed.by.to_string())
            .unwrap_or_default());
    }
    let signed = Signature { by: Actor::Account(account(who)), at: at(500) };
    let version = version + 1;
    let mut handling = Handling {
        version,
        latest: Some((action.as_str().to_owned(), signed.clone())),
        escalates: None,
        ..now.clone()
    };
    match &action {
        Action::Ack => handling.state = HandlingState::Acknowledged,
        Action::Assign { to } => handling.assignee = Some(to.clone()),
        Action::Close { outcome, reason } => {
            handling.state = HandlingState::Closed;
            let (outcome, reason, signed) = (*outcome, reason.clone(), signed.clone());
            handling.verdict = Some(Verdict { outcome, reason, signed });
        }
        Action::Hold { until, .. } => {
            (handling.held, handling.held_until) = (Some(signed.clone()), *until);
        }
        Action::Release => (handling.held, handling.held_until) = (None, None),
        _ => {}
    }
    let entry = LogEntry { version, signed, action, escalates: None };
    Ok(Some(Handled { entry, handling }))
}

fn act(index: &Index, alert: &Alert, who: &str, version: u32, action: Action) -> Acted<String> {
    index.act_on_alert(alert.id, None, |stored| handled(stored, who, version, action)).unwrap()
}

fn key(who: &str, key: &str, request: &str) -> ActionKey {
    ActionKey { by: account(who), key: key.into(), request: request.into(), at: at(500) }
}

#[test]
fn of_racing_desks_one_wins_and_all_others_learn_who() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let alert = filled(&index, 1).remove(0);
    let gate = Arc::new(Barrier::new(8));
    let racers: Vec<_> = (0..8)
        .map(|number| {
            let (index, alert, gate) = (index.clone(), alert.clone(), Arc::clone(&gate));
            std::thread::spawn(move || {
                gate.wait();
                act(&index, &alert, &format!("desk-{number}"), 0, Action::Ack)
            })
        })
        .collect();
    let acted: Vec<_> = racers.into_iter().map(|racer| racer.join().unwrap()).collect();
    let winners: Vec<_> = acted.iter().filter(|acted| matches!(acted, Acted::Taken(_))).collect();
    assert_eq!(winners.len(), 1, "{acted:?}");
    let log = index.alert_log(alert.id).unwrap();
    assert_eq!(log.len(), 1);
    let winner = log[0].signed.by.to_string();
    let losers = acted.iter().filter(|acted| **acted == Acted::Refused(winner.clone())).count();
    assert_eq!(losers, 7, "{acted:?}");
}

#[test]
fn what_was_done_survives_and_is_followed() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let alerts = filled(&index, 3);
    let newest = *index.alert_knock().borrow();
    let Acted::Taken(taken) = act(&index, &alerts[1], "an", 0, Action::Ack) else { panic!() };
    assert_eq!(taken.change, newest + 1);
    act(&index, &alerts[1], "an", 1, Action::Note { text: "đã gọi".to_owned() });
    let flood = Flood { began: at(9), ended: None, alerts: 61, desks: 1 };
    index.put_flood(&flood).unwrap();
    assert_eq!(index.flood().unwrap(), Some(flood));
    index.put_flood(&Flood { ended: Some(at(99)), ..flood }).unwrap();
    assert_eq!(index.flood().unwrap(), None);
    drop(index);

    let index = open(folder.path());
    assert_eq!(*index.alert_knock().borrow(), newest + 4);
    let changes = index.alert_changes_after(newest, 10).unwrap();
    let [AlertChange::Alert(noted), AlertChange::Flood(change, over)] = changes.as_slice() else {
        panic!("{changes:?}")
    };
    assert_eq!(
        (noted.change, noted.alert.id, noted.handling.version),
        (newest + 2, alerts[1].id, 2)
    );
    assert_eq!((*change, over.ended), (newest + 4, Some(at(99))));
    assert_eq!(index.alert_changes_after(newest + 2, 10).unwrap(), changes[1..]);
    assert_eq!(index.alert_changes_after(newest, 1).unwrap(), changes[..1]);
    let log = index.alert_log(alerts[1].id).unwrap();
    let words: Vec<_> = log.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(words, ["ack", "note"]);
    let of_all = index.actions_in(TimeRange::ALL, 10).unwrap();
    assert_eq!(of_all.into_iter().map(|(_, entry)| entry).collect::<Vec<_>>(), log);
    // What folding changes of an alert leaves how it is handled.
    let grown = Alert { count: 9, version: 2, ..alerts[1].clone() };
    index.settle_alerts(&FoldedEvents { alerts: vec![grown], ..FoldedEvents::default() }).unwrap();
    let stored = index.alert(alerts[1].id).unwrap().unwrap();
    assert_eq!((stored.alert.count, stored.handling), (9, noted.handling.clone()));
}

#[test]
fn the_same_request_is_answered_alike_and_another_of_its_name_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let alerts = filled(&index, 2);
    let ack = |key: ActionKey, alert: &Alert| -> Acted<String> {
        let decide = |stored: &StoredAlert| handled(stored, "an", 0, Action::Ack);
        index.act_on_alert(alert.id, Some(&key), decide).unwrap()
    };
    let Acted::Taken(first) = ack(key("an", "k1", "ack"), &alerts[0]) else { panic!() };
    act(&index, &alerts[0], "binh", 1, Action::Assign { to: account("csgt-1") });
    let again = ack(key("an", "k1", "ack"), &alerts[0]);
    assert_eq!(again, Acted::Repeated(Box::new(first.handling)));
    assert_eq!(index.alert_log(alerts[0].id).unwrap().len(), 2);
    assert_eq!(ack(key("an", "k1", "close"), &alerts[0]), Acted::OtherRequest);
    assert_eq!(ack(key("an", "k1", "ack"), &alerts[1]), Acted::OtherRequest);
    // Another's key of the same name is another key.
    assert!(matches!(ack(key("binh", "k1", "ack"), &alerts[1]), Acted::Taken(_)));
}

#[test]
fn the_queue_equals_a_naive_order_page_by_page() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let alerts = filled(&index, 60);
    for (number, alert) in alerts.iter().enumerate() {
        match number % 7 {
            0 => drop(act(&index, alert, "an", 0, Action::Ack)),
            3 => {
                let (outcome, reason) = (Outcome::False, "bóng".to_owned());
                drop(act(&index, alert, "an", 0, Action::Close { outcome, reason }));
            }
            _ => {}
        }
    }
    let all = AlertQuery { limit: 7, ..AlertQuery::new(TimeRange::ALL) };
    let paged = |query: &AlertQuery| {
        let (mut found, mut query) = (Vec::new(), query.clone());
        loop {
            let page = index.alerts(&query).unwrap();
            found.extend(page.alerts);
            let Some(next) = page.next else { return found };
            query.cursor = Some(next.to_string().parse().unwrap());
        }
    };
    let ids = |alerts: &[StoredAlert]| alerts.iter().map(|one| one.alert.id).collect::<Vec<_>>();
    let mut open: Vec<_> = paged(&all);
    open.retain(|stored| stored.handling.state != HandlingState::Closed);
    open.sort_by_key(|stored| {
        let alert = &stored.alert;
        (
            stored.handling.state > HandlingState::New,
            alert.severity.number(),
            -alert.first.as_micros(),
        )
    });
    let queue = AlertQuery { order: AlertOrder::Queue, ..all.clone() };
    assert_eq!(ids(&paged(&queue)), ids(&open));

    let groups = AlertQuery { order: AlertOrder::Groups, ..all.clone() };
    let shown = paged(&groups);
    let mut highest: Vec<StoredAlert> = Vec::new();
    for stored in &open {
        if !highest.iter().any(|known| known.group == stored.group) {
            highest.push(stored.clone());
        }
    }
    assert_eq!(ids(&shown), ids(&highest));
    let merged: u32 = shown.iter().map(|stored| stored.grouped.unwrap()).sum();
    assert_eq!(merged as usize, open.len(), "nothing is dropped");
    // Of some alerts the same is told as of all, about those alone.
    let some = [
        AlertQuery { handling: vec![HandlingState::New], ..queue.clone() },
        AlertQuery { min_severity: Some(2.try_into().unwrap()), ..queue.clone() },
        AlertQuery { cameras: Some(vec![open[0].alert.cameras[0].clone()]), ..queue.clone() },
    ];
    for queue in some {
        let members = paged(&queue);
        let mut counts: Vec<(domain::EventId, u32)> = Vec::new();
        for one in &members {
            match counts.iter_mut().find(|(group, _)| *group == one.group) {
                Some((_, count)) => *count += 1,
                None => counts.push((one.group, 1)),
            }
        }
        let rows = paged(&AlertQuery { order: AlertOrder::Groups, limit: 2, ..queue });
        let told: Vec<_> = rows.iter().map(|row| (row.group, row.grouped.unwrap())).collect();
        assert_eq!(told, counts);
    }
    let members = AlertQuery { group: Some(shown[0].group), ..all.clone() };
    assert_eq!(paged(&members).len(), 2);

    for query in [
        AlertQuery { handling: vec![HandlingState::Acknowledged], ..all.clone() },
        AlertQuery { handling: vec![HandlingState::Acknowledged], ..queue.clone() },
    ] {
        let found = paged(&query);
        assert!(!found.is_empty());
        assert!(found.iter().all(|one| one.handling.state == HandlingState::Acknowledged));
    }
    let of_other_order = AlertQuery { cursor: "a0".repeat(8).parse().ok(), ..queue.clone() };
    assert_eq!(of_other_order.cursor, None, "no cursor at all");
    let cursor = index.alerts(&all).unwrap().next;
    assert!(index.alerts(&AlertQuery { cursor, ..queue }).is_err());
    let totals = index.alert_totals().unwrap();
    let count = |state| -> u64 {
        totals.iter().filter(|total| total.state == state).map(|total| total.count).sum()
    };
    let counted = [HandlingState::New, HandlingState::Acknowledged].map(count);
    assert_eq!(counted.iter().sum::<u64>() as usize, open.len());
}

#[test]
fn times_that_are_up_are_found_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let alerts = filled(&index, 3);
    let due = |seconds| DueEscalation { at: at(seconds), to: account("shift-lead") };
    let escalations = |due: Vec<_>| FoldedEvents { escalations: due, ..FoldedEvents::default() };
    let of = |number: usize, seconds| (alerts[number].id, due(seconds));
    index.settle_alerts(&escalations(vec![of(0, 30), of(1, 90), of(2, 60)])).unwrap();
    // Graver than at first: sooner. Never later, and not once somebody has it.
    index.settle_alerts(&escalations(vec![of(1, 40), of(0, 70)])).unwrap();
    act(&index, &alerts[2], "an", 0, Action::Ack);
    index.settle_alerts(&escalations(vec![of(2, 10)])).unwrap();
    drop(index);

    let index = open(folder.path());
    assert_eq!(index.next_alert_due().unwrap(), Some(at(30)));
    assert_eq!(index.alerts_due(at(29), 9).unwrap(), []);
    assert_eq!(index.alerts_due(at(39), 9).unwrap(), [alerts[0].id]);
    assert_eq!(index.alerts_due(at(99), 9).unwrap().len(), 2);
    let stored = index.alert(alerts[1].id).unwrap().unwrap();
    assert_eq!(stored.handling.escalates, Some(due(40)));
}

#[test]
fn an_end_of_a_hold_is_found_after_a_restart_and_in_a_file_of_before() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let alerts = filled(&index, 3);
    let hold = |until| Action::Hold { reason: "tai nạn".to_owned(), until };
    act(&index, &alerts[0], "an", 0, hold(Some(at(30))));
    act(&index, &alerts[1], "an", 0, hold(Some(at(60))));
    act(&index, &alerts[2], "an", 0, hold(None));
    act(&index, &alerts[1], "an", 1, Action::Release);
    drop(index);
    // As it was when the end stood in what is written of the handling alone.
    let file = rusqlite::Connection::open(folder.path().join("core.db")).unwrap();
    let version: u32 = file.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    file.execute_batch(&format!(
        "DROP INDEX alert_held_until; ALTER TABLE alert DROP COLUMN held_until_us;
         PRAGMA user_version = {};",
        version - 1
    ))
    .unwrap();
    drop(file);

    let index = open(folder.path());
    assert_eq!(index.next_alert_due().unwrap(), Some(at(30)));
    assert_eq!(index.alerts_due(at(29), 9).unwrap(), []);
    assert_eq!(index.alerts_due(at(90), 9).unwrap(), [alerts[0].id]);
    act(&index, &alerts[0], "an", 1, Action::Release);
    assert_eq!(index.next_alert_due().unwrap(), None);
}

#[test]
fn verdicts_are_counted_by_camera_and_rule() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let alerts = filled(&index, 14);
    for (number, alert) in alerts.iter().enumerate().take(12) {
        let outcome = Outcome::ALL[number % 4];
        let close = Action::Close { outcome, reason: "xem hình".to_owned() };
        act(&index, alert, "an", 0, close);
    }
    let verdicts = index.verdicts(TimeRange::ALL).unwrap();
    assert!(verdicts.iter().all(|one| one.camera == camera(1)));
    let sum = |of: fn(&index::Verdicts) -> u64| verdicts.iter().map(of).sum::<u64>();
    assert_eq!(sum(|one| one.real), 3);
    assert_eq!(sum(|one| one.false_alarms), 3);
    assert_eq!(sum(|one| one.duplicates) + sum(|one| one.no_action), 6);
    let mut precision = Share::default();
    verdicts.iter().for_each(|one| precision += one.precision());
    assert_eq!(precision, Share { part: 3, whole: 6 });
    let none = index.verdicts(TimeRange { start: at(9999), end: Timestamp::MAX }).unwrap();
    assert_eq!(none, []);
}

#[test]
fn what_somebody_asked_to_keep_or_put_into_a_case_outlives_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let alerts = filled(&index, 4);
    act(&index, &alerts[0], "an", 0, Action::Hold { reason: "vụ án".to_owned(), until: None });
    act(&index, &alerts[1], "an", 0, Action::Ack);
    let case = Case {
        id: 0,
        number: "VV-2026/0001".into(),
        title: "Gây rối".into(),
        by: account("an"),
        at: at(1),
    };
    let id = index.open_case(&case, &[]).unwrap().unwrap();
    assert_eq!(index.open_case(&case, &[]).unwrap(), None, "the number is taken");
    let mark = |marked| CaseMark {
        marked,
        beside: Vec::new(),
        note: "chính".into(),
        by: account("an"),
        at: at(2),
    };
    let footage = Marked::Footage(camera(3), TimeRange { start: at(0), end: at(60) });
    let mut marks = [Marked::Alert(alerts[2].id), footage, Marked::Note].map(mark);
    marks[1].beside = vec![camera(7), camera(5)];
    for one in &marks {
        assert!(index.mark_case(id, one).unwrap());
    }
    assert!(!index.mark_case(id + 1, &marks[0]).unwrap());
    assert_eq!(index.case(id).unwrap(), Some((Case { id, ..case.clone() }, marks.to_vec())));
    assert_eq!(index.cases(i64::MAX, 9).unwrap(), [Case { id, ..case }]);

    let told = |alert: &Alert| alert.last_event.given().unwrap();
    let after_all = alerts.iter().map(told).max().unwrap().plus(Duration::from_secs(1));
    assert_eq!(index.expire(after_all).unwrap().alerts, 2);
    let left: Vec<_> =
        alerts.iter().map(|alert| index.alert(alert.id).unwrap().is_some()).collect();
    assert_eq!(left, [true, false, true, false]);
    assert_eq!(index.alert_log(alerts[1].id).unwrap(), []);
    assert_eq!(index.alert_log(alerts[0].id).unwrap().len(), 1);
}

#[test]
fn a_shift_is_handed_over_by_two_signatures() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let handover = Handover {
        id: 0,
        started: at(1),
        outgoing: account("an"),
        incoming: account("binh"),
        note: "cổng 2 đang sửa".into(),
        lists: "{}".into(),
        signed: None,
    };
    let first = index.start_handover(&handover).unwrap();
    let id = index.start_handover(&handover).unwrap();
    assert!(index.handover(first).unwrap().is_none_or(|_| first == id), "replaced");
    assert_eq!(index.waiting_handover().unwrap(), Some(Handover { id, ..handover.clone() }));
    assert!(!index.sign_handover(id, &account("an"), at(2)).unwrap(), "not by the same officer");
    assert!(index.sign_handover(id, &account("binh"), at(3)).unwrap());
    assert!(!index.sign_handover(id, &account("binh"), at(4)).unwrap(), "once");
    assert_eq!(index.waiting_handover().unwrap(), None);
    let signed = Handover { id, signed: Some(at(3)), ..handover };
    assert_eq!(index.latest_handover().unwrap(), Some(signed));
}
