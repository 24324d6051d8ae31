//! Higher order tracking accuracy: detection and association weighed alike, over all overlaps.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::matching::{Pair, best_pairs, gain};
use crate::overlaps::{Frame, Overlaps};
use crate::share::{ratio, real};

/// How many overlaps α the scores are averaged over: 0.05, 0.10 … 0.95.
const ALPHAS: usize = 19;

/// HOTA and its parts (Luiten et al., *HOTA: A Higher Order Metric for Evaluating Multi-Object
/// Tracking*, Int. J. Computer Vision 129, 2021), each the mean over α of 0.05 to 0.95.
///
/// 0 where there is nothing to divide by, but for `loc_a`, which is then 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct HotaScores {
    /// Geometric mean of detection and association accuracy.
    pub hota: f64,
    /// Detection accuracy: matched boxes of all boxes of either kind.
    pub det_a: f64,
    /// Detection recall: matched boxes of true ones.
    pub det_re: f64,
    /// Detection precision: matched boxes of found ones.
    pub det_pr: f64,
    /// Association accuracy: of a matched pair's two lives, how much is matched together.
    pub ass_a: f64,
    /// Association recall: of the object's life, how much is matched with that track.
    pub ass_re: f64,
    /// Association precision: of the track's life, how much is matched with that object.
    pub ass_pr: f64,
    /// Localisation accuracy: mean overlap of matched boxes.
    pub loc_a: f64,
}

/// An object and a track that overlap somewhere.
#[derive(Debug, Default, Clone)]
struct Acquaintance {
    /// How much of their lives could be matched: frames, each weighed by the overlap against the
    /// overlaps with others.
    potential: f64,
    /// How many frames are matched at each α.
    matched: [u64; ALPHAS],
}

type Acquaintances = BTreeMap<(usize, usize), Acquaintance>;

pub(crate) fn hota_scores(overlaps: &Overlaps) -> HotaScores {
    let mut acquaintances = acquaintances(overlaps);
    let mut overlap_sums = [0.0; ALPHAS];
    for frame in &overlaps.frames {
        let possible = possible_pairs(frame, overlaps, &acquaintances);
        for pair in best_pairs(&possible) {
            let iou = frame.iou(&pair);
            let key = (frame.truth[pair.truth], frame.found[pair.found]);
            let Some(acquaintance) = acquaintances.get_mut(&key) else { continue };
            for (step, overlap_sum) in overlap_sums.iter_mut().enumerate() {
                if iou >= alpha(step) - f64::EPSILON {
                    acquaintance.matched[step] += 1;
                    *overlap_sum += iou;
                }
            }
        }
    }
    let mut mean = HotaScores::default();
    for (step, overlap_sum) in overlap_sums.into_iter().enumerate() {
        mean.add(&scores_at(step, overlap_sum, overlaps, &acquaintances));
    }
    mean
}

/// Returns the `step`th overlap from which boxes count as matched.
fn alpha(step: usize) -> f64 {
    0.05 + real(step as u64) * 0.05
}

fn acquaintances(overlaps: &Overlaps) -> Acquaintances {
    let mut acquaintances = Acquaintances::new();
    for frame in &overlaps.frames {
        let mut true_sums = vec![0.0; frame.truth.len()];
        let mut found_sums = vec![0.0; frame.found.len()];
        for overlap in &frame.overlaps {
            true_sums[overlap.truth] += overlap.iou;
            found_sums[overlap.found] += overlap.iou;
        }
        for overlap in &frame.overlaps {
            let key = (frame.truth[overlap.truth], frame.found[overlap.found]);
            let all = true_sums[overlap.truth] + found_sums[overlap.found] - overlap.iou;
            acquaintances.entry(key).or_default().potential += overlap.iou / all;
        }
    }
    acquaintances
}

/// Returns the frame's pairs, valued by their overlap and by how much of their lives they share.
fn possible_pairs(frame: &Frame, lives: &Overlaps, acquaintances: &Acquaintances) -> Vec<Pair> {
    let mut possible = Vec::with_capacity(frame.overlaps.len());
    for overlap in &frame.overlaps {
        let (object, track) = (frame.truth[overlap.truth], frame.found[overlap.found]);
        let potential = acquaintances.get(&(object, track)).map_or(0.0, |both| both.potential);
        let both_lives = real(lives.truth_lives[object] + lives.found_lives[track]);
        let alignment = potential / (both_lives - potential);
        let gain = gain(alignment * overlap.iou);
        possible.push(Pair { truth: overlap.truth, found: overlap.found, gain });
    }
    possible
}

fn scores_at(
    step: usize,
    overlap_sum: f64,
    lives: &Overlaps,
    acquaintances: &Acquaintances,
) -> HotaScores {
    let (truth, found) = (lives.truth_count(), lives.found_count());
    let mut scores = HotaScores::default();
    let mut matched_boxes = 0;
    for ((object, track), acquaintance) in acquaintances {
        let matched = acquaintance.matched[step];
        let (true_life, found_life) = (lives.truth_lives[*object], lives.found_lives[*track]);
        matched_boxes += matched;
        scores.ass_a += real(matched) * ratio(matched, true_life + found_life - matched);
        scores.ass_re += real(matched) * ratio(matched, true_life);
        scores.ass_pr += real(matched) * ratio(matched, found_life);
    }
    let pairs = real(matched_boxes.max(1));
    scores.ass_a /= pairs;
    scores.ass_re /= pairs;
    scores.ass_pr /= pairs;
    scores.loc_a = if matched_boxes > 0 { overlap_sum / pairs } else { 1.0 };
    scores.det_a = ratio(matched_boxes, truth + found - matched_boxes);
    scores.det_re = ratio(matched_boxes, truth);
    scores.det_pr = ratio(matched_boxes, found);
    scores.hota = (scores.det_a * scores.ass_a).sqrt();
    scores
}

impl HotaScores {
    /// Adds one α's share of the mean.
    fn add(&mut self, at_alpha: &Self) {
        let share = 1.0 / real(ALPHAS as u64);
        self.hota += at_alpha.hota * share;
        self.det_a += at_alpha.det_a * share;
        self.det_re += at_alpha.det_re * share;
        self.det_pr += at_alpha.det_pr * share;
        self.ass_a += at_alpha.ass_a * share;
        self.ass_re += at_alpha.ass_re * share;
        self.ass_pr += at_alpha.ass_pr * share;
        self.loc_a += at_alpha.loc_a * share;
    }
}
