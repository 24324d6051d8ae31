//! Alerts read back by somebody else's parser and held against the standard, rule by rule.

use std::collections::BTreeMap;

use quick_xml::Reader;
use quick_xml::events::BytesStart;
use quick_xml::events::Event as Token;

use super::*;
use crate::made::event;
use crate::outbox::Folded;

/// An element: its name, its text, what it holds.
#[derive(Debug, Default)]
struct Element {
    name: String,
    text: String,
    children: Vec<Element>,
}

impl Element {
    fn all(&self, name: &str) -> Vec<&Element> {
        self.children.iter().filter(|child| child.name == name).collect()
    }

    fn text_of(&self, name: &str) -> &str {
        &self.all(name).first().unwrap_or_else(|| panic!("no {name}")).text
    }
}

fn read(bytes: &[u8]) -> Element {
    let text = std::str::from_utf8(bytes).unwrap();
    let mut reader = Reader::from_str(text);
    let mut open = vec![Element::default()];
    loop {
        match reader.read_event().unwrap() {
            Token::Start(start) => open.push(started(&start)),
            Token::Text(text) => open.last_mut().unwrap().text += &text.decode().unwrap(),
            Token::GeneralRef(reference) => {
                let name = reference.decode().unwrap();
                let character = quick_xml::escape::resolve_predefined_entity(&name).unwrap();
                open.last_mut().unwrap().text += character;
            }
            Token::End(_) => {
                let mut ended = open.pop().unwrap();
                if !ended.children.is_empty() {
                    assert!(ended.text.trim().is_empty(), "{ended:?}");
                    ended.text.clear();
                }
                open.last_mut().unwrap().children.push(ended);
            }
            Token::Decl(_) => {}
            Token::Eof => break,
            other => panic!("{other:?}"),
        }
    }
    let mut root = open.pop().unwrap();
    assert!(open.is_empty() && root.children.len() == 1);
    root.children.remove(0)
}

fn started(start: &BytesStart<'_>) -> Element {
    let name = String::from_utf8(start.name().as_ref().to_vec()).unwrap();
    let namespaces: Vec<_> = start
        .attributes()
        .map(|attribute| String::from_utf8(attribute.unwrap().value.to_vec()).unwrap())
        .collect();
    let expected: &[&str] = if name == "alert" { &[NAMESPACE] } else { &[] };
    assert_eq!(namespaces, expected, "{name}");
    Element { name, ..Element::default() }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Often {
    Once,
    AtMostOnce,
    Any,
}
use Often::{Any, AtMostOnce, Once};

/// §3.2.1: the elements of an alert, in the order in which they must stand.
const ALERT: &[(&str, Often)] = &[
    ("identifier", Once),
    ("sender", Once),
    ("sent", Once),
    ("status", Once),
    ("msgType", Once),
    ("source", AtMostOnce),
    ("scope", Once),
    ("restriction", AtMostOnce),
    ("addresses", AtMostOnce),
    ("code", Any),
    ("note", AtMostOnce),
    ("references", AtMostOnce),
    ("incidents", AtMostOnce),
    ("info", Any),
];
/// §3.2.2.
const INFO: &[(&str, Often)] = &[
    ("language", AtMostOnce),
    ("category", Any),
    ("event", Once),
    ("responseType", Any),
    ("urgency", Once),
    ("severity", Once),
    ("certainty", Once),
    ("audience", AtMostOnce),
    ("eventCode", Any),
    ("effective", AtMostOnce),
    ("onset", AtMostOnce),
    ("expires", AtMostOnce),
    ("senderName", AtMostOnce),
    ("headline", AtMostOnce),
    ("description", AtMostOnce),
    ("instruction", AtMostOnce),
    ("web", AtMostOnce),
    ("contact", AtMostOnce),
    ("parameter", Any),
    ("resource", Any),
    ("area", Any),
];
/// §3.2.4.
const AREA: &[(&str, Often)] = &[
    ("areaDesc", Once),
    ("polygon", Any),
    ("circle", Any),
    ("geocode", Any),
    ("altitude", AtMostOnce),
    ("ceiling", AtMostOnce),
];
const PARAMETER: &[(&str, Often)] = &[("valueName", Once), ("value", Once)];
/// The words that the standard allows.
const WORDS: &[(&str, &[&str])] = &[
    ("status", &["Actual", "Exercise", "System", "Test", "Draft"]),
    ("msgType", &["Alert", "Update", "Cancel", "Ack", "Error"]),
    ("scope", &["Public", "Restricted", "Private"]),
    (
        "category",
        &[
            "Geo",
            "Met",
            "Safety",
            "Security",
            "Rescue",
            "Fire",
            "Health",
            "Env",
            "Transport",
            "Infra",
            "CBRNE",
            "Other",
        ],
    ),
    (
        "responseType",
        &[
            "Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear",
            "None",
        ],
    ),
    ("urgency", &["Immediate", "Expected", "Future", "Past", "Unknown"]),
    ("severity", &["Extreme", "Severe", "Moderate", "Minor", "Unknown"]),
    ("certainty", &["Observed", "Likely", "Possible", "Unlikely", "Unknown"]),
];

/// Holds the children of `element` against what the standard lists for it.
fn check_order(element: &Element, listed: &[(&str, Often)]) {
    let place = |child: &Element| {
        let place = listed.iter().position(|(name, _)| *name == child.name);
        place.unwrap_or_else(|| panic!("{} in {}", child.name, element.name))
    };
    let places: Vec<_> = element.children.iter().map(place).collect();
    assert!(places.is_sorted(), "order in {}: {element:?}", element.name);
    for (name, often) in listed {
        let count = element.all(name).len();
        let holds = match often {
            Once => count == 1,
            AtMostOnce => count <= 1,
            Any => true,
        };
        assert!(holds, "{count} times {name} in {}", element.name);
    }
    for child in &element.children {
        if let Some((_, words)) = WORDS.iter().find(|(name, _)| *name == child.name) {
            assert!(words.contains(&child.text.as_str()), "{child:?}");
        }
    }
}

/// §3.2.1: no spaces, commas or restricted characters in identifier and sender; times with offset.
fn check_alert(alert: &Element) {
    assert_eq!(alert.name, "alert");
    check_order(alert, ALERT);
    for name in ["identifier", "sender"] {
        let text = alert.text_of(name);
        assert!(!text.is_empty() && !text.contains([' ', ',', '<', '&']), "{name}: {text}");
    }
    match alert.text_of("scope") {
        "Restricted" => assert!(!alert.text_of("restriction").is_empty()),
        "Private" => assert!(!alert.text_of("addresses").is_empty()),
        _ => {}
    }
    check_time(alert.text_of("sent"));
    // An update says of what, by sender, identifier and time, which hold no spaces.
    let references = alert.all("references");
    assert_eq!(references.len(), usize::from(alert.text_of("msgType") == "Update"));
    for references in references {
        let named: Vec<_> = references.text.split(',').collect();
        let [sender, identifier, sent] = named[..] else { panic!("{references:?}") };
        assert_eq!(sender, alert.text_of("sender"));
        assert!(!identifier.contains(' '), "{references:?}");
        check_time(sent);
    }
    let infos = alert.all("info");
    assert!(!infos.is_empty());
    for info in infos {
        check_order(info, INFO);
        assert!(!info.all("category").is_empty());
        check_time(info.text_of("onset"));
        assert!(info.text_of("headline").chars().count() <= 160);
        info.all("parameter").into_iter().for_each(|parameter| check_order(parameter, PARAMETER));
        for area in info.all("area") {
            check_order(area, AREA);
            for circle in area.all("circle") {
                let (centre, radius) = circle.text.split_once(' ').unwrap();
                let (lat, lon) = centre.split_once(',').unwrap();
                assert!((-90.0..=90.0).contains(&lat.parse::<f64>().unwrap()), "{circle:?}");
                assert!((-180.0..=180.0).contains(&lon.parse::<f64>().unwrap()), "{circle:?}");
                assert!(radius.parse::<f64>().unwrap() > 0.0, "{circle:?}");
            }
        }
    }
}

/// Like `2002-05-24T16:49:00-07:00`: no fractions, no Z.
fn check_time(text: &str) {
    assert_eq!(text.len(), 25, "{text}");
    assert!(text.ends_with("+07:00"), "{text}");
    text.parse::<domain::Timestamp>().unwrap();
}

fn site(camera_name: &str) -> Site {
    Site {
        id: "hoan-kiem".to_owned(),
        name: "Phường Hoàn Kiếm".to_owned(),
        cameras: BTreeMap::from([("gate".parse().unwrap(), camera_name.to_owned())]),
    }
}

#[test]
fn every_alert_is_built_as_the_standard_says() {
    let hostile = format!("</areaDesc>&<alert>\"'\u{0}]]>{}", "ế".repeat(500));
    for camera_name in ["Ngã tư Tràng Tiền", &hostile, ""] {
        for kind in EventKind::all() {
            for severity in [1, 2] {
                let mut event = event(7, "gate", severity);
                event.draft.kind = kind;
                if severity == 2 {
                    event.location = None;
                    event.draft.class = None;
                    event.draft.confidence = 0.3;
                }
                let folded = Some(Folded { alert: event.id, severity: event.draft.severity });
                let numbered = Numbered { sequence: 42, event, folded };
                let alert = read(&body(&numbered, &site(camera_name), CapStatus::Actual));
                check_alert(&alert);
            }
        }
    }
}

#[test]
fn an_alert_says_what_happened_where_in_two_languages() {
    let mut numbered = Numbered { sequence: 42, event: event(7, "gate", 1), folded: None };
    // A UUID v7 of 2026-03-01T00:00:02.500Z.
    numbered.event.id = "019ca6b1-e5c4-7000-8000-000000000000".parse().unwrap();
    let alert = read(&body(&numbered, &site("Cổng \"A\" & B"), CapStatus::Test));
    assert_eq!(alert.text_of("identifier"), "019ca6b1-e5c4-7000-8000-000000000000");
    assert_eq!(alert.text_of("sender"), "watchpost.hoan-kiem");
    assert_eq!(alert.text_of("sent"), "2026-03-01T07:00:02+07:00");
    assert_eq!(alert.text_of("status"), "Test");
    let infos = alert.all("info");
    assert_eq!(infos.len(), 2);
    for (info, language, what, headline) in [
        (infos[0], "vi-VN", "Nghi vượt đèn đỏ", "Nghi vượt đèn đỏ – Cổng \"A\" & B"),
        (
            infos[1],
            "en-US",
            "Suspected red-light running",
            "Suspected red-light running – Cổng \"A\" & B",
        ),
    ] {
        assert_eq!(info.text_of("language"), language);
        assert_eq!(info.text_of("event"), what);
        assert_eq!(info.text_of("headline"), headline);
        assert_eq!(info.text_of("category"), "Transport");
        assert_eq!(info.text_of("urgency"), "Immediate");
        assert_eq!(info.text_of("severity"), "Severe");
        assert_eq!(info.text_of("certainty"), "Likely");
        assert_eq!(info.text_of("onset"), "2026-03-01T07:00:00+07:00");
        let area = info.all("area")[0];
        assert_eq!(area.text_of("areaDesc"), "Cổng \"A\" & B");
        assert_eq!(area.text_of("circle"), "21.025200,105.853000 0.1");
    }
}
