//! Calls: an incident is stored whole, once, and what was said of it is not kept for ever.

use std::time::Duration;

use domain::{
    Alert, Call, CallService, Condition, EventId, EventKind, Severity, TimeRange, Timestamp,
};
use index::{
    Acted, CallName, CallPosting, Case, GatheredCall, HoldDraft, Index, Marked, StoredCall,
    TakenCall,
};
use uuid::Uuid;

use crate::made::{along_the_street, camera, open, time};

fn at(seconds: u64) -> Timestamp {
    time("2026-03-01T00:00:00Z").plus(Duration::from_secs(seconds))
}

fn posting(id: &str, words: u8, seconds: u64) -> CallPosting {
    let source = "tong-dai-113".parse().unwrap();
    let name = CallName { source, context: String::new(), id: id.to_owned() };
    CallPosting { name, digest: [words; 32], at: at(seconds) }
}

fn gathered(id: u128, text: &str, cameras: &[usize]) -> GatheredCall {
    let call = Call {
        service: CallService::Police,
        what: "cướp giật".to_owned(),
        severity: Severity::NOTICE,
        time: at(0),
        text: Some(text.to_owned()),
        location: Some(along_the_street(100.0)),
        address: Some("12 Hàng Bài".to_owned()),
        ward: Some("Phường Cửa Nam".to_owned()),
        is_over: false,
    };
    let id = EventId(Uuid::from_u128(id << 80 | 0x7000_8000_0000_0000_0000));
    let range = TimeRange { start: at(0), end: at(600) };
    let cameras: Vec<_> = cameras.iter().map(|number| camera(*number)).collect();
    let alert = Alert {
        id,
        kind: EventKind::Call(call.service),
        rule: "tong-dai-113".parse().unwrap(),
        severity: call.severity,
        class: None,
        location: call.location,
        first: at(0),
        last: at(0),
        last_event: id,
        count: 1,
        condition: Condition::Active,
        version: 1,
        cameras: cameras.clone(),
    };
    GatheredCall {
        call,
        alert,
        escalation: None,
        title: "cướp giật · Phường Cửa Nam".to_owned(),
        number: "113-20260301".to_owned(),
        footage: cameras.into_iter().map(|camera| (camera, range)).collect(),
    }
}

fn take(index: &Index, posting: &CallPosting, gathered: GatheredCall) -> TakenCall<()> {
    index
        .take_call(posting, |known| {
            let mut gathered = gathered;
            if let Some((_, alert)) = known {
                gathered.alert.id = alert.id;
                gathered.alert.version = alert.version + 1;
            }
            Ok(gathered)
        })
        .unwrap()
}

fn opened(index: &Index, posting: &CallPosting, gathered: GatheredCall) -> StoredCall {
    let taken = take(index, posting, gathered);
    let stored = if let TakenCall::Opened(stored) = taken { Some(stored) } else { None };
    stored.unwrap()
}

#[test]
fn an_incident_is_stored_whole_and_once() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let taken = Case {
        id: 0,
        number: "113-20260301-001".to_owned(),
        title: "của người".to_owned(),
        by: "an".parse().unwrap(),
        at: at(0),
    };
    let of_person = index.open_case(&taken, &[]).unwrap().unwrap();
    let stored = opened(&index, &posting("a", 1, 1), gathered(1, "túi đen", &[1, 2]));
    // Whatever was stored first, the same words again change nothing.
    assert_eq!(
        take(&index, &posting("a", 1, 2), gathered(2, "?", &[3])),
        TakenCall::Known(stored.clone())
    );
    drop(index);
    let index = open(folder.path());
    assert_eq!(index.call_of_alert(stored.alert).unwrap(), Some(stored.clone()));
    let (case, marks) = index.case(stored.case).unwrap().unwrap();
    let lot = case.number.strip_prefix("113-20260301-").unwrap();
    assert_eq!((lot.len(), case.by.as_str()), (4, "tong-dai-113"));
    assert_eq!(index.alert_of_case(stored.case).unwrap(), Some(stored.alert));
    assert_eq!(index.alert_of_case(of_person).unwrap(), None);
    let marked: Vec<_> = marks.into_iter().map(|mark| mark.marked).collect();
    let range = TimeRange { start: at(0), end: at(600) };
    let footage = |number| Marked::Footage(camera(number), range);
    assert_eq!(marked, [Marked::Alert(stored.alert), footage(1), footage(2)]);
    let shown = index.alert(stored.alert).unwrap().unwrap();
    assert_eq!((shown.group, shown.alert.cameras.len()), (stored.alert, 2));
    assert_eq!(shown.about.as_deref(), Some("cướp giật · Phường Cửa Nam"));

    let revised = take(&index, &posting("a", 2, 60), gathered(3, "túi đỏ", &[2, 4]));
    let TakenCall::Revised(revised) = revised else { panic!("{revised:?}") };
    assert_eq!((revised.revision, revised.received, revised.revised), (2, at(1), at(60)));
    let (_, marks) = index.case(stored.case).unwrap().unwrap();
    assert_eq!(marks.len(), 4, "one camera more, none twice");
    let told = index.call_revisions(stored.alert).unwrap();
    let texts: Vec<_> = told.iter().map(|(_, call)| call.text.as_deref().unwrap()).collect();
    assert_eq!(texts, ["túi đen", "túi đỏ"]);
    assert!(index.alert(stored.alert).unwrap().unwrap().change > shown.change);
    let other = opened(&index, &posting("b", 1, 1), gathered(9, "khác", &[]));
    assert_eq!(index.alert(other.alert).unwrap().unwrap().alert.cameras, []);
}

#[test]
fn a_refused_posting_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let refused = index.take_call(&posting("a", 1, 1), |_| Err("no")).unwrap();
    assert_eq!(refused, TakenCall::Refused("no"));
    assert_eq!(index.cases(i64::MAX, 10).unwrap(), []);
    opened(&index, &posting("a", 1, 1), gathered(1, "túi đen", &[1]));
}

#[test]
fn what_was_said_is_forgotten_unless_it_is_held() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let plain = opened(&index, &posting("a", 1, 1), gathered(1, "túi đen", &[1]));
    let held = opened(&index, &posting("b", 1, 1), gathered(2, "túi đỏ", &[1]));
    let new = opened(&index, &posting("c", 1, 500), gathered(3, "túi xanh", &[1]));
    let hold = |stored: &index::StoredAlert| -> Result<_, ()> {
        let signed = domain::Signature { by: domain::Actor::Automatic, at: at(2) };
        let action = domain::Action::Hold { reason: "x".to_owned(), until: None };
        let entry =
            domain::LogEntry { version: 1, signed: signed.clone(), action, escalates: None };
        let handling =
            domain::Handling { version: 1, held: Some(signed), ..stored.handling.clone() };
        Ok(Some(domain::Handled { entry, handling }))
    };
    assert!(matches!(index.act_on_alert(held.alert, None, hold), Ok(Acted::Taken(_))));
    assert_eq!(index.forget_calls(at(400)).unwrap(), 1);
    assert_eq!(index.forget_calls(at(400)).unwrap(), 0);
    let text = |call: &StoredCall| {
        let known = index.call_of_alert(call.alert).unwrap().unwrap().call;
        assert_eq!(known.what, "cướp giật");
        (known.text, known.address)
    };
    assert_eq!(text(&plain), (None, None));
    assert_eq!(index.call_revisions(plain.alert).unwrap()[0].1.text, None);
    assert!(text(&held).0.is_some() && text(&new).0.is_some());
}

#[test]
fn an_alert_is_held_with_its_footage_or_neither() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let stored = opened(&index, &posting("a", 1, 1), gathered(1, "túi đen", &[1]));
    let draft = || HoldDraft {
        case: "alert".to_owned(),
        reason: "x".to_owned(),
        cameras: vec![camera(1)],
        start: at(0),
        end: Some(at(9)),
        until: None,
        by: "an".parse().unwrap(),
        at: at(2),
    };
    let link: domain::ChainLink = |before, entry| {
        let mut hash = *before;
        hash[0] = hash[0].wrapping_add(u8::try_from(entry.seq % 251).unwrap_or(0));
        hash
    };
    let refused = index.hold_alert(stored.alert, None, |_| Err("no"), |_| Some(draft()), link);
    assert_eq!(refused.unwrap(), Acted::Refused("no"));
    assert_eq!(index.custody().holds(true).unwrap(), []);
    for _ in 0..2 {
        let held =
            index.hold_alert(stored.alert, None, |_| Ok::<_, ()>(None), |_| Some(draft()), link);
        assert!(matches!(held, Ok(Acted::Taken(_))));
    }
    assert_eq!(index.custody().holds(true).unwrap().len(), 1, "placed once");
}
