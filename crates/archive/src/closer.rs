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

/// How often what is written is made to last: about a GOP, which is what a power cut may cost.
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
        let mut synced = Instant::now();
        loop {
            let patience = SYNC_EVERY.saturating_sub(synced.elapsed());
            match finished.recv_timeout(patience) {
                Ok(finished) => self.close(finished),
                Err(RecvTimeoutError::Timeout) => {
                    self.volume.sync();
                    self.volume.look_at_space();
                    self.write_rows();
                    synced = Instant::now();
                }
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
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

/// Takes a segment off the live ones: its row tells about it now.
fn forget_live(slot: &Slot, closed: &Segment) {
    lock(&slot.live).retain(|segment| lock(segment).id != closed.id);
}
