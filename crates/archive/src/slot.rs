//! One stream's place in the archive: the mailbox between its recorder and the disk threads.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use domain::{Segment, StreamId};

use crate::disk_state::DiskState;
use crate::gather::{Entry, Gatherer, Unwritten};
use crate::lock::lock;

/// Losses that may wait while a disk hangs; pictures are bounded by their bytes.
const MOST_ENTRIES: usize = 4096;

/// What waits for the disk thread, in order.
#[derive(Debug, Default)]
struct Mailbox {
    entries: VecDeque<Entry>,
    /// What was taken out last and is being written.
    in_hand: Option<Unwritten>,
    /// It is in the queue of a volume, or being served: at one place at a time.
    queued: bool,
    /// The volume it lies on, by its place in the configuration.
    volume: usize,
    /// It is to be recorded.
    active: bool,
}

/// One stream's place in the archive. Shared by its recorder, which fills the mailbox, and the
/// disk thread of the volume it lies on, which empties it; no lock is held during I/O but
/// `disk`, which only the disk thread takes.
#[derive(Debug)]
pub(crate) struct Slot {
    /// The stream.
    pub(crate) stream: StreamId,
    /// How far its rotation is shifted against the clock, in microseconds.
    pub(crate) stagger_us: i64,
    /// The recorder's side.
    pub(crate) gatherer: Mutex<Gatherer>,
    /// The disk thread's side.
    pub(crate) disk: Mutex<DiskState>,
    /// Segments that are being written or closed.
    pub(crate) live: Mutex<Vec<Arc<Mutex<Segment>>>>,
    mailbox: Mutex<Mailbox>,
}

impl Slot {
    /// Makes the place of a stream that will lie on `volume`.
    pub(crate) fn new(
        stream: StreamId,
        stagger_us: i64,
        gatherer: Gatherer,
        volume: usize,
    ) -> Self {
        Self {
            stream,
            stagger_us,
            gatherer: Mutex::new(gatherer),
            disk: Mutex::new(DiskState::default()),
            live: Mutex::new(Vec::new()),
            mailbox: Mutex::new(Mailbox { volume, ..Mailbox::default() }),
        }
    }

    /// Puts entries behind those that wait. Returns the volume whose queue it must join now.
    pub(crate) fn post(&self, entries: impl IntoIterator<Item = Entry>) -> Option<usize> {
        let mut mailbox = lock(&self.mailbox);
        for entry in entries {
            mailbox.active |= matches!(entry, Entry::Begin);
            let told_already = match (&entry, mailbox.entries.back()) {
                (Entry::Lost { cause, .. }, Some(Entry::Lost { cause: before, .. })) => {
                    cause == before || mailbox.entries.len() >= MOST_ENTRIES
                }
                _ => false,
            };
            if !told_already {
                mailbox.entries.push_back(entry);
            }
        }
        if mailbox.queued || mailbox.entries.is_empty() {
            return None;
        }
        mailbox.queued = true;
        Some(mailbox.volume)
    }

    /// Takes the entry that has waited longest. Until it is put back or the turn is over, its
    /// pictures still count as unwritten.
    pub(crate) fn next(&self) -> Option<Entry> {
        let mut mailbox = lock(&self.mailbox);
        let entry = mailbox.entries.pop_front();
        mailbox.in_hand = entry.as_ref().and_then(Entry::unwritten);
        entry
    }

    /// Puts back an entry that could not be dealt with, before all others.
    pub(crate) fn put_back(&self, entry: Entry) {
        let mut mailbox = lock(&self.mailbox);
        mailbox.in_hand = None;
        mailbox.entries.push_front(entry);
    }

    /// Returns the parts that are not on disk yet, in order. Whatever is missing here was among the
    /// live segments before this was called, or was left out.
    pub(crate) fn unwritten(&self) -> Vec<Unwritten> {
        // In the direction they move, or one could be missed: the recorder hands over under its
        // gatherer's lock.
        let gathering = lock(&self.gatherer).gathering();
        let mailbox = lock(&self.mailbox);
        let waiting = mailbox.entries.iter().filter_map(Entry::unwritten);
        let mut parts: Vec<_> = mailbox.in_hand.iter().cloned().chain(waiting).collect();
        let handed_over =
            |part: &Unwritten| parts.iter().any(|known| known.start() == part.start());
        parts.extend(gathering.filter(|part| !handed_over(part)));
        parts
    }

    /// Ends its turn: returns the volume whose queue it must join again, if entries wait.
    pub(crate) fn turn_over(&self) -> Option<usize> {
        let mut mailbox = lock(&self.mailbox);
        mailbox.in_hand = None;
        mailbox.queued = !mailbox.entries.is_empty();
        mailbox.queued.then_some(mailbox.volume)
    }

    /// Returns the volume it lies on while it is to be recorded.
    pub(crate) fn active_volume(&self) -> Option<usize> {
        let mailbox = lock(&self.mailbox);
        mailbox.active.then_some(mailbox.volume)
    }

    /// Notes that it is no longer to be recorded, unless it was begun again.
    pub(crate) fn set_inactive(&self) {
        let mut mailbox = lock(&self.mailbox);
        let begun = |entry: &Entry| matches!(entry, Entry::Begin);
        mailbox.active = mailbox.entries.iter().any(begun);
    }

    /// Moves it to another volume, for its next turn.
    pub(crate) fn move_to(&self, volume: usize) {
        lock(&self.mailbox).volume = volume;
    }

    /// Returns copies of the segments that are being written or closed.
    pub(crate) fn live_segments(&self) -> Vec<Segment> {
        let live = lock(&self.live).clone();
        live.iter().map(|segment| lock(segment).clone()).collect()
    }
}
