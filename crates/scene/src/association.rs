//! How likely a detection shows a given track.
//!
//! Costs are minus logarithms of likelihoods, as in multiple hypothesis tracking (Reid, *An Algorithm
//! for Tracking Multiple Targets*, 1979): a pair is made when it is likelier than that the track was
//! missed and the detection shows something new. So a track of which little is known is not drawn to
//! whatever appears near, and a pair that would only complete the picture is not made.

use crate::live::LiveTrack;
use crate::motion::{Motion, TAIL};
use crate::riders::{Candidate, Family};
use crate::stance::Stance;

/// Cost of leaving a track without a detection; [`cost`] is relative to it.
pub(crate) const ALONE: f32 = 0.0;

/// Overlap from which a pair is possible however it got there.
const LEAST_IOU: f32 = 0.2;

/// Squared distance in standard deviations up to which a pair is possible without overlap.
const MOST_SURPRISE: f32 = 16.0;

/// Distance up to which a pair is possible without overlap, in object sizes: of a track seen a
/// moment ago, and of one missed since. Uncertainty grows without end; what one is willing to
/// believe does not, or a car that left the view comes back as the next one that enters it.
const FARTHEST_SIZES: f32 = 5.0;
const FARTHEST_MISSED_SIZES: f32 = 2.0;

/// Ratio of heights above which (or below whose inverse) a pair is impossible.
const MOST_GROWTH: f32 = 2.0;

/// What boxes that do not overlap at all cost, beyond what their distance says: two people behind
/// each other are near in the picture and still two.
const APART: f32 = 4.5;

/// How much less that says of a track seen once, whose way is not known, and of one that was missed
/// since, whose place is not: per variance in sizes.
const UNKNOWN_WAY: f32 = 4.0;
const UNKNOWN_PLACE: f32 = 0.3;

/// Cost of a standing object having stayed where it was, beside that of its having moved.
const STAYED: f32 = 0.7;

/// Weight of the size.
const SIZE: f32 = 1.5;

/// Cost of a sure detection showing something new, on the area of the whole picture.
const APPEARS: f32 = 0.5;

/// Cost of a doubtful detection showing nothing.
const IS_NOTHING: f32 = 2.5;

/// Cost of missing a track that was seen at the last look, one that was born then, one that was
/// missed then, and one missed before: that is likelier to be missed again than to be seen.
const MISSED: f32 = 2.3;
const MISSED_NEW: f32 = 1.0;
const MISSED_ONCE: f32 = 0.5;
const MISSED_AGAIN: f32 = -0.5;

/// Sizes that count as such, in picture heights.
const SIZES: (f32, f32) = (0.02, 0.5);

/// How strict to be about a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strictness {
    /// The detection is sure: anything the track may have done is possible.
    Normal,
    /// The detection is doubtful: it only counts where it was expected.
    OnlyWhereExpected,
}

/// Returns the cost of taking `candidate` for `track`, less than [`ALONE`]; `None` if that is less
/// likely than that they have nothing to do with each other.
pub(crate) fn cost(
    track: &LiveTrack,
    candidate: &Candidate,
    strictness: Strictness,
) -> Option<f32> {
    let class_cost = class_cost(track, candidate)?;
    let expected = track.motion.stance();
    let seen = &track.stance_in(candidate);
    let iou = expected.iou(seen);
    if !is_possible(track, &expected, seen, iou, strictness) {
        return None;
    }
    let unknown = match (track.is_believed, track.misses) {
        (false, _) => UNKNOWN_WAY,
        (true, 0) => 0.0,
        (true, _) => UNKNOWN_PLACE,
    };
    let moved = place_cost(&track.motion, seen, iou, unknown);
    let place_cost = if track.is_standing() {
        moved.min(STAYED + place_cost(&track.motion.at_rest(), seen, iou, unknown))
    } else {
        moved
    };
    let size_cost = SIZE * track.motion.growth_surprise(seen);
    let missed = match (track.misses, track.is_believed) {
        (0, true) => MISSED,
        (0, false) => MISSED_NEW,
        (1, _) => MISSED_ONCE,
        _ => MISSED_AGAIN,
    };
    let unrelated = missed
        + match strictness {
            // Small objects appear on fewer of the places that would hold them.
            Strictness::Normal => APPEARS - 2.0 * expected.size().clamp(SIZES.0, SIZES.1).ln(),
            Strictness::OnlyWhereExpected => IS_NOTHING,
        };
    let cost = place_cost + size_cost + class_cost - unrelated;
    (cost < ALONE).then_some(cost)
}

fn is_possible(
    track: &LiveTrack,
    expected: &Stance,
    seen: &Stance,
    iou: f32,
    strictness: Strictness,
) -> bool {
    let growth = seen.height / expected.height;
    if !(MOST_GROWTH.recip()..=MOST_GROWTH).contains(&growth) {
        return false;
    }
    let distance =
        (expected.x - seen.x).hypot(expected.y - seen.y) / expected.size().min(seen.size());
    let farthest = if track.misses == 0 { FARTHEST_SIZES } else { FARTHEST_MISSED_SIZES };
    match strictness {
        Strictness::Normal => {
            let is_near = track.motion.surprise(seen) <= MOST_SURPRISE && distance <= farthest;
            iou >= LEAST_IOU || is_near
        }
        Strictness::OnlyWhereExpected => iou >= 2.0 * LEAST_IOU,
    }
}

/// Returns what the place costs. Distance counts in the filter's own uncertainty, which is all there
/// is where small fast objects do not overlap from one picture to the next; overlap tells more
/// where they move less than their size.
fn place_cost(motion: &Motion, seen: &Stance, iou: f32, unknown: f32) -> f32 {
    let off = f32::midpoint(TAIL, 2.0) * (motion.surprise(seen) / TAIL).ln_1p();
    let variance = motion.variance(seen);
    let density = (std::f32::consts::TAU * variance).ln();
    let trust = (1.0 + unknown * variance).recip();
    off + density + APART * (1.0 - iou) * trust
}

/// Returns what a difference of class costs; `None` if no detector confuses them.
fn class_cost(track: &LiveTrack, candidate: &Candidate) -> Option<f32> {
    if track.class() == candidate.class {
        return Some(0.0);
    }
    let families = (Family::of(track.class()), Family::of(candidate.class));
    match families {
        (before, now) if before == now => Some(0.3),
        // The rider is found and the machine is not, or the other way round.
        (Family::Person, Family::TwoWheeler) | (Family::TwoWheeler, Family::Person) => Some(1.5),
        _ => None,
    }
}
