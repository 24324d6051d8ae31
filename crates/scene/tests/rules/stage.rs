//! A stage for scripted tracks.

use std::fmt::Write;

use domain::{Bbox, Class, Detection, EventDraft, SignalState};
use scene::{CameraScene, Scene, TrackerSettings};

use crate::common::{START, observation};

pub(crate) const ASPECT: f32 = 16.0 / 9.0;

/// Pictures per second.
const RATE: f64 = 5.0;

/// A scene to be judged, and all that was found in it so far.
pub(crate) struct Stage {
    config: String,
    said: String,
}

/// What a signal called "north" shows at a time; `None` if nobody tells.
pub(crate) type Shown = fn(f32) -> Option<SignalState>;

impl Stage {
    /// Takes a camera's scene as JSON.
    pub(crate) fn new(config: &str) -> Self {
        Self { config: config.to_owned(), said: String::new() }
    }

    /// Plays a scene of so many seconds and notes what was found.
    pub(crate) fn play(&mut self, name: &str, seconds: f64, seen: impl Fn(f32) -> Vec<Detection>) {
        self.play_at(name, seconds, |_| None, seen);
    }

    /// Plays a scene with a signal.
    pub(crate) fn play_at(
        &mut self,
        name: &str,
        seconds: f64,
        shown: Shown,
        seen: impl Fn(f32) -> Vec<Detection>,
    ) {
        let config: CameraScene = serde_json::from_str(&self.config).unwrap();
        assert_eq!(config.check(), []);
        let camera = "cau-giay-01".parse().unwrap();
        let mut scene = Scene::new(camera, 3, config, TrackerSettings::default()).unwrap();
        let mut events = Vec::new();
        for step in 0..(seconds * RATE) as u32 {
            let time = f64::from(step) / RATE;
            let picture = observation(time, ASPECT, seen(time as f32));
            if let Some(state) = shown(time as f32) {
                assert!(scene.signal("north", state, picture.time));
            }
            events.extend(scene.observe(&picture).events);
        }
        events.extend(scene.finish().events);
        writeln!(self.said, "{name}").unwrap();
        if events.is_empty() {
            writeln!(self.said, "  -").unwrap();
        }
        for event in &events {
            writeln!(self.said, "  {}", line(event)).unwrap();
        }
    }

    /// Returns all that was found.
    pub(crate) fn said(self) -> String {
        self.said
    }
}

fn line(event: &EventDraft) -> String {
    let mut line = format!("{:.1} s {}", event.time.seconds_since(START), event.rule);
    if let Some(class) = event.class {
        write!(line, " {class}").unwrap();
    }
    write!(line, " held {:.1} s", f64::from(event.duration_ms) / 1000.0).unwrap();
    if let Some(bbox) = event.bbox {
        let ground = bbox.ground_point();
        write!(line, " at {:.2},{:.2}", ground.x, ground.y).unwrap();
    }
    if event.count > 1 {
        write!(line, " x{}", event.count).unwrap();
    }
    let evidence = &event.evidence;
    if !evidence.further_geometry.is_empty() {
        write!(line, " +{} shapes", evidence.further_geometry.len()).unwrap();
    }
    for change in &evidence.signal {
        let seconds = change.time.seconds_since(START);
        write!(line, " [{} from {seconds:.1} s]", change.state.as_str()).unwrap();
    }
    if let Some(speed) = evidence.speed {
        write!(line, " {:.0} ± {:.0} km/h", speed.kmh, speed.uncertainty_kmh).unwrap();
    }
    if let Some(size) = event.attributes.size {
        write!(line, " {size}").unwrap();
    }
    if let Some(heading_deg) = event.attributes.heading_deg {
        write!(line, " heading {heading_deg:.0}°").unwrap();
    }
    line
}

/// Returns a sure detection of a box by its ground point.
pub(crate) fn object(class: Class, x: f32, y: f32, width: f32, height: f32) -> Detection {
    let bbox = Bbox { left: x - width / 2.0, top: y - height, width, height };
    Detection { bbox, class, confidence: 0.8, colour: None }
}

pub(crate) fn car(x: f32, y: f32) -> Detection {
    object(Class::Car, x, y, 0.08, 0.1)
}

pub(crate) fn motorcycle(x: f32, y: f32) -> Detection {
    object(Class::Motorcycle, x, y, 0.03, 0.09)
}

pub(crate) fn person(x: f32, y: f32) -> Detection {
    object(Class::Person, x, y, 0.03, 0.12)
}

/// Returns a trembling of -1 to 1 that is different in every picture.
pub(crate) fn tremble(time: f32) -> f32 {
    (time * 37.0).sin()
}

/// Returns where something is that goes from `from` to `to` between two times and stands before
/// and after.
pub(crate) fn going(time: f32, (start, end): (f32, f32), (from, to): (f32, f32)) -> f32 {
    let share = ((time - start) / (end - start)).clamp(0.0, 1.0);
    from + (to - from) * share
}

/// Shows one object only between two times.
pub(crate) fn during(time: f32, (start, end): (f32, f32), seen: Detection) -> Vec<Detection> {
    if (start..end).contains(&time) { vec![seen] } else { vec![] }
}
