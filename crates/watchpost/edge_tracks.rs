//! From the objects that a camera itself follows to tracks: its object ids joined over frames.
//!
//! A camera names an object in every frame in which it sees it. An object that is not named for two
//! seconds has gone; its track then ends where it was last. Whatever a camera sends, what is held
//! stays bounded: so many objects, so many points each, so many tracks a minute.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{Attributes, CameraId, Class, Timestamp, Track, TrackPoint, TrackSource};
use ingest::onvif::{SceneFrame, SceneObject};
use scene::TrackIds;

/// An object that is not named for so long has gone.
const GONE_AFTER: Duration = Duration::from_secs(2);
/// Points of a track closer in time than this are one: cameras tell every picture.
const POINT_INTERVAL: Duration = Duration::from_millis(100);
/// Objects followed at once; the one named longest ago makes room.
const OBJECTS: usize = 128;
/// Points of one track: ten minutes at least. A longer one goes on as another track.
const POINTS: usize = 6000;
/// Tracks a minute that a camera may tell: more are no objects.
const TRACKS_PER_MINUTE: u32 = 600;
/// A track of fewer points has gone nowhere.
const FEWEST_POINTS: usize = 2;

/// What a frame, or the time, brings about.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Ended {
    /// The tracks of objects that have gone.
    pub(crate) tracks: Vec<Track>,
    /// Tracks of no class that is one of ours, or seen once only.
    pub(crate) unclear: u32,
    /// Tracks beyond what a camera may tell.
    pub(crate) too_many: u32,
}

/// The objects that one camera follows. Owned by the stream's task; pure.
#[derive(Debug)]
pub(crate) struct EdgeTracks {
    camera: CameraId,
    ids: TrackIds,
    objects: BTreeMap<String, Followed>,
    minute_began: Timestamp,
    tracks_this_minute: u32,
}

/// An object that has not gone.
#[derive(Debug)]
struct Followed {
    path: Vec<TrackPoint>,
    /// When it was last named, by our clock.
    named: Timestamp,
    /// How sure the camera was of each class, added up, and how often it said one.
    votes: BTreeMap<u8, f32>,
    classed: u16,
}

impl EdgeTracks {
    /// Follows nothing yet. `number` keeps track ids unique within the site.
    pub(crate) fn new(camera: CameraId, number: u16) -> Self {
        Self {
            camera,
            ids: TrackIds::told_by_camera(number),
            objects: BTreeMap::new(),
            minute_began: Timestamp::MIN,
            tracks_this_minute: 0,
        }
    }

    /// Takes where objects were at `time`, told at `now` by our clock.
    pub(crate) fn take(&mut self, frame: &SceneFrame, time: Timestamp, now: Timestamp) -> Ended {
        let mut ended = Ended::default();
        for object in frame.objects.iter().filter(|object| !object.id.is_empty()) {
            self.follow(object, time, now, &mut ended);
        }
        self.expire_into(now, &mut ended);
        ended
    }

    /// Ends the tracks of objects that have gone by `now`.
    pub(crate) fn expire(&mut self, now: Timestamp) -> Ended {
        let mut ended = Ended::default();
        self.expire_into(now, &mut ended);
        ended
    }

    /// Ends all tracks: the camera tells no more.
    pub(crate) fn finish(&mut self, now: Timestamp) -> Ended {
        let mut ended = Ended::default();
        for (_, followed) in std::mem::take(&mut self.objects) {
            self.end(followed, now, &mut ended);
        }
        ended
    }

    fn follow(&mut self, object: &SceneObject, time: Timestamp, now: Timestamp, ended: &mut Ended) {
        let is_over = self.objects.get(&object.id).is_some_and(|followed| {
            let last = followed.path.last().map_or(time, |point| point.time);
            // A clock that was set, an id given again, or a path as long as may be.
            time < last || time.since(last) > GONE_AFTER || followed.path.len() >= POINTS
        });
        if is_over && let Some(followed) = self.objects.remove(&object.id) {
            self.end(followed, now, ended);
        }
        if self.objects.len() >= OBJECTS && !self.objects.contains_key(&object.id) {
            let oldest = self.objects.iter().min_by_key(|(_, followed)| followed.named);
            let oldest = oldest.map(|(id, _)| id.clone());
            if let Some(followed) = oldest.and_then(|id| self.objects.remove(&id)) {
                self.end(followed, now, ended);
            }
        }
        let followed = self.objects.entry(object.id.clone()).or_insert_with(|| Followed {
            path: Vec::new(),
            named: now,
            votes: BTreeMap::new(),
            classed: 0,
        });
        followed.named = now;
        if let Some((class, likelihood)) = object.class {
            *followed.votes.entry(class.number()).or_default() += likelihood;
            followed.classed = followed.classed.saturating_add(1);
        }
        let is_due =
            followed.path.last().is_none_or(|last| time.since(last.time) >= POINT_INTERVAL);
        if is_due {
            followed.path.push(TrackPoint { time, bbox: object.bbox });
        }
    }

    fn expire_into(&mut self, now: Timestamp, ended: &mut Ended) {
        let has_gone = |followed: &Followed| {
            // A clock set back must not keep it for ever.
            now.since(followed.named) > GONE_AFTER || followed.named > now
        };
        let gone: Vec<String> = self
            .objects
            .iter()
            .filter(|(_, followed)| has_gone(followed))
            .map(|(id, _)| id.clone())
            .collect();
        for id in gone {
            if let Some(followed) = self.objects.remove(&id) {
                self.end(followed, now, ended);
            }
        }
    }

    fn end(&mut self, followed: Followed, now: Timestamp, ended: &mut Ended) {
        let likeliest = followed.votes.iter().max_by(|(_, one), (_, other)| one.total_cmp(other));
        let class =
            likeliest.and_then(|(number, votes)| Some((Class::from_number(*number)?, votes)));
        let (Some((class, votes)), Some(first)) = (class, followed.path.first()) else {
            ended.unclear += 1;
            return;
        };
        if followed.path.len() < FEWEST_POINTS {
            ended.unclear += 1;
            return;
        }
        if self.is_too_fast(now) {
            ended.too_many += 1;
            return;
        }
        ended.tracks.push(Track {
            id: self.ids.next(first.time),
            camera: self.camera.clone(),
            source: TrackSource::Camera,
            class,
            confidence: (votes / f32::from(followed.classed.max(1))).clamp(0.0, 1.0),
            attributes: Attributes::default(),
            path: followed.path,
        });
    }

    fn is_too_fast(&mut self, now: Timestamp) -> bool {
        if now.since(self.minute_began) >= Duration::from_mins(1) || now < self.minute_began {
            self.minute_began = now;
            self.tracks_this_minute = 0;
        }
        self.tracks_this_minute = self.tracks_this_minute.saturating_add(1);
        self.tracks_this_minute > TRACKS_PER_MINUTE
    }
}

#[cfg(test)]
mod tests {
    use domain::Bbox;

    use super::*;

    fn at(ms: u64) -> Timestamp {
        let begin: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
        begin.plus(Duration::from_millis(ms))
    }

    fn object(id: &str, left: f32, class: Option<(Class, f32)>) -> SceneObject {
        let bbox = Bbox { left, top: 0.5, width: 0.125, height: 0.25 };
        SceneObject { id: id.to_owned(), bbox, class }
    }

    fn frame(objects: Vec<SceneObject>) -> SceneFrame {
        SceneFrame { objects, ..SceneFrame::default() }
    }

    fn tracks() -> EdgeTracks {
        EdgeTracks::new("gate".parse().unwrap(), 7)
    }

    #[test]
    fn ids_are_joined_over_frames_until_they_are_named_no_more() {
        let mut tracks = tracks();
        let car = Some((Class::Car, 0.75));
        let mut ended = Vec::new();
        for step in 0..20_u16 {
            let time = at(u64::from(step) * 200);
            let mut objects = vec![object("1", f32::from(step) / 32.0, car)];
            // The second one goes after a second, and is taken for a truck now and then.
            if step <= 5 {
                let class = if step == 2 { Class::Truck } else { Class::Person };
                objects.push(object("2", 0.5, Some((class, 0.5))));
            }
            ended.extend(tracks.take(&frame(objects), time, time).tracks);
        }
        let [person] = &ended[..] else { panic!("{ended:?}") };
        assert_eq!((person.class, person.path.len()), (Class::Person, 6));
        assert_eq!((person.source, person.range().end), (TrackSource::Camera, at(1000)));
        assert_eq!(tracks.expire(at(5000)), Ended::default(), "named a second ago");
        let ended = tracks.expire(at(7000));
        assert_eq!((ended.tracks.len(), ended.tracks[0].path.len()), (1, 20));
        assert_eq!((ended.tracks[0].class, ended.tracks[0].confidence), (Class::Car, 0.75));
        assert!(ended.tracks[0].id != person.id);
    }

    #[test]
    fn what_is_of_no_class_or_was_seen_once_is_no_track() {
        let mut tracks = tracks();
        for step in 0..3 {
            let mut objects = vec![object("1", 0.5, None)];
            objects.extend((step == 1).then(|| object("2", 0.5, Some((Class::Car, 0.75)))));
            tracks.take(&frame(objects), at(step * 200), at(step * 200));
        }
        assert_eq!(tracks.finish(at(1000)), Ended { unclear: 2, ..Ended::default() });
    }

    #[test]
    fn a_flood_fills_neither_memory_nor_index() {
        let mut tracks = tracks();
        let (mut told, mut too_many) = (0, 0);
        for step in 0..400 {
            let objects = (0..256).map(|number| {
                // Every object is named in two frames.
                object(&format!("{}-{number}", step / 2), 0.5, Some((Class::Car, 0.75)))
            });
            let time = at(step * 100);
            let ended = tracks.take(&frame(objects.collect()), time, time);
            told += ended.tracks.len();
            too_many += ended.too_many + ended.unclear;
            assert!(tracks.objects.len() <= OBJECTS);
        }
        assert!(told <= TRACKS_PER_MINUTE as usize && too_many > 10_000, "{told} {too_many}");
        tracks.finish(at(40_000));
        // One object for ever: its points are bounded, too.
        for step in 0..10_000 {
            let time = at(100_000 + step * 100);
            let ended = tracks.take(&frame(vec![object("1", 0.5, None)]), time, time);
            assert!(ended.tracks.is_empty());
            assert!(tracks.objects["1"].path.len() <= POINTS);
        }
    }

    #[test]
    fn a_clock_that_is_set_ends_a_track() {
        let mut tracks = tracks();
        let car = || frame(vec![object("1", 0.5, Some((Class::Car, 0.75)))]);
        for (told, by_us) in [(9000, 0), (9200, 200), (400, 400), (600, 600)] {
            let ended = tracks.take(&car(), at(told), at(by_us));
            assert_eq!(ended.tracks.len(), usize::from(told == 400), "{told}");
        }
        assert_eq!(tracks.finish(at(800)).tracks.len(), 1);
    }
}
