//! A rule's flat table: which keys belong to its kind, and one schema of all of them.
//!
//! A tagged enum would say less: serde would not tell a key of another kind from one that is
//! nobody's, nor name the key whose value is wrong. What each kind's keys are is asked of the
//! schema that schemars makes from its type, so that they are written down once.

use domain::RuleKind;
use schemars::Schema;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// A table as it was read, before its kind is known.
pub(super) type Keys = Map<String, Value>;

/// Returns what to call the rule in messages.
pub(super) fn name(keys: &Keys) -> String {
    keys.get("id").and_then(Value::as_str).unwrap_or("without an id").to_owned()
}

/// Takes the value of `key` out of the table.
pub(super) fn take<T: for<'de> Deserialize<'de>>(keys: &mut Keys, key: &str) -> Result<T, String> {
    let value = keys.remove(key).ok_or_else(|| format!("a rule needs a key `{key}`"))?;
    T::deserialize(value).map_err(|error| format!("`{key}`: {error}"))
}

/// Reads a whole table; a mistake names its key.
pub(super) fn read<T: DeserializeOwned>(keys: Keys) -> Result<T, String> {
    serde_path_to_error::deserialize(Value::Object(keys))
        .map_err(|error| format!("`{}`: {}", error.path(), error.inner()))
}

/// Takes the keys that `schema` knows out of the table.
pub(super) fn split(keys: &mut Keys, schema: &Schema) -> Keys {
    let known = properties(schema);
    let (taken, left) =
        std::mem::take(keys).into_iter().partition(|(key, _)| known.contains_key(key));
    *keys = left;
    taken
}

/// Refuses keys that do not belong to `kind`, whose schema is given, and a table that lacks one it
/// needs. `all` are the schemas of all kinds, asked for only when there is a mistake.
pub(super) fn check_keys(
    kind: RuleKind,
    schema: &Schema,
    all: impl Fn() -> Vec<Schema>,
    keys: &Keys,
) -> Result<(), String> {
    let known = properties(schema);
    if let Some(key) = keys.keys().find(|key| !known.contains_key(*key)) {
        let is_of_another = all().iter().any(|other| properties(other).contains_key(key));
        let names: Vec<_> =
            known.keys().filter(|name| *name != "kind").map(String::as_str).collect();
        let names = names.join(", ");
        return Err(if is_of_another {
            format!("a rule of kind {kind} has no key `{key}`, only {names}")
        } else {
            format!("unknown field `{key}`: a rule of kind {kind} has {names}")
        });
    }
    for key in required(schema) {
        if key != "kind" && !keys.contains_key(&key) {
            return Err(format!("a rule of kind {kind} needs a key `{key}`"));
        }
    }
    Ok(())
}

/// Leaves out of `schema` the keys that `keep` does not name.
pub(super) fn retain(schema: &mut Schema, keep: impl Fn(&str) -> bool) {
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.retain(|key, _| keep(key));
    }
}

/// Returns the schema of one flat table: the kind, the common keys, the kind's own.
pub(super) fn joined(kind: RuleKind, common: &Schema, condition: &Schema) -> Schema {
    let mut all = Map::new();
    all.insert("kind".to_owned(), json!({"type": "string", "const": kind.as_str()}));
    all.extend(properties(common));
    all.extend(properties(condition));
    let mut needed = vec!["kind".to_owned()];
    needed.extend(required(common));
    needed.extend(required(condition));
    schemars::json_schema!({
        "description": condition.get("description").cloned().unwrap_or_default(),
        "type": "object",
        "properties": all,
        "additionalProperties": false,
        "required": needed,
    })
}

/// Returns the schema of a table of any of the kinds.
pub(super) fn one_of(kinds: Vec<Schema>) -> Schema {
    schemars::json_schema!({
        "description": "A rule: which keys go with which kind.",
        "oneOf": kinds,
    })
}

fn properties(schema: &Schema) -> Map<String, Value> {
    schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default()
}

fn required(schema: &Schema) -> Vec<String> {
    let listed = schema.get("required").and_then(Value::as_array);
    let names = listed.into_iter().flatten().filter_map(Value::as_str);
    names.map(str::to_owned).collect()
}
