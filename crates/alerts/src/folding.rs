//! Which events tell of the same happening.
//!
//! Four things fold an event into an alert that is there: the same track breaks the same rule
//! again; the same rule finds the same class within its cool-down; a camera nearby sees the same
//! kind and class at about the same time; a camera's trouble is over. Anything else raises a new
//! alert, but for counts, which raise none.

use std::collections::{BTreeMap, HashMap, VecDeque};

use domain::{
    Alert, CameraId, Class, Condition, Event, EventId, EventKind, RuleId, RuleKind, Timestamp,
    TrackId,
};

/// For how many seconds after its last event the same track may go on with an alert.
const TRACK_MEMORY_S: f64 = 600.0;

/// Tracks of one alert that are remembered: the latest.
const MOST_TRACKS: usize = 64;

/// Cameras of one alert: more do not see one happening.
const MOST_CAMERAS: usize = 16;

/// How far cameras may be apart in place and time to see the same happening.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Neighbours {
    /// In metres, from the camera that saw it first.
    pub metres: f64,
    /// In seconds, from the first or the last event.
    pub seconds: f64,
}

impl Default for Neighbours {
    fn default() -> Self {
        Self { metres: 60.0, seconds: 10.0 }
    }
}

/// What folds, besides tracks.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The cool-down of each camera's rules, in seconds.
    pub cool_downs: HashMap<(CameraId, RuleId), f64>,
    /// The cool-down of what no rule of ours found, in seconds.
    pub other_cool_down_s: f64,
    /// Which cameras see the same happening.
    pub neighbours: Neighbours,
}

impl Default for Settings {
    fn default() -> Self {
        let neighbours = Neighbours::default();
        Self { cool_downs: HashMap::new(), other_cool_down_s: 30.0, neighbours }
    }
}

impl Settings {
    fn cool_down_s(&self, event: &Event) -> f64 {
        // Kept by camera and rule, so the key is cloned: two reference counts.
        let key = (event.draft.camera.clone(), event.draft.rule.clone());
        self.cool_downs.get(&key).copied().unwrap_or(self.other_cool_down_s)
    }

    /// Returns for how many seconds after its last event an alert may still grow.
    fn memory_s(&self) -> f64 {
        let longest = self.cool_downs.values().copied().fold(self.other_cool_down_s, f64::max);
        longest.max(self.neighbours.seconds).max(TRACK_MEMORY_S)
    }
}

/// Folds the events of one site into alerts.
#[derive(Debug)]
pub struct Folding {
    settings: Settings,
    /// Alerts that may still grow, by kind, in the order in which they were raised.
    open: BTreeMap<EventKind, Vec<Open>>,
    /// When the latest event was told, by our own clock: a camera's may be years ahead.
    now: Timestamp,
}

/// An alert that may still grow.
#[derive(Debug)]
struct Open {
    alert: Alert,
    /// Who broke the rule: the latest.
    tracks: VecDeque<TrackId>,
    /// When its last event was told, by our own clock.
    told: Timestamp,
    /// Whether somebody closed it: what comes then is another happening.
    is_closed: bool,
}

impl Folding {
    /// Goes on with `alerts`, those raised before that may still grow.
    pub fn new(settings: Settings, alerts: Vec<Alert>) -> Self {
        let mut folding = Self { settings, open: BTreeMap::new(), now: Timestamp::MIN };
        for alert in alerts {
            let told = alert.last_event.given().unwrap_or(Timestamp::MIN);
            folding.now = folding.now.max(told);
            let open = Open { alert, tracks: VecDeque::new(), told, is_closed: false };
            folding.open.entry(open.alert.kind).or_default().push(open);
        }
        folding
    }

    /// Takes over other settings for the events to come.
    pub fn set_settings(&mut self, settings: Settings) {
        self.settings = settings;
    }

    /// Returns for how many seconds after its last event an alert may still grow: those are to be
    /// given to [`Folding::new`], and all that are active.
    pub fn memory_s(&self) -> f64 {
        self.settings.memory_s()
    }

    /// Takes that somebody closed the alert named `id`, or reopened it. A closed act takes no more
    /// events; trouble that lasts stays the same trouble until it is over.
    pub fn set_closed(&mut self, id: EventId, is_closed: bool) {
        let open = self.open.values_mut().flatten().find(|open| open.alert.id == id);
        if let Some(open) = open {
            open.is_closed = is_closed;
        }
    }

    /// Takes the next event; returns the alert that it raised or was folded into, as it is now.
    /// `None` for what is no alert: counts, and the end of trouble that nobody was told of.
    pub fn fold(&mut self, event: &Event) -> Option<Alert> {
        self.now = event.id.given().unwrap_or(self.now).max(self.now);
        let folded = match event.draft.kind {
            // A call is an alert from its beginning and has no events.
            EventKind::Rule(RuleKind::Count) | EventKind::Call(_) => None,
            EventKind::Over(trouble) => self.clear(EventKind::Health(trouble), event),
            EventKind::Rule(_) | EventKind::Health(_) => Some(self.raise_or_fold(event)),
        };
        self.forget();
        folded
    }

    fn raise_or_fold(&mut self, event: &Event) -> Alert {
        let settings = &self.settings;
        let open = self.open.entry(event.draft.kind).or_default();
        let cool_down_s = settings.cool_down_s(event);
        // The latest fits best, where several do.
        let reasons: [&dyn Fn(&Open) -> bool; 3] =
            [&|open| open.goes_on(event), &|open| open.repeats(event, cool_down_s), &|open| {
                open.is_seen_nearby(event, &settings.neighbours)
            }];
        let found = reasons
            .iter()
            .find_map(|is_same| open.iter().rposition(|open| open.may_grow() && is_same(open)));
        let Some(found) = found else {
            open.push(Open::new(event, self.now));
            return open[open.len() - 1].alert.clone();
        };
        open[found].take(event, self.now);
        open[found].alert.clone()
    }

    /// Takes that a camera's trouble of `kind` is over.
    fn clear(&mut self, kind: EventKind, event: &Event) -> Option<Alert> {
        let is_it = |open: &Open| {
            open.alert.condition == Condition::Active
                && open.alert.cameras.first() == Some(&event.draft.camera)
        };
        let open = self.open.get_mut(&kind)?.iter_mut().rfind(|open| is_it(open))?;
        open.alert.condition = Condition::Cleared(event.draft.time);
        open.alert.last_event = event.id;
        open.alert.version = open.alert.version.saturating_add(1);
        Some(open.alert.clone())
    }

    /// Forgets what can grow no more.
    fn forget(&mut self) {
        let (now, memory_s) = (self.now, self.settings.memory_s());
        for open in self.open.values_mut() {
            open.retain(|open| {
                let is_active = open.alert.condition == Condition::Active;
                is_active || now.seconds_since(open.told) <= memory_s
            });
        }
    }
}

impl Open {
    fn new(event: &Event, told: Timestamp) -> Self {
        let tracks = event.draft.track.into_iter().collect();
        Self { alert: Alert::raised(event), tracks, told, is_closed: false }
    }

    fn may_grow(&self) -> bool {
        !self.is_closed || self.alert.condition != Condition::Momentary
    }

    /// Returns whether a track that broke the rule breaks it again.
    fn goes_on(&self, event: &Event) -> bool {
        let draft = &event.draft;
        draft.track.is_some_and(|track| self.tracks.contains(&track))
            && self.is_of(&draft.camera, &draft.rule)
            && self.seconds_to(draft.time) <= TRACK_MEMORY_S
    }

    /// Returns whether the same rule finds the same class again within its cool-down, or the same
    /// trouble of a camera is told again while it lasts.
    fn repeats(&self, event: &Event, cool_down_s: f64) -> bool {
        let draft = &event.draft;
        let is_due = match self.alert.condition {
            Condition::Momentary => self.seconds_to(draft.time) <= cool_down_s && cool_down_s > 0.0,
            Condition::Active => true,
            Condition::Cleared(_) => false,
        };
        is_due && self.is_of(&draft.camera, &draft.rule) && self.shows(draft.class)
    }

    /// Returns whether a camera near the first one sees the same kind and class at about the same
    /// time. Trouble is each camera's own.
    fn is_seen_nearby(&self, event: &Event, neighbours: &Neighbours) -> bool {
        let draft = &event.draft;
        let is_near = || {
            let places = self.alert.location.zip(event.location);
            places.is_some_and(|(first, other)| first.distance_m(other) <= neighbours.metres)
        };
        self.alert.condition == Condition::Momentary
            && self.shows(draft.class)
            && self.alert.cameras.first() != Some(&draft.camera)
            && self.alert.cameras.len() < MOST_CAMERAS
            && self.seconds_to(draft.time) <= neighbours.seconds
            && is_near()
    }

    fn is_of(&self, camera: &CameraId, rule: &RuleId) -> bool {
        self.alert.rule == *rule && self.alert.cameras.first() == Some(camera)
    }

    fn shows(&self, class: Option<Class>) -> bool {
        self.alert.class == class
    }

    /// Returns how far `time` lies outside the span of the alert's events, in seconds.
    fn seconds_to(&self, time: Timestamp) -> f64 {
        let before = self.alert.first.seconds_since(time);
        let after = time.seconds_since(self.alert.last);
        before.max(after).max(0.0)
    }

    fn take(&mut self, event: &Event, told: Timestamp) {
        self.told = told;
        let draft = &event.draft;
        let alert = &mut self.alert;
        // 1 is the gravest.
        alert.severity = alert.severity.min(draft.severity);
        if !alert.cameras.contains(&draft.camera) {
            alert.cameras.push(draft.camera.clone());
        }
        alert.first = alert.first.min(draft.time);
        alert.last = alert.last.max(draft.time);
        alert.last_event = event.id;
        alert.count = alert.count.saturating_add(1);
        alert.version = alert.version.saturating_add(1);
        if let Some(track) = draft.track.filter(|track| !self.tracks.contains(track)) {
            if self.tracks.len() >= MOST_TRACKS {
                self.tracks.pop_front();
            }
            self.tracks.push_back(track);
        }
    }
}
