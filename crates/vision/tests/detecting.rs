//! The default model on real pictures, beside what Python's ONNX Runtime and OpenCV find in the
//! same ones (`data/reference.py`).
#![allow(clippy::cast_precision_loss, reason = "pixel coordinates")]
#![allow(clippy::unwrap_used, reason = "a test")]

mod support;

use domain::{Bbox, Class, Detection};
use serde::Deserialize;
use vision::decoder::{Decoder, Feed};
use vision::detector::Detector;
use vision::{Colour, Picture, Plane};

const WIDTH: usize = 768;
const HEIGHT: usize = 576;

#[derive(Deserialize)]
struct Reference {
    frame: usize,
    found: Vec<Found>,
}

#[derive(Deserialize)]
struct Found {
    class: Class,
    confidence: f32,
    box_px: [f32; 4],
}

impl Found {
    fn bbox(&self) -> Bbox {
        let [left, top, width, height] = self.box_px;
        let (across, down) = (WIDTH as f32, HEIGHT as f32);
        Bbox { left: left / across, top: top / down, width: width / across, height: height / down }
            .clamped()
    }
}

/// A picture of the demo clip as ffmpeg decodes it, untouched by another encoder.
fn picture(index: usize) -> Picture {
    let clip = support::demo_footage("vtest.avi");
    let kept = fixtures::clip(
        "yuv",
        &[
            "-i",
            clip.to_str().unwrap(),
            "-vf",
            &format!("select=eq(n\\,{index})"),
            "-frames:v",
            "1",
            "-pix_fmt",
            "yuv420p",
            "-f",
            "rawvideo",
        ],
    );
    let raw = std::fs::read(kept).unwrap();
    let (luma, chroma) = raw.split_at(WIDTH * HEIGHT);
    let (blue, red) = chroma.split_at(WIDTH * HEIGHT / 4);
    let planes = [
        Plane { data: luma, stride: WIDTH },
        Plane { data: blue, stride: WIDTH / 2 },
        Plane { data: red, stride: WIDTH / 2 },
    ];
    Picture::copy_from(WIDTH, HEIGHT, Colour::default(), planes).unwrap()
}

fn is_found(found: &[Detection], class: Class, bbox: &Bbox, confidence: f32) -> bool {
    found.iter().any(|one| {
        one.class == class
            && one.bbox.iou(bbox) > 0.85
            && (one.confidence - confidence).abs() < 0.06
    })
}

#[test]
fn the_one_pass_input_finds_what_opencv_and_python_find() {
    let text = include_str!("data/reference.json");
    let references: Vec<Reference> = serde_json::from_str(text).unwrap();
    let mut detector = Detector::load(&support::config()).unwrap();
    let (mut expected, mut agreed) = (0, 0);
    for reference in &references {
        let picture = picture(reference.frame);
        let found = detector.detect(&picture).unwrap();
        for object in &reference.found {
            // Cars taken for buses and trucks as well are one object here.
            if object.class != Class::Person {
                continue;
            }
            expected += 1;
            let bbox = object.bbox();
            if is_found(&found, object.class, &bbox, object.confidence) {
                agreed += 1;
            } else {
                let (class, confidence) = (object.class, object.confidence);
                println!("frame {}: {class} {confidence} {bbox:?} differs", reference.frame);
            }
        }
    }
    assert!(expected > 20, "{expected} persons in the reference");
    assert!(agreed * 20 >= expected * 19, "{agreed} of {expected} persons agree");
}

#[test]
fn persons_are_found_in_decoded_h264_and_h265() {
    let mut detector = Detector::load(&support::config()).unwrap();
    for name in ["vtest-h264.mp4", "vtest-h265.mp4"] {
        let path = support::demo_footage(name);
        let units = support::access_units(&path, "cam-1", 1);
        let mut decoder = Decoder::new(units[0].format.codec, Feed::Keyframes).unwrap();
        let mut decoded = Vec::new();
        decoder.decode(&units[0].format, &units[0].data, true, &mut decoded).unwrap();
        let found = detector.detect(&decoded.remove(0).picture().unwrap()).unwrap();
        // The three who stand apart in the first picture, in pixels.
        for [left, top, right, bottom] in
            [[640, 238, 684, 324], [501, 155, 529, 233], [253, 221, 283, 310]]
        {
            let across = |x: i16| f32::from(x) / WIDTH as f32;
            let down = |y: i16| f32::from(y) / HEIGHT as f32;
            let bbox = Bbox {
                left: across(left),
                top: down(top),
                width: across(right - left),
                height: down(bottom - top),
            };
            let seen = found.iter().any(|one| {
                one.class == Class::Person && one.confidence > 0.6 && one.bbox.iou(&bbox) > 0.6
            });
            assert!(seen, "{name}: nobody at {bbox:?} in {found:?}");
        }
    }
}
