//! Detections beside truth.

use domain::Class;
use serde::{Deserialize, Serialize};

use crate::boxes::Boxes;
use crate::clear::SAME_IOU;
use crate::matching::{Pair, best_pairs, gain};
use crate::overlaps::Overlaps;
use crate::share::{Share, real};

/// Outweighs any overlap: as many boxes as can be are matched, then as well as can be.
const IS_MATCHED: f64 = 999.0;

/// How many boxes of one class were found, at an intersection over union of 0.5 or more.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DetectionScores {
    /// The class.
    pub class: Class,
    /// Found boxes that are true.
    pub precision: Share,
    /// True boxes that were found.
    pub recall: Share,
    /// Mean intersection over union of those; `None` if there are none.
    pub mean_iou: Option<f64>,
}

/// Returns how well `found` boxes of a class cover those of `truth`, each matched once at most.
pub fn detection_scores(class: Class, truth: &Boxes, found: &Boxes) -> DetectionScores {
    let overlaps = Overlaps::new(truth, found);
    let (mut matched, mut overlap_sum) = (0, 0.0);
    for frame in &overlaps.frames {
        let enough = frame.overlaps.iter().filter(|overlap| overlap.iou >= SAME_IOU - f64::EPSILON);
        let possible: Vec<Pair> = enough
            .map(|overlap| Pair {
                truth: overlap.truth,
                found: overlap.found,
                gain: gain(IS_MATCHED + overlap.iou),
            })
            .collect();
        for pair in best_pairs(&possible) {
            matched += 1;
            overlap_sum += frame.iou(&pair);
        }
    }
    DetectionScores {
        class,
        precision: Share { part: matched, whole: overlaps.found_count() },
        recall: Share { part: matched, whole: overlaps.truth_count() },
        mean_iou: (matched > 0).then(|| overlap_sum / real(matched)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_is_matched_once_and_as_many_as_can_be() {
        // The middle box fits both; the left one has no other.
        let truth = Boxes::parse_truth("1,1,0,0,10,10,1\n1,2,4,0,10,10,1\n2,1,0,0,10,10,1\n");
        let found = "1,-1,2,0,10,10,.9\n1,-1,4,0,10,10,.9\n1,-1,4,0,10,10,.8\n";
        let found = Boxes::parse_detections(found).unwrap();
        let scores = detection_scores(Class::Person, &truth.unwrap(), &found);
        assert_eq!(scores.precision, Share { part: 2, whole: 3 });
        assert_eq!(scores.recall, Share { part: 2, whole: 3 });
        let iou = scores.mean_iou.unwrap();
        assert!((iou - f64::midpoint(1.0, 8.0 / 12.0)).abs() < 1e-12, "{iou}");
    }

    #[test]
    fn nothing_has_no_share() {
        let scores = detection_scores(Class::Car, &Boxes::default(), &Boxes::default());
        assert_eq!((scores.recall.value(), scores.mean_iou), (None, None));
    }
}
