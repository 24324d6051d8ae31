//! One picture of recorded footage as JPEG: the archive finds the GOP, vision decodes it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use api::{FrameError, FrameSource};
use archive::{Archive, gop};
use domain::{CameraId, Polygon, Segment, StreamId, TimeRange, Timestamp};
use index::Index;

use crate::config::Config;

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

    /// Returns the segment with a picture that was on view at `at`, if it is on disk.
    fn segment(&self, stream: &StreamId, at: Timestamp) -> Result<Option<Segment>, FrameError> {
        let moment = TimeRange { start: at, end: at.plus(Duration::from_micros(1)) };
        // Open ones first: a segment that is closed in between is then found among the rows.
        let open = self.archive.open_segments(stream);
        let closed = self.index.segments(stream, moment).map_err(failed)?;
        Ok(open.into_iter().chain(closed).find(|segment| {
            segment.fragments.iter().any(|fragment| {
                let lasts = Duration::from_micros(fragment.duration_us.into());
                TimeRange { start: fragment.start, end: fragment.start.plus(lasts) }.contains(at)
            })
        }))
    }
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> FrameError {
    FrameError::Failed(Box::new(error))
}

impl FrameSource for RecordedFrames {
    fn jpeg(
        &self,
        stream: &StreamId,
        at: Timestamp,
        max_width: Option<u32>,
    ) -> Result<Vec<u8>, FrameError> {
        // Whose masks are not known, of that camera nothing is shown.
        let masks = self
            .masks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&stream.camera)
            .cloned()
            .ok_or(FrameError::NotRecorded)?;
        let segment = self.segment(stream, at)?.ok_or(FrameError::NotRecorded)?;
        let volume = self.archive.volume_path(&segment.volume).ok_or(FrameError::NotRecorded)?;
        let gop = gop::read(&volume.join(&segment.path), &segment, at).map_err(failed)?;
        let drawing = vision::drawing::Drawing::default();
        vision::still::jpeg(
            gop.codec,
            &gop.codec_data,
            &gop.pictures,
            at,
            max_width,
            &masks,
            &drawing,
        )
        .map_err(failed)
    }
}
