//! Tells one version of a rule from another: a hash of all that it is judged by.

use domain::Point;

use crate::settings::{Condition, Rule};

/// Returns a hash of the rule's settings and geometry; the same on every machine and in every
/// later version, as it is stored with events (FNV-1a, 32 bits).
pub(crate) fn version(rule: &Rule, geometry: &[Point]) -> u32 {
    let mut hash = Fnv(0x811c_9dc5);
    hash.text(rule.id.as_str());
    hash.bytes(&[rule.kind().number(), rule.severity.number()]);
    for class in &rule.classes {
        hash.bytes(&[class.number()]);
    }
    hash.bytes(&rule.cool_down_s.to_le_bytes());
    match &rule.condition {
        Condition::LineCrossing(rule) => {
            hash.text(&rule.tripwire);
            hash.bytes(&[rule.direction as u8]);
        }
        Condition::Intrusion(rule) => {
            hash.text(&rule.zone);
            hash.bytes(&rule.for_s.to_le_bytes());
        }
        Condition::Loitering(rule) => {
            hash.text(&rule.zone);
            hash.bytes(&rule.for_s.to_le_bytes());
        }
        Condition::Count(rule) => {
            hash.text(&rule.tripwire);
            hash.bytes(&rule.interval_s.to_le_bytes());
        }
    }
    for corner in geometry {
        hash.bytes(&corner.x.to_le_bytes());
        hash.bytes(&corner.y.to_le_bytes());
    }
    hash.0
}

struct Fnv(u32);

impl Fnv {
    fn bytes(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        }
    }

    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
        self.bytes(&[0]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Intrusion;

    /// Of the rules below, as the first release stored them.
    const VERSIONS: [u32; 4] = [0x0b44_77d7, 0xc86f_3ef2, 0xfdbd_8340, 0x7122_c11a];

    #[test]
    fn the_versions_of_stored_events_stay_what_they_are() {
        let stored = |json: &str| {
            let rule: Rule = serde_json::from_str(json).unwrap();
            version(&rule, &[Point::new(0.25, 0.5), Point::new(0.75, 0.5)])
        };
        let versions = [
            stored(r#"{"kind": "line_crossing", "id": "a", "tripwire": "w", "cool_down_s": 3}"#),
            stored(r#"{"kind": "intrusion", "id": "a", "zone": "z", "classes": ["car"]}"#),
            stored(r#"{"kind": "loitering", "id": "a", "zone": "z", "for_s": 9}"#),
            stored(r#"{"kind": "count", "id": "a", "tripwire": "w"}"#),
        ];
        assert_eq!(versions, VERSIONS);
    }

    #[test]
    fn what_changes_a_judgement_changes_the_version() {
        let rule: Rule = serde_json::from_str(
            r#"{"kind": "intrusion", "id": "lawn", "zone": "lawn", "for_s": 2}"#,
        )
        .unwrap();
        let here = [Point::new(0.1, 0.2)];
        let patient = Rule {
            condition: Condition::Intrusion(Intrusion { zone: "lawn".to_owned(), for_s: 3.0 }),
            ..rule.clone()
        };
        assert_eq!(version(&rule, &here), version(&rule.clone(), &here));
        assert_ne!(version(&rule, &here), version(&patient, &here));
        assert_ne!(version(&rule, &here), version(&rule, &[Point::new(0.1, 0.3)]));
    }
}
