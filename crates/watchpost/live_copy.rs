//! A viewing copy of what a camera with privacy masks shows now: decoded, masked, made smaller, encoded,
//! picture by picture as they come.

use std::sync::Arc;

use api::{FrameError, LiveCopy, LivePicture};
use archive::copy::CopyFormat;
use domain::{CameraId, MaskHistory, TimeRange, Timestamp, VideoFormat};
use vision::rendition::{CodedPictures, Rendition, RenditionSettings};

use crate::masks::Masks;
use crate::views::{failed, give_way};

/// Greatest width of a live copy, in pixels: a tile of a wall, and half the work of a recorded one.
const WIDTH: u32 = 960;

/// One copy; owned by the thread that makes it.
#[derive(Debug)]
pub(crate) struct MaskedCopy {
    camera: CameraId,
    masks: Arc<Masks>,
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
        masks: &Arc<Masks>,
        camera: &CameraId,
        from: Option<Timestamp>,
    ) -> Result<Self, FrameError> {
        give_way();
        let range = TimeRange { start: from.unwrap_or(Timestamp::MIN), end: Timestamp::MAX };
        let (revision, covered) = known(masks, camera)?;
        let settings = RenditionSettings { range, max_width: WIDTH, masks: covered };
        Ok(Self {
            camera: camera.clone(),
            masks: Arc::clone(masks),
            revision,
            rendition: Rendition::new(settings),
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
}

fn known(masks: &Masks, camera: &CameraId) -> Result<(u64, MaskHistory), FrameError> {
    let known = masks.known();
    let covered = known.of(camera).ok_or(FrameError::NotRecorded)?;
    Ok((known.revision(camera), covered.clone()))
}
