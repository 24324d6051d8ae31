//! Coverage as the program tells it and others ask for it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::{CameraId, CoverageChange, TimeRange, Timestamp};

use crate::coverage::{self, CameraCoverage, Coverage, CoverageQuery};
use crate::footage::Change;
use crate::reader::{Lent, Reader};
use crate::{Index, IndexError};

/// Cameras whose coverage is worth a second thread: below, the sweep takes a few milliseconds.
const WORTH_A_THREAD: usize = 32;
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

    /// Returns from when to when it is known what cameras did; `None` when nothing is.
    ///
    /// # Errors
    /// [`IndexError::Busy`], or when the rows cannot be read.
    pub fn coverage_known(&self) -> Result<Option<TimeRange>, IndexError> {
        let mut reader = self.inner.readers.get()?;
        let watched_until = self.inner.watched.get().known;
        coverage::known(reader.footage()?, watched_until).map_err(|error| self.uncovered(error))
    }

    /// Returns how much of a range cameras were seen, recorded and analysed.
    ///
    /// # Errors
    /// [`IndexError::Busy`], or when the rows cannot be read.
    pub fn coverage(&self, query: &CoverageQuery) -> Result<Coverage, IndexError> {
        let mut reader = self.inner.readers.get()?;
        let watched_until = self.inner.watched.get().known;
        let (known, cameras) = coverage::asked(reader.footage()?, query, watched_until)
            .map_err(|error| self.uncovered(error))?;
        let told = match self.inner.readers.idle() {
            Some(second) if cameras.len() >= WORTH_A_THREAD => {
                let (first_half, second_half) = cameras.split_at(cameras.len() / 2);
                self.in_halves((reader, first_half), (second, second_half), query, known)?
            }
            _ => self.covered(&mut reader, query, known, &cameras)?,
        };
        Ok(Coverage { known, cameras: told })
    }

    /// Asks of one half of the cameras on a thread of its own, of the other on this one: for half of
    /// the time, of the same cost.
    fn in_halves(
        &self,
        (mut reader, first): (Lent, &[CameraId]),
        (mut second_reader, second): (Lent, &[CameraId]),
        query: &CoverageQuery,
        known: Option<TimeRange>,
    ) -> Result<Vec<CameraCoverage>, IndexError> {
        std::thread::scope(|scope| {
            let beside = std::thread::Builder::new()
                .name("coverage".to_owned())
                .spawn_scoped(scope, move || self.covered(&mut second_reader, query, known, second))
                .map_err(|error| IndexError::folder(&self.inner.footage_path, error))?;
            let mut told = self.covered(&mut reader, query, known, first)?;
            // It panics only where this thread would have.
            told.extend(beside.join().map_err(|_| IndexError::Closed)??);
            Ok(told)
        })
    }

    fn covered(
        &self,
        reader: &mut Reader,
        query: &CoverageQuery,
        known: Option<TimeRange>,
        cameras: &[CameraId],
    ) -> Result<Vec<CameraCoverage>, IndexError> {
        let footage = reader.footage()?;
        coverage::of_cameras(footage, query, known, cameras).map_err(|error| self.uncovered(error))
    }

    fn uncovered(&self, error: rusqlite::Error) -> IndexError {
        IndexError::database("read coverage", &self.inner.footage_path, error)
    }
}
