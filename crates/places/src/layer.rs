//! What the site itself named: bridges, junctions, corridors, from a GeoJSON file (RFC 7946).
//!
//! A `FeatureCollection`; each feature with the properties `id` (a-z, 0-9 and `-`), `name`, and
//! optionally `name_en`, `kind` (`bridge`, `junction`, `corridor`, `site`) and `reach_m`, how far
//! around a point or to each side of a line it reaches. A `Polygon` is taken by its outer ring.

use std::collections::HashSet;

use domain::{Area, Location};
use serde_json::Value;

use crate::geojson::{self, GeoJsonError, Wrong, position, text};
use crate::place::{Place, PlaceId, PlaceKind};

/// Largest file that is read, in bytes.
pub const LARGEST_BYTES: usize = 16 << 20;
/// How far a point reaches unless told, in metres.
const POINT_REACH_M: f64 = 150.0;
/// How far a line reaches to each side unless told, in metres.
const LINE_REACH_M: f64 = 60.0;

/// Reads the places of a file.
///
/// # Errors
/// The first thing that is wrong, with the feature it is in.
pub fn read(text: &str) -> Result<Vec<Place>, GeoJsonError> {
    let mut taken = HashSet::new();
    geojson::features(text, LARGEST_BYTES, |feature| {
        let place = place(feature)?;
        if !taken.insert(place.id.clone()) {
            let problem = format!("\"{}\" is the id of another place, too", place.id);
            return Err(("properties.id", problem));
        }
        Ok(place)
    })
}

fn place(feature: &Value) -> Result<Place, Wrong> {
    let properties = &feature["properties"];
    let id = properties["id"].as_str().unwrap_or_default();
    let id: PlaceId = Some(id)
        .filter(|id| !id.is_empty())
        .and_then(|id| format!("site-{id}").parse().ok())
        .ok_or(("properties.id", "is needed: a-z, 0-9 and -, at most 75".to_owned()))?;
    let name = text(properties, "name")
        .ok_or(("properties.name", "is needed: at most 200 characters".to_owned()))?;
    let kind = match properties["kind"].as_str() {
        Some("bridge") => PlaceKind::Bridge,
        Some("junction") => PlaceKind::Junction,
        Some("corridor") => PlaceKind::Corridor,
        Some("site") | None => PlaceKind::Site,
        Some(_) => {
            let problem = "is one of bridge, junction, corridor, site".to_owned();
            return Err(("properties.kind", problem));
        }
    };
    let area = area(&feature["geometry"], properties["reach_m"].as_f64())?;
    if let Some(problem) = area.problem() {
        return Err(("geometry", problem));
    }
    Ok(Place {
        id,
        kind,
        name,
        name_en: text(properties, "name_en"),
        within: Vec::new(),
        now: Vec::new(),
        areas: vec![area],
        is_rough: false,
        told_as: Vec::new(),
    })
}

fn area(geometry: &Value, reach_m: Option<f64>) -> Result<Area, Wrong> {
    let coordinates = &geometry["coordinates"];
    match geometry["type"].as_str() {
        Some("Point") => Ok(Area::Circle {
            centre: position(coordinates)?,
            radius_m: reach_m.unwrap_or(POINT_REACH_M),
        }),
        Some("LineString") => Ok(Area::Corridor {
            line: positions(coordinates)?,
            reach_m: reach_m.unwrap_or(LINE_REACH_M),
        }),
        Some("Polygon") => {
            let mut corners = positions(&coordinates[0])?;
            // The last repeats the first (RFC 7946 section 3.1.6).
            corners.pop();
            Ok(Area::Polygon(corners))
        }
        _ => Err(("geometry.type", "is one of Point, LineString, Polygon".to_owned())),
    }
}

fn positions(coordinates: &Value) -> Result<Vec<Location>, Wrong> {
    let coordinates = coordinates.as_array().map(Vec::as_slice).unwrap_or_default();
    // What has more is refused by the area itself; not all of it need be read for that.
    coordinates.iter().take(1002).map(position).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn collection(feature: &str) -> String {
        format!(r#"{{"type":"FeatureCollection","features":[{feature}]}}"#)
    }

    const BRIDGE: &str = r#"{"type":"Feature","properties":{"id":"cau-chuong-duong",
        "name":"Cầu Chương Dương","name_en":"Chuong Duong bridge","kind":"bridge","reach_m":80},
        "geometry":{"type":"LineString","coordinates":[[105.8565,21.0325],[105.8690,21.0385]]}}"#;

    #[test]
    fn a_bridge_is_a_corridor_along_it() {
        let places = read(&collection(BRIDGE)).unwrap();
        let [bridge] = places.as_slice() else { panic!("{places:?}") };
        assert_eq!((bridge.id.as_str(), bridge.kind), ("site-cau-chuong-duong", PlaceKind::Bridge));
        let on_it = Location::new(21.0355, 105.8628).unwrap();
        // What wards it lies in says nothing about the bridge.
        assert!(bridge.holds(Some(on_it), &["Phường Hồng Hà".to_owned()]));
        assert!(!bridge.holds(None, &["Phường Hồng Hà".to_owned()]));
    }

    #[test]
    fn what_cannot_be_taken_is_refused_with_its_place() {
        let wrong = |text: &str| read(text).unwrap_err().to_string();
        assert!(wrong("{").starts_with("this is no GeoJSON feature collection: "));
        assert!(wrong(r#"{"type":"Feature"}"#).contains("FeatureCollection"));
        assert!(wrong(&collection("{}")).starts_with("features[0].properties.id: is needed"));
        assert!(wrong(&collection(&format!("{BRIDGE},{BRIDGE}"))).contains("features[1]"));
        let swapped = collection(&BRIDGE.replace("[105.8565,21.0325]", "[21.0325,105.8565]"));
        assert!(wrong(&swapped).contains("longitude comes first"), "{}", wrong(&swapped));
        let short = collection(&BRIDGE.replace(",[105.8690,21.0385]", ""));
        assert!(wrong(&short).starts_with("features[0].geometry: the corridor needs"));
        let kind = collection(&BRIDGE.replace("\"bridge\"", "\"tunnel\""));
        assert!(wrong(&kind).contains("bridge, junction, corridor, site"));
        let unnamed = collection(&BRIDGE.replace("Cầu Chương Dương", " "));
        assert!(wrong(&unnamed).contains("properties.name"));
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(wrong(&deep).contains("recursion"), "{}", wrong(&deep));
    }
}
