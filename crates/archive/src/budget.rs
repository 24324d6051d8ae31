//! How many bytes of pictures may wait in memory: per stream and in all.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What a picture costs beside its bytes: bounds how many empty ones may wait.
const OVERHEAD_BYTES: usize = 128;

/// Bytes held and the most that may be. Shared by all streams, or by one.
#[derive(Debug)]
pub(crate) struct Budget {
    held: AtomicUsize,
    most: usize,
}

impl Budget {
    /// Holds nothing yet, and `most` bytes at most.
    pub(crate) fn new(most: usize) -> Self {
        Self { held: AtomicUsize::new(0), most }
    }

    /// Returns how many bytes are held.
    pub(crate) fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    fn take(&self, bytes: usize) -> bool {
        let before = self.held.fetch_add(bytes, Ordering::Relaxed);
        let fits = before.saturating_add(bytes) <= self.most;
        if !fits {
            self.give_back(bytes);
        }
        fits
    }

    fn give_back(&self, bytes: usize) {
        self.held.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// The two budgets that every picture of a stream is counted in.
#[derive(Debug, Clone)]
pub(crate) struct Budgets {
    /// The stream's own.
    pub(crate) stream: Arc<Budget>,
    /// That of all streams.
    pub(crate) total: Arc<Budget>,
}

/// Bytes taken from both budgets; given back when dropped.
#[derive(Debug)]
pub(crate) struct Held {
    budgets: Budgets,
    bytes: usize,
}

impl Held {
    /// Holds nothing yet.
    pub(crate) fn new(budgets: Budgets) -> Self {
        Self { budgets, bytes: 0 }
    }

    /// Takes what a picture of `bytes` costs; `false`, and nothing taken, if a budget is spent.
    pub(crate) fn grow(&mut self, bytes: usize) -> bool {
        let bytes = bytes.saturating_add(OVERHEAD_BYTES);
        if !self.budgets.stream.take(bytes) {
            return false;
        }
        if !self.budgets.total.take(bytes) {
            self.budgets.stream.give_back(bytes);
            return false;
        }
        self.bytes += bytes;
        true
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.budgets.stream.give_back(self.bytes);
        self.budgets.total.give_back(self.bytes);
    }
}
