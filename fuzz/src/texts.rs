//! Texts that others write: cameras, the makers of data sets, who names the places of a site, and who
//! looks for one.

use std::sync::LazyLock;

use domain::Class;
use evaluation::{Boxes, Truth};
use ingest::onvif::{Metadata, limits};
use places::Places;

/// What a camera's own analysis tells.
pub(crate) fn onvif_metadata(bytes: &[u8]) {
    let Ok(told) = Metadata::parse(bytes) else { return };
    assert!(told.frames.len() <= limits::FRAMES && told.notifications.len() <= limits::FRAMES);
    for object in told.frames.iter().flat_map(|frame| &frame.objects) {
        let sides = [object.bbox.left, object.bbox.top, object.bbox.width, object.bbox.height];
        assert!(sides.iter().all(|side| side.is_finite()), "{:?}", object.bbox);
        assert!(object.id.len() <= limits::TEXT);
    }
}

/// The site's own places, as GeoJSON.
pub(crate) fn places_layer(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(places) = places::layer::read(text) else { return };
    for place in places {
        assert!(place.areas.iter().all(|area| area.problem().is_none()), "{place:?}");
    }
}

/// What the site draws on its map, as GeoJSON.
pub(crate) fn map_layer(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(drawing) = places::map_layer::read(text) else { return };
    // What is sent to browsers is drawn alike when it is read again.
    assert_eq!(places::map_layer::read(&drawing.geo_json), Ok(drawing.clone()));
}

/// What a person types to find a place.
pub(crate) fn place_names(bytes: &[u8]) {
    static PLACES: LazyLock<Places> =
        LazyLock::new(|| Places::new(Vec::new()).expect("the built-in table is whole"));
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    assert!(PLACES.find(text, None, 20).len() <= 20);
}

/// Boxes by frame, as MOTChallenge writes them: as truth, as tracks, and as detections, which are
/// then followed at so many pictures a second as the first byte says.
pub(crate) fn mot(bytes: &[u8]) {
    let Some((rate, rest)) = bytes.split_first() else { return };
    // The cost of following grows with the square of what is in a frame.
    if rest.len() > 4096 {
        return;
    }
    if let Ok(text) = std::str::from_utf8(rest) {
        let _ = Boxes::parse_truth(text);
        let _ = Boxes::parse_tracks(text);
        let _ = Boxes::parse_detections(text);
    }
    let rates = [25.0, 0.001, 1000.0, f64::MIN_POSITIVE, f64::NAN, 0.0, -1.0, f64::INFINITY];
    let fps = rates[usize::from(rate % 8)];
    let _ = scene::mot::track_detections(rest, std::io::sink(), fps, Class::Person);
}

/// What is true of a clip.
pub(crate) fn truth(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _ = Truth::parse(text);
}
