//! One rule: its common keys, and what is asked of an object by kind.

use std::fmt;

use domain::{Class, RuleId, RuleKind, Severity};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::crowds::{Congestion, Crowd};
use super::lights::{RedLight, StopLine};
use super::lines::{Count, IllegalTurn, LineCrossing};
use super::schedule::Window;
use super::stops::{BoxBlocking, IllegalStop};
use super::table::{self, Keys};
use super::ways::{Speeding, WrongWay};
use super::zones::{ForbiddenClass, Intrusion, Loitering};

/// What drives on a road; riders are part of their machines.
const VEHICLES: [Class; 5] =
    [Class::Bicycle, Class::Motorcycle, Class::Car, Class::Bus, Class::Truck];

/// How the message of a mistake in a rule begins; the rule's id follows, and the first word in
/// backticks is its key.
const IN_RULE: &str = "rule \"";

/// One rule: which objects, doing what, how much it matters.
///
/// In TOML and JSON it is one flat table, the condition named by `kind`.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Names it within the site.
    pub id: RuleId,
    /// How much its events matter.
    pub severity: Severity,
    /// Which classes it judges; empty means those of its kind ([`Rule::judged_classes`]).
    pub classes: Vec<Class>,
    /// For how many seconds after an event further ones of this rule and class fold into the same
    /// alert. They are found and stored all the same.
    pub cool_down_s: f64,
    /// When it is judged; always if there is none.
    pub schedule: Option<Vec<Window>>,
    /// What an object must do.
    pub condition: Condition,
}

impl Rule {
    /// Returns the kind its events carry.
    pub fn kind(&self) -> RuleKind {
        self.condition.kind()
    }

    /// Returns the classes it judges: those it names, or those that its kind is about.
    pub fn judged_classes(&self) -> &[Class] {
        if !self.classes.is_empty() {
            return &self.classes;
        }
        match self.kind() {
            RuleKind::LineCrossing
            | RuleKind::Intrusion
            | RuleKind::Loitering
            | RuleKind::Count
            | RuleKind::ForbiddenClass => &Class::ALL,
            RuleKind::Crowd => &[Class::Person],
            RuleKind::WrongWay
            | RuleKind::RedLight
            | RuleKind::StopLine
            | RuleKind::IllegalStop
            | RuleKind::IllegalTurn
            | RuleKind::BoxBlocking
            | RuleKind::Speeding
            | RuleKind::Congestion => &VEHICLES,
        }
    }

    /// Returns the key that a mistake is about, by the message of the error with which the rule was
    /// refused: `for_s`, `classes[0]`; one that is missing, too.
    pub fn key_at_fault(message: &str) -> Option<&str> {
        let about_the_rule = message.strip_prefix(IN_RULE)?;
        about_the_rule.split('`').nth(1)
    }

    /// Returns whether it judges objects of `class`.
    pub fn judges(&self, class: Class) -> bool {
        self.judged_classes().contains(&class)
    }
}

/// What an object must do to break a rule.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Condition {
    /// Its ground point crosses a tripwire.
    LineCrossing(LineCrossing),
    /// It is inside a zone for some time.
    Intrusion(Intrusion),
    /// The same object stays inside a zone for long.
    Loitering(Loitering),
    /// It adds to how many crossed a tripwire, told per interval, class and direction.
    Count(Count),
    /// It goes against the direction of a lane.
    WrongWay(WrongWay),
    /// It crosses the stop line and then the junction line while its signal is red.
    RedLight(RedLight),
    /// It stands beyond the stop line while its signal is red.
    StopLine(StopLine),
    /// It stands in a zone for long.
    IllegalStop(IllegalStop),
    /// It is where its class may not be.
    ForbiddenClass(ForbiddenClass),
    /// It crosses one tripwire and then another.
    IllegalTurn(IllegalTurn),
    /// It stands in the box of a junction.
    BoxBlocking(BoxBlocking),
    /// It seems faster than the limit.
    Speeding(Speeding),
    /// Many are in a zone at once.
    Crowd(Crowd),
    /// Many are in a zone and slow.
    Congestion(Congestion),
}

impl Condition {
    /// Returns the kind of rule that has this condition.
    pub fn kind(&self) -> RuleKind {
        match self {
            Self::LineCrossing(_) => RuleKind::LineCrossing,
            Self::Intrusion(_) => RuleKind::Intrusion,
            Self::Loitering(_) => RuleKind::Loitering,
            Self::Count(_) => RuleKind::Count,
            Self::WrongWay(_) => RuleKind::WrongWay,
            Self::RedLight(_) => RuleKind::RedLight,
            Self::StopLine(_) => RuleKind::StopLine,
            Self::IllegalStop(_) => RuleKind::IllegalStop,
            Self::ForbiddenClass(_) => RuleKind::ForbiddenClass,
            Self::IllegalTurn(_) => RuleKind::IllegalTurn,
            Self::BoxBlocking(_) => RuleKind::BoxBlocking,
            Self::Speeding(_) => RuleKind::Speeding,
            Self::Crowd(_) => RuleKind::Crowd,
            Self::Congestion(_) => RuleKind::Congestion,
        }
    }

    /// Returns the name of the signal that it depends on, if on one.
    pub fn signal(&self) -> Option<&str> {
        match self {
            Self::RedLight(RedLight { signal, .. }) | Self::StopLine(StopLine { signal, .. }) => {
                Some(signal)
            }
            _ => None,
        }
    }

    /// Reads the keys that belong to `kind` alone.
    fn read(kind: RuleKind, keys: Keys) -> Result<Self, String> {
        Ok(match kind {
            RuleKind::LineCrossing => Self::LineCrossing(table::read(keys)?),
            RuleKind::Intrusion => Self::Intrusion(table::read(keys)?),
            RuleKind::Loitering => Self::Loitering(table::read(keys)?),
            RuleKind::Count => Self::Count(table::read(keys)?),
            RuleKind::WrongWay => Self::WrongWay(table::read(keys)?),
            RuleKind::RedLight => Self::RedLight(table::read(keys)?),
            RuleKind::StopLine => Self::StopLine(table::read(keys)?),
            RuleKind::IllegalStop => Self::IllegalStop(table::read(keys)?),
            RuleKind::ForbiddenClass => Self::ForbiddenClass(table::read(keys)?),
            RuleKind::IllegalTurn => Self::IllegalTurn(table::read(keys)?),
            RuleKind::BoxBlocking => Self::BoxBlocking(table::read(keys)?),
            RuleKind::Speeding => Self::Speeding(table::read(keys)?),
            RuleKind::Crowd => Self::Crowd(table::read(keys)?),
            RuleKind::Congestion => Self::Congestion(table::read(keys)?),
        })
    }

    /// Returns the schema of the keys that belong to `kind` alone.
    fn schema(kind: RuleKind, generator: &mut SchemaGenerator) -> Schema {
        match kind {
            RuleKind::LineCrossing => LineCrossing::json_schema(generator),
            RuleKind::Intrusion => Intrusion::json_schema(generator),
            RuleKind::Loitering => Loitering::json_schema(generator),
            RuleKind::Count => Count::json_schema(generator),
            RuleKind::WrongWay => WrongWay::json_schema(generator),
            RuleKind::RedLight => RedLight::json_schema(generator),
            RuleKind::StopLine => StopLine::json_schema(generator),
            RuleKind::IllegalStop => IllegalStop::json_schema(generator),
            RuleKind::ForbiddenClass => ForbiddenClass::json_schema(generator),
            RuleKind::IllegalTurn => IllegalTurn::json_schema(generator),
            RuleKind::BoxBlocking => BoxBlocking::json_schema(generator),
            RuleKind::Speeding => Speeding::json_schema(generator),
            RuleKind::Crowd => Crowd::json_schema(generator),
            RuleKind::Congestion => Congestion::json_schema(generator),
        }
    }
}

/// The keys that every kind has, but for those that [`is_common`] leaves out.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Common {
    /// Names the rule within the site.
    id: RuleId,
    /// How much its events matter: 1 is the gravest, 4 the least.
    #[serde(default = "default_severity")]
    severity: Severity,
    /// Which classes it judges. Empty or left out means those its kind is about: persons for
    /// `crowd`, vehicles for the rules of the road, otherwise all.
    #[serde(default)]
    classes: Vec<Class>,
    /// For how many seconds after an event further ones of this rule and class fold into the same
    /// alert; they are found and stored all the same.
    #[serde(default = "default_cool_down_s")]
    #[schemars(range(min = 0.0, max = 86400.0))]
    cool_down_s: f64,
    /// When it is judged: in any of these times of the week; always if left out.
    #[serde(default)]
    #[schemars(with = "Vec<Window>")]
    schedule: Option<Vec<Window>>,
}

fn default_cool_down_s() -> f64 {
    30.0
}

fn default_severity() -> Severity {
    Severity::NOTICE
}

/// Returns whether `key`, one of [`Common`], means something to a rule of `kind`.
fn is_common(key: &str, kind: RuleKind) -> bool {
    key != "cool_down_s" || kind != RuleKind::Count
}

/// Returns the schema of a whole rule of `kind`, as one flat table.
fn schema(kind: RuleKind, generator: &mut SchemaGenerator) -> Schema {
    let mut common = Common::json_schema(generator);
    table::retain(&mut common, |key| is_common(key, kind));
    let condition = Condition::schema(kind, generator);
    table::joined(kind, &common, &condition)
}

impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(OneTable)
    }
}

/// Reads a rule while its table is being read, not after, so that a reader that knows lines can say
/// on which one the table stands.
struct OneTable;

impl<'de> Visitor<'de> for OneTable {
    type Value = Rule;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the table of a rule")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Rule, A::Error> {
        let keys = Keys::deserialize(MapAccessDeserializer::new(map))?;
        read(keys).map_err(serde::de::Error::custom)
    }
}

/// Reads a rule from its keys; a mistake names the rule and the key.
fn read(mut keys: Keys) -> Result<Rule, String> {
    let id = table::name(&keys);
    let in_rule = |message: String| format!("{IN_RULE}{id}\": {message}");
    let kind: RuleKind = table::take(&mut keys, "kind").map_err(in_rule)?;
    let all = || RuleKind::ALL.map(|kind| schema(kind, &mut SchemaGenerator::default())).to_vec();
    let of_kind = schema(kind, &mut SchemaGenerator::default());
    table::check_keys(kind, &of_kind, all, &keys).map_err(in_rule)?;
    let common_keys = Common::json_schema(&mut SchemaGenerator::default());
    let common = table::split(&mut keys, &common_keys);
    let common: Common = table::read(common).map_err(in_rule)?;
    let condition = Condition::read(kind, keys).map_err(in_rule)?;
    Ok(Rule {
        id: common.id,
        severity: common.severity,
        classes: common.classes,
        cool_down_s: common.cool_down_s,
        schedule: common.schedule,
        condition,
    })
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Written<'a> {
            kind: RuleKind,
            id: &'a RuleId,
            severity: Severity,
            classes: &'a [Class],
            #[serde(skip_serializing_if = "Option::is_none")]
            cool_down_s: Option<f64>,
            #[serde(skip_serializing_if = "Option::is_none")]
            schedule: Option<&'a [Window]>,
            #[serde(flatten)]
            condition: &'a Condition,
        }
        let kind = self.kind();
        Written {
            kind,
            id: &self.id,
            severity: self.severity,
            classes: &self.classes,
            cool_down_s: is_common("cool_down_s", kind).then_some(self.cool_down_s),
            schedule: self.schedule.as_deref(),
            condition: &self.condition,
        }
        .serialize(serializer)
    }
}

impl JsonSchema for Rule {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Rule".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        table::one_of(RuleKind::ALL.map(|kind| schema(kind, generator)).to_vec())
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
        assert_eq!(Rule::key_at_fault(&error), Some("for_s"));
        assert_eq!(Rule::key_at_fault("`zones`: no rule"), None);
        let error = rule(r#"{"kind":"jaywalking","id":"a"}"#).unwrap_err();
        assert!(error.contains("unknown variant `jaywalking`"), "{error}");
        let error = rule(r#"{"kind":"count","id":"a","tripwire":"w","cool_down_s":1}"#);
        assert!(error.unwrap_err().contains("has no key `cool_down_s`"));
        let error = rule(r#"{"kind":"count","id":"a","wire":"w"}"#).unwrap_err();
        assert!(error.contains("unknown field `wire`"), "{error}");
        let schema = serde_json::to_string(&schemars::schema_for!(Rule)).unwrap();
        // One table per kind, and the windows of a schedule.
        let tables = RuleKind::ALL.len() + 1;
        assert_eq!(schema.matches(r#""additionalProperties":false"#).count(), tables);
    }

    #[test]
    fn a_value_of_the_wrong_type_is_refused_with_its_key() {
        let error = rule(r#"{"kind":"loitering","id":"a","zone":"z","for_s":"long"}"#).unwrap_err();
        assert!(error.starts_with("rule \"a\": `for_s`: invalid type: string"), "{error}");
        let error = rule(r#"{"kind":"intrusion","id":"a","zone":"z","classes":["dragon"]}"#);
        assert!(error.unwrap_err().contains("`classes[0]`: unknown variant `dragon`"));
        let error = rule(r#"{"kind":"intrusion","id":"Bad Name","zone":"z"}"#).unwrap_err();
        assert!(error.contains("`id`: \"Bad Name\" is not a valid name"), "{error}");
        assert!(rule(r#"{"id":"a"}"#).unwrap_err().contains("needs a key `kind`"));
    }
}
