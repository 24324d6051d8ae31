//! What the duty desk costs at a million alerts, in milliseconds of CPU.
//!
//! `cargo bench -p index --bench desk`. One alert in twenty is not closed; ten stand in a group.
//! Costs are the asking thread's CPU time alone: no other thread works for it. An action waits for
//! the disk besides, which is not counted.
#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement: prints its table, and has nobody to return errors to"
)]

use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domain::{
    Action, Actor, EventId, Handled, Handling, HandlingState, LogEntry, Signature, SystemClock,
    TimeRange, Timestamp,
};
use index::{AlertOrder, AlertQuery, Index, SiteSettings, StoredAlert};
use rusqlite::{Connection, params};
use uuid::Uuid;

const ALERTS: i64 = 1_000_000;
/// 2026-03-01T00:00:00Z.
const BEGIN_US: i64 = 1_772_323_200_000_000;
const SECOND_US: i64 = 1_000_000;

fn main() {
    if std::env::args().any(|argument| argument == "--list" || argument == "--test") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let open = || {
        let clock = Arc::new(SystemClock::default());
        Index::open(folder.path(), SiteSettings::new("bench"), clock).unwrap()
    };
    drop(open());
    fill(&folder.path().join("core.db"));
    let index = open();
    println!("| duty desk, {ALERTS} alerts, 5 % not closed | CPU ms p50 (p95) |\n|---|---|");
    let all = AlertQuery::new(TimeRange::ALL);
    let queue = AlertQuery { order: AlertOrder::Queue, ..all.clone() };
    let groups = AlertQuery { order: AlertOrder::Groups, ..all.clone() };
    let deep = deep_cursor(&index, &queue);
    for (name, query) in [
        ("first 100 of the queue", queue.clone()),
        ("100 after the first 20,000", AlertQuery { cursor: deep, ..queue.clone() }),
        ("first 100 groups, with counts", groups),
        ("one officer's 100, of 500", AlertQuery { assignee: "desk-7".parse().ok(), ..queue }),
        (
            "latest 100 in progress",
            AlertQuery { handling: vec![HandlingState::InProgress], ..all.clone() },
        ),
        ("latest 100", all),
    ] {
        measure(name, || assert!(!index.alerts(&query).unwrap().alerts.is_empty()));
    }
    measure("totals by severity and state", || drop(index.alert_totals().unwrap()));
    measure("what is due", || drop(index.alerts_due(Timestamp::MAX, 100).unwrap()));
    let minutes = TimeRange {
        start: Timestamp::from_micros(BEGIN_US),
        end: Timestamp::from_micros(BEGIN_US + 86_400 * SECOND_US),
    };
    measure("a day by minutes and severity", || {
        drop(index.raised_by_span(minutes, 60 * SECOND_US).unwrap());
    });
    measure("verdicts of all", || drop(index.verdicts(TimeRange::ALL).unwrap()));
    let mut number = 0;
    measure("an action", || {
        let acted = index.act_on_alert(id(number), None, note).unwrap();
        assert!(matches!(acted, index::Acted::Taken(_)));
        number += 1;
    });
}

fn measure(name: &str, mut ask: impl FnMut()) {
    let mut took: Vec<Duration> = (0..41)
        .map(|_| {
            let started = cpu();
            ask();
            cpu() - started
        })
        .collect();
    took.sort_unstable();
    let ms = |place: usize| took[place].as_secs_f64() * 1000.0;
    println!("| {name} | {:.3} ({:.3}) |", ms(20), ms(38));
}

fn cpu() -> Duration {
    let spent = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(spent.tv_sec.try_into().unwrap(), spent.tv_nsec.try_into().unwrap())
}

fn deep_cursor(index: &Index, queue: &AlertQuery) -> Option<index::AlertCursor> {
    let mut query = AlertQuery { limit: 1000, ..queue.clone() };
    for _ in 0..20 {
        query.cursor = index.alerts(&query).unwrap().next;
    }
    query.cursor
}

fn note(stored: &StoredAlert) -> Result<Option<Handled>, Infallible> {
    let signed = Signature {
        by: Actor::Account("an".parse().unwrap()),
        at: Timestamp::from_micros(BEGIN_US),
    };
    let version = stored.handling.version + 1;
    let action = Action::Note { text: "đã gọi".to_owned() };
    let entry = LogEntry { version, signed, action, escalates: None };
    let handling = Handling { version, ..stored.handling.clone() };
    Ok(Some(Handled { entry, handling }))
}

fn id(number: i64) -> EventId {
    let number = u128::try_from(number).unwrap();
    EventId(Uuid::from_u128(number << 80 | 0x7000_8000_0000_0000_0000))
}

/// Three seconds apart, so a month or so; an alert in twenty is open, by turns new, acknowledged
/// and somebody's.
fn fill(path: &Path) {
    let mut file = Connection::open(path).unwrap();
    let transaction = file.transaction().unwrap();
    for number in 0..ALERTS {
        let at = BEGIN_US + number * 3 * SECOND_US;
        let is_open = number % 20 == 0;
        let turn = number / 20 % 3;
        let state = if is_open { turn } else { 3 };
        let assignee = (state == 2).then(|| format!("desk-{}", number / 60 % 33));
        let outcome = (!is_open).then_some(1 + number % 4);
        let uid = id(number);
        let head = id(number - number % 10);
        transaction
            .prepare_cached(
                "INSERT INTO alert (uid, change, kind, rule, severity, class, cameras, first_us,
                   last_us, last_event, told_us, count, condition, version, raised_us, grp,
                   handling, assignee, outcome)
                 VALUES (?1, ?2, 6, ?3, ?4, 1, ?5, ?6, ?6, ?1, ?6, 1, 0, 1, ?6, ?7, ?8, ?9, ?10)",
            )
            .unwrap()
            .execute(params![
                uid.0.as_bytes().as_slice(),
                number + 1,
                format!("rule-{}", number / 10 % 40),
                1 + number % 4,
                format!("cam-{:03}", number / 10 % 700),
                at,
                head.0.as_bytes().as_slice(),
                state,
                assignee,
                outcome,
            ])
            .unwrap();
    }
    transaction.execute("UPDATE change_count SET newest = ?1", [ALERTS]).unwrap();
    transaction.commit().unwrap();
}
