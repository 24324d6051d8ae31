//! A call as a call-taking system posts it: our own JSON, or a CloudEvent that carries it.

use axum::http::HeaderMap;
use domain::{Call, CallService, Location, Severity, Timestamp};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use super::numbers::without_numbers;
use crate::event_body::LocationBody;
use crate::events::read_severity;
use crate::findings::{Fields, PostingAttributes, read_posting};
use crate::problem::{ApiError, InvalidParam};

/// Characters of what a call is about, and of its ward.
const SHORT_LIMIT: usize = 120;
/// Characters of an address.
const ADDRESS_LIMIT: usize = 300;
/// Characters of what was said.
const TEXT_LIMIT: usize = 4000;
/// The type of a CloudEvent that carries a call, alone or before a dot.
const TYPE: &str = "watchpost.call";

/// A call, or what has changed of one that was posted before.
///
/// Members that are left out stay as they were. There is none for who called: numbers of telephones and
/// papers are taken out of the words, and every other member is refused.
#[derive(Debug, Clone, PartialEq, ToSchema)]
pub(crate) struct CallTold {
    /// Names the call at the source: posted again it is the same incident.
    #[schema(example = "113/2026-11-27/004512")]
    pub(crate) id: String,
    /// A number of the source's for this wording: only to say again what was said before, as when a call
    /// that was closed is open again.
    #[schema(value_type = Option<u32>)]
    pub(crate) revision: Option<u32>,
    /// What was called: `113` police, `114` fire and rescue, `115` ambulance. Needed the first time.
    #[schema(value_type = Option<String>, example = "114")]
    pub(crate) service: Option<CallService>,
    /// What it is about, 120 characters at most. Needed the first time.
    #[schema(rename = "kind", value_type = Option<String>, example = "cháy nhà")]
    pub(crate) what: Option<String>,
    /// When the call came in. Needed the first time.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) time: Option<Timestamp>,
    /// How much it matters, 1 the gravest to 4; as configured if never said.
    #[schema(value_type = Option<u8>, minimum = 1, maximum = 4)]
    pub(crate) severity: Option<Severity>,
    /// What was said, 4000 characters at most: all of it, not what was added.
    pub(crate) text: Option<String>,
    /// Where it is.
    #[schema(value_type = Option<LocationBody>)]
    pub(crate) location: Option<Location>,
    /// Where it is in words, the smallest first, with commas: `12 Hàng Bài, Phường Hồng Hà`.
    pub(crate) address: Option<String>,
    /// The ward or commune it is in, of now or before July 2025.
    #[schema(example = "Phường Hồng Hà")]
    pub(crate) ward: Option<String>,
    /// `open`, or `closed` once the call is dealt with.
    #[schema(rename = "state", value_type = Option<String>, example = "open")]
    pub(crate) is_over: Option<bool>,
    /// The `source` of a CloudEvent: ids are unique within it.
    #[schema(ignore)]
    pub(crate) context: String,
}

impl CallTold {
    /// Reads a posting.
    ///
    /// # Errors
    /// Names every member that is unknown or not understood.
    pub(crate) fn read(headers: &HeaderMap, body: &[u8]) -> Result<Self, ApiError> {
        read_posting(headers, body, Self::from_fields)
    }

    fn from_fields(fields: &mut Fields, attributes: PostingAttributes) -> Option<Self> {
        let is_call = |kind: &String| {
            kind.strip_prefix(TYPE).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        if attributes.kind.as_ref().is_some_and(|kind| !is_call(kind)) {
            fields.refuse_around("type", format!("is not {TYPE}"));
        }
        let told = Self {
            id: String::new(),
            context: attributes.source.unwrap_or_default(),
            revision: fields.whole("revision", 0, u32::MAX),
            service: fields.parse_with("service", |text| {
                CallService::from_telephone(text)
                    .ok_or_else(|| format!("\"{text}\" is none: use one of 113, 114, 115"))
            }),
            what: words(fields, "kind", SHORT_LIMIT),
            time: fields.parse("time").or(attributes.time),
            severity: read_number(fields),
            text: words(fields, "text", TEXT_LIMIT),
            location: read_location(fields),
            address: words(fields, "address", ADDRESS_LIMIT),
            ward: words(fields, "ward", SHORT_LIMIT),
            is_over: fields.parse_with("state", |text| match text {
                "open" => Ok(false),
                "closed" => Ok(true),
                _ => Err(format!("\"{text}\" is none: use open or closed")),
            }),
        };
        Some(Self { id: attributes.id?, ..told })
    }

    /// Returns what tells this posting from every other of the same call.
    pub(crate) fn digest(&self) -> [u8; 32] {
        let Self { revision, service, what, time, severity, text, location, address, ward, .. } =
            self;
        let place = (location, address, ward);
        let all = (revision, service, what, time, severity, text, place, self.is_over);
        // Numbers and texts always become JSON.
        Sha256::digest(serde_json::to_vec(&all).unwrap_or_default()).into()
    }

    /// Returns the call as it is after this posting; `severity` where nobody ever said one.
    ///
    /// # Errors
    /// It is the first, and something is missing that every call has.
    pub(crate) fn onto(self, known: Option<&Call>, severity: Severity) -> Result<Call, ApiError> {
        let service = self.service.or(known.map(|call| call.service));
        let what = self.what.or_else(|| known.map(|call| call.what.clone()));
        let time = self.time.or(known.map(|call| call.time));
        let missing =
            [("service", service.is_none()), ("kind", what.is_none()), ("time", time.is_none())];
        let (Some(service), Some(what), Some(time)) = (service, what, time) else {
            let missing = missing.into_iter().filter(|(_, is_missing)| *is_missing);
            let refused = missing.map(|(name, _)| InvalidParam {
                name: name.to_owned(),
                reason: "is needed the first time that a call is told".to_owned(),
            });
            return Err(ApiError::Invalid(refused.collect()));
        };
        let before = |part: fn(&Call) -> Option<String>| known.and_then(part);
        Ok(Call {
            service,
            what,
            time,
            severity: self.severity.or(known.map(|call| call.severity)).unwrap_or(severity),
            text: self.text.or_else(|| before(|call| call.text.clone())),
            address: self.address.or_else(|| before(|call| call.address.clone())),
            ward: self.ward.or_else(|| before(|call| call.ward.clone())),
            location: self.location.or(known.and_then(|call| call.location)),
            is_over: self.is_over.unwrap_or(known.is_some_and(|call| call.is_over)),
        })
    }
}

/// Takes a text without numbers that say who somebody is.
fn words(fields: &mut Fields, name: &'static str, limit: usize) -> Option<String> {
    fields.parse_with(name, |text| {
        let text = text.trim();
        if !(1..=limit).contains(&text.chars().count()) {
            return Err(format!("has 1 to {limit} characters"));
        }
        if text.chars().any(|letter| letter.is_control() && letter != '\n') {
            return Err("holds control characters".to_owned());
        }
        Ok(without_numbers(text))
    })
}

fn read_number(fields: &mut Fields) -> Option<Severity> {
    let number = fields.whole("severity", 1, 4)?;
    read_severity(&number.to_string()).ok()
}

fn read_location(fields: &mut Fields) -> Option<Location> {
    let mut inner = fields.object("location")?;
    let (lat, lon) = (inner.degrees("lat", 90.0), inner.degrees("lon", 180.0));
    fields.take_over(inner);
    Location::new(lat?, lon?).ok()
}

#[cfg(test)]
mod tests {
    use axum::http::header;
    use proptest::prelude::*;

    use super::*;

    fn headers(content_type: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, content_type.parse().unwrap());
        headers
    }

    fn read(body: &str) -> Result<CallTold, Vec<String>> {
        let read = CallTold::read(&headers("application/json"), body.as_bytes());
        read.map_err(|error| match error {
            ApiError::Invalid(params) => params.into_iter().map(|param| param.name).collect(),
            other => vec![other.to_string()],
        })
    }

    #[test]
    fn who_called_is_not_taken_under_any_name() {
        let body = r#"{"id": "1", "caller": "A", "phone": "0912345678", "name": "B", "service": "911",
                       "location": {"lat": 91, "lng": 105}, "state": "ended"}"#;
        let mut refused = read(body).unwrap_err();
        refused.sort();
        let expected = [
            "caller",
            "location.lat",
            "location.lng",
            "location.lon",
            "name",
            "phone",
            "service",
            "state",
        ];
        assert_eq!(refused, expected);
        let told =
            read(r#"{"id": "1", "text": "máy 0912 345 678", "address": "0912345678"}"#).unwrap();
        assert_eq!(told.text.as_deref(), Some("máy •••• ••• •••"));
        assert_eq!(told.address.as_deref(), Some("••••••••••"));
    }

    #[test]
    fn a_later_posting_changes_what_it_says_and_nothing_else() {
        let severity = Severity::try_from(2).unwrap();
        let first = r#"{"id": "1", "service": "114", "kind": "cháy", "time": "2026-03-01T00:00:00Z",
                        "ward": "Phường Cửa Nam", "location": {"lat": 21.03, "lon": 105.84}}"#;
        let first = read(first).unwrap().onto(None, severity).unwrap();
        assert_eq!((first.severity, first.is_over), (severity, false));
        let later = read(r#"{"id": "1", "text": "có khói", "state": "closed"}"#).unwrap();
        let after = later.onto(Some(&first), severity).unwrap();
        let expected = Call { text: Some("có khói".to_owned()), is_over: true, ..first };
        assert_eq!(after, expected);
        let nothing = read(r#"{"id": "1"}"#).unwrap().onto(None, severity).unwrap_err();
        assert!(nothing.to_string().contains("service: is needed"), "{nothing}");
    }

    #[test]
    fn the_same_words_are_the_same_posting() {
        let told = |body: &str| read(body).unwrap().digest();
        assert_eq!(told(r#"{"id": "1", "text": "a"}"#), told(r#"{"text": "a ", "id": "1"}"#));
        assert_ne!(told(r#"{"id": "1", "text": "a"}"#), told(r#"{"id": "1", "ward": "a"}"#));
        assert_ne!(told(r#"{"id": "1"}"#), told(r#"{"id": "1", "revision": 2}"#));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(body: Vec<u8>) {
            for kind in ["application/json", "application/cloudevents+json"] {
                let _ = CallTold::read(&headers(kind), &body);
            }
        }
    }
}
