//! `congestion`: many vehicles are in a lane zone, and slow.

use std::collections::BTreeMap;

use domain::{Evidence, Point, Polygon, Speed, TrackId};

use crate::crowd::{Present, keeps};
use crate::held::Held;
use crate::settings::Congestion;
use crate::watch::{Found, Sight, View, Watch};

/// How much faster than the limit a jam that has begun may flow and still be one.
const STILL_SLOW: f64 = 1.2;

/// Which part of the vehicles must have been seen long enough to have a speed.
const LEAST_SHARE: f64 = 0.5;

/// Points across and down by which it is measured how much of a zone is covered.
const GRID: u16 = 24;

/// `congestion`: many vehicles are in a zone and slow, for some time.
#[derive(Debug)]
pub(crate) struct Jam {
    present: Present,
    settings: Congestion,
    /// How fast each is, in km/h or in sizes per second, by what the rule speaks of.
    speeds: BTreeMap<TrackId, f64>,
    /// Points spread evenly over the zone.
    grid: Vec<Point>,
    held: Held,
}

impl Jam {
    pub(crate) fn new(zone: Polygon, settings: &Congestion) -> Self {
        Self {
            grid: grid(&zone),
            present: Present::new(zone),
            settings: settings.clone(),
            speeds: BTreeMap::new(),
            held: Held::default(),
        }
    }

    fn speed(&self, sight: &Sight<'_>) -> Option<f64> {
        if self.settings.slower_than_kmh.is_none() {
            return sight.trail.sizes_per_s(sight.view.aspect);
        }
        let pace = sight.trail.pace(sight.view.ground?, sight.view.aspect, None)?;
        Some(pace.metres_per_s * 3.6)
    }

    /// Returns which part of the zone vehicles' boxes cover, 0..=1.
    #[allow(clippy::cast_precision_loss, reason = "hundreds of points")]
    fn covered(&self) -> f64 {
        let is_covered = |point: &&Point| {
            self.present.sightings().any(|sighting| sighting.bbox.contains(**point))
        };
        self.grid.iter().filter(is_covered).count() as f64 / self.grid.len().max(1) as f64
    }

    /// Returns the mean speed and its standard error; `None` while too few have one.
    #[allow(clippy::cast_precision_loss, reason = "a mean of few speeds")]
    fn mean_speed(&self) -> Option<(f64, f64)> {
        let count = self.speeds.len() as f64;
        if count < 1.0 || count < LEAST_SHARE * f64::from(self.present.count()) {
            return None;
        }
        let mean = self.speeds.values().sum::<f64>() / count;
        let variance =
            self.speeds.values().map(|speed| (speed - mean).powi(2)).sum::<f64>() / count;
        Some((mean, (variance / count).sqrt()))
    }

    fn is_slow(&self, mean: f64) -> bool {
        let limit = self.settings.slower_than_kmh.or(self.settings.slower_than_sizes);
        let slack = if self.held.holds() { STILL_SLOW } else { 1.0 };
        limit.is_some_and(|limit| mean < limit * slack)
    }
}

impl Watch for Jam {
    fn see(&mut self, sight: &Sight<'_>, _found: &mut Vec<Found>) {
        let track = sight.sighting.track;
        let speed = if self.present.see(sight) { self.speed(sight) } else { None };
        match speed {
            Some(speed) => self.speeds.insert(track, speed),
            None => self.speeds.remove(&track),
        };
    }

    fn forget(&mut self, track: TrackId) {
        self.present.forget(track);
        self.speeds.remove(&track);
    }

    fn look(&mut self, view: &View<'_>, found: &mut Vec<Found>) {
        self.present.expire(view.now);
        let at_least = self.settings.at_least;
        let least = if self.held.holds() { keeps(at_least) } else { at_least };
        let is_many = self.present.count() >= least;
        let speed = if is_many { self.mean_speed() } else { None };
        let is_full = || self.settings.occupancy.is_none_or(|part| self.covered() >= part);
        let is_met = speed.is_some_and(|(mean, _)| self.is_slow(mean)) && is_full();
        let Some(since) = self.held.observe(view.now, is_met, self.settings.for_s) else {
            return;
        };
        let mut jam = self.present.found(since, view.now);
        if let Some((mean, error)) = speed.filter(|_| self.settings.slower_than_kmh.is_some()) {
            #[allow(
                clippy::cast_possible_truncation,
                reason = "a speed needs no more than 24 bits"
            )]
            let speed = Speed { kmh: mean as f32, uncertainty_kmh: (2.0 * error) as f32 };
            jam.evidence = Evidence { speed: Some(speed), ..Evidence::default() };
        }
        found.push(jam);
    }

    fn finish(&mut self, _found: &mut Vec<Found>) {
        self.present.clear();
        self.speeds.clear();
        self.held = Held::default();
    }
}

/// Returns points spread evenly over the zone.
fn grid(zone: &Polygon) -> Vec<Point> {
    let corners = zone.corners();
    let least = |value: fn(&Point) -> f32| corners.iter().map(value).fold(1.0, f32::min);
    let most = |value: fn(&Point) -> f32| corners.iter().map(value).fold(0.0, f32::max);
    let (left, right) = (least(|point| point.x), most(|point| point.x));
    let (top, bottom) = (least(|point| point.y), most(|point| point.y));
    let at = |from: f32, to: f32, step: u16| {
        from + (to - from) * (f32::from(step) + 0.5) / f32::from(GRID)
    };
    let all = (0..GRID).flat_map(|down| (0..GRID).map(move |across| (across, down)));
    all.map(|(across, down)| Point::new(at(left, right, across), at(top, bottom, down)))
        .filter(|point| zone.contains(*point))
        .collect()
}
