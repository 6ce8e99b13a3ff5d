//! `${name}` in a case stands for a value that only the run knows.

use serde_json::{Map, Value};
use uuid::Uuid;

/// A name for which there is no value.
#[derive(Debug, PartialEq)]
pub(super) struct Missing(pub(super) String);

/// The value with every name replaced. `{"$repeat": {"times": 3, "item": …}}` is an array, in whose items `${n}` counts
/// from 0; `$keyed` in its place is an object, by ids that nobody has. `{"$with": [a, b]}` is an object with the members of both.
pub(super) fn fill(value: &Value, values: &Map<String, Value>) -> Result<Value, Missing> {
    match value {
        Value::String(text) => fill_text(text, values),
        Value::Array(items) => items.iter().map(|item| fill(item, values)).collect(),
        Value::Object(members) => fill_object(members, values),
        other => Ok(other.clone()),
    }
}

fn fill_object(
    members: &Map<String, Value>,
    values: &Map<String, Value>,
) -> Result<Value, Missing> {
    if let Some(repeat) = members.get("$repeat") {
        return Ok(Value::Array(repeated(repeat, values)?));
    }
    if let Some(repeat) = members.get("$keyed") {
        let items = repeated(repeat, values)?.into_iter();
        let keyed = items.map(|item| (Uuid::new_v4().to_string(), item));
        return Ok(Value::Object(keyed.collect()));
    }
    if let Some(parts) = members.get("$with") {
        return joined(parts, values);
    }
    let filled = members.iter().map(|(name, value)| {
        let name = as_text(fill_text(name, values)?);
        Ok((name, fill(value, values)?))
    });
    Ok(Value::Object(filled.collect::<Result<_, _>>()?))
}

/// A text with every name replaced; a text that is one name and nothing else becomes its value, whatever it is.
pub(super) fn fill_text(text: &str, values: &Map<String, Value>) -> Result<Value, Missing> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, after)) = after.split_once('}') else {
            break;
        };
        let value = values.get(name).ok_or_else(|| Missing(name.to_owned()))?;
        if before.is_empty() && after.is_empty() && filled.is_empty() {
            return Ok(value.clone());
        }
        filled += before;
        filled += &as_text(value.clone());
        rest = after;
    }
    Ok(Value::String(filled + rest))
}

/// Texts without quotes, all else as JSON.
pub(super) fn as_text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

fn repeated(repeat: &Value, values: &Map<String, Value>) -> Result<Vec<Value>, Missing> {
    let times = fill(&repeat["times"], values)?;
    let times = times.as_u64().unwrap_or_default();
    let items = (0..times).map(|n| {
        let mut values = values.clone();
        values.insert("n".to_owned(), n.into());
        fill(&repeat["item"], &values)
    });
    items.collect()
}

fn joined(parts: &Value, values: &Map<String, Value>) -> Result<Value, Missing> {
    let mut members = Map::new();
    for part in parts.as_array().into_iter().flatten() {
        if let Value::Object(more) = fill(part, values)? {
            members.extend(more);
        }
    }
    Ok(Value::Object(members))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn values() -> Map<String, Value> {
        let values = json!({"run": "a1", "seats": 25});
        values.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn names_are_replaced_wherever_they_stand() {
        let case =
            json!({"domain": "${run}.com", "list": ["${seats}", "${seats} seats"], "${run}": null});

        let filled = fill(&case, &values());

        let expected = json!({"domain": "a1.com", "list": [25, "25 seats"], "a1": null});
        assert_eq!(filled, Ok(expected));
    }

    #[test]
    fn an_item_is_repeated_and_counted() {
        let case = json!({"$repeat": {"times": 2, "item": {"domain": "${run}-${n}.com"}}});

        let filled = fill(&case, &values());

        assert_eq!(
            filled,
            Ok(json!([{"domain": "a1-0.com"}, {"domain": "a1-1.com"}]))
        );
    }

    #[test]
    fn items_are_keyed_by_ids_and_objects_joined() {
        let keyed = fill(&json!({"$keyed": {"times": 3, "item": {}}}), &values());
        let joined = fill(&json!({"$with": [{"a": 1}, {"b": "${seats}"}]}), &values());

        let keyed = keyed.expect("nothing is missing");
        assert_eq!(keyed.as_object().map(Map::len), Some(3));
        assert_eq!(joined, Ok(json!({"a": 1, "b": 25})));
    }

    #[test]
    fn a_name_without_a_value_is_told() {
        let filled = fill(&json!(["${owner_id}"]), &values());

        assert_eq!(filled, Err(Missing("owner_id".to_owned())));
    }
}
