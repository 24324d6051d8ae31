//! What a rule found, with its time and place.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Attributes, Bbox, CallService, CameraId, Class, EventId, HealthKind, Location, Point, RuleId,
    SignalChange, SourceId, Timestamp, TrackId,
};

/// The kind of a rule. The numbers are stored and never change meaning.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum RuleKind {
    /// A ground point crossed a directed tripwire.
    LineCrossing = 1,
    /// An object of a class is inside a zone.
    Intrusion = 2,
    /// The same track stays inside a zone for long.
    Loitering = 3,
    /// How many crossed a tripwire in an interval.
    Count = 4,
    /// A track goes against the direction of a lane.
    WrongWay = 5,
    /// A vehicle crosses the stop line and then the junction line while its signal is red.
    RedLight = 6,
    /// A vehicle stands beyond the stop line while its signal is red.
    StopLine = 7,
    /// A vehicle stands in a zone for long.
    IllegalStop = 8,
    /// An object of a class is where it may not be.
    ForbiddenClass = 9,
    /// A track crosses one tripwire and then another.
    IllegalTurn = 10,
    /// A vehicle stands in the box of a junction.
    BoxBlocking = 11,
    /// A vehicle seems faster than the limit: an indication, not a measurement.
    Speeding = 12,
    /// Many persons are in a zone at once.
    Crowd = 13,
    /// Many vehicles are in a zone and slow.
    Congestion = 14,
}

impl RuleKind {
    /// Every kind, in the order of its number.
    pub const ALL: [Self; 14] = [
        Self::LineCrossing,
        Self::Intrusion,
        Self::Loitering,
        Self::Count,
        Self::WrongWay,
        Self::RedLight,
        Self::StopLine,
        Self::IllegalStop,
        Self::ForbiddenClass,
        Self::IllegalTurn,
        Self::BoxBlocking,
        Self::Speeding,
        Self::Crowd,
        Self::Congestion,
    ];

    /// Returns the word used in configuration, API and search.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LineCrossing => "line_crossing",
            Self::Intrusion => "intrusion",
            Self::Loitering => "loitering",
            Self::Count => "count",
            Self::WrongWay => "wrong_way",
            Self::RedLight => "red_light",
            Self::StopLine => "stop_line",
            Self::IllegalStop => "illegal_stop",
            Self::ForbiddenClass => "forbidden_class",
            Self::IllegalTurn => "illegal_turn",
            Self::BoxBlocking => "box_blocking",
            Self::Speeding => "speeding",
            Self::Crowd => "crowd",
            Self::Congestion => "congestion",
        }
    }

    /// Returns the number stored for this kind.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// Returns the kind stored as `number`.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }
}

impl fmt::Display for RuleKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How far the number of the end of trouble lies above that of the trouble.
const OVER: u8 = 10;

/// What an event is of: something that a rule found on the view, something that is wrong with the
/// camera itself, or the end of that. An alert may be of a call as well, which no camera saw and which
/// is no event. Numbers and words tell the four apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum EventKind {
    /// A rule's condition was met.
    Rule(RuleKind),
    /// The camera is in trouble.
    Health(HealthKind),
    /// That trouble of the camera is over.
    Over(HealthKind),
    /// Somebody called 113, 114 or 115: raises an alert without any event.
    Call(CallService),
}

impl EventKind {
    /// Returns every kind, in the order of its number.
    pub fn all() -> impl Iterator<Item = Self> {
        let rules = RuleKind::ALL.into_iter().map(Self::Rule);
        let health = HealthKind::ALL.into_iter().map(Self::Health);
        let over = HealthKind::ALL.into_iter().map(Self::Over);
        rules.chain(health).chain(over).chain(CallService::ALL.into_iter().map(Self::Call))
    }

    /// Returns the word used in configuration, API and search.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rule(kind) => kind.as_str(),
            Self::Health(kind) => kind.as_str(),
            Self::Over(kind) => kind.over(),
            Self::Call(service) => service.as_str(),
        }
    }

    /// Returns the number stored for this kind.
    pub fn number(self) -> u8 {
        match self {
            Self::Rule(kind) => kind.number(),
            Self::Health(kind) => kind.number(),
            Self::Over(kind) => kind.number() + OVER,
            Self::Call(service) => service.number(),
        }
    }

    /// Returns the kind stored as `number`.
    pub fn from_number(number: u8) -> Option<Self> {
        let rule = RuleKind::from_number(number).map(Self::Rule);
        let health = || HealthKind::from_number(number).map(Self::Health);
        let over = || HealthKind::from_number(number.checked_sub(OVER)?).map(Self::Over);
        let call = || CallService::from_number(number).map(Self::Call);
        rule.or_else(health).or_else(over).or_else(call)
    }
}

impl JsonSchema for EventKind {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "EventKind".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let words: Vec<_> = Self::all().map(Self::as_str).collect();
        schemars::json_schema!({
            "description": "What an alert is of: a rule's condition, a camera in trouble, the end of that, or a call.",
            "type": "string",
            "enum": words,
        })
    }
}

impl FromStr for EventKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::all().find(|kind| kind.as_str() == text).ok_or_else(|| {
            let known: Vec<_> = Self::all().map(Self::as_str).collect();
            format!("\"{text}\" is not a kind of event: use one of {}", known.join(", "))
        })
    }
}

impl TryFrom<String> for EventKind {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<EventKind> for String {
    fn from(kind: EventKind) -> Self {
        kind.as_str().to_owned()
    }
}

impl From<RuleKind> for EventKind {
    fn from(kind: RuleKind) -> Self {
        Self::Rule(kind)
    }
}

impl From<HealthKind> for EventKind {
    fn from(kind: HealthKind) -> Self {
        Self::Health(kind)
    }
}

impl PartialEq<RuleKind> for EventKind {
    fn eq(&self, other: &RuleKind) -> bool {
        *self == Self::Rule(*other)
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How much an event matters: 1 is the gravest, 4 the least.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "u8", into = "u8")]
#[schemars(with = "u8", extend("minimum" = 1, "maximum" = 4))]
pub struct Severity(u8);

impl Severity {
    /// The least grave.
    pub const NOTICE: Self = Self(4);

    /// Returns 1 to 4.
    pub fn number(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for Severity {
    type Error = String;

    fn try_from(number: u8) -> Result<Self, String> {
        if (1..=4).contains(&number) {
            Ok(Self(number))
        } else {
            Err(format!("severity {number} does not exist: 1 is the gravest, 4 the least"))
        }
    }
}

impl From<Severity> for u8 {
    fn from(severity: Severity) -> u8 {
        severity.0
    }
}

/// The way over a directed tripwire, as seen when looking along it from its start to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Crossing {
    /// From the left of the line to its right.
    LeftToRight,
    /// From the right of the line to its left.
    RightToLeft,
}

impl Crossing {
    /// Returns the word used in configuration, API and search.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LeftToRight => "left_to_right",
            Self::RightToLeft => "right_to_left",
        }
    }
}

/// Who found an event.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Our own analysis, with the SHA-256 of its model in hex.
    Analysis {
        /// SHA-256 of the model file, in hex; shared by all events of a detector.
        model: Arc<str>,
    },
    /// Our own watch over the cameras.
    Watch,
    /// The camera's own analysis, told in its ONVIF metadata.
    Camera {
        /// What it was told under: [`crate::Topic::path`].
        topic: String,
    },
    /// A partner system.
    Partner {
        /// Which one.
        name: SourceId,
        /// What it was told under: [`crate::Topic::path`], or the word of its kind.
        topic: String,
    },
}

/// A speed with its uncertainty: an indication, never a measurement.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Speed {
    /// In km/h.
    pub kmh: f32,
    /// Half the width of the interval that holds the true speed with 95 %, in km/h.
    pub uncertainty_kmh: f32,
}

/// Where an object stood, from the picture and its calibration: an indication, as a speed is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GroundPosition {
    /// Its ground point.
    pub location: Location,
    /// Radius of the circle that holds the true place with 95 %, in metres.
    pub uncertainty_m: f32,
}

/// What speaks for an event besides its track and its geometry; each part only where it applies.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Evidence {
    /// Further shapes that it was judged against, each by its corners or ends: the junction line
    /// beside the stop line, the direction of a lane. Shared by all events of a rule.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub further_geometry: Arc<[Vec<Point>]>,
    /// What the signal showed over the act, in order of time.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub signal: Vec<SignalChange>,
    /// How fast the object was, or the objects on average.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed: Option<Speed>,
    /// Where the object was at the event's time, by a calibration of known locations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<GroundPosition>,
    /// What the partner system that found it says besides, in its own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Evidence {
    /// Returns whether there is none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// An event as a rule states it, before the site gives it a name and a place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventDraft {
    /// The camera that saw it.
    pub camera: CameraId,
    /// When the condition was first met.
    pub time: Timestamp,
    /// How long it had held when it was found, in milliseconds.
    pub duration_ms: u32,
    /// What kind of rule found it.
    pub kind: EventKind,
    /// Which rule found it.
    pub rule: RuleId,
    /// Which version of that rule: a hash of its settings.
    pub rule_version: u32,
    /// How much it matters.
    pub severity: Severity,
    /// What kind of object, if one.
    pub class: Option<Class>,
    /// How sure the detector was of the object, 0..=1.
    pub confidence: f32,
    /// What the object looks like and where it was going.
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub attributes: Attributes,
    /// The track that met the condition, if one.
    pub track: Option<TrackId>,
    /// Where the object was at `time`.
    pub bbox: Option<Bbox>,
    /// The way over the tripwire, for crossings and counts.
    pub crossing: Option<Crossing>,
    /// How many, for counts, crowds and congestion; otherwise 1.
    pub count: u32,
    /// The geometry it was judged against: the corners of the zone or the ends of the tripwire.
    /// Shared by all events of a rule.
    pub geometry: Arc<[Point]>,
    /// What else speaks for it.
    #[serde(default, skip_serializing_if = "Evidence::is_empty")]
    pub evidence: Evidence,
    /// The camera's clock error then, in milliseconds.
    pub clock_error_ms: i32,
    /// Who found it.
    pub source: Source,
}

/// What a rule found, with its time and place. Never edited: a correction is a new revision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Names it everywhere.
    pub id: EventId,
    /// Where the camera stood, if known.
    pub location: Option<Location>,
    /// What the rule states.
    #[serde(flatten)]
    pub draft: EventDraft,
}
