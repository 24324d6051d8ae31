//! Traffic lights between the parts: where a scene says its lamps are, for vision to read; what they
//! showed, for the scene to judge by.

use domain::{Bbox, Polygon, SignalState};
use scene::{CameraScene, SignalSource};
use vision::lamp::{Aspect, Lamps};

/// Returns the lamps that vision is to read for `scene`.
pub(crate) fn lamps_of(scene: &CameraScene) -> Vec<Lamps> {
    let lamps = scene.signals.iter().filter_map(|signal| match &signal.source {
        SignalSource::Lamps(lamps) => Some(Lamps {
            signal: signal.name.clone(),
            red: Some(bounds(&lamps.red)),
            amber: lamps.amber.as_ref().map(bounds),
            green: Some(bounds(&lamps.green)),
        }),
        SignalSource::Plan(_) | SignalSource::Feed => None,
    });
    lamps.collect()
}

/// Returns what a scene calls the aspect that vision saw.
pub(crate) fn state_of(aspect: Aspect) -> SignalState {
    match aspect {
        Aspect::Red => SignalState::Red,
        Aspect::Amber => SignalState::Amber,
        Aspect::Green => SignalState::Green,
        Aspect::Unknown => SignalState::Unknown,
    }
}

/// Returns the box close around a region that a person drew.
fn bounds(region: &Polygon) -> Bbox {
    let corners = region.corners();
    let fold = |of: fn(&domain::Point) -> f32, pick: fn(f32, f32) -> f32| {
        corners.iter().map(of).reduce(pick).unwrap_or(0.0)
    };
    let (left, top) = (fold(|corner| corner.x, f32::min), fold(|corner| corner.y, f32::min));
    let (right, bottom) = (fold(|corner| corner.x, f32::max), fold(|corner| corner.y, f32::max));
    Bbox { left, top, width: right - left, height: bottom - top }
}
