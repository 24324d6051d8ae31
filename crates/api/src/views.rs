//! What is looked at instead of the original: small pictures, sheets of them, viewing copies, all
//! with the privacy masks painted over.

use std::fmt;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use domain::{CameraId, Permission, Segment, TimeRange, Timestamp, VideoFormat};

use crate::access::Caller;
use crate::frames::FrameError;
use crate::params::Query;
use crate::problem::ApiError;
use crate::state::ApiState;

/// Makes views of recorded footage; the program joins archive, masks and codecs behind it.
pub trait ViewSource: Send + Sync + fmt::Debug {
    /// Returns whether a privacy mask lies over any picture that `camera` took in `range`; also where
    /// nobody knows its masks.
    fn is_masked(&self, camera: &CameraId, range: TimeRange) -> bool;

    /// Returns a number that changes whenever the masks of `camera` do.
    fn masks_revision(&self, camera: &CameraId) -> u64;

    /// Returns the keyframe on view at a moment as a JPEG at most `width` pixels wide, masks painted
    /// over. Blocks. Asked for the same by several at once, it is decoded once.
    ///
    /// # Errors
    /// Says why there is none.
    fn thumbnail(&self, of: &Shown, width: u32) -> Result<Bytes, FrameError>;

    /// Returns keyframes as tiles of one JPEG, row by row, masks painted over. Blocks. One that cannot
    /// be read is black.
    ///
    /// # Errors
    /// Says why there is none.
    fn sheet(&self, of: &[Shown], layout: Layout) -> Result<Bytes, FrameError>;

    /// Makes a viewing copy and hands it to `out` piece by piece. Blocks until it is done, or `out`
    /// wants no more.
    ///
    /// # Errors
    /// Says why it could not be made, or not go on.
    fn copy(&self, order: &CopyOrder, out: &mut dyn CopySink) -> Result<(), FrameError>;

    /// Begins a viewing copy of what `camera` shows now, masks painted over. The calling thread makes it,
    /// and gives way to all others from then on. Pictures before `from` are taken to decode those
    /// after them, and not copied.
    ///
    /// # Errors
    /// Says why none can be made.
    fn live_copy(
        &self,
        camera: &CameraId,
        from: Option<Timestamp>,
    ) -> Result<Box<dyn LiveCopy>, FrameError>;
}

/// A viewing copy of what a camera shows now. Owned by the thread that makes it.
pub trait LiveCopy: fmt::Debug {
    /// Takes the camera's next picture and appends those of the copy that have come out. Every one
    /// bears the masks that are in force when it is encoded. Blocks for as long as that takes.
    ///
    /// # Errors
    /// Says why it cannot go on: another is to be begun.
    fn take(
        &mut self,
        picture: &LivePicture,
        copied: &mut Vec<LivePicture>,
    ) -> Result<(), FrameError>;
}

/// A picture of a camera as it comes, or of its copy.
#[derive(Debug, Clone)]
pub struct LivePicture {
    /// When it was taken.
    pub time: Timestamp,
    /// Whether decoding can start here.
    pub is_keyframe: bool,
    /// What a decoder must know; the same `Arc` as long as nothing changes.
    pub format: Arc<VideoFormat>,
    /// Its NAL units, each behind its length in 4 bytes.
    pub data: Bytes,
}

/// A picture that is on view at a moment, in the recorded file where it lies.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The file.
    pub path: PathBuf,
    /// Its segment.
    pub segment: Segment,
    /// The moment.
    pub at: Timestamp,
}

impl Shown {
    /// Returns what names the picture among all: its segment, and where it lies in it.
    pub fn place(&self) -> (i64, u64) {
        let fragments = &self.segment.fragments;
        let after = fragments.partition_point(|fragment| fragment.start <= self.at);
        let offset = after.checked_sub(1).map_or(0, |last| fragments[last].offset);
        (self.segment.id.0, offset)
    }
}

/// How tiles lie on a sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Layout {
    /// Tiles in a row.
    pub columns: u32,
    /// Width of a tile, in pixels.
    pub tile_width: u32,
    /// Height of a tile, in pixels.
    pub tile_height: u32,
}

/// Which viewing copy.
#[derive(Debug, Clone)]
pub struct CopyOrder {
    /// The camera.
    pub camera: CameraId,
    /// The recorded files, each with its segment.
    pub files: Vec<(PathBuf, Segment)>,
    /// What is shown.
    pub range: TimeRange,
    /// Greatest width, in pixels.
    pub width: u32,
    /// Whether the masks are painted over.
    pub masks: Masking,
    /// Which part of the file.
    pub part: Part,
}

/// Whether privacy masks lie over a view.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Masking {
    /// They do, wherever there are any.
    #[default]
    On,
    /// They are lifted, for who may see that.
    Off,
}

/// Which part of a viewing copy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Part {
    /// All of it: a file to be played.
    #[default]
    Whole,
    /// What stands before the first picture: `EXT-X-MAP` of a playlist.
    Head,
    /// What follows the head: a media segment of a playlist.
    Body,
}

/// Takes a viewing copy piece by piece.
pub trait CopySink {
    /// Returns whether anybody still waits for it.
    fn is_wanted(&self) -> bool;

    /// Takes the next piece; breaks off when nobody wants more.
    fn take(&mut self, piece: Vec<u8>) -> ControlFlow<()>;
}

/// Takes `masks`: `on` (if left out) or `off`.
pub(crate) fn read_masking(query: &mut Query) -> Masking {
    let read = |text: &str| match text {
        "on" => Ok(Masking::On),
        "off" => Ok(Masking::Off),
        other => Err(format!("\"{other}\" says nothing of masks: on or off")),
    };
    query.parse_with("masks", read).unwrap_or_default()
}

/// Refuses to lift the masks of `camera` for who may not see under them.
pub(crate) fn may_lift(
    caller: &Caller,
    camera: &CameraId,
    masking: Masking,
) -> Result<(), ApiError> {
    let is_held = || caller.scope_for(&[Permission::Unmask]).contains(camera);
    if masking == Masking::Off && !is_held() {
        return Err(ApiError::NotPermitted(&[Permission::Unmask]));
    }
    Ok(())
}

/// Returns whether what `camera` recorded in `range` must not leave as it lies on disk.
pub(crate) fn must_be_copied(
    state: &ApiState,
    camera: &CameraId,
    range: TimeRange,
    masking: Masking,
) -> bool {
    masking == Masking::On && state.parts().views.is_masked(camera, range)
}
