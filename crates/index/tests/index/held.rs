//! Events of held footage outlive their month; recorded files are chained as they are closed; orders of
//! packages outlive a restart.

use domain::{
    AuditAction, AuditDraft, AuditEntry, Event, StreamId, StreamRole, TimeRange, Timestamp, TrackId,
};
use index::{
    AuditQuery, EventQuery, ExportDraft, ExportOptions, ExportStage, FootageDay, FootageSeal,
    HoldAct, HoldDraft, Index, IndexError, PurposeDraft, ReadOnlyIndex, TrackQuery,
};
use uuid::Uuid;

use crate::footage::{closed_segment, minute, record};
use crate::made::{camera, cameras, event, open, time};
use crate::tracks::track;

fn link(before: &[u8; 32], entry: &AuditEntry) -> [u8; 32] {
    let mut hash = *before;
    hash[0] = hash[0].wrapping_add(u8::try_from(entry.seq).unwrap());
    hash
}

fn footage_link(before: &[u8; 32], sha256: &[u8; 32]) -> [u8; 32] {
    let mut chain = *before;
    chain[0] = chain[0].wrapping_add(1);
    chain[1] ^= sha256[0];
    chain
}

fn act(by: &str) -> HoldAct {
    HoldAct { by: by.parse().unwrap(), at: minute(2) }
}

fn hold(index: &Index, numbers: &[usize], start: &str, end: Option<&str>) -> u64 {
    let draft = HoldDraft {
        case: "01/2026".to_owned(),
        reason: "accident".to_owned(),
        cameras: numbers.iter().map(|number| camera(*number)).collect(),
        start: time(start),
        end: end.map(time),
        until: None,
        by: "lan".parse().unwrap(),
        at: minute(1),
    };
    index.custody().place_hold(&draft, link).unwrap().id
}

fn lift(index: &Index, id: u64) {
    index.custody().ask_to_lift_hold(id, &act("lan"), "closed", link).unwrap();
    index.custody().lift_hold(id, &act("minh"), |_| None, link).unwrap();
}

fn found(index: &Index) -> Vec<Timestamp> {
    let page = index.search_events(&EventQuery::new(TimeRange::ALL)).unwrap();
    page.events.iter().map(|stored| stored.event.draft.time).collect()
}

#[test]
fn events_of_held_footage_outlive_their_month_and_go_with_the_hold() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    index.put_cameras(&cameras(6)).unwrap();
    let moments = ["2026-01-10T08:00:00Z", "2026-01-10T09:00:00Z", "2026-02-03T08:00:00Z"];
    let mut events: Vec<Event> = Vec::new();
    for (seed, moment) in (1..).zip(moments) {
        events.push(event(seed * 2, time(moment), 1));
        events.push(event(seed * 2 + 1, time(moment), 2));
    }
    let sequences = index.append_events(events.clone()).unwrap();
    let held = hold(&index, &[1], "2026-01-10T07:30:00Z", Some("2026-01-10T08:30:00Z"));
    let before = time("2026-03-01T00:00:00Z");
    assert_eq!(index.expire(before).unwrap().event_months, 1, "February alone");
    assert_eq!(found(&index), [time(moments[0])]);
    // As whole as before: by its name, in its feed, counted.
    let stored = index.event(&events[0].id).unwrap().unwrap();
    assert_eq!((&stored.event, stored.sequence), (&events[0], sequences[0]));
    assert_eq!(index.event(&events[1].id).unwrap(), None, "of another camera");
    assert_eq!(index.events_after(0, 10).unwrap().len(), 1);
    let counted = index.histogram(&EventQuery::new(TimeRange::ALL)).unwrap();
    assert_eq!(counted.iter().map(|hour| hour.count).sum::<u64>(), 1);
    // Every round, and over a restart.
    assert_eq!(index.expire(before).unwrap().event_months, 0);
    drop(index);
    let index = open(folder.path());
    assert_eq!(index.expire(before).unwrap().event_months, 0);
    assert_eq!(found(&index), [time(moments[0])]);
    let later = index.append_events(vec![event(99, time("2026-03-02T00:00:00Z"), 1)]).unwrap();
    assert!(later[0] > *sequences.last().unwrap(), "no sequence is given twice");
    lift(&index, held);
    assert_eq!(index.expire(before).unwrap().event_months, 1);
    assert_eq!(found(&index), [time("2026-03-02T00:00:00Z")]);
    let left = std::fs::read_dir(folder.path()).unwrap();
    let names: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    assert!(!names.iter().any(|name| name.to_string_lossy().contains("202601")), "{names:?}");
}

#[test]
fn tracks_of_held_footage_outlive_their_month_and_go_with_the_hold() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    index.put_cameras(&cameras(6)).unwrap();
    let tracks = [
        track(1, 1, time("2026-01-10T08:00:00Z"), 30),
        track(2, 2, time("2026-01-10T08:00:00Z"), 30),
        track(3, 1, time("2026-01-10T10:00:00Z"), 30),
        // Begins before what is held, and in the month before.
        track(4, 2, time("2026-01-31T23:59:50Z"), 20),
        track(5, 2, time("2026-02-01T03:00:00Z"), 20),
    ];
    index.append_tracks(tracks.to_vec()).unwrap();
    index.flush().unwrap();
    let whole = index.track(TrackId(4)).unwrap().unwrap();
    let first = hold(&index, &[1], "2026-01-10T07:30:00Z", Some("2026-01-10T08:00:10Z"));
    let second = hold(&index, &[2], "2026-02-01T00:00:05Z", Some("2026-02-01T01:00:00Z"));
    let found = |index: &Index| {
        let page = index.tracks(&TrackQuery::new(TimeRange::ALL)).unwrap();
        page.tracks.iter().map(|track| track.id.0).collect::<Vec<_>>()
    };
    let before = time("2026-03-01T00:00:00Z");
    assert_eq!(index.expire_tracks(before).unwrap(), 1, "February holds none that is held");
    assert_eq!(found(&index), [1, 4]);
    assert_eq!(index.track(TrackId(4)).unwrap(), Some(whole), "as whole as before");
    drop(index);
    let index = open(folder.path());
    assert_eq!(index.expire_tracks(before).unwrap(), 0);
    assert_eq!(found(&index), [1, 4]);
    lift(&index, first);
    assert_eq!(index.expire_tracks(before).unwrap(), 0);
    assert_eq!(found(&index), [4]);
    lift(&index, second);
    assert_eq!(index.expire_tracks(before).unwrap(), 1);
    assert_eq!(found(&index), [] as [u64; 0]);
}

#[test]
fn a_hold_of_every_camera_without_an_end_keeps_the_whole_month_from_its_start_on() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    index.put_cameras(&cameras(3)).unwrap();
    let (early, late) = (time("2026-01-10T08:00:00Z"), time("2026-01-20T08:00:00Z"));
    index.append_events(vec![event(1, early, 1), event(2, late, 1), event(3, late, 2)]).unwrap();
    hold(&index, &[], "2026-01-15T00:00:00Z", None);
    index.expire(time("2026-03-01T00:00:00Z")).unwrap();
    assert_eq!(found(&index), [late, late]);
}

#[test]
fn a_file_is_chained_as_it_is_closed_and_its_link_outlives_it() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let stream = StreamId::main(camera(1));
    let mut segments = Vec::new();
    for number in 0..3_u8 {
        let mut segment = closed_segment(&index, &stream, u64::from(number));
        segment.sha256 = Some([number + 1; 32]);
        index.close_in_chain(&segment, footage_link).unwrap();
        segments.push(segment);
    }
    // Closed once more as it is: the chain says so once.
    index.close_in_chain(&segments[2], footage_link).unwrap();
    // Without a chain it is no link.
    record(&index, &stream, 9);
    let (heads, change) = index.grown_chains(0).unwrap();
    assert_eq!((heads.len(), change), (1, 3));
    let day = FootageDay::of(&segments[0]);
    assert_eq!((&heads[0].day, heads[0].links), (&day, 3));
    assert_eq!(index.grown_chains(change).unwrap().0, []);

    let beside = ReadOnlyIndex::open(folder.path()).unwrap();
    let links = beside.footage_links(&day, 1).unwrap();
    assert_eq!(links.iter().map(|link| link.number).collect::<Vec<_>>(), [1, 2, 3]);
    let mut chain = [0; 32];
    for (link, segment) in links.iter().zip(&segments) {
        chain = footage_link(&chain, &segment.sha256.unwrap());
        assert_eq!((link.segment, link.chain), (segment.id, chain));
    }
    assert_eq!(heads[0].chain, chain);
    index.mark_deleting(&[segments[0].id]).unwrap();
    index.forget_segments(&[segments[0].id]).unwrap();
    index.expire_gaps(minute(100_000)).unwrap();
    assert_eq!(beside.footage_links(&day, 2).unwrap().len(), 2, "others of the day are there");

    let seal = FootageSeal { time: minute(60), change, leaves: vec![[7; 32], [8; 32]] };
    let draft = AuditDraft {
        time: minute(60),
        actor: "watchpost".parse().unwrap(),
        action: AuditAction::FootageChained,
        object: "footage".to_owned(),
        case: None,
        purpose: None,
        detail: String::new(),
    };
    assert_eq!(index.custody().sealed_change().unwrap(), 0);
    let stored = index.custody().seal_footage(&seal, &draft, link).unwrap();
    assert_eq!((stored.seq, index.custody().sealed_change().unwrap()), (1, change));
    let of = |leaves: &[[u8; 32]]| {
        index.custody().footage_seal_of(leaves, TimeRange::ALL).unwrap().map(|(_, place)| place)
    };
    assert_eq!((of(&[[1; 32], [8; 32]]), of(&[[1; 32]])), (Some(1), None));
    assert_eq!(index.custody().expire_footage_seals(minute(1000)).unwrap(), 0, "the newest stays");
    let entries = index.custody().audit(&AuditQuery::default()).unwrap();
    assert_eq!((entries[0].entry.seq, entries[0].entry.action.as_str()), (1, "footage_chained"));
}

fn ordered(index: &Index, second_needed: bool) -> ExportDraft {
    let purpose = PurposeDraft {
        owner: "lan".parse().unwrap(),
        case: "01/2026".to_owned(),
        reason: "accident".to_owned(),
        legal_basis: None,
        stated: minute(1),
        expires: minute(481),
    };
    let purpose = index.custody().state_purpose(&purpose, link).unwrap();
    let draft = ExportDraft {
        id: Uuid::now_v7(),
        operator: "lan".parse().unwrap(),
        ordered: minute(2),
        purpose,
        cameras: vec![camera(1), camera(2)],
        role: StreamRole::Sub,
        range: TimeRange { start: minute(0), end: minute(1) },
        options: ExportOptions { stills: false, masks_removed: true, protected: true },
        second_needed,
    };
    index.custody().order_export(&draft, link).unwrap();
    draft
}

#[test]
fn an_order_outlives_a_restart_as_it_was_given() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let draft = ordered(&index, false);
    drop(index);
    let index = open(folder.path());
    let due = index.custody().due_exports().unwrap();
    assert_eq!((due.len(), &due[0].export, &due[0].stage), (1, &draft, &ExportStage::Due));
    let done =
        ExportStage::Done { bytes: 7, key: [1; 32], warnings: vec!["cảnh báo".to_owned()] };
    index.custody().note_export(draft.id, &done, minute(3)).unwrap();
    assert_eq!(index.custody().due_exports().unwrap(), []);
    let stored = index.custody().export(draft.id).unwrap().unwrap();
    assert_eq!((&stored.stage, stored.changed), (&done, minute(3)));
    assert_eq!(index.custody().export(Uuid::now_v7()).unwrap(), None);
    assert_eq!(index.custody().exports(10, |_| true).unwrap(), [stored]);
}

#[test]
fn an_export_is_agreed_to_by_a_second_person_once_and_by_nobody_for_themselves() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let draft = ordered(&index, true);
    assert_eq!(index.custody().due_exports().unwrap(), [], "nobody has agreed");
    let decide =
        |by: &str, verdict| index.custody().decide_export(draft.id, &act(by), verdict, link);
    let own = decide("lan", Ok(())).unwrap_err();
    assert!(own.to_string().contains("a second person must agree"), "{own}");
    let agreed = decide("minh", Ok(())).unwrap();
    assert_eq!((agreed.second, agreed.stage), (Some(act("minh")), ExportStage::Due));
    let again = decide("hoa", Err("too late".to_owned())).unwrap_err();
    assert!(matches!(again, IndexError::Export(_)), "{again}");
    assert_eq!(index.custody().due_exports().unwrap().len(), 1);
    let refused = ordered(&index, true);
    let stored = index.custody().decide_export(refused.id, &act("minh"), Err("no".into()), link);
    assert_eq!(stored.unwrap().stage, ExportStage::Refused("no".to_owned()));
    let words: Vec<String> = index
        .custody()
        .audit(&AuditQuery::default())
        .unwrap()
        .into_iter()
        .map(|chained| chained.entry.action)
        .filter(|action| action.starts_with("export"))
        .collect();
    assert_eq!(words, ["export_refused", "export_ordered", "export_agreed", "export_ordered"]);
}
