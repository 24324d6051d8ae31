//! Places on the map and by name, to search in.

use crate::Location;
use crate::plain_text::folded;

/// A place to search in.
#[derive(Debug, Clone, PartialEq)]
pub enum Area {
    /// Between two parallels and two meridians, borders included. `west > east` crosses the
    /// antimeridian.
    Box {
        /// Southern border, degrees north.
        south: f64,
        /// Western border, degrees east.
        west: f64,
        /// Northern border, degrees north.
        north: f64,
        /// Eastern border, degrees east.
        east: f64,
    },
    /// Within a distance of a point.
    Circle {
        /// The middle.
        centre: Location,
        /// How far, in metres.
        radius_m: f64,
    },
    /// Inside a polygon drawn on the map, in order and closed by itself; the even–odd rule.
    Polygon(Vec<Location>),
    /// In a street, ward or province, or under a camera's name: whole words of it, whatever the
    /// case and the diacritics (`hang bai` finds `Phố Hàng Bài`).
    Named(String),
}

/// Borders of an area on the map, in degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// Southern border.
    pub south: f64,
    /// Western border.
    pub west: f64,
    /// Northern border.
    pub north: f64,
    /// Eastern border.
    pub east: f64,
}

impl Area {
    /// Returns what is wrong with it, if anything.
    pub fn problem(&self) -> Option<String> {
        let is_location = |lat: f64, lon: f64| Location::new(lat, lon).is_ok();
        match self {
            Self::Box { south, west, north, east } => {
                let on_earth = is_location(*south, *west) && is_location(*north, *east);
                (!on_earth || south > north)
                    .then(|| "the box has borders that are not on Earth or the wrong way".into())
            }
            Self::Circle { centre, radius_m } => {
                let valid =
                    is_location(centre.lat, centre.lon) && radius_m.is_finite() && *radius_m >= 0.0;
                (!valid).then(|| "the circle has no valid middle or radius".into())
            }
            Self::Polygon(corners) => {
                let valid = (3..=1000).contains(&corners.len())
                    && corners.iter().all(|corner| is_location(corner.lat, corner.lon));
                (!valid).then(|| "the polygon needs 3 to 1000 corners on Earth".into())
            }
            Self::Named(name) => {
                folded(name).trim().is_empty().then(|| "the place has no name".into())
            }
        }
    }

    /// Returns whether `location` lies in it; never for a named place.
    pub fn contains(&self, location: Location) -> bool {
        match self {
            Self::Box { south, west, north, east } => {
                let between_parallels = (*south..=*north).contains(&location.lat);
                let between_meridians = if west <= east {
                    (*west..=*east).contains(&location.lon)
                } else {
                    location.lon >= *west || location.lon <= *east
                };
                between_parallels && between_meridians
            }
            Self::Circle { centre, radius_m } => centre.distance_m(location) <= *radius_m,
            Self::Polygon(corners) => polygon_contains(corners, location),
            Self::Named(_) => false,
        }
    }

    /// Returns borders that hold all of it; the whole Earth where that is simpler.
    pub fn bounds(&self) -> Option<Bounds> {
        let everywhere = Bounds { south: -90.0, west: -180.0, north: 90.0, east: 180.0 };
        match self {
            Self::Box { south, west, north, east } => Some(Bounds {
                south: *south,
                north: *north,
                west: if west <= east { *west } else { -180.0 },
                east: if west <= east { *east } else { 180.0 },
            }),
            Self::Circle { centre, radius_m } => {
                // A degree of latitude is 110.57 km at the least; a little more is harmless.
                let lat_degrees = radius_m / 110_000.0;
                let widest = (centre.lat.abs() + lat_degrees).min(90.0);
                let lon_degrees = lat_degrees / widest.to_radians().cos().max(1e-9);
                let (west, east) = (centre.lon - lon_degrees, centre.lon + lon_degrees);
                if widest > 89.0 || west < -180.0 || east > 180.0 {
                    return Some(everywhere);
                }
                Some(Bounds {
                    south: centre.lat - lat_degrees,
                    west,
                    north: centre.lat + lat_degrees,
                    east,
                })
            }
            Self::Polygon(corners) => {
                let first = corners.first()?;
                let point =
                    Bounds { south: first.lat, west: first.lon, north: first.lat, east: first.lon };
                Some(corners.iter().fold(point, |bounds, corner| Bounds {
                    south: bounds.south.min(corner.lat),
                    west: bounds.west.min(corner.lon),
                    north: bounds.north.max(corner.lat),
                    east: bounds.east.max(corner.lon),
                }))
            }
            Self::Named(_) => None,
        }
    }
}

/// Returns whether `location` lies inside, by the even–odd rule on plain degrees: good for the
/// size of a province, away from the antimeridian.
fn polygon_contains(corners: &[Location], location: Location) -> bool {
    let Some(mut previous) = corners.last().copied() else {
        return false;
    };
    let mut inside = false;
    for &corner in corners {
        let straddles = (corner.lat > location.lat) != (previous.lat > location.lat);
        if straddles {
            let crossing_lon = (previous.lon - corner.lon) * (location.lat - corner.lat)
                / (previous.lat - corner.lat)
                + corner.lon;
            if location.lon < crossing_lon {
                inside = !inside;
            }
        }
        previous = corner;
    }
    inside
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_hold_the_area() {
        let centre = Location::new(21.0285, 105.8522).unwrap();
        let circle = Area::Circle { centre, radius_m: 500.0 };
        let bounds = circle.bounds().unwrap();
        let mut lon = bounds.west - 0.01;
        while lon < bounds.east + 0.01 {
            let mut lat = bounds.south - 0.01;
            while lat < bounds.north + 0.01 {
                let inside = (bounds.south..=bounds.north).contains(&lat)
                    && (bounds.west..=bounds.east).contains(&lon);
                assert!(inside || !circle.contains(Location::new(lat, lon).unwrap()));
                lat += 0.000_5;
            }
            lon += 0.000_5;
        }
    }
}
