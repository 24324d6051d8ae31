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
    /// Along a line, such as a road: within a distance of it.
    Corridor {
        /// Its corners in order, at least two.
        line: Vec<Location>,
        /// How far to each side, in metres.
        reach_m: f64,
    },
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

/// A corridor wider than this is a circle.
const MOST_REACH_M: f64 = 100_000.0;

impl Bounds {
    /// Holds all of the Earth.
    const EVERYWHERE: Self = Self { south: -90.0, west: -180.0, north: 90.0, east: 180.0 };

    /// Returns the borders around `corners`; `None` if there are none.
    fn around(corners: &[Location]) -> Option<Self> {
        let first = corners.first()?;
        let point = Self { south: first.lat, west: first.lon, north: first.lat, east: first.lon };
        Some(corners.iter().fold(point, |bounds, corner| Self {
            south: bounds.south.min(corner.lat),
            west: bounds.west.min(corner.lon),
            north: bounds.north.max(corner.lat),
            east: bounds.east.max(corner.lon),
        }))
    }

    /// Returns borders that hold also what lies within `metres` of these.
    fn wider(self, metres: f64) -> Self {
        // A degree of latitude is 110.57 km at the least; a little more is harmless.
        let lat_degrees = metres / 110_000.0;
        let widest = (self.north.abs().max(self.south.abs()) + lat_degrees).min(90.0);
        let lon_degrees = lat_degrees / widest.to_radians().cos().max(1e-9);
        let wider = Self {
            south: self.south - lat_degrees,
            west: self.west - lon_degrees,
            north: self.north + lat_degrees,
            east: self.east + lon_degrees,
        };
        let is_plain = widest <= 89.0 && wider.west >= -180.0 && wider.east <= 180.0;
        if is_plain { wider } else { Self::EVERYWHERE }
    }
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
            Self::Corridor { line, reach_m } => {
                let valid = (2..=1000).contains(&line.len())
                    && line.iter().all(|corner| is_location(corner.lat, corner.lon))
                    && (0.0..=MOST_REACH_M).contains(reach_m);
                (!valid).then(|| {
                    "the corridor needs 2 to 1000 corners on Earth and a reach of 0 to 100,000 m"
                        .into()
                })
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
            Self::Corridor { line, reach_m } => line
                .windows(2)
                .any(|ends| nearest(ends[0], ends[1], location).distance_m(location) <= *reach_m),
            Self::Named(_) => false,
        }
    }

    /// Returns borders that hold all of it; the whole Earth where that is simpler.
    pub fn bounds(&self) -> Option<Bounds> {
        match self {
            Self::Box { south, west, north, east } => Some(Bounds {
                south: *south,
                north: *north,
                west: if west <= east { *west } else { -180.0 },
                east: if west <= east { *east } else { 180.0 },
            }),
            Self::Circle { centre, radius_m } => Some(Bounds::around(&[*centre])?.wider(*radius_m)),
            Self::Polygon(corners) => Bounds::around(corners),
            Self::Corridor { line, reach_m } => Some(Bounds::around(line)?.wider(*reach_m)),
            Self::Named(_) => None,
        }
    }
}

/// Returns the point between `start` and `end` that lies nearest to `location`, on plain degrees
/// shortened by the latitude: good for the length of a road, away from the poles and the
/// antimeridian.
fn nearest(start: Location, end: Location, location: Location) -> Location {
    let shortened = location.lat.to_radians().cos();
    let (along_lat, along_lon) = (end.lat - start.lat, (end.lon - start.lon) * shortened);
    let (to_lat, to_lon) = (location.lat - start.lat, (location.lon - start.lon) * shortened);
    let length_squared = along_lat * along_lat + along_lon * along_lon;
    let part = if length_squared > 0.0 {
        ((to_lat * along_lat + to_lon * along_lon) / length_squared).clamp(0.0, 1.0)
    } else {
        0.0
    };
    Location {
        lat: start.lat + (end.lat - start.lat) * part,
        lon: start.lon + (end.lon - start.lon) * part,
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
    fn a_corridor_holds_what_lies_along_its_line() {
        let at = |lat, lon| Location::new(lat, lon).unwrap();
        // Cầu Chương Dương, from the old quarter to Long Biên.
        let line = vec![at(21.0325, 105.8565), at(21.0385, 105.8690)];
        let corridor = Area::Corridor { line, reach_m: 100.0 };
        assert_eq!(corridor.problem(), None);
        assert!(corridor.contains(at(21.0355, 105.8628)), "on the bridge");
        assert!(corridor.contains(at(21.0360, 105.8622)), "80 m beside it");
        assert!(!corridor.contains(at(21.0370, 105.8615)), "200 m beside it");
        assert!(!corridor.contains(at(21.0310, 105.8535)), "350 m before it begins");
        let bounds = corridor.bounds().unwrap();
        assert!(bounds.south < 21.0317 && bounds.east > 105.8699);
        let alone = Area::Corridor { line: vec![at(21.0, 105.0)], reach_m: 5.0 };
        assert!(alone.problem().is_some());
    }

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
