//! A thread that writes: a bounded mailbox before it, whole batches out of it.

use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::IndexError;

/// How many messages wait at most; whoever sends one more waits.
const MAILBOX: usize = 256;
/// How soon after the commit before the next one may begin, when there is much to write: fewer
/// and larger commits, for a wait that stays well below 50 ms.
const COMMIT_INTERVAL: Duration = Duration::from_millis(20);
/// How many messages go into one commit at most.
const GROUP: usize = 1024;

/// The sending side of a writer thread. Owned by the index; any thread may send.
pub(crate) struct Writer<M> {
    sender: Mutex<Option<SyncSender<M>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl<M> std::fmt::Debug for Writer<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}

impl<M: Send + 'static> Writer<M> {
    /// Starts a thread that hands groups of messages to `commit`, until [`Writer::close`].
    pub(crate) fn start(
        name: &str,
        mut commit: impl FnMut(Vec<M>) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (sender, receiver) = sync_channel(MAILBOX);
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            let mut last_commit = None;
            while let Some(group) = gather(&receiver, last_commit) {
                last_commit = Some(Instant::now());
                commit(group);
            }
        })?;
        Ok(Self { sender: Mutex::new(Some(sender)), thread: Mutex::new(Some(thread)) })
    }

    /// Sends a message; waits while the mailbox is full.
    pub(crate) fn send(&self, message: M) -> Result<(), IndexError> {
        let sender = {
            let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
            sender.clone().ok_or(IndexError::Closed)?
        };
        sender.send(message).map_err(|_| IndexError::Closed)
    }

    /// Lets the thread finish what waits, and ends it.
    pub(crate) fn close(&self) {
        drop(self.sender.lock().unwrap_or_else(PoisonError::into_inner).take());
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("an index writer ended by a panic");
        }
    }
}

/// Waits for a message and takes those that come until the next commit is due.
fn gather<M>(receiver: &Receiver<M>, last_commit: Option<Instant>) -> Option<Vec<M>> {
    let mut group = vec![receiver.recv().ok()?];
    let due = last_commit.map_or_else(Instant::now, |last| last + COMMIT_INTERVAL);
    while group.len() < GROUP {
        match receiver.try_recv() {
            Ok(message) => group.push(message),
            Err(TryRecvError::Disconnected) => break,
            Err(TryRecvError::Empty) => {
                let wait = due.saturating_duration_since(Instant::now());
                match receiver.recv_timeout(wait) {
                    Ok(message) => group.push(message),
                    Err(_) => break,
                }
            }
        }
    }
    Some(group)
}

/// Sends what `message` makes of an answer's sender, and waits for the answer.
pub(crate) fn ask<M: Send + 'static, A>(
    writer: &Writer<M>,
    message: impl FnOnce(SyncSender<A>) -> M,
) -> Result<A, IndexError> {
    let (sender, receiver) = sync_channel(1);
    writer.send(message(sender))?;
    receiver.recv().map_err(|_| IndexError::Closed)
}
