//! In what condition a camera's view is: light, sharpness, and whether it is still the same view.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// What one picture tells about the condition of its view. Shares are 0..=1, of what no privacy
/// mask covers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ViewCondition {
    /// When the camera took the picture.
    pub time: Timestamp,
    /// Mean luma, 0 (black) to 1 (white).
    pub luma: f32,
    /// Standard deviation of luma, 0..=0.5.
    pub spread: f32,
    /// Share of the view's parts in which nothing is brighter than a dim grey.
    pub dark: f32,
    /// Share of pixels that are as good as white.
    pub saturated: f32,
    /// How sharp edges are against this camera's own normal: 1 is as always. `None` where no edge
    /// is strong enough to tell.
    pub sharpness: Option<f32>,
    /// How much of the view has structure, against this camera's own normal: 1 is as always, near
    /// 0 is a covered lens. `None` until the normal is learnt.
    pub detail: Option<f32>,
    /// How well what stands still lies where it always did, against this camera's own normal: 1 is
    /// as always, 0 is another view. `None` until it is learnt, and where nothing can be told.
    pub likeness: Option<f32>,
    /// Where the view went, as shares of its width and height, if it went so little that this can
    /// be seen.
    pub shift: Option<[f32; 2]>,
    /// How many pictures in a row, measured about a second apart, were the same as the one before to
    /// the last bit; a living sensor never gives two.
    pub identical: u32,
}
