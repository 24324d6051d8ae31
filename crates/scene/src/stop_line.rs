//! `stop_line`: a vehicle came beyond the stop line too late, and stands there while it is red.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{Evidence, Point, Polygon, SignalState, Timestamp, TrackId};

use crate::settings::StopLine;
use crate::stance::Stance;
use crate::standing::StandingWatch;
use crate::trail::ground_on_view;
use crate::watch::{Found, Sight, Watch};

/// How deep inside the zone it must stand, in object sizes: one who stops at the line has a box
/// that trembles over it.
const DEPTH_SIZES: f32 = 0.15;

/// How long it must be outside to have left the zone, in seconds.
const LEFT_S: f64 = 1.0;

/// How much of the signal's past goes into the event, before it turned red.
const BEFORE_RED: Duration = Duration::from_secs(5);

/// `stop_line`: a vehicle stands beyond the stop line while its signal is red.
#[derive(Debug)]
pub(crate) struct BeyondLine {
    zone: Polygon,
    settings: StopLine,
    tracks: BTreeMap<TrackId, Beyond>,
}

#[derive(Debug, Default)]
struct Beyond {
    standing: StandingWatch,
    /// When it came into the zone.
    entered: Option<Timestamp>,
    outside_since: Option<Timestamp>,
    /// Since when the signal was red when it was told: once per red.
    told: Option<Timestamp>,
}

impl BeyondLine {
    pub(crate) fn new(zone: Polygon, settings: &StopLine) -> Self {
        Self { zone, settings: settings.clone(), tracks: BTreeMap::new() }
    }
}

impl Watch for BeyondLine {
    fn see(&mut self, sight: &Sight<'_>, found: &mut Vec<Found>) {
        if !sight.is_judged {
            return;
        }
        let (sighting, signals) = (sight.sighting, sight.view.signals);
        let time = sighting.time;
        let (name, aspect) = (self.settings.signal.as_str(), sight.view.aspect);
        let beyond = self.tracks.entry(sighting.track).or_default();
        let is_inside = self.zone.contains(ground_on_view(&sighting.bbox));
        beyond.note(is_inside, time);
        let Some(stood) = beyond.standing.observe(time, &sighting.bbox, aspect) else {
            return;
        };
        let Some((entered, red_since)) = beyond.entered.zip(signals.red_since(name, time)) else {
            return;
        };
        let entered_late =
            matches!(signals.state(name, entered), SignalState::Red | SignalState::Amber);
        let red_counts = red_since.plus(Duration::from_secs_f64(self.settings.grace_s.max(0.0)));
        let start = stood.since.max(red_counts);
        let has_stood = stood.until.seconds_since(start) >= self.settings.for_s;
        let is_deep = depth(&self.zone, &stood.place, aspect) >= DEPTH_SIZES * stood.place.size();
        if !entered_late || !has_stood || !is_deep || beyond.told == Some(red_since) {
            return;
        }
        beyond.told = Some(red_since);
        let from = red_since.minus(BEFORE_RED).min(entered);
        found.push(Found {
            bbox: Some(stood.bbox),
            evidence: Evidence { signal: signals.over(name, from, time), ..Evidence::default() },
            ..Found::of(sighting, start)
        });
    }

    fn forget(&mut self, track: TrackId) {
        self.tracks.remove(&track);
    }
}

impl Beyond {
    fn note(&mut self, is_inside: bool, time: Timestamp) {
        if is_inside {
            self.outside_since = None;
            self.entered.get_or_insert(time);
            return;
        }
        let since = *self.outside_since.get_or_insert(time);
        if time.seconds_since(since) >= LEFT_S || self.entered.is_none() {
            self.entered = None;
        }
    }
}

/// Returns how far inside the zone a place lies, in picture heights; 0 outside.
fn depth(zone: &Polygon, place: &Stance, aspect: f32) -> f32 {
    let ground = ground_on_view(&place.bbox(aspect));
    if !zone.contains(ground) {
        return 0.0;
    }
    let corners = zone.corners();
    let next = corners.iter().cycle().skip(1);
    corners
        .iter()
        .zip(next)
        .map(|(from, to)| from_side(ground, *from, *to, aspect))
        .fold(f32::INFINITY, f32::min)
}

/// Returns how far a point lies from a side, in picture heights.
fn from_side(point: Point, from: Point, to: Point, aspect: f32) -> f32 {
    let (across, down) = ((to.x - from.x) * aspect, to.y - from.y);
    let (x, y) = ((point.x - from.x) * aspect, point.y - from.y);
    let length = (across * across + down * down).max(f32::MIN_POSITIVE);
    let share = ((x * across + y * down) / length).clamp(0.0, 1.0);
    (x - share * across).hypot(y - share * down)
}
