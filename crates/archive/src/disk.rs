//! The disk thread of a volume: writes the parts that streams hand over.

use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use domain::{Gap, GapCause, Segment, Timestamp, VolumeId};
use metrics::{Counter, Histogram, counter, histogram};
use tracing::{debug, error, info, warn};

use crate::archive::Shared;
use crate::closer::Finished;
use crate::direct::DirectBuffer;
use crate::disk_state::DiskState;
use crate::gather::{Entry, Part, count_left_out};
use crate::hash::HashQueue;
use crate::lock::lock;
use crate::recovery;
use crate::retention;
use crate::segment_file::{BeginError, SegmentFile};
use crate::slot::Slot;
use crate::volume::{Suspect, Volume, VolumeState, Work};

/// How often it looks after itself when nothing is to be written.
const TICK: Duration = Duration::from_millis(250);
/// How long an entry waits for the ledger before it is tried again.
const STALL: Duration = Duration::from_secs(1);

/// What became of a part.
#[derive(Debug)]
enum Outcome {
    /// It is written, or left out with a gap.
    Done,
    /// Another volume is to write it.
    Moved(Box<Part>),
    /// The ledger does not answer: it waits.
    Stalled(Box<Part>),
}

/// What a disk thread counts with every part.
#[derive(Debug)]
pub(crate) struct Meters {
    bytes: Counter,
    pictures: Counter,
    fragments: Counter,
    write_seconds: Histogram,
}

impl Meters {
    /// Finds the meters of a volume.
    pub(crate) fn new(volume: &VolumeId) -> Self {
        let counter = |name: &'static str| counter!(name, "volume" => volume.to_string());
        Self {
            bytes: counter("watchpost_archive_written_bytes_total"),
            pictures: counter("watchpost_archive_pictures_total"),
            fragments: counter("watchpost_archive_fragments_total"),
            write_seconds: histogram!("watchpost_archive_write_seconds"),
        }
    }
}

/// Writes for the streams of one volume; owned by its disk thread.
#[derive(Debug)]
pub(crate) struct DiskThread {
    pub(crate) shared: Arc<Shared>,
    pub(crate) volume: Arc<Volume>,
    /// Finished segments; when it is full, closing is slower than writing, and writing waits.
    pub(crate) closer: SyncSender<Finished>,
    /// Streams whose next entry waits for the ledger.
    pub(crate) stalled: Vec<Arc<Slot>>,
    /// Files of this volume with bytes that are written and not yet hashed.
    pub(crate) hashing: HashQueue,
    pub(crate) buffer: DirectBuffer,
    pub(crate) meters: Meters,
}

impl DiskThread {
    /// Serves streams, one entry each in turn, until the archive closes.
    pub(crate) fn run(mut self) {
        let mut stalled_since = Instant::now();
        loop {
            match self.volume.next_work(TICK) {
                Work::Serve(slot) => {
                    self.volume.begin_turn();
                    self.serve(slot);
                    self.volume.end_turn();
                }
                Work::Idle => self.hashing.hash_overdue(Instant::now()),
                Work::Closed => break,
            }
            let is_closing = self.shared.is_closing();
            if self.volume.is_retry_due() && !is_closing {
                self.restore();
            }
            if stalled_since.elapsed() >= STALL || is_closing {
                stalled_since = Instant::now();
                for slot in self.stalled.drain(..) {
                    self.volume.enqueue(slot);
                }
            }
        }
    }

    fn serve(&mut self, slot: Arc<Slot>) {
        let has_stalled = {
            let mut state = lock(&slot.disk);
            self.serve_entry(&slot, &mut state)
        };
        if has_stalled && !self.shared.is_closing() {
            self.stalled.push(slot);
            return;
        }
        let Some(next) = slot.turn_over() else { return };
        if !self.shared.volumes[next].enqueue(Arc::clone(&slot)) {
            // Only after the deadline for closing.
            warn!(stream = %slot.stream, "the archive has closed before everything was written");
        }
    }

    /// Deals with one entry; returns whether it must wait for the ledger.
    fn serve_entry(&mut self, slot: &Arc<Slot>, state: &mut DiskState) -> bool {
        match slot.next() {
            None => {}
            Some(Entry::Begin) => match self.begin(slot, state) {
                Ok(()) => {}
                Err(error) if !self.shared.is_closing() => {
                    warn!(stream = %slot.stream, %error, "cannot read where the recording ends");
                    slot.put_back(Entry::Begin);
                    return true;
                }
                Err(_) => {}
            },
            Some(Entry::Lost { from, cause }) => {
                // After pictures that stayed away the same GOP goes on.
                if cause != GapCause::NoPicture {
                    self.end_file(slot, state);
                }
                state.open_gap(from, cause);
            }
            Some(Entry::End) => {
                self.end_file(slot, state);
                state.decodable = false;
                state.stop(self.shared.clock.now());
                slot.set_inactive();
                self.shared.note_end();
            }
            Some(Entry::Pictures(part)) => match self.record(slot, state, part) {
                Outcome::Done => {}
                Outcome::Moved(part) => slot.put_back(Entry::Pictures(part)),
                Outcome::Stalled(part) => {
                    slot.put_back(Entry::Pictures(part));
                    return true;
                }
            },
        }
        if let Err(error) = state.tell(&slot.stream, &*self.shared.ledger) {
            error!(stream = %slot.stream, %error, "cannot write the row of a gap, will try again");
            counter!("watchpost_archive_ledger_failures_total").increment(1);
        }
        false
    }

    /// Opens the gap since the stream was recorded last, if it was ever.
    fn begin(&self, slot: &Slot, state: &mut DiskState) -> Result<(), crate::LedgerError> {
        if state.covered_until.is_none() {
            state.covered_until = self.shared.ledger.recorded_end(&slot.stream)?;
        }
        if let Some(end) = state.covered_until {
            // A crash has opened its gap already, and the ledger keeps the first cause.
            state.open_gap(end, GapCause::Stopped);
        }
        Ok(())
    }

    fn record(&mut self, slot: &Arc<Slot>, state: &mut DiskState, part: Box<Part>) -> Outcome {
        let volume_state = self.volume.state();
        if volume_state != VolumeState::Ok {
            return self.give_up(slot, state, part, volume_state);
        }
        if !part.starts_with_keyframe && !state.decodable {
            return Self::leave_out_undecodable(state, &part);
        }
        if let Some(file) = &state.file {
            let duration_us = self.shared.segment_duration_us;
            if file.must_end_before(&part, duration_us, slot.stagger_us) {
                self.end_file(slot, state);
            }
        }
        if state.file.is_none() {
            if !part.starts_with_keyframe {
                return Self::leave_out_undecodable(state, &part);
            }
            if let Some(other) = self.shared.less_busy_volume(self.volume.number) {
                debug!(stream = %slot.stream, volume = %self.shared.volumes[other].config.id, "stream moves to a volume with fewer");
                self.shared.move_stream(slot, other);
                return Outcome::Moved(part);
            }
            match self.begin_file(slot, &part) {
                Ok(file) => state.file = Some(file),
                Err(BeginError::Ledger(error)) => {
                    warn!(stream = %slot.stream, %error, "cannot write the row of a segment, will try again");
                    counter!("watchpost_archive_ledger_failures_total").increment(1);
                    if self.shared.is_closing() {
                        return Self::leave_out(state, &part, GapCause::DiskFailed);
                    }
                    return Outcome::Stalled(part);
                }
                Err(BeginError::Disk(error)) => {
                    let detail = format!("cannot make a file for {}: {error}", slot.stream);
                    return self.fail(slot, state, part, &error, detail);
                }
            }
        }
        if let Some(file) = &mut state.file {
            let boxes = match self.append(file, &part) {
                Ok(boxes) => boxes,
                Err(error) => {
                    let detail = format!("cannot write to a file of {}: {error}", slot.stream);
                    return self.fail(slot, state, part, &error, detail);
                }
            };
            let hash = file.hash();
            self.note_recorded(slot, state, &part);
            let (pictures, held) = part.into_bytes();
            self.hashing.add(&hash, boxes.into_iter().chain(pictures), held, Instant::now());
        }
        Outcome::Done
    }

    fn begin_file(&self, slot: &Arc<Slot>, part: &Part) -> Result<SegmentFile, BeginError> {
        if let Err((_, detail)) = self.volume.check_marker(true) {
            return Err(BeginError::Disk(std::io::Error::other(detail)));
        }
        let ledger = &*self.shared.ledger;
        let begin = || SegmentFile::begin(&self.volume, &slot.stream, part, ledger);
        let file = match begin() {
            Err(BeginError::Disk(error)) if self.makes_room(&error, part) => begin(),
            other => other,
        }?;
        lock(&slot.live).push(file.segment());
        Ok(file)
    }

    fn append(&mut self, file: &mut SegmentFile, part: &Part) -> std::io::Result<[Bytes; 3]> {
        let started = Instant::now();
        let written = match file.append(&self.volume, &mut self.buffer, part) {
            Err(error) if self.makes_room(&error, part) => {
                file.append(&self.volume, &mut self.buffer, part)
            }
            other => other,
        };
        self.meters.write_seconds.record(started.elapsed().as_secs_f64());
        written
    }

    /// Deletes the oldest segments if `error` says that the volume is full; returns whether a
    /// second try is worth it.
    fn makes_room(&self, error: &std::io::Error, part: &Part) -> bool {
        if VolumeState::after(error) != VolumeState::Full {
            return false;
        }
        let needed = u64::try_from(part.bytes).unwrap_or(u64::MAX).saturating_mul(2);
        match retention::make_room(&self.shared, &self.volume, needed) {
            Ok(deleted) => {
                info!(volume = %self.volume.config.id, deleted.segments, deleted.bytes, "volume was full, made room");
                deleted.segments > 0
            }
            Err(error) => {
                warn!(volume = %self.volume.config.id, %error, "cannot make room");
                false
            }
        }
    }

    fn note_recorded(&self, slot: &Slot, state: &mut DiskState, part: &Part) {
        self.meters.bytes.increment(u64::try_from(part.bytes).unwrap_or(u64::MAX));
        self.meters.pictures.increment(u64::try_from(part.pictures.len()).unwrap_or(u64::MAX));
        self.meters.fragments.increment(1);
        state.decodable = true;
        state.covered(&slot.stream, part.start(), part.end);
        for loss in &part.losses {
            state.add_gap(Gap {
                stream: slot.stream.clone(),
                start: loss.start,
                end: Some(loss.end),
                cause: GapCause::PacketLoss,
            });
        }
    }

    /// Notes that the volume failed, and hands the part to another one if it can.
    fn fail(
        &self,
        slot: &Arc<Slot>,
        state: &mut DiskState,
        part: Box<Part>,
        error: &std::io::Error,
        detail: String,
    ) -> Outcome {
        let volume_state = VolumeState::after(error);
        self.volume.fail(volume_state, detail);
        self.give_up(slot, state, part, volume_state)
    }

    /// Ends the file on a volume that is out of order; the stream moves to another, if one works.
    fn give_up(
        &self,
        slot: &Arc<Slot>,
        state: &mut DiskState,
        part: Box<Part>,
        volume_state: VolumeState,
    ) -> Outcome {
        self.end_file(slot, state);
        let Some(other) = self.shared.best_volume() else {
            return Self::leave_out(state, &part, volume_state.gap_cause());
        };
        info!(stream = %slot.stream, from = %self.volume.config.id, to = %self.shared.volumes[other].config.id, "stream moves to another volume");
        self.shared.move_stream(slot, other);
        if part.starts_with_keyframe {
            return Outcome::Moved(part);
        }
        Self::leave_out(state, &part, volume_state.gap_cause())
    }

    /// Leaves out what cannot be decoded: for the cause of the open gap, which took its keyframe.
    fn leave_out_undecodable(state: &mut DiskState, part: &Part) -> Outcome {
        let cause = state.open_cause().unwrap_or(GapCause::NoPicture);
        Self::leave_out(state, part, cause)
    }

    fn leave_out(state: &mut DiskState, part: &Part, cause: GapCause) -> Outcome {
        let pictures = u64::try_from(part.pictures.len()).unwrap_or(u64::MAX);
        count_left_out(pictures, cause.as_str());
        state.decodable = false;
        state.open_gap(part.start(), cause);
        Outcome::Done
    }

    /// Ends the file at hand and lets the closer have it.
    fn end_file(&self, slot: &Arc<Slot>, state: &mut DiskState) {
        let Some(file) = state.file.take() else {
            return;
        };
        let segment = file.segment();
        if file.is_empty() {
            self.remove_empty(slot, &file, &segment);
            return;
        }
        if file.is_broken() {
            let (id, end) = {
                let segment = lock(&segment);
                (segment.id, segment.range.end)
            };
            let stream = slot.stream.clone();
            self.volume.suspect(Suspect { id, stream, end });
            lock(&slot.live).retain(|live| !Arc::ptr_eq(live, &segment));
            return;
        }
        let (file, folder, sha256) = file.finish();
        let finished = Finished { file, folder, segment, sha256, slot: Arc::clone(slot) };
        if self.closer.send(finished).is_err() {
            error!(stream = %slot.stream, "the closer is gone, recovery will close the segment");
        }
    }

    fn remove_empty(&self, slot: &Slot, file: &SegmentFile, segment: &Arc<Mutex<Segment>>) {
        lock(&slot.live).retain(|live| !Arc::ptr_eq(live, segment));
        let id = lock(segment).id;
        let removed = std::fs::remove_file(file.path());
        let forgotten = removed
            .map_err(crate::LedgerError::new)
            .and_then(|()| self.shared.ledger.forget_segments(&[id]));
        if let Err(error) = forgotten {
            debug!(stream = %slot.stream, %error, "an empty segment stays until recovery");
        }
    }

    /// Tries a volume that is out of order.
    fn restore(&self) {
        let volume = &self.volume;
        let was_full = volume.state() == VolumeState::Full;
        if was_full && let Err(error) = retention::make_room(&self.shared, volume, 0) {
            warn!(volume = %volume.config.id, %error, "cannot make room");
        }
        if let Err((state, detail)) = self.shared.prepare(volume) {
            volume.fail(state, detail);
            return;
        }
        if volume.is_recovery_due()
            && let Err(error) = self.recover()
        {
            volume.fail(VolumeState::Failed, format!("cannot recover its files: {error}"));
            return;
        }
        volume.set_ok();
    }

    /// Recovers the files that were unfinished when the volume failed or was absent.
    fn recover(&self) -> Result<(), crate::LedgerError> {
        let shared = &self.shared;
        let mut rows = shared.ledger.unfinished_segments()?;
        let live = shared.live_ids();
        rows.retain(|row| row.volume == self.volume.config.id && !live.contains(&row.id));
        let recovered = recovery::recover(&self.volume, rows, &*shared.ledger)?;
        for suspect in self.volume.set_recovered() {
            let end = recovered.iter().find(|(id, _, _)| *id == suspect.id);
            let Some(&(_, _, Some(end))) = end.filter(|(_, _, end)| *end < Some(suspect.end))
            else {
                continue;
            };
            let lost: Timestamp = end;
            shared.ledger.add_gap(&Gap {
                stream: suspect.stream,
                start: lost,
                end: Some(suspect.end),
                cause: GapCause::DiskFailed,
            })?;
        }
        Ok(())
    }
}
