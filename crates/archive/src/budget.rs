//! How many bytes of pictures may wait in memory: per stream, per volume and in all.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What a picture costs beside its bytes: bounds how many empty ones may wait.
const OVERHEAD_BYTES: usize = 128;

/// Bytes held and the most that may be. Shared by all streams, those of a volume, or by one.
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

/// The budgets that every picture of a stream is counted in.
#[derive(Debug, Clone)]
pub(crate) struct Budgets {
    /// The stream's own.
    pub(crate) stream: Arc<Budget>,
    /// That of the volume it lies on: one that hangs leaves room to the streams of others.
    pub(crate) volume: Arc<Budget>,
    /// That of all streams.
    pub(crate) total: Arc<Budget>,
}

impl Budgets {
    fn all(&self) -> [&Budget; 3] {
        [&self.stream, &self.volume, &self.total]
    }
}

/// Bytes taken from all budgets; given back when dropped.
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
        let budgets = self.budgets.all();
        let taken = budgets.iter().take_while(|budget| budget.take(bytes)).count();
        if taken < budgets.len() {
            budgets[..taken].iter().for_each(|budget| budget.give_back(bytes));
            return false;
        }
        self.bytes += bytes;
        true
    }

    /// Returns whether it is at most a quarter of what its stream may hold, and `count` like it
    /// are at most a quarter of what a volume may.
    pub(crate) fn is_slight(&self, count: usize) -> bool {
        let is_quarter = |bytes: usize, budget: &Budget| bytes <= budget.most / 4;
        is_quarter(self.bytes, &self.budgets.stream)
            && is_quarter(self.bytes.saturating_mul(count), &self.budgets.volume)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.budgets.all().iter().for_each(|budget| budget.give_back(self.bytes));
    }
}
