//! One picture of recorded footage as JPEG: the archive finds the GOP, vision decodes it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use api::{FrameError, FrameSource};
use archive::{Archive, gop};
use domain::{CameraId, Polygon, Segment, StreamId, TimeRange, Timestamp};
use index::Index;

use crate::config::Config;

/// A moment between two pictures of a slow stream still belongs to the one before.
const REACH: Duration = Duration::from_secs(2);

/// Decodes stills from recorded footage, masks painted over.
#[derive(Debug)]
pub(crate) struct RecordedFrames {
    index: Index,
    archive: Arc<Archive>,
    masks: Mutex<BTreeMap<CameraId, Vec<Polygon>>>,
}

impl RecordedFrames {
    pub(crate) fn new(index: Index, archive: Arc<Archive>) -> Self {
        Self { index, archive, masks: Mutex::default() }
    }

    /// Takes over the privacy masks of `config`.
    pub(crate) fn apply(&self, config: &Config) {
        let masks = config.cameras.iter().map(|camera| (camera.id.clone(), camera.masks.clone()));
        *self.masks.lock().unwrap_or_else(PoisonError::into_inner) = masks.collect();
    }

    /// Returns the segment that holds the last picture at or before `at`.
    fn segment(&self, stream: &StreamId, at: Timestamp) -> Result<Option<Segment>, FrameError> {
        let range = TimeRange { start: at.minus(REACH), end: at.plus(Duration::from_micros(1)) };
        let closed = self.index.segments(stream, range).map_err(internal)?;
        let candidates = closed.into_iter().chain(self.archive.open_segments(stream));
        let begun = candidates
            .filter(|segment| segment.fragments.first().is_some_and(|first| first.start <= at))
            .filter(|segment| segment.range.overlaps(range));
        Ok(begun.max_by_key(|segment| segment.range.start))
    }
}

fn internal(error: impl std::error::Error + Send + Sync + 'static) -> FrameError {
    FrameError::Failed(Box::new(error))
}

impl FrameSource for RecordedFrames {
    fn jpeg(
        &self,
        stream: &StreamId,
        at: Timestamp,
        max_width: Option<u32>,
    ) -> Result<Vec<u8>, FrameError> {
        let segment = self.segment(stream, at)?.ok_or(FrameError::NotRecorded)?;
        let volume = self.archive.volume_path(&segment.volume).ok_or(FrameError::NotRecorded)?;
        let gop = gop::read(&volume.join(&segment.path), &segment, at).map_err(internal)?;
        let masks = self
            .masks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&stream.camera)
            .cloned()
            .unwrap_or_default();
        vision::still::jpeg(gop.codec, &gop.codec_data, &gop.pictures, at, max_width, &masks)
            .map_err(internal)
    }
}
