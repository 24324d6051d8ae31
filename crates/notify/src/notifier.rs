//! All targets together: started, changed one by one, watched, stopped.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{Clock, TargetId};
use tokio::sync::{Notify, Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::back_off::Patience;
use crate::courier::{AT_ONCE, Courier, blocking};
use crate::delivery::Line;
use crate::outbox::{DeadLetter, Outbox, OutboxError, Settlement};
use crate::sender::Sender;
use crate::status::{Board, TargetStatus};
use crate::target::{Site, Target};
use crate::webhook::SharedSite;

/// What [`Notifier::apply`] did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Changes {
    /// Targets that are new, or served in another way from now on.
    pub started: usize,
    /// Targets that are no longer served, or in another way.
    pub stopped: usize,
    /// Targets that did not change and were not interrupted.
    pub untouched: usize,
}

/// Serves all targets. Owned by the program; shared with the query service.
pub struct Notifier {
    outbox: Arc<dyn Outbox>,
    clock: Arc<dyn Clock>,
    patience: Patience,
    site: SharedSite,
    serving: Mutex<BTreeMap<TargetId, Serving>>,
}

struct Serving {
    line: Arc<Line>,
    retries: mpsc::Sender<()>,
    task: JoinHandle<()>,
}

impl fmt::Debug for Notifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notifier").field("patience", &self.patience).finish_non_exhaustive()
    }
}

impl Notifier {
    /// Serves nobody yet.
    pub fn new(outbox: Arc<dyn Outbox>, clock: Arc<dyn Clock>, patience: Patience) -> Self {
        let site = Site { id: String::new(), name: String::new(), cameras: BTreeMap::new() };
        Self {
            outbox,
            clock,
            patience,
            site: Arc::new(Mutex::new(Arc::new(site))),
            serving: Mutex::default(),
        }
    }

    /// Serves `targets` from now on and no others. A target that did not change goes on without
    /// interruption; one that did goes on where it was; a new one begins with what is stored from
    /// now on; one that is gone is forgotten, its dead letters, too. Called by one task at a time.
    ///
    /// # Errors
    /// When progress cannot be read or written; the targets after that one are not served.
    pub async fn apply(&self, site: Site, targets: Vec<Target>) -> Result<Changes, OutboxError> {
        *self.site.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(site);
        let mut changes = Changes::default();
        let gone: Vec<Serving> = {
            let mut serving = self.serving();
            let stays = |id: &TargetId, served: &Serving| {
                targets.iter().any(|target| target.id == *id && *target == served.line.target)
            };
            serving.extract_if(.., |id, served| !stays(id, served)).map(|(_, gone)| gone).collect()
        };
        changes.stopped = gone.len();
        end(gone).await;
        let kept: Vec<TargetId> = targets.iter().map(|target| target.id.clone()).collect();
        blocking(&self.outbox, move |outbox| outbox.keep_only(&kept)).await?;
        for target in targets {
            if self.serving().contains_key(&target.id) {
                changes.untouched += 1;
            } else {
                self.start(target).await?;
                changes.started += 1;
            }
        }
        Ok(changes)
    }

    /// Returns how every target is doing.
    pub fn status(&self) -> Vec<TargetStatus> {
        let newest = *self.outbox.newest().borrow();
        let serving = self.serving();
        let status = |(id, served): (&TargetId, &Serving)| {
            served.line.board.status(id, served.line.target.way.as_str(), newest)
        };
        serving.iter().map(status).collect()
    }

    /// Returns up to `limit` dead letters of `target` after `sequence`, in order. Blocks.
    ///
    /// # Errors
    /// When progress cannot be read.
    pub fn dead_letters(
        &self,
        target: &TargetId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<DeadLetter>, OutboxError> {
        self.outbox.dead_letters(target, after, limit)
    }

    /// Sends the dead letters of `target` again, behind what is already on its way: out of order,
    /// as they are late. Those that are taken are dead letters no more. Returns how many there
    /// are; `None` if there is no such target.
    pub fn retry(&self, target: &TargetId) -> Option<u64> {
        let serving = self.serving();
        let served = serving.get(target)?;
        // Full: the same is asked already.
        let _ = served.retries.try_send(());
        Some(served.line.board.noted().dead_letters)
    }

    /// Ends all deliveries in good order: attempts under way may end, progress is saved.
    pub async fn stop(&self) {
        let all = std::mem::take(&mut *self.serving());
        end(all.into_values().collect()).await;
    }

    async fn start(&self, target: Target) -> Result<(), OutboxError> {
        let sender = Sender::new(&target, Arc::clone(&self.clock))?;
        let newest = *self.outbox.newest().borrow();
        let id = target.id.clone();
        let (cursor, dead_letters) = blocking(&self.outbox, move |outbox| {
            Ok((cursor(outbox, &id, newest)?, outbox.dead_letter_count(&id)?))
        })
        .await?;
        let board = Board::new();
        {
            let mut noted = board.noted();
            (noted.cursor, noted.dead_letters) = (cursor, dead_letters);
        }
        info!(target = %target.id, way = target.way.as_str(), cursor, newest, "target is served");
        let (retries, asked) = mpsc::channel(1);
        let id = target.id.clone();
        let line = Arc::new(Line {
            target,
            sender,
            site: Arc::clone(&self.site),
            outbox: Arc::clone(&self.outbox),
            clock: Arc::clone(&self.clock),
            patience: self.patience.clone(),
            board,
            turns: Semaphore::new(AT_ONCE),
            revived: Notify::new(),
            stop: CancellationToken::new(),
        });
        let task = tokio::spawn(Courier::new(Arc::clone(&line), cursor, asked).run());
        self.serving().insert(id, Serving { line, retries, task });
        Ok(())
    }

    fn serving(&self) -> MutexGuard<'_, BTreeMap<TargetId, Serving>> {
        self.serving.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns where to go on; a new target begins at the end of the log, which is saved at once so
/// that nothing stored from now on is missed.
fn cursor(outbox: &dyn Outbox, id: &TargetId, newest: u64) -> Result<u64, OutboxError> {
    match outbox.cursor(id)? {
        Some(cursor) if cursor <= newest => return Ok(cursor),
        Some(cursor) => {
            warn!(target = %id, cursor, newest, "the log is another one: going on from its end");
        }
        None => {}
    }
    outbox.settle(id, &Settlement { cursor: newest, ..Settlement::default() })?;
    Ok(newest)
}

/// Tells all to stop first, so that they end side by side.
async fn end(served: Vec<Serving>) {
    served.iter().for_each(|served| served.line.stop.cancel());
    for Serving { line, task, .. } in served {
        if task.await.is_err() {
            error!(target = %line.target.id, "the task that serves a target panicked");
        }
    }
}
