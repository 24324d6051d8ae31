//! Where a camera stands.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A location that is not on Earth.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("({lat}, {lon}) is not a location: latitude is -90 to 90, longitude -180 to 180")]
pub struct LocationError {
    lat: f64,
    lon: f64,
}

/// A point on Earth, in degrees of WGS 84.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Location {
    /// Degrees north.
    pub lat: f64,
    /// Degrees east.
    pub lon: f64,
}

impl Location {
    /// Takes degrees north and east.
    ///
    /// # Errors
    /// Refuses what is not on Earth, NaN included.
    pub fn new(lat: f64, lon: f64) -> Result<Self, LocationError> {
        let valid = (-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lon);
        if valid { Ok(Self { lat, lon }) } else { Err(LocationError { lat, lon }) }
    }

    /// Returns the great-circle distance to `other` in metres (haversine; mean Earth radius).
    pub fn distance_m(self, other: Self) -> f64 {
        const EARTH_RADIUS_M: f64 = 6_371_008.8;
        let half_lat = (other.lat - self.lat).to_radians() / 2.0;
        let half_lon = (other.lon - self.lon).to_radians() / 2.0;
        let chord = half_lat.sin().powi(2)
            + self.lat.to_radians().cos() * other.lat.to_radians().cos() * half_lon.sin().powi(2);
        2.0 * EARTH_RADIUS_M * chord.sqrt().min(1.0).asin()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hoan_kiem_to_ba_dinh_is_two_kilometres() {
        let tower = Location::new(21.0285, 105.8522).unwrap();
        let square = Location::new(21.0370, 105.8346).unwrap();
        let distance = tower.distance_m(square);
        assert!((2000.0..2150.0).contains(&distance), "{distance}");
        assert!(Location::new(f64::NAN, 0.0).is_err());
    }
}
