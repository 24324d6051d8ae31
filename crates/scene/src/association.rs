//! How likely a detection shows a given track.

use domain::Timestamp;

use crate::live::{LiveTrack, seconds_between};
use crate::riders::{Candidate, Family};

/// Cost of leaving a track without a detection: above any pair that is let through, so that as
/// many pairs as possible are made.
pub(crate) const ALONE: f32 = 2.0;

/// Overlap from which a pair is possible however it got there.
const LEAST_IOU: f32 = 0.2;

/// Squared distance in standard deviations up to which a pair is possible without overlap: what
/// 99 % of the right ones stay under (chi-squared, 2 degrees of freedom).
const MOST_SURPRISE: f32 = 9.2;

/// Distance up to which a pair is possible without overlap, in object sizes: of a track seen a
/// moment ago, and of one missed since. Uncertainty grows without end; what one is willing to
/// believe does not, or a car that left the view comes back as the next one that enters it.
const FARTHEST_SIZES: f32 = 5.0;
const FARTHEST_MISSED_SIZES: f32 = 2.0;

/// Ratio of heights above which (or below whose inverse) a pair is impossible.
const MOST_GROWTH: f32 = 2.0;

/// How strict to be about a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strictness {
    /// The detection is sure: anything the track may have done is possible.
    Normal,
    /// The detection is doubtful: it only counts where it was expected.
    OnlyWhereExpected,
}

/// Returns the cost of taking `candidate` for `track`, 0..[`ALONE`]; `None` if it cannot be.
///
/// Overlap says most while objects move less than their size between pictures. Small fast objects
/// at low rates do not overlap at all from one to the next: for them the distance to where the
/// filter expects them counts, in its own uncertainty.
pub(crate) fn cost(
    track: &LiveTrack,
    candidate: &Candidate,
    time: Timestamp,
    strictness: Strictness,
) -> Option<f32> {
    let class_cost = class_cost(track, candidate)?;
    let expected = track.motion.stance();
    let growth = candidate.stance.height / expected.height;
    if !(MOST_GROWTH.recip()..=MOST_GROWTH).contains(&growth) {
        return None;
    }
    let iou = expected.iou(&candidate.stance);
    let surprise = track.motion.surprise(&candidate.stance);
    let distance = (expected.x - candidate.stance.x).hypot(expected.y - candidate.stance.y)
        / expected.size().min(candidate.stance.size());
    let farthest = if track.misses == 0 { FARTHEST_SIZES } else { FARTHEST_MISSED_SIZES };
    let is_possible = match strictness {
        Strictness::Normal => iou >= LEAST_IOU || surprise <= MOST_SURPRISE && distance <= farthest,
        Strictness::OnlyWhereExpected => iou >= 2.0 * LEAST_IOU,
    };
    if !is_possible {
        return None;
    }
    let unseen_s = seconds_between(track.last_seen, time);
    let place_cost = 0.6 * (1.0 - iou)
        + 0.25 * (surprise / MOST_SURPRISE).min(1.0)
        + 0.25 * (distance / FARTHEST_SIZES).min(1.0);
    let growth_cost = 0.2 * growth.ln().abs();
    // Who was seen a moment ago comes before who has long been missed, and known before new.
    let absence_cost = 0.1 * (unseen_s / 2.0).min(1.0);
    let doubt_cost = if track.is_believed { 0.0 } else { 0.1 };
    let cost = place_cost + growth_cost + class_cost + absence_cost + doubt_cost;
    (cost < ALONE).then_some(cost)
}

/// Returns what a difference of class costs; `None` if no detector confuses them.
fn class_cost(track: &LiveTrack, candidate: &Candidate) -> Option<f32> {
    if track.class() == candidate.class {
        return Some(0.0);
    }
    let families = (Family::of(track.class()), Family::of(candidate.class));
    match families {
        (before, now) if before == now => Some(0.05),
        // The rider is found and the machine is not, or the other way round.
        (Family::Person, Family::TwoWheeler) | (Family::TwoWheeler, Family::Person) => Some(0.2),
        _ => None,
    }
}
