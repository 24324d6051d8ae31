//! Takes a lock, whatever became of the thread that held it last.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks `mutex`. What our locks guard is whole between any two statements, so that a panic
/// elsewhere is no reason to stop recording.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
