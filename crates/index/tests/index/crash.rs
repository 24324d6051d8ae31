//! `kill -9` at random moments: what was acknowledged is there afterwards, and nothing twice.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use domain::EventId;

use crate::made::{cameras, event, open, time};

const FOLDER: &str = "WATCHPOST_TEST_INDEX";

/// The part of the child: appends events of two months for ever, and prints the acknowledged ids.
#[test]
#[ignore = "run by the test below, as a process of its own to be killed"]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let index = open(folder.as_ref());
    index.put_cameras(&cameras(8)).unwrap();
    let first = *index.knock().borrow() + 1;
    let end_of_month = time("2026-01-31T23:59:59.9Z");
    let mut out = std::io::stdout().lock();
    for round in 0_u64.. {
        let events: Vec<_> = (0..5_u64)
            .map(|number| {
                let seed = first * 1_000_000 + round * 5 + number;
                let at = end_of_month.plus(Duration::from_millis(seed % 200));
                event(seed, at, number as usize)
            })
            .collect();
        let ids: Vec<EventId> = events.iter().map(|event| event.id).collect();
        index.append_events(events).unwrap();
        for id in ids {
            writeln!(out, "stored {id}").unwrap();
        }
        out.flush().unwrap();
    }
}

#[test]
fn killed_while_it_writes_it_keeps_what_it_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged: HashSet<EventId> = HashSet::new();
    for round in 0..12 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["crash::child", "--exact", "--ignored", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // A different number of acknowledgements each time: in the middle of a later commit.
        let due = 1 + round * 37 % 101;
        let mut seen = 0;
        let mut read = |line: std::io::Result<String>| {
            let line = line.ok()?;
            // A line cut short by the kill was not acknowledged.
            let (_, id) = line.split_once("stored ")?;
            let id = id.parse::<EventId>().ok()?;
            acknowledged.insert(id);
            Some(())
        };
        for line in lines.by_ref() {
            seen += usize::from(read(line).is_some());
            if seen >= due {
                break;
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();
        for line in lines {
            read(line);
        }

        let index = open(folder.path());
        let mut found = HashSet::new();
        let mut cursor = 0;
        loop {
            let events = index.events_after(cursor, 1000).unwrap();
            let Some(last) = events.last() else { break };
            for stored in &events {
                assert!(stored.sequence > cursor, "{} after {cursor}", stored.sequence);
                cursor = stored.sequence;
                assert!(found.insert(stored.event.id), "{} twice", stored.event.id);
            }
            assert_eq!(cursor, last.sequence);
        }
        let lost: Vec<_> = acknowledged.difference(&found).collect();
        assert!(lost.is_empty(), "round {round}: {lost:?}");
    }
    assert!(acknowledged.len() > 12);
}
