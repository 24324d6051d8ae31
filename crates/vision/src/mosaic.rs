//! Parts of many pictures side by side in few detector inputs.
//!
//! A detector run costs the same whatever its input shows. Where others wait, what is worth a look in
//! their pictures shares inputs, instead of one run for each.

use domain::Bbox;

use crate::canvas::Canvas;
use crate::family::Candidate;
use crate::manifest::Input;
use crate::picture::Picture;
use crate::sampling::PixelRect;
use crate::view::{GUTTER, View};

/// A part of one of several pictures, and how large it is to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// Which picture, counted from 0.
    pub picture: usize,
    /// Which part of it.
    pub source: PixelRect,
    /// Width and height in the detector's input, in pixels; no larger than the input.
    pub shown: (usize, usize),
}

/// Whose a box in the input is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Located {
    /// Which picture, counted from 0.
    pub picture: usize,
    /// Which of its parts in this input, counted from 0.
    pub part: usize,
    /// Where it lies on that picture's view.
    pub bbox: Bbox,
}

/// What one detector input shows: views of several pictures, one of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mosaic {
    views: Vec<(usize, View)>,
}

/// A row of pieces in an input.
#[derive(Debug)]
struct Shelf {
    input: usize,
    top: usize,
    height: usize,
    /// Where the next piece begins.
    left: usize,
}

impl Mosaic {
    /// Shows one view of the first picture.
    pub fn single(view: View) -> Self {
        Self { views: vec![(0, view)] }
    }

    /// Lays out pieces on as few inputs as shelves, tallest first, need; `sizes` are those of the
    /// pictures. A piece larger than the input is left out.
    pub fn lay_out(pieces: &[Piece], sizes: &[(usize, usize)], input: &Input) -> Vec<Self> {
        let mut by_height: Vec<&Piece> = pieces
            .iter()
            .filter(|piece| piece.shown.0 <= input.width && piece.shown.1 <= input.height)
            .collect();
        by_height.sort_by_key(|piece| {
            let source = piece.source;
            (std::cmp::Reverse(piece.shown.1), piece.picture, source.top, source.left)
        });
        let mut shelves: Vec<Shelf> = Vec::new();
        // How far down each input is filled.
        let mut filled: Vec<usize> = Vec::new();
        let mut mosaics: Vec<Self> = Vec::new();
        for piece in by_height {
            let (width, height) = piece.shown;
            let fits = |shelf: &Shelf| shelf.left + width <= input.width && height <= shelf.height;
            let shelf = shelves.iter().position(fits).unwrap_or_else(|| {
                let has_room = |down: &usize| down + height <= input.height;
                let input = filled.iter().position(has_room).unwrap_or_else(|| {
                    filled.push(0);
                    mosaics.push(Self { views: Vec::new() });
                    filled.len() - 1
                });
                shelves.push(Shelf { input, top: filled[input], height, left: 0 });
                filled[input] += height + GUTTER;
                shelves.len() - 1
            });
            let shelf = &mut shelves[shelf];
            let target = PixelRect { left: shelf.left, top: shelf.top, width, height };
            shelf.left += width + GUTTER;
            mosaics[shelf.input].add(piece, target, sizes);
        }
        mosaics
    }

    fn add(&mut self, piece: &Piece, target: PixelRect, sizes: &[(usize, usize)]) {
        let known = self.views.iter_mut().find(|(picture, _)| *picture == piece.picture);
        if let Some((_, view)) = known {
            view.add(piece.source, target);
        } else if let Some(size) = sizes.get(piece.picture) {
            let mut view = View::empty(*size);
            view.add(piece.source, target);
            self.views.push((piece.picture, view));
        }
    }

    /// Returns which pictures have a part here.
    pub fn pictures(&self) -> impl Iterator<Item = usize> + '_ {
        self.views.iter().map(|(picture, _)| *picture)
    }

    /// Draws the model's input; `pictures` are those that the pieces count.
    pub fn draw(&self, pictures: &[&Picture], canvas: &mut Canvas) {
        canvas.begin(self.views.iter().map(|(_, view)| view.rows()).max().unwrap_or_default());
        let covers_all = matches!(self.views.as_slice(), [(_, view)] if view.covers(canvas.size()));
        if !covers_all {
            canvas.clear();
        }
        for (picture, view) in &self.views {
            if let Some(picture) = pictures.get(*picture) {
                view.draw(picture, canvas);
            }
        }
    }

    /// Returns whose a box in the input is; `None` when it is off every part or cut off by one's side.
    pub fn locate(&self, found: &Candidate) -> Option<Located> {
        self.views.iter().find_map(|(picture, view)| {
            let (part, bbox) = view.locate(found)?;
            Some(Located { picture: *picture, part, bbox })
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::canvas::Filled;
    use crate::manifest::{Form, Letterbox};
    use crate::sampling::ColourOrder;

    const INPUT: Input = Input {
        width: 416,
        height: 416,
        form: Form::Planes,
        rows_step: None,
        colour: ColourOrder::Bgr,
        mean: [0.0; 3],
        std: [1.0; 3],
        letterbox: Letterbox::TopLeft,
        pad: 114.0,
    };
    const SIZE: (usize, usize) = (640, 360);

    fn piece(picture: usize, left: usize, width: usize, height: usize) -> Piece {
        let source = PixelRect { left, top: 10, width, height };
        Piece { picture, source, shown: (width, height) }
    }

    fn candidate(target: PixelRect) -> Candidate {
        #[allow(clippy::cast_precision_loss, reason = "pixels of an input")]
        let at = |from: usize, length: usize, share: f32| from as f32 + length as f32 * share;
        Candidate {
            left: at(target.left, target.width, 0.3),
            top: at(target.top, target.height, 0.3),
            right: at(target.left, target.width, 0.7),
            bottom: at(target.top, target.height, 0.7),
            label: 0,
            confidence: 0.9,
        }
    }

    #[test]
    fn a_box_comes_back_to_the_picture_it_was_cut_from() {
        let pieces = [piece(0, 100, 120, 80), piece(1, 300, 120, 80)];
        let mosaics = Mosaic::lay_out(&pieces, &[SIZE; 2], &INPUT);
        assert_eq!(mosaics.len(), 1);
        let first = PixelRect { left: 0, top: 0, width: 120, height: 80 };
        let Located { picture, bbox, .. } = mosaics[0].locate(&candidate(first)).unwrap();
        assert_eq!(picture, 0);
        assert!((bbox.left * 640.0 - 136.0).abs() < 0.1, "{bbox:?}");
        let second = PixelRect { left: 120 + GUTTER, ..first };
        let Located { picture, bbox, .. } = mosaics[0].locate(&candidate(second)).unwrap();
        assert_eq!(picture, 1);
        assert!((bbox.left * 640.0 - 336.0).abs() < 0.1, "{bbox:?}");
        assert!((bbox.top * 360.0 - 34.0).abs() < 0.1, "{bbox:?}");
    }

    #[test]
    fn each_part_shows_its_own_picture() {
        let pieces = [piece(0, 0, 200, 100), piece(1, 0, 200, 100)];
        let mosaics = Mosaic::lay_out(&pieces, &[SIZE; 2], &INPUT);
        let [dark, bright] =
            [40, 200].map(|luma| Picture::plain(SIZE.0, SIZE.1, [luma, 128, 128]).unwrap());
        let mut canvas = Canvas::new(&INPUT);
        mosaics[0].draw(&[&dark, &bright], &mut canvas);
        let Filled::Planes(_, planes) = canvas.filled() else { panic!() };
        assert!(planes[50 * 416 + 100] < 60.0);
        assert!(planes[50 * 416 + 100 + 200 + GUTTER] > 180.0);
        assert!((planes[300 * 416 + 100] - 114.0).abs() < f32::EPSILON, "the rest is padding");
    }

    proptest! {
        #[test]
        fn every_piece_lies_whole_in_one_input_and_none_on_another(
            shapes in prop::collection::vec((1_usize..420, 1_usize..360), 1..40)
        ) {
            let pieces: Vec<_> = shapes
                .iter()
                .enumerate()
                .map(|(index, (width, height))| piece(index, 0, *width, (*height).min(350)))
                .collect();
            let mosaics = Mosaic::lay_out(&pieces, &vec![SIZE; pieces.len()], &INPUT);
            let mut seen = 0;
            for mosaic in &mosaics {
                let targets: Vec<_> =
                    mosaic.views.iter().flat_map(|(_, view)| view.targets()).collect();
                seen += targets.len();
                for (index, a) in targets.iter().enumerate() {
                    prop_assert!(a.left + a.width <= 416 && a.top + a.height <= 416);
                    for b in &targets[index + 1..] {
                        let apart = a.left + a.width + GUTTER <= b.left
                            || b.left + b.width + GUTTER <= a.left
                            || a.top + a.height + GUTTER <= b.top
                            || b.top + b.height + GUTTER <= a.top;
                        prop_assert!(apart, "{:?} {:?}", a, b);
                    }
                }
            }
            prop_assert_eq!(seen, pieces.iter().filter(|piece| piece.shown.0 <= 416).count());
        }
    }
}
