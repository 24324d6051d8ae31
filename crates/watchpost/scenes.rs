//! From observations to committed events: one thread judges, another waits for the disk.
//!
//! `scene` is pure; this file gives it its thread, its camera's place, and the index. Observations
//! come from the detector's threads; when this side is behind they wait, which slows analysis and
//! nothing else.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

use api::LiveScenes;
use domain::{
    CameraId, Clock, Event, EventDraft, EventId, Location, Observation, SignalState, Timestamp,
    Track, TrackId, TrackPoint,
};
use index::Index;
use metrics::{counter, histogram};
use scene::{Outcome, Scene, TrackerSettings};
use tracing::{error, info};
use uuid::Uuid;
use vision::Vision;
use vision::lamp::LampReading;

use crate::config::Camera;
use crate::lamps::state_of;
use crate::persons::{Persons, is_person};

/// Observations waiting to be judged; the detector's threads wait when it is full.
const QUEUE: usize = 512;
/// How long the disk may still refuse events once everything else has ended.
const LAST_TRIES: u32 = 10;
/// How long the judge may take to say where a track went: behind by more, it has no answer.
const PATH_WITHIN: Duration = Duration::from_millis(500);
/// How often scenes that see nothing are told the time.
const EXPIRY_INTERVAL: Duration = Duration::from_millis(500);

enum Message {
    Put(Box<Camera>),
    Remove(CameraId),
    Observe(Observation, Vec<LampReading>),
    Tell(Box<EventDraft>),
    /// A signal showed a state at a time by our clock.
    Signal(CameraId, String, SignalState, Timestamp),
    /// Where did a track go so far?
    Path(CameraId, TrackId, SyncSender<Option<Vec<TrackPoint>>>),
    Keep(Vec<Track>),
    Finish,
}

/// The handle to the judging thread; shared.
pub(crate) struct Scenes {
    messages: SyncSender<Message>,
    thread: Mutex<Option<JoinHandle<()>>>,
    shared: Arc<Shared>,
}

/// What the judging thread, the committing thread and the handle share.
#[derive(Default)]
struct Shared {
    /// Told where live tracks will be, so that it looks there; it comes after the scenes.
    vision: OnceLock<Weak<Vision>>,
    /// Everything upstream has ended.
    finishing: AtomicBool,
    /// The index refused the last events.
    refused: AtomicBool,
}

impl Scenes {
    /// Starts the judging thread and the one that commits.
    pub(crate) fn start(
        index: Index,
        clock: Arc<dyn Clock>,
        persons: Arc<Persons>,
    ) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let (messages, inbox) = sync_channel(QUEUE);
        let (results, committed) = sync_channel(QUEUE);
        let committer = Committer { index: index.clone(), shared: Arc::clone(&shared) };
        let committer = std::thread::Builder::new()
            .name("event-commit".to_owned())
            .spawn(move || committer.run(&committed))?;
        let judge = Judge {
            index,
            clock,
            cameras: HashMap::new(),
            places: HashMap::new(),
            results,
            shared: Arc::clone(&shared),
            persons,
        };
        let thread = std::thread::Builder::new().name("scene".to_owned()).spawn(move || {
            judge.run(&inbox);
            // The judge's sender is gone: the committer ends after the last event.
            if committer.join().is_err() {
                error!("the thread that commits events panicked");
            }
        })?;
        Ok(Self { messages, thread: Mutex::new(Some(thread)), shared })
    }

    /// Tells `vision` from now on where live tracks will be.
    pub(crate) fn guide(&self, vision: &Arc<Vision>) {
        // There is one analysis per run; a second is never started.
        let _ = self.shared.vision.set(Arc::downgrade(vision));
    }

    /// Returns what keeps events from being found or stored, if anything.
    pub(crate) fn trouble(&self) -> Option<&'static str> {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if thread.as_ref().is_some_and(JoinHandle::is_finished) {
            Some("the thread that judges scenes has ended: restart the service")
        } else if self.shared.refused.load(Ordering::Relaxed) {
            Some("the index refuses events: look at its disk")
        } else {
            None
        }
    }

    /// Judges `camera` by its scene from now on; an earlier one is finished first.
    pub(crate) fn put(&self, camera: &Camera) {
        self.send(Message::Put(Box::new(camera.clone())));
    }

    /// Finishes the scene of a camera that is no longer analysed.
    pub(crate) fn remove(&self, camera: &CameraId) {
        self.send(Message::Remove(camera.clone()));
    }

    /// Hands over what was seen, with what the signals showed; waits when the judge is behind.
    pub(crate) fn observe(&self, observation: Observation, lamps: Vec<LampReading>) {
        self.send(Message::Observe(observation, lamps));
    }

    /// Hands over what our watch over the cameras found; waits when the judge is behind.
    pub(crate) fn report(&self, draft: EventDraft) {
        self.send(Message::Tell(Box::new(draft)));
    }

    /// Hands over what a camera's own analysis found; never waits. Returns whether there was room.
    pub(crate) fn tell(&self, draft: EventDraft) -> bool {
        self.messages.try_send(Message::Tell(Box::new(draft))).is_ok()
    }

    /// Hands over where objects went that a camera itself followed; never waits. Returns whether there
    /// was room.
    pub(crate) fn keep(&self, tracks: Vec<Track>) -> bool {
        self.messages.try_send(Message::Keep(tracks)).is_ok()
    }

    /// Finishes all scenes and returns when their events and tracks are committed.
    pub(crate) fn finish(&self) {
        self.shared.finishing.store(true, Ordering::Relaxed);
        self.send(Message::Finish);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            error!("the thread that judges scenes panicked");
        }
    }

    fn send(&self, message: Message) {
        // The judge ends only after `finish`; what comes later belongs to nobody.
        if self.messages.send(message).is_err() {
            counter!("watchpost_observations_unclaimed_total").increment(1);
        }
    }
}

impl LiveScenes for Scenes {
    fn path(&self, camera: &CameraId, track: TrackId) -> Option<Vec<TrackPoint>> {
        let (answer, answered) = sync_channel(1);
        self.messages.try_send(Message::Path(camera.clone(), track, answer)).ok()?;
        answered.recv_timeout(PATH_WITHIN).ok()?
    }

    fn tell_signal(
        &self,
        camera: &CameraId,
        signal: &str,
        state: SignalState,
        time: Timestamp,
    ) -> bool {
        let told = Message::Signal(camera.clone(), signal.to_owned(), state, time);
        self.messages.try_send(told).is_ok()
    }
}

impl fmt::Debug for Scenes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scenes").field("trouble", &self.trouble()).finish_non_exhaustive()
    }
}

struct JudgedCamera {
    scene: Scene,
    location: Option<Location>,
    last_seen: Timestamp,
    /// Our own clock when `last_seen` arrived: the camera's may be wrong, but not its pace.
    last_seen_at: Duration,
    /// The camera's clock minus ours, when last seen.
    clock_error_ms: i32,
}

/// Owned by the `scene` thread.
struct Judge {
    index: Index,
    clock: Arc<dyn Clock>,
    cameras: HashMap<CameraId, JudgedCamera>,
    /// Where cameras stand, those that are not analysed too.
    places: HashMap<CameraId, Location>,
    results: SyncSender<(Outcome, Option<Location>)>,
    shared: Arc<Shared>,
    /// Told where persons are, for what shows them softened.
    persons: Arc<Persons>,
}

impl Judge {
    fn run(mut self, inbox: &Receiver<Message>) {
        let mut expired_at = self.clock.monotonic();
        loop {
            match inbox.recv_timeout(EXPIRY_INTERVAL) {
                Ok(Message::Observe(observation, lamps)) => self.observe(&observation, &lamps),
                Ok(Message::Tell(draft)) => self.tell(*draft),
                Ok(Message::Signal(camera, name, state, time)) => {
                    self.signal(&camera, &name, state, time);
                }
                Ok(Message::Path(camera, track, answer)) => {
                    let judged = self.cameras.get(&camera);
                    let path = judged.and_then(|judged| judged.scene.path(track));
                    // Who asked may have waited long enough.
                    let _ = answer.try_send(path.map(<[TrackPoint]>::to_vec));
                }
                Ok(Message::Keep(ended)) => {
                    self.publish(Outcome { ended, ..Outcome::default() }, None);
                }
                Ok(Message::Put(camera)) => self.put(*camera),
                Ok(Message::Remove(camera)) => self.remove(&camera),
                Ok(Message::Finish) | Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {}
            }
            if self.clock.monotonic().saturating_sub(expired_at) >= EXPIRY_INTERVAL {
                expired_at = self.clock.monotonic();
                self.expire();
            }
        }
        let cameras: Vec<_> = self.cameras.keys().cloned().collect();
        cameras.iter().for_each(|camera| self.remove(camera));
    }

    fn put(&mut self, camera: Camera) {
        self.remove(&camera.id);
        self.places.extend(camera.location.map(|location| (camera.id.clone(), location)));
        if camera.analysis.is_none() {
            return;
        }
        let number = self.index.camera_number(&camera.id).unwrap_or_default();
        let scene = Scene::new(camera.id.clone(), number, camera.scene, TrackerSettings::default());
        match scene {
            Ok(scene) => {
                let judged = JudgedCamera {
                    scene,
                    location: camera.location,
                    last_seen: Timestamp::MIN,
                    last_seen_at: Duration::ZERO,
                    clock_error_ms: 0,
                };
                self.cameras.insert(camera.id, judged);
            }
            // The configuration was checked before it came here.
            Err(problem) => error!(camera = %camera.id, %problem, "scene cannot be judged"),
        }
    }

    fn remove(&mut self, camera: &CameraId) {
        self.places.remove(camera);
        if let Some(mut judged) = self.cameras.remove(camera) {
            let outcome = judged.scene.finish();
            self.publish(outcome, judged.location);
        }
    }

    fn observe(&mut self, observation: &Observation, lamps: &[LampReading]) {
        let Some(judged) = self.cameras.get_mut(&observation.camera) else {
            counter!("watchpost_observations_unclaimed_total").increment(1);
            return;
        };
        judged.last_seen = observation.time;
        judged.last_seen_at = self.clock.monotonic();
        judged.clock_error_ms = observation.clock_error_ms;
        for lamp in lamps {
            judged.scene.signal(&lamp.signal, state_of(lamp.aspect), observation.time);
        }
        let outcome = judged.scene.observe(observation);
        let location = judged.location;
        if self.persons.are_softened(&observation.camera) {
            let followed = judged.scene.expected_of(is_person, observation.time);
            self.persons.note(observation, followed);
        }
        if let Some(vision) = self.shared.vision.get().and_then(Weak::upgrade) {
            let expected = judged.scene.predicted(observation.time);
            let boxes = expected.into_iter().map(|(_, bbox)| bbox).collect();
            vision.hint(&observation.camera, boxes);
        }
        self.publish(outcome, location);
    }

    /// Takes what a controller told by its clock, which is ours, not the camera's.
    fn signal(&mut self, camera: &CameraId, name: &str, state: SignalState, time: Timestamp) {
        let Some(judged) = self.cameras.get_mut(camera) else { return };
        let error_us = i64::from(judged.clock_error_ms) * 1000;
        let by_camera = Timestamp::from_micros(time.as_micros().saturating_add(error_us));
        judged.scene.signal(name, state, by_camera);
    }

    fn tell(&self, draft: EventDraft) {
        let location = self.places.get(&draft.camera).copied();
        self.publish(Outcome { events: vec![draft], ..Outcome::default() }, location);
    }

    fn expire(&mut self) {
        let now = self.clock.monotonic();
        let mut outcomes = Vec::new();
        for judged in self.cameras.values_mut() {
            if judged.last_seen > Timestamp::MIN {
                let camera_now = judged.last_seen.plus(now.saturating_sub(judged.last_seen_at));
                outcomes.push((judged.scene.expire(camera_now), judged.location));
            }
        }
        for (outcome, location) in outcomes {
            self.publish(outcome, location);
        }
    }

    fn publish(&self, outcome: Outcome, location: Option<Location>) {
        if outcome.events.is_empty() && outcome.ended.is_empty() {
            return;
        }
        // Waits when the index is behind; the committer outlives this thread.
        let _ = self.results.send((outcome, location));
    }
}

/// Owned by the `event-commit` thread.
struct Committer {
    index: Index,
    shared: Arc<Shared>,
}

impl Committer {
    /// Everything that waits goes into one commit.
    fn run(self, results: &Receiver<(Outcome, Option<Location>)>) {
        while let Ok(first) = results.recv() {
            let mut events = Vec::new();
            let mut tracks = Vec::new();
            for (outcome, location) in std::iter::once(first).chain(results.try_iter()) {
                tracks.extend(outcome.ended);
                events.extend(outcome.events.into_iter().map(|draft| Event {
                    id: EventId(Uuid::now_v7()),
                    location,
                    draft,
                }));
            }
            let count = tracks.len();
            if count > 0
                && let Err(problem) = self.index.append_tracks(tracks)
            {
                error!(%problem, lost = count, "tracks lost");
                counter!("watchpost_tracks_lost_total").increment(count as u64);
            }
            if !events.is_empty() {
                self.commit(events);
            }
        }
    }

    /// Commits events, again and again as long as the disk refuses: what waits behind them slows
    /// analysis, and nothing is left out. One that can never be stored does not stop the others.
    fn commit(&self, events: Vec<Event>) {
        let mut tries_left = LAST_TRIES;
        loop {
            let started = std::time::Instant::now();
            let problem = match self.index.append_events(events.clone()) {
                Ok(_) => {
                    self.shared.refused.store(false, Ordering::Relaxed);
                    histogram!("watchpost_event_commit_seconds").record(started.elapsed());
                    events.iter().for_each(tell);
                    return;
                }
                Err(problem) => problem,
            };
            counter!("watchpost_event_commit_failures_total").increment(1);
            if problem.is_permanent() && events.len() > 1 {
                events.into_iter().for_each(|event| self.commit(vec![event]));
                return;
            }
            if self.shared.finishing.load(Ordering::Relaxed) {
                tries_left -= 1;
            }
            if problem.is_permanent() || tries_left == 0 {
                error!(%problem, lost = events.len(), "events lost");
                counter!("watchpost_events_lost_total").increment(events.len() as u64);
                return;
            }
            // One line per refusal, not per try.
            if !self.shared.refused.swap(true, Ordering::Relaxed) {
                error!(%problem, "events cannot be stored, trying again every second");
            }
            std::thread::park_timeout(Duration::from_secs(1));
        }
    }
}

/// Says in log and metrics that an event is stored.
fn tell(event: &Event) {
    let (camera, rule) = (&event.draft.camera, &event.draft.rule);
    counter!("watchpost_events_total", "camera" => camera.to_string(), "rule" => rule.to_string())
        .increment(1);
    let class = event.draft.class.map(domain::Class::as_str);
    info!(%camera, %rule, class, id = %event.id, "event");
}
