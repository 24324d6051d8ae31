//! Notifications over the index: the seam between two parts that do not know each other, and how
//! they show in the query service.

use std::sync::Arc;

use api::{ComponentHealth, Health, NotificationSource, NotificationTarget};
use domain::{EventId, TargetId};
use index::{Index, StoredEvent};
use notify::{
    DeadLetter, Folded, Notifier, Numbered, Outbox, OutboxError, Settlement, Site, TargetState,
    TargetStatus,
};
use tokio::sync::watch;
use tracing::error;

use crate::config::Config;

/// The index as the outbox of notifications.
#[derive(Debug)]
pub(crate) struct IndexOutbox(pub(crate) Index);

impl IndexOutbox {
    /// Adds which alert each event belongs to; they are in order.
    fn numbered(&self, events: Vec<StoredEvent>) -> Result<Vec<Numbered>, OutboxError> {
        let [Some(first), Some(last)] = [events.first(), events.last()] else {
            return Ok(Vec::new());
        };
        let alerts = self.0.alerts_of_events(first.sequence..=last.sequence)?;
        let numbered = |StoredEvent { sequence, event }| {
            let folded = alerts.get(&sequence);
            let folded = folded.map(|&(alert, severity)| Folded { alert, severity });
            Numbered { sequence, event, folded }
        };
        Ok(events.into_iter().map(numbered).collect())
    }
}

impl Outbox for IndexOutbox {
    fn newest(&self) -> watch::Receiver<u64> {
        self.0.folded_knock()
    }

    fn events_after(
        &self,
        sequence: u64,
        newest: u64,
        limit: usize,
    ) -> Result<Vec<Numbered>, OutboxError> {
        let mut events = self.0.events_after(sequence, limit)?;
        events.retain(|stored| stored.sequence <= newest);
        self.numbered(events)
    }

    fn event(&self, id: &EventId) -> Result<Option<Numbered>, OutboxError> {
        Ok(self.numbered(self.0.event(id)?.into_iter().collect())?.pop())
    }

    fn cursor(&self, target: &TargetId) -> Result<Option<u64>, OutboxError> {
        Ok(self.0.notify_cursor(target.as_str())?)
    }

    fn settle(&self, target: &TargetId, settlement: &Settlement) -> Result<(), OutboxError> {
        let dead: Vec<_> = settlement.dead.iter().map(stored).collect();
        let Settlement { cursor, delivered, .. } = settlement;
        let forgotten = self.0.settle_notifications(target.as_str(), *cursor, &dead, delivered)?;
        if forgotten > 0 {
            let kept = index::DEAD_LETTERS_KEPT;
            error!(%target, forgotten, kept, "too many dead letters, the oldest are forgotten");
        }
        Ok(())
    }

    fn dead_letters(
        &self,
        target: &TargetId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<DeadLetter>, OutboxError> {
        let letters = self.0.dead_letters(target.as_str(), after, limit)?;
        Ok(letters.into_iter().map(told).collect())
    }

    fn dead_letter_count(&self, target: &TargetId) -> Result<u64, OutboxError> {
        Ok(self.0.dead_letter_count(target.as_str())?)
    }

    fn keep_only(&self, kept: &[TargetId]) -> Result<(), OutboxError> {
        let kept: Vec<_> = kept.iter().map(ToString::to_string).collect();
        Ok(self.0.keep_notify_targets(&kept)?)
    }
}

fn stored(letter: &DeadLetter) -> index::DeadLetter {
    index::DeadLetter {
        sequence: letter.sequence,
        event: letter.event,
        camera: letter.camera.clone(),
        time: letter.time,
        attempts: letter.attempts,
        reason: letter.reason.clone(),
    }
}

fn told(letter: index::DeadLetter) -> DeadLetter {
    DeadLetter {
        sequence: letter.sequence,
        event: letter.event,
        camera: letter.camera,
        time: letter.time,
        attempts: letter.attempts,
        reason: letter.reason,
    }
}

/// Returns what messages say of the site of `config`.
pub(crate) fn site(config: &Config) -> Site {
    let cameras = config.cameras.iter();
    Site {
        id: config.site.id.to_string(),
        name: config.site.name.clone(),
        cameras: cameras.map(|camera| (camera.id.clone(), camera.name.clone())).collect(),
    }
}

/// The targets as the query service shows them.
#[derive(Debug)]
pub(crate) struct Targets(pub(crate) Arc<Notifier>);

impl NotificationSource for Targets {
    fn targets(&self) -> Vec<NotificationTarget> {
        self.0.status().into_iter().map(shown).collect()
    }

    fn retry(&self, target: &TargetId) -> Option<u64> {
        self.0.retry(target)
    }
}

fn shown(status: TargetStatus) -> NotificationTarget {
    let (last_error_time, last_error) =
        status.last_error.map(|error| (error.time, error.text)).unzip();
    NotificationTarget {
        id: status.id,
        kind: status.way,
        state: status.state.as_str(),
        failing_since: status.failing_since,
        cursor: status.cursor,
        lag: status.newest.saturating_sub(status.cursor),
        delivered: status.delivered,
        last_delivery: status.last_delivery,
        last_error_time,
        last_error,
        dead_letter_count: status.dead_letters,
    }
}

/// Returns how notifications as a whole are doing. Dead letters alone are no reason to worry every
/// day: they are told, and stay visible.
pub(crate) fn health(notifier: &Notifier) -> ComponentHealth {
    let targets = notifier.status();
    let troubled: Vec<_> = targets.iter().filter_map(trouble).collect();
    let dead_letters: u64 = targets.iter().map(|target| target.dead_letters).sum();
    let status = if troubled.is_empty() { Health::Ok } else { Health::Degraded };
    let detail = match (targets.len(), dead_letters) {
        (0, _) => "not configured".to_owned(),
        _ if !troubled.is_empty() => troubled.join("; "),
        (count, 0) => format!("{count} targets"),
        (count, dead) => format!("{count} targets, {dead} dead letters"),
    };
    ComponentHealth { name: "notifications", status, detail: Some(detail) }
}

fn trouble(target: &TargetStatus) -> Option<String> {
    let reason = target.last_error.as_ref().map_or("", |error| &error.text);
    match target.state {
        TargetState::Idle | TargetState::Sending => None,
        TargetState::Retrying => {
            let since = target.failing_since?;
            Some(format!("{} takes nothing since {since}: {reason}", target.id))
        }
        TargetState::Stuck => Some(format!("{} waits: {reason}", target.id)),
    }
}
