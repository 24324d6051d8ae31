//! From the picture to the ground: a homography, and how sure it is.
//!
//! The ground is taken for a plane. The homography is found by the direct linear transform with
//! normalised coordinates (Hartley, Zisserman, *Multiple View Geometry*, §4.1 and §4.4), by least
//! squares where there are more than four points. A normalised homography of points that all lie
//! before the camera never maps their centre to infinity, so its last entry may be set to 1 and
//! eight linear equations remain, which Gaussian elimination solves.

use domain::{Bbox, GroundPosition, Location, Point};

use crate::motion::{NOISE_FLOOR, POINT_NOISE};
use crate::settings::{Calibration, CalibrationPoint};

/// How exactly a person marks a point, in picture sizes: one or two pixels of a sub-stream.
const MARK_NOISE: f64 = 0.003;
/// Standard deviations that a radius spans: 95 % and more.
const COVERAGE: f64 = 2.0;

/// Least distance of a point from the line through others, as a part of their extent.
const OFF_THE_LINE: f64 = 0.03;

/// Largest residual that is believed, as a part of the extent of the points, and in metres.
const WORST_RESIDUAL: (f64, f64) = (0.03, 0.5);

/// Metres per degree of latitude (mean Earth radius).
const METRES_PER_DEGREE: f64 = 111_195.08;

/// A calibration that cannot be used: where the mistake stands, and what it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {message}")]
pub struct CalibrationError {
    /// Where, from the calibration on, such as `points[2].picture`.
    pub path: String,
    /// What is wrong, for a person.
    pub message: String,
}

fn wrong(path: impl Into<String>, message: impl Into<String>) -> CalibrationError {
    CalibrationError { path: path.into(), message: message.into() }
}

/// A place on the ground, in metres.
pub type Metres = [f64; 2];

/// Maps the picture to the ground.
#[derive(Debug, Clone, PartialEq)]
pub struct Ground {
    /// Row by row; the last entry is not 0.
    homography: [[f64; 3]; 3],
    /// Sign of the third coordinate of points before the camera.
    sign: f64,
    residual_m: f64,
    extent_m: f64,
    bearing_deg: Option<f64>,
    /// Where `[0, 0]` is, if points were given by location.
    origin: Option<Location>,
}

impl Ground {
    /// Finds the homography of a calibration.
    ///
    /// # Errors
    /// Refuses points that determine none, contradict each other, or show the ground mirrored.
    pub fn new(calibration: &Calibration) -> Result<Self, CalibrationError> {
        let points = &calibration.points;
        if !(4..=64).contains(&points.len()) {
            let message = format!("4 to 64 points are needed, these are {}", points.len());
            return Err(wrong("points", message));
        }
        if calibration.bearing.is_some_and(|bearing| !(0.0..=360.0).contains(&bearing)) {
            return Err(wrong("bearing", "it is 0 to 360 degrees clockwise from north"));
        }
        let (metres, origin) = places(points)?;
        let picture: Vec<Metres> =
            points.iter().map(|point| [point.picture.x.into(), point.picture.y.into()]).collect();
        check_spread(&picture, "picture")?;
        check_spread(&metres, "ground")?;
        let homography = solve(&picture, &metres)
            .ok_or_else(|| wrong("points", "they determine no plane: some lie nearly on a line"))?;
        let third = |[x, y]: Metres| homography[2][0] * x + homography[2][1] * y + homography[2][2];
        let sign = third(picture[0]).signum();
        if let Some(index) = picture.iter().position(|&point| third(point) * sign <= 0.0) {
            let message = "it lies beyond the horizon of the others: is it at the right place?";
            return Err(wrong(format!("points[{index}]"), message));
        }
        let mut ground = Self {
            homography,
            sign,
            residual_m: 0.0,
            extent_m: extent(&metres),
            bearing_deg: if origin.is_some() { Some(0.0) } else { calibration.bearing },
            origin,
        };
        ground.check_residuals(points, &metres)?;
        ground.check_handedness(points)?;
        Ok(ground)
    }

    /// Returns where on the ground a point of the picture is, in metres; `None` above the horizon.
    pub fn place(&self, point: Point) -> Option<Metres> {
        let [[a, b, c], [d, e, f], [g, h, i]] = self.homography;
        let (x, y) = (f64::from(point.x), f64::from(point.y));
        let third = g * x + h * y + i;
        if third * self.sign <= 1e-9 {
            return None;
        }
        let place = [(a * x + b * y + c) / third, (d * x + e * y + f) / third];
        place.iter().all(|metres| metres.is_finite()).then_some(place)
    }

    /// Returns the location of a place; `None` where points were given in metres.
    pub fn location(&self, [east, north]: Metres) -> Option<Location> {
        let origin = self.origin?;
        let lat = origin.lat + north / METRES_PER_DEGREE;
        let lon = origin.lon + east / (METRES_PER_DEGREE * origin.lat.to_radians().cos());
        Location::new(lat, lon).ok()
    }

    /// Returns where an object in `bbox` stands, with the radius that holds the truth with 95 %;
    /// `None` above the horizon, and where points were given in metres.
    #[allow(clippy::cast_possible_truncation, reason = "metres need no more than 24 bits")]
    pub fn position(&self, bbox: &Bbox) -> Option<GroundPosition> {
        let point = bbox.ground_point();
        let location = self.location(self.place(point)?)?;
        let noise =
            [bbox.width, bbox.height].map(|side| f64::from(POINT_NOISE * side + NOISE_FLOOR));
        let [east, north] =
            [[1.0, 0.0], [0.0, 1.0]].map(|way| self.uncertainty_m(point, noise, way));
        // Twice what both axes make: enough for 95 % whatever the shape of the ellipse.
        let uncertainty_m = (COVERAGE * east.hypot(north)) as f32;
        Some(GroundPosition { location, uncertainty_m })
    }

    /// Returns the standard deviation along `direction` (of length 1), in metres, of a place whose
    /// point is known to `noise` (across, down; in picture sizes). The noise goes through the local
    /// Jacobian; how exactly points were marked, and how badly they fit, come on top.
    pub fn uncertainty_m(&self, point: Point, noise: [f64; 2], direction: Metres) -> f64 {
        let jacobian = self.jacobian(point);
        let mut variance = self.residual_m * self.residual_m;
        for (axis, noise) in noise.iter().enumerate() {
            let along = jacobian[0][axis] * direction[0] + jacobian[1][axis] * direction[1];
            variance += along * along * (noise * noise + MARK_NOISE * MARK_NOISE);
        }
        variance.sqrt()
    }

    /// Returns how wrong any distance may be, as a part of it (one standard deviation): points
    /// that do not fit stretch the ground.
    pub fn scale_uncertainty(&self) -> f64 {
        0.02 + self.residual_m / self.extent_m
    }

    /// Returns where a movement goes, in degrees clockwise from north, if north is known.
    pub fn heading_deg(&self, [right, ahead]: Metres) -> Option<f64> {
        let bearing = self.bearing_deg?;
        Some((right.atan2(ahead).to_degrees() + bearing).rem_euclid(360.0))
    }

    /// Returns how many metres on the ground the width of the picture is at a point of it; `None`
    /// above the horizon.
    pub fn metres_across(&self, point: Point) -> Option<f64> {
        self.place(point)?;
        let [[east, _], [north, _]] = self.jacobian(point);
        Some(east.hypot(north))
    }

    /// Returns how badly the points fit: root mean square in metres; 0 where there are only four.
    pub fn residual_m(&self) -> f64 {
        self.residual_m
    }

    /// Returns metres on the ground per picture size: across and down in columns.
    fn jacobian(&self, point: Point) -> [[f64; 2]; 2] {
        let [[a, b, c], [d, e, f], [g, h, i]] = self.homography;
        let (x, y) = (f64::from(point.x), f64::from(point.y));
        let third = g * x + h * y + i;
        let (u, v) = ((a * x + b * y + c) / third, (d * x + e * y + f) / third);
        [[(a - u * g) / third, (b - u * h) / third], [(d - v * g) / third, (e - v * h) / third]]
    }

    #[allow(clippy::cast_precision_loss, reason = "64 points at most")]
    fn check_residuals(
        &mut self,
        points: &[CalibrationPoint],
        metres: &[Metres],
    ) -> Result<(), CalibrationError> {
        let mut worst = (0, 0.0);
        let mut sum = 0.0;
        for (index, (point, measured)) in points.iter().zip(metres).enumerate() {
            let place = self.place(point.picture).unwrap_or([f64::INFINITY; 2]);
            let off_m = distance(place, *measured);
            sum += off_m * off_m;
            if off_m > worst.1 {
                worst = (index, off_m);
            }
        }
        // Four points fit exactly, however wrong they are: only further ones tell.
        let further = points.len() - 4;
        if further == 0 {
            return Ok(());
        }
        self.residual_m = (sum / (2 * further) as f64).sqrt();
        let most = (WORST_RESIDUAL.0 * self.extent_m).max(WORST_RESIDUAL.1);
        if self.residual_m <= most {
            return Ok(());
        }
        let message = format!(
            "the points contradict each other by {:.1} m, this one the most: at most {most:.1} m",
            self.residual_m
        );
        Err(wrong(format!("points[{}]", worst.0), message))
    }

    /// Seen from above, the ground is not mirrored: what is on the right of the picture is on the
    /// right of the ground for someone who looks away from the camera.
    fn check_handedness(&self, points: &[CalibrationPoint]) -> Result<(), CalibrationError> {
        for (index, point) in points.iter().enumerate() {
            let [[a, b], [c, d]] = self.jacobian(point.picture);
            // Down in the picture is towards the camera: the plane is turned over.
            if a * d - b * c >= 0.0 {
                let message = "the ground is mirrored: are east and north, or left and right, \
                               exchanged?";
                return Err(wrong(format!("points[{index}]"), message));
            }
        }
        Ok(())
    }
}

/// Returns the places of the points in metres, and where `[0, 0]` is if that is known.
fn places(
    points: &[CalibrationPoint],
) -> Result<(Vec<Metres>, Option<Location>), CalibrationError> {
    let origin = points[0].location;
    let mut places = Vec::new();
    for (index, point) in points.iter().enumerate() {
        let path = |key: &str| format!("points[{index}].{key}");
        if !point.picture.is_on_view() {
            let message = "it leaves the view: both coordinates are 0 to 1";
            return Err(wrong(path("picture"), message));
        }
        let place = match (point.metres, point.location, origin) {
            (Some(metres), None, None) => metres,
            (None, Some(location), Some(origin)) => {
                Location::new(location.lat, location.lon)
                    .map_err(|error| wrong(path("location"), error.to_string()))?;
                let per_degree = METRES_PER_DEGREE * origin.lat.to_radians().cos();
                [
                    (location.lon - origin.lon) * per_degree,
                    (location.lat - origin.lat) * METRES_PER_DEGREE,
                ]
            }
            _ => {
                let message = "it has either `metres` or `location`, the same as all other points";
                return Err(wrong(format!("points[{index}]"), message));
            }
        };
        if !place.iter().all(|metres| metres.abs() < 5000.0) {
            let message = "it is more than 5 km away from the others";
            return Err(wrong(format!("points[{index}]"), message));
        }
        places.push(place);
    }
    Ok((places, origin))
}

/// Refuses points of which all but one lie on a line.
fn check_spread(points: &[Metres], what: &str) -> Result<(), CalibrationError> {
    for (first, a) in points.iter().enumerate() {
        for (second, b) in points.iter().enumerate().skip(first + 1) {
            if distance(*a, *b) < 1e-6 * extent(points).max(1e-9) {
                let message = format!("it is the same {what} point as points[{first}]");
                return Err(wrong(format!("points[{second}]"), message));
            }
            let on_line = |c: &Metres| off_line(*a, *b, *c) < OFF_THE_LINE * extent(points);
            let off: Vec<usize> = (0..points.len()).filter(|&c| !on_line(&points[c])).collect();
            if off.len() <= 1 {
                let on: Vec<String> = (0..points.len())
                    .filter(|index| !off.contains(index))
                    .map(|index| format!("points[{index}]"))
                    .collect();
                let path = format!("points[{second}]");
                let message = format!("{} lie on a line on the {what}", on.join(", "));
                return Err(wrong(path, message));
            }
        }
    }
    Ok(())
}

/// Returns how far `c` lies from the line through `a` and `b`.
fn off_line(a: Metres, b: Metres, c: Metres) -> f64 {
    let (across, down) = (b[0] - a[0], b[1] - a[1]);
    (across * (c[1] - a[1]) - down * (c[0] - a[0])).abs() / across.hypot(down)
}

fn distance(a: Metres, b: Metres) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

/// Returns the longest distance between two of the points.
fn extent(points: &[Metres]) -> f64 {
    let pairs = points.iter().flat_map(|a| points.iter().map(move |b| distance(*a, *b)));
    pairs.fold(0.0, f64::max)
}

/// A shift and a scale that bring points to around 0 and about 1 away from it.
#[derive(Debug, Clone, Copy)]
struct Normal {
    centre: Metres,
    scale: f64,
}

impl Normal {
    #[allow(clippy::cast_precision_loss, reason = "64 points at most")]
    fn of(points: &[Metres]) -> Self {
        let count = points.len() as f64;
        let sum =
            points.iter().fold([0.0, 0.0], |sum, point| [sum[0] + point[0], sum[1] + point[1]]);
        let centre = [sum[0] / count, sum[1] / count];
        let spread = points.iter().map(|point| distance(*point, centre)).sum::<f64>() / count;
        Self { centre, scale: std::f64::consts::SQRT_2 / spread.max(f64::MIN_POSITIVE) }
    }

    fn of_point(&self, point: Metres) -> Metres {
        [(point[0] - self.centre[0]) * self.scale, (point[1] - self.centre[1]) * self.scale]
    }

    fn matrix(&self) -> [[f64; 3]; 3] {
        let s = self.scale;
        [[s, 0.0, -s * self.centre[0]], [0.0, s, -s * self.centre[1]], [0.0, 0.0, 1.0]]
    }

    fn inverse(&self) -> [[f64; 3]; 3] {
        let s = 1.0 / self.scale;
        [[s, 0.0, self.centre[0]], [0.0, s, self.centre[1]], [0.0, 0.0, 1.0]]
    }
}

/// Returns the homography that fits best; `None` if there is none.
fn solve(from: &[Metres], to: &[Metres]) -> Option<[[f64; 3]; 3]> {
    let (from_normal, to_normal) = (Normal::of(from), Normal::of(to));
    // Normal equations of two rows per point, eight unknowns.
    let mut equations = [[0.0; 9]; 8];
    for (from, to) in from.iter().zip(to) {
        let ([x, y], [u, v]) = (from_normal.of_point(*from), to_normal.of_point(*to));
        for row in [
            [x, y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y, u],
            [0.0, 0.0, 0.0, x, y, 1.0, -v * x, -v * y, v],
        ] {
            for (equation, left) in equations.iter_mut().zip(row) {
                for (sum, right) in equation.iter_mut().zip(row) {
                    *sum += left * right;
                }
            }
        }
    }
    let [a, b, c, d, e, f, g, h] = eliminated(equations)?;
    let normal = [[a, b, c], [d, e, f], [g, h, 1.0]];
    Some(product(&to_normal.inverse(), &product(&normal, &from_normal.matrix())))
}

/// Solves eight linear equations by Gaussian elimination with partial pivoting.
fn eliminated(mut equations: [[f64; 9]; 8]) -> Option<[f64; 8]> {
    for column in 0..8 {
        let best = (column..8)
            .max_by(|&a, &b| equations[a][column].abs().total_cmp(&equations[b][column].abs()))?;
        equations.swap(column, best);
        let pivot = equations[column];
        if pivot[column].abs() < 1e-7 {
            return None;
        }
        for (row, equation) in equations.iter_mut().enumerate() {
            if row != column {
                let factor = equation[column] / pivot[column];
                equation.iter_mut().zip(pivot).for_each(|(value, pivot)| *value -= factor * pivot);
            }
        }
    }
    let mut solution = [0.0; 8];
    for (index, value) in solution.iter_mut().enumerate() {
        *value = equations[index][8] / equations[index][index];
    }
    solution.iter().all(|value| value.is_finite()).then_some(solution)
}

fn product(a: &[[f64; 3]; 3], b: &[[f64; 3]; 3]) -> [[f64; 3]; 3] {
    let cell = |row: usize, column: usize| (0..3).map(|k| a[row][k] * b[k][column]).sum();
    [0, 1, 2].map(|row| [0, 1, 2].map(|column| cell(row, column)))
}

#[cfg(test)]
#[path = "ground_tests.rs"]
mod tests;
