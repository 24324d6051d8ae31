//! Events made for tests.

use std::sync::Arc;

use domain::{
    Attributes, Event, EventDraft, EventId, Evidence, Location, RuleKind, Severity, Source,
    Timestamp,
};
use uuid::Uuid;

pub(crate) fn event(number: u64, camera: &str, severity: u8) -> Event {
    Event {
        id: EventId(Uuid::from_u128(u128::from(number) << 80 | 0x7000_8000_0000_0000_0000)),
        location: Location::new(21.0252, 105.853).ok(),
        draft: EventDraft {
            camera: camera.parse().unwrap(),
            time: Timestamp::from_millis(1_772_323_200_123),
            duration_ms: 1500,
            kind: RuleKind::RedLight.into(),
            rule: "gate-red".parse().unwrap(),
            rule_version: 7,
            severity: Severity::try_from(severity).unwrap(),
            class: Some(domain::Class::Car),
            confidence: 0.75,
            attributes: Attributes::default(),
            track: Some(domain::TrackId(u64::MAX - 1)),
            bbox: None,
            crossing: None,
            count: 1,
            geometry: Arc::default(),
            evidence: Evidence::default(),
            clock_error_ms: -20,
            source: Source::Analysis { model: "ab".repeat(32).into() },
        },
    }
}
