//! Who did what stays as it was written; what is held stays as long as it is held.

use domain::{
    AuditAction, AuditDraft, AuditEntry, Gap, GapCause, SignedHead, StreamId, TimeRange, Timestamp,
};
use index::{
    AuditQuery, AuditTrail, Custody, HoldAct, HoldDraft, Index, IndexError, Policy, PurposeDraft,
};

use crate::footage::{minute, record};
use crate::made::{camera, open};

/// Any function does here: what the chain is made of is not this crate's business.
fn link(before: &[u8; 32], entry: &AuditEntry) -> [u8; 32] {
    let mut hash = *before;
    hash[0] = hash[0].wrapping_add(1);
    hash[1] ^= u8::try_from(entry.object.len()).unwrap();
    hash
}

fn draft(object: &str, case: Option<&str>) -> AuditDraft {
    AuditDraft {
        time: minute(1),
        actor: "lan".parse().unwrap(),
        action: AuditAction::Searched,
        object: object.to_owned(),
        case: case.map(str::to_owned),
        purpose: Some(7),
        detail: "{\"n\": 1}".to_owned(),
    }
}

fn act(by: &str) -> HoldAct {
    HoldAct { by: by.parse().unwrap(), at: minute(2) }
}

fn hold(cameras: &[usize], start: u64, end: Option<u64>) -> HoldDraft {
    HoldDraft {
        case: "01/2026".to_owned(),
        reason: "accident".to_owned(),
        cameras: cameras.iter().map(|number| camera(*number)).collect(),
        start: minute(start),
        end: end.map(minute),
        until: None,
        by: "lan".parse().unwrap(),
        at: minute(1),
    }
}

#[test]
fn entries_come_back_as_they_were_written_in_this_process_and_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let first = index.custody().append_audit(&draft("a", Some("01/2026")), link).unwrap();
    // A command beside the service.
    let mut beside = Custody::open(folder.path()).unwrap();
    let second = beside.append_audit(&draft("bb", None), link).unwrap();
    let third = index.custody().append_audit(&draft("ccc", Some("01/2026")), link).unwrap();
    assert_eq!([first.entry.seq, second.entry.seq, third.entry.seq], [1, 2, 3]);
    assert_eq!(third.hash, link(&second.hash, &third.entry));

    let trail = AuditTrail::open(folder.path()).unwrap();
    assert_eq!(trail.site().unwrap(), "test");
    assert_eq!(trail.counted().unwrap(), 3);
    assert_eq!(trail.entries_after(0, 2).unwrap(), [first.clone(), second.clone()]);
    assert_eq!(trail.entries_after(2, 2).unwrap(), std::slice::from_ref(&third));
    let case = AuditQuery { case: Some("01/2026".to_owned()), ..AuditQuery::default() };
    assert_eq!(trail.search(&case).unwrap(), [third.clone(), first.clone()]);
    assert_eq!(index.custody().first_audit_of("01/2026").unwrap(), Some(1));
    assert_eq!(index.custody().first_audit_of("none").unwrap(), None);
    let before = AuditQuery { before: Some(3), limit: 1, ..AuditQuery::default() };
    assert_eq!(trail.search(&before).unwrap(), [second]);
    let nobody = AuditQuery { actor: Some("minh".parse().unwrap()), ..AuditQuery::default() };
    assert_eq!(trail.search(&nobody).unwrap(), []);
    let earlier = TimeRange { start: minute(0), end: minute(1) };
    let earlier = AuditQuery { range: earlier, ..AuditQuery::default() };
    assert_eq!(trail.search(&earlier).unwrap(), []);
}

#[test]
fn a_head_is_signed_once_for_what_is_new() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let sign =
        |number, (seq, hash)| SignedHead { number, seq, hash, time: minute(5), signature: [9; 64] };
    assert_eq!(index.custody().sign_audit(&sign).unwrap(), None);
    let entry = index.custody().append_audit(&draft("a", None), link).unwrap();
    let head = index.custody().sign_audit(&sign).unwrap().unwrap();
    assert_eq!((head.number, head.seq, head.hash), (1, 1, entry.hash));
    assert_eq!(index.custody().sign_audit(&sign).unwrap(), None, "nothing came since");
    index.custody().append_audit(&draft("b", None), link).unwrap();
    let second = index.custody().sign_audit(&sign).unwrap().unwrap();
    assert_eq!(AuditTrail::open(folder.path()).unwrap().heads().unwrap(), [head, second.clone()]);
    assert_eq!(index.custody().audit_heads_after(1).unwrap(), std::slice::from_ref(&second));
    assert_eq!(index.custody().audit_head().unwrap(), Some(second));
}

#[test]
fn the_database_itself_refuses_to_change_the_trail() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    index.custody().append_audit(&draft("a", None), link).unwrap();
    let tool = rusqlite::Connection::open(folder.path().join("core.db")).unwrap();
    for sql in [
        "UPDATE audit SET object = 'b'",
        "DELETE FROM audit",
        "UPDATE audit_head SET seq = 9",
        "DELETE FROM audit_head",
    ] {
        // Of heads there are none yet: a trigger that has no row to guard says nothing.
        let is_refused = tool.execute(sql, []).is_err();
        assert_eq!(is_refused, !sql.contains("audit_head"), "{sql}");
    }
    drop(tool);
    drop(index);
    // Triggers that are gone, or not ours, are noticed at the next start.
    let tool = rusqlite::Connection::open(folder.path().join("core.db")).unwrap();
    tool.execute_batch("DROP TRIGGER audit_kept").unwrap();
    drop(tool);
    let refused = Custody::open(folder.path()).unwrap_err();
    assert!(matches!(refused, IndexError::Damaged { .. }), "{refused}");
}

#[test]
fn a_purpose_is_its_owners_for_a_shift() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let purpose = PurposeDraft {
        owner: "lan".parse().unwrap(),
        case: "01/2026".to_owned(),
        reason: "accident at Tràng Tiền".to_owned(),
        legal_basis: Some("BLTTHS 2015, Điều 88".to_owned()),
        stated: minute(1),
        expires: minute(481),
    };
    let stored = index.custody().state_purpose(&purpose, link).unwrap();
    assert_eq!(index.custody().purpose(stored.id).unwrap(), Some(stored.clone()));
    assert!(stored.allows(&purpose.owner, minute(480)));
    assert!(!stored.allows(&purpose.owner, minute(481)));
    assert!(!stored.allows(&"minh".parse().unwrap(), minute(2)));
    let of = |name: &str, at| index.custody().purpose_of(&name.parse().unwrap(), at).unwrap();
    assert_eq!(of("lan", minute(2)), Some(stored));
    assert_eq!(of("lan", minute(481)), None);
    assert_eq!(of("minh", minute(2)), None);
    let entries = index.custody().audit(&AuditQuery::default()).unwrap();
    assert_eq!(entries[0].entry.action, "purpose_stated");
    assert!(entries[0].entry.detail.contains("Điều 88"), "the chain holds all of it");
    let empty = PurposeDraft { case: " ".to_owned(), ..purpose };
    assert!(matches!(index.custody().state_purpose(&empty, link), Err(IndexError::Query(_))));
}

/// Returns the minutes at which the segments of camera 1 that may be deleted start.
fn free(index: &Index) -> Vec<Timestamp> {
    let stream = StreamId::main(camera(1));
    let by_age = index.segments_before(&stream, minute(100), 100).unwrap();
    let by_space = index.oldest_segments(&"disk-1".parse().unwrap(), 100).unwrap();
    assert_eq!(by_age, by_space);
    by_age.iter().map(|segment| segment.range.start).collect()
}

#[test]
fn what_is_held_is_never_offered_for_deletion_also_what_comes_later() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let stream = StreamId::main(camera(1));
    let before: Vec<_> = (0..4).map(|number| record(&index, &stream, number)).collect();
    assert_eq!(free(&index).len(), 4);
    let another = index.custody().place_hold(&hold(&[2], 0, None), link).unwrap();
    assert_eq!(free(&index).len(), 4, "of another camera");
    let placed = index.custody().place_hold(&hold(&[1, 3], 2, None), link).unwrap();
    assert_eq!(free(&index), [minute(0), minute(1)]);
    record(&index, &stream, 9);
    assert_eq!(free(&index), [minute(0), minute(1)], "not yet written when it was placed");
    // A race: somebody who asked before the hold was placed marks after.
    let refused = index.mark_deleting(&[before[1].id, before[3].id]).unwrap_err();
    assert!(matches!(refused, IndexError::Held(1)), "{refused}");
    assert_eq!(free(&index), [minute(0), minute(1)], "none of them was marked");
    let all = index.custody().place_hold(&hold(&[], 0, Some(1)), link).unwrap();
    assert_eq!(free(&index), [minute(1)]);

    // Over a restart, and beside the service.
    drop(index);
    let index = open(folder.path());
    assert_eq!(free(&index), [minute(1)]);
    let mut beside = Custody::open(folder.path()).unwrap();
    for id in [placed.id, all.id, another.id] {
        beside.ask_to_lift_hold(id, &act("lan"), "the case is closed", link).unwrap();
        beside.lift_hold(id, &act("minh"), |_| None, link).unwrap();
    }
    assert_eq!(free(&index).len(), 5);
    assert_eq!(index.custody().holds(false).unwrap(), []);
    assert_eq!(index.custody().holds(true).unwrap().len(), 3);
}

#[test]
fn a_hold_ends_by_itself_when_its_time_has_come_and_that_is_on_record_first() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let stream = StreamId::main(camera(1));
    record(&index, &stream, 0);
    let draft = HoldDraft { until: Some(minute(30)), ..hold(&[1], 0, None) };
    let placed = index.custody().place_hold(&draft, link).unwrap();
    let program = "watchpost".parse().unwrap();
    let end = |now: u64| index.custody().end_holds(&program, minute(now), link).unwrap();
    assert_eq!(end(29), []);
    assert_eq!(free(&index).len(), 0);
    // Whoever asks to lift it changes nothing about its end.
    index.custody().ask_to_lift_hold(placed.id, &act("lan"), "closed", link).unwrap();
    // Its time is over, and nobody has noted that: it holds on, over a restart as well.
    drop(index);
    let index = open(folder.path());
    assert_eq!(free(&index).len(), 0);
    let end = |now: u64| index.custody().end_holds(&program, minute(now), link).unwrap();
    let ended = end(31);
    assert_eq!(ended.len(), 1);
    assert_eq!((ended[0].id, ended[0].ended), (placed.id, Some(minute(31))));
    assert_eq!(free(&index).len(), 1);
    assert_eq!(end(32), [], "once");
    assert_eq!(index.custody().holds(false).unwrap(), []);
    assert_eq!(index.custody().holds(true).unwrap(), ended);
    assert!(matches!(
        index.custody().lift_hold(placed.id, &act("minh"), |_| None, link),
        Err(IndexError::Hold(_))
    ));
    let newest = index.custody().audit(&AuditQuery::default()).unwrap().swap_remove(0).entry;
    assert_eq!((&*newest.action, &*newest.actor), ("hold_ended", "watchpost"));
    assert_eq!(newest.case.as_deref(), Some("01/2026"));
    assert!(newest.detail.contains(&placed.id.to_string()), "{}", newest.detail);
}

#[test]
fn a_hold_with_an_end_is_lifted_earlier_by_two_and_then_does_not_end_again() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let draft = HoldDraft { until: Some(minute(30)), ..hold(&[1], 0, None) };
    let id = index.custody().place_hold(&draft, link).unwrap().id;
    index.custody().ask_to_lift_hold(id, &act("lan"), "closed", link).unwrap();
    assert!(index.custody().lift_hold(id, &act("lan"), |_| None, link).is_err(), "one alone");
    index.custody().lift_hold(id, &act("minh"), |_| None, link).unwrap();
    let program = "watchpost".parse().unwrap();
    assert_eq!(index.custody().end_holds(&program, minute(31), link).unwrap(), []);
    // One that would be over before it began holds nothing: nobody means that.
    for (start, until) in [(0, 1), (40, 30)] {
        let draft = HoldDraft { until: Some(minute(until)), ..hold(&[1], start, None) };
        let why = index.custody().place_hold(&draft, link).unwrap_err();
        assert!(matches!(why, IndexError::Query(_)), "{why}");
    }
}

#[test]
fn gaps_of_what_is_held_stay_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    for number in [1, 2] {
        let stream = StreamId::main(camera(number));
        index.open_gap(&stream, minute(1), GapCause::Disconnected).unwrap();
        index.close_gap(&stream, minute(2)).unwrap();
    }
    index.custody().place_hold(&hold(&[1], 0, Some(5)), link).unwrap();
    assert_eq!(index.expire_gaps(minute(50)).unwrap(), 1);
    let left: Vec<Gap> = index.gaps(None, TimeRange::ALL).unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].stream.camera, camera(1));
}

#[test]
fn a_hold_is_lifted_by_two_persons_and_no_fewer() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let id = index.custody().place_hold(&hold(&[1], 0, None), link).unwrap().id;
    let lift = |by: &str| index.custody().lift_hold(id, &act(by), |_| None, link);
    let why = lift("minh").unwrap_err().to_string();
    assert_eq!(why, format!("nobody has asked to lift hold {id}"));
    index.custody().ask_to_lift_hold(id, &act("lan"), "closed", link).unwrap();
    let why = lift("lan").unwrap_err().to_string();
    assert!(why.contains("a second person must agree"), "{why}");
    assert_eq!(index.custody().holds(false).unwrap().len(), 1, "still in force");
    let lifted = lift("minh").unwrap();
    assert_eq!(lifted.lifted, Some(act("minh")));
    assert!(matches!(lift("minh"), Err(IndexError::Hold(_))), "there is none any more");
    let words: Vec<String> = index
        .custody()
        .audit(&AuditQuery::default())
        .unwrap()
        .into_iter()
        .map(|chained| chained.entry.action)
        .collect();
    assert_eq!(words, ["hold_lifted", "hold_lift_asked", "hold_placed"], "refusals change nothing");
    for wrong in [hold(&[], 5, Some(5)), HoldDraft { case: String::new(), ..hold(&[], 0, None) }] {
        assert!(index.custody().place_hold(&wrong, link).is_err());
    }
}

#[test]
fn a_policy_that_changes_alike_for_many_cameras_is_one_entry() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let actor = "watchpost".parse().unwrap();
    let put = |softened: bool, days: f64| {
        let policies: Vec<Policy> = (1..=700)
            .map(|number| Policy {
                camera: Some(camera(number)),
                setting: "soften_persons",
                value: softened.into(),
            })
            .chain([Policy { camera: None, setting: "events_days", value: days.into() }])
            .collect();
        index.custody().put_policies(&policies, &actor, minute(1), link).unwrap()
    };
    assert_eq!(put(true, 365.0), 0, "seen for the first time");
    assert_eq!(put(true, 365.0), 0);
    assert_eq!(put(false, 30.0), 2);
    let changed = AuditQuery { action: Some("policy_changed".into()), ..AuditQuery::default() };
    let entries = index.custody().audit(&changed).unwrap();
    let objects: Vec<&str> = entries.iter().map(|found| found.entry.object.as_str()).collect();
    assert_eq!(objects, ["700 cameras", "site"]);
    let detail: serde_json::Value = serde_json::from_str(&entries[0].entry.detail).unwrap();
    assert_eq!((&detail["from"], &detail["to"]), (&true.into(), &false.into()));
    assert_eq!(detail["cameras"].as_array().unwrap().len(), 700);
}
