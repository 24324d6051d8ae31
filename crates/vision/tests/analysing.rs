//! From offered access units to observations, through every thread.
#![allow(clippy::unwrap_used, reason = "a test")]

mod support;

use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use domain::{AccessUnit, Class, Codec, Looked, Observation, Point, Polygon, SystemClock};
use vision::lamp::{Aspect, LampReading, Lamps};
use vision::still::Rendition;
use vision::{CameraAnalysis, Mode, Vision, VisionConfig, still};

/// Long enough for a slow machine; a test that needs it all has failed.
const PATIENCE: Duration = Duration::from_secs(60);

fn start(decoder_threads: usize, detector_threads: usize) -> (Vision, Receiver<Observation>) {
    let (sender, receiver) = sync_channel(10_000);
    let config = VisionConfig { decoder_threads, detector_threads, ..support::config() };
    let deliver = Arc::new(move |observation, _| sender.send(observation).unwrap());
    let vision = Vision::start(config, Arc::new(SystemClock::default()), deliver).unwrap();
    (vision, receiver)
}

fn analysis(camera: &str, mode: Mode) -> CameraAnalysis {
    CameraAnalysis {
        camera: camera.parse().unwrap(),
        mode,
        pictures_per_second: 5.0,
        priority: 1,
        masks: vec![],
        signals: vec![],
    }
}

fn renamed(units: &[AccessUnit], camera: &str) -> Vec<AccessUnit> {
    let mut units = units.to_vec();
    for unit in &mut units {
        unit.stream.camera = camera.parse().unwrap();
    }
    units
}

#[test]
fn as_under_load_what_moves_is_looked_at_alone_and_persons_are_found_in_it() {
    let clip = support::demo_footage("vtest-h264-sub.mp4");
    let units = support::access_units(&clip, "street", 59);
    let (sender, observations) = sync_channel(10_000);
    let config = VisionConfig { is_loaded: true, ..support::config() };
    let deliver = Arc::new(move |observation, _| sender.send(observation).unwrap());
    let vision = Vision::start(config, Arc::new(SystemClock::default()), deliver).unwrap();
    let sampler = vision.attach(analysis("street", Mode::Stream)).unwrap();
    let (mut alone, mut persons) = (0, 0);
    // Each is waited for, so none is replaced.
    for (index, unit) in units.iter().enumerate() {
        sampler.offer(unit);
        if index % 2 == 1 {
            continue;
        }
        let seen = observations.recv_timeout(PATIENCE).unwrap();
        let Looked::Regions(regions) = &seen.looked else { continue };
        alone += usize::from(!regions.is_empty());
        persons += seen.detections.iter().filter(|one| one.class == Class::Person).count();
    }
    vision.close();
    let camera = vision.counters().cameras[&"street".parse().unwrap()];
    assert_eq!((camera.decoded, camera.unfiltered), (59, 39), "all but a GOP of unknown length");
    assert!(alone > 15, "{alone} of 30 pictures");
    assert!(persons > 2 * alone, "{persons} persons in {alone} pictures");
}

#[test]
fn a_street_clip_gives_persons_in_order_of_time() {
    let clip = support::demo_footage("vtest-h264-sub.mp4");
    let units = support::access_units(&clip, "street", 59);
    let (vision, observations) = start(1, 1);
    let sampler = vision.attach(analysis("street", Mode::Stream)).unwrap();
    let mut last = None;
    let mut persons = 0;
    // At 10 pictures a second every other one is due. Each is waited for, so none is replaced.
    for (index, unit) in units.iter().enumerate() {
        sampler.offer(unit);
        if index % 2 == 1 {
            continue;
        }
        let seen = observations.recv_timeout(PATIENCE).unwrap();
        assert_eq!(seen.time, unit.time);
        assert_eq!(seen.camera.as_str(), "street");
        assert_eq!(seen.clock_error_ms, 12);
        assert!((seen.aspect - 4.0 / 3.0).abs() < 0.01);
        assert!(Some(seen.time) > last);
        last = Some(seen.time);
        assert_eq!(seen.looked, Looked::Whole, "somebody always walks there");
        persons += seen.detections.iter().filter(|one| one.class == Class::Person).count();
    }
    assert!(persons > 60, "{persons} persons in 30 pictures");
    let condition = vision.conditions()[&"street".parse().unwrap()];
    assert!(last.unwrap().since(condition.time) < Duration::from_secs(1));
    assert!(condition.sharpness.unwrap() > 0.9 && condition.dark < 0.2, "{condition:?}");
    vision.close();
    let counters = vision.counters();
    let camera = counters.cameras[&"street".parse().unwrap()];
    assert_eq!((camera.offered, camera.decoded, camera.sampled, camera.analysed), (59, 59, 30, 30));
    assert_eq!(camera.unfiltered, 0);
    assert!(camera.inferences >= 30);
    assert_eq!(counters.stages.decode.count, 59);
    assert_eq!(counters.stages.condition.count, 6, "once a second");
    assert_eq!(counters.stages.infer.count, camera.inferences);
}

#[test]
fn keyframes_of_many_cameras_are_seen_on_a_shared_decoder_while_one_sends_garbage() {
    let cameras: Vec<(String, Vec<AccessUnit>)> = [
        (Codec::H264, "320x240"),
        (Codec::H265, "640x360"),
        (Codec::H264, "1280x720"),
        (Codec::H265, "416x416"),
    ]
    .into_iter()
    .enumerate()
    .map(|(index, (codec, size))| {
        let name = format!("cam-{index}");
        let path = support::encode(codec, size, 40, 10);
        let units = support::access_units(&path, &name, 100);
        (name, units)
    })
    .collect();
    let (vision, observations) = start(1, 2);
    let samplers: Vec<_> = cameras
        .iter()
        .map(|(name, _)| vision.attach(analysis(name, Mode::Keyframes)).unwrap())
        .collect();
    let hostile = vision.attach(analysis("hostile", Mode::Keyframes)).unwrap();
    let garbage = |unit: &AccessUnit| {
        let mut data = unit.data.to_vec();
        data.iter_mut().skip(5).step_by(3).for_each(|byte| *byte ^= 0x5a);
        AccessUnit { data: data.into(), ..unit.clone() }
    };
    for index in 0..40 {
        let mut expected = Vec::new();
        for ((name, units), sampler) in cameras.iter().zip(&samplers) {
            hostile.offer(&garbage(&renamed(&units[index..=index], "hostile")[0]));
            sampler.offer(&units[index]);
            if units[index].is_keyframe {
                expected.push((name.clone(), units[index].time));
            }
        }
        while !expected.is_empty() {
            let seen = observations.recv_timeout(PATIENCE).unwrap();
            let name = seen.camera.as_str();
            if name == "hostile" {
                continue;
            }
            let at =
                expected.iter().position(|(camera, time)| camera == name && *time == seen.time);
            expected.swap_remove(at.expect("an observation of a picture that was offered"));
        }
    }
    vision.close();
    for (name, _) in &cameras {
        let camera = vision.counters().cameras[&name.parse().unwrap()];
        assert_eq!((camera.offered, camera.decoded, camera.analysed), (40, 4, 4), "{name}");
    }
}

#[test]
fn a_panic_over_one_picture_costs_that_picture_alone() {
    let path = support::encode(Codec::H264, "320x240", 10, 1);
    let units = support::access_units(&path, "cam-1", 10);
    let (sender, observations) = sync_channel(100);
    let bad = units[0].time;
    let deliver = Arc::new(move |observation: Observation, _| {
        assert_ne!(observation.time, bad, "the picture that the test makes us fail on");
        sender.send(observation).unwrap();
    });
    let config = VisionConfig { decoder_threads: 1, detector_threads: 1, ..support::config() };
    let vision = Vision::start(config, Arc::new(SystemClock::default()), deliver).unwrap();
    let sampler = vision.attach(analysis("cam-1", Mode::Stream)).unwrap();
    sampler.offer(&units[0]);
    let id = "cam-1".parse().unwrap();
    let started = std::time::Instant::now();
    while vision.counters().cameras[&id].dropped_detector_failed == 0 {
        assert!(started.elapsed() < PATIENCE, "the failure is not counted");
        std::thread::yield_now();
    }
    for unit in &units[1..] {
        sampler.offer(unit);
    }
    assert!(observations.recv_timeout(PATIENCE).unwrap().time > bad);
    assert!(vision.threads_alive());
}

#[test]
fn what_lies_under_a_privacy_mask_is_not_seen() {
    let clip = support::demo_footage("vtest-h264-sub.mp4");
    let units = support::access_units(&clip, "masked", 1);
    let corners = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]];
    let everything = Polygon::new(corners.into_iter().map(Point::from).collect()).unwrap();
    let (vision, observations) = start(1, 1);
    let masked = CameraAnalysis { masks: vec![everything], ..analysis("masked", Mode::Stream) };
    vision.attach(masked).unwrap().offer(&units[0]);
    let seen = observations.recv_timeout(PATIENCE).unwrap();
    assert_eq!((seen.looked, seen.detections), (Looked::Whole, vec![]));
}

#[test]
fn what_signals_show_comes_with_the_observation() {
    let clip = support::demo_footage("vtest-h264-sub.mp4");
    let units = support::access_units(&clip, "street", 1);
    let (sender, receiver) = sync_channel(10);
    let deliver = Arc::new(move |observation: Observation, signals| {
        sender.send((observation.time, signals)).unwrap();
    });
    let config = VisionConfig { decoder_threads: 1, detector_threads: 1, ..support::config() };
    let vision = Vision::start(config, Arc::new(SystemClock::default()), deliver).unwrap();
    let nowhere =
        |signal: &str| Lamps { signal: signal.into(), red: None, amber: None, green: None };
    let signals = vec![nowhere("north"), nowhere("south")];
    let with_signals = CameraAnalysis { signals, ..analysis("street", Mode::Stream) };
    vision.attach(with_signals).unwrap().offer(&units[0]);
    let (time, read): (_, Vec<LampReading>) = receiver.recv_timeout(PATIENCE).unwrap();
    assert_eq!(time, units[0].time);
    let named: Vec<_> = read.iter().map(|one| (one.signal.as_str(), one.aspect)).collect();
    assert_eq!(named, [("north", Aspect::Unknown), ("south", Aspect::Unknown)]);
}

#[test]
fn settings_without_meaning_are_refused_and_a_detached_camera_is_silent() {
    let path = support::encode(Codec::H264, "320x240", 10, 1);
    let units = support::access_units(&path, "cam-1", 10);
    let (vision, observations) = start(2, 1);
    for rate in [0.0, -1.0, f32::NAN, 1e9, CameraAnalysis::RATES.end() + 1.0] {
        let wrong = CameraAnalysis { pictures_per_second: rate, ..analysis("cam-1", Mode::Stream) };
        assert!(vision.attach(wrong).is_err(), "{rate}");
    }
    let wrong = CameraAnalysis { priority: 4, ..analysis("cam-1", Mode::Stream) };
    assert!(vision.attach(wrong).is_err());
    let gone = vision.attach(analysis("cam-1", Mode::Stream)).unwrap();
    vision.detach(&"cam-1".parse().unwrap());
    for unit in &units {
        gone.offer(unit);
    }
    let again = vision.attach(analysis("cam-1", Mode::Stream)).unwrap();
    again.offer(&units[5]);
    let counters = vision.counters().cameras[&"cam-1".parse().unwrap()];
    assert_eq!(counters.offered, 11, "counts go on where they were");
    assert_eq!(observations.recv_timeout(PATIENCE).unwrap().time, units[5].time);
    vision.close();
    assert!(observations.try_recv().is_err());
    again.offer(&units[6]);
}

#[test]
fn a_still_is_the_picture_of_that_moment_with_its_masks() {
    for codec in [Codec::H264, Codec::H265] {
        let path = support::encode(codec, "320x240", 10, 10);
        let units = support::access_units(&path, "cam-1", 10);
        let gop: Vec<_> = units.iter().map(|unit| (unit.time, unit.data.clone())).collect();
        let record = &units[0].format.codec_data;
        let still = |at: usize, width, masks: &[Polygon]| {
            let picture = still::picture(codec, record, &gop, units[at].time, masks).unwrap();
            let jpeg = still::jpeg(&picture, width, &Rendition::Plain).unwrap();
            image::load_from_memory(&jpeg).unwrap().to_rgb8()
        };
        let (first, last) = (still(0, None, &[]), still(9, None, &[]));
        assert_eq!(first.dimensions(), (320, 240));
        assert_ne!(first.as_raw(), last.as_raw());
        assert_eq!(still(9, Some(160), &[]).dimensions(), (160, 120));
        let left_half = [[0.0, 0.0], [0.5, 0.0], [0.5, 1.0], [0.0, 1.0]];
        let mask = Polygon::new(left_half.into_iter().map(Point::from).collect()).unwrap();
        let masked = still(9, None, std::slice::from_ref(&mask));
        for (x, y) in [(5, 5), (150, 120), (80, 230)] {
            let spread = masked.get_pixel(x, y).0.map(|value| value.abs_diff(130));
            assert!(spread.iter().all(|by| *by < 10), "{codec:?} {x},{y} {spread:?}");
        }
        let garbage = [(units[0].time, bytes::Bytes::from_static(&[0, 0, 0, 2, 0x65, 9]))];
        assert!(still::picture(codec, record, &garbage, units[0].time, &[]).is_err());
        assert!(still::picture(codec, record, &[], units[0].time, &[]).is_err());
    }
}
