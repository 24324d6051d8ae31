//! What a person draws and states for a camera: zones, tripwires and rules over them.

use domain::{Class, Line, Polygon, RuleId, RuleKind, Severity};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

/// Everything that one camera's pictures are judged by.
///
/// Deserialising refuses unknown keys; [`CameraScene::check`] finds the other mistakes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CameraScene {
    /// Areas of the view that rules speak of.
    pub zones: Vec<Zone>,
    /// Directed lines on the view that rules speak of.
    pub tripwires: Vec<Tripwire>,
    /// What becomes an event.
    pub rules: Vec<Rule>,
}

/// A named area of the view.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Zone {
    /// What rules call it; unique among the camera's zones.
    pub name: String,
    /// Its corners in order, `[x, y]` each, 0..1 from left to right and from top to bottom.
    pub polygon: Polygon,
}

/// A named, directed line on the view.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tripwire {
    /// What rules call it; unique among the camera's tripwires.
    pub name: String,
    /// Start and end, `[x, y]` each, 0..1 from left to right and from top to bottom. Left and
    /// right of it are as seen by someone who walks on the picture from start to end: of a line
    /// drawn upwards the picture's left is left, of one drawn downwards it is right.
    pub line: Line,
}

/// Which ways over a tripwire matter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Only from its left to its right.
    LeftToRight,
    /// Only from its right to its left.
    RightToLeft,
    /// Either way.
    #[default]
    Both,
}

impl Direction {
    /// Returns whether `crossing` goes this way.
    pub fn admits(self, crossing: domain::Crossing) -> bool {
        match self {
            Self::Both => true,
            Self::LeftToRight => crossing == domain::Crossing::LeftToRight,
            Self::RightToLeft => crossing == domain::Crossing::RightToLeft,
        }
    }
}

/// One rule: which objects, doing what, how much it matters.
///
/// In TOML and JSON it is one flat table, the condition named by `kind`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RuleKeys", into = "RuleKeys")]
pub struct Rule {
    /// Names it within the site.
    pub id: RuleId,
    /// How much its events matter.
    pub severity: Severity,
    /// Which classes it judges; empty means all.
    pub classes: Vec<Class>,
    /// After an event, for how many seconds further ones of this rule are left out; 0 for never.
    pub cool_down_s: f64,
    /// What an object must do.
    pub condition: Condition,
}

impl Rule {
    /// Returns the kind its events carry.
    pub fn kind(&self) -> RuleKind {
        match self.condition {
            Condition::LineCrossing { .. } => RuleKind::LineCrossing,
            Condition::Intrusion { .. } => RuleKind::Intrusion,
            Condition::Loitering { .. } => RuleKind::Loitering,
            Condition::Count { .. } => RuleKind::Count,
        }
    }

    /// Returns whether it judges objects of `class`.
    pub fn judges(&self, class: Class) -> bool {
        self.classes.is_empty() || self.classes.contains(&class)
    }
}

/// What an object must do to break a rule.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// Its ground point crosses a tripwire.
    LineCrossing {
        /// Name of the tripwire.
        tripwire: String,
        /// Which ways matter.
        direction: Direction,
    },
    /// It is inside a zone for some time.
    Intrusion {
        /// Name of the zone.
        zone: String,
        /// For how long, in seconds.
        for_s: f64,
    },
    /// The same object stays inside a zone for long.
    Loitering {
        /// Name of the zone.
        zone: String,
        /// For how long, in seconds.
        for_s: f64,
    },
    /// It adds to how many crossed a tripwire, told per interval, class and direction.
    Count {
        /// Name of the tripwire.
        tripwire: String,
        /// Length of an interval, in seconds; intervals start at whole multiples of it in UTC.
        interval_s: f64,
    },
}

/// A rule as it is read: the keys of all kinds side by side. A tagged enum would say less: serde
/// reads one through a buffer, and an error then names no line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleKeys {
    kind: RuleKind,
    id: RuleId,
    #[serde(default = "default_severity")]
    severity: Severity,
    #[serde(default)]
    classes: Vec<Class>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cool_down_s: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tripwire: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    direction: Option<Direction>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    zone: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    for_s: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    interval_s: Option<f64>,
}

impl RuleKeys {
    /// Returns the first key that is set and is not one `known` to the rule's kind.
    fn stray_key(&self, known: &[&str]) -> Option<&'static str> {
        let keys = [
            ("cool_down_s", self.cool_down_s.is_some()),
            ("tripwire", self.tripwire.is_some()),
            ("direction", self.direction.is_some()),
            ("zone", self.zone.is_some()),
            ("for_s", self.for_s.is_some()),
            ("interval_s", self.interval_s.is_some()),
        ];
        keys.into_iter().find(|(key, is_set)| *is_set && !known.contains(key)).map(|(key, _)| key)
    }
}

impl TryFrom<RuleKeys> for Rule {
    type Error = String;

    fn try_from(keys: RuleKeys) -> Result<Self, String> {
        let known: &[&str] = match keys.kind {
            RuleKind::LineCrossing => &["cool_down_s", "tripwire", "direction"],
            RuleKind::Intrusion | RuleKind::Loitering => &["cool_down_s", "zone", "for_s"],
            RuleKind::Count => &["tripwire", "interval_s"],
        };
        let (id, kind) = (keys.id.clone(), keys.kind);
        if let Some(stray) = keys.stray_key(known) {
            return Err(format!(
                "rule \"{id}\": a rule of kind {kind} has no key `{stray}`, only {}",
                known.join(", ")
            ));
        }
        let missing =
            |key: &str| format!("rule \"{id}\": a rule of kind {kind} needs a key `{key}`");
        let condition = match kind {
            RuleKind::LineCrossing => Condition::LineCrossing {
                tripwire: keys.tripwire.ok_or_else(|| missing("tripwire"))?,
                direction: keys.direction.unwrap_or_default(),
            },
            RuleKind::Intrusion => Condition::Intrusion {
                zone: keys.zone.ok_or_else(|| missing("zone"))?,
                for_s: keys.for_s.unwrap_or_else(default_intrusion_s),
            },
            RuleKind::Loitering => Condition::Loitering {
                zone: keys.zone.ok_or_else(|| missing("zone"))?,
                for_s: keys.for_s.ok_or_else(|| missing("for_s"))?,
            },
            RuleKind::Count => Condition::Count {
                tripwire: keys.tripwire.ok_or_else(|| missing("tripwire"))?,
                interval_s: keys.interval_s.unwrap_or_else(default_interval_s),
            },
        };
        Ok(Self {
            id,
            severity: keys.severity,
            classes: keys.classes,
            cool_down_s: keys.cool_down_s.unwrap_or(0.0),
            condition,
        })
    }
}

impl From<Rule> for RuleKeys {
    fn from(rule: Rule) -> Self {
        let kind = rule.kind();
        let mut keys = Self {
            kind,
            id: rule.id,
            severity: rule.severity,
            classes: rule.classes,
            cool_down_s: (kind != RuleKind::Count).then_some(rule.cool_down_s),
            tripwire: None,
            direction: None,
            zone: None,
            for_s: None,
            interval_s: None,
        };
        match rule.condition {
            Condition::LineCrossing { tripwire, direction } => {
                keys.tripwire = Some(tripwire);
                keys.direction = Some(direction);
            }
            Condition::Intrusion { zone, for_s } | Condition::Loitering { zone, for_s } => {
                keys.zone = Some(zone);
                keys.for_s = Some(for_s);
            }
            Condition::Count { tripwire, interval_s } => {
                keys.tripwire = Some(tripwire);
                keys.interval_s = Some(interval_s);
            }
        }
        keys
    }
}

fn default_severity() -> Severity {
    Severity::NOTICE
}

fn default_intrusion_s() -> f64 {
    1.0
}

fn default_interval_s() -> f64 {
    60.0
}

/// A rule as its schema shows it: which keys go with which kind.
#[derive(JsonSchema)]
#[allow(dead_code, reason = "only its schema is used")]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum RuleTable {
    /// An object's ground point crosses a tripwire.
    LineCrossing {
        /// Names the rule within the site.
        id: RuleId,
        /// How much its events matter: 1 is the gravest, 4 the least.
        #[serde(default = "default_severity")]
        severity: Severity,
        /// Which classes it judges; empty or left out means all.
        #[serde(default)]
        classes: Vec<Class>,
        /// After an event, for how many seconds further ones of this rule are left out.
        #[serde(default)]
        #[schemars(range(min = 0.0, max = 86400.0))]
        cool_down_s: f64,
        /// Name of the tripwire.
        tripwire: String,
        /// Which ways over the tripwire matter; both if left out.
        #[serde(default)]
        direction: Direction,
    },
    /// An object is inside a zone for some time.
    Intrusion {
        /// Names the rule within the site.
        id: RuleId,
        /// How much its events matter: 1 is the gravest, 4 the least.
        #[serde(default = "default_severity")]
        severity: Severity,
        /// Which classes it judges; empty or left out means all.
        #[serde(default)]
        classes: Vec<Class>,
        /// After an event, for how many seconds further ones of this rule are left out.
        #[serde(default)]
        #[schemars(range(min = 0.0, max = 86400.0))]
        cool_down_s: f64,
        /// Name of the zone.
        zone: String,
        /// How long it must be inside, in seconds; 1 if left out.
        #[serde(default = "default_intrusion_s")]
        #[schemars(range(min = 0.0, max = 86400.0))]
        for_s: f64,
    },
    /// The same object stays inside a zone for long.
    Loitering {
        /// Names the rule within the site.
        id: RuleId,
        /// How much its events matter: 1 is the gravest, 4 the least.
        #[serde(default = "default_severity")]
        severity: Severity,
        /// Which classes it judges; empty or left out means all.
        #[serde(default)]
        classes: Vec<Class>,
        /// After an event, for how many seconds further ones of this rule are left out.
        #[serde(default)]
        #[schemars(range(min = 0.0, max = 86400.0))]
        cool_down_s: f64,
        /// Name of the zone.
        zone: String,
        /// How long it must stay inside, in seconds.
        #[schemars(range(min = 0.0, max = 86400.0))]
        for_s: f64,
    },
    /// How many crossed a tripwire, per interval, class and direction; raises no alert.
    Count {
        /// Names the rule within the site.
        id: RuleId,
        /// How much its events matter: 1 is the gravest, 4 the least.
        #[serde(default = "default_severity")]
        severity: Severity,
        /// Which classes it counts; empty or left out means all.
        #[serde(default)]
        classes: Vec<Class>,
        /// Name of the tripwire.
        tripwire: String,
        /// Length of an interval, in seconds; 60 if left out. Intervals start at whole multiples
        /// of it in UTC.
        #[serde(default = "default_interval_s")]
        #[schemars(range(min = 1.0, max = 86400.0))]
        interval_s: f64,
    },
}

impl JsonSchema for Rule {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Rule".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        RuleTable::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(json: &str) -> Result<Rule, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn a_rule_is_one_flat_table_and_keeps_through_text() {
        let text = r#"{"kind":"intrusion","id":"lawn","severity":2,"classes":["person"],
            "cool_down_s":0.0,"zone":"lawn","for_s":3}"#;
        let lawn = rule(text).unwrap();
        assert_eq!(lawn.kind(), RuleKind::Intrusion);
        let again = serde_json::to_string(&lawn).unwrap();
        assert_eq!(rule(&again).unwrap(), lawn);
    }

    #[test]
    fn a_key_of_another_kind_is_refused_by_name() {
        let error =
            rule(r#"{"kind":"line_crossing","id":"a","tripwire":"w","zone":"z"}"#).unwrap_err();
        assert!(
            error.contains("rule \"a\": a rule of kind line_crossing has no key `zone`"),
            "{error}"
        );
        let error = rule(r#"{"kind":"loitering","id":"a","zone":"z"}"#).unwrap_err();
        assert!(error.contains("needs a key `for_s`"), "{error}");
        let error = rule(r#"{"kind":"jaywalking","id":"a"}"#).unwrap_err();
        assert!(error.contains("unknown variant `jaywalking`"), "{error}");
        let error = rule(r#"{"kind":"count","id":"a","tripwire":"w","cool_down_s":1}"#);
        assert!(error.unwrap_err().contains("has no key `cool_down_s`"));
        let error = rule(r#"{"kind":"count","id":"a","wire":"w"}"#).unwrap_err();
        assert!(error.contains("unknown field `wire`"), "{error}");
        let schema = serde_json::to_string(&schemars::schema_for!(Rule)).unwrap();
        assert_eq!(schema.matches(r#""additionalProperties":false"#).count(), 4);
    }
}
