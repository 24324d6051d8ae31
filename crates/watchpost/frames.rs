//! One picture of recorded footage as JPEG: the archive finds the GOP, on disk or not yet, vision
//! decodes it and draws on it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use api::{FrameError, FrameSource, Overlay};
use archive::Archive;
use archive::gop::{self, Gop};
use domain::{CameraId, Crossing, Polygon, Segment, StreamId, TimeRange, Timestamp};
use index::Index;
use vision::VisionError;
use vision::drawing::{Drawing, GEOMETRY, OBJECT, PATH, Side};
use vision::still::{self, Rendition, Wanted};

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

    /// Returns the GOP that shows how it was at `at`.
    fn gop(&self, stream: &StreamId, at: Timestamp) -> Result<Gop, FrameError> {
        // First what is not on disk: in between it may get there, never back.
        if let Some(gop) = self.archive.unwritten_gop(stream, at).map_err(failed)? {
            return Ok(gop);
        }
        let segment = self.segment(stream, at)?.ok_or(FrameError::NotRecorded)?;
        let volume = self.archive.volume_path(&segment.volume).ok_or(FrameError::NotRecorded)?;
        gop::read(&volume.join(&segment.path), &segment, at).map_err(failed)
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
        rendition: &api::Rendition,
    ) -> Result<Vec<u8>, FrameError> {
        // Whose masks are not known, of that camera nothing is shown.
        let masks = self
            .masks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&stream.camera)
            .cloned()
            .ok_or(FrameError::NotRecorded)?;
        let gop = self.gop(stream, at)?;
        let wanted = Wanted { at, max_width, masks, rendition: made_by_vision(rendition) };
        let made = still::jpeg(gop.codec, &gop.codec_data, &gop.pictures, &wanted);
        made.map_err(|error| match error {
            VisionError::OffView => FrameError::OffView,
            other => failed(other),
        })
    }
}

/// Returns what vision is to show.
fn made_by_vision(rendition: &api::Rendition) -> Rendition {
    match rendition {
        api::Rendition::Plain => Rendition::Plain,
        api::Rendition::Drawn(overlay) => Rendition::Drawn(drawing_of(overlay)),
        api::Rendition::Crop(bbox) => Rendition::Crop(*bbox),
    }
}

fn drawing_of(overlay: &Overlay) -> Drawing {
    let mut drawing = Drawing::default();
    for shape in &overlay.shapes {
        drawing.shape(shape, GEOMETRY);
    }
    for way in &overlay.ways {
        drawing.arrow(way.iter().copied(), GEOMETRY);
    }
    if let Some((line, crossing)) = overlay.crossed {
        let side = match crossing {
            Crossing::LeftToRight => Side::Right,
            Crossing::RightToLeft => Side::Left,
        };
        drawing.across(line, side, GEOMETRY);
    }
    drawing.arrow(overlay.path.iter().copied(), PATH);
    if let Some(bbox) = &overlay.bbox {
        drawing.bbox(bbox, OBJECT);
    }
    drawing
}
