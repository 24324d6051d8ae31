//! What officers may do about an alert, and what their log comes to.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::time::Duration;

use alerts::{Escalation, Escalations, LONGEST_SHELF, Refusal, Request, apply, decide, due};
use domain::{
    AccountName, Action, Actor, Handled, Handling, HandlingState, LogEntry, Outcome, Severity,
    Signature, Timestamp,
};
use proptest::prelude::*;

fn account(name: &str) -> AccountName {
    name.parse().unwrap()
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_micros(1_772_323_200_000_000).plus(Duration::from_secs(seconds))
}

fn gravest() -> Severity {
    1.try_into().unwrap()
}

/// After 30 s the shift lead, after 90 s the commander.
fn policy() -> Escalations {
    let rung = |after, to: &str| Escalation {
        severity: gravest(),
        after: Duration::from_secs(after),
        to: account(to),
    };
    Escalations::new(vec![rung(90, "commander"), rung(30, "shift-lead")])
}

fn fresh() -> Handling {
    Handling { escalates: policy().next(gravest(), 0, at(0)), ..Handling::default() }
}

fn request(who: &str, version: u32, seconds: u64, action: Action) -> Request {
    let signed = Signature { by: Actor::Account(account(who)), at: at(seconds) };
    Request { signed, version, action }
}

fn done(handling: &Handling, who: &str, seconds: u64, action: Action) -> Handled {
    let request = request(who, handling.version, seconds, action);
    decide(handling, gravest(), &request, &policy()).unwrap().unwrap()
}

fn close(outcome: Outcome) -> Action {
    Action::Close { outcome, reason: "bóng nắng".to_owned() }
}

#[test]
fn what_is_held_until_a_time_is_held_again_after_it_and_not_before() {
    let hold =
        |until: Option<u64>| Action::Hold { reason: "tai nạn".into(), until: until.map(at) };
    let alert = done(&fresh(), "an", 5, hold(Some(100))).handling;
    assert_eq!(alert.held_until, Some(at(100)));
    let asked = |seconds| {
        let request = request("binh", alert.version, seconds, hold(None));
        decide(&alert, gravest(), &request, &policy()).unwrap()
    };
    assert_eq!(asked(99), None, "it is held already");
    let again = asked(100).expect("it is held no more").handling;
    assert_eq!((again.held.unwrap().at, again.held_until), (at(100), None));
    let past =
        decide(&alert, gravest(), &request("an", alert.version, 50, hold(Some(50))), &policy());
    assert!(matches!(past, Err(Refusal::Invalid { name: "until", .. })), "{past:?}");
}

#[test]
fn what_is_held_until_a_time_is_released_by_then_whatever_else_is_due() {
    let hold = Action::Hold { reason: "tai nạn".into(), until: Some(at(100)) };
    let held = done(&fresh(), "an", 5, hold).handling;
    let shelve = Action::Shelve { until: at(100), reason: "đang sửa đường".into() };
    let shelved = done(&held, "an", 6, shelve).handling;
    assert_eq!(due(&shelved, gravest(), at(99), &policy()), None);

    let Handled { entry, handling } = due(&shelved, gravest(), at(100), &policy()).unwrap();
    assert_eq!((&entry.action, &entry.signed.by), (&Action::Release, &Actor::Automatic));
    assert_eq!((&handling.held, handling.held_until), (&None, None));
    let back = due(&handling, gravest(), at(100), &policy()).unwrap();
    assert_eq!(back.entry.action, Action::Unshelve, "the next is said then");
    assert_eq!(back.handling.held, None);
    // What is held with no end is held until two people lift it.
    let kept = Action::Hold { reason: "tai nạn".into(), until: None };
    let kept = done(&back.handling, "an", 101, kept).handling;
    let kept = done(&kept, "an", 102, Action::Ack).handling;
    assert_eq!(due(&kept, gravest(), Timestamp::MAX, &policy()), None);
}

#[test]
fn one_of_two_desks_takes_charge_and_the_other_learns_whose_it_is() {
    let alert = fresh();
    let first = done(&alert, "an", 5, Action::Ack).handling;
    assert_eq!((first.state, first.version), (HandlingState::Acknowledged, 1));
    assert_eq!(first.escalates, None, "somebody answers for it");
    let second = decide(&first, gravest(), &request("binh", 0, 6, Action::Ack), &policy());
    let Err(refusal @ Refusal::Stale { .. }) = second else { panic!("{second:?}") };
    assert!(refusal.to_string().starts_with("an was first (ack at "), "{refusal}");
    // Whoever has it may press again, whatever they last saw.
    let again = decide(&first, gravest(), &request("an", 0, 7, Action::Ack), &policy());
    assert_eq!(again, Ok(None));
    let knowing = decide(&first, gravest(), &request("binh", 1, 8, Action::Ack), &policy());
    assert!(matches!(knowing, Err(Refusal::NotNow { .. })), "{knowing:?}");
}

#[test]
fn an_alert_goes_from_hand_to_hand_until_it_has_an_outcome() {
    let mut alert = done(&fresh(), "an", 5, Action::Ack).handling;
    alert = done(&alert, "an", 9, Action::Assign { to: account("csgt-1") }).handling;
    assert_eq!(
        (alert.state, alert.assignee.clone()),
        (HandlingState::InProgress, Some(account("csgt-1")))
    );
    alert = done(&alert, "an", 20, Action::Step { number: 1 }).handling;
    alert = done(&alert, "an", 60, close(Outcome::False)).handling;
    assert_eq!(alert.state, HandlingState::Closed);
    assert_eq!(alert.verdict.as_ref().unwrap().outcome, Outcome::False);
    for action in [Action::Unshelve, close(Outcome::True), Action::Step { number: 2 }] {
        let refused =
            decide(&alert, gravest(), &request("an", alert.version, 61, action), &policy());
        assert!(matches!(refused, Err(Refusal::NotNow { .. })), "{refused:?}");
    }
    alert = done(&alert, "binh", 90, Action::Reopen { reason: "xem lại".to_owned() }).handling;
    assert_eq!((alert.state, alert.verdict), (HandlingState::InProgress, None));
    assert_eq!(alert.acknowledged.unwrap().by, Actor::Account(account("binh")));
}

#[test]
fn what_nobody_acknowledges_climbs_the_rungs_once_each() {
    let alert = fresh();
    assert_eq!(due(&alert, gravest(), at(29), &policy()), None);
    let higher = due(&alert, gravest(), at(31), &policy()).unwrap();
    assert_eq!(higher.entry.signed.by, Actor::Automatic);
    assert_eq!(higher.handling.assignee, Some(account("shift-lead")));
    assert_eq!(higher.handling.state, HandlingState::New, "nobody has seen it yet");
    assert_eq!(due(&higher.handling, gravest(), at(89), &policy()), None);
    let highest = due(&higher.handling, gravest(), at(91), &policy()).unwrap().handling;
    assert_eq!((highest.assignee.clone(), highest.rungs), (Some(account("commander")), 2));
    assert_eq!(highest.escalates, None);
    assert_eq!(due(&highest, gravest(), at(9999), &policy()), None);
}

#[test]
fn what_is_silenced_waits_as_before_and_sounds_again_when_it_goes_higher() {
    let until = |seconds| Action::Silence { until: Some(at(seconds)) };
    let silenced = done(&fresh(), "an", 3, Action::Silence { until: None }).handling;
    let of = |handling: &Handling| handling.silenced.clone().map(|silenced| silenced.signed.by);
    assert_eq!(of(&silenced), Some(Actor::Account(account("an"))));
    // Nobody answers for it: it goes higher at its time.
    assert_eq!((silenced.state, &silenced.escalates), (HandlingState::New, &fresh().escalates));
    assert_eq!(silenced.acknowledged, None);
    let again = |version, action| {
        decide(&silenced, gravest(), &request("binh", version, 4, action), &policy())
    };
    let Err(refusal @ Refusal::Stale { .. }) = again(0, until(60)) else { panic!("not stale") };
    assert!(refusal.to_string().starts_with("an was first (silence at "), "{refusal}");
    assert_eq!(again(1, until(60)), Ok(None), "it is silent for longer already");
    let higher = due(&silenced, gravest(), at(31), &policy()).unwrap().handling;
    assert_eq!(higher.silenced, None, "the shift lead has not heard it");
    let bounded = done(&fresh(), "an", 3, until(60)).handling;
    let longer = done(&bounded, "binh", 5, until(90)).handling;
    assert_eq!(longer.silenced.as_ref().unwrap().until, Some(at(90)));
    let taken = done(&longer, "binh", 6, Action::Ack).handling;
    let late = request("an", taken.version, 7, Action::Silence { until: None });
    let late = decide(&taken, gravest(), &late, &policy());
    assert!(matches!(late, Err(Refusal::NotNow { .. })), "{late:?}");
    let past = decide(&fresh(), gravest(), &request("an", 0, 5, until(5)), &policy());
    assert!(matches!(past, Err(Refusal::Invalid { name: "until", .. })), "{past:?}");
}

#[test]
fn what_is_shelved_waits_without_a_timer_and_comes_back_with_one() {
    let shelve = |until| Action::Shelve { until, reason: "thi công".to_owned() };
    let too_long = at(1).plus(LONGEST_SHELF);
    for until in [at(0), too_long] {
        let refused = decide(&fresh(), gravest(), &request("an", 0, 0, shelve(until)), &policy());
        assert!(matches!(refused, Err(Refusal::Invalid { name: "until", .. })), "{refused:?}");
    }
    let shelved = done(&fresh(), "an", 3, shelve(at(900))).handling;
    assert_eq!((shelved.state, shelved.escalates.clone()), (HandlingState::New, None));
    assert_eq!(due(&shelved, gravest(), at(899), &policy()), None);
    let back = due(&shelved, gravest(), at(900), &policy()).unwrap();
    assert_eq!((back.entry.action, back.handling.shelved), (Action::Unshelve, None));
    assert_eq!(back.handling.escalates.unwrap().at, at(930));
}

#[test]
fn a_blank_reason_and_a_step_that_no_procedure_has_are_refused() {
    for (action, part) in [
        (Action::Close { outcome: Outcome::True, reason: " \t".to_owned() }, "reason"),
        (Action::Reopen { reason: String::new() }, "reason"),
        (Action::Note { text: "x".repeat(2001) }, "text"),
        (Action::Step { number: 0 }, "number"),
        (Action::Step { number: 100 }, "number"),
    ] {
        let refused = decide(&fresh(), gravest(), &request("an", 0, 0, action), &policy());
        assert!(
            matches!(refused, Err(Refusal::Invalid { name, .. }) if name == part),
            "{refused:?}"
        );
    }
}

/// One try of somebody at some time; a version that is sometimes stale.
#[derive(Debug, Clone)]
struct Try {
    who: usize,
    stale: bool,
    wait_s: u64,
    action: Action,
}

fn tries() -> impl Strategy<Value = Vec<Try>> {
    let reason = "lý do".to_owned();
    let outcome = prop::sample::select(Outcome::ALL.to_vec());
    let action = prop_oneof![
        3 => Just(Action::Ack),
        2 => Just(Action::Assign { to: account("csgt-1") }),
        1 => Just(Action::Escalate { to: account("shift-lead"), reason: reason.clone() }),
        2 => (0_u64..400).prop_map(|until| Action::Shelve { until: at(until), reason: "ồn".to_owned() }),
        1 => Just(Action::Unshelve),
        2 => prop::option::of(0_u64..400).prop_map(|until| Action::Silence { until: until.map(at) }),
        1 => Just(Action::Note { text: "gọi tổ tuần tra".to_owned() }),
        1 => (0_u16..4).prop_map(|number| Action::Step { number }),
        2 => outcome.prop_map(|outcome| Action::Close { outcome, reason: "xong".to_owned() }),
        2 => Just(Action::Reopen { reason: reason.clone() }),
        1 => prop::option::of(0_u64..400).prop_map(move |until| Action::Hold { reason: reason.clone(), until: until.map(at) }),
    ];
    let one = (0_usize..3, prop::bool::weighted(0.2), 0_u64..40, action)
        .prop_map(|(who, stale, wait_s, action)| Try { who, stale, wait_s, action });
    prop::collection::vec(one, 0..40)
}

proptest! {
    #[test]
    fn any_interleaving_leaves_a_log_that_comes_to_the_state(tries in tries()) {
        let policy = policy();
        let (mut handling, mut now) = (fresh(), 0);
        let mut log: Vec<LogEntry> = Vec::new();
        for Try { who, stale, wait_s, action } in tries {
            now += wait_s;
            while let Some(Handled { entry, handling: after }) = due(&handling, gravest(), at(now), &policy) {
                log.push(entry);
                handling = after;
            }
            let seen = if stale { handling.version.wrapping_sub(1) } else { handling.version };
            let who = ["an", "binh", "chi"][who];
            let was = handling.clone();
            match decide(&handling, gravest(), &request(who, seen, now, action.clone()), &policy) {
                Ok(Some(Handled { entry, handling: after })) => {
                    prop_assert!(!stale, "a stale version changes nothing");
                    prop_assert_eq!(entry.version, was.version + 1);
                    let was_closed = was.state == HandlingState::Closed;
                    let stays = matches!(action, Action::Note { .. } | Action::Hold { .. });
                    let reopens = matches!(action, Action::Reopen { .. });
                    prop_assert!(!was_closed || stays || reopens);
                    prop_assert!(action != Action::Ack || after.state < HandlingState::Closed);
                    log.push(entry);
                    handling = after;
                }
                Ok(None) => {}
                Err(Refusal::Stale { current } | Refusal::NotNow { current, .. }) => {
                    prop_assert_eq!(*current, was);
                }
                Err(Refusal::Invalid { .. }) => {}
            }
            // Only what nobody answers for, and stands in the queue, has a timer.
            let waits = handling.state == HandlingState::New && handling.shelved.is_none();
            prop_assert!(waits || handling.escalates.is_none());
            prop_assert_eq!(handling.verdict.is_some(), handling.state == HandlingState::Closed);
        }
        let replayed = log.iter().fold(fresh(), |handling, entry| apply(&handling, entry));
        prop_assert_eq!(replayed, handling);
    }

    #[test]
    fn exactly_one_of_racing_acknowledgements_wins(order in Just(vec![0, 1, 2, 3]).prop_shuffle()) {
        let desks = ["an", "binh", "chi", "dung"];
        let mut handling = fresh();
        let mut winners = Vec::new();
        for desk in order {
            let asked = request(desks[desk], 0, 1, Action::Ack);
            match decide(&handling, gravest(), &asked, &policy()) {
                Ok(Some(handled)) => {
                    winners.push(desks[desk]);
                    handling = handled.handling;
                }
                Err(Refusal::Stale { current }) => {
                    let first = current.acknowledged.unwrap().by.to_string();
                    prop_assert_eq!(&first, winners[0]);
                }
                other => prop_assert!(false, "{other:?}"),
            }
        }
        prop_assert_eq!(winners.len(), 1);
    }
}
