//! What one detector input shows: the whole view, or several parts of it side by side.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "pixel arithmetic; sizes are far below 2^24"
)]

use domain::Bbox;

use crate::canvas::Canvas;
use crate::family::Candidate;
use crate::manifest::{Input, Letterbox};
use crate::picture::Picture;
use crate::sampling::PixelRect;

/// Columns and rows of padding between parts that share an input.
pub(crate) const GUTTER: usize = 8;
/// A box ending this close to a cut, in input pixels, may be cut off there.
const CUT_MARGIN: f32 = 3.0;

/// One part of a picture and where it lies in the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    source: PixelRect,
    target: PixelRect,
}

/// What one detector input shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    parts: Vec<Part>,
    /// Size of the picture, in pixels.
    picture: (usize, usize),
}

impl View {
    /// Shows the whole of a picture of this size.
    pub fn whole(picture: (usize, usize), input: &Input) -> Self {
        let (width, height) = picture;
        let source = PixelRect { left: 0, top: 0, width, height };
        let (to_width, to_height) = Self::whole_size(picture, input);
        let (left, top) = match input.letterbox {
            Letterbox::Centre => ((input.width - to_width) / 2, (input.height - to_height) / 2),
            _ => (0, 0),
        };
        let target = PixelRect { left, top, width: to_width, height: to_height };
        Self { parts: vec![Part { source, target }], picture }
    }

    /// Shows nothing yet of a picture of this size.
    pub(crate) fn empty(picture: (usize, usize)) -> Self {
        Self { parts: Vec::new(), picture }
    }

    /// Shows `source` of the picture at `target` of the input, too.
    pub(crate) fn add(&mut self, source: PixelRect, target: PixelRect) {
        self.parts.push(Part { source, target });
    }

    /// Returns how many rows of the input it needs.
    pub(crate) fn rows(&self) -> usize {
        let bottoms = self.parts.iter().map(|part| part.target.top + part.target.height);
        bottoms.max().unwrap_or_default()
    }

    /// Returns whether nothing of an input of this size is left for padding.
    pub(crate) fn covers(&self, size: (usize, usize)) -> bool {
        matches!(self.parts.as_slice(), [part] if (part.target.width, part.target.height) == size)
    }

    /// Draws its parts of the model's input.
    pub(crate) fn draw(&self, picture: &Picture, canvas: &mut Canvas) {
        for part in &self.parts {
            canvas.draw(picture, part.source, part.target);
        }
    }

    #[cfg(test)]
    pub(crate) fn targets(&self) -> impl Iterator<Item = PixelRect> + '_ {
        self.parts.iter().map(|part| part.target)
    }

    /// Returns the size at which the whole of a picture is shown.
    pub(crate) fn whole_size(picture: (usize, usize), input: &Input) -> (usize, usize) {
        let scale = whole_scale(picture, input);
        let fit =
            |size: usize, limit: usize| ((size as f32 * scale).round() as usize).clamp(1, limit);
        match input.letterbox {
            Letterbox::Stretch => (input.width, input.height),
            _ => (fit(picture.0, input.width), fit(picture.1, input.height)),
        }
    }

    /// Returns on which part, counted from 0, and where on the view a box in the input lies; `None`
    /// when it is off every part, or when it may be cut off by the side of a part that is not a side of
    /// the picture.
    pub fn locate(&self, found: &Candidate) -> Option<(usize, Bbox)> {
        let (x, y) = ((found.left + found.right) / 2.0, (found.top + found.bottom) / 2.0);
        let (index, part) = self.parts.iter().enumerate().find(|(_, part)| {
            let PixelRect { left, top, width, height } = part.target;
            let within = |at: f32, from: usize, length: usize| {
                at >= from as f32 && at < (from + length) as f32
            };
            within(x, left, width) && within(y, top, height)
        })?;
        let (source, target) = (part.source, part.target);
        let across = Axis::new(source.left, source.width, target.left, target.width);
        let down = Axis::new(source.top, source.height, target.top, target.height);
        let (left, right) = across.place(found.left, found.right, self.picture.0)?;
        let (top, bottom) = down.place(found.top, found.bottom, self.picture.1)?;
        Some((index, Bbox { left, top, width: right - left, height: bottom - top }))
    }
}

/// Returns the scale at which the whole of a picture is shown.
pub(crate) fn whole_scale(picture: (usize, usize), input: &Input) -> f32 {
    let across = input.width as f32 / picture.0 as f32;
    let down = input.height as f32 / picture.1 as f32;
    across.min(down)
}

/// One direction of a part.
struct Axis {
    source: (f32, f32),
    target: (f32, f32),
}

impl Axis {
    fn new(source: usize, source_length: usize, target: usize, target_length: usize) -> Self {
        let ends = |from: usize, length: usize| (from as f32, (from + length) as f32);
        Self { source: ends(source, source_length), target: ends(target, target_length) }
    }

    /// Maps a span of the input to 0..1 of the picture, clipped to it.
    fn place(&self, from: f32, to: f32, picture: usize) -> Option<(f32, f32)> {
        let size = picture as f32;
        let starts_inside = self.source.0 > 0.0;
        let ends_inside = self.source.1 < size;
        let cut = (starts_inside && from < self.target.0 + CUT_MARGIN)
            || (ends_inside && to > self.target.1 - CUT_MARGIN);
        if cut {
            return None;
        }
        let scale = (self.source.1 - self.source.0) / (self.target.1 - self.target.0);
        let map = |at: f32| (((at - self.target.0) * scale + self.source.0) / size).clamp(0.0, 1.0);
        let (from, to) = (map(from), map(to));
        (to > from).then_some((from, to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Form;
    use crate::sampling::ColourOrder;

    fn input(letterbox: Letterbox) -> Input {
        Input {
            width: 416,
            height: 416,
            form: Form::Planes,
            rows_step: None,
            colour: ColourOrder::Bgr,
            mean: [0.0; 3],
            std: [1.0; 3],
            letterbox,
            pad: 114.0,
        }
    }

    fn candidate(left: f32, top: f32, right: f32, bottom: f32) -> Candidate {
        Candidate { left, top, right, bottom, label: 0, confidence: 0.9 }
    }

    #[test]
    fn a_box_on_the_letterbox_comes_back_to_its_place() {
        for letterbox in [Letterbox::TopLeft, Letterbox::Centre, Letterbox::Stretch] {
            let view = View::whole((768, 576), &input(letterbox));
            let target = view.parts[0].target;
            let at = |x: f32, y: f32| {
                (
                    target.left as f32 + x * target.width as f32,
                    target.top as f32 + y * target.height as f32,
                )
            };
            let ((left, top), (right, bottom)) = (at(0.25, 0.5), at(0.5, 0.75));
            let (_, found) = view.locate(&candidate(left, top, right, bottom)).unwrap();
            for (got, expected) in
                [(found.left, 0.25), (found.top, 0.5), (found.right(), 0.5), (found.bottom(), 0.75)]
            {
                assert!((got - expected).abs() < 0.002, "{letterbox:?} {found:?}");
            }
        }
    }

    #[test]
    fn a_box_cut_off_by_a_region_is_left_to_the_whole_view() {
        let region = PixelRect { left: 100, top: 0, width: 80, height: 60 };
        let mut view = View::empty((768, 576));
        view.add(region, PixelRect { left: 0, top: 0, ..region });
        assert!(view.locate(&candidate(1.0, 10.0, 30.0, 50.0)).is_none(), "cut at its left");
        assert!(view.locate(&candidate(20.0, 0.0, 40.0, 30.0)).is_some(), "at the picture's top");
        assert!(view.locate(&candidate(20.0, 20.0, 40.0, 59.0)).is_none(), "cut at its bottom");
        assert!(view.locate(&candidate(200.0, 200.0, 240.0, 259.0)).is_none(), "on padding");
    }
}
