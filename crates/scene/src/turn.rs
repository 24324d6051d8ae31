//! One tripwire and then another: `illegal_turn` and `red_light`.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{Evidence, Line, TrackId};

use crate::crossing::Crossed;
use crate::origin::Origins;
use crate::passage::Crossings;
use crate::settings::{Direction, IllegalTurn, RedLight};
use crate::watch::{Found, Sight, Watch};

/// Crossings remembered of one track at one tripwire.
const MOST: usize = 8;

/// How much of the signal's past goes into the event, before it turned red.
const BEFORE_RED: Duration = Duration::from_secs(5);

/// Watches who crosses one tripwire and then, soon after, another.
#[derive(Debug)]
struct Sequence {
    first: (Crossings, Direction),
    then: (Crossings, Direction),
    within_s: f64,
    /// Crossings not yet paired. A crossing is told when it is sure, so the second may be told
    /// before the first.
    tracks: BTreeMap<TrackId, (Vec<Crossed>, Vec<Crossed>)>,
}

impl Sequence {
    fn new(first: (Line, Direction), then: (Line, Direction), within_s: f64) -> Self {
        Self {
            first: (Crossings::new(first.0), first.1),
            then: (Crossings::new(then.0), then.1),
            within_s,
            tracks: BTreeMap::new(),
        }
    }

    /// Takes where a track is, and a crossing of the first tripwire that is known otherwise.
    fn see(&mut self, sight: &Sight<'_>, came: Option<Crossed>) -> Option<(Crossed, Crossed)> {
        let first = self.first.0.see(sight).or(came);
        let then = self.then.0.see(sight);
        self.paired(sight.sighting.track, first, then)
    }

    fn end(&mut self, last: &Sight<'_>) -> Option<(Crossed, Crossed)> {
        let first = self.first.0.end(last);
        let then = self.then.0.end(last);
        let pair = self.paired(last.sighting.track, first, then);
        self.tracks.remove(&last.sighting.track);
        pair
    }

    fn forget(&mut self, track: TrackId) {
        self.first.0.forget(track);
        self.then.0.forget(track);
        self.tracks.remove(&track);
    }

    fn paired(
        &mut self,
        track: TrackId,
        first: Option<Crossed>,
        then: Option<Crossed>,
    ) -> Option<(Crossed, Crossed)> {
        let first = first.filter(|crossed| self.first.1.admits(crossed.crossing));
        let then = then.filter(|crossed| self.then.1.admits(crossed.crossing));
        if first.is_none() && then.is_none() {
            return None;
        }
        let (firsts, thens) = self.tracks.entry(track).or_default();
        for (list, crossed) in [(&mut *firsts, first), (&mut *thens, then)] {
            list.extend(crossed);
            if list.len() > MOST {
                list.remove(0);
            }
        }
        for then in thens.iter() {
            for first in firsts.iter().rev() {
                let after_s = then.time.seconds_since(first.time);
                if after_s > 0.0 && after_s <= self.within_s {
                    let pair = (*first, *then);
                    self.tracks.remove(&track);
                    return Some(pair);
                }
            }
        }
        None
    }
}

/// `illegal_turn`: the same object crosses one tripwire and then another. One that is first seen just
/// beyond the first has crossed it; at a red light that would not do, where the moment counts.
#[derive(Debug)]
pub(crate) struct Turn {
    sequence: Sequence,
    origins: Origins,
}

impl Turn {
    pub(crate) fn new(first: Line, then: Line, settings: &IllegalTurn) -> Self {
        let origins = Origins::new(first);
        let first = (first, settings.first_direction);
        let then = (then, settings.then_direction);
        Self { sequence: Sequence::new(first, then, settings.within_s), origins }
    }
}

fn turned(pair: Option<(Crossed, Crossed)>, sight: &Sight<'_>) -> Option<Found> {
    let (first, then) = pair.filter(|_| sight.is_judged)?;
    Some(Found {
        bbox: Some(first.stance.bbox(sight.view.aspect)),
        crossing: Some(then.crossing),
        ..Found::of(sight.sighting, first.time)
    })
}

impl Watch for Turn {
    fn see(&mut self, sight: &Sight<'_>, found: &mut Vec<Found>) {
        let came = self.origins.see(sight);
        let pair = self.sequence.see(sight, came);
        found.extend(turned(pair, sight));
    }

    fn end(&mut self, last: &Sight<'_>, found: &mut Vec<Found>) {
        self.origins.forget(last.sighting.track);
        found.extend(turned(self.sequence.end(last), last));
    }

    fn forget(&mut self, track: TrackId) {
        self.origins.forget(track);
        self.sequence.forget(track);
    }
}

/// `red_light`: a vehicle crosses the stop line and then the junction line while it is red.
#[derive(Debug)]
pub(crate) struct RedCrossing {
    sequence: Sequence,
    signal: String,
    grace_s: f64,
}

impl RedCrossing {
    pub(crate) fn new(stop_line: Line, junction_line: Line, settings: &RedLight) -> Self {
        let either = |line| (line, Direction::Both);
        Self {
            sequence: Sequence::new(either(stop_line), either(junction_line), settings.within_s),
            signal: settings.signal.clone(),
            grace_s: settings.grace_s,
        }
    }

    /// Returns what is found of one who drove on, if it was red all the while and long enough.
    fn found(&self, pair: Option<(Crossed, Crossed)>, sight: &Sight<'_>) -> Option<Found> {
        let (stop, junction) = pair.filter(|_| sight.is_judged)?;
        let signals = sight.view.signals;
        let red_since = signals.red_since(&self.signal, stop.time)?;
        let was_red = stop.time.seconds_since(red_since) >= self.grace_s
            && signals.is_red_over(&self.signal, stop.time, junction.time);
        let shown = || signals.over(&self.signal, red_since.minus(BEFORE_RED), junction.time);
        was_red.then(|| Found {
            bbox: Some(stop.stance.bbox(sight.view.aspect)),
            crossing: Some(stop.crossing),
            evidence: Evidence { signal: shown(), ..Evidence::default() },
            ..Found::of(sight.sighting, stop.time)
        })
    }
}

impl Watch for RedCrossing {
    fn see(&mut self, sight: &Sight<'_>, found: &mut Vec<Found>) {
        let pair = self.sequence.see(sight, None);
        found.extend(self.found(pair, sight));
    }

    fn end(&mut self, last: &Sight<'_>, found: &mut Vec<Found>) {
        let pair = self.sequence.end(last);
        found.extend(self.found(pair, last));
    }

    fn forget(&mut self, track: TrackId) {
        self.sequence.forget(track);
    }
}
