//! One stream's way in.

use std::sync::Arc;

use domain::{AccessUnit, GapCause, Timestamp};

use crate::archive::Shared;
use crate::gather::{Entry, Gatherer};
use crate::slot::Slot;

/// Records one stream. Owned by the stream's task; never blocks, never waits for a disk.
///
/// Pictures are gathered until the next keyframe and then handed over at once. When the disk is
/// slower than the camera for so long that a budget is spent, whole GOPs are left out, and a gap
/// says so. Dropping it ends the recording of the stream in good order.
#[derive(Debug)]
pub struct Recorder {
    shared: Arc<Shared>,
    slot: Arc<Slot>,
}

impl Recorder {
    pub(crate) fn new(shared: Arc<Shared>, slot: Arc<Slot>) -> Self {
        Self { shared, slot }
    }

    /// Takes one picture. Its bytes are shared, not copied.
    ///
    /// Pictures before the first keyframe of a run cannot be decoded and are not recorded.
    pub fn write(&mut self, unit: AccessUnit) {
        self.hand_over(|gatherer, ready| gatherer.write(unit, ready));
    }

    /// Notes that no pictures come any more, or none that can be recorded: opens a gap at the
    /// end of the last picture, or at `at` if nothing of this stream was ever recorded. The next
    /// picture closes it.
    pub fn interrupted(&mut self, at: Timestamp, cause: GapCause) {
        self.hand_over(|gatherer, ready| gatherer.interrupted(at, cause, ready));
    }

    fn hand_over(&self, gather: impl FnOnce(&mut Gatherer, &mut Vec<Entry>)) {
        self.shared.hand_over(&self.slot, gather);
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.hand_over(|gatherer, ready| gatherer.finish(ready));
    }
}
