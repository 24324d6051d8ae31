//! Closes finished segments, so that syncing one does not hold up the writing of others.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use domain::{Segment, SegmentState};
use tracing::{debug, error, warn};

use crate::Ledger;
use crate::lock::lock;
use crate::slot::Slot;
use crate::volume::{Suspect, Volume, VolumeState, sync_folder};

/// How often what is written is made to last: this much, and a GOP, is what a power cut may cost, and
/// where one file's sync takes longer, as much as that.
const SYNC_EVERY: Duration = Duration::from_secs(2);

/// A segment whose last byte is written.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) file: File,
    /// The folder it lies in.
    pub(crate) folder: PathBuf,
    pub(crate) segment: Arc<Mutex<Segment>>,
    pub(crate) sha256: [u8; 32],
    pub(crate) slot: Arc<Slot>,
}

/// Closes the finished segments of one volume; owned by its closer thread.
#[derive(Debug)]
pub(crate) struct Closer {
    pub(crate) volume: Arc<Volume>,
    pub(crate) ledger: Arc<dyn Ledger>,
    /// Closed segments whose row could not be written yet.
    pub(crate) unwritten: Vec<(Segment, Arc<Slot>)>,
}

impl Closer {
    /// Closes what comes until the disk thread ends.
    pub(crate) fn run(mut self, finished: &Receiver<Finished>) {
        take_turns(finished, SYNC_EVERY, |turn| match turn {
            Turn::Close(finished) => self.close(finished),
            Turn::KeepUp => {
                self.volume.sync();
                self.volume.look_at_space();
                self.write_rows();
            }
        });
        self.write_rows();
    }

    fn close(&mut self, finished: Finished) {
        let Finished { file, folder, segment, sha256, slot } = finished;
        let synced: io::Result<()> = file.sync_all().and_then(|()| sync_folder(&folder));
        let closed = {
            let mut segment = lock(&segment);
            segment.sha256 = Some(sha256);
            segment.state = SegmentState::Closed;
            segment.clone()
        };
        if let Err(error) = synced {
            // What was written may not be on disk: recovery looks, when the volume is back.
            let detail = format!("cannot sync {}: {error}", closed.path);
            self.volume.suspect(Suspect {
                id: closed.id,
                stream: closed.stream.clone(),
                end: closed.range.end,
            });
            self.volume.fail(VolumeState::after(&error), detail);
            forget_live(&slot, &closed);
            return;
        }
        metrics::counter!("watchpost_archive_segments_closed_total", "volume" => closed.volume.to_string())
            .increment(1);
        self.unwritten.push((closed, slot));
        self.write_rows();
    }

    fn write_rows(&mut self) {
        let ledger = &self.ledger;
        self.unwritten.retain(|(segment, slot)| {
            match ledger.close_segment(segment) {
                Ok(()) => {
                    debug!(stream = %segment.stream, path = segment.path, bytes = segment.bytes, "segment closed");
                    forget_live(slot, segment);
                    false
                }
                Err(error) => {
                    error!(stream = %segment.stream, path = segment.path, %error, "cannot write the row of a segment");
                    true
                }
            }
        });
        if self.unwritten.len() > 1 {
            warn!(volume = %self.volume.config.id, rows = self.unwritten.len(), "rows of segments wait");
        }
    }
}

/// What the closer does next.
#[derive(Debug, PartialEq, Eq)]
enum Turn<T> {
    Close(T),
    KeepUp,
}

/// Hands out what comes, until nobody sends any more, and in between, every so often, the turn to keep
/// up: also while more comes than is closed, as when each file's `fsync` takes long.
fn take_turns<T>(queue: &Receiver<T>, every: Duration, mut take: impl FnMut(Turn<T>)) {
    let mut kept_up = Instant::now();
    loop {
        match queue.recv_timeout(every.saturating_sub(kept_up.elapsed())) {
            Ok(item) => take(Turn::Close(item)),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        if kept_up.elapsed() >= every {
            take(Turn::KeepUp);
            kept_up = Instant::now();
        }
    }
}

/// Takes a segment off the live ones: its row tells about it now.
fn forget_live(slot: &Slot, closed: &Segment) {
    lock(&slot.live).retain(|segment| lock(segment).id != closed.id);
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

    use super::*;

    #[test]
    fn a_queue_that_never_runs_dry_does_not_keep_from_keeping_up() {
        let (sender, queue) = sync_channel(2);
        for item in [1, 2] {
            sender.send(item).unwrap();
        }
        drop(sender);
        let mut turns = Vec::new();
        take_turns(&queue, Duration::ZERO, |turn| turns.push(turn));
        assert_eq!(turns, [Turn::Close(1), Turn::KeepUp, Turn::Close(2), Turn::KeepUp]);
    }
}
