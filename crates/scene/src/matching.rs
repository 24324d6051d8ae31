//! Which detection shows which track, in one picture.
//!
//! In rounds, each for the tracks that the ones before left over. Of two who pass each other a detector sees
//! one surely and doubts the other, or a box around both: were all of them dealt out at once, each time the
//! doubtful one would take somebody's place.

use domain::Timestamp;

use crate::assignment::{Pair, assign};
use crate::association::{self, Strictness};
use crate::live::LiveTrack;
use crate::riders::{Candidate, Family};
use crate::stance::Stance;
use crate::tracker::{TrackerSettings, is_vehicle};

/// How long a track may have gone unseen for a doubtful detection to be taken for it, in seconds.
const DOUBTFUL_MATCH_S: f64 = 1.0;

/// Misses in a row, and seconds, up to which a track was seen a moment ago.
pub(crate) const FRESH_MISSES: u32 = 1;
const FRESH_S: f64 = 0.5;

/// Overlap with a box already taken above which a detection shows nothing new.
const ALREADY_SEEN_IOU: f32 = 0.55;

/// Part of a detection inside boxes already taken above which it shows nothing new.
const ALREADY_SEEN_COVER: f32 = 0.85;

/// How many times the size of a box that may be part of it another one is at most. A train that fills the
/// picture is seen where there is none, and explains none of the cars in it.
const LARGER_SIZES: f32 = 4.0;

/// Which candidate each track was seen as, and which are spoken for.
pub(crate) struct Matches {
    pub(crate) of_track: Vec<Option<usize>>,
    pub(crate) is_taken: Vec<bool>,
}

impl Matches {
    /// Returns whether the candidates already taken show all that `candidate` shows.
    pub(crate) fn explain(&self, candidate: &Candidate, found: &[Candidate]) -> bool {
        is_explained(candidate, found, &|index| self.is_taken[index])
    }
}

/// How far a detection is to be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trust {
    Sure,
    Fair,
    /// Enough for somebody new, where nobody else is.
    Faint,
    Doubtful,
}

/// Pairs the tracks of one picture with its candidates.
pub(crate) struct Matching<'a> {
    /// Predicted for `time`.
    pub(crate) tracks: &'a [LiveTrack],
    /// Surest first.
    pub(crate) found: &'a [Candidate],
    pub(crate) settings: &'a TrackerSettings,
    /// When the picture was taken.
    pub(crate) time: Timestamp,
    /// How far pictures lie apart of late, in seconds.
    pub(crate) interval_s: f64,
}

impl Matching<'_> {
    /// Pairs sure ones with tracks seen a moment ago, then with those missed for a while; fair ones and
    /// then doubtful ones with those seen of late.
    pub(crate) fn matched(&self) -> Matches {
        let mut matches = Matches {
            of_track: vec![None; self.tracks.len()],
            is_taken: vec![false; self.found.len()],
        };
        let trust: Vec<Trust> = (0..self.found.len()).map(|index| self.trust(index)).collect();
        self.round(&mut matches, Strictness::Normal, &|track, index| {
            trust[index] == Trust::Sure && self.is_fresh(track)
        });
        let is_new: Vec<bool> =
            self.found.iter().map(|candidate| !matches.explain(candidate, self.found)).collect();
        self.round(&mut matches, Strictness::Normal, &|track, index| {
            trust[index] == Trust::Sure && !self.is_fresh(track) && is_new[index]
        });
        self.round(&mut matches, Strictness::Normal, &|track, index| {
            // One who is only ever seen faintly would never be believed otherwise.
            let is_enough =
                trust[index] == Trust::Fair || trust[index] == Trust::Faint && !track.is_believed;
            is_enough && self.is_recent(track)
        });
        self.round(&mut matches, Strictness::OnlyWhereExpected, &|track, index| {
            trust[index] != Trust::Sure && self.may_be_doubtful(track)
        });
        matches
    }

    fn trust(&self, index: usize) -> Trust {
        let candidate = &self.found[index];
        let settings = self.settings;
        let [high, fair, faint] = if is_vehicle(candidate.class) {
            [settings.vehicle_confidence; 3]
        } else {
            [settings.high_confidence, settings.fair_confidence, settings.birth_confidence]
        };
        // What two surer ones show between them is doubtful, however sure the detector.
        if is_explained(candidate, self.found, &|other| other < index) {
            Trust::Doubtful
        } else if candidate.confidence >= high {
            Trust::Sure
        } else if candidate.confidence >= fair {
            Trust::Fair
        } else if candidate.confidence >= faint {
            Trust::Faint
        } else {
            Trust::Doubtful
        }
    }

    fn is_fresh(&self, track: &LiveTrack) -> bool {
        track.misses <= FRESH_MISSES || self.time.seconds_since(track.last_seen) <= FRESH_S
    }

    /// Returns whether a track was seen so lately that one of whom the detector is not sure may be it.
    fn is_recent(&self, track: &LiveTrack) -> bool {
        self.is_fresh(track) || self.time.seconds_since(track.last_seen) <= self.recent_s()
    }

    fn recent_s(&self) -> f64 {
        DOUBTFUL_MATCH_S.max(self.interval_s * 1.5)
    }

    fn may_be_doubtful(&self, track: &LiveTrack) -> bool {
        let is_vehicle = is_vehicle(track.class());
        // What a detector sees where nobody is stays there, too, and is hardly ever sure: doubtful
        // ones keep a person no longer than none would. Of small vehicles few are ever sure.
        let unsure_s = self.time.seconds_since(track.last_sure);
        let is_vouched_for = is_vehicle || unsure_s <= self.settings.lost_s.max(self.recent_s());
        (track.is_believed || is_vehicle)
            && is_vouched_for
            && self.time.seconds_since(track.last_seen) <= self.recent_s()
    }

    fn round(
        &self,
        matches: &mut Matches,
        strictness: Strictness,
        takes_part: &dyn Fn(&LiveTrack, usize) -> bool,
    ) {
        let mut possible = Vec::new();
        for (row, track) in self.tracks.iter().enumerate() {
            if matches.of_track[row].is_some() {
                continue;
            }
            for (column, candidate) in self.found.iter().enumerate() {
                if matches.is_taken[column] || !takes_part(track, column) {
                    continue;
                }
                if let Some(cost) = association::cost(track, candidate, strictness) {
                    possible.push(Pair { row, column, cost });
                }
            }
        }
        let (rows, columns) = (self.tracks.len(), self.found.len());
        for pair in assign(&possible, rows, columns, association::ALONE) {
            matches.of_track[pair.row] = Some(pair.column);
            matches.is_taken[pair.column] = true;
        }
    }
}

/// Returns whether `candidate` shows nothing but what those `among` its family show too: detectors
/// put a box between two people, and one around the upper half of one.
fn is_explained(candidate: &Candidate, found: &[Candidate], among: &dyn Fn(usize) -> bool) -> bool {
    let family = Family::of(candidate.class);
    let others: Vec<&Stance> = found
        .iter()
        .enumerate()
        .filter(|(index, other)| among(*index) && Family::of(other.class) == family)
        .map(|(_, other)| &other.stance)
        .filter(|other| other.shared_area(&candidate.stance) > 0.0)
        .filter(|other| other.size() <= LARGER_SIZES * candidate.stance.size())
        .collect();
    others.iter().any(|other| other.iou(&candidate.stance) > ALREADY_SEEN_IOU)
        || candidate.stance.covered_by_any(&others) > ALREADY_SEEN_COVER
}
