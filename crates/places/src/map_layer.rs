//! What the site draws on its map: wards, closed roads, posts, from a GeoJSON file (RFC 7946).
//!
//! A `FeatureCollection` of points, lines and polygons, single or several together. A feature may have
//! the property `name`, which is written beside it. Nothing else of the file is taken: what else its
//! maker knew of the features is not for everybody who sees the map.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::geojson::{self, GeoJsonError, Wrong, is_name, position};

/// Largest file that is read, in bytes: a browser is sent as much as that.
pub const LARGEST_BYTES: usize = 4 << 20;
/// Degrees are told to a tenth of a metre.
const PARTS_OF_A_DEGREE: f64 = 1e6;

/// What a layer draws, as GeoJSON that holds nothing but what is drawn. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapDrawing {
    /// How many features it has.
    pub features: usize,
    /// The collection, as text.
    pub geo_json: Arc<str>,
}

/// Reads what a file draws.
///
/// # Errors
/// The first thing that is wrong, with the feature it is in.
pub fn read(text: &str) -> Result<MapDrawing, GeoJsonError> {
    let features = geojson::features(text, LARGEST_BYTES, feature)?;
    let count = features.len();
    let collection = json!({"type": "FeatureCollection", "features": features});
    Ok(MapDrawing { features: count, geo_json: collection.to_string().into() })
}

fn feature(told: &Value) -> Result<Value, Wrong> {
    let mut properties = Map::new();
    match &told["properties"]["name"] {
        Value::Null => {}
        Value::String(name) if is_name(name) => {
            properties.insert("name".to_owned(), name.trim().into());
        }
        _ => {
            let problem = "is 1 to 200 characters that can be shown; leave it out for none";
            return Err(("properties.name", problem.to_owned()));
        }
    }
    let geometry = geometry(&told["geometry"])?;
    Ok(json!({"type": "Feature", "properties": properties, "geometry": geometry}))
}

fn geometry(told: &Value) -> Result<Value, Wrong> {
    let coordinates = &told["coordinates"];
    let kind = told["type"].as_str().unwrap_or_default();
    let drawn = match kind {
        "Point" => point(coordinates)?,
        "MultiPoint" => each(coordinates, point)?,
        "LineString" => line(coordinates)?,
        "MultiLineString" => each(coordinates, line)?,
        "Polygon" => polygon(coordinates)?,
        "MultiPolygon" => each(coordinates, polygon)?,
        _ => {
            let problem = "is one of Point, LineString, Polygon, MultiPoint, MultiLineString, \
                           MultiPolygon: nothing else is drawn";
            return Err(("geometry.type", problem.to_owned()));
        }
    };
    Ok(json!({"type": kind, "coordinates": drawn}))
}

fn each(told: &Value, read: fn(&Value) -> Result<Value, Wrong>) -> Result<Value, Wrong> {
    let parts = told.as_array().map(Vec::as_slice).unwrap_or_default();
    if parts.is_empty() {
        return Err(("geometry.coordinates", "is a list of one or more".to_owned()));
    }
    parts.iter().map(read).collect()
}

fn point(told: &Value) -> Result<Value, Wrong> {
    let at = position(told)?;
    let rounded = |degrees: f64| (degrees * PARTS_OF_A_DEGREE).round() / PARTS_OF_A_DEGREE;
    // A height, which may stand third, is not drawn.
    Ok(json!([rounded(at.lon), rounded(at.lat)]))
}

fn line(told: &Value) -> Result<Value, Wrong> {
    if told.as_array().is_some_and(|positions| positions.len() < 2) {
        return Err(("geometry.coordinates", "a line needs 2 positions or more".to_owned()));
    }
    each(told, point)
}

/// Rings, the outer one first, each of which ends where it begins (RFC 7946 section 3.1.6).
fn polygon(told: &Value) -> Result<Value, Wrong> {
    each(told, |told| {
        let positions = told.as_array().map(Vec::as_slice).unwrap_or_default();
        if positions.len() < 4 || positions.first() != positions.last() {
            let problem = "a ring needs 4 positions or more, the last the same as the first";
            return Err(("geometry.coordinates", problem.to_owned()));
        }
        each(told, point)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROAD: &str = r#"{"type":"Feature","properties":{"name":"Phố Hàng Bài","officer":"0912345678"},
        "geometry":{"type":"LineString","coordinates":[[105.85301234567,21.0252,12.5],[105.8536,21.0241]]}}"#;

    fn collection(feature: &str) -> String {
        format!(r#"{{"type":"FeatureCollection","features":[{feature}]}}"#)
    }

    fn shaped(kind: &str, coordinates: &str) -> String {
        let geometry = format!(r#"{{"type":"{kind}","coordinates":{coordinates}}}"#);
        collection(&format!(r#"{{"type":"Feature","properties":null,"geometry":{geometry}}}"#))
    }

    #[test]
    fn what_is_drawn_is_kept_and_nothing_else() {
        let drawing = read(&collection(ROAD)).unwrap();
        assert_eq!(drawing.features, 1);
        let drawn: Value = serde_json::from_str(&drawing.geo_json).unwrap();
        assert_eq!(drawn["features"][0]["properties"], json!({"name": "Phố Hàng Bài"}));
        assert_eq!(
            drawn["features"][0]["geometry"]["coordinates"],
            json!([[105.853012, 21.0252], [105.8536, 21.0241]])
        );
    }

    #[test]
    fn every_shape_that_maps_have_is_taken() {
        let ring = "[[105.8,21.0],[105.9,21.0],[105.9,21.1],[105.8,21.0]]";
        for (kind, coordinates) in [
            ("Point", "[105.8,21.0]".to_owned()),
            ("MultiPoint", "[[105.8,21.0]]".to_owned()),
            ("LineString", "[[105.8,21.0],[105.9,21.0]]".to_owned()),
            ("MultiLineString", "[[[105.8,21.0],[105.9,21.0]]]".to_owned()),
            ("Polygon", format!("[{ring}]")),
            ("MultiPolygon", format!("[[{ring},{ring}],[{ring}]]")),
        ] {
            let drawing = read(&shaped(kind, &coordinates)).unwrap();
            let drawn: Value = serde_json::from_str(&drawing.geo_json).unwrap();
            let told: Value = serde_json::from_str(&coordinates).unwrap();
            let geometry = json!({"type": kind, "coordinates": told});
            assert_eq!(drawn["features"][0]["geometry"], geometry);
        }
    }

    #[test]
    fn what_cannot_be_drawn_is_refused_with_its_place() {
        let wrong = |text: &str| read(text).unwrap_err().to_string();
        for (kind, coordinates, problem) in [
            ("GeometryCollection", "[]", "features[0].geometry.type: is one of Point"),
            ("Point", "[21.0,105.8]", "features[0].geometry.coordinates: "),
            ("Point", "null", "features[0].geometry.coordinates: "),
            ("MultiPoint", "[]", "is a list of one or more"),
            ("LineString", "[[105.8,21.0]]", "a line needs 2 positions"),
            ("LineString", "\"far\"", "is a list of one or more"),
            ("Polygon", "[[[105.8,21.0],[105.9,21.0],[105.9,21.1],[105.9,21.0]]]", "a ring needs"),
            ("MultiPolygon", "[[[]]]", "a ring needs 4 positions"),
        ] {
            let found = wrong(&shaped(kind, coordinates));
            assert!(found.contains(problem), "{kind} {coordinates}: {found}");
        }
        let named = |name: &str| collection(&ROAD.replace("\"Phố Hàng Bài\"", name));
        for name in ["17", "\"\"", "\"\\u0007a\"", &format!("\"{}\"", "x".repeat(201))] {
            let found = wrong(&named(name));
            assert!(found.starts_with("features[0].properties.name: is 1 to 200"), "{found}");
        }
        assert!(wrong("null").contains("FeatureCollection"));
        let large = format!("{}{}", collection(ROAD), " ".repeat(LARGEST_BYTES));
        assert!(wrong(&large).contains("larger than 4 MiB"), "{}", wrong(&large));
        let deep = shaped("MultiPolygon", &format!("{}{}", "[".repeat(9999), "]".repeat(9999)));
        assert!(wrong(&deep).contains("recursion"), "{}", wrong(&deep));
    }

    #[test]
    fn a_file_in_other_coordinates_is_refused_before_it_is_drawn_elsewhere() {
        let of = |name: &str| {
            let crs = format!(r#""crs":{{"type":"name","properties":{{"name":"{name}"}}}},"#);
            read(&collection(ROAD).replacen('{', &format!("{{{crs}"), 1))
        };
        assert!(of("urn:ogc:def:crs:OGC:1.3:CRS84").is_ok());
        assert!(of("EPSG:4326").is_ok());
        // VN-2000: a few hundred metres beside it.
        let found = of("urn:ogc:def:crs:EPSG::4756").unwrap_err().to_string();
        assert!(found.contains("EPSG::4756") && found.contains("WGS 84"), "{found}");
    }
}
