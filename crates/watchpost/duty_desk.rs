//! What the duty desk does by itself: sends alerts higher that nobody acknowledged, brings back what
//! was shelved, releases what is held no longer, tells when there are more than people can look at.
//!
//! Every time that is up stands in the index, so a restart forgets none: what was due meanwhile is
//! done at once.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use alerts::{Escalations, RATE_SPAN};
use domain::{Clock, TimeRange};
use index::{Acted, Index, IndexError, StoredAlert};
use metrics::{counter, gauge};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::alert_folding::blocking;
use crate::config::{self, Config};

/// Alerts dealt with in one turn at most.
const BATCH: usize = 100;
/// How long to wait after the index could not be read or written, or a turn did not do all.
const PAUSE: Duration = Duration::from_secs(1);
/// How often alerts are counted without one being raised: a flood ends by nothing happening.
const COUNT_EVERY: Duration = Duration::from_secs(10);

/// The handle to the task.
#[derive(Debug)]
pub(crate) struct DutyDesk {
    index: Index,
    wanted: Arc<Mutex<Wanted>>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

/// What the configuration asks for.
#[derive(Debug, Clone)]
struct Wanted {
    escalations: Escalations,
    desks: u32,
}

impl DutyDesk {
    /// Starts to keep the times of alerts.
    pub(crate) fn start(index: Index, clock: Arc<dyn Clock>, config: &Config) -> Self {
        warn_of_strangers(&index, config);
        let wanted = Arc::new(Mutex::new(wanted(config)));
        let stop = CancellationToken::new();
        let task = Task { index: index.clone(), clock, wanted: Arc::clone(&wanted) };
        let task = tokio::spawn(task.run(stop.clone()));
        Self { index, wanted, stop, task }
    }

    /// Takes over the escalations and desks of `config`; what is due already stays due.
    pub(crate) fn apply(&self, config: &Config) {
        warn_of_strangers(&self.index, config);
        *self.wanted.lock().unwrap_or_else(PoisonError::into_inner) = wanted(config);
    }

    /// Ends after what is under way.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        if self.task.await.is_err() {
            error!("the task of the duty desk panicked");
        }
    }
}

/// Says in the log which rungs lead to nobody: alerts would go up to an account that cannot sign in.
fn warn_of_strangers(index: &Index, config: &Config) {
    for escalation in &config.escalations {
        let account = index.accounts().get(&escalation.to);
        if account.is_ok_and(|found| found.is_none_or(|account| account.disabled)) {
            let severity = escalation.severity.number();
            warn!(to = %escalation.to, severity, "escalation to an account that is not there or closed");
        }
    }
}

fn wanted(config: &Config) -> Wanted {
    Wanted { escalations: config::escalations(config), desks: config.alerts.desks }
}

/// Owned by the task.
struct Task {
    index: Index,
    clock: Arc<dyn Clock>,
    wanted: Arc<Mutex<Wanted>>,
}

impl Task {
    async fn run(self, stop: CancellationToken) {
        let mut knock = self.index.alert_knock();
        loop {
            // Marked as seen before reading: what is stored meanwhile knocks again.
            knock.mark_unchanged();
            let (index, clock) = (self.index.clone(), Arc::clone(&self.clock));
            let wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let turn = blocking(move || take_turn(&index, clock.as_ref(), &wanted)).await;
            let wait = turn.unwrap_or_else(|problem| {
                error!(%problem, "times of alerts cannot be kept, trying again every second");
                PAUSE
            });
            tokio::select! {
                known = knock.changed(), if wait > PAUSE => if known.is_err() { return },
                () = tokio::time::sleep(wait) => {}
                () = stop.cancelled() => return,
            }
        }
    }
}

/// Does what is due; returns how long nothing else is.
fn take_turn(index: &Index, clock: &dyn Clock, wanted: &Wanted) -> Result<Duration, IndexError> {
    let now = clock.now();
    for id in index.alerts_due(now, BATCH)? {
        let decide = |stored: &StoredAlert| -> Result<_, Infallible> {
            let severity = stored.alert.severity;
            Ok(alerts::due(&stored.handling, severity, now, &wanted.escalations))
        };
        if let Acted::Taken(stored) = index.act_on_alert(id, None, decide)? {
            tell(&stored);
        }
    }
    watch_rate(index, clock, wanted.desks)?;
    let next = index.next_alert_due()?.map(|due| due.since(clock.now()));
    Ok(match next {
        Some(wait) if wait.is_zero() => PAUSE,
        Some(wait) => wait.min(COUNT_EVERY),
        None => COUNT_EVERY,
    })
}

fn tell(stored: &StoredAlert) {
    let Some((word, _)) = &stored.handling.latest else { return };
    counter!("watchpost_alert_automatic_total", "action" => word.clone()).increment(1);
    let severity = stored.alert.severity.number();
    let to = stored.handling.assignee.as_ref().map(ToString::to_string).unwrap_or_default();
    info!(alert = %stored.alert.id, action = word, severity, to, "time of an alert was up");
}

/// Tells when a flood of alerts begins and ends.
fn watch_rate(index: &Index, clock: &dyn Clock, desks: u32) -> Result<(), IndexError> {
    let now = clock.now();
    let count = index.raised_in(TimeRange { start: now.minus(RATE_SPAN), end: now })?;
    gauge!("watchpost_alerts_in_ten_minutes").set(count);
    if let Some(flood) = alerts::flood_change(index.flood()?, count, desks, now) {
        index.put_flood(&flood)?;
        match flood.ended {
            None => warn!(alerts = count, desks, "more alerts than people can look at"),
            Some(_) => info!(alerts = count, began = %flood.began, "the flood of alerts is over"),
        }
    }
    Ok(())
}
