//! A made-up city for measurements: 700 cameras, 20 of them mobile, and what they saw in 143 days.
#![allow(dead_code, reason = "each measurement uses a part of it")]

use domain::{
    Attributes, Bbox, CameraId, Class, Event, EventDraft, EventId, EventKind, Evidence,
    LikelyColour, Location, Point, RuleKind, Severity, SizeClass, Source, Timestamp, Track,
    TrackId, TrackPoint, TrackSource, VehicleColour,
};
use index::CameraRow;
use uuid::Uuid;

pub(crate) const CAMERAS: usize = 700;
pub(crate) const MOBILE: usize = 20;
pub(crate) const DAYS: i64 = 143;
pub(crate) const DAY_US: i64 = 86_400_000_000;
pub(crate) const HOUR_US: i64 = DAY_US / 24;

/// Marsaglia's xorshift64: the same rows in every run.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    pub(crate) fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

pub(crate) fn start() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

pub(crate) fn camera(number: usize) -> CameraId {
    format!("cam-{number:03}").parse().unwrap()
}

/// Somewhere in Hanoi, 16 km across.
pub(crate) fn somewhere(random: &mut Random) -> Location {
    Location::new(20.95 + 0.15 * random.share(), 105.75 + 0.15 * random.share()).unwrap()
}

pub(crate) fn camera_rows() -> Vec<CameraRow> {
    let mut random = Random(77);
    (0..CAMERAS)
        .map(|number| CameraRow {
            id: camera(number),
            name: format!("Camera {number}"),
            location: (number >= MOBILE).then(|| somewhere(&mut random)),
            heading: None,
            place: vec![format!("Street {}", number / 7)],
        })
        .collect()
}

pub(crate) fn events(rows: usize) -> impl Iterator<Item = Event> {
    let cameras = camera_rows();
    let mut random = Random(4242);
    let step = DAYS * DAY_US / rows as i64;
    (0..rows).map(move |number| {
        // Busy and quiet cameras: one in three events comes from a tenth of them.
        let among = if random.below(3) == 0 { CAMERAS / 10 } else { CAMERAS };
        let at = random.below(among as u64) as usize * (CAMERAS / among);
        let jitter = random.below(step.max(1) as u64) as i64;
        let time = Timestamp::from_micros(start().as_micros() + number as i64 * step + jitter);
        let location = cameras[at].location.or_else(|| Some(somewhere(&mut random)));
        let class = match random.below(10_000) {
            0..6000 => Class::Motorcycle,
            6000..8000 => Class::Car,
            8000..9200 => Class::Person,
            9200..9600 => Class::Bus,
            9600..9999 => Class::Truck,
            _ => Class::Boat,
        };
        let kind = EventKind::Rule(RuleKind::ALL[random.below(4) as usize]);
        let id = (time.as_millis() as u128) << 80 | 0x7 << 76 | u128::from(random.next());
        Event {
            id: EventId(Uuid::from_u128(id)),
            location,
            draft: EventDraft {
                camera: cameras[at].id.clone(),
                time,
                duration_ms: random.below(20_000) as u32,
                kind,
                rule: format!("{}-{}", cameras[at].id, kind.number()).parse().unwrap(),
                rule_version: 0x1234_5678,
                severity: Severity::try_from(kind.number()).unwrap(),
                class: Some(class),
                confidence: random.share() as f32,
                attributes: Attributes::default(),
                track: Some(TrackId((time.as_millis() as u64) << 21 | number as u64 & 0xff)),
                bbox: Some(Bbox {
                    left: random.share() as f32,
                    top: random.share() as f32,
                    width: 0.05,
                    height: 0.1,
                }),
                crossing: None,
                count: 1,
                geometry: [Point::new(0.1, 0.5), Point::new(0.9, 0.5)].into(),
                evidence: Evidence::default(),
                clock_error_ms: random.below(200) as i32 - 100,
                source: Source::Analysis { model: "4".repeat(64).into() },
            },
        }
    })
}

/// What was followed: cars and motorcycles mostly, half a minute in view, over a path of some points.
pub(crate) fn tracks(rows: usize) -> impl Iterator<Item = Track> {
    let mut random = Random(2525);
    let step = DAYS * DAY_US / rows as i64;
    (0..rows).map(move |number| {
        let at = camera(random.below(CAMERAS as u64) as usize);
        let jitter = random.below(step.max(1) as u64) as i64;
        let begin = start().as_micros() + number as i64 * step + jitter;
        let class = match random.below(100) {
            0..60 => Class::Motorcycle,
            60..85 => Class::Car,
            85..97 => Class::Person,
            97..99 => Class::Bus,
            _ => Class::Truck,
        };
        let colour = VehicleColour::ALL[random.below(8) as usize];
        let is_vehicle = class != Class::Person;
        let (from, to) = (random.share() as f32, random.share() as f32);
        let seconds = 2 + random.below(60) as i64;
        let points = 3 + random.below(5) as i64;
        let path: Vec<TrackPoint> = (0..=points)
            .map(|point| {
                let share = point as f32 / points as f32;
                let shake = random.share() as f32 * 0.02;
                TrackPoint {
                    time: Timestamp::from_micros(begin + seconds * 1_000_000 * point / points),
                    bbox: Bbox {
                        left: from + (to - from) * share + shake,
                        top: 0.3 + 0.3 * share,
                        width: 0.05,
                        height: 0.1,
                    },
                }
            })
            .collect();
        Track {
            id: TrackId((begin as u64 / 1000) << 21 | number as u64 & 0x1f_ffff),
            camera: at,
            source: TrackSource::Analysis,
            class,
            confidence: 0.3 + 0.7 * random.share() as f32,
            path,
            attributes: Attributes {
                colour: is_vehicle.then_some(LikelyColour { colour, confidence: 0.8 }),
                size: is_vehicle.then_some(SizeClass::Medium),
                heading_deg: None,
            },
        }
    })
}
