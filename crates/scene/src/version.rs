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
        Condition::LineCrossing { tripwire, direction } => {
            hash.text(tripwire);
            hash.bytes(&[*direction as u8]);
        }
        Condition::Intrusion { zone, for_s } | Condition::Loitering { zone, for_s } => {
            hash.text(zone);
            hash.bytes(&for_s.to_le_bytes());
        }
        Condition::Count { tripwire, interval_s } => {
            hash.text(tripwire);
            hash.bytes(&interval_s.to_le_bytes());
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

    #[test]
    fn what_changes_a_judgement_changes_the_version() {
        let rule: Rule = serde_json::from_str(
            r#"{"kind": "intrusion", "id": "lawn", "zone": "lawn", "for_s": 2}"#,
        )
        .unwrap();
        let here = [Point::new(0.1, 0.2)];
        let patient = Rule {
            condition: Condition::Intrusion { zone: "lawn".to_owned(), for_s: 3.0 },
            ..rule.clone()
        };
        assert_eq!(version(&rule, &here), version(&rule.clone(), &here));
        assert_ne!(version(&rule, &here), version(&patient, &here));
        assert_ne!(version(&rule, &here), version(&rule, &[Point::new(0.1, 0.3)]));
    }
}
