//! Folds the events of the index into alerts, in the order in which they were stored, and says of
//! each when it goes higher unless somebody answers for it, and in which row of the queue it stands.
//!
//! The index keeps how far this is, so a crash neither loses an event nor folds one twice.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use alerts::{Escalations, Folding, Grouping, Neighbours, Settings};
use domain::{
    Actor, Alert, Clock, DueEscalation, EventId, EventKind, Handled, HandlingState, Signature,
    TimeRange, Timestamp,
};
use index::{
    AlertChange, FoldedEvents, Index, IndexError, ShelvingDraft, StoredAlert, StoredEvent,
    StoredShelving,
};
use metrics::counter;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use crate::config::{self, Config};

/// Events folded in one transaction at most.
const BATCH: usize = 1000;
/// How long to wait after the index could not be read or written.
const PAUSE: Duration = Duration::from_secs(1);

/// The handle to the task that folds.
#[derive(Debug)]
pub(crate) struct AlertFolding {
    settings: Arc<Mutex<Wanted>>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

/// What the configuration asks for.
#[derive(Debug, Clone)]
struct Wanted {
    folding: Settings,
    escalations: Escalations,
    group_within: Duration,
}

impl AlertFolding {
    /// Starts to fold where it was left off; an index without alerts begins with the events to
    /// come.
    ///
    /// # Errors
    /// When the index cannot be read or written.
    pub(crate) fn start(
        index: Index,
        clock: &Arc<dyn Clock>,
        config: &Config,
    ) -> Result<Self, IndexError> {
        let wanted = wanted(config);
        let settings = wanted.folding.clone();
        let memory = Duration::from_secs_f64(Folding::new(settings.clone(), Vec::new()).memory_s());
        // What is closed or reopened from here on is read before the next event.
        let followed = *index.alert_knock().borrow();
        let mut growing = index.growing_alerts(clock.now().minus(memory))?;
        growing.retain(is_of_events);
        let lately =
            TimeRange { start: clock.now().minus(wanted.group_within), end: Timestamp::MAX };
        let mut lately = index.alerts_raised_in(lately, usize::MAX)?;
        lately.retain(is_of_events);
        let cursor = match index.alert_cursor()? {
            Some(cursor) => cursor,
            None => {
                let cursor = *index.knock().borrow();
                index.settle_alerts(&FoldedEvents { cursor, ..FoldedEvents::default() })?;
                cursor
            }
        };
        let closed: Vec<EventId> = growing
            .iter()
            .filter(|stored| stored.handling.state == HandlingState::Closed)
            .map(|stored| stored.alert.id)
            .collect();
        let growing = growing.into_iter().map(|stored| stored.alert).collect();
        let mut folding = Folding::new(settings, growing);
        closed.into_iter().for_each(|id| folding.set_closed(id, true));
        let lately = lately.into_iter().map(|stored| (stored.alert, stored.group));
        let grouping = Grouping::new(wanted.group_within, lately);
        let settings = Arc::new(Mutex::new(wanted));
        let stop = CancellationToken::new();
        let folder =
            Folder { index, settings: Arc::clone(&settings), folding, grouping, cursor, followed };
        let task = tokio::spawn(folder.run(stop.clone()));
        Ok(Self { settings, stop, task })
    }

    /// Takes over cool-downs, escalations and the span of groups of `config` for what comes.
    pub(crate) fn apply(&self, config: &Config) {
        *self.settings.lock().unwrap_or_else(PoisonError::into_inner) = wanted(config);
    }

    /// Folds what is stored and ends.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        if self.task.await.is_err() {
            error!("the task that folds alerts panicked");
        }
    }
}

/// Returns whether events are folded into it: a call has none.
fn is_of_events(stored: &StoredAlert) -> bool {
    !matches!(stored.alert.kind, EventKind::Call(_))
}

fn wanted(config: &Config) -> Wanted {
    let cool_downs: HashMap<_, _> = config
        .cameras
        .iter()
        .flat_map(|camera| camera.scene.rules.iter().map(move |rule| (camera, rule)))
        .map(|(camera, rule)| ((camera.id.clone(), rule.id.clone()), rule.cool_down_s))
        .collect();
    let alerts = &config.alerts;
    let neighbours = Neighbours { metres: alerts.nearby_m, seconds: alerts.nearby_s };
    Wanted {
        folding: Settings { cool_downs, neighbours, ..Settings::default() },
        escalations: config::escalations(config),
        group_within: Duration::from_secs_f64(alerts.group_min * 60.0),
    }
}

/// Owned by the task.
struct Folder {
    index: Index,
    settings: Arc<Mutex<Wanted>>,
    folding: Folding,
    grouping: Grouping,
    cursor: u64,
    /// The number of the latest change of an alert that was looked at.
    followed: u64,
}

impl Folder {
    async fn run(mut self, stop: CancellationToken) {
        let mut knock = self.index.knock();
        loop {
            // Marked as seen before reading: what is stored meanwhile knocks again.
            knock.mark_unchanged();
            let folded = match self.read().await {
                Ok(events) if events.is_empty() => {
                    tokio::select! {
                        known = knock.changed() => if known.is_err() { return },
                        () = stop.cancelled() => return,
                    }
                    continue;
                }
                Ok(events) => match self.follow().await {
                    Ok(()) => self.fold(&events),
                    Err(problem) => {
                        error!(%problem, "cannot read how alerts are handled, trying again");
                        if given_up(&stop).await {
                            return;
                        }
                        continue;
                    }
                },
                Err(problem) => {
                    error!(%problem, "cannot read events for alerts, trying again");
                    if given_up(&stop).await {
                        return;
                    }
                    continue;
                }
            };
            let folded = Arc::new(folded);
            while let Err(problem) = self.settle(&folded).await {
                error!(%problem, "alerts cannot be stored, trying again every second");
                if given_up(&stop).await {
                    return;
                }
            }
            self.cursor = folded.cursor;
        }
    }

    async fn read(&self) -> Result<Vec<StoredEvent>, IndexError> {
        let (index, cursor) = (self.index.clone(), self.cursor);
        blocking(move || index.events_after(cursor, BATCH)).await
    }

    /// Takes over what people closed and reopened since the last events.
    async fn follow(&mut self) -> Result<(), IndexError> {
        loop {
            let (index, followed) = (self.index.clone(), self.followed);
            let changes = blocking(move || index.alert_changes_after(followed, BATCH)).await?;
            let Some(latest) = changes.last() else { return Ok(()) };
            self.followed = latest.number();
            for change in &changes {
                if let AlertChange::Alert(stored) = change {
                    let is_closed = stored.handling.state == HandlingState::Closed;
                    self.folding.set_closed(stored.alert.id, is_closed);
                }
            }
        }
    }

    async fn settle(&self, folded: &Arc<FoldedEvents>) -> Result<u64, IndexError> {
        let (index, folded) = (self.index.clone(), Arc::clone(folded));
        blocking(move || index.settle_shelving(&folded, shelved_with_its_rule)).await
    }

    fn fold(&mut self, events: &[StoredEvent]) -> FoldedEvents {
        let wanted = self.settings.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.folding.set_settings(wanted.folding);
        self.grouping.set_within(wanted.group_within);
        let mut groups = Vec::new();
        let mut alerts: Vec<Alert> = Vec::new();
        let mut places: HashMap<EventId, usize> = HashMap::new();
        let mut folded = Vec::new();
        for StoredEvent { sequence, event } in events {
            let Some(alert) = self.folding.fold(event) else { continue };
            if alert.version == 1 {
                let (kind, severity) = (alert.kind.as_str(), alert.severity.number());
                counter!("watchpost_alerts_total", "kind" => kind).increment(1);
                info!(alert = %alert.id, camera = %event.draft.camera, kind, severity, "alert");
                groups.push((alert.id, self.grouping.group(&alert)));
            }
            folded.push((alert.id, *sequence));
            // Many events of one alert in a batch are one change of it.
            let place = *places.entry(alert.id).or_insert(alerts.len());
            match alerts.get_mut(place) {
                Some(known) => *known = alert,
                None => alerts.push(alert),
            }
        }
        let cursor = events.last().map_or(self.cursor, |stored| stored.sequence);
        let due = |alert: &Alert| Some((alert.id, first_escalation(alert, &wanted.escalations)?));
        let escalations = alerts.iter().filter_map(due).collect();
        FoldedEvents { alerts, events: folded, cursor, escalations, groups }
    }
}

/// Returns when an alert goes higher that nobody acknowledges, by its severity as it is now.
fn first_escalation(alert: &Alert, escalations: &Escalations) -> Option<DueEscalation> {
    // By our own clock, where its name tells that.
    let raised = alert.id.given().unwrap_or(alert.first);
    escalations.next(alert.severity, 0, raised)
}

/// Returns what becomes of an alert that is raised while its rule is shelved at its camera: it is shelved
/// as whoever shelved the rule said, and comes back by itself.
fn shelved_with_its_rule(stored: &StoredAlert, shelving: &StoredShelving) -> Option<Handled> {
    let StoredAlert { alert, handling, .. } = stored;
    let ShelvingDraft { until, reason, by, at, .. } = &shelving.shelving;
    let raised = alert.id.given().unwrap_or(alert.first);
    let signed = Signature { by: Actor::Account(by.clone()), at: raised.max(*at) };
    alerts::shelve(handling, alert.severity, signed, (*until, reason.as_str()))
}

/// Waits a moment; returns whether the end has come meanwhile.
async fn given_up(stop: &CancellationToken) -> bool {
    tokio::time::timeout(PAUSE, stop.cancelled()).await.is_ok()
}

/// Runs what blocks on a thread that may.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, IndexError> + Send + 'static,
) -> Result<T, IndexError> {
    // The runtime ends before its work is done only when the program does.
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(IndexError::Closed))
}
