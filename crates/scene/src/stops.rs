//! Rules about standing still: `illegal_stop` and `box_blocking`.

use std::collections::BTreeMap;

use domain::{Polygon, Timestamp, TrackId};

use crate::stance::Stance;
use crate::standing::{StandingWatch, Stood};
use crate::trail::ground_on_view;
use crate::watch::{Found, Sight, Watch};

/// How long a track must not stand in the zone before a further stop is a new happening, in
/// seconds.
const NEW_HAPPENING_S: f64 = 10.0;

/// How long a track may be lost, in seconds, while another one that is found at the same place is
/// the same object: hidden by a bus, it goes on standing. One that was told is known for longer,
/// as a parked car that is lost and found again is no new stop.
const FOUND_AGAIN_S: f64 = 15.0;
const TOLD_AGAIN_S: f64 = 60.0;

/// Overlap of two boxes from which they are at the same place.
const SAME_PLACE_IOU: f32 = 0.5;

/// Stops remembered of tracks that were lost.
const MOST_LOST: usize = 256;

/// `illegal_stop` and `box_blocking`: a vehicle stands still in a zone for long.
#[derive(Debug)]
pub(crate) struct Stops {
    zone: Polygon,
    for_s: f64,
    tracks: BTreeMap<TrackId, Stopping>,
    /// Of tracks that ended while they stood, the latest last.
    lost: Vec<Stopping>,
}

#[derive(Debug, Clone, Default)]
struct Stopping {
    standing: StandingWatch,
    /// How it stood in the zone when it was last seen to.
    stood: Option<Stood>,
    has_told: bool,
}

impl Stops {
    pub(crate) fn new(zone: Polygon, for_s: f64) -> Self {
        Self { zone, for_s, tracks: BTreeMap::new(), lost: Vec::new() }
    }

    /// Returns what is known of a track that is seen for the first time: that of one that was lost
    /// at the same place a moment ago, if there is one.
    fn start(&mut self, stance: &Stance, time: Timestamp) -> Stopping {
        let gone_s = |stood: &Stood| time.seconds_since(stood.until);
        self.lost.retain(|lost| lost.stood.as_ref().is_some_and(|s| gone_s(s) <= TOLD_AGAIN_S));
        let is_same = |lost: &Stopping| {
            lost.stood.as_ref().is_some_and(|stood| {
                let longest_s = if lost.has_told { TOLD_AGAIN_S } else { FOUND_AGAIN_S };
                gone_s(stood) <= longest_s && stood.place.iou(stance) >= SAME_PLACE_IOU
            })
        };
        match self.lost.iter().rposition(is_same) {
            Some(index) => self.lost.remove(index),
            None => Stopping::default(),
        }
    }

    fn is_inside(&self, stood: &Stood, aspect: f32) -> bool {
        self.zone.contains(ground_on_view(&stood.place.bbox(aspect)))
    }
}

impl Watch for Stops {
    fn see(&mut self, sight: &Sight<'_>, found: &mut Vec<Found>) {
        if !sight.is_judged {
            return;
        }
        let (sighting, aspect) = (sight.sighting, sight.view.aspect);
        let (track, time) = (sighting.track, sighting.time);
        let mut stopping = match self.tracks.remove(&track) {
            Some(stopping) => stopping,
            None => self.start(&sight.stance(), time),
        };
        let stood = stopping.standing.observe(time, &sighting.bbox, aspect);
        if let Some(stood) = stood.filter(|stood| self.is_inside(stood, aspect)) {
            stopping.stood = Some(stood);
            if !stopping.has_told && stood.seconds() >= self.for_s {
                stopping.has_told = true;
                found.push(Found { bbox: Some(stood.bbox), ..Found::of(sighting, stood.since) });
            }
        } else if stopping
            .stood
            .is_some_and(|stood| time.seconds_since(stood.until) >= NEW_HAPPENING_S)
        {
            (stopping.stood, stopping.has_told) = (None, false);
        }
        self.tracks.insert(track, stopping);
    }

    fn forget(&mut self, track: TrackId) {
        self.tracks.remove(&track);
    }

    fn end(&mut self, last: &Sight<'_>, _found: &mut Vec<Found>) {
        let stopping = self.tracks.remove(&last.sighting.track);
        self.lost.extend(stopping.filter(|stopping| stopping.stood.is_some()));
        if self.lost.len() > MOST_LOST {
            self.lost.remove(0);
        }
    }

    fn finish(&mut self, _found: &mut Vec<Found>) {
        self.lost.clear();
    }
}
