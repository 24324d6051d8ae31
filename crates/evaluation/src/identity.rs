//! Identity scores: for how much of its life an object has one track of its own.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clear::SAME_IOU;
use crate::matching::{Pair, best_pairs};
use crate::overlaps::Overlaps;
use crate::share::ratio;

/// Identity scores (Ristani et al., *Performance Measures and a Data Set for Multi-Target,
/// Multi-Camera Tracking*, ECCV 2016 workshops) at an overlap of 0.5: each object is given the
/// one track that leaves most boxes right in all. 0 where there is nothing to divide by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct IdentityScores {
    /// Harmonic mean of the next two.
    pub idf1: f64,
    /// Found boxes whose track is the one given to their object.
    pub idp: f64,
    /// True boxes covered by the track given to their object.
    pub idr: f64,
    /// Boxes right in both senses.
    pub true_positives: u64,
    /// Found boxes less those.
    pub false_positives: u64,
    /// True boxes less those.
    pub misses: u64,
}

pub(crate) fn identity_scores(overlaps: &Overlaps) -> IdentityScores {
    let mut together: BTreeMap<(usize, usize), i64> = BTreeMap::new();
    for frame in &overlaps.frames {
        for overlap in frame.overlaps.iter().filter(|overlap| overlap.iou >= SAME_IOU) {
            let pair = (frame.truth[overlap.truth], frame.found[overlap.found]);
            *together.entry(pair).or_default() += 1;
        }
    }
    // Misses and false positives are all boxes less twice those that are right: to leave fewest
    // wrong is to have most right.
    let possible: Vec<Pair> =
        together.into_iter().map(|((truth, found), gain)| Pair { truth, found, gain }).collect();
    let right: u64 = best_pairs(&possible).iter().map(|pair| pair.gain.unsigned_abs()).sum();
    let (truth, found) = (overlaps.truth_count(), overlaps.found_count());
    IdentityScores {
        idf1: ratio(2 * right, truth + found),
        idp: ratio(right, found),
        idr: ratio(right, truth),
        true_positives: right,
        false_positives: found - right,
        misses: truth - right,
    }
}
