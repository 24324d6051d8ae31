//! The archive as a whole: opens, hands out recorders, and closes in good order.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use domain::{Clock, GapCause, Segment, SegmentId, SegmentState, StreamId, Timestamp, VolumeId};
use tracing::{info, warn};

use crate::budget::{Budget, Budgets};
use crate::closer::Closer;
use crate::direct::DirectBuffer;
use crate::disk::{DiskThread, Meters};
use crate::gather::{Entry, Gatherer, Unwritten};
use crate::gop::{self, Gop};
use crate::hash::HashQueue;
use crate::live::OpenGop;
use crate::lock::lock;
use crate::slot::Slot;
use crate::volume::{Volume, VolumeState};
use crate::{
    ArchiveConfig, ArchiveError, ClipError, Expired, Ledger, LedgerError, Recorder, VolumeStatus,
    recovery, retention,
};

/// Finished segments that wait for a closer; then writing waits, and the budgets take over.
const FINISHED_WAITING: usize = 256;
/// Pictures of one stream are further apart than this; in files their times are rounded.
const BETWEEN_PICTURES: Duration = Duration::from_millis(1);
/// How long dropping an archive that was not closed waits for its disks.
const DROP_DEADLINE: Duration = Duration::from_secs(5);

/// What the archive's threads and recorders share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) volumes: Vec<Arc<Volume>>,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) segment_duration_us: i64,
    config: ArchiveConfig,
    /// Every stream that was ever recorded by this archive.
    slots: Mutex<BTreeMap<StreamId, Arc<Slot>>>,
    total: Arc<Budget>,
    closing: AtomicBool,
    /// Told whenever a stream has ended.
    ended: Condvar,
}

impl Shared {
    /// Lets a stream's pictures be gathered, and hands what is ready to its disk thread.
    pub(crate) fn hand_over(
        &self,
        slot: &Arc<Slot>,
        gather: impl FnOnce(&mut Gatherer, &mut Vec<Entry>),
    ) {
        let mut ready = Vec::new();
        // Held until what is ready waits: in between, those who look for it would see it nowhere.
        let mut gatherer = lock(&slot.gatherer);
        gather(&mut gatherer, &mut ready);
        self.post(slot, ready);
    }

    /// Hands entries to the disk thread of a stream.
    pub(crate) fn post(&self, slot: &Arc<Slot>, entries: Vec<Entry>) {
        if entries.is_empty() {
            return;
        }
        if let Some(volume) = slot.post(entries)
            && !self.volumes[volume].enqueue(Arc::clone(slot))
        {
            metrics::counter!("watchpost_archive_pictures_after_close_total").increment(1);
        }
    }

    /// Returns whether the archive closes.
    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }

    /// Moves a stream to another volume, for its next turn.
    pub(crate) fn move_stream(&self, slot: &Slot, volume: usize) {
        slot.move_to(volume);
        lock(&slot.gatherer).move_to(Arc::clone(&self.volumes[volume].waiting));
    }

    /// Returns the working volume with the fewest streams, of those the one with most room.
    pub(crate) fn best_volume(&self) -> Option<usize> {
        let streams = self.streams_by_volume();
        let works = |volume: &&Arc<Volume>| volume.seen_state() == VolumeState::Ok;
        let best = self
            .volumes
            .iter()
            .filter(works)
            .min_by_key(|volume| (streams[volume.number], u64::MAX - volume.last_space().free));
        best.map(|volume| volume.number)
    }

    /// Returns a working volume that would still have fewer streams than `current` with one more.
    pub(crate) fn less_busy_volume(&self, current: usize) -> Option<usize> {
        if self.volumes.len() == 1 {
            return None;
        }
        let streams = self.streams_by_volume();
        self.best_volume().filter(|&best| streams[best] + 1 < streams[current])
    }

    fn streams_by_volume(&self) -> Vec<usize> {
        let mut streams = vec![0; self.volumes.len()];
        let slots = lock(&self.slots);
        for volume in slots.values().filter_map(|slot| slot.active_volume()) {
            streams[volume] += 1;
        }
        streams
    }

    /// Returns the segments that are being written or closed.
    pub(crate) fn live_ids(&self) -> BTreeSet<SegmentId> {
        let slots: Vec<_> = lock(&self.slots).values().cloned().collect();
        let live = slots.iter().flat_map(|slot| slot.live_segments());
        live.map(|segment| segment.id).collect()
    }

    /// Sees whether a volume takes bytes and is the one it should be.
    pub(crate) fn prepare(&self, volume: &Volume) -> Result<(), (VolumeState, String)> {
        let rows = self.ledger.oldest_segments(&volume.config.id, 1);
        let used = rows.map_err(|error| {
            let detail = format!("cannot read whether it was used before: {error}");
            (VolumeState::Failed, detail)
        })?;
        volume.prepare(!used.is_empty())
    }

    /// Notes that a stream has ended.
    pub(crate) fn note_end(&self) {
        let _slots = lock(&self.slots);
        self.ended.notify_all();
    }

    /// Waits until every stream has ended, `patience` at most.
    fn wait_for_streams(&self, patience: Duration) {
        let is_recording = |slots: &mut BTreeMap<StreamId, Arc<Slot>>| {
            slots.values().any(|slot| slot.active_volume().is_some())
        };
        let slots = lock(&self.slots);
        let _ = self
            .ended
            .wait_timeout_while(slots, patience, is_recording)
            .unwrap_or_else(PoisonError::into_inner);
    }

    fn recorder(self: &Arc<Self>, stream: StreamId) -> Recorder {
        let fallback = self.best_volume().unwrap_or(0);
        let slot = {
            let mut slots = lock(&self.slots);
            let slot = slots.entry(stream.clone()).or_insert_with(|| {
                let budgets = Budgets {
                    stream: Arc::new(Budget::new(self.config.stream_budget_bytes)),
                    volume: Arc::clone(&self.volumes[fallback].waiting),
                    total: Arc::clone(&self.total),
                };
                let gatherer = Gatherer::new(budgets, self.config.stream_budget_bytes);
                let stagger_us = stagger(&stream, self.segment_duration_us);
                Arc::new(Slot::new(stream, stagger_us, gatherer, fallback))
            });
            Arc::clone(slot)
        };
        self.post(&slot, vec![Entry::Begin]);
        Recorder::new(Arc::clone(self), slot)
    }
}

/// Returns how far the rotation of `stream` is shifted, 0 to `duration_us`: FNV-1a of its name,
/// so that a restart does not change it.
fn stagger(stream: &StreamId, duration_us: i64) -> i64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in stream.to_string().bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    // The low bits of names that differ in one digit are too alike.
    i64::try_from(hash >> 16).unwrap_or(0) % duration_us
}

/// Records streams on volumes. Owned by the program; its methods may be called from any thread.
#[derive(Debug)]
pub struct Archive {
    shared: Arc<Shared>,
    /// One message from every disk thread that has ended.
    ended: Mutex<Receiver<()>>,
    running: Mutex<usize>,
}

impl Archive {
    /// Opens the volumes, recovers the files that were being written when the program ended
    /// last (what is whole of them is kept), and starts a disk thread per volume.
    ///
    /// A volume that is not there or does not take bytes is no error: see [`Archive::volumes`].
    ///
    /// # Errors
    /// Refuses a configuration that cannot work; fails when rows cannot be read or written.
    pub fn open(
        config: ArchiveConfig,
        ledger: Arc<dyn Ledger>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ArchiveError> {
        check(&config)?;
        let share = config.total_budget_bytes / config.volumes.len();
        let numbered = config.volumes.iter().cloned().enumerate();
        let volumes: Vec<_> = numbered
            .map(|(number, config)| {
                Arc::new(Volume::new(config, number, share, Arc::clone(&clock)))
            })
            .collect();
        let shared = Arc::new(Shared {
            volumes,
            ledger,
            clock,
            segment_duration_us: i64::try_from(config.segment_duration.as_micros())
                .unwrap_or(i64::MAX),
            slots: Mutex::new(BTreeMap::new()),
            total: Arc::new(Budget::new(config.total_budget_bytes)),
            closing: AtomicBool::new(false),
            ended: Condvar::new(),
            config,
        });
        recover_all(&shared).map_err(|source| ArchiveError::Ledger {
            doing: "recover unfinished segments",
            source,
        })?;
        let (announce, ended) = sync_channel(shared.volumes.len());
        for volume in &shared.volumes {
            start_threads(&shared, volume, announce.clone())?;
        }
        Ok(Self { running: Mutex::new(shared.volumes.len()), shared, ended: Mutex::new(ended) })
    }

    /// Returns the recorder of a stream, of which there is to be one at a time. What was not
    /// recorded since the stream was recorded last becomes a gap.
    pub fn recorder(&self, stream: StreamId) -> Recorder {
        self.shared.recorder(stream)
    }

    /// Returns the segments of a stream that are being written or closed, with the fragments
    /// already on disk. Their rows are open until they are closed: a segment may be found here
    /// and as a closed row for a moment, by the same id, never in neither.
    pub fn open_segments(&self, stream: &StreamId) -> Vec<Segment> {
        let slot = lock(&self.shared.slots).get(stream).cloned();
        let live = slot.map(|slot| slot.live_segments()).unwrap_or_default();
        live.into_iter().filter(|segment| !segment.fragments.is_empty()).collect()
    }

    /// Returns the GOP of a stream that shows how it was at `time`, where its pictures of that time
    /// are still gathered or wait for their disk; of a long GOP, what is on disk already is read.
    /// To be asked before the segments: what is not found here is among those.
    ///
    /// # Errors
    /// Fails if the file of a long GOP cannot be read.
    pub fn unwritten_gop(
        &self,
        stream: &StreamId,
        time: Timestamp,
    ) -> Result<Option<Gop>, ClipError> {
        let slot = lock(&self.shared.slots).get(stream).cloned();
        let Some(slot) = slot else { return Ok(None) };
        let mut parts = slot.unwritten();
        let Some(shown) = parts.iter().rposition(|part| part.shows(time)) else {
            return Ok(None);
        };
        parts.truncate(shown + 1);
        self.gop_of_last(&slot, parts)
    }

    /// Returns the GOP of a stream that goes on now, up to its newest picture; `None` while nothing
    /// is recorded. Of a long GOP, what is on disk already is read.
    ///
    /// # Errors
    /// Fails if the file of a long GOP cannot be read.
    pub fn open_gop(&self, stream: &StreamId) -> Result<Option<OpenGop>, ClipError> {
        let slot = lock(&self.shared.slots).get(stream).cloned();
        let Some(slot) = slot else { return Ok(None) };
        let parts = slot.unwritten();
        // Only what is still gathered goes on.
        let Some(newest) = parts.last().filter(|part| part.end.is_none()) else {
            return Ok(None);
        };
        let (format, run) = (Arc::clone(&newest.format), newest.run);
        let gop = self.gop_of_last(&slot, parts)?;
        let pictures = gop.map(|gop| gop.pictures).filter(|pictures| !pictures.is_empty());
        Ok(pictures.map(|pictures| OpenGop { format, run, pictures }))
    }

    /// Returns when the newest picture of a stream was taken, while it is recorded: also of one that
    /// is not on disk yet.
    pub fn newest_picture(&self, stream: &StreamId) -> Option<Timestamp> {
        let slot = lock(&self.shared.slots).get(stream).cloned()?;
        lock(&slot.gatherer).newest()
    }

    /// Returns the GOP that the last of `parts` belongs to, up to that part's end.
    fn gop_of_last(&self, slot: &Slot, parts: Vec<Unwritten>) -> Result<Option<Gop>, ClipError> {
        let Some(last) = parts.last() else { return Ok(None) };
        let take = last.take;
        let begins = |part: &Unwritten| part.starts_with_keyframe || part.take != take;
        let first = parts.iter().rposition(begins).unwrap_or(0);
        let mut parts = parts.into_iter().skip(first).peekable();
        let Some(head) = parts.peek() else { return Ok(None) };
        let mut gop = if head.starts_with_keyframe {
            Gop::empty(&head.format)
        } else {
            let Some(start) = head.start() else { return Ok(None) };
            let before = start.minus(BETWEEN_PICTURES);
            let open = slot.live_segments().into_iter().find(|live| {
                let started = live.fragments.first().map(|fragment| fragment.start);
                started.is_some_and(|start| start <= before) && before < live.range.end
            });
            let Some(segment) = open else { return Ok(None) };
            let Some(volume) = self.volume_path(&segment.volume) else { return Ok(None) };
            gop::read(&volume.join(&segment.path), &segment, before)?
        };
        let pictures = parts.flat_map(|part| part.pictures);
        gop.pictures.extend(pictures.map(|picture| (picture.time, picture.data)));
        Ok(Some(gop))
    }

    /// Deletes closed segments that are older than their stream's retention, then the oldest of
    /// volumes that have too little room; called from time to time by the program. Segments that
    /// are held are never deleted.
    ///
    /// # Errors
    /// Rows could not be read or written; what was marked is deleted next time.
    pub fn expire(&self, retention: &[(StreamId, Duration)]) -> Result<Expired, ArchiveError> {
        retention::expire(&self.shared, retention)
            .map_err(|source| ArchiveError::Ledger { doing: "delete old segments", source })
    }

    /// Returns how the volumes are doing, in the order of the configuration.
    pub fn volumes(&self) -> Vec<VolumeStatus> {
        let streams = self.shared.streams_by_volume();
        let volumes = self.shared.volumes.iter();
        volumes.map(|volume| volume.status(streams[volume.number])).collect()
    }

    /// Returns the folder of a volume.
    pub fn volume_path(&self, volume: &VolumeId) -> Option<PathBuf> {
        let volumes = self.shared.volumes.iter();
        let mut of_that_name = volumes.filter(|known| known.config.id == *volume);
        of_that_name.next().map(|known| known.config.path.clone())
    }

    /// Returns how many bytes of pictures wait in memory, gathered or for their disk.
    pub fn held_bytes(&self) -> usize {
        self.shared.total.held()
    }

    /// Ends every recording in good order: writes what was gathered, closes the segments, opens
    /// gaps that say so. Recorders that are still there record nothing any more.
    ///
    /// # Errors
    /// Not everything was on disk by `deadline`; the next start recovers what is.
    pub fn close(&self, deadline: Duration) -> Result<(), ArchiveError> {
        self.shut_down(deadline)
    }

    fn shut_down(&self, deadline: Duration) -> Result<(), ArchiveError> {
        if *lock(&self.running) == 0 {
            return Ok(());
        }
        let started = Instant::now();
        self.shared.closing.store(true, Ordering::Relaxed);
        let slots: Vec<_> = lock(&self.shared.slots).values().cloned().collect();
        for slot in slots.iter().filter(|slot| slot.active_volume().is_some()) {
            self.shared.hand_over(slot, |gatherer, ready| gatherer.finish(ready));
        }
        // Until then a stream may still move from a volume that fails to another.
        self.shared.wait_for_streams(deadline);
        for volume in &self.shared.volumes {
            volume.close_queue();
        }
        let mut running = lock(&self.running);
        while *running > 0 {
            let patience = deadline.saturating_sub(started.elapsed());
            if lock(&self.ended).recv_timeout(patience).is_err() {
                return Err(ArchiveError::Deadline {
                    volumes: std::mem::take(&mut *running),
                    seconds: deadline.as_secs(),
                });
            }
            *running -= 1;
        }
        for volume in &self.shared.volumes {
            volume.release();
        }
        Ok(())
    }
}

impl Drop for Archive {
    fn drop(&mut self) {
        if let Err(error) = self.shut_down(DROP_DEADLINE) {
            warn!(%error, "the archive was dropped before its disks were done");
        }
    }
}

fn check(config: &ArchiveConfig) -> Result<(), ArchiveError> {
    if config.volumes.is_empty() {
        return Err(ArchiveError::NoVolume);
    }
    let mut names = BTreeSet::new();
    for volume in &config.volumes {
        if !names.insert(&volume.id) {
            return Err(ArchiveError::DuplicateVolume(volume.id.clone()));
        }
    }
    let bytes = |value: usize| u128::try_from(value).unwrap_or(0);
    let settings = [
        ("segment_duration (ms)", config.segment_duration.as_millis(), 1),
        ("stream_budget_bytes", bytes(config.stream_budget_bytes), 64 << 10),
        ("total_budget_bytes", bytes(config.total_budget_bytes), 64 << 10),
    ];
    for (what, value, least) in settings {
        if value < least {
            return Err(ArchiveError::Setting { what, value, least });
        }
    }
    Ok(())
}

/// Prepares and recovers all volumes, side by side, and opens the gaps that crashes left.
fn recover_all(shared: &Shared) -> Result<(), LedgerError> {
    let unfinished = shared.ledger.unfinished_segments()?;
    let open = unfinished.iter().filter(|row| row.state == SegmentState::Open);
    let crashed: BTreeSet<StreamId> = open.map(|row| row.stream.clone()).collect();
    let recovered: Vec<Result<(), LedgerError>> = thread::scope(|scope| {
        let of_volume = |volume: &Volume| {
            let rows = unfinished.iter();
            rows.filter(|row| row.volume == volume.config.id).cloned().collect::<Vec<_>>()
        };
        let start = |volume| {
            let rows = of_volume(volume);
            scope.spawn(move || recover_volume(shared, volume, rows))
        };
        let volumes = shared.volumes.iter().map(Arc::as_ref);
        let running: Vec<_> = volumes.map(start).collect();
        let ended = running.into_iter().map(thread::ScopedJoinHandle::join);
        ended
            .map(|ended| ended.unwrap_or_else(|_| Err(LedgerError::new("recovery panicked"))))
            .collect()
    });
    recovered.into_iter().collect::<Result<(), _>>()?;
    for stream in crashed {
        if let Some(end) = shared.ledger.recorded_end(&stream)? {
            shared.ledger.open_gap(&stream, end, GapCause::Crashed)?;
        }
    }
    Ok(())
}

fn recover_volume(shared: &Shared, volume: &Volume, rows: Vec<Segment>) -> Result<(), LedgerError> {
    let used = !rows.is_empty() || {
        let closed = shared.ledger.oldest_segments(&volume.config.id, 1)?;
        !closed.is_empty()
    };
    if let Err((state, detail)) = volume.prepare(used) {
        volume.fail(state, detail);
        return Ok(());
    }
    let count = rows.len();
    recovery::recover(volume, rows, &*shared.ledger)?;
    if count > 0 {
        info!(volume = %volume.config.id, count, "unfinished segments recovered");
    }
    volume.set_recovered();
    volume.set_ok();
    Ok(())
}

fn start_threads(
    shared: &Arc<Shared>,
    volume: &Arc<Volume>,
    announce: std::sync::mpsc::SyncSender<()>,
) -> Result<(), ArchiveError> {
    let id = &volume.config.id;
    let (closer, finished) = sync_channel(FINISHED_WAITING);
    let closing = Closer {
        volume: Arc::clone(volume),
        ledger: Arc::clone(&shared.ledger),
        unwritten: Vec::new(),
    };
    let writing = DiskThread {
        shared: Arc::clone(shared),
        volume: Arc::clone(volume),
        closer,
        stalled: Vec::new(),
        hashing: HashQueue::new(),
        buffer: DirectBuffer::new(),
        meters: Meters::new(id),
    };
    let spawn = |name: String, work: Box<dyn FnOnce() + Send>| {
        let thread = thread::Builder::new().name(name.clone()).spawn(work);
        thread.map_err(|source| ArchiveError::Thread { name, source })
    };
    let closer = spawn(format!("close-{id}"), Box::new(move || closing.run(&finished)))?;
    let work = move || {
        writing.run();
        // The disk thread has dropped its sender: the closer ends once all is closed.
        let _ = closer.join();
        let _ = announce.send(());
    };
    spawn(format!("disk-{id}"), Box::new(work))?;
    Ok(())
}
