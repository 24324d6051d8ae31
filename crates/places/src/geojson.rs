//! GeoJSON (RFC 7946) as the site writes it by hand or exports it: what is common to all of its files.

use domain::Location;
use serde_json::Value;

/// Features that a file may have.
const MOST_FEATURES: usize = 20_000;
const MOST_NAME_CHARACTERS: usize = 200;
/// How programs that still write a coordinate system (which RFC 7946 took away) name the one there is.
const SYSTEMS: [&str; 4] =
    ["urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:EPSG::4326", "EPSG:4326", "OGC:CRS84"];

/// Why a file of GeoJSON cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GeoJsonError {
    /// It is not GeoJSON as a whole.
    #[error("this is no GeoJSON feature collection: {0}")]
    NotACollection(String),
    /// A feature cannot be taken.
    #[error("features[{feature}].{field}: {problem}")]
    Feature {
        /// Which, from 0.
        feature: usize,
        /// What of it.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },
}

/// What is wrong with a feature: what of it, and why.
pub(crate) type Wrong = (&'static str, String);

/// Reads the features of a collection of `most_bytes` at most, as `read` takes them.
pub(crate) fn features<T>(
    text: &str,
    most_bytes: usize,
    mut read: impl FnMut(&Value) -> Result<T, Wrong>,
) -> Result<Vec<T>, GeoJsonError> {
    let collection = |problem: String| GeoJsonError::NotACollection(problem);
    if text.len() > most_bytes {
        return Err(collection(format!("it is larger than {} MiB", most_bytes >> 20)));
    }
    let root: Value = serde_json::from_str(text).map_err(|error| collection(error.to_string()))?;
    if root["type"] != "FeatureCollection" {
        return Err(collection("its type is not \"FeatureCollection\"".to_owned()));
    }
    if let Some(system) = root["crs"]["properties"]["name"].as_str()
        && !SYSTEMS.contains(&system)
    {
        let shown: String = system.chars().take(80).collect();
        let problem =
            format!("its coordinates are of {shown:?}; save it with those of WGS 84 (EPSG:4326)");
        return Err(collection(problem));
    }
    let features =
        root["features"].as_array().ok_or_else(|| collection("it has no features".to_owned()))?;
    if features.len() > MOST_FEATURES {
        return Err(collection("it has more than 20,000 features".to_owned()));
    }
    let numbered = features.iter().enumerate();
    let read = numbered.map(|(feature, value)| {
        read(value).map_err(|(field, problem)| GeoJsonError::Feature { feature, field, problem })
    });
    read.collect()
}

/// Returns a property of words, if it is such.
pub(crate) fn text(properties: &Value, key: &str) -> Option<String> {
    let text = properties[key].as_str()?.trim();
    is_name(text).then(|| text.to_owned())
}

/// Returns whether `text` can be shown as a name.
pub(crate) fn is_name(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
        && text.chars().count() <= MOST_NAME_CHARACTERS
        && !text.chars().any(char::is_control)
}

/// Reads a position: longitude first (RFC 7946 section 3.1.1).
pub(crate) fn position(coordinates: &Value) -> Result<Location, Wrong> {
    let number = |axis: usize| coordinates[axis].as_f64().unwrap_or(f64::NAN);
    Location::new(number(1), number(0))
        .map_err(|error| ("geometry.coordinates", format!("{error}; longitude comes first here")))
}
