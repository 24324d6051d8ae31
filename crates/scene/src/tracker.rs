//! Joins detections of the same object into tracks.
//!
//! After ByteTrack (Zhang et al., *ByteTrack: Multi-Object Tracking by Associating Every Detection
//! Box*, ECCV 2022): sure detections are matched first, then the doubtful ones to tracks still
//! unmatched. Unlike there, prediction goes by real time, pairs are made by likelihood and need not
//! overlap, a look that did not cover a track's place is no miss, and one of whom a detector is never
//! sure is followed, too, where nobody else is.

use domain::{
    Bbox, CameraId, Class, LikelyColour, Observation, Point, Timestamp, Track, TrackId, TrackPoint,
};

use crate::live::LiveTrack;
use crate::matching::{FRESH_MISSES, Matches, Matching};
use crate::riders::{Candidate, Family, candidates};
use crate::track_id::TrackIds;

/// What the tracker expects of the detector and of objects.
#[derive(Debug, Clone, PartialEq)]
pub struct TrackerSettings {
    /// Confidence from which a detection may start a track where nobody is followed, 0..=1.
    pub birth_confidence: f32,
    /// The same beside one who is followed, 0..=1: there, what a detector doubts is mostly a part of
    /// them, or of two of them.
    pub birth_beside_confidence: f32,
    /// Confidence from which a detection is matched first, 0..=1.
    pub high_confidence: f32,
    /// Confidence from which one is matched next, as freely, to tracks seen of late, 0..=1.
    pub fair_confidence: f32,
    /// All of these for vehicles, 0..=1: small ones are seldom seen surely, while of people weak
    /// boxes mostly show a half or a pair.
    pub vehicle_confidence: f32,
    /// Confidence below which a detection is left out, 0..=1.
    pub low_confidence: f32,
    /// How long a moving object may be missed before its track ends, in seconds.
    pub lost_s: f64,
    /// How long a standing object may be missed before its track ends, in seconds; never longer
    /// than it had been standing.
    pub standing_lost_s: f64,
}

impl Default for TrackerSettings {
    fn default() -> Self {
        Self {
            birth_confidence: 0.4,
            birth_beside_confidence: 0.6,
            high_confidence: 0.6,
            fair_confidence: 0.5,
            vehicle_confidence: 0.3,
            low_confidence: 0.2,
            lost_s: 4.0,
            standing_lost_s: 30.0,
        }
    }
}

pub(crate) fn is_vehicle(class: Class) -> bool {
    matches!(Family::of(class), Family::TwoWheeler | Family::FourWheeler)
}

/// A view in its own units.
const WHOLE_VIEW: Bbox = Bbox { left: 0.0, top: 0.0, width: 1.0, height: 1.0 };

/// Distance between feet, in object sizes, up to which one is beside another.
const BESIDE_SIZES: f32 = 1.5;

/// How long a track is kept that was not looked for at all, in seconds.
const UNLOOKED_FOR_S: f64 = 120.0;

/// Misses in a row that end a track not yet believed.
const DOUBTFUL_MISSES: u32 = 2;

/// How long a track not yet believed may go unseen, in seconds.
const DOUBTFUL_LOST_S: f64 = 1.2;

/// How many intervals between pictures any track may go unseen: where only keyframes are decoded,
/// seconds lie between two pictures.
const LOST_INTERVALS: f64 = 2.5;

/// Longest interval between pictures that is reckoned with, in seconds; more is an interruption.
const LONGEST_INTERVAL_S: f64 = 5.0;

/// Weight of the newest interval in their smoothed mean.
const INTERVAL_WEIGHT: f64 = 0.2;

/// Where one believed track is in one sampled frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sighting {
    pub(crate) track: TrackId,
    pub(crate) class: Class,
    pub(crate) confidence: f32,
    pub(crate) colour: Option<LikelyColour>,
    pub(crate) time: Timestamp,
    pub(crate) bbox: Bbox,
    pub(crate) how: Seen,
}

/// How a track's place in a sampled frame is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// The detector saw it.
    Detected,
    /// It stands, and nobody looked there since, as nothing moved: it is where it was.
    Presumed,
}

/// What one observation did to the tracks.
#[derive(Debug, Default)]
pub(crate) struct Followed {
    /// Believed tracks; one that has just become so, from its first point on.
    pub(crate) sightings: Vec<Sighting>,
    /// Believed tracks that will not go on.
    pub(crate) ended: Vec<Track>,
}

/// Follows the objects of one view. Holds live tracks only, in order of birth.
#[derive(Debug)]
pub(crate) struct Tracker {
    camera: CameraId,
    settings: TrackerSettings,
    ids: TrackIds,
    tracks: Vec<LiveTrack>,
    /// When the last picture was taken.
    last_picture: Option<Timestamp>,
    /// How far pictures lie apart of late, in seconds.
    interval_s: f64,
    /// Where objects can be seen: the whole view, unless its size is not known.
    view: Bbox,
    keeps_every_point: bool,
}

impl Tracker {
    pub(crate) fn new(camera: CameraId, camera_number: u16, settings: TrackerSettings) -> Self {
        Self {
            camera,
            settings,
            ids: TrackIds::new(camera_number),
            tracks: Vec::new(),
            last_picture: None,
            interval_s: 0.0,
            view: WHOLE_VIEW,
            keeps_every_point: false,
        }
    }

    /// Takes one observation, later than the one before, of a view `aspect` times as wide as high.
    pub(crate) fn observe(&mut self, observation: &Observation, aspect: f32) -> Followed {
        let time = observation.time;
        self.note_interval(time);
        let found = candidates(observation, aspect, self.settings.low_confidence);
        for track in &mut self.tracks {
            track.predict(time);
        }
        let matching = Matching {
            tracks: &self.tracks,
            found: &found,
            settings: &self.settings,
            time,
            interval_s: self.interval_s,
        };
        let mut matches = matching.matched();
        let mut followed = Followed::default();
        for (track, candidate) in self.tracks.iter_mut().zip(&matches.of_track) {
            let was_believed = track.is_believed;
            if let Some(candidate) = *candidate {
                track.see(&found[candidate], time, aspect);
                sighted(track, was_believed, &mut followed.sightings);
                continue;
            }
            let place = track.motion.stance().bbox(aspect);
            if observation.looked.covers(&place) {
                track.miss(time);
            }
            let stays = track.is_standing() && track.misses == 0;
            if track.is_believed && stays {
                followed.sightings.extend(presumed(track, time));
            }
        }
        self.note_departures(aspect);
        followed.ended = self.end_lost(time);
        self.start_new(&found, &mut matches, time, aspect);
        followed
    }

    /// Starts a track for each candidate that shows somebody not followed yet.
    fn start_new(
        &mut self,
        found: &[Candidate],
        matches: &mut Matches,
        time: Timestamp,
        aspect: f32,
    ) {
        for (index, candidate) in found.iter().enumerate() {
            let is_free = !matches.is_taken[index] && self.may_start(candidate);
            if !is_free || matches.explain(candidate, found) {
                continue;
            }
            let id = self.ids.next(time);
            let track = LiveTrack::new(id, candidate, time, aspect, self.keeps_every_point);
            self.tracks.push(track);
            matches.is_taken[index] = true;
        }
    }

    /// Returns whether the detector is sure enough of one that shows somebody new.
    fn may_start(&self, candidate: &Candidate) -> bool {
        let settings = &self.settings;
        if is_vehicle(candidate.class) {
            return candidate.confidence >= settings.vehicle_confidence;
        }
        let family = Family::of(candidate.class);
        let is_beside = |track: &LiveTrack| {
            Family::of(track.class()) == family
                && track.motion.stance().sizes_to(&candidate.stance) < BESIDE_SIZES
        };
        candidate.confidence >= settings.birth_beside_confidence
            || candidate.confidence >= settings.birth_confidence
                && !self.tracks.iter().any(is_beside)
    }

    fn note_interval(&mut self, time: Timestamp) {
        let Some(last) = self.last_picture.replace(time) else {
            return;
        };
        let interval_s = time.seconds_since(last);
        if (0.0..=LONGEST_INTERVAL_S).contains(&interval_s) {
            self.interval_s += INTERVAL_WEIGHT * (interval_s - self.interval_s);
        }
    }

    /// Notes which of the tracks that were missed have gone from the view.
    fn note_departures(&mut self, aspect: f32) {
        for track in self.tracks.iter_mut().filter(|track| track.misses > 0) {
            let centre = track.motion.stance().bbox(aspect).centre();
            track.has_left |= !contains(&self.view, centre);
        }
    }

    /// Ends the tracks that were missed for too long at `time`; returns the believed ones.
    pub(crate) fn end_lost(&mut self, time: Timestamp) -> Vec<Track> {
        let patience = Patience {
            least_s: self.interval_s * LOST_INTERVALS,
            moving_s: self.settings.lost_s,
            standing_s: self.settings.standing_lost_s,
        };
        let camera = &self.camera;
        self.tracks
            .extract_if(.., |track| is_lost(track, &patience, time))
            .filter(|track| track.is_believed)
            .map(|track| track.into_track(camera))
            .collect()
    }

    /// Ends all tracks; returns the believed ones.
    pub(crate) fn end_all(&mut self) -> Vec<Track> {
        let camera = &self.camera;
        self.tracks
            .drain(..)
            .filter(|track| track.is_believed)
            .map(|track| track.into_track(camera))
            .collect()
    }

    /// Returns where live tracks are expected at `time`, those not yet believed too.
    pub(crate) fn predicted(&self, time: Timestamp, aspect: f32) -> Vec<(TrackId, Bbox)> {
        self.tracks.iter().map(|track| (track.id, track.expected_at(time).bbox(aspect))).collect()
    }

    /// Returns where those of them whose class is meant are expected at `time`.
    pub(crate) fn expected_of(
        &self,
        is_meant: impl Fn(Class) -> bool,
        time: Timestamp,
        aspect: f32,
    ) -> Vec<(TrackId, Bbox)> {
        let meant = self.tracks.iter().filter(|track| is_meant(track.class()));
        meant.map(|track| (track.id, track.expected_at(time).bbox(aspect))).collect()
    }

    /// Returns where a live track that is believed went so far.
    pub(crate) fn path(&self, id: TrackId) -> Option<&[TrackPoint]> {
        let track = self.tracks.iter().find(|track| track.id == id && track.is_believed)?;
        Some(track.path())
    }

    /// Returns the time before which nothing more will be learnt: no track that is not yet believed
    /// was born, and none that is missed was last seen.
    pub(crate) fn settled_before(&self) -> Timestamp {
        let open = self.tracks.iter().filter_map(|track| match track.is_believed {
            false => Some(track.born),
            true => track.missed_since,
        });
        open.min().unwrap_or(Timestamp::MAX)
    }

    /// Follows boxes of a picture of unknown size, of which `view` is where any are, and keeps every
    /// point of every path.
    pub(crate) fn without_view(self, view: Bbox) -> Self {
        Self { view, keeps_every_point: true, ..self }
    }
}

/// Adds the newest point of a believed track; all points if it has just become so.
fn sighted(track: &LiveTrack, was_believed: bool, sightings: &mut Vec<Sighting>) {
    if !track.is_believed {
        return;
    }
    let path = track.path();
    let new = if was_believed { path.len() - 1 } else { 0 };
    sightings.extend(path[new..].iter().map(|point| Sighting {
        track: track.id,
        class: track.class(),
        confidence: track.confidence(),
        colour: track.colour(),
        time: point.time,
        bbox: point.bbox,
        how: Seen::Detected,
    }));
}

fn contains(view: &Bbox, point: Point) -> bool {
    (view.left..=view.right()).contains(&point.x) && (view.top..=view.bottom()).contains(&point.y)
}

/// Returns a track that stands, at `time`, where it was last seen.
fn presumed(track: &LiveTrack, time: Timestamp) -> Option<Sighting> {
    track.last_bbox().map(|bbox| Sighting {
        track: track.id,
        class: track.class(),
        confidence: track.confidence(),
        colour: track.colour(),
        time,
        bbox,
        how: Seen::Presumed,
    })
}

/// How long tracks may go unseen, in seconds.
struct Patience {
    /// Any track.
    least_s: f64,
    /// One that moves.
    moving_s: f64,
    /// One that stands.
    standing_s: f64,
}

fn is_lost(track: &LiveTrack, patience: &Patience, time: Timestamp) -> bool {
    let unseen_s = time.seconds_since(track.last_seen);
    if track.has_left && track.misses > FRESH_MISSES {
        return true;
    }
    if !track.is_believed {
        let longest_s = DOUBTFUL_LOST_S.max(patience.least_s);
        return track.misses >= DOUBTFUL_MISSES || unseen_s > longest_s;
    }
    let moving_s = patience.moving_s.max(patience.least_s);
    if !track.is_standing() {
        return unseen_s > moving_s;
    }
    let Some(missed_since) = track.missed_since else {
        return unseen_s > UNLOOKED_FOR_S;
    };
    let longest_s = track.stood_s().min(patience.standing_s).max(moving_s);
    time.seconds_since(missed_since) > longest_s
}
