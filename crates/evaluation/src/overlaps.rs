//! Which true and found boxes overlap, frame by frame: what every score is counted from.

use std::collections::{BTreeMap, BTreeSet};

use crate::boxes::{Boxes, iou};
use crate::matching::Pair;

/// A true and a found box of one frame that overlap; both by their place in the frame.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Overlap {
    pub(crate) truth: usize,
    pub(crate) found: usize,
    pub(crate) iou: f64,
}

/// One frame with a box of either kind.
#[derive(Debug)]
pub(crate) struct Frame {
    /// Whose true boxes it holds: objects numbered from 0.
    pub(crate) truth: Vec<usize>,
    /// Whose found boxes it holds: tracks numbered from 0.
    pub(crate) found: Vec<usize>,
    /// Pairs that share any area, in order of truth, then found.
    pub(crate) overlaps: Vec<Overlap>,
}

impl Frame {
    /// Returns the overlap of a pair of this frame.
    pub(crate) fn iou(&self, pair: &Pair) -> f64 {
        let place = self
            .overlaps
            .binary_search_by_key(&(pair.truth, pair.found), |other| (other.truth, other.found));
        place.map_or(0.0, |place| self.overlaps[place].iou)
    }
}

/// All frames of a clip, and how long each object and track lives.
#[derive(Debug)]
pub(crate) struct Overlaps {
    pub(crate) frames: Vec<Frame>,
    /// Boxes of each true object.
    pub(crate) truth_lives: Vec<u64>,
    /// Boxes of each found track.
    pub(crate) found_lives: Vec<u64>,
}

impl Overlaps {
    pub(crate) fn new(truth: &Boxes, found: &Boxes) -> Self {
        let mut truth_numbers = Numbers::default();
        let mut found_numbers = Numbers::default();
        let numbers: BTreeSet<u32> = truth.frames().chain(found.frames()).collect();
        let mut frames = Vec::with_capacity(numbers.len());
        for number in numbers {
            let (true_boxes, found_boxes) = (truth.at(number), found.at(number));
            let mut overlaps = Vec::new();
            for (true_place, (_, one)) in true_boxes.clone().enumerate() {
                for (found_place, (_, other)) in found_boxes.clone().enumerate() {
                    let iou = iou(one, other);
                    if iou > 0.0 {
                        overlaps.push(Overlap { truth: true_place, found: found_place, iou });
                    }
                }
            }
            frames.push(Frame {
                truth: true_boxes.map(|(id, _)| truth_numbers.count(id)).collect(),
                found: found_boxes.map(|(id, _)| found_numbers.count(id)).collect(),
                overlaps,
            });
        }
        Self { frames, truth_lives: truth_numbers.lives, found_lives: found_numbers.lives }
    }

    /// Returns how many true boxes there are.
    pub(crate) fn truth_count(&self) -> u64 {
        self.truth_lives.iter().sum()
    }

    /// Returns how many found boxes there are.
    pub(crate) fn found_count(&self) -> u64 {
        self.found_lives.iter().sum()
    }
}

/// Numbers ids from 0 in order of first sight, and counts their boxes.
#[derive(Default)]
struct Numbers {
    of_id: BTreeMap<i64, usize>,
    lives: Vec<u64>,
}

impl Numbers {
    fn count(&mut self, id: i64) -> usize {
        let number = *self.of_id.entry(id).or_insert_with(|| {
            self.lives.push(0);
            self.lives.len() - 1
        });
        self.lives[number] += 1;
        number
    }
}
