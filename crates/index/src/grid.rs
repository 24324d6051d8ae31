//! A grid over the Earth: which cells a place touches.

use domain::{Bounds, Location};

/// The side of a grid cell in degrees: about 1.1 km, so that a search around a spot asks few.
const CELL_DEGREES: f64 = 0.01;
/// How many cells lie around the Earth.
const CELLS_AROUND: i64 = 36_000;

/// Returns the cell of the grid that `location` lies in.
pub(crate) fn cell(location: Location) -> i64 {
    row_of(location.lat) * CELLS_AROUND + column_of(location.lon)
}

/// Returns the cells that `bounds` touch, or `None` when there are more than `at_most`.
pub(crate) fn cells(bounds: Bounds, at_most: i64) -> Option<Vec<i64>> {
    let rows = row_of(bounds.south)..=row_of(bounds.north);
    let columns = column_of(bounds.west)..=column_of(bounds.east);
    let count = (rows.end() - rows.start() + 1) * (columns.end() - columns.start() + 1);
    if count > at_most {
        return None;
    }
    Some(
        rows.flat_map(|row| columns.clone().map(move |column| row * CELLS_AROUND + column))
            .collect(),
    )
}

#[allow(clippy::cast_possible_truncation, reason = "clamped to 0..=18,000 before")]
fn row_of(lat: f64) -> i64 {
    ((lat.clamp(-90.0, 90.0) + 90.0) / CELL_DEGREES).floor() as i64
}

#[allow(clippy::cast_possible_truncation, reason = "clamped to 0..=36,000 before")]
fn column_of(lon: f64) -> i64 {
    (((lon.clamp(-180.0, 180.0) + 180.0) / CELL_DEGREES).floor() as i64).min(CELLS_AROUND - 1)
}

#[cfg(test)]
mod tests {
    use domain::Area;

    use super::*;

    #[test]
    fn a_small_circle_touches_few_cells() {
        let centre = Location::new(21.0285, 105.8522).unwrap();
        let bounds = Area::Circle { centre, radius_m: 500.0 }.bounds().unwrap();
        assert_eq!(cells(bounds, 4096).unwrap().len(), 4);
        assert!(cells(bounds, 4096).unwrap().contains(&cell(centre)));
        assert_eq!(cells(bounds, 3), None);
    }
}
