//! From what a camera's own analysis tells to events and tracks: which topics are let in, what is
//! told again, and where the object was.
//!
//! Owned by the stream's task, which never waits: an event that finds the scenes' mailbox full is
//! left out and counted, as is whatever else is refused.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use domain::{
    Attributes, CameraId, Clock, Crossing, EventDraft, Evidence, RuleId, RuleKind, Severity,
    Source, Timestamp, Topic,
};
use ingest::MetadataArrival;
use ingest::onvif::{Item, Metadata, Notification, Operation, SceneObject};
use metrics::counter;
use tracing::warn;

use crate::edge_tracks::{EdgeTracks, Ended};
use crate::scenes::Scenes;

/// A camera's clock further from ours than this is not believed, as with its pictures.
const BELIEVABLE_ERROR: Duration = Duration::from_mins(10);
/// Properties whose state is remembered; the one heard of longest ago goes first.
const PROPERTIES: usize = 256;
/// Objects whose place is remembered, likewise.
const OBJECTS: usize = 256;
/// Names of the camera's rules that are kept; further ones share one name.
const RULES: usize = 32;
/// Refused topics that are told in the log, each once.
const TOLD_TOPICS: usize = 32;
/// Events a minute that a camera may tell: more are no findings.
const EVENTS_PER_MINUTE: u32 = 120;
/// Names under which cameras say whether something is so.
const STATES: [&str; 4] = ["State", "IsInside", "IsLoitering", "LogicalState"];

/// How often it is looked for objects that have gone.
const EXPIRY_INTERVAL: Duration = Duration::from_millis(500);

/// What one camera tells, on its way to events and tracks.
pub(crate) struct CameraFindings {
    camera: CameraId,
    scenes: Arc<Scenes>,
    clock: Arc<dyn Clock>,
    reading: Reading,
    /// Only where the configuration asks for the camera's tracks.
    tracks: Option<EdgeTracks>,
    expired: Duration,
}

impl CameraFindings {
    pub(crate) fn new(
        camera: CameraId,
        scenes: Arc<Scenes>,
        clock: Arc<dyn Clock>,
        tracks: Option<EdgeTracks>,
    ) -> Self {
        let reading = Reading::new(camera.clone());
        Self { camera, scenes, clock, reading, tracks, expired: Duration::ZERO }
    }

    /// Ends the tracks of objects that have gone; call often, it costs nothing in between.
    pub(crate) fn expire(&mut self) {
        let Some(tracks) = &mut self.tracks else { return };
        let now = self.clock.monotonic();
        if now.saturating_sub(self.expired) < EXPIRY_INTERVAL {
            return;
        }
        self.expired = now;
        let ended = tracks.expire(self.clock.now());
        self.keep(ended);
    }

    /// Ends all tracks: the camera tells nothing for now.
    pub(crate) fn interrupted(&mut self) {
        let now = self.clock.now();
        if let Some(tracks) = &mut self.tracks {
            let ended = tracks.finish(now);
            self.keep(ended);
        }
    }

    fn follow(&mut self, metadata: &Metadata, arrival: MetadataArrival) {
        let refused: u32 = metadata.frames.iter().map(|frame| frame.refused).sum();
        self.refuse("identity", refused);
        let Some(tracks) = &mut self.tracks else { return };
        let mut all = Vec::new();
        for frame in &metadata.frames {
            let time = frame.time.filter(|time| is_believable(*time, arrival));
            all.push(tracks.take(frame, time.unwrap_or(arrival.time), arrival.time));
        }
        all.into_iter().for_each(|ended| self.keep(ended));
    }

    fn keep(&self, ended: Ended) {
        self.refuse("unclear_track", ended.unclear);
        self.refuse("rate", ended.too_many);
        if ended.tracks.is_empty() {
            return;
        }
        let count = u32::try_from(ended.tracks.len()).unwrap_or(u32::MAX);
        if self.scenes.keep(ended.tracks) {
            let source = self.camera.to_string();
            counter!("watchpost_edge_tracks_total", "source" => source).increment(count.into());
        } else {
            self.refuse(Refusal::Busy.as_str(), count);
        }
    }

    fn refuse(&self, reason: &'static str, count: u32) {
        if count > 0 {
            let source = self.camera.to_string();
            counter!("watchpost_edge_refused_total", "reason" => reason, "source" => source)
                .increment(count.into());
        }
    }

    /// Takes a document of metadata.
    pub(crate) fn take(&mut self, metadata: Metadata, arrival: MetadataArrival) {
        self.follow(&metadata, arrival);
        for read in self.reading.read(metadata, arrival) {
            let told =
                read.and_then(
                    |draft| {
                        if self.scenes.tell(draft) { Ok(()) } else { Err(Refusal::Busy) }
                    },
                );
            let source = self.camera.to_string();
            match told {
                Ok(()) => counter!(
                    "watchpost_edge_findings_total", "source" => source, "outcome" => "new"
                ),
                Err(refusal) => counter!(
                    "watchpost_edge_refused_total", "reason" => refusal.as_str(), "source" => source
                ),
            }
            .increment(1);
        }
    }
}

/// Why a notification makes no event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    /// Its topic is not let in.
    Topic,
    /// The camera tells more than findings can be.
    Rate,
    /// The scenes are behind.
    Busy,
}

impl Refusal {
    fn as_str(self) -> &'static str {
        match self {
            Self::Topic => "topic",
            Self::Rate => "rate",
            Self::Busy => "busy",
        }
    }
}

/// What a property was when last heard of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Is(bool),
    Counts(u32),
}

/// What a notification tells of: its topic, source and key.
type Property = (&'static str, Vec<Item>, Vec<Item>);

/// What must be remembered of a camera to tell each happening once; pure.
struct Reading {
    camera: CameraId,
    /// Heard of longest ago first.
    properties: VecDeque<(Property, State)>,
    /// Seen longest ago first.
    objects: VecDeque<SceneObject>,
    rules: BTreeSet<RuleId>,
    told_topics: BTreeSet<String>,
    minute_began: Timestamp,
    events_this_minute: u32,
}

impl Reading {
    fn new(camera: CameraId) -> Self {
        Self {
            camera,
            properties: VecDeque::new(),
            objects: VecDeque::new(),
            rules: BTreeSet::new(),
            told_topics: BTreeSet::new(),
            minute_began: Timestamp::MIN,
            events_this_minute: 0,
        }
    }

    /// Returns the events that a document makes, and what of it was refused. Notifications that
    /// repeat what is known make neither.
    fn read(
        &mut self,
        metadata: Metadata,
        arrival: MetadataArrival,
    ) -> Vec<Result<EventDraft, Refusal>> {
        let objects = metadata.frames.into_iter().flat_map(|frame| frame.objects);
        for object in objects.filter(|object| !object.id.is_empty()) {
            self.objects.retain(|known| known.id != object.id);
            remember(&mut self.objects, object, OBJECTS);
        }
        let mut read = Vec::new();
        for notification in metadata.notifications {
            let Some(topic) = Topic::find(&notification.topic) else {
                self.tell_refused(notification.topic);
                read.push(Err(Refusal::Topic));
                continue;
            };
            let Some(count) = self.happened(topic, &notification) else {
                continue;
            };
            if self.is_too_fast(arrival.time) {
                read.push(Err(Refusal::Rate));
                continue;
            }
            read.push(Ok(self.draft(topic, &notification, count, arrival)));
        }
        read
    }

    /// Returns how many it tells of when something has happened that was not told before.
    fn happened(&mut self, topic: Topic, notification: &Notification) -> Option<u32> {
        let state = state_of(topic.kind(), notification);
        let Some(state) = state else {
            // No lasting state: every telling is a happening, but for what was before we asked.
            let is_new = matches!(notification.operation, None | Some(Operation::Changed));
            return is_new.then_some(1);
        };
        let sorted = |items: &[Item]| {
            let mut items = items.to_vec();
            items.sort();
            items
        };
        let property = (topic.path(), sorted(&notification.source), sorted(&notification.key));
        let known = self.properties.iter().position(|(known, _)| *known == property);
        let before = known.and_then(|at| self.properties.remove(at)).map(|(_, state)| state);
        remember(&mut self.properties, (property, state), PROPERTIES);
        let is_first_total = topic.kind() == RuleKind::Count && before.is_none();
        match state {
            _ if before == Some(state) => None,
            State::Is(holds) => holds.then_some(1),
            // A counter's first value counts what was before we asked.
            State::Counts(_) if is_first_total => None,
            State::Counts(count) => (count > 0).then_some(count),
        }
    }

    fn draft(
        &mut self,
        topic: Topic,
        notification: &Notification,
        count: u32,
        arrival: MetadataArrival,
    ) -> EventDraft {
        let object = notification
            .value("ObjectId")
            .and_then(|id| self.objects.iter().rev().find(|object| object.id == id));
        let class = object.and_then(|object| object.class);
        let bbox = object.map(|object| object.bbox);
        EventDraft {
            camera: self.camera.clone(),
            time: notification
                .time
                .filter(|time| is_believable(*time, arrival))
                .unwrap_or(arrival.time),
            duration_ms: 0,
            kind: topic.kind().into(),
            rule: self.rule(topic, notification),
            rule_version: 0,
            severity: Severity::NOTICE,
            class: class.map(|(class, _)| class),
            confidence: class.map_or(1.0, |(_, likelihood)| likelihood),
            attributes: Attributes::default(),
            track: None,
            bbox,
            crossing: crossing(topic, notification),
            count,
            geometry: Arc::default(),
            evidence: Evidence::default(),
            clock_error_ms: arrival.clock_error_ms,
            source: Source::Camera { topic: topic.path().to_owned() },
        }
    }

    /// Returns what the camera calls its rule, as a name of ours that no rule of ours has by chance.
    fn rule(&mut self, topic: Topic, notification: &Notification) -> RuleId {
        let named = notification.value("Rule").map(|name| format!("camera-{}", slug(name)));
        let named = named.and_then(|name| name.parse::<RuleId>().ok());
        let room = self.rules.len() < RULES;
        if let Some(rule) = named.filter(|rule| room || self.rules.contains(rule)) {
            self.rules.insert(rule.clone());
            return rule;
        }
        let kind = topic.kind().as_str().replace('_', "-");
        format!("camera-{kind}").parse().expect("kinds are of letters and '_'")
    }

    fn is_too_fast(&mut self, now: Timestamp) -> bool {
        if now.since(self.minute_began) >= Duration::from_mins(1) || now < self.minute_began {
            self.minute_began = now;
            self.events_this_minute = 0;
        }
        self.events_this_minute = self.events_this_minute.saturating_add(1);
        self.events_this_minute > EVENTS_PER_MINUTE
    }

    /// Says once for each topic that it is refused.
    fn tell_refused(&mut self, topic: String) {
        let topic: String = topic.chars().filter(|c| !c.is_control()).take(120).collect();
        if self.told_topics.len() < TOLD_TOPICS && self.told_topics.insert(topic.clone()) {
            warn!(camera = %self.camera, topic, "topic refused: it is not among those let in");
        }
    }
}

/// Returns the state that a notification tells of; `None` if it tells of a moment.
fn state_of(kind: RuleKind, notification: &Notification) -> Option<State> {
    let is_deleted = notification.operation == Some(Operation::Deleted);
    if matches!(kind, RuleKind::Count | RuleKind::Crowd)
        && let Some(count) = notification.value("Count")
    {
        let count = count.trim().parse().unwrap_or(0);
        return Some(State::Counts(if is_deleted { 0 } else { count }));
    }
    let stated = notification.data.iter().find(|item| STATES.contains(&item.name.as_str()));
    match (stated, is_deleted) {
        (_, true) => Some(State::Is(false)),
        // xs:boolean (XML Schema Part 2 §3.2.2).
        (Some(item), false) => Some(State::Is(matches!(item.value.trim(), "true" | "1"))),
        (None, false) => None,
    }
}

fn is_believable(time: Timestamp, arrival: MetadataArrival) -> bool {
    time.since(arrival.time).max(arrival.time.since(time)) <= BELIEVABLE_ERROR
}

/// Returns the way over the line, where the camera says it: the side to which the object crossed,
/// seen along the line from its first point to its last.
fn crossing(topic: Topic, notification: &Notification) -> Option<Crossing> {
    if topic.kind() != RuleKind::LineCrossing {
        return None;
    }
    match notification.value("Direction")?.trim() {
        "Right" | "LeftToRight" => Some(Crossing::LeftToRight),
        "Left" | "RightToLeft" => Some(Crossing::RightToLeft),
        // "Any", or a vendor's own word.
        _ => None,
    }
}

fn remember<T>(all: &mut VecDeque<T>, new: T, most: usize) {
    while all.len() >= most {
        all.pop_front();
    }
    all.push_back(new);
}

/// Returns `name` in the letters that a name may have.
fn slug(name: &str) -> String {
    let name = name.trim().to_ascii_lowercase();
    let fit = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    name.chars().take(50).map(fit).collect()
}

#[cfg(test)]
mod tests {
    use domain::{Bbox, Class};

    use super::*;

    fn arrival(seconds: u64) -> MetadataArrival {
        let begin: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
        MetadataArrival { time: begin.plus(Duration::from_secs(seconds)), clock_error_ms: -20 }
    }

    fn reading() -> Reading {
        Reading::new("gate".parse().unwrap())
    }

    fn item(name: &str, value: &str) -> Item {
        Item { name: name.to_owned(), value: value.to_owned() }
    }

    fn inside(operation: Operation, object: &str, state: &str) -> Notification {
        Notification {
            topic: "RuleEngine/FieldDetector/ObjectsInside".to_owned(),
            operation: Some(operation),
            source: vec![item("Rule", "Cổng số 1")],
            key: vec![item("ObjectId", object)],
            data: vec![item("IsInside", state)],
            ..Notification::default()
        }
    }

    fn told(notification: &Notification) -> Metadata {
        Metadata { notifications: vec![notification.clone()], ..Metadata::default() }
    }

    #[test]
    fn a_state_is_told_once_however_often_it_is_repeated() {
        use Operation::{Changed, Deleted, Initialized};
        let mut reading = reading();
        for (operation, object, state, events) in [
            (Initialized, "1", "false", 0),
            (Changed, "1", "true", 1),
            (Changed, "1", "true", 0),
            // As after a new session.
            (Initialized, "1", "1", 0),
            (Changed, "2", "true", 1),
            (Changed, "1", "0", 0),
            (Changed, "1", "1", 1),
            (Deleted, "1", "1", 0),
            (Initialized, "1", "true", 1),
        ] {
            let read = reading.read(told(&inside(operation, object, state)), arrival(0));
            assert_eq!(read.len(), events, "{operation:?} {object} {state}");
        }
    }

    #[test]
    fn a_moment_is_told_each_time_but_not_what_was_before() {
        let mut reading = reading();
        let mut crossed = Notification {
            topic: "RuleEngine/LineDetector/Crossed".to_owned(),
            ..Notification::default()
        };
        for (operation, events) in [
            (None, 1),
            (None, 1),
            (Some(Operation::Initialized), 0),
            (Some(Operation::Changed), 1),
            (Some(Operation::Deleted), 0),
        ] {
            crossed.operation = operation;
            assert_eq!(reading.read(told(&crossed), arrival(0)).len(), events, "{operation:?}");
        }
    }

    #[test]
    fn a_crossing_has_the_way_that_the_camera_says() {
        let mut reading = reading();
        for (direction, expected) in [
            ("Right", Some(Crossing::LeftToRight)),
            ("Left", Some(Crossing::RightToLeft)),
            ("RightToLeft", Some(Crossing::RightToLeft)),
            ("Any", None),
            ("inwards", None),
        ] {
            let mut crossed = Notification {
                topic: "RuleEngine/LineDetector/Crossed".to_owned(),
                data: vec![item("ObjectId", "7"), item("Direction", direction)],
                ..Notification::default()
            };
            let read = reading.read(told(&crossed), arrival(0));
            assert_eq!(read[0].as_ref().unwrap().crossing, expected, "{direction}");
            // Where there is no line, there is no way over it.
            crossed.topic = "RuleEngine/FieldDetector/ObjectsInside".to_owned();
            let read = reading.read(told(&crossed), arrival(0));
            assert_eq!(read[0].as_ref().unwrap().crossing, None);
        }
    }

    #[test]
    fn a_counter_is_told_when_it_changes() {
        let mut reading = reading();
        let counter = |count: &str| Notification {
            topic: "RuleEngine/CountAggregation/Counter".to_owned(),
            operation: Some(Operation::Changed),
            data: vec![item("Count", count)],
            ..Notification::default()
        };
        let mut counts = |count: &str| {
            let read = reading.read(told(&counter(count)), arrival(0));
            read.first().map(|event| event.as_ref().unwrap().count)
        };
        assert_eq!(counts("17"), None, "what was before we asked");
        assert_eq!(counts("18"), Some(18));
        assert_eq!(counts("18"), None);
        assert_eq!(counts("0"), None, "set back");
        assert_eq!(counts("-1"), None);
        assert_eq!(counts("1"), Some(1));
    }

    #[test]
    fn faces_and_all_that_is_not_on_the_list_are_refused() {
        let mut reading = reading();
        for topic in [
            "RuleEngine/Recognition/Face",
            "RuleEngine/Recognition/LicensePlate",
            "{http://vendor.example}RuleEngine/LineDetector/Crossed",
            "VideoSource/MotionAlarm",
            "",
        ] {
            let notification = Notification { topic: topic.to_owned(), ..Notification::default() };
            assert_eq!(reading.read(told(&notification), arrival(0)), [Err(Refusal::Topic)]);
        }
    }

    #[test]
    fn an_event_has_the_objects_place_and_the_cameras_time() {
        let mut reading = reading();
        let bbox = Bbox { left: 0.25, top: 0.5, width: 0.125, height: 0.25 };
        let object = SceneObject { id: "7".to_owned(), bbox, class: Some((Class::Car, 0.75)) };
        let frame = ingest::onvif::SceneFrame { objects: vec![object], ..Default::default() };
        let mut notification = inside(Operation::Changed, "7", "true");
        notification.time = Some(arrival(0).time.minus(Duration::from_millis(300)));
        let metadata = Metadata { frames: vec![frame], notifications: vec![notification.clone()] };
        let read = reading.read(metadata, arrival(0));
        let event = read[0].as_ref().unwrap();
        assert_eq!((event.bbox, event.class), (Some(bbox), Some(Class::Car)));
        assert_eq!(event.time, notification.time.unwrap());
        assert_eq!((event.kind, event.clock_error_ms), (RuleKind::Intrusion.into(), -20));
        assert_eq!(event.rule.as_str(), "camera-c-ng-s--1");
        let topic = notification.topic.clone();
        assert_eq!(event.source, Source::Camera { topic });

        // A clock that was never set: the time of arrival.
        notification.time = "1970-01-01T00:00:07Z".parse().ok();
        notification.key = vec![item("ObjectId", "8")];
        let read = reading.read(told(&notification), arrival(5));
        assert_eq!(read[0].as_ref().unwrap().time, arrival(5).time);
    }

    #[test]
    fn a_flood_fills_neither_memory_nor_index() {
        let mut reading = reading();
        let mut events = 0;
        for number in 0..5000 {
            let mut notification = inside(Operation::Changed, &number.to_string(), "true");
            notification.source = vec![item("Rule", &format!("rule {number}"))];
            let read = reading.read(told(&notification), arrival(number / 1000));
            events += read.iter().filter(|event| event.is_ok()).count();
            let topic = format!("RuleEngine/{number}");
            let refused = Notification { topic, ..Notification::default() };
            reading.read(told(&refused), arrival(0));
        }
        assert!(events <= 2 * EVENTS_PER_MINUTE as usize, "{events}");
        assert_eq!(reading.properties.len(), PROPERTIES);
        assert!(reading.rules.len() <= RULES && reading.told_topics.len() <= TOLD_TOPICS);
    }
}
