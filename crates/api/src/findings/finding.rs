//! A finding as it is posted: our own JSON, or a CloudEvent that carries it.

use axum::http::HeaderMap;
use domain::{Bbox, CameraId, Class, RuleKind, Timestamp, Topic};
use utoipa::ToSchema;

use super::fields::Fields;
use super::posting::{Attributes, read_posting};
use crate::event_body::BboxBody;
use crate::problem::ApiError;

/// Characters that a note may have.
const NOTE_LIMIT: usize = 500;
/// A finding that lasted for longer is none.
const DURATION_LIMIT_MS: u32 = 24 * 3600 * 1000;
/// What stands before a kind in the type of a CloudEvent.
const TYPE_PREFIX: &str = "watchpost.finding.";

/// What another system found.
#[derive(Debug, Clone, PartialEq, ToSchema)]
pub(crate) struct Finding {
    /// Names it at the source: the same posted again is stored once.
    #[schema(example = "gate-7/000123")]
    pub(crate) id: String,
    /// The camera that it was seen at.
    #[schema(value_type = String, example = "trang-tien")]
    pub(crate) camera: CameraId,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) time: Timestamp,
    /// What kind of rule would have found it; or `topic` in its place.
    #[schema(value_type = Option<String>, example = "line_crossing")]
    pub(crate) kind: RuleKind,
    /// The ONVIF topic it is told under, one of those that `docs/edge-findings.md` lists.
    #[schema(value_type = Option<String>, example = "tns1:RuleEngine/LineDetector/Crossed")]
    pub(crate) topic: &'static str,
    /// What kind of object, if one.
    #[schema(value_type = Option<String>, example = "car")]
    pub(crate) class: Option<Class>,
    /// How sure the source is, 0 to 1; 1 if left out.
    #[schema(value_type = Option<f32>, minimum = 0, maximum = 1)]
    pub(crate) confidence: f32,
    /// Where the object was.
    #[schema(value_type = Option<BboxBody>)]
    pub(crate) bbox: Option<Bbox>,
    /// How long it had lasted, in milliseconds.
    #[schema(value_type = Option<u32>, maximum = 86_400_000)]
    pub(crate) duration_ms: u32,
    /// How many, for counts and crowds; 1 if left out.
    #[schema(value_type = Option<u32>, minimum = 1)]
    pub(crate) count: u32,
    /// What a person should know besides, 500 characters at most. Never who somebody is.
    pub(crate) note: Option<String>,
    /// The `source` of a CloudEvent: ids are unique within it.
    #[schema(ignore)]
    pub(crate) context: String,
}

impl Finding {
    /// Reads a posting.
    ///
    /// # Errors
    /// Names every member that is missing, unknown or not understood.
    pub(crate) fn read(headers: &HeaderMap, body: &[u8]) -> Result<Self, ApiError> {
        read_posting(headers, body, Self::from_fields)
    }

    /// Reads the finding itself; what it does not say is taken from the attributes around it.
    fn from_fields(fields: &mut Fields, attributes: Attributes) -> Option<Self> {
        let camera = fields.text("camera").or(attributes.subject);
        let camera = match camera.as_deref().map(str::parse::<CameraId>) {
            Some(Ok(camera)) => Some(camera),
            Some(Err(error)) => {
                fields.refuse("camera", error.to_string());
                None
            }
            None => {
                fields.refuse("camera", "is needed: the camera's id");
                None
            }
        };
        let refused = fields.refused();
        let time = fields.parse("time").or(attributes.time);
        if time.is_none() && fields.refused() == refused {
            fields.refuse("time", "is needed: an RFC 3339 time");
        }
        let what = read_what(fields, attributes.kind.as_deref());
        let class = fields.parse("class");
        let confidence = fields.number("confidence", 0.0, 1.0);
        let bbox = read_bbox(fields);
        let duration_ms = fields.whole("duration_ms", 0, DURATION_LIMIT_MS);
        let count = fields.whole("count", 1, 1_000_000);
        let note = fields.parse_with("note", read_note);
        let (kind, topic) = what?;
        Some(Self {
            id: attributes.id?,
            camera: camera?,
            time: time?,
            kind,
            topic,
            class,
            confidence: confidence.unwrap_or(1.0),
            bbox,
            duration_ms: duration_ms.unwrap_or(0),
            count: count.unwrap_or(1),
            note,
            context: attributes.source.unwrap_or_default(),
        })
    }
}

/// Reads what was found, by `kind`, `topic` or the type of the CloudEvent, one of them, with the
/// words it is kept under.
fn read_what(fields: &mut Fields, of_type: Option<&str>) -> Option<(RuleKind, &'static str)> {
    let kind = fields.text("kind");
    let topic = fields.text("topic");
    let (name, found) = match (kind, topic, of_type) {
        (Some(_), Some(_), _) => {
            fields.refuse("topic", "cannot be joined with kind: give one of them");
            return None;
        }
        (Some(kind), None, _) => ("kind", read_rule_kind(&kind)),
        (None, Some(topic), _) => ("topic", read_topic(&topic)),
        (None, None, Some(of_type)) => {
            let kind = of_type.strip_prefix(TYPE_PREFIX).unwrap_or(of_type);
            let found = read_rule_kind(kind);
            ("type", found.or_else(|_| read_topic(of_type)))
        }
        (None, None, None) => ("kind", Err("is needed, or topic".to_owned())),
    };
    let refuse = |reason: String| match name {
        "type" => fields.refuse_around(name, reason),
        _ => fields.refuse(name, reason),
    };
    found.map_err(refuse).ok()
}

/// Reads the kind of a rule: how our cameras are is for our own watch to say.
fn read_rule_kind(text: &str) -> Result<(RuleKind, &'static str), String> {
    let found = RuleKind::ALL.into_iter().find(|kind| kind.as_str() == text);
    found.map(|kind| (kind, kind.as_str())).ok_or_else(|| {
        let known: Vec<_> = RuleKind::ALL.iter().map(|kind| kind.as_str()).collect();
        format!("\"{text}\" is not a kind: use one of {}", known.join(", "))
    })
}

fn read_topic(text: &str) -> Result<(RuleKind, &'static str), String> {
    let topic = Topic::find(text).ok_or_else(|| {
        let known: Vec<_> = Topic::ALL.iter().map(|topic| topic.path()).collect();
        format!("\"{text}\" is not taken: use one of {}", known.join(", "))
    })?;
    Ok((topic.kind(), topic.path()))
}

fn read_bbox(fields: &mut Fields) -> Option<Bbox> {
    let mut inner = fields.object("bbox")?;
    let mut side = |name| {
        let refused = inner.refused();
        let number = inner.number(name, 0.0, 1.0);
        if number.is_none() && inner.refused() == refused {
            inner.refuse(name, "is needed: 0 to 1");
        }
        number
    };
    let sides = (side("left"), side("top"), side("width"), side("height"));
    fields.take_over(inner);
    let (left, top, width, height) = (sides.0?, sides.1?, sides.2?, sides.3?);
    Some(Bbox { left, top, width, height }.clamped())
}

fn read_note(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.chars().count() > NOTE_LIMIT {
        return Err(format!("has more than {NOTE_LIMIT} characters"));
    }
    if text.chars().any(|character| character.is_control() && character != '\n') {
        return Err("holds control characters".to_owned());
    }
    Ok(text.to_owned())
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

    fn read(content_type: &str, body: &str) -> Result<Finding, Vec<String>> {
        Finding::read(&headers(content_type), body.as_bytes()).map_err(|error| match error {
            ApiError::Invalid(params) => params.into_iter().map(|param| param.name).collect(),
            other => vec![other.to_string()],
        })
    }

    #[test]
    fn every_mistake_is_named_at_once() {
        let body = r#"{"camera": "A b", "kind": "face", "class": "unicorn", "confidence": 2,
                       "bbox": {"left": 0.1, "top": -1, "width": 1, "depth": 3}, "who": "A"}"#;
        let mut names = read("application/json", body).unwrap_err();
        names.sort();
        assert_eq!(
            names,
            [
                "bbox.depth",
                "bbox.height",
                "bbox.top",
                "camera",
                "class",
                "confidence",
                "id",
                "kind",
                "time",
                "who"
            ]
        );
    }

    #[test]
    fn our_own_json_and_both_modes_of_a_cloud_event_say_the_same() {
        let data = r#""camera": "gate", "time": "2026-03-01T00:00:00Z", "class": "car""#;
        let plain = format!(r#"{{"id": "7", "kind": "intrusion", {data}}}"#);
        let plain = read("application/json", &plain).unwrap();
        let structured = format!(
            r#"{{"specversion": "1.0", "id": "7", "source": "/gate", "traceparent": "00-1",
                "type": "watchpost.finding.intrusion", "data": {{{data}}}}}"#
        );
        let structured = read("application/cloudevents+json; charset=utf-8", &structured).unwrap();
        assert_eq!(Finding { context: "/gate".to_owned(), ..plain }, structured);
        let mut binary = headers("application/json");
        for (name, value) in [
            ("ce-specversion", "1.0"),
            ("ce-id", "7"),
            ("ce-source", "/gate"),
            ("ce-type", "intrusion"),
            ("ce-time", "2026-03-01T00:00:00Z"),
            ("ce-subject", "gate"),
        ] {
            binary.insert(name, value.parse().unwrap());
        }
        let binary = Finding::read(&binary, br#"{"class": "car"}"#).unwrap();
        assert_eq!(binary, structured);
    }

    #[test]
    fn a_cloud_event_without_what_it_must_have_is_refused_by_name() {
        let kind = "application/cloudevents+json";
        assert_eq!(
            read(kind, r#"{"specversion": "0.3", "data": {}, "x": 1}"#).unwrap_err(),
            ["specversion", "id", "source", "type", "data.camera", "data.time", "data.kind"]
        );
        assert!(read("application/cloudevents-batch+json", "[]").unwrap_err()[0].contains("taken"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(body: Vec<u8>) {
            for kind in ["application/json", "application/cloudevents+json", ""] {
                let _ = Finding::read(&headers(kind), &body);
            }
        }
    }
}
