//! The index beside the process that writes it: for commands that must not wait for it to stop.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use domain::{Gap, Segment, StreamId, TimeRange};
use rusqlite::params;

use crate::camera::Cameras;
use crate::catalogue::Catalogue;
use crate::filter::Conditions;
use crate::footage_chain::{self, FootageDay, FootageHead, StoredFootageLink};
use crate::ledger::IN_RANGE;
use crate::month::Month;
use crate::query::{EventPage, EventQuery};
use crate::reader::Readers;
use crate::schema::Kind;
use crate::{CameraRow, IndexError, footage, search};

/// An index that is only read. Neither locks nor changes it; another process may write on.
#[derive(Debug)]
pub struct ReadOnlyIndex {
    cameras: Arc<Cameras>,
    months: Vec<Month>,
    readers: Readers,
    footage_path: PathBuf,
}

impl ReadOnlyIndex {
    /// Opens the index in `dir`. Months of events that begin later are not seen.
    ///
    /// # Errors
    /// When there is no index in `dir`, or it cannot be read.
    pub fn open(dir: &Path) -> Result<Self, IndexError> {
        let path = dir.join("core.db");
        let cameras = Cameras::load(&Kind::Core.open_reader(&path)?, &path)?;
        let catalogue = Arc::new(Catalogue::new(dir));
        let months = catalogue.on_disk(Kind::Events)?;
        for &month in &months {
            catalogue.note(Kind::Events, month, 0);
        }
        Ok(Self {
            cameras: Arc::new(cameras),
            months,
            readers: Readers::new(dir, catalogue, 1, Duration::from_secs(1)),
            footage_path: dir.join("footage.db"),
        })
    }

    /// Returns every camera that ever was.
    pub fn cameras(&self) -> &[CameraRow] {
        self.cameras.rows()
    }

    /// Returns the stream's closed segments that share a moment with `range`, in order.
    ///
    /// # Errors
    /// When the rows cannot be read.
    pub fn segments(
        &self,
        stream: &StreamId,
        range: TimeRange,
    ) -> Result<Vec<Segment>, IndexError> {
        let (camera, role) = (stream.camera.as_str(), stream.role.as_str());
        // Kept off the ends of the number range, so that the subtraction in SQL stays whole.
        let start = range.start.as_micros().max(i64::MIN / 2);
        let parameters = params![camera, role, start, range.end.as_micros()];
        let mut reader = self.readers.get()?;
        footage::segments(reader.footage()?, &self.footage_path, IN_RANGE, parameters)
    }

    /// Returns the stream's gaps that share a moment with `range`, in order.
    ///
    /// # Errors
    /// When the rows cannot be read.
    pub fn gaps(&self, stream: &StreamId, range: TimeRange) -> Result<Vec<Gap>, IndexError> {
        let mut reader = self.readers.get()?;
        footage::gaps(reader.footage()?, &self.footage_path, Some(stream), range)
    }

    /// Returns the links of a chain of recorded files from the one numbered `from` on, in order.
    ///
    /// # Errors
    /// When the rows cannot be read.
    pub fn footage_links(
        &self,
        of: &FootageDay,
        from: u64,
    ) -> Result<Vec<StoredFootageLink>, IndexError> {
        let mut reader = self.readers.get()?;
        footage_chain::links(reader.footage()?, of, from).map_err(|error| {
            IndexError::database("read the chains of footage", &self.footage_path, error)
        })
    }

    /// Returns the chains of recorded files that grew; see
    /// [`Index::grown_chains`](crate::Index::grown_chains).
    ///
    /// # Errors
    /// When the rows cannot be read.
    pub fn grown_chains(&self, after: u64) -> Result<(Vec<FootageHead>, u64), IndexError> {
        let mut reader = self.readers.get()?;
        footage_chain::grown(reader.footage()?, after).map_err(|error| {
            IndexError::database("read the chains of footage", &self.footage_path, error)
        })
    }

    /// Returns a page of the events that match `query`; see
    /// [`Index::search_events`](crate::Index::search_events).
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn search_events(&self, query: &EventQuery) -> Result<EventPage, IndexError> {
        let mut reader = self.readers.get()?;
        let conditions = Conditions::new(query, Arc::clone(&self.cameras))?;
        search::search(&mut reader, &conditions, self.months.clone())
    }
}
