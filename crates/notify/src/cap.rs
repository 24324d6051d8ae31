//! An event as an alert of the Common Alerting Protocol 1.2 (OASIS CAP-v1.2, 1 July 2010).
//!
//! The order of elements is the standard's (§3.2). What a rule found is what a machine saw: its
//! certainty is at most *Likely*, never *Observed*, and the receiver is asked to assess it.

use domain::{EventId, EventKind, Language, RuleKind, Timestamp};
use jiff::tz::{Offset, TimeZone};

use crate::outbox::Numbered;
use crate::target::{CapStatus, Site};
use crate::xml::Xml;

/// The media type of the body.
pub(crate) const MEDIA_TYPE: &str = "application/cap+xml";
/// The standard's namespace.
const NAMESPACE: &str = "urn:oasis:names:tc:emergency:cap:1.2";
/// Vietnam is 7 hours ahead of UTC, all year.
const OFFSET: Offset = jiff::tz::offset(7);
/// What a camera's view covers, around where it stands.
const RADIUS_KM: &str = "0.1";
/// The longest headline, in characters (§3.2.2).
const HEADLINE_CHARACTERS: usize = 160;
/// Above this the object was more likely there than not.
const LIKELY: f32 = 0.5;

/// Returns how CAP names a language (RFC 3066).
fn tag(language: Language) -> &'static str {
    language.pick("vi-VN", "en-US")
}

/// Returns the body that tells of an event of severity 1 or 2, or of the end of such trouble, which
/// updates the alert that told of its beginning. The same event gives the same body, however often
/// it is sent.
pub(crate) fn body(numbered: &Numbered, site: &Site, status: CapStatus) -> Vec<u8> {
    let event = &numbered.event;
    let sender = format!("watchpost.{}", site.id);
    let ended = ended_alert(numbered);
    let mut xml = Xml::new();
    xml.nest("alert", Some(NAMESPACE), |xml| {
        xml.text("identifier", &event.id.to_string());
        xml.text("sender", &sender);
        xml.text("sent", &local(named_at(numbered)));
        xml.text("status", status.as_str());
        xml.text("msgType", if ended.is_some() { "Update" } else { "Alert" });
        xml.text("source", &format!("camera {}", event.draft.camera));
        xml.text("scope", "Restricted");
        xml.text("restriction", "Chỉ dành cho lực lượng chức năng / For authorised staff only");
        if let Some((alert, sent)) = ended {
            xml.text("references", &format!("{sender},{alert},{}", local(sent)));
        }
        for language in [Language::Vietnamese, Language::English] {
            xml.nest("info", None, |xml| info(xml, numbered, site, language));
        }
    });
    xml.finish().into_bytes()
}

fn info(xml: &mut Xml, numbered: &Numbered, site: &Site, language: Language) {
    let Numbered { sequence, event, .. } = numbered;
    let draft = &event.draft;
    let camera = site.camera_name(&draft.camera);
    let what = draft.kind.words(language);
    xml.text("language", tag(language));
    xml.text("category", category(draft.kind));
    xml.text("event", &what);
    let (urgency, severity) = match numbered.severity().number() {
        1 => ("Immediate", "Severe"),
        _ => ("Expected", "Moderate"),
    };
    let (response, urgency) =
        if numbered.is_end() { ("AllClear", "Past") } else { ("Assess", urgency) };
    xml.text("responseType", response);
    xml.text("urgency", urgency);
    xml.text("severity", severity);
    let certainty = if draft.confidence > LIKELY { "Likely" } else { "Possible" };
    xml.text("certainty", certainty);
    xml.text("onset", &local(draft.time));
    xml.text("senderName", &site.name);
    let headline = format!("{what} – {camera}");
    xml.text("headline", &headline.chars().take(HEADLINE_CHARACTERS).collect::<String>());
    let percent = (draft.confidence * 100.0).round();
    let note = language.pick(
        format!("Phát hiện tự động, cần người xác minh. Độ tin cậy {percent} %."),
        format!("Found automatically, to be checked by a person. Confidence {percent} %."),
    );
    xml.text("description", &note);
    for (name, value) in [
        ("site", site.id.as_str()),
        ("camera", draft.camera.as_str()),
        ("rule", draft.rule.as_str()),
        ("kind", draft.kind.as_str()),
        ("class", draft.class.map_or("none", domain::Class::as_str)),
        ("sequence", &sequence.to_string()),
    ] {
        xml.nest("parameter", None, |xml| {
            xml.text("valueName", name);
            xml.text("value", value);
        });
    }
    xml.nest("area", None, |xml| {
        xml.text("areaDesc", camera);
        if let Some(location) = event.location {
            let circle = format!("{:.6},{:.6} {RADIUS_KM}", location.lat, location.lon);
            xml.text("circle", &circle);
        }
    });
}

/// Returns when the event got its name: the time in its UUID, or its own where there is none.
fn named_at(numbered: &Numbered) -> Timestamp {
    let event = &numbered.event;
    event.id.given().unwrap_or(event.draft.time)
}

/// Returns the alert that the end of trouble ends, and when it was sent: it has the name of the
/// event that raised it, and that name tells the time.
fn ended_alert(numbered: &Numbered) -> Option<(EventId, Timestamp)> {
    let folded = numbered.folded.filter(|_| numbered.is_end())?;
    Some((folded.alert, folded.alert.given()?))
}

/// Returns a time as CAP writes it (§3.2.1): whole seconds, with the offset.
fn local(time: Timestamp) -> String {
    let time = jiff::Timestamp::from_microsecond(time.as_micros());
    let local = time.unwrap_or_default().to_zoned(TimeZone::fixed(OFFSET));
    local.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

impl CapStatus {
    fn as_str(self) -> &'static str {
        match self {
            Self::Actual => "Actual",
            Self::Test => "Test",
        }
    }
}

fn category(kind: EventKind) -> &'static str {
    let EventKind::Rule(kind) = kind else { return "Infra" };
    match kind {
        RuleKind::LineCrossing
        | RuleKind::Intrusion
        | RuleKind::Loitering
        | RuleKind::ForbiddenClass
        | RuleKind::Crowd => "Security",
        RuleKind::Count
        | RuleKind::WrongWay
        | RuleKind::RedLight
        | RuleKind::StopLine
        | RuleKind::IllegalStop
        | RuleKind::IllegalTurn
        | RuleKind::BoxBlocking
        | RuleKind::Speeding
        | RuleKind::Congestion => "Transport",
    }
}

#[cfg(test)]
#[path = "cap_tests.rs"]
mod tests;
