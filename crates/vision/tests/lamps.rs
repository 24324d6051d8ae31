//! Drawn lamps over real pictures: what they show is read, or nothing is said.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that tells its rates")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "pixel arithmetic"
)]

mod support;

use std::path::PathBuf;

use domain::{Bbox, Timestamp};
use support::footage::{folder, picture, pictures};
use vision::Picture;
use vision::lamp::{Aspect, LampReader, LampReading, Lamps};

/// A signal drawn on a picture: three lamps in a dark housing.
#[derive(Debug, Clone, Copy)]
struct Drawn {
    /// Diameter of a lamp, in pixels.
    size: usize,
    /// Left and top of the housing, in pixels.
    at: (usize, usize),
    /// How far the view trembles, in pixels.
    jitter: usize,
    /// Light of the lit lamp, 1 being as bright as the sensor can tell.
    light: f32,
    /// Light of the housing and the dark lamps, as luma.
    housing: u8,
}

/// Red, green and blue of the lit lamps: red, amber, green; and how they look when dark.
const LIT: [[f32; 3]; 3] = [[255.0, 60.0, 40.0], [255.0, 180.0, 40.0], [50.0, 240.0, 170.0]];
const DARK: [[f32; 3]; 3] = [[70.0, 35.0, 35.0], [70.0, 58.0, 35.0], [35.0, 60.0, 50.0]];

impl Drawn {
    /// Draws it over `view`; `lit` says which lamps are, and `step` which picture it is.
    fn draw(&self, view: &Picture, lit: [bool; 3], step: usize) -> Picture {
        let (width, height) = (view.width(), view.height());
        let mut luma = view.luma().to_vec();
        let (blue, red) = view.chroma();
        let (mut blue, mut red) = (blue.to_vec(), red.to_vec());
        let sway = |seed: usize| (step * seed) % (2 * self.jitter + 1);
        let (left, top) = (self.at.0 + sway(7) - self.jitter, self.at.1 + sway(5) - self.jitter);
        let pitch = self.size + self.size / 4 + 1;
        for y in top..(top + 3 * pitch + self.size / 2).min(height) {
            for x in left..(left + self.size * 2).min(width) {
                let lamp = ((y - top) / pitch).min(2);
                let centre = (left + self.size, top + lamp * pitch + self.size / 2);
                let across = x as f32 + 0.5 - centre.0 as f32;
                let down = y as f32 + 0.5 - centre.1 as f32;
                let radius = across.hypot(down) / (self.size as f32 / 2.0);
                let housing = [f32::from(self.housing); 3];
                let colour = match lit[lamp] {
                    // The middle of a bright lamp is white, as sensors see it.
                    true if radius < 0.4 => {
                        LIT[lamp].map(|c| (c * 0.4 + 150.0).min(255.0) * self.light)
                    }
                    true if radius <= 1.0 => LIT[lamp].map(|c| c * self.light),
                    true if radius < 1.5 => {
                        LIT[lamp].map(|c| c * self.light * 0.25 + housing[0] * 0.6)
                    }
                    false if radius <= 1.0 => {
                        DARK[lamp].map(|c| c * f32::from(self.housing) / 50.0)
                    }
                    _ => housing,
                };
                let [y_, cb, cr] = samples(colour);
                luma[y * width + x] = y_;
                // Chroma of the last of four pixels is as good as their mean, for a test.
                let place = y / 2 * width.div_ceil(2) + x / 2;
                (blue[place], red[place]) = (cb, cr);
            }
        }
        picture(width, height, &luma, &blue, &red)
    }

    /// The lamps as a person would mark them, without the jitter.
    fn lamps(&self, view: &Picture) -> Lamps {
        let pitch = self.size + self.size / 4 + 1;
        let bbox = |lamp: usize| {
            let (width, height) = (view.width() as f32, view.height() as f32);
            Some(Bbox {
                left: (self.at.0 + self.size - self.size / 2) as f32 / width,
                top: (self.at.1 + lamp * pitch) as f32 / height,
                width: self.size as f32 / width,
                height: self.size as f32 / height,
            })
        };
        Lamps { signal: "north".into(), red: bbox(0), amber: bbox(1), green: bbox(2) }
    }
}

/// ITU-R BT.601, 16 to 235.
fn samples([red, green, blue]: [f32; 3]) -> [u8; 3] {
    let luma = 0.299 * red + 0.587 * green + 0.114 * blue;
    [
        16.0 + luma * 219.0 / 255.0,
        128.0 + (blue - luma) * 0.564 * 224.0 / 255.0,
        128.0 + (red - luma) * 0.713 * 224.0 / 255.0,
    ]
    .map(|sample| sample.clamp(0.0, 255.0) as u8)
}

const RED: [bool; 3] = [true, false, false];
const AMBER: [bool; 3] = [false, true, false];
const GREEN: [bool; 3] = [false, false, true];
const NONE: [bool; 3] = [false; 3];

fn views() -> Vec<Picture> {
    let mut clips: Vec<PathBuf> = vec![support::demo_footage("vtest-h264-sub.mp4")];
    if let Some(folder) = folder() {
        clips.push(folder.join("jamcam_625_a13/625_201709042126.mp4"));
        clips.push(folder.join("suburb_road_ahmetozlu.mp4"));
    }
    clips.iter().map(|clip| pictures(clip, 1.0, 1, 640).remove(0)).collect()
}

fn at(step: usize) -> Timestamp {
    Timestamp::from_millis(1_767_225_600_000 + 200 * step as i64)
}

/// Shows `phases`, each of so many pictures at 5 a second, and returns what was read.
fn read(drawn: &Drawn, view: &Picture, phases: &[([bool; 3], usize)]) -> Vec<LampReading> {
    let mut reader = LampReader::new(&[drawn.lamps(view)]);
    let lit = phases.iter().flat_map(|(lit, pictures)| vec![*lit; *pictures]);
    lit.enumerate()
        .map(|(step, lit)| reader.read(at(step), &drawn.draw(view, lit, step)).remove(0))
        .collect()
}

#[test]
fn every_aspect_is_read_by_day_and_night_and_in_all_sizes() {
    let (mut right, mut wrong, mut all) = (0, 0, 0);
    for view in views() {
        for size in [6, 8, 12, 24, 48] {
            for (light, housing) in [(1.0, 50), (0.6, 90), (0.9, 10)] {
                for jitter in [0, usize::from(size >= 8), size / 6] {
                    let drawn = Drawn { size, at: (60, 40), jitter, light, housing };
                    let phases = [(RED, 20), (GREEN, 20), (AMBER, 15), (RED, 20)];
                    let read = read(&drawn, &view, &phases);
                    let mut start = 0;
                    for (lit, pictures) in phases {
                        let shown = match lit {
                            RED => Aspect::Red,
                            AMBER => Aspect::Amber,
                            _ => Aspect::Green,
                        };
                        // Two readings make an aspect.
                        let these = &read[start + 2..start + pictures];
                        for reading in these {
                            all += 1;
                            right += usize::from(reading.aspect == shown);
                            let is_wrong = ![shown, Aspect::Unknown].contains(&reading.aspect);
                            wrong += usize::from(is_wrong);
                        }
                        start += pictures;
                    }
                }
            }
        }
    }
    println!("read: {right} of {all}, {wrong} wrongly");
    assert_eq!(wrong, 0);
    assert!(right * 100 >= all * 97, "{right} of {all}");
}

#[test]
fn nothing_is_said_of_dark_dazzled_masked_or_hidden_lamps() {
    for view in views() {
        let drawn = Drawn { size: 10, at: (60, 40), jitter: 1, light: 0.9, housing: 40 };
        let dark = read(&drawn, &view, &[(NONE, 20)]);
        assert!(dark.iter().all(|reading| reading.aspect == Aspect::Unknown));
        let out = read(&drawn, &view, &[(GREEN, 30), (NONE, 20)]);
        assert_eq!(out[29].aspect, Aspect::Green);
        assert!(out[32..].iter().all(|reading| reading.aspect == Aspect::Unknown));

        // Whatever comes before all three alike: glare, a mask, a red bus, leaves in the sun.
        for colour in [[250, 120, 130], [128, 128, 128], [80, 100, 200], [90, 110, 110]] {
            let mut reader = LampReader::new(&[drawn.lamps(&view)]);
            for step in 0..20 {
                reader.read(at(step), &drawn.draw(&view, RED, step));
            }
            let plain = Picture::plain(view.width(), view.height(), colour).unwrap();
            let shown: Vec<Aspect> =
                (20..40).map(|step| reader.read(at(step), &plain)[0].aspect).collect();
            assert_eq!(shown[0], Aspect::Red, "one picture proves nothing");
            assert!(shown[1..].iter().all(|aspect| *aspect == Aspect::Unknown), "{colour:?}");
        }
    }
}

#[test]
fn street_without_any_signal_is_not_read_as_one() {
    let Some(folder) = folder() else { return };
    let (mut all, mut read_as_one) = (0, 0);
    for clip in ["jamcam_jcd_8.mp4", "suburb_road_ahmetozlu.mp4", "motorway_540p_degirum.mp4"] {
        let pictures = pictures(&folder.join(clip), 5.0, 40, 640);
        let places = (1..8).flat_map(|x| (1..8).map(move |y| (x * 30, y * 24)));
        let signals: Vec<Lamps> = places
            .map(|at| Drawn { size: 10, at, jitter: 0, light: 0.0, housing: 0 }.lamps(&pictures[0]))
            .collect();
        let mut reader = LampReader::new(&signals);
        for (step, picture) in pictures.iter().enumerate() {
            for reading in reader.read(at(step), picture) {
                all += 1;
                read_as_one += usize::from(reading.aspect != Aspect::Unknown);
            }
        }
    }
    println!("read where there is none: {read_as_one} of {all}");
    assert!(read_as_one * 33 < all, "{read_as_one} of {all}");
}

#[test]
fn red_with_amber_is_red_and_flashing_amber_is_amber() {
    let view = views().remove(0);
    let drawn = Drawn { size: 10, at: (60, 40), jitter: 1, light: 0.9, housing: 40 };
    let both = read(&drawn, &view, &[(RED, 10), ([true, true, false], 10), (GREEN, 10)]);
    assert!(both[2..20].iter().all(|reading| reading.aspect == Aspect::Red));
    assert_eq!(both[19].since, at(0), "it never changed");
    assert_eq!((both[29].aspect, both[29].since), (Aspect::Green, at(20)));
    // On and off in turn, 0.6 s each.
    let flashes = [(AMBER, 3), (NONE, 3)].repeat(8);
    let flashing = read(&drawn, &view, &flashes);
    assert!(flashing[2..].iter().all(|reading| reading.aspect == Aspect::Amber));
}

#[test]
fn one_lamp_alone_and_two_are_read_as_well() {
    let view = views().remove(0);
    let drawn = Drawn { size: 10, at: (60, 40), jitter: 0, light: 0.9, housing: 40 };
    let all = drawn.lamps(&view);
    for lamps in
        [Lamps { amber: None, green: None, ..all.clone() }, Lamps { amber: None, ..all.clone() }]
    {
        let has_green = lamps.green.is_some();
        let mut reader = LampReader::new(&[lamps]);
        let shown: Vec<Aspect> = (0..20)
            .map(|step| {
                let lit = if step < 10 { RED } else { GREEN };
                reader.read(at(step), &drawn.draw(&view, lit, step))[0].aspect
            })
            .collect();
        assert_eq!(shown[9], Aspect::Red);
        assert_eq!(shown[19], if has_green { Aspect::Green } else { Aspect::Unknown });
    }
    let tiny = Bbox { left: 0.1, top: 0.1, width: 0.002, height: 0.002 };
    let tiny = Lamps { signal: "far".into(), red: Some(tiny), amber: None, green: None };
    let mut reader = LampReader::new(&[tiny, Lamps { red: None, amber: None, green: None, ..all }]);
    let read = reader.read(at(0), &view);
    assert!(read.iter().all(|reading| reading.aspect == Aspect::Unknown));
}
