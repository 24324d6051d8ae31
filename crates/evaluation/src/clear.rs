//! CLEAR MOT: how many boxes are right, and how often a track changes its object.

use serde::{Deserialize, Serialize};

use crate::matching::{Pair, best_pairs, gain};
use crate::overlaps::{Frame, Overlaps};
use crate::share::{ratio, real};

/// Least intersection over union of a true and a found box that are taken for the same.
pub(crate) const SAME_IOU: f64 = 0.5;

/// Outweighs any overlap: an object keeps its track while they overlap enough.
const KEEPS_TRACK: f64 = 999.0;

/// CLEAR MOT scores (Bernardin, Stiefelhagen, *Evaluating Multiple Object Tracking Performance*,
/// EURASIP J. Image and Video Processing 2008) at an overlap of 0.5.
///
/// An object keeps the track of the frame before, where they still overlap enough; a switch is
/// told by the last track it had, however long ago. These are the choices of MOTChallenge's own
/// tool; some others keep a track over frames in which it was not matched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct ClearScores {
    /// 1 − (misses + false positives + switches) / true boxes; may be negative, and is 0 where
    /// there are no true boxes or no found ones.
    pub mota: f64,
    /// Mean intersection over union of matched boxes; 0 where there are none.
    pub motp: f64,
    /// True boxes matched.
    pub true_positives: u64,
    /// Found boxes not matched.
    pub false_positives: u64,
    /// True boxes not matched.
    pub misses: u64,
    /// How often an object was matched with another track than the time before.
    pub identity_switches: u64,
}

pub(crate) fn clear_scores(overlaps: &Overlaps) -> ClearScores {
    let mut scores = ClearScores::default();
    let mut overlap_sum = 0.0;
    let objects = overlaps.truth_lives.len();
    let mut last_track: Vec<Option<usize>> = vec![None; objects];
    let mut track_before: Vec<Option<usize>> = vec![None; objects];
    for frame in &overlaps.frames {
        // Nothing to match in it: the frame before stays the one before.
        if frame.truth.is_empty() || frame.found.is_empty() {
            continue;
        }
        let matched = matched(frame, &track_before);
        track_before.fill(None);
        for (object, track, iou) in matched {
            if last_track[object].is_some_and(|last| last != track) {
                scores.identity_switches += 1;
            }
            last_track[object] = Some(track);
            track_before[object] = Some(track);
            scores.true_positives += 1;
            overlap_sum += iou;
        }
    }
    let (truth, found) = (overlaps.truth_count(), overlaps.found_count());
    scores.misses = truth - scores.true_positives;
    scores.false_positives = found - scores.true_positives;
    scores.motp = overlap_sum / real(scores.true_positives.max(1));
    if truth > 0 && found > 0 {
        let wrong = scores.misses + scores.false_positives + scores.identity_switches;
        scores.mota = 1.0 - ratio(wrong, truth);
    }
    scores
}

/// Returns object, track and overlap of each match.
fn matched(frame: &Frame, track_before: &[Option<usize>]) -> Vec<(usize, usize, f64)> {
    let enough = frame.overlaps.iter().filter(|overlap| overlap.iou >= SAME_IOU - f64::EPSILON);
    let possible: Vec<Pair> = enough
        .map(|overlap| {
            let keeps =
                track_before[frame.truth[overlap.truth]] == Some(frame.found[overlap.found]);
            let bonus = if keeps { KEEPS_TRACK } else { 0.0 };
            Pair { truth: overlap.truth, found: overlap.found, gain: gain(bonus + overlap.iou) }
        })
        .collect();
    let best = best_pairs(&possible);
    best.iter()
        .map(|pair| (frame.truth[pair.truth], frame.found[pair.found], frame.iou(pair)))
        .collect()
}
