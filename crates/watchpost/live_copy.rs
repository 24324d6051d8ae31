//! A viewing copy of what a camera shows now where privacy masks lie over its view, or persons are
//! softened: decoded, masked, softened, made smaller, encoded, picture by picture as they come.
//!
//! Where persons are softened a picture waits until analysis has looked at its moment, which takes about
//! half a second; for no longer than two, then all of it is softened.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use api::{FrameError, LiveCopy, LivePicture};
use archive::copy::CopyFormat;
use domain::{CameraId, MaskHistory, TimeRange, Timestamp, VideoFormat};
use vision::rendition::{CodedPictures, Rendition, RenditionSettings};

use crate::masks::Masks;
use crate::persons::Persons;
use crate::views::{failed, give_way};

/// Greatest width of a live copy, in pixels: a tile of a wall, and half the work of a recorded one.
const WIDTH: u32 = 960;
/// How long a picture waits for a look at its moment.
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// No more pictures wait: those of cameras with a clock that jumps, too.
const MOST_WAITING: usize = 256;

/// One copy; owned by the thread that makes it.
#[derive(Debug)]
pub(crate) struct MaskedCopy {
    camera: CameraId,
    masks: Arc<Masks>,
    persons: Arc<Persons>,
    /// Pictures whose moment was not looked at yet, in order.
    waiting: VecDeque<LivePicture>,
    /// Which masks of the site the rendition has.
    revision: u64,
    rendition: Rendition,
    format: Option<Arc<VideoFormat>>,
}

impl MaskedCopy {
    /// Begins a copy of `camera`. Pictures before `from` are decoded and not copied. The calling thread
    /// gives way to all others from then on.
    ///
    /// # Errors
    /// Nobody knows the camera's masks.
    pub(crate) fn begin(
        (masks, persons): (&Arc<Masks>, &Arc<Persons>),
        camera: &CameraId,
        from: Option<Timestamp>,
    ) -> Result<Self, FrameError> {
        give_way();
        let range = TimeRange { start: from.unwrap_or(Timestamp::MIN), end: Timestamp::MAX };
        let (revision, covered) = known(masks, camera)?;
        let settings = RenditionSettings { range, max_width: WIDTH, masks: covered };
        let mut rendition = Rendition::new(settings);
        rendition.soften_by(persons.softener(camera));
        Ok(Self {
            camera: camera.clone(),
            masks: Arc::clone(masks),
            persons: Arc::clone(persons),
            waiting: VecDeque::new(),
            revision,
            rendition,
            format: None,
        })
    }

    /// Takes over masks that have changed.
    fn cover(&mut self) -> Result<(), FrameError> {
        if self.masks.known().revision(&self.camera) != self.revision {
            let (revision, covered) = known(&self.masks, &self.camera)?;
            self.revision = revision;
            self.rendition.set_masks(covered);
        }
        Ok(())
    }

    /// Returns whether the picture that waits longest need not wait any more.
    fn is_ready(&self) -> bool {
        let (Some(first), Some(newest)) = (self.waiting.front(), self.waiting.back()) else {
            return false;
        };
        // Looked up for each: it may have changed with the configuration.
        !self.persons.are_softened(&self.camera)
            || self.persons.looked_until(&self.camera).is_some_and(|until| until >= first.time)
            || newest.time.since(first.time) >= LONGEST_WAIT
            || self.waiting.len() > MOST_WAITING
    }

    /// Copies one picture.
    fn copy(
        &mut self,
        picture: &LivePicture,
        copied: &mut Vec<LivePicture>,
    ) -> Result<(), FrameError> {
        self.cover()?;
        let pictures = [(picture.time, picture.data.clone())];
        let coded = CodedPictures {
            codec: picture.format.codec,
            codec_data: &picture.format.codec_data,
            starts_with_keyframe: picture.is_keyframe,
            pictures: &pictures,
        };
        let mut made = Vec::new();
        self.rendition.add(coded, &mut made).map_err(failed)?;
        let Some(format) = self.format() else { return Ok(()) };
        copied.extend(made.into_iter().map(|one| LivePicture {
            time: one.time,
            is_keyframe: one.is_keyframe,
            format: Arc::clone(&format),
            data: one.data,
        }));
        Ok(())
    }

    /// Returns the format of the copy, once its first picture is out.
    fn format(&mut self) -> Option<Arc<VideoFormat>> {
        if self.format.is_none() {
            let form = self.rendition.form()?;
            let format =
                CopyFormat { width: form.width, height: form.height, codec_data: form.codec_data };
            self.format = Some(Arc::new(format.video()));
        }
        self.format.clone()
    }
}

impl LiveCopy for MaskedCopy {
    fn take(
        &mut self,
        picture: &LivePicture,
        copied: &mut Vec<LivePicture>,
    ) -> Result<(), FrameError> {
        self.waiting.push_back(picture.clone());
        while self.is_ready()
            && let Some(picture) = self.waiting.pop_front()
        {
            self.copy(&picture, copied)?;
        }
        Ok(())
    }
}

fn known(masks: &Masks, camera: &CameraId) -> Result<(u64, MaskHistory), FrameError> {
    let known = masks.known();
    let covered = known.of(camera).ok_or(FrameError::NotRecorded)?;
    Ok((known.revision(camera), covered.clone()))
}
