//! What one analysed picture costs, stage by stage, on one thread; the one-pass filling of the
//! model's input beside the usual convert, resize, normalise.
//!
//! Needs `scripts/setup --demo`. The figures go to `docs/benchmarks.md`.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark: what is missing ends it with a message"
)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use domain::{AccessUnit, Timestamp};
use image::imageops::FilterType;
use vision::condition::ConditionMeter;
use vision::decoder::{Decoder, Feed};
use vision::detector::Detector;
use vision::mosaic::Mosaic;
use vision::motion::MotionDetector;
use vision::sampling::{PixelRect, rgb};
use vision::view::View;
use vision::{Picture, mask};

fn first_picture(units: &[AccessUnit]) -> Picture {
    let mut decoder = Decoder::new(units[0].format.codec, Feed::Keyframes).unwrap();
    let mut decoded = Vec::new();
    decoder.decode(&units[0].format, &units[0].data, true, &mut decoded).unwrap();
    decoded.remove(0).picture().unwrap()
}

/// Decoding: every picture of a stream, and keyframes alone.
fn decode(criterion: &mut Criterion) {
    for name in ["vtest-h264.mp4", "vtest-h265.mp4", "vtest-h264-sub.mp4"] {
        let path = support::demo_footage(name);
        let units = support::access_units(&path, "bench", 100);
        let codec = units[0].format.codec;
        let mut decoder = Decoder::new(codec, Feed::OneStream).unwrap();
        let (mut next, mut decoded) = (0, Vec::new());
        criterion.bench_function(&format!("decode/picture/{name}"), |bench| {
            bench.iter(|| {
                let unit = &units[next];
                next = (next + 1) % units.len();
                decoder.decode(&unit.format, &unit.data, unit.is_keyframe, &mut decoded).unwrap();
                decoded.clear();
            });
        });
        let mut decoder = Decoder::new(codec, Feed::Keyframes).unwrap();
        criterion.bench_function(&format!("decode/keyframe/{name}"), |bench| {
            bench.iter(|| {
                decoder.decode(&units[0].format, &units[0].data, true, &mut decoded).unwrap();
                decoded.clear();
            });
        });
    }
}

/// Everything between decoder and model.
fn prepare(criterion: &mut Criterion) {
    let mut detector = Detector::load(&support::config()).unwrap();
    let input = detector.model().manifest.input.clone();
    for (name, size) in [("360p", (640, 360)), ("1080p", (1920, 1080))] {
        let path = support::demo_footage("vtest-h264.mp4");
        let street = first_picture(&support::access_units(&path, "bench", 1));
        let picture = scaled(&street, size);
        let view = View::whole(size, &input);
        criterion.bench_function(&format!("prepare/one-pass/{name}"), |bench| {
            bench.iter(|| detector.prepare(black_box(&picture), &view));
        });
        criterion.bench_function(&format!("prepare/convert-resize-normalise/{name}"), |bench| {
            bench.iter(|| black_box(by_the_image_crate(&picture, input.width)));
        });
        let (mut meter, mut second) = (ConditionMeter::new(vec![]), 0);
        criterion.bench_function(&format!("prepare/condition/{name}"), |bench| {
            bench.iter(|| {
                second += 1;
                black_box(meter.observe(Timestamp::from_millis(second * 1000), &picture))
            });
        });
        let mut motion = MotionDetector::default();
        criterion.bench_function(&format!("prepare/motion/{name}"), |bench| {
            bench.iter(|| black_box(motion.observe(&picture)));
        });
        let triangle = [[0.1, 0.1], [0.4, 0.2], [0.2, 0.5]];
        let masks = [domain::Polygon::new(triangle.map(domain::Point::from).into()).unwrap()];
        criterion.bench_function(&format!("prepare/mask/{name}"), |bench| {
            bench.iter_batched_ref(
                || picture.clone(),
                |picture| mask::paint(picture, &masks),
                BatchSize::LargeInput,
            );
        });
    }
}

/// The model, and reading what it says.
fn infer(criterion: &mut Criterion) {
    let mut detector = Detector::load(&support::config()).unwrap();
    let path = support::demo_footage("vtest-h264.mp4");
    let picture = first_picture(&support::access_units(&path, "bench", 1));
    let size = (picture.width(), picture.height());
    let view = View::whole(size, &detector.model().manifest.input);
    let mosaic = Mosaic::single(view.clone());
    detector.prepare(&picture, &view);
    criterion.bench_function("infer/nanodet-g-int8", |bench| {
        bench.iter(|| black_box(detector.infer().unwrap()));
    });
    let outputs = detector.infer().unwrap();
    criterion.bench_function("postprocess/nanodet", |bench| {
        bench.iter(|| black_box(detector.read(&outputs, |found| mosaic.locate(found)).unwrap()));
    });
    criterion.bench_function("detect/whole-picture", |bench| {
        bench.iter(|| black_box(detector.detect(&picture).unwrap()));
    });
}

/// A picture of another size with the same content.
fn scaled(picture: &Picture, (width, height): (usize, usize)) -> Picture {
    let whole = PixelRect { left: 0, top: 0, width: picture.width(), height: picture.height() };
    let pixels = rgb(picture, whole, width, height);
    let luma: Vec<u8> = pixels.chunks_exact(3).map(|pixel| pixel[1]).collect();
    let chroma = vec![128_u8; width.div_ceil(2) * height.div_ceil(2)];
    let planes = [
        vision::Plane { data: &luma, stride: width },
        vision::Plane { data: &chroma, stride: width.div_ceil(2) },
        vision::Plane { data: &chroma, stride: width.div_ceil(2) },
    ];
    Picture::copy_from(width, height, picture.colour(), planes).unwrap()
}

/// The peer: the whole picture to RGB, resized with the image crate's bilinear filter, normalised.
fn by_the_image_crate(picture: &Picture, side: usize) -> Vec<f32> {
    let (width, height) = (picture.width(), picture.height());
    let whole = PixelRect { left: 0, top: 0, width, height };
    let pixels = rgb(picture, whole, width, height);
    let size = |length: usize| u32::try_from(length).unwrap();
    let image = image::RgbImage::from_raw(size(width), size(height), pixels).unwrap();
    let to_height = size(side * height / width);
    let resized = image::imageops::resize(&image, size(side), to_height, FilterType::Triangle);
    let mut planes = vec![0.0; 3 * side * side];
    for (x, y, pixel) in resized.enumerate_pixels() {
        let at = y as usize * side + x as usize;
        for (plane, value) in pixel.0.into_iter().enumerate() {
            planes[plane * side * side + at] = (f32::from(value) - 110.0) / 57.0;
        }
    }
    planes
}

criterion_group! {
    name = stages;
    config = Criterion::default().sample_size(30);
    targets = decode, prepare, infer
}
criterion_main!(stages);
