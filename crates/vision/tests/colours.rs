//! Colours of vehicles: drawn ones, and real ones named by eye.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that tells its rates")]

mod support;

use domain::{Bbox, Class, ColourVote, VehicleColour};
use support::footage::{folder, picture, pictures};
use vision::Picture;
use vision::vehicle_colour::ColourLight;

use VehicleColour::{Black, Blue, Brown, Green, Grey, Red, White, Yellow};

const CAR: Bbox = Bbox { left: 0.2, top: 0.3, width: 0.4, height: 0.3 };

/// A grey street with a white wall and a car of Y, Cb, Cr in `CAR`; `light` takes part of luma and
/// chroma away, `cast` adds to the chroma of all.
fn street(car: [f32; 3], light: f32, cast: [f32; 2]) -> Picture {
    let (width, height) = (320, 180);
    let inside = |x: usize, y: usize| (64..192).contains(&x) && (54..108).contains(&y);
    let at = |x: usize, y: usize| match (x, y) {
        (x, y) if inside(x, y) => car,
        (250.., _) => [225.0, 128.0, 128.0],
        // Shop signs: a living street has colours.
        (_, 0..16) => [120.0, 100.0, 160.0],
        _ => [110.0, 127.0, 129.0],
    };
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped samples")]
    let sample = |value: f32| value.clamp(0.0, 255.0).round() as u8;
    let luma: Vec<u8> = (0..width * height)
        .map(|index| sample((at(index % width, index / width)[0] - 16.0) * light + 16.0))
        .collect();
    let chroma = |plane: usize| -> Vec<u8> {
        let of = |index: usize| at(index % (width / 2) * 2, index / (width / 2) * 2)[plane];
        let lit = |index: usize| (of(index) - 128.0) * light + 128.0 + cast[plane - 1];
        (0..width * height / 4).map(|index| sample(lit(index))).collect()
    };
    picture(width, height, &luma, &chroma(1), &chroma(2))
}

fn vote(picture: &Picture, class: Class, bbox: &Bbox) -> Option<ColourVote> {
    ColourLight::of(picture)?.vote(picture, class, bbox)
}

/// Y, Cb, Cr of paints as cameras see them, far from pure.
const PAINTS: [(VehicleColour, [f32; 3]); 9] = [
    (White, [215.0, 128.0, 128.0]),
    (Black, [40.0, 129.0, 127.0]),
    (Grey, [125.0, 130.0, 127.0]),
    (Red, [80.0, 112.0, 185.0]),
    (Yellow, [165.0, 70.0, 150.0]),
    (Yellow, [150.0, 85.0, 170.0]),
    (Green, [100.0, 110.0, 105.0]),
    (Blue, [80.0, 165.0, 115.0]),
    (Brown, [65.0, 110.0, 145.0]),
];

#[test]
fn each_paint_has_its_name_in_good_and_in_poor_light() {
    for (colour, paint) in PAINTS {
        for light in [1.0, 0.75] {
            let vote = vote(&street(paint, light, [0.0, 0.0]), Class::Car, &CAR);
            assert!(
                vote.is_some_and(|vote| vote.colour == colour && vote.lead > 60),
                "{colour} in light {light}: {vote:?}"
            );
        }
    }
}

#[test]
fn nothing_is_said_in_light_that_takes_colours_away_nor_of_what_has_no_body() {
    let red = PAINTS[3].1;
    assert_eq!(vote(&street(red, 0.2, [0.0, 0.0]), Class::Car, &CAR), None, "night");
    assert_eq!(vote(&street(red, 0.8, [-30.0, 20.0]), Class::Car, &CAR), None, "sodium lamps");
    let infra_red = street([90.0, 128.0, 128.0], 1.0, [0.0, 0.0]);
    let blank = vec![128; 160 * 90];
    let infra_red = picture(320, 180, infra_red.luma(), &blank, &blank);
    assert_eq!(vote(&infra_red, Class::Car, &CAR), None, "infra-red");
    let day = street(red, 1.0, [0.0, 0.0]);
    assert_eq!(vote(&day, Class::Person, &CAR), None);
    assert_eq!(vote(&day, Class::Bicycle, &CAR), None);
    let far = Bbox { width: 0.02, height: 0.02, ..CAR };
    assert_eq!(vote(&day, Class::Car, &far), None, "too few pixels");
    let beyond = Bbox { left: 0.99, top: 0.99, ..CAR };
    assert_eq!(vote(&day, Class::Car, &beyond), None);
}

/// Vehicles of real clips, each at one moment, named by eye, among them two that are hard: a pale
/// red one and a grey one that mirrors the street.
const SEEN: [(&str, usize, [f32; 4], VehicleColour); 19] = [
    ("jamcam_625_a13/625_201708101101.mp4", 0, [0.001, 0.705, 0.102, 0.091], White),
    ("jamcam_625_a13/625_201708101101.mp4", 0, [0.002, 0.855, 0.041, 0.136], Blue),
    ("jamcam_625_a13/625_201709140956.mp4", 0, [0.752, 0.572, 0.096, 0.169], White),
    ("jamcam_625_a13/625_201709140956.mp4", 0, [0.765, 0.655, 0.085, 0.092], White),
    ("jamcam_625_a13/625_201709211436.mp4", 1, [0.570, 0.821, 0.074, 0.135], Red),
    ("jamcam_625_a13/625_201709211436.mp4", 1, [0.573, 0.816, 0.065, 0.093], Red),
    ("jamcam_jcd_8.mp4", 0, [0.336, 0.593, 0.261, 0.138], White),
    ("jamcam_jcd_2.mp4", 0, [0.089, 0.455, 0.121, 0.085], White),
    ("jamcam_jcd_2.mp4", 0, [0.312, 0.648, 0.114, 0.127], Blue),
    ("jamcam_jcd_2.mp4", 2, [0.163, 0.762, 0.078, 0.105], Blue),
    ("motorway_540p_degirum.mp4", 2, [0.954, 0.256, 0.046, 0.120], Red),
    ("junction_truck_otvision.mp4", 0, [0.482, 0.100, 0.098, 0.065], White),
    ("junction_truck_otvision.mp4", 0, [0.191, 0.147, 0.187, 0.145], Green),
    ("suburb_road_ahmetozlu.mp4", 0, [0.559, 0.379, 0.094, 0.091], Black),
    ("suburb_road_ahmetozlu.mp4", 0, [0.507, 0.502, 0.235, 0.194], White),
    ("suburb_road_ahmetozlu.mp4", 1, [0.394, 0.413, 0.156, 0.203], Red),
    ("suburb_road_ahmetozlu.mp4", 1, [0.545, 0.373, 0.065, 0.091], Black),
    ("suburb_road_ahmetozlu.mp4", 2, [0.395, 0.413, 0.126, 0.166], Grey),
    ("suburb_road_ahmetozlu.mp4", 2, [0.388, 0.399, 0.039, 0.129], Grey),
];

#[test]
fn real_vehicles_have_the_colours_a_person_names() {
    let Some(folder) = folder() else { return };
    let (mut right, mut silent) = (0, 0);
    let mut wrong = Vec::new();
    let mut clip: (&str, Vec<Picture>) = ("", Vec::new());
    for (name, index, [left, top, width, height], colour) in SEEN {
        if clip.0 != name {
            clip = (name, pictures(&folder.join(name), 0.5, 3, 1280));
        }
        match vote(&clip.1[index], Class::Car, &Bbox { left, top, width, height }) {
            None => silent += 1,
            Some(vote) if vote.colour == colour => right += 1,
            Some(vote) => wrong.push((name, colour, vote)),
        }
    }
    println!("{right} right, {silent} not named, wrong: {wrong:?}");
    assert!(right >= 16 && wrong.len() <= 1);
    let night = pictures(&folder.join("jamcam_625_a13/625_201709042126.mp4"), 0.5, 2, 1280);
    assert!(night.iter().all(|picture| ColourLight::of(picture).is_none()), "sodium lamps");
}
