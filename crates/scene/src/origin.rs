//! Where a track came from that is first seen just beyond a line.
//!
//! What fills a side street, or comes out from behind a house, is known late: by the time it is followed
//! it has crossed the line at which it would have been seen to enter. It was driving when it was first
//! seen, away from the line and hardly its own size beyond it; nothing else drives there but what came
//! over it. Who stood there, or drives along the line, may have come from anywhere.

use std::collections::BTreeMap;

use domain::{Crossing, Line, Timestamp, TrackId};

use crate::crossing::{Crossed, Wire};
use crate::stance::Stance;
use crate::tracker::Seen;
use crate::watch::Sight;

/// How far beyond the line, in object sizes along its way, one may be first seen that came over it.
const BEYOND_SIZES: f32 = 1.0;

/// How far it must have gone, in object sizes, and in how many pictures: then its way is known.
const GONE_SIZES: f32 = 0.5;
const GONE_PICTURES: u32 = 3;

/// How soon, in seconds: who takes longer stood there.
const GONE_S: f64 = 1.5;

/// How steeply its way must meet the line: the sine of the least angle, 30°.
const STEEP: f32 = 0.5;

/// Watches the first moments of all tracks at one tripwire.
#[derive(Debug)]
pub(crate) struct Origins {
    line: Line,
    tracks: BTreeMap<TrackId, Origin>,
}

#[derive(Debug, Clone, Copy)]
struct Origin {
    /// When and where it was first seen.
    first: (Timestamp, Stance),
    pictures: u32,
    is_settled: bool,
}

impl Origins {
    pub(crate) fn new(line: Line) -> Self {
        Self { line, tracks: BTreeMap::new() }
    }

    /// Takes where a track is; returns the crossing of one that must have come over the line before it
    /// was seen, once: when and where it was first seen.
    pub(crate) fn see(&mut self, sight: &Sight<'_>) -> Option<Crossed> {
        if sight.sighting.how == Seen::Presumed {
            return None;
        }
        let (time, now) = (sight.sighting.time, sight.stance());
        let start = Origin { first: (time, now), pictures: 0, is_settled: false };
        let origin = self.tracks.entry(sight.sighting.track).or_insert(start);
        if origin.is_settled {
            return None;
        }
        origin.pictures += 1;
        let (born, first) = origin.first;
        let is_late = time.seconds_since(born) > GONE_S;
        let is_way_known = first.sizes_to(&now) >= GONE_SIZES && origin.pictures >= GONE_PICTURES;
        origin.is_settled = is_late || is_way_known;
        if is_late || !is_way_known {
            return None;
        }
        let crossing = came_over(&Wire::new(&self.line, sight.view.aspect), &first, &now)?;
        Some(Crossed { crossing, time: born, stance: first })
    }

    pub(crate) fn forget(&mut self, track: TrackId) {
        self.tracks.remove(&track);
    }
}

/// Returns which way it came over the line, if the way from `first` to `now`, followed back a little,
/// meets it.
fn came_over(wire: &Wire, first: &Stance, now: &Stance) -> Option<Crossing> {
    let way = (now.x - first.x).hypot(now.y - first.y);
    let beyond = wire.rightness(first);
    let away = wire.rightness(now) - beyond;
    let is_steep = away.abs() >= STEEP * way;
    if !is_steep || beyond * away <= 0.0 {
        return None;
    }
    // How often the way seen fits between the line and where it was first seen.
    let back = beyond / away;
    if back * way > BEYOND_SIZES * first.size() {
        return None;
    }
    let met = Stance {
        x: first.x - back * (now.x - first.x),
        y: first.y - back * (now.y - first.y),
        ..*first
    };
    let crossing = if beyond > 0.0 { Crossing::LeftToRight } else { Crossing::RightToLeft };
    wire.is_between_ends(&met).then_some(crossing)
}
