//! In what condition a camera's view is: its light, its sharpness, whether it is still the same.
//!
//! One [`ConditionMeter`] per camera measures one picture a second at most, on the thread that
//! decodes, whether or not a detector looks at that picture. Light is absolute; what has no
//! absolute meaning is told against the camera's own learnt normal. `docs/design/0005` says why
//! these measures and not others.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "pixel arithmetic; sizes are far below 2^24"
)]

mod alignment;
mod light;
mod sharpness;
mod standing;
mod structure;

use std::time::Duration;

use domain::{Polygon, Timestamp, ViewCondition};

use self::sharpness::SharpnessMeter;
use self::standing::StandingView;
use crate::mask::{self, GREY};
use crate::motion::shrink;
use crate::picture::Picture;

/// How often a view is measured, at most.
const MEASURE_EVERY: Duration = Duration::from_millis(950);
/// Columns of the small copy, at most.
const COLUMNS: usize = 160;
/// Every so many rows are compared with the picture before.
const COMPARED_ROWS: usize = 8;

/// Measures one camera's view; owned by the thread that decodes it. 1.1 MB at most.
#[derive(Debug, Clone)]
pub struct ConditionMeter {
    masks: Vec<Polygon>,
    measured_at: Option<Timestamp>,
    size: (usize, usize),
    /// The picture, a few pixels to a cell, in luma.
    cells: Grid,
    /// Cells that a privacy mask touches or nearly so; empty when there is no mask.
    masked: Vec<bool>,
    sharpness: SharpnessMeter,
    standing: StandingView,
    before: Vec<u8>,
    identical: u32,
}

/// A picture reduced to cells.
#[derive(Debug, Clone, Default)]
pub(crate) struct Grid {
    pub(crate) columns: usize,
    pub(crate) rows: usize,
    /// Pixels to a cell, in either direction.
    pub(crate) step: usize,
    pub(crate) luma: Vec<f32>,
}

impl ConditionMeter {
    /// Begins to learn a view; `masks` are those painted over its pictures.
    pub fn new(masks: Vec<Polygon>) -> Self {
        Self {
            masks,
            measured_at: None,
            size: (0, 0),
            cells: Grid::default(),
            masked: Vec::new(),
            sharpness: SharpnessMeter::default(),
            standing: StandingView::default(),
            before: Vec::new(),
            identical: 0,
        }
    }

    /// Measures a picture, masks already painted; `None` when the last one was less than a second
    /// ago. Another size of picture begins anew.
    pub fn observe(&mut self, time: Timestamp, picture: &Picture) -> Option<ViewCondition> {
        let since_last = self.measured_at.map_or(Duration::MAX, |last| distance(time, last));
        if since_last < MEASURE_EVERY {
            return None;
        }
        self.measured_at = Some(time);
        let size = (picture.width(), picture.height());
        if self.size != size {
            self.begin(size);
        }
        shrink(picture, self.cells.step, &mut self.cells.luma);
        let light = light::measure(&self.cells, &self.masked, picture.colour().full_range);
        let sharpness = self.sharpness.measure(picture, &self.cells, &self.masked);
        let standing = self.standing.observe(&self.cells, &self.masked);
        Some(ViewCondition {
            time,
            luma: light.mean,
            spread: light.spread,
            dark: light.dark,
            saturated: light.saturated,
            sharpness,
            detail: standing.detail,
            likeness: standing.likeness,
            shift: standing.shift,
            identical: self.identical(picture),
        })
    }

    fn begin(&mut self, size: (usize, usize)) {
        self.size = size;
        let step = size.0.div_ceil(COLUMNS).max(1);
        let (columns, rows) = (size.0.div_ceil(step), size.1.div_ceil(step));
        self.cells = Grid { columns, rows, step, luma: Vec::new() };
        self.masked = masked_cells(columns, rows, &self.masks);
        self.sharpness = SharpnessMeter::default();
        self.standing = StandingView::default();
        self.before.clear();
        self.identical = 0;
    }

    /// Counts the pictures in a row that are the same as the one before in some of their rows.
    fn identical(&mut self, picture: &Picture) -> u32 {
        let width = picture.width();
        let rows = || picture.luma().chunks_exact(width).step_by(COMPARED_ROWS);
        let is_same = rows().eq(self.before.chunks_exact(width));
        let can_tell = self.masked.is_empty() || self.masked.contains(&false);
        self.identical = if is_same && can_tell { self.identical.saturating_add(1) } else { 0 };
        if !is_same {
            self.before.clear();
            rows().for_each(|row| self.before.extend_from_slice(row));
        }
        self.identical
    }
}

fn distance(a: Timestamp, b: Timestamp) -> Duration {
    Duration::from_micros(a.micros_since(b).unsigned_abs())
}

/// Which cells lie under a mask or beside it: its rim is an edge of ours, not of the view.
fn masked_cells(columns: usize, rows: usize, masks: &[Polygon]) -> Vec<bool> {
    const RIM: usize = 2;
    if masks.is_empty() {
        return Vec::new();
    }
    let Some(mut painted) = Picture::plain(columns, rows, [0; 3]) else { return Vec::new() };
    mask::paint(&mut painted, masks);
    let luma = painted.luma();
    let is_near = |index: usize| {
        let (x, y) = (index % columns, index / columns);
        (y.saturating_sub(RIM)..(y + RIM + 1).min(rows)).any(|y| {
            let row = &luma[y * columns..(y + 1) * columns];
            row[x.saturating_sub(RIM)..(x + RIM + 1).min(columns)].contains(&GREY)
        })
    };
    (0..columns * rows).map(is_near).collect()
}
