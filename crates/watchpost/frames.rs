//! One picture of recorded footage as JPEG: the archive finds the GOP, on disk or not yet, vision
//! decodes it and draws on it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use api::{FrameError, FrameSource, Overlay, PersonsShown};
use archive::Archive;
use archive::gop::{self, Gop};
use domain::{Crossing, Segment, StreamId, TimeRange, Timestamp};
use index::Index;
use vision::drawing::{Drawing, GEOMETRY, OBJECT, PATH, Side};
use vision::soften;
use vision::still::{self, Rendition};
use vision::{Picture, VisionError};

use crate::masks::Masks;
use crate::persons::Persons;

/// Decoded pictures that are kept: whoever opens an event asks for the same few in several ways.
const PICTURES_KEPT: usize = 8;
/// How long they are kept, at most: what is deleted must not be seen for long.
const KEPT_FOR: Duration = Duration::from_secs(60);

/// A look so much older than the newest picture says nothing of what is shown now.
const NEWEST_LOOK: Duration = Duration::from_secs(10);

/// Decodes stills from recorded footage, masks painted over, persons softened where that is asked for.
#[derive(Debug)]
pub(crate) struct RecordedFrames {
    index: Index,
    archive: Arc<Archive>,
    masks: Arc<Masks>,
    persons: Arc<Persons>,
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
    persons: PersonsShown,
    since: Instant,
    /// Locked while it is decoded: who wants the same waits for it, and nobody else does.
    picture: Mutex<Option<Arc<Picture>>>,
}

impl RecordedFrames {
    pub(crate) fn new(
        index: Index,
        archive: Arc<Archive>,
        (masks, persons): (Arc<Masks>, Arc<Persons>),
    ) -> Self {
        Self { index, archive, masks, persons, kept: KeptPictures::default() }
    }

    /// Lets go of pictures that bear the masks of before.
    pub(crate) fn forget(&self) {
        self.kept.forget();
    }

    /// Returns the picture that was on view at `at`.
    fn picture(
        &self,
        stream: &StreamId,
        at: Timestamp,
        persons: PersonsShown,
    ) -> Result<Arc<Picture>, FrameError> {
        let kept = self.kept.place(stream, at, persons);
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
        let taken = taken.unwrap_or(at);
        let is_softened = persons == PersonsShown::ByPolicy;
        if is_softened && self.persons.is_awaited(&stream.camera, taken) {
            return Err(FrameError::Busy);
        }
        let masks = history.at(taken);
        let made = still::picture(gop.codec, &gop.codec_data, &gop.pictures, at, &masks);
        let mut made = made.map_err(failed)?;
        if is_softened {
            soften::soften(&mut made, &self.persons.softening(&stream.camera, taken));
        }
        let made = Arc::new(made);
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
    fn place(&self, stream: &StreamId, at: Timestamp, persons: PersonsShown) -> Arc<Kept> {
        let mut all = lock(&self.0);
        all.retain(|kept| kept.since.elapsed() < KEPT_FOR);
        let is_same =
            |kept: &&Arc<Kept>| (kept.at, kept.persons) == (at, persons) && kept.stream == *stream;
        if let Some(kept) = all.iter().find(is_same) {
            return Arc::clone(kept);
        }
        if all.len() >= PICTURES_KEPT {
            all.pop_front();
        }
        let (stream, since) = (stream.clone(), Instant::now());
        let new = Arc::new(Kept { stream, at, persons, since, picture: Mutex::default() });
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
        persons: PersonsShown,
    ) -> Result<Vec<u8>, FrameError> {
        let picture = self.picture(stream, at, persons)?;
        let made = still::jpeg(&picture, max_width, &made_by_vision(rendition));
        made.map_err(|error| match error {
            VisionError::OffView => FrameError::OffView,
            other => failed(other),
        })
    }

    fn newest(&self, stream: &StreamId, picture: Timestamp) -> Timestamp {
        let looked = self.persons.looked_until(&stream.camera);
        let is_new = |at: &Timestamp| picture.since(*at) <= NEWEST_LOOK;
        looked.filter(is_new).map_or(picture, |at| at.min(picture))
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
        let first = kept.place(&stream, at(0), PersonsShown::ByPolicy);
        assert!(Arc::ptr_eq(&first, &kept.place(&stream, at(0), PersonsShown::ByPolicy)));
        let sub = StreamId::sub("gate".parse().unwrap());
        assert!(!Arc::ptr_eq(&first, &kept.place(&sub, at(0), PersonsShown::ByPolicy)));
        let shown = kept.place(&stream, at(0), PersonsShown::All);
        assert!(!Arc::ptr_eq(&first, &shown), "who may see persons sees another");
        for number in 3..=7 {
            kept.place(&stream, at(number), PersonsShown::ByPolicy);
        }
        assert!(
            Arc::ptr_eq(&first, &kept.place(&stream, at(0), PersonsShown::ByPolicy)),
            "eight are kept"
        );
        kept.place(&stream, at(8), PersonsShown::ByPolicy);
        let again = kept.place(&stream, at(0), PersonsShown::ByPolicy);
        assert!(!Arc::ptr_eq(&first, &again), "of nine the first is gone");
        kept.forget();
        assert!(
            !Arc::ptr_eq(&again, &kept.place(&stream, at(0), PersonsShown::ByPolicy)),
            "masks may have changed"
        );
    }
}
