//! A log in memory with durable progress, a notifier over it, and waiting for named conditions.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::{
    Attributes, Class, Event, EventDraft, EventId, Evidence, Location, ManualClock, RuleKind,
    Severity, Source, TargetId, Timestamp,
};
use notify::{
    DeadLetter, Filter, Folded, Notifier, Numbered, OncePer, Outbox, OutboxError, Patience, Secret,
    Settlement, Site, Target, TargetStatus, Way, Webhook,
};
use tokio::sync::watch;
use uuid::Uuid;

pub(crate) const SECRET: &str = "hunter2-hunter2-hunter2-hunter2";

/// Waits until `check` gives something; ends with `what` after a while that no test should need.
pub(crate) async fn eventually<T>(what: &str, mut check: impl FnMut() -> Option<T>) -> T {
    let waiting = async {
        loop {
            if let Some(found) = check() {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    let found = tokio::time::timeout(Duration::from_secs(20), waiting).await;
    found.unwrap_or_else(|_| panic!("never: {what}"))
}

/// Waits this little between attempts.
pub(crate) fn impatient() -> Patience {
    Patience {
        first_wait: Duration::from_millis(5),
        longest_wait: Duration::from_millis(40),
        tries: 5,
        give_up_after: Duration::from_secs(3600),
    }
}

/// The log: events and progress outlive the notifier, as a database would.
#[derive(Debug)]
pub(crate) struct Log {
    pub(crate) events: Mutex<Vec<Numbered>>,
    newest: watch::Sender<u64>,
    progress: Mutex<BTreeMap<TargetId, Progress>>,
    /// Progress cannot be written while this is set.
    pub(crate) read_only: Mutex<bool>,
}

#[derive(Debug, Default, Clone)]
struct Progress {
    cursor: u64,
    dead: BTreeMap<u64, DeadLetter>,
}

impl Log {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            events: Mutex::default(),
            newest: watch::Sender::new(0),
            progress: Mutex::default(),
            read_only: Mutex::new(false),
        })
    }

    /// Stores an event of `camera` that raises an alert of its own; returns its sequence.
    pub(crate) fn store(&self, camera: &str, severity: u8) -> u64 {
        self.store_as(camera, severity, |numbered| {
            let Numbered { event, .. } = &*numbered;
            numbered.folded = Some(Folded { alert: event.id, severity: event.draft.severity });
        })
    }

    /// Stores an event of `camera` that `change` makes what it is; returns its sequence.
    pub(crate) fn store_as(
        &self,
        camera: &str,
        severity: u8,
        change: impl FnOnce(&mut Numbered),
    ) -> u64 {
        let sequence = {
            let mut events = self.events.lock().unwrap();
            let sequence = events.len() as u64 + 1;
            let event = event(sequence, camera, severity);
            let mut numbered = Numbered { sequence, event, folded: None };
            change(&mut numbered);
            events.push(numbered);
            sequence
        };
        self.newest.send_replace(sequence);
        sequence
    }

    pub(crate) fn cursor_of(&self, target: &str) -> Option<u64> {
        let target: TargetId = target.parse().unwrap();
        self.progress.lock().unwrap().get(&target).map(|progress| progress.cursor)
    }

    pub(crate) fn dead_of(&self, target: &str) -> Vec<DeadLetter> {
        let target: TargetId = target.parse().unwrap();
        let progress = self.progress.lock().unwrap();
        progress.get(&target).map(|one| one.dead.values().cloned().collect()).unwrap_or_default()
    }
}

impl Outbox for Log {
    fn newest(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    fn events_after(
        &self,
        sequence: u64,
        newest: u64,
        limit: usize,
    ) -> Result<Vec<Numbered>, OutboxError> {
        let events = self.events.lock().unwrap();
        let after = events.iter().filter(|one| one.sequence > sequence && one.sequence <= newest);
        Ok(after.take(limit).cloned().collect())
    }

    fn event(&self, id: &EventId) -> Result<Option<Numbered>, OutboxError> {
        let events = self.events.lock().unwrap();
        Ok(events.iter().find(|one| one.event.id == *id).cloned())
    }

    fn cursor(&self, target: &TargetId) -> Result<Option<u64>, OutboxError> {
        Ok(self.progress.lock().unwrap().get(target).map(|progress| progress.cursor))
    }

    fn settle(&self, target: &TargetId, settlement: &Settlement) -> Result<(), OutboxError> {
        if *self.read_only.lock().unwrap() {
            return Err("the disk is full".into());
        }
        let mut all = self.progress.lock().unwrap();
        let progress = all.entry(target.clone()).or_default();
        assert!(progress.cursor <= settlement.cursor, "a cursor never goes back");
        progress.cursor = settlement.cursor;
        progress.dead.retain(|sequence, _| !settlement.delivered.contains(sequence));
        let dead = settlement.dead.iter().map(|letter| (letter.sequence, letter.clone()));
        progress.dead.extend(dead);
        Ok(())
    }

    fn dead_letters(
        &self,
        target: &TargetId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<DeadLetter>, OutboxError> {
        let progress = self.progress.lock().unwrap();
        let dead = progress.get(target).map(|one| one.dead.clone()).unwrap_or_default();
        Ok(dead.into_values().filter(|one| one.sequence > after).take(limit).collect())
    }

    fn dead_letter_count(&self, target: &TargetId) -> Result<u64, OutboxError> {
        let progress = self.progress.lock().unwrap();
        Ok(progress.get(target).map_or(0, |one| one.dead.len() as u64))
    }

    fn keep_only(&self, kept: &[TargetId]) -> Result<(), OutboxError> {
        self.progress.lock().unwrap().retain(|target, _| kept.contains(target));
        Ok(())
    }
}

pub(crate) fn event(number: u64, camera: &str, severity: u8) -> Event {
    Event {
        id: EventId(Uuid::from_u128(u128::from(number) << 80 | 0x7000_8000_0000_0000_0000)),
        location: Location::new(21.0252, 105.853).ok(),
        draft: EventDraft {
            camera: camera.parse().unwrap(),
            time: Timestamp::from_millis(1_772_323_200_123),
            duration_ms: 1500,
            kind: RuleKind::RedLight.into(),
            rule: "gate-red".parse().unwrap(),
            rule_version: 7,
            severity: Severity::try_from(severity).unwrap(),
            class: Some(Class::Car),
            confidence: 0.75,
            attributes: Attributes::default(),
            track: None,
            bbox: None,
            crossing: None,
            count: 1,
            geometry: Arc::default(),
            evidence: Evidence::default(),
            clock_error_ms: 0,
            source: Source::Analysis { model: "".into() },
        },
    }
}

pub(crate) fn notifier(log: &Arc<Log>, patience: Patience) -> Arc<Notifier> {
    let clock = Arc::new(ManualClock::new("2026-03-01T00:00:00Z".parse().unwrap()));
    Arc::new(Notifier::new(Arc::clone(log) as Arc<dyn Outbox>, clock, patience))
}

pub(crate) fn site() -> Site {
    Site { id: "test".to_owned(), name: "Test".to_owned(), cameras: BTreeMap::new() }
}

pub(crate) fn webhook(id: &str, url: &str) -> Target {
    Target {
        id: id.parse().unwrap(),
        way: Way::Webhook(Webhook {
            url: url.parse().unwrap(),
            secret: Secret::from_line(SECRET).unwrap(),
            tls: None,
        }),
        filter: Filter::default(),
        once_per: OncePer::Event,
        timeout: Duration::from_secs(10),
    }
}

pub(crate) fn status(notifier: &Notifier, target: &str) -> TargetStatus {
    let all = notifier.status();
    all.into_iter().find(|one| one.id.as_str() == target).unwrap()
}
