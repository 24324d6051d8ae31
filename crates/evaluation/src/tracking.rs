//! Tracks beside truth.

use serde::{Deserialize, Serialize};

use crate::boxes::Boxes;
use crate::clear::{ClearScores, clear_scores};
use crate::hota::{HotaScores, hota_scores};
use crate::identity::{IdentityScores, identity_scores};
use crate::overlaps::Overlaps;

/// The three public families of tracking scores.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct TrackingScores {
    /// Boxes and switches.
    pub clear: ClearScores,
    /// Identities over their whole lives.
    pub identity: IdentityScores,
    /// Detection and association weighed alike.
    pub hota: HotaScores,
}

/// Returns how well `found` tracks follow the objects of `truth`.
///
/// Frames with neither change nothing. Costs the number of pairs in each frame, and its cube
/// within each crowd whose boxes all overlap.
pub fn tracking_scores(truth: &Boxes, found: &Boxes) -> TrackingScores {
    let overlaps = Overlaps::new(truth, found);
    TrackingScores {
        clear: clear_scores(&overlaps),
        identity: identity_scores(&overlaps),
        hota: hota_scores(&overlaps),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(id: i64, frames: std::ops::Range<u32>, left: u32) -> String {
        frames.map(|frame| format!("{frame},{id},{left},0,10,10,1\n")).collect()
    }

    fn scores(truth: &str, found: &str) -> TrackingScores {
        let truth = Boxes::parse_truth(truth).unwrap();
        tracking_scores(&truth, &Boxes::parse_tracks(found).unwrap())
    }

    fn near(value: f64, expected: f64) -> bool {
        (value - expected).abs() < 1e-9
    }

    #[test]
    fn the_truth_itself_is_perfect() {
        let truth = rows(1, 1..9, 0) + &rows(2, 3..30, 100);
        let scores = scores(&truth, &truth);
        let all = [scores.clear.mota, scores.clear.motp, scores.identity.idf1, scores.hota.hota];
        assert!(all.into_iter().all(|score| near(score, 1.0)), "{scores:?}");
    }

    #[test]
    fn a_track_cut_in_two_is_one_switch_and_half_an_identity() {
        let truth = rows(1, 1..11, 0);
        let found = rows(7, 1..6, 0) + &rows(8, 6..11, 0);
        let scores = scores(&truth, &found);
        assert_eq!(scores.clear.identity_switches, 1);
        assert!(near(scores.clear.mota, 0.9) && near(scores.identity.idf1, 0.5));
        assert!(near(scores.hota.ass_a, 0.5) && near(scores.hota.det_a, 1.0));
        assert!(near(scores.hota.hota, 0.5_f64.sqrt()));
    }

    #[test]
    fn nothing_beside_something_scores_nothing() {
        let truth = rows(1, 1..11, 0);
        let missed = scores(&truth, "");
        assert_eq!((missed.clear.misses, missed.identity.misses), (10, 10));
        assert!(near(missed.clear.mota, 0.0) && near(missed.hota.hota, 0.0));
        let invented = scores("", &truth);
        assert_eq!((invented.clear.false_positives, invented.identity.false_positives), (10, 10));
        assert!(near(invented.clear.mota, 0.0) && near(invented.hota.hota, 0.0));
        assert!(near(scores("", "").hota.hota, 0.0));
    }

    #[test]
    fn detections_are_tracks_of_one_frame() {
        let truth = Boxes::parse_truth(&rows(1, 1..11, 0)).unwrap();
        let pile = rows(-1, 1..11, 0).repeat(3);
        let found = Boxes::parse_detections(&pile).unwrap();
        let scores = tracking_scores(&truth, &found);
        assert_eq!((scores.clear.true_positives, scores.clear.identity_switches), (10, 9));
        assert_eq!((scores.identity.true_positives, scores.identity.false_positives), (1, 29));
    }

    #[test]
    fn the_order_of_lines_does_not_matter() {
        let truth = rows(1, 1..11, 0) + &rows(2, 1..11, 4);
        let found = rows(1, 1..8, 1) + &rows(2, 5..11, 3);
        let mut lines: Vec<&str> = found.lines().rev().collect();
        lines.rotate_left(3);
        assert_eq!(scores(&truth, &found), scores(&truth, &lines.join("\n")));
    }
}
