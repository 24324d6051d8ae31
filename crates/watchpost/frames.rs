//! One picture of recorded footage as JPEG: the archive finds the GOP, on disk or not yet, vision
//! decodes it and draws on it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use api::{FrameError, FrameSource, Overlay};
use archive::Archive;
use archive::gop::{self, Gop};
use domain::{Crossing, Segment, StreamId, TimeRange, Timestamp};
use index::Index;
use vision::drawing::{Drawing, GEOMETRY, OBJECT, PATH, Side};
use vision::still::{self, Rendition};
use vision::{Picture, VisionError};

use crate::masks::Masks;

/// Decoded pictures that are kept: whoever opens an event asks for the same few in several ways.
const PICTURES_KEPT: usize = 8;
/// How long they are kept, at most: what is deleted must not be seen for long.
const KEPT_FOR: Duration = Duration::from_secs(60);

/// Decodes stills from recorded footage, masks painted over.
#[derive(Debug)]
pub(crate) struct RecordedFrames {
    index: Index,
    archive: Arc<Archive>,
    masks: Arc<Masks>,
    kept: KeptPictures,
}

/// The pictures that were asked for last; the first to come is the first to go.
#[derive(Debug, Default)]
struct KeptPictures(Mutex<VecDeque<Arc<Kept>>>);

/// A picture that is kept, or being decoded.
#[derive(Debug)]
struct Kept {
    stream: StreamId,
    at: Timestamp,
    since: Instant,
    /// Locked while it is decoded: who wants the same waits for it, and nobody else does.
    picture: Mutex<Option<Arc<Picture>>>,
}

impl RecordedFrames {
    pub(crate) fn new(index: Index, archive: Arc<Archive>, masks: Arc<Masks>) -> Self {
        Self { index, archive, masks, kept: KeptPictures::default() }
    }

    /// Lets go of pictures that bear the masks of before.
    pub(crate) fn forget(&self) {
        self.kept.forget();
    }

    /// Returns the picture that was on view at `at`.
    fn picture(&self, stream: &StreamId, at: Timestamp) -> Result<Arc<Picture>, FrameError> {
        let kept = self.kept.place(stream, at);
        let mut picture = lock(&kept.picture);
        if let Some(picture) = &*picture {
            return Ok(Arc::clone(picture));
        }
        // Whose masks are not known, of that camera nothing is shown.
        let known = self.masks.known();
        let history = known.of(&stream.camera).ok_or(FrameError::NotRecorded)?;
        let gop = self.gop(stream, at)?;
        // By the moment the picture was taken, which may be before that it is shown at.
        let taken =
            gop.pictures.iter().map(|(time, _)| *time).take_while(|time| *time <= at).last();
        let masks = history.at(taken.unwrap_or(at));
        let made = still::picture(gop.codec, &gop.codec_data, &gop.pictures, at, &masks);
        let made = Arc::new(made.map_err(failed)?);
        *picture = Some(Arc::clone(&made));
        Ok(made)
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

impl KeptPictures {
    /// Returns the place of a picture, an empty one if it is not kept.
    fn place(&self, stream: &StreamId, at: Timestamp) -> Arc<Kept> {
        let mut all = lock(&self.0);
        all.retain(|kept| kept.since.elapsed() < KEPT_FOR);
        if let Some(kept) = all.iter().find(|kept| kept.at == at && kept.stream == *stream) {
            return Arc::clone(kept);
        }
        if all.len() >= PICTURES_KEPT {
            all.pop_front();
        }
        let new =
            Kept { stream: stream.clone(), at, since: Instant::now(), picture: Mutex::default() };
        let new = Arc::new(new);
        all.push_back(Arc::clone(&new));
        new
    }

    fn forget(&self) {
        lock(&self.0).clear();
    }
}

fn lock<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
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
        let picture = self.picture(stream, at)?;
        let made = still::jpeg(&picture, max_width, &made_by_vision(rendition));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_has_one_place_until_others_have_taken_it() {
        let kept = KeptPictures::default();
        let stream = StreamId::main("gate".parse().unwrap());
        let at = |number: i64| Timestamp::from_micros(1_772_325_000_000_000 + number);
        let first = kept.place(&stream, at(0));
        assert!(Arc::ptr_eq(&first, &kept.place(&stream, at(0))));
        let sub = StreamId::sub("gate".parse().unwrap());
        assert!(!Arc::ptr_eq(&first, &kept.place(&sub, at(0))));
        for number in 2..=7 {
            kept.place(&stream, at(number));
        }
        assert!(Arc::ptr_eq(&first, &kept.place(&stream, at(0))), "eight are kept");
        kept.place(&stream, at(8));
        let again = kept.place(&stream, at(0));
        assert!(!Arc::ptr_eq(&first, &again), "of nine the first is gone");
        kept.forget();
        assert!(!Arc::ptr_eq(&again, &kept.place(&stream, at(0))), "masks may have changed");
    }
}
