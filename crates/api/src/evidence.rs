//! The pictures of an event: as they are, drawn on, or of its object alone.

use std::str::FromStr;
use std::time::Duration;

use domain::{Bbox, EventDraft, EventKind, Point, RuleKind, Timestamp, TrackPoint};

use crate::event_body::Still;
use crate::frames::{Overlay, Rendition};
use crate::problem::ApiError;
use crate::state::ApiState;

/// How far from the nearest look at it an object still counts as seen.
const SEEN_WITHIN: Duration = Duration::from_millis(500);

/// How an event's picture is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum View {
    #[default]
    Plain,
    Drawn,
    Crop,
}

impl View {
    const ALL: [Self; 3] = [Self::Plain, Self::Drawn, Self::Crop];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Drawn => "drawn",
            Self::Crop => "crop",
        }
    }
}

impl FromStr for View {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|view| view.as_str() == text);
        found.ok_or_else(|| format!("\"{text}\" is not a view: plain, drawn or crop"))
    }
}

/// Returns what `view` shows of `still` of an event. Asks the index, blocks for a moment.
pub(crate) fn rendition(
    state: &ApiState,
    draft: &EventDraft,
    still: Still,
    view: View,
) -> Result<Rendition, ApiError> {
    if view == View::Plain {
        return Ok(Rendition::Plain);
    }
    let path = path(state, draft)?;
    let at = still.moment(draft.time);
    let own = draft.bbox.filter(|_| still == Still::At);
    let bbox = own.or_else(|| seen_at(&path, at));
    if view == View::Crop {
        return bbox.map(Rendition::Crop).ok_or(ApiError::NoObject);
    }
    Ok(Rendition::Drawn(overlay(draft, until(&path, at, bbox), bbox)))
}

/// Returns where the event's object went, as far as that is known yet.
fn path(state: &ApiState, draft: &EventDraft) -> Result<Vec<TrackPoint>, ApiError> {
    let Some(track) = draft.track else { return Ok(Vec::new()) };
    // Whoever is followed no longer has been handed to the index.
    if let Some(path) = state.parts().scenes.path(&draft.camera, track) {
        return Ok(path);
    }
    let stored = state.parts().index.track(track)?;
    Ok(stored.map(|track| track.path).unwrap_or_default())
}

/// Returns where the object was at `at`: between two points of its path it went straight.
fn seen_at(path: &[TrackPoint], at: Timestamp) -> Option<Bbox> {
    let after = path.partition_point(|point| point.time <= at);
    match (path[..after].last(), path.get(after)) {
        (Some(before), Some(next)) => Some(between(before, next, at)),
        (Some(last), None) => (at.since(last.time) <= SEEN_WITHIN).then_some(last.bbox),
        (None, Some(first)) => (first.time.since(at) <= SEEN_WITHIN).then_some(first.bbox),
        (None, None) => None,
    }
}

#[allow(clippy::cast_possible_truncation, reason = "a share, 0 to 1")]
fn between(before: &TrackPoint, next: &TrackPoint, at: Timestamp) -> Bbox {
    let whole = next.time.seconds_since(before.time).max(1e-6);
    let share = (at.seconds_since(before.time) / whole).clamp(0.0, 1.0) as f32;
    let mix = |from: f32, to: f32| from + (to - from) * share;
    Bbox {
        left: mix(before.bbox.left, next.bbox.left),
        top: mix(before.bbox.top, next.bbox.top),
        width: mix(before.bbox.width, next.bbox.width),
        height: mix(before.bbox.height, next.bbox.height),
    }
}

/// Returns the ground points of the path up to `at`, the last one where the object then was.
fn until(path: &[TrackPoint], at: Timestamp, bbox: Option<Bbox>) -> Vec<Point> {
    let past = path.iter().take_while(|point| point.time < at);
    past.map(|point| point.bbox).chain(bbox).map(|bbox| bbox.ground_point()).collect()
}

fn overlay(draft: &EventDraft, path: Vec<Point>, bbox: Option<Bbox>) -> Overlay {
    let mut overlay = Overlay { path, bbox, ..Overlay::default() };
    let further = draft.evidence.further_geometry.iter().map(|shape| shape.to_vec());
    if draft.kind == EventKind::Rule(RuleKind::WrongWay) {
        // Its second shape is the way that the lane goes.
        overlay.ways.extend(further);
    } else {
        overlay.shapes.extend(further);
    }
    if let (&[from, to], Some(crossing)) = (&draft.geometry[..], draft.crossing) {
        overlay.crossed = Some(([from, to], crossing));
    }
    overlay.shapes.push(draft.geometry.to_vec());
    overlay
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Timestamp {
        Timestamp::from_micros(1_772_325_000_000_000).plus(Duration::from_millis(ms))
    }

    fn point(ms: u64, left: f32) -> TrackPoint {
        let bbox = Bbox { left, top: 0.5, width: 0.125, height: 0.25 };
        TrackPoint { time: at(ms), bbox }
    }

    #[test]
    fn an_object_is_where_its_path_went_and_nowhere_before_or_after() {
        let path = [point(1000, 0.25), point(3000, 0.75)];
        let left = |ms| seen_at(&path, at(ms)).map(|bbox| bbox.left);
        assert_eq!(left(499), None);
        assert_eq!(left(500), Some(0.25));
        assert_eq!(left(1000), Some(0.25));
        assert_eq!(left(2000), Some(0.5));
        assert_eq!(left(3500), Some(0.75));
        assert_eq!(left(3501), None);
        assert_eq!(seen_at(&[], at(0)), None);
    }

    #[test]
    fn a_path_ends_where_the_object_was_in_the_picture() {
        let path = [point(0, 0.0), point(1000, 0.25), point(3000, 0.75)];
        let drawn = until(&path, at(2000), seen_at(&path, at(2000)));
        let across: Vec<f32> = drawn.iter().map(|point| point.x).collect();
        assert_eq!(across, [0.0625, 0.3125, 0.5625]);
        assert_eq!(until(&path, at(9000), None).len(), 3);
        assert!(until(&[], at(0), None).is_empty());
    }
}
