//! A made camera, eight metres up, looking north and down: what it sees is mapped back.

use proptest::prelude::*;

use super::*;

/// Returns where on the picture the ground point `[east, north]` is.
fn seen([east, north]: Metres) -> Point {
    let (height, tilt, focal, aspect) = (8.0, 15.0_f64.to_radians(), 1.2, 16.0 / 9.0);
    let depth = north * tilt.cos() + height * tilt.sin();
    let down = height * tilt.cos() - north * tilt.sin();
    let point = [0.5 + focal * east / depth / aspect, 0.5 + focal * down / depth];
    #[allow(
        clippy::cast_possible_truncation,
        reason = "a picture point needs no more than 24 bits"
    )]
    Point::new(point[0] as f32, point[1] as f32)
}

const MEASURED: [Metres; 6] =
    [[-4.0, 12.0], [4.0, 12.0], [-5.0, 35.0], [5.0, 35.0], [0.0, 20.0], [3.0, 27.0]];

fn calibration(metres: &[Metres]) -> Calibration {
    let point = |&metres: &Metres| CalibrationPoint {
        picture: seen(metres),
        metres: Some(metres),
        location: None,
    };
    Calibration { points: metres.iter().map(point).collect(), bearing: Some(0.0) }
}

fn refused(calibration: &Calibration) -> String {
    Ground::new(calibration).unwrap_err().to_string()
}

proptest! {
    #[test]
    fn places_come_back_from_the_picture(east in -6.0..6.0, north in 11.0..40.0) {
        for count in [4, 6] {
            let ground = Ground::new(&calibration(&MEASURED[..count])).unwrap();
            let [x, y] = ground.place(seen([east, north])).unwrap();
            prop_assert!((x - east).abs() < 0.01 && (y - north).abs() < 0.05, "{} {}", x, y);
        }
    }

    #[test]
    fn any_points_are_taken_or_refused_without_panic(
        points in proptest::collection::vec((any::<(f32, f32)>(), any::<(f64, f64)>()), 0..9),
    ) {
        let point = |&((x, y), (east, north)): &((f32, f32), (f64, f64))| CalibrationPoint {
            picture: Point::new(x.abs().fract(), y.abs().fract()),
            metres: Some([east % 100.0, north % 100.0]),
            location: None,
        };
        let calibration = Calibration { points: points.iter().map(point).collect(), bearing: None };
        if let Ok(ground) = Ground::new(&calibration) {
            ground.place(Point::new(0.5, 0.5));
        }
    }
}

#[test]
fn nothing_is_above_the_horizon() {
    let ground = Ground::new(&calibration(&MEASURED)).unwrap();
    assert_eq!(ground.place(Point::new(0.5, 0.0)), None::<Metres>);
    assert!(ground.residual_m() < 0.01);
}

#[test]
fn far_away_a_pixel_is_worth_more_metres() {
    let ground = Ground::new(&calibration(&MEASURED)).unwrap();
    let noise = [0.002, 0.002];
    let near = ground.uncertainty_m(seen([0.0, 12.0]), noise, [0.0, 1.0]);
    let far = ground.uncertainty_m(seen([0.0, 35.0]), noise, [0.0, 1.0]);
    let across = ground.uncertainty_m(seen([0.0, 35.0]), noise, [1.0, 0.0]);
    assert!(
        (0.04..0.3).contains(&near) && far > 3.0 * near && across < far,
        "{near} {far} {across}"
    );
}

#[test]
fn headings_are_clockwise_from_north() {
    let mut street = calibration(&MEASURED);
    let heading = |ground: &Ground, way| ground.heading_deg(way).map(f64::round);
    let ground = Ground::new(&street).unwrap();
    assert_eq!(heading(&ground, [1.0, 0.0]), Some(90.0));
    assert_eq!(heading(&ground, [-1.0, -1.0]), Some(225.0));
    street.bearing = Some(300.0);
    assert_eq!(heading(&Ground::new(&street).unwrap(), [1.0, 0.0]), Some(30.0));
    street.bearing = None;
    assert_eq!(heading(&Ground::new(&street).unwrap(), [1.0, 0.0]), None);
}

#[test]
fn locations_are_places_with_north_up() {
    let tower = Location { lat: 21.0285, lon: 105.8522 };
    let mut street = calibration(&MEASURED);
    for point in &mut street.points {
        let [east, north] = point.metres.take().unwrap();
        let lon = tower.lon + east / (METRES_PER_DEGREE * tower.lat.to_radians().cos());
        point.location = Some(Location { lat: tower.lat + north / METRES_PER_DEGREE, lon });
    }
    street.bearing = None;
    let ground = Ground::new(&street).unwrap();
    let place = ground.place(seen([3.0, 27.0])).unwrap();
    let back = ground.location(place).unwrap();
    let there = street.points[5].location.unwrap();
    assert!(back.distance_m(there) < 0.05);

    // Who stands there is told to be there, within what a box may be off; further away less surely.
    let standing = |place: Metres| {
        let feet = seen(place);
        let height = 0.1;
        Bbox { left: feet.x - 0.01, top: feet.y - height, width: 0.02, height }
    };
    let told = ground.position(&standing([3.0, 27.0])).unwrap();
    let (distance, radius) = (told.location.distance_m(there), f64::from(told.uncertainty_m));
    assert!(distance < radius && (0.1..8.0).contains(&radius), "{distance} of {radius}");
    let near = ground.position(&standing([0.0, 12.0])).unwrap();
    assert!(near.uncertainty_m < told.uncertainty_m, "{near:?} {told:?}");
    assert_eq!(
        Ground::new(&calibration(&MEASURED)).unwrap().position(&standing([0.0, 12.0])),
        None
    );
    assert_eq!(ground.heading_deg([0.0, 1.0]), Some(0.0));
}

#[test]
fn what_cannot_be_a_ground_is_refused_by_its_place() {
    assert_eq!(
        refused(&calibration(&MEASURED[..3])),
        "points: 4 to 64 points are needed, these are 3"
    );
    let line = calibration(&[[-4.0, 12.0], [0.0, 12.0], [4.0, 12.0], [0.0, 30.0]]);
    assert_eq!(
        refused(&line),
        "points[1]: points[0], points[1], points[2] lie on a line on the picture"
    );
    let mut mirrored = calibration(&MEASURED);
    mirrored.points.iter_mut().for_each(|p| p.metres = p.metres.map(|[x, y]| [y, x]));
    assert!(refused(&mirrored).contains("the ground is mirrored"), "{}", refused(&mirrored));
    let mut slip = calibration(&MEASURED);
    slip.points[4].metres = Some([0.0, 26.0]);
    assert!(refused(&slip).starts_with("points[4]: the points contradict"), "{}", refused(&slip));
    let mut off = calibration(&MEASURED);
    off.points[1].picture.x = 1.2;
    assert!(refused(&off).starts_with("points[1].picture: it leaves the view"));
    let mut twice = calibration(&MEASURED);
    twice.points[3] = twice.points[2];
    assert!(refused(&twice).contains("same picture point as points[2]"), "{}", refused(&twice));
    let mut mixed = calibration(&MEASURED);
    mixed.points[2].location = Some(Location { lat: 21.0, lon: 105.0 });
    assert!(refused(&mixed).starts_with("points[2]: it has either"));
}
