//! Views of recorded footage that are not the original: the archive reads it, vision decodes it, paints
//! the masks and makes the view; nothing of it reaches a volume.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ops::ControlFlow;
use std::sync::Arc;

use api::{CopyOrder, CopySink, FrameError, Layout, LiveCopy, Masking, Part, Shown, ViewSource};
use archive::copy::{CopyFormat, CopyWriter};
use archive::keyframe;
use archive::pictures::Pictures;
use bytes::Bytes;
use domain::{CameraId, MaskHistory, TimeRange, Timestamp};
use vision::Picture;
use vision::rendition::{CodedPictures, CopiedPicture, Rendition, RenditionSettings};
use vision::sheet::Sheet;
use vision::still;

use crate::live_copy::MaskedCopy;
use crate::masks::Masks;
use crate::persons::Persons;
use crate::picture_cache::PictureCache;

/// Small pictures that are kept: some thousands.
const MOST_BYTES: usize = 64 << 20;
/// How far behind recording and analysis the making of copies stands for a core (nice(2)).
const NICE: i32 = 10;

/// What a copy says of itself, in the file.
pub(crate) const TITLE: &str = "Bản xem, không phải bản gốc / Viewing copy, not the original";

/// Makes views of recorded footage.
#[derive(Debug)]
pub(crate) struct RecordedViews {
    masks: Arc<Masks>,
    persons: Arc<Persons>,
    thumbnails: PictureCache<(i64, u64, u32, u64)>,
    sheets: PictureCache<u64>,
}

impl RecordedViews {
    pub(crate) fn new(masks: Arc<Masks>, persons: Arc<Persons>) -> Self {
        Self {
            masks,
            persons,
            thumbnails: PictureCache::new(MOST_BYTES / 2),
            sheets: PictureCache::new(MOST_BYTES / 2),
        }
    }
}

impl ViewSource for RecordedViews {
    fn is_masked(&self, camera: &CameraId, range: TimeRange) -> bool {
        self.masks.known().of(camera).is_none_or(|history| history.covers(range))
    }

    fn masks_revision(&self, camera: &CameraId) -> u64 {
        self.masks.known().revision(camera)
    }

    fn thumbnail(&self, of: &Shown, width: u32) -> Result<Bytes, FrameError> {
        let known = self.masks.known();
        let (segment, offset) = of.place();
        let camera = &of.segment.stream.camera;
        self.thumbnails.get(&(segment, offset, width, known.revision(camera)), || {
            let history = known.of(camera).ok_or(FrameError::NotRecorded)?;
            let picture = keyframe_picture(of, history)?;
            let jpeg = still::jpeg(&picture, Some(width), &still::Rendition::Plain);
            jpeg.map(Bytes::from).map_err(failed)
        })
    }

    fn sheet(&self, of: &[Shown], layout: Layout) -> Result<Bytes, FrameError> {
        let known = self.masks.known();
        let mut name = DefaultHasher::new();
        for shown in of {
            (shown.place(), known.revision(&shown.segment.stream.camera)).hash(&mut name);
        }
        layout.hash(&mut name);
        self.sheets.get(&name.finish(), || {
            let side = |pixels: u32| usize::try_from(pixels).unwrap_or(usize::MAX);
            let tile = (side(layout.tile_width), side(layout.tile_height));
            let mut sheet =
                Sheet::new(of.len(), side(layout.columns), tile).ok_or(FrameError::NotRecorded)?;
            for (position, shown) in of.iter().enumerate() {
                let history = known.of(&shown.segment.stream.camera);
                let history = history.ok_or(FrameError::NotRecorded)?;
                // A file may have been deleted since it was looked up.
                if let Ok(picture) = keyframe_picture(shown, history) {
                    sheet.put(position, &picture);
                }
            }
            sheet.jpeg().map(Bytes::from).map_err(failed)
        })
    }

    fn copy(&self, order: &CopyOrder, out: &mut dyn CopySink) -> Result<(), FrameError> {
        let known = self.masks.known();
        let masks = match order.masks {
            Masking::Off => MaskHistory::default(),
            Masking::On => known.of(&order.camera).ok_or(FrameError::NotRecorded)?.clone(),
        };
        let settings = RenditionSettings { range: order.range, max_width: order.width, masks };
        let footage = Pictures::new(order.files.clone(), order.range);
        let made = copy(footage, settings, order.part, out).map_err(failed)?;
        if let Made::Without(fragments) = made {
            metrics::counter!("watchpost_copies_left_out_total").increment(fragments);
        }
        Ok(())
    }

    fn live_copy(
        &self,
        camera: &CameraId,
        from: Option<Timestamp>,
    ) -> Result<Box<dyn LiveCopy>, FrameError> {
        Ok(Box::new(MaskedCopy::begin((&self.masks, &self.persons), camera, from)?))
    }
}

/// Has the calling thread give way to all others from now on.
pub(crate) fn give_way() {
    // Of the calling thread alone; one that may not is no reason to make no copy.
    let _ = rustix::process::setpriority_process(None, NICE);
}

/// How a copy ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Made {
    /// Whole.
    Whole,
    /// Whole but for so many fragments of the footage that could not be decoded.
    Without(u64),
    /// Nobody wanted more.
    BrokenOff,
}

/// Why a copy could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CopyError {
    /// The footage could not be read.
    #[error("cannot read the footage for a viewing copy")]
    Footage(#[from] archive::ClipError),
    /// It could not be decoded or encoded.
    #[error("cannot make a viewing copy")]
    Vision(#[from] vision::VisionError),
}

/// Makes a copy of `footage` and hands it to `out`, a fragment of about a second at a time. The calling
/// thread gives way to all others from then on.
pub(crate) fn copy(
    footage: Pictures,
    settings: RenditionSettings,
    part: Part,
    out: &mut dyn CopySink,
) -> Result<Made, CopyError> {
    give_way();
    let range = settings.range;
    let mut rendition = Rendition::new(settings);
    let mut file = Fragments {
        writer: CopyWriter::new(range.start),
        part,
        has_head: false,
        pending: Vec::new(),
        end: range.start,
    };
    let mut copied = Vec::new();
    for fragment in footage {
        if !out.is_wanted() {
            return Ok(Made::BrokenOff);
        }
        let fragment = fragment?;
        let mut rest = &fragment.pictures[..];
        let mut starts_with_keyframe = fragment.starts_with_keyframe;
        // In pieces, so that nobody who has left is worked for.
        while !rest.is_empty() {
            let (piece, left) = rest.split_at(rest.len().min(25));
            let coded = CodedPictures {
                codec: fragment.codec,
                codec_data: &fragment.codec_data,
                starts_with_keyframe,
                pictures: piece,
            };
            rendition.add(coded, &mut copied)?;
            if file.hand_on(&rendition, &mut copied, None, out).is_break() {
                return Ok(Made::BrokenOff);
            }
            (rest, starts_with_keyframe) = (left, false);
        }
        file.end = fragment.end.min(range.end);
    }
    rendition.finish(&mut copied)?;
    let end = file.end;
    if file.hand_on(&rendition, &mut copied, Some(end), out).is_break() {
        return Ok(Made::BrokenOff);
    }
    match u64::try_from(rendition.left_out()).unwrap_or(u64::MAX) {
        0 => Ok(Made::Whole),
        fragments => Ok(Made::Without(fragments)),
    }
}

/// Joins the pictures of a copy to fragments.
struct Fragments {
    writer: CopyWriter,
    part: Part,
    has_head: bool,
    /// The pictures of the fragment at hand.
    pending: Vec<(Timestamp, Bytes)>,
    /// The end of the footage read so far.
    end: Timestamp,
}

impl Fragments {
    /// Hands on whole fragments: those that a keyframe follows, or `end`, the end of all.
    fn hand_on(
        &mut self,
        rendition: &Rendition,
        copied: &mut Vec<CopiedPicture>,
        end: Option<Timestamp>,
        out: &mut dyn CopySink,
    ) -> ControlFlow<()> {
        if !out.is_wanted() {
            return ControlFlow::Break(());
        }
        if !self.has_head
            && let Some(form) = rendition.form()
        {
            self.has_head = true;
            let format =
                CopyFormat { width: form.width, height: form.height, codec_data: form.codec_data };
            if self.part != Part::Body {
                out.take(self.writer.head(&format, TITLE))?;
            }
            if self.part == Part::Head {
                return ControlFlow::Break(());
            }
        }
        for picture in copied.drain(..) {
            if picture.is_keyframe {
                self.flush(picture.time, out)?;
            }
            self.pending.push((picture.time, picture.data));
        }
        match end {
            Some(end) => self.flush(end, out),
            None => ControlFlow::Continue(()),
        }
    }

    fn flush(&mut self, end: Timestamp, out: &mut dyn CopySink) -> ControlFlow<()> {
        if self.pending.is_empty() {
            return ControlFlow::Continue(());
        }
        let fragment = self.writer.fragment(&self.pending, end);
        self.pending.clear();
        out.take(fragment)
    }
}

/// Decodes the keyframe of a moment, masks painted over: those of the moment it was taken at.
fn keyframe_picture(of: &Shown, history: &MaskHistory) -> Result<Picture, FrameError> {
    let found = keyframe::read(&of.path, &of.segment, of.at).map_err(failed)?;
    let masks = history.at(found.time);
    let pictures = [(found.time, found.data)];
    still::picture(found.codec, &found.codec_data, &pictures, found.time, &masks).map_err(failed)
}

pub(crate) fn failed(error: impl std::error::Error + Send + Sync + 'static) -> FrameError {
    FrameError::Failed(Box::new(error))
}
