//! Coverage as the program tells it and others ask for it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::{CameraId, CoverageChange, Timestamp};

use crate::coverage::{self, Coverage, CoverageQuery};
use crate::footage::Change;
use crate::{Index, IndexError};

/// How often it is written that nothing has changed: after a crash, no more than that is unknown.
const WRITTEN_EVERY: Duration = Duration::from_secs(10);

/// Until when cameras are known to do what they did. A lock is held for one copy only.
#[derive(Debug, Default)]
pub(crate) struct Watched(Mutex<Until>);

#[derive(Debug, Clone, Copy, Default)]
struct Until {
    known: Option<Timestamp>,
    written: Option<Timestamp>,
}

impl Watched {
    fn get(&self) -> Until {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, until: Until) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = until;
    }
}

impl Index {
    /// Begins to watch `cameras`. What a crash left open ends at the last moment known: from there
    /// to now they were not watched. Durable on return.
    ///
    /// # Errors
    /// When the rows cannot be written.
    pub fn resume_coverage(&self, cameras: &[CameraId], now: Timestamp) -> Result<(), IndexError> {
        self.change(Change::ResumeCoverage(cameras.to_vec(), now))?;
        self.inner.watched.set(Until { known: Some(now), written: Some(now) });
        Ok(())
    }

    /// Notes what cameras do from some moment on, in order of time for each, and that all others
    /// did until `until` what they did before. Changes are durable on return; without any, it is
    /// written every ten seconds only.
    ///
    /// # Errors
    /// When the rows cannot be written; ask again with the same changes.
    pub fn cover(&self, changes: &[CoverageChange], until: Timestamp) -> Result<(), IndexError> {
        let Until { written, .. } = self.inner.watched.get();
        let is_due =
            written.is_none_or(|written| until < written || until.since(written) >= WRITTEN_EVERY);
        if changes.is_empty() && !is_due {
            self.inner.watched.set(Until { known: Some(until), written });
            return Ok(());
        }
        self.change(Change::Cover(changes.to_vec(), until))?;
        self.inner.watched.set(Until { known: Some(until), written: Some(until) });
        Ok(())
    }

    /// Forgets what cameras did before `before`. Durable on return.
    ///
    /// # Errors
    /// When the rows cannot be written.
    pub fn expire_coverage(&self, before: Timestamp) -> Result<(), IndexError> {
        self.change(Change::DropCoverage(before))?;
        Ok(())
    }

    /// Returns how much of a range cameras were seen, recorded and analysed.
    ///
    /// # Errors
    /// [`IndexError::Busy`], or when the rows cannot be read.
    pub fn coverage(&self, query: &CoverageQuery) -> Result<Coverage, IndexError> {
        let mut reader = self.inner.readers.get()?;
        let watched_until = self.inner.watched.get().known;
        coverage::coverage(reader.footage()?, query, watched_until)
            .map_err(|error| IndexError::database("read coverage", &self.inner.footage_path, error))
    }
}
