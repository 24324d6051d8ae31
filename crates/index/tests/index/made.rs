//! Cameras and events made for tests.

use std::path::Path;
use std::sync::Arc;

use domain::{
    Attributes, Bbox, CameraId, Class, Crossing, Event, EventDraft, EventId, EventKind, Evidence,
    GroundPosition, LikelyColour, Location, ManualClock, Point, RuleKind, Severity, SignalChange,
    SignalState, SizeClass, Source, Speed, Timestamp, TrackId, VehicleColour,
};
use index::{CameraRow, Index, SiteSettings};
use uuid::Uuid;

pub(crate) fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn open(folder: &Path) -> Index {
    let clock = Arc::new(ManualClock::new(time("2026-03-01T00:00:00Z")));
    Index::open(folder, SiteSettings::new("test"), clock).unwrap()
}

pub(crate) fn camera(number: usize) -> CameraId {
    format!("cam-{number}").parse().unwrap()
}

/// Where a camera stands: on a street that runs east through Hanoi, 300 m apart; every fourth is
/// mobile.
pub(crate) fn place_of(number: usize) -> Option<Location> {
    (!number.is_multiple_of(4)).then(|| along_the_street(number as f64 * 300.0))
}

/// Returns the spot so many metres along the street.
pub(crate) fn along_the_street(metres: f64) -> Location {
    Location::new(21.02, 105.80 + metres / 103_900.0).unwrap()
}

pub(crate) fn cameras(count: usize) -> Vec<CameraRow> {
    (0..count)
        .map(|number| CameraRow {
            id: camera(number),
            name: format!("Cột số {number}"),
            location: place_of(number),
            heading: Some(90.0),
            place: vec![
                if number < 5 { "Phố Hàng Bài" } else { "Đường Láng" }.to_owned(),
                "Hà Nội".to_owned(),
            ],
        })
        .collect()
}

/// An event with every field set in a way that depends on `seed`.
pub(crate) fn event(seed: u64, at: Timestamp, camera_number: usize) -> Event {
    let kinds: Vec<EventKind> = EventKind::all().collect();
    let kind = kinds[seed as usize % kinds.len()];
    let class = Class::ALL.get(seed as usize % 11).copied();
    let left = (seed % 97) as f32 / 97.0;
    let location = place_of(camera_number)
        .or_else(|| (!seed.is_multiple_of(5)).then(|| along_the_street((seed % 4000) as f64)));
    Event {
        id: EventId(Uuid::from_u128(u128::from(seed) << 80 | 0x7000_8000_0000_0000_0000)),
        location,
        draft: EventDraft {
            camera: camera(camera_number),
            time: at,
            duration_ms: (seed % 60_000) as u32,
            kind,
            rule: format!("rule-{}", seed % 7).parse().unwrap(),
            rule_version: (seed % 3) as u32,
            severity: Severity::try_from((seed % 4 + 1) as u8).unwrap(),
            class,
            confidence: left,
            track: (!seed.is_multiple_of(3)).then_some(TrackId(seed)),
            bbox: seed.is_multiple_of(2).then_some(Bbox {
                left,
                top: -0.25,
                width: 0.5,
                height: 0.125,
            }),
            crossing: match kind {
                EventKind::Rule(RuleKind::LineCrossing) => Some(Crossing::RightToLeft),
                EventKind::Rule(RuleKind::Count) => Some(Crossing::LeftToRight),
                _ => None,
            },
            count: (seed % 12) as u32,
            geometry: [Point::new(0.25, 0.5), Point::new(0.75, 0.5)].into(),
            attributes: attributes(seed),
            evidence: evidence(seed, at),
            clock_error_ms: seed as i32 % 100 - 50,
            source: source(seed),
        },
    }
}

/// Mostly our own analysis, with one of two models; now and then a camera's or a partner's.
fn source(seed: u64) -> Source {
    let topic = "RuleEngine/LineDetector/Crossed".to_owned();
    match seed % 8 {
        5 => Source::Camera { topic },
        6 => Source::Partner { name: "parking".parse().unwrap(), topic },
        _ => Source::Analysis { model: format!("{:064x}", seed % 2).into() },
    }
}

/// A colour, a size and a heading, each where `seed` has its bit.
fn attributes(seed: u64) -> Attributes {
    let colour = VehicleColour::ALL[seed as usize % VehicleColour::ALL.len()];
    Attributes {
        colour: (seed & 128 != 0).then_some(LikelyColour { colour, confidence: 0.75 }),
        size: (seed & 256 != 0).then_some(SizeClass::ALL[seed as usize % 3]),
        heading_deg: (seed & 64 != 0).then_some((seed % 360) as f32),
    }
}

/// What a signal showed, a speed and further shapes, each where `seed` has its bit.
fn evidence(seed: u64, at: Timestamp) -> Evidence {
    let change = |before_ms: u64, state| SignalChange {
        time: at.minus(std::time::Duration::from_millis(before_ms)),
        state,
    };
    let signal = [change(4000, SignalState::Amber), change(1000, SignalState::Red)];
    Evidence {
        further_geometry: if seed & 8 == 0 {
            Arc::default()
        } else {
            [vec![Point::new(0.0, 0.25), Point::new(1.0, 0.25)], vec![Point::new(0.5, 0.5)]].into()
        },
        signal: if seed & 16 == 0 { Vec::new() } else { signal.to_vec() },
        speed: (seed & 32 != 0)
            .then_some(Speed { kmh: (seed % 90) as f32 + 0.5, uncertainty_kmh: 4.25 }),
        position: (seed & 512 != 0).then(|| GroundPosition {
            location: Location::new(21.0285 + seed as f64 % 7.0 / 1e4, 105.8542).unwrap(),
            uncertainty_m: 1.5,
        }),
        note: (seed & 4 != 0).then(|| "biển báo bị che".to_owned()),
    }
}
