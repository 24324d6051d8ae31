//! An event as a CloudEvent 1.0 in structured mode: the body of webhooks and MQTT messages.

use domain::{
    Bbox, Crossing, GroundPosition, LikelyColour, Location, Point, SignalChange, SizeClass, Source,
    Speed, Timestamp,
};
use serde::Serialize;

use crate::outbox::Numbered;
use crate::target::Site;

/// The media type of the body.
pub(crate) const MEDIA_TYPE: &str = "application/cloudevents+json";

#[derive(Serialize)]
struct CloudEvent<'a> {
    specversion: &'static str,
    id: String,
    source: String,
    #[serde(rename = "type")]
    kind: String,
    subject: &'a str,
    time: Timestamp,
    datacontenttype: &'static str,
    /// CloudEvents' extension `sequence`: text whose order is that of the log.
    sequence: String,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    id: String,
    sequence: u64,
    site: &'a str,
    site_name: &'a str,
    camera: &'a str,
    camera_name: &'a str,
    time: Timestamp,
    duration_ms: u32,
    kind: &'static str,
    rule: &'a str,
    rule_version: u32,
    severity: u8,
    class: Option<&'static str>,
    confidence: f32,
    colour: Option<LikelyColour>,
    size: Option<SizeClass>,
    heading: Option<f32>,
    /// Too large for a JSON number.
    track: Option<String>,
    bbox: Option<Bbox>,
    crossing: Option<Crossing>,
    count: u32,
    geometry: &'a [Point],
    further_geometry: &'a [Vec<Point>],
    signal: &'a [SignalChange],
    speed: Option<Speed>,
    position: Option<GroundPosition>,
    location: Option<Location>,
    clock_error_ms: i32,
    /// Who found it.
    source: &'a Source,
    note: Option<&'a str>,
    /// The alert that it raised (then it is `id`), grew or ended.
    alert: Option<String>,
    /// Where the query service shows it, with stills and footage.
    href: String,
}

/// Returns the body that tells of an event.
pub(crate) fn body(numbered: &Numbered, site: &Site) -> Vec<u8> {
    let Numbered { sequence, event, folded } = numbered;
    let draft = &event.draft;
    let id = event.id.to_string();
    let told = CloudEvent {
        specversion: "1.0",
        id: id.clone(),
        source: format!("/sites/{}/cameras/{}", site.id, draft.camera),
        kind: format!("watchpost.event.{}", draft.kind),
        subject: draft.camera.as_str(),
        time: draft.time,
        datacontenttype: "application/json",
        sequence: format!("{sequence:020}"),
        data: Data {
            href: format!("/api/v1/events/{id}"),
            id,
            alert: folded.map(|folded| folded.alert.to_string()),
            sequence: *sequence,
            site: &site.id,
            site_name: &site.name,
            camera: draft.camera.as_str(),
            camera_name: site.camera_name(&draft.camera),
            time: draft.time,
            duration_ms: draft.duration_ms,
            kind: draft.kind.as_str(),
            rule: draft.rule.as_str(),
            rule_version: draft.rule_version,
            severity: draft.severity.number(),
            class: draft.class.map(domain::Class::as_str),
            confidence: draft.confidence,
            colour: draft.attributes.colour,
            size: draft.attributes.size,
            heading: draft.attributes.heading_deg,
            track: draft.track.map(|track| track.0.to_string()),
            bbox: draft.bbox,
            crossing: draft.crossing,
            count: draft.count,
            geometry: &draft.geometry,
            further_geometry: &draft.evidence.further_geometry,
            signal: &draft.evidence.signal,
            speed: draft.evidence.speed,
            position: draft.evidence.position,
            location: event.location,
            clock_error_ms: draft.clock_error_ms,
            source: &draft.source,
            note: draft.evidence.note.as_deref(),
        },
    };
    serde_json::to_vec(&told).expect("text and numbers are valid JSON")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::made::event;
    use crate::outbox::Folded;

    #[test]
    fn an_event_becomes_a_cloud_event_that_names_it_and_its_place_in_the_log() {
        let site = Site {
            id: "hoan-kiem".to_owned(),
            name: "Hoàn Kiếm".to_owned(),
            cameras: BTreeMap::from([("gate".parse().unwrap(), "Cổng \"A\"".to_owned())]),
        };
        let event = event(1, "gate", 2);
        let folded = Some(Folded { alert: event.id, severity: event.draft.severity });
        let numbered = Numbered { sequence: 42, event, folded };
        let body: serde_json::Value = serde_json::from_slice(&body(&numbered, &site)).unwrap();
        assert_eq!(body["specversion"], "1.0");
        assert_eq!(body["id"], numbered.event.id.to_string());
        assert_eq!(body["source"], "/sites/hoan-kiem/cameras/gate");
        assert_eq!(body["type"], "watchpost.event.red_light");
        assert_eq!(body["sequence"], "00000000000000000042");
        assert_eq!(body["time"], "2026-03-01T00:00:00.123000Z");
        let data = &body["data"];
        assert_eq!(data["camera_name"], "Cổng \"A\"");
        assert_eq!(data["track"], (u64::MAX - 1).to_string());
        assert_eq!((&data["severity"], &data["alert"]), (&2.into(), &body["id"]));
        assert_eq!(data["href"], format!("/api/v1/events/{}", numbered.event.id));
    }
}
