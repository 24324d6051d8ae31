//! An event as the service shows it, with the ways to its pictures.

use std::sync::Arc;
use std::time::Duration;

use domain::{
    Bbox, Crossing, GroundPosition, Location, Point, Scope, SignalChange, Source, Speed, Timestamp,
};
use index::StoredEvent;
use serde::Serialize;
use utoipa::ToSchema;

use crate::evidence::View;
use crate::looks::ColourBody;

/// How far the stills before and after an event lie from it.
const STILL_DISTANCE: Duration = Duration::from_secs(1);
/// How much footage is shown before and after an event.
const FOOTAGE_MARGIN: Duration = Duration::from_secs(5);

/// What a rule found, with its time and place.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct EventBody {
    /// Names it everywhere: a UUID v7, or v8 if a partner found it.
    #[schema(example = "019c9f2e-6d5a-7c3b-9f10-2a8a5c6b7d8e")]
    id: String,
    /// Its place in the site's feed, from 1; null for who does not see the whole site, as it counts
    /// everything.
    sequence: Option<u64>,
    /// The camera that saw it.
    camera: String,
    /// When the condition was first met, by the camera's clock.
    #[schema(value_type = String, format = DateTime)]
    time: Timestamp,
    /// How long it had held when it was found, in milliseconds.
    duration_ms: u32,
    /// What kind of rule: `docs/rules/` has a page for each.
    #[schema(example = "line_crossing")]
    kind: &'static str,
    /// Which rule found it.
    rule: String,
    /// Which version of that rule.
    rule_version: u32,
    /// 1 is the gravest, 4 the least.
    #[schema(minimum = 1, maximum = 4)]
    severity: u8,
    /// What kind of object, if one.
    #[schema(example = "person")]
    class: Option<&'static str>,
    /// How sure the detector was of the object, 0 to 1.
    pub(crate) confidence: f32,
    /// Its colour, of a vehicle in light that lets it be told.
    colour: Option<ColourBody>,
    /// How large it is: `small`, `medium` or `large`; known where the camera is calibrated.
    size: Option<&'static str>,
    /// Where the object was going, in degrees clockwise from north; known where the camera is
    /// calibrated.
    heading: Option<f32>,
    /// The track that met the condition, if one: a number too large for a JSON number.
    track: Option<String>,
    /// Where the object was at `time`.
    bbox: Option<BboxBody>,
    /// `left_to_right` or `right_to_left` over the tripwire, for crossings and counts.
    #[schema(value_type = Option<String>)]
    crossing: Option<Crossing>,
    /// How many, for counts, crowds and congestion; otherwise 1.
    count: u32,
    /// The corners of the zone or the ends of the tripwire it was judged against, as x and y of
    /// the view, 0 to 1 from left to right and top to bottom.
    geometry: Vec<[f32; 2]>,
    /// Further shapes that it was judged against, each by its corners or ends.
    further_geometry: Vec<Vec<[f32; 2]>>,
    /// What the signal showed over the act, in order of time; empty where there is none.
    signal: Vec<SignalChangeBody>,
    /// How fast the object was, or the objects on average: an indication, not a measurement.
    speed: Option<SpeedBody>,
    /// Where the object was at `time`; known where the camera is calibrated by known locations.
    position: Option<PositionBody>,
    /// What the partner system that found it says besides, in its own words.
    note: Option<String>,
    /// Where the camera stood, if known.
    location: Option<LocationBody>,
    /// The camera's clock minus ours then, in milliseconds.
    clock_error_ms: i32,
    /// Who found it.
    pub(crate) source: SourceBody,
    /// Pictures before, at and after it.
    pub(crate) stills: StillsBody,
    /// The footage around it, as MP4.
    footage: String,
}

/// A box on the view; all four 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub(crate) struct BboxBody {
    /// Its left side.
    left: f32,
    /// Its upper side.
    top: f32,
    /// Its width.
    width: f32,
    /// Its height.
    height: f32,
}

impl From<Bbox> for BboxBody {
    fn from(bbox: Bbox) -> Self {
        Self { left: bbox.left, top: bbox.top, width: bbox.width, height: bbox.height }
    }
}

/// From when on a signal showed what.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub(crate) struct SignalChangeBody {
    /// From when on, by the camera's clock.
    #[schema(value_type = String, format = DateTime)]
    time: Timestamp,
    /// `red`, `amber`, `green` or `unknown`.
    #[schema(example = "red")]
    state: &'static str,
}

impl From<SignalChange> for SignalChangeBody {
    fn from(change: SignalChange) -> Self {
        Self { time: change.time, state: change.state.as_str() }
    }
}

/// A speed with its uncertainty: an indication, not a measurement.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub(crate) struct SpeedBody {
    /// In km/h.
    kmh: f32,
    /// Half the width of the interval that holds the true speed with 95 %, in km/h.
    uncertainty_kmh: f32,
}

impl From<Speed> for SpeedBody {
    fn from(speed: Speed) -> Self {
        Self { kmh: speed.kmh, uncertainty_kmh: speed.uncertainty_kmh }
    }
}

/// Where an object stood on the ground: an indication, not a measurement.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub(crate) struct PositionBody {
    /// Degrees north, of WGS 84.
    lat: f64,
    /// Degrees east.
    lon: f64,
    /// Radius of the circle that holds the true place with 95 %, in metres.
    uncertainty_m: f32,
}

impl From<GroundPosition> for PositionBody {
    fn from(position: GroundPosition) -> Self {
        let GroundPosition { location: Location { lat, lon }, uncertainty_m } = position;
        Self { lat, lon, uncertainty_m }
    }
}

/// A point on Earth, in degrees of WGS 84.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub(crate) struct LocationBody {
    /// Degrees north.
    lat: f64,
    /// Degrees east.
    lon: f64,
}

impl From<Location> for LocationBody {
    fn from(location: Location) -> Self {
        Self { lat: location.lat, lon: location.lon }
    }
}

/// Who found an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct SourceBody {
    /// `analysis`: our own; `watch`: our watch over the cameras; `camera`: the camera's own;
    /// `partner`: another system's.
    #[schema(example = "analysis")]
    kind: &'static str,
    /// SHA-256 of our model, in hex.
    #[schema(value_type = Option<String>)]
    pub(crate) model: Option<Arc<str>>,
    /// Who else found it: the camera, or the source as the configuration calls it.
    name: Option<String>,
    /// What it was told under: a topic of ONVIF, or a kind.
    #[schema(example = "RuleEngine/LineDetector/Crossed")]
    topic: Option<String>,
}

impl SourceBody {
    fn new(source: Source, camera: &str) -> Self {
        let told =
            |kind, name, topic| Self { kind, model: None, name: Some(name), topic: Some(topic) };
        match source {
            Source::Analysis { model } => {
                Self { kind: "analysis", model: Some(model), name: None, topic: None }
            }
            Source::Watch => Self { kind: "watch", model: None, name: None, topic: None },
            Source::Camera { topic } => told("camera", camera.to_owned(), topic),
            Source::Partner { name, topic } => told("partner", name.to_string(), topic),
        }
    }
}

/// Pictures before, at and after an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct StillsBody {
    /// A second before.
    before: StillBody,
    /// When the condition was first met.
    at: StillBody,
    /// A second after.
    after: StillBody,
}

/// One picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct StillBody {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    time: Timestamp,
    /// Where to get it as it is, as JPEG.
    href: String,
    /// Where to get a copy with the rule's geometry, the object's path and its box drawn on.
    drawn: String,
    /// Where to get the object alone, if there is one; it may not be on view yet, or no longer.
    crop: Option<String>,
}

/// Which of an event's pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Still {
    Before,
    At,
    After,
}

impl Still {
    /// Returns when it was taken, for an event at `time`.
    pub(crate) fn moment(self, time: Timestamp) -> Timestamp {
        match self {
            Self::Before => time.minus(STILL_DISTANCE),
            Self::At => time,
            Self::After => time.plus(STILL_DISTANCE),
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::At => "at",
            Self::After => "after",
        }
    }
}

impl std::str::FromStr for Still {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Before, Self::At, Self::After]
            .into_iter()
            .find(|still| still.as_str() == text)
            .ok_or("before, at or after")
    }
}

impl EventBody {
    /// Returns an event as somebody with the cameras of `scope` is told it.
    pub(crate) fn told(stored: StoredEvent, scope: &Scope) -> Self {
        let sequence = scope.is_site().then_some(stored.sequence);
        Self { sequence, ..Self::from(stored) }
    }
}

/// Without its place in the feed, which is not for everybody.
impl From<StoredEvent> for EventBody {
    fn from(StoredEvent { event, .. }: StoredEvent) -> Self {
        let id = event.id.to_string();
        let draft = event.draft;
        let camera = draft.camera.as_str().to_owned();
        let end = draft.time.plus(Duration::from_millis(u64::from(draft.duration_ms)));
        let footage = format!(
            "/api/v1/cameras/{camera}/footage.mp4?start={}&end={}",
            draft.time.minus(FOOTAGE_MARGIN),
            end.plus(FOOTAGE_MARGIN)
        );
        let still = |which: Still| {
            let href = format!("/api/v1/events/{id}/stills/{}", which.as_str());
            let shown_as = |view: View| format!("{href}?view={}", view.as_str());
            let has_object = draft.track.is_some() || which == Still::At && draft.bbox.is_some();
            StillBody {
                time: which.moment(draft.time),
                drawn: shown_as(View::Drawn),
                crop: has_object.then(|| shown_as(View::Crop)),
                href,
            }
        };
        let stills = StillsBody {
            before: still(Still::Before),
            at: still(Still::At),
            after: still(Still::After),
        };
        let source = SourceBody::new(draft.source, &camera);
        Self {
            id,
            sequence: None,
            camera,
            time: draft.time,
            duration_ms: draft.duration_ms,
            kind: draft.kind.as_str(),
            rule: draft.rule.as_str().to_owned(),
            rule_version: draft.rule_version,
            severity: draft.severity.number(),
            class: draft.class.map(domain::Class::as_str),
            confidence: draft.confidence,
            colour: draft.attributes.colour.map(ColourBody::from),
            size: draft.attributes.size.map(domain::SizeClass::as_str),
            heading: draft.attributes.heading_deg,
            track: draft.track.map(|track| track.0.to_string()),
            bbox: draft.bbox.map(BboxBody::from),
            crossing: draft.crossing,
            count: draft.count,
            geometry: shape(&draft.geometry),
            further_geometry: draft
                .evidence
                .further_geometry
                .iter()
                .map(|corners| shape(corners))
                .collect(),
            signal: draft.evidence.signal.into_iter().map(SignalChangeBody::from).collect(),
            speed: draft.evidence.speed.map(SpeedBody::from),
            position: draft.evidence.position.map(PositionBody::from),
            note: draft.evidence.note,
            location: event.location.map(LocationBody::from),
            clock_error_ms: draft.clock_error_ms,
            source,
            stills,
            footage,
        }
    }
}

/// Returns corners or ends as pairs of x and y.
fn shape(points: &[Point]) -> Vec<[f32; 2]> {
    points.iter().copied().map(<[f32; 2]>::from).collect()
}
