//! One event to one target: again and again until it is taken or given up.

use std::sync::Arc;

use domain::Clock;
use metrics::counter;
use tokio::sync::{Notify, Semaphore};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::back_off::{BackOff, Patience};
use crate::outbox::{Numbered, Outbox};
use crate::sender::Sender;
use crate::status::{Board, LastError};
use crate::target::Target;
use crate::webhook::{Failure, SharedSite, site_now};

/// How a delivery ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// The target has it.
    Delivered,
    /// It was given up.
    Dead { attempts: u32, reason: String },
    /// We are stopping; it will be sent after the next start.
    Interrupted,
}

/// What all deliveries to one target share with its courier.
pub(crate) struct Line {
    pub(crate) target: Target,
    pub(crate) sender: Sender,
    pub(crate) site: SharedSite,
    pub(crate) outbox: Arc<dyn Outbox>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) patience: Patience,
    pub(crate) board: Board,
    /// Attempts at once.
    pub(crate) turns: Semaphore,
    /// Rings when the target takes events again.
    pub(crate) revived: Notify,
    pub(crate) stop: CancellationToken,
}

impl Line {
    /// Sends until the target takes the event or it is given up. Takes a turn for each attempt,
    /// none while waiting, so that an event at fault does not keep the others from theirs.
    pub(crate) async fn deliver(&self, numbered: &Numbered) -> End {
        let began = Instant::now();
        let mut back_off = BackOff::new(&self.patience);
        let mut attempts = 0;
        let mut delivered_at_first_failure = None;
        let mut failed_beside_others = 0;
        loop {
            let failure = {
                let turn = tokio::select! {
                    turn = self.turns.acquire() => turn,
                    () = self.stop.cancelled() => return End::Interrupted,
                };
                debug_assert!(turn.is_ok(), "nobody closes the semaphore");
                attempts += 1;
                let site = site_now(&self.site);
                self.sender.send(numbered, &site).await
            };
            let revived = self.revived.notified();
            let (reason, asked) = match failure {
                Ok(()) => {
                    self.note_delivery();
                    return End::Delivered;
                }
                Err(Failure::Refused(reason)) => {
                    self.note_error(&reason);
                    return End::Dead { attempts, reason };
                }
                Err(Failure::Later { reason, wait }) => (reason, wait),
            };
            let delivered = self.board.noted().delivered;
            let takes_others = delivered > *delivered_at_first_failure.get_or_insert(delivered);
            failed_beside_others += u32::from(takes_others);
            if !takes_others {
                self.note_outage(&reason);
            }
            self.note_error(&reason);
            if failed_beside_others >= self.patience.tries
                || began.elapsed() >= self.patience.give_up_after
            {
                return End::Dead { attempts, reason };
            }
            tokio::select! {
                () = tokio::time::sleep(back_off.wait(asked)) => {}
                () = revived, if !takes_others => {}
                () = self.stop.cancelled() => return End::Interrupted,
            }
        }
    }

    fn note_delivery(&self) {
        counter!("watchpost_notifications_delivered_total", "target" => self.target.id.to_string())
            .increment(1);
        let failed_since = {
            let mut noted = self.board.noted();
            noted.delivered += 1;
            noted.last_delivery = Some(self.clock.now());
            noted.failing_since.take()
        };
        if let Some(since) = failed_since {
            info!(target = %self.target.id, %since, "target takes notifications again");
            self.revived.notify_waiters();
        }
    }

    /// Takes note that the target as a whole seems not to take events: one line per outage.
    fn note_outage(&self, reason: &str) {
        let mut noted = self.board.noted();
        if noted.failing_since.is_none() {
            noted.failing_since = Some(self.clock.now());
            warn!(target = %self.target.id, reason, "target takes no notifications, trying again");
        }
    }

    fn note_error(&self, reason: &str) {
        counter!("watchpost_notification_failures_total", "target" => self.target.id.to_string())
            .increment(1);
        let text = reason.to_owned();
        self.board.noted().last_error = Some(LastError { time: self.clock.now(), text });
    }
}
